//! What is each piece of evidence worth? Each weight is set to zero, each kind of input is taken away, and every
//! set is judged again.
//!
//! A weight that changes no answer in every twelfth case of a set is not tried on the rest of it.

use std::path::Path;

use rca_core::rank::{Options, Weights};

use crate::accuracy::answer::Answer;
use crate::accuracy::case::Part;
use crate::accuracy::culprit::Track;
use crate::accuracy::incidents::{Incidents, Ready, Set};
use crate::accuracy::truth::{MEASURES, Truth};
use crate::accuracy::{Result, table};

/// The sets whose figures are compared: with telemetry all, of the histories the tracks that differ most.
pub const SETS: [Set; 6] = [
    Set::Rootcausebench,
    Set::Nezha,
    Set::Petshop,
    Set::Culprit(Track::HardNoisy),
    Set::Culprit(Track::Blame),
    Set::Culprit(Track::Revert),
];
/// Every so many cases one is looked at first.
const SAMPLE: usize = 12;
/// Zero means something else for these: they divide, or say how sure the answer is.
const SHAPES: [&str; 4] = ["temperature", "entity_temperature", "lapse", "timing_minutes"];

/// The weights that can be taken away.
pub(super) fn removable() -> impl Iterator<Item = &'static str> {
    Weights::NAMES.iter().copied().filter(|name| !SHAPES.contains(name))
}

/// Options with another value for one weight.
pub(super) fn with(weights: &Weights, name: &str, value: f64) -> Result<Options> {
    Ok(Options { weights: weights.clone().with(name, value)?, ..Options::default() })
}

/// Answers to all incidents when only some sets answer otherwise: those of the others are taken over.
pub(super) fn vary(
    ready: &Ready,
    base: &[Answer],
    doing: &str,
    options: &Options,
    part: Option<Part>,
) -> Result<Vec<Answer>> {
    let mut answers = base.to_vec();
    for set in SETS {
        let places: Vec<usize> = ready
            .list()
            .iter()
            .enumerate()
            .filter(|(_, incident)| incident.set == set)
            .map(|(place, _)| place)
            .collect();
        let sample: Vec<usize> = places.iter().copied().step_by(SAMPLE).collect();
        let first = ready.answers_without(doing, &sample, options, part)?;
        let same = |(place, answer): (&usize, &Answer)| base.get(*place) == Some(answer);
        if sample.iter().zip(&first).all(same) {
            continue;
        }
        let all = ready.answers_without(doing, &places, options, part)?;
        for (place, answer) in places.into_iter().zip(all) {
            if let Some(slot) = answers.get_mut(place) {
                *slot = answer;
            }
        }
    }
    Ok(answers)
}

/// The table: figures as they are, then what they lose without each thing.
pub fn run(data: &Path) -> Result<String> {
    let ready = Incidents::read(data, &SETS)?.detect()?;
    let weights = Weights::default();
    let base = ready.all_answers("ranking", &Options::default())?;
    let mut variants: Vec<(String, Vec<Answer>)> = Vec::new();
    for part in Part::ALL {
        let name = format!("without {part:?}").to_lowercase();
        let answers = vary(&ready, &base, &name, &Options::default(), Some(part))?;
        variants.push((name, answers));
    }
    for name in removable() {
        let answers = vary(&ready, &base, name, &with(&weights, name, 0.0)?, None)?;
        let value = weights.get(name).unwrap_or_default();
        variants.push((format!("`{name}` {value} → 0"), answers));
    }
    let truth = Truth::read(data)?;
    let (mut head, mut figures) = (vec!["change".to_owned()], vec!["**as it is**".to_owned()]);
    for measure in &MEASURES {
        head.push(measure.name.to_owned());
        figures.push(measure.of(&truth, &base).map_or("-".to_owned(), |v| format!("**{v:.3}**")));
    }
    let mut rows = vec![head, figures];
    for (name, answers) in variants {
        let mut row = vec![name];
        row.extend(MEASURES.iter().map(|measure| {
            let change = measure.of(&truth, &answers).zip(measure.of(&truth, &base));
            match change.map(|(now, before)| now - before) {
                Some(change) if change.abs() >= 0.0005 => format!("{change:+.3}"),
                Some(_) => String::new(),
                None => "-".to_owned(),
            }
        }));
        rows.push(row);
    }
    Ok(table::markdown(&rows))
}
