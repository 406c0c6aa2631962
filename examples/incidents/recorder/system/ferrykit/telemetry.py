"""Spans, logs and metrics of one process, written as JSON lines."""

import json
import os
import secrets
import threading
import time
from collections import deque
from datetime import datetime, timezone
from pathlib import Path

from ferrykit.settings import SPEED

WINDOW_S = 15.0 / SPEED
_here = threading.local()


def stamp(at: float) -> str:
    text = datetime.fromtimestamp(at, timezone.utc).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


class Window:
    """What was observed in the last seconds: rates, quantiles, error ratio."""

    def __init__(self) -> None:
        self._rows: deque = deque()
        self._lock = threading.Lock()

    def add(self, value: float = 1.0, ok: bool = True) -> None:
        with self._lock:
            self._rows.append((time.monotonic(), value, ok))

    def _live(self) -> list:
        edge = time.monotonic() - WINDOW_S
        with self._lock:
            while self._rows and self._rows[0][0] < edge:
                self._rows.popleft()
            return list(self._rows)

    def per_second(self) -> float:
        return len(self._live()) / WINDOW_S

    def error_ratio(self) -> float:
        rows = self._live()
        return sum(not ok for _, _, ok in rows) / len(rows) if rows else 0.0

    def quantile(self, q: float) -> float:
        values = sorted(value for _, value, _ in self._live())
        return values[min(len(values) - 1, int(q * len(values)))] if values else 0.0


class Span:
    def __init__(self, name: str, trace_id: str, parent_id: str | None, sampled: bool) -> None:
        self.name, self.trace_id, self.parent_id, self.sampled = name, trace_id, parent_id, sampled
        self.span_id = secrets.token_hex(8)
        self.start, self._t0 = time.time(), time.monotonic()
        self.status, self.attrs = "OK", {}

    def fail(self, error: str) -> None:
        self.status, self.attrs["error"] = "ERROR", error

    def header(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"

    def elapsed_ms(self) -> float:
        return (time.monotonic() - self._t0) * 1000


class Telemetry:
    def __init__(self, service: str) -> None:
        self.service = service
        self.version = os.environ.get("FERRY_VERSION", "dev")
        out = Path(os.environ["FERRY_OUT"])
        self._spans = open(out / f"{service}.spans.ndjson", "a", buffering=1)
        self._logs = open(out / f"{service}.logs.ndjson", "a", buffering=1)
        self._lock = threading.Lock()
        self._gauges: dict = {}
        self._cpu = (time.monotonic(), time.process_time())

    def current(self) -> Span | None:
        return getattr(_here, "span", None)

    def begin(self, name: str, header: str | None = None, root: bool = False) -> Span:
        """A span under the given header, else under this thread's span."""
        above = self.current()
        if header:
            _, trace_id, parent_id, mark = header.split("-")
            span = Span(name, trace_id, parent_id, mark == "01")
        elif above and not root:
            span = Span(name, above.trace_id, above.span_id, above.sampled)
        else:
            span = Span(name, secrets.token_hex(16), None, root)
        span.above = above
        _here.span = span
        return span

    def end(self, span: Span) -> None:
        _here.span = span.above
        if not span.sampled:
            return
        row = {"trace_id": span.trace_id, "span_id": span.span_id, "parent_id": span.parent_id,
               "service": self.service, "name": span.name, "start": stamp(span.start),
               "duration_ms": round(span.elapsed_ms(), 1), "status": span.status,
               "service.version": self.version, **span.attrs}
        with self._lock:
            self._spans.write(json.dumps(row) + "\n")

    def log(self, severity: str, msg: str, **attrs) -> None:
        row = {"timestamp": stamp(time.time()), "service": self.service,
               "severity_text": severity, "msg": msg}
        span = self.current()
        if span and span.sampled:
            row["trace_id"] = span.trace_id
        with self._lock:
            self._logs.write(json.dumps({**row, **attrs}) + "\n")

    def gauge(self, name: str, read) -> None:
        self._gauges[name] = read

    def exposition(self) -> str:
        wall, cpu = time.monotonic(), time.process_time()
        spent = (cpu - self._cpu[1]) / max(wall - self._cpu[0], 0.001)
        self._cpu = (wall, cpu)
        rows = [f"cpu_utilization {spent:.4f}", f"memory_rss_mb {_rss_mb():.1f}"]
        rows += [f"{name} {read():.4f}" for name, read in sorted(self._gauges.items())]
        return "\n".join(rows) + "\n"


def _rss_mb() -> float:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
