//! Guards, errors, conditions, calculations.

use super::super::CodeSign;
use super::super::change::{Block, Change, Row};
use super::super::token::Token;
use super::{edit_sign, quoted, sign};
use crate::mechanism::id;

const NULLS: &[&str] = &["nil", "null", "none", "undefined", "nullptr", "nullopt"];
const NULL_CALLS: &[&str] = &[
    "ispresent",
    "isnull",
    "is_none",
    "is_some",
    "has_value",
    "requirenonnull",
    "notnull",
    "isempty()",
    "ispresent()",
    ".nil?",
    ".present?",
    ".blank?",
    "isset(",
    "hasattr(",
    "empty(",
    "optional",
    "if let some",
    "let some",
    "guard let",
    "if let ",
    "ofnullable",
    "isnotnull",
    "is not null",
];
const BRANCH: &[&str] = &[
    "if",
    "unless",
    "guard",
    "assert",
    "elif",
    "while",
    "when",
    "case",
    "assume",
    "require",
    "requirenotnull",
    "checknotnull",
    "match",
];

fn branches(row: &Row) -> bool {
    row.names().any(|name| BRANCH.contains(&name.to_lowercase().as_str()))
        || row.tokens.iter().any(|t| t.is("??") || t.is("?.") || t.is("?:"))
}

fn is_error_name(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name).to_lowercase();
    matches!(last.as_str(), "err" | "error" | "e" | "ex" | "exc") || last.ends_with("err")
}

/// The name that a null check is about; none when the row checks none (or checks an error).
fn null_checked(row: &Row) -> Option<String> {
    if !branches(row) {
        return None;
    }
    let subject = row.tokens.windows(3).find_map(|w| match w {
        [Token::Name(name), sign, Token::Name(null)]
            if (sign.is("==") || sign.is("!=") || sign.is("="))
                && NULLS.contains(&null.to_lowercase().as_str()) =>
        {
            Some(name)
        }
        [Token::Name(name), Token::Name(is), Token::Name(null)]
            if is == "is" && (NULLS.contains(&null.to_lowercase().as_str()) || null == "not") =>
        {
            Some(name)
        }
        _ => None,
    });
    if let Some(name) = subject.filter(|name| !is_error_name(name)) {
        return Some(name.clone());
    }
    // Go's second value: `if !ok`, `if v, ok := m[k]; ok`.
    let second = row.names().next() == Some("if")
        && row.names().any(|name| matches!(name, "ok" | "found" | "exists" | "present"))
        && !row.tokens.iter().any(|t| t.is("==") || t.is("!="))
        && row.names().filter(|name| *name != "if").count() <= 4;
    if second {
        return Some("ok".to_owned());
    }
    // `===` is lexed as two signs.
    let strict = row.tokens.windows(4).find_map(|w| match w {
        [Token::Name(name), a, b, Token::Name(null)]
            if (a.is("==") || a.is("!="))
                && b.is("=")
                && NULLS.contains(&null.to_lowercase().as_str()) =>
        {
            Some(name.clone())
        }
        _ => None,
    });
    // `if (!berth)`, `if not berth:`, `if berth:`.
    let bare = || {
        let names: Vec<&str> = row.names().collect();
        let negated = row.tokens.iter().any(|t| t.is("!")) || names.contains(&"not");
        let compares = row
            .tokens
            .iter()
            .any(|t| ["==", "!=", "<", ">", "<=", ">=", "&&", "||"].iter().any(|s| t.is(s)));
        let first = names.first().copied().unwrap_or_default();
        let subject: Vec<_> = names
            .iter()
            .filter(|n| {
                !matches!(**n, "if" | "not" | "return" | "unless" | "None" | "null" | "continue")
            })
            .collect();
        (matches!(first, "if" | "unless")
            && (negated || row.code.trim_end().ends_with(':'))
            && !compares
            && row.calls().is_empty())
        .then(|| subject.first().map(|n| (**n).to_owned()))
        .flatten()
        .filter(|n| !is_error_name(n))
    };
    let called = || {
        NULL_CALLS.iter().any(|call| row.lower.contains(call)).then(|| {
            row.names()
                .find(|name| !BRANCH.contains(name) && !["let", "Some", "return"].contains(name))
                .unwrap_or_default()
                .to_owned()
        })
    };
    strict.or_else(called).or_else(bare)
}

