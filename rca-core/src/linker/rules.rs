//! One function for each rule: how well an event matches a case, 0 to 1, and in which words.

use chrono::{DateTime, Duration, Utc};

use super::options::LinkerOptions;
use super::profile::{CaseProfile, traces};
use super::words::{hashes, words};
use crate::graph::Role;
use crate::model::{Entity, EntityKind, Event, attribute};
use crate::time::span_in_words;

/// A rule's finding.
pub(super) struct Match {
    /// 0 (nothing in common) to 1 (the same).
    pub(super) score: f64,
    pub(super) detail: String,
}

impl Match {
    fn nothing(detail: &str) -> Self {
        Self { score: 0.0, detail: detail.to_owned() }
    }
}

/// Half-lives after which nearness counts as none: 1/64 is left.
const HALF_LIVES: i32 = 6;

/// How near in time: 1 during the incident, then halved by every half-life that the event lies
/// before the start or after the end. Inside of the time under study it does not fall under 1/2.
pub(super) fn time(event: &Event, case: &CaseProfile, options: &LinkerOptions) -> Match {
    let (at, incident) = (event.timestamp(), case.incident);
    // A window may be one moment, which its half-open range would miss.
    if incident.contains(at) || at == incident.start {
        return Match { score: 1.0, detail: "during the incident".to_owned() };
    }
    let (distance, half_life, side) = if at < incident.start {
        (incident.start - at, lead(event, options), "before the start")
    } else {
        (at - incident.end, options.lag_half_life, "after the end")
    };
    let floor = if case.window.contains(at) { 0.5 } else { 0.0 };
    Match {
        score: fade(distance, half_life).max(floor),
        detail: format!("{} {side}", span_in_words(distance)),
    }
}

fn lead(event: &Event, options: &LinkerOptions) -> Duration {
    match Role::of(event) {
        Role::Change => options.change_half_life,
        _ => options.lead_half_life,
    }
}

fn fade(distance: Duration, half_life: Duration) -> f64 {
    if distance <= Duration::zero() {
        return 1.0;
    }
    if distance >= half_life * HALF_LIVES {
        return 0.0;
    }
    (-distance.as_seconds_f64() / half_life.as_seconds_f64()).exp2()
}

/// The times outside of which nearness is none for every event.
pub(super) fn reach(case: &CaseProfile, options: &LinkerOptions) -> (DateTime<Utc>, DateTime<Utc>) {
    let before = options.change_half_life.max(options.lead_half_life) * HALF_LIVES;
    let after = options.lag_half_life * HALF_LIVES;
    let start = case.start().min(case.window.start);
    let end = case.incident.end.max(case.window.end);
    (
        start.checked_sub_signed(before).unwrap_or(DateTime::<Utc>::MIN_UTC),
        end.checked_add_signed(after).unwrap_or(DateTime::<Utc>::MAX_UTC),
    )
}

/// On something that the case is about, or a change of its files.
pub(super) fn entity(event: &Event, case: &CaseProfile) -> Match {
    let on_it = event.entity().into_iter().filter_map(|entity| same_entity(event, entity, case));
    let service = event.attribute("service.name").into_iter().filter_map(|name| {
        let mention = case.entities.mention(&name.to_lowercase(), event.id())?;
        Some((mention.weight, format!("on {name}, named by {}", mention.by)))
    });
    let best = on_it
        .chain(service)
        .chain(touched(event, case))
        .reduce(|a, b| if b.0 > a.0 { b } else { a });
    match (best, event.entity()) {
        (Some((score, detail)), _) => Match { score, detail },
        (None, Some(entity)) => {
            Match::nothing(&format!("on {entity}, which the case does not name"))
        }
        (None, None) => Match::nothing("on nothing that the case names"),
    }
}

fn same_entity(event: &Event, entity: &Entity, case: &CaseProfile) -> Option<(f64, String)> {
    let name = entity.name.to_lowercase();
    if let Some(mention) = case.entities.mention(&name, event.id()) {
        return Some((mention.weight, format!("on {entity}, named by {}", mention.by)));
    }
    if !matches!(entity.kind, EntityKind::Pod | EntityKind::Host) {
        return None;
    }
    // Orchestrators name a copy after its service: service, dash, number or hash.
    name.match_indices('-').rev().find_map(|(dash, _)| {
        let mention = case.entities.mention(&name[..dash], event.id())?;
        let detail = format!("on {entity}, a copy of {}, named by {}", &name[..dash], mention.by);
        Some((0.9 * mention.weight, detail))
    })
}

