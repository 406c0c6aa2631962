//! From decisions to links: people win, and a pair has one link.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::Decision;
use crate::model::{Confidence, EventId, InvestigationId, Link, LinkKind, LinkReason, LinkRule};

/// The link after an analysis: `decision` is what [`Linker::score`](super::Linker::score) said now.
///
/// A link that a person made or rejected stays as it is. Any other is renewed, or dropped when
/// there is no decision any more. An unchanged one keeps its time. `existing` and `decision` speak of
/// the same event and investigation.
#[must_use]
pub fn decide(
    existing: Option<&Link>,
    decision: Option<Decision>,
    now: DateTime<Utc>,
) -> Option<Link> {
    if let Some(link) = existing.filter(|link| link.kind.is_manual()) {
        return Some(link.clone());
    }
    let fresh = decision?.into_link(now);
    match existing {
        Some(link) if (Link { linked_at: now, ..link.clone() }) == fresh => Some(link.clone()),
        _ => Some(fresh),
    }
}

/// A person says that the event belongs to the investigation.
#[must_use]
pub fn accept(
    event: EventId,
    investigation: InvestigationId,
    person: Option<String>,
    now: DateTime<Utc>,
) -> Link {
    by_person(event, investigation, LinkKind::Manual, person, now)
}

/// A person says that the event does not belong to the investigation.
#[must_use]
pub fn reject(
    event: EventId,
    investigation: InvestigationId,
    person: Option<String>,
    now: DateTime<Utc>,
) -> Link {
    by_person(event, investigation, LinkKind::Rejected, person, now)
}

fn by_person(
    event: EventId,
    investigation: InvestigationId,
    kind: LinkKind,
    person: Option<String>,
    now: DateTime<Utc>,
) -> Link {
    let verb = if kind == LinkKind::Manual { "linked" } else { "rejected" };
    let detail = match &person {
        Some(person) => format!("{verb} by {person}"),
        None => format!("{verb} by hand"),
    };
    let confidence = if kind == LinkKind::Manual { Confidence::ONE } else { Confidence::ZERO };
    let reason = LinkReason { rule: LinkRule::Person, score: Confidence::ONE, detail };
    let reasons = vec![reason];
    Link { event, investigation, kind, confidence, reasons, linked_at: now, linked_by: person }
}

/// One link for each event and investigation, sorted by investigation, then event.
///
/// A person's link beats the linker's, then the later one wins, then the surer one; the order of
/// the input changes nothing.
#[must_use]
pub fn dedupe(links: impl IntoIterator<Item = Link>) -> Vec<Link> {
    let mut best: BTreeMap<_, Link> = BTreeMap::new();
    for link in links {
        let pair = (link.investigation, link.event);
        match best.get(&pair) {
            Some(known) if precedence(known) >= precedence(&link) => {}
            _ => {
                best.insert(pair, link);
            }
        }
    }
    best.into_values().collect()
}

/// What decides between two links of a pair; the words come last, so that no two differ in rank
/// but not in content.
fn precedence(link: &Link) -> impl Ord + '_ {
    let words: Vec<_> =
        link.reasons.iter().map(|r| (r.rule, &r.detail, r.score.value().to_bits())).collect();
    (
        link.kind.is_manual(),
        link.linked_at,
        link.confidence.value().to_bits(), // never negative: bits sort like numbers
        link.kind,
        Reverse(link.linked_by.as_deref()),
        Reverse(words),
    )
}
