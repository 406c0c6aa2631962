"""Tables in and out, with data frames and without, and the one-liners that take them."""

import json
import pathlib
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from conftest import GUILTY, truth

import rca

START = datetime(2026, 5, 4, 9, tzinfo=timezone.utc)
STEPS = 180
TIMES = [START + timedelta(seconds=20 * step) for step in range(STEPS)]
SHA = "4f1c0de9" * 5
DIFF = "--- a/till.toml\n+++ b/till.toml\n@@ -1 +1 @@\n-pool_max_connections = 40\n+pool_max_connections = 4\n"


def wide() -> "dict[str, list[Any]]":
    """Two services, three metrics; the till breaks at step 93."""
    noise = [step * 7 % 5 for step in range(STEPS)]
    return {
        "time": [int(time.timestamp()) for time in TIMES],
        "till_cpu": [0.5 + one / 100 for one in noise],
        "till_latency": [900.0 + one if step > 92 else 40.0 + one for step, one in enumerate(noise)],
        "till_waiting": [30.0 + one if step > 92 else float(one) for step, one in enumerate(noise)],
        "cart_cpu": [0.4 + one / 100 for one in noise],
        "cart_latency": [30.0 + one for one in noise],
        "cart_waiting": [float(one) for one in noise],
    }


def long() -> "dict[str, list[Any]]":
    columns: dict[str, list[Any]] = {"timestamp": [], "service": [], "metric": [], "value": []}
    table = wide()
    for name in list(table)[1:]:
        service, metric = name.split("_")
        columns["timestamp"] += TIMES
        columns["service"] += [service] * STEPS
        columns["metric"] += [metric] * STEPS
        columns["value"] += table[name]
    return columns


def frames(columns: "dict[str, list[Any]]") -> "dict[str, Any]":
    """The same table in every shape that is installed."""
    shapes: dict[str, Any] = {"columns": columns}
    try:
        import pandas

        shapes["pandas"] = pandas.DataFrame(columns)
        shapes["pandas, some rows"] = pandas.DataFrame(columns).iloc[:]
    except ImportError:
        pass
    try:
        import polars

        shapes["polars"] = polars.DataFrame(columns)
    except ImportError:
        pass
    try:
        import pyarrow

        shapes["pyarrow"] = pyarrow.table(columns)
        shapes["pyarrow, in pieces"] = pyarrow.concat_tables([pyarrow.table(columns)[:50], pyarrow.table(columns)[50:]])
        shapes["pyarrow, a stream"] = pyarrow.table(columns).to_reader(max_chunksize=13)
    except ImportError:
        pass
    return shapes


SHAPES = list(frames({"a": [1]}))


def test_there_are_data_frames_to_test_with() -> None:
    pytest.importorskip("pandas"), pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    assert len(SHAPES) == 7


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("layout", [wide, long])
def test_a_table_means_the_same_in_every_shape(shape: str, layout: Any) -> None:
    batch = rca.read(frames(layout())[shape])
    assert repr(batch) == f"Batch(0 events, {6 * STEPS} samples, 0 spans, 0 log records)"
    assert batch.metrics().to_dict() == rca.read(long()).metrics().to_dict()


def test_times_may_be_seconds_texts_or_moments() -> None:
    reference = rca.read(wide()).metrics().to_dict()
    table = wide()
    stamps = [time.timestamp() for time in TIMES]
    for times in (TIMES, stamps, [f"{time:%Y-%m-%d %H:%M:%S}" for time in TIMES], [int(1000 * one) for one in stamps]):
        assert rca.read({**table, "time": times}).metrics().to_dict() == reference


