//! What is not seen through a binding.
#![allow(clippy::unwrap_used, reason = "tests")]

use rca_core::{ErrorKind, Workspace};

use super::*;

#[test]
fn an_error_names_the_line_of_the_event_that_is_none() {
    let good = r#"{"timestamp":"2026-01-02T03:04:05Z","source":"deploy","event_type":"deploy","title":"v2"}"#;
    assert_eq!(events::many(&format!("{good}\n\n{good}")).unwrap().len(), 2);
    assert_eq!(events::many(&format!("[{good},{good}]")).unwrap().len(), 2);
    for (text, source, line) in [
        (format!("{good}\n{{\"timestamp\":"), "events", Some(2)),
        (format!("{good}\n{{\"title\":\"x\"}}"), "events", Some(2)),
        (format!("{good}\n{}", good.replace("v2", " ")), "events", Some(2)),
        (format!("[{good},{{}}]"), "events[1]", None),
        (format!("[{good},{}]", good.replace("\"v2\"", "\"\"")), "events[1]", None),
    ] {
        let error = events::many(&text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let details = Details::of(&error);
        assert_eq!((details.source.as_deref(), details.line), (Some(source), line), "{error}");
    }
}

#[test]
fn an_event_written_reads_back_as_itself() {
    let draft = r#"{"timestamp":"2026-01-02T03:04:05Z","source":"flag","event_type":"flag","title":"on","tags":["a"]}"#;
    let event = events::new_event(draft).unwrap();
    assert_eq!(json(events::many(&event).unwrap().first().unwrap()).unwrap(), event);
    assert!(
        events::new_event(&draft.replace("tags", "tag")).is_err(),
        "unknown fields are refused"
    );
}

#[test]
fn empty_settings_are_the_defaults_and_unknown_ones_are_refused() {
    assert!(settings::limits("").is_ok() && settings::options("{}").is_ok());
    let error = settings::limits(r#"{"lines": 3}"#).unwrap_err();
    assert_eq!(Details::of(&error).source.as_deref(), Some("settings"));
    assert!(Details::of(&error).column.is_some());
}

#[test]
fn search_walks_through_all_pages() {
    let workspace = workspaces::open(workspaces::Opening::default(), "").unwrap();
    let event = |n: u32| {
        format!(
            r#"{{"timestamp":"2026-01-02T03:04:{n:02}Z","source":"deploy","event_type":"deploy","title":"ledger {n}","source_id":"{n}"}}"#
        )
    };
    let events: Vec<String> = (0..23).map(event).collect();
    events::ingest(&workspace, &events.join("\n")).unwrap();
    let all = queries::search_all(&workspace, r#"{"text":"ledger","limit":5}"#).unwrap();
    assert_eq!(all.collect::<Result<Vec<_>>>().unwrap().len(), 23);
    assert!(queries::search_all(&workspace, r#"{"text":"nowhere"}"#).unwrap().next().is_none());
}

fn three_cases() -> Workspace {
    let clock = rca_core::time::ManualClock::at("2026-03-01T00:00:00Z".parse().unwrap());
    let opening = workspaces::Opening { clock: Some(clock), ..Default::default() };
    let rules = r#"{"rules": "[[rule]]\nname = 'paper'\nwhen = { title_contains = 'paper' }\nwithin = '5m'\n"}"#;
    let workspace = workspaces::open(opening, rules).unwrap();
    let event = r#"{"timestamp":"2026-01-02T03:10:00Z","source":"manual","event_type":"note","title":"no paper"}"#;
    events::ingest(&workspace, event).unwrap();
    for (day, component) in [("02", "till"), ("03", "till"), ("04", "cart")] {
        let draft = format!(
            r#"{{"title":"{component} is slow","start":"2026-01-{day}T03:00:00Z","end":"2026-01-{day}T04:00:00Z","component":"{component}"}}"#
        );
        cases::investigate(&workspace, &draft).unwrap();
    }
    workspace
}

#[test]
fn a_figure_has_every_form_and_a_wrong_word_is_told() {
    let workspace = three_cases();
    for (wanted, fits) in [
        (r#"{"figure":"durations","measure":"resolve","by":["component"]}"#, "\"open\":2"),
        (
            r#"{"figure":"tally","by":["component","week"],"most_frequent_first":true}"#,
            "\"total\":3",
        ),
        (r#"{"figure":"tally","cases":{"component":"cart"}}"#, "\"total\":1"),
        (r#"{"figure":"timeline","period":"week"}"#, "\"label\":\"2026-W01\""),
        (r#"{"figure":"recurrence","within_seconds":86400}"#, "\"unknown\":3"),
        (r#"{"figure":"change_failures","by_entity":true}"#, "\"rate\":null"),
        (r#"{"figure":"events_by_source","bucket_seconds":3600}"#, "\"values\":[\"manual\"]"),
    ] {
        let figure = analytics::figure(&workspace, wanted).unwrap();
        let document = figure.form("json").unwrap();
        assert!(document.contains(fits), "{wanted}: {document}");
        assert!(figure.form("svg").unwrap().starts_with("<svg"));
        assert!(figure.form("markdown").unwrap().starts_with("### "));
        assert!(figure.form("csv").unwrap().contains(','), "{wanted}");
        assert!(figure.form("png").is_err());
        let again = analytics::Drawn::from_document(&document).unwrap();
        for form in ["csv", "markdown", "svg"] {
            assert_eq!(again.form(form).unwrap(), figure.form(form).unwrap(), "{wanted}");
        }
    }
    for (wanted, field) in [
        (r#"{"figure":"durations","measure":"mttr"}"#, "detect, acknowledge"),
        (r#"{"figure":"tally","by":["year"]}"#, "severity, component"),
        (r#"{"figure":"timeline","period":"year"}"#, "day, week"),
        (r#"{"figure":"recurrence","within_seconds":-1}"#, "within_seconds"),
        (r#"{"figure":"tally","cases":{"team":"x"}}"#, "team"),
        (r#"{"figure":"pie"}"#, "pie"),
    ] {
        let error = analytics::figure(&workspace, wanted).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains(field), "{error}");
    }
}

#[test]
fn a_replay_says_what_other_settings_would_change_and_keeps_the_rest() {
    let workspace = three_cases();
    let reports = replays::rule_reports(&workspace).unwrap();
    assert!(reports.contains("paper: 2 of 2 events matched"), "{reports}");
    let range = r#""start":"2026-01-01T00:00:00Z","end":"2026-02-01T00:00:00Z""#;
    let same = replays::replay(&workspace, &format!("{{{range}}}")).unwrap();
    assert!(same.contains(r#""cases":[]"#) && same.contains(r#""unchanged":3"#), "{same}");
    let without =
        replays::replay(&workspace, &format!(r#"{{{range},"settings":{{"rules":[]}}}}"#)).unwrap();
    assert!(without.contains(r#""is_removed":true"#), "{without}");
    assert!(
        replays::replay(&workspace, &format!(r#"{{{range},"settings":{{"rule":[]}}}}"#)).is_err()
    );
}

#[test]
fn rules_are_checked_however_they_are_written() {
    let toml = "[[rule]]\nname = 'paper'\nwhen = { tag = 'paper' }\nwithin = '5m'\n";
    let checked = replays::check_rules(toml).unwrap();
    assert!(checked.starts_with(r#"[{"name":"paper""#), "{checked}");
    assert_eq!(replays::check_rules(&checked).unwrap(), checked);
    assert_eq!(replays::check_rules(&format!(r#"{{"rule":{checked}}}"#)).unwrap(), checked);
    let error = replays::check_rules(&toml.replace("5m", "soon")).unwrap_err();
    assert!(Details::of(&error).source.unwrap().contains("within"), "{error}");
}
