//! What all investigations and events say together: figures, each a table and a chart.

mod drawn;

use chrono::{DateTime, Duration, Utc};
use rca_core::analytics::{
    By, ByEntity, CaseFilter, Counts, Durations, Measure, Period, Recurrence, Tally, Timeline,
};
use rca_core::model::Impact;
use rca_core::{Error, Result, Workspace};
use serde::Deserialize;
use serde_json::{Value, json};

pub use drawn::Drawn;

use crate::events::range;
use crate::parsed;

/// Which investigations count: detected from `start` up to `end`, this bad or worse.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Cases {
    start: Option<DateTime<Utc>>,
    end: Option<DateTime<Utc>>,
    impact_at_least: Option<Impact>,
    component: Option<String>,
    service: Option<String>,
    mechanism: Option<String>,
}

impl Cases {
    fn filter(self) -> Result<CaseFilter> {
        Ok(CaseFilter {
            detected: range(self.start, self.end)?,
            impact_at_least: self.impact_at_least,
            component: self.component,
            service: self.service,
            mechanism: self.mechanism,
        })
    }
}

/// A figure that is asked for.
#[derive(Deserialize)]
#[serde(tag = "figure", rename_all = "snake_case", deny_unknown_fields)]
enum Wanted {
    /// How long it takes to `detect`, `acknowledge`, `resolve`, `restore`.
    Durations {
        measure: String,
        #[serde(default)]
        by: Vec<String>,
        #[serde(default)]
        cases: Cases,
    },
    /// How many there are.
    Tally {
        #[serde(default)]
        by: Vec<String>,
        #[serde(default)]
        most_frequent_first: bool,
        #[serde(default)]
        cases: Cases,
    },
    /// What came, went and stayed.
    Timeline {
        period: String,
        #[serde(default)]
        cases: Cases,
    },
    /// What came back.
    Recurrence {
        within_seconds: f64,
        #[serde(default)]
        cases: Cases,
    },
    /// Which deploys failed, of those from `start` up to `end`.
    ChangeFailures {
        #[serde(default)]
        by_entity: bool,
        period: Option<String>,
        start: Option<DateTime<Utc>>,
        end: Option<DateTime<Utc>>,
    },
    /// How many events each source gave, from `start` up to `end`.
    EventsBySource {
        bucket_seconds: Option<f64>,
        start: Option<DateTime<Utc>>,
        end: Option<DateTime<Utc>>,
    },
}

fn by(names: &[String]) -> Result<Vec<By>> {
    let one = |name: &String| {
        Ok(match name.as_str() {
            "severity" => By::Impact,
            "component" => By::Component,
            "service" => By::Service,
            "mechanism" => By::Mechanism,
            other => By::Period(named(
                other,
                "by",
                PERIODS,
                Some("severity, component, service, mechanism"),
            )?),
        })
    };
    names.iter().map(one).collect()
}

const PERIODS: &[(&str, Period)] = &[
    ("day", Period::Day),
    ("week", Period::Week),
    ("month", Period::Month),
    ("quarter", Period::Quarter),
];

const MEASURES: &[(&str, Measure)] = &[
    ("detect", Measure::Detect),
    ("acknowledge", Measure::Acknowledge),
    ("resolve", Measure::Resolve),
    ("restore", Measure::Restore),
];

/// The word of a value.
fn name_of<T: PartialEq>(value: T, words: &[(&str, T)]) -> String {
    words.iter().find(|(_, one)| *one == value).map_or("", |(name, _)| *name).to_owned()
}

/// A word of a list; `others` are words that are legal besides.
fn named<T: Copy>(
    word: &str,
    field: &'static str,
    words: &[(&str, T)],
    others: Option<&str>,
) -> Result<T> {
    let found = words.iter().find(|(name, _)| *name == word).map(|(_, value)| *value);
    found.ok_or_else(|| {
        let names = words.iter().map(|(name, _)| *name);
        let legal: Vec<&str> = others.into_iter().chain(names).collect();
        Error::value(field, format!("{word:?} is none of {}", legal.join(", ")))
    })
}

fn period(word: &str) -> Result<Period> {
    named(word, "period", PERIODS, None)
}

