"""One incident from a folder of files to the closed case, as a Python user would; the same story as in Rust."""

import math
import pathlib
from datetime import timedelta

import pytest
from conftest import GOLDEN, GUILTY, NIGHT, RECORDED, truth

import rca


def test_there_are_recorded_incidents_of_both_kinds() -> None:
    assert len(RECORDED) >= 2
    assert {truth(folder) == "none" for folder in RECORDED} == {True, False}


@pytest.mark.parametrize("folder", RECORDED, ids=lambda folder: folder.name)
def test_the_answer_names_the_truth(folder: pathlib.Path) -> None:
    answer = rca.analyze_bundle(folder)
    guilty = truth(folder)
    if guilty == "none":
        assert answer.verdict != "change"
    else:
        assert answer.verdict is rca.Verdict.CHANGE
        assert answer.top_cause is not None and answer.top_cause.sha == guilty
    total = sum(cause.probability for cause in answer.causes) + answer.none_of_these
    assert total == pytest.approx(1.0)


@pytest.mark.parametrize("folder", RECORDED, ids=lambda folder: folder.name)
def test_reports_are_the_bytes_that_rust_writes(folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    answer = rca.analyze_bundle(folder)
    golden = {kind: (GOLDEN / "reports" / f"{folder.name}.{kind}").read_text() for kind in ("json", "md", "txt")}
    assert answer.to_json() == golden["json"]
    assert answer.to_markdown() == golden["md"]
    assert answer.to_text() == str(answer) == golden["txt"]
    again = rca.Analysis.from_json(golden["json"])
    assert again == answer and again.to_json() == golden["json"]
    answer.save(tmp_path / "report.json")
    assert (tmp_path / "report.json").read_bytes() == golden["json"].encode()


def test_an_incident_from_the_first_file_to_the_closed_case(tmp_path: pathlib.Path) -> None:
    clock = rca.ManualClock(NIGHT)
    with rca.Workspace(tmp_path / "w.rca", clock=clock) as workspace:
        done = workspace.investigate_bundle(GUILTY)
        case, first = done.investigation, done.analysis.causes[0]
        assert (case.status, case.created_at) == ("open", NIGHT)
        assert done.analysis.investigation == case.id
        assert first.sha == truth(GUILTY)
        assert workspace.root_causes(case, limit=3) == list(done.analysis.causes[:3])

        # Look around.
        assert first.event is not None
        guilty = workspace.event(first.event)
        assert guilty.attribute("vcs.ref.head.revision") == first.sha
        hits = workspace.search("hold source:git")
        assert hits.total == len(hits) > 1 and hits[0].snippet is not None
        assert [event.id for event in workspace.search_all("hold source:git", page=1)]
        linked = workspace.linked_events(case)
        assert workspace.search(investigation=case, limit=1000).total == len(linked)
        counts = workspace.counts(by=["source"], bucket=timedelta(days=1))
        assert counts.total == workspace.event_count() == sum(group.count for group in counts.groups)
        alert = next(event for event in linked if event.source == "alert")
        graph = workspace.graph(case.window)
        deploys = workspace.search_all(source="deploy", entity=done.analysis.first_failing.name)  # type: ignore[union-attr]
        deploy = next(event for event in deploys if event.timestamp == first.deployed_at)
        path = graph.evidence_path(deploy, alert)
        assert path is not None and deploy.id in (path[0].from_, path[0].to)
        assert alert.id in (path[-1].from_, path[-1].to) and all(edge.reason for edge in path)
        assert alert.id in graph.component(deploy) and all(far <= 1 for _, far in graph.within_hops(alert, 1))
        ranks = graph.page_rank({alert.id: 1, "01900000-0000-7000-8000-000000000000": math.inf})
        assert len(ranks) == len(graph) and sum(rank for _, rank in ranks) == pytest.approx(1)

        # People know better than the linker.
        clock.advance(timedelta(minutes=10))
        stranger = next(event for event in linked if event.id not in (alert.id, guilty.id))
        assert workspace.unlink(stranger, case, person="ann").kind is rca.LinkKind.REJECTED
        assert workspace.link(guilty, case, person="ann").linked_by == "ann"
        again = workspace.analyze(case)
        kinds = {link.event: link.kind for link in workspace.links(case)}
        assert (kinds[stranger.id], kinds[guilty.id]) == ("rejected", "manual")
        assert again.causes[0].event == guilty.id
        assert workspace.explain_link(alert, case).reasons

        # Write down what was learned; close the case.
        note = workspace.add_note(case, "rolled back, holds fall", author="ann", event=guilty)
        with pytest.raises(rca.ConflictError, match="open to resolved"):
            workspace.set_status(case, "resolved")
        workspace.update_investigation(case, root_cause=first.title, remediation=first.remediation, add_tags=["holds"])
        for status in ("in_progress", "resolved", "closed"):
            closed = workspace.set_status(case, status)
        assert closed.notes == (note,) and closed.tags == ("holds",) and closed.root_cause == first.title
        assert workspace.verify().is_well
        workspace.compact()
        workspace.backup(tmp_path / "copy.redb")

    with rca.Workspace(tmp_path / "w.rca", clock=clock) as workspace:
        assert workspace.analysis(case) == again
        assert workspace.analyze(case).to_json() == again.to_json()
        assert workspace.investigation(case) == closed
    with pytest.raises(rca.DeniedError), rca.Workspace(tmp_path / "w.rca", read_only=True) as workspace:
        workspace.set_status(case, "open")
