//! The inverted lists say what comparing with each one says.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::mechanism::Mechanisms;
use crate::time::from_nanos;

fn id(number: u8) -> InvestigationId {
    InvestigationId::derive(from_nanos(i64::from(number) * 1_000_000_000), &[number])
}

fn fingerprint() -> impl Strategy<Value = Fingerprint> {
    let names = |names: &'static [&'static str], most| {
        prop::collection::btree_set(prop::sample::select(names), 0..most)
    };
    (
        names(&["pool_limit_lowered", "timeout_lowered", "traffic_surge"], 3),
        names(&["ledger", "till", "web", "bank", "search"], 5),
        names(&["no connection <*>", "gave up after <*>", "disk full", "retry <*>"], 4),
        prop::collection::btree_map(0..6_u64, 1..4_u32, 0..5),
    )
        .prop_map(|(mechanisms, entities, templates, shape)| {
            let share = 1.0 / mechanisms.len().max(1) as f64;
            Fingerprint {
                mechanisms: mechanisms.into_iter().map(|name| (name.to_owned(), share)).collect(),
                entities: entities
                    .into_iter()
                    .enumerate()
                    .map(|(at, name)| (name.to_owned(), 1.0 / (1.0 + at as f64)))
                    .collect(),
                templates: templates.into_iter().map(str::to_owned).collect(),
                shape: shape.into_iter().collect(),
                ..Fingerprint::default()
            }
        })
}

/// The formulas of the module, word for word, on two fingerprints.
fn plain(a: &Fingerprint, b: &Fingerprint, all: &[&Fingerprint], text: f64) -> f64 {
    let known = (all.len() as f64).max(50.0);
    let rarity = |has: &dyn Fn(&Fingerprint) -> bool| {
        let holders = all.iter().filter(|other| has(other)).count() as f64;
        (1.0 + known / holders.max(1.0)).ln() / (1.0 + known).ln()
    };
    let ruzicka =
        |a: BTreeMap<String, f64>, b: BTreeMap<String, f64>, rare: &dyn Fn(&str) -> f64| {
            let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            let (mut least, mut most) = (0.0, 0.0);
            for name in names {
                let (x, y) = (a.get(name).unwrap_or(&0.0), b.get(name).unwrap_or(&0.0));
                least += rare(name) * x.min(*y);
                most += rare(name) * x.max(*y);
            }
            if most > 0.0 { least / most } else { 0.0 }
        };
    let weights = |list: &[(String, f64)]| list.iter().cloned().collect::<BTreeMap<String, f64>>();
    let ones = |list: &[String]| list.iter().map(|name| (name.clone(), 1.0)).collect();
    let templates = ruzicka(ones(&a.templates), ones(&b.templates), &|name| {
        rarity(&|other| other.templates.iter().any(|known| known == name))
    });
    let entities = ruzicka(weights(&a.entities), weights(&b.entities), &|name| {
        rarity(&|other| other.entities.iter().any(|known| known.0 == name))
    });
    let theirs = weights(&b.mechanisms);
    let mechanism: f64 = a
        .mechanisms
        .iter()
        .filter_map(|(name, share)| Some((name, share * theirs.get(name)?)))
        .map(|(name, product)| {
            product.sqrt() * rarity(&|other| other.mechanisms.iter().any(|known| known.0 == *name))
        })
        .sum();
    let dot = |a: &Fingerprint, b: &Fingerprint| -> f64 {
        let other: BTreeMap<u64, u32> = b.shape.iter().copied().collect();
        a.shape.iter().map(|(l, n)| f64::from(*n) * f64::from(*other.get(l).unwrap_or(&0))).sum()
    };
    let length = (dot(a, a) * dot(b, b)).sqrt();
    let shape = if length > 0.0 { dot(a, b) / length } else { 0.0 };
    let chances = [0.6 * templates, 0.5 * mechanism, 0.45 * entities, 0.4 * text, 0.2 * shape];
    1.0 - chances.iter().map(|chance| 1.0 - chance).product::<f64>()
}

