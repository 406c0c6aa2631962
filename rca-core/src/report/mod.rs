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
//! [`review()`] fills a template that people edit; `pdf` (feature `pdf`) writes a document to print and hand on; [`csv`] and
//! `arrow` (feature `arrow`) write the events as tables.
//!
//! A [`Doctor`] accounts for the inputs: what was read, what was not, and what the answer would need.
//!
//! Writers return text or bytes; where it goes is the caller's business, but for [`save`] and
//! [`save_in`], which write a file safely.

#[cfg(feature = "arrow")]
mod arrow;
pub mod canvas;
mod csv;
mod doctor;
mod html;
mod json;
mod markdown;
#[cfg(feature = "pdf")]
mod pdf;
pub mod review;
mod save;
mod terminal;
mod view;

#[cfg(feature = "arrow")]
pub use arrow::arrow;
pub use csv::csv;
pub(crate) use doctor::Facts;
pub use doctor::{Doctor, Problem, ProblemKind, SourceReport};
pub use html::html;
pub use json::{causes_json, doctor_json, dossier_from_json, dossier_json, from_json, json};
pub use markdown::markdown;
#[cfg(feature = "pdf")]
pub use pdf::{pdf, pdf_at};
pub use review::{Template, review};
pub use save::{save, save_in};
pub use terminal::{Style, terminal};
pub use view::{CauseView, EvidenceView, RuledOutView, TimelineView, View};

#[cfg(test)]
mod tests;
