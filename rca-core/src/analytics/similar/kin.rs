//! Fingerprints of many investigations, as inverted lists.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::{Fingerprint, Likeness, Match, Resemblance};
use crate::mechanism::{MechanismId, Mechanisms};
use crate::model::{Confidence, InvestigationId};

/// Investigations held; beyond that the oldest are let go.
const MOST: usize = 100_000;
/// So many investigations without a feature are assumed beside those known, so that what the only two of a young
/// collection share is not taken for what all have.
const ASSUMED: f64 = 50.0;
/// Shared things that a reason names.
const NAMED: usize = 3;

/// What inverted lists are kept of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Group {
    Template,
    Mechanism,
    Entity,
    Shape,
}

const GROUPS: usize = 4;

/// Finds investigations that resemble one by what analyses found. Some 1 to 3 KB each.
#[derive(Debug, Clone, Default)]
pub struct Kin {
    features: Vec<Feature>,
    /// Places of features that nobody has any more.
    unused: Vec<u32>,
    places: FxHashMap<(Group, Box<str>), u32>,
    slots: Vec<Slot>,
    free: Vec<u32>,
    slot_of: BTreeMap<InvestigationId, u32>,
}

#[derive(Debug, Clone)]
struct Feature {
    group: Group,
    text: Box<str>,
    /// Who has it, and how much of it.
    holders: Vec<(u32, f32)>,
}

#[derive(Debug, Clone, Default)]
struct Slot {
    id: Option<InvestigationId>,
    /// By place, with weights.
    features: Vec<(u32, f32)>,
}

