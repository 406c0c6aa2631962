//! What is not seen through a binding.
#![allow(clippy::unwrap_used, reason = "tests")]

use rca_core::ErrorKind;

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
