"""The HTTP side of a service: routes, spans, /metrics and a graceful stop.

The listening socket is inherited from whoever starts the process, so that a
restart refuses nobody: callers wait in the backlog for a moment instead.
"""

import json
import os
import signal
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from ferrykit.client import Peer, PeerError
from ferrykit.settings import Flags, Settings
from ferrykit.telemetry import Telemetry, Window


class Problem(Exception):
    """A request that cannot be served; becomes the status of the answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class App:
    def __init__(self, service: str, edge: bool = False) -> None:
        self.service, self.edge = service, edge
        self.settings, self.flags = Settings(service), Flags()
        self.telemetry = Telemetry(service)
        self.log = self.telemetry.log
        self.requests = Window()
        self.stopping = threading.Event()
        self.on_stop, self.on_start = [], []
        self._routes: dict = {}
        self._busy, self._lock = 0, threading.Lock()
        gauge = self.telemetry.gauge
        gauge("http_requests_per_second", self.requests.per_second)
        gauge("http_error_ratio", self.requests.error_ratio)
        gauge("http_request_duration_p50_ms", lambda: self.requests.quantile(0.50))
        gauge("http_request_duration_p99_ms", lambda: self.requests.quantile(0.99))

    def peer(self, name: str, **options) -> Peer:
        options.setdefault("pool_max", self.settings.get("pool_max"))
        if "timeout_ms" not in options:
            options["timeout_ms"] = self.settings.get("timeout_ms")
        return Peer(self.telemetry, name, **options)

    def route(self, method: str, path: str):
        def keep(handler):
            self._routes[method, path] = handler
            return handler
        return keep

    def answer(self, method: str, target: str, header: str | None, body: dict) -> tuple[int, dict]:
        parts = urlsplit(target)
        handler = self._routes.get((method, parts.path))
        if handler is None:
            return 404, {"error": "no such route"}
        span = self.telemetry.begin(f"{method} {parts.path}", header, root=self.edge and not header)
        span.attrs["http.route"] = parts.path
        try:
            status, out = handler({**dict(parse_qsl(parts.query)), **body})
        except (Problem, PeerError) as problem:
            status, out = problem.status, {"error": problem.message}
            if status >= 500:
                self.log("ERROR", f"{method} {parts.path} failed: {problem.message}",
                         **{"http.status_code": status})
                span.fail(problem.message)
        except Exception as error:  # a defect of ours: say so, keep serving
            status, out = 500, {"error": "internal"}
            self.log("ERROR", f"{method} {parts.path} broke: {error!r}")
            span.fail(repr(error))
        span.attrs["http.status_code"] = status
        if self.edge and status < 500:
            self.log("INFO", f"{method} {parts.path} answered {status}",
                     duration_ms=round(span.elapsed_ms(), 1))
        self.requests.add(span.elapsed_ms(), status < 500)
        self.telemetry.end(span)
        return status, out

    def run(self) -> None:
        """Serve until SIGTERM: finish what is under way, then leave."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self), bind_and_activate=False)
        server.socket.close()
        server.socket = socket.socket(fileno=int(os.environ["FERRY_LISTEN_FD"]))
        server.daemon_threads = True
        signal.signal(signal.SIGTERM, lambda *_: self.stopping.set())
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        print("ready", flush=True)
        if not sys.stdin.readline():
            return
        for step in self.on_start:
            step()
        self.log("INFO", f"{self.service} {self.telemetry.version} takes requests")
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        while not self.stopping.wait(1.0):
            pass
        server.shutdown()
        deadline = time.monotonic() + 5
        time.sleep(0.05)
        while self._busy and time.monotonic() < deadline:
            time.sleep(0.02)
        for step in self.on_stop:
            step()
        self.log("INFO", f"{self.service} {self.telemetry.version} drained and stopped")

    def busy(self, change: int) -> None:
        with self._lock:
            self._busy += change


def _handler(app: App):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = 65536

        def _serve(self) -> None:
            if self.path == "/metrics":
                self._send(200, app.telemetry.exposition().encode(), "text/plain")
                return
            app.busy(+1)
            try:
                size = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(size)) if size else {}
                status, out = app.answer(self.command, self.path,
                                         self.headers.get("traceparent"), body)
                self._send(status, json.dumps(out).encode(), "application/json")
                self.wfile.flush()
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True
            finally:
                app.busy(-1)

        do_GET = do_POST = _serve

        def _send(self, status: int, data: bytes, kind: str) -> None:
            self.send_response_only(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            if app.stopping.is_set():
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_) -> None:
            pass

    return Handler
