"""Events, dead letters, webhooks, and what errors say."""

import json
import pathlib
from datetime import datetime, timedelta, timezone

import pytest

import rca

AT = datetime(2026, 5, 4, 9, tzinfo=timezone.utc)


def event(number: int) -> rca.Event:
    return rca.Event.new(AT + timedelta(seconds=number), "deploy", "deploy", f"till v{number}", source_id=f"d-{number}")


def test_events_come_in_order_in_pages_and_as_a_table(memory: rca.Workspace) -> None:
    events = [event(number) for number in range(1500)]
    assert len(memory.ingest(reversed(events)).accepted) == 1500
    assert memory.ingest(events[:2]).duplicates[1].existing == events[1].id
    assert list(memory.events()) == events
    assert list(memory.events(newest_first=True))[0] == events[-1]
    assert list(memory.events(start=AT + timedelta(seconds=10), end=AT + timedelta(seconds=12))) == events[10:12]
    assert next(memory.events(after=events[41])) == events[42]
    assert len(memory.events().to_table()) == 1500
    assert memory.events_by_id([events[3].id, "01900000-0000-7000-8000-000000000000"]) == [events[3], None]
    with memory.events() as some:
        next(some)
    assert list(some) == []


def test_a_removed_event_can_be_restored(memory: rca.Workspace) -> None:
    one = event(1)
    memory.ingest([one])
    memory.delete_event(one)
    with pytest.raises(KeyError, match="no event"):
        memory.event(one.id)
    assert next(memory.events(deleted=True)).deleted_at is not None
    memory.restore_event(one)
    assert memory.event(one).id == one.id


def test_related_removed_and_restored_investigations(memory: rca.Workspace) -> None:
    window = rca.TimeRange(start=AT, end=AT + timedelta(hours=1))
    one, two = (memory.investigate(title, window, tags=["night"]) for title in ("one", "two"))
    memory.relate(one, two)
    assert [other.investigation for other in memory.investigation(two).related] == [one.id]
    memory.unrelate(one, two)
    memory.delete_investigation(one)
    assert [case.id for case in memory.investigations()] == [two.id]
    assert len(memory.investigations(deleted=True)) == 2
    assert memory.restore_investigation(one).deleted_at is None
    changed = memory.update_investigation(two, started_at=AT, assigned_to="ann", remove_tags=["night"])
    assert (changed.started_at, changed.assigned_to, changed.tags) == (AT, "ann", ())
    assert memory.update_investigation(two, assigned_to=None).assigned_to is None
    assert memory.search_investigations("two").total == 1


def test_telemetry_that_arrives_later_changes_the_answer(memory: rca.Workspace) -> None:
    times = [AT + timedelta(seconds=20 * step) for step in range(90)]
    values = [900.0 if step > 60 else 40.0 + step % 5 for step in range(90)]
    table = {"timestamp": times, "service": ["till"] * 90, "metric": ["latency_ms"] * 90, "value": values}
    case = memory.investigate("till is slow", (AT, AT + timedelta(minutes=30)))
    before, work = memory.analyze_counting(case)
    assert work.judged and before.onset is None
    memory.observe(case, rca.read(table))
    after = memory.analyze(case)
    assert after.onset is not None and after.onset.first_signal.startswith("till")
    assert memory.analyze_counting(case)[1].judged is False
    memory.forget_telemetry(case)
    assert memory.analyze(case, batch=rca.read(table)).onset == after.onset


def test_what_can_not_be_read_waits_in_the_queue(memory: rca.Workspace) -> None:
    body = b'[{"service": "till", "version": "7"}]'  # no time
    done = memory.ingest_batch(rca.read(body, name="deploys.json"))
    assert len(done.letters) == 1
    (letter,) = memory.dead_letters
    assert letter.format == "deploys" and letter.kept and letter.first_at is not None
    assert memory.dead_letters[letter.id] == letter and len(memory.dead_letters) == 1
    assert b"till" in (memory.dead_letters.raw(letter.id) or b"")
    replayed = memory.dead_letters.replay()
    assert replayed.settled == () and replayed.refused[0].id == letter.id
    assert memory.dead_letters[letter.id].tries == letter.tries + 1
    assert memory.dead_letters.replay_due().settled == ()
    assert memory.dead_letters.expire() == 0
    assert memory.dead_letters.discard([letter]) == 1 and memory.dead_letters.counts().settled == 1
    with pytest.raises(rca.NotFoundError, match="no dead letter"):
        memory.dead_letters.raw(letter.id)


def test_a_webhook_is_stored_or_queued_whole(memory: rca.Workspace) -> None:
    good = b'{"receiver": "x", "status": "firing", "alerts": [{"status": "firing", "labels": {"alertname": "slow", ' \
        b'"service": "till"}, "startsAt": "2026-05-04T09:00:00Z", "fingerprint": "f1"}], "groupLabels": {}, ' \
        b'"commonLabels": {}, "version": "4"}'
    assert rca.read_delivery({}, good).report.inputs[0].format == "alertmanager"
    assert len(memory.ingest_delivery({}, good).appended.accepted) == 1
    assert len(memory.ingest_delivery({"X-GitHub-Event": "push"}, b"{").letters) == 1
    assert memory.status().dead_letters is not None and memory.status().dead_letters.letters == 1


def test_secrets_are_blotted_out_unless_told_otherwise() -> None:
    secret = rca.Event.new(AT, "manual", "note", "note", body="password=hunter2hunter2")
    for redact in (True, False):
        with rca.Workspace(redact=redact) as workspace:
            workspace.ingest([secret])
            assert ("hunter2" in workspace.event(secret).body) is not redact
    with rca.Workspace(settings={"redact_patterns": {"badge": "B-[0-9]+"}}) as workspace:
        badge = rca.Event.new(AT, "manual", "note", "badge B-4711")
        workspace.ingest([badge])
        assert "4711" not in workspace.event(badge).title


