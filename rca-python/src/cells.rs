//! Cells of Arrow tables, and what they are as the text of CSV and JSON that the readers of the core take.
//!
//! The crates `arrow-csv`, `arrow-json` and `arrow-cast` do this for every type there is; tables of telemetry have few,
//! and a wheel has to be small.

use std::borrow::Cow;
use std::fmt::Write as _;

use arrow_array::cast::AsArray;
use arrow_array::temporal_conversions::{date32_to_datetime, date64_to_datetime};
use arrow_array::types::{
    Date32Type, Date64Type, Decimal128Type, Float16Type, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch, StructArray};
use arrow_schema::{DataType, Fields, TimeUnit};
use chrono::{DateTime, NaiveDateTime, SecondsFormat};
use csv::Writer;
use rca_core::{Error, Result};
use serde_json::{Map, Value};

/// One value of a column.
pub(crate) enum Cell<'a> {
    Null,
    Bool(bool),
    Int(i128),
    Single(f32),
    Double(f64),
    Text(Cow<'a, str>),
    /// A number as its digits.
    Digits(String),
    List(ArrayRef),
    /// With its row, which is another than the column's where the column is a dictionary.
    Struct(&'a StructArray, usize),
}

/// The value in a row of a column.
///
/// # Errors
///
/// For types that are no cells: what they are, and what to give instead.
pub(crate) fn cell(column: &dyn Array, row: usize) -> std::result::Result<Cell<'_>, String> {
    if column.is_null(row) {
        return Ok(Cell::Null);
    }
    macro_rules! value {
        ($type:ty) => {
            column.as_primitive::<$type>().value(row)
        };
    }
    Ok(match column.data_type() {
        DataType::Null => Cell::Null,
        DataType::Boolean => Cell::Bool(column.as_boolean().value(row)),
        DataType::Int8 => Cell::Int(value!(Int8Type).into()),
        DataType::Int16 => Cell::Int(value!(Int16Type).into()),
        DataType::Int32 => Cell::Int(value!(Int32Type).into()),
        DataType::Int64 => Cell::Int(value!(Int64Type).into()),
        DataType::UInt8 => Cell::Int(value!(UInt8Type).into()),
        DataType::UInt16 => Cell::Int(value!(UInt16Type).into()),
        DataType::UInt32 => Cell::Int(value!(UInt32Type).into()),
        DataType::UInt64 => Cell::Int(value!(UInt64Type).into()),
        DataType::Float16 => Cell::Single(value!(Float16Type).into()),
        DataType::Float32 => Cell::Single(value!(Float32Type)),
        DataType::Float64 => Cell::Double(value!(Float64Type)),
        DataType::Utf8 => Cell::Text(column.as_string::<i32>().value(row).into()),
        DataType::LargeUtf8 => Cell::Text(column.as_string::<i64>().value(row).into()),
        DataType::Utf8View => Cell::Text(column.as_string_view().value(row).into()),
        DataType::Decimal128(_, scale) => Cell::Digits(decimal(value!(Decimal128Type), *scale)),
        DataType::Date32 => day(date32_to_datetime(value!(Date32Type))),
        DataType::Date64 => day(date64_to_datetime(value!(Date64Type))),
        DataType::Timestamp(unit, zone) => {
            let (ticks, per_second) = match unit {
                TimeUnit::Second => (value!(TimestampSecondType), 1),
                TimeUnit::Millisecond => (value!(TimestampMillisecondType), 1_000),
                TimeUnit::Microsecond => (value!(TimestampMicrosecondType), 1_000_000),
                TimeUnit::Nanosecond => (value!(TimestampNanosecondType), 1_000_000_000),
            };
            moment(ticks, per_second, zone.is_some())
        }
        DataType::Dictionary(_, _) => {
            let dictionary = column.as_any_dictionary();
            let values = dictionary.values().as_ref();
            match cell(dictionary.keys(), row)? {
                Cell::Int(key) => match usize::try_from(key) {
                    Ok(key) if key < values.len() => cell(values, key)?,
                    _ => {
                        let entries = values.len();
                        return Err(format!(
                            "row {row} is entry {key} of a dictionary of {entries}"
                        ));
                    }
                },
                other => other,
            }
        }
        DataType::Binary => hex(column.as_binary::<i32>().value(row)),
        DataType::LargeBinary => hex(column.as_binary::<i64>().value(row)),
        DataType::BinaryView => hex(column.as_binary_view().value(row)),
        DataType::FixedSizeBinary(_) => hex(column.as_fixed_size_binary().value(row)),
        DataType::List(_) => Cell::List(column.as_list::<i32>().value(row)),
        DataType::LargeList(_) => Cell::List(column.as_list::<i64>().value(row)),
        DataType::Struct(_) => Cell::Struct(column.as_struct(), row),
        other => {
            return Err(format!(
                "{other} is no cell of a table; give numbers, texts, truths or moments"
            ));
        }
    })
}

