//! Steps that are gone: caches, retries, acknowledgements, writes.

use std::collections::BTreeSet;

use super::super::CodeSign;
use super::super::change::{Change, Row, function_name};
use super::super::parse::Mark;
use super::super::token::{Token, tokens};
use super::{quoted, sign};
use crate::mechanism::words::words;
use crate::mechanism::{MechanismId, id};

/// Verbs of steps with an effect, and what their absence leads to.
const STEPS: &[(&[&str], MechanismId, f64)] = &[
    (
        &[
            "ack",
            "nack",
            "acknowledge",
            "commitsync",
            "commitasync",
            "deletemessage",
            "basicack",
            "markdone",
        ],
        id::ACK_CHANGED,
        0.9,
    ),
    (&["invalidate", "evict", "purge", "expire", "bust"], id::CACHE_TTL_RAISED, 0.7),
    (
        &["begin", "begintx", "transaction", "rollback", "atomic", "transactional"],
        id::TRANSACTION_CHANGED,
        0.75,
    ),
    (
        &[
            "save", "commit", "flush", "persist", "publish", "emit", "send", "enqueue", "insert",
            "update", "store", "fsync", "sync", "notify", "upload", "dispatch",
        ],
        id::CALL_REMOVED,
        0.6,
    ),
    (
        &[
            "init",
            "initialize",
            "register",
            "configure",
            "setup",
            "start",
            "connect",
            "bootstrap",
            "migrate",
            "warmup",
            "preload",
        ],
        id::CALL_REMOVED,
        0.5,
    ),
];

/// Calls with an effect that are gone. Why: what they did is missing.
pub(super) fn removed_steps(change: &Change, all: &[Change], signs: &mut Vec<CodeSign>) {
    if change.language.is_config() {
        return;
    }
    let kept: Vec<String> = all
        .iter()
        .flat_map(Change::new_rows)
        .flat_map(|row| row.calls().into_iter().map(last).collect::<Vec<_>>())
        .collect();
    for block in &change.blocks {
        for row in block.gone_rows().filter(|row| function_name(&row.code).is_none()) {
            let logs = row.has_word(&["log", "logger", "metrics", "span", "console"]);
            let verbs: Vec<String> =
                row.calls().into_iter().map(last).filter(|verb| !kept.contains(verb)).collect();
            let annotated = row.code.trim_start().starts_with('@').then(|| last(row.code.trim()));
            let forgets = row.has_word(&["cache", "redis", "memcache", "memcached", "cdn"])
                && verbs.iter().any(|verb| FORGETS.contains(&verb.to_lowercase().as_str()));
            if forgets {
                let statement = format!("a cached value is no longer thrown away: {}", quoted(row));
                signs.push(sign(change, block, row, &id::CACHE_TTL_RAISED, 0.85, statement));
                continue;
            }
            for (list, mechanism, strength) in STEPS {
                let hit = verbs.iter().chain(&annotated).any(|verb| {
                    words(verb)
                        .iter()
                        .chain([verb])
                        .any(|word| list.contains(&word.to_lowercase().trim_start_matches('@')))
                });
                if hit && !logs {
                    signs.push(sign(
                        change,
                        block,
                        row,
                        mechanism,
                        *strength,
                        format!("step removed: {}", quoted(row)),
                    ));
                    break;
                }
            }
        }
    }

    fn last(call: &str) -> String {
        call.rsplit('.').next().unwrap_or(call).to_owned()
    }
}

/// Verbs that take a value out of a cache.
const FORGETS: &[&str] = &["delete", "del", "remove", "clear", "forget", "unlink", "discard"];

