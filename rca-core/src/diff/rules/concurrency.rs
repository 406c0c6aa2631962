//! Locks, resources and tasks.

use super::super::CodeSign;
use super::super::change::{Block, Change, Row, function_name};
use super::super::parse::Mark;
use super::loops::does_io;
use super::{edit_sign, quoted, sign};
use crate::mechanism::id;
use crate::mechanism::words::words;

/// The lock that a row takes.
fn lock_name(row: &Row) -> Option<String> {
    let taken = row.calls().into_iter().find_map(|call| {
        let (on, verb) = call.rsplit_once('.').unwrap_or(("", call));
        match verb {
            "Lock" | "RLock" | "lock" | "acquire" | "tryLock" | "try_lock" | "readLock"
            | "writeLock" | "Enter" | "WaitAsync" | "read_lock" | "lock_guard" | "unique_lock" => {
                Some(on.to_owned())
            }
            "synchronized" => Some("monitor".to_owned()),
            _ => None,
        }
    });
    let block = row.names().next().is_some_and(|first| matches!(first, "synchronized" | "lock"));
    let with = row.names().next() == Some("with") && row.lower.contains("lock");
    taken.filter(|on| !on.is_empty()).or_else(|| {
        (block
            || with
            || row.lower.contains("lock_guard")
            || row.lower.contains("unique_lock")
            || row.lower.contains("synchronized "))
        .then(|| {
            row.names()
                .filter(|name| {
                    !matches!(
                        *name,
                        "synchronized"
                            | "lock"
                            | "with"
                            | "async"
                            | "std"
                            | "public"
                            | "private"
                            | "static"
                            | "void"
                            | "as"
                    )
                })
                .find(|name| {
                    words(name)
                        .iter()
                        .any(|w| w.contains("lock") || w.contains("mutex") || w == "mu")
                })
                .or_else(|| row.names().nth(1))
                .unwrap_or("lock")
                .to_owned()
        })
    })
}

/// Locks that are gone or new. Why: shared state without protection, or everyone waiting for one.
pub(super) fn locks(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    let gone: usize = change.gone_rows().filter(|row| lock_name(row).is_some()).count();
    let new: usize = change.new_rows().filter(|row| lock_name(row).is_some()).count();
    for block in &change.blocks {
        if gone > new {
            for row in block.gone_rows().filter(|row| lock_name(row).is_some()).take(3) {
                signs.push(sign(
                    change,
                    block,
                    row,
                    &id::LOCK_REMOVED,
                    0.85,
                    format!("lock removed: {}", quoted(row)),
                ));
            }
        }
        for (old, newer) in block.edits() {
            let strict = |row: &Row| row.code.contains(".Lock()") || row.code.contains("writeLock");
            let shared = |row: &Row| row.code.contains(".RLock()") || row.code.contains("readLock");
            if shared(old) && strict(newer) {
                signs.push(edit_sign(
                    change,
                    block,
                    (old, newer),
                    &id::LOCK_HELD_LONGER,
                    0.75,
                    format!("a shared lock became exclusive: {}", quoted(newer)),
                ));
            }
            let atomic = |row: &Row| {
                row.has(&[
                    "atomic",
                    "concurrenthashmap",
                    "sync.map",
                    "copyonwrite",
                    "synchronizedmap",
                    "threadlocal",
                    "concurrent",
                ])
            };
            if atomic(old) && !atomic(newer) {
                signs.push(edit_sign(
                    change,
                    block,
                    (old, newer),
                    &id::LOCK_REMOVED,
                    0.75,
                    format!("safe sharing removed: {} became {}", quoted(old), quoted(newer)),
                ));
            }
        }
        // I/O between a lock and its release, in the new version.
        let mut held: Option<(&Row, usize)> = None;
        for row in block.version(Mark::Removed) {
            let releases = row.calls().iter().any(|call| {
                matches!(
                    call.rsplit('.').next(),
                    Some("Unlock" | "RUnlock" | "unlock" | "release" | "Exit")
                )
            }) && row.names().next() != Some("defer");
            if lock_name(row).is_some() && !releases {
                held = Some((row, row.indent));
                if row.is_new() && new > gone {
                    signs.push(sign(
                        change,
                        block,
                        row,
                        &id::LOCK_HELD_LONGER,
                        if change.created { 0.2 } else { 0.45 },
                        format!("lock added: {}", quoted(row)),
                    ));
                }
            } else if releases {
                held = None;
            } else if let Some((lock, level)) = held {
                if row.indent < level && !row.code.is_empty() {
                    held = None;
                } else if (row.is_new()
                    || lock.is_new()
                    || (lock.moved && lock.mark == Mark::Added))
                    && does_io(row) > 0.5
                {
                    signs.push(sign(
                        change,
                        block,
                        row,
                        &id::LOCK_HELD_LONGER,
                        0.85,
                        format!("a lock is held while waiting for {}", quoted(row)),
                    ));
                    held = None;
                }
            }
        }
    }
}

