//! Quantities that change their unit, and code that gives back what is no longer needed.

use super::super::CodeSign;
use super::super::change::{Block, Change, Row};
use super::super::parse::Mark;
use super::super::token::Token;
use super::super::value::seconds_of;
use super::{edit_sign, quoted, sign};
use crate::mechanism::id;
use crate::mechanism::words::words;

/// Factors between the units of one quantity.
const FACTORS: &[&str] =
    &["1000", "1_000", "1e3", "1000.0", "1e6", "1000000", "1_000_000", "3600", "1024", "86400"];

/// Words at the end of a name that say its unit.
const UNITS: &[&str] = &[
    "s",
    "sec",
    "secs",
    "seconds",
    "ms",
    "millis",
    "msec",
    "milliseconds",
    "us",
    "micros",
    "ns",
    "nanos",
    "min",
    "mins",
    "minutes",
    "h",
    "hours",
    "days",
    "b",
    "bytes",
    "kb",
    "mb",
    "kib",
    "mib",
    "pct",
    "percent",
    "ratio",
    "cents",
];

/// A quantity that is kept in another unit than before. Why: whoever still reads it in the old one is off by
/// the factor, and compares, waits or expires at the wrong moment. Surest when the same file still takes the
/// quantity from where the old unit came from.
pub(super) fn units(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    if change.language.is_config() {
        return;
    }
    let edited: Vec<(&Block, &Row, &Row)> = change
        .blocks
        .iter()
        .flat_map(|block| block.edits().map(move |(old, new)| (block, old, new)))
        .collect();
    unscaled(change, signs);
    let Some(&(block, old, new)) = edited.iter().find(|(_, old, new)| other_unit(old, new)) else {
        return;
    };
    let replaced: Vec<&str> = edited
        .iter()
        .flat_map(|(_, old, new)| {
            let kept = new.calls();
            old.calls().into_iter().filter(move |call| !kept.contains(call)).collect::<Vec<_>>()
        })
        .collect();
    let left_behind = change
        .blocks
        .iter()
        .flat_map(|block| &block.rows)
        .filter(|row| row.mark == Mark::Context)
        .find(|row| row.calls().iter().any(|call| replaced.contains(call)));
    let what = format!("another unit: {} became {}", quoted(old), quoted(new));
    let (strength, statement) = match left_behind {
        Some(row) => (0.9, format!("{what}, while {} is still in the old one", quoted(row))),
        // A factor that came or went on a time: either was wrong.
        None if (timed(old) || timed(new)) && !renamed(old, new) => (0.75, what),
        None => (0.5, what),
    };
    signs.push(edit_sign(change, block, (old, new), &id::UNIT_MISTAKE, strength, statement));
}

/// A quantity that had a unit (`n * time.Second`) and is handed on without. Why: the other side takes it in its
/// own unit.
fn unscaled(change: &Change, signs: &mut Vec<CodeSign>) {
    let scaled = |row: &Row| -> Vec<String> {
        let named = |token: &Token| token.name().map(|name| last(name).to_owned());
        let unit = |token: &Token| match token {
            Token::Name(name) => constant(name).is_some(),
            Token::Number(text) => FACTORS.contains(&text.as_str()),
            _ => false,
        };
        row.tokens
            .windows(4)
            .filter_map(|w| match w {
                [name, star, by, _] if star.is("*") && unit(by) => named(name),
                [name, close, star, by] if close.is(")") && star.is("*") && unit(by) => named(name),
                _ => None,
            })
            .collect()
    };
    for block in &change.blocks {
        let was: Vec<String> = block.gone_rows().flat_map(scaled).collect();
        let bare = block.new_rows().find(|row| {
            let is = scaled(row);
            row.names().any(|name| {
                let name = last(name).to_owned();
                was.contains(&name) && !is.contains(&name)
            }) && !block.edits().any(|(_, new)| std::ptr::eq(new, *row) && other_unit_row(new))
        });
        if let Some(row) = bare {
            let statement = format!("handed on without its unit: {}", quoted(row));
            signs.push(sign(change, block, row, &id::UNIT_MISTAKE, 0.75, statement));
        }
    }
}

/// Seconds in a constant or call that is a unit as a whole: `time.Second`, `TimeUnit.SECONDS`, `from_secs`; not in
/// a quantity that ends with one (`ttl_s`).
fn constant(name: &str) -> Option<f64> {
    let part = last(name);
    let unit = words(part).into_iter().filter(|word| word != "from" && word != "of").count() == 1;
    let qualified = name.contains('.') || part.chars().all(|c| c.is_uppercase());
    seconds_of(part).filter(|_| unit && qualified && part.len() > 1)
}

fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// Whether a row says a unit itself.
fn other_unit_row(row: &Row) -> bool {
    row.names().any(|name| constant(name).is_some())
}

/// Whether a row is about a time.
fn timed(row: &Row) -> bool {
    row.has_word(&[
        "ttl",
        "timeout",
        "expiry",
        "expire",
        "expires",
        "seconds",
        "second",
        "millis",
        "ms",
        "delay",
        "deadline",
        "interval",
        "duration",
        "age",
        "lifetime",
        "millisecond",
    ])
}

/// A factor came or went, or the unit at the end of a name changed.
fn other_unit(old: &Row, new: &Row) -> bool {
    let scaled = |row: &Row| {
        FACTORS.iter().any(|factor| {
            ["*", "/"].iter().any(|sign| {
                row.lower.contains(&format!("{sign} {factor}"))
                    || row.lower.contains(&format!("{sign}{factor}"))
            })
        })
    };
    scaled(old) != scaled(new) || other_constant(old, new) || renamed(old, new)
}

