//! Calls, waits and work, above all inside loops.

use super::super::CodeSign;
use super::super::change::{Block, Change, Row, function_name};
use super::super::parse::Mark;
use super::super::token::tokens;
use super::{quoted, sign};
use crate::mechanism::id;
use crate::mechanism::words::words;

const VERBS: &[&str] = &[
    "query", "exec", "execute", "fetch", "get", "find", "load", "select", "lookup", "request",
    "post", "put", "call", "invoke", "send", "publish", "save", "update", "insert", "delete",
    "read", "write", "list", "search", "count", "exists", "describe", "refresh", "check", "verify",
    "charge", "resolve", "validate", "enrich", "price", "first", "scan", "download", "upload",
    "hydrate",
];
const REMOTE: &[&str] = &[
    "db",
    "database",
    "repo",
    "repository",
    "client",
    "service",
    "store",
    "api",
    "dao",
    "conn",
    "connection",
    "http",
    "rpc",
    "grpc",
    "redis",
    "mongo",
    "sql",
    "session",
    "requests",
    "axios",
    "stub",
    "catalog",
    "gateway",
    "s3",
    "bucket",
    "objects",
    "query",
    "kafka",
    "producer",
    "broker",
    "provider",
    "upstream",
    "remote",
    "pool",
    "tx",
    "cursor",
    "rest",
    "resttemplate",
    "webclient",
    "es",
    "elastic",
    "storage",
    "mapper",
    "entitymanager",
    "em",
];
const LITERALS: &[&str] =
    &["select ", "insert into", "update ", "delete from", "http://", "https://"];

/// How surely a row waits for something outside of the process, from 0 to 1.
pub(super) fn does_io(row: &Row) -> f64 {
    if function_name(&row.code).is_some() {
        return 0.0;
    }
    let mut best: f64 = 0.0;
    for call in row.calls() {
        let parts = words(call);
        let verb_name = call.rsplit('.').next().unwrap_or(call);
        let verb = words(verb_name).iter().any(|word| VERBS.contains(&word.as_str()));
        let receiver = call.rsplit_once('.').map(|(on, _)| words(on)).unwrap_or_default();
        let remote = receiver.iter().any(|word| REMOTE.contains(&word.as_str()));
        let with_context = row.code.contains(&format!("{verb_name}(ctx"))
            || row.code.contains(&format!("{verb_name}(r.Context"))
            || row.code.contains(&format!("{verb_name}(context"));
        let logs = parts.iter().any(|word| {
            matches!(
                word.as_str(),
                "log" | "logger" | "span" | "metrics" | "header" | "logging" | "counter"
            )
        });
        let score = match (verb, remote, with_context) {
            _ if logs => 0.0,
            (_, true, true) | (true, _, true) => 0.95,
            (true, true, _) => 0.85,
            (_, _, true) => {
                if receiver.is_empty() {
                    0.5
                } else {
                    0.75
                }
            }
            (true, false, _) if !receiver.is_empty() && words(verb_name).len() > 1 => 0.45,
            _ => 0.0,
        };
        best = best.max(score);
    }
    let calls = !row.calls().is_empty();
    if calls && LITERALS.iter().any(|mark| row.lower.contains(mark)) {
        best = best.max(0.85);
    }
    if calls && row.names().any(|name| name == "await") {
        best = best.max(0.8);
    }
    if row.has(&[
        "fetch(",
        "requests.get(",
        "requests.post(",
        "http.get(",
        "http.post(",
        "httpclient",
        "urllib",
        ".objects.get(",
        ".objects.filter(",
        "axios.",
        "gethostbyaddr(",
        "gethostbyname(",
        "getaddrinfo(",
        "dns.lookup",
        "dns.resolve",
        "lookuphost(",
        "lookupaddr(",
        "getbyname(",
        "subprocess.",
        "os.popen(",
        "exec.command(",
    ]) {
        best = best.max(0.85);
    }
    best
}

/// What a loop runs over: items, or for ever (a background worker).
#[derive(Clone, Copy, PartialEq)]
enum Loop {
    Items,
    Endless,
    Attempts,
}

