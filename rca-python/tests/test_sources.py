"""Pulling from servers on loopback: a Prometheus and a GitHub that say what they would."""

import json
import os
import pathlib
import subprocess
import sys
import threading
import urllib.parse
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

import rca


class Server(BaseHTTPRequestHandler):
    """Answers as long as it is well."""

    well = True
    tokens: "list[str | None]" = []

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        Server.tokens.append(self.headers.get("Authorization"))
        url = urllib.parse.urlsplit(self.path)
        asked = dict(urllib.parse.parse_qsl(url.query))
        if not Server.well:
            self.send_error(503)
        elif url.path == "/api/v1/query_range":
            start, end, step = (float(asked[name].removesuffix("s")) for name in ("start", "end", "step"))
            values = [[start + at * step, "1.5"] for at in range(int((end - start) / step) + 1)]
            series = {"metric": {"job": "till"}, "values": values}
            self.say({"status": "success", "data": {"resultType": "matrix", "result": [series]}})
        elif url.path == "/api/v1/alerts":
            alert = {
                "labels": {"alertname": "slow", "job": "till"}, "state": "firing", "value": "2",
                "annotations": {"summary": "till is slow"}, "activeAt": "2026-05-04T09:00:00Z",
            }
            self.say({"status": "success", "data": {"alerts": [alert]}})
        elif url.path == "/repos/shop/till/releases":
            self.say([{
                "id": 7, "tag_name": "v7", "name": "seven", "draft": False, "prerelease": False,
                "target_commitish": "main", "created_at": "2026-05-04T08:00:00Z",
                "published_at": "2026-05-04T08:00:00Z", "html_url": "https://example.invalid/v7",
                "author": {"login": "ann"}, "body": "seventh",
            }])
        else:
            self.send_error(404)

    do_POST = do_GET

    def say(self, answer: object) -> None:
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def server() -> "Iterator[str]":
    Server.well, Server.tokens = True, []
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


def test_a_prometheus_is_pulled_from_where_it_was_left(server: str, memory: rca.Workspace) -> None:
    start = datetime.now(timezone.utc) - timedelta(minutes=10)
    source = rca.prometheus(server, queries={"errors": "rate(errors[1m])"}, token="hush", start=start)
    report, batch = memory.pull(source)
    assert (report.end, report.accepted, report.source) == ("caught_up", 1, source.name)
    assert len(batch.metrics()) > 10 and set(batch.metrics().to_dict()["service"]) == {"till"}
    assert memory.search("slow").total == 1 and report.checkpoint is not None
    assert set(Server.tokens) == {"Bearer hush"} and "hush" not in repr(source) + repr(report)
    again, _ = memory.pull(source)
    assert again.accepted == 0
    (status,) = memory.status().sources
    assert (status.name, status.standing, status.breaker) == (source.name, "ready", "closed")
    assert memory.forget_checkpoint(source) and not memory.forget_checkpoint(source)


def test_releases_of_a_repository_are_pulled(server: str, memory: rca.Workspace) -> None:
    source = rca.github("shop/till", server=server, resources=["releases"], start=datetime(2026, 1, 1, tzinfo=timezone.utc))
    report, _ = memory.pull(source, patience=timedelta(0), tries=1)
    assert report.end == "caught_up" and memory.search("type:release").total == 1
    with pytest.raises(rca.InvalidInputError, match="resources"):
        rca.github("shop/till", resources=["wishes"])  # type: ignore[list-item]
    with pytest.raises(rca.InvalidInputError):
        rca.github("not a repository")


def test_a_server_that_is_down_is_left_alone_and_named(server: str, memory: rca.Workspace) -> None:
    Server.well = False
    source = rca.prometheus(server, queries={"errors": "errors"})
    report, batch = memory.pull(source, tries=1, patience=timedelta(0))
    assert report.end in ("gave_up", "not_before") and report.fault is not None
    assert report.fault.kind == "busy" and report.fault.hint and report.pages == 0 and not len(batch.metrics())
    memory.reset_source(source)
    Server.well = True
    assert memory.pull(source)[0].end == "caught_up"


def ticket(number: int, at: datetime) -> rca.Event:
    return rca.Event.new(at, "ticket", "ticket", f"ticket {number}", source_id=f"T-{number}")


def test_a_source_of_ones_own_goes_on_where_it_was(memory: rca.Workspace) -> None:
    asked: list[Any] = []

    def tickets(checkpoint: Any, now: datetime) -> rca.Page:
        assert now.tzinfo is not None
        asked.append(checkpoint)
        number = 0 if checkpoint is None else checkpoint["seen"]
        return rca.Page([ticket(number, now)], checkpoint={"seen": number + 1}, more=number % 3 != 2)

    desk = rca.source("desk", tickets)
    report, batch = memory.pull(desk)
    assert (report.pages, report.accepted, report.end) == (3, 3, "caught_up") and repr(desk) == "Source('desk')"
    assert memory.pull(rca.source("desk", tickets))[0].accepted == 3
    assert asked == [None] + [{"seen": seen} for seen in range(1, 6)]
    assert memory.status().sources[0].name == "desk"
    assert memory.forget_checkpoint("desk") and memory.event_count() == 6
    assert batch.report.read == 0


