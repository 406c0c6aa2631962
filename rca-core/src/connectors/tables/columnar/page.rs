//! Pages of a Parquet column: unpacked one at a time, read value by value.

use std::borrow::Cow;

use super::Parsed;
use super::budget::Budget;
use super::cell::{Kind, Value, half};
use super::codec::Codec;
use super::encoding::{Deltas, Runs};
use super::flat::array;
use super::thrift::{Thrift, of};

/// What Parquet can write (`Type` in its definition).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Physical {
    Bool,
    Int32,
    Int64,
    Int96,
    Float,
    Double,
    Bytes,
    Fixed(usize),
}

impl Physical {
    /// How many bytes each value has.
    fn width(self) -> Option<usize> {
        match self {
            Self::Int32 | Self::Float => Some(4),
            Self::Int64 | Self::Double => Some(8),
            Self::Int96 => Some(12),
            Self::Fixed(width) => Some(width),
            Self::Bool | Self::Bytes => None,
        }
    }
}

/// A column that is read: what its bytes are, and what they mean.
#[derive(Debug, Clone, Copy)]
pub(super) struct Typed {
    pub(super) physical: Physical,
    pub(super) kind: Kind,
    pub(super) signed: bool,
    /// Whether values can be absent.
    pub(super) optional: bool,
}

/// Encodings (`Encoding`).
const PLAIN: i64 = 0;
const OLD_DICTIONARY: i64 = 2;
const RUNS: i64 = 3;
const DELTA: i64 = 5;
const DELTA_LENGTH: i64 = 6;
const DELTA_BYTES: i64 = 7;
const DICTIONARY: i64 = 8;
const SPLIT: i64 = 9;

/// Kinds of pages (`PageType`).
const DATA: i64 = 0;
const INDEX: i64 = 1;
const DICTIONARY_PAGE: i64 = 2;
const DATA_V2: i64 = 3;

const CUT: &str = "damaged or cut off: a page that ends too early";

/// The pages of one column in one row group.
#[derive(Debug)]
pub(super) struct Pages<'b> {
    typed: Typed,
    codec: Codec,
    bytes: &'b [u8],
    /// Values that no page had yet.
    left: u64,
    dictionary: Option<Dictionary<'b>>,
    page: Option<Page<'b>>,
    held: usize,
}

impl<'b> Pages<'b> {
    pub(super) fn new(typed: Typed, codec: Codec, bytes: &'b [u8], values: u64) -> Self {
        Self { typed, codec, bytes, left: values, dictionary: None, page: None, held: 0 }
    }

    /// What is unpacked for it now.
    pub(super) fn held(&self) -> usize {
        self.held + self.page.as_ref().map_or(0, |page| page.held)
    }

    /// Makes sure that the page at hand has a value.
    pub(super) fn fetch(&mut self, budget: &mut Budget) -> Parsed<()> {
        while self.page.as_ref().is_none_or(|page| page.left == 0) {
            if let Some(page) = self.page.take() {
                budget.release(page.held);
            }
            if self.left == 0 {
                return Err("damaged: a column that is shorter than its row group".to_owned());
            }
            self.advance(budget)?;
        }
        Ok(())
    }

