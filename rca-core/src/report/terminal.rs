//! The writer for people at a prompt.

use std::fmt::Write as _;

use crate::report::view::{CauseView, EvidenceView, View};

/// Whether to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// No escape codes: for files and pipes.
    #[default]
    Plain,
    /// ANSI colours (ECMA-48 SGR): for terminals.
    Colour,
}

const BOLD: &str = "1";
const GREEN: &str = "32";
const RED: &str = "31";
const DIM: &str = "2";

/// The report as text, wrapped at `width` columns (at least 40).
#[must_use]
pub fn terminal(view: &View, style: Style, width: usize) -> String {
    let mut page = Page::new(style, width);
    if !view.symptom.is_empty() {
        page.line(0, &view.symptom, DIM);
    }
    page.line(0, &view.headline, BOLD);
    page.blank();
    for (label, value) in &view.facts {
        page.hanging(2, &format!("{label:<12}"), value, BOLD);
    }
    if !view.causes.is_empty() {
        page.heading("Causes");
        for (place, cause) in view.causes.iter().enumerate() {
            page.cause(place + 1, cause);
        }
        page.line(2, &view.none_of_these, DIM);
    }
    if !view.timeline.is_empty() {
        page.heading("Timeline");
        let place_width =
            view.timeline.iter().map(|e| e.place.chars().count()).max().unwrap_or(0).min(28);
        for entry in &view.timeline {
            let label = format!("{:>8}  {:<place_width$} ", short_time(&entry.time), entry.place);
            page.hanging(2, &label, &entry.what, "");
        }
    }
    if !view.ruled_out.is_empty() {
        page.heading("Ruled out");
        for cleared in &view.ruled_out {
            page.hanging(2, "- ", &cleared.title, "");
            for reason in &cleared.reasons {
                page.line(6, reason, DIM);
            }
        }
    }
    if !view.inputs.is_empty() {
        page.heading("What was read");
        for line in &view.inputs {
            page.line(2, line, DIM);
        }
    }
    page.out
}

/// The clock part of a moment: the date is in the facts already.
fn short_time(time: &str) -> &str {
    let clock = time.strip_suffix(" UTC").unwrap_or(time);
    clock.rsplit(' ').next().unwrap_or(clock)
}

pub(super) struct Page {
    out: String,
    style: Style,
    width: usize,
}

impl Page {
    pub(super) fn new(style: Style, width: usize) -> Self {
        Self { out: String::new(), style, width: width.max(40) }
    }

    pub(super) fn title(&mut self, text: &str) {
        self.line(0, text, BOLD);
    }

    /// A line of a list, wrapped beside its sign.
    pub(super) fn item(&mut self, indent: usize, sign: &str, text: &str) {
        let _ = write!(self.out, "{:indent$}", "");
        let code = if sign.trim() == "!" { RED } else { DIM };
        self.paint(sign, code);
        let column = indent + sign.chars().count();
        let rest = if sign.is_empty() { column + 4 } else { column };
        self.wrapped_from(column, rest, &clean(text), "");
    }

    pub(super) fn into_text(self) -> String {
        self.out
    }

    fn blank(&mut self) {
        self.out.push('\n');
    }

    fn heading(&mut self, text: &str) {
        self.blank();
        self.line(0, text, BOLD);
    }

    fn line(&mut self, indent: usize, text: &str, code: &str) {
        self.wrapped(indent, indent, &clean(text), code);
    }

    /// A label with a text that wraps beside it.
    fn hanging(&mut self, indent: usize, label: &str, text: &str, code: &str) {
        let label = clean_label(label);
        let _ = write!(self.out, "{:indent$}", "");
        self.paint(&label, code);
        let column = indent + label.chars().count();
        self.wrapped_from(column, column, &clean(text), "");
    }

    fn cause(&mut self, place: usize, cause: &CauseView) {
        self.hanging(2, &format!("{place}. {:>5}  ", cause.probability), &cause.title, BOLD);
        if !cause.details.is_empty() {
            self.line(12, &cause.details.join("; "), DIM);
        }
        self.evidence(&cause.evidence_for, GREEN);
        self.evidence(&cause.evidence_against, RED);
        if !cause.path.is_empty() {
            self.line(12, &format!("path: {}", cause.path.join("  ->  ")), "");
        }
        if let Some(remediation) = &cause.remediation {
            self.line(12, &format!("what would help: {remediation}"), "");
        }
        self.blank();
    }

    fn evidence(&mut self, evidence: &[EvidenceView], code: &str) {
        for piece in evidence {
            self.hanging(12, &format!("{:>5}  ", piece.weight), &piece.statement, code);
        }
    }

    fn paint(&mut self, text: &str, code: &str) {
        if self.style == Style::Plain || code.is_empty() {
            self.out.push_str(text);
        } else {
            let _ = write!(self.out, "\u{1b}[{code}m{text}\u{1b}[0m");
        }
    }

    fn wrapped(&mut self, first: usize, rest: usize, text: &str, code: &str) {
        let _ = write!(self.out, "{:first$}", "");
        self.wrapped_from(first, rest, text, code);
    }

    /// Writes words from `column` on; further lines start at `rest`.
    fn wrapped_from(&mut self, mut column: usize, rest: usize, text: &str, code: &str) {
        let mut line = String::new();
        let mut used = column;
        for word in text.split(' ') {
            let length = word.chars().count();
            if used > column && used + 1 + length > self.width {
                self.paint(&line, code);
                let _ = write!(self.out, "\n{:rest$}", "");
                line.clear();
                column = rest;
                used = rest;
            }
            if used > column {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += length;
        }
        self.paint(&line, code);
        self.out.push('\n');
    }
}

/// Control characters from logs and commits must not reach the terminal.
fn clean(text: &str) -> String {
    text.split_whitespace().map(clean_label).collect::<Vec<_>>().join(" ")
}

fn clean_label(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
