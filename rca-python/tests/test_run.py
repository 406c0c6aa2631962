"""Long calls: other threads go on, callbacks are heard, Ctrl-C works, and many threads may share a workspace."""

import json
import os
import pathlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest
from conftest import GUILTY

import rca
import rca._rca

AT = datetime(2026, 5, 4, 9, tzinfo=timezone.utc)


def lines(count: int) -> bytes:
    """Log records, a JSON object each."""
    record = {"service": "till", "severity": "INFO", "message": "printed receipt 4711 for order 42 in 31 ms"}
    return b"\n".join(
        json.dumps({"timestamp": (AT + timedelta(milliseconds=number)).isoformat(), **record}).encode()
        for number in range(count)
    )


@pytest.fixture(scope="session")
def many() -> bytes:
    return lines(60_000)


class Ticks:
    """How often another thread of Python comes to run."""

    def __enter__(self) -> "Ticks":
        self.count, self.over = 0, threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        while self.count == 0:
            time.sleep(0.001)
        self.before = self.count
        return self

    def run(self) -> None:
        while not self.over.is_set():
            self.count += 1
            time.sleep(0.001)

    def __exit__(self, *_: object) -> None:
        self.during = self.count - self.before
        self.over.set()
        self.thread.join()


def event(number: int) -> rca.Event:
    return rca.Event.new(
        AT + timedelta(seconds=number), "manual", "note", f"note {number}", body="words " * 200, source_id=f"n-{number}"
    )


@pytest.fixture
def full(tmp_path: pathlib.Path) -> "Iterator[rca.Workspace]":
    with rca.Workspace(tmp_path / "w.rca") as workspace:
        workspace.ingest([event(number) for number in range(2000)])
        yield workspace


def big_table() -> "dict[str, list[float]]":
    columns: dict[str, list[float]] = {"time": [float(second) for second in range(1000)]}
    for service in range(20):
        for metric in range(10):
            columns[f"s{service}_m{metric}"] = [float(second * 7919 % 101) for second in range(1000)]
    return columns


CALLS: "dict[str, Callable[[rca.Workspace, bytes], object]]" = {
    "read": lambda workspace, many: rca.read(many, format="logs"),
    "analyze_bundle": lambda workspace, many: rca.analyze_bundle(GUILTY),
    "inquiry": lambda workspace, many: rca.Inquiry(GUILTY).run(),
    "investigate": lambda workspace, many: workspace.investigate("x", (AT, AT + timedelta(hours=1))),
    "verify": lambda workspace, many: workspace.verify(),
    "rebuild": lambda workspace, many: workspace.rebuild_index(),
    "graph": lambda workspace, many: workspace.graph((AT, AT + timedelta(hours=1))),
}


@pytest.mark.parametrize("name", CALLS)
def test_other_threads_run_while_a_call_works(name: str, full: rca.Workspace, many: bytes) -> None:
    began = time.perf_counter()
    with Ticks() as ticks:
        CALLS[name](full, many)
    took = time.perf_counter() - began
    # A call that kept the lock would let the other thread run only before and after it.
    assert ticks.during >= min(5, took / 0.02), f"{ticks.during} times in {took:.3f} s"


def test_progress_is_told_where_the_call_was_made(many: bytes) -> None:
    seen: list[tuple[int, rca.Progress]] = []
    rca.read(many, name="till.log", format="logs", progress=lambda one: seen.append((threading.get_ident(), one)))
    assert seen and {ident for ident, _ in seen} == {threading.get_ident()}
    assert [one.bytes for _, one in seen] == sorted(one.bytes for _, one in seen)
    assert seen[-1][1].input == "till.log" and seen[-1][1].records > 0


def test_progress_moves_a_bar_of_tqdm(many: bytes) -> None:
    tqdm = pytest.importorskip("tqdm")
    with tqdm.tqdm(file=open(os.devnull, "w")) as bar:
        rca.read(many, name="till.log", format="logs", progress=rca.to_bar(bar))
        assert 0 < bar.n <= 60_000 and bar.desc.startswith("till.log")


def test_what_a_callback_raises_stops_the_reading(many: bytes) -> None:
    class Enough(Exception):
        pass

    def stop(_: rca.Progress) -> None:
        raise Enough

    began = time.perf_counter()
    with pytest.raises(Enough):
        rca.read(many, format="logs", progress=stop)
    stopped = time.perf_counter() - began
    began = time.perf_counter()
    rca.read(many, format="logs")
    assert stopped < (time.perf_counter() - began) * 0.8