fn opens_loop(row: &Row) -> Option<Loop> {
    let first = row.names().next().unwrap_or_default();
    let code = row.code.trim();
    if row.has(&["attempt", "retry", "retries", "tries"]) && matches!(first, "for" | "while") {
        return Some(Loop::Attempts);
    }
    if matches!(
        code,
        "for {"
            | "loop {"
            | "while True:"
            | "while (true) {"
            | "for (;;) {"
            | "while true {"
            | "while true do"
            | "while(true) {"
            | "while 1:"
    ) {
        return Some(Loop::Endless);
    }
    let iterates = matches!(first, "for" | "foreach" | "while")
        || code.starts_with("async for")
        || row.has(&[
            ".foreach(",
            ".map(",
            ".each ",
            ".each{",
            ".each do",
            ".flatmap(",
            "stream().map",
            ".foreach {",
            ".map {",
            ".each_with_index",
            ".iter().map",
            ".associatewith",
            ".mapnotnull",
            ".selectmany(",
            ".select(",
            ".flatmap {",
            "foreachasync(",
        ])
        // A comprehension; the words of a message are none.
        || (row.names().any(|name| name == "for")
            && row.names().any(|name| name == "in")
            && code.contains(['[', '(']));
    iterates.then_some(Loop::Items)
}

/// `for x in items { call(x) }`: the loop and what it does on one line.
fn has_body(row: &Row) -> bool {
    let code = row.code.trim_end();
    code.ends_with('}') && code.split_once('{').is_some_and(|(_, body)| body.contains('('))
}

/// What a line does for each item, where a method with a block loops (`items.map { call(it) }`).
fn each(row: &Row) -> Option<Row> {
    const METHODS: &[&str] =
        &[".associatewith", ".foreach", ".map", ".flatmap", ".mapnotnull", ".each", ".select"];
    let at = METHODS.iter().filter_map(|method| row.lower.find(method)).min()?;
    let rest = row.code.get(at..)?;
    let body = rest.split_once(['{', '(', '|'])?.1.to_owned();
    let tokens = tokens(&body);
    Some(Row { lower: body.to_lowercase(), code: body, tokens, ..row.clone() })
}

/// Rows of the new version with whether they stand in a loop.
fn in_loops(block: &Block) -> Vec<(&Row, Option<Loop>)> {
    let mut open: Vec<(usize, Loop)> = Vec::new();
    let mut found = Vec::new();
    for row in block.version(Mark::Removed) {
        if row.code.is_empty() {
            continue;
        }
        // A brace on a line of its own belongs to the line above.
        if row.code.trim() == "{" {
            continue;
        }
        open.retain(|(level, _)| row.indent > *level);
        let inside = open.last().map(|(_, kind)| *kind);
        let opened = opens_loop(row);
        // `items.map(x => fetch(x))` is a loop on one line, and so is a comprehension.
        let one_line = opened.filter(|kind| {
            *kind == Loop::Items
                && (has_body(row)
                    || !row.code.trim_start().starts_with("for")
                        && !row.code.trim_start().starts_with("while"))
        });
        // What stands before the loop on its line is done once.
        let one_line = one_line.filter(|_| each(row).is_none_or(|body| !body.calls().is_empty()));
        found.push((row, inside.or(one_line)));
        if let Some(kind) = opened {
            open.push((row.indent, kind));
        }
    }
    found
}

/// Words of calls that take or bring many at once.
const BATCHES: &[&str] =
    &["batch", "bulk", "many", "multi", "mget", "all", "ids", "pipeline", "in"];