/// A length of time.
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`] for numbers that are none, or longer than 290 years.
pub fn seconds(field: &'static str, seconds: f64) -> Result<Duration> {
    let long = std::time::Duration::try_from_secs_f64(seconds).ok();
    let long = long.and_then(|long| Duration::from_std(long).ok());
    long.filter(|long| long.num_nanoseconds().is_some())
        .ok_or_else(|| Error::value(field, format!("{seconds} is no length of time")))
}

/// The figure that a document asks for.
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`] for words that are none; else as [`Workspace::case_table`] and
/// [`Workspace::counts`].
pub fn figure(workspace: &Workspace, wanted: &str) -> Result<Drawn> {
    Ok(match parsed("figure", wanted)? {
        Wanted::Durations { measure, by: names, cases } => {
            let measure = named(&measure, "measure", MEASURES, None)?;
            let found = workspace.durations(measure, &by(&names)?, &cases.filter()?)?;
            Drawn::of(durations(&found), &found)
        }
        Wanted::Tally { by: names, most_frequent_first, cases } => {
            let found = workspace.tally(&by(&names)?, &cases.filter()?)?;
            let found = if most_frequent_first { found.most_frequent_first() } else { found };
            Drawn::of(tally(&found), &found)
        }
        Wanted::Timeline { period: word, cases } => {
            let found = workspace.timeline(period(&word)?, &cases.filter()?)?;
            Drawn::of(timeline(&found), &found)
        }
        Wanted::Recurrence { within_seconds, cases } => {
            let within = seconds("within_seconds", within_seconds)?;
            let found = workspace.recurrence(within, &cases.filter()?)?;
            Drawn::of(recurrence(&found), &found)
        }
        Wanted::ChangeFailures { by_entity, period: word, start, end } => {
            let by_entity = if by_entity { ByEntity::Yes } else { ByEntity::No };
            let period = word.as_deref().map(period).transpose()?;
            let found = workspace.change_failures(range(start, end)?, by_entity, period)?;
            let group = |values: &[String], deploys: u64, failed: u64, rate: Option<f64>| json!({"values": values, "deploys": deploys, "failed": failed, "rate": rate});
            let groups: Vec<Value> = found
                .groups
                .iter()
                .map(|one| group(&one.values, one.deploys, one.failed, one.rate()))
                .collect();
            let whole = found.total();
            let fields = json!({
                "by": found.by,
                "groups": groups,
                "total": group(&whole.values, whole.deploys, whole.failed, whole.rate()),
                "uncounted": found.uncounted,
            });
            Drawn::of(fields, &found)
        }
        Wanted::EventsBySource { bucket_seconds, start, end } => {
            let bucket = bucket_seconds.map(|long| seconds("bucket_seconds", long)).transpose()?;
            let found = workspace.events_by_source(range(start, end)?, bucket)?;
            Drawn::of(counted(&found), &found)
        }
    })
}

fn whole_seconds(long: Option<Duration>) -> Option<f64> {
    long.map(|long| long.as_seconds_f64())
}

fn durations(found: &Durations) -> Value {
    let groups: Vec<Value> = found
        .groups
        .iter()
        .map(|group| {
            json!({
                "values": group.values,
                "over": group.over,
                "open": group.open,
                "excluded": {
                    "no_beginning": group.excluded.no_beginning,
                    "never": group.excluded.never,
                    "backwards": group.excluded.backwards,
                },
                "mean_seconds": whole_seconds(group.mean),
                "mean_is_at_least": group.mean_is_at_least,
                "median_seconds": whole_seconds(group.median),
                "p90_seconds": whole_seconds(group.p90),
            })
        })
        .collect();
    let by: Vec<&str> = found.by.iter().map(|by| by.as_str()).collect();
    json!({"measure": name_of(found.measure, MEASURES), "by": by, "groups": groups})
}

fn tally(found: &Tally) -> Value {
    let groups: Vec<Value> = found
        .groups
        .iter()
        .map(|group| json!({"values": group.values, "count": group.count, "open": group.open}))
        .collect();
    let by: Vec<&str> = found.by.iter().map(|by| by.as_str()).collect();
    json!({"by": by, "total": found.total, "groups": groups})
}

fn timeline(found: &Timeline) -> Value {
    let periods: Vec<Value> = found
        .periods
        .iter()
        .map(|one| {
            json!({
                "start": one.start,
                "label": one.label,
                "detected": one.detected,
                "resolved": one.resolved,
                "open": one.open,
            })
        })
        .collect();
    json!({
        "period": found.period.as_str(),
        "periods": periods,
        "closed_unresolved": found.closed_unresolved,
        "backwards": found.backwards,
    })
}

fn recurrence(found: &Recurrence) -> Value {
    let groups: Vec<Value> = found
        .groups
        .iter()
        .map(|group| {
            json!({
                "component": group.component,
                "mechanism": group.mechanism,
                "cases": group.cases,
                "repeats": group.repeats,
                "shortest_seconds": group.shortest.as_seconds_f64(),
                "mean_seconds": group.mean.as_seconds_f64(),
            })
        })
        .collect();
    json!({
        "within_seconds": found.within.as_seconds_f64(),
        "known": found.known,
        "unknown": found.unknown,
        "repeats": found.repeats,
        "rate": found.rate(),
        "groups": groups,
    })
}

/// Counts of events by groups.
#[must_use]
pub fn counted(counts: &Counts) -> Value {
    let groups: Vec<Value> = counts
        .groups
        .iter()
        .map(|group| json!({"bucket": group.bucket, "values": group.values, "count": group.count}))
        .collect();
    json!({"total": counts.total, "groups": groups})
}
