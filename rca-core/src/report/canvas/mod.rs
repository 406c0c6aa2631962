//! What the investigation canvas shows: one document with everything that a page without a server can offer.
//!
//! [`Canvas::of`] gathers it from an answer and the events and telemetry behind it; [`html`](super::html) puts
//! it into the page. It holds what a person would look at, not everything: events, series, log lines, traces,
//! diffs and the graph each have a bound ([`Bounds`]), the things that the answer rests on come first, and
//! [`Omitted`] says what was left out.
//!
//! ```
//! use rca_core::Inquiry;
//! use rca_core::connectors::unobserved;
//!
//! # fn demo() -> rca_core::Result<()> {
//! let answer = Inquiry::new().with_path("exports/").run(&unobserved)?;
//! let page = rca_core::report::html(&answer.canvas())?;
//! rca_core::report::save("incident.html".as_ref(), &page)?;
//! # Ok(())
//! # }
//! ```
//!
//! What people write in the page comes back as [`Edits`]. It shows and decides nothing: the judgement is the
//! [`Analysis`]'s. It holds what a workspace kept; raw telemetry is handed in
//! ([`Workspace::canvas_with`](crate::Workspace::canvas_with)).
//!
//! The page's own sources are in `rca-core/canvas`; `page.html` beside this file is what they build.

mod case;
mod diffs;
mod edits;
mod events;
mod focus;
mod graph;
mod logs;
mod metrics;
mod traces;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use case::{Case, Person};
pub use diffs::{DiffFile, DiffHunk, DiffLine, DiffMark, DiffSign, DiffView};
pub use edits::{EditedHypothesis, EditedNote, Edits};
pub use graph::{GraphEdge, GraphNode, GraphPath, GraphView};
pub use logs::LogLine;
pub use metrics::SeriesView;
pub use traces::{SpanView, TraceView};

use crate::model::{Analysis, Cause, CauseKey, Event, Hypothesis, Investigation, Note};
use crate::report::View;
use crate::signal::Telemetry;
use focus::Focus;

/// What a canvas is made of.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The answer.
    pub analysis: &'a Analysis,
    /// What was read and what the detectors found, in any order.
    pub events: &'a [Event],
    /// Raw telemetry; empty where only findings were kept.
    pub telemetry: &'a Telemetry,
    /// The record of the investigation, where there is one.
    pub case: Option<&'a Investigation>,
}

/// How much a page may hold. The defaults keep one of a big incident near ten megabytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Events.
    pub events: usize,
    /// Bytes of one text in an event; longer ones are cut, and say so.
    pub text: usize,
    /// Metric series.
    pub series: usize,
    /// Points of a series; of more, the first, lowest, highest and last of each pixel stay.
    pub points: usize,
    /// Log lines, the ones around the events that matter first.
    pub log_lines: usize,
    /// Traces.
    pub traces: usize,
    /// Spans of a trace.
    pub spans: usize,
    /// Diffs.
    pub diffs: usize,
    /// Lines of a diff.
    pub diff_lines: usize,
    /// Nodes of the graph.
    pub nodes: usize,
    /// Edges of the graph, the heaviest first.
    pub edges: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            events: 20_000,
            text: 8_000,
            series: 150,
            points: 800,
            log_lines: 4_000,
            traces: 60,
            spans: 200,
            diffs: 40,
            diff_lines: 800,
            nodes: 160,
            edges: 600,
        }
    }
}