impl Kin {
    /// How many investigations it knows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slot_of.len()
    }

    /// Whether it knows none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slot_of.is_empty()
    }

    /// Remembers a fingerprint, in place of an earlier one. `named` are entities that the investigation itself names.
    pub fn put<'n>(
        &mut self,
        id: InvestigationId,
        fingerprint: &Fingerprint,
        named: impl IntoIterator<Item = &'n str>,
    ) {
        self.remove(id);
        let mut entities: BTreeMap<String, f64> = fingerprint.entities.iter().cloned().collect();
        entities.extend(named.into_iter().map(|name| (name.to_lowercase(), 1.0)));
        let templates =
            fingerprint.templates.iter().map(|text| (Group::Template, text.clone(), 1.0));
        let mechanisms = fingerprint.mechanisms.iter();
        let mechanisms = mechanisms.map(|(name, share)| (Group::Mechanism, name.clone(), *share));
        let entities = entities.into_iter().map(|(name, weight)| (Group::Entity, name, weight));
        let shape = fingerprint.shape.iter();
        let shape =
            shape.map(|(label, count)| (Group::Shape, format!("{label:x}"), f64::from(*count)));
        let mut features: Vec<(u32, f32)> = templates
            .chain(mechanisms)
            .chain(entities)
            .chain(shape)
            .filter(|(_, text, weight)| !text.is_empty() && *weight > 0.0)
            .map(|(group, text, weight)| {
                #[allow(clippy::cast_possible_truncation, reason = "a weight needs no more digits")]
                let weight = weight as f32;
                (self.place(group, &text), weight)
            })
            .collect();
        features.sort_unstable_by_key(|(place, _)| *place);
        features.dedup_by_key(|(place, _)| *place);
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
        });
        for (place, weight) in &features {
            if let Some(feature) = self.features.get_mut(*place as usize) {
                feature.holders.push((slot, *weight));
            }
        }
        if let Some(own) = self.slots.get_mut(slot as usize) {
            *own = Slot { id: Some(id), features };
        }
        self.slot_of.insert(id, slot);
        while self.slot_of.len() > MOST
            && let Some(oldest) = self.slot_of.keys().next().copied()
        {
            self.remove(oldest);
        }
    }

    /// Forgets one.
    pub fn remove(&mut self, id: InvestigationId) {
        let Some(slot) = self.slot_of.remove(&id) else { return };
        let Some(own) = self.slots.get_mut(slot as usize).map(std::mem::take) else { return };
        for (place, _) in own.features {
            if let Some(feature) = self.features.get_mut(place as usize) {
                feature.holders.retain(|(holder, _)| *holder != slot);
                if feature.holders.is_empty() {
                    self.places.remove(&(feature.group, std::mem::take(&mut feature.text)));
                    self.unused.push(place);
                }
            }
        }
        self.free.push(slot);
    }

    fn place(&mut self, group: Group, text: &str) -> u32 {
        let key = (group, Box::from(text));
        if let Some(known) = self.places.get(&key) {
            return *known;
        }
        let feature = Feature { group, text: Box::from(text), holders: Vec::new() };
        let unused = self.unused.pop();
        let place = match unused.and_then(|place| self.features.get_mut(place as usize)) {
            Some(free) => {
                *free = feature;
                unused.unwrap_or(0)
            }
            None => {
                self.features.push(feature);
                u32::try_from(self.features.len() - 1).unwrap_or(u32::MAX)
            }
        };
        self.places.insert(key, place);
        place
    }

    /// What resembles an investigation most, best first, then newest; itself left out.
    ///
    /// `text` says how well the texts of others match its own, 0 to 1; those that are not in it do not match.
    /// `mechanisms` says mechanisms in words.
    #[must_use]
    pub fn similar(
        &self,
        id: InvestigationId,
        text: &BTreeMap<InvestigationId, f64>,
        mechanisms: &Mechanisms,
        limit: usize,
    ) -> Vec<Match> {
        let own = self.slot_of.get(&id).and_then(|slot| self.slots.get(*slot as usize));
        let own = own.map(|slot| slot.features.as_slice()).unwrap_or_default();
        let shared = self.shared(own);
        let totals = self.totals(own);
        let by_slot = shared.iter().enumerate().filter(|(_, sums)| **sums != [0.0; GROUPS]);
        let mut found: Vec<(f64, InvestigationId, [f64; 5])> = Vec::new();
        let mut consider = |other: InvestigationId, matches: [f64; 4]| {
            let text = text.get(&other).copied().unwrap_or(0.0).clamp(0.0, 1.0);
            let [templates, mechanism, entities, shape] = matches;
            let matches = [templates, mechanism, entities, text, shape];
            let doubt: f64 = Likeness::ALL
                .iter()
                .zip(matches)
                .map(|(likeness, found)| 1.0 - likeness.strength() * found)
                .product();
            if other != id && doubt < 1.0 {
                found.push((1.0 - doubt, other, matches));
            }
        };
        for (slot, sums) in by_slot {
            let Some(Slot { id: Some(other), features }) = self.slots.get(slot) else { continue };
            consider(*other, matches(sums, &totals, &self.totals(features)));
        }
        for other in text.keys() {
            let slot = self.slot_of.get(other).and_then(|slot| shared.get(*slot as usize));
            if slot.is_none_or(|sums| *sums == [0.0; GROUPS]) {
                consider(*other, [0.0; 4]);
            }
        }
        let order = |a: &(f64, InvestigationId, _), b: &(f64, InvestigationId, _)| {
            b.0.total_cmp(&a.0).then(b.1.cmp(&a.1))
        };
        if found.len() > limit {
            found.select_nth_unstable_by(limit, order);
            found.truncate(limit);
        }
        found.sort_by(order);
        let matches = found.into_iter().map(|(score, other, matches)| Match {
            investigation: other,
            score: Confidence::saturating(score),
            resemblances: self.explain(own, other, matches, mechanisms),
        });
        matches.collect()
    }

    /// For every slot and group the weight of what it shares with these features.
    fn shared(&self, own: &[(u32, f32)]) -> Vec<[f64; GROUPS]> {
        let mut sums = vec![[0.0; GROUPS]; self.slots.len()];
        for (place, weight) in own {
            let Some(feature) = self.features.get(*place as usize) else { continue };
            let (rarity, weight) = (self.rarity(feature), f64::from(*weight));
            let group = feature.group as usize;
            for (slot, other) in &feature.holders {
                if let Some(sums) = sums.get_mut(*slot as usize) {
                    sums[group] += common(feature.group, weight, f64::from(*other), rarity);
                }
            }
        }
        sums
    }

    /// For every group the weight of all features: with itself.
    fn totals(&self, own: &[(u32, f32)]) -> [f64; GROUPS] {
        let mut sums = [0.0; GROUPS];
        for (place, weight) in own {
            if let Some(feature) = self.features.get(*place as usize) {
                let weight = f64::from(*weight);
                sums[feature.group as usize] +=
                    common(feature.group, weight, weight, self.rarity(feature));
            }
        }
        sums
    }

    /// How much it says that two have it: 1 when nobody else has, near 0 when all do (inverse document frequency,
    /// Spärck Jones 1972).
    fn rarity(&self, feature: &Feature) -> f64 {
        let known = (self.len() as f64).max(ASSUMED);
        let holders = (feature.holders.len() as f64).max(1.0);
        (1.0 + known / holders).ln() / (1.0 + known).ln()
    }

    fn explain(
        &self,
        own: &[(u32, f32)],
        other: InvestigationId,
        matches: [f64; 5],
        mechanisms: &Mechanisms,
    ) -> Vec<Resemblance> {
        let slot = self.slot_of.get(&other).and_then(|slot| self.slots.get(*slot as usize));
        let theirs = slot.map(|slot| slot.features.as_slice()).unwrap_or_default();
        let mut both: Vec<&Feature> = own
            .iter()
            .filter(|(place, _)| theirs.binary_search_by_key(place, |(other, _)| *other).is_ok())
            .filter_map(|(place, _)| self.features.get(*place as usize))
            .collect();
        both.sort_by(|a, b| {
            self.rarity(b).total_cmp(&self.rarity(a)).then_with(|| a.text.cmp(&b.text))
        });
        let mut found: Vec<Resemblance> = Likeness::ALL
            .into_iter()
            .zip(matches)
            .filter(|(_, found)| *found > 0.0)
            .map(|(likeness, found)| Resemblance {
                likeness,
                score: Confidence::saturating(likeness.strength() * found),
                detail: self.detail(likeness, found, &both, mechanisms),
            })
            .collect();
        found.sort_by(|a, b| {
            b.score.value().total_cmp(&a.score.value()).then(a.likeness.cmp(&b.likeness))
        });
        found
    }

    fn detail(
        &self,
        likeness: Likeness,
        found: f64,
        both: &[&Feature],
        mechanisms: &Mechanisms,
    ) -> String {
        let of = |group: Group| both.iter().filter(move |feature| feature.group == group);
        let named = |group: Group| {
            let all = of(group).count();
            let names: Vec<&str> = of(group).take(NAMED).map(|feature| &*feature.text).collect();
            (all, names.join(", "), all.saturating_sub(NAMED))
        };
        match likeness {
            Likeness::Templates => {
                let rarest = of(Group::Template).next().map_or("", |feature| &*feature.text);
                format!("{} shared log templates; the rarest: {rarest}", named(Group::Template).0)
            }
            Likeness::Mechanism => {
                let Some(first) = of(Group::Mechanism).next() else { return String::new() };
                let known = mechanisms.get(&MechanismId::new(first.text.to_string()));
                let title = known.map_or(&*first.text, |known| &*known.title);
                let (holders, all) = (first.holders.len(), self.len());
                format!("both broke the same way: {title} ({holders} of {all} investigations did)")
            }
            Likeness::Entities => match named(Group::Entity) {
                (_, names, 0) => format!("both on {names}"),
                (_, names, more) => format!("both on {names} and {more} more"),
            },
            Likeness::Text => format!("the texts are {:.0} % alike", found * 100.0),
            Likeness::Shape => {
                format!("the ways from cause to symptom are {:.0} % alike", found * 100.0)
            }
        }
    }
}

