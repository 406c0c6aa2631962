"""Scrapes every process on a clock and lets the monitors look at each round."""

from __future__ import annotations

import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Callable, Sequence

from history import iso
from scenarios.model import Rule

SLOW = ("cpu_utilization", "memory_rss_mb")
"""Asked of every third round only: they move slowly and the bundle stays small."""

WANTED_BY = {
    "http_request_duration_p50_ms": ("gangway",),
    "berths_pool_in_use": ("gangway",),
    "tidecast_pool_in_use": ("crossings",),
    "manifest_pool_in_use": ("fares",),
    "http_requests_per_second": ("gangway", "timetable", "fares", "berths", "crossings", "manifest"),
    "http_error_ratio": ("gangway", "timetable", "fares", "berths", "crossings", "manifest"),
    "http_request_duration_p99_ms": ("gangway", "timetable", "fares", "berths", "crossings", "manifest"),
}
"""Series that are kept for some services only; what is not named is kept for all."""


@dataclass(frozen=True)
class Sample:
    at: float
    service: str
    metric: str
    value: float


@dataclass(frozen=True)
class Alert:
    rule: Rule
    at: float
    observed: float


def breach(rows: Sequence[tuple[float, float]], rule: Rule) -> tuple[float, float, float] | None:
    """Start, end and last value of the first run of breaches that is long enough."""
    run: list[tuple[float, float]] = []
    for at, value in rows:
        run = run + [(at, value)] if value > rule.threshold else []
        if len(run) >= rule.scrapes:
            return run[0][0], at, value
    return None


class Scraper:
    def __init__(self, ports: dict[str, int], every_s: float, rules: Sequence[Rule],
                 tell: Callable[[str], None]) -> None:
        self.ports, self.every_s, self.rules, self.tell = ports, every_s, rules, tell
        self.samples: list[Sample] = []
        self.alert: Alert | None = None
        self._gone = threading.Event()
        self._constant: dict[tuple[str, str], tuple[float, int]] = {}
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._gone.set()
        self._thread.join(10)

    def series(self, service: str, metric: str) -> list[tuple[float, float]]:
        return [(s.at, s.value) for s in list(self.samples) if (s.service, s.metric) == (service, metric)]

    def _run(self) -> None:
        due, number = time.monotonic(), 0
        while not self._gone.wait(max(0.0, due - time.monotonic())):
            at = time.time()
            for service, port in self.ports.items():
                self._scrape(at, number, service, port)
            self._judge(at)
            due, number = due + self.every_s, number + 1

    def _scrape(self, at: float, number: int, service: str, port: int) -> None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=3) as answer:
                text = answer.read().decode()
        except (OSError, urllib.error.URLError) as error:
            print(f"no metrics from {service}: {error}", file=sys.stderr)
            return
        for line in text.splitlines():
            metric, value = line.split(" ")
            if self._keep(number, service, metric, float(value)):
                self.samples.append(Sample(at, service, metric, float(value)))

    def _keep(self, number: int, service: str, metric: str, value: float) -> bool:
        if metric in SLOW:
            return number % 3 == 0
        if metric.endswith("_max"):
            last, when = self._constant.get((service, metric), (None, 0))
            if value == last and number - when < 12:
                return False
            self._constant[service, metric] = (value, number)
            return True
        if metric.endswith("_pool_in_use") and metric not in WANTED_BY:
            return False
        return service in WANTED_BY.get(metric, (service,))

    def _judge(self, at: float) -> None:
        if self.alert:
            return
        for rule in self.rules:
            rows = self.series(rule.service, rule.metric)[-rule.scrapes:]
            if len(rows) == rule.scrapes and all(value > rule.threshold for _, value in rows):
                self.alert = Alert(rule, at, rows[-1][1])
                self.tell(f"monitor {rule.monitor} fired: {rule.service} {rule.metric} "
                          f"{rows[-1][1]:.2f} > {rule.threshold:g} at {iso(at)}")
                return
