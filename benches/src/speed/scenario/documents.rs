//! What people get to read: the page and the PDF of an incident with many events.

use std::path::Path;

use rca_core::connectors::{Limits, bundle, unobserved};
use rca_core::report::canvas::{Canvas, Subject};
use rca_core::report::{html, pdf};
use rca_core::{Incident, analyze};

use crate::speed::clock::{Cost, measure, median};
use crate::speed::data::events::events_within;
use crate::speed::row::{Goal, Row, both};
use crate::speed::{Bench, Result};

/// All lines about documents.
///
/// # Errors
///
/// When the recorded incident can't be read, or a document can't be written.
pub fn all(bench: &Bench) -> Result<Vec<Row>> {
    let page = |canvas: &Canvas| Ok(html(canvas)?.into_bytes());
    let paper = |canvas: &Canvas| Ok(pdf(canvas)?);
    Ok(vec![
        document(bench, "page", bench.scaled(10_000, 200), 1.0, &page)?,
        document(bench, "PDF", bench.scaled(1_000, 100), 5.0, &paper)?,
    ])
}

type Writer<'a> = &'a dyn Fn(&Canvas) -> Result<Vec<u8>>;

/// From the analysed incident to the bytes of the document.
fn document(bench: &Bench, name: &str, count: usize, most: f64, write: Writer<'_>) -> Result<Row> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/incidents/copper-heron");
    let batch = bundle::read(&folder, &Limits::default(), &unobserved)?;
    let analysis = analyze(&Incident::from(&batch));
    let mut events = batch.events;
    let more = count.saturating_sub(events.len());
    events.extend(events_within(analysis.window, more)?);
    let subject =
        Subject { analysis: &analysis, events: &events, telemetry: &batch.telemetry, case: None };
    let once = || measure(|| write(&Canvas::of(&subject)));
    let (mut costs, mut bytes) = (Vec::<Cost>::new(), 0);
    for _ in 0..bench.rounds.max(3) {
        let (cost, document) = once()?;
        costs.push(cost);
        bytes = document.len();
    }
    let cost = median(&costs);
    Ok(Row {
        work: format!("{name} of {count} events, {:.1} MB (seconds)", bytes as f64 / 1e6),
        peer: "-".to_owned(),
        ours: both(cost),
        theirs: "-".to_owned(),
        value: Some(cost.wall),
        goal: Goal::AtMost(most),
    })
}
