//! What all investigations and events say together: figures, each a table and a chart.

use chrono::{DateTime, Duration, Utc};
use rca_core::analytics::{
    By, ByEntity, CaseFilter, Cell, Chart, ChartKind, Column, Counts, Durations, Figure, Measure,
    Period, Recurrence, Series, Table, Tally, Timeline, Unit,
};
use rca_core::model::Impact;
use rca_core::{Error, Result, Workspace};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::events::range;
use crate::{json, parsed};

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

/// What was found, in every form.
#[derive(Debug, Clone)]
pub struct Drawn {
    fields: Value,
    table: Table,
    chart: Chart,
}

impl Drawn {
    fn of(fields: Value, figure: &impl Figure) -> Self {
        Self { fields, table: figure.table(), chart: figure.chart() }
    }

    /// The table and the chart of a [`Drawn::document`].
    ///
    /// # Errors
    ///
    /// [`rca_core::ErrorKind::InvalidInput`] for text that is none.
    pub fn from_document(document: &str) -> Result<Self> {
        let Document { table, chart } = parsed("figure", document)?;
        Ok(Self { fields: json!({}), table: table.table()?, chart: chart.chart()? })
    }

    /// Its table.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The figure's own fields (lengths of time in seconds), its table with what kind of thing each column holds, and
    /// what its chart shows.
    ///
    /// # Errors
    ///
    /// None but bugs.
    pub fn document(&self) -> Result<String> {
        let mut table = self.table.to_json();
        if let Some(table) = table.as_object_mut() {
            table.insert("kinds".to_owned(), json!(kinds(&self.table)));
        }
        let chart = Shown::of(&self.chart);
        let mut document = self.fields.clone();
        if let Some(document) = document.as_object_mut() {
            document.insert("table".to_owned(), table);
            document.insert("chart".to_owned(), json!(chart));
        }
        json(&document)
    }

    /// The table as comma-separated values.
    ///
    /// # Errors
    ///
    /// None but bugs.
    pub fn csv(&self) -> Result<String> {
        self.table.to_csv()
    }

    /// The table as Markdown, with its notes.
    #[must_use]
    pub fn markdown(&self) -> String {
        self.table.to_markdown()
    }

    /// The chart.
    #[must_use]
    pub fn svg(&self) -> String {
        self.chart.to_svg()
    }

    /// One of the forms: `json`, `csv`, `markdown`, `svg`.
    ///
    /// # Errors
    ///
    /// [`rca_core::ErrorKind::InvalidInput`] for another form.
    pub fn form(&self, form: &str) -> Result<String> {
        Ok(match form {
            "json" => self.document()?,
            "csv" => self.csv()?,
            "markdown" => self.markdown(),
            "svg" => self.svg(),
            other => {
                let reason = format!("{other:?} is none of json, csv, markdown, svg");
                return Err(Error::value("form", reason));
            }
        })
    }
}

/// What is read back of a figure.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Document {
    table: Rows,
    chart: Shown,
}

/// A table as it is written.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Rows {
    title: String,
    columns: Vec<String>,
    kinds: Vec<String>,
    rows: Vec<Vec<Value>>,
    notes: Vec<String>,
}

impl Rows {
    fn table(self) -> Result<Table> {
        let Self { title, columns, kinds, rows, notes } = self;
        let row = |row: Vec<Value>| -> Result<Vec<Cell>> {
            kinds.iter().zip(row).map(|(kind, value)| cell(kind, value)).collect()
        };
        Ok(Table {
            title,
            columns: columns.into_iter().map(|name| Column { name }).collect(),
            rows: rows.into_iter().map(row).collect::<Result<_>>()?,
            notes,
        })
    }
}

/// A cell as [`Table::to_json`] writes it.
fn cell(kind: &str, value: Value) -> Result<Cell> {
    fn of<T: serde::de::DeserializeOwned>(value: Value) -> Result<T> {
        serde_json::from_value(value).map_err(|error| Error::value("rows", error.to_string()))
    }
    Ok(match kind {
        _ if value.is_null() => Cell::Empty,
        "text" => Cell::Text(of(value)?),
        "count" => Cell::Count(of(value)?),
        "number" => Cell::Number(of(value)?),
        "share" => Cell::Share(of(value)?),
        "seconds" => Cell::Span(seconds("rows", of(value)?)?),
        "time" => Cell::Time(of(value)?),
        other => return Err(Error::value("kinds", format!("{other:?} is no kind of cell"))),
    })
}

/// A chart as it is written.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Shown {
    title: String,
    description: String,
    kind: String,
    unit: String,
    labels: Vec<String>,
    series: Vec<Line>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    name: String,
    values: Vec<Option<f64>>,
}

const CHART_KINDS: &[(&str, ChartKind)] =
    &[("bars", ChartKind::Bars), ("stacked", ChartKind::Stacked), ("lines", ChartKind::Lines)];

const UNITS: &[(&str, Unit)] =
    &[("count", Unit::Count), ("seconds", Unit::Seconds), ("share", Unit::Share)];

impl Shown {
    fn of(chart: &Chart) -> Self {
        let line =
            |series: &Series| Line { name: series.name.clone(), values: series.values.clone() };
        Self {
            title: chart.title.clone(),
            description: chart.description.clone(),
            kind: name_of(chart.kind, CHART_KINDS),
            unit: name_of(chart.unit, UNITS),
            labels: chart.labels.clone(),
            series: chart.series.iter().map(line).collect(),
        }
    }

    fn chart(self) -> Result<Chart> {
        let or = |word: String, plain: &str| if word.is_empty() { plain.to_owned() } else { word };
        Ok(Chart {
            title: self.title,
            description: self.description,
            kind: named(&or(self.kind, "bars"), "kind", CHART_KINDS, None)?,
            unit: named(&or(self.unit, "count"), "unit", UNITS, None)?,
            labels: self.labels,
            series: self
                .series
                .into_iter()
                .map(|line| Series { name: line.name, values: line.values })
                .collect(),
        })
    }
}

fn name_of<T: PartialEq>(value: T, words: &[(&str, T)]) -> String {
    words.iter().find(|(_, one)| *one == value).map_or("", |(name, _)| *name).to_owned()
}

/// What kind of thing each column holds; `empty` where no row says.
fn kinds(table: &Table) -> Vec<&'static str> {
    let kind = |at: usize| {
        let cells = table.rows.iter().filter_map(|row| row.get(at));
        let mut kinds = cells.map(|cell| match cell {
            Cell::Empty => "empty",
            Cell::Text(_) => "text",
            Cell::Count(_) => "count",
            Cell::Number(_) => "number",
            Cell::Share(_) => "share",
            Cell::Span(_) => "seconds",
            Cell::Time(_) => "time",
        });
        kinds.find(|kind| *kind != "empty").unwrap_or("empty")
    };
    (0..table.columns.len()).map(kind).collect()
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
