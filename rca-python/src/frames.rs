//! Tables in: anything that speaks Arrow's C stream, and columns of plain Python.
//!
//! A wide table of metrics is read where it lies: its buffers belong to whoever made it. Other tables become the records
//! (CSV or JSON lines, a batch at a time) that the readers of the core know, so that the names of columns mean the same
//! as they do in files.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType,
};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, RecordBatchReader,
    StringArray, TimestampMicrosecondArray,
};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};
use chrono::{DateTime, Utc};
use pyo3::prelude::*;
use pyo3::types::PyList;
use rca_core::connectors::{
    Batch, Format, Limits, Observer, WideColumns, parse_time, read, read_table,
};
use rca_core::model::{CallEdge, Entity, Finding};
use rca_core::signal::{MetricFrame, Telemetry};
use rca_core::time::nanos;
use rca_core::{Error, Result};

use crate::batch::PyBatch;
use crate::capsule;
use crate::cells::{cell, csv, json_lines};
use crate::run::long;
use rca_json::settings::limits;

/// A table in memory.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) schema: SchemaRef,
    pub(crate) batches: Vec<RecordBatch>,
}

pub(crate) fn bad(error: &ArrowError) -> Error {
    Error::value("table", error.to_string())
}

impl Frame {
    /// From Arrow's C stream, without a copy of the buffers.
    fn of_stream(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let reader = capsule::reader(object)?;
        let py = object.py();
        let read = py.detach(|| {
            let reader = reader?;
            let schema = reader.schema();
            Ok(Self { schema, batches: reader.collect::<std::result::Result<_, _>>()? })
        });
        read.map_err(|error: ArrowError| crate::error::to_py(py, &bad(&error)))
    }

    /// From names and lists of equal length.
    fn of_columns(columns: Vec<(String, Bound<'_, PyAny>)>) -> PyResult<Self> {
        let py = columns.first().map(|(_, column)| column.py());
        let mut fields = Vec::with_capacity(columns.len());
        let mut arrays = Vec::with_capacity(columns.len());
        for (name, column) in &columns {
            let array = array_of(column)?;
            fields.push(Field::new(name, array.data_type().clone(), true));
            arrays.push(array);
        }
        let schema = Arc::new(Schema::new(fields));
        let batch = match py {
            None => RecordBatch::new_empty(Arc::clone(&schema)),
            Some(py) => RecordBatch::try_new(Arc::clone(&schema), arrays)
                .map_err(|error| crate::error::to_py(py, &bad(&error)))?,
        };
        Ok(Self { schema, batches: vec![batch] })
    }

    pub(crate) fn header(&self) -> Vec<&str> {
        self.schema.fields().iter().map(|field| field.name().as_str()).collect()
    }

    /// The format that the core tells from the header and the first row.
    fn format(&self) -> Result<Option<&'static Format>> {
        let first = self.batches.iter().find(|batch| batch.num_rows() > 0);
        let sample = match first {
            Some(batch) => csv(&batch.slice(0, 1), true)?,
            None => csv(&RecordBatch::new_empty(Arc::clone(&self.schema)), true)?,
        };
        Ok(Format::of("table", &sample))
    }
}

/// A column of plain Python: numbers, texts, truths, moments; what is missing is `None`.
fn array_of(column: &Bound<'_, PyAny>) -> PyResult<ArrayRef> {
    let items: Vec<Bound<'_, PyAny>> = column.try_iter()?.collect::<PyResult<_>>()?;
    let py = column.py();
    let bools = PyList::new(py, &items)?.extract::<Vec<Option<bool>>>();
    if let Ok(values) = bools {
        return Ok(Arc::new(BooleanArray::from(values)));
    }
    if let Ok(values) = column_of::<i64>(&items) {
        return Ok(Arc::new(Int64Array::from(values)));
    }
    if let Ok(values) = column_of::<f64>(&items) {
        return Ok(Arc::new(Float64Array::from(values)));
    }
    if let Ok(values) = column_of::<DateTime<Utc>>(&items) {
        let micros = values.into_iter().map(|time| time.map(|time| time.timestamp_micros()));
        let array = TimestampMicrosecondArray::from_iter(micros).with_timezone("UTC");
        return Ok(Arc::new(array));
    }
    let texts = items.iter().map(|item| match item.is_none() {
        true => Ok(None),
        false => item.str().map(|text| Some(text.to_string())),
    });
    Ok(Arc::new(StringArray::from(texts.collect::<PyResult<Vec<Option<String>>>>()?)))
}

