"""The README of a bundle: its story, its clock and its numbers, from the recording."""

from __future__ import annotations

from statistics import median

from bundle import Recording
from history import iso
from scenarios.model import Scenario

SYSTEM = """\
Tickets for island ferries. Travellers reach **gangway**, the edge. It asks
**timetable** for sailings, **fares** for quotes and **berths** for holds and
tickets. timetable and fares need the sea at the harbour from **crossings**,
which asks *tidecast*, a forecaster outside the company. berths needs fares for
the price. **manifest** is the storage (sqlite), **purser** prints boarding
passes in the background. All services share the library `ferrykit`.

```
gangway -> timetable -> crossings -> (tidecast)
        |            -> manifest
        -> fares     -> crossings, manifest
        -> berths    -> fares, manifest
           purser    -> manifest
```
"""


def readme(rec: Recording) -> str:
    minutes = (rec.ended - rec.began) / 60
    pace = "" if rec.speed == 1 else f" --speed {rec.speed:g}"
    return "\n".join([
        f"# {rec.scenario.name}", "", rec.scenario.story, "",
        "The answer is at the end of this page and in `truth.json`; try without them first.", "",
        "## The system", "", SYSTEM,
        "## Minute by minute", "",
        "Minutes count from the first scrape.", "",
        "| minute | UTC | what |", "|---:|---|---|", *_clock(rec), "",
        "## Before and after", "",
        "Medians before the first sign, and from the alert to the end (or to the outside recovery).", "",
        "| signal | before | after |", "|---|---:|---:|", *_numbers(rec), "",
        "## How it was recorded", "",
        f"`python3 examples/incidents/recorder/record.py {rec.scenario.name} OUT_DIR{pace}` "
        f"on {iso(rec.began)[:10]}, {minutes:.1f} minutes after the warm-up, scraped every {5 / rec.speed:g} s. "
        "Processes, requests, failures, commits and times are real; traces and logs are sampled over the "
        "whole window. `git init r && cd r && git fast-import < ../history.fast-export` rebuilds the "
        "repository of the system.", "",
        *answer(rec.scenario, rec.history.shas)])


def answer(plan: Scenario, shas: dict[str, str]) -> list[str]:
    """What was behind it, what was not, and what to do, in plain words."""
    guilty = f"commit `{shas[plan.guilty_step][:10]}`" if plan.guilty_step else "no commit"
    lines = ["## What was behind it", "", f"Guilty: {guilty}. First to fail: {plan.first_failing_service}; "
             f"hurt: {', '.join(plan.blast_radius)}.", "", plan.notes, "", f"What helps: {plan.remediation}", "",
             "Innocent, though they look suspicious (the same plan without its cause stays calm, see `--control`):", ""]
    for key, why in plan.decoys.items():
        name = f"commit `{shas[key][:10]}`" if key in shas else key.replace("flag:", "flag ")
        lines.append(f"- {name}: {why}")
    return [*lines, ""]


def _clock(rec: Recording) -> list[str]:
    rows: list[tuple[str, str]] = []
    for row in rec.deploys:
        rows.append((row["timestamp"], f"deploy of {row['service']} at `{row['commit_sha'][:10]}`"))
    first = [row for row in rows if row[0] < iso(rec.began)]
    rows = [row for row in rows if row not in first]
    if first:
        sha = rec.deploys[0]["commit_sha"][:10]
        rows.append((first[-1][0], f"all services have started at `{sha}`"))
    rows += [(row["timestamp"], f"flag {row['flag']} {row['change']}") for row in rec.flags]
    rows += [(row["timestamp"], f"(outside, nobody here knows) tidecast is {row['tidecast']}")
             for row in rec.outside]
    rows += [(iso(rec.onset), f"first failures: {rec.scenario.onset.summary}")]
    rule = rec.alert.rule
    rows += [(iso(rec.alert.at), f"alert `{rule.monitor}`: {rule.service} {rule.metric} "
                                 f"{rec.alert.observed:.4g} > {rule.threshold:g}")]
    rows += [(row["timestamp"], f"commit `{row['sha'][:10]}` {row['message'].splitlines()[0]}")
             for row in rec.history.listing() if row["timestamp"] >= iso(rec.began)]
    return [f"| {_minute(rec, at):+.1f} | {at[11:19]} | {text} |" for at, text in sorted(rows)]


def _minute(rec: Recording, stamp: str) -> float:
    hours, minutes, seconds = stamp[11:-1].split(":")
    there = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    since = there - rec.began % 86400
    return (since - 86400 if since > 43200 else since + 86400 if since < -43200 else since) / 60


def _numbers(rec: Recording) -> list[str]:
    calm = min([rec.onset, *(s for s in [_first_sign(rec)] if s)])
    well = [row["timestamp"] for row in rec.outside if row["tidecast"] == "well"]
    end = rec.began + _minute(rec, well[-1]) * 60 if well else rec.ended
    series: dict[tuple[str, str], tuple[list[float], list[float]]] = {}
    for s in rec.samples:
        if s.metric.endswith("_max") or not rec.began <= s.at <= rec.ended:
            continue
        before, after = series.setdefault((s.service, s.metric), ([], []))
        if s.at < calm:
            before.append(s.value)
        elif rec.alert.at <= s.at <= end:
            after.append(s.value)
    return [f"| {service} {metric} | {median(before):.4g} | {median(after):.4g} |"
            for (service, metric), (before, after) in sorted(series.items())
            if before and after and metric not in ("cpu_utilization", "memory_rss_mb")]


def _first_sign(rec: Recording) -> float | None:
    """The deploy that brought the defect, or the moment the outside failed."""
    plan = rec.scenario
    if plan.guilty_service:
        return next(rec.began + _minute(rec, row["timestamp"]) * 60 for row in rec.deploys
                    if row["service"] == plan.guilty_service and row["timestamp"] > iso(rec.began))
    return rec.began + _minute(rec, rec.outside[0]["timestamp"]) * 60 if rec.outside else None