/// What was handed to somebody else is waited for now.
fn waited_for(change: &Change, block: &Block, signs: &mut Vec<CodeSign>) {
    const HANDS_OFF: &[&str] = &[
        "executor.submit",
        "create_task(",
        "ensure_future(",
        "spawn(",
        "runasync(",
        ".delay(",
        "perform_later",
        "perform_async",
        "task.run(",
    ];
    let hands_off = |row: &Row| row.names().next() == Some("go") || row.has(HANDS_OFF);
    let last = |call: &str| call.rsplit('.').next().unwrap_or(call).to_lowercase();
    let handed: Vec<String> = block
        .gone_rows()
        .flat_map(|row| row.calls().into_iter().map(move |call| (hands_off(row), call)))
        .filter_map(|(off, call)| {
            let name = last(call);
            let base = name.strip_suffix("async").map(|base| base.trim_end_matches('_').to_owned());
            base.or_else(|| off.then_some(name))
        })
        .collect();
    let awaits = |row: &Row| row.lower.contains("await") || row.lower.contains("async with");
    let awaited = block.gone_rows().any(awaits) && !block.new_rows().any(awaits);
    for row in block.new_rows().filter(|row| !hands_off(row) && !awaits(row)) {
        let direct = row.calls().iter().any(|call| handed.contains(&last(call)));
        if direct || awaited && does_io(row) >= 0.8 {
            let statement = format!("now waits for {}", quoted(row));
            signs.push(sign(change, block, row, &id::BLOCKING_CALL, 0.75, statement));
        }
    }
}

/// Slow work that moved under a lock. Why: everyone who needs the lock now waits for it.
pub(super) fn lock_scope(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    for block in &change.blocks {
        let before = held(block, Mark::Added);
        for row in held(block, Mark::Removed) {
            let was_there = before.iter().any(|other| other.code.trim() == row.code.trim());
            if row.moved && row.mark == Mark::Added && does_io(row) > 0.5 && !was_there {
                let statement = format!("moved under a lock: {}", quoted(row));
                signs.push(sign(change, block, row, &id::LOCK_HELD_LONGER, 0.85, statement));
            }
        }
    }
}

/// Rows between a lock and its release in one version.
fn held(block: &Block, without: Mark) -> Vec<&Row> {
    let mut found = Vec::new();
    let mut level: Option<usize> = None;
    for row in block.version(without).filter(|row| !row.code.is_empty()) {
        let releases = row.calls().iter().any(|call| {
            matches!(
                call.rsplit('.').next(),
                Some("Unlock" | "RUnlock" | "unlock" | "release" | "Exit")
            )
        });
        if lock_name(row).is_some() {
            level = Some(row.indent);
        } else if releases && row.names().next() != Some("defer")
            || level.is_some_and(|at| row.indent < at)
        {
            level = None;
        } else if level.is_some() {
            found.push(row);
        }
    }
    found
}

