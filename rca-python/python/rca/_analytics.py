"""What a workspace says of all its investigations and events together."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from rca._common import Owner
from rca._figures import (
    By,
    ChangeFailures,
    Durations,
    Measure,
    Period,
    Recurrence,
    SourceCounts,
    Tally,
    Timeline,
)
from rca._record import Record, load, plain_of
from rca._records import Impact

F = TypeVar("F", bound=Record)


class FigureCalls(Owner):
    """What all investigations and events say together."""

    def durations(
        self,
        measure: Measure,
        *,
        by: Iterable[By] = (),
        start: datetime | None = None,
        end: datetime | None = None,
        impact_at_least: Impact | str | None = None,
        component: str | None = None,
        service: str | None = None,
        mechanism: str | None = None,
    ) -> Durations:
        """How long it takes to detect, acknowledge, resolve or restore: mean, median and p90 in each group.

        Investigations that are still open count for as long as they have lasted (Kaplan-Meier); none is left out in
        silence. The keywords say which count: detected from `start` up to `end`, this bad or worse, about something.

        >>> from datetime import datetime, timedelta, timezone
        >>> night = datetime(2026, 5, 4, 2, tzinfo=timezone.utc)
        >>> clock = rca.ManualClock(night + timedelta(hours=1))
        >>> with rca.Workspace(clock=clock) as workspace:
        ...     case = workspace.investigate("till is slow", (night, night + timedelta(hours=1)), component="till")
        ...     _ = workspace.set_status(case, "in_progress")
        ...     clock.advance(timedelta(hours=2))
        ...     _ = workspace.set_status(case, "resolved")
        ...     repair = workspace.durations("resolve", by=["component"])
        >>> repair
        Durations('Time to resolve by component', 1 rows)
        >>> repair.groups[0].values, repair.groups[0].median
        (('till',), datetime.timedelta(seconds=7200))
        >>> print(repair.to_csv())
        component,over,open,mean_seconds,...
        till,1,0,7200.0,...
        """
        wanted = {"figure": "durations", "measure": measure, "by": list(by)}
        cases = _cases(start, end, impact_at_least, component, service, mechanism)
        return self._figure(Durations, {**wanted, "cases": cases})

    def tally(
        self,
        *,
        by: Iterable[By] = (),
        most_frequent_first: bool = False,
        start: datetime | None = None,
        end: datetime | None = None,
        impact_at_least: Impact | str | None = None,
        component: str | None = None,
        service: str | None = None,
        mechanism: str | None = None,
    ) -> Tally:
        """How many investigations there are: `by=["severity"]`, `["component", "month"]`, the top mechanisms.

        >>> with rca.Workspace() as workspace:
        ...     workspace.tally(by=["mechanism"], most_frequent_first=True).total
        0
        """
        wanted = {"figure": "tally", "by": list(by), "most_frequent_first": most_frequent_first}
        cases = _cases(start, end, impact_at_least, component, service, mechanism)
        return self._figure(Tally, {**wanted, "cases": cases})

    def timeline(
        self,
        period: Period = "week",
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        impact_at_least: Impact | str | None = None,
        component: str | None = None,
        service: str | None = None,
        mechanism: str | None = None,
    ) -> Timeline:
        """What was detected, resolved and left open, period by period.

        >>> with rca.Workspace() as workspace:
        ...     workspace.timeline("month").periods
        ()
        """
        cases = _cases(start, end, impact_at_least, component, service, mechanism)
        return self._figure(Timeline, {"figure": "timeline", "period": period, "cases": cases})

    def recurrence(
        self,
        *,
        within: timedelta = timedelta(days=30),
        start: datetime | None = None,
        end: datetime | None = None,
        impact_at_least: Impact | str | None = None,
        component: str | None = None,
        service: str | None = None,
        mechanism: str | None = None,
    ) -> Recurrence:
        """What came back: the same component breaking in the same way so soon after it did before.

        >>> with rca.Workspace() as workspace:
        ...     workspace.recurrence().rate is None
        True
        """
        cases = _cases(start, end, impact_at_least, component, service, mechanism)
        wanted = {"figure": "recurrence", "within_seconds": within, "cases": cases}
        return self._figure(Recurrence, wanted)

    def change_failures(
        self,
        *,
        by_entity: bool = False,
        period: Period | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> ChangeFailures:
        """The share of deploys, from `start` up to `end`, that an investigation blames.

        >>> with rca.Workspace() as workspace:
        ...     workspace.change_failures(period="month").total.deploys
        0
        """
        wanted = {"figure": "change_failures", "by_entity": by_entity, "period": period, "start": start, "end": end}
        return self._figure(ChangeFailures, wanted)

    def events_by_source(
        self, *, bucket: timedelta | None = None, start: datetime | None = None, end: datetime | None = None
    ) -> SourceCounts:
        """How many events each source gave, in all or by buckets of time.

        >>> from datetime import timedelta
        >>> with rca.Workspace() as workspace:
        ...     workspace.events_by_source(bucket=timedelta(days=1)).total
        0
        """
        wanted = {"figure": "events_by_source", "bucket_seconds": bucket, "start": start, "end": end}
        return self._figure(SourceCounts, wanted)

    def _figure(self, cls: type[F], wanted: dict[str, Any]) -> F:
        return load(cls, json.loads(self._inner.figure(json.dumps(plain_of(wanted)))))


def _cases(
    start: datetime | None,
    end: datetime | None,
    impact_at_least: Impact | str | None,
    component: str | None,
    service: str | None,
    mechanism: str | None,
) -> dict[str, Any]:
    return {
        "start": start,
        "end": end,
        "impact_at_least": impact_at_least,
        "component": component,
        "service": service,
        "mechanism": mechanism,
    }
