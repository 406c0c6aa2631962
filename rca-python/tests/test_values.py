"""Values are frozen, comparable, hashable, picklable and shown in one line."""

import copy
import dataclasses
import pickle
from datetime import datetime, timedelta, timezone

import pytest
from conftest import GUILTY, NIGHT

import rca

AT = datetime(2026, 5, 4, 9, tzinfo=timezone.utc)


def values() -> "list[object]":
    event = rca.Event.new(
        AT, "deploy", "deploy", "till v7", service="till", data={"files": ["a", "b"], "n": {"x": 1}}, tags=["x"],
        metadata={"who": "ann"}, severity=rca.Severity.HIGH, source_id="d-7", body="text",
    )
    analysis = rca.analyze_bundle(GUILTY)
    with rca.Workspace() as workspace:
        workspace.ingest([event])
        unread = workspace.search("till")
    return [
        event, unread, analysis, analysis.causes[0], analysis.window, rca.Severity.HIGH, rca.FrozenDict({"a": 1}),
        rca.Progress(input="x", records=1, bytes=2), analysis.entities[0].entity,
    ]


@pytest.mark.parametrize("value", values(), ids=lambda value: type(value).__name__)
def test_a_value_can_be_compared_hashed_copied_and_pickled(value: object) -> None:
    for other in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert other == value and hash(other) == hash(value)
    if isinstance(value, rca.Record):
        assert type(value).from_dict(value.to_dict()) == value
        assert value in {value} and len(repr(value)) < 600
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, dataclasses.fields(value)[0].name, 1)  # type: ignore[arg-type]


def test_a_changed_answer_is_written_as_it_is_now() -> None:
    analysis = rca.analyze_bundle(GUILTY)
    other = dataclasses.replace(analysis, symptom="another")
    assert other != analysis and '"another"' in other.to_json()
    assert dataclasses.replace(analysis).to_json() == analysis.to_json()


def test_bodies_stay_out_of_what_is_shown() -> None:
    event = rca.Event.new(AT, "manual", "note", "a title", body="hush hush", data={"k": "hush"})
    assert "hush" not in repr(event) and "a title" in repr(event)


def test_naive_times_are_refused() -> None:
    naive = datetime(2026, 5, 4, 9)
    with rca.Workspace() as workspace:
        for call in (
            lambda: rca.Event.new(naive, "manual", "note", "x"),
            lambda: workspace.investigate("x", (naive, naive)),
            lambda: list(workspace.events(start=naive)),
            lambda: workspace.search("x", end=naive),
            lambda: rca.Inquiry(at=naive),
            lambda: rca.ManualClock(naive),
        ):
            with pytest.raises((TypeError, ValueError), match="zone|tzinfo"):
                call()


def test_times_of_other_zones_are_the_same_moments() -> None:
    there = datetime(2026, 5, 4, 11, tzinfo=timezone(timedelta(hours=2)))
    assert rca.Event.new(there, "manual", "note", "x") == rca.Event.new(AT, "manual", "note", "x")


def test_words_sort_as_the_core_does_and_equal_their_text() -> None:
    assert sorted(rca.Severity, reverse=True)[0] == "critical"
    assert f"{rca.Severity.HIGH:>6}" == "  high" and rca.Severity("low") is rca.Severity.LOW


def test_errors_tell_where_and_survive_a_process() -> None:
    with rca.Workspace() as workspace, pytest.raises(rca.InvalidInputError) as caught:
        workspace.search("title:(")
    error = caught.value
    assert error.column is not None and error.kind == "invalid_input" and isinstance(error, ValueError)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.column) == (type(error), str(error), error.column)


@pytest.mark.parametrize(
    ("kind", "natural"),
    [
        (rca.NotFoundError, KeyError), (rca.NotFoundError, LookupError), (rca.PathNotFoundError, FileNotFoundError),
        (rca.InvalidInputError, ValueError), (rca.DeniedError, PermissionError), (rca.BusyError, OSError),
        (rca.CorruptError, OSError), (rca.InternalError, RuntimeError),
    ],
)
def test_errors_are_the_natural_builtins_too(kind: "type[rca.RcaError]", natural: "type[Exception]") -> None:
    error = kind("a message", source="there", line=3, hint="do this")
    assert isinstance(error, natural) and isinstance(error, rca.RcaError)
    assert (str(error), error.source, error.line, error.hint) == ("a message", "there", 3, "do this")
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.line) == ("a message", 3)


def test_findings_of_events_are_typed(answered: "tuple[rca.Workspace, rca.Investigated]") -> None:
    workspace, _ = answered
    found = [finding for event in workspace.events() if (finding := event.finding()) is not None]
    kinds = {type(finding).__name__ for finding in found}
    assert kinds >= {"MetricShift", "LogShift", "CallEdge"}
    assert all(hash(finding) == hash(copy.deepcopy(finding)) for finding in found)
    assert NIGHT.tzinfo is timezone.utc