def test_every_type_of_a_column_is_read_or_refused_by_name() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from decimal import Decimal

    numbers = [1, 0, 1]
    kinds = [getattr(pyarrow, f"{sign}int{bits}")() for sign in ("", "u") for bits in (8, 16, 32, 64)]
    columns = [pyarrow.array(numbers, kind) for kind in [*kinds, pyarrow.float32(), pyarrow.float64()]]
    columns += [
        pyarrow.array(["1", "0", "1"], kind) for kind in (pyarrow.string(), pyarrow.large_string(), pyarrow.string_view())
    ]
    columns += [
        pyarrow.array([True, False, True]),
        pyarrow.array([Decimal("1.00"), Decimal("0.00"), Decimal("1.00")]),
        pyarrow.array(["1", "0", "1"]).dictionary_encode(),
        pyarrow.array([1.0, 0.0, 1.0]).cast(pyarrow.float16()),
    ]
    for values in columns:
        table = pyarrow.table({"time": TIMES[:3], "till_cpu": values, "till_mem": values, "cart_cpu": values})
        read = rca.read(table, format="csv-metrics").metrics().to_dict()
        assert read["value"] == [1.0, 0.0, 1.0] * 3, values.type
    for unit in ("s", "ms", "us", "ns"):
        for zone in (None, "UTC", "Asia/Kolkata"):
            times = pyarrow.array(TIMES[:3]).cast(pyarrow.timestamp(unit, "UTC")).cast(pyarrow.timestamp(unit, zone))
            for name, kind in (("metrics", "metric"), ("logs", "message")):
                table = pyarrow.table({"timestamp": times, "service": ["till"] * 3, kind: ["a", "b", "c"], "value": [1.0] * 3})
                batch = rca.read(table, format=name)
                rows = (batch.metrics() if name == "metrics" else batch.logs()).to_dict()
                assert rows["timestamp"] == TIMES[:3], (unit, zone, name)
    spans = pyarrow.table({
        "trace_id": pyarrow.array([b"\x01\xfe"] * 2), "span_id": pyarrow.array([b"\x0a", b"\x0b"], pyarrow.binary(1)),
        "service": ["till"] * 2, "name": ["pay"] * 2, "start": TIMES[:2], "duration_ms": [1.5, None],
        "attributes": [{"code": 200}, {"code": 500}], "tags": [["a"], ["b", "c"]],
    })
    assert rca.read(spans, format="traces").spans().to_dict()["span_id"][0] == "0a"
    with pytest.raises(rca.InvalidInputError, match="till_took.*[Dd]uration"):
        rca.read(pyarrow.table({"time": TIMES[:1], "till_took": [timedelta(1)], "till_cpu": [1.0]}), format="csv-metrics")
    with pytest.raises(rca.InvalidInputError, match="schema|Schema|struct"):
        rca.read(pyarrow.chunked_array([[1, 2]]))


def test_a_stream_is_taken_once_and_a_table_any_number_of_times() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    stream = pyarrow.table(wide()).to_reader()
    assert len(rca.read(stream).metrics()) == 6 * STEPS
    with pytest.raises((rca.RcaError, ValueError)):
        rca.read(stream)
    table = pyarrow.table(wide())
    assert rca.read(table).metrics().to_dict() == rca.read(table).metrics().to_dict()
    ours = rca.read(table).metrics()
    assert pyarrow.table(ours).equals(pyarrow.table(ours)) and pyarrow.schema(ours).names == ours.column_names


def test_gaps_are_gaps() -> None:
    table = wide()
    table["till_cpu"][3] = None
    table["cart_cpu"][4] = float("nan")
    for name, shape in frames(table).items():
        assert "10778" not in name and len(rca.read(shape).metrics()) == 6 * STEPS - 2, name


def test_columns_can_be_named() -> None:
    table = {"when": TIMES, "who": ["till"] * STEPS, "kpi": ["cpu"] * STEPS, "how_much": [1.0] * STEPS}
    columns = {"time": "when", "entity": "who", "metric": "kpi", "value": "how_much"}
    assert len(rca.read(table, columns=columns).metrics()) == STEPS
    with pytest.raises(rca.InvalidInputError, match="no column"):
        rca.read(table, columns={**columns, "time": "then"})
    with pytest.raises(rca.InvalidInputError, match="no role"):
        rca.read(table, columns={"colour": "who"})


