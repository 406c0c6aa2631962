//! Does it stay quiet when nothing is wrong? Windows without a fault must end in "nothing to blame".
//!
//! The windows come from the sets, by what people on call would know:
//!
//! - frozen incidents, from the first sample to a minute before the first deploy or flag change within the
//!   recording; what was committed and deployed before is there to tempt
//! - recordings of normal microservices, cut into pieces, and the time before each injection (traces and logs only:
//!   the metrics before one injection hold the ones before it). An alarm comes two minutes after the
//!   injection at most
//! - normal operation of the metrics-only system in pieces of two hours, with the rest as reference
//!
//! None has an alert or a symptom. An answer that blames without any alert is a false alarm. So that silence is not
//! all there is to it, the incidents themselves are judged without their alerts as well, and should not end so.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::{DateTime, Duration, Utc};
use rca_core::model::{Source, Verdict};
use rca_core::rank::Options;
use rca_core::signal::{MetricFrame, Telemetry};
use rca_core::time::{TimeRange, from_nanos};

use crate::accuracy::case::Case;
use crate::accuracy::incidents::{Incidents, Set, each};
use crate::accuracy::{Result, table};

/// An alarm of an injected fault comes at most this long after the injection.
const ALARM_DELAY: Duration = Duration::seconds(120);
/// Before the first change that could have done it.
const MARGIN: Duration = Duration::minutes(1);
/// Pieces of a recording of normal operation, and of a normal day.
const PIECES: i32 = 4;
const PIECE: Duration = Duration::hours(2);

/// The incidents themselves, without their alerts.
const FAULTY: &str = "incidents without their alerts";

/// A window without an alert.
struct Quiet {
    kind: &'static str,
    name: String,
    case: Case,
}

/// Quiet verdicts by kind of window, and what was said in the others.
pub fn run(data: &Path) -> Result<String> {
    let incidents = Incidents::read(data, &Set::MEASURED)?;
    let found = each("cutting", incidents.list.len(), |index| {
        let incident = incidents.list.get(index).ok_or("no such incident")?;
        let case = incidents.case(incident)?;
        let name = incident.id.clone();
        let unalarmed = quiet(case.clone(), case.window.start, case.window.end)?;
        let unalarmed = unalarmed.map(|case| Quiet { kind: FAULTY, name, case });
        let mut windows: Vec<Quiet> = unalarmed.into_iter().collect();
        windows.extend(match incident.set {
            Set::Rootcausebench => before_any_change(&incident.id, case)?,
            Set::Nezha => before_injection(&incident.id, case)?,
            _ => Vec::new(),
        });
        Ok(windows)
    })?;
    let mut windows: Vec<Quiet> = found.into_iter().flatten().collect();
    // One recording of normal operation serves many incidents.
    let mut seen = Vec::new();
    for incident in incidents.list.iter().filter(|i| i.set != Set::Rootcausebench) {
        let case = incidents.case(incident)?;
        let Some(reference) = case.reference.clone() else { continue };
        let span = times(&reference);
        if span.is_some_and(|span| !seen.contains(&span)) {
            seen.extend(span);
            windows.extend(pieces(&incident.group, incident.set, case, reference)?);
        }
    }
    let verdicts = each("judging", windows.len(), |index| {
        let window = windows.get(index).ok_or("no such window")?;
        judge(window)
    })?;
    Ok(tell(&windows, &verdicts))
}

/// The verdict, and what gave cause for alarm.
fn judge(window: &Quiet) -> Result<(Verdict, String)> {
    let detected = window.case.clone().detect()?;
    let analysis = detected.rank(&Options::default());
    let first = analysis.onset.map(|onset| onset.first_signal).unwrap_or_default();
    Ok((analysis.verdict, first))
}

