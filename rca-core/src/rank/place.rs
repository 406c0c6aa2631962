//! When and where a change landed, held against when and where the trouble began.
//!
//! A cause comes first and sits where the trouble can come from: what moved first is the strongest witness.
//! The alarm is raised where it hurts, which is often somewhere else.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};

use crate::mechanism::{Mechanism, Shows, Symptom};
use crate::model::{Entity, EvidenceKind, Onset};
use crate::rank::changes::Court;
use crate::rank::is_clear;
use crate::rank::observe::Observation;
use crate::rank::reach::{How, Landing};
use crate::rank::suspect::Weighed;
use crate::rank::topology::Topology;

/// Clocks of deploys and telemetry agree to this.
const CLOCKS: Duration = Duration::seconds(15);
/// A metric is stamped with the start of its bucket, so harm may be stamped this much before its cause.
const BUCKET: Duration = Duration::seconds(75);
/// A landing is surely too late when it comes this long after the first sign (and the slack for its stamp).
const SURELY_LATE: Duration = Duration::seconds(60);
/// How far one signal alone is believed when it says that a change came too late.
const FIRST_SIGNAL_ALONE: f64 = 0.5;
/// What landed within the bucket of the first signal, but is stamped after it, counts this much.
const EITHER_WAY: f64 = 0.4;
/// An entity that begins to move within this time of a landing moved "right after" it.
const RIGHT_AFTER: Duration = Duration::minutes(10);
/// Entities that begin to move within this time of the first one moved together with it.
const TOGETHER: Duration = Duration::seconds(60);
/// An entity that is hurt this long after the first one is hurt by others.
const FOLLOWED: Duration = Duration::minutes(4);
/// Each hop that a fault has to travel makes an observation count this much less.
const PER_HOP: f64 = 0.75;

/// Where the trouble began: the entities that moved first.
#[derive(Debug, Default)]
pub(super) struct Origin {
    entities: BTreeSet<Entity>,
}

impl Origin {
    /// Entities with clear harm at the onset or together with it.
    ///
    /// An entity whose harm is all of the kind that callers get from those they call is none of them when one
    /// that it calls broke in a way of its own: faults reach callers within the same bucket.
    pub(super) fn new(
        onset: Option<&Onset>,
        observations: &[Observation],
        topology: &Topology,
    ) -> Self {
        let Some(onset) = onset else { return Self::default() };
        let near = |o: &&Observation| {
            is_clear(o) && o.onset >= onset.time && o.onset <= onset.time + TOGETHER
        };
        let first: Vec<&Observation> = observations.iter().filter(near).collect();
        let broke: BTreeSet<&Entity> =
            first.iter().filter(|o| is_own(o)).map(|o| &o.entity).collect();
        let got_it = |entity: &Entity| {
            !broke.contains(entity)
                && topology.depends_on(entity).iter().any(|callee| broke.contains(callee))
        };
        let entities = first.iter().map(|o| &o.entity).filter(|e| !got_it(e)).cloned().collect();
        Self { entities }
    }

    /// Whether the entity was among the first; true for all when nobody knows who was.
    pub(super) fn holds(&self, entity: &Entity) -> bool {
        self.entities.is_empty() || self.entities.contains(entity)
    }
}

/// Whether it shows that something is down, which nobody gets from others.
fn is_own(observation: &Observation) -> bool {
    [
        Symptom::Panic,
        Symptom::Restarts,
        Symptom::StartupFailure,
        Symptom::OutOfMemory,
        Symptom::CapacityDown,
    ]
    .iter()
    .any(|own| observation.shows(*own) > 0.5)
}

/// Evidence from where a change landed: near the alarm, and where the trouble began.
pub(super) fn place(
    court: &Court<'_>,
    landing: &Landing,
    mechanism: Option<&Mechanism>,
) -> Vec<Weighed> {
    let mut weighed = Vec::new();
    weighed.extend(near_the_alarm(court, landing));
    weighed.extend(at_the_origin(court, landing, mechanism));
    weighed
}

