"""What all investigations and events say together: figures, each a table and a chart."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Any, Literal, cast

from rca import _rca
from rca._common import Path
from rca._record import Record, adopt, plain_of
from rca._results import Count
from rca._table import Table

By = Literal["severity", "component", "service", "mechanism", "day", "week", "month", "quarter"]
"""What investigations are grouped by."""
Period = Literal["day", "week", "month", "quarter"]
"""A span of the calendar, in UTC; weeks begin on Monday."""
Measure = Literal["detect", "acknowledge", "resolve", "restore"]
"""From when to when: harm to detection (MTTD), detection to work (MTTA), to resolution (MTTR), harm to resolution."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Series(Record):
    """One value of a chart for each of its labels; none where nothing is known."""

    name: str
    """Its name in the legend."""
    values: tuple[float | None, ...] = ()
    """In the order of the labels."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Chart(Record):
    """What a chart shows: labelled groups, and for each series a value in each group.

    >>> chart = rca.Chart(title="Queues", kind="bars", unit="count", labels=("till", "cart"),
    ...                   series=(rca.Series(name="waiting", values=(7.0, 2.0)),))
    >>> chart.to_svg()[:4]
    '<svg'
    """

    title: str
    """What it shows."""
    description: str = ""
    """The same in a sentence, for those who do not see it."""
    kind: Literal["bars", "stacked", "lines"] = "bars"
    """How it is drawn."""
    unit: Literal["count", "seconds", "share"] = "count"
    """What the values are."""
    labels: tuple[str, ...] = ()
    """The groups, in order."""
    series: tuple[Series, ...] = ()
    """The series, in order."""

    def to_svg(self) -> str:
        """The drawing, as text: a piece of a page or a file. It carries its description, and loads nothing."""
        return _rca.figure_form(json.dumps({"chart": plain_of(self)}), "svg")

    def _repr_svg_(self) -> str:
        return self.to_svg()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Sheet(Record):
    """Rows under named columns. Data frames take it as it is."""

    title: str = ""
    """What it shows."""
    columns: tuple[str, ...] = ()
    """Names of the columns, in order."""
    kinds: tuple[str, ...] = ()
    """What they hold: `text`, `count`, `number`, `share` (of one), `seconds`, `time`, or `empty` where no row says."""
    rows: tuple[tuple[Any, ...], ...] = ()
    """Cells in the order of the columns; times as text."""
    notes: tuple[str, ...] = ()
    """How to read it: definitions, and what was left out."""

    def __len__(self) -> int:
        return len(self.rows)

    def to_table(self) -> Table:
        """Columns in Arrow's layout."""
        return Table(_rca.figure_table(self._document()))

    def __arrow_c_schema__(self) -> object:
        """Arrow's C data interface."""
        return self.to_table().__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Arrow's C stream interface."""
        return self.to_table().__arrow_c_stream__(requested_schema)

    def to_pandas(self) -> Any:
        """A `pandas.DataFrame`."""
        return self.to_table().to_pandas()

    def to_polars(self) -> Any:
        """A `polars.DataFrame`."""
        return self.to_table().to_polars()

    def to_csv(self) -> str:
        """Comma-separated values with a head; lengths of time in seconds. Notes are left out."""
        return _rca.figure_form(self._document(), "csv")

    def to_markdown(self) -> str:
        """A table for a wiki, with its title and notes; lengths of time as people say them."""
        return _rca.figure_form(self._document(), "markdown")

    def _document(self) -> str:
        return json.dumps({"table": plain_of(self)})

    def _repr_html_(self) -> str:
        cell = "text-align:left;padding:2px 8px"
        # A length of time is shown as people say it.
        names = [name.removesuffix("_seconds").replace("_", " ") for name in self.columns]
        head = "".join(f'<th style="{cell}">{escape(name)}</th>' for name in names)
        rows = "".join(
            "<tr>" + "".join(f'<td style="{cell}">{escape(shown(kind, one))}</td>' for kind, one in zip(self.kinds, row)) + "</tr>"
            for row in self.rows
        )
        notes = "".join(f"<small>{escape(note)}</small><br>" for note in self.notes)
        return f"<div><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{notes}</div>"


