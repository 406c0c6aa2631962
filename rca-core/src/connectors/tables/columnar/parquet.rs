//! Parquet files: the directory at the end, then row group by row group.

use super::budget::Budget;
use super::cell::{Kind, Line, Unit, Zone};
use super::codec::Codec;
use super::page::{Pages, Physical, Typed};
use super::thrift::{Thrift, of};
use super::{LeftOut, NAMES, PARQUET, Parsed, Rows, size};

/// Most columns, those within others included.
const COLUMNS: usize = 20_000;
const DEPTH: usize = 16;

#[derive(Debug)]
pub(super) struct Table<'b> {
    bytes: &'b [u8],
    leaves: Vec<Leaf>,
    left_out: Vec<LeftOut>,
    /// What the directory has of row groups that were not read yet.
    groups: Thrift<'b>,
    groups_left: usize,
    rows_left: u64,
    columns: Vec<Pages<'b>>,
    budget: Budget,
}

/// A column of the file, in its order; those within others are not read.
#[derive(Debug)]
struct Leaf {
    read: Option<(String, Typed)>,
}

impl<'b> Table<'b> {
    pub(super) fn open(bytes: &'b [u8], budget: Budget) -> Parsed<Self> {
        let (rest, mark) = bytes.split_last_chunk::<4>().ok_or("cut off")?;
        if mark == b"PARE" {
            return Err("encrypted, which is not read".to_owned());
        }
        let directory = || {
            let (rest, length) = rest.split_last_chunk::<4>()?;
            let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
            rest.get(rest.len().checked_sub(length)?..)
        };
        let directory = directory()
            .filter(|_| mark == PARQUET)
            .ok_or("damaged or cut off: no directory at the end")?;
        let (mut elements, mut groups) = (Vec::new(), None);
        let mut thrift = Thrift::new(directory);
        thrift.fields(|field, kind, thrift| {
            match (field, kind) {
                (2, of::LIST) => elements = Element::list(thrift)?,
                (4, of::LIST) => {
                    let mut at = *thrift;
                    groups = Some((at.structs()?, at));
                    thrift.skip(kind)?;
                }
                _ => thrift.skip(kind)?,
            }
            Ok(())
        })?;
        let (groups_left, groups) = groups.ok_or("damaged: no row groups")?;
        let (leaves, left_out) = leaves(elements)?;
        if leaves.iter().all(|leaf| leaf.read.is_none()) {
            return Err("no column that is read".to_owned());
        }
        Ok(Self {
            bytes,
            leaves,
            left_out,
            groups,
            groups_left,
            rows_left: 0,
            columns: Vec::new(),
            budget,
        })
    }

    /// Begins with the next row group; `false` where there is none.
    fn advance(&mut self) -> Parsed<bool> {
        self.budget.release(self.columns.iter().map(Pages::held).sum());
        self.columns.clear();
        let Some(left) = self.groups_left.checked_sub(1) else { return Ok(false) };
        self.groups_left = left;
        let (mut chunks, mut rows) = (Vec::new(), 0);
        let leaves = self.leaves.len();
        self.groups.fields(|field, kind, thrift| {
            match (field, kind) {
                (1, of::LIST) => {
                    let count = thrift.structs()?;
                    if count != leaves {
                        return Err(format!("damaged: {count} columns of {leaves} in a row group"));
                    }
                    chunks.clear();
                    for _ in 0..count {
                        chunks.push(Chunk::parse(thrift)?);
                    }
                }
                (3, of::LONG) => rows = thrift.int()?,
                _ => thrift.skip(kind)?,
            }
            Ok(())
        })?;
        self.rows_left = size(rows)? as u64;
        if self.rows_left == 0 {
            return Ok(true);
        }
        if chunks.len() != leaves {
            return Err("damaged: a row group without columns".to_owned());
        }
        for (leaf, chunk) in self.leaves.iter().zip(&chunks) {
            let Some((name, typed)) = &leaf.read else { continue };
            let pages = chunk.pages(self.bytes, *typed, self.rows_left);
            self.columns.push(pages.map_err(|reason| format!("column {name:?}: {reason}"))?);
        }
        Ok(true)
    }
}

impl Rows for Table<'_> {
    fn names(&self) -> Vec<String> {
        let read = self.leaves.iter().filter_map(|leaf| leaf.read.as_ref());
        read.map(|(name, _)| name.clone()).collect()
    }

    fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    fn row(&mut self, line: &mut Line<'_>) -> Parsed<bool> {
        while self.rows_left == 0 {
            if !self.advance()? {
                return Ok(false);
            }
        }
        self.rows_left -= 1;
        let read = self.leaves.iter().filter_map(|leaf| leaf.read.as_ref());
        for (column, (name, typed)) in self.columns.iter_mut().zip(read) {
            let budget = &mut self.budget;
            let written = column
                .fetch(budget)
                .and_then(|()| column.value())
                .and_then(|value| line.value(typed.kind, value));
            written.map_err(|reason| format!("column {name:?}: {reason}"))?;
        }
        Ok(true)
    }

    fn budget(&mut self) -> &mut Budget {
        &mut self.budget
    }
}