def interrupted(work: "Callable[[], object]", after: float) -> "tuple[float, float]":
    """Seconds from Ctrl-C to the exception, and from the beginning to it."""
    sent = [0.0]

    def send() -> None:
        sent[0] = time.perf_counter()
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(after, send)
    began = time.perf_counter()
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            work()
            timer.join()
            time.sleep(0.2)  # the work was over before: the interrupt comes here
            pytest.fail("no interrupt came")
        caught = time.perf_counter()
    finally:
        timer.join()
    return caught - sent[0], caught - began


@pytest.mark.parametrize("what", ["read", "analyze"])
def test_control_c_stops_long_work(what: str, record_property: "Callable[[str, object], None]") -> None:
    body = lines(70_000)
    batch = rca.read(body, format="logs") if what == "analyze" else None
    work: Callable[[], object] = (
        (lambda: rca.read(body, format="logs")) if batch is None else (lambda: rca.analyze_batch(batch))
    )
    began = time.perf_counter()
    work()
    whole = time.perf_counter() - began
    delay, took = interrupted(work, whole / 4)
    record_property("milliseconds from Ctrl-C to the exception", round(1000 * delay, 1))
    print(f"{what}: {1000 * delay:.0f} ms after Ctrl-C; the whole takes {1000 * whole:.0f} ms")
    assert took < whole * 0.9
    assert rca.read(body[:10_000], format="logs").report.read > 0  # and it works again


def test_many_threads_may_share_a_workspace(tmp_path: pathlib.Path) -> None:
    with rca.Workspace(tmp_path / "w.rca") as workspace, ThreadPoolExecutor(8) as pool:
        def one(number: int) -> int:
            mine = [event(1000 * number + at) for at in range(20)]
            stored = len(workspace.ingest(mine).accepted)
            assert workspace.search(f'"note {1000 * number}"').total == 1
            assert sum(1 for _ in workspace.events()) >= stored
            return stored

        assert sum(pool.map(one, range(16))) == workspace.event_count() == 320
        shared = workspace.events()
        taken = list(pool.map(lambda _: shared._inner.page(10) is not None, range(32)))
        assert sum(taken) == 32


def test_a_workspace_closed_by_another_thread_is_an_error_not_a_crash(full: rca.Workspace) -> None:
    with ThreadPoolExecutor(4) as pool:
        work = [pool.submit(full.search, "words") for _ in range(50)]
        full.close()
        for one in work:
            try:
                one.result()
            except rca.BusyError as error:
                assert "closed" in str(error)


def test_many_threads_may_find_a_workspace_closed_at_once() -> None:
    """An error is made by Python code, which lets other threads run: no lock may be held meanwhile."""
    workspace = rca.Workspace()
    workspace.close()

    def knock(_: int) -> bool:
        with pytest.raises(rca.BusyError, match="closed"):
            workspace.event_count()
        return True

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(knock, range(4000), timeout=60))
    finally:
        sys.setswitchinterval(before)


@pytest.mark.skipif(not hasattr(rca._rca, "test_panic"), reason="only builds for development can be made to panic")
@pytest.mark.parametrize("is_long", [False, True])
def test_a_panic_becomes_an_error_and_the_next_call_works(is_long: bool, memory: rca.Workspace) -> None:
    with pytest.raises(rca.InternalError, match="forced by a test") as raised:
        rca._rca.test_panic(is_long)  # type: ignore[attr-defined,unused-ignore]
    assert raised.value.kind == "internal" and isinstance(raised.value, RuntimeError)
    assert len(memory.ingest([event(1)]).accepted) == 1


def endless(checkpoint: object, now: datetime) -> rca.Page:
    """A source that never ends."""
    time.sleep(0.005)
    return rca.Page([], checkpoint=time.perf_counter(), more=True)


@pytest.mark.parametrize("what", ["pull", "absorb", "read"])
def test_control_c_is_answered_in_a_tenth_of_a_second(what: str, many: bytes) -> None:
    """The quickest of some: what a busy machine adds is not ours."""
    batch = rca.read(many, format="logs")

    def forever(step: "Callable[[], object]") -> None:
        while True:
            step()

    delays = []
    for attempt in range(5):
        with rca.Workspace() as workspace:
            works: dict[str, Callable[[], object]] = {
                "pull": lambda: workspace.pull(rca.source("endless", endless)),
                "absorb": lambda: forever(lambda: rca.Partial().absorb(batch)),
                "read": lambda: forever(lambda: rca.read(many, format="logs")),
            }
            delays.append(interrupted(works[what], 0.15 + 0.01 * attempt)[0])
    print(f"{what}: {[round(1000 * delay) for delay in delays]} ms after Ctrl-C")
    assert min(delays) < 0.1