def test_a_source_gives_whatever_can_be_read(memory: rca.Workspace) -> None:
    at = datetime(2026, 5, 4, 9, tzinfo=timezone.utc)
    record = {"timestamp": at, "service": "till", "version": "7"}
    given: list[Any] = [
        [ticket(1, at)],
        rca.read([record], format="deploys"),
        rca.read(b"2026-05-04T09:00:00Z ERROR no paper\n", name="till.log"),
        {"time": [1, 2], "till_cpu": [1, 2], "till_mem": [3, 4], "cart_cpu": [1, 1], "cart_mem": [2, 2]},
        [],
        None,
    ]

    def anything(checkpoint: Any, now: datetime) -> rca.Page:
        place = checkpoint or 0
        return rca.Page(given[place], checkpoint=place + 1, more=place + 1 < len(given))

    report, batch = memory.pull(rca.source("anything", anything))
    assert (report.pages, report.accepted) == (6, 2), report
    assert len(batch.logs()) == 1 and len(batch.metrics()) == 8


@pytest.mark.parametrize(
    ("error", "end", "kind"),
    [
        (ConnectionError("no route"), "gave_up", "internal"),
        (TimeoutError("slow"), "gave_up", "busy"),
        (PermissionError("who are you"), "needs_human", "denied"),
        (rca.SlowDown(timedelta(hours=2)), "not_before", None),
    ],
)
def test_faults_of_a_source_are_no_errors(memory: rca.Workspace, error: Exception, end: str, kind: "str | None") -> None:
    def broken(checkpoint: Any, now: datetime) -> rca.Page:
        raise error

    report, _ = memory.pull(rca.source("broken", broken), tries=1, patience=timedelta(0))
    assert report.end == end
    if kind is not None:
        assert report.fault is not None and str(error) in report.fault.what and report.fault.kind


def test_what_else_a_source_raises_is_raised(memory: rca.Workspace) -> None:
    def wrong(checkpoint: Any, now: datetime) -> rca.Page:
        raise ZeroDivisionError("a bug of mine")

    with pytest.raises(ZeroDivisionError, match="a bug of mine") as raised:
        memory.pull(rca.source("wrong", wrong))
    assert raised.traceback[-1].name == "wrong"
    with pytest.raises(TypeError, match="gave int, not a Page"):
        memory.pull(rca.source("number", lambda checkpoint, now: 7))  # type: ignore[arg-type,return-value]
    with pytest.raises(TypeError):
        memory.pull(rca.source("unwritable", lambda checkpoint, now: rca.Page([], checkpoint=object())))
    assert memory.pull(rca.source("wrong", lambda checkpoint, now: rca.Page([])))[0].end == "caught_up"


def test_a_source_may_use_the_workspace_that_pulls_it(memory: rca.Workspace) -> None:
    """Nothing is locked while Python runs; pulling oneself is an error, not a wait for ever."""
    seen: list[str] = []

    def inward(checkpoint: Any, now: datetime) -> rca.Page:
        memory.ingest([ticket(99, now)])
        seen.append(str(memory.search("ticket").total))
        other = rca.source("other", lambda checkpoint, now: rca.Page([ticket(98, now)]))
        seen.append(str(memory.pull(other)[0].accepted))
        with pytest.raises(rca.BusyError):
            memory.pull(itself)
        return rca.Page([ticket(1, now)], checkpoint=1)

    itself = rca.source("itself", inward)
    assert memory.pull(itself)[0].accepted == 1
    assert seen == ["1", "1"] and memory.event_count() == 3


def test_a_repository_is_read_on(memory: rca.Workspace, tmp_path: pathlib.Path) -> None:
    def git(*words: str) -> None:
        about = ["-c", "user.name=ann", "-c", "user.email=ann@example.com"]
        subprocess.run(["git", *about, *words], cwd=tmp_path, check=True, capture_output=True)

    def commit(text: str) -> None:
        (tmp_path / "till.toml").write_text(text)
        git("add", ".")
        git("commit", "-m", text)

    git("init", "-b", "main")
    commit("pool = 40")
    source = rca.git_source(tmp_path, repository="shop/till")
    assert memory.pull(source)[0].accepted == 1
    commit("pool = 4")
    assert memory.pull(source)[0].accepted == 1
    assert {event.title for event in memory.events()} == {"pool = 40", "pool = 4"}
    with pytest.raises(rca.RcaError):
        rca.git_source(tmp_path / "nowhere")


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are text elsewhere")
def test_a_repository_may_lie_in_a_folder_that_is_no_text(memory: rca.Workspace, tmp_path: pathlib.Path) -> None:
    folder = os.fsencode(tmp_path) + b"/caf\xe9"
    subprocess.run([b"git", b"init", b"-q", folder], check=True)
    about = [b"-c", b"user.name=ann", b"-c", b"user.email=ann@example.com"]
    subprocess.run([b"git", *about, b"commit", b"-q", b"--allow-empty", b"-m", b"first"], cwd=folder, check=True)
    assert memory.pull(rca.git_source(pathlib.Path(os.fsdecode(folder))))[0].accepted == 1


def test_waits_may_be_longer_than_anybody_waits(memory: rca.Workspace) -> None:
    page = rca.source("page", lambda checkpoint, now: rca.Page([]))
    report, _ = memory.pull(page, patience=timedelta.max, page_time=timedelta.max)
    assert report.end == "caught_up"

    def tired(checkpoint: Any, now: datetime) -> rca.Page:
        raise rca.SlowDown(timedelta.max)

    assert memory.pull(rca.source("tired", tired), tries=1, patience=timedelta(0))[0].end == "not_before"
    with pytest.raises(rca.InvalidInputError, match="patience"):
        memory.pull(page, patience=timedelta(seconds=-1))


def test_credentials_are_in_no_message() -> None:
    with pytest.raises(rca.InvalidInputError) as said:
        rca.prometheus("http://127.0.0.1:9", token=123456)  # type: ignore[arg-type]
    assert "123456" not in str(said.value) and "credential" in str(said.value)
    with pytest.raises(TypeError, match="user and password"):
        rca.prometheus("http://127.0.0.1:9", basic="ann:hush")  # type: ignore[arg-type]