def test_logs_traces_and_changes_come_as_tables_or_records() -> None:
    logs = {
        "timestamp": TIMES[:3], "service": ["till"] * 3, "severity": ["INFO", "ERROR", "WARN"], "message": ["a", "b", "c"]
    }
    spans = {
        "trace_id": ["t1", "t1"], "span_id": ["a", "b"], "parent_id": [None, "a"], "service": ["cart", "till"],
        "name": ["buy", "pay"], "start": TIMES[:2], "duration_ms": [40.0, 20.0],
    }
    for name, shape in frames(logs).items():
        table = rca.read(shape, format="logs").logs().to_dict()
        assert (table["message"], table["severity"]) == (["a", "b", "c"], ["info", "high", "medium"]), name
        assert table["timestamp"] == TIMES[:3], name
    for name, shape in frames(spans).items():
        table = rca.read(shape, format="traces").spans().to_dict()
        assert (table["parent_id"], table["duration_ns"]) == ([None, "a"], [40_000_000, 20_000_000]), name
    rows = [dict(zip(logs, row, strict=True)) for row in zip(*logs.values(), strict=True)]
    assert rca.read(rows, format="logs").logs().to_dict()["message"] == ["a", "b", "c"]


def test_tables_come_out_as_data_frames() -> None:
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    table = rca.read(long()).metrics()
    assert table.column_names == ["timestamp", "service", "metric", "value"] and len(table) == 6 * STEPS
    for frame in (table.to_pandas(), pandas.DataFrame(table.to_dict())):
        assert frame["value"].sum() == pytest.approx(sum(table.to_dict()["value"]))
        assert str(frame["timestamp"].dt.tz) == "UTC"
    assert table.to_polars().equals(polars.DataFrame(table))
    assert rca.read(table).metrics().to_dict() == table.to_dict()


