"""Sources that are polled over the network: only these two reach out, and only when pulled."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal

from rca import _rca
from rca._batch import Batch
from rca._common import OnProgress, Owner, moment, watched
from rca._results import PullReport, WorkspaceStatus


class Source:
    """Something that can be asked for what is new, again and again. Made by `github` and `prometheus`."""

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
    return Source(
        _rca.github(
            repository,
            server=server,
            name=name,
            token=token,
            branch=branch,
            resources=None if resources is None else list(resources),
            start=moment(start),
            proxy=proxy_from_environment,
            authorities=authorities,
        )
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
    return Source(
        _rca.prometheus(
            url,
            name=name,
            token=token,
            basic=basic,
            queries=list((queries or {}).items()),
            step=step,
            delay=delay,
            start=moment(start),
            proxy=proxy_from_environment,
            authorities=authorities,
        )
    )


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
        """
        report, batch = self._inner.pull(
            source._inner,
            pages=pages,
            anew=anew,
            queue=keep_refused,
            patience=patience,
            page_time=page_time,
            tries=tries,
            progress=watched(progress),
        )
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
