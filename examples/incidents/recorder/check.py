#!/usr/bin/env python3
"""Check a recorded bundle: python3 check.py DIR

Looks at what a reader of the bundle will rely on: files parse, times are in
order and inside the window, spans have their parents, commits are those of the
real repository, the truth fits the clock. Prints `N passed, N failed`.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from datetime import datetime
from pathlib import Path

STAMP = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
FILE_MAX, TOTAL_MAX, COMMITS_MIN = 900_000, 1_500_000, 18
LEVELS = {"DEBUG", "INFO", "WARN", "ERROR"}
SLACK_S = 10.0


def when(stamp: str) -> float:
    return datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp()


class Report:
    """Counts checks and names those that fail."""

    def __init__(self) -> None:
        self.passed = self.failed = 0

    def check(self, what: str, problems: list | bool) -> None:
        """A list of problems (empty is good), or a plain truth value."""
        good = problems if isinstance(problems, bool) else not problems
        if good:
            self.passed += 1
            return
        self.failed += 1
        print(f"FAILED {what}")
        for problem in ([] if isinstance(problems, bool) else problems[:5]):
            print(f"       {problem}")


class Bundle:
    """The files, parsed. Raises ValueError or OSError when one is not readable."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.alert = self._json("alert.json")
        self.traces: list[dict] = self._json("traces.json")
        self.truth = self._json("truth.json")
        self.commits: list[dict] = self._json("context/commits.json")
        self.deploys: list[dict] = self._json("context/deploys.json")
        self.flags: list[dict] = self._json("context/flags.json")
        self.logs = [json.loads(line) for line in (path / "logs.ndjson").read_text().splitlines()]
        with open(path / "metrics.csv", newline="") as file:
            self.metrics = list(csv.DictReader(file))
        for row in self.metrics:
            row["value"] = float(row["value"])
        self.first = when(self.metrics[0]["timestamp"])
        self.last = when(self.metrics[-1]["timestamp"])
        self.order = {row["sha"]: number for number, row in enumerate(self.commits)}

    def _json(self, name: str):
        return json.loads((self.path / name).read_text())

    def outside(self, rows: list[dict], key: str) -> list[str]:
        low, high = self.first - SLACK_S, self.last + SLACK_S
        return [row[key] for row in rows if not low <= when(row[key]) <= high]


def check_sizes(bundle: Bundle, report: Report) -> None:
    files = [path for path in bundle.path.rglob("*") if path.is_file()]
    report.check("no file is too large", [f"{p.name} {p.stat().st_size}" for p in files if p.stat().st_size > FILE_MAX])
    total = sum(path.stat().st_size for path in files)
    report.check(f"the bundle is small enough ({total} bytes)", total <= TOTAL_MAX)
    private = re.compile(r"(?<![\w.:/])/(?:work|home|tmp|root|usr|Users|mnt)/")
    report.check("no paths of a machine", [f"{p.name}: {found.group()}" for p in files
                                           if (found := private.search(p.read_text()))])


def check_times(bundle: Bundle, report: Report) -> None:
    kinds = {"metrics": (bundle.metrics, "timestamp"), "logs": (bundle.logs, "timestamp"),
             "traces": (bundle.traces, "start"), "deploys": (bundle.deploys, "timestamp"),
             "flags": (bundle.flags, "timestamp"), "commits": (bundle.commits, "timestamp")}
    for kind, (rows, key) in kinds.items():
        report.check(f"{kind}: there are some", bool(rows))
        stamps = [row[key] for row in rows]
        report.check(f"{kind}: UTC with milliseconds", [s for s in stamps if not STAMP.match(s)])
        report.check(f"{kind}: in order of time", [b for a, b in zip(stamps, stamps[1:]) if b < a])
    report.check("logs lie inside the window", bundle.outside(bundle.logs, "timestamp"))
    report.check("spans lie inside the window", bundle.outside(bundle.traces, "start"))
    report.check("flags lie inside the window", bundle.outside(bundle.flags, "timestamp"))
    report.check("the alert lies inside the window", bundle.first < when(bundle.alert["fired_at"]) <= bundle.last)
    report.check("nothing is dated after the window",
                 [row["timestamp"] for row in bundle.commits + bundle.deploys
                  if when(row["timestamp"]) > bundle.last + SLACK_S])


def check_metrics(bundle: Bundle, report: Report) -> None:
    series: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for row in bundle.metrics:
        series[row["service"], row["metric"]].append((when(row["timestamp"]), row["value"]))
    report.check("at least five services have metrics", len({service for service, _ in series}) >= 5)
    rounds = len({row["timestamp"] for row in bundle.metrics})
    pace = (bundle.last - bundle.first) / max(rounds - 1, 1)
    gaps = [f"{key} {b - a:.1f} s" for key, rows in series.items() if not key[1].endswith("_max")
            for (a, _), (b, _) in zip(rows, rows[1:]) if b - a > 5 * pace]
    report.check("no series has a gap", gaps)
    alert = bundle.alert
    rows = series.get((alert["service"], alert["metric"]), [])
    near = [value for at, value in rows if abs(at - when(alert["fired_at"])) < pace]
    report.check("the alert can be seen in its metric", any(value > alert["threshold"] for value in near))
    calm = [value for at, value in rows if at < when(bundle.truth["key_times"]["onset"]) - 60]
    report.check("its metric is calm before the onset",
                 sum(value > alert["threshold"] for value in calm) <= 0.02 * len(calm))