def shown(kind: str, value: Any) -> str:
    """A cell for people."""
    if value is None:
        return "-"
    if kind == "seconds":
        return str(timedelta(seconds=round(value)))
    if kind == "share":
        return f"{value:.1%}"
    if kind == "number":
        return f"{value:.3g}"
    return "(none)" if value == "" else str(value)


class Figure:
    """What every figure can do. Each has a `table` (a `Sheet`) and a `chart`."""

    __slots__ = ()

    def __len__(self) -> int:
        return len(_parts(self)[0])

    def __bool__(self) -> bool:
        return True

    def __arrow_c_schema__(self) -> object:
        """Arrow's C data interface: the table's columns."""
        return _parts(self)[0].__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Arrow's C stream interface: the table."""
        return _parts(self)[0].__arrow_c_stream__(requested_schema)

    def to_pandas(self) -> Any:
        """The table as a `pandas.DataFrame`."""
        return _parts(self)[0].to_pandas()

    def to_polars(self) -> Any:
        """The table as a `polars.DataFrame`."""
        return _parts(self)[0].to_polars()

    def to_csv(self) -> str:
        """The table as comma-separated values."""
        return _parts(self)[0].to_csv()

    def to_markdown(self) -> str:
        """The table for a wiki or a ticket."""
        return _parts(self)[0].to_markdown()

    def to_svg(self) -> str:
        """The chart."""
        return _parts(self)[1].to_svg()

    def to_html(self) -> str:
        """Chart and table as a piece of a page."""
        sheet, chart = _parts(self)
        return f"<div>{chart.to_svg()}{sheet._repr_html_()}</div>"

    def save(self, path: Path) -> None:
        """Writes it, whole or not at all: `.svg`, `.csv`, `.html`, else Markdown."""
        name = os.fspath(path)
        writers = {".svg": self.to_svg, ".csv": self.to_csv, ".html": self.to_html}
        _rca.save(name, writers.get(os.path.splitext(name)[1], self.to_markdown)())

    def __repr__(self) -> str:
        sheet = _parts(self)[0]
        return f"{type(self).__name__}({sheet.title!r}, {len(sheet)} rows)"

    def __str__(self) -> str:
        return self.to_markdown()

    def _repr_html_(self) -> str:
        return self.to_html()


