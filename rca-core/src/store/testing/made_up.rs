//! Records for tests. Number in, record out; the same every time.

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::error::Place;
use crate::model::{
    Analysis, Confidence, Entity, EntityKind, Event, EventId, InputSummary, Investigation,
    InvestigationId, Link, LinkKind, LinkReason, LinkRule, NewDeadLetter, Note, Probability,
    Severity, Source, Tag, Verdict,
};
use crate::time::TimeRange;

/// A moment: this many seconds into a made-up day.
#[must_use]
pub fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

/// A deploy, with a source id.
#[must_use]
pub fn deploy(n: u32) -> Event {
    Event::builder(at(i64::from(n)), Source::Deploy, "deploy", &format!("ledger v{n}"))
        .with_source_id(format!("d-{n}"))
        .with_service("ledger")
        .build()
        .unwrap()
}

/// An event without a source id.
#[must_use]
pub fn note(n: u32) -> Event {
    Event::builder(at(i64::from(n)), Source::Manual, "note", &format!("remark {n}"))
        .build()
        .unwrap()
}

/// An event in which nothing is left empty.
#[must_use]
pub fn full_event() -> Event {
    let mut event = Event::builder(at(5), Source::Other("pager".into()), "page", "disk is full")
        .with_severity(Severity::Critical)
        .with_entity(Entity::new(EntityKind::Database, "orders-db"))
        .with_body("all of it\nand a second line: \u{fc}\u{1f525}")
        .with_attribute("number", 0.1 + 0.2)
        .with_attribute("nested", json!({"a": [1, -2, null, true, "x"]}))
        .with_tag("prod")
        .with_tag("storage")
        .with_source_id("p-77")
        .with_metadata("shift", "night")
        .with_parsed_at(at(6))
        .build()
        .unwrap();
    event.linked_at = Some(at(7));
    event.deleted_at = Some(at(8));
    event
}

/// An investigation.
#[must_use]
pub fn investigation(n: u32) -> Investigation {
    let window = TimeRange::new(at(0), at(3600)).unwrap();
    Investigation::builder(&format!("slow checkout {n}"), window)
        .build(at(i64::from(n)), &n.to_le_bytes())
        .unwrap()
}

/// An investigation in which nothing is left empty.
#[must_use]
pub fn full_investigation() -> Investigation {
    let mut case = investigation(1);
    case.description = "since noon".to_owned();
    case.status = crate::model::Status::Resolved;
    case.impact_severity = crate::model::Impact::Critical;
    case.priority = crate::model::Priority::P0;
    case.started_at = Some(at(10));
    case.resolved_at = Some(at(20));
    case.root_cause = Some("a pool of two".to_owned());
    case.remediation = Some("a pool of twenty".to_owned());
    case.lessons_learned = Some("alert on waiting, not on failing".to_owned());
    case.component_affected = Some("pool".to_owned());
    case.service_affected = Some("checkout".to_owned());
    case.tags.insert(Tag::new("prod").unwrap());
    case.related.insert(investigation(2).id());
    let event = Some(deploy(1).id());
    case.notes.push(Note::new(at(11), Some("kim".into()), "look here".into(), event).unwrap());
    case.created_by = Some("kim".to_owned());
    case.assigned_to = Some("lee".to_owned());
    case.deleted_at = Some(at(30));
    case.revision = 3;
    case
}

/// A link of a kind.
#[must_use]
pub fn link(event: EventId, investigation: InvestigationId, kind: LinkKind) -> Link {
    Link {
        event,
        investigation,
        kind,
        confidence: Confidence::saturating(0.75),
        reasons: vec![LinkReason {
            rule: LinkRule::Entity,
            score: Confidence::saturating(1.0 / 3.0),
            detail: "both are about ledger".to_owned(),
        }],
        linked_at: at(4000),
        linked_by: kind.is_manual().then(|| "kim".to_owned()),
    }
}

/// An analysis that found nothing.
#[must_use]
pub fn analysis(id: InvestigationId) -> Analysis {
    Analysis {
        schema_version: Analysis::SCHEMA_VERSION,
        investigation: Some(id),
        symptom: "slow checkout".to_owned(),
        window: TimeRange::new(at(0), at(3600)).unwrap(),
        verdict: Verdict::NothingToBlame,
        onset: None,
        first_failing: Some(Entity::service("ledger")),
        blast_radius: Vec::new(),
        causes: Vec::new(),
        none_of_these: Probability::ONE,
        none_evidence: Vec::new(),
        entities: Vec::new(),
        ruled_out: Vec::new(),
        timeline: Vec::new(),
        inputs: InputSummary { metric_points: 7, ..InputSummary::default() },
    }
}

/// Something that could not be read, a hundred seconds after the one before.
#[must_use]
pub fn refused(n: u32) -> NewDeadLetter {
    NewDeadLetter {
        source: format!("ci-{}", n % 2),
        format: Some("json-log".to_owned()),
        place: Place::line("page", u64::from(n)),
        reason: "no timestamp".to_owned(),
        about: [("kind".to_owned(), "push".to_owned())].into(),
        at: at(i64::from(n) * 100),
        next_try: Some(at(i64::from(n) * 100 + 3600)),
        raw: format!("{{\"n\": {n}}}").into_bytes(),
    }
}
