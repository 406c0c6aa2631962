//! Fuzz targets: plain functions over bytes. A fuzzer calls them, and so do ordinary tests.

pub mod bundle;
pub mod diff;
pub mod documents;
pub mod formats;
pub mod headers;
pub mod logs;
pub mod partial;
pub mod query;
pub mod record;
pub mod tables;
pub mod webhooks;

/// A target by name: the folder of its corpus and its fuzzer are called the same.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 13] = [
    ("bundle", bundle::parse),
    ("diff", diff::diff),
    ("dossier", documents::dossier),
    ("edits", documents::edits),
    ("formats", formats::read_as_each),
    ("headers", headers::request),
    ("log_lines", logs::lines),
    ("log_state", logs::state),
    ("partial", partial::partial),
    ("query", query::query),
    ("record", record::record),
    ("tables", tables::read_each),
    ("webhooks", webhooks::read_each),
];
