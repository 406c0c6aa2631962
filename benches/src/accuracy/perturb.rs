//! Does the answer hold when something changes that should not matter, and when something is missing?
//!
//! What should change nothing at all: the order of arrival, another hour, other names, other units. What a good
//! answer survives: gaps, innocent commits, one kind of signal less. The figure is the share of incidents whose
//! first answer is the same as without.

use std::path::Path;

use chrono::{DateTime, Duration, Utc};
use rca_core::model::{Entity, Event, Source, attribute};
use rca_core::rank::Options;
use rca_core::signal::{LogFrame, LogRecord, MetricFrame, Span, SpanFrame, Telemetry};
use rca_core::time::TimeRange;
use serde_json::Value;

use crate::accuracy::answer::Answer;
use crate::accuracy::case::Case;
use crate::accuracy::incidents::{Incidents, Set, each};
use crate::accuracy::{Result, table};

/// One way to change an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Order,
    Hour,
    Names,
    Units,
    Gaps,
    Innocents,
    NoMetrics,
    NoLogs,
    NoTraces,
}

impl Change {
    const ALL: [(Self, &'static str); 9] = [
        (Self::Order, "everything arrives in reverse order"),
        (Self::Hour, "all times moved by 37 days and 5 hours"),
        (Self::Names, "every service has another name"),
        (Self::Units, "metrics without a fixed scale in another unit (× 1000)"),
        (Self::Gaps, "every seventh sample and trace is missing, one value in twenty is no number"),
        (Self::Innocents, "ten more commits, docs and tests only"),
        (Self::NoMetrics, "no metrics"),
        (Self::NoLogs, "no logs"),
        (Self::NoTraces, "no traces"),
    ];
}

/// By how much clocks are moved.
const MOVED: Duration = Duration::hours(37 * 24 + 5);
const EVERY: usize = 7;
const NOT_A_NUMBER: usize = 20;

/// The table, by change and set.
pub fn run(data: &Path) -> Result<String> {
    let incidents = Incidents::read(data, &Set::MEASURED)?;
    let judged = each("perturbing", incidents.list.len(), |index| {
        let incident = incidents.list.get(index).ok_or("no such incident")?;
        let case = incidents.case(incident)?;
        let answer = |case: Case| -> Result<Answer> {
            Ok(Answer::of(incident, &case.detect()?.rank(&Options::default())))
        };
        let first = answer(case.clone())?.first;
        let names = names(&case);
        Change::ALL
            .iter()
            .map(|(change, _)| {
                let said = answer(changed(&case, *change, &names)?)?.first;
                let expected = match change {
                    Change::Names => renamed(&names, &first),
                    _ => first.clone(),
                };
                Ok(said == expected)
            })
            .collect::<Result<Vec<bool>>>()
    })?;
    let mut rows = vec![vec!["change".to_owned()]];
    for head in &mut rows {
        head.extend(Set::MEASURED.map(Set::name));
        head.push("all".to_owned());
    }
    for (place, (_, what)) in Change::ALL.iter().enumerate() {
        let mut row = vec![(*what).to_owned()];
        for set in Set::MEASURED.map(Some).into_iter().chain([None]) {
            let own = incidents.list.iter().zip(&judged);
            let own: Vec<bool> = own
                .filter(|(incident, _)| set.is_none_or(|set| set == incident.set))
                .filter_map(|(_, held)| held.get(place).copied())
                .collect();
            let held = own.iter().filter(|held| **held).count();
            row.push(format!("{:.2}", held as f64 / own.len().max(1) as f64));
        }
        rows.push(row);
    }
    Ok(table::markdown(&rows))
}

fn changed(case: &Case, change: Change, names: &[String]) -> Result<Case> {
    let mut case = case.clone();
    match change {
        Change::NoMetrics => {
            case.telemetry.metrics = MetricFrame::default();
            case.reference.iter_mut().for_each(|r| r.metrics = MetricFrame::default());
        }
        Change::NoLogs => {
            case.telemetry.logs = LogFrame::default();
            case.reference.iter_mut().for_each(|r| r.logs = LogFrame::default());
        }
        Change::NoTraces => {
            case.telemetry.spans = SpanFrame::default();
            case.reference.iter_mut().for_each(|r| r.spans = SpanFrame::default());
        }
        Change::Innocents => case.events.extend(innocents(case.window)?),
        Change::Order => {
            case.events.reverse();
            case.telemetry = rebuilt(&case.telemetry, change, names);
            case.reference = case.reference.map(|r| rebuilt(&r, change, names));
        }
        Change::Hour => {
            case.window = TimeRange::new(case.window.start + MOVED, case.window.end + MOVED)?;
            case.alarm = case.alarm.map(|alarm| alarm + MOVED);
            case.events = case.events.iter().map(later).collect::<Result<_>>()?;
            case.telemetry = rebuilt(&case.telemetry, change, names);
            case.reference = case.reference.map(|r| rebuilt(&r, change, names));
        }
        Change::Names => {
            case.events =
                case.events.iter().map(|e| renamed_event(e, names)).collect::<Result<_>>()?;
            case.symptom = renamed(names, &case.symptom);
            case.telemetry = rebuilt(&case.telemetry, change, names);
            case.reference = case.reference.map(|r| rebuilt(&r, change, names));
        }
        Change::Units | Change::Gaps => {
            case.telemetry = rebuilt(&case.telemetry, change, names);
            if change == Change::Units {
                case.reference = case.reference.map(|r| rebuilt(&r, change, names));
            }
        }
    }
    Ok(case)
}

/// The telemetry with one change, record by record.
fn rebuilt(old: &Telemetry, change: Change, names: &[String]) -> Telemetry {
    let moved = if change == Change::Hour { MOVED.num_nanoseconds().unwrap_or(0) } else { 0 };
    let name = |text: &str| match change {
        Change::Names => renamed(names, text),
        _ => text.to_owned(),
    };
    let kept = |place: usize| change != Change::Gaps || place % EVERY != 3;
    let in_order = |count: usize| {
        let reverse = change == Change::Order;
        (0..count).map(move |place| if reverse { count - 1 - place } else { place })
    };
    let mut new = Telemetry::default();
    let series: Vec<_> = old.metrics.iter().collect();
    for (entity, metric, series) in in_order(series.len()).filter_map(|place| series.get(place)) {
        let entity = Entity { name: name(&entity.name), ..(*entity).clone() };
        let scale = if change == Change::Units && has_free_scale(metric) { 1000.0 } else { 1.0 };
        for place in in_order(series.times.len()).filter(|place| kept(*place)) {
            let (Some(time), Some(value)) = (series.times.get(place), series.values.get(place))
            else {
                continue;
            };
            let lost = change == Change::Gaps && place % NOT_A_NUMBER == 5;
            let value = if lost { f64::NAN } else { value * scale };
            new.metrics.push(&entity, &name(metric), time + moved, value);
        }
    }
    // Traces are sampled as a whole, with what was logged in them.
    let sampled = |trace: &str| {
        change != Change::Gaps || trace.bytes().map(usize::from).sum::<usize>() % EVERY != 3
    };
    let spans: Vec<_> = old.spans.iter().filter(|span| sampled(span.trace())).collect();
    for span in in_order(spans.len()).filter_map(|place| spans.get(place)) {
        let attributes: Vec<(String, String)> =
            span.attributes().map(|(key, value)| (key.to_owned(), name(value))).collect();
        let attributes: Vec<(&str, &str)> =
            attributes.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        new.spans.push(&Span {
            trace: span.trace(),
            id: span.id(),
            parent: span.parent(),
            service: &name(span.service()),
            name: &name(span.name()),
            start: span.start() + moved,
            duration: span.duration(),
            status: span.status(),
            attributes: &attributes,
        });
    }
    let in_trace = |trace: Option<&str>| trace.is_none_or(sampled);
    let logs: Vec<_> = old.logs.iter().filter(|record| in_trace(record.trace())).collect();
    for log in in_order(logs.len()).filter_map(|place| logs.get(place)) {
        let attributes: Vec<(&str, &str)> = log.attributes().collect();
        new.logs.push(&LogRecord {
            time: log.time() + moved,
            service: &name(log.service()),
            severity: log.severity(),
            message: &name(log.message()),
            trace: log.trace(),
            span: log.span(),
            attributes: &attributes,
        });
    }
    new
}

/// Shares and percentages have a scale of their own.
fn has_free_scale(metric: &str) -> bool {
    let fixed =
        ["pct", "percent", "ratio", "rate", "availability", "utilization", "success", "share"];
    !fixed.iter().any(|word| metric.to_lowercase().contains(word))
}

/// All services, longest name first so that no name is cut by one that it holds.
fn names(case: &Case) -> Vec<String> {
    let telemetry = &case.telemetry;
    let mut names: Vec<String> = telemetry.metrics.entities().map(|e| e.name.clone()).collect();
    names.extend(telemetry.spans.iter().map(|span| span.service().to_owned()));
    names.extend(telemetry.logs.iter().map(|record| record.service().to_owned()));
    names.extend(case.events.iter().filter_map(|e| e.entity().map(|entity| entity.name.clone())));
    names.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    names.dedup();
    names
}

/// A text in which every service is called by another name that is as good.
fn renamed(names: &[String], text: &str) -> String {
    if !names.iter().any(|name| text.contains(name.as_str())) {
        return text.to_owned();
    }
    // Placeholders first: a new name may hold an old one.
    let mut text = text.to_owned();
    for (place, name) in names.iter().enumerate() {
        text = text.replace(name.as_str(), &format!("\u{1}{place}\u{2}"));
    }
    for place in 0..names.len() {
        text = text.replace(&format!("\u{1}{place}\u{2}"), &format!("unit{place}x"));
    }
    text
}

fn renamed_event(event: &Event, names: &[String]) -> Result<Event> {
    let mut value = serde_json::to_value(event)?;
    rename_all(&mut value, names);
    Ok(serde_json::from_value(value)?)
}

fn rename_all(value: &mut Value, names: &[String]) {
    match value {
        Value::String(text) => *text = renamed(names, text),
        Value::Array(values) => values.iter_mut().for_each(|value| rename_all(value, names)),
        Value::Object(fields) => fields.values_mut().for_each(|value| rename_all(value, names)),
        _ => {}
    }
}

/// The same event, later; times within its attributes move with it.
fn later(event: &Event) -> Result<Event> {
    let mut value = serde_json::to_value(event)?;
    move_all(&mut value);
    Ok(serde_json::from_value(value)?)
}

fn move_all(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Ok(time) = DateTime::parse_from_rfc3339(text) {
                *text = (time.with_timezone(&Utc) + MOVED).to_rfc3339();
            }
        }
        Value::Array(values) => values.iter_mut().for_each(move_all),
        Value::Object(fields) => fields.values_mut().for_each(move_all),
        _ => {}
    }
}