/// A confirmation that overtook the work. Why: what fails after it is lost.
pub(super) fn order(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    const CONFIRMS: &[&str] = &[
        "ack",
        "acknowledge",
        "basicack",
        "basic_ack",
        "commitsync",
        "deletemessage",
        "delete_message",
        "commit_offset",
        "markdone",
    ];
    fn last(call: &str) -> String {
        call.rsplit('.').next().unwrap_or(call).to_lowercase()
    }
    if change.language.is_config() {
        return;
    }
    for block in &change.blocks {
        let calls = |without: Mark| {
            block
                .version(without)
                .filter(|row| function_name(&row.code).is_none())
                .flat_map(|row| row.calls().into_iter().map(move |call| (last(call), row)))
                .collect::<Vec<_>>()
        };
        let (old, new) = (calls(Mark::Added), calls(Mark::Removed));
        let at = |list: &[(String, &Row)]| {
            list.iter().position(|(call, _)| CONFIRMS.contains(&call.as_str()))
        };
        let (Some(was), Some(is)) = (at(&old), at(&new)) else { continue };
        let overtaken = old.iter().take(was).map(|(call, _)| call).find(|call| {
            new.iter().skip(is + 1).any(|(later, _)| later == *call)
                && !new.iter().take(is).any(|(earlier, _)| earlier == *call)
        });
        if let (Some(call), Some((_, row))) = (overtaken, new.get(is)) {
            let statement = format!("confirmed before {call} is done: {}", quoted(row));
            signs.push(sign(change, block, row, &id::ACK_CHANGED, 0.9, statement));
        }
    }
}