fn column_of<'py, T>(items: &[Bound<'py, PyAny>]) -> PyResult<Vec<Option<T>>>
where
    T: for<'a> FromPyObject<'a, 'py>,
    for<'a> <T as FromPyObject<'a, 'py>>::Error: Into<PyErr>,
{
    items.iter().map(|item| item.extract::<Option<T>>().map_err(Into::into)).collect()
}

/// A table as the package hands it over: an Arrow stream, or a list of (name, column).
pub(crate) fn frame(object: &Bound<'_, PyAny>) -> PyResult<Frame> {
    if object.hasattr("__arrow_c_stream__")? {
        return Frame::of_stream(object);
    }
    Frame::of_columns(object.extract()?)
}

/// Reads a table. `format` is the name of a format, or none to tell by the columns; `columns` names those of a role.
#[pyfunction]
#[pyo3(signature = (table, *, name, format, columns, settings, progress))]
pub(crate) fn read_frame(
    py: Python<'_>,
    table: &Bound<'_, PyAny>,
    name: String,
    format: Option<String>,
    columns: Option<BTreeMap<String, String>>,
    settings: String,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<PyBatch> {
    let frame = frame(table)?;
    long(py, progress, move |observer| {
        let limits = limits(&settings)?;
        let mut batch = match columns {
            Some(columns) => {
                let mut rows = Rows::csv(frame);
                read_table(
                    &name,
                    &mut rows,
                    &rca_json::batches::column_map(columns)?,
                    &limits,
                    observer,
                )?
            }
            None => read_named(&name, frame, format.as_deref(), &limits, observer)?,
        };
        batch.sort();
        Ok(batch.into())
    })
}

fn read_named(
    name: &str,
    frame: Frame,
    format: Option<&str>,
    limits: &Limits,
    observer: Observer<'_>,
) -> Result<Batch> {
    let format = match format {
        Some(name) => Some(Format::named(name)?),
        None => frame.format()?,
    };
    match format {
        Some(format) if format.name == "csv-metrics" => wide(&frame),
        Some(format) if ["metrics", "csv-logs"].contains(&format.name) => {
            read(name, &mut Rows::csv(frame), Some(format), limits, observer)
        }
        format => read(name, &mut Rows::json(frame), format, limits, observer),
    }
}

/// A table with a time, and a column for each series.
fn wide(frame: &Frame) -> Result<Batch> {
    let columns = WideColumns::of(&frame.header())?;
    let telemetry = Telemetry { metrics: series(frame, &columns)?, ..Telemetry::default() };
    Ok(Batch { telemetry, ..Batch::default() })
}

/// The series of a wide table; its buffers are read where they lie.
pub(crate) fn series(frame: &Frame, columns: &WideColumns) -> Result<MetricFrame> {
    let mut metrics = MetricFrame::default();
    for rows in &frame.batches {
        let times = times(rows.column(columns.time))?;
        let named = columns.series.iter().zip(frame.schema.fields());
        for ((series, field), column) in named.zip(rows.columns()) {
            let Some((entity, metric)) = series else { continue };
            let values = numbers(column, field.name())?;
            let samples = times.iter().zip(values.iter());
            let samples = samples.filter_map(|(time, value)| Some(((*time)?, value?)));
            metrics.append(entity, metric, samples);
        }
    }
    Ok(metrics)
}

/// A column as numbers; texts that are none are gaps. A column of doubles is not copied.
fn numbers(column: &ArrayRef, name: &str) -> Result<Float64Array> {
    if let Some(doubles) = column.as_primitive_opt::<Float64Type>() {
        return Ok(doubles.clone());
    }
    (0..column.len())
        .map(|row| cell(column.as_ref(), row).map(|cell| cell.number()))
        .collect::<std::result::Result<_, _>>()
        .map_err(|reason| Error::value("table", format!("column {name:?}: {reason}")))
}

/// A column as nanoseconds since 1970.
pub(crate) fn times(column: &ArrayRef) -> Result<Vec<Option<i64>>> {
    let scaled = |values: Vec<Option<i64>>, factor: i64| -> Vec<Option<i64>> {
        values.into_iter().map(|value| value.and_then(|value| value.checked_mul(factor))).collect()
    };
    Ok(match column.data_type() {
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            column.as_primitive::<TimestampNanosecondType>().iter().collect()
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            scaled(column.as_primitive::<TimestampMicrosecondType>().iter().collect(), 1_000)
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            scaled(column.as_primitive::<TimestampMillisecondType>().iter().collect(), 1_000_000)
        }
        DataType::Timestamp(TimeUnit::Second, _) => {
            scaled(column.as_primitive::<TimestampSecondType>().iter().collect(), 1_000_000_000)
        }
        _ => {
            // Seconds, milliseconds ... or texts: the core knows them apart.
            let time = |row| {
                let cell = cell(column.as_ref(), row);
                let cell = cell.map_err(|reason| Error::value("time", reason))?;
                cell.text().map(|text| parse_time(&text).map(nanos)).transpose()
            };
            (0..column.len()).map(time).collect::<Result<_>>()?
        }
    })
}

