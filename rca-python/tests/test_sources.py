"""Pulling from servers on loopback: a Prometheus and a GitHub that say what they would."""

import json
import threading
import urllib.parse
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

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