/// Where a column of a row group is.
#[derive(Debug, Default)]
struct Chunk {
    elsewhere: bool,
    codec: i64,
    values: i64,
    length: i64,
    data: i64,
    dictionary: i64,
}

impl Chunk {
    fn parse(thrift: &mut Thrift<'_>) -> Parsed<Self> {
        let mut chunk = Self::default();
        thrift.fields(|field, kind, thrift| {
            match (field, kind) {
                (1, of::BYTES) => {
                    chunk.elsewhere = true;
                    thrift.skip(kind)?;
                }
                (3, of::STRUCT) => thrift.fields(|field, kind, thrift| {
                    match (field, kind) {
                        (4, of::INT) => chunk.codec = thrift.int()?,
                        (5, of::LONG) => chunk.values = thrift.int()?,
                        (7, of::LONG) => chunk.length = thrift.int()?,
                        (9, of::LONG) => chunk.data = thrift.int()?,
                        (11, of::LONG) => chunk.dictionary = thrift.int()?,
                        _ => thrift.skip(kind)?,
                    }
                    Ok(())
                })?,
                _ => thrift.skip(kind)?,
            }
            Ok(())
        })?;
        Ok(chunk)
    }

    fn pages<'b>(&self, bytes: &'b [u8], typed: Typed, rows: u64) -> Parsed<Pages<'b>> {
        if self.elsewhere {
            return Err("in another file, which is not read".to_owned());
        }
        let values = size(self.values)? as u64;
        if values != rows {
            return Err(format!("damaged: {values} values in {rows} rows"));
        }
        // Some writers give 0 where there is no dictionary.
        let start = if self.dictionary > 0 { self.data.min(self.dictionary) } else { self.data };
        let (start, length) = (size(start)?, size(self.length)?);
        let end = start.checked_add(length).ok_or("damaged")?;
        let pages = bytes.get(start..end).ok_or("damaged: it lies outside of the file")?;
        Ok(Pages::new(typed, Codec::of_parquet(self.codec)?, pages, values))
    }
}

/// An element of the schema: a column, or what others lie in.
#[derive(Debug, Default)]
struct Element {
    name: String,
    physical: Option<i64>,
    width: i64,
    repetition: i64,
    children: i64,
    converted: Option<i64>,
    scale: i64,
    logical: Option<Logical>,
}

/// What the newer of the two ways to say what bytes mean says.
#[derive(Debug, Clone, Copy)]
struct Logical {
    number: i64,
    scale: i64,
    utc: bool,
    unit: i64,
    signed: bool,
}

const REQUIRED: i64 = 0;
const OPTIONAL: i64 = 1;

impl Element {
    fn list(thrift: &mut Thrift<'_>) -> Parsed<Vec<Self>> {
        let count = thrift.structs()?;
        if count > COLUMNS {
            return Err(format!("more than {COLUMNS} columns"));
        }
        let (mut elements, mut names) = (Vec::new(), 0usize);
        for _ in 0..count {
            let element = Self::parse(thrift)?;
            names = names.saturating_add(element.name.len());
            if names > NAMES {
                return Err(format!(
                    "names of columns that are longer than {NAMES} bytes together"
                ));
            }
            elements.push(element);
        }
        Ok(elements)
    }

    fn parse(thrift: &mut Thrift<'_>) -> Parsed<Self> {
        let mut element = Self::default();
        thrift.fields(|field, kind, thrift| {
            match (field, kind) {
                (1, of::INT) => element.physical = Some(thrift.int()?),
                (2, of::INT) => element.width = thrift.int()?,
                (3, of::INT) => element.repetition = thrift.int()?,
                (4, of::BYTES) => element.name = thrift.text()?,
                (5, of::INT) => element.children = thrift.int()?,
                (6, of::INT) => element.converted = Some(thrift.int()?),
                (7, of::INT) => element.scale = thrift.int()?,
                (10, of::STRUCT) => element.logical = Logical::parse(thrift)?,
                _ => thrift.skip(kind)?,
            }
            Ok(())
        })?;
        Ok(element)
    }

