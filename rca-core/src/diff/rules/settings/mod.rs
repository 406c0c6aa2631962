//! Values that were edited, removed or added, judged by the words of their names.

mod table;

use super::super::CodeSign;
use super::super::change::{Block, Change, Row};
use super::super::language::Language;
use super::super::setting::{Setting, embedded, settings};
use super::super::token::Token;
use super::super::value::Value;
use super::{edit_sign, sign};
use crate::mechanism::words::stems;
use crate::mechanism::{MechanismId, id};
use table::{Effect, KINDS, Kind, SWITCHES};

/// Names so general that what stands around them says what they are about.
const GENERAL: &[&str] =
    &["value", "default", "data", "val", "amount", "number", "n", "quantity", "setting"];

/// All settings of a row: literal values, those inside of texts (`-Xmx4g`, `max-age=60`, `?pool_size=5`), each
/// named by what stands around it where its own name says nothing.
fn of_row(change: &Change, block: &Block, row: &Row) -> Vec<Setting> {
    let mut found = settings(&row.tokens);
    found.extend(embedded(row, change.language));
    for setting in &mut found {
        if GENERAL.contains(&setting.name.to_lowercase().as_str())
            && let Some(name) = sibling_name(block, row)
        {
            setting.words.extend(stems(&name));
            setting.name = name;
        }
    }
    found
}

/// `name: max_connections` beside `value: 500`, or `variable "max_connections" {` above `default = 500`.
fn sibling_name(block: &Block, at: &Row) -> Option<String> {
    let here = block.rows.iter().position(|row| std::ptr::eq(row, at))?;
    let near = block.rows.iter().take(here).rev().take(3);
    let near = near.chain(block.rows.iter().skip(here + 1).take(2));
    near.filter(|row| !row.code.is_empty()).find_map(|row| {
        let mut names = row.names();
        let first = names.next()?;
        let named = matches!(
            first.trim_start_matches("- "),
            "name" | "key" | "parameter" | "variable" | "parameter_name" | "Name" | "Key"
        );
        let text = row.tokens.iter().find_map(|token| match token {
            Token::Text(text) => Some(text.clone()),
            _ => None,
        });
        text.or_else(|| names.next().map(str::to_owned)).filter(|_| named)
    })
}

/// Words around a setting that only help where its own name says too little.
fn surroundings(change: &Change, block: &Block, at: &Row) -> Vec<String> {
    let mut found = parents(change, block, at);
    found.extend(stems(&block.header));
    found.extend(block.function(at).map(|name| stems(&name)).unwrap_or_default());
    found.extend(stems(change.path.rsplit('/').next().unwrap_or_default()));
    // Its folder, too: `cache/config.go`.
    found.extend(stems(change.path.rsplit('/').nth(1).unwrap_or_default()));
    found
}

/// Words of the sections that a row of a nested configuration stands in: lines above with less indentation,
/// nearest first.
pub(super) fn parents(change: &Change, block: &Block, at: &Row) -> Vec<String> {
    let mut found = Vec::new();
    if !change.language.is_config() {
        return found;
    }
    let before = block.rows.iter().take_while(|row| !std::ptr::eq(*row, at));
    let mut level = at.indent;
    for row in before.collect::<Vec<_>>().into_iter().rev() {
        if row.indent < level && !row.code.is_empty() {
            level = row.indent;
            // The name of a list's item tells what its section is.
            let item = row.code.trim_start().trim_start_matches("- ");
            let named = item.starts_with("name") || item.starts_with("kind");
            let text = if named { item } else { item.split([':', '=']).next().unwrap_or_default() };
            found.extend(stems(text));
        }
    }
    found
}