def check_telemetry(bundle: Bundle, report: Report) -> None:
    spans = {span["span_id"]: span for span in bundle.traces}
    report.check("span ids are unique", len(spans) == len(bundle.traces))
    report.check("every parent is there or marked",
                 [span["span_id"] for span in bundle.traces if span["parent_id"]
                  and span["parent_id"] not in spans and not span.get("parent_missing")])
    pairs = [(span, spans[span["parent_id"]]) for span in bundle.traces if span["parent_id"] in spans]
    report.check("a span and its parent share the trace",
                 [child["span_id"] for child, above in pairs if child["trace_id"] != above["trace_id"]])
    report.check("no span begins before its parent",
                 [child["span_id"] for child, above in pairs if when(child["start"]) < when(above["start"]) - 0.002])
    report.check("status and duration are sane",
                 [span["span_id"] for span in bundle.traces
                  if span["status"] not in ("OK", "ERROR") or span["duration_ms"] < 0])
    onset = when(bundle.truth["key_times"]["onset"])
    report.check("good traces before and after the onset", {True, False} <= {
        when(span["start"]) < onset for span in bundle.traces if span["status"] == "OK" and not span["parent_id"]})
    report.check("failed traces after the onset", any(
        span["status"] == "ERROR" and when(span["start"]) > onset for span in bundle.traces))
    report.check("log levels are known", [row for row in bundle.logs if row["severity_text"] not in LEVELS])
    report.check("logs name a service and say something",
                 [row for row in bundle.logs if not row.get("service") or not row.get("msg")])
    report.check("INFO before and after the onset", {True, False} <= {
        when(row["timestamp"]) < onset for row in bundle.logs if row["severity_text"] == "INFO"})


def check_history(bundle: Bundle, report: Report) -> None:
    report.check(f"at least {COMMITS_MIN} commits", len(bundle.commits) >= COMMITS_MIN)
    report.check("several authors", len({row["author"] for row in bundle.commits}) >= 3)
    report.check("every commit has a diff", [row["sha"] for row in bundle.commits if not row["diff"]])
    report.check("deployed commits are known",
                 [row["commit_sha"] for row in bundle.deploys if row["commit_sha"] not in bundle.order])
    clean = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        clean.pop(name, None)
    with tempfile.TemporaryDirectory() as folder:
        def git(*args: str, data: bytes | None = None) -> str:
            done = subprocess.run(["git", "-C", folder, *args], input=data, env=clean, capture_output=True)
            return done.stdout.decode() if done.returncode == 0 else f"git {args[0]} failed"
        git("init", "-q", "-b", "main")
        git("fast-import", "--quiet", data=(bundle.path / "history.fast-export").read_bytes())
        report.check("the export holds exactly these commits",
                     git("rev-list", "--reverse", "main").split() == list(bundle.order))
        report.check("the diffs are those of the repository",
                     [row["sha"] for row in bundle.commits
                      if git("show", "--format=", "--no-color", row["sha"]) != row["diff"]])


def check_truth(bundle: Bundle, report: Report) -> None:
    truth, times = bundle.truth, bundle.truth["key_times"]
    services = {row["service"] for row in bundle.metrics}
    report.check("the truth names services of the system",
                 [name for name in [truth["first_failing_service"], *truth["blast_radius"]] if name not in services])
    report.check("the alert comes after the onset", when(times["onset"]) < when(times["alert"]))
    report.check("the alert is the one of the truth", times["alert"] == bundle.alert["fired_at"])
    report.check("decoys exist", [row for row in truth["decoys"]
                                  if row.get("commit_sha", next(iter(bundle.order))) not in bundle.order
                                  or "flag" in row and row["flag"] not in {f["flag"] for f in bundle.flags}])
    guilty = truth["root_cause_commit"]
    if guilty == "none":
        report.check("an outside cause is named", bool(truth.get("external_dependency")))
        report.check("deploys lie near the onset", any(
            0 < when(times["onset"]) - when(row["timestamp"]) < 240 for row in bundle.deploys))
        return
    report.check("the guilty commit is in the history", guilty in bundle.order)
    report.check("the guilty commit is no decoy", guilty not in {row.get("commit_sha") for row in truth["decoys"]})
    carried = [row for row in bundle.deploys if guilty in bundle.order
               and bundle.order[row["commit_sha"]] >= bundle.order[guilty]]
    report.check("the guilty commit was deployed before the onset",
                 bool(carried) and carried[0]["timestamp"] == times["guilty_deploy"]
                 and when(times["guilty_deploy"]) < when(times["onset"]))
    report.check("the alert is not on the service of that deploy",
                 bool(carried) and carried[0]["service"] != bundle.alert["service"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dir", type=Path, metavar="DIR", help="folder of a bundle")
    path = parser.parse_args().dir
    report = Report()
    try:
        bundle = Bundle(path)
    except (OSError, ValueError, KeyError, IndexError) as error:
        print(f"FAILED the files can be read: {error!r}")
        print("0 passed, 1 failed")
        return 1
    report.check("the files can be read", True)
    for look in (check_sizes, check_times, check_metrics, check_telemetry, check_history, check_truth):
        try:
            look(bundle, report)
        except (KeyError, ValueError, TypeError) as error:
            report.check(f"{look.__name__} runs: {error!r}", False)
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
