"""What all investigations say together: values, tables, charts."""

import copy
import csv
import io
import pathlib
import pickle
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from xml.etree import ElementTree

import pytest

import rca

START = datetime(2026, 3, 2, 8, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)


@pytest.fixture
def worked() -> Iterator[rca.Workspace]:
    """Three incidents of the till in three weeks, of which the last is open, and one of the cart."""
    clock = rca.ManualClock(START)
    with rca.Workspace(clock=clock) as workspace:
        for number in range(8):
            at = START + number * timedelta(days=2)
            deploy = rca.Event.new(at, "deploy", "deploy", f"till v{number}", service="till", source_id=f"d-{number}")
            workspace.ingest([deploy])
        for number, component in enumerate(["till", "cart", "till", "till"]):
            begin = clock.now()
            case = workspace.investigate(
                f"{component} fails", (begin - HOUR, begin), component=component, service=component,
                impact_severity="critical" if component == "cart" else "high",
            )
            if number < 3:
                workspace.set_status(case, "in_progress")
                clock.advance((number + 1) * HOUR)
                workspace.set_status(case, "resolved")
            clock.advance(timedelta(days=5))
        yield workspace


def all_figures(workspace: rca.Workspace) -> "list[rca.Durations | rca.Tally | rca.Timeline | rca.Recurrence | rca.ChangeFailures | rca.SourceCounts]":
    return [
        workspace.durations("resolve", by=["component"]),
        workspace.tally(by=["severity"]),
        workspace.timeline("week"),
        workspace.recurrence(within=timedelta(days=30)),
        workspace.change_failures(by_entity=True),
        workspace.events_by_source(bucket=timedelta(days=7)),
    ]


def test_what_is_open_counts_for_as_long_as_it_has_lasted(worked: rca.Workspace) -> None:
    cart, till = worked.durations("resolve", by=["component"]).groups
    assert (cart.values, cart.over, cart.open, cart.median) == (("cart",), 1, 0, 2 * HOUR)
    assert (till.over, till.open, till.mean_is_at_least) == (2, 1, True)
    assert till.median == 3 * HOUR and till.p90 is None
    assert till.mean is not None and till.mean > 2 * HOUR, "the open one pulls the mean up"
    noticed = worked.durations("detect").groups[0]
    assert noticed.excluded.no_beginning == 4 and noticed.mean is None


def test_counts_by_severity_component_and_time(worked: rca.Workspace) -> None:
    by_severity = worked.tally(by=["severity"])
    assert [(one.values, one.count) for one in by_severity.groups] == [(("critical",), 1), (("high",), 3)]
    top = worked.tally(by=["component"], most_frequent_first=True)
    assert [one.values[0] for one in top.groups] == ["till", "cart"] and top.groups[0].open == 1
    assert worked.tally(component="cart").total == 1
    assert worked.tally(impact_at_least=rca.Impact.CRITICAL).total == 1
    assert worked.tally(start=START + timedelta(days=1)).total == 3
    weeks = worked.timeline("week")
    assert [one.detected for one in weeks.periods] == [2, 1, 1] and weeks.periods[-1].open == 1
    assert weeks.periods[0].start == datetime(2026, 3, 2, tzinfo=timezone.utc)


def test_failures_and_events_of_a_time(worked: rca.Workspace) -> None:
    assert worked.change_failures().total.deploys == 8
    late = worked.change_failures(start=START + timedelta(days=8), period="month")
    assert (late.total.deploys, late.total.failed, late.total.rate) == (4, 0, 0.0)
    counts = worked.events_by_source(bucket=timedelta(days=7))
    assert counts.total == 8 and sum(one.count for one in counts.groups) == 8
    assert worked.recurrence().unknown == 4


def test_every_figure_is_a_table_and_a_chart(worked: rca.Workspace, tmp_path: pathlib.Path) -> None:
    for figure in all_figures(worked):
        rows = list(csv.reader(io.StringIO(figure.to_csv())))
        assert tuple(rows[0]) == figure.table.columns and len(rows) - 1 == len(figure) == len(figure.table.rows)
        ElementTree.fromstring(figure.to_svg())
        assert figure.chart._repr_svg_() == figure.to_svg()
        assert figure.to_markdown().startswith("### ") and str(figure) == figure.to_markdown()
        shown = figure._repr_html_()
        assert "<svg" in shown and "<table>" in shown and "<script" not in shown
        assert repr(figure).startswith(type(figure).__name__) and len(repr(figure)) < 120
        for suffix, text in ((".svg", figure.to_svg()), (".csv", figure.to_csv()), (".md", figure.to_markdown())):
            figure.save(tmp_path / f"figure{suffix}")
            assert (tmp_path / f"figure{suffix}").read_text() == text


def test_figures_are_values(worked: rca.Workspace) -> None:
    for first, again in zip(all_figures(worked), all_figures(worked), strict=True):
        assert first == again and hash(first) == hash(again)
        for twin in (pickle.loads(pickle.dumps(first)), copy.deepcopy(first), type(first).from_dict(first.to_dict())):
            assert twin == first and twin.to_svg() == first.to_svg() and twin.to_csv() == first.to_csv()


def test_data_frames_take_figures(worked: rca.Workspace) -> None:
    pandas = pytest.importorskip("pandas")
    polars = pytest.importorskip("polars")
    repair = worked.durations("resolve", by=["component"])
    frame = repair.to_pandas()
    assert isinstance(frame, pandas.DataFrame) and list(frame["component"]) == ["cart", "till"]
    assert frame["over"].dtype == "int64" and frame["median_seconds"].dtype == "float64"
    assert frame["p90_seconds"].isna().tolist() == [False, True]
    other = polars.DataFrame(repair)
    assert other["p90_seconds"].null_count() == 1 and other["p90_seconds"].dtype == polars.Float64
    by_time = worked.events_by_source(bucket=timedelta(days=7)).to_polars()
    assert by_time.schema[by_time.columns[0]].time_zone == "UTC"
    assert repair.table.to_table().to_dict()["open"] == [0, 1]


def test_figures_of_nothing_are_fine() -> None:
    with rca.Workspace() as workspace:
        for figure in all_figures(workspace):
            assert figure and len(figure) <= 1
            ElementTree.fromstring(figure.to_svg())
            assert list(figure.table.to_table().to_dict()) == list(figure.table.columns)


def test_words_that_are_none_are_told(memory: rca.Workspace) -> None:
    with pytest.raises(rca.InvalidInputError, match="detect, acknowledge"):
        memory.durations("mttr")  # type: ignore[arg-type]
    with pytest.raises(rca.InvalidInputError, match="severity, component"):
        memory.tally(by=["year"])  # type: ignore[list-item]
    with pytest.raises(rca.InvalidInputError, match="within"):
        memory.recurrence(within=timedelta(days=-1))
    with pytest.raises(TypeError, match="time zone"):
        memory.tally(start=datetime(2026, 1, 1))


def test_how_long_a_kin_took_is_a_length_of_time() -> None:
    """It was a number of seconds where the type said timedelta."""
    similar = rca.Similar.from_dict(
        {"investigation": "x", "title": "x", "detected_at": START.isoformat(), "status": "open", "score": 1.0, "resolved_after": 90.0}
    )
    assert similar.resolved_after == timedelta(seconds=90)
