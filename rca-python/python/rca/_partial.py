"""Telemetry that was scanned in pieces."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from rca import _rca
from rca._batch import Batch
from rca._common import settings_text, window_of
from rca._records import TimeRange


class Partial:
    """What is known of the telemetry seen so far, a batch at a time: for what is too much for one process or memory.

    Each process absorbs its share and sends its state (`to_bytes`, or pickled) to one that merges them; the order does not
    matter, and the findings are those of all telemetry at once. `window` leaves out log records outside of it, `memory`
    bounds in bytes what is kept of them.

    >>> halves = [rca.read([{"timestamp": "2026-05-04T09:00:00Z", "service": "till", "message": text}], format="logs")
    ...           for text in ("no paper", "out of ink")]
    >>> states = [rca.Partial(), rca.Partial()]
    >>> for state, half in zip(states, halves):
    ...     state.absorb(half)
    >>> states[0].merge(rca.Partial.from_bytes(states[1].to_bytes()))
    >>> states[0]
    Partial(0 samples, 0 spans, 2 log records)
    """

    __slots__ = ("_inner",)

    def __init__(
        self, *, window: TimeRange | tuple[datetime, datetime] | None = None, memory: int | None = None
    ) -> None:
        self._inner = _rca.Partial(settings_text(None, window=_range(window), memory_bytes=memory))

    @classmethod
    def from_bytes(cls, data: bytes) -> Partial:
        """A state that `to_bytes` wrote. Raises CorruptError for anything else."""
        return _partial(_rca.Partial.from_bytes(data))

    def to_bytes(self) -> bytes:
        """The state: the same bytes for equal states."""
        return self._inner.to_bytes()

    def absorb(self, batch: Batch) -> None:
        """Adds a batch's telemetry. Each batch counts once: what is absorbed twice is counted twice."""
        self._inner.absorb(batch._inner)

    def merge(self, other: Partial) -> None:
        """Adds what another state knows."""
        self._inner.merge(other._inner)

    def counts(self) -> tuple[int, int, int]:
        """How many metric samples, spans and log records were absorbed."""
        counts = json.loads(self._inner.counts())
        return counts["samples"], counts["spans"], counts["log_records"]

    def findings(
        self,
        window: TimeRange | tuple[datetime, datetime],
        *,
        alarm: datetime | None = None,
        onset_hint: datetime | None = None,
        normal: Partial | None = None,
    ) -> Batch:
        """What moved, as a batch of events (`Event.finding` has the details).

        `alarm` is a moment when it was surely bad, `onset_hint` when it probably began, `normal` a state of normal
        operation at another time, for windows that have no normal part.
        """
        wanted = settings_text(None, window=_range(window), alarm=alarm, onset_hint=onset_hint)
        return Batch(self._inner.findings(wanted, None if normal is None else normal._inner))

    def __reduce__(self) -> tuple[Any, ...]:
        return (Partial.from_bytes, (self.to_bytes(),))

    def __repr__(self) -> str:
        samples, spans, records = self.counts()
        return f"Partial({samples} samples, {spans} spans, {records} log records)"


def _range(window: TimeRange | tuple[datetime, datetime] | None) -> dict[str, datetime] | None:
    ends = window_of(window)
    return None if ends is None else {"start": ends[0], "end": ends[1]}


def _partial(inner: _rca.Partial) -> Partial:
    made = Partial.__new__(Partial)
    made._inner = inner
    return made
