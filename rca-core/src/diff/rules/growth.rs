//! Collections that only grow.

use super::super::CodeSign;
use super::super::change::{Block, Change, Row};
use super::super::parse::Mark;
use super::super::token::Token;
use super::{edit_sign, quoted, sign};
use crate::mechanism::id;
use crate::mechanism::words::words;

/// Words of a bound or of something that removes entries.
const BOUNDED: &[&str] = &[
    "evict",
    "delete",
    "remove",
    "pop(",
    "popleft",
    "truncate",
    "[:0]",
    "clear(",
    "maxsize",
    "max_size",
    "maximumsize",
    "maxlen",
    "maxentries",
    "max_entries",
    "capacity",
    "expire",
    "weakref",
    "weakmap",
    "weakhashmap",
    "shift(",
    "drain(",
    "bounded",
    "evictingqueue",
    "shrink",
    "reset()",
    "prune",
    "caffeine",
    "arrayblockingqueue",
    "circular",
];

/// The same, where only a whole word says it.
const BOUND_WORDS: &[&str] = &["ring", "limit", "trim", "ttl", "lru", "max"];

/// Verbs that replace the whole when they get one argument.
const KEYED: &[&str] = &["put", "set", "insert", "store", "entry"];

const ADDS: &[&str] = &[
    "push",
    "add",
    "append",
    "put",
    "set",
    "insert",
    "store",
    "push_back",
    "emplace",
    "offer",
    "enqueue",
    "setdefault",
    "computeifabsent",
    "putifabsent",
    "extend",
    "unshift",
    "addlast",
    "addall",
    "entry",
    "loadorstore",
    "add_item",
    "addelement",
];

/// Entries added to what outlives the request. Why: every request leaves something behind.
pub(super) fn collections(change: &Change, all: &[Change], signs: &mut Vec<CodeSign>) {
    if change.language.is_config() {
        return;
    }
    let bounded = all
        .iter()
        .flat_map(|c| &c.blocks)
        .flat_map(|b| b.version(Mark::Removed))
        .any(|row| row.has(BOUNDED) || row.has_word(BOUND_WORDS));
    let long_lived: Vec<String> = all
        .iter()
        .flat_map(|c| c.blocks.iter().flat_map(move |b| b.rows.iter().map(move |row| (c, row))))
        .filter(|(_, row)| row.mark != Mark::Removed)
        .filter_map(|(_, row)| declared_long_lived(row))
        .collect();
    for block in &change.blocks {
        let receiver = receiver_of(&block.header)
            .into_iter()
            .chain(block.rows.iter().filter_map(|row| receiver_of(&row.code)))
            .collect::<Vec<_>>();
        for row in block.new_rows() {
            let Some(target) = grows(row) else { continue };
            if constructed_here(block, &target) {
                continue;
            }
            let (base, member) = target.split_once('.').unwrap_or((target.as_str(), ""));
            let global = long_lived.iter().any(|name| name == base || name == member);
            let own = !member.is_empty()
                && (matches!(base, "self" | "this" | "cls")
                    || receiver.iter().any(|name| name == base))
                || target.starts_with('@');
            let constant =
                base.len() > 2 && base.chars().all(|c| c.is_ascii_uppercase() || c == '_');
            let declared_new = all
                .iter()
                .flat_map(Change::new_rows)
                .filter_map(declared_long_lived)
                .any(|name| name == base || name == member);
            let strength = match (global, own, constant) {
                (true, ..) if declared_new => 0.95,
                (true, ..) => 0.8,
                (_, true, _) => 0.65,
                (_, _, true) => 0.7,
                _ => continue,
            };
            let strength = if bounded { strength * 0.2 } else { strength };
            signs.push(sign(
                change,
                block,
                row,
                &id::UNBOUNDED_GROWTH,
                strength,
                format!(
                    "{target} grows on every call and nothing removes entries: {}",
                    quoted(row)
                ),
            ));
        }
    }
}

/// The collection that a row adds to.
fn grows(row: &Row) -> Option<String> {
    // `x = append(x, ...)`
    if let [Token::Name(name), equals, Token::Name(append), open, Token::Name(same), ..] =
        row.tokens.as_slice()
        && equals.is("=")
        && append == "append"
        && open.is("(")
        && same == name
    {
        return Some(name.clone());
    }
    // `x[key] = value`, without operators before.
    if let [Token::Name(name), open, ..] = row.tokens.as_slice()
        && open.is("[")
        && row
            .tokens
            .windows(2)
            .any(|w| matches!(w, [close, equals] if close.is("]") && equals.is("=")))
    {
        return Some(name.clone());
    }
    row.calls().into_iter().find_map(|call| {
        let (on, verb) = call.rsplit_once('.')?;
        let verb = verb.to_lowercase();
        (ADDS.contains(&verb.as_str())
            && (!KEYED.contains(&verb.as_str())
                || row.code.contains(',')
                || row.code.trim_end().ends_with('('))
            && row
                .tokens
                .first()
                .and_then(Token::name)
                .is_some_and(|first| first == call || first == "await"))
        .then(|| on.to_owned())
    })
}

