//! Arrow IPC: a stream of messages (a schema, dictionaries, record batches), or a file of them with a directory at its end.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::budget::Budget;
use super::cell::{Line, Value, half};
use super::codec::Codec;
use super::flat::{self, array};
use super::schema::{Column, Field, Layout, Schema};
use super::{FILE, LeftOut, Parsed, Rows, STREAM, size};

/// Kinds of messages (`Message.fbs`).
const SCHEMA: u8 = 1;
const DICTIONARY: u8 = 2;
const RECORDS: u8 = 3;

#[derive(Debug)]
pub(super) struct Table<'b> {
    messages: Messages<'b>,
    schema: Schema,
    dictionaries: BTreeMap<i64, Dictionary<'b>>,
    budget: Budget,
    batch: Batch<'b>,
    row: usize,
}

impl<'b> Table<'b> {
    pub(super) fn open(bytes: &'b [u8], budget: Budget) -> Parsed<Self> {
        let (messages, schema, version) = Messages::open(bytes)?;
        let schema = Schema::parse(schema, version)?;
        Ok(Self {
            messages,
            schema,
            dictionaries: BTreeMap::new(),
            budget,
            batch: Batch::default(),
            row: 0,
        })
    }

    /// The next record batch; dictionaries on the way there are kept.
    fn advance(&mut self) -> Parsed<bool> {
        self.budget.release(self.batch.held);
        self.batch = Batch::default();
        self.row = 0;
        while let Some(Message { head, body }) = self.messages.next()? {
            let Some(about) = head.table(2) else { return Err("damaged message".to_owned()) };
            match head.byte(1) {
                RECORDS => {
                    let parts = Parts::new(about, body)?;
                    self.batch = parts.batch(&self.schema.fields, &mut self.budget)?;
                    return Ok(true);
                }
                DICTIONARY => self.dictionary(about, body)?,
                // Tensors are no tables.
                _ => {}
            }
        }
        Ok(false)
    }

    fn dictionary(&mut self, about: flat::Table<'b>, body: &'b [u8]) -> Parsed<()> {
        let id = about.long(0);
        let of = |column: &&Column| column.dictionary.is_some_and(|(of, _)| of == id);
        // One of a column that was left out.
        let Some(column) = self.schema.columns().find(of) else { return Ok(()) };
        let mut parts = Parts::new(about.table(1).ok_or("damaged dictionary")?, body)?;
        let rows = parts.rows;
        let mut values = parts.array(column.layout, rows, &mut self.budget)?;
        // Many small ones are not for nothing either.
        let own = PART + values.buffers.len() * size_of::<Cow<'_, [u8]>>();
        self.budget.hold(own)?;
        values.held += own;
        let known = self.dictionaries.entry(id).or_default();
        if about.byte(2) == 0 {
            self.budget.release(known.parts.iter().map(|part| part.held).sum());
            known.parts.clear();
        }
        known.parts.push(values);
        Ok(())
    }
}

impl Rows for Table<'_> {
    fn names(&self) -> Vec<String> {
        self.schema.columns().map(|column| column.name.clone()).collect()
    }

    fn left_out(&self) -> &[LeftOut] {
        &self.schema.left_out
    }

    fn row(&mut self, line: &mut Line<'_>) -> Parsed<bool> {
        while self.row >= self.batch.rows {
            if !self.advance()? {
                return Ok(false);
            }
        }
        for (column, array) in self.schema.columns().zip(&self.batch.arrays) {
            let value = array.value(self.row)?;
            let value = match (column.dictionary, value) {
                (None, value) | (_, value @ Value::Null) => value,
                (Some((id, _)), Value::Int(place)) => {
                    let known = self.dictionaries.get(&id).ok_or("damaged: no such dictionary")?;
                    known.value(place)?
                }
                _ => return Err("damaged dictionary".to_owned()),
            };
            line.value(column.kind, value)?;
        }
        self.row += 1;
        Ok(true)
    }

    fn budget(&mut self) -> &mut Budget {
        &mut self.budget
    }

    fn note(&self) -> Option<&'static str> {
        self.messages.is_cut().then_some("the end is missing: the input was cut off")
    }
}

/// What a part of a dictionary takes besides its bytes, about.
const PART: usize = 256;

/// The values that rows of a column have numbers of, as they came.
#[derive(Debug, Default)]
struct Dictionary<'b> {
    parts: Vec<Array<'b>>,
}