    /// The next value of the page that was fetched.
    pub(super) fn value(&mut self) -> Parsed<Value<'_>> {
        let page = self.page.as_mut().ok_or(CUT)?;
        page.left = page.left.checked_sub(1).ok_or(CUT)?;
        if let Some(levels) = &mut page.levels
            && levels.next(&page.data[..])? == 0
        {
            return Ok(Value::Null);
        }
        page.values.next(&page.data, self.typed, self.dictionary.as_ref())
    }

    fn advance(&mut self, budget: &mut Budget) -> Parsed<()> {
        let mut thrift = Thrift::new(self.bytes);
        let head = Head::parse(&mut thrift)?;
        let rest = self.bytes.get(thrift.position()..).ok_or(CUT)?;
        let (packed, rest) = rest.split_at_checked(head.packed).ok_or(CUT)?;
        self.bytes = rest;
        match head.kind {
            INDEX => Ok(()),
            DICTIONARY_PAGE => {
                let (data, held) = self.unpack(packed, head.unpacked, budget)?;
                self.held += held;
                let dictionary = Dictionary::new(data, head.values, self.typed, budget)?;
                self.held += 4 * dictionary.starts.len();
                self.dictionary = Some(dictionary);
                Ok(())
            }
            DATA => {
                let (data, held) = self.unpack(packed, head.unpacked, budget)?;
                self.begin(&head, data, held, None, budget)
            }
            DATA_V2 => {
                // Levels are never packed.
                let (levels, values) = packed.split_at_checked(head.levels).ok_or(CUT)?;
                let most = head.unpacked.checked_sub(head.levels).ok_or(CUT)?;
                if !head.is_packed || self.codec == Codec::Plain || values.is_empty() {
                    return self.begin(&head, Cow::Borrowed(packed), 0, Some(head.levels), budget);
                }
                let (values, held) = self.unpack(values, most, budget)?;
                budget.hold(levels.len())?;
                let data = [levels, &values].concat();
                self.begin(&head, Cow::Owned(data), held + levels.len(), Some(head.levels), budget)
            }
            _ => Err("damaged: an unknown kind of page".to_owned()),
        }
    }

    fn unpack(
        &self,
        packed: &'b [u8],
        size: usize,
        budget: &mut Budget,
    ) -> Parsed<(Cow<'b, [u8]>, usize)> {
        if self.codec == Codec::Plain {
            return Ok((Cow::Borrowed(packed), 0));
        }
        Ok((Cow::Owned(self.codec.unpack(packed, size, budget)?), size))
    }

    /// `levels`: how many bytes levels take; where that is not known it stands before them.
    fn begin(
        &mut self,
        head: &Head,
        data: Cow<'b, [u8]>,
        held: usize,
        levels: Option<usize>,
        budget: &mut Budget,
    ) -> Parsed<()> {
        self.left = self.left.checked_sub(head.values).ok_or("damaged: a page that is too long")?;
        let (start, values) = match (self.typed.optional, levels) {
            (false, None) => (0, 0),
            (_, Some(bytes)) => (0, bytes),
            (true, None) if head.level_encoding == RUNS => {
                let length = u32::from_le_bytes(array(&data, 0).ok_or(CUT)?);
                let length = usize::try_from(length).map_err(|_| CUT)?;
                (4, length.checked_add(4).ok_or(CUT)?)
            }
            (true, None) => return Err(
                "levels as packed bits, which no writer has used for years and which are not read"
                    .to_owned(),
            ),
        };
        let levels = if self.typed.optional { Some(Runs::new(start, 1)?) } else { None };
        let values = Values::new(head, &data, values, self.typed, budget)?;
        self.page = Some(Page { data, held, left: head.values, levels, values });
        Ok(())
    }
}

/// What stands before a page.
#[derive(Debug, Default)]
struct Head {
    kind: i64,
    unpacked: usize,
    packed: usize,
    values: u64,
    encoding: i64,
    level_encoding: i64,
    /// Bytes of levels, where it says so.
    levels: usize,
    is_packed: bool,
}

impl Head {
    fn parse(thrift: &mut Thrift<'_>) -> Parsed<Self> {
        let mut head = Self { kind: -1, is_packed: true, ..Self::default() };
        let size = |thrift: &mut Thrift<'_>| super::size(thrift.int()?);
        thrift.fields(|field, kind, thrift| {
            match (field, kind) {
                (1, of::INT) => head.kind = thrift.int()?,
                (2, of::INT) => head.unpacked = size(thrift)?,
                (3, of::INT) => head.packed = size(thrift)?,
                (5 | 7 | 8, of::STRUCT) => head.about(field, thrift)?,
                _ => thrift.skip(kind)?,
            }
            Ok(())
        })?;
        Ok(head)
    }

    /// The part that is of one kind of page only.
    fn about(&mut self, part: i64, thrift: &mut Thrift<'_>) -> Parsed<()> {
        let size = |thrift: &mut Thrift<'_>| super::size(thrift.int()?);
        thrift.fields(|field, kind, thrift| {
            match (part, field, kind) {
                (_, 1, of::INT) => self.values = size(thrift)? as u64,
                (5 | 7, 2, of::INT) | (8, 4, of::INT) => self.encoding = thrift.int()?,
                (5, 3, of::INT) => self.level_encoding = thrift.int()?,
                (8, 5 | 6, of::INT) => self.levels = self.levels.saturating_add(size(thrift)?),
                (8, 7, of::TRUE | of::FALSE) => self.is_packed = kind == of::TRUE,
                _ => thrift.skip(kind)?,
            }
            Ok(())
        })
    }
}

#[derive(Debug)]
struct Page<'b> {
    data: Cow<'b, [u8]>,
    held: usize,
    left: u64,
    levels: Option<Runs>,
    values: Values,
}

/// Values that pages have numbers of.
#[derive(Debug)]
struct Dictionary<'b> {
    data: Cow<'b, [u8]>,
    /// Where each begins, for values that are not all of one width.
    starts: Vec<u32>,
}

