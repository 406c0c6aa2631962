#!/usr/bin/env python3
"""Record an incident of the ferry company: python3 record.py SCENARIO OUT_DIR

Starts eight processes on free loopback ports, sends travellers, commits and
deploys on a clock, scrapes, and writes a bundle. Nothing leaves the machine.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import replace
from pathlib import Path

import bundle
import report
import scenarios
from history import History, HistoryError, iso
from scenarios.model import RULES, Deploy, Flag, Outside, Scenario, Step
from scrape import Scraper, breach
from supervisor import HERE, SERVICES, Supervisor, SupervisorError

WARM_UP_S = 75.0
SCRAPE_S = 5.0


class NoIncident(Exception):
    """The recording ended and no monitor had fired."""


class Recorder:
    def __init__(self, plan: Scenario, speed: float, rate: float, work: Path) -> None:
        self.plan, self.speed, self.rate, self.work = plan, speed, rate, work
        self.zero = time.time() + WARM_UP_S / speed + 3
        self.history = History(work / "repository")
        self.system = Supervisor(work, speed)
        self.load: subprocess.Popen | None = None
        self.scraper: Scraper | None = None
        self.flags: dict[str, bool] = {}
        self.deploys: list[dict] = []
        self.flag_rows: list[dict] = []
        self.outside_rows: list[dict] = []

    def at(self, minute: float) -> float:
        """The wall clock of a minute of the plan; the past is never squeezed."""
        return self.zero + minute * 60 / (self.speed if minute > 0 else 1)

    def tell(self, text: str) -> None:
        minute = (time.time() - self.zero) * self.speed / 60
        print(f"[{minute:+6.2f} min] {text}", file=sys.stderr, flush=True)

    def run(self) -> float:
        """Play the whole plan; the time at which the recording ended."""
        past = [step for step in self.plan.steps if step.minute < 0]
        for step in past:
            self.commit(step)
        self.tell(f"{len(past)} commits made, starting the system")
        self.system.start_outside()
        for name in SERVICES:
            self.deploy(Deploy(0, name, self.plan.start_step), quiet=True)
        self.load = subprocess.Popen(
            [sys.executable, str(HERE / "loadgen.py"), str(self.system.ports["gangway"]),
             "--rate", str(self.rate), "--speed", str(self.speed)], start_new_session=True)
        self.tell("travellers arrive; warming up")
        self.wait_until(self.zero)
        ports = {name: self.system.ports[name] for name in SERVICES}
        self.scraper = Scraper(ports, SCRAPE_S / self.speed, RULES, self.tell)
        self.scraper.start()
        coming = [step for step in self.plan.steps if step.minute >= 0]
        for item in sorted([*coming, *self.plan.events], key=lambda item: item.minute):
            self.wait_until(self.at(item.minute))
            self.play(item)
        ended = self.at(self.plan.minutes)
        self.wait_until(ended)
        self.scraper.stop()
        return ended

    def wait_until(self, moment: float) -> None:
        told = time.time()
        while (left := moment - time.time()) > 0:
            self.system.check()
            if self.load and self.load.poll() is not None:
                raise SupervisorError("the load generator went away")
            if time.time() - told > 60:
                told = time.time()
                self.tell("recording")
            time.sleep(min(left, 1.0))

    def play(self, item: Step | Deploy | Flag | Outside) -> None:
        if isinstance(item, Step):
            self.commit(item)
            self.tell(f"commit {self.history.shas[item.key][:10]} {item.message.splitlines()[0]}")
        elif isinstance(item, Deploy):
            self.deploy(item)
        elif isinstance(item, Flag):
            self.flags[item.name] = item.on
            self.system.set_flags(self.flags)
            change = "off->on" if item.on else "on->off"
            self.flag_rows.append({"timestamp": iso(time.time()), "flag": item.name, "service": item.service,
                                   "change": change, "actor": item.actor})
            self.tell(f"flag {item.name} {change}")
        else:
            ask = urllib.request.Request(f"http://127.0.0.1:{self.system.ports['tidecast']}/mood",
                                         json.dumps({"mood": item.mood}).encode())
            urllib.request.urlopen(ask, timeout=5).close()
            self.outside_rows.append({"timestamp": iso(time.time()), "tidecast": item.mood})
            self.tell(f"tidecast is {item.mood}")

    def commit(self, step: Step) -> None:
        self.history.commit(step, self.at(step.minute))

    def deploy(self, item: Deploy, quiet: bool = False) -> None:
        sha = self.history.shas[item.step]
        release = self.work / "releases" / f"{item.service}-{len(self.deploys)}"
        self.history.check_out(sha, release)
        version = f"{item.service}-{sha[:8]}"
        at = self.system.deploy(item.service, release, version)
        self.deploys.append({"timestamp": iso(at), "service": item.service,
                             "commit_sha": sha, "version": version})
        if not quiet:
            self.tell(f"deploy {version}")

    def result(self, ended: float) -> bundle.Recording:
        if self.scraper.alert is None:
            raise NoIncident("no monitor fired during the recording; was the load too small?")
        rule = self.plan.onset
        found = breach(self.scraper.series(rule.service, rule.metric), rule)
        if found is None:
            raise NoIncident(f"{rule.service} {rule.metric} never went above {rule.threshold:g}")
        return bundle.Recording(self.plan, self.zero, ended, self.speed, self.history, self.system.out,
                                self.scraper.samples, self.scraper.alert, found[0],
                                self.deploys, self.flag_rows, self.outside_rows)

    def close(self) -> None:
        if self.scraper:
            self.scraper.stop()
        if self.load and self.load.poll() is None:
            self.load.terminate()
            try:
                self.load.wait(10)
            except subprocess.TimeoutExpired:
                self.load.kill()
        self.system.close()


def without_cause(plan: Scenario) -> Scenario:
    """The same plan with all its decoys, but nothing that does harm.

    That it stays calm is the proof that the decoys are innocent.
    """
    return replace(plan, steps=tuple(step for step in plan.steps if step.key != plan.guilty_step),
                   events=tuple(event for event in plan.events if not isinstance(event, Outside)))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Scenarios: " + ", ".join(scenarios.NAMES))
    parser.add_argument("scenario", choices=sorted(scenarios.NAMES), metavar="SCENARIO")
    parser.add_argument("out_dir", type=Path, nargs="?", metavar="OUT_DIR",
                        help="folder of the bundle; made if missing")
    parser.add_argument("--overwrite", action="store_true", help="replace a bundle that is in OUT_DIR")
    parser.add_argument("--control", action="store_true",
                        help="play the plan without its cause: all decoys, no bundle; no monitor may fire")
    pace = parser.add_mutually_exclusive_group()
    pace.add_argument("--speed", type=float, default=1.0,
                      help="play the plan this much faster, 0.5 to 8 (default 1: real time)")
    pace.add_argument("--minutes", type=float, help="play the whole plan in this many minutes")
    parser.add_argument("--rate", type=float, default=4.0, help="travellers a second (default 4)")
    parser.add_argument("--keep-work", type=Path, metavar="DIR",
                        help="keep everything that was recorded, unsampled, in DIR")
    args = parser.parse_args()
    if args.minutes is not None:
        args.speed = scenarios.load(args.scenario).minutes / max(args.minutes, 0.1)
    if not 0.5 <= args.speed <= 8:
        parser.error("the speed must lie between 0.5 and 8")
    if not 1 <= args.rate <= 20:
        parser.error("the rate must lie between 1 and 20")
    if args.out_dir is None and not args.control:
        parser.error("OUT_DIR is missing")
    if args.out_dir and args.out_dir.is_file():
        parser.error(f"{args.out_dir} is a file, not a folder")
    if args.out_dir and args.out_dir.exists() and any(args.out_dir.iterdir()) and not args.overwrite:
        parser.error(f"{args.out_dir} is not empty; --overwrite replaces what is in it")
    if args.keep_work and args.keep_work.exists():
        parser.error(f"{args.keep_work} exists already")
    return args


def main() -> int:
    args = arguments()
    if not shutil.which("git"):
        print("git is needed to make the system's repository", file=sys.stderr)
        return 2
    plan = scenarios.load(args.scenario)
    work = args.keep_work or Path(tempfile.mkdtemp(prefix="ferryline-"))
    work.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    recorder = None
    try:
        recorder = Recorder(without_cause(plan) if args.control else plan, args.speed, args.rate, work)
        ended = recorder.run()
        if args.control:
            fired = recorder.scraper.alert
            recorder.tell("a monitor fired without the cause" if fired else "calm: no monitor fired")
            return 1 if fired else 0
        recording = recorder.result(ended)
        bundle.write(recording, args.out_dir)
        (args.out_dir / "README.md").write_text(report.readme(recording))
        recorder.tell(f"bundle written to {args.out_dir}")
        return 0
    except KeyboardInterrupt:
        print("stopped; no bundle was written", file=sys.stderr)
        return 130
    except (SupervisorError, HistoryError, NoIncident, OSError) as error:
        print(f"recording failed: {error}", file=sys.stderr)
        return 1
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if recorder:
            recorder.close()
        if not args.keep_work:
            shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