/// Commits that can't do harm, spread over the window.
fn innocents(window: TimeRange) -> Result<Vec<Event>> {
    (0..10_i32)
        .map(|number| {
            let time = window.start + window.duration() * number / 10;
            let (file, line) = if number % 2 == 0 {
                (format!("docs/chapter_{number}.md"), "a clearer sentence about releases")
            } else {
                (format!("tests/test_names_{number}.py"), "    assert spelled(\"colour\")")
            };
            let diff = format!("--- a/{file}\n+++ b/{file}\n@@ -1,1 +1,2 @@\n a\n+{line}\n");
            let sha = format!("{:040x}", 0xc0ffee_u64 + u64::try_from(number).unwrap_or(0));
            let event = Event::builder(time, Source::Git, "commit", "words only")
                .with_source_id(&sha)
                .with_attribute(attribute::COMMIT, sha.as_str())
                .with_attribute(attribute::FILES, vec![file])
                .with_attribute(attribute::DIFF, diff);
            Ok(event.build()?)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_within_names_are_told_apart() {
        let names = ["shop-cart".to_owned(), "shop".to_owned()];
        assert_eq!(renamed(&names, "shop-cart calls shop"), "unit0x calls unit1x");
        assert_eq!(renamed(&names, "nothing"), "nothing");
    }
}
