//! The recorded incidents that lie beside the examples, and what is known about them.
#![allow(dead_code, reason = "each test uses its part")]

use std::fs;
use std::path::{Path, PathBuf};

use rca_core::connectors::{Batch, Limits, bundle, unobserved};

/// A change of the team that did it.
pub(crate) const GUILTY_COMMIT: &str = "copper-heron";
/// Nobody's change did it.
pub(crate) const OUTSIDE: &str = "salt-lantern";

pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/incidents").join(name)
}

pub(crate) fn batch(name: &str) -> Batch {
    bundle::read(folder(name), &Limits::default(), &unobserved).unwrap()
}

/// What those who made the incident know about it.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Truth {
    pub(crate) root_cause_commit: String,
    pub(crate) first_failing_service: String,
    pub(crate) blast_radius: Vec<String>,
    pub(crate) decoys: Vec<Decoy>,
}

/// What looks guilty and is not: a commit or a flag.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Decoy {
    pub(crate) commit_sha: Option<String>,
    pub(crate) flag: Option<String>,
}

pub(crate) fn truth(name: &str) -> Truth {
    let text = fs::read_to_string(folder(name).join("truth.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}