/// Calls for each item. Why: one request becomes as many calls as it has items (N+1).
pub(super) fn calls_in_loops(change: &Change, all: &[Change], signs: &mut Vec<CodeSign>) {
    if change.language.is_config() {
        return;
    }
    let batched = all.iter().flat_map(Change::gone_rows).any(|row| {
        row.calls().iter().any(|call| words(call).iter().any(|w| BATCHES.contains(&w.as_str())))
    });
    // One call for all that gave way to calls on the same thing.
    let batches: Vec<String> = all
        .iter()
        .flat_map(Change::gone_rows)
        .flat_map(|row| row.calls().into_iter().map(str::to_owned).collect::<Vec<_>>())
        .filter(|call| words(call).iter().any(|w| BATCHES.contains(&w.as_str())))
        .filter_map(|call| call.split_once('.').map(|(on, _)| on.to_owned()))
        .collect();
    for block in &change.blocks {
        let was: Vec<String> = block
            .rows
            .iter()
            .filter(|row| row.mark == Mark::Removed)
            .flat_map(|row| row.calls().into_iter().map(str::to_owned))
            .collect();
        let looped_before = block
            .version(Mark::Added)
            .any(|row| opens_loop(row) == Some(Loop::Items) && row.mark == Mark::Removed);
        for (row, kind) in in_loops(block) {
            let single = row.calls().iter().any(|call| {
                call.split_once('.').is_some_and(|(on, _)| batches.iter().any(|b| b == on))
            });
            let each = each(row).filter(|_| !row.code.trim_start().starts_with("for"));
            let io = each.as_ref().map_or_else(|| does_io(row), does_io).max(if single {
                0.75
            } else {
                0.0
            });
            if kind != Some(Loop::Items) || !(row.is_new()) || io < 0.4 {
                continue;
            }
            let known =
                looped_before && row.calls().iter().all(|call| was.iter().any(|old| old == call));
            if known {
                continue;
            }
            let strength = (io + if batched { 0.1 } else { 0.0 }).min(1.0)
                * if change.created { 0.7 } else { 1.0 };
            signs.push(sign(
                change,
                block,
                row,
                &id::CALLS_IN_LOOP,
                strength,
                format!("a call for each item of a loop: {}", quoted(row)),
            ));
        }
    }
}

/// I/O in the path of requests. Why: each request now waits for it, and fails with it.
pub(super) fn blocking_calls(change: &Change, all: &[Change], signs: &mut Vec<CodeSign>) {
    if change.language.is_config() || change.created {
        return;
    }
    let was: Vec<String> = all
        .iter()
        .flat_map(|c| &c.blocks)
        .flat_map(|b| &b.rows)
        .filter(|row| row.mark == Mark::Removed)
        .flat_map(|row| row.calls().into_iter().map(last_part).collect::<Vec<_>>())
        .collect();
    // A helper that holds only moved code does what its caller did before.
    let extracted: Vec<String> = all
        .iter()
        .flat_map(|c| &c.blocks)
        .flat_map(|b| &b.rows)
        .filter(|row| row.is_new())
        .filter_map(|row| function_name(&row.code))
        .map(|name| name.to_lowercase())
        .filter(|_| all.iter().flat_map(|c| &c.blocks).flat_map(|b| &b.rows).any(|row| row.moved))
        .collect();
    for block in &change.blocks {
        let old_code = block.rows.iter().any(|row| row.mark != Mark::Added);
        for (row, kind) in in_loops(block) {
            let io = does_io(row);
            let known = row
                .calls()
                .iter()
                .any(|call| was.contains(&last_part(call)) || extracted.contains(&last_part(call)));
            if kind.is_some() || !row.is_new() || io < 0.6 || known {
                continue;
            }
            let strength = io * if old_code { 0.6 } else { 0.25 };
            signs.push(sign(
                change,
                block,
                row,
                &id::BLOCKING_CALL,
                strength,
                format!("a call was added: {}", quoted(row)),
            ));
        }
    }

    fn last_part(call: &str) -> String {
        call.rsplit('.').next().unwrap_or(call).to_lowercase()
    }
}

/// Eager loading that is gone. Why: related rows are then loaded one by one.
pub(super) fn eager_loading(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    const EAGER: &[&str] = &[
        "select_related",
        "prefetch_related",
        "joinedload",
        "selectinload",
        "includes(",
        ".include(",
        "preload(",
        "eager_load",
        "dataloader",
        "join fetch",
        "entitygraph",
        "fetchtype.eager",
        "batchsize(",
        ".with([",
    ];
    for block in &change.blocks {
        let kept =
            block.version(Mark::Removed).filter(|row| row.is_new()).any(|row| row.has(EAGER));
        for row in block.gone_rows().filter(|row| !kept && row.has(EAGER)) {
            signs.push(sign(
                change,
                block,
                row,
                &id::CALLS_IN_LOOP,
                0.85,
                format!("loading in one go removed: {}", quoted(row)),
            ));
        }
    }
}

fn sleeps(row: &Row) -> bool {
    row.calls().iter().any(|call| {
        let last = call.rsplit('.').next().unwrap_or(call).to_lowercase();
        matches!(
            last.as_str(),
            "sleep" | "usleep" | "delay" | "sleep_ms" | "settimeout" | "sleep_for" | "parknanos"
        )
    })
}

