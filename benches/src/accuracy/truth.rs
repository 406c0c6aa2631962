//! The answers that the sets know, for figures over answers that were already given.
//!
//! This module opens files of truth and knows nothing of the library; those that ask the library open their files
//! through [`crate::accuracy::folder`], which has no name for a file of truth. Nothing read here can reach a
//! ranking.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::accuracy::Result;
use crate::accuracy::answer::{Answer, NONE};

/// Right answers by set folder and incident.
#[derive(Debug, Default)]
pub struct Truth {
    right: BTreeMap<(String, String), BTreeSet<String>>,
    /// Commits that were planted to tempt.
    decoys: BTreeMap<String, BTreeSet<String>>,
    /// Incidents of which the set lost the traces.
    blind: BTreeSet<String>,
}

impl Truth {
    /// Reads the truth of all sets that are there.
    pub fn read(data: &Path) -> Result<Self> {
        let mut truth = Self::default();
        for (path, id) in files(&data.join("rootcausebench/truth"), |path| path.to_owned())? {
            let known = json(&path)?;
            let right = text(&known, "/root_cause_commit")?;
            truth.add("rootcausebench", &id, [right]);
            let decoys = known.pointer("/decoy_deploy_commits").and_then(Value::as_array);
            truth.decoys.insert(id, strings(decoys));
        }
        for (path, id) in files(&data.join("nezha"), |path| path.join("truth.json"))? {
            let known = json(&path)?;
            truth.add("nezha", &id, [text(&known, "/service")?]);
            if known.pointer("/spans_after_inject").and_then(Value::as_u64) == Some(0) {
                truth.blind.insert(id);
            }
        }
        for (path, id) in files(&data.join("petshop"), |path| path.join("truth.json"))? {
            truth.add("petshop", &id, [text(&json(&path)?, "/root_cause/entity")?]);
        }
        let path = data.join("culprit/truth.json");
        if path.is_file() {
            let all = json(&path)?;
            for (id, known) in all.as_object().into_iter().flatten() {
                let culprits = known.pointer("/culprits").and_then(Value::as_array);
                truth.add("culprit", id, strings(culprits));
            }
        }
        Ok(truth)
    }

    fn add(&mut self, set: &str, id: &str, right: impl IntoIterator<Item = String>) {
        self.right.insert((set.to_owned(), id.to_owned()), right.into_iter().collect());
    }

    fn of(&self, answer: &Answer) -> Option<&BTreeSet<String>> {
        let folder = answer.set.split(' ').next().unwrap_or_default();
        self.right.get(&(folder.to_owned(), answer.id.clone()))
    }

    /// Whether a name is a right answer to the incident; none when that is not known.
    #[must_use]
    pub fn is_right(&self, answer: &Answer, name: &str) -> Option<bool> {
        Some(self.of(answer)?.iter().any(|right| same(right, name)))
    }

    /// The place of the first right name in the ranking, from one.
    #[must_use]
    pub fn rank(&self, answer: &Answer) -> Option<usize> {
        let right = self.of(answer)?;
        let names = answer.ranking.iter().map(|(name, _)| name);
        names.zip(1..).find(|(name, _)| right.iter().any(|r| same(r, name))).map(|(_, rank)| rank)
    }

    /// Whether an innocent commit was named.
    #[must_use]
    pub fn is_decoy(&self, answer: &Answer) -> bool {
        self.decoys.get(&answer.id).is_some_and(|d| d.iter().any(|d| same(d, &answer.first)))
    }

    /// Whether the set holds all that it promises of the incident.
    #[must_use]
    pub fn is_whole(&self, answer: &Answer) -> bool {
        !(answer.set == "nezha" && self.blind.contains(&answer.id))
    }

    /// Share of right first answers, and the mean of one over the rank of the right one.
    #[must_use]
    pub fn figures<'a>(&self, answers: impl IntoIterator<Item = &'a Answer>) -> Figures {
        let mut figures = Figures::default();
        for answer in answers {
            let Some(first) = self.is_right(answer, &answer.first) else { continue };
            let rank =
                if answer.set == "rootcausebench" { first.then_some(1) } else { self.rank(answer) };
            figures.count += 1.0;
            figures.first += f64::from(u8::from(rank == Some(1)));
            figures.three += f64::from(u8::from(rank.is_some_and(|rank| rank <= 3)));
            figures.five += f64::from(u8::from(rank.is_some_and(|rank| rank <= 5)));
            figures.reciprocal += rank.map_or(0.0, |rank| 1.0 / rank as f64);
        }
        figures
    }
}