impl Dictionary<'_> {
    fn value(&self, place: i128) -> Parsed<Value<'_>> {
        let outside = || format!("damaged: no place {place} in the dictionary");
        let mut place = usize::try_from(place).map_err(|_| outside())?;
        for part in &self.parts {
            if place < part.rows {
                return part.value(place);
            }
            place -= part.rows;
        }
        Err(outside())
    }
}

/// Messages in the order in which they are to be read.
#[derive(Debug)]
enum Messages<'b> {
    /// One after the other.
    Stream {
        rest: &'b [u8],
        is_file: bool,
        /// Whether it ended without saying so, though it should.
        cut: bool,
    },
    /// Where a file's directory says: dictionaries, then record batches. Not every writer leaves a stream inside.
    Listed { file: &'b [u8], blocks: [&'b [u8]; 2] },
}

/// A place in a file: where a message begins, its head's length and its body's.
const BLOCK: usize = 24;

struct Message<'b> {
    head: flat::Table<'b>,
    body: &'b [u8],
}

const CUT: &str = "damaged or cut off: a message is longer than what is left";

impl<'b> Messages<'b> {
    /// The messages, and the schema with the version of the format.
    fn open(bytes: &'b [u8]) -> Parsed<(Self, flat::Table<'b>, i16)> {
        let file = bytes.strip_prefix(FILE);
        if let Some(directory) = file.and_then(directory) {
            let directory = flat::Table::root(directory)?;
            let blocks = [2, 3].map(|list| directory.structs(list, BLOCK).unwrap_or_default());
            let schema = directory.table(1).ok_or("damaged: a directory without schema")?;
            return Ok((Self::Listed { file: bytes, blocks }, schema, directory.short(0, 0)));
        }
        // Two bytes of padding behind the mark. Without directory it was cut off, and what there is is read.
        let inside = file.map(|inside| inside.get(2..).unwrap_or_default());
        let mut messages =
            Self::Stream { rest: inside.unwrap_or(bytes), is_file: file.is_some(), cut: false };
        let first = messages.next()?.ok_or("empty: no schema")?;
        let schema = first.head.table(2).filter(|_| first.head.byte(1) == SCHEMA);
        Ok((
            messages,
            schema.ok_or("damaged: it does not begin with a schema")?,
            first.head.short(0, 0),
        ))
    }

    fn next(&mut self) -> Parsed<Option<Message<'b>>> {
        match self {
            Self::Listed { file, blocks } => {
                let Some(blocks) = blocks.iter_mut().find(|blocks| !blocks.is_empty()) else {
                    return Ok(None);
                };
                let (block, rest) = blocks.split_at_checked(BLOCK).ok_or(CUT)?;
                *blocks = rest;
                let start = size(i64::from_le_bytes(array(block, 0).ok_or(CUT)?))?;
                let mut at = file.get(start..).ok_or(CUT)?;
                message(&mut at)?.map(Some).ok_or_else(|| CUT.to_owned())
            }
            Self::Stream { rest, is_file, cut } => {
                let before = rest.len();
                let message = message(rest)?;
                // A stream may end without a word, but neither in the middle of one nor in a file.
                *cut |= message.is_none() && rest.len() == before && (*is_file || before > 0);
                Ok(message)
            }
        }
    }

    fn is_cut(&self) -> bool {
        matches!(self, Self::Stream { cut: true, .. })
    }
}

/// What stands before the length of the directory and the mark at a file's end.
fn directory(file: &[u8]) -> Option<&[u8]> {
    let (rest, length) = file.strip_suffix(FILE)?.split_last_chunk::<4>()?;
    let length = usize::try_from(i32::from_le_bytes(*length)).ok()?;
    rest.get(rest.len().checked_sub(length)?..)
}

/// The message that begins here; none at the end, of which a mark is taken.
fn message<'b>(bytes: &mut &'b [u8]) -> Parsed<Option<Message<'b>>> {
    // Files of old lack the mark before the length.
    let rest = bytes.strip_prefix(STREAM).unwrap_or(bytes);
    let Some((length, rest)) = rest.split_first_chunk::<4>() else { return Ok(None) };
    let length = usize::try_from(i32::from_le_bytes(*length)).map_err(|_| CUT)?;
    if length == 0 {
        *bytes = rest;
        return Ok(None);
    }
    let (head, rest) = rest.split_at_checked(length).ok_or(CUT)?;
    let head = flat::Table::root(head)?;
    let (body, rest) = rest.split_at_checked(size(head.long(3))?).ok_or(CUT)?;
    *bytes = rest;
    Ok(Some(Message { head, body }))
}

