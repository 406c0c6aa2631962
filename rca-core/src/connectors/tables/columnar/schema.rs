//! The fields of an Arrow schema: how values lie in buffers, and how many buffers those fields take that are not read.

use super::cell::{Kind, Unit, Zone};
use super::flat::Table;
use super::{LeftOut, NAMES, Parsed};

/// Most fields of a schema, those within others included, and how deep they may lie: offsets may lead to the same
/// field again and again.
const FIELDS: usize = 20_000;
const DEPTH: usize = 16;

/// How a column's values lie in its buffers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    Null,
    Bool,
    /// Whole numbers of so many bytes.
    Int {
        bytes: usize,
        signed: bool,
    },
    Float {
        bytes: usize,
    },
    Fixed {
        bytes: usize,
    },
    /// Bytes between offsets of so many bytes.
    Offsets {
        bytes: usize,
    },
    View,
}

/// A column that is read.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) layout: Layout,
    pub(super) kind: Kind,
    /// The number of the dictionary that has the values, and how the places in it are written.
    pub(super) dictionary: Option<(i64, Layout)>,
}

/// How much of a record batch a field takes: nodes, buffers, and lists of views.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) nodes: usize,
    pub(super) buffers: usize,
    pub(super) views: usize,
}

/// A field of the table: read, or passed over.
#[derive(Debug)]
pub(super) enum Field {
    Read(Column),
    Passed(Share),
}

#[derive(Debug, Default)]
pub(super) struct Schema {
    pub(super) fields: Vec<Field>,
    pub(super) left_out: Vec<LeftOut>,
}

impl Schema {
    pub(super) fn parse(schema: Table<'_>, version: i16) -> Parsed<Self> {
        if schema.short(0, 0) != 0 {
            return Err("numbers with the high byte first, which is not read".to_owned());
        }
        let mut parsed = Self::default();
        let (mut seen, mut names) = (0, 0usize);
        for field in schema.tables(1) {
            let field = field?;
            let name = field.text(0).unwrap_or_default();
            names = names.saturating_add(name.len());
            if names > NAMES {
                return Err(format!(
                    "names of columns that are longer than {NAMES} bytes together"
                ));
            }
            let name = name.to_owned();
            let share = share(field, version, DEPTH, &mut seen)?;
            parsed.fields.push(match column(field, name.clone())? {
                Ok(column) => Field::Read(column),
                Err(why) => {
                    parsed.left_out.push(LeftOut { column: name, why });
                    Field::Passed(share)
                }
            });
        }
        if parsed.columns().next().is_none() {
            return Err("no column that is read".to_owned());
        }
        Ok(parsed)
    }

    pub(super) fn columns(&self) -> impl Iterator<Item = &Column> {
        self.fields.iter().filter_map(|field| match field {
            Field::Read(column) => Some(column),
            Field::Passed(_) => None,
        })
    }
}

/// Numbers of Arrow's types (`Schema.fbs`).
mod of {
    pub(super) const NULL: u8 = 1;
    pub(super) const INT: u8 = 2;
    pub(super) const FLOAT: u8 = 3;
    pub(super) const BINARY: u8 = 4;
    pub(super) const UTF8: u8 = 5;
    pub(super) const BOOL: u8 = 6;
    pub(super) const DECIMAL: u8 = 7;
    pub(super) const DATE: u8 = 8;
    pub(super) const TIME: u8 = 9;
    pub(super) const TIMESTAMP: u8 = 10;
    pub(super) const INTERVAL: u8 = 11;
    pub(super) const LIST: u8 = 12;
    pub(super) const STRUCT: u8 = 13;
    pub(super) const UNION: u8 = 14;
    pub(super) const FIXED: u8 = 15;
    pub(super) const FIXED_LIST: u8 = 16;
    pub(super) const MAP: u8 = 17;
    pub(super) const DURATION: u8 = 18;
    pub(super) const LARGE_BINARY: u8 = 19;
    pub(super) const LARGE_UTF8: u8 = 20;
    pub(super) const LARGE_LIST: u8 = 21;
    pub(super) const RUNS: u8 = 22;
    pub(super) const BINARY_VIEW: u8 = 23;
    pub(super) const UTF8_VIEW: u8 = 24;
    pub(super) const LIST_VIEW: u8 = 25;
    pub(super) const LARGE_LIST_VIEW: u8 = 26;
}

