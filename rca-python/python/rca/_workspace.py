"""The open handle."""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Mapping
from datetime import timedelta
from types import TracebackType

from rca import _rca
from rca._analytics import FigureCalls
from rca._cases import CaseCalls
from rca._common import Path, Settings, judged_by, settings_text
from rca._events import EventCalls
from rca._graph import GraphCalls
from rca._letters import DeadLetters
from rca._pull import PullCalls
from rca._rca import ManualClock
from rca._record import adopt
from rca._records import Entity
from rca._replay import ReplayCalls, Rules, rules_of
from rca._results import Health
from rca._search import SearchCalls
from rca._work import WorkCalls


class Workspace(EventCalls, CaseCalls, SearchCalls, GraphCalls, PullCalls, WorkCalls, FigureCalls, ReplayCalls):
    """An open collection of events and investigations: a folder, or memory when no path is given.

    May be used from many threads. Close it, or use `with`: the folder is free again then.

    >>> with rca.Workspace() as workspace:
    ...     workspace, workspace.event_count()
    (Workspace(), 0)
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        read_only: bool = False,
        fresh: bool = True,
        clock: ManualClock | None = None,
        redact: bool = True,
        weights: Mapping[str, float] | None = None,
        max_causes: int | None = None,
        code: Mapping[str, list[Entity | str]] | None = None,
        suggest_from: float | None = None,
        link_from: float | None = None,
        rules: Rules | None = None,
        dead_letters: Mapping[str, int | timedelta] | None = None,
        settings: Settings | None = None,
    ) -> None:
        """Opens the folder, or makes it. With `fresh=False` searches never wait for what was just written.

        `weights`, `max_causes` and `code` (paths to the entities that run them) say how to judge, `suggest_from` and
        `link_from` how sure a link must be, `rules` (as `check_rules` takes them) what belongs together beside, and
        `settings` bounds what is read and blotted out. `dead_letters` bounds their queue: at most so many `letters` and
        `bytes`, `letter_bytes` of one, so old (`age`, a timedelta).
        """
        judged = judged_by(weights, max_causes, code, suggest_from, link_from, rules_of(rules))
        caps = None if dead_letters is None else {_cap(name): value for name, value in dead_letters.items()}
        text = settings_text(settings, redact=None if redact else False, dead_letters=caps, **judged)
        self._inner = _rca.Workspace(path, read_only=read_only, fresh=fresh, clock=clock, settings=text)

    @property
    def path(self) -> pathlib.Path | None:
        """The folder; none in memory."""
        path = self._inner.path()
        return None if path is None else pathlib.Path(path)

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._inner.closed()

    @property
    def dead_letters(self) -> DeadLetters:
        """The dead-letter queue."""
        return DeadLetters(self._inner)

    @property
    def index_opened(self) -> tuple[str, str | None]:
        """What opening found of the search index (`created`, `intact`, `rebuilt`, `in_memory`), and why."""
        opened = json.loads(self._inner.index_opened())
        return opened["index"], opened["reason"]

    def refresh(self) -> None:
        """Commits what is pending, so that searches see everything written so far."""
        self._inner.refresh()

    def rebuild_index(self) -> None:
        """Throws the search index away and builds it anew."""
        self._inner.rebuild_index()

    def compact(self) -> None:
        """Gives unused disk space back. Raises BusyError while an iterator over events lives."""
        self._inner.compact()

    def backup(self, file: Path) -> None:
        """Writes a consistent copy to a new file; to restore, place it as `store.redb` in an empty folder."""
        self._inner.backup(os.fspath(file))

    def verify(self) -> Health:
        """Reads everything and checks every record, every reference and the index files."""
        return Health.from_dict(json.loads(self._inner.verify()))

    def acting_as(self, name: str, role: str) -> Workspace:
        """The same workspace in somebody's hands, for a `viewer`, a `responder` or an `admin`.

        What the role does not allow raises DeniedError, and what they change is recorded as theirs. The folder is free
        when all that were made of it are closed.

        >>> with rca.Workspace() as workspace, workspace.acting_as("ann", "viewer") as looking:
        ...     looking.refresh()
        ...     looking.compact()
        Traceback (most recent call last):
        rca._errors.DeniedError: ...
        """
        acting = Workspace.__new__(Workspace)
        acting._inner = self._inner.acting_as(name, role)
        return acting

    def close(self) -> None:
        """Closes the workspace and frees its folder. Closing twice is fine."""
        self._inner.close()

    def __enter__(self) -> Workspace:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        if self.closed:
            return "Workspace(closed)"
        path = self.path
        return "Workspace()" if path is None else f"Workspace({str(path)!r})"


def _cap(name: str) -> str:
    return "age_seconds" if name == "age" else name


adopt(Workspace, EventCalls, CaseCalls, SearchCalls, GraphCalls, PullCalls, WorkCalls, FigureCalls, ReplayCalls)