fn kind_of(own: &[String], around: &[String]) -> Option<&'static Kind> {
    let fits = |kind: &&Kind, with: &[String]| {
        let has = |list: &[&str]| own.iter().chain(with).any(|word| list.contains(&word.as_str()));
        // At least one group must be met by the name itself.
        kind.groups.iter().all(|group| has(group))
            && kind.groups.iter().any(|group| own.iter().any(|word| group.contains(&word.as_str())))
            && !own.iter().any(|word| kind.without.contains(&word.as_str()))
    };
    // Whatever stands in the section of a probe is about the probe.
    if around.iter().any(|word| matches!(word.as_str(), "liveness" | "readiness" | "probe")) {
        return KINDS.iter().find(|kind| kind.label == "health probe setting");
    }
    KINDS
        .iter()
        .find(|kind| fits(kind, &[]))
        .filter(|kind| {
            kind.label != "limit" && kind.label != "time to live" && kind.label != "interval"
        })
        .or_else(|| KINDS.iter().find(|kind| fits(kind, around)))
}

/// Appearance: pixels, colours and weights of fonts limit nothing.
fn is_read(change: &Change) -> bool {
    !matches!(change.language, Language::Style | Language::Markup)
}

/// Rows of SQL are about rows of tables, but for those that set something.
fn is_setting(change: &Change, row: &Row) -> bool {
    change.language != Language::Sql
        || row.has_word(&["set"])
            && row.has_word(&["role", "system", "database", "session", "local", "global"])
}

/// Edited values. Why: a limit decides when a system refuses, waits or gives up.
pub(super) fn edited(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    if !is_read(change) {
        return;
    }
    for block in &change.blocks {
        for (old, new) in block.edits().filter(|(old, _)| is_setting(change, old)) {
            let (before, after) = (of_row(change, block, old), of_row(change, block, new));
            for (i, b) in before.iter().enumerate() {
                // The same name may have several values (`cache_valid 200 60m`): the nth meets the nth.
                let nth = before.iter().take(i).filter(|other| other.name == b.name).count();
                let counterpart = after
                    .iter()
                    .filter(|a| a.name == b.name)
                    .nth(nth)
                    .or_else(|| after.get(i).filter(|_| before.len() == after.len()));
                if let Some(a) = counterpart {
                    signs.extend(moved(change, block, (old, new), b, a));
                }
            }
        }
    }
}

fn moved(
    change: &Change,
    block: &Block,
    rows: (&Row, &Row),
    b: &Setting,
    a: &Setting,
) -> Option<CodeSign> {
    let (x, y) = (b.value.magnitude(), a.value.magnitude());
    let around = surroundings(change, block, rows.1);
    let mut own = a.words.clone();
    own.extend(b.words.iter().cloned());
    match (b.value, a.value) {
        (Value::Switch(_), Value::Switch(on)) if b.value != a.value => {
            let (mechanism, strength) = switched(&own, &around, on);
            let statement = format!(
                "{} switched {} ({} -> {})",
                a.name,
                if on { "on" } else { "off" },
                b.text,
                a.text
            );
            return Some(edit_sign(change, block, rows, &mechanism, strength, statement));
        }
        (Value::Level(_), Value::Level(_)) if y > x => {
            let statement = format!("{} made more talkative ({} -> {})", a.name, b.text, a.text);
            let strength = if y >= 4.0 { 0.9 } else { 0.45 };
            return Some(edit_sign(
                change,
                block,
                rows,
                &id::LOG_VOLUME_RAISED,
                strength,
                statement,
            ));
        }
        (Value::Switch(_) | Value::Level(_), _) | (_, Value::Switch(_) | Value::Level(_)) => {
            return None;
        }
        _ => {}
    }
    if (x - y).abs() <= f64::EPSILON * x.abs() {
        return None;
    }
    let lowered = y < x;
    // Zero and minus one mean "none" or "no limit", which can be either; zero is read as the smallest.
    let Some(kind) = kind_of(&own, &around) else {
        // A number in a list of variants: how much traffic each one gets.
        let shares = around.iter().any(|word| SHARES.contains(&word.as_str()));
        return (shares && change.language.is_config()).then(|| {
            let statement = format!("share of {} {} -> {}", a.name, b.text, a.text);
            let strength = 0.75 * size_of_step(x, y);
            edit_sign(change, block, rows, &id::ROUTING_CHANGED, strength, statement)
        });
    };
    let (mechanism, base) = if lowered { &kind.lowered } else { &kind.raised }.as_ref()?;
    let same_both_ways = kind.label == "port";
    let step = if same_both_ways { 1.0 } else { size_of_step(x, y) };
    let statement = format!(
        "{} {} {} -> {} ({})",
        kind.label,
        if lowered { "lowered" } else { "raised" },
        b.text,
        a.text,
        a.name
    );
    Some(edit_sign(change, block, rows, mechanism, base * step, statement))
}