/// Null checks that are gone. Why: the first value that is missing then crashes the request.
pub(super) fn null_guards(change: &Change, all: &[Change], signs: &mut Vec<CodeSign>) {
    if change.language.is_config() {
        return;
    }
    let kept: Vec<String> =
        all.iter().flat_map(Change::new_rows).filter_map(null_checked).collect();
    for block in &change.blocks {
        for row in block.gone_rows() {
            let Some(subject) = null_checked(row) else { continue };
            if kept.contains(&subject) {
                continue;
            }
            if let Some(read) = first_item_read(block, &subject) {
                signs.push(sign(
                    change,
                    block,
                    row,
                    &id::BOUNDS_GUARD_REMOVED,
                    0.9,
                    format!("{subject} is no longer asked whether it is empty: {}", quoted(read)),
                ));
                continue;
            }
            let field = format!("{subject}.");
            let used = block.version(super::super::parse::Mark::Removed).any(|new| {
                new.code.contains(&field)
                    || new.code.contains(&format!("{subject}->"))
                    || new.code.contains(&format!("{subject}["))
            });
            let strength = if used {
                0.95
            } else if kept.is_empty() {
                0.7
            } else {
                0.35
            };
            let then = if used { ", and it is still used" } else { "" };
            signs.push(sign(
                change,
                block,
                row,
                &id::NULL_GUARD_REMOVED,
                strength,
                format!("check of {subject} for a missing value removed{then}: {}", quoted(row)),
            ));
        }
    }
}

/// A row of the new version that reads a fixed place of a list.
fn first_item_read<'a>(block: &'a Block, list: &str) -> Option<&'a Row> {
    block.version(super::super::parse::Mark::Removed).find(|row| {
        row.code.split(list).skip(1).any(|rest| {
            rest.strip_prefix('[').is_some_and(|inside| {
                inside.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit())
            }) || rest.starts_with(".get(0)")
                || rest.starts_with(".first()")
        })
    })
}

