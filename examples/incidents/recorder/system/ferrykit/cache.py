"""Answers of others, kept for a while. The number of keys is small and fixed."""

import time

from ferrykit.telemetry import Telemetry, Window


class AnswerCache:
    def __init__(self, telemetry: Telemetry, ttl_s: float) -> None:
        self.ttl_s = ttl_s
        self._rows: dict = {}
        self._looks = Window()
        telemetry.gauge("cache_hit_ratio", lambda: 1.0 - self._looks.error_ratio())

    def fresh(self, key: str):
        born, value = self._rows.get(key, (0.0, None))
        hit = time.monotonic() - born < self.ttl_s and value is not None
        self._looks.add(ok=hit)
        return value if hit else None

    def aged(self, key: str) -> tuple[float, object]:
        """Whatever is there, with its age in seconds."""
        born, value = self._rows.get(key, (0.0, None))
        return time.monotonic() - born, value

    def put(self, key: str, value) -> None:
        self._rows[key] = (time.monotonic(), value)