/// Whether a name has another unit at its end.
fn renamed(old: &Row, new: &Row) -> bool {
    old.names()
        .filter(|name| constant(name).is_none())
        .any(|name| new.names().any(|other| renamed_unit(name, other)))
}

/// The same quantity times another unit of time: `n * time.Second` and `n * time.Millisecond`, with no number
/// changed that could make up for it.
fn other_constant(old: &Row, new: &Row) -> bool {
    let units = |row: &Row| -> Vec<f64> { row.names().filter_map(constant).collect() };
    let numbers = |row: &Row| -> Vec<String> {
        row.tokens
            .iter()
            .filter_map(|token| match token {
                Token::Number(text) => Some(text.clone()),
                _ => None,
            })
            .collect()
    };
    let (before, after) = (units(old), units(new));
    !before.is_empty()
        && before.len() == after.len()
        && before != after
        && numbers(old) == numbers(new)
}

fn renamed_unit(old: &str, new: &str) -> bool {
    let (old, new) = (words(old), words(new));
    match (old.split_last(), new.split_last()) {
        (Some((old_unit, old_rest)), Some((new_unit, new_rest))) => {
            !old_rest.is_empty()
                && old_rest == new_rest
                && old_unit != new_unit
                && UNITS.contains(&old_unit.as_str())
                && UNITS.contains(&new_unit.as_str())
        }
        _ => false,
    }
}

/// Verbs of giving back, as parts of names.
const CLEANS: &[&str] = &[
    "sweep",
    "evict",
    "expire",
    "expired",
    "prune",
    "purge",
    "cleanup",
    "reap",
    "reaper",
    "vacuum",
    "compact",
    "collect",
    "gc",
    "trim",
    "retention",
];

/// Statements that take an entry out of a collection.
const TAKES_OUT: &[&str] = &[
    "del ",
    "delete ",
    "delete(",
    ".remove(",
    ".pop(",
    ".delete(",
    ".popitem(",
    ".popleft(",
    ".clear(",
    ".retain(",
];

/// The code that removes old entries was rewritten. Why: entries that it now misses stay for good.
pub(super) fn clean_up(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    if change.language.is_config() || !change.touches_old_code() {
        return;
    }
    for block in &change.blocks {
        let cleans = |row: &Row| {
            let by_name = block.function(row).is_some_and(|name| {
                words(&name).iter().any(|word| CLEANS.contains(&word.as_str()))
            });
            by_name || row.has_word(CLEANS)
        };
        let takes_out = block.rows.iter().any(|row| row.has(TAKES_OUT) && cleans(row));
        let gone = block.gone_rows().find(|row| cleans(row));
        let new = block.new_rows().find(|row| cleans(row));
        if let (true, Some(gone), Some(new)) = (takes_out, gone, new) {
            let statement = format!(
                "what removes old entries was rewritten: {} gave way to {}",
                quoted(gone),
                quoted(new)
            );
            signs.push(sign(change, block, new, &id::UNBOUNDED_GROWTH, 0.6, statement));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::diff::{DiffInput, Reading, read};
    use crate::mechanism::id;

    fn reading(diff: &str) -> Reading {
        read(&DiffInput { diff: Some(diff), files: &["lib/leases.py"], message: "tidy" })
    }

    fn strength(reading: &Reading, mechanism: &crate::mechanism::MechanismId) -> f64 {
        reading
            .findings
            .iter()
            .filter(|sign| sign.mechanism == *mechanism)
            .map(|sign| sign.strength.value())
            .fold(0.0, f64::max)
    }

    const HALF_CONVERTED: &str = "--- a/lib/leases.py\n+++ b/lib/leases.py\n@@ -1,9 +1,9 @@ class Leases:\n     \
        def add(self, key):\n-        self.rows[key] = clock() + self.ttl_s\n+        self.rows[key] = clock_ms() + \
        self.ttl_ms\n \n     def late(self, key):\n         now = clock()\n         return self.rows[key] < now\n";

    #[test]
    fn a_unit_that_changes_in_one_place_only_is_a_strong_sign() {
        assert!(strength(&reading(HALF_CONVERTED), &id::UNIT_MISTAKE) > 0.8);
        let whole = HALF_CONVERTED.replace(
            "         now = clock()\n",
            "-        now = clock()\n+        now = clock_ms()\n",
        );
        let weaker = strength(&reading(&whole), &id::UNIT_MISTAKE);
        assert!(weaker > 0.3 && weaker < 0.7, "{weaker}");
    }

    #[test]
    fn a_rewritten_sweep_may_leave_entries_behind() {
        let diff = "--- a/lib/leases.py\n+++ b/lib/leases.py\n@@ -9,6 +9,7 @@\n     def sweep(self):\n-        for key in \
            [k for k, t in self.rows.items() if t <= now]:\n+        while self.rows:\n+            key = \
            next(iter(self.rows))\n             del self.rows[key]\n";
        assert!(strength(&reading(diff), &id::UNBOUNDED_GROWTH) > 0.5);
    }

    #[test]
    fn new_names_and_other_numbers_are_no_units() {
        let diff = "--- a/lib/leases.py\n+++ b/lib/leases.py\n@@ -1,2 +1,2 @@\n-    total = price * count\n+    total = \
            price * amount\n";
        assert_eq!(strength(&reading(diff), &id::UNIT_MISTAKE), 0.0);
    }
}
