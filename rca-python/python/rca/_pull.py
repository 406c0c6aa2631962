"""Sources that are polled: servers, repositories, and what you write yourself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from rca import _rca
from rca._batch import Batch, read
from rca._common import OnProgress, Owner, Path, settings_text, watched
from rca._results import PullReport, WorkspaceStatus


class Source:
    """Something that can be asked for what is new, again and again. Made by `github`, `prometheus`, `git_source`
    and `source`."""

    __slots__ = ("_inner",)

    def __init__(self, inner: _rca.Source) -> None:
        self._inner = inner

    @property
    def name(self) -> str:
        """The key of its checkpoint."""
        return self._inner.name

    def __repr__(self) -> str:
        return f"Source({self.name!r})"


def github(
    repository: str,
    *,
    token: str | None = None,
    server: str | None = None,
    name: str | None = None,
    branch: str | None = None,
    resources: Iterable[Literal["runs", "deployments", "commits", "releases"]] | None = None,
    start: datetime | None = None,
    proxy_from_environment: bool = False,
    authorities: bytes | None = None,
) -> Source:
    """A repository (`owner/name`) on GitHub, or on a server of one's own: runs, deployments, commits, releases.

    >>> rca.github("shop/till")
    Source('github/shop/till')
    """
    return _open(
        kind="github",
        repository=repository,
        token=token,
        server=server,
        name=name,
        branch=branch,
        resources=None if resources is None else list(resources),
        start=start,
        proxy_from_environment=proxy_from_environment,
        authorities=authorities,
    )


def prometheus(
    url: str,
    *,
    queries: Mapping[str, str] | None = None,
    token: str | None = None,
    basic: tuple[str, str] | None = None,
    name: str | None = None,
    step: timedelta | None = None,
    delay: timedelta | None = None,
    start: datetime | None = None,
    proxy_from_environment: bool = False,
    authorities: bytes | None = None,
) -> Source:
    """A Prometheus server, or one that speaks its API: each of `queries` (name to expression), and alerts that fire.

    >>> rca.prometheus("http://127.0.0.1:9090", queries={"errors": "sum by (job) (rate(errors_total[1m]))"})
    Source('prometheus/127.0.0.1:9090')
    """
    if basic is not None and not (isinstance(basic, tuple) and len(basic) == 2):
        raise TypeError("basic is a tuple of user and password")
    user, password = basic or ("", "")
    return _open(
        kind="prometheus",
        url=url,
        queries=dict(queries or {}),
        token=token,
        basic=None if basic is None else {"user": user, "password": password},
        name=name,
        step_seconds=step,
        delay_seconds=delay,
        start=start,
        proxy_from_environment=proxy_from_environment,
        authorities=authorities,
    )


def git_source(
    path: Path,
    *,
    name: str | None = None,
    repository: str | None = None,
    tips: Sequence[str] | None = None,
    start: datetime | None = None,
    page: int | None = None,
) -> Source:
    """A local repository that is read on and on: commits, tags, notes, and what a forced push dropped.

    Reads what is checked out, or `tips` (branches, tags, hashes); `repository` is its name at its host (`shop/till`), which
    its events carry; `page` says how many commits are stored at once.
    """
    heads = None if tips is None else list(tips)
    wanted = settings_text(None, name=name, repository=repository, tips=heads, start=start, page=page)
    return Source(_rca.git_source(path, wanted))


def _open(kind: str, authorities: bytes | None = None, **wanted: Any) -> Source:
    # Certificates are ASCII; what stands around them may be anything.
    trusted = None if authorities is None else authorities.decode(errors="replace")
    return Source(_rca.open_source(settings_text(None, kind=kind, authorities=trusted, **wanted)))


@dataclass(frozen=True, slots=True)
class Page:
    """What a source of your own gives: data, and where to go on."""

    data: Any = ()
    """Anything `read` takes: a batch, events, records, bytes, a table."""
    checkpoint: Any = None
    """Where to go on, as plain data; kept once the events are stored, and handed to the next pull."""
    more: bool = False
    """Whether there is more right now."""


class SlowDown(Exception):
    """Raised by a source of your own whose server asks for patience, at least `after` where it says so."""

    def __init__(self, after: timedelta | None = None) -> None:
        super().__init__("the server asks for patience")
        self.after = after


def source(name: str, pull: Callable[[Any, datetime], Page]) -> Source:
    """A source of your own: `pull(checkpoint, now)` gives the page behind a checkpoint, which is none at first.

    `name` is the key of its checkpoint: the same in every run. Keep nothing else, and a crash neither loses nor doubles.
    `pull` runs on another thread, one call at a time, while nothing is locked: it may use the workspace. It neither
    retries nor waits: `OSError` (`TimeoutError`, `ConnectionError`) is tried again, `PermissionError` asks a human, `SlowDown`
    waits. Anything else that it raises is a bug, and raised by `Workspace.pull`.

    >>> def tickets(checkpoint, now):
    ...     number = (checkpoint or 0) + 1
    ...     ticket = rca.Event.new(now, "ticket", "ticket", f"ticket {number}", source_id=f"T-{number}")
    ...     return rca.Page([ticket], checkpoint=number, more=number < 3)
    >>> with rca.Workspace() as workspace:
    ...     report, _ = workspace.pull(rca.source("tickets", tickets))
    ...     report.pages, report.accepted, report.end
    (3, 3, 'caught_up')
    """

    def call(checkpoint: str | None, now: datetime) -> tuple[Any, str, Any]:
        try:
            page = pull(None if checkpoint is None else json.loads(checkpoint), now)
        except SlowDown as wanted:
            return "throttled", str(wanted), None if wanted.after is None else wanted.after.total_seconds()
        except TimeoutError as error:
            return "timed_out", _said(error), None
        except PermissionError as error:
            return "credentials", _said(error), None
        except OSError as error:
            return "unreachable", _said(error), None
        if not isinstance(page, Page):
            raise TypeError(f"the source {name!r} gave {type(page).__name__}, not a Page")
        empty = isinstance(page.data, list | tuple) and not page.data
        batch = Batch.of([]) if page.data is None or empty else read(page.data, name=name)
        return batch._inner, json.dumps(page.checkpoint), page.more

    return Source(_rca.custom_source(name, call))


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


class PullCalls(Owner):
    """Pulling sources."""

    def pull(
        self,
        source: Source,
        *,
        pages: int | None = None,
        anew: bool = False,
        keep_refused: bool = True,
        patience: timedelta | None = None,
        page_time: timedelta | None = None,
        tries: int | None = None,
        progress: OnProgress | None = None,
    ) -> tuple[PullReport, Batch]:
        """Pulls what is new, from where the last pull ended (`anew`: from the beginning), and stores its events.

        Retries, pauses and the checkpoint are taken care of. Telemetry is not stored: it comes back as a batch, for
        `observe` or `analyze`.

        A page is asked for `tries` times at most (5). The longest wait that is sat out is `patience` (two minutes), the
        longest that a page of a server or repository may take is `page_time` (two minutes); a source of your own can't be
        told to stop.
        """
        options = settings_text(
            None,
            pages=pages,
            anew=anew,
            forget_refused=not keep_refused,
            patience_seconds=patience,
            page_seconds=page_time,
            tries=tries,
        )
        report, batch = self._inner.pull(source._inner, options, watched(progress))
        return PullReport.from_dict(json.loads(report)), Batch(batch)

    def status(self) -> WorkspaceStatus:
        """How all sources stand, and the dead-letter queue."""
        return WorkspaceStatus.from_dict(json.loads(self._inner.status()))

    def reset_source(self, source: Source | str) -> None:
        """Lets a paused source be asked again at once."""
        self._inner.reset_source(source if isinstance(source, str) else source.name)

    def forget_checkpoint(self, source: Source | str) -> bool:
        """Lets the next pull begin anew; says whether there was a checkpoint."""
        return self._inner.forget_checkpoint(source if isinstance(source, str) else source.name)
