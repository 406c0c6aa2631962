use proptest::prelude::*;

use super::*;
use crate::model::{Entity, Investigation, Note, Severity, Source, Status};
use crate::model::{Event, Evidence, EvidenceKind, TimelineEntry};
use crate::report::canvas::{Canvas, SeriesView, Subject};
use crate::report::tests::{analysis, at};
use crate::signal::Telemetry;

/// The canvas of an incident with so many events, metrics, and everything that people may write.
fn canvas(events: usize, hostile: &str) -> Canvas {
    let mut analysis = analysis();
    let event = |place: usize| {
        let sources =
            [Source::Metrics, Source::Logs, Source::Deploy, Source::Alert, Source::Manual];
        let severity = Severity::ALL[place % 5];
        let time = at(0) + chrono::Duration::seconds(3600 * place as i64 / events.max(1) as i64);
        let title = format!("queue of the export worker grew for the {place}. time {hostile}");
        let source = sources[place % 7 % 5].clone();
        let builder = Event::builder(time, source, "shift", &title).with_severity(severity);
        builder.with_entity(Entity::service("ledger")).with_source_id(place.to_string()).build()
    };
    let events: Vec<Event> = (0..events).filter_map(|place| event(place).ok()).collect();
    for (weight, statement) in
        [(1.4, "the deploy began 4 min 10 s before the first sign"), (0.6, hostile)]
    {
        let evidence = Evidence {
            kind: EvidenceKind::Diff,
            statement: statement.to_owned(),
            weight,
            before: None,
            after: None,
            time: None,
            events: Vec::new(),
        };
        analysis.causes[0].evidence_for.push(evidence.clone());
        analysis.causes[0].evidence_against.push(evidence);
    }
    for minute in 25..40 {
        analysis.timeline.push(TimelineEntry {
            time: at(minute),
            entity: (minute % 3 > 0).then(|| Entity::service("ledger")),
            what: format!("errors of checkout went from 0.2 % to {minute} % {hostile}"),
            event: None,
        });
    }
    let mut unlikely = analysis.causes[0].clone();
    unlikely.probability = crate::model::Probability::try_from(0.004).unwrap();
    unlikely.title = format!("a refactoring of the ledger {hostile}");
    analysis.causes.extend([unlikely.clone(), unlikely]);
    let window = analysis.window;
    let mut case = Investigation::builder("Payments are slow since the pool was cut", window)
        .with_description(format!("Customers waited up to a minute for a receipt.\n{hostile}"))
        .with_detected_at(at(34))
        .with_assigned_to("ana")
        .with_tag("payments")
        .build(at(61), b"")
        .unwrap();
    case.set_status(Status::InProgress, at(35)).unwrap();
    case.set_status(Status::Resolved, at(55)).unwrap();
    case.set_root_cause(Some("A default of the connection pool was lowered.".to_owned())).unwrap();
    for text in ["went well: the rollback took two minutes", "action: alert on waits", hostile] {
        case.notes.extend(Note::new(at(50), Some("ben".to_owned()), text.to_owned(), None));
    }
    let mut canvas = Canvas::of(&Subject {
        analysis: &analysis,
        events: &events,
        telemetry: &Telemetry::default(),
        case: Some(&case),
    });
    for (place, metric) in
        ["pool_wait_seconds", "requests_per_second", "memory", hostile].iter().enumerate()
    {
        canvas.series.push(SeriesView {
            entity: Entity::service("ledger"),
            metric: (*metric).to_owned(),
            times: (0..60).map(|minute| at(minute).timestamp_millis()).collect(),
            values: (0..60)
                .map(|minute| {
                    let wave = f64::from(minute * 7 % 5) * 0.1;
                    let step = if minute > 30 { 10_f64.powi(place as i32 * 3) } else { 0.0 };
                    wave + step
                })
                .collect(),
            samples: 60,
            onset: None,
            direction: None,
            before: Some(0.2),
            after: Some(10_f64.powi(place as i32 * 3)),
            event: None,
        });
    }
    canvas
}

