//! Changes as suspects: did it get there in time, can it do that, does it say the words?

use chrono::Duration;

use crate::diff::{self, CodeSign, DiffInput, Harmless, HarmlessKind, Reading};
use crate::mechanism::{Mechanism, Mechanisms, OnsetShape, id};
use crate::model::{CauseKind, Change, ChangeKind, Entity, EvidenceKind, Onset};
use crate::rank::case::Case;
use crate::rank::commits;
use crate::rank::fit;
use crate::rank::observe::Observation;
use crate::rank::place::{self, Origin};
use crate::rank::reach::{How, Landing, Reach, same_commit};
use crate::rank::readings::Readings;
use crate::rank::suspect::{Suspect, Weighed};
use crate::rank::text::words;
use crate::rank::topology::Topology;
use crate::rank::weights::Weights;

/// Deploys take a while, metrics have buckets: harm this much before a landing may still be its doing.
const LANDING_SLACK: Duration = Duration::minutes(2);
/// Less support than this from the telemetry is none.
const UNSEEN: f64 = 0.2;
/// Each hop that a fault has to travel makes an observation count this much less.
const PER_HOP: f64 = 0.75;

/// All that suspects are held against.
pub(super) struct Court<'a> {
    pub(super) case: &'a Case<'a>,
    pub(super) observations: &'a [Observation],
    pub(super) onset: Option<&'a Onset>,
    /// Where it began.
    pub(super) origin: &'a Origin,
    pub(super) topology: &'a Topology,
    pub(super) reach: &'a Reach,
    pub(super) readings: Option<&'a Readings>,
    pub(super) mechanisms: &'a Mechanisms,
    pub(super) weights: &'a Weights,
}

/// Every change as a suspect, in order of time.
pub(super) fn suspects(court: &Court<'_>) -> Vec<Suspect> {
    let changes = &court.case.changes;
    let known: Vec<&str> = changes.iter().filter_map(commit_sha).collect();
    let accused: Vec<&Change<'_>> =
        changes.iter().filter(|change| !is_carrier(change, &known)).collect();
    let readings: Vec<Option<Reading>> = accused.iter().map(|change| read(change, court)).collect();
    let told = commits::evidence(court, &accused, &readings);
    accused
        .iter()
        .zip(&readings)
        .zip(told)
        .map(|((change, reading), told)| {
            Trial { court, change, reading: reading.as_ref(), told }.suspect()
        })
        .collect()
}

/// A deploy of a commit that is itself among the suspects only carries it.
fn is_carrier(change: &Change<'_>, known: &[&str]) -> bool {
    match &change.kind {
        ChangeKind::Deploy { sha: Some(sha), .. } => {
            known.iter().any(|other| same_commit(sha, other))
        }
        _ => false,
    }
}

fn commit_sha<'e>(change: &Change<'e>) -> Option<&'e str> {
    match &change.kind {
        ChangeKind::Commit { sha, .. } => Some(sha),
        _ => None,
    }
}

fn read(change: &Change<'_>, court: &Court<'_>) -> Option<Reading> {
    match &change.kind {
        ChangeKind::Commit { message, files, diff, .. } => {
            let input = DiffInput { diff: *diff, files, message };
            Some(match court.readings {
                Some(known) => known.of(change.event, &input, court.mechanisms),
                None => diff::read_with(&input, court.mechanisms),
            })
        }
        _ => None,
    }
}

/// One change before the court.
struct Trial<'a> {
    court: &'a Court<'a>,
    change: &'a Change<'a>,
    reading: Option<&'a Reading>,
    /// What its words and places say.
    told: Vec<Weighed>,
}

/// What a landing at one entity comes to.
struct Finding {
    weighed: Vec<Weighed>,
    mechanism: Option<String>,
    remediation: Option<String>,
    landing: Option<Landing>,
}

impl Finding {
    fn total(&self) -> f64 {
        self.weighed.iter().map(|piece| piece.weight).sum()
    }
}

