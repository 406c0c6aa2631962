"""Events of a workspace."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from types import TracebackType
from typing import Any

from rca import _rca
from rca._batch import Batch
from rca._common import OnProgress, Owner, event_id, events_of, events_text, moment, watched
from rca._record import load
from rca._records import Event
from rca._results import Appended, Ingested
from rca._table import Table, columns_of, is_table

_PAGE = 512


class Events(Iterator[Event]):
    """Events in order of time, as they stood when this was made.

    Holds a snapshot of the store until it is exhausted, closed or collected: `Workspace.compact` waits for that.

    >>> with rca.Workspace() as workspace, workspace.events() as events:
    ...     list(events)
    []
    """

    def __init__(self, inner: _rca.Events) -> None:
        self._inner = inner
        self._page: Iterator[Event] = iter(())

    def __iter__(self) -> Events:
        return self

    def __next__(self) -> Event:
        for event in self._page:
            return event
        text = self._inner.page(_PAGE)
        if text is None:
            raise StopIteration
        self._page = iter(events_of(text))
        return next(self._page)

    def to_table(self) -> Table:
        """What is left as a table."""
        return Table(_rca.events_table(events_text(self)))

    def close(self) -> None:
        """Lets go of the snapshot."""
        self._inner.close()
        self._page = iter(())

    def __enter__(self) -> Events:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class EventCalls(Owner):
    """Storing and reading events."""

    def ingest(self, events: Iterable[Event] | Any, *, progress: OnProgress | None = None) -> Appended:
        """Stores events; when it returns they are durable. Secrets in their texts are blotted out first.

        Can be repeated: an event with a known source and source id is the same event, and is reported as a duplicate.
        The batch is stored as a whole or not at all; batches of some 10,000 are fastest.

        A table (a data frame, anything with Arrow's stream, columns) has a row for each event, under the names that
        `Events.to_table` gives: `timestamp`, `source`, `event_type` and `title` must be there; other columns become
        attributes. It may be of any size: a row that is no event refuses it before anything is stored, and is named (rows count
        from 0); then 10,000 rows are stored at a time.

        >>> from datetime import datetime, timezone
        >>> at = datetime(2026, 5, 4, 9, tzinfo=timezone.utc)
        >>> deploy = rca.Event.new(at, "deploy", "deploy", "till v7", source_id="d-7")
        >>> with rca.Workspace() as workspace:
        ...     len(workspace.ingest([deploy]).accepted), len(workspace.ingest([deploy]).duplicates)
        (1, 1)
        """
        if is_table(events):
            return Appended.from_dict(json.loads(self._inner.ingest_table(columns_of(events), watched(progress))))
        return Appended.from_dict(json.loads(self._inner.ingest(events_text(events), watched(progress))))

    def ingest_batch(self, batch: Batch, *, keep_refused: bool = True) -> Ingested:
        """Stores the events of a batch, and what was refused in the dead-letter queue, in one commit."""
        return Ingested.from_dict(json.loads(self._inner.ingest_batch(batch._inner, keep_refused)))

    def ingest_delivery(
        self, headers: Mapping[str, str], body: bytes, *, received: datetime | None = None
    ) -> Ingested:
        """Reads a webhook and stores its events; one that can't be read goes into the dead-letter queue as a whole.

        Once this returns the sender may be told that it was received.
        """
        at = moment(received) or datetime.now(timezone.utc)
        return Ingested.from_dict(json.loads(self._inner.ingest_delivery(list(headers.items()), body, at)))

    def event(self, id: Event | str) -> Event:
        """One event, with the investigations it is linked to. Raises NotFoundError."""
        return load(Event, json.loads(self._inner.event(event_id(id))))

    def events_by_id(self, ids: Iterable[str]) -> list[Event | None]:
        """Many events in the order asked for; none for those that are not there or were removed."""
        found = json.loads(self._inner.events_by_id(list(ids)))
        return [None if one is None else load(Event, one) for one in found]

    def events(
        self,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        newest_first: bool = False,
        deleted: bool = False,
        after: Event | None = None,
    ) -> Events:
        """Events from `start` up to `end`, oldest first; `after` goes on behind the last event of a page before."""
        behind = None if after is None else (after.timestamp, after.id)
        found = self._inner.events(
            start=moment(start), end=moment(end), newest_first=newest_first, deleted=deleted, after=behind
        )
        return Events(found)

    def event_count(self) -> int:
        """How many events there are, removed ones included."""
        return self._inner.event_count()

    def delete_event(self, id: Event | str) -> None:
        """Removes an event; it can be restored, and keeps its links."""
        self._inner.delete_event(event_id(id))

    def restore_event(self, id: Event | str) -> None:
        """Takes a removal back."""
        self._inner.restore_event(event_id(id))


