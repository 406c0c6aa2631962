"""The dead-letter queue of a workspace."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime

from rca import _rca
from rca._common import OnProgress, watched
from rca._record import load, plain_of
from rca._results import DeadLetter, DeadLetterCounts, Replayed


class DeadLetters:
    """What could not be read: kept as it came, until it can be read or nobody wants it any more.

    >>> with rca.Workspace() as workspace:
    ...     done = workspace.ingest_batch(rca.read(b"[1]", name="deploys.json", format="deploys"))
    ...     [letter.reason for letter in workspace.dead_letters]
    ['expected an object, found a number']
    """

    __slots__ = ("_inner",)

    def __init__(self, inner: _rca.Workspace) -> None:
        self._inner = inner

    def list(
        self,
        *,
        source: str | None = None,
        due: datetime | None = None,
        after: DeadLetter | int | None = None,
        limit: int | None = None,
    ) -> list[DeadLetter]:
        """Letters in the order of arrival: of a source, due by then, behind one."""
        found = json.loads(self._inner.letters(_wanted(source, due, after, limit)))
        return [load(DeadLetter, one) for one in found]

    def __iter__(self) -> Iterator[DeadLetter]:
        return iter(self.list())

    def __len__(self) -> int:
        return self.counts().letters

    def __getitem__(self, id: int) -> DeadLetter:
        return DeadLetter.from_dict(json.loads(self._inner.letter(id)))

    def raw(self, id: int) -> bytes | None:
        """A letter's bytes, without their secrets; none when they were too many to keep."""
        return self._inner.letter_raw(id)

    def counts(self) -> DeadLetterCounts:
        """How full the queue is, and what it let go."""
        return DeadLetterCounts.from_dict(json.loads(self._inner.letter_counts()))

    def replay(
        self,
        *,
        source: str | None = None,
        due: datetime | None = None,
        after: DeadLetter | int | None = None,
        limit: int | None = None,
        format: str | None = None,
        progress: OnProgress | None = None,
    ) -> Replayed:
        """Reads letters again, as the format they had or another; what can be read now is stored and leaves the queue."""
        text = self._inner.replay_letters(_wanted(source, due, after, limit), format, watched(progress))
        return Replayed.from_dict(json.loads(text))

    def replay_due(self, *, progress: OnProgress | None = None) -> Replayed:
        """Reads those again that are due."""
        return Replayed.from_dict(json.loads(self._inner.replay_due_letters(watched(progress))))

    def discard(self, ids: Iterable[DeadLetter | int]) -> int:
        """Takes letters out for good; says how many were there."""
        return self._inner.discard_letters([one.id if isinstance(one, DeadLetter) else one for one in ids])

    def expire(self) -> int:
        """Lets go of letters that are too old or too many; says how many."""
        return self._inner.expire_letters()

    def __repr__(self) -> str:
        return f"DeadLetters({len(self)})"


def _wanted(source: str | None, due: datetime | None, after: DeadLetter | int | None, limit: int | None) -> str:
    behind = after.id if isinstance(after, DeadLetter) else after
    return json.dumps(plain_of({"source": source, "due": due, "after": behind, "limit": limit}))
