//! Tables of events in: a row each, with the columns that tables of events go out with.

use std::sync::Arc;

use arrow_array::RecordBatch;
use pyo3::prelude::*;
use rca_core::connectors::{Batch, Observer, Progress};
use rca_core::model::{Entity, EntityKind, Event, Source};
use rca_core::store::Appended;
use rca_core::time::from_nanos;
use rca_core::{Error, Result, Workspace};
use serde_json::{Map, Value};

use crate::batch::PyBatch;
use crate::cells::{Cell, cell, json_text};
use crate::encode;
use crate::frames::{Frame, frame, times};
use crate::run::long;
use crate::workspace::PyWorkspace;
use rca_json::events::appended;

/// Rows of one commit: what is fastest.
const ROWS: usize = 10_000;

/// Where the fields of an event are.
#[derive(Debug, Default)]
struct Columns {
    timestamp: usize,
    source: usize,
    event_type: usize,
    title: usize,
    severity: Option<usize>,
    entity: Option<usize>,
    entity_kind: Option<usize>,
    body: Option<usize>,
    source_id: Option<usize>,
    tags: Option<usize>,
    data: Option<usize>,
    /// Attributes that have a column of their own.
    others: Vec<(String, usize)>,
}

impl Columns {
    fn of(header: &[&str]) -> Result<Self> {
        let place = |name: &str| header.iter().position(|column| *column == name);
        let needed = |name: &'static str| {
            place(name).ok_or_else(|| {
                let found = header.join(", ");
                Error::value(
                    "table",
                    format!("no column {name}; an event needs one, found {found}"),
                )
            })
        };
        // The id follows from the others.
        const FIELDS: [&str; 12] = [
            "id",
            "timestamp",
            "source",
            "event_type",
            "title",
            "severity",
            "entity",
            "entity_kind",
            "body",
            "source_id",
            "tags",
            "data",
        ];
        let others = header.iter().enumerate().filter(|(_, name)| !FIELDS.contains(name));
        Ok(Self {
            timestamp: needed("timestamp")?,
            source: needed("source")?,
            event_type: needed("event_type")?,
            title: needed("title")?,
            severity: place("severity"),
            entity: place("entity"),
            entity_kind: place("entity_kind"),
            body: place("body"),
            source_id: place("source_id"),
            tags: place("tags"),
            data: place("data"),
            others: others.map(|(at, name)| ((*name).to_owned(), at)).collect(),
        })
    }
}

/// Rows of a table as they are asked for.
struct Rows<'t> {
    columns: &'t Columns,
    batch: &'t RecordBatch,
    times: Vec<Option<i64>>,
}

impl<'t> Rows<'t> {
    fn of(columns: &'t Columns, batch: &'t RecordBatch) -> Result<Self> {
        Ok(Self { columns, batch, times: times(batch.column(columns.timestamp))? })
    }