/// A figure of a set: what it is called, which answers it is about, and how it is counted.
pub(super) struct Measure {
    pub(super) name: &'static str,
    set: &'static str,
    group: Option<&'static str>,
    count: fn(&Figures) -> f64,
}

/// The figures that studies compare, one or two a set.
pub(super) const MEASURES: [Measure; 7] = [
    Measure { name: "bundles @1", set: "rootcausebench", group: None, count: Figures::at1 },
    Measure {
        name: "OnlineBoutique @1",
        set: "nezha",
        group: Some("onlineboutique"),
        count: Figures::at1,
    },
    Measure {
        name: "TrainTicket @1",
        set: "nezha",
        group: Some("trainticket"),
        count: Figures::at1,
    },
    Measure { name: "metrics only @1", set: "petshop", group: None, count: Figures::at1 },
    Measure { name: "commits HN MRR", set: "culprit HN", group: None, count: Figures::mrr },
    Measure { name: "commits B MRR", set: "culprit B", group: None, count: Figures::mrr },
    Measure { name: "reverts MRR", set: "culprit R", group: None, count: Figures::mrr },
];

impl Measure {
    /// The figure over those of the answers that it is about; cases without traces are left out.
    pub(super) fn of(&self, truth: &Truth, answers: &[Answer]) -> Option<f64> {
        let own = answers.iter().filter(|answer| {
            answer.set == self.set
                && self.group.is_none_or(|group| group == answer.group)
                && truth.is_whole(answer)
        });
        let figures = truth.figures(own);
        (figures.count > 0.0).then(|| (self.count)(&figures))
    }
}

/// Sums over answers.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Figures {
    /// Answers.
    pub count: f64,
    first: f64,
    three: f64,
    five: f64,
    reciprocal: f64,
}

impl Figures {
    /// Share with the right one first.
    #[must_use]
    pub fn at1(&self) -> f64 {
        self.first / self.count.max(1.0)
    }

    /// Share with the right one among the first three.
    #[must_use]
    pub fn at3(&self) -> f64 {
        self.three / self.count.max(1.0)
    }

    /// Share with the right one among the first five.
    #[must_use]
    pub fn at5(&self) -> f64 {
        self.five / self.count.max(1.0)
    }

    /// Mean reciprocal rank.
    #[must_use]
    pub fn mrr(&self) -> f64 {
        self.reciprocal / self.count.max(1.0)
    }
}

/// Hashes may be shortened to seven characters or more.
fn same(right: &str, name: &str) -> bool {
    right == name
        || (right != NONE
            && name.len().min(right.len()) >= 7
            && name.bytes().chain(right.bytes()).all(|byte| byte.is_ascii_hexdigit())
            && (name.starts_with(right) || right.starts_with(name)))
}

/// Files in a folder by the name of what holds them, in order; nothing when the folder is not there.
fn files(
    folder: &Path,
    within: impl Fn(&Path) -> std::path::PathBuf,
) -> Result<Vec<(std::path::PathBuf, String)>> {
    let mut found = Vec::new();
    if !folder.is_dir() {
        return Ok(found);
    }
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let file = within(&path);
        if file.is_file() && file.extension().is_some_and(|ending| ending == "json") {
            let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            found.push((file, id));
        }
    }
    found.sort();
    Ok(found)
}

fn json(path: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    Ok(serde_json::from_str(&text)?)
}

fn text(value: &Value, place: &str) -> Result<String> {
    let found = value.pointer(place).and_then(Value::as_str);
    found.map(str::to_owned).ok_or_else(|| format!("no {place} in a file of truth").into())
}

fn strings(values: Option<&Vec<Value>>) -> BTreeSet<String> {
    values.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_hash_is_the_long_one_and_a_short_name_is_not_a_long_one() {
        assert!(same("0123456789ab", "0123456789abcdef"));
        assert!(!same("012345", "0123456789abcdef"));
        assert!(!same("payments", "payments-2"));
        assert!(same(NONE, NONE));
    }
}
