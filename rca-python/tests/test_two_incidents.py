"""The whole story: an incident that resembles one of six weeks ago is recognised, worked in the page, and moves away whole."""

import itertools
import json
import pathlib
import re
from datetime import datetime, timedelta, timezone

import pytest
from conftest import GOLDEN

import rca

START = datetime(2026, 1, 5, 9, tzinfo=timezone.utc)
WEEKS = timedelta(weeks=6)
REMEDY = "forty connections again, and an alert on waiting"


def incident(workspace: rca.Workspace, clock: rca.ManualClock, number: int, title: str) -> rca.Investigation:
    """A pool of ledger is cut, goes out, and bookings hang; forty minutes later somebody is woken."""
    start, sha = clock.now(), f"{number}0" * 20
    diff = "--- a/ledger/settings.toml\n+++ b/ledger/settings.toml\n@@ -1 +1 @@\n-pool_max_connections = 40\n+pool_max_connections = 4\n"
    workspace.ingest([
        rca.Event.new(start, "git", "commit", f"ledger: settings {number}", source_id=sha,
                      data={"vcs.ref.head.revision": sha, "vcs.changed_files": ["ledger/settings.toml"], "vcs.diff": diff}),
        rca.Event.new(start + timedelta(minutes=20), "deploy", "deploy", f"ledger {number} goes out", service="ledger",
                      source_id=f"deploy-{number}", data={"vcs.ref.head.revision": sha}),
        rca.Event.new(start + timedelta(minutes=40), "alert", "alert", title, service="ledger", severity="critical"),
    ])
    clock.advance(timedelta(hours=1))
    case = workspace.investigate(
        title, (start, start + timedelta(hours=1)), service="ledger",
        description="no connection from the pool: all connections are busy",
    )
    workspace.analyze(case)
    return case


def saved(shown: rca.Investigation) -> str:
    """What the page saves when somebody works in it, as its test in a browser keeps it."""
    text = (GOLDEN / "story_edits.json").read_text()
    for name, known in [("INVESTIGATION", shown.id), ("NOTE", shown.notes[0].id), ("HYPOTHESIS", shown.hypotheses[0].id)]:
        text = text.replace(f'"{name}"', f'"{known}"')
    ids, minutes = itertools.count(), itertools.count()
    text = re.sub('"UUID"', lambda _: f'"019caf15-2c00-7abc-8def-0123456789{next(ids):02x}"', text)
    text = re.sub('"TIME"', lambda _: f'"2026-02-16T11:{next(minutes):02}:00Z"', text)
    return text.replace('"revision": 0', f'"revision": {shown.revision}')


def test_a_second_incident_is_recognised_worked_in_the_page_and_moved(tmp_path: pathlib.Path) -> None:
    clock = rca.ManualClock(START)
    with rca.Workspace(clock=clock) as workspace:
        first = incident(workspace, clock, 1, "bookings wait for a connection from the pool")
        workspace.set_status(first, "in_progress")
        workspace.update_investigation(first, root_cause="the pool had four connections", remediation=REMEDY)
        workspace.set_status(first, "resolved")
        workspace.investigate("newsletter goes out twice", (START, START + timedelta(hours=1)))
        clock.advance(WEEKS)
        second = incident(workspace, clock, 2, "bookings hang, no connection from the pool")

        kin = workspace.similar(second)[0]
        assert (kin.investigation, kin.remediation) == (first.id, REMEDY) and kin.score > 0.5
        workspace.suggest_related(second)

        workspace.add_note(second, "Is it the pool of **ledger** agian?", author="ann")
        guess = workspace.propose(second, "The pool is too small again", author="ann")
        shown = workspace.investigation(second)
        page = workspace.canvas(second).html
        assert shown.notes[0].id in page and guess.id in page

        workspace.tag(second, "pool")  # while Ben writes
        with workspace.acting_as("ben", "responder") as ben:
            merged = ben.import_edits(second, saved(shown))
            assert merged.changes and not merged.conflicts
            assert not ben.import_edits(second, saved(shown)).changes
        case = workspace.investigation(second)
        assert len(case.notes) == 4 and "again" in case.notes[0].text and case.tags == ("pool",)
        assert [one.state for one in case.hypotheses if one.id == guess.id] == [rca.HypothesisState.SUPPORTED]
        workspace.set_status(second, "in_progress")
        workspace.update_investigation(second, root_cause="the pool had four connections, again", remediation=REMEDY)
        workspace.set_status(second, "resolved")
        documents = [workspace.export_investigation(one) for one in (first, second)]
        history = workspace.history(second)
        assert {"ben"} <= {entry.author for entry in history} and workspace.verify().is_well
        whole = workspace.investigation(second)

    with rca.Workspace(tmp_path / "elsewhere.rca") as other:
        assert [other.import_investigation(one)[1] for one in documents] == ["new", "new"]
    with rca.Workspace(tmp_path / "elsewhere.rca") as other:
        assert [other.export_investigation(one) for one in (first, second)] == documents
        assert other.investigation(second) == whole and other.history(second) == history
        assert other.similar(second)[0].investigation == first.id and other.verify().is_well

    forged = json.loads(documents[1])
    forged["investigation"]["root_cause"] = "nobody's fault"
    with rca.Workspace() as other, pytest.raises(rca.CorruptError):
        other.import_investigation(json.dumps(forged))
