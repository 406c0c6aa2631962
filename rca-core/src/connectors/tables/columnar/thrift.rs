//! Thrift's compact protocol, as far as Parquet's metadata needs it.

use super::Parsed;

/// Deepest nesting of what is skipped.
const DEPTH: usize = 16;

/// Types as they are written.
pub(super) mod of {
    pub(in super::super) const TRUE: u8 = 1;
    pub(in super::super) const FALSE: u8 = 2;
    pub(in super::super) const BYTE: u8 = 3;
    pub(in super::super) const SHORT: u8 = 4;
    pub(in super::super) const INT: u8 = 5;
    pub(in super::super) const LONG: u8 = 6;
    pub(in super::super) const DOUBLE: u8 = 7;
    pub(in super::super) const BYTES: u8 = 8;
    pub(in super::super) const LIST: u8 = 9;
    pub(in super::super) const SET: u8 = 10;
    pub(in super::super) const MAP: u8 = 11;
    pub(in super::super) const STRUCT: u8 = 12;
}

const CUT: &str = "damaged or cut off: metadata that does not end";

#[derive(Debug, Clone, Copy)]
pub(super) struct Thrift<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Thrift<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How many bytes were read.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// The fields of a struct: their number and type. What is not taken has to be skipped.
    pub(super) fn fields(
        &mut self,
        mut take: impl FnMut(i64, u8, &mut Self) -> Parsed<()>,
    ) -> Parsed<()> {
        let mut field = 0i64;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Ok(());
            }
            field = match head >> 4 {
                0 => self.int()?,
                more => field.saturating_add(i64::from(more)),
            };
            take(field, head & 0x0f, self)?;
        }
    }

    /// The head of a list: how many elements of which type.
    pub(super) fn list(&mut self) -> Parsed<(usize, u8)> {
        let head = self.byte()?;
        let count = match head >> 4 {
            15 => usize::try_from(self.varint()?).map_err(|_| CUT)?,
            count => usize::from(count),
        };
        // Each element has a byte at least.
        if count > self.bytes.len() - self.at {
            return Err(CUT.to_owned());
        }
        Ok((count, head & 0x0f))
    }

    /// A list of structs.
    pub(super) fn structs(&mut self) -> Parsed<usize> {
        match self.list()? {
            (count, of::STRUCT) | (count @ 0, _) => Ok(count),
            _ => Err("damaged metadata".to_owned()),
        }
    }

    pub(super) fn int(&mut self) -> Parsed<i64> {
        let number = self.varint()?;
        Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    pub(super) fn varint(&mut self) -> Parsed<u64> {
        let (number, at) = varint(self.bytes, self.at).ok_or(CUT)?;
        self.at = at;
        Ok(number)
    }

    pub(super) fn text(&mut self) -> Parsed<String> {
        Ok(String::from_utf8_lossy(self.take()?).into_owned())
    }

    fn take(&mut self) -> Parsed<&'b [u8]> {
        let length = usize::try_from(self.varint()?).map_err(|_| CUT)?;
        let end = self.at.checked_add(length).ok_or(CUT)?;
        let taken = self.bytes.get(self.at..end).ok_or(CUT)?;
        self.at = end;
        Ok(taken)
    }

    fn byte(&mut self) -> Parsed<u8> {
        let byte = *self.bytes.get(self.at).ok_or(CUT)?;
        self.at += 1;
        Ok(byte)
    }

    /// Goes past a field's value.
    pub(super) fn skip(&mut self, kind: u8) -> Parsed<()> {
        // Truth is in the type of a field, and nowhere else.
        if kind == of::TRUE || kind == of::FALSE {
            return Ok(());
        }
        self.skip_element(kind, DEPTH)
    }

    fn skip_element(&mut self, kind: u8, depth: usize) -> Parsed<()> {
        let depth = depth.checked_sub(1).ok_or("damaged: metadata nested too deep")?;
        match kind {
            of::TRUE | of::FALSE | of::BYTE => self.byte().map(|_| ()),
            of::SHORT | of::INT | of::LONG => self.varint().map(|_| ()),
            of::DOUBLE => (0..8).try_for_each(|_| self.byte().map(|_| ())),
            of::BYTES => self.take().map(|_| ()),
            of::LIST | of::SET => {
                let (count, kind) = self.list()?;
                (0..count).try_for_each(|_| self.skip_element(kind, depth))
            }
            of::MAP => {
                let count = self.varint()?;
                if count == 0 {
                    return Ok(());
                }
                let kinds = self.byte()?;
                for _ in 0..count {
                    self.skip_element(kinds >> 4, depth)?;
                    self.skip_element(kinds & 0x0f, depth)?;
                }
                Ok(())
            }
            of::STRUCT => self.fields(|_, kind, thrift| match kind {
                of::TRUE | of::FALSE => Ok(()),
                _ => thrift.skip_element(kind, depth),
            }),
            _ => Err("damaged metadata".to_owned()),
        }
    }
}

/// A number of seven bits a byte (LEB128), and where it ends.
pub(super) fn varint(bytes: &[u8], mut at: usize) -> Option<(u64, usize)> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(at)?;
        at += 1;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some((number, at));
        }
    }
    None
}
