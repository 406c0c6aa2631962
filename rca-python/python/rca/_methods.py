"""What values can do beside holding data: reports, displays, making them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast, overload

from rca import _rca
from rca._html import analysis_html, case_html, doctor_html, event_html, hits_html
from rca._record import load, plain_of

if TYPE_CHECKING:
    from rca._records import Analysis, Cause, Doctor, Entity, Event, Finding, Investigation, Severity
    from rca._results import Hit, Hits


class AnalysisMethods:
    """Reports of an answer."""

    __slots__ = ()

    @property
    def top_cause(self) -> Cause | None:
        """The most probable cause, when there is one."""
        causes = cast("Analysis", self).causes
        return causes[0] if causes else None

    def to_json(self) -> str:
        """The whole answer as JSON: the same bytes as the engine writes from every language."""
        kept = cast("Analysis", self)._json
        return kept if kept is not None else _rca.render(json.dumps(plain_of(self)), "json", 0)

    @classmethod
    def from_json(cls, text: str) -> Analysis:
        """An answer that was written before. Raises InvalidInputError for other documents."""
        return analysis_of(cast("type[Analysis]", cls), _rca.render(text, "json", 0))

    def to_markdown(self) -> str:
        """A report for a wiki or a ticket."""
        return _rca.render(self.to_json(), "markdown", 100)

    def to_text(self, *, width: int = 100, colour: bool = False) -> str:
        """A report for a terminal."""
        return _rca.render(self.to_json(), "colour" if colour else "text", width)

    def to_html(self) -> str:
        """A piece of HTML, as notebooks show it."""
        return analysis_html(json.loads(_rca.view(self.to_json())))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a report, whole or not at all: `.json`, `.html`, else Markdown."""
        name = os.fspath(path)
        if name.endswith(".json"):
            text = self.to_json()
        elif name.endswith(".html"):
            text = self.to_html()
        else:
            text = self.to_markdown()
        _rca.save(name, text)

    def _repr_html_(self) -> str:
        return self.to_html()

    def __str__(self) -> str:
        return self.to_text()


def analysis_of(cls: type[Analysis], text: str) -> Analysis:
    """An answer with the text it came in, so that it goes out as the same."""
    made = load(cls, json.loads(text))
    object.__setattr__(made, "_json", text)
    return made


class DoctorMethods:
    """The account for people."""

    __slots__ = ()

    @property
    def is_well(self) -> bool:
        """Whether nothing is missing."""
        return not cast("Doctor", self).problems

    def to_text(self, *, width: int = 100, colour: bool = False) -> str:
        """For a terminal."""
        return _rca.render_doctor(json.dumps(plain_of(self)), "colour" if colour else "text", width)

    def to_markdown(self) -> str:
        """For a wiki or a ticket."""
        return _rca.render_doctor(json.dumps(plain_of(self)), "markdown", 100)

    def to_json(self) -> str:
        """As JSON."""
        return _rca.render_doctor(json.dumps(plain_of(self)), "json", 100)

    def _repr_html_(self) -> str:
        return doctor_html(cast("Doctor", self))

    def __str__(self) -> str:
        return self.to_text()


class EventMethods:
    """Making events, and looking into them."""

    __slots__ = ()

    @classmethod
    def new(
        cls,
        timestamp: datetime,
        source: str,
        event_type: str,
        title: str,
        *,
        severity: Severity | str | None = None,
        service: str | None = None,
        entity: Entity | None = None,
        body: str | None = None,
        data: Mapping[str, Any] | None = None,
        tags: Iterable[str] = (),
        source_id: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Event:
        """Checks the fields and makes an event. Two with the same source and `source_id` are the same event.

        >>> from datetime import datetime, timezone
        >>> at = datetime(2026, 5, 4, 9, tzinfo=timezone.utc)
        >>> deploy = rca.Event.new(at, "deploy", "deploy", "till v7", service="till", source_id="d-7")
        >>> deploy.entity.name, deploy.title
        ('till', 'till v7')
        >>> rca.Event.new(at, "deploy", "deploy", " ")
        Traceback (most recent call last):
        rca._errors.InvalidInputError: title: must not be blank
        """
        if service is not None and entity is not None:
            raise TypeError("give service or entity, not both")
        about = {"kind": "service", "name": service} if service is not None else plain_of(entity)
        draft = {
            "timestamp": plain_of(timestamp),
            "source": source,
            "event_type": event_type,
            "title": title,
            "severity": plain_of(severity),
            "entity": about,
            "body": body,
            "data": plain_of(dict(data or {})),
            "tags": list(tags),
            "source_id": source_id,
            "metadata": dict(metadata or {}),
        }
        return cast("Event", load(cls, json.loads(_rca.new_event(json.dumps(draft)))))

    def attribute(self, name: str) -> Any:
        """A source-specific attribute from `data`; none when there is none."""
        return cast("Event", self).data.get(name)

    def finding(self) -> Finding | None:
        """What a detector saw, for events that say so; none for others."""
        text = _rca.finding(json.dumps(plain_of(self)))
        if text is None:
            return None
        from rca._records import FINDINGS

        data = json.loads(text)
        return cast("Finding", load(FINDINGS[data["finding"]], data))

    def _repr_html_(self) -> str:
        return event_html(cast("Event", self))


class InvestigationMethods:
    """How an investigation shows itself."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return case_html(cast("Investigation", self))


def hits_of(cls: type[Hits], page: _rca.Page) -> Hits:
    """The hits of a page, which is read when somebody looks: a search costs what searching costs."""
    hits = cls.__new__(cls)
    object.__setattr__(hits, "_page", page)
    return hits


class HitsMethods:
    """A page as a sequence."""

    __slots__ = ("_page",)
    _page: Any

    def __getattr__(self, name: str) -> Any:
        # Only asked for what is not there yet.
        if name not in ("total", "hits", "next"):
            raise AttributeError(name)
        read = load(type(cast("Hits", self)), json.loads(self._page.json()))
        for field in ("total", "hits", "next"):
            object.__setattr__(self, field, getattr(read, field))
        return object.__getattribute__(self, name)

    def __iter__(self) -> Iterator[Hit]:
        return iter(cast("Hits", self).hits)

    def __len__(self) -> int:
        return len(cast("Hits", self).hits)

    @overload
    def __getitem__(self, at: int) -> Hit: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Hit, ...]: ...
    def __getitem__(self, at: int | slice) -> Hit | tuple[Hit, ...]:
        return cast("Hits", self).hits[at]

    def __bool__(self) -> bool:
        return bool(cast("Hits", self).hits)

    def _repr_html_(self) -> str:
        return hits_html(cast("Hits", self))
