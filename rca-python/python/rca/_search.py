"""Searching a workspace, and counting."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from rca._common import Owner, case_id
from rca._methods import hits_of
from rca._record import load, plain_of
from rca._records import Event, Investigation, Severity
from rca._results import Counts, Hits


class SearchCalls(Owner):
    """Finding events and investigations."""

    def search(
        self,
        query: str = "",
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        source: str | None = None,
        event_type: str | None = None,
        severity: Severity | str | None = None,
        entity: str | None = None,
        tag: str | None = None,
        investigation: Investigation | str | None = None,
        sort: str = "relevance",
        limit: int = 20,
        after: str | None = None,
        count: bool = True,
    ) -> Hits:
        """A page of events that match, with highlighted snippets.

        Words are alternatives and rank; `"phrases"`, `time*`, `AND`, `OR`, `NOT`, parentheses, and fields such as
        `title:`, `source:`, `severity:>=high`, `service:`, `before:`. The keywords narrow further: from `start` up to
        `end`, this bad (`severity`) or worse. `sort` is `relevance`, `newest` or `oldest`; `after` is `Hits.next` of
        the page before. What can't be read raises InvalidInputError with its `column`.

        >>> with rca.Workspace() as workspace:
        ...     workspace.search("paper AND source:deploy").total
        ...     workspace.search("title:(")
        Traceback (most recent call last):
        rca._errors.InvalidInputError: ...
        """
        wanted = _wanted(query, start, end, source, event_type, severity, entity, tag, investigation)
        wanted |= {"sort": sort, "limit": limit, "after": after, "count": count}
        return hits_of(Hits, self._inner.search(json.dumps(wanted)))

    def search_all(self, query: str = "", *, sort: str = "oldest", page: int = 1000, **narrow: Any) -> Iterator[Event]:
        """All events that match, page by page; takes the keywords of `search`."""
        after: str | None = None
        while True:
            hits = self.search(query, sort=sort, limit=page, after=after, count=False, **narrow)
            found = json.loads(self._inner.events_by_id([hit.id for hit in hits]))
            yield from (load(Event, one) for one in found if one is not None)
            after = hits.next
            if after is None:
                return

    def search_investigations(
        self,
        query: str = "",
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        sort: str = "relevance",
        limit: int = 20,
        after: str | None = None,
        count: bool = True,
    ) -> Hits:
        """A page of investigations that match."""
        wanted = _wanted(query, start, end, None, None, None, None, None, None)
        wanted |= {"sort": sort, "limit": limit, "after": after, "count": count}
        return hits_of(Hits, self._inner.search_investigations(json.dumps(wanted)))

    def counts(
        self,
        query: str = "",
        *,
        by: Iterable[str] = (),
        bucket: timedelta | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        source: str | None = None,
        event_type: str | None = None,
        severity: Severity | str | None = None,
        entity: str | None = None,
        tag: str | None = None,
        investigation: Investigation | str | None = None,
    ) -> Counts:
        """Exact counts of the events that match, `by` any of source, type, entity, severity, and by buckets of time.

        >>> from datetime import timedelta
        >>> with rca.Workspace() as workspace:
        ...     workspace.counts(by=["source"], bucket=timedelta(days=1))
        Counts(total=0)
        """
        wanted = _wanted(query, start, end, source, event_type, severity, entity, tag, investigation)
        text = self._inner.counts(json.dumps(wanted), list(by), bucket)
        return load(Counts, json.loads(text))


def _wanted(
    query: str,
    start: datetime | None,
    end: datetime | None,
    source: str | None,
    event_type: str | None,
    severity: Severity | str | None,
    entity: str | None,
    tag: str | None,
    investigation: Investigation | str | None,
) -> dict[str, Any]:
    given = {
        "start": start,
        "end": end,
        "source": source,
        "event_type": event_type,
        "severity": severity,
        "entity": entity,
        "tag": tag,
        "investigation": None if investigation is None else case_id(investigation),
    }
    narrowed = {name: plain_of(value) for name, value in given.items() if value is not None}
    return {"text": query, **narrowed}
