"""Settings from the release, flags from the environment.

Settings change with a deploy; flags are a file beside the processes and are
read again when it changes, so that a switch needs no restart.
"""

import json
import os
import time
from pathlib import Path

SPEED = float(os.environ.get("FERRY_SPEED", "1"))
"""Rehearsals run the same day faster: durations and room shrink by this."""

_ROOT = Path(__file__).resolve().parent.parent


class Settings:
    def __init__(self, service: str) -> None:
        rows = json.loads((_ROOT / "config" / "settings.json").read_text())
        self._rows = rows[service]

    def get(self, key: str):
        return self._rows[key]

    def scaled(self, key: str) -> float:
        """A duration or a size that shrinks in a rehearsal."""
        return self._rows[key] / SPEED


class Flags:
    def __init__(self) -> None:
        self._path = Path(os.environ["FERRY_FLAGS"])
        self._rows: dict[str, bool] = {}
        self._read_at = 0.0

    def on(self, name: str) -> bool:
        if time.monotonic() - self._read_at > 1.0:
            self._read_at = time.monotonic()
            try:
                self._rows = json.loads(self._path.read_text())
            except (OSError, ValueError):
                pass
        return bool(self._rows.get(name))