fn near_the_alarm(court: &Court<'_>, landing: &Landing) -> Option<Weighed> {
    let weights = court.weights;
    let alerted = court.case.alerted()?;
    let how = match landing.how {
        How::Named => "the deploy names it",
        How::Told => "its paths were said to belong to the service",
        How::OwnCode => "its paths belong to the service",
        How::SharedCode => "the service embeds the shared code it touches",
        How::UnknownCode | How::NoDeployData => "its code may belong to the service",
        How::Direct => "it was done there",
    };
    let topology = court.topology;
    let hops = if landing.entity == *alerted {
        Some(0.0)
    } else {
        topology.travel(alerted).and_then(|travel| travel.get(&landing.entity)).copied()
    };
    match hops {
        Some(hops) => Some(Weighed::new(
            EvidenceKind::Reach,
            weights.reach * landing.strength * f64::powf(PER_HOP, hops),
            if hops == 0.0 {
                format!("runs in {alerted}, which raised the alarm ({how})")
            } else {
                format!(
                    "runs in {}, {hops:.1} hops from {alerted}, which raised the alarm ({how})",
                    landing.entity
                )
            },
        )),
        None if topology.knows(alerted) && topology.knows(&landing.entity) => Some(Weighed::new(
            EvidenceKind::Reach,
            weights.out_of_reach,
            format!("{} has no calls to or from {alerted}, which raised the alarm", landing.entity),
        )),
        None => None,
    }
}

/// How a change can be behind what moved first.
enum Relation {
    /// It landed on what moved first.
    There,
    /// What moved first depends on it, or is pressed by it in a way that the mechanism allows.
    Reaches,
    /// What moved first is below it, and the mechanism does not act on those below.
    Above,
    /// No way at all.
    Elsewhere,
}

fn at_the_origin(
    court: &Court<'_>,
    landing: &Landing,
    mechanism: Option<&Mechanism>,
) -> Option<Weighed> {
    let weights = court.weights;
    let first = &court.origin.entities;
    let names = || first.iter().take(3).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let relation = first
        .iter()
        .filter_map(|entity| relation(court.topology, &landing.entity, entity, mechanism))
        .min_by_key(|relation| match relation {
            Relation::There => 0,
            Relation::Reaches => 1,
            Relation::Above => 2,
            Relation::Elsewhere => 3,
        })?;
    // Where many moved at once, having been among them says little.
    let before = court.onset.is_none_or(|onset| landing.time <= onset.time);
    let company = f64::sqrt(first.len().max(1) as f64) / if before { 1.0 } else { EITHER_WAY };
    let (weight, statement) = match relation {
        Relation::There => (
            weights.origin * landing.strength / company,
            format!("{} was the first to move", landing.entity),
        ),
        Relation::Reaches => return None,
        Relation::Above => (
            weights.not_the_origin / 2.0,
            format!("{} moved first, and {} only calls it", names(), landing.entity),
        ),
        Relation::Elsewhere => (
            weights.not_the_origin,
            format!("{} moved first, and does not depend on {}", names(), landing.entity),
        ),
    };
    Some(Weighed::new(EvidenceKind::Reach, weight, statement))
}

fn relation(
    topology: &Topology,
    landed: &Entity,
    first: &Entity,
    mechanism: Option<&Mechanism>,
) -> Option<Relation> {
    if landed == first {
        return Some(Relation::There);
    }
    if !topology.knows(landed) || !topology.knows(first) {
        return None;
    }
    if topology.depends_on(first).contains(landed) {
        return Some(Relation::Reaches);
    }
    if topology.depends_on(landed).contains(first) {
        let presses = mechanism.is_none_or(|mechanism| {
            mechanism
                .shows
                .iter()
                .any(|place| matches!(place, Shows::Callees | Shows::SharedResource))
        });
        return Some(if presses { Relation::Reaches } else { Relation::Above });
    }
    Some(Relation::Elsewhere)
}

