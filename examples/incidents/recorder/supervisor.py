"""Starts, restarts and stops the processes of the system.

The supervisor owns every listening socket and hands it to the process that
serves it. A deploy starts the next process first, stops the old one when the
next is ready, and then lets it take requests: callers wait a moment, no one is
refused.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

SERVICES = ("manifest", "crossings", "timetable", "fares", "berths", "purser", "gangway")
HERE = Path(__file__).resolve().parent


class SupervisorError(Exception):
    """A process did not come up, or went away by itself."""


@dataclass
class Running:
    process: subprocess.Popen
    version: str


class Supervisor:
    def __init__(self, work: Path, speed: float) -> None:
        self.work, self.speed = work, speed
        self.out, self.state = work / "telemetry", work / "state"
        self.flags_file = work / "flags.json"
        for folder in (self.out, self.state):
            folder.mkdir(parents=True)
        self.flags_file.write_text("{}")
        self.running: dict[str, Running] = {}
        self.sockets: dict[str, socket.socket] = {}
        self.ports: dict[str, int] = {}
        for name in (*SERVICES, "tidecast"):
            self._listen(name)

    def _listen(self, name: str) -> None:
        link = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            link.bind(("127.0.0.1", 0))
            link.listen(128)
        except OSError as error:
            raise SupervisorError(f"no loopback port for {name}: {error.strerror}") from error
        link.set_inheritable(True)
        self.sockets[name], self.ports[name] = link, link.getsockname()[1]

    def _spawn(self, name: str, command: list[str], cwd: Path, version: str) -> subprocess.Popen:
        fd = self.sockets[name].fileno()
        peers = {peer: f"127.0.0.1:{port}" for peer, port in self.ports.items()}
        env = {**os.environ, "FERRY_LISTEN_FD": str(fd), "FERRY_PEERS": json.dumps(peers),
               "FERRY_OUT": str(self.out), "FERRY_STATE": str(self.state),
               "FERRY_FLAGS": str(self.flags_file), "FERRY_VERSION": version,
               "FERRY_SPEED": str(self.speed), "PYTHONDONTWRITEBYTECODE": "1"}
        errors = open(self.work / f"{name}.stderr", "ab")
        process = subprocess.Popen(command, cwd=cwd, env=env, pass_fds=(fd,), stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=errors, text=True,
                                   start_new_session=True)
        errors.close()
        if process.stdout.readline().strip() != "ready":
            said = (self.work / f"{name}.stderr").read_text()[-800:]
            raise SupervisorError(f"{name} did not start: {said}")
        return process

    def start_outside(self) -> None:
        process = self._spawn("tidecast", [sys.executable, str(HERE / "tidecast.py")], HERE, "-")
        self.running["tidecast"] = Running(process, "-")

    def deploy(self, service: str, release: Path, version: str) -> float:
        """Replace the service's process; the time at which the new one took over."""
        process = self._spawn(service, [sys.executable, "-m", f"services.{service}"], release, version)
        old = self.running.get(service)
        if old:
            self._stop(old.process)
        process.stdin.write("go\n")
        process.stdin.flush()
        self.running[service] = Running(process, version)
        return time.time()

    def set_flags(self, flags: dict[str, bool]) -> None:
        spare = self.flags_file.with_suffix(".next")
        spare.write_text(json.dumps(flags))
        spare.replace(self.flags_file)

    def check(self) -> None:
        for name, row in self.running.items():
            if row.process.poll() is not None:
                said = (self.work / f"{name}.stderr").read_text()[-800:]
                raise SupervisorError(f"{name} went away with {row.process.returncode}: {said}")

    def _stop(self, process: subprocess.Popen) -> None:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(8)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def close(self) -> None:
        for name in ("gangway", *(n for n in self.running if n != "gangway")):
            if name in self.running:
                self._stop(self.running[name].process)
        self.running.clear()
        for link in self.sockets.values():
            link.close()