/// Rows that become text at one time: enough to be fast, few enough to be small.
const ROWS: usize = 4096;

/// A table as a file, made while it is read.
struct Rows {
    frame: Frame,
    as_csv: bool,
    batch: usize,
    row: usize,
    header: bool,
    text: io::Cursor<Vec<u8>>,
}

impl Rows {
    fn csv(frame: Frame) -> Self {
        Self { frame, as_csv: true, batch: 0, row: 0, header: true, text: io::Cursor::default() }
    }

    fn json(frame: Frame) -> Self {
        Self { as_csv: false, ..Self::csv(frame) }
    }

    fn next(&mut self) -> Result<Option<Vec<u8>>> {
        if self.frame.batches.is_empty() && self.header && self.as_csv {
            self.header = false;
            return csv(&RecordBatch::new_empty(Arc::clone(&self.frame.schema)), true).map(Some);
        }
        let Some(batch) = self.frame.batches.get(self.batch) else { return Ok(None) };
        let most = ROWS.min(batch.num_rows() - self.row);
        let piece = batch.slice(self.row, most);
        self.row += most;
        if self.row == batch.num_rows() {
            (self.batch, self.row) = (self.batch + 1, 0);
        }
        let header = std::mem::replace(&mut self.header, false);
        if self.as_csv { csv(&piece, header) } else { json_lines(&piece) }.map(Some)
    }
}

impl Read for Rows {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.text.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            match self.next().map_err(io::Error::other)? {
                Some(text) => self.text = io::Cursor::new(text),
                None => return Ok(0),
            }
        }
    }
}

/// Who calls whom, where no traces tell.
#[pyfunction]
pub(crate) fn read_calls(
    py: Python<'_>,
    calls: Vec<(String, String)>,
    at: DateTime<Utc>,
) -> PyResult<PyBatch> {
    crate::run::brief(py, || {
        let events = calls.into_iter().map(|(caller, callee)| {
            let edge = CallEdge {
                caller: Entity::service(caller),
                callee: Entity::service(callee),
                calls: (1, 1),
                errors: (0, 0),
                millis: (0.0, 0.0),
            };
            Finding::CallEdge(edge).to_event(at)
        });
        Ok(Batch { events: events.collect::<Result<_>>()?, ..Batch::default() }.into())
    })
}