impl Trial<'_> {
    fn suspect(&self) -> Suspect {
        let landings = self.court.reach.landings(self.change);
        let best = landings
            .iter()
            .map(|landing| self.at(landing))
            .max_by(|a, b| {
                a.total().total_cmp(&b.total()).then_with(|| entity_of(b).cmp(&entity_of(a)))
            })
            .unwrap_or_else(|| self.nowhere());
        let mut weighed = best.weighed;
        weighed.extend(self.by_itself());
        let entity = best.landing.as_ref().map(|landing| landing.entity.clone());
        Suspect {
            kind: self.kind(&landings),
            title: self.title(entity.as_ref()),
            entity,
            event: Some(self.change.event),
            mechanism: best.mechanism,
            remediation: best.remediation,
            prior: self.prior(),
            weighed,
            path: Vec::new(),
        }
    }

    fn prior(&self) -> f64 {
        match &self.change.kind {
            ChangeKind::Commit { .. } => 0.0,
            ChangeKind::Deploy { .. } => self.court.weights.unknown_deploy,
            ChangeKind::Flag { .. } => self.court.weights.flag,
        }
    }

    fn kind(&self, landings: &[Landing]) -> CauseKind {
        match &self.change.kind {
            ChangeKind::Commit { sha, .. } => CauseKind::Commit {
                sha: (*sha).to_owned(),
                deployed_to: landings.iter().map(|landing| landing.entity.clone()).collect(),
                deployed_at: landings
                    .iter()
                    .filter(|landing| landing.how != How::NoDeployData)
                    .map(|landing| landing.time)
                    .min(),
            },
            ChangeKind::Deploy { version, .. } => {
                CauseKind::Deploy { version: version.map(str::to_owned) }
            }
            ChangeKind::Flag { key, .. } => CauseKind::Flag { key: (*key).to_owned() },
        }
    }

    fn title(&self, entity: Option<&Entity>) -> String {
        let what = self.court.case.titles.get(&self.change.event).copied().unwrap_or_default();
        match entity {
            Some(entity) if !what.contains(&entity.name) => format!("{what} (in {entity})"),
            _ => what.to_owned(),
        }
    }

    /// Evidence that depends on where and when it landed.
    fn at(&self, landing: &Landing) -> Finding {
        let mut weighed = place::timing(self.court, landing);
        let (signs, mechanism) = self.mechanism(Some(landing));
        weighed.extend(place::place(self.court, landing, mechanism));
        weighed.extend(signs);
        Finding {
            weighed,
            mechanism: mechanism.map(|m| m.id.to_string()),
            remediation: mechanism.map(|m| m.remediation.to_string()),
            landing: Some(landing.clone()),
        }
    }

    fn nowhere(&self) -> Finding {
        let mut weighed = Vec::new();
        if !self.court.reach.has_deploys() {
            weighed.extend(place::timing_at(self.court, self.change.time, "was made"));
        } else {
            weighed.push(Weighed::new(
                EvidenceKind::Reach,
                self.court.weights.never_deployed,
                "no known deploy carried it to a service",
            ));
        }
        let (signs, mechanism) = self.mechanism(None);
        weighed.extend(signs);
        Finding {
            weighed,
            mechanism: mechanism.map(|m| m.id.to_string()),
            remediation: mechanism.map(|m| m.remediation.to_string()),
            landing: None,
        }
    }

    /// What the diff does, held against what was seen after it landed.
    fn mechanism(&self, landing: Option<&Landing>) -> (Vec<Weighed>, Option<&Mechanism>) {
        let Some(reading) = self.reading else { return (Vec::new(), None) };
        let best = reading
            .findings
            .iter()
            .map(|sign| self.sign(sign, landing))
            .max_by(|a, b| total(&a.0).total_cmp(&total(&b.0)));
        best.unwrap_or_default()
    }

    fn sign(
        &self,
        sign: &CodeSign,
        landing: Option<&Landing>,
    ) -> (Vec<Weighed>, Option<&Mechanism>) {
        let weights = self.court.weights;
        let Some(mechanism) = self.court.mechanisms.get(&sign.mechanism) else {
            return (Vec::new(), None);
        };
        let strength = sign.strength.value();
        let mut weighed = vec![Weighed::new(
            EvidenceKind::Diff,
            weights.risky * strength,
            format!("{}: {}", sign.file, sign.statement),
        )];
        if mechanism.id == id::BEHAVIOUR_CHANGED {
            // No rule knows what it does: nothing seen speaks for it, and nothing against it.
            weighed.push(Weighed::new(
                EvidenceKind::Diff,
                weights.nothing_found,
                "the diff holds nothing known to do harm",
            ));
            weighed.extend(self.names(sign, &self.visible(landing)));
            return (weighed, Some(mechanism));
        }
        let visible = self.visible(landing);
        let since = landing.map_or(self.change.time, |landing| landing.time);
        let timely: Vec<(f64, &Observation)> = visible
            .iter()
            .map(|(near, o)| (near * pace(mechanism.onset, o.onset - since), *o))
            .collect();
        let signs = fit::signs(mechanism, &timely);
        for (value, observation) in &signs {
            let fits = if *value > 0.0 { "as expected of" } else { "unlike" };
            let statement =
                format!("{fits} \u{201c}{}\u{201d}: {}", mechanism.title, observation.statement);
            weighed.push(observation.evidence(weights.mechanism * strength * value, statement));
        }
        let to_explain: Vec<(f64, &Observation)> = visible
            .iter()
            .filter(|(_, o)| {
                landing.is_some_and(|landing| landing.entity == o.entity)
                    || self.court.origin.holds(&o.entity)
            })
            .copied()
            .collect();
        let open_ended = mechanism.is_open_ended();
        if !open_ended {
            weighed.extend(unexplained(mechanism, &to_explain, weights));
        }
        if !open_ended && fit::support(&signs) < UNSEEN && self.court.case.has_findings() {
            weighed.push(Weighed::new(
                EvidenceKind::Diff,
                weights.mechanism_unseen,
                format!("nothing was seen that \u{201c}{}\u{201d} would cause", mechanism.title),
            ));
        }
        weighed.extend(self.names(sign, &visible));
        (weighed, Some(mechanism))
    }

    /// Observations that a change landing there and then can have caused, with how near they are.
    fn visible(&self, landing: Option<&Landing>) -> Vec<(f64, &Observation)> {
        let near = landing.and_then(|landing| self.court.topology.travel(&landing.entity));
        let time = landing.map_or(self.change.time, |landing| landing.time);
        self.court
            .observations
            .iter()
            .filter(|o| o.onset + LANDING_SLACK >= time)
            .filter_map(|o| {
                let hops = match (landing, near) {
                    (Some(landing), _) if o.entity == landing.entity => 0.0,
                    (_, Some(near)) => match near.get(&o.entity) {
                        Some(hops) => *hops,
                        None if self.court.topology.knows(&o.entity) => return None,
                        None => 1.5,
                    },
                    _ => 1.0,
                };
                Some((f64::powf(PER_HOP, hops), o))
            })
            .collect()
    }

    /// The changed setting has a gauge of its own, or telemetry calls it by name.
    fn names(&self, sign: &CodeSign, visible: &[(f64, &Observation)]) -> Option<Weighed> {
        let weights = self.court.weights;
        let mut said = words(&sign.statement);
        said.extend(sign.identifiers.iter().flat_map(|identifier| words(identifier)));
        visible
            .iter()
            .filter_map(|(near, o)| {
                let seen = &o.tokens;
                let shared = seen.iter().filter(|word| said.contains(word)).count();
                let share = shared as f64 / seen.len().clamp(1, 4) as f64;
                let same_numbers = echoes(sign, o);
                let weight = near
                    * o.strength
                    * if same_numbers && shared > 0 {
                        weights.echo
                    } else {
                        weights.names * share.min(1.0)
                    };
                (shared > 0).then(|| {
                    let how = if same_numbers { "the same numbers" } else { "the same words" };
                    Weighed::new(
                        o.kind,
                        weight,
                        format!("{how} in the diff and in the telemetry: {}", o.statement),
                    )
                    .with_event(o.event)
                })
            })
            .max_by(|a, b| {
                a.weight
                    .total_cmp(&b.weight)
                    .then_with(|| b.evidence.statement.cmp(&a.evidence.statement))
            })
    }

    /// What it is worth to be harmless. Without a diff the paths and the message are all there is to trust, but
    /// what is deployed runs neither tests nor documents.
    fn trust_in(&self, harmless: &Harmless, reading: &Reading) -> f64 {
        let weight = self.court.weights.harmless;
        let never_runs = matches!(harmless.kind, HarmlessKind::Tests | HarmlessKind::Documentation)
            && self.court.reach.has_deploys();
        if reading.unread && !never_runs { weight / 3.0 } else { weight }
    }

    /// Evidence that does not depend on where it landed.
    fn by_itself(&self) -> Vec<Weighed> {
        let weights = self.court.weights;
        let mut weighed = Vec::new();
        if let Some(reading) = self.reading {
            if let Some(harmless) = &reading.harmless {
                weighed.push(Weighed::new(
                    EvidenceKind::Diff,
                    harmless.strength.value() * self.trust_in(harmless, reading),
                    harmless.why.clone(),
                ));
            } else if !reading.unread && reading.findings.is_empty() {
                weighed.push(Weighed::new(
                    EvidenceKind::Diff,
                    weights.nothing_found,
                    "the diff holds nothing known to do harm",
                ));
            }
            if reading.unread {
                weighed.push(Weighed::new(
                    EvidenceKind::Diff,
                    weights.unread,
                    "the source kept no diff to read",
                ));
            }
        }
        weighed.extend(self.told.iter().cloned());
        weighed
    }
}