impl<'b> Dictionary<'b> {
    fn new(data: Cow<'b, [u8]>, count: u64, typed: Typed, budget: &mut Budget) -> Parsed<Self> {
        let mut starts = Vec::new();
        if typed.physical == Physical::Bytes {
            // Each has four bytes for its length.
            let count = usize::try_from(count).map_err(|_| CUT)?;
            if count > data.len() / 4 {
                return Err(CUT.to_owned());
            }
            budget.hold(4 * count)?;
            starts.reserve_exact(count);
            let mut at = 0;
            for _ in 0..count {
                starts.push(u32::try_from(at).map_err(|_| CUT)?);
                at = sized(&data, at).ok_or(CUT)?.1;
            }
        }
        Ok(Self { data, starts })
    }

    fn value(&self, place: u64, typed: Typed) -> Parsed<Value<'_>> {
        let read = || {
            let place = usize::try_from(place).ok()?;
            if typed.physical == Physical::Bytes {
                let start = usize::try_from(*self.starts.get(place)?).ok()?;
                return sized(&self.data, start).map(|(bytes, _)| Value::Bytes(bytes));
            }
            let width = typed.physical.width()?;
            let start = place.checked_mul(width)?;
            let bytes = self.data.get(start..start.checked_add(width)?)?;
            of_bytes(bytes, typed)
        };
        read().ok_or_else(|| format!("damaged: no place {place} in the dictionary"))
    }
}

/// Bytes behind their length, and where they end.
fn sized(data: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let length = usize::try_from(u32::from_le_bytes(array(data, at)?)).ok()?;
    let start = at.checked_add(4)?;
    let end = start.checked_add(length)?;
    Some((data.get(start..end)?, end))
}

/// Where the next value of a page is.
#[derive(Debug)]
enum Values {
    Plain(usize),
    /// Bits, one a value.
    Bits(usize),
    /// Truth as runs.
    Runs(Runs),
    Dictionary(Runs),
    Delta(Deltas),
    DeltaLength {
        lengths: Deltas,
        at: usize,
    },
    /// What a value shares with the one before, and what is its own.
    DeltaBytes {
        shared: Deltas,
        lengths: Deltas,
        at: usize,
        last: Vec<u8>,
    },
    /// All first bytes, then all second ones, and so on.
    Split {
        start: usize,
        count: usize,
        next: usize,
        value: Vec<u8>,
    },
}

impl Values {
    fn new(head: &Head, data: &[u8], at: usize, typed: Typed, budget: &mut Budget) -> Parsed<Self> {
        let most = head.values;
        let is_bool = typed.physical == Physical::Bool;
        Ok(match head.encoding {
            PLAIN if is_bool => Self::Bits(at.saturating_mul(8)),
            PLAIN => Self::Plain(at),
            RUNS if is_bool => Self::Runs(Runs::new(at.saturating_add(4), 1)?),
            OLD_DICTIONARY | DICTIONARY => match data.get(at) {
                Some(width) => Self::Dictionary(Runs::new(at + 1, u32::from(*width))?),
                // All are absent.
                None => Self::Plain(at),
            },
            DELTA | DELTA_LENGTH | DELTA_BYTES if at >= data.len() => Self::Plain(at),
            DELTA => Self::Delta(Deltas::new(data, at, most)?),
            DELTA_LENGTH => {
                let lengths = Deltas::new(data, at, most)?;
                let at = through(lengths, data, budget)?;
                Self::DeltaLength { lengths, at }
            }
            DELTA_BYTES => {
                let shared = Deltas::new(data, at, most)?;
                let lengths = Deltas::new(data, through(shared, data, budget)?, most)?;
                let at = through(lengths, data, budget)?;
                Self::DeltaBytes { shared, lengths, at, last: Vec::new() }
            }
            SPLIT => {
                let width = typed.physical.width().filter(|width| *width > 0);
                let bytes = data.len().saturating_sub(at);
                let count = width.map_or(0, |width| bytes / width);
                Self::Split { start: at, count, next: 0, value: Vec::new() }
            }
            other => return Err(format!("an encoding that is not read (number {other})")),
        })
    }

