//! Tables of events in: a row each, with the columns that tables of events go out with.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use arrow_array::RecordBatch;
use pyo3::prelude::*;
use rca_core::connectors::{Batch, Observer, Progress};
use rca_core::model::{Entity, EntityKind, Event, Source};
use rca_core::store::Appended;
use rca_core::time::from_nanos;
use rca_core::{Error, Result, Workspace};
use serde_json::{Map, Value};

use crate::batch::PyBatch;
use crate::cells::{Cell, cell, value};
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

/// Rows of a batch as they are asked for.
struct Rows<'t> {
    columns: &'t Columns,
    batch: &'t RecordBatch,
    times: Vec<Option<i64>>,
    /// Rows of the table before these.
    before: usize,
}

impl Rows<'_> {
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
        value(schema.field(column).name(), &self.cell(column, row)?)
    }
}

/// A table in pieces that any thread may ask for.
struct Pieces<'t> {
    batches: Vec<Rows<'t>>,
    rows: usize,
}

impl<'t> Pieces<'t> {
    fn of(frame: &'t Frame, columns: &'t Columns) -> Result<Self> {
        let (mut batches, mut before) = (Vec::with_capacity(frame.batches.len()), 0);
        for batch in &frame.batches {
            let times = times(batch.column(columns.timestamp))?;
            batches.push(Rows { columns, batch, times, before });
            before += batch.num_rows();
        }
        Ok(Self { batches, rows: before })
    }

    fn count(&self) -> usize {
        self.rows.div_ceil(ROWS)
    }

    fn events(&self, piece: usize) -> Result<Vec<Event>> {
        let (start, end) = (piece * ROWS, ((piece + 1) * ROWS).min(self.rows));
        let mut events = Vec::with_capacity(end.saturating_sub(start));
        let first = self.batches.partition_point(|rows| rows.before + rows.times.len() <= start);
        for rows in self.batches.iter().skip(first).take_while(|rows| rows.before < end) {
            for row in start.max(rows.before)..end.min(rows.before + rows.times.len()) {
                let event = rows.event(row - rows.before);
                events.push(
                    event.map_err(|error| Error::value("table", format!("row {row}: {error}")))?,
                );
            }
        }
        Ok(events)
    }

    fn seen(&self, piece: usize, observer: Observer<'_>) -> Result<()> {
        let records = ((piece + 1) * ROWS).min(self.rows) as u64;
        match observer(&Progress { input: "table", records, bytes: 0 }) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::Cancelled),
        }
    }

    /// Fails with the first row that is no event. All cores look.
    fn check(&self, observer: Observer<'_>) -> Result<()> {
        let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
        // Pieces are taken in order and ended once taken, so the first fault is among those found.
        let take = || {
            let piece = next.fetch_add(1, Ordering::Relaxed);
            (piece < self.count() && !stop.load(Ordering::Relaxed)).then_some(piece)
        };
        let look = |before: &dyn Fn(usize) -> Result<()>| -> Option<(usize, Error)> {
            while let Some(piece) = take() {
                if let Err(error) = self.events(piece).and_then(|_| before(piece)) {
                    stop.store(true, Ordering::Relaxed);
                    return Some((piece, error));
                }
            }
            None
        };
        let helpers = thread::available_parallelism().map_or(1, |cores| cores.get()).min(8) - 1;
        let faults: Vec<_> = thread::scope(|scope| {
            let others: Vec<_> = (0..helpers).map(|_| scope.spawn(|| look(&|_| Ok(())))).collect();
            let ours = look(&|piece| self.seen(piece, observer));
            let others = others
                .into_iter()
                .map(|other| other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            others.chain([ours]).flatten().collect()
        });
        let first = faults.into_iter().min_by_key(|(piece, _)| *piece);
        first.map_or(Ok(()), |(_, error)| Err(error))
    }
}

fn store(workspace: &Workspace, frame: &Frame, observer: Observer<'_>) -> Result<Appended> {
    let columns = Columns::of(&frame.header())?;
    let pieces = Pieces::of(frame, &columns)?;
    // A table with a row that is no event is refused before anything of it is stored.
    pieces.check(observer)?;
    let mut all = Appended::default();
    thread::scope(|scope| {
        // The next events are made while these are stored.
        let (give, made) = mpsc::sync_channel(1);
        let pieces = &pieces;
        scope.spawn(move || {
            let mut made = (0..pieces.count()).map(|piece| pieces.events(piece));
            // An error when nobody waits for them any more.
            let _ = made.try_for_each(|events| give.send(events));
        });
        for (piece, events) in made.into_iter().enumerate() {
            pieces.seen(piece, observer)?;
            let stored = workspace.ingest(events?)?;
            all.accepted.extend(stored.accepted);
            all.duplicates.extend(stored.duplicates.into_iter().map(|mut known| {
                known.index += piece * ROWS;
                known
            }));
            for (rule, times) in stored.redacted {
                *all.redacted.entry(rule).or_default() += times;
            }
        }
        Ok(all)
    })
}

/// The events of a table as a batch.
#[pyfunction]
pub(crate) fn batch_of_table(py: Python<'_>, table: &Bound<'_, PyAny>) -> PyResult<PyBatch> {
    let frame = frame(table)?;
    long(py, None, move |observer| {
        let columns = Columns::of(&frame.header())?;
        let pieces = Pieces::of(&frame, &columns)?;
        let mut batch = Batch::default();
        for piece in 0..pieces.count() {
            batch.events.extend(pieces.events(piece)?);
            pieces.seen(piece, observer)?;
        }
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