/// Two locks in another order. Why: two holders wait for each other.
pub(super) fn lock_order(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    for block in &change.blocks {
        let order =
            |without: Mark| block.version(without).filter_map(lock_or_row).collect::<Vec<_>>();
        let (old, new) = (order(Mark::Added), order(Mark::Removed));
        let (mut a, mut b) = (old.clone(), new.clone());
        a.sort();
        b.sort();
        let row = block
            .rows
            .iter()
            .find(|row| row.mark == Mark::Added && lock_or_row(row).is_some())
            .filter(|_| old.len() > 1 && a == b && old != new);
        if let Some(row) = row {
            let statement =
                format!("locks taken in another order: {} -> {}", old.join(", "), new.join(", "));
            signs.push(sign(change, block, row, &id::LOCK_ORDER_CHANGED, 0.95, statement));
        } else if let Some(row) = unsorted(block) {
            let statement = format!("what is locked is no longer put in order: {}", quoted(row));
            signs.push(sign(change, block, row, &id::LOCK_ORDER_CHANGED, 0.85, statement));
        }
    }

    /// The sorting that went, where locks are still taken.
    fn unsorted(block: &Block) -> Option<&Row> {
        const SORTS: &[&str] = &["sort", "sorted", "min", "max", "minmax", "compare", "compareto"];
        let sorts = |row: &Row| {
            row.calls()
                .iter()
                .any(|call| words(call).iter().any(|word| SORTS.contains(&word.as_str())))
        };
        let locks = |row: &Row| {
            row.calls().iter().any(|call| {
                words(call).iter().any(|word| matches!(word.as_str(), "lock" | "acquire"))
            })
        };
        let still = block.version(Mark::Removed).filter(|row| !row.code.is_empty());
        let (mut locked, mut sorted) = (false, false);
        for row in still {
            locked |= locks(row);
            sorted |= sorts(row);
        }
        block.gone_rows().find(|row| locked && !sorted && sorts(row))
    }

    /// What is locked: a lock object, or the table of a writing statement.
    fn lock_or_row(row: &Row) -> Option<String> {
        let table = || {
            let at = ["update ", "for update"].iter().find(|mark| row.lower.contains(**mark))?;
            let rest = row.lower.split(at).nth(1)?;
            rest.split(|c: char| !(c.is_alphanumeric() || c == '_'))
                .find(|w| !w.is_empty())
                .map(str::to_owned)
        };
        lock_name(row).or_else(table)
    }
}

/// Calls that give a resource back.
const GIVES_BACK: &[&str] = &[
    "close",
    "release",
    "dispose",
    "cancel",
    "stop",
    "unsubscribe",
    "removelistener",
    "removeeventlistener",
    "disconnect",
    "free",
    "shutdown",
    "unlock",
    "runlock",
    "rollback",
    "clearinterval",
    "cleartimeout",
    "closequietly",
    "destroy",
    "done",
    "putback",
    "returnobject",
    "close_connection",
];

/// Whether a task asks here whether it should end.
fn asks_to_end(row: &Row) -> bool {
    row.has(&[
        "ctx.done()",
        "context.done()",
        "cancellationtoken",
        "iscancelled",
        "is_cancelled",
        "isinterrupted",
        "signal.aborted",
        "<-done",
        "<-stop",
        "<-quit",
        "stop_event",
        "shutdown.recv",
    ])
}

fn gives_back(row: &Row) -> bool {
    if asks_to_end(row) || row.lower.contains("recover()") || row.code.trim() == "defer func() {" {
        return false;
    }
    let in_a_block =
        row.lower.contains("open(") && ["{ |", " do |"].iter().any(|mark| row.code.contains(mark));
    if in_a_block {
        return true;
    }
    let calls = row.calls().iter().any(|call| {
        call.rsplit('.')
            .next()
            .is_some_and(|verb| GIVES_BACK.contains(&verb.to_lowercase().as_str()))
    });
    // `using X;` names a library, `using (x)` and `using var x` hold a resource.
    let imports = row.names().next() == Some("using") && !row.code.contains(['(', '=']);
    let scoped = !imports
        && row.names().next().is_some_and(|first| {
            matches!(first, "with" | "using" | "finally" | "ensure" | "defer")
        })
        && !row.lower.contains("lock")
        || row.code.trim_start().starts_with("try (")
        || row.code.contains("} finally");
    calls || scoped
}

/// Clean-up that is gone, or missing for what is opened. Why: handles pile up until none is left.
pub(super) fn resources(change: &Change, all: &[Change], signs: &mut Vec<CodeSign>) {
    const OPENS: &[&str] = &[
        "open",
        "openfile",
        "connect",
        "getconnection",
        "newticker",
        "createreadstream",
        "opensession",
        "acquire",
        "dial",
        "fopen",
        "socket",
        "createconnection",
        "newfileinputstream",
        "urlopen",
        "checkout",
        "begintransaction",
    ];
    if change.language.is_config() {
        return;
    }
    let kept = all.iter().flat_map(Change::new_rows).filter(|row| gives_back(row)).count();
    let gone: Vec<(&Block, &Row)> = change
        .blocks
        .iter()
        .flat_map(|block| {
            block.gone_rows().filter(|row| gives_back(row)).map(move |row| (block, row))
        })
        .collect();
    // A lock that goes together with its release is no leak.
    let unlocked = change.gone_rows().any(|row| lock_name(row).is_some());
    for (block, row) in gone.into_iter().skip(kept) {
        if unlocked && row.lower.contains("unlock") {
            continue;
        }
        signs.push(sign(
            change,
            block,
            row,
            &id::RESOURCE_LEAK,
            0.9,
            format!("clean-up removed: {}", quoted(row)),
        ));
    }
    for block in &change.blocks {
        if let Some(row) = way_out(block) {
            let statement = format!("a way out that leaves something open: {}", quoted(row));
            signs.push(sign(change, block, row, &id::RESOURCE_LEAK, 0.8, statement));
        }
        let closed = block.version(Mark::Removed).any(gives_back);
        for row in block.new_rows().filter(|row| !closed && function_name(&row.code).is_none()) {
            let opens = row.calls().iter().any(|call| {
                call.rsplit('.')
                    .next()
                    .is_some_and(|verb| OPENS.contains(&verb.to_lowercase().as_str()))
            });
            let replaced = block.edits().any(|(old, new)| {
                std::ptr::eq(new, row) && old.calls().iter().any(|call| row.calls().contains(call))
            });
            if opens && !replaced {
                signs.push(sign(
                    change,
                    block,
                    row,
                    &id::RESOURCE_LEAK,
                    if change.created { 0.3 } else { 0.5 },
                    format!("opened and not closed here: {}", quoted(row)),
                ));
            }
        }
    }
}

