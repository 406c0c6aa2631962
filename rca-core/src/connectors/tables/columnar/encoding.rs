//! How Parquet writes whole numbers: runs and packed bits, and differences. Decoders hold no bytes, only where they are.

use super::Parsed;
use super::thrift::varint;

const CUT: &str = "damaged or cut off: a page that lacks values";

/// `width` bits from this bit on, the low one first.
fn bits(data: &[u8], at: usize, width: u32) -> Option<u64> {
    if width == 0 {
        return Some(0);
    }
    let (byte, shift) = (at / 8, u32::try_from(at % 8).unwrap_or(0));
    let end = at.checked_add(width as usize)?.div_ceil(8);
    let mut number = 0u128;
    for (place, byte) in data.get(byte..end)?.iter().enumerate() {
        number |= u128::from(*byte) << (8 * place);
    }
    let mask = if width >= 64 { u64::MAX } else { (1 << width) - 1 };
    #[expect(clippy::cast_possible_truncation, reason = "the bits beyond are another number's")]
    let number = (number >> shift) as u64;
    Some(number & mask)
}

/// Runs of one number, and numbers of few bits side by side.
#[derive(Debug, Clone, Copy)]
pub(super) struct Runs {
    width: u32,
    /// Where the next run begins.
    at: usize,
    left: u64,
    run: Run,
}

#[derive(Debug, Clone, Copy)]
enum Run {
    Same(u64),
    /// The bit at which the next number begins.
    Packed(usize),
}

impl Runs {
    pub(super) fn new(at: usize, width: u32) -> Parsed<Self> {
        if width > 32 {
            return Err(format!("damaged: numbers of {width} bits"));
        }
        Ok(Self { width, at, left: 0, run: Run::Same(0) })
    }

    pub(super) fn next(&mut self, data: &[u8]) -> Parsed<u64> {
        while self.left == 0 {
            self.begin(data).ok_or(CUT)?;
        }
        self.left -= 1;
        match &mut self.run {
            Run::Same(number) => Ok(*number),
            Run::Packed(at) => {
                let number = bits(data, *at, self.width).ok_or(CUT)?;
                *at += self.width as usize;
                Ok(number)
            }
        }
    }

    fn begin(&mut self, data: &[u8]) -> Option<()> {
        let (head, at) = varint(data, self.at)?;
        if head & 1 == 0 {
            let bytes = self.width.div_ceil(8);
            let start = at.checked_mul(8)?;
            self.run = Run::Same(bits(data, start, bytes * 8)?);
            self.left = head >> 1;
            self.at = at + bytes as usize;
        } else {
            let groups = usize::try_from(head >> 1).ok()?;
            self.run = Run::Packed(at.checked_mul(8)?);
            self.left = (head >> 1).checked_mul(8)?;
            self.at = at.checked_add(groups.checked_mul(self.width as usize)?)?;
        }
        Some(())
    }
}

/// Differences from number to number, packed in blocks (DELTA_BINARY_PACKED).
#[derive(Debug, Clone, Copy)]
pub(super) struct Deltas {
    /// Behind what was read.
    at: usize,
    /// Numbers in a small block, and small blocks in one.
    small: usize,
    blocks: usize,
    /// Numbers that are to come.
    left: u64,
    first: bool,
    number: i64,
    least: i64,
    /// Where the widths of this block's small ones stand, and which of them is next.
    widths: usize,
    block: usize,
    width: u32,
    bit: usize,
    left_in_small: usize,
}

/// Most numbers in a block; writers use 128 to 1024.
const BLOCK: u64 = 1 << 16;

