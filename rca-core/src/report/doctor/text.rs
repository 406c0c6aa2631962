//! The doctor's account for people.

use std::fmt::Write as _;

use super::joins::range;
use super::{Doctor, SourceReport};
use crate::report::markdown::escape;
use crate::report::terminal::{Page, Style};

/// Entities, reasons and renamed names that are listed; all are in the value.
const LISTED: usize = 5;

impl Doctor {
    /// The account as text, wrapped at `width` columns (at least 40).
    #[must_use]
    pub fn text(&self, style: Style, width: usize) -> String {
        let mut page = Page::new(style, width);
        page.title("Doctor");
        if !self.incident.is_empty() {
            page.item(2, "", &self.incident);
        }
        for source in &self.sources {
            source.write(&mut page);
        }
        for ignored in &self.ignored {
            page.item(2, "not read: ", ignored);
        }
        for (old, new) in self.renamed.iter().take(LISTED) {
            page.item(2, "", &format!("{old} is taken for {new}"));
        }
        if let Some(more) = self.renamed.len().checked_sub(LISTED).filter(|more| *more > 0) {
            page.item(2, "", &format!("and {more} more names"));
        }
        if self.problems.is_empty() {
            page.item(2, "", "nothing is missing that would be looked at");
        }
        for problem in &self.problems {
            page.item(2, "! ", &problem.what);
            page.item(4, "-> ", &problem.remedy);
        }
        page.into_text()
    }
}

impl Doctor {
    /// The account as a section of a Markdown report.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out = String::from("## Doctor\n\n");
        if !self.incident.is_empty() {
            let _ = writeln!(out, "{}\n", escape(&self.incident));
        }
        if !self.sources.is_empty() {
            out.push_str("| source | format | read | skipped | covers | about | redacted |\n|---|---|---|---|---|---|---|\n");
        }
        for source in &self.sources {
            let redacted: u64 = source.redacted.values().sum();
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} | {redacted} |",
                escape(&source.name),
                source.format,
                source.read,
                source.skipped,
                source.covers.map(range).unwrap_or_default(),
                escape(&some(&source.entities)),
            );
        }
        out.push('\n');
        let reasons = self.sources.iter().flat_map(|source| &source.reasons);
        for reason in reasons.take(4 * LISTED) {
            let _ = writeln!(out, "- skipped {}", escape(reason));
        }
        for ignored in &self.ignored {
            let _ = writeln!(out, "- not read: {}", escape(ignored));
        }
        for problem in &self.problems {
            let _ = writeln!(out, "- **{}**; {}", escape(&problem.what), escape(&problem.remedy));
        }
        out
    }
}

impl SourceReport {
    fn write(&self, page: &mut Page) {
        let mut facts = vec![format!("{} records", self.read)];
        facts.extend(self.covers.map(range));
        if !self.entities.is_empty() {
            facts.push(format!("about {}", some(&self.entities)));
        }
        page.item(2, "", &format!("{} ({}): {}", self.name, self.format, facts.join("; ")));
        if self.skipped > 0 {
            page.item(4, "", &format!("{} records skipped", self.skipped));
            for reason in self.reasons.iter().take(LISTED) {
                page.item(6, "", reason);
            }
            let more = self.skipped.saturating_sub(self.reasons.len().min(LISTED) as u64);
            if more > 0 {
                page.item(6, "", &format!("and {more} more"));
            }
        }
        if !self.redacted.is_empty() {
            let rules: Vec<String> =
                self.redacted.iter().map(|(rule, count)| format!("{rule} {count} x")).collect();
            page.item(4, "redacted: ", &rules.join(", "));
        }
        for (note, times) in &self.notes {
            page.item(4, "", &format!("{note} ({times} x)"));
        }
    }
}

fn some(names: &[String]) -> String {
    let listed: Vec<&str> = names.iter().map(String::as_str).take(LISTED).collect();
    match names.len().saturating_sub(LISTED) {
        0 => listed.join(", "),
        more => format!("{} and {more} more", listed.join(", ")),
    }
}

impl std::fmt::Display for Doctor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text(Style::Plain, 100))
    }
}