def test_settings_that_are_not_known_are_refused() -> None:
    with pytest.raises(rca.InvalidInputError, match="colour"):
        rca.Workspace(settings={"colour": 1})
    with pytest.raises(rca.InvalidInputError, match="weight"):
        rca.Workspace(weights={"charm": 1.0})
    with pytest.raises(rca.InvalidInputError, match="together"):
        rca.Workspace(suggest_from=0.1)
    rca.Workspace(suggest_from=0.3, link_from=0.6, max_causes=3, code={"libs/money": ["till"]}).close()


def test_a_closed_workspace_says_so_and_frees_its_folder(tmp_path: pathlib.Path) -> None:
    workspace = rca.Workspace(tmp_path / "w.rca")
    assert workspace.path == tmp_path / "w.rca" and workspace.index_opened == ("created", None)
    with pytest.raises(rca.BusyError, match="w.rca"):
        rca.Workspace(tmp_path / "w.rca")
    workspace.close()
    workspace.close()
    assert workspace.closed and repr(workspace) == "Workspace(closed)"
    with pytest.raises(OSError, match="closed"):
        workspace.event_count()
    with rca.Workspace(tmp_path / "w.rca") as again:
        again.rebuild_index()
        again.refresh()


def test_iterators_hold_the_store_until_they_are_closed(tmp_path: pathlib.Path) -> None:
    with rca.Workspace(tmp_path / "w.rca") as workspace:
        workspace.ingest([event(1)])
        events = workspace.events()
        with pytest.raises(rca.BusyError, match="still being read"):
            workspace.compact()
        events.close()
        workspace.compact()


def test_errors_are_caught_by_kind_and_by_the_natural_builtin(tmp_path: pathlib.Path, memory: rca.Workspace) -> None:
    with pytest.raises(FileNotFoundError, match="nothing at") as caught:
        rca.analyze_bundle(tmp_path / "missing")
    assert caught.value.hint and caught.value.source == str(tmp_path / "missing")  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="not an id"):
        memory.root_causes("not an id")
    with pytest.raises(LookupError, match="no investigation"):
        memory.root_causes("01900000-0000-7000-8000-000000000000")
    with pytest.raises(ValueError, match="status"):
        memory.set_status("01900000-0000-7000-8000-000000000000", "sleepy")


def test_commits_of_a_repository_are_read(tmp_path: pathlib.Path) -> None:
    import subprocess

    run = lambda *words: subprocess.run(["git", "-C", str(tmp_path), *words], check=True, capture_output=True)  # noqa: E731
    run("init", "-q")
    (tmp_path / "till.toml").write_text("pool = 40\n")
    run("add", ".")
    run("-c", "user.name=ann", "-c", "user.email=ann@example.invalid", "commit", "-qm", "tidy the settings")
    (commit,) = rca.read_git(tmp_path).events()
    assert commit.title == "tidy the settings"
    assert "+pool = 40" in rca.git_diff(tmp_path, commit.attribute("vcs.ref.head.revision"))


def test_the_queue_is_as_full_as_it_may_be(tmp_path: pathlib.Path) -> None:
    with rca.Workspace(dead_letters={"letters": 2, "age": timedelta(days=1)}) as workspace:
        workspace.ingest_batch(rca.read(b"[1, 2, 3, 4]", name="deploys.json", format="deploys"))
        assert len(workspace.dead_letters) <= 2 and workspace.dead_letters.counts().evicted >= 1
    with pytest.raises(rca.InvalidInputError, match="size"):
        rca.Workspace(dead_letters={"size": 2})


def test_an_edit_may_insist_on_what_was_read(memory: rca.Workspace) -> None:
    case = memory.investigate("till is slow", (AT, AT + timedelta(hours=1)))
    changed = memory.update_investigation(case, root_cause="pool too small", revision=case.revision)
    with pytest.raises(rca.ConflictError, match="read it again"):
        memory.update_investigation(case, root_cause="the weather", revision=case.revision)
    assert memory.update_investigation(case, title="till", revision=changed.revision).root_cause == "pool too small"


def test_what_was_sealed_can_be_checked_and_relations_have_reasons(memory: rca.Workspace) -> None:
    one = memory.investigate("till is slow", (AT, AT + timedelta(hours=1)))
    two = memory.investigate("cart is slow", (AT, AT + timedelta(hours=1)))
    seal = memory.audit_seal()
    memory.relate(one, two, person="ann", reasons=["the same pool"])
    assert memory.check_seal(seal) == []
    assert memory.investigation(one).related[0].reasons == ("the same pool",)
    broken = json.loads(seal)
    chain = next(iter(broken["chains"].values()))
    chain["entries"] += 100
    assert "is not there" in memory.check_seal(json.dumps(broken))[0].reason


def test_a_comparison_of_ones_own_is_kept_until_a_person_decides(memory: rca.Workspace) -> None:
    one, two = (memory.investigate(name, (AT, AT + timedelta(hours=1))) for name in ("till", "shop"))
    assert memory.suggest_relation(one, two, confidence=0.6, reasons=["the same words"])
    (found,) = memory.investigation(two).related
    assert (found.kind, found.confidence, found.reasons) == ("suggested", 0.6, ("the same words",))
    memory.unrelate(two, one)
    assert not memory.suggest_relation(one, two, confidence=0.6)
    with pytest.raises(rca.InvalidInputError):
        memory.suggest_relation(one, two, confidence=2)
