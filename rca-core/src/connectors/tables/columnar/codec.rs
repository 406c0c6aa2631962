//! What packs buffers and pages. The unpacked size is known beforehand, and everything else is an error.

use std::io::Read;

use super::Parsed;
use super::budget::Budget;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    Plain,
    Snappy,
    Gzip,
    /// A block without a head (Parquet's LZ4_RAW).
    Lz4Block,
    Lz4Frame,
    Zstandard,
}

/// Windows that every decoder of Zstandard should bear (RFC 8878, 3.1.1.1.2), and the most that its usual levels write.
const WINDOW: u64 = 8 << 20;

impl Codec {
    pub(super) fn of_parquet(code: i64) -> Parsed<Self> {
        Ok(match code {
            0 => Self::Plain,
            1 => Self::Snappy,
            2 => Self::Gzip,
            6 => Self::Zstandard,
            7 => Self::Lz4Block,
            3 => return Err(refused("LZO")),
            4 => return Err(refused("Brotli")),
            5 => return Err(refused("LZ4 of the deprecated kind (not LZ4_RAW)")),
            _ => return Err(refused("an unknown codec")),
        })
    }

    pub(super) fn of_arrow(code: u8) -> Parsed<Self> {
        match code {
            0 => Ok(Self::Lz4Frame),
            1 => Ok(Self::Zstandard),
            _ => Err(refused("an unknown codec")),
        }
    }

    /// The bytes, which are so many. The budget has them as held and unpacked.
    pub(super) fn unpack(self, packed: &[u8], size: usize, budget: &mut Budget) -> Parsed<Vec<u8>> {
        budget.unpack(size)?;
        budget.hold(size)?;
        let unpacked = match self {
            Self::Plain => packed.to_vec(),
            Self::Snappy => block(size, |into| {
                snap::raw::Decoder::new().decompress(packed, into).map_err(|e| e.to_string())
            })?,
            Self::Lz4Block => block(size, |into| {
                lz4_flex::block::decompress_into(packed, into).map_err(|e| e.to_string())
            })?,
            Self::Gzip => stream(flate2::read::MultiGzDecoder::new(packed), size)?,
            Self::Lz4Frame => stream(lz4_flex::frame::FrameDecoder::new(packed), size)?,
            Self::Zstandard => {
                let window = window(packed)?;
                if window > WINDOW.max(size as u64) {
                    return Err(format!("Zstandard with a window of {window} bytes"));
                }
                let decoder = ruzstd::decoding::StreamingDecoder::new(packed)
                    .map_err(|error| format!("Zstandard: {error}"))?;
                stream(decoder, size)?
            }
        };
        if unpacked.len() == size {
            Ok(unpacked)
        } else {
            Err(format!("damaged: {size} bytes announced, {} unpacked", unpacked.len()))
        }
    }
}

fn refused(codec: &str) -> String {
    format!("packed with {codec}, which is not read; write it with snappy, lz4, gzip or zstd")
}

fn block(size: usize, unpack: impl FnOnce(&mut [u8]) -> Parsed<usize>) -> Parsed<Vec<u8>> {
    let mut into = vec![0; size];
    let count = unpack(&mut into)?;
    into.truncate(count);
    Ok(into)
}

/// At most one byte more than there should be is unpacked.
fn stream(from: impl Read, size: usize) -> Parsed<Vec<u8>> {
    let mut into = Vec::with_capacity(size);
    from.take(size as u64 + 1).read_to_end(&mut into).map_err(|error| error.to_string())?;
    Ok(into)
}

/// The window that a Zstandard frame asks for (RFC 8878, 3.1.1.1): a decoder reserves it before it has read anything.
fn window(frame: &[u8]) -> Parsed<u64> {
    let at = |place: usize| frame.get(place).copied().map(u64::from);
    let read = || {
        let head = frame.strip_prefix(&[0x28, 0xb5, 0x2f, 0xfd])?;
        let descriptor = *head.first()?;
        if descriptor & 0x20 == 0 {
            let byte = at(5)?;
            let base = 1u64 << (10 + (byte >> 3));
            return Some(base + base / 8 * (byte & 7));
        }
        // One segment: the window is the content, whose size stands behind the number of a dictionary.
        let skip = [0, 1, 2, 4].get(usize::from(descriptor & 3))?;
        let (length, more) = match descriptor >> 6 {
            0 => (1, 0),
            1 => (2, 256),
            2 => (4, 0),
            _ => (8, 0),
        };
        let mut content = 0u64;
        for place in (0..length).rev() {
            content = content << 8 | at(5 + skip + place)?;
        }
        Some(content.saturating_add(more))
    };
    read().ok_or_else(|| "damaged: not a frame of Zstandard".to_owned())
}