    fn cell(&self, column: usize, row: usize) -> Result<Cell<'_>> {
        cell(self.batch.column(column).as_ref(), row).map_err(|reason| {
            let schema = self.batch.schema_ref();
            Error::value("table", format!("column {:?}: {reason}", schema.field(column).name()))
        })
    }

    fn text(&self, column: Option<usize>, row: usize) -> Result<Option<String>> {
        let Some(column) = column else { return Ok(None) };
        Ok(self.cell(column, row)?.text().map(|text| text.into_owned()))
    }

    fn needed(&self, column: usize, row: usize) -> Result<String> {
        Ok(self.text(Some(column), row)?.unwrap_or_default())
    }

    fn event(&self, row: usize) -> Result<Event> {
        let columns = self.columns;
        let time = self.times.get(row).copied().flatten();
        let time = time.ok_or_else(|| Error::value("timestamp", "it is missing".to_owned()))?;
        let source = Source::from(self.needed(columns.source, row)?);
        let (kind, title) =
            (self.needed(columns.event_type, row)?, self.needed(columns.title, row)?);
        let mut event = Event::builder(from_nanos(time), source, &kind, &title);
        if let Some(severity) = self.text(columns.severity, row)? {
            event = event.with_severity(severity.parse()?);
        }
        if let Some(name) = self.text(columns.entity, row)? {
            let kind = match self.text(columns.entity_kind, row)? {
                Some(kind) => encode::parsed("entity_kind", &Value::from(kind).to_string())?,
                None => EntityKind::Service,
            };
            event = event.with_entity(Entity::new(kind, name));
        }
        if let Some(body) = self.text(columns.body, row)? {
            event = event.with_body(body);
        }
        if let Some(id) = self.text(columns.source_id, row)? {
            event = event.with_source_id(id);
        }
        let mut data = match columns.data {
            Some(column) => self.data(column, row)?,
            None => Map::new(),
        };
        for (name, column) in &columns.others {
            let value = self.json(*column, row)?;
            if !value.is_null() {
                data.insert(name.clone(), value);
            }
        }
        event = event.with_data(data);
        if let Some(column) = columns.tags {
            let tags = match self.json(column, row)? {
                Value::Null => Vec::new(),
                Value::String(tag) => vec![tag],
                tags => encode::parsed("tags", &tags.to_string())?,
            };
            event = tags.into_iter().fold(event, |event, tag: String| event.with_tag(tag));
        }
        event.build()
    }

    /// Attributes: a struct, or an object as JSON text.
    fn data(&self, column: usize, row: usize) -> Result<Map<String, Value>> {
        match self.cell(column, row)? {
            Cell::Null => Ok(Map::new()),
            Cell::Text(text) => encode::parsed("data", &text),
            _ => match self.json(column, row)? {
                Value::Object(data) => Ok(data),
                other => Err(Error::value("data", format!("{other} is no object"))),
            },
        }
    }

    fn json(&self, column: usize, row: usize) -> Result<Value> {
        let schema = self.batch.schema_ref();
        let text = json_text(schema.field(column).name(), &self.cell(column, row)?)?;
        serde_json::from_slice(&text).map_err(|error| Error::Internal(error.to_string()))
    }
}

/// Calls `take` with the events of so many rows at a time.
fn each_piece(
    frame: &Frame,
    observer: Observer<'_>,
    take: &mut dyn FnMut(Vec<Event>) -> Result<()>,
) -> Result<()> {
    let columns = Columns::of(&frame.header())?;
    let (mut pending, mut seen) = (Vec::new(), 0);
    for batch in &frame.batches {
        let rows = Rows::of(&columns, batch)?;
        for row in 0..batch.num_rows() {
            let event = rows
                .event(row)
                .map_err(|error| Error::value("table", format!("row {}: {error}", seen + row)))?;
            pending.push(event);
            if pending.len() == ROWS {
                let so_far = (seen + row + 1) as u64;
                if observer(&Progress { input: "table", records: so_far, bytes: 0 }).is_break() {
                    return Err(Error::Cancelled);
                }
                take(std::mem::take(&mut pending))?;
            }
        }
        seen += batch.num_rows();
    }
    match pending.is_empty() {
        true => Ok(()),
        false => take(pending),
    }
}

fn store(workspace: &Workspace, frame: &Frame, observer: Observer<'_>) -> Result<Appended> {
    // A table with a row that is no event is refused before anything of it is stored.
    each_piece(frame, observer, &mut |_| Ok(()))?;
    let mut all = Appended::default();
    let mut before = 0;
    each_piece(frame, observer, &mut |events| {
        let count = events.len();
        let stored = workspace.ingest(events)?;
        all.accepted.extend(stored.accepted);
        all.duplicates.extend(stored.duplicates.into_iter().map(|mut known| {
            known.index += before;
            known
        }));
        for (rule, times) in stored.redacted {
            *all.redacted.entry(rule).or_default() += times;
        }
        before += count;
        Ok(())
    })?;
    Ok(all)
}

/// The events of a table as a batch.
#[pyfunction]
pub(crate) fn batch_of_table(py: Python<'_>, table: &Bound<'_, PyAny>) -> PyResult<PyBatch> {
    let frame = frame(table)?;
    long(py, None, move |observer| {
        let mut batch = Batch::default();
        each_piece(&frame, observer, &mut |events| {
            batch.events.extend(events);
            Ok(())
        })?;
        batch.sort();
        Ok(PyBatch { inner: Arc::new(batch) })
    })
}

#[pymethods]
impl PyWorkspace {
    fn ingest_table(
        &self,
        py: Python<'_>,
        table: &Bound<'_, PyAny>,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<String> {
        let (workspace, frame) = (self.get(py)?, frame(table)?);
        long(py, progress, move |observer| {
            encode::json(&appended(&store(&workspace, &frame, observer)?))
        })
    }
}
