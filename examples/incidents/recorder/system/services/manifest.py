"""The storage: sailings, tariffs, tickets and print jobs, in sqlite.

Sessions are limited: a request takes one of them or is turned away.
"""

import os
import queue
import random
import sqlite3
import time
from contextlib import contextmanager
from pathlib import Path

from ferrykit.server import App, Problem
from ferrykit.telemetry import Window

ROUTES = ["brae-skerry", "brae-holm", "skerry-holm", "holm-westing",
          "westing-brae", "skerry-noup", "noup-holm", "noup-westing"]

app = App("manifest")
SESSIONS_MAX = app.settings.get("sessions_max")
WAIT_S = app.settings.get("session_wait_ms") / 1000
PATH = Path(os.environ["FERRY_STATE"]) / "manifest.sqlite"

_sessions: queue.LifoQueue = queue.LifoQueue()
_queries = Window()


def _open() -> sqlite3.Connection:
    db = sqlite3.connect(PATH, check_same_thread=False, isolation_level=None, timeout=5)
    db.execute("pragma journal_mode=wal")
    db.execute("pragma synchronous=off")
    return db


def prepare() -> None:
    for _ in range(SESSIONS_MAX):
        _sessions.put(_open())
    with session("prepare") as db:
        db.execute("create table if not exists sailings(route, departs, ship, places)")
        db.execute("create table if not exists tariffs(route primary key, pence)")
        db.execute("create table if not exists tickets(id primary key, sailing, name, pence)")
        db.execute("create table if not exists jobs(id integer primary key, ticket, trace, state)")
        if not db.execute("select 1 from sailings limit 1").fetchone():
            for number, route in enumerate(ROUTES):
                db.execute("insert into tariffs values(?,?)", (route, 900 + 75 * number))
                for hour in range(6, 22, 2):
                    db.execute("insert into sailings values(?,?,?,?)",
                               (route, f"{hour:02d}:15", ["Tern", "Fulmar", "Petrel"][hour % 3], 120))


@contextmanager
def session(what: str):
    """A session and the time the disk takes; 503 when none comes free."""
    try:
        db = _sessions.get(timeout=WAIT_S)
    except queue.Empty:
        raise Problem(503, f"all {SESSIONS_MAX} sessions are taken") from None
    began = time.monotonic()
    try:
        time.sleep(random.uniform(0.002, 0.006))
        yield db
    finally:
        took = (time.monotonic() - began) * 1000
        _queries.add(took)
        if took > 250:
            app.log("WARN", f"slow statement in {what}: {took:.0f} ms")
        _sessions.put(db)


@app.route("GET", "/sailings")
def sailings(ask: dict):
    with session("sailings") as db:
        rows = db.execute("select departs, ship, places from sailings where route=?",
                          (ask["route"],)).fetchall()
    return 200, {"sailings": rows}


@app.route("GET", "/tariffs")
def tariffs(ask: dict):
    with session("tariffs") as db:
        row = db.execute("select pence from tariffs where route=?", (ask["route"],)).fetchone()
    return 200, {"pence": row[0] if row else None}


@app.route("POST", "/tickets")
def tickets(ask: dict):
    with session("tickets") as db:
        db.execute("insert or replace into tickets values(?,?,?,?)",
                   (ask["id"], ask["sailing"], ask["name"], ask["pence"]))
        db.execute("insert into jobs(ticket, trace, state) values(?,?,'new')",
                   (ask["id"], app.telemetry.current().header()))
    app.log("INFO", f"ticket {ask['id']} stored")
    return 200, {"id": ask["id"]}


@app.route("POST", "/jobs/claim")
def claim(ask: dict):
    with session("claim") as db:
        rows = db.execute("select id, ticket, trace from jobs where state='new' limit ?",
                          (ask["most"],)).fetchall()
        db.executemany("update jobs set state='taken' where id=?", [(row[0],) for row in rows])
    return 200, {"jobs": rows}


@app.route("POST", "/jobs/done")
def done(ask: dict):
    with session("done") as db:
        db.execute("delete from jobs where id=?", (ask["id"],))
    return 200, {}


def _depth() -> int:
    with session("depth") as db:
        return db.execute("select count(*) from jobs where state='new'").fetchone()[0]


gauge = app.telemetry.gauge
gauge("db_sessions_in_use", lambda: SESSIONS_MAX - _sessions.qsize())
gauge("db_sessions_max", lambda: SESSIONS_MAX)
gauge("db_query_duration_p99_ms", lambda: _queries.quantile(0.99))
gauge("queue_depth", _depth)
app.on_start.append(prepare)

if __name__ == "__main__":
    app.run()
