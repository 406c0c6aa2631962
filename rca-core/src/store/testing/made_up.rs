//! Records for tests. Number in, record out; the same every time.

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::error::Place;
use crate::model::{
    About, Analysis, Argument, CauseKey, Confidence, EdgeKind, Entity, EntityKind, Event, EventId,
    Hypothesis, HypothesisOrigin, HypothesisState, InputSummary, Investigation, InvestigationId,
    Link, LinkKind, LinkReason, LinkRule, NewDeadLetter, Note, Probability, Relation, Severity,
    Side, Source, Tag, Verdict,
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
    case.acknowledged_at = Some(at(15));
    case.resolved_at = Some(at(20));
    case.root_cause = Some("a pool of two".to_owned());
    case.remediation = Some("a pool of twenty".to_owned());
    case.lessons_learned = Some("alert on waiting, not on failing".to_owned());
    case.component_affected = Some("pool".to_owned());
    case.service_affected = Some("checkout".to_owned());
    case.tags.insert(Tag::new("prod").unwrap());
    let other = investigation(2).id();
    case.related.push(Relation::manual(other, None, at(1)));
    let suggested = Relation::suggested(investigation(3).id(), Confidence::saturating(0.3), at(2));
    case.related.push(suggested.with_reason("the same commit, twice"));
    let kim = || Some("kim".to_owned());
    let deploy = deploy(1).id();
    let edge = About::Edge { from: deploy, to: full_event().id(), relation: EdgeKind::Triggers };
    let cause = About::Cause { cause: CauseKey::new("commit:9f3c").unwrap() };
    let first = Note::new(at(11), kim(), "look here".into(), deploy).unwrap();
    let answer = About::Note { note: first.id };
    case.notes.push(first);
    case.notes.push(Note::new(at(12), None, "this set it off".into(), edge).unwrap());
    let mut hypothesis = Hypothesis::new(at(13), kim(), "the pool is too small", cause).unwrap();
    let argue = |side, text: &str, about| Argument::new(at(14), kim(), side, text, about).unwrap();
    hypothesis.evidence.push(argue(Side::For, "", answer));
    hypothesis.evidence.push(argue(Side::Against, "it was never full", About::Investigation));
    hypothesis.state = HypothesisState::Supported;
    hypothesis.origin = HypothesisOrigin::Analysis;
    case.hypotheses.push(hypothesis);
    case.put_in_order();
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
