//! Reports: one [`View`] of an analysis, several writers that all show the same.
//!
//! ```
//! # fn demo(analysis: &rca_core::model::Analysis) -> rca_core::Result<()> {
//! use rca_core::report::{self, Style, View};
//!
//! let view = View::of(analysis);
//! let for_people = report::terminal(&view, Style::Plain, 100);
//! let for_the_wiki = report::markdown(&view);
//! let for_machines = report::json(analysis)?;
//! assert_eq!(report::from_json(&for_machines)?, *analysis);
//! # Ok(())
//! # }
//! ```
//!
//! [`html`] writes a [`canvas::Canvas`]: a page to look around in, with the events, metrics, logs, traces and diffs
//! behind the answer.
//!
//! A [`Doctor`] accounts for the inputs: what was read, what was not, and what the answer would need.
//!
//! Writers return text; where it goes is the caller's business, but for [`save`], which writes a file
//! safely.

pub mod canvas;
mod doctor;
mod html;
mod json;
mod markdown;
mod save;
mod terminal;
mod view;

pub(crate) use doctor::Facts;
pub use doctor::{Doctor, Problem, ProblemKind, SourceReport};
pub use html::html;
pub use json::{causes_json, doctor_json, dossier_from_json, dossier_json, from_json, json};
pub use markdown::markdown;
pub use save::save;
pub use terminal::{Style, terminal};
pub use view::{CauseView, EvidenceView, RuledOutView, TimelineView, View};

#[cfg(test)]
mod tests;
