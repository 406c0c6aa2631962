//! Symptoms by the words in a metric's name.
//!
//! The table of words stands beside, in `names.rs`.

use super::names::RULES;
use super::{Symptom, merged, seen};
use crate::mechanism::words::stems;
use crate::model::{Confidence, Direction};

/// The symptoms that a metric shows when it moves in a direction, strongest first; empty when the
/// name says nothing.
#[must_use]
pub fn of_metric(name: &str, direction: Direction) -> Vec<(Symptom, Confidence)> {
    let words = said(name);
    let has = |list: &[&str]| list.iter().any(|known| words.iter().any(|word| word == known));
    let found = RULES
        .iter()
        .filter(|rule| rule.direction == direction)
        .filter(|rule| rule.groups.iter().all(|group| has(group)) && !has(rule.without))
        .map(|rule| seen(rule.symptom, rule.strength))
        .collect();
    merged(found)
}

/// The words of a name: without the aggregate at its end (`lag.max` is a lag, `pool.max` a limit), and with the
/// class of status codes that hides in a word (`http5xx`).
fn said(name: &str) -> Vec<String> {
    const AGGREGATES: &[&str] = &["max", "min", "avg", "mean", "median"];
    const MEASURED: &[&str] = &[
        "lag", "ms", "s", "second", "age", "time", "delay", "in", "out", "wait", "latency",
        "duration",
    ];
    let mut words = stems(name);
    if let [.., before, last] = words.as_slice()
        && AGGREGATES.contains(&last.as_str())
        && MEASURED.contains(&before.as_str())
    {
        words.pop();
    }
    for class in ["5xx", "4xx"] {
        if words.iter().any(|word| word.len() > 3 && word.ends_with(class)) {
            words.push(class.to_owned());
        }
    }
    words
}
