//! Steps that are gone: caches, retries, acknowledgements, writes.

use super::super::CodeSign;
use super::super::change::{Change, Row, function_name};
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
                } else if keyed(new) && old.names().eq(new.names()) {
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
