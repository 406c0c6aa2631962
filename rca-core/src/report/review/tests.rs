use chrono::DateTime;
use proptest::prelude::*;

use super::*;
use crate::model::{Investigation, Note, Status};
use crate::report::canvas::Subject;
use crate::report::tests::{analysis, at};
use crate::signal::Telemetry;

/// A canvas with the record of an investigation, as far as `fill` fills it.
fn canvas(fill: impl FnOnce(&mut Investigation)) -> Canvas {
    let analysis = analysis();
    let builder = Investigation::builder("ledger | slow # now", analysis.window);
    let mut case = builder.with_detected_at(at(34)).build(at(61), b"").unwrap();
    fill(&mut case);
    Canvas::of(&Subject {
        analysis: &analysis,
        events: &[],
        telemetry: &Telemetry::default(),
        case: Some(&case),
    })
}

fn note(text: &str) -> Note {
    Note::new(DateTime::UNIX_EPOCH, Some("ana".to_owned()), text.to_owned(), None).unwrap()
}

fn error(name: &str, text: &str) -> String {
    let outcome =
        Template::parse(name, text).and_then(|template| review(&template, &canvas(|_| ())));
    outcome.unwrap_err().to_string()
}

#[test]
fn every_built_in_template_says_what_nobody_has_written_yet() {
    for name in Template::built_in_names() {
        let text = review(&Template::built_in(name).unwrap(), &canvas(|_| ())).unwrap();
        assert!(text.contains("Nobody has written a summary yet"), "{name}:\n{text}");
        assert!(text.contains("Nobody has agreed on actions yet"), "{name}:\n{text}");
        assert!(text.contains("ledger \\| slow \\# now"), "{name}:\n{text}");
        assert!(!text.contains("\n\n\n\n"), "{name} has holes:\n{text}");
    }
}

#[test]
fn the_record_fills_its_sections() {
    let canvas = canvas(|case| {
        case.set_status(Status::InProgress, at(35)).unwrap();
        case.set_status(Status::Resolved, at(55)).unwrap();
        case.set_root_cause(Some("the pool was cut".to_owned())).unwrap();
        case.set_lessons_learned(Some("- page earlier\n# load-test".to_owned())).unwrap();
        for text in
            ["Impact: 4000 carts", "went well: rollback", "action: alert on waits", "by the way"]
        {
            case.notes.push(note(text));
        }
    });
    let text = review(&Template::built_in("review").unwrap(), &canvas).unwrap();
    for words in [
        "| Status | resolved |",
        "00:34:00 UTC (4 min after it began)",
        "(25 min after it began)",
        "- 4000 carts (ana)",
        "## What went well\n\n- rollback (ana)",
        "- [ ] alert on waits (ana)",
        "> by the way",
        "the pool was cut",
        "\\- page earlier\n\\# load-test",
    ] {
        assert!(text.contains(words), "{words} in\n{text}");
    }
}

#[test]
fn a_wrong_name_is_told_with_its_line_and_the_names_there_are() {
    let wrong = error("ours.md", "# {{ title }}\n{{ titel }}\n");
    assert!(wrong.contains("ours.md, line 2") && wrong.contains("\"titel\""), "{wrong}");
    assert!(wrong.contains("title") && wrong.contains("ruled_out"), "{wrong}");
    let wrong = error("ours.md", "{{ causes[0].title }}\n{{ cause.title }}\n");
    assert!(wrong.contains("ours.md, line 2") && wrong.contains("\"cause\""), "{wrong}");
    let wrong = error("ours.md", "{{ title }}\n\n{% for c in causes %}{{ c.tilte }}{% endfor %}");
    assert!(wrong.contains("ours.md, line 3") && wrong.contains("does not exist"), "{wrong}");
    let wrong = error("ours.md", "{% if title %}\n{{ title }}");
    assert!(wrong.contains("ours.md, line"), "{wrong}");
    assert!(Template::built_in("reviw").unwrap_err().to_string().contains("review, summary"));
}

#[test]
fn steps_and_length_are_bounded() {
    let wrong = error(
        "ours.md",
        "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
    );
    assert!(wrong.contains("too many steps"), "{wrong}");
    let template =
        Template::parse("ours.md", "{% for a in range(999) %}0123456789{% endfor %}").unwrap();
    let wrong = review(&template.with_max_output(5000), &canvas(|_| ())).unwrap_err();
    assert!(wrong.to_string().contains("more than 5000 bytes"), "{wrong}");
    let wrong = error("ours.md", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}");
    assert!(wrong.contains("recursion"), "{wrong}");
    assert!(Template::parse("ours.md", &" ".repeat(Template::MAX_BYTES + 1)).is_err());
}

#[test]
fn parts_are_given_and_never_read_from_the_disk() {
    let wrong = error("ours.md", "{% include '/etc/passwd' %}");
    assert!(wrong.contains("/etc/passwd") && wrong.contains("give parts"), "{wrong}");
    let template = Template::parse("ours.md", "{% include 'head.md' %}!").unwrap();
    let text = review(&template.with_part("head.md", "# {{ title }}").unwrap(), &canvas(|_| ()));
    assert_eq!(text.unwrap(), "# ledger \\| slow \\# now!\n");
}

#[test]
fn the_name_says_how_texts_are_escaped() {
    let hostile = |name: &str| {
        let template = Template::parse(name, "{{ timeline[0].what }}").unwrap();
        review(&template, &canvas(|_| ())).unwrap()
    };
    assert!(hostile("a.html").contains("&lt;script&gt;"));
    assert!(hostile("a.md").contains("\\<script\\>"));
    assert!(hostile("a.txt").contains("<script>"));
}

proptest! {
    #[test]
    fn no_text_of_a_record_breaks_out_of_its_line(text in "[\\PC\n|#>*-]{1,60}") {
        prop_assume!(!text.trim().is_empty());
        let canvas = canvas(|case| case.notes.push(note(&format!("impact: {text}"))));
        let facts = ReviewFacts::of(&canvas);
        let template = Template::parse("ours.md", "A{{ impact[0].text }}").unwrap();
        let written = fill(&template, &facts).unwrap();
        prop_assert_eq!(written.lines().count(), 1);
        let bars = written.replace("\\\\", "").replace("\\|", "").replace("\\<", "");
        prop_assert!(!bars.contains('|') && !bars.contains('<'), "{}", written);
    }
}