def _parts(figure: Any) -> tuple[Sheet, Chart]:
    return cast(Sheet, figure.table), cast(Chart, figure.chart)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Excluded(Record):
    """How many investigations do not count, and why."""

    no_beginning: int = 0
    """Nobody said when it began."""
    never: int = 0
    """Closed, and what was waited for never came."""
    backwards: int = 0
    """It ends before it begins."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DurationGroup(Record):
    """Durations of one group."""

    values: tuple[str, ...] = ()
    """What it is grouped by, in the order asked for; empty for none."""
    over: int = 0
    """Investigations where it is over."""
    open: int = 0
    """Investigations where it goes on: they count for as long as they have lasted."""
    excluded: Excluded = Excluded()
    """Investigations that do not count."""
    mean: timedelta | None = None
    """The mean over the time up to the longest seen; the plain mean where nothing is open."""
    mean_is_at_least: bool = False
    """Whether the longest is still open, so that the mean can only grow."""
    median: timedelta | None = None
    """Half are over by then; none while fewer are."""
    p90: timedelta | None = None
    """Nine of ten are over by then; none while fewer are."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Durations(Figure, Record):
    """How long something takes, by groups."""

    measure: Measure
    """What was measured."""
    by: tuple[str, ...] = ()
    """What it was grouped by."""
    groups: tuple[DurationGroup, ...] = ()
    """The groups, in order of their values."""
    table: Sheet = Sheet()
    """The same as rows."""
    chart: Chart = Chart(title="")
    """What is worth seeing of it."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TallyGroup(Record):
    """Investigations of one group."""

    values: tuple[str, ...] = ()
    """What it is grouped by, in the order asked for; empty for none."""
    count: int = 0
    """How many there are."""
    open: int = 0
    """Of these, open or in progress."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Tally(Figure, Record):
    """Counts of investigations, by groups."""

    by: tuple[str, ...] = ()
    """What they are grouped by."""
    total: int = 0
    """All together."""
    groups: tuple[TallyGroup, ...] = ()
    """The groups, in order of their values or most frequent first."""
    table: Sheet = Sheet()
    """The same as rows."""
    chart: Chart = Chart(title="")
    """What is worth seeing of it."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TimelinePeriod(Record):
    """One period of a timeline."""

    start: datetime
    """Its first moment."""
    label: str
    """What people call it."""
    detected: int = 0
    """Investigations detected in it."""
    resolved: int = 0
    """Investigations resolved in it."""
    open: int = 0
    """Investigations detected but not resolved by its end."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Timeline(Figure, Record):
    """What came, went and stayed: periods without gaps."""

    period: Period
    """How long the periods are."""
    periods: tuple[TimelinePeriod, ...] = ()
    """In order."""
    closed_unresolved: int = 0
    """Closed without being resolved: nobody knows when, so they are never among the open ones."""
    backwards: int = 0
    """Resolved before they were detected: not among the open ones either."""
    table: Sheet = Sheet()
    """The same as rows."""
    chart: Chart = Chart(title="")
    """What is worth seeing of it."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Recurring(Record):
    """A component that broke in the same way more than once."""

    component: str
    """The component, or the service where no component is named."""
    mechanism: str
    """How it breaks."""
    cases: tuple[str, ...] = ()
    """Ids of all its investigations, in order of detection."""
    repeats: int = 0
    """How many of them came within the time after one before."""
    shortest: timedelta = timedelta()
    """The shortest time between two."""
    mean: timedelta = timedelta()
    """The mean time between two."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Recurrence(Figure, Record):
    """What came back."""

    within: timedelta
    """How soon after one before an investigation is a repeat of it."""
    known: int = 0
    """Investigations of which component and mechanism are known."""
    unknown: int = 0
    """The others, of which nobody can tell."""
    repeats: int = 0
    """Of the known, those that repeat one before."""
    rate: float | None = None
    """Their share of the known."""
    groups: tuple[Recurring, ...] = ()
    """Most repeats first, then by name."""
    table: Sheet = Sheet()
    """The same as rows."""
    chart: Chart = Chart(title="")
    """What is worth seeing of it."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class FailureGroup(Record):
    """Deploys of a period, or of all times, to one entity or to all."""

    values: tuple[str, ...] = ()
    """The entity, when it is by entity, then the period, when it is by period."""
    deploys: int = 0
    """All deploys."""
    failed: int = 0
    """Those that an investigation blames."""
    rate: float | None = None
    """The share that failed; none without deploys."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ChangeFailures(Figure, Record):
    """The change failure rate: deploys that an investigation blames, of all deploys."""

    by: tuple[str, ...] = ()
    """What they are grouped by."""
    groups: tuple[FailureGroup, ...] = ()
    """In order of their values."""
    total: FailureGroup = FailureGroup()
    """All deploys together."""
    uncounted: int = 0
    """Blamed deploys that are not among those counted: outside of the time, or removed since."""
    table: Sheet = Sheet()
    """The same as rows."""
    chart: Chart = Chart(title="")
    """What is worth seeing of it."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SourceCounts(Figure, Record):
    """How many events each source gave."""

    total: int = 0
    """All events."""
    groups: tuple[Count, ...] = ()
    """By time, when it is by time, then by source."""
    table: Sheet = Sheet()
    """The same as rows."""
    chart: Chart = Chart(title="")
    """What is worth seeing of it."""


FIGURES = (Durations, Tally, Timeline, Recurrence, ChangeFailures, SourceCounts)

for _figure in FIGURES:
    adopt(_figure, Figure)