/// The name of a package-level, static or class-level collection that a row declares.
fn declared_long_lived(row: &Row) -> Option<String> {
    const COLLECTIONS: &[&str] = &[
        "[]",
        "{}",
        "map[",
        "hashmap",
        "arraylist",
        "list(",
        "dict(",
        "set(",
        "vec",
        "new map",
        "new set",
        "queue",
        "cache",
        "defaultdict",
        "deque",
        "concurrenthashmap",
        "mutex<",
        "linkedlist",
        "list<",
        "map<",
        "dictionary<",
        "array.new",
        "hash.new",
        "btreemap",
        "mutablelist",
        "mutablemap",
        "sync.map",
        "std::map",
        "std::vector",
    ];
    if !row.has(COLLECTIONS) || row.lower.contains("return") {
        return None;
    }
    let names: Vec<&str> = row.names().collect();
    let is_static =
        names.iter().any(|n| matches!(*n, "static" | "lazy_static" | "OnceLock" | "companion"))
            || names.windows(2).any(|w| w == ["private", "final"]);
    let top = row.indent == 0
        && (names.first().is_some_and(|first| {
            matches!(
                *first,
                "var" | "let" | "const" | "static" | "val" | "export" | "pub" | "private"
            )
        }) || row.tokens.get(1).is_some_and(|t| t.is("=") || t.is(":")));
    let field = names
        .first()
        .is_some_and(|n| n.starts_with("self.") || n.starts_with("this.") || n.starts_with('@'))
        && row.tokens.iter().any(|t| t.is("="));
    let prefix = names.iter().filter(|n| {
        !matches!(
            **n,
            "var"
                | "let"
                | "const"
                | "static"
                | "val"
                | "export"
                | "pub"
                | "private"
                | "final"
                | "public"
                | "readonly"
                | "mut"
                | "protected"
                | "internal"
        )
    });
    if field {
        return names.first().and_then(|n| n.split_once('.')).map(|(_, member)| member.to_owned());
    }
    if !(is_static || top) {
        return None;
    }
    // The name stands right before `=`, or first.
    let equals = row.tokens.iter().position(|t| t.is("=") || t.is(":"));
    let before = equals
        .and_then(|at| row.tokens.get(..at))
        .and_then(|head| head.iter().rev().find_map(Token::name));
    let go = names.first() == Some(&"var");
    if go { names.get(1).copied() } else { before.or_else(|| prefix.clone().next().copied()) }
        .map(str::to_owned)
}

/// The name of the receiver in a Go method's header.
fn receiver_of(header: &str) -> Option<String> {
    let rest = header.split("func (").nth(1)?;
    rest.split_whitespace().next().map(str::to_owned)
}

/// Whether the base of a target is made in this block, so that it ends with the call.
fn constructed_here(block: &Block, target: &str) -> bool {
    let base = target.split('.').next().unwrap_or(target);
    if matches!(base, "self" | "this" | "cls") {
        return false;
    }
    block.version(Mark::Removed).any(|row| {
        row.indent > 0
            && match row.tokens.as_slice() {
                [Token::Name(name), sign, ..] if name == base => {
                    sign.is(":=") || (sign.is("=") && !row.lower.contains("append("))
                }
                [Token::Name(word), Token::Name(name), ..] => {
                    name == base
                        && matches!(
                            word.as_str(),
                            "let" | "var" | "const" | "val" | "final" | "auto"
                        )
                }
                [_, Token::Name(_), Token::Name(name), sign, ..] => name == base && sign.is("="),
                _ => false,
            }
    })
}