/// What two weights of a feature have in common, in the arithmetic of its group.
fn common(group: Group, a: f64, b: f64, rarity: f64) -> f64 {
    match group {
        Group::Template | Group::Entity => rarity * a.min(b),
        Group::Mechanism => rarity * (a * b).sqrt(),
        Group::Shape => a * b,
    }
}

/// How well each group matches, 0 to 1.
fn matches(shared: &[f64; GROUPS], a: &[f64; GROUPS], b: &[f64; GROUPS]) -> [f64; GROUPS] {
    let at = |sums: &[f64; GROUPS], group: Group| sums[group as usize];
    let ruzicka = |group: Group| {
        let both = at(shared, group);
        let either = at(a, group) + at(b, group) - both;
        if either > 0.0 { (both / either).clamp(0.0, 1.0) } else { 0.0 }
    };
    let length = (at(a, Group::Shape) * at(b, Group::Shape)).sqrt();
    let cosine = if length > 0.0 { at(shared, Group::Shape) / length } else { 0.0 };
    [
        ruzicka(Group::Template),
        // Shares of belief sum to one at most, and so does this.
        at(shared, Group::Mechanism).clamp(0.0, 1.0),
        ruzicka(Group::Entity),
        cosine.clamp(0.0, 1.0),
    ]
}
