//! A figure that was asked for: written in every form, and read back from its document.

use rca_core::analytics::{Cell, Chart, ChartKind, Column, Figure, Series, Table, Unit};
use rca_core::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{name_of, named, seconds};
use crate::{json, parsed};

/// What was found, in every form.
#[derive(Debug, Clone)]
pub struct Drawn {
    fields: Value,
    table: Table,
    chart: Chart,
}

impl Drawn {
    pub(super) fn of(fields: Value, figure: &impl Figure) -> Self {
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
