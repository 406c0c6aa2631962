"""Places aboard: a hold while somebody makes up their mind, then a ticket.

Holds live in this process; they are handed on to the next one at a restart.
"""

import json
import os
import secrets
import time
from pathlib import Path

from ferrykit.expiring import ExpiringMap
from ferrykit.server import App, Problem
from ferrykit.settings import SPEED
from ferrykit.telemetry import Window

app = App("berths")
fares = app.peer("fares")
manifest = app.peer("manifest", retries=1)
HOLD_TABLE_MAX = int(app.settings.get("hold_table_max") / SPEED)
holds = ExpiringMap(app.settings.scaled("hold_ttl_s"), HOLD_TABLE_MAX)
refused = Window()
STATE = Path(os.environ["FERRY_STATE"]) / "berths.holds.json"


@app.route("POST", "/holds")
def hold(ask: dict):
    """Keep places for the traveller; they lapse unless a ticket follows."""
    route, people = ask["route"], int(ask.get("people", 1))
    price = fares.post("/quote", {"route": route, "people": people})
    number = secrets.token_hex(5)
    row = {"route": route, "departs": ask["departs"], "people": people, "pence": price["pence"]}
    time.sleep(0.004)
    if not holds.put(number, row):
        refused.add()
        raise Problem(503, f"no room for another hold, {len(holds)} of {HOLD_TABLE_MAX} are kept")
    app.log("INFO", f"hold {number} for {people} on {route}")
    return 200, {"hold": number, "pence": price["pence"]}


@app.route("POST", "/tickets")
def ticket(ask: dict):
    row = holds.pop(ask["hold"])
    if row is None:
        app.log("WARN", f"hold {ask['hold']} is not there any more")
        raise Problem(410, "the hold has lapsed")
    number = "T" + secrets.token_hex(4)
    manifest.post("/tickets", {"id": number, "sailing": f"{row['route']}@{row['departs']}",
                               "name": ask["name"], "pence": row["pence"]})
    return 200, {"ticket": number}


def take_over() -> None:
    if STATE.exists():
        holds.load(json.loads(STATE.read_text()))


gauge = app.telemetry.gauge
gauge("holds_active", lambda: len(holds))
gauge("holds_max", lambda: HOLD_TABLE_MAX)
gauge("holds_refused_per_second", refused.per_second)
app.on_start.append(take_over)
app.on_stop.append(lambda: STATE.write_text(json.dumps(holds.dump())))

if __name__ == "__main__":
    app.run()
