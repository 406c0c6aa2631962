"""One story that every language tells with the same bytes; `rca-core/tests/story/README.md` has its steps."""

import json
from datetime import datetime, timedelta, timezone

import pytest
from conftest import GOLDEN, GUILTY, NIGHT, ROOT

import rca

STORY = ROOT / "rca-core" / "tests" / "story"


def event(line: str) -> rca.Event:
    draft = json.loads(line)
    entity = draft.pop("entity", None)
    draft["timestamp"] = datetime.fromisoformat(draft["timestamp"].replace("Z", "+00:00").replace(".25+", ".250000+"))
    return rca.Event.new(service=entity["name"] if entity else None, **draft)


def failure(error: rca.RcaError) -> str:
    return f"{error.kind}: {error}"


def test_the_story_is_told_as_in_every_language() -> None:
    clock = rca.ManualClock(NIGHT)
    facts = []
    with rca.Workspace(clock=clock) as workspace:
        lines = (STORY / "events.ndjson").read_text(encoding="utf-8").splitlines()
        for _ in range(2):
            stored = workspace.ingest([event(line) for line in lines])
            facts.append(f"stored {' '.join(stored.accepted)} known {len(stored.duplicates)}")

        done = workspace.investigate_bundle(GUILTY)
        case, top = done.investigation, done.analysis.causes[0]
        assert top.event is not None
        facts.append(f"investigation {case.id} {case.title}")
        facts.append(f"cause {top.event} {top.title}")

        hits = workspace.search("hold source:git", limit=3)
        facts.append(f"found {hits.total} {' '.join(hit.id for hit in hits)}")
        for group in workspace.counts(by=["source"]).groups:
            facts.append(f"source {group.values[0]} {group.count}")
        with pytest.raises(rca.NotFoundError) as missing:
            workspace.event("01900000-0000-7000-8000-000000000000")
        facts.append(failure(missing.value))
        with pytest.raises(rca.InvalidInputError) as unclear:
            workspace.search("(hold")
        facts.append(failure(unclear.value))

        clock.advance(timedelta(minutes=10))
        linked = workspace.linked_events(case)
        stranger = next(event for event in linked if event.source != "alert" and event.id != top.event)
        facts.append(f"linked {len(linked)} stranger {stranger.id}")
        workspace.unlink(stranger, case, person="ann")
        workspace.link(top.event, case, person="ann")
        again = workspace.analyze(case)
        links = workspace.links(case)
        for kind in ("suggested", "automatic", "manual", "rejected"):
            facts.append(f"links {kind} {sum(link.kind == kind for link in links)}")

        note = workspace.add_note(case, "rolled back, “holds” fall\n\ttwo tabs", author="ann", event=top.event)
        facts.append(f"note {note.id} {note.text}")
        with pytest.raises(rca.ConflictError) as early:
            workspace.set_status(case, "resolved")
        facts.append(failure(early.value))
        workspace.update_investigation(case, root_cause=top.title)
        for status in ("in_progress", "resolved", "closed"):
            moved = workspace.set_status(case, status)
            facts.append(f"revision {moved.revision} {moved.root_cause}")

        received = datetime(2026, 11, 21, 5, 10, tzinfo=timezone.utc)
        webhook = (STORY / "webhook.json").read_bytes()
        workspace.ingest_delivery({"X-GitHub-Event": "push"}, webhook, received=received)
        for letter in workspace.dead_letters:
            facts.append(f"letter {letter.source} {letter.bytes} {letter.reason}")
        replayed = workspace.dead_letters.replay()
        facts.append(f"replayed {len(replayed.settled)} {len(replayed.refused)}")

        stats = workspace.graph(case).stats()
        facts.append(f"graph {stats.nodes} {stats.edges} {stats.components}")
        facts.append(f"events {workspace.event_count()}")
        facts.append(f"well {str(workspace.verify().is_well).lower()}")

    quoted = ",\n".join(json.dumps(fact, ensure_ascii=False) for fact in facts)
    report = json.dumps(done.analysis.to_markdown(), ensure_ascii=False)
    told = f'{{\n"facts": [\n{quoted}\n],\n"analysis": {again.to_json().rstrip()},\n"report": {report}\n}}\n'
    assert told == (GOLDEN / "same_story.json").read_text(encoding="utf-8")
