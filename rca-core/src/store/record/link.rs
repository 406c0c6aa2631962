//! Links as bytes.

use serde::{Deserialize, Serialize};

use super::code::Code;
use super::{invalid, read, seal, unknown, unseal};
use crate::error::Result;
use crate::model::{Confidence, EventId, InvestigationId, Link, LinkKind, LinkReason, LinkRule};
use crate::time::{checked_nanos, from_nanos};

const WHAT: &str = "link record";

/// Version 1. Frozen.
#[derive(Serialize, Deserialize)]
struct LinkV1 {
    event: [u8; 16],
    investigation: [u8; 16],
    kind: u8,
    confidence: f64,
    reasons: Vec<(u8, f64, String)>,
    linked_at: i64,
    linked_by: Option<String>,
}

/// A link as a record.
///
/// # Errors
///
/// [`crate::ErrorKind::InvalidInput`] when its time does not fit nanoseconds.
pub fn encode_link(link: &Link) -> Result<Vec<u8>> {
    let reason = |r: &LinkReason| (r.rule.code(), r.score.value(), r.detail.clone());
    let record = LinkV1 {
        event: link.event.to_bytes(),
        investigation: link.investigation.to_bytes(),
        kind: link.kind.code(),
        confidence: link.confidence.value(),
        reasons: link.reasons.iter().map(reason).collect(),
        linked_at: checked_nanos(link.linked_at)?,
        linked_by: link.linked_by.clone(),
    };
    seal(WHAT, 1, &record)
}

/// The link in a record of any version.
///
/// # Errors
///
/// As for [`decode_event`](super::decode_event).
pub fn decode_link(bytes: &[u8]) -> Result<Link> {
    match unseal(WHAT, 1, bytes)? {
        (1, payload) => read::<LinkV1>(WHAT, payload)?.into_link(),
        (version, _) => Err(unknown(WHAT, version)),
    }
}

impl LinkV1 {
    fn into_link(self) -> Result<Link> {
        let reason = |(rule, score, detail)| {
            Ok(LinkReason {
                rule: LinkRule::read(WHAT, rule)?,
                score: Confidence::try_from(score).map_err(invalid(WHAT))?,
                detail,
            })
        };
        Ok(Link {
            event: EventId::from_bytes(self.event),
            investigation: InvestigationId::from_bytes(self.investigation),
            kind: LinkKind::read(WHAT, self.kind)?,
            confidence: Confidence::try_from(self.confidence).map_err(invalid(WHAT))?,
            reasons: self.reasons.into_iter().map(reason).collect::<Result<_>>()?,
            linked_at: from_nanos(self.linked_at),
            linked_by: self.linked_by,
        })
    }
}