fn tell(windows: &[Quiet], verdicts: &[(Verdict, String)]) -> String {
    let kinds: BTreeSet<&str> = windows.iter().map(|window| window.kind).collect();
    let mut rows =
        vec![["kind", "windows", "nothing to blame", "share"].map(str::to_owned).to_vec()];
    let is_quiet = |verdict: &Verdict| *verdict == Verdict::NothingToBlame;
    let mut row = |name: &str, of: &dyn Fn(&Quiet) -> bool| {
        let own = || windows.iter().zip(verdicts).filter(|(window, _)| of(window));
        let (all, quiet) = (own().count(), own().filter(|(_, v)| is_quiet(&v.0)).count());
        let share = format!("{:.2}", quiet as f64 / all.max(1) as f64);
        rows.push(vec![name.to_owned(), all.to_string(), quiet.to_string(), share]);
    };
    for kind in kinds.iter().filter(|kind| **kind != FAULTY) {
        row(kind, &|window| window.kind == *kind);
    }
    row("all without a fault", &|window| window.kind != FAULTY);
    row(FAULTY, &|window| window.kind == FAULTY);
    let mut text = table::markdown(&rows);
    let wrong = |window: &Quiet, verdict| is_quiet(verdict) == (window.kind == FAULTY);
    for (window, (verdict, first)) in windows.iter().zip(verdicts).filter(|(w, v)| wrong(w, &v.0)) {
        crate::accuracy::incidents::say(&format!("{}: {verdict:?}: {first}", window.name));
    }
    text.push('\n');
    text
}

/// Without alert, alarm and symptom, and nothing from after the window.
fn quiet(mut case: Case, start: DateTime<Utc>, end: DateTime<Utc>) -> Result<Option<Case>> {
    if end <= start {
        return Ok(None);
    }
    case.window = TimeRange::new(start, end)?;
    case.events.retain(|event| *event.source() != Source::Alert && event.timestamp() < end);
    case.alarm = None;
    case.symptom.clear();
    Ok(Some(case))
}

fn before_any_change(id: &str, case: Case) -> Result<Vec<Quiet>> {
    let start = case.window.start;
    let first = case
        .events
        .iter()
        .filter(|event| matches!(event.source(), Source::Deploy | Source::Flag | Source::Alert))
        .map(|event| event.timestamp())
        .filter(|time| *time > start)
        .min();
    let Some(first) = first else { return Ok(Vec::new()) };
    let case = quiet(case, start, first - MARGIN)?;
    let kind = "frozen incidents, before any change";
    Ok(case.map(|case| Quiet { kind, name: id.to_owned(), case }).into_iter().collect())
}

fn before_injection(id: &str, mut case: Case) -> Result<Vec<Quiet>> {
    case.telemetry.metrics = MetricFrame::default();
    case.reference = None;
    let (Some(alarm), Some((first, _))) = (case.alarm, times(&case.telemetry)) else {
        return Ok(Vec::new());
    };
    let case = quiet(case, from_nanos(first), alarm - ALARM_DELAY)?;
    let kind = "microservices, before an injection";
    Ok(case.map(|case| Quiet { kind, name: id.to_owned(), case }).into_iter().collect())
}

/// A recording of normal operation as windows of its own.
fn pieces(group: &str, set: Set, case: Case, normal: Telemetry) -> Result<Vec<Quiet>> {
    let Some((first, last)) = times(&normal) else { return Ok(Vec::new()) };
    let (first, last) = (from_nanos(first), from_nanos(last));
    let (kind, length) = if set == Set::Petshop {
        ("metrics only, normal operation", PIECE)
    } else {
        ("microservices, normal operation", (last - first) / PIECES)
    };
    let mut found = Vec::new();
    let mut start = first;
    while start + length <= last {
        let mut piece = Case::new(case.window);
        piece.telemetry.clone_from(&normal);
        if set == Set::Petshop {
            // The call graph; it is stamped with the start of an incident.
            piece.events.clone_from(&case.events);
            let metrics = without(&normal.metrics, start, start + length);
            piece.reference = Some(Telemetry { metrics, ..Telemetry::default() });
        }
        let name = format!("{group} {}", start.format("%F %T"));
        let piece = quiet(piece, start, start + length)?;
        found.extend(piece.map(|case| Quiet { kind, name, case }));
        start += length;
    }
    Ok(found)
}

/// The rest of a recording.
fn without(frame: &MetricFrame, start: DateTime<Utc>, end: DateTime<Utc>) -> MetricFrame {
    let mut rest = MetricFrame::default();
    for (entity, metric, series) in frame.iter() {
        for (time, value) in series.times.iter().zip(&series.values) {
            if !(start..end).contains(&from_nanos(*time)) {
                rest.push(entity, metric, *time, *value);
            }
        }
    }
    rest
}

/// The first and the last moment of a recording, in nanoseconds.
fn times(telemetry: &Telemetry) -> Option<(i64, i64)> {
    let metrics = telemetry.metrics.iter().flat_map(|(_, _, series)| series.times.iter().copied());
    let spans = telemetry.spans.iter().map(|span| span.start());
    let logs = telemetry.logs.iter().map(|record| record.time());
    let all = metrics.chain(spans).chain(logs).map(|time| (time, time));
    all.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}
