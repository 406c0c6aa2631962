//! The numbers of the judgement, in one place: log odds that a piece of evidence adds or takes.
//!
//! One set for all systems. They are natural-log odds, so 0.7 doubles and 2.3 makes ten times as likely.
//! Each has a name, so that what a number is worth can be measured by taking it away.

use crate::error::{Error, Result};

/// Declares the weights once: the field, its value and its name.
macro_rules! weights {
    ($($(#[doc = $doc:literal])+ $name:ident: $value:expr,)+) => {
        /// What each kind of evidence is worth.
        #[derive(Debug, Clone, PartialEq)]
        pub struct Weights {
            $($(#[doc = $doc])+ pub $name: f64,)+
        }

        impl Default for Weights {
            fn default() -> Self {
                Self { $($name: $value,)+ }
            }
        }

        impl Weights {
            /// The names of all weights, as the fields are called, in the order of declaration.
            pub const NAMES: &[&str] = &[$(stringify!($name)),+];

            /// The weight of that name.
            #[must_use]
            pub fn get(&self, name: &str) -> Option<f64> {
                match name {
                    $(stringify!($name) => Some(self.$name),)+
                    _ => None,
                }
            }

            fn slot(&mut self, name: &str) -> Option<&mut f64> {
                match name {
                    $(stringify!($name) => Some(&mut self.$name),)+
                    _ => None,
                }
            }
        }
    };
}

weights! {
    /// "None of these" against a single unremarkable suspect.
    none_of_these: 1.4,
    /// Log odds are divided by this, which makes the probabilities as sure as they are right (temperature
    /// scaling; Guo, Pleiss, Sun, Weinberger 2017). Changes no order.
    temperature: 0.6,
    /// The same for entities: the logarithms of their shares of the harm are divided by this.
    entity_temperature: 0.3,
    /// What is left to "none of these" however clear the evidence: the chance of having missed the point.
    lapse: 0.02,
    /// Prior of a flag change: they carry no diff that could be read.
    flag: -0.8,
    /// Prior of a deploy whose commit is not known.
    unknown_deploy: -0.3,
    /// Prior of an outside trigger.
    external: -0.5,
    /// Prior of "this entity, for an unknown reason".
    entity: -0.5,
    /// All trouble sits in the one entity.
    entity_share: 1.5,
    /// Trouble of an entity: what it shows of its own that does not travel, by clearness.
    trouble_own: 1.0,
    /// What may have come from a callee, where no account tells whose it is.
    trouble_second_hand: 1.0,
    /// The same, where an account tells.
    trouble_accounted: 0.1,
    /// How much of it a callee with as much trouble explains, from 0 to 1.
    trouble_explained: 0.8,
    /// Each further observation of one entity, as a share of the one before.
    trouble_fade: 0.5,
    /// It is the one that the alert names.
    trouble_alerted: 0.3,
    /// All of the alerted entity's extra time or failures is its own.
    trouble_impact: 6.0,
    /// Something else follows in its code than used to, by score.
    trouble_habit: 1.0,
    /// How much of a habit after a call the habits of the callee explain, from 0 to 1.
    habit_of_callee: 0.8,
    /// How much of an operation's other beginning the habits of its callers explain, from 0 to 1.
    habit_of_caller: 0.5,
    /// Its own work takes longer, by the logarithm of how much.
    trouble_own_time: 1.0,
    /// It is slow to be reached by all of its callers, likewise.
    trouble_reached: 1.0,
    /// All that it calls is slow to be reached from it, likewise.
    trouble_reaching: 1.0,
    /// Milliseconds below which more time is not noticed.
    noticed_millis: 10.0,
    /// Near the limit of its CPU or memory: logarithm of the growth times the square of the share.
    trouble_saturation: 2.0,
    /// Metrics of the machine below, which others share.
    trouble_of_machine: 0.05,
    /// Landed shortly before the onset; fades with the gap.
    timing: 1.2,
    /// The gap over which `timing` fades to about a third, in minutes.
    timing_minutes: 60.0,
    /// Signals of the entity itself began to move right after it landed.
    moved_right_after: 0.6,
    /// Ran through all of the normal time that was looked at.
    ran_well: -1.2,
    /// Landed after the harm began.
    too_late: -3.5,
    /// Deploys are known, and none carried it.
    never_deployed: -1.8,
    /// Acts on the alerted entity; fades with the distance along the call graph.
    reach: 0.4,
    /// Landed on the entity that moved first; less where several moved at once.
    origin: 1.4,
    /// What moved first can't have got it from where it landed.
    not_the_origin: -0.9,
    /// The entity it landed on was hurt only long after others.
    followed: -0.8,
    /// No way from where it acts to the alerted entity.
    out_of_reach: -1.0,
    /// The diff can do harm at all.
    risky: 0.6,
    /// The diff's mechanism produces what was seen.
    mechanism: 3.6,
    /// The diff's mechanism would show in the telemetry at hand, and does not.
    mechanism_unseen: -0.8,
    /// Telling symptoms were seen that the mechanism can't produce.
    unexplained: -1.5,
    /// The changed setting's own gauge moved from the old to the new value.
    echo: 2.0,
    /// The diff names what the telemetry names.
    names: 1.0,
    /// Comments, docs, tests, styles.
    harmless: -3.0,
    /// Code that was read and holds nothing known to do harm.
    nothing_found: -1.6,
    /// The source kept no diff.
    unread: -1.0,
    /// Says the words of the symptom as well as any candidate does.
    text: 4.2,
    /// Touches a place that a stack trace names: times the log of how much likelier that makes it.
    frame: 0.5,
    /// Says the words in the path and the function of a frame as well as any candidate does.
    frame_words: 1.3,
    /// Was the last to write all of the lines around the frames.
    blame: 0.9,
    /// The symptom names the commit.
    named: 2.0,
    /// Was reverted before the incident.
    reverted: -1.5,
    /// For "none of these": all code of the frames is older than the changes at hand.
    older: 1.0,
    /// Each e-fold of added lines, where no deploys are known.
    added: 0.15,
    /// Each e-fold of deleted lines, where no deploys are known.
    deleted: 0.06,
    /// Each e-fold of days since it was made, where no deploys are known.
    age: -0.55,
    /// An outside trigger's signs were seen.
    trigger: 4.5,
    /// A provider said so itself.
    status_post: 2.0,
}

impl Weights {
    /// The same, with another value for one of them.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when there is no weight of that name, or when the value is not a finite number.
    pub fn with(mut self, name: &str, value: f64) -> Result<Self> {
        if !value.is_finite() {
            return Err(Error::value("weight", format!("{name} can not be {value}")));
        }
        let Some(slot) = self.slot(name) else {
            return Err(Error::value("weight", format!("there is none called {name}")));
        };
        *slot = value;
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_weight_can_be_read_and_replaced_by_its_name() {
        for name in Weights::NAMES {
            let before = Weights::default().get(name).unwrap();
            let after = Weights::default().with(name, before + 1.0).unwrap();
            assert_eq!(after.get(name), Some(before + 1.0), "{name}");
            assert_eq!(after.with(name, before).unwrap(), Weights::default(), "{name}");
        }
    }

    #[test]
    fn an_unknown_name_and_nonsense_are_refused() {
        assert!(Weights::default().with("luck", 1.0).is_err());
        assert!(Weights::default().with("timing", f64::NAN).is_err());
        assert_eq!(Weights::default().get("luck"), None);
    }
}