fn refused(reason: String) -> Error {
    Error::value("table", reason)
}

/// Bytes that are an id of a trace, as a rule.
fn hex(bytes: &[u8]) -> Cell<'static> {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string can't fail.
        _ = write!(text, "{byte:02x}");
    }
    Cell::Text(text.into())
}

/// A moment that no calendar has.
const BEYOND: &str = "beyond all years";

fn moment(ticks: i64, per_second: i64, zoned: bool) -> Cell<'static> {
    let nanos = ticks.rem_euclid(per_second) * (1_000_000_000 / per_second);
    let moment = u32::try_from(nanos)
        .ok()
        .and_then(|nanos| DateTime::from_timestamp(ticks.div_euclid(per_second), nanos));
    Cell::Text(match moment {
        None => BEYOND.into(),
        Some(moment) => {
            let mut text = moment.to_rfc3339_opts(SecondsFormat::AutoSi, true);
            if !zoned {
                text.pop();
            }
            text.into()
        }
    })
}

fn day(moment: Option<NaiveDateTime>) -> Cell<'static> {
    Cell::Text(match moment {
        None => BEYOND.into(),
        Some(moment) => moment.date().to_string().into(),
    })
}

fn decimal(value: i128, scale: i8) -> String {
    let digits = value.unsigned_abs().to_string();
    let sign = if value < 0 { "-" } else { "" };
    match usize::try_from(scale) {
        Ok(0) => format!("{sign}{digits}"),
        Ok(scale) => {
            let digits = format!("{digits:0>width$}", width = scale + 1);
            let (whole, rest) = digits.split_at(digits.len() - scale);
            format!("{sign}{whole}.{rest}")
        }
        Err(_) => format!("{sign}{digits}{}", "0".repeat(scale.unsigned_abs().into())),
    }
}

impl Cell<'_> {
    /// The number that it is, or is the text of.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            // A number of telemetry beyond 2^53 has lost its last digits long before.
            Self::Int(value) => Some(*value as f64),
            Self::Single(value) => Some((*value).into()),
            Self::Double(value) => Some(*value),
            Self::Bool(value) => Some(f64::from(u8::from(*value))),
            Self::Digits(text) => text.parse().ok(),
            Self::Text(text) => text.trim().parse().ok(),
            Self::Null | Self::List(_) | Self::Struct(..) => None,
        }
    }

    /// What stands in a cell of CSV; none for one that has parts, or nothing.
    pub(crate) fn text(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::Text(text) => Cow::Borrowed(text.as_ref()),
            Self::Digits(text) => Cow::Borrowed(text.as_str()),
            Self::Bool(value) => value.to_string().into(),
            Self::Int(value) => value.to_string().into(),
            // The shortest that reads back as the same number.
            Self::Single(value) => format!("{value:?}").into(),
            Self::Double(value) => format!("{value:?}").into(),
            Self::Null | Self::List(_) | Self::Struct(..) => return None,
        })
    }
}