def test_a_table_needs_no_data_frames(tmp_path: pathlib.Path) -> None:
    """Where pandas is without pyarrow, and where there is neither."""
    program = (
        "import sys, json\n"
        "sys.modules['pyarrow'] = None\n"
        "import rca\n"
        f"table = json.loads({json.dumps(json.dumps(wide()))})\n"
        "assert 'pandas' not in sys.modules and 'numpy' not in sys.modules\n"
        "plain = rca.read(table).metrics()\n"
        "try:\n"
        "    import pandas\n"
        "except ImportError:\n"
        "    sys.exit()\n"
        "frame = pandas.DataFrame(table)\n"
        "assert rca.read(frame).metrics().to_dict() == plain.to_dict()\n"
        "frame['time'] = pandas.to_datetime(frame['time'], unit='s')\n"
        "assert rca.read(frame).metrics().to_dict() == plain.to_dict()\n"
        "assert len(plain.to_pandas()) == len(plain)\n"
        "assert rca.rank(frame, table['time'][90])['ranks']\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("shape", SHAPES)
def test_rank_names_the_columns_that_broke(shape: str) -> None:
    table = wide()
    known = rca.rank(frames(table)[shape], table["time"][93], dataset="any", anomalies=None)
    searched = rca.rank(frames(table)[shape])
    for ranks in (known["ranks"], searched["ranks"]):
        assert set(ranks[:2]) == {"till_latency", "till_waiting"}
        assert sorted(ranks) == sorted(list(table)[1:])
    assert known == rca.rank(frames(table)[shape], TIMES[93])
    scores = dict(rca.rank_scores(frames(table)[shape], table["time"][93]))
    assert scores["till_latency"] > 4 > scores["cart_cpu"]


def test_rank_does_not_depend_on_the_order_of_columns_and_rows() -> None:
    table = wide()
    turned = {name: table[name][::-1] for name in reversed(table)}
    assert rca.rank(table, table["time"][93]) == rca.rank(turned, table["time"][93])


def test_what_is_no_table_is_refused_in_words() -> None:
    with pytest.raises(rca.InvalidInputError, match="time"):
        rca.rank({"a_x": [1], "b_x": [2]}, 1)
    with pytest.raises(rca.RcaError):
        rca.read({"time": [1, 2], "a": [1]})
    assert rca.rank({"time": [], "a_x": [], "b_x": []}, 1)["ranks"] == ["a_x", "b_x"]


def changes() -> "dict[str, Any]":
    return {
        "commits": [
            {"sha": SHA, "author": "ann", "timestamp": START, "message": "tidy settings", "files_changed": ["till.toml"],
             "diff": DIFF},
        ],
        "deploys": {"service": ["till"], "timestamp": [START + timedelta(minutes=30)], "commit_sha": [SHA]},
    }


@pytest.mark.parametrize("shape", SHAPES)
def test_analyze_finds_the_commit_from_tables_in_memory(shape: str) -> None:
    analysis = rca.analyze(
        alert="till answers too late", entity="till", at=START + timedelta(minutes=33), metrics=frames(wide())[shape],
        changes=changes(), graph=[("cart", "till")],
    )
    assert analysis.verdict == "change" and analysis.top_cause is not None
    assert analysis.top_cause.sha == SHA and analysis.symptom.startswith("till answers too late")


def test_analyze_takes_events_batches_and_records_for_alert_and_changes() -> None:
    alert = {"service": "till", "metric": "latency", "fired_at": START + timedelta(minutes=33), "summary": "slow"}
    events = rca.read(changes()["commits"], format="commits") + rca.read(changes()["deploys"], format="deploys")
    answers = [
        rca.analyze(alert=alert, metrics=wide(), changes=given)
        for given in (changes(), events, list(events.events()))
    ]
    assert {answer.top_cause.sha for answer in answers if answer.top_cause is not None} == {SHA}
    told = rca.Event.new(START + timedelta(minutes=33), "alert", "alert", "slow", service="till")
    answer = rca.analyze(alert=told, metrics=wide(), changes=events, window=timedelta(hours=1))
    assert answer.top_cause is not None and answer.top_cause.sha == SHA


def test_analyze_takes_files_as_they_are() -> None:
    answer = rca.analyze(
        alert=GUILTY / "alert.json", metrics=GUILTY / "metrics.csv", logs=str(GUILTY / "logs.ndjson"),
        traces=(GUILTY / "traces.json").read_bytes(), changes=GUILTY / "context",
    )
    assert answer.top_cause is not None and answer.top_cause.sha == truth(GUILTY)


def test_an_inquiry_says_what_it_rests_on(tmp_path: pathlib.Path) -> None:
    inquiry = rca.Inquiry(GUILTY, window="2h")
    answer = inquiry.run()
    assert answer.analysis.top_cause is not None and answer.analysis.top_cause.sha == truth(GUILTY)
    assert answer.doctor.sources and "alert" in answer.doctor.incident and answer.batch.report.refused == 0
    assert inquiry.examine().sources == answer.doctor.sources
    with rca.Workspace(tmp_path / "w.rca") as workspace:
        kept = inquiry.run_in(workspace)
        assert kept.analysis.investigation == workspace.investigations()[0].id
    with pytest.raises(rca.InvalidInputError, match="window"):
        rca.Inquiry(GUILTY, window="a while")
    with pytest.raises(rca.InvalidInputError, match="no-such"):
        rca.Inquiry((GUILTY, "no-such")).run()


def many_events(rows: int) -> "dict[str, list[Any]]":
    return {
        "timestamp": [START + timedelta(seconds=row) for row in range(rows)],
        "source": ["deploy"] * rows,
        "event_type": ["deploy"] * rows,
        "title": [f"till v{row}" for row in range(rows)],
        "severity": ["info"] * rows,
        "entity": ["till"] * rows,
        "source_id": [f"d-{row}" for row in range(rows)],
        "vcs.ref.head.revision": [f"{row:040x}" for row in range(rows)],
    }


@pytest.mark.parametrize("shape", SHAPES)
def test_events_come_from_a_table(shape: str) -> None:
    rows = 25_001 if shape == "pyarrow" else 12
    with rca.Workspace() as workspace:
        stored = workspace.ingest(frames(many_events(rows))[shape])
        assert len(stored.accepted) == rows and workspace.event_count() == rows
        again = workspace.ingest(frames(many_events(rows))[shape])
        assert not again.accepted and [one.index for one in again.duplicates] == list(range(rows))
        last = next(workspace.events(newest_first=True))
        assert (last.title, last.source_id, last.entity) == (f"till v{rows - 1}", f"d-{rows - 1}", rca.Entity(name="till"))
        assert last.data["vcs.ref.head.revision"] == f"{rows - 1:040x}"
        table = workspace.events().to_table()
    with rca.Workspace() as other:
        other.ingest(table)
        assert next(other.events(newest_first=True)) == last
        assert list(other.events())[:3] == list(rca.Batch.of(table).events())[:3]


def test_a_row_that_is_no_event_refuses_its_table_and_says_where() -> None:
    wrong: "list[tuple[str, Any, str]]" = [
        ("event_type", "Not A Type", "row 20000.*event_type"),
        ("title", "  ", "row 20000.*title"),
        ("timestamp", None, "row 20000.*timestamp"),
        ("severity", "awful", "row 20000.*severity"),
    ]
    for column, value, message in wrong:
        table = many_events(20_001)
        table[column][20_000] = value
        with rca.Workspace() as workspace:
            with pytest.raises(rca.InvalidInputError, match=message):
                workspace.ingest(table)
            assert workspace.event_count() == 0
    with rca.Workspace() as workspace, pytest.raises(rca.InvalidInputError, match="no column event_type"):
        workspace.ingest({"timestamp": [START], "source": ["deploy"], "title": ["x"]})


def test_chunks_of_any_length_are_one_table_and_the_first_wrong_row_is_named() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    table = pyarrow.table(many_events(31_003))
    lengths = (0, 7_001, 1, 13_000, 0, 11_001)
    chunks = pyarrow.concat_tables([table.slice(sum(lengths[:n]), length) for n, length in enumerate(lengths)])
    with rca.Workspace() as workspace:
        stored = workspace.ingest(chunks)
        assert len(stored.accepted) == 31_003
        assert [event.title for event in workspace.events_by_id(stored.accepted[::9_999]) if event] == [
            f"till v{row}" for row in range(0, 31_003, 9_999)
        ]
    for row in (30_000, 20_999, 10_000):
        columns = table.to_pydict()
        columns["title"][row] = columns["title"][31_002] = " "
        with rca.Workspace() as workspace, pytest.raises(rca.InvalidInputError, match=f"row {row}: title"):
            workspace.ingest(pyarrow.table(columns))


def test_attributes_and_tags_come_as_structs_lists_or_json() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    base = {"timestamp": [START] * 2, "source": ["ci"] * 2, "event_type": ["build"] * 2, "title": ["a", "b"]}
    as_text = {**base, "data": ['{"job": "lint", "tries": [1, 2]}', None], "tags": [["red", "slow"], []]}
    as_parts = {**base, "data": [{"job": "lint", "tries": [1, 2]}, None], "tags": [["red", "slow"], []]}
    read = [{one.title: one for one in rca.Batch.of(pyarrow.table(shape)).events()} for shape in (as_text, as_parts)]
    assert read[0] == read[1]
    a, b = read[0]["a"], read[0]["b"]
    assert (a.data["job"], sorted(a.tags), dict(b.data)) == ("lint", ["red", "slow"], {})
    # Parts behind a dictionary stand in another row than the one that names them.
    parts = pyarrow.array([{"job": "lint"}, {"job": "pack"}])
    keys = pyarrow.array([1, 1, 0, 1], pyarrow.int8())
    four = {**{name: values[:1] * 4 for name, values in base.items()}, "title": list("abcd")}
    four["data"] = pyarrow.DictionaryArray.from_arrays(keys, parts)
    named = {one.title: one.data["job"] for one in rca.Batch.of(pyarrow.table(four)).events()}
    assert named == {"a": "pack", "b": "pack", "c": "lint", "d": "pack"}
