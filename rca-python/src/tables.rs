//! Tables out: columns in Arrow's layout, which data frames take without a copy.

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, Float64Array, Int64Array, NullArray, RecordBatch, StringArray,
    TimestampNanosecondArray,
};
use arrow_schema::{Field, Schema};
use chrono::DateTime;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyList};
use rca_core::Result;
use rca_core::analytics::{Cell, Table};
use rca_core::connectors::Batch;
use rca_core::model::Event;
use rca_core::signal::SpanStatus;
use rca_core::time::nanos;

use crate::batch::PyBatch;
use crate::capsule;
use crate::encode::parsed;
use crate::frames::bad;
use crate::run::long;

/// Columns of equal length.
#[pyclass(frozen, name = "Table", module = "rca._rca")]
#[derive(Debug)]
pub(crate) struct PyTable {
    batch: RecordBatch,
}

/// What a cell can be.
enum Column {
    Time(Vec<Option<i64>>),
    Text(Vec<Option<String>>),
    Number(Vec<f64>),
    MaybeNumber(Vec<Option<f64>>),
    Whole(Vec<i64>),
    Nothing(usize),
}

impl Column {
    fn array(self) -> ArrayRef {
        match self {
            Self::Time(values) => {
                Arc::new(TimestampNanosecondArray::from(values).with_timezone("UTC"))
            }
            Self::Text(values) => Arc::new(StringArray::from(values)),
            Self::Number(values) => Arc::new(Float64Array::from(values)),
            Self::MaybeNumber(values) => Arc::new(Float64Array::from(values)),
            Self::Nothing(rows) => Arc::new(NullArray::new(rows)),
            Self::Whole(values) => Arc::new(Int64Array::from(values)),
        }
    }
}

/// The table of a figure; a column of which no row says what it holds is one of numbers where there are rows.
pub(crate) fn of_figure(figure: &Table) -> Result<PyTable> {
    let columns = figure.columns.iter().enumerate().map(|(at, column)| {
        let cells = || figure.rows.iter().map(move |row| row.get(at).unwrap_or(&Cell::Empty));
        let first = cells().find(|cell| **cell != Cell::Empty);
        let values = match first {
            _ if figure.rows.is_empty() => Column::Nothing(0),
            Some(Cell::Text(_)) => Column::Text(cells().map(text_of).collect()),
            Some(Cell::Time(_)) => Column::Time(cells().map(time_of).collect()),
            Some(Cell::Count(_)) => Column::Whole(cells().map(count_of).collect()),
            _ => Column::MaybeNumber(cells().map(number_of).collect()),
        };
        (column.name.as_str(), values)
    });
    table(columns.collect())
}

fn text_of(cell: &Cell) -> Option<String> {
    if let Cell::Text(text) = cell { Some(text.clone()) } else { None }
}

fn time_of(cell: &Cell) -> Option<i64> {
    if let Cell::Time(time) = cell { Some(nanos(*time)) } else { None }
}

/// Counts are never unknown.
fn count_of(cell: &Cell) -> i64 {
    if let Cell::Count(count) = cell { i64::try_from(*count).unwrap_or(i64::MAX) } else { 0 }
}

fn number_of(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Number(number) | Cell::Share(number) => Some(*number),
        Cell::Span(span) => Some(span.as_seconds_f64()),
        _ => None,
    }
}

fn table(columns: Vec<(&str, Column)>) -> Result<PyTable> {
    let arrays: Vec<(&str, ArrayRef)> =
        columns.into_iter().map(|(name, column)| (name, column.array())).collect();
    let fields: Vec<Field> = arrays
        .iter()
        .map(|(name, array)| Field::new(*name, array.data_type().clone(), true))
        .collect();
    let arrays = arrays.into_iter().map(|(_, array)| array).collect();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays);
    Ok(PyTable { batch: batch.map_err(|error| bad(&error))? })
}

#[pymethods]
impl PyTable {
    #[getter]
    fn column_names(&self) -> Vec<String> {
        self.batch.schema().fields().iter().map(|field| field.name().clone()).collect()
    }

    fn __len__(&self) -> usize {
        self.batch.num_rows()
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        capsule::schema(py, self.batch.schema_ref())
    }

    /// The protocol lets a producer keep to its own types, whatever is asked for.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        _ = requested_schema;
        capsule::stream(py, &self.batch)
    }

    /// Lists by column name.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let columns = PyDict::new(py);
        for (field, array) in self.batch.schema().fields().iter().zip(self.batch.columns()) {
            columns.set_item(field.name(), list(py, array)?)?;
        }
        Ok(columns)
    }
}

fn list<'py>(py: Python<'py>, array: &ArrayRef) -> PyResult<Bound<'py, PyList>> {
    let any = array.as_any();
    if let Some(times) = any.downcast_ref::<TimestampNanosecondArray>() {
        return PyList::new(py, times.iter().map(|time| time.map(DateTime::from_timestamp_nanos)));
    }
    if let Some(numbers) = any.downcast_ref::<Float64Array>() {
        return PyList::new(py, numbers);
    }
    if let Some(numbers) = any.downcast_ref::<Int64Array>() {
        return PyList::new(py, numbers);
    }
    match any.downcast_ref::<StringArray>() {
        Some(texts) => PyList::new(py, texts),
        None => Ok(PyList::empty(py)),
    }
}