proptest! {
    #[test]
    fn scores_are_those_of_comparing_with_each_one(
        prints in prop::collection::vec(fingerprint(), 1..12),
        replaced in prop::collection::vec((0..12_usize, fingerprint()), 0..4),
        removed in prop::option::of(1..12_usize),
        texts in prop::collection::btree_map(0..12_u8, 0.01..1.0_f64, 0..6),
    ) {
        let mut kin = Kin::default();
        let mut known: BTreeMap<InvestigationId, Fingerprint> = BTreeMap::new();
        let numbered = prints.into_iter().enumerate().chain(replaced);
        for (number, print) in numbered {
            let id = id(number as u8);
            kin.put(id, &print, []);
            known.insert(id, print);
        }
        if let Some(gone) = removed {
            kin.remove(id(gone as u8));
            known.remove(&id(gone as u8));
        }
        prop_assert_eq!(kin.len(), known.len());
        let texts: BTreeMap<InvestigationId, f64> =
            texts.into_iter().map(|(n, score)| (id(n), score)).filter(|(id, _)| known.contains_key(id)).collect();
        let own = id(0);
        let all: Vec<&Fingerprint> = known.values().collect();
        let mut expected: Vec<(f64, InvestigationId)> = known
            .iter()
            .filter(|(other, _)| **other != own)
            .map(|(other, print)| (plain(&known[&own], print, &all, *texts.get(other).unwrap_or(&0.0)), *other))
            .filter(|(score, _)| *score > 1e-12)
            .collect();
        expected.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
        let found = kin.similar(own, &texts, &Mechanisms::standard(), 100);
        prop_assert_eq!(found.len(), expected.len());
        for found in &found {
            let (score, _) = expected.iter().find(|(_, other)| *other == found.investigation).unwrap();
            prop_assert!((found.score.value() - score).abs() < 1e-5, "{} {}", found.score.value(), score);
            let doubt: f64 = found.resemblances.iter().map(|r| 1.0 - r.score.value()).product();
            prop_assert!((1.0 - doubt - found.score.value()).abs() < 1e-9, "reasons add up to the score");
            prop_assert!(found.resemblances.iter().all(|r| !r.detail.is_empty()));
        }
        prop_assert!(found.is_sorted_by(|a, b| a.score >= b.score));
        let best = kin.similar(own, &texts, &Mechanisms::standard(), 2);
        prop_assert_eq!(&best[..], &found[..found.len().min(2)]);
    }

    #[test]
    fn a_fingerprint_reads_back_and_nonsense_is_none(print in fingerprint(), noise in prop::collection::vec(any::<u8>(), 0..60)) {
        prop_assert_eq!(Fingerprint::from_bytes(&print.to_bytes().unwrap()), Some(print));
        // Whatever it is, it does not panic; another version is none.
        let _ = Fingerprint::from_bytes(&noise);
        prop_assert_eq!(Fingerprint::from_bytes(&[&[9], &noise[..]].concat()), None);
    }
}

#[test]
fn a_thing_that_all_have_says_less_than_one_that_few_have() {
    let with = |template: &str| Fingerprint {
        templates: vec![template.to_owned(), "x".into()],
        ..Fingerprint::default()
    };
    let mut kin = Kin::default();
    for number in 0..120 {
        kin.put(id(number), &with(if number < 2 { "rare" } else { "common" }), []);
    }
    let score = |a: u8, b: u8| {
        let found = kin.similar(id(a), &BTreeMap::new(), &Mechanisms::standard(), 200);
        found
            .iter()
            .find(|found| found.investigation == id(b))
            .map_or(0.0, |found| found.score.value())
    };
    assert!(
        score(0, 1) > 0.5 && score(0, 5) < score(0, 1) / 2.0,
        "{} {}",
        score(0, 1),
        score(0, 5)
    );
}