/// Safe access replaced by unsafe access. Why: the same crash, without an `if` to see.
pub(super) fn optional_access(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    const SAFE: &[&str] = &[
        "?.",
        "??",
        "getordefault",
        "orelse(",
        "or_else",
        "unwrap_or",
        ".get(",
        "ifpresent",
        "map_or",
        ".dig(",
        "&.",
        "fetch(",
        "?:",
        "optional",
        "as?",
        "?)",
        "?;",
        "ok_or",
        ".ok()",
    ];
    /// What stands in for a missing value.
    const FALLBACKS: &[&str] = &[
        "|| []",
        "|| {}",
        "|| ''",
        "|| \"\"",
        "|| 0",
        "|| null",
        "or []",
        "or {}",
        "or \"\"",
        "or ''",
        "ofnullable",
        "orelse(",
        "orelseget(",
        "getordefault",
        "unwrap_or",
        "?? ",
    ];
    /// Safe ways to one place of a list.
    const PLACES: &[&str] =
        &["first()", "last()", ".nth(", ".at(", "firstornull", "firstordefault", "next(iter("];
    const UNSAFE: &[&str] = &[
        ".unwrap()",
        ".expect(",
        "!!",
        "as!",
        "!.",
        ".get()",
        "get_unchecked",
        ".value()",
        ".first().",
    ];
    if change.language.is_config() {
        return;
    }
    let count =
        |row: &Row, list: &[&str]| list.iter().filter(|mark| row.lower.contains(**mark)).count();
    for block in &change.blocks {
        for (old, new) in block.edits() {
            let lost = |marks: &[&str]| {
                marks.iter().any(|mark| old.lower.contains(mark) && !new.lower.contains(mark))
            };
            let indexed = lost(&["get(", "getornull(", "trygetvalue("]) && new.code.contains('[');
            let at_a_place =
                ["[0]", "[-1]", ".first()", ".get(0)"].iter().any(|m| new.lower.contains(m));
            if lost(PLACES) && at_a_place {
                let statement = format!("{} became {}", quoted(old), quoted(new));
                let rows = (old, new);
                signs.push(edit_sign(
                    change,
                    block,
                    rows,
                    &id::BOUNDS_GUARD_REMOVED,
                    0.85,
                    statement,
                ));
                continue;
            }
            let unguarded = FALLBACKS.iter().any(|mark| old.lower.contains(mark))
                && !FALLBACKS.iter().any(|mark| new.lower.contains(mark));
            if unguarded
                && old.code.len() > new.code.len()
                && count(new, UNSAFE) <= count(old, UNSAFE)
            {
                let statement = format!(
                    "nothing stands in for a missing value: {} became {}",
                    quoted(old),
                    quoted(new)
                );
                let rows = (old, new);
                signs.push(edit_sign(change, block, rows, &id::NULL_GUARD_REMOVED, 0.8, statement));
                continue;
            }
            if count(old, SAFE) > count(new, SAFE)
                && (old.code.len() > new.code.len() || count(new, UNSAFE) > 0 || indexed)
                && (count(new, UNSAFE) > count(old, UNSAFE)
                    || indexed
                    || ["?.", "??", "&.", "?:"]
                        .iter()
                        .any(|m| old.code.contains(m) && !new.code.contains(m)))
            {
                signs.push(edit_sign(
                    change,
                    block,
                    (old, new),
                    &id::NULL_GUARD_REMOVED,
                    0.85,
                    format!("{} became {}", quoted(old), quoted(new)),
                ));
            }
        }
        let replaced = |row: &Row| block.edits().any(|(_, new)| std::ptr::eq(new, row));
        for row in block.new_rows().filter(|row| !replaced(row)) {
            if let Some(mark) = UNSAFE
                .iter()
                .find(|mark| row.lower.contains(**mark) && **mark != ".value()" && **mark != "!.")
            {
                signs.push(sign(
                    change,
                    block,
                    row,
                    &id::NULL_GUARD_REMOVED,
                    if change.created { 0.25 } else { 0.45 },
                    format!("unchecked access `{mark}` added: {}", quoted(row)),
                ));
            }
        }
    }
}

fn checks_bounds(row: &Row) -> bool {
    const LENGTHS: &[&str] = &[
        "len(",
        ".len()",
        ".length",
        ".size()",
        ".count",
        ".isempty()",
        "is_empty",
        "isempty",
        ".empty?",
        "sizeof",
        "bounds",
        "capacity",
        "count(",
        "strlen",
    ];
    let compares =
        row.tokens.iter().any(|t| ["<", ">", "<=", ">=", "==", "!=", "!"].iter().any(|s| t.is(s)))
            || row.has(&["empty"]);
    let loops = row.names().next().is_some_and(|first| first == "for");
    branches(row) && !loops && row.has(LENGTHS) && compares
}

/// Length checks that are gone. Why: short or empty input is then read past its end.
pub(super) fn bounds(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    if change.language.is_config() {
        return;
    }
    let mut kept = change.new_rows().filter(|row| checks_bounds(row)).count();
    for block in &change.blocks {
        for row in block.gone_rows().filter(|row| checks_bounds(row)) {
            if kept > 0 {
                kept -= 1;
                continue;
            }
            // What it guarded takes entries out: its loss is growth, not a read past the end.
            let takes_out = |row: &Row| {
                row.has(&["evict", "delete", "remove", "pop", "shift(", "trim", "truncate", "[1:]"])
            };
            let mut body = block.rows.iter().skip_while(|other| !std::ptr::eq(*other, row)).take(4);
            if body.any(|row| row.is_gone() && takes_out(row)) {
                continue;
            }
            signs.push(sign(
                change,
                block,
                row,
                &id::BOUNDS_GUARD_REMOVED,
                0.8,
                format!("length check removed: {}", quoted(row)),
            ));
        }
        for (old, new) in block.edits() {
            let calls = |row: &Row, list: &[&str]| {
                row.calls()
                    .iter()
                    .any(|call| list.contains(&call.rsplit('.').next().unwrap_or(call)))
            };
            if calls(old, &["strncpy", "strlcpy", "snprintf", "strncat", "fgets", "memcpy_s"])
                && calls(new, &["strcpy", "sprintf", "strcat", "gets", "memcpy"])
            {
                let statement =
                    format!("copies without a limit: {} became {}", quoted(old), quoted(new));
                let rows = (old, new);
                signs.push(edit_sign(
                    change,
                    block,
                    rows,
                    &id::BOUNDS_GUARD_REMOVED,
                    0.9,
                    statement,
                ));
            }
            let clamps = |row: &Row| {
                row.calls().iter().any(|call| {
                    matches!(
                        call.rsplit('.').next(),
                        Some("min" | "max" | "clamp" | "saturating_sub" | "checked_sub")
                    )
                })
            };
            if clamps(old) && !clamps(new) {
                signs.push(edit_sign(
                    change,
                    block,
                    (old, new),
                    &id::BOUNDS_GUARD_REMOVED,
                    0.6,
                    format!("bound removed: {} became {}", quoted(old), quoted(new)),
                ));
            }
        }
    }
}

