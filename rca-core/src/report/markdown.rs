//! The writer for wikis and tickets.

use std::fmt::Write as _;

use crate::report::view::{CauseView, EvidenceView, View};

/// The report as Markdown (CommonMark with tables).
#[must_use]
pub fn markdown(view: &View) -> String {
    let mut out = String::new();
    let title = if view.symptom.is_empty() { "Root cause analysis" } else { &view.symptom };
    let _ = writeln!(out, "# {}\n\n**{}**\n", escape(title), escape(&view.headline));
    for (label, value) in &view.facts {
        let _ = writeln!(out, "- {label}: {}", escape(value));
    }
    if !view.causes.is_empty() {
        let _ = writeln!(out, "\n## Causes\n");
        for (place, cause) in view.causes.iter().enumerate() {
            write_cause(&mut out, place + 1, cause);
        }
        let _ = writeln!(out, "{}", escape(&view.none_of_these));
    }
    if !view.ruled_out.is_empty() {
        let _ = writeln!(out, "\n## Ruled out\n");
        for cleared in &view.ruled_out {
            let _ = writeln!(out, "- {}", escape(&cleared.title));
            for reason in &cleared.reasons {
                let _ = writeln!(out, "  - {}", escape(reason));
            }
        }
    }
    if !view.timeline.is_empty() {
        let _ = writeln!(out, "\n## Timeline\n\n| time | where | what |\n|---|---|---|");
        for entry in &view.timeline {
            let _ = writeln!(
                out,
                "| {} | {} | {} |",
                entry.time,
                escape(&entry.place),
                escape(&entry.what)
            );
        }
    }
    if !view.inputs.is_empty() {
        let _ = writeln!(out, "\n## What was read\n");
        for line in &view.inputs {
            let _ = writeln!(out, "- {}", escape(line));
        }
    }
    out
}

fn write_cause(out: &mut String, place: usize, cause: &CauseView) {
    let _ = writeln!(out, "### {place}. {} ({})\n", escape(&cause.title), cause.probability);
    if !cause.details.is_empty() {
        let _ = writeln!(out, "{}\n", escape(&cause.details.join("; ")));
    }
    write_evidence(out, "Speaks for it", &cause.evidence_for);
    write_evidence(out, "Speaks against it", &cause.evidence_against);
    if !cause.path.is_empty() {
        let _ = writeln!(out, "From cause to symptom:\n");
        for (step, text) in cause.path.iter().enumerate() {
            let _ = writeln!(out, "{}. {}", step + 1, escape(text));
        }
        out.push('\n');
    }
    if let Some(remediation) = &cause.remediation {
        let _ = writeln!(out, "What would help: {}\n", escape(remediation));
    }
}

fn write_evidence(out: &mut String, heading: &str, evidence: &[EvidenceView]) {
    if evidence.is_empty() {
        return;
    }
    let _ = writeln!(out, "{heading}:\n");
    for piece in evidence {
        let _ = writeln!(out, "- {} ({})", escape(&piece.statement), piece.weight);
    }
    out.push('\n');
}

/// Text from logs and commits must not become markup.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' => {
                escaped.push('\\');
                escaped.push(character);
            }
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}
