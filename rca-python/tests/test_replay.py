"""Rules of one's own, and what other rules would make of the past."""

import pathlib
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest

import rca

NIGHT = datetime(2026, 5, 4, 2, tzinfo=timezone.utc)
MONTH = (NIGHT - timedelta(days=10), NIGHT + timedelta(days=20))
TOML = """
[[rule]]
name = "paper is out"
when = { source = "manual", title_contains = "paper" }
same = ["entity"]
within = "10m"
at_least = 2
confidence = 0.9
reason = "printers share a store room"

[[rule]]
name = "flood"
when = { tag = "water" }
within = "1h"
effect = "incident"
"""
PAPER = rca.CorrelationRule(
    name="paper is out",
    when=rca.Conditions(source="manual", title_contains="paper"),
    same=("entity",),
    within="10m",
    at_least=2,
    confidence=0.9,
    reason="printers share a store room",
)
FLOOD = rca.CorrelationRule(name="flood", when=rca.Conditions(tag="water"), within="1h", effect="incident")


def event(minute: int, title: str, **more: object) -> rca.Event:
    at = NIGHT + timedelta(minutes=minute)
    return rca.Event.new(at, "manual", "note", title, service="printer", source_id=title, **more)  # type: ignore[arg-type]


@pytest.fixture
def plain() -> Iterator[rca.Workspace]:
    with rca.Workspace(clock=rca.ManualClock(NIGHT + timedelta(hours=2))) as workspace:
        workspace.ingest([event(1, "paper low"), event(4, "paper empty"), event(30, "water", tags=["water"])])
        workspace.investigate("receipts are missing", (NIGHT, NIGHT + timedelta(hours=1)), service="till")
        yield workspace


def test_rules_may_be_written_in_many_ways(tmp_path: pathlib.Path) -> None:
    (tmp_path / "rules.toml").write_text(TOML)
    checked = rca.check_rules(TOML)
    assert checked == rca.check_rules(tmp_path / "rules.toml") == rca.check_rules([PAPER, FLOOD])
    assert checked == rca.check_rules([PAPER.to_dict(), FLOOD]) == rca.check_rules({"rule": [PAPER.to_dict(), FLOOD.to_dict()]})
    assert checked[0] == PAPER and checked[1].effect is rca.Effect.INCIDENT
    assert "paper is out" in repr(PAPER) and hash(PAPER) == hash(checked[0])


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("[[rule]]\nname =", "line 2"),
        (TOML.replace("10m", "soon"), 'rule "paper is out", field within'),
        (TOML.replace("at_least = 2", "at_least = 0"), "field at_least"),
        ([PAPER, PAPER], "another rule has this name"),
        ([{"name": "x", "within": "1m", "when": {}}], "field when"),
        ([{"name": "x", "within": "1m", "colour": "red"}], "colour"),
    ],
)
def test_what_is_wrong_with_a_rule_is_told(rules: "rca._replay.Rules", said: str) -> None:
    for read in (rca.check_rules, lambda given: rca.Workspace(rules=given)):
        with pytest.raises(rca.InvalidInputError) as raised:
            read(rules)
        assert said in f"{raised.value} line {raised.value.line}"


def test_a_rule_links_and_says_what_it_did() -> None:
    with rca.Workspace(rules=TOML) as workspace:
        workspace.ingest([event(1, "paper low"), event(4, "paper empty"), event(50, "paper crumpled")])
        case = workspace.investigate("receipts are missing", (NIGHT, NIGHT + timedelta(hours=1)), service="till")
        reasons = [reason for link in workspace.links(case) for reason in link.reasons if reason.rule == "custom"]
        assert len(reasons) == 2 and "store room" in reasons[0].detail
        (report,) = workspace.rule_reports()
        assert (report.rule, report.considered, report.matched, report.too_few) == ("paper is out", 3, 2, 1)
        assert not report.never_matched and str(report) == "paper is out: 2 of 3 events matched"


def test_a_replay_shows_links_incidents_and_idle_rules(plain: rca.Workspace) -> None:
    before = plain.links(plain.investigations()[0])
    idle = rca.CorrelationRule(name="idle", when=rca.Conditions(source="ci"), within="1m")
    diff = plain.replay(MONTH, rules=[PAPER, FLOOD, idle])
    (case,) = diff.cases
    custom = [link for link in case.links if link.after and any(one.rule == "custom" for one in link.after.reasons)]
    assert len(custom) == 2 and case.investigation == plain.investigations()[0].id
    assert [one.rule for one in diff.incidents.opened] == ["flood"] and diff.incidents.opened[0].start == NIGHT + timedelta(minutes=30)
    assert diff.incidents.missed == (case.investigation,)
    assert [one.never_matched for one in diff.rules] == [False, False, True]
    assert plain.links(plain.investigations()[0]) == before, "nothing is written"
    assert "1 changed, 0 the same" in diff._repr_html_() and "idle never matched" in diff._repr_html_()
    assert plain.replay(MONTH).cases == () and plain.replay(MONTH).unchanged == 1
    assert rca.ReplayDiff.from_dict(diff.to_dict()) == diff


def test_a_replay_ranks_anew_with_other_settings(answered: "tuple[rca.Workspace, rca.Investigated]") -> None:
    workspace, done = answered
    window = (done.investigation.window.start - timedelta(days=1), done.investigation.window.end + timedelta(days=1))
    same = workspace.replay(window)
    assert (same.unchanged, same.cases) == (1, ())
    fewer = workspace.replay(window, max_causes=1)
    (case,) = fewer.cases
    assert case.ranking is not None and not case.ranking.other_first
    assert len(case.ranking.after) < len(case.ranking.before)
    assert case.ranking.before[0].title == done.analysis.causes[0].title
    with pytest.raises(rca.InvalidInputError):
        workspace.replay(window, weights={"luck": 1.0})
