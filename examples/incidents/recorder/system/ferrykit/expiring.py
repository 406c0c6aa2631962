"""A map whose rows lapse after a while: holds, quotes."""

import threading
import time


class ExpiringMap:
    def __init__(self, ttl_s: float, limit: int) -> None:
        self.ttl_s = ttl_s
        self.limit = limit
        self._rows: dict = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._rows)

    def put(self, key: str, value) -> bool:
        """Keep a row for its time; False when there is no room."""
        with self._lock:
            self._sweep()
            if len(self._rows) >= self.limit and key not in self._rows:
                return False
            self._rows[key] = (time.time() + self.ttl_s, value)
            return True

    def get(self, key: str):
        deadline, value = self._rows.get(key, (0, None))
        return value if deadline > time.time() else None

    def pop(self, key: str):
        """Take a live row out of the map."""
        value = self.get(key)
        if value is not None:
            with self._lock:
                self._rows.pop(key, None)
        return value

    def _sweep(self) -> None:
        now = time.time()
        for key in [key for key, (deadline, _) in self._rows.items() if deadline <= now]:
            del self._rows[key]

    def dump(self) -> list:
        """Rows with their remaining seconds, for the next process."""
        now = time.time()
        return [[key, deadline - now, value] for key, (deadline, value) in self._rows.items()]

    def load(self, rows: list) -> None:
        now = time.time()
        self._rows = {key: (now + left, value) for key, left, value in rows}
