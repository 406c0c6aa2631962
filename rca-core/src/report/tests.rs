use chrono::{DateTime, Duration, Utc};

use super::*;
use crate::model::{
    Analysis, Cause, CauseKind, Confidence, Entity, Evidence, EvidenceKind, InputSummary, Onset,
    Probability, RuledOut, TimelineEntry, Verdict,
};
use crate::time::TimeRange;

pub(super) fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600 + minute * 60, 0).unwrap()
}

pub(super) fn analysis() -> Analysis {
    Analysis {
        schema_version: Analysis::SCHEMA_VERSION,
        investigation: None,
        symptom: "ledger is slow".to_owned(),
        window: TimeRange::new(at(0), at(60)).unwrap(),
        verdict: Verdict::Change,
        onset: Some(Onset {
            time: at(30),
            not_before: at(29),
            not_after: at(31),
            confidence: Confidence::saturating(0.9),
            first_signal: "ledger pool_wait 0 → 4".to_owned(),
        }),
        first_failing: Some(Entity::service("ledger")),
        blast_radius: vec![Entity::service("web")],
        causes: vec![Cause {
            kind: CauseKind::Commit {
                sha: "0123456789abcdef0123456789abcdef01234567".to_owned(),
                deployed_to: vec![Entity::service("ledger")],
                deployed_at: Some(at(25)),
            },
            title: "simplify [pool] *defaults*".to_owned(),
            entity: Some(Entity::service("ledger")),
            probability: Probability::saturating(0.75),
            event: None,
            mechanism: Some("pool_limit_lowered".to_owned()),
            evidence_for: vec![Evidence {
                kind: EvidenceKind::Diff,
                statement: "lowers max_connections 40 → 4".to_owned(),
                weight: 2.5,
                before: Some(40.0),
                after: Some(4.0),
                time: None,
                events: Vec::new(),
            }],
            evidence_against: Vec::new(),
            path: Vec::new(),
            remediation: Some("roll back".to_owned()),
        }],
        none_of_these: Probability::saturating(0.25),
        none_evidence: Vec::new(),
        entities: Vec::new(),
        ruled_out: vec![RuledOut {
            title: "docs".to_owned(),
            event: None,
            sha: None,
            reasons: vec!["touches documentation only".to_owned()],
        }],
        timeline: vec![TimelineEntry {
            time: at(25),
            entity: Some(Entity::service("ledger")),
            what: "deploy\u{1b}[31m <script>".to_owned(),
            event: None,
        }],
        inputs: InputSummary { gaps: vec!["no traces".to_owned()], ..InputSummary::default() },
    }
}

#[test]
fn json_reads_back_to_an_equal_analysis() {
    let analysis = analysis();
    assert_eq!(from_json(&json(&analysis).unwrap()).unwrap(), analysis);
}

#[test]
fn a_newer_document_is_named_as_such() {
    let text =
        json(&analysis()).unwrap().replace("\"schema_version\": 1", "\"schema_version\": 99");
    let error = from_json(&text).unwrap_err();
    assert!(error.to_string().contains("format 99"), "{error}");
    let error = from_json("{\n \"schema_version\": true }").unwrap_err();
    assert_eq!(error.place().and_then(|place| place.line), Some(2));
}

#[test]
fn every_writer_shows_every_fact() {
    let view = View::of(&analysis());
    for text in
        [terminal(&view, Style::Plain, 80), terminal(&view, Style::Colour, 60), markdown(&view)]
    {
        for word in [
            "75 %",
            "25 %",
            "0123456789ab",
            "roll back",
            "documentation",
            "no traces",
            "web",
            "40",
            "09:",
        ] {
            let word = if word == "09:" { "00:25:00" } else { word };
            assert!(text.contains(word), "{word} in\n{text}");
        }
    }
}

#[test]
fn hostile_text_stays_text() {
    let view = View::of(&analysis());
    assert!(!terminal(&view, Style::Plain, 80).contains('\u{1b}'));
    let page = markdown(&view);
    assert!(page.contains("\\[pool\\] \\*defaults\\*") && page.contains("\\<script\\>"), "{page}");
}

#[test]
fn lines_keep_to_the_width() {
    let mut long = analysis();
    long.timeline[0].what = "word ".repeat(100);
    let text = terminal(&View::of(&long), Style::Plain, 72);
    assert!(text.lines().all(|line| line.chars().count() <= 72), "{text}");
}

#[test]
fn saving_replaces_the_whole_file_and_names_a_missing_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.md");
    save(&path, "one").unwrap();
    save(&path, "two").unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "two");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let error = save(&folder.path().join("missing/report.md"), "x").unwrap_err();
    assert!(error.to_string().contains("missing"), "{error}");
}

#[test]
fn durations_are_in_the_units_of_the_window() {
    let mut short = analysis();
    short.window = TimeRange::new(at(0), at(0) + Duration::seconds(90)).unwrap();
    assert!(View::of(&short).facts.iter().any(|(_, value)| value.contains("(1 min 30 s)")));
}
