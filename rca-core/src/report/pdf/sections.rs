//! What the report tells, section by section.

use chrono::{DateTime, Utc};

use super::chart;
use super::fonts::Face;
use super::layout::{Kind, LEFT, Layout, Shape, WIDTH, part};
use super::table::Column;
use super::text::{ACCENT, GREY, PALE, Style};
use crate::model::Event;
use crate::report::canvas::{Canvas, SeriesView};
use crate::report::review::{NoteFact, ReviewFacts};
use crate::report::view::{CauseView, EvidenceView, moment};

/// A part of the document: its title, how much of it must stand below the title, and what draws it.
pub(super) struct Part {
    pub(super) title: &'static str,
    pub(super) room: f32,
    pub(super) draw: Draw,
}

/// The height of some lines.
const SOME: f32 = 68.0;

type Draw = fn(&mut Layout<'_>, &Matter<'_>);

/// What is told.
pub(super) struct Matter<'a> {
    pub(super) canvas: &'a Canvas,
    pub(super) facts: &'a ReviewFacts,
    pub(super) onset: Option<DateTime<Utc>>,
    /// Series that are drawn.
    pub(super) series: Vec<&'a SeriesView>,
}

/// Charts of metrics that moved, and of others where none did; the page for browsers has more.
const CHARTS: usize = 12;
const STILL: usize = 4;
/// Rows of the list of events.
const EVENTS: usize = 1_000;
/// Rows of the timeline and of the suspects that were cleared.
const ROWS: usize = 200;

impl<'a> Matter<'a> {
    pub(super) fn of(canvas: &'a Canvas, facts: &'a ReviewFacts) -> Self {
        let drawable = canvas.series.iter().filter(|series| {
            let finite = series.values.iter().filter(|value| value.is_finite()).count();
            finite > 1 && series.times.len() == series.values.len()
        });
        let (moved, still): (Vec<_>, Vec<_>) = drawable.partition(|series| moved(series));
        let series = if moved.is_empty() {
            still.into_iter().take(STILL)
        } else {
            moved.into_iter().take(CHARTS)
        };
        Self {
            canvas,
            facts,
            onset: canvas.analysis.onset.as_ref().map(|onset| onset.time),
            series: series.collect(),
        }
    }

