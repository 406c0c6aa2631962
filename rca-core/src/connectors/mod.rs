//! Connectors: bytes in, events and signals out.
//!
//! [`bundle`] reads an incident folder (alert, logs, metrics, traces, changes, status posts),
//! [`git`] reads a local repository. Neither fetches anything, and no input makes them panic: one
//! bad record costs one record, and the [`ReadReport`] says which and why. Files are streamed in
//! bounded memory; how bounded is up to [`Limits`].
//!
//! ```
//! use rca_core::connectors::{Limits, bundle, unobserved};
//!
//! let deploys = br#"[{"timestamp": "2026-05-04T09:00:00Z", "service": "ledger", "version": "7"}]"#;
//! let files = [("context/deploys.json".to_owned(), deploys.to_vec())].into();
//! let batch = bundle::read_memory(&files, &Limits::default(), &unobserved)?;
//! assert_eq!(batch.events[0].title(), "deploy of ledger 7");
//! assert_eq!(batch.report.refused(), 0);
//! # Ok::<(), rca_core::Error>(())
//! ```

mod alerts;
pub mod attribute;
mod batch;
pub mod bundle;
mod cloudevents;
mod delivery;
mod fields;
mod format;
pub mod git;
mod github;
mod gitlab;
mod intake;
mod jenkins;
mod json;
mod junit;
mod limits;
mod lines;
mod node;
mod otlp;
mod outcome;
mod progress;
mod reading;
mod report;
mod rollout;
mod series;
mod timestamp;

pub use batch::Batch;
pub use delivery::{Delivery, verify_signature};
pub use format::{Format, read, read_paths};
pub use limits::Limits;
pub use progress::{Observer, Progress, unobserved};
pub use report::{InputReport, ReadReport, Refused};