/// Waits added or removed. Why: each pass takes longer; or attempts follow each other at once.
pub(super) fn waits(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    if change.language.is_config() {
        return;
    }
    for block in &change.blocks {
        let edited = |row: &Row| {
            block.edits().any(|(old, new)| {
                (std::ptr::eq(old, row) || std::ptr::eq(new, row)) && sleeps(old) && sleeps(new)
            })
        };
        let retrying = |row: &Row| {
            row.has(&["retry", "attempt", "backoff", "retries", "tries", "conflict"])
                || words(&block.header)
                    .iter()
                    .chain(&words(&change.path))
                    .any(|w| w.contains("retry") || w.contains("backoff"))
        };
        let in_retry = block.rows.iter().any(retrying);
        for row in block.gone_rows().filter(|row| sleeps(row) && !edited(row)) {
            let (mechanism, strength) =
                if in_retry { (&id::BACKOFF_REMOVED, 0.9) } else { (&id::BUSY_LOOP, 0.6) };
            signs.push(sign(
                change,
                block,
                row,
                mechanism,
                strength,
                format!("wait removed: {}", quoted(row)),
            ));
        }
        for row in block.new_rows().filter(|row| sleeps(row) && !edited(row)) {
            let strength = if in_retry {
                0.3
            } else if change.created {
                0.4
            } else {
                0.8
            };
            signs.push(sign(
                change,
                block,
                row,
                &id::SLEEP_ADDED,
                strength,
                format!("wait added: {}", quoted(row)),
            ));
        }
    }
}

/// Loops without an end or a wait. Why: a core does nothing else.
pub(super) fn spinning(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    const PAUSES: &[&str] = &[
        "sleep", "<-", "await", "select", "wait", "break", "recv", "return", ".next(", "poll(",
        "take(", "park", "yield", "read(", "accept", "receive",
    ];
    if change.language.is_config() {
        return;
    }
    for block in &change.blocks {
        for (at, row) in block
            .rows
            .iter()
            .enumerate()
            .filter(|(_, row)| row.is_new() && opens_loop(row) == Some(Loop::Endless))
        {
            let body: Vec<&Row> = block
                .rows
                .iter()
                .skip(at + 1)
                .filter(|r| r.mark != Mark::Removed)
                .take_while(|r| r.code.is_empty() || r.indent > row.indent)
                .collect();
            if !body.is_empty() && !body.iter().any(|r| r.has(PAUSES)) {
                signs.push(sign(
                    change,
                    block,
                    row,
                    &id::BUSY_LOOP,
                    0.8,
                    format!("an endless loop that never waits: {}", quoted(row)),
                ));
            }
        }
        for row in block.gone_rows().filter(|row| {
            matches!(row.code.trim(), "break" | "break;" | "i++" | "i += 1" | "i++;" | "<-ticker.C")
        }) {
            signs.push(sign(
                change,
                block,
                row,
                &id::BUSY_LOOP,
                0.55,
                format!("end or step of a loop removed: {}", quoted(row)),
            ));
        }
    }
}

/// Work inside loops that grows with the data. Why: cost grows with the square of the input.
pub(super) fn expensive(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    const LINEAR: &[&str] = &[
        ".contains(",
        ".includes(",
        ".indexof(",
        ".index(",
        " in list",
        "sorted(",
        ".sort(",
        "sort.slice",
        ".count(",
        "json.marshal",
        "json.dumps",
        "json.parse(json.stringify",
        "deepcopy",
        "cloned()",
        ".find(",
        "array_search",
        "in_array",
        "collect::<",
        ".filter(",
        "objectmapper()",
        "regexp.mustcompile",
        "re.compile",
        "pattern.compile",
        "new regexp(",
    ];
    if change.language.is_config() {
        return;
    }
    for block in &change.blocks {
        for (row, kind) in in_loops(block) {
            if kind != Some(Loop::Items) || !row.is_new() {
                continue;
            }
            let nested = opens_loop(row) == Some(Loop::Items);
            if nested || row.has(LINEAR) {
                let strength = if nested { 0.6 } else { 0.5 };
                signs.push(sign(
                    change,
                    block,
                    row,
                    &id::EXPENSIVE_WORK,
                    strength,
                    format!("work over all data inside of a loop: {}", quoted(row)),
                ));
            }
        }
        for row in block.new_rows().filter(|row| {
            row.has(&[
                "bcrypt",
                "scrypt",
                "pbkdf2",
                "deepcopy(",
                "system.gc()",
                "runtime.gc()",
                "gc.collect()",
                "json.parse(json.stringify",
            ])
        }) {
            signs.push(sign(
                change,
                block,
                row,
                &id::EXPENSIVE_WORK,
                0.5,
                format!("expensive work added: {}", quoted(row)),
            ));
        }
    }
}

