"""How values show themselves: one line for people at a prompt, HTML for notebooks."""

import html.parser
from datetime import datetime, timezone

import pytest

import rca

AT = datetime(2026, 5, 4, 9, tzinfo=timezone.utc)
BAD = "<script>alert(1)</script>"


class Balanced(html.parser.HTMLParser):
    """Fails on what a notebook would not show as it is meant."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attributes: "list[tuple[str, str | None]]") -> None:
        self.open.append(tag)
        self.seen.add(tag)
        assert {name for name, _ in attributes} <= {"style"}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def check(text: str) -> "set[str]":
    parser = Balanced()
    parser.feed(text)
    assert parser.open == [] and "script" not in parser.seen
    return parser.seen


def test_answers_hits_cases_graphs_and_accounts_show_as_tables(
    answered: "tuple[rca.Workspace, rca.Investigated]",
) -> None:
    workspace, done = answered
    shown = [
        done.analysis, done.investigation, done, workspace.search("hold"), workspace.graph(done.investigation),
        rca.Batch.of(workspace.linked_events(done.investigation)).examine(), next(workspace.events()),
    ]
    for one in shown:
        assert "table" in check(one._repr_html_()), type(one)  # type: ignore[attr-defined]
        assert len(repr(one)) < 700 and "\n" not in repr(one)
    assert "<b>" in workspace.search("hold")._repr_html_()
    assert "94 %" in done.analysis.to_html()


def test_texts_of_events_are_no_html(memory: rca.Workspace) -> None:
    event = rca.Event.new(AT, "alert", "alert", BAD, body=BAD, service=BAD, tags=[BAD])
    memory.ingest([event])
    case = memory.investigate(BAD, (AT, AT), service=BAD, tags=[BAD])
    memory.link(event, case)
    other = rca.Event.new(AT, "alert", "alert", "x" + BAD, body=BAD, service=BAD)
    graph = rca.Graph.build([event, other])
    for one in (event, case, memory.search("script"), memory.analyze(case), graph, rca.read([event]).examine()):
        check(one._repr_html_())
        assert BAD not in one._repr_html_()


def test_what_is_shown_at_a_prompt_is_short(memory: rca.Workspace) -> None:
    assert repr(memory) == "Workspace()" and repr(memory.dead_letters) == "DeadLetters(0)"
    assert repr(rca.Graph.build([])) == "Graph(0 events, 0 edges)"
    assert repr(rca.ManualClock(AT)) == "ManualClock(2026-05-04T09:00:00+00:00)"
    assert repr(rca.Inquiry.__name__) == "'Inquiry'"
    assert "\n" not in repr(rca.analyze_batch(rca.Batch.of([])))
    with pytest.raises(IndexError):
        memory.search("x")[0]