/// What ends or bounds tasks.
const ENDS: &[&str] = &[
    "errgroup",
    "waitgroup",
    "wg.",
    "semaphore",
    "<-ctx.done",
    "stop()",
    "cancel()",
    "clearinterval",
    "removeeventlistener",
    "setlimit",
    "unsubscribe",
    "join(",
    "shutdown(",
];

/// A new way out of a function between code that gives something back later on and no giving back before it.
/// Scoped clean-up (`defer`, `with`, destructors) covers every way out and is no such case.
fn way_out(block: &Block) -> Option<&Row> {
    let plain = |row: &Row| {
        row.calls().iter().any(|call| {
            let verb = call.rsplit('.').next().unwrap_or(call).to_lowercase();
            matches!(
                verb.as_str(),
                "close"
                    | "release"
                    | "free"
                    | "dispose"
                    | "unlock"
                    | "destroy"
                    | "disconnect"
                    | "putback"
            )
        }) && !matches!(row.names().next(), Some("defer" | "finally" | "with" | "using"))
    };
    let rows: Vec<&Row> = block.version(Mark::Removed).filter(|row| !row.code.is_empty()).collect();
    let last = rows.iter().rposition(|row| plain(row))?;
    let scoped = rows.iter().any(|row| row.has(&["defer ", "finally", "unique_ptr", "scope_exit"]));
    rows.iter().enumerate().take(last).find_map(|(at, row)| {
        let leaves = matches!(row.names().next(), Some("return" | "throw" | "raise" | "continue"));
        if scoped || !row.is_new() || !leaves {
            return None;
        }
        // The branch that holds it: from the row that opens it on.
        let opens = rows.iter().take(at).rposition(|other| other.indent < row.indent).unwrap_or(0);
        let given_back = rows.iter().take(at + 1).skip(opens).any(|row| plain(row));
        // Before the thing was opened there is nothing to close.
        let opened = rows.iter().take(opens).any(|row| {
            row.tokens.iter().any(|token| token.is("=") || token.is(":="))
                && row.has(&[
                    "open", "connect", "socket", "acquire", "lock", "alloc", "borrow", "checkout",
                    "dial",
                ])
        });
        (!given_back && opened).then_some(*row)
    })
}