/// The document that the page reads.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Canvas {
    /// Version of this shape; [`Canvas::SCHEMA_VERSION`] when written by this crate.
    pub schema_version: u32,
    /// Title, state, times and people.
    pub case: Case,
    /// The answer in one sentence.
    pub headline: String,
    /// The answer in full.
    pub analysis: Analysis,
    /// Events by time, then id. Diffs are taken out of them; they are in `diffs`.
    pub events: Vec<Event>,
    /// Metrics, the ones that moved first.
    pub series: Vec<SeriesView>,
    /// Log lines around the events that matter, by time.
    pub logs: Vec<LogLine>,
    /// Traces that show what changed, and normal ones to compare.
    pub traces: Vec<TraceView>,
    /// Diffs of commits, suspects first.
    pub diffs: Vec<DiffView>,
    /// How the events hang together.
    pub graph: GraphView,
    /// What people wrote, oldest first.
    pub notes: Vec<Note>,
    /// What people suspect.
    #[serde(default)]
    pub hypotheses: Vec<Hypothesis>,
    /// What names the causes in notes and hypotheses, in their order.
    #[serde(default)]
    pub cause_keys: Vec<CauseKey>,
    /// What there was no room for.
    pub omitted: Omitted,
}

/// What a canvas left out, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Omitted {
    /// Events.
    pub events: u64,
    /// Metric series.
    pub series: u64,
    /// Log lines.
    pub log_lines: u64,
    /// Traces.
    pub traces: u64,
    /// Commits whose diff is not shown.
    pub diffs: u64,
    /// Edges between the nodes that are shown.
    pub edges: u64,
}

impl Canvas {
    /// The version that this crate writes.
    pub const SCHEMA_VERSION: u32 = 1;

    /// Gathers a canvas within the default bounds.
    #[must_use]
    pub fn of(subject: &Subject<'_>) -> Self {
        Self::within(subject, &Bounds::default())
    }

    /// Gathers a canvas. The order of the events and of the telemetry changes nothing.
    #[must_use]
    pub fn within(subject: &Subject<'_>, bounds: &Bounds) -> Self {
        let focus = Focus::of(subject);
        let mut omitted = Omitted::default();
        let (events, left) = events::choose(&focus, bounds);
        omitted.events = left;
        let (series, left) = metrics::choose(subject, &focus, bounds);
        omitted.series = left;
        let (logs, left) = logs::choose(subject, &focus, bounds);
        omitted.log_lines = left;
        let (traces, left) = traces::choose(subject, &focus, bounds);
        omitted.traces = left;
        let (diffs, left) = diffs::choose(&events, &focus, bounds);
        omitted.diffs = left;
        let (graph, left) = graph::choose(subject, &focus, bounds);
        omitted.edges = left;
        Self {
            schema_version: Self::SCHEMA_VERSION,
            case: Case::of(subject),
            headline: View::of(subject.analysis).headline,
            analysis: subject.analysis.clone(),
            events: events.into_iter().map(|event| events::trim(event, bounds)).collect(),
            series,
            logs,
            traces,
            diffs,
            graph,
            notes: subject.case.map(|case| case.notes().to_vec()).unwrap_or_default(),
            hypotheses: subject.case.map(|case| case.hypotheses().to_vec()).unwrap_or_default(),
            cause_keys: subject.analysis.causes.iter().map(Cause::key).collect(),
            omitted,
        }
    }
}

/// Bodies and log lines may hold secrets, so they stay out of `Debug`.
impl std::fmt::Debug for Canvas {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Canvas")
            .field("schema_version", &self.schema_version)
            .field("events", &self.events.len())
            .field("series", &self.series.len())
            .field("logs", &self.logs.len())
            .field("traces", &self.traces.len())
            .field("omitted", &self.omitted)
            .finish_non_exhaustive()
    }
}

/// Milliseconds since 1970, the page's unit of time.
fn millis(time: DateTime<Utc>) -> i64 {
    time.timestamp_millis()
}

/// A text cut at a character, with a mark that says how much is missing.
fn cut(text: &str, bytes: usize) -> String {
    if text.len() <= bytes {
        return text.to_owned();
    }
    let end = (0..=bytes).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    let kept = text.get(..end).unwrap_or_default();
    format!("{kept}… ({} bytes more)", text.len() - kept.len())
}

#[cfg(test)]
mod tests;