/// A set or index that became a list. Why: each look-up then reads all of it.
pub(super) fn lookups(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    const FAST: &[&str] = &[
        "set()", "hashset", "new set(", "dict(", "hashmap", "map[", "treemap", "btreeset",
        "new map(",
    ];
    const SLOW: &[&str] =
        &["[]", "list(", "arraylist", "vec::new", "vec!", "new array", "linkedlist"];
    if change.language.is_config() {
        return;
    }
    for block in &change.blocks {
        for (old, new) in block.edits() {
            let same = old.names().next() == new.names().next();
            if same && old.has(FAST) && !new.has(FAST) && new.has(SLOW) {
                let statement =
                    format!("look-ups read a whole list: {} became {}", quoted(old), quoted(new));
                signs.push(sign(change, block, new, &id::EXPENSIVE_WORK, 0.65, statement));
            }
        }
    }
}

/// Regular expressions. Why: backtracking over some inputs takes exponential time.
pub(super) fn patterns(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    const COMPILES: &[&str] = &[
        "regexp.",
        "re.compile",
        "re.match",
        "re.search",
        "re.sub",
        "pattern.compile",
        "new regexp(",
        "regex::new",
        "regex(",
        "preg_",
        ".matches(",
        "=~",
        "regexp(",
        "pattern:",
        "regex:",
        "rx ",
        "@rx",
        ".replaceall(",
        "pattern =",
    ];
    for block in &change.blocks {
        for row in block.new_rows() {
            let literal =
                row.code.contains("/^") || row.code.contains("$/") || row.code.contains("/.test(");
            if !(row.has(COMPILES) || literal) {
                continue;
            }
            let shape: String = row.code.chars().filter(|c| !c.is_whitespace()).collect();
            let nested = ["+)+", "+)*", "*)+", "*)*", "+){", "*){", "+?)+", "+)?)+", "+)?)*"]
                .iter()
                .any(|mark| shape.contains(mark));
            let wild = shape.matches(".*").count() + shape.matches(".+").count() >= 2;
            if nested || wild {
                signs.push(sign(
                    change,
                    block,
                    row,
                    &id::REGEX_CHANGED,
                    if nested { 0.95 } else { 0.85 },
                    format!("a pattern that can backtrack without end: {}", quoted(row)),
                ));
            } else if block.edits().any(|(_, new)| std::ptr::eq(new, row)) {
                signs.push(sign(
                    change,
                    block,
                    row,
                    &id::REGEX_CHANGED,
                    0.45,
                    format!("pattern edited: {}", quoted(row)),
                ));
            }
        }
    }
}

/// Recursion. Why: deep or cyclic input exhausts the stack.
pub(super) fn recursion(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    if change.language.is_config() {
        return;
    }
    for block in &change.blocks {
        // Neither a declaration nor what is said of one (`@spec f() :: t()`).
        let says = |row: &&Row| {
            function_name(&row.code).is_none() && !row.code.trim_start().starts_with('@')
        };
        for row in block.new_rows().filter(says) {
            let Some(function) = block.function(row) else { continue };
            let own = row.calls().iter().any(|call| {
                *call == function
                    || call
                        .rsplit_once('.')
                        .is_some_and(|(on, name)| name == function && matches!(on, "self" | "this"))
            });
            if own {
                signs.push(sign(
                    change,
                    block,
                    row,
                    &id::RECURSION_ADDED,
                    if change.created { 0.25 } else { 0.6 },
                    format!("{function} calls itself: {}", quoted(row)),
                ));
            }
        }
        // A depth limit that is gone.
        for row in block.gone_rows().filter(|row| {
            row.has(&["depth", "visited", "seen"])
                && row.names().next() == Some("if")
                && !row.has(&["len(", ".size()", ".length"])
        }) {
            signs.push(sign(
                change,
                block,
                row,
                &id::RECURSION_ADDED,
                0.7,
                format!("a limit of depth removed: {}", quoted(row)),
            ));
        }
    }
}
