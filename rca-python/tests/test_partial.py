"""Telemetry that was scanned in pieces, and inputs that do not fit into memory."""

import json
import pathlib
import pickle
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from multiprocessing import get_context

import pytest
from conftest import GUILTY, NIGHT

import rca

START = datetime(2026, 5, 4, 9, tzinfo=timezone.utc)
WINDOW = (START, START + timedelta(hours=1))


def lines(first: int, last: int) -> bytes:
    """A record each second; from the 40th minute on most of them fail."""
    def record(second: int) -> str:
        bad = second > 2400 and second % 3
        text = "no paper in printer 4" if bad else f"printed receipt {second}"
        at = (START + timedelta(seconds=second)).isoformat()
        return json.dumps({"timestamp": at, "service": "till", "severity": "ERROR" if bad else "INFO", "message": text})

    return "\n".join(record(second) for second in range(first, last)).encode()


def scanned(first: int, last: int) -> rca.Partial:
    state = rca.Partial(window=WINDOW)
    state.absorb(rca.read(lines(first, last), format="logs"))
    return state


def test_pieces_say_what_the_whole_says_in_any_order() -> None:
    pieces = [scanned(at, at + 900) for at in range(0, 3600, 900)]
    whole = scanned(0, 3600)
    for order in (pieces, pieces[::-1]):
        state = rca.Partial(window=WINDOW)
        for piece in order:
            state.merge(piece)
        assert state.counts() == whole.counts() == (0, 0, 3600)
        found = [event.to_dict() for event in state.findings(WINDOW).events()]
        assert found and found == [event.to_dict() for event in whole.findings(WINDOW).events()]
    assert any(isinstance(event.finding(), rca.LogShift) for event in whole.findings(WINDOW).events())


def test_states_travel_between_processes() -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        states = list(pool.map(scanned, (0, 1800), (1800, 3600)))
    states[0].merge(states[1])
    assert states[0].to_bytes() == scanned(0, 3600).to_bytes()
    assert pickle.loads(pickle.dumps(states[0])).to_bytes() == states[0].to_bytes()
    with pytest.raises(rca.CorruptError):
        rca.Partial.from_bytes(states[0].to_bytes()[:-1])
    with pytest.raises(rca.CorruptError):
        rca.Partial.from_bytes(b"")


def test_normal_operation_may_come_from_another_time() -> None:
    bad, normal = scanned(2700, 3600), scanned(0, 2400)
    window = (START + timedelta(minutes=45), START + timedelta(hours=1))
    kinds = {event.event_type for event in bad.findings(window, normal=normal).events()}
    assert "log_shift" in kinds


def test_states_that_are_merged_into_each_other_do_not_wait_for_ever() -> None:
    one, two = scanned(0, 50), scanned(50, 100)
    one.merge(one)
    assert one.counts()[2] == 100
    with ThreadPoolExecutor(4) as pool:
        work = [pool.submit(a.merge, b) for _ in range(4) for a, b in ((one, two), (two, one))]
        for each in work:
            each.result(timeout=60)


def test_an_investigation_takes_a_state(tmp_path: pathlib.Path) -> None:
    with rca.Workspace(clock=rca.ManualClock(NIGHT)) as workspace:
        case = workspace.investigate("till prints nothing", WINDOW, service="till")
        workspace.observe(case, scanned(0, 1800))
        workspace.observe(case, rca.read(lines(1800, 3600), format="logs"))
        by_pieces = workspace.analyze(case)
    with rca.Workspace(clock=rca.ManualClock(NIGHT)) as workspace:
        case = workspace.investigate("till prints nothing", WINDOW, service="till")
        workspace.observe(case, rca.read(lines(0, 3600), format="logs"))
        at_once = workspace.analyze(case)
    assert at_once.timeline and [one.what for one in at_once.timeline] == [one.what for one in by_pieces.timeline]


def test_an_inquiry_answers_the_same_in_little_memory() -> None:
    plain = rca.Inquiry(GUILTY).run()
    tight = rca.Inquiry(GUILTY, memory=4 << 20).run()
    assert tight.analysis.to_json() == plain.analysis.to_json()