/// A bound that is gone. Why: what was capped now grows for ever.
pub(super) fn bounds_lost(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    const LOST: &[&str] = &[
        "lru",
        "maxsize",
        "max_size",
        "maximumsize",
        "maxlen",
        "expireafter",
        "evict",
        "weakmap",
        "weakref",
        "weakhashmap",
        "weakvaluedictionary",
        "evictingqueue",
        "arrayblockingqueue",
    ];
    const UNBOUNDED: &[&str] = &[
        "maxsize=none",
        "maxsize = none",
        "maxlen=none",
        "linkedblockingqueue<>()",
        "unbounded",
        "queue.queue()",
        "maxsize=0",
        "@cache",
        "@functools.cache",
    ];
    for block in &change.blocks {
        for (old, new) in block.edits() {
            let lost = old.has(LOST) && !new.has(LOST);
            let opened = !old.has(UNBOUNDED) && new.has(UNBOUNDED);
            if lost || opened {
                signs.push(edit_sign(
                    change,
                    block,
                    (old, new),
                    &id::UNBOUNDED_GROWTH,
                    0.9,
                    format!(
                        "a bounded structure lost its bound: {} became {}",
                        quoted(old),
                        quoted(new)
                    ),
                ));
            }
        }
        let left: Vec<String> = block.version(Mark::Removed).filter_map(taken_out).collect();
        for row in block.gone_rows() {
            let Some(target) = taken_out(row).filter(|target| !left.contains(target)) else {
                continue;
            };
            let last = |name: &str| name.rsplit('.').next().unwrap_or(name).to_owned();
            let fed =
                block.version(Mark::Removed).filter_map(grows).any(|grown| last(&grown) == target);
            // A cache's entry that goes is about freshness.
            if !words(&target).iter().any(|word| word.contains("cache")) {
                let strength = if fed { 0.85 } else { 0.5 };
                let statement =
                    format!("entries of {target} are no longer taken out: {}", quoted(row));
                signs.push(sign(change, block, row, &id::UNBOUNDED_GROWTH, strength, statement));
            }
        }
        let paired = |row: &Row| block.edits().any(|(old, _)| std::ptr::eq(old, row));
        let kept = block.version(Mark::Removed).any(|row| row.has(LOST));
        for row in block.gone_rows().filter(|row| !kept && !paired(row) && row.has(LOST)) {
            signs.push(sign(
                change,
                block,
                row,
                &id::UNBOUNDED_GROWTH,
                0.8,
                format!("what removed old entries is gone: {}", quoted(row)),
            ));
        }
    }
}

/// The collection that a row takes an entry out of.
fn taken_out(row: &Row) -> Option<String> {
    row.calls().into_iter().find_map(|call| {
        let (on, verb) = call.rsplit_once('.')?;
        matches!(
            verb.to_lowercase().as_str(),
            "remove" | "delete" | "pop" | "popleft" | "discard" | "popitem" | "shift"
        )
        .then(|| on.rsplit('.').next().unwrap_or(on).to_owned())
    })
}

/// Labels of metrics that take a value for each user or request. Why: each value is a series kept for ever.
pub(super) fn labels(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    const METRICS: &[&str] = &[
        "countervec",
        "gaugevec",
        "histogramvec",
        "summaryvec",
        "labelnames",
        "labels(",
        "labels{",
        "withlabelvalues",
        "tag(",
        "tags(",
        "labels:",
        "tags:",
    ];
    const UNBOUNDED: &[&str] = &[
        "userid",
        "requestid",
        "sessionid",
        "session",
        "traceid",
        "email",
        "url",
        "uri",
        "clientip",
        "remoteaddr",
        "orderid",
        "cartid",
        "customerid",
        "uuid",
        "rawpath",
        "useragent",
        "deviceid",
        "accountid",
        "messageid",
    ];
    if change.language.is_config() {
        return;
    }
    for block in &change.blocks {
        let pairs = |row: &Row| -> Vec<String> {
            row.tokens
                .iter()
                .filter_map(|token| match token {
                    Token::Name(text) | Token::Text(text) => Some(words(text)),
                    _ => None,
                })
                .flat_map(|all| {
                    let pairs: Vec<String> = all.windows(2).map(<[String]>::concat).collect();
                    pairs.into_iter().chain(all)
                })
                .collect()
        };
        let was: Vec<String> = block.gone_rows().flat_map(pairs).collect();
        // One label a line, as literals of maps are written.
        let spread = block.rows.iter().any(|row| row.is_new() || !row.moved && row.has(METRICS))
            && block
                .version(Mark::Removed)
                .any(|row| row.has(METRICS) && row.code.ends_with(['{', '(']));
        let is_entry = |row: &Row| matches!(row.tokens.as_slice(), [Token::Text(_) | Token::Name(_), sign, ..] if sign.is(":") || sign.is("="));
        for row in block.new_rows().filter(|row| row.has(METRICS) || spread && is_entry(row)) {
            let new = pairs(row)
                .into_iter()
                .find(|word| UNBOUNDED.contains(&word.as_str()) && !was.contains(word));
            if let Some(word) = new {
                let statement = format!("a series for each {word}: {}", quoted(row));
                signs.push(sign(change, block, row, &id::CARDINALITY_RAISED, 0.6, statement));
            }
        }
    }
}
