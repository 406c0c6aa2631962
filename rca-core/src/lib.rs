#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::cast_possible_truncation
    )
)]

pub mod connectors;
pub mod detect;
pub mod diff;
mod error;
pub mod graph;
pub mod linker;
pub mod mechanism;
pub mod model;
pub mod rank;
pub mod report;
pub mod search;
pub mod signal;
pub mod store;
pub mod time;
mod workspace;

pub mod analytics;

pub use error::{Error, ErrorKind, Place, Result};
pub use workspace::{
    Answer, Begin, Builder, CaseDiff, Configuration, DeadLetters, Freshness, Health, Incident,
    Incidents, IndexPolicy, Ingested, Inquiry, Investigated, LinkDiff, Merged, Principal, PullEnd,
    PullOptions, PullReport, RankDiff, RankedMetric, Refusals, Relinked, ReplayDiff, Replayed,
    Role, RuleIncident, Runner, SourceCounts, SourceStatus, Standing, Status, Window, Work,
    Workspace, analyze, rank_metrics,
};
