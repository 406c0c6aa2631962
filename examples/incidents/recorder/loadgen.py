"""Travellers: an open-loop load on gangway, in journeys rather than requests.

A traveller looks for a sailing, perhaps asks for a quote, perhaps holds places
and, after some thought, buys the ticket or walks away. Arrivals follow a slow
curve with noise and do not wait for answers: a slow system gets no relief.
"""

from __future__ import annotations

import argparse
import heapq
import http.client
import itertools
import json
import math
import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

ROUTES = ["brae-skerry", "brae-holm", "skerry-holm", "holm-westing",
          "westing-brae", "skerry-noup", "noup-holm", "noup-westing"]
WEIGHTS = [9, 7, 5, 4, 4, 3, 2, 2]
NAMES = ["A. Berg", "C. Doyle", "E. Farr", "G. Holt", "J. Kerr", "L. Munro"]


class Travellers:
    def __init__(self, port: int, rate: float, speed: float) -> None:
        self.port, self.rate, self.speed = port, rate, speed
        self._links = threading.local()
        self._due: list = []
        self._order = itertools.count()
        self._lock = threading.Lock()

    def _ask(self, method: str, path: str, body: dict | None = None) -> dict | None:
        """One request over this thread's kept connection; None when it fails."""
        for _ in range(2):
            link = getattr(self._links, "link", None)
            if link is None:
                link = self._links.link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=6)
            try:
                link.request(method, path, None if body is None else json.dumps(body))
                answer = link.getresponse()
                out = json.loads(answer.read() or b"{}")
                return out if answer.status == 200 else None
            except (OSError, http.client.HTTPException, ValueError):
                link.close()
                self._links.link = None
        return None

    def later(self, seconds: float, act) -> None:
        with self._lock:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), act))

    def arrive(self) -> None:
        route = random.choices(ROUTES, WEIGHTS)[0]
        people = random.choices([1, 2, 3, 4, 6], [5, 6, 2, 2, 1])[0]
        found = self._ask("GET", f"/sailings?route={route}")
        if random.random() < 0.4:
            self.later(random.uniform(1, 4), lambda: self._ask("GET", f"/sailings?route={route}"))
        if random.random() > (0.7 if found else 0.45):  # some know the timetable by heart
            return
        self.later(random.uniform(0.5, 2), lambda: self._quote(route, people))

    def _quote(self, route: str, people: int) -> None:
        quoted = self._ask("POST", "/quotes", {"route": route, "people": people})
        if random.random() < (0.86 if quoted else 0.5):  # some do not mind the price
            self.later(random.uniform(0.5, 3), lambda: self._hold(route, people))

    def _hold(self, route: str, people: int) -> None:
        out = self._ask("POST", "/holds", {"route": route, "people": people,
                                           "departs": f"{random.randrange(6, 22, 2):02d}:15"})
        if out and random.random() < 0.6:
            thought = random.uniform(4, 10) / self.speed
            self.later(thought, lambda: self._ask("POST", "/tickets", {
                "hold": out["hold"], "name": random.choice(NAMES)}))

    def run(self, gone: threading.Event) -> None:
        began, noise, next_arrival = time.monotonic(), 0.0, time.monotonic()
        with ThreadPoolExecutor(64) as workers:
            while not gone.is_set():
                now = time.monotonic()
                while next_arrival <= now:
                    minute = (now - began) * self.speed / 60
                    noise = 0.98 * noise + random.gauss(0, 0.012)
                    curve = 1 + 0.12 * math.sin((minute - 4) / 17 * math.pi)
                    next_arrival += random.expovariate(self.rate * max(0.2, curve + noise))
                    workers.submit(self.arrive)
                with self._lock:
                    due = []
                    while self._due and self._due[0][0] <= now:
                        due.append(heapq.heappop(self._due)[2])
                for act in due:
                    workers.submit(act)
                gone.wait(0.02)
            workers.shutdown(wait=False, cancel_futures=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("port", type=int)
    parser.add_argument("--rate", type=float, default=4.0, help="travellers a second")
    parser.add_argument("--speed", type=float, default=1.0)
    args = parser.parse_args()
    gone = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: gone.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Travellers(args.port, args.rate, args.speed).run(gone)


if __name__ == "__main__":
    main()