/// Repositories that hold many services keep each in a folder of its name. A path is weaker than
/// an entity: the same name may stand for tests or documentation.
fn touched(event: &Event, case: &CaseProfile) -> Option<(f64, String)> {
    let files = event.data().get(attribute::FILES)?.as_array()?;
    let mut best: Option<(f64, String)> = None;
    for path in files.iter().filter_map(serde_json::Value::as_str) {
        for folder in path.split('/').rev().skip(1) {
            let Some(mention) = case.entities.mention(&folder.to_lowercase(), event.id()) else {
                continue;
            };
            let score = 0.8 * mention.weight;
            let detail = format!("touches {path}; {folder} is named by {}", mention.by);
            if best.as_ref().is_none_or(|(known, text)| (score, text) > (*known, &detail)) {
                best = Some((score, detail));
            }
        }
    }
    best
}

/// Shared labels: half the doubt goes with each.
pub(super) fn tags(event: &Event, case: &CaseProfile) -> Match {
    let shared: Vec<_> = event
        .tags()
        .iter()
        .map(|tag| tag.as_str())
        .filter(|tag| case.tags.contains(&tag.to_lowercase()))
        .collect();
    if shared.is_empty() {
        return Match::nothing("no shared tag");
    }
    let doubt: f64 = shared.iter().map(|_| 0.5).product();
    Match { score: 1.0 - doubt, detail: format!("shares the tags {}", shared.join(", ")) }
}

/// In a trace that the case names.
pub(super) fn trace(event: &Event, case: &CaseProfile) -> Match {
    let found = traces(event).find_map(|id| {
        let mention = case.traces.mention(&id.to_lowercase(), event.id())?;
        Some(Match {
            score: mention.weight,
            detail: format!("in trace {id}, named by {}", mention.by),
        })
    });
    found.unwrap_or_else(|| Match::nothing("no shared trace"))
}

/// About a commit that the case names; shortened hashes count from seven digits on. An event that
/// names the commit in its text (a revert does) says a little less than one that carries it.
pub(super) fn commit(event: &Event, case: &CaseProfile) -> Match {
    let own = event.attribute(attribute::COMMIT).map(str::to_lowercase);
    let own = own.into_iter().map(|hash| (hash, 1.0));
    let named = [event.title(), event.body()].into_iter().flat_map(hashes).map(|hash| (hash, 0.9));
    let mut best: Option<(f64, String)> = None;
    for (hash, worth) in own.chain(named) {
        for (known, mention) in
            case.commits.iter(event.id()).filter(|(known, _)| same(known, &hash))
        {
            let score = worth * mention.weight;
            if best.as_ref().is_none_or(|(best, _)| score > *best) {
                let shown = known.get(..12).unwrap_or(known);
                best = Some((score, format!("about commit {shown}, named by {}", mention.by)));
            }
        }
    }
    best.map_or_else(
        || Match::nothing("no shared commit"),
        |(score, detail)| Match { score, detail },
    )
}

fn same(a: &str, b: &str) -> bool {
    a == b || (a.len().min(b.len()) >= 7 && (a.starts_with(b) || b.starts_with(a)))
}

/// Weight of shared words at which half of the doubt is gone, for a text of typical length.
const SATURATION: f64 = 4.0;
/// Weight of the words of a typical text.
const TYPICAL: f64 = 15.0;

/// Shared words, saturating and normalised by the event's length as in BM25 (Robertson, Zaragoza
/// 2009). The case's length takes no part: what else it says must not change the comparison.
pub(super) fn text(event: &Event, case: &CaseProfile) -> Match {
    let mut own = words(&[event.title(), event.body()].join("\n"));
    own.extend(words(&paths(event)));
    let length: f64 = own.values().sum();
    let mut shared: Vec<_> = own
        .iter()
        .filter_map(|(word, rarity)| {
            Some((rarity * case.words.mention(word, event.id())?.weight, word.as_str()))
        })
        .collect();
    shared.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    let matched: f64 = shared.iter().map(|(weight, _)| weight).sum();
    if matched == 0.0 {
        return Match::nothing("no shared word");
    }
    let shown: Vec<_> = shared.iter().take(5).map(|(_, word)| *word).collect();
    Match {
        score: matched / (matched + SATURATION * (0.25 + 0.75 * length / TYPICAL)),
        detail: format!("shares the words {}", shown.join(", ")),
    }
}

fn paths(event: &Event) -> String {
    let files = event.data().get(attribute::FILES).and_then(serde_json::Value::as_array);
    let paths = files.into_iter().flatten().filter_map(serde_json::Value::as_str);
    paths.collect::<Vec<_>>().join(" ")
}
