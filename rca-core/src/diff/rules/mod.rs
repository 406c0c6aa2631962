//! The rules: each a small function that looks for one way of doing harm, with its reason.

mod code;
mod concurrency;
mod context;
mod dependency;
mod flow;
mod growth;
mod infra;
mod interface;
mod loops;
mod numbers;
mod reads;
mod settings;
mod sql;
mod upkeep;

use super::CodeSign;
use super::change::{Block, Change, Row};
use super::language::Language;
use crate::mechanism::MechanismId;
use crate::model::Confidence;

pub(super) use context::{file_kind, message_hint};

/// A rule reads one file's change, with all files of the commit at hand.
type Rule = fn(&Change, &[Change], &mut Vec<CodeSign>);

/// Code and settings.
const RULES: &[Rule] = &[
    settings::edited,
    settings::removed,
    settings::added,
    code::null_guards,
    code::bounds,
    code::optional_access,
    code::error_handling,
    code::thrown,
    code::validation,
    code::auth,
    code::conditions,
    code::calculations,
    numbers::narrowed,
    numbers::rounded,
    concurrency::locks,
    concurrency::lock_scope,
    concurrency::lock_order,
    concurrency::resources,
    concurrency::tasks,
    concurrency::asynchrony,
    concurrency::forgotten,
    growth::collections,
    growth::bounds_lost,
    growth::labels,
    upkeep::units,
    upkeep::clean_up,
    loops::calls_in_loops,
    loops::blocking_calls,
    loops::eager_loading,
    loops::waits,
    loops::spinning,
    loops::expensive,
    loops::lookups,
    loops::patterns,
    loops::recursion,
    flow::removed_steps,
    flow::order,
    flow::caches,
    flow::directives,
    flow::keys_of_all,
    flow::keys_of_less,
    flow::partition_keys,
    flow::retries,
    sql::statements,
    sql::queries,
    sql::row_locks,
    reads::copies,
    reads::pages,
    reads::probes,
    interface::wire,
    interface::serializers,
    interface::routes,
    interface::keys,
    infra::addresses,
    infra::locales,
    infra::dates,
    infra::files,
];

/// Runs all rules over one file.
pub(super) fn run(change: &Change, all: &[Change], signs: &mut Vec<CodeSign>) {
    if change.language.is_manifest() {
        dependency::versions(change, all, signs);
        if change.language == Language::Lock {
            return;
        }
    }
    if change.language == Language::Docker {
        dependency::images(change, all, signs);
    }
    if !change.language.is_manifest() {
        for rule in RULES {
            rule(change, all, signs);
        }
    }
    dependency::images_in_manifests(change, all, signs);
}

/// One finding at a row.
pub(super) fn sign(
    change: &Change,
    block: &Block,
    row: &Row,
    mechanism: &MechanismId,
    strength: f64,
    statement: String,
) -> CodeSign {
    let text = Some(row.raw.trim().to_owned());
    let gone = row.mark == super::parse::Mark::Removed;
    let mut identifiers: Vec<String> = row.names().map(str::to_owned).collect();
    identifiers.sort_unstable();
    identifiers.dedup();
    CodeSign {
        mechanism: mechanism.clone(),
        strength: Confidence::saturating(strength),
        file: change.path.clone(),
        line: row.number,
        function: block.function(row),
        before: text.clone().filter(|_| gone),
        after: text.filter(|_| !gone),
        statement,
        identifiers,
    }
}

/// One finding at an edit.
fn edit_sign(
    change: &Change,
    block: &Block,
    (old, new): (&Row, &Row),
    mechanism: &MechanismId,
    strength: f64,
    statement: String,
) -> CodeSign {
    let mut found = sign(change, block, new, mechanism, strength, statement);
    found.before = Some(old.raw.trim().to_owned());
    found.identifiers.extend(old.names().map(str::to_owned));
    found.identifiers.sort_unstable();
    found.identifiers.dedup();
    found
}

/// The code of a row, short enough for a sentence.
fn quoted(row: &Row) -> String {
    format!("`{}`", row.code.trim().chars().take(90).collect::<String>())
}