/// Tasks started for each request. Why: without an end they pile up, without a limit they flood.
pub(super) fn tasks(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    const STARTS: &[&str] = &[
        "go func",
        "new thread(",
        "thread(target",
        "create_task(",
        "ensure_future(",
        "setinterval(",
        "tokio::spawn",
        "thread::spawn",
        "addeventlistener(",
        "executor.submit(",
        "time.newticker(",
        "time.tick(",
        "time.after(",
        "globalscope.launch",
        "newcachedthreadpool",
        "newfixedthreadpool",
        "process.nexttick",
        "task.run(",
        "thread.new",
        "threading.timer(",
        ".subscribe(",
        "spawn(",
    ];
    if change.language.is_config() {
        return;
    }
    for block in &change.blocks {
        let asks = block.version(Mark::Removed).any(asks_to_end);
        if let Some(row) = block.gone_rows().find(|row| !asks && asks_to_end(row)) {
            let statement = format!("a task no longer asks whether to end: {}", quoted(row));
            signs.push(sign(change, block, row, &id::TASK_LEAK, 0.85, statement));
        }
        let ended = block.version(Mark::Removed).any(|row| row.has(ENDS));
        // Work handed to a pool waits its turn; a thread of its own does not.
        let pooled = |row: &Row| row.has(&["executor.", "pool.", ".submit("]);
        let was_pooled = block.gone_rows().any(pooled);
        let was = block.gone_rows().filter(|row| row.has(STARTS) && !pooled(row)).count();
        for row in block
            .new_rows()
            .filter(|row| {
                !(was_pooled && pooled(row)) && row.has(STARTS)
                    || (row.names().next() == Some("go") && !row.calls().is_empty())
            })
            .skip(was)
        {
            let serving = block.function(row).is_some_and(|name| {
                words(&name).iter().any(|w| {
                    matches!(
                        w.as_str(),
                        "handle"
                            | "handler"
                            | "serve"
                            | "process"
                            | "on"
                            | "request"
                            | "get"
                            | "post"
                            | "do"
                            | "consume"
                            | "render"
                    )
                })
            });
            let strength = if ended {
                0.15
            } else if serving {
                0.8
            } else {
                0.5
            };
            signs.push(sign(
                change,
                block,
                row,
                &id::TASK_LEAK,
                strength,
                format!("background task started: {}", quoted(row)),
            ));
        }
    }
}

/// A task that nobody waits for. Why: its result comes too late and its failure reaches nobody; several runtimes
/// end the process for it.
pub(super) fn forgotten(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    if change.language.is_config() {
        return;
    }
    let declared: Vec<String> = change
        .blocks
        .iter()
        .flat_map(|block| block.version(Mark::Removed))
        .filter(|row| row.names().any(|name| name == "async"))
        .filter_map(|row| function_name(&row.code))
        .collect();
    for block in &change.blocks {
        for row in block.new_rows() {
            let code = row.code.trim();
            let called = code.split('(').next().unwrap_or_default();
            let name = called.rsplit(['.', ':']).next().unwrap_or_default();
            let plain = called.chars().all(|c| c.is_alphanumeric() || "_.:$".contains(c));
            if plain
                && called.len() < code.len()
                && declared.iter().any(|declared| declared == name)
                && !row.has(&[".then(", ".catch(", ".await", "spawn", "create_task"])
                && !code.ends_with('{')
            {
                let statement = format!("nobody waits for {}", quoted(row));
                signs.push(sign(change, block, row, &id::CONCURRENCY_CHANGED, 0.85, statement));
            }
        }
    }
}

/// Async and ordering edits. Why: results are used before they exist, or a thread blocks what it waits for.
pub(super) fn asynchrony(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    const BLOCKING: &[&str] = &[
        "block_on(",
        "runblocking",
        ".wait()",
        ".result",
        "getawaiter().getresult",
        "asyncio.run(",
        "readfilesync",
        "execsync",
        ".blockingget(",
        ".block()",
        "writefilesync",
        ".join()",
    ];
    if change.language.is_config() {
        return;
    }
    for block in &change.blocks {
        // Waiting for what runs side by side.
        let joined =
            block.new_rows().any(|row| row.has(&["errgroup", "waitgroup", "wg.", "g.go("]));
        for (old, new) in block.edits() {
            let awaits = |row: &Row| row.lower.contains("await");
            if awaits(old)
                && !awaits(new)
                && old.calls().iter().any(|call| new.calls().contains(call))
            {
                signs.push(edit_sign(
                    change,
                    block,
                    (old, new),
                    &id::CONCURRENCY_CHANGED,
                    0.85,
                    format!("no longer waited for: {}", quoted(new)),
                ));
            } else if !old.has(BLOCKING) && new.has(BLOCKING) && !joined {
                signs.push(edit_sign(
                    change,
                    block,
                    (old, new),
                    &id::BLOCKING_CALL,
                    0.75,
                    format!("waits synchronously: {}", quoted(new)),
                ));
            }
        }
        waited_for(change, block, signs);
        let joins = |row: &Row| {
            row.has(&[
                "promise.all(",
                "asyncio.gather(",
                "join_all",
                "errgroup",
                "parallelstream",
                "waitall",
                ".parallel(",
            ])
        };
        for row in block.gone_rows().filter(|row| joins(row)) {
            if !block.new_rows().any(joins) {
                signs.push(sign(
                    change,
                    block,
                    row,
                    &id::CONCURRENCY_CHANGED,
                    0.6,
                    format!("parallel work became serial: {}", quoted(row)),
                ));
            }
        }
    }
}
