//! The join rules and their limits.

use chrono::Duration;

use crate::model::Confidence;

/// What two events must share to be joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum JoinRule {
    /// The same trace id: `relates_to`, earlier to later.
    Trace,
    /// The same commit: a commit `triggers` its build and its deploys; symptoms that name it
    /// `relates_to` it. A shortened hash counts when only one full hash begins with it.
    Commit,
    /// The same version of the same entity: from the deploy that brought it to what names it.
    Version,
    /// The same entity: `sequence`, earlier to later.
    Entity,
    /// A change, then a symptom on the same entity: `cause_effect`.
    Change,
    /// Symptoms on two entities that call each other. The callee's is the cause (`cause_effect`)
    /// unless the caller's came clearly first, which is a mere `correlation`.
    CallGraph,
    /// A symptom on a caller after a change on its callee: the symptom `depends_on` the change.
    Dependency,
}

impl JoinRule {
    /// All rules.
    pub const ALL: [Self; 7] = [
        Self::Trace,
        Self::Commit,
        Self::Version,
        Self::Entity,
        Self::Change,
        Self::CallGraph,
        Self::Dependency,
    ];

    /// The name that edges carry in [`Edge::rule`](crate::model::Edge::rule).
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace_id",
            Self::Commit => "commit",
            Self::Version => "version",
            Self::Entity => "entity",
            Self::Change => "change",
            Self::CallGraph => "call_graph",
            Self::Dependency => "dependency",
        }
    }

    /// Shared identities (trace, commit, version) weigh more, fade less and reach further than
    /// shared places; a commit may wait days for its deploy, and one commit of a common repository
    /// may reach many services.
    fn limits(self) -> RuleLimits {
        let (window, weight, fade, fan_out) = match self {
            Self::Trace => (Duration::minutes(15), 0.9, 0.2, 8),
            Self::Commit => (Duration::days(14), 0.95, 0.0, 64),
            Self::Version => (Duration::days(7), 0.8, 0.4, 32),
            Self::Entity => (Duration::minutes(30), 0.4, 0.5, 4),
            Self::Change => (Duration::hours(6), 0.7, 0.7, 16),
            Self::CallGraph => (Duration::minutes(10), 0.6, 0.5, 4),
            Self::Dependency => (Duration::hours(2), 0.4, 0.7, 4),
        };
        RuleLimits { window, weight: Confidence::saturating(weight), fade, fan_out }
    }
}

/// How far a rule reaches and how much its edges weigh.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RuleLimits {
    pub(super) window: Duration,
    /// Weight of an edge between simultaneous events.
    pub(super) weight: Confidence,
    /// Share of the weight that is lost at the far end of the window.
    pub(super) fade: f64,
    /// Most edges an event gets by the rule on either side.
    pub(super) fan_out: usize,
}

/// Windows, weights and caps of [`CorrelationGraph::build`](super::CorrelationGraph::build).
///
/// | rule | window | weight | lost at its end | fan-out |
/// |---|---|---|---|---|
/// | trace | 15 min | 0.9 | 20 % | 8 |
/// | commit | 14 d | 0.95 | - | 64 |
/// | version | 7 d | 0.8 | 40 % | 32 |
/// | entity | 30 min | 0.4 | 50 % | 4 |
/// | change | 6 h | 0.7 | 70 % | 16 |
/// | call graph | 10 min | 0.6 | 50 % | 4 |
/// | dependency | 2 h | 0.4 | 70 % | 4 |
#[derive(Debug, Clone, PartialEq)]
pub struct BuildOptions {
    rules: [RuleLimits; JoinRule::ALL.len()],
    per_key: usize,
    slack: Duration,
}

impl Default for BuildOptions {
    fn default() -> Self {
        Self {
            rules: JoinRule::ALL.map(JoinRule::limits),
            per_key: 1000,
            slack: Duration::minutes(1),
        }
    }
}

impl BuildOptions {
    /// How far apart two events may lie under a rule; nothing is joined by a negative window.
    #[must_use]
    pub fn with_window(mut self, rule: JoinRule, window: Duration) -> Self {
        self.rules[rule as usize].window = window;
        self
    }

    /// What an edge of a rule weighs between simultaneous events.
    #[must_use]
    pub fn with_weight(mut self, rule: JoinRule, weight: Confidence) -> Self {
        self.rules[rule as usize].weight = weight;
        self
    }

    /// Most edges an event gets by a rule from earlier events, and most to later ones; the nearest
    /// in time win. 0 turns the rule off.
    #[must_use]
    pub fn with_fan_out(mut self, rule: JoinRule, edges: usize) -> Self {
        self.rules[rule as usize].fan_out = edges;
        self
    }

    /// Edges that one key (a trace, an entity ...) may make within one window of its rule, 1,000
    /// unless said. Past that each event keeps only the nearest, so that a burst stays connected
    /// without costing fan-out times as many edges.
    #[must_use]
    pub fn with_edges_per_key(mut self, edges: usize) -> Self {
        self.per_key = edges;
        self
    }

    /// How much later than its caller's a callee's symptom may be seen and still count as the
    /// cause, one minute unless said: metrics come in buckets, and detection has its own delay.
    #[must_use]
    pub fn with_slack(mut self, slack: Duration) -> Self {
        self.slack = slack;
        self
    }

    pub(super) fn rule(&self, rule: JoinRule) -> RuleLimits {
        self.rules[rule as usize]
    }

    pub(super) fn per_key(&self) -> usize {
        self.per_key
    }

    pub(super) fn slack(&self) -> i64 {
        self.slack.num_nanoseconds().unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_rules_is_in_the_order_of_the_rules() {
        for (place, rule) in JoinRule::ALL.into_iter().enumerate() {
            assert_eq!(rule as usize, place, "{rule:?}");
            assert_eq!(BuildOptions::default().rule(rule), rule.limits());
        }
    }
}
