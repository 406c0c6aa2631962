"""Reading: files, bytes, tables, repositories, webhooks."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from rca import _rca
from rca._common import OnProgress, Path, Settings, events_of, events_text, moment, settings_text, watched
from rca._record import load, plain_of
from rca._records import Doctor, Entity, Event
from rca._results import ReadReport
from rca._table import Table, columns_of, is_table

_PAGE = 2048


class Batch:
    """What was read: events, telemetry, and an account of the reading. Never changes; `+` joins two.

    >>> batch = rca.read(b'[{"timestamp": "2026-05-04T09:00:00Z", "service": "till", "version": "7"}]',
    ...                  name="deploys.json")
    >>> batch
    Batch(1 events, 0 samples, 0 spans, 0 log records)
    >>> [event.title for event in batch.events()], batch.report.inputs[0].format
    (['deploy of till 7'], 'deploys')
    """

    __slots__ = ("_inner",)

    def __init__(self, inner: _rca.Batch) -> None:
        self._inner = inner

    @classmethod
    def of(cls, events: Iterable[Event] | Any) -> Batch:
        """A batch of events made by hand, or of a table of events as `Workspace.ingest` takes it."""
        if is_table(events):
            return cls(_rca.batch_of_table(columns_of(events)))
        return cls(_rca.Batch.of_events(events_text(events)))

    @classmethod
    def join(cls, batches: Iterable[Batch]) -> Batch:
        """Everything of several batches, in canonical order."""
        return cls(_rca.Batch.joined([batch._inner for batch in batches]))

    def __add__(self, other: Batch) -> Batch:
        return Batch.join([self, other])

    def resolved(self, rules: Mapping[str, Any] | None = None) -> Batch:
        """The same with every entity under one name; `rules` as in a rules file."""
        return Batch(self._inner.resolved(json.dumps(rules or {})))

    def events(self) -> Iterator[Event]:
        """Its events."""
        for at in range(0, self._inner.event_count(), _PAGE):
            yield from events_of(self._inner.events(at, _PAGE))

    @property
    def report(self) -> ReadReport:
        """What was read and what was not."""
        return load(ReadReport, json.loads(self._inner.report()))

    @property
    def entities(self) -> tuple[Entity, ...]:
        """Everything that it is about."""
        return tuple(load(Entity, one) for one in json.loads(self._inner.entities()))

    @property
    def covers(self) -> tuple[datetime, datetime] | None:
        """From the first to the last moment in it."""
        return self._inner.covers()

    def examine(self) -> Doctor:
        """What is missing in it, and what to do about that."""
        return load(Doctor, json.loads(self._inner.examine()))

    def metrics(self) -> Table:
        """Samples: timestamp, service, metric, value."""
        return Table(self._inner.table("metrics"))

    def logs(self) -> Table:
        """Log records: timestamp, service, severity, message, trace_id, span_id."""
        return Table(self._inner.table("logs"))

    def spans(self) -> Table:
        """Spans: start, duration_ns, trace_id, span_id, parent_id, service, name, status."""
        return Table(self._inner.table("spans"))

    def events_table(self) -> Table:
        """Events, a row each."""
        return Table(self._inner.table("events"))

    def events_csv(self) -> str:
        """Events as comma-separated values, by time, for a spreadsheet: nothing in it runs as a formula.

        >>> print(rca.Batch.of([]).events_csv())
        timestamp,source,event_type,severity,entity_kind,entity,title,tags,body,id
        """
        return self._inner.events_csv()

    def __repr__(self) -> str:
        samples, spans, records = self._inner.signal_counts()
        return f"Batch({self._inner.event_count()} events, {samples} samples, {spans} spans, {records} log records)"


def read(
    source: Any,
    *,
    name: str | None = None,
    format: str | None = None,
    columns: Mapping[str, str] | None = None,
    settings: Settings | None = None,
    progress: OnProgress | None = None,
) -> Batch:
    """Reads anything: a path (file or folder), bytes, a file object, a table, or records as dicts.

    The format is told by content, or said with `format` (see `formats`). `columns` says which column of a table is the
    `time`, `entity`, `metric`, `value`, `message` or `severity`, where the names do not tell. Bad records are counted in
    the report; they are no errors.

    >>> rca.read({"time": [1, 2], "till_cpu": [0.1, 0.2], "cart_cpu": [0.1, 0.1],
    ...           "till_mem": [1, 1], "cart_mem": [1, 1]})
    Batch(0 events, 8 samples, 0 spans, 0 log records)
    >>> rca.read([{"timestamp": "2026-05-04T09:00:00Z", "service": "till", "message": "no paper"}], format="logs")
    Batch(0 events, 0 samples, 0 spans, 1 log records)
    """
    text, call = settings_text(settings), watched(progress)
    if isinstance(source, Batch):
        return source
    if isinstance(source, str | os.PathLike):
        if columns is None:
            return Batch(_rca.read_files([source], format, text, call))
        with open(source, "rb") as file:
            return Batch(_rca.read_bytes(name or os.fspath(source), file.read(), None, json.dumps(dict(columns)), text, call))
    if is_table(source):
        named = None if columns is None else dict(columns)
        inner = _rca.read_frame(
            columns_of(source), name=name or "table", format=format, columns=named, settings=text, progress=call
        )
        return Batch(inner)
    if hasattr(source, "read"):
        name = name or str(getattr(source, "name", "input"))
        source = source.read()
    if isinstance(source, str):
        source = source.encode()
    if isinstance(source, bytes | bytearray | memoryview):
        roles = None if columns is None else json.dumps(dict(columns))
        return Batch(_rca.read_bytes(name or "input", bytes(source), format, roles, text, call))
    records = [source] if isinstance(source, Mapping) else list(source)
    if records and all(isinstance(one, Event) for one in records):
        return Batch.of(one for one in records if isinstance(one, Event))
    body = json.dumps(records, default=_plain).encode()
    return Batch(_rca.read_bytes(name or "records", body, format, None, text, call))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if hasattr(value, "item"):  # a number of numpy's
        return value.item()
    return str(value)


def read_paths(
    paths: Sequence[Path],
    *,
    format: str | None = None,
    settings: Settings | None = None,
    progress: OnProgress | None = None,
) -> Batch:
    """Reads files and folders into one batch."""
    return Batch(_rca.read_files(list(paths), format, settings_text(settings), watched(progress)))


def read_bundle(
    folder: Path, *, settings: Settings | None = None, progress: OnProgress | None = None
) -> Batch:
    """Reads an incident bundle: `alert.json`, `logs.ndjson`, `metrics.csv`, `traces.json`, `context/commits.json` ..."""
    return Batch(_rca.read_bundle(folder, settings_text(settings), watched(progress)))


def read_git(
    path: Path,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    most: int | None = None,
    tips: Sequence[str] | None = None,
    settings: Settings | None = None,
    progress: OnProgress | None = None,
) -> Batch:
    """Reads the commits of a local repository, from what is checked out or from `tips` (branches, tags, hashes)."""
    wanted = {"since": since, "until": until, "max_commits": most, "tips": None if tips is None else list(tips)}
    return Batch(_rca.read_git(path, json.dumps(plain_of(wanted)), settings_text(settings), watched(progress)))


def git_diff(path: Path, sha: str) -> str:
    """What a commit changes, as a unified diff."""
    return _rca.git_diff(path, sha)


def read_delivery(
    headers: Mapping[str, str],
    body: bytes,
    *,
    received: datetime | None = None,
    settings: Settings | None = None,
) -> Batch:
    """Reads a webhook as it came."""
    at = moment(received) or datetime.now(timezone.utc)
    return Batch(_rca.read_delivery(list(headers.items()), body, at, settings_text(settings)))


def verify_signature(secret: bytes, body: bytes, signature: str) -> None:
    """Raises InvalidInputError unless a webhook's signature (HMAC-SHA-256) is that of its sender.

    >>> import hashlib, hmac
    >>> signature = "sha256=" + hmac.new(b"key", b"{}", hashlib.sha256).hexdigest()
    >>> rca.verify_signature(b"key", b"{}", signature)
    >>> rca.verify_signature(b"other", b"{}", signature)
    Traceback (most recent call last):
    rca._errors.InvalidInputError: ...
    """
    _rca.verify_signature(secret, body, signature)


def formats() -> dict[str, str]:
    """Names of all formats with what they are.

    >>> rca.formats()["junit"]
    'test reports in JUnit XML...'
    """
    return dict(_rca.formats())


def parse_time(text: str) -> datetime:
    """A moment as people and programs write it: RFC 3339, seconds since 1970, ...

    >>> rca.parse_time("1700000000")
    datetime.datetime(2023, 11, 14, 22, 13, 20, tzinfo=datetime.timezone.utc)
    """
    return _rca.parse_time(text)
