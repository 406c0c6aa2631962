"""Harbour conditions: may a ferry leave, and is the sea rough?

The answers are those of tidecast, a forecaster outside the company.
"""

import time

from ferrykit.cache import AnswerCache
from ferrykit.client import PeerError
from ferrykit.server import App

app = App("crossings")
tidecast = app.peer("tidecast", outside=True,
                    timeout_ms=app.settings.get("tidecast_timeout_ms"))
cache = AnswerCache(app.telemetry, app.settings.scaled("conditions_ttl_s"))


def ask_tidecast(port: str) -> dict:
    answer = tidecast.get(f"/v1/conditions?port={port}")
    return {"port": port, "wave_cm": answer["wave_cm"], "open": answer["open"]}


@app.route("GET", "/conditions")
def conditions(ask: dict):
    port = ask["port"]
    known = cache.fresh(port)
    if known is None:
        known = ask_tidecast(port)
        cache.put(port, known)
        app.log("INFO", f"conditions at {port}: waves of {known['wave_cm']} cm")
    time.sleep(0.001)
    return 200, known


if __name__ == "__main__":
    app.run()