/// How a field's values lie and what they mean; or why they are no cells.
fn column(field: Table<'_>, name: String) -> Parsed<Result<Column, &'static str>> {
    let Some(about) = field.table(3) else {
        return Err("damaged: a field without type".to_owned());
    };
    let found = match layout(field.byte(2), about)? {
        Ok(found) => found,
        Err(why) => return Ok(Err(why)),
    };
    let dictionary = match field.table(4) {
        None => None,
        Some(of) => {
            // Four bytes with a sign where nothing is said.
            let places = match of.table(1) {
                Some(places) => int(places)?,
                None => Layout::Int { bytes: 4, signed: true },
            };
            Some((of.long(0), places))
        }
    };
    let (layout, kind) = found;
    Ok(Ok(Column { name, layout, kind, dictionary }))
}

fn int(about: Table<'_>) -> Parsed<Layout> {
    let bytes = match about.int(0, 0) {
        8 => 1,
        16 => 2,
        32 => 4,
        64 => 8,
        bits => return Err(format!("damaged: whole numbers of {bits} bits")),
    };
    Ok(Layout::Int { bytes, signed: about.byte(1) != 0 })
}

fn layout(code: u8, about: Table<'_>) -> Parsed<Result<(Layout, Kind), &'static str>> {
    let signed = |bytes| Layout::Int { bytes, signed: true };
    Ok(Ok(match code {
        of::NULL => (Layout::Null, Kind::Plain),
        of::BOOL => (Layout::Bool, Kind::Plain),
        of::INT => (int(about)?, Kind::Plain),
        of::DURATION => (signed(8), Kind::Plain),
        of::FLOAT => match about.short(0, 0) {
            0 => (Layout::Float { bytes: 2 }, Kind::Plain),
            1 => (Layout::Float { bytes: 4 }, Kind::Plain),
            2 => (Layout::Float { bytes: 8 }, Kind::Plain),
            other => return Err(format!("damaged: a float of kind {other}")),
        },
        of::UTF8 | of::BINARY => (Layout::Offsets { bytes: 4 }, Kind::Plain),
        of::LARGE_UTF8 | of::LARGE_BINARY => (Layout::Offsets { bytes: 8 }, Kind::Plain),
        of::UTF8_VIEW | of::BINARY_VIEW => (Layout::View, Kind::Plain),
        of::DATE => match about.short(0, 1) {
            0 => (signed(4), Kind::Days),
            _ => (signed(8), Kind::Time(Unit::Milli, Zone::Unknown)),
        },
        of::TIMESTAMP => {
            let zone = match about.text(1) {
                Some(zone) if !zone.is_empty() => Zone::Utc,
                _ => Zone::Unknown,
            };
            (signed(8), Kind::Time(Unit::of(about.short(0, 0))?, zone))
        }
        of::DECIMAL => match about.int(2, 128) {
            bits @ (32 | 64 | 128) => {
                let bytes = usize::try_from(bits / 8).unwrap_or(16);
                (signed(bytes), Kind::Decimal(about.int(1, 0)))
            }
            _ => return Ok(Err("a decimal of 256 bits")),
        },
        of::FIXED => {
            let bytes =
                usize::try_from(about.int(0, 0)).map_err(|_| "damaged: a negative width")?;
            (Layout::Fixed { bytes }, Kind::Bits)
        }
        of::TIME => return Ok(Err("a time of day")),
        of::INTERVAL => return Ok(Err("an interval")),
        of::LIST | of::LARGE_LIST | of::FIXED_LIST | of::LIST_VIEW | of::LARGE_LIST_VIEW => {
            return Ok(Err("a list"));
        }
        of::STRUCT => return Ok(Err("a struct")),
        of::MAP => return Ok(Err("a map")),
        of::UNION => return Ok(Err("a union")),
        of::RUNS => return Ok(Err("a run-end encoded array")),
        other => return Err(format!("a column of type {other}, which is not known")),
    }))
}

/// What a field takes of a record batch, all fields within it included.
fn share(field: Table<'_>, version: i16, depth: usize, seen: &mut usize) -> Parsed<Share> {
    *seen += 1;
    if *seen > FIELDS {
        return Err(format!("more than {FIELDS} fields"));
    }
    let depth = depth.checked_sub(1).ok_or_else(|| format!("fields nested deeper than {DEPTH}"))?;
    if field.table(4).is_some() {
        return Ok(Share { nodes: 1, buffers: 2, views: 0 });
    }
    // Unions had a validity of their own up to version 4.
    const OLD: i16 = 3;
    let old = usize::from(version <= OLD);
    let (buffers, views) = match field.byte(2) {
        of::NULL | of::RUNS => (0, 0),
        of::STRUCT | of::FIXED_LIST => (1, 0),
        of::UNION => match field.table(3).map_or(0, |about| about.short(0, 0)) {
            0 => (1 + old, 0),
            _ => (2 + old, 0),
        },
        of::UTF8 | of::BINARY | of::LARGE_UTF8 | of::LARGE_BINARY => (3, 0),
        of::LIST_VIEW | of::LARGE_LIST_VIEW => (3, 0),
        of::UTF8_VIEW | of::BINARY_VIEW => (2, 1),
        _ => (2, 0),
    };
    let mut all = Share { nodes: 1, buffers, views };
    for child in field.tables(5) {
        let child = share(child?, version, depth, seen)?;
        all.nodes += child.nodes;
        all.buffers += child.buffers;
        all.views += child.views;
    }
    Ok(all)
}
