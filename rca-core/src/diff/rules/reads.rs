//! Where reads go, how they go on, and what counts as healthy.

use super::super::CodeSign;
use super::super::change::{Block, Change, Row, function_name};
use super::super::parse::Mark;
use super::loops::does_io;
use super::{edit_sign, quoted, sign};
use crate::mechanism::id;

/// Names of copies that lag behind the place that is written to.
const COPIES: &[&str] = &[
    "replica",
    "replicas",
    "reader",
    "readers",
    "readonly",
    "secondary",
    "follower",
    "followers",
    "slave",
    "standby",
    "snapshot",
];
/// Words that make the names above mean a stored copy and no stream of bytes.
const STORES: &[&str] = &[
    "db",
    "database",
    "repo",
    "repository",
    "pool",
    "datasource",
    "connection",
    "conn",
    "session",
    "cluster",
    "read",
    "preference",
    "endpoint",
    "host",
    "url",
    "dsn",
    "replica",
    "query",
    "routing",
    "client",
];

/// Reads that move to a copy. Why: it lags behind, so that what was just written is not there yet.
pub(super) fn copies(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    let on_copy = |row: &Row| row.has_word(COPIES) && row.has_word(STORES);
    for block in &change.blocks {
        for (old, new) in block.edits() {
            if on_copy(new) && !old.has_word(COPIES) {
                let statement = format!("reads from a copy: {}", quoted(new));
                let rows = (old, new);
                signs.push(edit_sign(change, block, rows, &id::READS_FROM_COPY, 0.7, statement));
            }
        }
        signs.extend(through_a_helper(change, block));
    }
}

/// A call that named no copy now goes through a function of this change that reads from one.
fn through_a_helper(change: &Change, block: &Block) -> Option<CodeSign> {
    let copying = block.new_rows().filter(|row| row.has_word(COPIES)).find_map(|row| {
        let name = block.function(row)?;
        block.new_rows().any(|row| function_name(&row.code).as_ref() == Some(&name)).then_some(name)
    })?;
    block
        .edits()
        .find(|(old, new)| {
            let calls = |row: &Row| {
                row.calls().iter().any(|call| call.rsplit('.').next() == Some(copying.as_str()))
            };
            calls(new) && !calls(old) && !old.has_word(COPIES) && does_io(old) > 0.0
        })
        .map(|rows| {
            let statement = format!("reads from a copy through {copying}: {}", quoted(rows.1));
            edit_sign(change, block, rows, &id::READS_FROM_COPY, 0.7, statement)
        })
}

/// What names the place where reading goes on.
const MARKS: &[&str] =
    &["cursor", "checkpoint", "offset", "continuation", "watermark", "bookmark", "keyset"];
/// The same, by words that have other uses, too.
const PAGES: &[&str] = &["page", "pages", "pagination", "since"];

/// How a list is gone through page by page. Why: a cursor that does not move on reads the same page for ever, one
/// that jumps leaves rows out.
pub(super) fn pages(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    if change.language.is_config() {
        return;
    }
    for block in &change.blocks {
        let pages = |row: &Row| {
            row.has_word(MARKS) || row.has_word(PAGES) || row.has(&["next_token", "nexttoken"])
        };
        // Somebody loops over it, or it is the query of a page.
        let around = block.version(Mark::Removed).any(|row| {
            row.has_word(&["loop", "while", "for", "until", "drain", "next"])
                || row.has(&["limit(", "limit "])
        });
        if !around {
            continue;
        }
        let changed = |old: &Row, new: &Row| {
            // With blanks around them: arrows and type parameters compare nothing.
            let compares = |row: &Row| {
                [" >= ", " <= ", " > ", " < "].iter().copied().find(|sign| row.code.contains(sign))
            };
            let parts = |row: &Row| row.names().count();
            let other_order = compares(old).zip(compares(new)).is_some_and(|(old, new)| old != new);
            let fewer_parts =
                new.has_word(MARKS) && new.code.contains('(') && parts(new) < parts(old);
            (pages(old) || pages(new)) && (other_order || fewer_parts)
        };
        if let Some(rows) = block.edits().find(|(old, new)| changed(old, new)) {
            let statement =
                format!("goes on from elsewhere: {} became {}", quoted(rows.0), quoted(rows.1));
            signs.push(edit_sign(change, block, rows, &id::PAGING_CHANGED, 0.6, statement));
        }
    }
}

