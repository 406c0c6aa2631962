"""Documents to hand on: reviews from templates, CSV, PDF."""

import csv
import dataclasses
import io
import pathlib
import pickle
from datetime import datetime, timezone

import pytest
from conftest import GUILTY

import rca

AT = datetime(2026, 5, 4, 9, tzinfo=timezone.utc)


def test_a_review_is_what_the_template_makes_of_the_record(answered: "tuple[rca.Workspace, rca.Investigated]") -> None:
    workspace, done = answered
    title = done.analysis.causes[0].title
    review = workspace.review(done.investigation)
    assert done.investigation.title in review and review == workspace.review(done.investigation, "review")
    assert workspace.review(done.investigation, "summary") != review
    ours = rca.Template.parse("ours.txt", "{% for cause in causes[:1] %}{{ cause.title }}{% include 'foot' %}{% endfor %}", parts={"foot": "."})
    assert workspace.review(done.investigation, ours) == f"{title}.\n"
    assert rca.Inquiry(GUILTY).run().review(ours) == f"{title}.\n"


def test_templates_are_values_that_say_what_is_wrong(tmp_path: pathlib.Path, answered: "tuple[rca.Workspace, rca.Investigated]") -> None:
    workspace, done = answered
    (tmp_path / "ours.md").write_text("# {{ title }}\n")
    ours = rca.Template.open(tmp_path / "ours.md")
    assert pickle.loads(pickle.dumps(ours)) == ours == rca.Template.from_dict(ours.to_dict()) and "ours.md" in repr(ours)
    edited = dataclasses.replace(rca.Template.built_in("review"), name="edited.md")
    assert workspace.review(done.investigation, edited) == workspace.review(done.investigation)
    with pytest.raises(rca.InvalidInputError, match="tilte") as raised:
        rca.Template.parse("ours.md", "a\n\n{{ tilte }}")
    assert (raised.value.source, raised.value.line) == ("ours.md", 3)
    with pytest.raises(rca.InvalidInputError, match="there are: review, summary"):
        workspace.review(done.investigation, "nice")
    loop = rca.Template.parse("loop.md", "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}", fuel=1000)
    with pytest.raises(rca.InvalidInputError, match="too many steps"):
        workspace.review(done.investigation, loop)
    long = rca.Template.parse("long.md", "{{ headline }}", max_output=5)
    with pytest.raises(rca.InvalidInputError, match="more than 5 bytes"):
        workspace.review(done.investigation, long)


def test_what_strangers_wrote_is_escaped(memory: rca.Workspace) -> None:
    case = memory.investigate("<b>*till*</b>", (AT, AT.replace(hour=10)))
    page = memory.review(case, rca.Template.parse("x.html", "<p>{{ title }}</p>"))
    assert "<b>" not in page and "&lt;b&gt;" in page
    assert "*till*" not in memory.review(case, rca.Template.parse("x.md", "{{ title }}"))


def test_events_for_a_spreadsheet_run_no_formulas() -> None:
    events = [rca.Event.new(AT, "manual", "note", title, body="a,b\n\"c\"", source_id=title) for title in ("=1+1", "plain")]
    rows = list(csv.DictReader(io.StringIO(rca.Batch.of(events).events_csv())))
    assert sorted(row["title"] for row in rows) == ["'=1+1", "plain"]
    assert rows[0]["body"] == "a,b\n\"c\"" and rows[0]["timestamp"] == "2026-05-04T09:00:00Z"


def test_a_pdf_is_one_or_says_why_not(answered: "tuple[rca.Workspace, rca.Investigated]") -> None:
    workspace, done = answered
    try:
        document = workspace.pdf(done.investigation, created=AT)
    except rca.InvalidInputError as error:
        assert "feature `pdf`" in str(error)
        with pytest.raises(rca.InvalidInputError, match="feature `pdf`"):
            rca.Inquiry(GUILTY).run().to_pdf()
    else:
        assert document.startswith(b"%PDF-") and document == workspace.pdf(done.investigation, created=AT)