/// Events, a row each; attributes as JSON.
#[pyfunction]
pub(crate) fn events_table(py: Python<'_>, events: String) -> PyResult<PyTable> {
    long(py, None, move |_| of_events(&parsed::<Vec<Event>>("events", &events)?))
}

fn of_events(events: &[Event]) -> Result<PyTable> {
    let text =
        |of: &dyn Fn(&Event) -> Option<String>| Column::Text(events.iter().map(of).collect());
    let time = |of: &dyn Fn(&Event) -> Option<i64>| Column::Time(events.iter().map(of).collect());
    table(vec![
        ("id", text(&|event| Some(event.id().to_string()))),
        ("timestamp", time(&|event| Some(nanos(event.timestamp())))),
        ("source", text(&|event| Some(event.source().to_string()))),
        ("event_type", text(&|event| Some(event.event_type().to_owned()))),
        ("severity", text(&|event| Some(event.severity().to_string()))),
        ("entity", text(&|event| event.entity().map(|entity| entity.name.clone()))),
        ("entity_kind", text(&|event| event.entity().map(|e| e.kind.as_str().to_owned()))),
        ("title", text(&|event| Some(event.title().to_owned()))),
        ("body", text(&|event| Some(event.body().to_owned()))),
        ("source_id", text(&|event| event.source_id().map(str::to_owned))),
        ("data", text(&|event| serde_json::to_string(event.data()).ok())),
    ])
}

fn of_metrics(batch: &Batch) -> Result<PyTable> {
    let metrics = &batch.telemetry.metrics;
    let points = metrics.points();
    let (mut times, mut values) = (Vec::with_capacity(points), Vec::with_capacity(points));
    let (mut entities, mut names) = (Vec::with_capacity(points), Vec::with_capacity(points));
    for (entity, metric, series) in metrics.iter() {
        times.extend(series.times.iter().map(|time| Some(*time)));
        values.extend_from_slice(&series.values);
        for _ in &series.times {
            entities.push(Some(entity.name.clone()));
            names.push(Some(metric.to_owned()));
        }
    }
    table(vec![
        ("timestamp", Column::Time(times)),
        ("service", Column::Text(entities)),
        ("metric", Column::Text(names)),
        ("value", Column::Number(values)),
    ])
}

fn of_logs(batch: &Batch) -> Result<PyTable> {
    let logs = &batch.telemetry.logs;
    let owned = |text: Option<&str>| text.map(str::to_owned);
    table(vec![
        ("timestamp", Column::Time(logs.iter().map(|log| Some(log.time())).collect())),
        ("service", Column::Text(logs.iter().map(|log| owned(Some(log.service()))).collect())),
        ("severity", Column::Text(logs.iter().map(|l| Some(l.severity().to_string())).collect())),
        ("message", Column::Text(logs.iter().map(|log| owned(Some(log.message()))).collect())),
        ("trace_id", Column::Text(logs.iter().map(|log| owned(log.trace())).collect())),
        ("span_id", Column::Text(logs.iter().map(|log| owned(log.span())).collect())),
    ])
}

fn of_spans(batch: &Batch) -> Result<PyTable> {
    let spans = &batch.telemetry.spans;
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let status = |status: SpanStatus| match status {
        SpanStatus::Ok => "ok",
        SpanStatus::Error => "error",
        _ => "unset",
    };
    table(vec![
        ("start", Column::Time(spans.iter().map(|span| Some(span.start())).collect())),
        ("duration_ns", Column::Whole(spans.iter().map(|span| span.duration()).collect())),
        ("trace_id", Column::Text(spans.iter().map(|span| owned(Some(span.trace()))).collect())),
        ("span_id", Column::Text(spans.iter().map(|span| owned(Some(span.id()))).collect())),
        ("parent_id", Column::Text(spans.iter().map(|span| owned(span.parent())).collect())),
        ("service", Column::Text(spans.iter().map(|span| owned(Some(span.service()))).collect())),
        ("name", Column::Text(spans.iter().map(|span| owned(Some(span.name()))).collect())),
        ("status", Column::Text(spans.iter().map(|s| owned(Some(status(s.status())))).collect())),
    ])
}

#[pymethods]
impl PyBatch {
    /// `metrics`, `logs`, `spans` or `events` as a table.
    fn table(&self, py: Python<'_>, what: &str) -> PyResult<PyTable> {
        let (inner, what) = (Arc::clone(&self.inner), what.to_owned());
        long(py, None, move |_| match what.as_str() {
            "metrics" => of_metrics(&inner),
            "logs" => of_logs(&inner),
            "spans" => of_spans(&inner),
            _ => of_events(&inner.events),
        })
    }
}
