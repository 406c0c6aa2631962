//! Statements of databases: migrations, and queries in code.

use super::super::CodeSign;
use super::super::change::{Block, Change, Row};
use super::super::language::Language;
use super::{edit_sign, quoted, sign};
use crate::mechanism::{MechanismId, id};

/// Words of a schema change (all must occur, none of `without`), the mechanism, how surely.
type Statement = (&'static [&'static str], &'static [&'static str], MechanismId, f64, &'static str);

/// The table.
const STATEMENTS: &[Statement] = &[
    (&["drop index"], &[], id::INDEX_DROPPED, 0.95, "index dropped"),
    (&["remove_index"], &[], id::INDEX_DROPPED, 0.95, "index dropped"),
    (&["removeindex"], &[], id::INDEX_DROPPED, 0.9, "index dropped"),
    (&["create index concurrently"], &[], id::INDEX_ADDED, 0.25, "index added without a lock"),
    (
        &["create unique index concurrently"],
        &[],
        id::INDEX_ADDED,
        0.3,
        "index added without a lock",
    ),
    (
        &["create", "index"],
        &["concurrently", "create table"],
        id::MIGRATION_LOCK,
        0.6,
        "index built while writers wait",
    ),
    (
        &["create", "index", "concurrently"],
        &[],
        id::INDEX_ADDED,
        0.25,
        "index added without a lock",
    ),
    (&["drop column"], &[], id::SCHEMA_CHANGED, 0.95, "column dropped"),
    (&["remove_column"], &[], id::SCHEMA_CHANGED, 0.95, "column dropped"),
    (&["drop table"], &[], id::SCHEMA_CHANGED, 0.95, "table dropped"),
    (&["rename column"], &[], id::SCHEMA_CHANGED, 0.95, "column renamed"),
    (&["rename_column"], &[], id::SCHEMA_CHANGED, 0.95, "column renamed"),
    (&["rename to"], &[], id::SCHEMA_CHANGED, 0.9, "table renamed"),
    (
        &["add column", "not null"],
        &["default"],
        id::SCHEMA_CHANGED,
        0.9,
        "required column added without a default",
    ),
    (
        &["add column", "not null", "default"],
        &[],
        id::MIGRATION_LOCK,
        0.65,
        "column with a default added",
    ),
    (&["add column"], &["not null"], id::MIGRATION_LOCK, 0.25, "column added"),
    (&["set not null"], &[], id::SCHEMA_CHANGED, 0.85, "column made required"),
    (&["alter column", "type"], &[], id::SCHEMA_CHANGED, 0.85, "type of a column changed"),
    (&["modify column"], &[], id::SCHEMA_CHANGED, 0.85, "column changed"),
    (&["change_column"], &[], id::SCHEMA_CHANGED, 0.8, "column changed"),
    (
        &["add constraint"],
        &["not valid"],
        id::MIGRATION_LOCK,
        0.7,
        "constraint checked over the whole table",
    ),
    (&["lock table"], &[], id::MIGRATION_LOCK, 0.95, "table locked"),
    (&["vacuum full"], &[], id::MIGRATION_LOCK, 0.9, "table rewritten"),
    (
        &["alter table", "type"],
        &["add column", "rename"],
        id::MIGRATION_LOCK,
        0.75,
        "table rewritten for a new type",
    ),
    (&["alter table", "engine"], &[], id::MIGRATION_LOCK, 0.8, "table rewritten"),
    (&["reindex"], &["concurrently"], id::MIGRATION_LOCK, 0.8, "index rebuilt under a lock"),
];

fn is_migration(change: &Change) -> bool {
    change.language == Language::Sql
        || change.path.to_lowercase().contains("migrat")
        || change.path.to_lowercase().contains("schema")
}

