"""Small things that several parts need."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Union

from rca import _rca
from rca._record import load, plain_of, text_of
from rca._records import Entity, Event, Investigation
from rca._results import Progress

Path = Union[str, "os.PathLike[str]"]
OnProgress = Callable[[Progress], object]
Settings = Mapping[str, Any]

"""Bounds on what is read and blotted out, by name: `line_bytes`, `body_bytes`, `json_depth`, `redact_without` ..."""


class Owner:
    """Somebody with an open workspace."""

    _inner: _rca.Workspace


def watched(progress: OnProgress | None) -> Callable[[str, int, int], object] | None:
    """A callback as the extension calls it."""
    if progress is None:
        return None

    def call(name: str, records: int, size: int) -> object:
        return progress(Progress(input=name, records=records, bytes=size))

    return call


def to_bar(bar: Any) -> OnProgress:
    """A callback that moves a progress bar of tqdm's kind: `set_description` and `update` with what is new.

    >>> from io import StringIO
    >>> class Bar:
    ...     def set_description(self, text): self.text = text
    ...     def update(self, more): self.count = getattr(self, "count", 0) + more
    >>> bar = Bar()
    >>> batch = rca.read(b"<1>app: no paper\\n" * 3, name="till.log", progress=rca.to_bar(bar))
    """
    seen: dict[str, int] = {}

    def call(progress: Progress) -> None:
        bar.set_description(progress.input, refresh=False) if hasattr(bar, "refresh") else bar.set_description(
            progress.input
        )
        bar.update(max(0, progress.records - seen.get(progress.input, 0)))
        seen[progress.input] = progress.records

    return call


def judged_by(
    weights: Mapping[str, float] | None,
    max_causes: int | None,
    code: Mapping[str, list[Entity | str]] | None,
    suggest_from: float | None,
    link_from: float | None,
    rules: object,
) -> dict[str, Any]:
    """How to judge, as settings."""
    return {
        "weights": None if weights is None else dict(weights),
        "max_causes": max_causes,
        "code": None if code is None else {at: [entity_of(one) for one in who] for at, who in code.items()},
        "suggest_from": suggest_from,
        "link_from": link_from,
        "rules": rules,
    }


def settings_text(settings: Settings | None, **more: Any) -> str:
    """Settings as the extension reads them."""
    whole = {**(settings or {}), **more}
    return json.dumps(plain_of({name: value for name, value in whole.items() if value is not None}))


def event_id(event: Event | str) -> str:
    """An event or its id."""
    return event if isinstance(event, str) else event.id


def case_id(case: Investigation | str) -> str:
    """An investigation or its id."""
    return case if isinstance(case, str) else case.id


def events_text(events: Iterable[Event]) -> str:
    """Events as the extension reads them."""
    return json.dumps([plain_of(event) for event in events])


def events_of(text: str) -> list[Event]:
    """Events as the extension wrote them."""
    return [load(Event, one) for one in json.loads(text)]


def entity_of(entity: Entity | str) -> dict[str, Any]:
    """An entity, or the name of a service."""
    return {"kind": "service", "name": entity} if isinstance(entity, str) else entity.to_dict()


def moment(time: datetime | None) -> datetime | None:
    """A moment that is surely in some time zone."""
    if time is not None:
        text_of(time)
    return time


def window_of(window: Any) -> tuple[datetime, datetime] | None:
    """A range of time: a TimeRange or (start, end)."""
    if window is None:
        return None
    start, end = (window.start, window.end) if hasattr(window, "start") else window
    text_of(start)
    text_of(end)
    return start, end
