"""Quotes: the tariff of the route, and a surcharge when the sea is rough."""

import random
import secrets
import time

from ferrykit.expiring import ExpiringMap
from ferrykit.server import App

app = App("fares")
manifest = app.peer("manifest", retries=1)
crossings = app.peer("crossings")
quotes = ExpiringMap(app.settings.scaled("quote_ttl_s"), app.settings.get("quote_table_max"))
app.telemetry.gauge("quotes_kept", lambda: len(quotes))

ZONE_PENCE = 1100


@app.route("POST", "/quote")
def quote(ask: dict):
    route, people = ask["route"], int(ask.get("people", 1))
    sea = crossings.get(f"/conditions?port={route.split('-')[0]}")
    pence = manifest.get(f"/tariffs?route={route}")["pence"]
    if pence is None or random.random() < 0.01:
        app.log("WARN", f"no season tariff for {route}, the zone price is used")
        pence = ZONE_PENCE
    if sea["wave_cm"] > 150:
        pence = pence * 1.08
    total = int(pence * people)
    number = secrets.token_hex(4)
    quotes.put(number, total)
    app.log("INFO", f"quote {number} of {total} pence on {route}")
    time.sleep(0.003)
    return 200, {"quote": number, "pence": total}


if __name__ == "__main__":
    app.run()
