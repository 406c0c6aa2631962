"""The main job in one call."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from rca import _rca
from rca._batch import Batch, read
from rca._canvas import Canvas
from rca._common import OnProgress, Path, Settings, entity_of, moment, settings_text, watched, window_of
from rca._methods import analysis_of
from rca._record import load, plain_of
from rca._records import Analysis, Doctor, Entity, Event, TimeRange
from rca._review import Template, template_document
from rca._table import columns_of, is_table
from rca._workspace import Workspace


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Answer:
    """An answer, and what it rests on."""

    analysis: Analysis
    """Causes, evidence, timeline."""
    doctor: Doctor
    """What was read, what was not, and what is missing."""
    batch: Batch
    """Everything that was read, every entity under one name; of inputs larger than memory what matters of them."""
    findings: Batch
    """What the detectors saw, as events."""

    def to_markdown(self) -> str:
        """The report with the account of its inputs."""
        return f"{self.analysis.to_markdown()}\n{self.doctor.to_markdown()}"

    def canvas(self) -> Canvas:
        """A page to look around in: events, charts, logs, traces and diffs behind the answer."""
        return Canvas(_rca.canvas_html(self._loose()))

    def review(self, template: Template | str = "review") -> str:
        """A post-incident review: a `Template`, or the name of one that is built in (`review`, `summary`)."""
        return _rca.review(self._loose(), template_document(template))

    def to_pdf(self, *, created: datetime | None = None) -> bytes:
        """A document to print and hand on. Raises InvalidInputError where the feature `pdf` was not built."""
        return _rca.pdf(self._loose(), moment(created))

    def _loose(self) -> tuple[str, str, _rca.Batch, _rca.Batch]:
        doctor = json.dumps(plain_of(self.doctor))
        return self.analysis.to_json(), doctor, self.batch._inner, self.findings._inner

    def __repr__(self) -> str:
        return f"Answer({self.analysis!r})"

    def _repr_html_(self) -> str:
        return self.analysis._repr_html_() + self.doctor._repr_html_()


class Inquiry:
    """What to investigate: inputs of any format, and what people on call know beside them.

    `paths` are files and folders (a repository in them is read as such), or pairs of a path and the name of its format;
    `batches` are what was read elsewhere. `alert` is what people saw, in words; `at` when it was surely bad; `entity` the
    service that they complained about; `window` a range, a timedelta before the alarm, or a text such as `"2h"`. `memory`
    is about how many bytes telemetry may take (256 MB): inputs may be of any size, with the same answer.

    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "till.log").write_text("2026-05-04T09:00:00Z ERROR no paper\\n")
    >>> answer = rca.Inquiry(folder, alert="till prints nothing").run()
    >>> answer.analysis.symptom, answer.doctor.sources[0].read
    ('till prints nothing...', 1)
    """

    __slots__ = ("_inner",)

    def __init__(
        self,
        *paths: Path | tuple[Path, str],
        repositories: Iterable[Path] = (),
        batches: Iterable[Batch] = (),
        alert_files: Iterable[Path] = (),
        alert: str | None = None,
        at: datetime | None = None,
        entity: str | None = None,
        window: TimeRange | tuple[datetime, datetime] | timedelta | str | None = None,
        rules: Mapping[str, Any] | Path | None = None,
        memory: int | None = None,
        redact: bool = True,
        settings: Settings | None = None,
    ) -> None:
        files = [one if isinstance(one, tuple) else (one, None) for one in paths]
        before = window if isinstance(window, timedelta) else None
        text = window if isinstance(window, str) else None
        ends = None if isinstance(window, timedelta | str) else window_of(window)
        named = json.dumps(dict(rules)) if isinstance(rules, Mapping) else None
        self._inner = _rca.Inquiry(
            paths=files,
            repositories=list(repositories),
            batches=[batch._inner for batch in batches],
            alert_files=list(alert_files),
            alert=alert,
            at=moment(at),
            entity=entity,
            window=ends,
            before=before,
            window_text=text,
            rules=named,
            rules_file=None if isinstance(rules, Mapping) else rules,
            memory=memory,
            settings=settings_text(settings, redact=None if redact else False),
        )

    def run(self, *, progress: OnProgress | None = None) -> Answer:
        """Reads and judges, without a store."""
        return _answer(*self._inner.run(watched(progress)))

    def run_in(self, workspace: Workspace, *, progress: OnProgress | None = None) -> Answer:
        """Reads, keeps everything in a workspace as a new investigation, and judges there."""
        return _answer(*self._inner.run_in(workspace._inner, watched(progress)))

    def examine(self, *, progress: OnProgress | None = None) -> Doctor:
        """Reads, and says how it went, without judging."""
        return load(Doctor, json.loads(self._inner.examine(watched(progress))))


def _answer(analysis: str, doctor: str, batch: _rca.Batch, findings: _rca.Batch) -> Answer:
    return Answer(analysis_of(Analysis, analysis), load(Doctor, json.loads(doctor)), Batch(batch), Batch(findings))


def analyze_bundle(
    folder: Path, *, settings: Settings | None = None, progress: OnProgress | None = None
) -> Analysis:
    """Analyses an incident bundle (a folder of exported files) without a store.

    Raises NotFoundError when there is no such folder, InvalidInputError when it holds nothing that is known.
    """
    return analysis_of(Analysis, _rca.analyze_bundle(folder, settings_text(settings), watched(progress)))


def analyze_batch(
    batch: Batch,
    *,
    window: TimeRange | tuple[datetime, datetime] | None = None,
    symptom: str = "",
    frames: Iterable[Mapping[str, Any]] = (),
    weights: Mapping[str, float] | None = None,
    max_causes: int | None = None,
    code: Mapping[str, list[Entity | str]] | None = None,
) -> Analysis:
    """Ranks the causes of what was read, as it is: no store, no files, no clock.

    `frames` are code locations that somebody has (as in a `LogShift`), `weights`, `max_causes` and `code` say how to judge.

    >>> rca.analyze_batch(rca.Batch.of([])).verdict
    'nothing_to_blame'
    """
    owners = None if code is None else {at: [entity_of(one) for one in who] for at, who in code.items()}
    ends = window_of(window)
    settings = {"weights": None if weights is None else dict(weights), "max_causes": max_causes, "code": owners}
    beside = {
        "window": None if ends is None else {"start": ends[0], "end": ends[1]},
        "symptom": symptom,
        "frames": [dict(frame) for frame in frames],
        "settings": {name: value for name, value in settings.items() if value is not None},
    }
    return analysis_of(Analysis, _rca.analyze_batch(batch._inner, json.dumps(plain_of(beside))))


def analyze(
    *,
    alert: Any = None,
    metrics: Any = None,
    logs: Any = None,
    traces: Any = None,
    changes: Any = None,
    graph: Any = None,
    at: datetime | None = None,
    entity: str | None = None,
    window: TimeRange | tuple[datetime, datetime] | timedelta | str | None = None,
    rules: Mapping[str, Any] | Path | None = None,
    settings: Settings | None = None,
    progress: OnProgress | None = None,
) -> Analysis:
    """What broke first, which change did it, how sure: from whatever there is in memory or on disk.

    Each of `metrics`, `logs`, `traces` is anything `read` takes: a data frame, columns, records, a path, bytes. `alert` is
    what people saw in words, a record or a file of alerts, or an event. `changes` is a mapping of `commits`, `deploys`,
    `flags` (each anything `read` takes), a sequence of events, a batch, or a path, such as a repository. `graph` is pairs
    of (caller, callee), for systems without traces.

    >>> from datetime import datetime, timedelta, timezone
    >>> start = datetime(2026, 5, 4, 9, tzinfo=timezone.utc)
    >>> times = [start + timedelta(seconds=20 * step) for step in range(180)]
    >>> slow = [900 if step > 92 else 40 + step % 5 for step in range(180)]
    >>> waiting = [30 if step > 92 else step % 3 for step in range(180)]
    >>> diff = "--- a/till.toml\\n+++ b/till.toml\\n@@ -1 +1 @@\\n-pool_max_connections = 40\\n+pool_max_connections = 4\\n"
    >>> analysis = rca.analyze(
    ...     alert="till answers too late", entity="till", at=start + timedelta(minutes=33),
    ...     metrics={"timestamp": times * 2, "service": ["till"] * 360,
    ...              "metric": ["latency_p99_ms"] * 180 + ["db_pool_waiting"] * 180, "value": slow + waiting},
    ...     changes={
    ...         "commits": [{"sha": "4f1c0de9" * 5, "author": "ann", "timestamp": start, "message": "tidy settings",
    ...                      "files_changed": ["till.toml"], "diff": diff}],
    ...         "deploys": [{"service": "till", "timestamp": start + timedelta(minutes=30),
    ...                      "commit_sha": "4f1c0de9" * 5}]})
    >>> analysis.verdict, analysis.top_cause.sha[:8]
    ('change', '4f1c0de9')
    """
    batches: list[Batch] = []
    paths: list[Path] = []
    files: list[Path] = []
    words = alert if isinstance(alert, str) and not os.path.isfile(alert) else None
    if alert is not None and words is None:
        if isinstance(alert, str | os.PathLike):
            files.append(os.fspath(alert))
        else:
            batches.append(_one(alert, "alerts"))
    for name, source in (("metrics", metrics), ("logs", logs), ("traces", traces)):
        if isinstance(source, str | os.PathLike):
            paths.append(source)
        elif source is not None:
            batches.append(_one(source, name))
    for kind, source in _changes(changes):
        if isinstance(source, str | os.PathLike) and kind is None:
            paths.append(source)
        else:
            batches.append(_one(source, kind))
    if graph is not None:
        batches.append(_calls(graph, at, batches))
    inquiry = Inquiry(
        *paths,
        batches=batches,
        alert_files=files,
        alert=words,
        at=at,
        entity=entity,
        window=window,
        rules=rules,
        settings=settings,
    )
    return inquiry.run(progress=progress).analysis


def _one(source: Any, kind: str | None) -> Batch:
    """One input of a kind; tables and what has a format of its own tell by their columns and content."""
    if isinstance(source, Event):
        return Batch.of([source])
    if isinstance(source, Batch | bytes) or hasattr(source, "read"):
        return read(source)
    if is_table(source):
        return read(source, format=None if kind == "metrics" else kind, name=kind)
    return read(source, format=kind, name=kind)


def _changes(changes: Any) -> list[tuple[str | None, Any]]:
    if changes is None:
        return []
    if isinstance(changes, Mapping) and set(changes) <= {"commits", "deploys", "flags", "status"}:
        return list(changes.items())
    return [(None, changes)]


def _calls(graph: Any, at: datetime | None, batches: Sequence[Batch]) -> Batch:
    if is_table(graph):
        table = dict(columns_of(graph)) if isinstance(graph, Mapping) else None
        callers, callees = _ends(graph) if table is None else (table["caller"], table["callee"])
        graph = zip(callers, callees, strict=True)
    covered = [covers[0] for covers in (batch.covers for batch in batches) if covers is not None]
    start = min(covered, default=at or datetime.fromtimestamp(0, timezone.utc))
    return Batch(_rca.read_calls([(str(caller), str(callee)) for caller, callee in graph], start))


def _ends(graph: Any) -> tuple[list[Any], list[Any]]:
    def column(name: str) -> list[Any]:
        values = graph[name]
        found: list[Any] = values.to_pylist() if hasattr(values, "to_pylist") else list(values)
        return found

    return column("caller"), column("callee")


def rank(data: Any, inject_time: float | datetime | None = None, **_: Any) -> dict[str, list[str]]:
    """Ranks the columns of a wide table of metrics, most suspect first: a drop-in for benchmarks such as RCAEval.

    `data` has a column `time` and columns `<service>_<metric>`; samples before `inject_time` (seconds since 1970, or an
    aware datetime) are normal. Without it the normal part is searched for. Other keywords of such benchmarks are taken and
    left alone.

    >>> times = list(range(60))
    >>> noise = [step * 7 % 5 for step in times]
    >>> frame = {"time": times, "cart_cpu": noise, "cart_mem": noise, "till_mem": noise,
    ...          "till_cpu": [one + (90 if step > 40 else 0) for step, one in zip(times, noise)]}
    >>> rca.rank(frame, inject_time=40)["ranks"][0]
    'till_cpu'
    """
    if inject_time is None or isinstance(inject_time, datetime):
        since = moment(inject_time)
    else:
        since = _rca.parse_time(str(inject_time))
    return {"ranks": [name for name, _ in _rca.rank_columns(columns_of(data), since)]}


def rank_scores(data: Any, inject_time: float | datetime | None = None) -> list[tuple[str, float]]:
    """`rank` with the distance of each column from its normal range, in robust deviations."""
    since = inject_time if isinstance(inject_time, datetime) else None
    if isinstance(inject_time, int | float):
        since = _rca.parse_time(str(inject_time))
    return _rca.rank_columns(columns_of(data), moment(since))