fn handles_error(row: &Row) -> bool {
    let names: Vec<String> = row.names().map(str::to_lowercase).collect();
    let checks = names.iter().any(|n| n == "if")
        && row.names().any(|n| is_error_name(n) && !matches!(n, "ok" | "e"));
    let catches =
        names.iter().any(|n| {
            matches!(
                n.as_str(),
                "catch"
                    | "except"
                    | "rescue"
                    | "recover"
                    | "onerror"
                    | "on_error"
                    | "onerrorresume"
                    | "onerrorreturn"
                    | "fallback"
                    | "map_err"
            )
        }) || row.has(&[".catch(", "recover()", "fallback", "exceptionally(", "onerrorresume"]);
    checks || catches
}

/// Error handling that is gone. Why: failures that used to end well spread, or nobody sees them.
pub(super) fn error_handling(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    if change.language.is_config() {
        return;
    }
    let gone: Vec<(&Block, &Row)> = change
        .blocks
        .iter()
        .flat_map(|block| {
            block.gone_rows().filter(|row| handles_error(row)).map(move |row| (block, row))
        })
        .collect();
    let kept = change.new_rows().filter(|row| handles_error(row)).count();
    for (block, row) in gone.iter().skip(kept) {
        // `return f()` hands the error on, and so does a call that a helper now makes.
        let catching = row.has(&["catch", "except", "rescue", "recover", "fallback"]);
        let handed_on = block
            .new_rows()
            .any(|new| new.names().next() == Some("return") && !new.calls().is_empty());
        let ignored = block.new_rows().any(|new| {
            new.code.contains("_ =") || new.code.contains(", _ :=") || new.code.contains(", _ =")
        });
        let strength = match (ignored, catching, handed_on) {
            (true, ..) => 0.8,
            (_, true, _) => 0.75,
            (_, _, true) => 0.12,
            _ => 0.4,
        };
        signs.push(sign(
            change,
            block,
            row,
            &id::ERROR_HANDLING_REMOVED,
            strength,
            format!("error handling removed: {}", quoted(row)),
        ));
    }
}

/// New panics, throws and exits. Why: a case that was tolerated now ends the request or the process.
pub(super) fn thrown(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    const HARD: &[&str] = &[
        "panic",
        "log.Fatal",
        "log.Fatalf",
        "os.Exit",
        "process.exit",
        "System.exit",
        "sys.exit",
        "exit",
        "abort",
        "std.process.exit",
    ];
    const MACROS: &[&str] = &["panic!", "unreachable!", "todo!", "unimplemented!", "assert!"];
    if change.language.is_config() || change.created {
        return;
    }
    for block in &change.blocks {
        let was = block.gone_rows().filter(|row| throws(row)).count();
        for row in block.new_rows().filter(|row| throws(row)).skip(was) {
            let hard = row.calls().iter().any(|call| HARD.contains(call)) || row.has(MACROS);
            signs.push(sign(
                change,
                block,
                row,
                &id::ERROR_THROWN,
                if hard { 0.65 } else { 0.4 },
                format!("new failure raised: {}", quoted(row)),
            ));
        }
    }

    fn throws(row: &Row) -> bool {
        row.calls().iter().any(|call| HARD.contains(call))
            || row.has(MACROS)
            || row.names().any(|name| matches!(name, "throw" | "raise" | "assert"))
    }
}

