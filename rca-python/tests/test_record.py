"""The record of an investigation: who said what, what became of it, and whether it is still true."""

import json
from datetime import datetime, timedelta, timezone

import pytest

import rca

START = datetime(2026, 5, 4, 9, tzinfo=timezone.utc)


def opened(workspace: rca.Workspace, title: str = "till prints nothing") -> rca.Investigation:
    return workspace.investigate(title, window=(START, START + timedelta(hours=1)))


def test_hypotheses_are_argued_about_and_the_history_says_by_whom(memory: rca.Workspace) -> None:
    case = opened(memory)
    note = memory.add_note(case, "the printer was moved", author="ann")
    guess = memory.propose(case, "no paper", author="ben", about=note)
    memory.add_evidence(case, guess, "against", "there is paper", author="ann", about=note)
    refuted = memory.edit_hypothesis(case, guess, text="no ink", state="refuted", author="ann")
    assert (refuted.text, refuted.state, refuted.evidence[0].side) == ("no ink", rca.HypothesisState.REFUTED, "against")
    memory.tag(case, "printer")
    memory.assign(case, "ann")
    memory.edit_note(case, note, "the printer was *not* moved", author="ann")
    memory.remove_note(case, note, author="ben")
    now = memory.investigation(case)
    assert (now.tags, now.assigned_to, now.notes) == (("printer",), "ann", ())
    entries = memory.history(case)
    assert [one.seq for one in entries] == list(range(1, len(entries) + 1))
    assert {one.author for one in entries} >= {"ann", "ben"} and all(len(one.digest) == 64 for one in entries)
    assert [two.previous for two in entries[1:]] == [one.digest for one in entries[:-1]]
    assert memory.investigation_at(case, 1).tags == () and memory.verify().is_well


def test_an_investigation_moves_to_another_workspace_whole(memory: rca.Workspace) -> None:
    case = opened(memory)
    memory.add_note(case, "seen", author="ann")
    document = memory.export_investigation(case)
    with rca.Workspace() as other:
        assert other.import_investigation(document) == (case.id, "new")
        assert other.import_investigation(document) == (case.id, "known")
        assert other.export_investigation(case) == document
        other.tag(case, "theirs")
        memory.tag(case, "ours")
        with pytest.raises(rca.ConflictError):
            other.import_investigation(memory.export_investigation(case))
    changed = json.loads(document)
    changed["history"][-1]["author"] = "mallory"
    with rca.Workspace() as other, pytest.raises(rca.RcaError):
        other.import_investigation(json.dumps(changed))


def test_edits_of_the_page_are_merged(memory: rca.Workspace) -> None:
    case = opened(memory)
    edits = {"schema_version": 1, "investigation": case.id, "saved_at": "2026-05-04T09:31:00Z",
             "revision": memory.investigation(case).revision,
             "notes": [{"author": "ann", "time": "2026-05-04T09:30:00Z", "text": "**seen** it"}]}
    merged = memory.import_edits(case, edits)
    assert merged.changes and not merged.conflicts and merged.investigation.notes[0].text == "**seen** it"
    assert not memory.import_edits(case, json.dumps(edits)).changes


def test_roles_are_checked_at_the_door(memory: rca.Workspace) -> None:
    case = opened(memory)
    with memory.acting_as("vic", "viewer") as looking, memory.acting_as("rae", "responder") as working:
        assert looking.investigation(case).id == case.id
        with pytest.raises(rca.DeniedError):
            looking.tag(case, "x")
        working.tag(case, "x")
        assert memory.history(case)[-1].author == "rae"
        with pytest.raises(rca.DeniedError):
            working.delete_investigation(case)
    with pytest.raises(rca.InvalidInputError, match="role"):
        memory.acting_as("eve", "root")


def test_the_same_trouble_is_recognised(memory: rca.Workspace) -> None:
    first = opened(memory, "checkout answers 503: connection pool of postgres exhausted")
    memory.update_investigation(first, remediation="raised the pool to 40", root_cause="pool of 4")
    opened(memory, "newsletter goes out twice")
    again = opened(memory, "checkout answers 503 again, connection pool exhausted on postgres")
    found = memory.similar(again)
    assert found[0].investigation == first.id and found[0].remediation == "raised the pool to 40"
    assert found[0].resemblances[0].likeness == "text" and 0 < found[0].score <= 1


def test_the_page_of_an_investigation_is_whole_and_shows_in_a_notebook(memory: rca.Workspace) -> None:
    case = opened(memory, "till </script><script>alert(1)</script>")
    page = memory.canvas(case)
    assert page.html.startswith("<!doctype html>") and "<script>alert" not in page.html
    assert page._repr_html_().startswith("<iframe") and "srcdoc" in page._repr_html_()
    assert "HTML" in repr(page) and len(repr(page)) < 60