/// Sections that say how traffic is divided.
const SHARES: &[&str] = &[
    "fractional",
    "targeting",
    "variant",
    "weight",
    "weighted",
    "rollout",
    "split",
    "canary",
    "bucket",
];

/// A step of 20 % hardly ever hurts, a factor of five nearly always.
fn size_of_step(x: f64, y: f64) -> f64 {
    let (small, large) = if x.abs() < y.abs() { (x.abs(), y.abs()) } else { (y.abs(), x.abs()) };
    if small <= 0.0 {
        return 1.0;
    }
    let ratio = large / small;
    (0.35 + 0.65 * (ratio.ln() / 5f64.ln())).clamp(0.35, 1.0)
}

fn switched(own: &[String], around: &[String], on: bool) -> (MechanismId, f64) {
    let negated = own.iter().any(|word| {
        ["disable", "disabled", "skip", "no", "without", "off"].contains(&word.as_str())
    });
    let on = on != negated;
    for words in [own, around] {
        for (list, when_on, when_off) in SWITCHES {
            if words.iter().any(|word| list.contains(&word.as_str())) {
                return if on { when_on } else { when_off }
                    .clone()
                    .unwrap_or((id::FLAG_FLIPPED, 0.5));
            }
        }
    }
    (id::FLAG_FLIPPED, 0.6)
}

/// The names of all settings in rows of one side, in words.
fn names(all: &[Change], side: fn(&Row) -> bool) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for change in all {
        for block in &change.blocks {
            for row in block.rows.iter().filter(|row| side(row)) {
                found.extend(of_row(change, block, row).iter().map(|s| stems(&s.name)));
            }
        }
    }
    found
}

/// Values that are gone. Why: what had a limit of its own falls back to a default, often none.
pub(super) fn removed(change: &Change, all: &[Change], signs: &mut Vec<CodeSign>) {
    if !is_read(change) {
        return;
    }
    let kept = names(all, Row::is_new);
    for block in &change.blocks {
        for row in block.gone_rows().filter(|row| is_setting(change, row)) {
            for gone in of_row(change, block, row) {
                if kept.contains(&stems(&gone.name)) {
                    continue;
                }
                // The name with another, not literal value is an edit that we can't compare.
                let still_named = all
                    .iter()
                    .flat_map(Change::new_rows)
                    .any(|new| new.names().any(|name| name == gone.name));
                if let Some(found) = merged(change, block, row, &gone) {
                    signs.push(found);
                    continue;
                }
                // The same value under another name or call is still there.
                let elsewhere = block
                    .new_rows()
                    .flat_map(|new| &new.tokens)
                    .any(|token| matches!(token, Token::Number(text) if *text == gone.text));
                let Some(kind) = kind_of(&gone.words, &surroundings(change, block, row))
                    .filter(|_| !still_named && !elsewhere)
                else {
                    continue;
                };
                // Go's channel without a size hands over one by one.
                let unbuffered = gone.words.iter().any(|word| word == "chan");
                let effect = if unbuffered {
                    Some((id::QUEUE_LIMIT_LOWERED, 0.7))
                } else {
                    without_it(kind)
                };
                let Some((mechanism, strength)) = effect else { continue };
                let statement =
                    format!("{} removed ({}, was {})", kind.label, gone.name, gone.text);
                signs.push(sign(change, block, row, &mechanism, strength, statement));
            }
        }
    }
}