/// Rows as CSV, with the names of the columns or without.
pub(crate) fn csv(batch: &RecordBatch, header: bool) -> Result<Vec<u8>> {
    let mut text = Writer::from_writer(Vec::new());
    let failed = |error: &dyn std::fmt::Display| refused(error.to_string());
    let schema = batch.schema();
    if header {
        let names = schema.fields().iter().map(|field| field.name().as_str());
        text.write_record(names).map_err(|error| failed(&error))?;
    }
    for row in 0..batch.num_rows() {
        for (field, column) in schema.fields().iter().zip(batch.columns()) {
            let cell = named(field.name(), cell(column.as_ref(), row))?;
            let cell = cell.text().unwrap_or_default();
            text.write_field(cell.as_bytes()).map_err(|error| failed(&error))?;
        }
        text.write_record(None::<&[u8]>).map_err(|error| failed(&error))?;
    }
    text.into_inner().map_err(|error| failed(&error))
}

/// Rows as JSON, an object a line. What is missing is left out.
pub(crate) fn json_lines(batch: &RecordBatch) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    for row in 0..batch.num_rows() {
        object(batch.schema_ref().fields(), batch.columns(), row, &mut text)?;
        text.push(b'\n');
    }
    Ok(text)
}

fn named<T>(column: &str, done: std::result::Result<T, String>) -> Result<T> {
    done.map_err(|reason| refused(format!("column {column:?}: {reason}")))
}

/// One cell as a value of JSON, by the name of its column.
pub(crate) fn value(column: &str, cell: &Cell<'_>) -> Result<Value> {
    Ok(match cell {
        Cell::Null => Value::Null,
        Cell::Bool(value) => Value::Bool(*value),
        Cell::Text(text) => Value::String(text.as_ref().to_owned()),
        Cell::Double(value) => Value::from(*value),
        Cell::List(items) => {
            let items = (0..items.len())
                .map(|index| value(column, &named(column, self::cell(items.as_ref(), index))?));
            Value::Array(items.collect::<Result<_>>()?)
        }
        Cell::Struct(parts, row) => {
            let mut object = Map::new();
            for (field, part) in parts.fields().iter().zip(parts.columns()) {
                let cell = named(field.name(), self::cell(part.as_ref(), *row))?;
                if !matches!(cell, Cell::Null) {
                    object.insert(field.name().clone(), value(field.name(), &cell)?);
                }
            }
            Value::Object(object)
        }
        // As their digits say; what JSON has no word for is nothing.
        Cell::Int(_) | Cell::Single(_) | Cell::Digits(_) => {
            cell.text().and_then(|digits| serde_json::from_str(&digits).ok()).unwrap_or(Value::Null)
        }
    })
}

fn object(fields: &Fields, columns: &[ArrayRef], row: usize, out: &mut Vec<u8>) -> Result<()> {
    out.push(b'{');
    let mut first = true;
    for (field, column) in fields.iter().zip(columns) {
        let cell = named(field.name(), cell(column.as_ref(), row))?;
        if matches!(cell, Cell::Null) {
            continue;
        }
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        quoted(field.name(), out)?;
        out.push(b':');
        json(field.name(), &cell, out)?;
    }
    out.push(b'}');
    Ok(())
}

fn json(column: &str, cell: &Cell<'_>, out: &mut Vec<u8>) -> Result<()> {
    match cell {
        Cell::Text(text) => return quoted(text, out),
        // JSON has no word for them.
        Cell::Single(value) if !value.is_finite() => out.extend_from_slice(b"null"),
        Cell::Double(value) if !value.is_finite() => out.extend_from_slice(b"null"),
        Cell::List(items) => {
            out.push(b'[');
            for index in 0..items.len() {
                if index > 0 {
                    out.push(b',');
                }
                json(column, &named(column, self::cell(items.as_ref(), index))?, out)?;
            }
            out.push(b']');
        }
        Cell::Struct(parts, row) => return object(parts.fields(), parts.columns(), *row, out),
        other => out.extend_from_slice(other.text().as_deref().unwrap_or("null").as_bytes()),
    }
    Ok(())
}

fn quoted(text: &str, out: &mut Vec<u8>) -> Result<()> {
    serde_json::to_writer(out, text).map_err(|error| refused(error.to_string()))
}