    /// The parts that there is something to tell in.
    pub(super) fn parts(&self) -> Vec<Part> {
        let facts = self.facts;
        let reviewed = facts.root_cause.is_some()
            || facts.remediation.is_some()
            || facts.lessons_learned.is_some()
            || !facts.went_well.is_empty()
            || !facts.actions.is_empty()
            || !facts.factors.is_empty();
        let all: [(&'static str, bool, f32, Draw); 9] = [
            ("What happened", true, SOME, happened),
            ("Causes", true, SOME, causes),
            ("Ruled out", !facts.ruled_out.is_empty(), SOME, ruled_out),
            (
                "Timeline",
                !facts.timeline.is_empty() || !self.canvas.events.is_empty(),
                chart::TIMELINE,
                timeline,
            ),
            ("Metrics", !self.series.is_empty(), chart::METRICS, metrics),
            ("What people concluded", reviewed, SOME, concluded),
            (
                "Notes and hypotheses",
                !facts.notes.is_empty() || !facts.hypotheses.is_empty(),
                SOME,
                notes,
            ),
            ("What was read", !facts.inputs.is_empty(), SOME, inputs),
            ("All events", !self.canvas.events.is_empty(), SOME, events),
        ];
        all.into_iter()
            .filter(|(_, told, ..)| *told)
            .map(|(title, _, room, draw)| Part { title, room, draw })
            .collect()
    }
}

fn happened(layout: &mut Layout<'_>, matter: &Matter<'_>) {
    let facts = matter.facts;
    for line in facts.description.lines().filter(|line| !line.trim().is_empty()) {
        layout.paragraph(Style::BODY, line);
    }
    if !facts.symptom.is_empty() && facts.symptom != facts.title {
        layout.paragraph(Style::BODY, &format!("It looked like this: {}", facts.symptom));
    }
    let rows: Vec<(String, String)> =
        facts.facts.iter().map(|fact| (fact.label.clone(), fact.value.clone())).collect();
    layout.list(Style::BODY, &rows, 80.0);
    let impact = facts.impact.iter().map(said);
    layout.list(Style::BODY, &impact.collect::<Vec<_>>(), 14.0);
}

fn causes(layout: &mut Layout<'_>, matter: &Matter<'_>) {
    let analysis = &matter.canvas.analysis;
    if matter.facts.causes.is_empty() {
        layout.paragraph(Style::BODY, &matter.facts.headline);
    }
    let all = matter.facts.causes.iter().zip(&analysis.causes).enumerate();
    let (likely, unlikely): (Vec<_>, Vec<_>) =
        all.partition(|(place, (_, cause))| *place == 0 || cause.probability.value() >= 0.01);
    for (place, (told, cause)) in likely {
        layout.heading(&format!("{}. {}", place + 1, told.title));
        layout.bar(cause.probability.value(), &told.probability);
        cause_in_full(layout, told);
        layout.space(6.0);
    }
    if !unlikely.is_empty() {
        layout.heading("Less than 1 % each");
        let columns = [
            Column { title: "Suspect", part: 0.45, style: Style::SMALL },
            Column { title: "What is known of it", part: 0.55, style: Style::QUIET },
        ];
        let row = |(place, (told, _)): &(usize, (&CauseView, _))| {
            vec![format!("{}. {}", place + 1, told.title), told.details.join("; ")]
        };
        let rows: Vec<Vec<String>> = unlikely.iter().map(row).collect();
        layout.table("Suspects with a probability of less than 1 %", &columns, &rows);
    }
    if !matter.facts.causes.is_empty() {
        layout.heading("None of these");
        layout.bar(analysis.none_of_these.value(), &analysis.none_of_these.to_string());
        // The bar says the rest.
        if let Some((_, why)) = matter.facts.none_of_these.split_once(": ") {
            layout.paragraph(Style::BODY, why);
        }
    }
}

fn cause_in_full(layout: &mut Layout<'_>, cause: &CauseView) {
    if !cause.details.is_empty() {
        layout.paragraph(Style::QUIET, &cause.details.join("; "));
    }
    for (title, evidence) in
        [("Speaks for it", &cause.evidence_for), ("Speaks against it", &cause.evidence_against)]
    {
        if !evidence.is_empty() {
            layout.need(40.0);
            layout.paragraph(Style::STRONG, title);
            layout.list(Style::BODY, &evidence.iter().map(weighed).collect::<Vec<_>>(), 34.0);
        }
    }
    if !cause.path.is_empty() {
        layout.need(40.0);
        layout.paragraph(Style::STRONG, "From cause to symptom");
        let steps = cause.path.iter().enumerate();
        let steps = steps.map(|(step, text)| (format!("{}.", step + 1), text.clone()));
        layout.list(Style::BODY, &steps.collect::<Vec<_>>(), 34.0);
    }
    if let Some(remediation) = &cause.remediation {
        layout.paragraph(Style::BODY, &format!("What would help: {remediation}"));
    }
}

fn weighed(evidence: &EvidenceView) -> (String, String) {
    (evidence.weight.replace('-', "\u{2212}"), evidence.statement.clone())
}

fn ruled_out(layout: &mut Layout<'_>, matter: &Matter<'_>) {
    let columns = [
        Column { title: "Suspect", part: 0.45, style: Style::SMALL },
        Column { title: "Why it is innocent", part: 0.55, style: Style::SMALL },
    ];
    let all = &matter.facts.ruled_out;
    let rows: Vec<Vec<String>> = all
        .iter()
        .take(ROWS)
        .map(|cleared| vec![cleared.title.clone(), cleared.reasons.join("; ")])
        .collect();
    layout.table("Suspects that were ruled out and why", &columns, &rows);
    left_out(layout, all.len(), ROWS);
}

fn timeline(layout: &mut Layout<'_>, matter: &Matter<'_>) {
    layout.timeline_chart(matter.canvas, matter.onset);
    let columns = [
        Column { title: "Time (UTC)", part: 0.15, style: Style::QUIET },
        Column { title: "Where", part: 0.2, style: Style::SMALL },
        Column { title: "What", part: 0.65, style: Style::SMALL },
    ];
    let all = &matter.facts.timeline;
    let rows: Vec<Vec<String>> = all
        .iter()
        .take(ROWS)
        .map(|entry| {
            let time = entry.time.trim_end_matches(" UTC").to_owned();
            vec![time, entry.place.clone(), entry.what.clone()]
        })
        .collect();
    if !rows.is_empty() {
        layout.table("What happened when", &columns, &rows);
        left_out(layout, all.len(), ROWS);
    }
}

fn metrics(layout: &mut Layout<'_>, matter: &Matter<'_>) {
    let what = match matter.series.iter().any(|series| moved(series)) {
        true => "Metrics that moved.",
        false => "No metric moved clearly; some of them are shown.",
    };
    let line = if matter.onset.is_some() { " The dashed line is when it began." } else { "" };
    layout.paragraph(Style::QUIET, &format!("{what}{line}"));
    layout.metric_charts(&matter.series, matter.onset);
    let all = matter.canvas.series.len() as u64 + matter.canvas.omitted.series;
    left_out(layout, usize::try_from(all).unwrap_or(usize::MAX), matter.series.len());
}

fn moved(series: &SeriesView) -> bool {
    series.before.is_some() && series.after.is_some()
}

fn concluded(layout: &mut Layout<'_>, matter: &Matter<'_>) {
    let facts = matter.facts;
    for (title, text) in [
        ("Root cause", &facts.root_cause),
        ("What made it better", &facts.remediation),
        ("What to do differently", &facts.lessons_learned),
    ] {
        let Some(text) = text else { continue };
        layout.heading(title);
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            layout.paragraph(Style::BODY, line);
        }
    }
    for (title, list) in [
        ("Contributing factors", &facts.factors),
        ("What went well", &facts.went_well),
        ("Actions", &facts.actions),
    ] {
        if !list.is_empty() {
            layout.heading(title);
            layout.list(Style::BODY, &list.iter().map(said).collect::<Vec<_>>(), 14.0);
        }
    }
}