    fn next<'p>(
        &'p mut self,
        data: &'p [u8],
        typed: Typed,
        dictionary: Option<&'p Dictionary<'_>>,
    ) -> Parsed<Value<'p>> {
        let value = match self {
            Self::Plain(at) => match typed.physical.width() {
                Some(width) => {
                    let start = *at;
                    *at = start.checked_add(width).ok_or(CUT)?;
                    data.get(start..*at).and_then(|bytes| of_bytes(bytes, typed))
                }
                None => {
                    let (bytes, end) = sized(data, *at).ok_or(CUT)?;
                    *at = end;
                    of_bytes(bytes, typed)
                }
            },
            Self::Bits(at) => {
                let bit = data.get(*at / 8).map(|byte| byte >> (*at % 8) & 1 == 1);
                *at += 1;
                bit.map(Value::Bool)
            }
            Self::Runs(runs) => Some(Value::Bool(runs.next(data)? != 0)),
            Self::Dictionary(places) => {
                let place = places.next(data)?;
                let dictionary = dictionary.ok_or("damaged: a page without its dictionary")?;
                return dictionary.value(place, typed);
            }
            Self::Delta(numbers) => match typed.physical {
                Physical::Int32 => {
                    // Differences wrap around at 32 bits.
                    let [a, b, c, d, ..] = numbers.next(data)?.to_le_bytes();
                    of_bytes(&[a, b, c, d], typed).and_then(owned)
                }
                Physical::Int64 => {
                    of_bytes(&numbers.next(data)?.to_le_bytes(), typed).and_then(owned)
                }
                _ => None,
            },
            Self::DeltaLength { lengths, at } => {
                let start = *at;
                *at = start.checked_add(super::size(lengths.next(data)?)?).ok_or(CUT)?;
                data.get(start..*at).and_then(|bytes| of_bytes(bytes, typed))
            }
            Self::DeltaBytes { shared, lengths, at, last } => {
                let shared = super::size(shared.next(data)?)?;
                let start = *at;
                *at = start.checked_add(super::size(lengths.next(data)?)?).ok_or(CUT)?;
                if shared > last.len() {
                    return Err("damaged: a text that shares more than there is".to_owned());
                }
                last.truncate(shared);
                last.extend_from_slice(data.get(start..*at).ok_or(CUT)?);
                of_bytes(last, typed)
            }
            Self::Split { start, count, next, value } => {
                let (width, place) = (typed.physical.width().unwrap_or(0), *next);
                *next += 1;
                value.clear();
                if place < *count {
                    let bytes =
                        (0..width).map_while(|byte| data.get(*start + byte * *count + place));
                    value.extend(bytes);
                }
                of_bytes(value, typed)
            }
        };
        value.ok_or_else(|| CUT.to_owned())
    }
}

/// Where differences end. They may be many in few bytes, so going through them is not for nothing.
fn through(deltas: Deltas, data: &[u8], budget: &mut Budget) -> Parsed<usize> {
    budget.unpack(usize::try_from(deltas.left()).unwrap_or(usize::MAX))?;
    deltas.end(data)
}

/// A value that refers to nothing.
fn owned(value: Value<'_>) -> Option<Value<'static>> {
    match value {
        Value::Int(number) => Some(Value::Int(number)),
        _ => None,
    }
}

/// The 1st of January 1970 as a Julian day, from which 96-bit times count.
const JULIAN: i128 = 2_440_588;
const DAY: i128 = 86_400_000_000_000;

fn of_bytes(bytes: &[u8], typed: Typed) -> Option<Value<'_>> {
    Some(match typed.physical {
        Physical::Bool => return None,
        Physical::Int32 => {
            let number = i32::from_le_bytes(array(bytes, 0)?);
            Value::Int(if typed.signed { number.into() } else { number.cast_unsigned().into() })
        }
        Physical::Int64 => {
            let number = i64::from_le_bytes(array(bytes, 0)?);
            Value::Int(if typed.signed { number.into() } else { number.cast_unsigned().into() })
        }
        Physical::Int96 => {
            let nanos = i64::from_le_bytes(array(bytes, 0)?);
            let day = i32::from_le_bytes(array(bytes, 8)?);
            Value::Int((i128::from(day) - JULIAN) * DAY + i128::from(nanos))
        }
        Physical::Float => Value::Single(f32::from_le_bytes(array(bytes, 0)?)),
        Physical::Double => Value::Double(f64::from_le_bytes(array(bytes, 0)?)),
        Physical::Bytes | Physical::Fixed(_) => match typed.kind {
            Kind::Decimal(_) if bytes.len() <= 16 => Value::Int(big_endian(bytes)),
            Kind::Decimal(_) => return None,
            Kind::Half => Value::Single(half(u16::from_le_bytes(array(bytes, 0)?))),
            _ => Value::Bytes(bytes),
        },
    })
}

fn big_endian(bytes: &[u8]) -> i128 {
    let start = if bytes.first().is_some_and(|byte| byte & 0x80 != 0) { -1 } else { 0 };
    bytes.iter().fold(start, |number, byte| number << 8 | i128::from(*byte))
}
