//! Opening a workspace and looking after its folder.

use rca_core::search::Opened;
use rca_core::time::ManualClock;
use rca_core::{Freshness, IndexPolicy, Result, Workspace};
use serde_json::json;

use crate::json;
use crate::record::problems;
use crate::settings::{dead_letters, limits, linker, options, rules};

/// How to open.
#[derive(Debug, Clone, Default)]
pub struct Opening {
    /// The folder; in memory when there is none.
    pub path: Option<std::path::PathBuf>,
    /// Nothing may be written.
    pub read_only: bool,
    /// Searches never wait: they may miss what was written since the last commit of the index.
    pub stale: bool,
    /// A clock that stands still; the computer's when there is none.
    pub clock: Option<ManualClock>,
}

/// Opens a workspace with settings; an empty text keeps the defaults.
///
/// # Errors
///
/// As [`rca_core::Builder::open`], and for settings that make no sense.
pub fn open(opening: Opening, settings: &str) -> Result<Workspace> {
    let freshness = if opening.stale { Freshness::Committed } else { Freshness::Latest };
    let mut builder = Workspace::builder()
        .with_index_policy(IndexPolicy { freshness, ..IndexPolicy::default() })
        .with_limits(limits(settings)?)
        .with_dead_letters(dead_letters(settings)?)
        .with_linker(linker(settings)?)
        .with_rules(rules(settings)?)
        .with_analysis(options(settings)?);
    if let Some(clock) = opening.clock {
        builder = builder.with_clock(clock);
    }
    if opening.read_only {
        builder = builder.read_only();
    }
    match opening.path {
        Some(path) => builder.open(path),
        None => builder.in_memory(),
    }
}

/// What checking every record, reference and index file found.
///
/// # Errors
///
/// As [`Workspace::verify`].
pub fn verify(workspace: &Workspace) -> Result<String> {
    let health = workspace.verify()?;
    json(&json!({
        "is_well": health.is_well(),
        "events": health.store.events,
        "investigations": health.store.investigations,
        "links": health.store.links,
        "dead_letters": health.store.dead_letters,
        "problems": problems(&health.store.problems),
        "unlisted": health.store.unlisted,
        "damaged_index_files": health.damaged_index_files,
    }))
}

/// What opening found of the search index, and why it was rebuilt where it was: `{"index", "reason"}`.
///
/// # Errors
///
/// None but bugs.
pub fn index_opened(workspace: &Workspace) -> Result<String> {
    let (index, reason) = match workspace.index_opened() {
        Opened::Created => ("created", None),
        Opened::Intact => ("intact", None),
        Opened::Wiped { reason } => ("rebuilt", Some(reason)),
        Opened::InMemory { reason } => ("in_memory", Some(reason)),
        _ => ("unknown", None),
    };
    json(&json!({"index": index, "reason": reason}))
}