fn said(note: &NoteFact) -> (String, String) {
    let author = note.author.as_ref().map(|author| format!(" ({author})")).unwrap_or_default();
    ("•".to_owned(), format!("{}{author}", note.text))
}

fn notes(layout: &mut Layout<'_>, matter: &Matter<'_>) {
    if !matter.facts.hypotheses.is_empty() {
        layout.heading("Hypotheses");
        let told = matter.facts.hypotheses.iter().map(|h| (h.state.clone(), h.text.clone()));
        layout.list(Style::BODY, &told.collect::<Vec<_>>(), 64.0);
    }
    for note in &matter.facts.notes {
        layout.need(40.0);
        let author = note.author.as_ref().map(|name| format!(", {name}")).unwrap_or_default();
        layout.paragraph(Style::LABEL, &format!("{}{author}", note.time));
        for line in note.text.lines().filter(|line| !line.trim().is_empty()) {
            layout.paragraph(Style::BODY, line);
        }
    }
}

fn inputs(layout: &mut Layout<'_>, matter: &Matter<'_>) {
    let lines = matter.facts.inputs.iter().map(|line| ("•".to_owned(), line.clone()));
    layout.list(Style::BODY, &lines.collect::<Vec<_>>(), 14.0);
}

fn events(layout: &mut Layout<'_>, matter: &Matter<'_>) {
    let columns = [
        Column { title: "Time (UTC)", part: 0.21, style: Style::QUIET },
        Column { title: "Severity", part: 0.1, style: Style::QUIET },
        Column { title: "Source", part: 0.12, style: Style::QUIET },
        Column { title: "Where", part: 0.15, style: Style::QUIET },
        Column { title: "What", part: 0.42, style: Style { size: 8.5, ..Style::SMALL } },
    ];
    let canvas = matter.canvas;
    let rows: Vec<Vec<String>> = canvas.events.iter().take(EVENTS).map(row).collect();
    layout.table("All events by time", &columns, &rows);
    let all = canvas.events.len() as u64 + canvas.omitted.events;
    left_out(layout, usize::try_from(all).unwrap_or(usize::MAX), rows.len());
}

fn row(event: &Event) -> Vec<String> {
    vec![
        moment(event.timestamp()).trim_end_matches(" UTC").to_owned(),
        event.severity().to_string(),
        event.source().to_string(),
        event.entity().map(|entity| entity.name.clone()).unwrap_or_default(),
        event.title().to_owned(),
    ]
}

fn left_out(layout: &mut Layout<'_>, all: usize, shown: usize) {
    if all > shown {
        layout.paragraph(Style::QUIET, &format!("{} more are not shown here.", all - shown));
    }
}

impl Layout<'_> {
    /// A share of a whole as a bar with its number.
    fn bar(&mut self, share: f64, words: &str) {
        let width = 220.0;
        let (y, height) = (self.y + 4.0, 8.0);
        let node = self.leaf(Kind::Figure(format!("Probability: {words}")));
        self.draw(Some(node), Shape::Box { x: LEFT, y, width, height, colour: PALE });
        let filled = (width * part(share)).max(1.0);
        self.draw(Some(node), Shape::Box { x: LEFT, y, width: filled, height, colour: ACCENT });
        let style = Style { face: Face::Bold, size: 10.5, colour: GREY };
        let words = self.fitted(style, words, WIDTH - width - 10.0);
        self.text(node, LEFT + width + 8.0, y + 7.8, style, words);
        self.y += 18.0;
    }
}
