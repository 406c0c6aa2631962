"""The public routes. Nothing is decided here: ask, answer, keep a trace."""

from ferrykit.server import App, Problem
from ferrykit.telemetry import Window

app = App("gangway", edge=True)
timetable = app.peer("timetable")
fares = app.peer("fares")
berths = app.peer("berths", retries=1, timeout_ms=app.settings.get("berths_timeout_ms"))
sold = Window()
app.telemetry.gauge("tickets_sold_per_second", sold.per_second)


def wanted(ask: dict, *names: str) -> None:
    for name in names:
        if name not in ask:
            raise Problem(400, f"{name} is missing")


@app.route("GET", "/sailings")
def sailings(ask: dict):
    wanted(ask, "route")
    return 200, timetable.get(f"/sailings?route={ask['route']}")


@app.route("POST", "/quotes")
def quotes(ask: dict):
    wanted(ask, "route")
    return 200, fares.post("/quote", ask)


@app.route("POST", "/holds")
def holds(ask: dict):
    wanted(ask, "route", "departs")
    return 200, berths.post("/holds", ask)


@app.route("POST", "/tickets")
def tickets(ask: dict):
    wanted(ask, "hold", "name")
    out = berths.post("/tickets", ask)
    sold.add()
    return 200, out


if __name__ == "__main__":
    app.run()
