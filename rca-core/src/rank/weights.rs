//! The numbers of the judgement, in one place: log odds that a piece of evidence adds or takes.
//!
//! One set for all systems. They are natural-log odds, so 0.7 doubles and 2.3 makes ten times as likely.

/// What each kind of evidence is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// "None of these" against a single unremarkable suspect.
    pub none_of_these: f64,
    /// Flattens (above 1) or sharpens the probabilities.
    pub temperature: f64,
    /// Each tenfold number of changes makes each one less likely by this.
    pub crowd: f64,
    /// Prior of a flag change: they carry no diff that could be read.
    pub flag: f64,
    /// Prior of a deploy whose commit is not known.
    pub unknown_deploy: f64,
    /// Prior of an outside trigger.
    pub external: f64,
    /// Prior of "this entity, for an unknown reason".
    pub entity: f64,
    /// All trouble sits in the one entity.
    pub entity_share: f64,
    /// Landed shortly before the onset; fades with the gap.
    pub timing: f64,
    /// The gap over which `timing` fades to about a third, in minutes.
    pub timing_minutes: f64,
    /// Signals of the entity itself began to move right after it landed.
    pub moved_right_after: f64,
    /// Ran through all of the normal time that was looked at.
    pub ran_well: f64,
    /// Landed after the harm began.
    pub too_late: f64,
    /// Deploys are known, and none carried it.
    pub never_deployed: f64,
    /// Acts on the alerted entity; fades with the distance along the call graph.
    pub reach: f64,
    /// No way from where it acts to the alerted entity.
    pub out_of_reach: f64,
    /// The diff can do harm at all.
    pub risky: f64,
    /// The diff's mechanism produces what was seen.
    pub mechanism: f64,
    /// The diff's mechanism would show in the telemetry at hand, and does not.
    pub mechanism_unseen: f64,
    /// Telling symptoms were seen that the mechanism can't produce.
    pub unexplained: f64,
    /// The changed setting's own gauge moved from the old to the new value.
    pub echo: f64,
    /// The diff names what the telemetry names.
    pub names: f64,
    /// Comments, docs, tests, styles.
    pub harmless: f64,
    /// Code that was read and holds nothing known to do harm.
    pub nothing_found: f64,
    /// The source kept no diff.
    pub unread: f64,
    /// Says the words of the symptom.
    pub text: f64,
    /// Touches a place that a stack trace names.
    pub frame: f64,
    /// Was reverted before the incident.
    pub reverted: f64,
    /// An outside trigger's signs were seen.
    pub trigger: f64,
    /// A provider said so itself.
    pub status_post: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            none_of_these: 1.6,
            temperature: 1.0,
            crowd: 0.4,
            flag: -0.8,
            unknown_deploy: -0.3,
            external: -0.5,
            entity: -0.5,
            entity_share: 1.5,
            timing: 1.4,
            timing_minutes: 45.0,
            moved_right_after: 0.8,
            ran_well: -1.2,
            too_late: -3.5,
            never_deployed: -1.8,
            reach: 1.2,
            out_of_reach: -1.0,
            risky: 0.6,
            mechanism: 3.6,
            mechanism_unseen: -0.8,
            unexplained: -1.5,
            echo: 2.0,
            names: 1.0,
            harmless: -3.0,
            nothing_found: -0.8,
            unread: -1.0,
            text: 3.5,
            frame: 2.5,
            reverted: -3.0,
            trigger: 4.5,
            status_post: 2.0,
        }
    }
}