    /// How its bytes are read; or why they are no cells.
    fn typed(&self) -> Parsed<Result<Typed, &'static str>> {
        let physical = match self.physical {
            Some(0) => Physical::Bool,
            Some(1) => Physical::Int32,
            Some(2) => Physical::Int64,
            Some(3) => Physical::Int96,
            Some(4) => Physical::Float,
            Some(5) => Physical::Double,
            Some(6) => Physical::Bytes,
            Some(7) => Physical::Fixed(size(self.width)?),
            _ => return Err(format!("damaged: column {:?} has no type", self.name)),
        };
        let plain = match physical {
            Physical::Fixed(_) => Kind::Bits,
            Physical::Int96 => Kind::Time(Unit::Nano, Zone::Unknown),
            _ => Kind::Plain,
        };
        let (kind, signed) = match (self.logical, self.converted) {
            (Some(logical), _) => match logical.kind(plain)? {
                Ok(kind) => (kind, logical.number != 10 || logical.signed),
                Err(why) => return Ok(Err(why)),
            },
            (None, Some(5)) => (Kind::Decimal(scale(self.scale)?), true),
            (None, Some(6)) => (Kind::Days, true),
            (None, Some(7 | 8)) => return Ok(Err("a time of day")),
            (None, Some(9)) => (Kind::Time(Unit::Milli, Zone::Utc), true),
            (None, Some(10)) => (Kind::Time(Unit::Micro, Zone::Utc), true),
            (None, Some(21)) => return Ok(Err("an interval")),
            (None, converted) => (plain, !matches!(converted, Some(11..=14))),
        };
        if let (Kind::Decimal(_), Physical::Fixed(17..)) = (kind, physical) {
            return Ok(Err("a decimal of more than 128 bits"));
        }
        Ok(Ok(Typed { physical, kind, signed, optional: self.repetition == OPTIONAL }))
    }
}

fn scale(scale: i64) -> Parsed<i32> {
    i32::try_from(scale).map_err(|_| "damaged decimal".to_owned())
}

impl Logical {
    fn parse(thrift: &mut Thrift<'_>) -> Parsed<Option<Self>> {
        let mut logical = None;
        thrift.fields(|number, kind, thrift| {
            if kind != of::STRUCT {
                return thrift.skip(kind);
            }
            let mut of = Self { number, scale: 0, utc: false, unit: 0, signed: true };
            thrift.fields(|field, kind, thrift| {
                match (number, field, kind) {
                    (5, 1, of::INT) => of.scale = thrift.int()?,
                    (8, 1, of::TRUE | of::FALSE) => of.utc = kind == of::TRUE,
                    (8, 2, of::STRUCT) => thrift.fields(|unit, kind, thrift| {
                        of.unit = unit;
                        thrift.skip(kind)
                    })?,
                    (10, 2, of::TRUE | of::FALSE) => of.signed = kind == of::TRUE,
                    _ => thrift.skip(kind)?,
                }
                Ok(())
            })?;
            logical = Some(of);
            Ok(())
        })?;
        Ok(logical)
    }

    fn kind(self, plain: Kind) -> Parsed<Result<Kind, &'static str>> {
        let zone = if self.utc { Zone::Utc } else { Zone::Unknown };
        Ok(Ok(match self.number {
            5 => Kind::Decimal(scale(self.scale)?),
            6 => Kind::Days,
            7 => return Ok(Err("a time of day")),
            8 => match self.unit {
                1 => Kind::Time(Unit::Milli, zone),
                2 => Kind::Time(Unit::Micro, zone),
                3 => Kind::Time(Unit::Nano, zone),
                _ => return Err("damaged: an unknown unit of time".to_owned()),
            },
            15 => Kind::Half,
            _ => plain,
        }))
    }
}

/// The columns of a schema, which is a tree written from its root on; what lies deeper than in the root is left out.
fn leaves(elements: Vec<Element>) -> Parsed<(Vec<Leaf>, Vec<LeftOut>)> {
    const DAMAGED: &str = "damaged: a schema that is no tree";
    let (mut leaves, mut left_out) = (Vec::new(), Vec::new());
    // How many are still to come within each that is open.
    let mut open: Vec<i64> = Vec::new();
    for (at, element) in elements.into_iter().enumerate() {
        if at > 0 {
            while open.last() == Some(&0) {
                open.pop();
            }
            *open.last_mut().ok_or(DAMAGED)? -= 1;
        }
        let depth = open.len();
        if depth > DEPTH {
            return Err(format!("columns nested deeper than {DEPTH}"));
        }
        let nested = (depth == 1 && element.repetition > OPTIONAL).then_some("a list");
        if at == 0 || element.children > 0 {
            if depth == 1 {
                let why = match (element.converted, element.logical.map(|of| of.number)) {
                    (Some(1 | 2), _) | (_, Some(2)) => "a map",
                    (Some(3), _) | (_, Some(3)) => "a list",
                    _ => "a struct",
                };
                left_out.push(LeftOut { column: element.name, why });
            }
            open.push(element.children.max(0));
            continue;
        }
        let read = match element.typed()? {
            _ if depth > 1 => None,
            Ok(_) if nested.is_some() => {
                left_out.push(LeftOut { column: element.name, why: "a list" });
                None
            }
            Ok(typed) if (REQUIRED..=OPTIONAL).contains(&element.repetition) => {
                Some((element.name, typed))
            }
            Ok(_) => return Err(DAMAGED.to_owned()),
            Err(why) => {
                left_out.push(LeftOut { column: element.name, why });
                None
            }
        };
        leaves.push(Leaf { read });
    }
    Ok((leaves, left_out))
}