const WORDS: &str = "then 東京 and שלום עולם and مرحبا, 🔥 a\u{7}b → c averyveryverylongwordwithoutanyplacetobreakitinto/pieces/that/fit/\
                     on/a/line/of/this/document/and/still/going/on/and/on/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

#[test]
fn the_same_report_has_the_same_bytes_unless_a_time_is_said() {
    let canvas = canvas(20, "");
    let bytes = pdf(&canvas).unwrap();
    assert!(bytes.starts_with(b"%PDF-1.7"));
    assert_eq!(bytes, pdf(&canvas).unwrap());
    assert_ne!(bytes, pdf_at(&canvas, at(99)).unwrap());
}

#[test]
fn a_report_of_nothing_is_a_report() {
    let mut empty = canvas(0, "");
    empty.analysis.causes.clear();
    empty.analysis.timeline.clear();
    empty.analysis.ruled_out.clear();
    empty.series.clear();
    empty.notes.clear();
    empty.case = crate::report::canvas::Case::default();
    assert!(pdf(&empty).unwrap().starts_with(b"%PDF"));
}

#[test]
fn values_that_are_no_numbers_are_not_drawn() {
    let mut odd = canvas(3, "");
    odd.series[0].values[3] = f64::NAN;
    odd.series[1].values.fill(f64::INFINITY);
    odd.series[2].values.fill(-1e300);
    odd.series[3].times.clear();
    assert!(pdf(&odd).is_ok());
}

#[test]
fn lines_keep_to_the_width_and_what_is_cut_shows_it() {
    let fonts = fonts::Fonts::load().unwrap();
    let style = text::Style::BODY;
    let lines = text::wrap(&fonts, style, WORDS, 120.0, 9);
    assert!(
        lines.iter().all(|line| fonts.width(style.face, style.size, line) <= 120.5),
        "{lines:?}"
    );
    let cut = text::wrap(&fonts, style, &"word ".repeat(5000), 120.0, 9);
    assert_eq!(cut.len(), 9);
    assert!(cut[8].ends_with('…'), "{cut:?}");
}

#[test]
fn characters_without_a_shape_are_shown_as_missing() {
    let fonts = fonts::Fonts::load().unwrap();
    assert_eq!(fonts.drawable("a\u{1b}b \u{202e}東 é→"), "a b \u{fffd} é→");
    let faces: Vec<_> =
        fonts.runs(fonts::Face::Regular, "é → ש").iter().map(|run| run.face).collect();
    assert!(faces.len() > 1, "{faces:?}");
    // Only the regular face has it.
    assert_eq!(fonts.runs(fonts::Face::Bold, "Ѥ")[0].face, fonts::Face::Regular);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn no_text_breaks_the_document(text in "\\PC{0,40}|[\\x00-\\x1f\u{590}-\u{6ff}\u{fe00}-\u{feff}\u{1f300}-\u{1faff}]{0,40}|[a-z]{400}") {
        let written = made(&canvas(3, &text), None, Access::Required);
        prop_assert!(written.is_ok(), "{:?}", written.err());
    }
}

/// For a look at the pages, and for the checks of other programs: `RCA_PDF` is a folder.
#[test]
#[ignore = "writes files for other programs"]
fn documents_for_other_programs() {
    let folder = std::path::PathBuf::from(std::env::var_os("RCA_PDF").unwrap());
    std::fs::create_dir_all(&folder).unwrap();
    for (name, events, hostile) in
        [("plain", 60, ""), ("hostile", 40, WORDS), ("thousand", 1_000, "")]
    {
        let canvas = canvas(events, hostile);
        let begun = std::time::Instant::now();
        let bytes = made(&canvas, None, Access::Required).unwrap();
        let note = format!("{events} events: {:?}, {} bytes\n", begun.elapsed(), bytes.len());
        std::fs::write(folder.join(format!("{name}.txt")), note).unwrap();
        std::fs::write(folder.join(format!("{name}.pdf")), bytes).unwrap();
    }
}