fn texts(row: &Row) -> Vec<&str> {
    row.tokens
        .iter()
        .filter_map(|token| match token {
            Token::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .collect()
}

/// Keys made of everything that a request carries. Why: hardly any two are the same, so nothing is found again.
pub(super) fn keys_of_all(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    const ALL: &[&str] = &[
        "object.values(",
        "object.entries(",
        "json.stringify(",
        "json.dumps(",
        "json.marshal(",
        "repr(",
        "tostring()",
        "**kwargs",
        "hash(",
        "vars(",
        "__dict__",
        "to_json",
        "inspect",
        "%v",
        "%+v",
        "{:?}",
        "querystring",
        "rawquery",
        "requesturi",
        "originalurl",
    ];
    if change.language.is_config() {
        return;
    }
    for block in &change.blocks {
        let cached = block
            .rows
            .iter()
            .any(|row| row.has(&["cache", "redis", "memo", "lru", "setex", "ttl"]));
        for (old, new) in block.edits() {
            let key = |row: &Row| row.has_word(&["key", "cachekey"]);
            if cached && key(old) && key(new) && !old.has(ALL) && new.has(ALL) {
                let statement = format!("the cache key now holds everything: {}", quoted(new));
                signs.push(sign(change, block, new, &id::CACHE_REMOVED, 0.85, statement));
            }
        }
    }
}

/// Keys of what is kept that are made of less than before. Why: what differed only in the part that went is now
/// found under one key, so that one gets the answer of another.
pub(super) fn keys_of_less(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    const KEY: &[&str] = &["key", "keys", "cachekey"];
    const KEPT: &[&str] = &["cache", "redis", "memo", "lru", "idempotency", "dedup", "dedupe"];
    if change.language.is_config() {
        return;
    }
    let in_path =
        |list: &[&str]| words(&change.path).iter().any(|part| list.contains(&part.as_str()));
    for block in &change.blocks {
        if !in_path(KEPT) && !block.rows.iter().any(|row| row.has_word(KEPT)) {
            continue;
        }
        let makes_key = |row: &Row| {
            let within = || {
                block
                    .function(row)
                    .is_some_and(|name| words(&name).iter().any(|w| KEY.contains(&w.as_str())))
            };
            (row.has_word(KEY) || in_path(KEY) || within())
                && function_name(&row.code).is_none()
                && !super::interface::logs(row)
        };
        let parts = |rows: &mut dyn Iterator<Item = &Row>| -> BTreeSet<String> {
            rows.filter(|row| makes_key(row)).flat_map(members).collect()
        };
        let (gone, kept) = (parts(&mut block.gone_rows()), parts(&mut block.new_rows()));
        if kept.is_empty() || kept.len() >= gone.len() || !kept.is_subset(&gone) {
            continue;
        }
        if let Some(row) = block.new_rows().find(|row| makes_key(row) && !members(row).is_empty()) {
            let missing: Vec<&str> = gone.difference(&kept).map(String::as_str).collect();
            let statement = format!("a key without {}: {}", missing.join(" and "), quoted(row));
            signs.push(sign(change, block, row, &id::CACHE_KEY_NARROWED, 0.8, statement));
        }
    }

    /// Last parts of what belongs to something (`user.id`, `self.region`), and all that is put into a text.
    fn members(row: &Row) -> BTreeSet<String> {
        let last = |name: &str| name.rsplit(['.', ':']).next().unwrap_or(name).to_owned();
        let mut found: BTreeSet<String> =
            row.names().filter(|name| name.contains('.')).map(last).collect();
        let texts = row.tokens.iter().filter_map(|token| match token {
            Token::Text(text) => Some(text.as_str()),
            _ => None,
        });
        for inside in texts.flat_map(|text| text.split('{').skip(1)) {
            let inside = inside.split('}').next().unwrap_or_default();
            found.extend(tokens(inside).iter().filter_map(Token::name).map(last));
        }
        found
    }
}

/// Keys that spread work over partitions. Why: a key with few values puts most work in one place.
pub(super) fn partition_keys(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    const SENDS: &[&str] =
        &["send", "produce", "publish", "producerrecord", "putrecord", "put_record", "enqueue"];
    const NAMED: &[&str] =
        &["partition", "partitionkey", "shard", "sharding", "routingkey", "distkey", "bucketing"];
    let is_key = |row: &Row| {
        matches!(row.tokens.as_slice(), [Token::Name(name), sign, ..]
            if name.eq_ignore_ascii_case("key") && (sign.is("=") || sign.is(":")))
    };
    for block in &change.blocks {
        let sends = block.rows.iter().any(|row| {
            row.calls().iter().any(|call| {
                let last = call.rsplit('.').next().unwrap_or(call).to_lowercase();
                SENDS.contains(&last.as_str())
            })
        });
        for (old, new) in block.edits() {
            let calls = |row: &Row| -> Vec<String> {
                row.calls()
                    .iter()
                    .map(|call| call.rsplit('.').next().unwrap_or(call).to_lowercase())
                    .filter(|call| SENDS.contains(&call.as_str()))
                    .collect()
            };
            let commas = |row: &Row| row.tokens.iter().filter(|token| token.is(",")).count();
            let sent = !calls(old).is_empty() && calls(old) == calls(new) && commas(old) >= 2;
            let keyed = sent && second_argument(old) != second_argument(new);
            // `key=...` on a line of its own.
            let argument = sends && is_key(old) && is_key(new) && old.code != new.code;
            let named = old.has_word(NAMED) && new.has_word(NAMED) && old.code != new.code;
            if (keyed || argument || named) && !super::interface::logs(new) {
                let statement =
                    format!("spread by another key: {} became {}", quoted(old), quoted(new));
                let rows = (old, new);
                signs.push(super::edit_sign(
                    change,
                    block,
                    rows,
                    &id::PARTITION_KEY_CHANGED,
                    0.75,
                    statement,
                ));
            }
        }
    }
}

/// What stands between the first and the second comma of a row, brackets aside.
fn second_argument(row: &Row) -> Option<String> {
    let (_, inside) = row.code.split_once('(')?;
    let mut depth = 0_i32;
    let mut parts = vec![String::new()];
    for c in inside.chars() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts.get(1).map(|part| part.trim().to_owned())
}

/// Headers that forbid to keep an answer. Why: every read goes to the source.
pub(super) fn directives(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    const FORBIDS: &[&str] = &["no-store", "no-cache", "max-age=0", "must-revalidate"];
    for block in &change.blocks {
        let known = block.gone_rows().any(|row| row.has(FORBIDS));
        for row in block.new_rows().filter(|row| !known && row.has(FORBIDS)) {
            let replaces = block.edits().any(|(old, new)| {
                std::ptr::eq(new, row) && old.has(&["max-age", "public", "cache"])
            });
            let strength = if replaces { 0.85 } else { 0.6 };
            let statement = format!("answers may no longer be kept: {}", quoted(row));
            signs.push(sign(change, block, row, &id::CACHE_REMOVED, strength, statement));
        }
    }
}

/// Caches that are bypassed. Why: every read goes to the source.
pub(super) fn caches(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    let reads = |row: &Row| {
        row.names().any(|name| {
            words(name).iter().any(|w| {
                matches!(
                    w.as_str(),
                    "cache"
                        | "cached"
                        | "cacheable"
                        | "memoize"
                        | "memo"
                        | "redis"
                        | "memcached"
                        | "lru"
                        | "swr"
                )
            })
        }) && !row.has_word(&["counter", "metrics", "log", "logger", "invalidate", "evict"])
            && !row.has_word(FORGETS)
            && function_name(&row.code).is_none()
    };
    if change.language.is_config() {
        return;
    }
    for block in &change.blocks {
        let kept = block.new_rows().filter(|row| reads(row)).count();
        let gone: Vec<&Row> = block
            .gone_rows()
            .filter(|row| reads(row) && (!row.calls().is_empty() || row.code.contains('@')))
            .collect();
        if kept == 0 {
            for row in gone.into_iter().take(2) {
                signs.push(sign(
                    change,
                    block,
                    row,
                    &id::CACHE_REMOVED,
                    0.85,
                    format!("cache no longer used: {}", quoted(row)),
                ));
            }
        } else {
            for (old, new) in block.edits().filter(|(old, new)| reads(old) && reads(new)) {
                let keyed = |row: &Row| row.has(&["key", ".get(", ".set(", "cachekey"]);
                let volatile = new.has(&[
                    "now()",
                    "time.now",
                    "timestamp",
                    "random",
                    "uuid",
                    "requestid",
                    "request_id",
                    "date.now",
                ]) && !old.has(&[
                    "now()",
                    "time.now",
                    "random",
                    "uuid",
                    "requestid",
                    "request_id",
                ]);
                if keyed(new) && volatile {
                    signs.push(super::edit_sign(
                        change,
                        block,
                        (old, new),
                        &id::CACHE_REMOVED,
                        0.85,
                        format!("the cache key now differs for each request: {}", quoted(new)),
                    ));
                } else if keyed(new) && old.names().eq(new.names()) && texts(old) != texts(new) {
                    signs.push(super::edit_sign(
                        change,
                        block,
                        (old, new),
                        &id::CACHE_REMOVED,
                        0.5,
                        format!("cache key edited: {}", quoted(new)),
                    ));
                }
            }
        }
    }
}

/// Retries added or removed as code. Why: short disturbances show, or failures multiply the load.
pub(super) fn retries(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    let retries = |row: &Row| {
        row.names().any(|name| {
            words(name).iter().any(|w| {
                matches!(w.as_str(), "retry" | "retries" | "retryable" | "retrying" | "retryer")
            })
        }) && (!row.calls().is_empty()
            || row.code.contains('@')
            || row.names().next().is_some_and(|n| matches!(n, "for" | "while")))
    };
    let attempts = |row: &Row| {
        row.names().next().is_some_and(|n| matches!(n, "for" | "while"))
            && row.has(&["attempt", "retry", "retries", "tries"])
    };
    if change.language.is_config() {
        return;
    }
    for block in &change.blocks {
        let is = |row: &&Row| (retries(row) || attempts(row)) && function_name(&row.code).is_none();
        let (gone, new): (Vec<_>, Vec<_>) =
            (block.gone_rows().filter(is).collect(), block.new_rows().filter(is).collect());
        if let (Some(row), true) = (gone.first(), new.is_empty()) {
            signs.push(sign(
                change,
                block,
                row,
                &id::RETRIES_LOWERED,
                0.75,
                format!("retry removed: {}", quoted(row)),
            ));
        }
        if let (Some(row), true) = (new.first(), gone.is_empty()) {
            signs.push(sign(
                change,
                block,
                row,
                &id::RETRIES_RAISED,
                if change.created { 0.25 } else { 0.65 },
                format!("retry added: {}", quoted(row)),
            ));
        }
    }
}