/// Validation taken away. Why: bad input reaches code that can't handle it.
pub(super) fn validation(change: &Change, all: &[Change], signs: &mut Vec<CodeSign>) {
    const WORDS: &[&str] = &[
        "validate",
        "validation",
        "validator",
        "sanitize",
        "verify",
        "isvalid",
        "escape",
        "check",
        "ensure",
        "normalize",
        "require",
        "valid",
    ];
    /// What lets a field of a message be missing.
    const OPTIONAL: &[&str] = &[
        "optional",
        "| none",
        "nullable",
        "= none",
        "required=false",
        "required = false",
        "required: false",
        "allow_blank",
        "blank=true",
    ];
    let validates = |row: &Row| {
        row.calls().iter().any(|call| {
            crate::mechanism::words::words(call).iter().any(|w| WORDS.contains(&w.as_str()))
        })
    };
    let kept = all.iter().flat_map(Change::new_rows).filter(|row| validates(row)).count();
    for block in &change.blocks {
        for row in block
            .gone_rows()
            .filter(|row| {
                validates(row) && super::super::change::function_name(&row.code).is_none()
            })
            .skip(kept)
        {
            signs.push(sign(
                change,
                block,
                row,
                &id::VALIDATION_REMOVED,
                0.6,
                format!("check removed: {}", quoted(row)),
            ));
        }
        for (old, new) in block.edits() {
            let optional = |row: &Row| row.has(OPTIONAL);
            let returns = old.code.trim_start().starts_with("return");
            if optional(old) && !optional(new) && !returns && old.code.contains([':', '=', '@']) {
                let statement =
                    format!("no longer optional: {} became {}", quoted(old), quoted(new));
                let rows = (old, new);
                signs.push(edit_sign(change, block, rows, &id::VALIDATION_ADDED, 0.6, statement));
            }
        }
        let context = block.rows.iter().any(|row| row.mark != super::super::parse::Mark::Added);
        for row in block.new_rows().filter(|row| {
            context
                && row.names().any(|n| matches!(n, "throw" | "raise" | "Err"))
                && row.has(&[
                    "invalid",
                    "illegal",
                    "valueerror",
                    "badrequest",
                    "validation",
                    "must",
                ])
        }) {
            signs.push(sign(
                change,
                block,
                row,
                &id::VALIDATION_ADDED,
                0.4,
                format!("input refused: {}", quoted(row)),
            ));
        }
    }
}

/// Authentication and permission code. Why: valid callers are refused, or others let in.
pub(super) fn auth(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    const WORDS: &[&str] = &[
        "auth",
        "authorize",
        "authorization",
        "authenticate",
        "authenticated",
        "permission",
        "permissions",
        "jwt",
        "oauth",
        "role",
        "scope",
        "signature",
        "hmac",
        "issuer",
        "audience",
        "acl",
        "login",
        "csrf",
        "bearer",
        "principal",
    ];
    if change.language.is_config() {
        return;
    }
    for block in &change.blocks {
        for (old, new) in block.edits().filter(|(old, new)| {
            (old.has_word(WORDS) || new.has_word(WORDS))
                && !super::interface::logs(new)
                && (old.names().ne(new.names()) || old.tokens.len() != new.tokens.len())
        }) {
            signs.push(edit_sign(
                change,
                block,
                (old, new),
                &id::AUTH_CHANGED,
                0.5,
                format!("access check edited: {} became {}", quoted(old), quoted(new)),
            ));
        }
        let paired = |row: &Row| block.edits().any(|(old, _)| std::ptr::eq(old, row));
        for row in block
            .gone_rows()
            .filter(|row| row.has_word(WORDS) && !row.calls().is_empty() && !paired(row))
        {
            signs.push(sign(
                change,
                block,
                row,
                &id::AUTH_CHANGED,
                0.55,
                format!("access code removed: {}", quoted(row)),
            ));
        }
    }
}

