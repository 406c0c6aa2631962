"""Sailings of a route, with the conditions at the harbour they leave from."""

import time

from ferrykit.cache import AnswerCache
from ferrykit.server import App

app = App("timetable")
manifest = app.peer("manifest", retries=1)
crossings = app.peer("crossings")
cache = AnswerCache(app.telemetry, app.settings.scaled("rows_ttl_s"))


def rows_of(route: str) -> list:
    rows = cache.fresh(route)
    if rows is None:
        rows = manifest.get(f"/sailings?route={route}")["sailings"]
        cache.put(route, rows)
        app.log("INFO", f"read {len(rows)} sailings of {route}")
    return rows


@app.route("GET", "/sailings")
def sailings(ask: dict):
    route = ask["route"]
    sea = crossings.get(f"/conditions?port={route.split('-')[0]}")
    rows = rows_of(route)
    time.sleep(0.003)
    return 200, {"route": route, "open": sea["open"],
                 "sailings": [{"departs": row[0], "ship": row[1], "places": row[2]} for row in rows]}


if __name__ == "__main__":
    app.run()
