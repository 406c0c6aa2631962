"""tidecast: the outside forecaster, a stand-in that is not in the repository.

It is well, ailing (slow, many 503) or down (slow 503 to everything). The
recorder changes its mood over /mood; the ferry system cannot.
"""

from __future__ import annotations

import json
import math
import os
import random
import signal
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

MOODS = {"well": (0.004, (0.025, 0.060)), "ailing": (0.65, (0.6, 1.1)), "down": (1.0, (0.7, 1.2))}
"""For each mood: how many fail, and how long an answer takes."""

mood = "well"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536

    def do_GET(self) -> None:
        ask = parse_qs(urlsplit(self.path).query)
        failing, (low, high) = MOODS[mood]
        time.sleep(random.uniform(low, high))
        if random.random() < failing:
            self._send(503, {"error": "forecast model unavailable"})
            return
        port = ask.get("port", [""])[0]
        wave = 120 + 60 * math.sin(time.time() / 200 + sum(map(ord, port)))
        self._send(200, {"port": port, "wave_cm": round(wave), "open": True})

    def do_POST(self) -> None:
        global mood
        size = int(self.headers.get("Content-Length") or 0)
        mood = json.loads(self.rfile.read(size))["mood"]
        self._send(200, {"mood": mood})

    def _send(self, status: int, out: dict) -> None:
        data = json.dumps(out).encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if status == 503:
            self.send_header("Retry-After", "30")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_) -> None:
        pass


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = socket.socket(fileno=int(os.environ["FERRY_LISTEN_FD"]))
    server.daemon_threads = True
    gone = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: gone.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
    print("ready", flush=True)
    while not gone.wait(1.0):
        pass
    sys.exit(0)


if __name__ == "__main__":
    main()