/// Conditions. Why: requests take the other branch.
pub(super) fn conditions(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    if change.language.is_config() {
        return;
    }
    for block in &change.blocks {
        for (old, new) in block.edits() {
            let (removed, added) = differences(&old.tokens, &new.tokens);
            let all: Vec<&str> = removed.iter().chain(&added).map(String::as_str).collect();
            if all.is_empty() || all.len() > 4 {
                continue;
            }
            let only = |list: &[&str]| all.iter().all(|t| list.contains(t));
            let bound = removed.len() == 1
                && added.len() == 1
                && matches!((all.first(), all.get(1)), (Some(a), Some(b)) if a.trim_end_matches('=') == b.trim_end_matches('=') && only(&["<", "<=", ">", ">="]));
            let shifted = only(&["+", "-", "1", "#1"])
                && all.contains(&"1")
                && (added.len() == 2 || removed.len() == 2);
            let inverted = only(&[
                "!", "not", "&&", "||", "and", "or", "==", "!=", "<", ">", "<=", ">=", "true",
                "false", "(", ")", "is", "if", "unless", "=",
            ]);
            let assigns = only(&["=", "==", ":="]);
            let found = if bound || shifted {
                (&id::OFF_BY_ONE, 0.7, "boundary moved")
            } else if inverted && !assigns && !only(&["(", ")"]) && !only(&["true", "false"]) {
                (&id::CONDITION_CHANGED, 0.8, "condition inverted or loosened")
            } else {
                continue;
            };
            signs.push(edit_sign(
                change,
                block,
                (old, new),
                found.0,
                found.1,
                format!("{}: {} became {}", found.2, quoted(old), quoted(new)),
            ));
        }
        // Other edits of a condition say less.
        for (old, new) in block.edits() {
            let is_condition = |row: &Row| {
                row.names()
                    .any(|n| matches!(n, "if" | "elif" | "while" | "unless" | "when" | "filter"))
                    && !handles_error(row)
            };
            if is_condition(old) && is_condition(new) {
                signs.push(edit_sign(
                    change,
                    block,
                    (old, new),
                    &id::CONDITION_CHANGED,
                    0.4,
                    format!("condition edited: {} became {}", quoted(old), quoted(new)),
                ));
            }
        }
    }
}

/// Tokens that only one of two rows has, as texts (bags, so order does not count).
fn differences(old: &[Token], new: &[Token]) -> (Vec<String>, Vec<String>) {
    let text = |token: &Token| match token {
        Token::Name(t) | Token::Number(t) | Token::Sign(t) => t.clone(),
        Token::Text(t) => format!("\"{t}\""),
    };
    let old: Vec<String> = old.iter().map(text).collect();
    let mut added: Vec<String> = new.iter().map(text).collect();
    let mut removed = Vec::new();
    for token in old {
        match added.iter().position(|other| *other == token) {
            Some(at) => {
                added.remove(at);
            }
            None => removed.push(token),
        }
    }
    (removed, added)
}

/// Arithmetic. Why: other numbers come out, while nothing gets slower or fails.
pub(super) fn calculations(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    if change.language.is_config() {
        return;
    }
    let computes = |row: &Row| {
        row.tokens.windows(3).any(|w| match w {
            [a, sign, b] => {
                ["*", "/", "%", "+", "-"].iter().any(|s| sign.is(s)) && operand(a) && operand(b)
            }
            _ => false,
        }) || row.has(&["round", "floor", "ceil", "decimal"])
    };
    for block in &change.blocks {
        for (old, new) in block.edits() {
            let both = computes(old) && computes(new);
            let time = new.has(&["time.", "duration", "seconds", "minutes", "millis"]);
            if both
                && !time
                && differences(&old.tokens, &new.tokens) != (Vec::new(), Vec::new())
                && !new.names().any(|n| n == "for")
            {
                signs.push(edit_sign(
                    change,
                    block,
                    (old, new),
                    &id::CALCULATION_CHANGED,
                    0.5,
                    format!("calculation edited: {} became {}", quoted(old), quoted(new)),
                ));
            }
        }
    }

    fn operand(token: &Token) -> bool {
        matches!(token, Token::Name(_) | Token::Number(_)) || token.is("(") || token.is(")")
    }
}