/// What the mechanism leaves open, as evidence against it.
pub(super) fn unexplained(
    mechanism: &Mechanism,
    seen: &[(f64, &Observation)],
    weights: &Weights,
) -> Option<Weighed> {
    let (value, symptoms) = fit::unexplained(mechanism, seen);
    let names: Vec<&str> = symptoms.iter().take(3).map(|symptom| symptom.title()).collect();
    (value > 0.0).then(|| {
        let statement =
            format!("\u{201c}{}\u{201d} does not explain {}", mechanism.title, names.join(", "));
        Weighed::new(EvidenceKind::Diff, weights.unexplained * value, statement)
    })
}

/// How well the time from landing to sign fits the way the harm develops: what breaks at once is not seen an
/// hour later, what waits for load or grows may be.
fn pace(shape: OnsetShape, gap: Duration) -> f64 {
    let patience = match shape {
        OnsetShape::Immediate => 20.0,
        OnsetShape::Delayed => 240.0,
        OnsetShape::Gradual => 240.0,
    };
    let minutes = gap.num_seconds().max(0) as f64 / 60.0;
    f64::exp(-minutes / patience)
}

fn total(weighed: &[Weighed]) -> f64 {
    weighed.iter().map(|piece| piece.weight).sum()
}

fn entity_of(finding: &Finding) -> Option<&Entity> {
    finding.landing.as_ref().map(|landing| &landing.entity)
}

/// Whether the metric went from the old to the new value of the setting.
fn echoes(sign: &CodeSign, observation: &Observation) -> bool {
    let number = |text: &Option<String>| text.as_deref().and_then(|t| t.trim().parse::<f64>().ok());
    let same = |a: f64, b: f64| (a - b).abs() <= 0.01 * a.abs().max(b.abs());
    match (number(&sign.before), number(&sign.after), observation.before, observation.after) {
        (Some(from), Some(to), Some(before), Some(after)) => {
            from != to && same(from, before) && same(to, after)
        }
        _ => false,
    }
}