impl Deltas {
    /// What begins here; at most so many numbers.
    pub(super) fn new(data: &[u8], at: usize, most: u64) -> Parsed<Self> {
        let read = || {
            let (size, at) = varint(data, at)?;
            let (blocks, at) = varint(data, at)?;
            let (count, at) = varint(data, at)?;
            let (first, at) = varint(data, at)?;
            Some((size, blocks, count, zigzag(first), at))
        };
        let (size, blocks, left, number, at) = read().ok_or(CUT)?;
        let fits = (1..=BLOCK).contains(&size)
            && (1..=size / 8).contains(&blocks)
            && size.is_multiple_of(8 * blocks);
        if !fits || left > most {
            return Err("damaged: differences in blocks that can't be".to_owned());
        }
        let usize = |number: u64| usize::try_from(number).map_err(|_| CUT);
        let (small, blocks) = (usize(size / blocks)?, usize(blocks)?);
        Ok(Self {
            at,
            small,
            blocks,
            left,
            first: true,
            number,
            least: 0,
            widths: 0,
            block: blocks,
            width: 0,
            bit: 0,
            left_in_small: 0,
        })
    }

    pub(super) fn next(&mut self, data: &[u8]) -> Parsed<i64> {
        self.left = self.left.checked_sub(1).ok_or(CUT)?;
        if std::mem::take(&mut self.first) {
            return Ok(self.number);
        }
        if self.left_in_small == 0 {
            self.begin(data).ok_or(CUT)?;
        }
        let difference = bits(data, self.bit, self.width).ok_or(CUT)?;
        self.bit += self.width as usize;
        self.left_in_small -= 1;
        let step = self.least.wrapping_add(difference.cast_signed());
        self.number = self.number.wrapping_add(step);
        Ok(self.number)
    }

    fn begin(&mut self, data: &[u8]) -> Option<()> {
        if self.block == self.blocks {
            let (least, at) = varint(data, self.at)?;
            self.least = zigzag(least);
            self.widths = at;
            self.at = at.checked_add(self.blocks)?;
            self.block = 0;
        }
        self.width = u32::from(*data.get(self.widths + self.block)?);
        if self.width > 64 {
            return None;
        }
        self.block += 1;
        self.bit = self.at.checked_mul(8)?;
        self.at = self.at.checked_add(self.small * self.width as usize / 8)?;
        self.left_in_small = self.small;
        Some(())
    }

    /// Where they end. Goes through all that is left.
    pub(super) fn end(mut self, data: &[u8]) -> Parsed<usize> {
        while self.left > 0 {
            self.next(data)?;
        }
        Ok(self.at)
    }

    pub(super) fn left(&self) -> u64 {
        self.left
    }
}

fn zigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_packed_bits_follow_one_another() {
        // Three times 5, then 0 to 7 in three bits (the example of the format's own description).
        let data = [6, 5, 3, 0b1000_1000, 0b1100_0110, 0b1111_1010];
        let mut runs = Runs::new(0, 3).unwrap();
        let read: Vec<u64> = (0..11).map(|_| runs.next(&data).unwrap()).collect();
        assert_eq!(read, [5, 5, 5, 0, 1, 2, 3, 4, 5, 6, 7]);
        assert!(runs.next(&data).is_err());
        let mut ones = Runs::new(0, 0).unwrap();
        assert_eq!(ones.next(&[4]).unwrap(), 0);
        assert!(Runs::new(0, 33).is_err());
    }

    #[test]
    fn differences_add_up() {
        // 7, 5, 3, 1, 2, 3, 4, 5: differences of -2 and 1, in blocks of 8.
        let data = [8, 1, 8, 14, 3, 2, 0b1100_0000, 0b0011_1111];
        let mut deltas = Deltas::new(&data, 0, 8).unwrap();
        assert_eq!(deltas.end(&data).unwrap(), data.len());
        let read: Vec<i64> = (0..8).map(|_| deltas.next(&data).unwrap()).collect();
        assert_eq!(read, [7, 5, 3, 1, 2, 3, 4, 5]);
        assert!(deltas.next(&data).is_err());
        assert!(Deltas::new(&data, 0, 7).is_err(), "more than there can be");
        assert!(Deltas::new(&[8, 0, 8, 14], 0, 8).is_err(), "no block");
    }
}
