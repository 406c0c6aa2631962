//! Thresholds, strengths and reach of the linker.

use chrono::Duration;

use crate::error::{Error, Result};
use crate::model::{Confidence, LinkRule};

/// How much the linker wants to see.
///
/// The defaults follow from three demands. What merely happened meanwhile is neither linked
/// nor suggested: time alone reaches 0.35. Meanwhile and on the affected service is linked: 1 -
/// (1 - 0.35)(1 - 0.65) = 0.77, and a change keeps that for an hour and more before the start.
/// Between the two, at even odds, a person is asked: suggestions begin at 0.5, links at 0.7.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkerOptions {
    pub(super) suggest: Confidence,
    pub(super) link: Confidence,
    pub(super) strengths: [Confidence; RULES.len()],
    /// Half-life of nearness before the start, for changes.
    pub(super) change_half_life: Duration,
    /// The same for everything else.
    pub(super) lead_half_life: Duration,
    /// Half-life after the end.
    pub(super) lag_half_life: Duration,
}

/// The rules that compare, in the order of their strengths.
pub(super) const RULES: [LinkRule; 6] = [
    LinkRule::Time,
    LinkRule::Entity,
    LinkRule::Tags,
    LinkRule::Trace,
    LinkRule::Text,
    LinkRule::Commit,
];

impl Default for LinkerOptions {
    fn default() -> Self {
        Self {
            suggest: Confidence::saturating(0.5),
            link: Confidence::saturating(0.7),
            strengths: [0.35, 0.65, 0.4, 0.9, 0.6, 0.9].map(Confidence::saturating),
            change_half_life: Duration::hours(4),
            lead_half_life: Duration::minutes(15),
            lag_half_life: Duration::minutes(10),
        }
    }
}

impl LinkerOptions {
    /// The confidence from which an event is suggested (0.5), and from which it is linked (0.7).
    #[must_use]
    pub fn with_thresholds(mut self, suggest: Confidence, link: Confidence) -> Self {
        (self.suggest, self.link) = (suggest, link);
        self
    }

    /// What a full match by a rule alone is worth: time 0.35, entity 0.65, tags 0.4, trace 0.9,
    /// text 0.6, commit 0.9. [`LinkRule::Person`] is not compared and has no strength.
    #[must_use]
    pub fn with_strength(mut self, rule: LinkRule, strength: Confidence) -> Self {
        if let Some(place) = RULES.iter().position(|known| *known == rule) {
            self.strengths[place] = strength;
        }
        self
    }

    /// How long before the start a change is worth half as much as at the start: 4 hours, since
    /// leaks, caches and schedules take their time.
    #[must_use]
    pub fn with_change_half_life(mut self, half_life: Duration) -> Self {
        self.change_half_life = half_life;
        self
    }

    /// The same for everything that is no change, before the start (15 minutes) and after the end
    /// (10 minutes).
    #[must_use]
    pub fn with_half_lives(mut self, before: Duration, after: Duration) -> Self {
        (self.lead_half_life, self.lag_half_life) = (before, after);
        self
    }

    pub(super) fn strength(&self, rule: LinkRule) -> f64 {
        let place = RULES.iter().position(|known| *known == rule);
        place.map_or(0.0, |place| self.strengths[place].value())
    }

    pub(super) fn check(&self) -> Result<()> {
        let (suggest, link) = (self.suggest, self.link);
        if suggest <= Confidence::ZERO || suggest > link {
            return Err(Error::value(
                "link thresholds",
                format!("need 0 < suggest ({}) <= link ({})", suggest.value(), link.value()),
            ));
        }
        let time = self.strength(LinkRule::Time);
        if time >= link.value() {
            return Err(Error::value(
                "time strength",
                format!(
                    "{time} reaches the link threshold {}: time alone must not link",
                    link.value()
                ),
            ));
        }
        let half_lives = [self.change_half_life, self.lead_half_life, self.lag_half_life];
        let legal = Duration::zero()..=Duration::days(365);
        if half_lives.iter().any(|half_life| !legal.contains(half_life)) {
            return Err(Error::value("link half-life", "must be 0 to 365 days"));
        }
        Ok(())
    }
}
