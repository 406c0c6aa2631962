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
    let mixed = events::many(&format!("[{event},{draft}]")).unwrap();
    let whole = events::many(&format!("[{event}]")).unwrap();
    assert_eq!((mixed.len(), &mixed[0]), (2, &whole[0]));
    assert!(
        events::new_event(&draft.replace("tags", "tag")).is_err(),
        "unknown fields are refused"
    );
}

#[test]
fn empty_settings_are_the_defaults_and_unknown_ones_are_refused() {
    assert!(settings::limits("").is_ok() && settings::options("{}").is_ok());
    let caps =
        settings::dead_letters(r#"{"dead_letters":{"letters":3,"age_seconds":60}}"#).unwrap();
    assert_eq!((caps.letters, caps.age.num_seconds(), caps.letter_bytes), (3, 60, 4 << 20));
    assert!(settings::dead_letters(r#"{"dead_letters":{"age_seconds":-1}}"#).is_err());
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

const NIGHT: &str = "2026-05-04T02:00:00Z";

/// A workspace with a deploy and an investigation of the hour after it, on a clock that stands still.
fn an_investigation(settings: &str) -> (Workspace, rca_core::model::InvestigationId) {
    let clock = rca_core::time::ManualClock::at(NIGHT.parse().unwrap());
    let opening = workspaces::Opening { clock: Some(clock), ..workspaces::Opening::default() };
    let workspace = workspaces::open(opening, settings).unwrap();
    let deploy = r#"{"timestamp":"2026-05-04T01:10:00Z","source":"deploy","event_type":"deploy","title":"till v2","source_id":"7"}"#;
    events::ingest(&workspace, deploy).unwrap();
    let case = r#"{"title":"till is slow","start":"2026-05-04T01:00:00Z","end":"2026-05-04T02:00:00Z","component":"till"}"#;
    let case = value(&cases::investigate(&workspace, case).unwrap());
    (workspace, case["id"].as_str().unwrap().parse().unwrap())
}

fn value(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

fn source_of<T: std::fmt::Debug>(result: Result<T>) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    Details::of(&error).source.unwrap_or_default()
}

#[test]
fn what_something_is_about_is_an_id_or_a_document_or_the_whole() {
    let (workspace, id) = an_investigation("");
    let event = workspace.events(&rca_core::store::Scan::all()).unwrap().next().unwrap().unwrap();
    let about = |about: Option<&str>| {
        let note = record::add_note(&workspace, id, "look", Some("ann"), about).unwrap();
        value(&note)["about"].clone()
    };
    assert_eq!(about(None)["kind"], "investigation");
    assert_eq!(about(Some(&event.id().to_string()))["event"], event.id().to_string());
    let note = value(&record::add_note(&workspace, id, "why?", None, None).unwrap());
    let answered = format!(r#" {{"kind": "note", "note": {}}}"#, note["id"]);
    assert_eq!(about(Some(&answered))["note"], note["id"]);
    assert_eq!(source_of(record::propose(&workspace, id, "x", None, Some("{}"))), "about");
    assert!(record::propose(&workspace, id, "x", None, Some("nonsense")).is_err());
}

#[test]
fn words_that_are_none_are_named_with_those_that_are() {
    let (workspace, id) = an_investigation("");
    assert_eq!(source_of(record::acting_as(&workspace, "ann", "king")), "role");
    assert_eq!(source_of(record::acting_as(&workspace, " ", "viewer")), "name");
    let guess = value(&record::propose(&workspace, id, "the pool", None, None).unwrap());
    let guess = guess["id"].as_str().unwrap().parse().unwrap();
    let side = record::add_evidence(&workspace, id, guess, "beside", "x", None, None);
    assert_eq!(source_of(side), "side");
    assert_eq!(source_of(record::set_hypothesis(&workspace, id, guess, "so so", None)), "state");
}

#[test]
fn a_change_of_a_revision_that_is_gone_is_a_conflict() {
    let (workspace, id) = an_investigation("");
    let seen = workspace.investigation(id).unwrap().revision();
    let change = |cause: &str| format!(r#"{{"root_cause":"{cause}","revision":{seen}}}"#);
    cases::update(&workspace, id, &change("the pool")).unwrap();
    let error = cases::update(&workspace, id, &change("the cache")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(workspace.investigation(id).unwrap().root_cause(), Some("the pool"));
}

#[test]
fn a_seal_is_kept_and_a_dossier_goes_to_another_workspace() {
    let (workspace, id) = an_investigation("");
    let seal = record::audit_seal(&workspace).unwrap();
    assert_eq!(record::check_seal(&workspace, &seal).unwrap(), "[]");
    let dossier = record::export_investigation(&workspace, id).unwrap();
    let other = workspaces::open(workspaces::Opening::default(), "").unwrap();
    for (again, adopted) in ["new", "known"].into_iter().enumerate() {
        let done = value(&record::import_investigation(&other, &dossier).unwrap());
        assert_eq!(done["adopted"], adopted, "{again}");
        assert_eq!(done["investigation"], id.to_string());
    }
    assert_eq!(record::export_investigation(&other, id).unwrap(), dossier);
    let missing = workspaces::open(workspaces::Opening::default(), "").unwrap();
    assert_ne!(
        record::check_seal(&missing, &seal).unwrap(),
        "[]",
        "a history that is gone is told"
    );
}

#[test]
fn a_review_is_written_from_a_template_by_name_or_text() {
    let workspace = three_cases();
    let cases = workspace.investigations(rca_core::store::Deleted::Hide).unwrap();
    let cart = cases.iter().find(|case| case.component_affected() == Some("cart")).unwrap();
    let canvas = workspace.canvas(cart.id()).unwrap();
    assert!(reviews::template_names().unwrap().starts_with(r#"["review","#));
    let review = reviews::review(&canvas, r#""review""#).unwrap();
    assert!(review.contains("cart is slow"), "{review}");
    let ours =
        r##"{"name":"ours.txt","text":"{% include 'head' %}!","parts":{"head":"# {{ title }}"}}"##;
    assert_eq!(reviews::review(&canvas, ours).unwrap(), "# cart is slow!\n");
    for (wanted, said) in [
        (r#""nice""#, "there are: review"),
        (r#"{"name":"x.md","text":"a\n{{ tilte }}"}"#, "tilte"),
        (
            r#"{"name":"x.md","text":"{% for a in range(9999) %}x{% endfor %}","fuel":50}"#,
            "too many steps",
        ),
        (r#"{"name":"x.md","text":"{{ title }}","max_output":3}"#, "more than 3 bytes"),
        (r#"{"name":"x.md","test":""}"#, "test"),
        ("7", "neither a name"),
    ] {
        let error = reviews::review(&canvas, wanted).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains(said), "{wanted}: {error}");
    }
}

#[test]
fn a_source_is_said_by_its_kind_and_nothing_unknown_is_taken() {
    for (wanted, said) in [
        ("", "null is none of git, github, prometheus"),
        (r#"{"kind":"gopher"}"#, r#""gopher" is none of"#),
        (r#"{"kind":"git"}"#, "say where the repository is"),
        (r#"{"kind":"git","path":"x","paths":[]}"#, "unknown field `paths`"),
        (r#"{"kind":"github","repository":"a/b","queries":{}}"#, "unknown field `queries`"),
        (r#"{"kind":"prometheus","url":"http://x","step_seconds":"1"}"#, "invalid type: string"),
        (r#"["git"]"#, "invalid type"),
    ] {
        let Err(error) = sources::open(wanted) else { panic!("{wanted} was taken") };
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{wanted}");
        assert!(error.to_string().contains(said), "{wanted}: {error}");
    }
}

#[test]
fn what_a_host_answers_is_checked() {
    let workspace = Workspace::in_memory().unwrap();
    let fault = |kind: &str, after_seconds| sources::Given::Fault {
        kind: kind.to_owned(),
        what: "as it says".to_owned(),
        after_seconds,
    };
    let page = |checkpoint: &str| sources::Given::Page {
        batch: Default::default(),
        checkpoint: checkpoint.to_owned(),
        more: false,
    };
    for (given, end) in [
        (page("7"), "caught_up"),
        (page("{"), "impossible"),
        (fault("tired", None), "impossible"),
        (fault("server", None), "gave_up"),
        (fault("throttled", Some(7200.0)), "not_before"),
        (fault("throttled", Some(f64::INFINITY)), "not_before"),
        // No length of time, so none is asked for.
        (fault("throttled", Some(f64::NAN)), "gave_up"),
    ] {
        let said = format!("{given:?}");
        let source = sources::custom(&said, move |_, _| given.clone()).unwrap();
        let (report, _) = pulls::pull(
            &workspace,
            &source,
            r#"{"tries":1,"page_seconds":1e14}"#,
            &rca_core::connectors::unobserved,
        )
        .unwrap();
        assert!(report.contains(&format!(r#""end":"{end}""#)), "{said}: {report}");
    }
    assert!(sources::custom("", |_, _| unreachable!()).is_err());
}