/// Schema changes. Why: they lock tables, and running code expects the old shape.
pub(super) fn statements(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    let migration = is_migration(change);
    for block in &change.blocks {
        let whole: String =
            block.new_rows().map(|row| row.lower.trim()).collect::<Vec<_>>().join(" ");
        for row in block.new_rows() {
            let statement =
                if migration { statement_at(&whole, row.lower.trim()) } else { row.lower.clone() };
            for (all, none, mechanism, strength, what) in STATEMENTS {
                let begins = all.first().is_some_and(|first| row.lower.contains(first));
                if begins
                    && all.iter().all(|w| statement.contains(w))
                    && !none.iter().any(|w| statement.contains(w))
                {
                    signs.push(sign(
                        change,
                        block,
                        row,
                        mechanism,
                        *strength,
                        format!("{what}: {}", quoted(row)),
                    ));
                }
            }
            let rewrites = (row.lower.trim_start().starts_with("update ")
                || row.lower.trim_start().starts_with("delete from"))
                && !statement.contains("where");
            if migration && rewrites {
                signs.push(sign(
                    change,
                    block,
                    row,
                    &id::MIGRATION_LOCK,
                    0.85,
                    format!("all rows rewritten in one statement: {}", quoted(row)),
                ));
            }
        }
        for row in block.gone_rows().filter(|row| {
            row.has(&[
                "create index",
                "add_index",
                "db_index=true",
                "@index",
                "index: true",
                "@@index",
                "create unique index",
            ])
        }) {
            signs.push(sign(
                change,
                block,
                row,
                &id::INDEX_DROPPED,
                0.8,
                format!("index definition removed: {}", quoted(row)),
            ));
        }
    }

    /// The whole statement that begins with a row, up to its semicolon.
    fn statement_at(whole: &str, row: &str) -> String {
        let at = whole.find(row).unwrap_or(0);
        whole.get(at..).unwrap_or_default().split(';').next().unwrap_or_default().to_owned()
    }
}

/// Queries in code. Why: without their bounds they cost what the table is large.
pub(super) fn queries(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    const BOUNDS: &[&str] = &[
        " limit ",
        "limit $",
        "limit ?",
        ".limit(",
        ".take(",
        "paginate",
        "pagesize",
        "page_size",
        ".top(",
        "fetch first",
        "rownum",
        "setmaxresults",
        "first(",
        "per_page",
        "maxresults",
        " top ",
        "[:limit]",
        "limit:",
        "limit %",
        "limit ",
    ];
    const FILTERS: &[&str] =
        &[" where ", ".where(", ".filter(", "tenant_id =", ".eq(", "where ", " and "];
    for block in &change.blocks {
        let query = |row: &&Row| {
            row.has(&[
                "select ",
                "from ",
                ".find(",
                "query",
                ".all(",
                ".objects",
                "findall",
                "update ",
                "delete from",
                "where(",
                ".order",
                "criteria",
                "join ",
            ]) || change.language == Language::Sql
        };
        let count = |list: &[&str], new: bool| {
            block
                .rows
                .iter()
                .filter(|row| {
                    if new {
                        row.mark != super::super::parse::Mark::Removed
                    } else {
                        row.mark != super::super::parse::Mark::Added
                    }
                })
                .filter(|row| !row.code.is_empty())
                .map(|row| list.iter().filter(|mark| row.lower.contains(**mark)).count())
                .sum::<usize>()
        };
        let touched: Vec<&Row> = block.gone_rows().filter(query).collect();
        let in_query = block.rows.iter().any(|row| query(&row));
        if let Some(row) = block
            .gone_rows()
            .find(|row| row.has(BOUNDS) && in_query && !row.has(&["rate", "maxconn", "timeout"]))
            && count(BOUNDS, false) > count(BOUNDS, true)
        {
            signs.push(sign(
                change,
                block,
                row,
                &id::QUERY_UNBOUNDED,
                0.85,
                format!("a bound on rows removed: {}", quoted(row)),
            ));
        } else if let Some(row) =
            touched.iter().find(|row| row.has(FILTERS)).copied().or_else(|| {
                block.gone_rows().find(|row| {
                    row.lower.trim_start().starts_with("where ")
                        || row.lower.trim_start().starts_with("and ")
                        || row.has(&[".where(", ".filter("])
                })
            })
            && count(FILTERS, false) > count(FILTERS, true)
        {
            signs.push(sign(
                change,
                block,
                row,
                &id::QUERY_UNBOUNDED,
                0.75,
                format!("a filter removed: {}", quoted(row)),
            ));
        }
        queries_edited(change, block, signs);
    }
}

