"""Calls to other services: kept connections, a bounded pool, one retry."""

import http.client
import json
import os
import socket
import threading
import time

from ferrykit.telemetry import Telemetry, Window

IDLE_MAX = 8
RETRY_PAUSE_S = 0.08


class PeerError(Exception):
    """The other side failed, was late, or there was no room to ask it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class Peer:
    def __init__(self, telemetry: Telemetry, name: str, pool_max: int, timeout_ms: int,
                 retries: int = 0, outside: bool = False) -> None:
        self.telemetry, self.name, self.outside = telemetry, name, outside
        self.timeout_s, self.retries = timeout_ms / 1000, retries
        host, port = json.loads(os.environ["FERRY_PEERS"])[name].split(":")
        self._address = (host, int(port))
        self._slots = threading.BoundedSemaphore(pool_max)
        self._idle: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()
        self.in_use = 0
        self.calls = Window()
        telemetry.gauge(f"{name}_pool_in_use", lambda: self.in_use)
        if outside:
            telemetry.gauge(f"{name}_calls_per_second", self.calls.per_second)
            telemetry.gauge(f"{name}_error_ratio", self.calls.error_ratio)
            telemetry.gauge(f"{name}_duration_p99_ms", lambda: self.calls.quantile(0.99))

    def get(self, path: str) -> dict:
        return self.call("GET", path, None)

    def post(self, path: str, body: dict) -> dict:
        return self.call("POST", path, body)

    def call(self, method: str, path: str, body: dict | None) -> dict:
        """The answer of the peer; PeerError for anything of 400 and above."""
        for attempt in range(self.retries + 1):
            status, out = self._once(method, path, body)
            if status == 503 and attempt < self.retries:
                time.sleep(RETRY_PAUSE_S)
                continue
            if status >= 500:
                raise PeerError(502 if self.outside else status, self._said(status, out))
            if status >= 400:
                raise PeerError(status, out.get("error", ""))
            return out
        raise AssertionError("unreachable")

    def _said(self, status: int, out: dict) -> str:
        """What others tell us is worth keeping; our own services log it themselves."""
        more = f": {out['error']}" if self.outside and out.get("error") else ""
        return f"{self.name} answered {status}{more}"

    def _once(self, method: str, path: str, body: dict | None) -> tuple[int, dict]:
        if not self._slots.acquire(timeout=self.timeout_s):
            raise PeerError(503, f"no free connection to {self.name}")
        self.in_use += 1
        span = self.telemetry.begin(f"{method} {self.name} {path.split('?')[0]}") if self.outside else None
        began = time.monotonic()
        status = 0
        try:
            status, out = self._exchange(method, path, body)
            if span and status >= 500:
                span.fail(self._said(status, out))
            return status, out
        except (OSError, http.client.HTTPException, ValueError) as error:
            late = isinstance(error, socket.timeout)
            message = f"{self.name} {'gave no answer in time' if late else 'cannot be reached'}"
            if span:
                span.fail(message)
            raise PeerError(504 if late else 502, message) from error
        finally:
            self.calls.add((time.monotonic() - began) * 1000, 0 < status < 500)
            if span:
                span.attrs.update({"peer.service": self.name, "span.kind": "client",
                                   "http.status_code": status})
                self.telemetry.end(span)
            self.in_use -= 1
            self._slots.release()

    def _exchange(self, method: str, path: str, body: dict | None) -> tuple[int, dict]:
        """One request; a kept connection the peer has closed is replaced once."""
        above = self.telemetry.current()
        headers = {"traceparent": above.header()} if above else {}
        data = None if body is None else json.dumps(body).encode()
        with self._lock:
            link = self._idle.pop() if self._idle else None
        fresh = link is None
        while True:
            link = link or http.client.HTTPConnection(*self._address, timeout=self.timeout_s)
            try:
                if link.sock is None:
                    link.connect()
                    link.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                link.request(method, path, data, headers)
                answer = link.getresponse()
                out = json.loads(answer.read() or b"{}")
            except socket.timeout:
                link.close()
                raise
            except (ConnectionError, http.client.BadStatusLine):
                link.close()
                if fresh:
                    raise
                link, fresh = None, True
                continue
            with self._lock:
                if answer.will_close or len(self._idle) >= IDLE_MAX:
                    link.close()
                else:
                    self._idle.append(link)
            return answer.status, out
