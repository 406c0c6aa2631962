"""Turns what was recorded into the files of a bundle, sampled to a fair size."""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from history import History, iso
from scenarios.model import Scenario
from scrape import Alert, Sample


@dataclass
class Recording:
    """Everything a bundle is made from."""
    scenario: Scenario
    began: float
    ended: float
    speed: float
    history: History
    telemetry: Path
    samples: list[Sample]
    alert: Alert
    onset: float
    deploys: list[dict] = field(default_factory=list)
    flags: list[dict] = field(default_factory=list)
    outside: list[dict] = field(default_factory=list)


def read_rows(folder: Path, kind: str) -> list[dict]:
    rows = []
    for path in sorted(folder.glob(f"*.{kind}.ndjson")):
        for line in path.read_text().splitlines():
            try:
                rows.append(json.loads(line))
            except ValueError:  # the last line of a process that was killed
                continue
    return rows


def sample_traces(spans: list[dict], first: str, last: str, bucket_s: float,
                  errors: int = 4, normal: int = 5) -> list[dict]:
    """Some failed and some good traces of every bucket, over the whole window.

    Good ones are taken in turn from the kinds of request, so that a rare kind
    is not drowned by the frequent one.
    """
    traces: dict[str, list[dict]] = defaultdict(list)
    for span in spans:
        traces[span["trace_id"]].append(span)
    buckets: dict[tuple[int, bool], dict[str, list[list[dict]]]] = defaultdict(lambda: defaultdict(list))
    for trace in traces.values():
        trace.sort(key=lambda span: span["start"])
        roots = [span for span in trace if span["parent_id"] is None]
        if len(roots) != 1 or roots[0]["start"] < first or trace[-1]["start"] > last:
            continue
        failed = any(span["status"] == "ERROR" for span in trace)
        bucket = int(_seconds(roots[0]["start"]) // bucket_s)
        buckets[bucket, failed][roots[0]["name"]].append(trace)
    kept: list[dict] = []
    draw = random.Random(7)
    for (_, failed), kinds in sorted(buckets.items()):
        piles = [draw.sample(pile, len(pile)) for _, pile in sorted(kinds.items())]
        room = errors if failed else normal
        while room and any(piles):
            for pile in piles:
                if pile and room:
                    kept += pile.pop()
                    room -= 1
    known = {span["span_id"] for span in kept}
    for span in kept:
        if span["parent_id"] and span["parent_id"] not in known:
            span["parent_missing"] = True
    return sorted(kept, key=lambda span: span["start"])


def sample_logs(logs: list[dict], first: str, last: str, bucket_s: float, traced: set[str],
                loud: int = 3, info: int = 2) -> list[dict]:
    """Warnings and errors up to a cap per template and bucket; some INFO of each service."""
    logs = sorted((row for row in logs if first <= row["timestamp"] <= last),
                  key=lambda row: row["timestamp"])
    kept, quiet, seen = [], defaultdict(list), defaultdict(int)
    for row in logs:
        bucket = int(_seconds(row["timestamp"]) // bucket_s)
        if row["severity_text"] == "INFO":
            if "takes requests" in row["msg"] or "drained" in row["msg"]:
                kept.append(row)
            else:
                quiet[bucket, row["service"]].append(row)
            continue
        template = re.sub(r"[0-9a-f]*\d[0-9a-f]*", "#", row["msg"])
        key = (bucket, row["service"], row["severity_text"], template)
        seen[key] += 1
        if seen[key] <= loud:
            kept.append(row)
    for rows in quiet.values():
        rows.sort(key=lambda row: row.get("trace_id") not in traced)
        kept += rows[:info]
    return sorted(kept, key=lambda row: row["timestamp"])


def _seconds(stamp: str) -> float:
    hours, minutes, seconds = stamp[11:-1].split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def truth_of(rec: Recording) -> dict:
    plan, shas = rec.scenario, rec.history.shas
    guilty = shas[plan.guilty_step] if plan.guilty_step else "none"
    deploy = None
    if plan.guilty_service:
        order = list(shas)
        deploy = next(row["timestamp"] for row in rec.deploys if row["service"] == plan.guilty_service
                      and order.index(_key(shas, row["commit_sha"])) >= order.index(plan.guilty_step))
    decoys = [{"commit_sha" if key in shas else "flag": shas.get(key, key.removeprefix("flag:")), "reason": why}
              for key, why in plan.decoys.items()]
    times = {"guilty_deploy": deploy, "outside": rec.outside or None,
             "onset": iso(rec.onset), "alert": iso(rec.alert.at)}
    return {"root_cause_commit": guilty, "first_failing_service": plan.first_failing_service,
            **({"external_dependency": plan.external_dependency} if plan.external_dependency else {}),
            "blast_radius": list(plan.blast_radius), "remediation": plan.remediation, "notes": plan.notes,
            "key_times": {key: value for key, value in times.items() if value}, "decoys": decoys}


def _key(shas: dict[str, str], sha: str) -> str:
    return next(key for key, value in shas.items() if value == sha)


def write(rec: Recording, out: Path) -> None:
    """All files of the bundle except its README."""
    (out / "context").mkdir(parents=True, exist_ok=True)
    first, last = iso(rec.began), iso(rec.ended)
    spans = sample_traces(read_rows(rec.telemetry, "spans"), first, last, 30 / rec.speed)
    traced = {span["trace_id"] for span in spans}
    logs = sample_logs(read_rows(rec.telemetry, "logs"), first, last, 10 / rec.speed, traced)
    rule = rec.alert.rule
    alert = {"service": rule.service, "metric": rule.metric, "threshold": rule.threshold,
             "observed": round(rec.alert.observed, 3), "fired_at": iso(rec.alert.at),
             "severity": rule.severity, "monitor": rule.monitor, "summary": rule.summary}
    _json(out / "alert.json", alert)
    (out / "traces.json").write_text("[\n" + ",\n".join(_line(row) for row in spans) + "\n]\n")
    (out / "logs.ndjson").write_text("".join(_line(row) + "\n" for row in logs))
    lines = [f"{iso(s.at)},{s.service},{s.metric},{round(s.value, 4):g}\n" for s in rec.samples
             if rec.began <= s.at <= rec.ended]
    (out / "metrics.csv").write_text("timestamp,service,metric,value\n" + "".join(lines))
    _json(out / "context" / "commits.json", rec.history.listing())
    _json(out / "context" / "deploys.json", rec.deploys)
    _json(out / "context" / "flags.json", rec.flags)
    _json(out / "truth.json", truth_of(rec))
    (out / "history.fast-export").write_bytes(rec.history.export())


def _line(row: dict) -> str:
    return json.dumps(row, ensure_ascii=False)


def _json(path: Path, value) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n")
