"""The engine from Python, and Python's own SQLite, on the events of a file (JSON lines). Arguments: what to do, the file, a
folder; for searches a file with a query a line.

arrow and objects take the events in; search asks for pages; sqlite and sqlite-search are the same with sqlite3 and FTS5.
"""

import json
import pathlib
import sqlite3
import sys

from cost import measure

work, file, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
BATCH = 10_000
SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS events (row INTEGER PRIMARY KEY, time TEXT, source TEXT, type TEXT, severity TEXT, entity TEXT,
  title TEXT, body TEXT, data TEXT, tags TEXT, source_id TEXT);
CREATE UNIQUE INDEX IF NOT EXISTS by_source_id ON events (source, source_id);
CREATE INDEX IF NOT EXISTS by_time ON events (time);
CREATE INDEX IF NOT EXISTS by_severity ON events (severity, time);
CREATE INDEX IF NOT EXISTS by_entity ON events (entity, time);
CREATE VIRTUAL TABLE IF NOT EXISTS texts USING fts5 (title, body, content='events', content_rowid='row');
"""


def batches(rows):
    return [rows[at : at + BATCH] for at in range(0, len(rows), BATCH)]


def arrow():
    import pyarrow.compute
    import pyarrow.json
    import rca

    table = pyarrow.json.read_json(file)
    entity = table["entity"]
    name = pyarrow.compute.struct_field(entity, "name")
    table = table.set_column(table.schema.get_field_index("entity"), "entity", name)
    fields = "timestamp source event_type severity entity title body data tags source_id"
    table = table.select(fields.split())
    with rca.Workspace(folder) as workspace:
        measure(lambda: (workspace.ingest(table), workspace.refresh()))


def objects():
    import rca

    with open(file, encoding="utf-8") as lines:
        events = batches([rca.Event.from_dict(json.loads(line)) for line in lines])
    with rca.Workspace(folder) as workspace:
        measure(lambda: ([workspace.ingest(batch) for batch in events], workspace.refresh()))


def row(event):
    names = ("timestamp", "source", "event_type", "severity")
    texts = [event.get("entity", {}).get("name"), event["title"], event["body"], json.dumps(event["data"])]
    return (*(event[name] for name in names), *texts, " ".join(event["tags"]), event["source_id"])


def connect():
    connection = sqlite3.connect(folder / "peer.sqlite", isolation_level=None)
    connection.executescript(SCHEMA)
    return connection


def take(connection, rows):
    connection.execute("BEGIN")
    for one in rows:
        done = connection.execute("INSERT OR IGNORE INTO events VALUES (NULL,?,?,?,?,?,?,?,?,?,?)", one)
        connection.execute("INSERT INTO texts (rowid, title, body) VALUES (?,?,?)", (done.lastrowid, one[5], one[6]))
    connection.execute("COMMIT")


def sqlite():
    with open(file, encoding="utf-8") as lines:
        rows = batches([row(json.loads(line)) for line in lines])
    connection = connect()
    measure(lambda: [take(connection, batch) for batch in rows])


def queries():
    with open(sys.argv[4], encoding="utf-8") as lines:
        return lines.read().splitlines()


def search():
    import rca

    asked = queries()
    with rca.Workspace(folder, read_only=True) as workspace:
        for query in asked:
            workspace.search(query, count=False)
        measure(lambda: [workspace.search(query, count=False) for query in asked])


def search_read():
    import rca

    asked = queries()
    with rca.Workspace(folder, read_only=True) as workspace:
        for query in asked:
            workspace.search(query, count=False)
        measure(lambda: [[hit.id for hit in workspace.search(query, count=False)] for query in asked])


def sqlite_search():
    asked = queries()
    connection = connect()
    best = "SELECT rowid, snippet(texts, -1, '[', ']', '', 16) FROM texts WHERE texts MATCH ? ORDER BY rank LIMIT 20"
    measure(lambda: [connection.execute(best, (query,)).fetchall() for query in asked])


{
    "arrow": arrow,
    "objects": objects,
    "sqlite": sqlite,
    "search": search,
    "search-read": search_read,
    "sqlite-search": sqlite_search,
}[work]()