/// Row locks that a query no longer takes. Why: two of them then read the same row and both change it.
pub(super) fn row_locks(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    const LOCKS: &[&str] = &[
        "for update",
        "select_for_update",
        "pessimistic_write",
        "with_for_update",
        "with_lock",
        "lock in share mode",
        "for share",
    ];
    for block in &change.blocks {
        let kept = block.version(super::super::parse::Mark::Removed).any(|row| row.has(LOCKS));
        if let Some(row) = block.gone_rows().find(|row| !kept && row.has(LOCKS)) {
            let statement = format!("rows are no longer locked: {}", quoted(row));
            signs.push(sign(change, block, row, &id::LOCK_REMOVED, 0.85, statement));
        }
        // Who takes several row locks in an order of its own meets others in the middle.
        let takes = |row: &&Row| row.has(LOCKS) || row.has(&["forupdate(", "for_update("]);
        let (gone, new) = (block.gone_rows().filter(takes), block.new_rows().filter(takes));
        let several: Vec<&Row> = new.collect();
        if let [first, _, ..] = several.as_slice()
            && gone.count() > 1
        {
            let statement = format!("row locks are taken in another way: {}", quoted(first));
            signs.push(sign(change, block, first, &id::LOCK_ORDER_CHANGED, 0.6, statement));
        }
    }
}

fn queries_edited(change: &Change, block: &Block, signs: &mut Vec<CodeSign>) {
    const SLOW: &[(&[&str], &str)] = &[
        (&["like '%", "ilike", "like concat('%", "like \"%"], "a search that no index helps"),
        (
            &["lower(", "upper(", "date(", "cast(", "to_char(", "coalesce(", "substr("],
            "a function around a column",
        ),
        (&["order by rand", "order by"], "sorting added"),
        (&["cross join", " join ", "left join"], "a join added"),
        (&[" or "], "an OR added"),
        (&["not in (", "distinct", "count(*)", "having"], "work over all rows added"),
        (&["use index", "ignore index", "force index", "/*+", "nolock"], "a hint edited"),
        (&["offset "], "paging by offset"),
        (&["select *"], "all columns read"),
    ];
    for (old, new) in block.edits() {
        let sql = new.has(&["select ", "where ", "from ", " and ", "join ", "order by"])
            && (change.language == Language::Sql
                || new.code.contains(['"', '`', '\''])
                || new.lower.trim_start().starts_with("where"));
        if !sql {
            continue;
        }
        let added = SLOW.iter().find(|(marks, _)| {
            marks.iter().any(|m| new.lower.contains(m))
                && !marks.iter().any(|m| old.lower.contains(m))
        });
        let (strength, what) = added.map_or((0.45, "query edited"), |(_, what)| (0.8, *what));
        signs.push(edit_sign(
            change,
            block,
            (old, new),
            &id::QUERY_CHANGED,
            strength,
            format!("{what}: {}", quoted(new)),
        ));
    }
    for row in block.new_rows().filter(|row| {
        row.has(&["for update", "serializable", "isolation", "@transactional", "begin transaction"])
    }) {
        signs.push(sign(
            change,
            block,
            row,
            &id::TRANSACTION_CHANGED,
            0.7,
            format!("transaction or row locks added: {}", quoted(row)),
        ));
    }
}