#[derive(Debug, Default)]
struct Batch<'b> {
    rows: usize,
    arrays: Vec<Array<'b>>,
    held: usize,
}

/// What is left of a record batch's nodes and buffers; every field takes its share.
struct Parts<'b> {
    rows: usize,
    nodes: &'b [u8],
    buffers: &'b [u8],
    views: &'b [u8],
    body: &'b [u8],
    codec: Option<Codec>,
}

const MISSING: &str = "damaged: a record batch that lacks buffers";

impl<'b> Parts<'b> {
    fn new(about: flat::Table<'b>, body: &'b [u8]) -> Parsed<Self> {
        Ok(Self {
            rows: size(about.long(0))?,
            nodes: about.structs(1, 16).unwrap_or_default(),
            buffers: about.structs(2, 16).unwrap_or_default(),
            views: about.structs(4, 8).unwrap_or_default(),
            body,
            codec: about.table(3).map(|of| Codec::of_arrow(of.byte(0))).transpose()?,
        })
    }

    fn batch(mut self, fields: &[Field], budget: &mut Budget) -> Parsed<Batch<'b>> {
        let mut batch = Batch { rows: self.rows, ..Batch::default() };
        for field in fields {
            match field {
                Field::Read(column) => {
                    let layout = column.dictionary.map_or(column.layout, |(_, places)| places);
                    let array = self.array(layout, batch.rows, budget)?;
                    batch.held += array.held;
                    batch.arrays.push(array);
                }
                Field::Passed(share) => {
                    self.nodes = self.nodes.get(16 * share.nodes..).ok_or(MISSING)?;
                    let lists = (0..share.views).try_fold(0usize, |sum, _| {
                        let more = self.view_buffers()?;
                        sum.checked_add(more).ok_or_else(|| MISSING.to_owned())
                    })?;
                    let buffers = share.buffers.saturating_add(lists).saturating_mul(16);
                    self.buffers = self.buffers.get(buffers..).ok_or(MISSING)?;
                }
            }
        }
        Ok(batch)
    }

    /// How many buffers the views of the next such column point into.
    fn view_buffers(&mut self) -> Parsed<usize> {
        let (count, rest) = self.views.split_first_chunk::<8>().ok_or(MISSING)?;
        self.views = rest;
        size(i64::from_le_bytes(*count))
    }

    /// The array that comes next.
    fn array(&mut self, layout: Layout, rows: usize, budget: &mut Budget) -> Parsed<Array<'b>> {
        let (node, nodes) = self.nodes.split_first_chunk::<16>().ok_or(MISSING)?;
        self.nodes = nodes;
        if array(node, 0).map(i64::from_le_bytes) != i64::try_from(rows).ok() {
            return Err("damaged: columns of different lengths".to_owned());
        }
        let count = match layout {
            Layout::Null => 0,
            Layout::Offsets { .. } => 3,
            Layout::View => self.view_buffers()?.saturating_add(2),
            _ => 2,
        };
        // Before anything is reserved for them.
        if count.saturating_mul(16) > self.buffers.len() {
            return Err(MISSING.to_owned());
        }
        let (mut buffers, mut held) = (Vec::with_capacity(count), 0);
        for _ in 0..count {
            let buffer = self.buffer(budget)?;
            if let Cow::Owned(bytes) = &buffer {
                held += bytes.len();
            }
            buffers.push(buffer);
        }
        let array = Array { layout, rows, buffers, held };
        if array.is_whole() { Ok(array) } else { Err(MISSING.to_owned()) }
    }

    fn buffer(&mut self, budget: &mut Budget) -> Parsed<Cow<'b, [u8]>> {
        let (place, rest) = self.buffers.split_first_chunk::<16>().ok_or(MISSING)?;
        self.buffers = rest;
        let number = |at| size(i64::from_le_bytes(array(place, at).unwrap_or_default()));
        let (start, length) = (number(0)?, number(8)?);
        let end = start.checked_add(length).ok_or(MISSING)?;
        let bytes = self.body.get(start..end).ok_or("damaged: a buffer outside of its message")?;
        let Some(codec) = self.codec.filter(|_| !bytes.is_empty()) else {
            return Ok(Cow::Borrowed(bytes));
        };
        let (unpacked, packed) = bytes.split_first_chunk::<8>().ok_or(MISSING)?;
        match i64::from_le_bytes(*unpacked) {
            // What did not get shorter by packing is left as it is.
            -1 => Ok(Cow::Borrowed(packed)),
            length => Ok(Cow::Owned(codec.unpack(packed, size(length)?, budget)?)),
        }
    }
}

