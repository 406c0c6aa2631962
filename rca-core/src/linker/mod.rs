//! Does this event belong to this investigation, and why?
//!
//! ```
//! use rca_core::linker::{CaseProfile, Linker};
//! use rca_core::model::{Event, Investigation, LinkKind, Source};
//! use rca_core::time::TimeRange;
//!
//! let noon = chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap_or_default();
//! let at = |minute| noon + chrono::Duration::minutes(minute);
//! let case = Investigation::builder("bookings hang", TimeRange::new(at(0), at(60))?)
//!     .with_service("booking")
//!     .build(at(60), b"")?;
//! let deploy = Event::builder(at(-20), Source::Deploy, "deploy", "v12 goes out")
//!     .with_service("booking")
//!     .build()?;
//!
//! let decision = Linker::default().score(&deploy, &CaseProfile::new(&case, []));
//! let decision = decision.expect("twenty minutes before the start, on the affected service");
//! assert_eq!(decision.kind, LinkKind::Automatic);
//! assert_eq!(decision.reasons[0].detail, "on booking, named by the affected service");
//! # Ok::<(), rca_core::Error>(())
//! ```
//!
//! [`Linker`] compares an event with a [`CaseProfile`] by time, entity, tags, trace, text and
//! commit. Each rule that matches is an independent chance that the event belongs, worth the rule's
//! strength times the match, and the chances add up by noisy-or: confidence = 1 - product of
//! (1 - chance). What places and words have in common counts less the further the event lies from
//! the incident (by the square root of nearness in time); a shared trace or commit counts at any
//! distance. So a rule that finds nothing takes nothing away, and one that finds more never lowers
//! the whole.
//!
//! [`CorrelationRules`] are rules of the user's own; [`RuleRun`] says which events they match, and
//! [`Linker::score_with`] takes that in as further reasons.
//!
//! [`decide`] turns a decision into a link and leaves alone what a person decided.
//!
//! It does not say what caused the incident: that is for the ranking.

mod custom;
mod decide;
mod options;
mod profile;
mod rules;
mod words;

pub use custom::{
    Conditions, CorrelationRule, CorrelationRules, Effect, RuleError, RuleFindings, RuleGroup,
    RuleReport, RuleRun, Topology,
};
pub use decide::{accept, decide, dedupe, reject};
pub use options::LinkerOptions;
pub use profile::CaseProfile;

use chrono::{DateTime, Utc};

use self::rules::Match;
use crate::error::Result;
use crate::model::{
    Confidence, Event, EventId, InvestigationId, Link, LinkKind, LinkReason, LinkRule,
};
use crate::time::TimeRange;

/// Compares events with investigations. Holds no state: the same two give the same answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Linker {
    options: LinkerOptions,
}

/// That an event should be linked or suggested.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The event.
    pub event: EventId,
    /// The investigation.
    pub investigation: InvestigationId,
    /// [`LinkKind::Suggested`] or [`LinkKind::Automatic`].
    pub kind: LinkKind,
    /// How sure.
    pub confidence: Confidence,
    /// The rules that matched, strongest first.
    pub reasons: Vec<LinkReason>,
}

impl Decision {
    /// The link that this decision asks for; see [`decide`] for what an earlier one changes.
    #[must_use]
    pub fn into_link(self, now: DateTime<Utc>) -> Link {
        Link {
            event: self.event,
            investigation: self.investigation,
            kind: self.kind,
            confidence: self.confidence,
            reasons: self.reasons,
            linked_at: now,
            linked_by: None,
        }
    }
}

/// What every rule says, matched or not.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// How sure the rules are together.
    pub confidence: Confidence,
    /// What follows; none when the event is not even suggested.
    pub kind: Option<LinkKind>,
    /// All rules, strongest first, then in the order of [`LinkRule`].
    pub reasons: Vec<LinkReason>,
}

impl Linker {
    /// A linker with these options.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] when the thresholds are out of order, when time alone
    /// would link, or for a half-life that is negative or longer than a year.
    pub fn new(options: LinkerOptions) -> Result<Self> {
        options.check()?;
        Ok(Self { options })
    }

    /// What it was made with.
    #[must_use]
    pub fn options(&self) -> &LinkerOptions {
        &self.options
    }

    /// Whether the event should be linked or suggested, and why; none when neither.
    #[must_use]
    pub fn score(&self, event: &Event, case: &CaseProfile) -> Option<Decision> {
        self.score_with(event, case, &[])
    }

    /// [`Linker::score`] with further reasons, such as [`RuleFindings::reasons`]; each is an independent chance too.
    #[must_use]
    pub fn score_with(
        &self,
        event: &Event,
        case: &CaseProfile,
        further: &[LinkReason],
    ) -> Option<Decision> {
        let Explanation { confidence, kind, mut reasons } = self.explain_with(event, case, further);
        reasons.retain(|reason| reason.score > Confidence::ZERO);
        let (event, investigation) = (event.id(), case.investigation);
        kind.map(|kind| Decision { event, investigation, kind, confidence, reasons })
    }

    /// What every rule says about the event, also where it says no.
    #[must_use]
    pub fn explain(&self, event: &Event, case: &CaseProfile) -> Explanation {
        self.explain_with(event, case, &[])
    }

    fn explain_with(
        &self,
        event: &Event,
        case: &CaseProfile,
        further: &[LinkReason],
    ) -> Explanation {
        let time = rules::time(event, case, &self.options);
        let nearness = time.score.sqrt();
        let near = |found: Match| Match { score: found.score * nearness, ..found };
        let matches = [
            (LinkRule::Time, time),
            (LinkRule::Entity, near(rules::entity(event, case))),
            (LinkRule::Tags, near(rules::tags(event, case))),
            (LinkRule::Trace, rules::trace(event, case)),
            (LinkRule::Text, near(rules::text(event, case))),
            (LinkRule::Commit, rules::commit(event, case)),
        ];
        let mut reasons: Vec<_> = matches
            .into_iter()
            .map(|(rule, found)| LinkReason {
                rule,
                score: Confidence::saturating(self.options.strength(rule) * found.score),
                detail: found.detail,
            })
            .chain(further.iter().cloned())
            .collect();
        let doubt: f64 = reasons.iter().map(|reason| 1.0 - reason.score.value()).product();
        let confidence = Confidence::saturating(1.0 - doubt);
        reasons
            .sort_by(|a, b| b.score.value().total_cmp(&a.score.value()).then(a.rule.cmp(&b.rule)));
        Explanation { confidence, kind: self.kind(confidence), reasons }
    }

    /// The times outside of which only a shared trace or commit can link an event.
    #[must_use]
    pub fn reach(&self, case: &CaseProfile) -> TimeRange {
        let (start, end) = rules::reach(case, &self.options);
        TimeRange { start, end }
    }

    fn kind(&self, confidence: Confidence) -> Option<LinkKind> {
        if confidence >= self.options.link {
            Some(LinkKind::Automatic)
        } else if confidence >= self.options.suggest {
            Some(LinkKind::Suggested)
        } else {
            None
        }
    }
}