/// A health check that asks somebody else. Why: when that one is slow, all instances count as ill at once.
pub(super) fn probes(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    const CHECKS: &[&str] = &[
        "healthindicator",
        "healthcheck",
        "health_check",
        "ihealthcheck",
        "readyz",
        "livez",
        "healthz",
        "readiness",
        "liveness",
        "is_healthy",
        "ishealthy",
    ];
    const ASKS: &[&str] = &["ping(", "select 1", "connect(", "fetch(", "get(", "request("];
    if change.language.is_config() {
        return;
    }
    for block in &change.blocks {
        let checks = CHECKS.iter().any(|word| block.header.to_lowercase().contains(word))
            || block.version(Mark::Removed).any(|row| row.has(CHECKS));
        let asks = |row: &&Row| row.has(ASKS) || does_io(row) > 0.5;
        if let Some(row) = block.new_rows().filter(|_| checks).find(asks) {
            let statement = format!("a health check depends on {}", quoted(row));
            signs.push(sign(change, block, row, &id::PROBE_CHANGED, 0.6, statement));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::diff::{DiffInput, read};

    fn found(path: &str, hunk: &str, mechanism: &str) -> bool {
        let diff = format!("@@ {path} @@\n{hunk}");
        let files = [path];
        let reading = read(&DiffInput { diff: Some(&diff), files: &files, message: "" });
        reading.findings.iter().any(|sign| sign.mechanism.to_string() == mechanism)
    }

    #[test]
    fn a_read_that_moves_to_a_replica_is_told() {
        let hunk =
            "-    return self.db.orders.get(key)\n+    return self.db_replica.orders.get(key)\n";
        assert!(found("orders.py", hunk, "reads_from_copy"));
        let hunk = "-    return self.db.orders.get(key)\n+    return self.db.orders.find(key)\n";
        assert!(!found("orders.py", hunk, "reads_from_copy"));
        let hunk = " def find(key):\n-    return db.query(BY_KEY, key)\n+    return nearby(BY_KEY, key)\n+\n+def nearby(sql, key):\n+    return db.replica().query(sql, key)\n";
        assert!(found("orders.py", hunk, "reads_from_copy"), "through a function of the change");
        let hunk = "-    for line in file:\n+    for line in reader:\n";
        assert!(!found("lines.py", hunk, "reads_from_copy"), "a reader of bytes");
    }

    #[test]
    fn a_cursor_that_stays_is_told() {
        let hunk = " while True:\n-    rows = query(\"id > ?\", cursor)\n+    rows = query(\"id >= ?\", cursor)\n";
        assert!(found("feed.py", hunk, "paging_changed"));
        let hunk = " while True:\n-    rows = query(\"id > ?\", cursor)\n+    items = query(\"id > ?\", cursor)\n";
        assert!(!found("feed.py", hunk, "paging_changed"), "another name for the same");
        let hunk = " while True:\n-    cursor = Cursor(row.time, row.id)\n+    cursor = Cursor(row.time)\n";
        assert!(
            found("feed.py", hunk, "paging_changed"),
            "two rows of one time can't be told apart"
        );
        let hunk = " for (const page of pages) {\n-  const html = (page) => render(page);\n+  const html = page.render();\n";
        assert!(!found("site.js", hunk, "paging_changed"), "an arrow compares nothing");
        let hunk = " for page in book:\n-    show(page, style, size)\n+    show(page, style)\n";
        assert!(!found("book.py", hunk, "paging_changed"), "a page that nobody reads a list by");
    }

    #[test]
    fn a_health_check_that_asks_others_is_told() {
        let hunk = " def readiness():\n-    return 200\n+    return 200 if rates.ping(timeout=0.2) else 503\n";
        assert!(found("health.py", hunk, "probe_changed"));
    }
}