/// Evidence from the time of a landing, as a whole and on the entity itself.
pub(super) fn timing(court: &Court<'_>, landing: &Landing) -> Vec<Weighed> {
    let mut weighed = timing_at(court, landing.time, &format!("reached {}", landing.entity));
    let first = court.observations.iter().find(|o| o.entity == landing.entity && is_clear(o));
    let Some(first) = first else { return weighed };
    let gap = first.onset - landing.time;
    let behind = court.onset.map_or(Duration::zero(), |onset| first.onset - onset.time);
    if gap >= -slack(first.onset, first.last_normal) && gap <= RIGHT_AFTER {
        // Deploys are stamped when they are done; what they start may be seen before.
        let order = if gap < Duration::zero() {
            "before the record of its landing"
        } else {
            "after it landed"
        };
        // Who moves long after others moved was moved by them.
        let own = f64::exp(-(behind.num_seconds().max(0) as f64) / FOLLOWED.num_seconds() as f64)
            * if gap < Duration::zero() { EITHER_WAY } else { 1.0 };
        weighed.push(piece(
            first,
            court.weights.moved_right_after * own,
            format!("{} began to move {} {order} there", first.statement, minutes(gap)),
        ));
    } else if behind > FOLLOWED && gap > Duration::zero() {
        weighed.push(piece(
            first,
            court.weights.followed,
            format!("{} was hurt {} after the first signal", landing.entity, minutes(behind)),
        ));
    }
    weighed
}

fn piece(observation: &Observation, weight: f64, statement: String) -> Weighed {
    let mut piece =
        Weighed::new(EvidenceKind::Timing, weight, statement).with_event(observation.event);
    piece.evidence.time = Some(observation.onset);
    piece
}

/// How much later than its stamp harm may have begun: within a metric's bucket, and clocks differ.
fn slack(onset: DateTime<Utc>, last_normal: DateTime<Utc>) -> Duration {
    (onset - last_normal).clamp(CLOCKS, BUCKET)
}

/// Evidence from the time of a change against the onset.
pub(super) fn timing_at(court: &Court<'_>, time: DateTime<Utc>, verb: &str) -> Vec<Weighed> {
    let weights = court.weights;
    let onset = court.onset.map(|onset| {
        (onset.time, onset.not_after, slack(onset.time, onset.not_before), onset.confidence.value())
    });
    let Some((begin, sure, slack, confidence)) =
        onset.or_else(|| court.case.alarm.map(|alarm| (alarm, alarm, BUCKET, 1.0)))
    else {
        return Vec::new();
    };
    if time > begin + slack {
        // Between the first signal and the next it is late only as far as the first one is believed.
        let believed = if time > sure + slack { 1.0 } else { FIRST_SIGNAL_ALONE * confidence };
        let late = (time - begin - slack).num_seconds() as f64;
        let surely = (late / SURELY_LATE.num_seconds() as f64).min(1.0);
        return vec![Weighed::new(
            EvidenceKind::Timing,
            weights.too_late * believed * surely,
            format!("{verb} {} after the first signal moved", minutes(time - begin)),
        )];
    }
    let gap = (begin - time).num_seconds().max(0) as f64 / 60.0;
    let window = court.case.window;
    if time < window.start && begin > window.start + RIGHT_AFTER / 2 {
        return vec![Weighed::new(
            EvidenceKind::Timing,
            weights.ran_well,
            format!("{verb} before the window: it ran well for {}", minutes(begin - window.start)),
        )];
    }
    // Stamped after the first signal, though within its bucket: it may have been either way.
    let (sure, order) = if time > begin { (EITHER_WAY, "after") } else { (1.0, "before") };
    vec![Weighed::new(
        EvidenceKind::Timing,
        sure * weights.timing * f64::exp(-gap / weights.timing_minutes),
        format!("{verb} {} {order} the first signal moved", minutes(begin - time)),
    )]
}

fn minutes(gap: Duration) -> String {
    let seconds = gap.num_seconds().abs();
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        _ => format!("{:.1} h", seconds as f64 / 3600.0),
    }
}