/// Two settings of one name became one: where their values differ, one of them has moved.
fn merged(change: &Change, block: &Block, row: &Row, gone: &Setting) -> Option<CodeSign> {
    let added = |row: &&Row| row.mark == super::super::parse::Mark::Added && !row.code.is_empty();
    let left = block.rows.iter().filter(added).find_map(|other| {
        of_row(change, block, other)
            .into_iter()
            .find(|setting| setting.name == gone.name && setting.value != gone.value)
            .map(|setting| (other, setting))
    });
    let (other, setting) = left?;
    let mut found = moved(change, block, (row, other), gone, &setting)?;
    found.strength = crate::model::Confidence::saturating(found.strength.value() * 0.85);
    Some(found)
}

/// What the absence of a setting means.
fn without_it(kind: &Kind) -> Effect {
    match kind.label {
        "time limit" => Some((id::TIMEOUT_RAISED, 0.7)),
        "wait between attempts" | "backoff" | "wait" => Some((id::BACKOFF_REMOVED, 0.75)),
        "retry budget" => Some((id::RETRIES_LOWERED, 0.6)),
        "cache lifetime" | "time to live" => Some((id::CACHE_TTL_RAISED, 0.6)),
        "cache size" => Some((id::UNBOUNDED_GROWTH, 0.7)),
        "queue or buffer size" => Some((id::QUEUE_LIMIT_RAISED, 0.5)),
        "pool or concurrency limit" | "idle connections" => Some((id::POOL_LIMIT_LOWERED, 0.45)),
        "rate limit" => Some((id::RATE_LIMIT_RAISED, 0.6)),
        "batch size" => Some((id::BATCH_SIZE_RAISED, 0.5)),
        "memory limit" | "CPU limit" => Some((id::RUNTIME_TUNED, 0.4)),
        "health probe setting" => Some((id::PROBE_CHANGED, 0.5)),
        "sampling rate" => Some((id::LOG_VOLUME_RAISED, 0.6)),
        _ => None,
    }
}

/// A limit that is set for the first time replaces a default that we do not know.
const NEW_LIMIT: f64 = 0.5;

/// Values that are new among old code. Why: a limit where there was none, or one that replaces a default.
pub(super) fn added(change: &Change, all: &[Change], signs: &mut Vec<CodeSign>) {
    if !is_read(change) || !change.touches_old_code() {
        return;
    }
    let was = names(all, Row::is_gone);
    for block in &change.blocks {
        if block.rows.iter().all(|row| row.mark == super::super::parse::Mark::Added) {
            continue;
        }
        for row in block.new_rows().filter(|row| is_setting(change, row)) {
            for new in of_row(change, block, row) {
                if was.contains(&stems(&new.name))
                    || matches!(new.value, Value::Switch(_) | Value::Level(_))
                {
                    continue;
                }
                let Some(kind) = kind_of(&new.words, &surroundings(change, block, row)) else {
                    continue;
                };
                let Some((mechanism, strength)) = &kind.lowered else { continue };
                let limits = ![
                    "threshold",
                    "limit",
                    "traffic share",
                    "port",
                    "health check period",
                    "log retention",
                ]
                .contains(&kind.label);
                if limits && !edited_row(block, row) {
                    let statement = format!("{} set to {} ({})", kind.label, new.text, new.name);
                    signs.push(sign(
                        change,
                        block,
                        row,
                        mechanism,
                        strength * NEW_LIMIT,
                        statement,
                    ));
                }
            }
        }
    }
}

fn edited_row(block: &Block, row: &Row) -> bool {
    block.edits().any(|(old, new)| std::ptr::eq(new, row) && !settings(&old.tokens).is_empty())
}

#[cfg(test)]
mod tests {
    use super::table::KINDS;
    use crate::mechanism::words::stems;

    #[test]
    fn every_word_of_the_table_can_be_met() {
        for kind in KINDS {
            for word in kind.groups.iter().copied().flatten() {
                let stem = stems(word);
                assert!(
                    stem.len() > 1 || stem.first().is_some_and(|stem| stem == word),
                    "{word} of {} is read as {stem:?}",
                    kind.label
                );
            }
        }
    }
}