/// The values of a column in a batch.
#[derive(Debug)]
struct Array<'b> {
    layout: Layout,
    rows: usize,
    /// Validity (empty: all are valid), then what the layout has.
    buffers: Vec<Cow<'b, [u8]>>,
    /// Bytes that were unpacked for it.
    held: usize,
}

impl Array<'_> {
    fn buffer(&self, at: usize) -> &[u8] {
        self.buffers.get(at).map(Cow::as_ref).unwrap_or_default()
    }

    /// Whether there are bytes for all rows.
    fn is_whole(&self) -> bool {
        let bits = |buffer: &[u8]| buffer.len().saturating_mul(8) >= self.rows;
        let wide = |width: usize, rows: usize| {
            width.checked_mul(rows).is_some_and(|all| self.buffer(1).len() >= all)
        };
        let values = match self.layout {
            Layout::Null => true,
            Layout::Bool => bits(self.buffer(1)),
            Layout::Int { bytes, .. } | Layout::Float { bytes } | Layout::Fixed { bytes } => {
                wide(bytes, self.rows)
            }
            Layout::Offsets { bytes } => {
                self.rows == 0 || self.rows.checked_add(1).is_some_and(|rows| wide(bytes, rows))
            }
            Layout::View => wide(16, self.rows),
        };
        values && (self.buffer(0).is_empty() || bits(self.buffer(0)))
    }

    fn value(&self, row: usize) -> Parsed<Value<'_>> {
        const OUTSIDE: &str = "damaged: a value outside of its buffer";
        let bit = |buffer: &[u8]| buffer.get(row / 8).map(|byte| byte >> (row % 8) & 1 == 1);
        if self.layout == Layout::Null
            || (!self.buffer(0).is_empty() && bit(self.buffer(0)) == Some(false))
        {
            return Ok(Value::Null);
        }
        let data = self.buffer(1);
        let cell = |width: usize| {
            let start = row.checked_mul(width)?;
            data.get(start..start.checked_add(width)?)
        };
        let value = match self.layout {
            Layout::Null => None,
            Layout::Bool => bit(data).map(Value::Bool),
            Layout::Int { bytes, signed } => cell(bytes).map(|cell| Value::Int(int(cell, signed))),
            Layout::Float { bytes } => cell(bytes).and_then(float),
            Layout::Fixed { bytes } => cell(bytes).map(Value::Bytes),
            Layout::Offsets { bytes } => {
                let offset = |row: usize| {
                    let start = row.checked_mul(bytes)?;
                    let bytes = data.get(start..start.checked_add(bytes)?)?;
                    usize::try_from(int(bytes, true)).ok()
                };
                let range = offset(row).zip(offset(row + 1));
                range.and_then(|(start, end)| self.buffer(2).get(start..end)).map(Value::Bytes)
            }
            Layout::View => cell(16).and_then(|view| self.viewed(view)).map(Value::Bytes),
        };
        value.ok_or_else(|| OUTSIDE.to_owned())
    }

    /// Short texts stand in the view itself, others where it points to.
    fn viewed<'a>(&'a self, view: &'a [u8]) -> Option<&'a [u8]> {
        let number = |at| usize::try_from(i32::from_le_bytes(array(view, at)?)).ok();
        let length = number(0)?;
        if length <= 12 {
            return view.get(4..4 + length);
        }
        let (buffer, start) = (number(8)?, number(12)?);
        self.buffers.get(buffer.checked_add(2)?)?.get(start..start.checked_add(length)?)
    }
}

/// A whole number with the low byte first.
fn int(bytes: &[u8], signed: bool) -> i128 {
    let negative = signed && bytes.last().is_some_and(|byte| byte & 0x80 != 0);
    let start = if negative { -1 } else { 0 };
    bytes.iter().rev().fold(start, |number, byte| number << 8 | i128::from(*byte))
}

fn float(bytes: &[u8]) -> Option<Value<'static>> {
    Some(match bytes.len() {
        2 => Value::Single(half(u16::from_le_bytes(array(bytes, 0)?))),
        4 => Value::Single(f32::from_le_bytes(array(bytes, 0)?)),
        _ => Value::Double(f64::from_le_bytes(array(bytes, 0)?)),
    })
}
