//! Gzip on the way in, with a bound on how much bytes may grow.

use std::io::{self, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

use crate::connectors::Limits;

/// First bytes of a gzip member (RFC 1952).
const GZIP: &[u8] = &[0x1f, 0x8b];
/// Little, since what was taken and is not unpacked yet counts as if it were.
const CHUNK: usize = 8 << 10;
/// Small bodies of zeros shrink a thousandfold, so the ratio is looked at from here on only.
const HARMLESS: u64 = 1 << 20;

/// The error of bytes that grow too much.
#[derive(Debug, thiserror::Error)]
#[error(
    "gzip that grows more than {0} times: a bomb? Raise the limit `gzip_ratio` if it is meant so"
)]
pub(in crate::connectors) struct Bomb(u64);

/// A source whose first bytes were looked at, unpacked where it is gzip.
pub(in crate::connectors) fn unpack<'a>(
    start: Vec<u8>,
    rest: &'a mut dyn Read,
    limits: &Limits,
) -> Box<dyn Read + 'a> {
    unpack_at_most(start, rest, limits, u64::MAX)
}

/// The same for a body that is taken as a whole: an error where it unpacks to more than a body may have.
pub(super) fn unpack_body<'a>(
    start: Vec<u8>,
    rest: &'a mut dyn Read,
    limits: &Limits,
) -> Box<dyn Read + 'a> {
    unpack_at_most(start, rest, limits, limits.unpacked_bytes)
}

fn unpack_at_most<'a>(
    start: Vec<u8>,
    rest: &'a mut dyn Read,
    limits: &Limits,
    most: u64,
) -> Box<dyn Read + 'a> {
    let packed = start.starts_with(GZIP);
    let source = io::Cursor::new(start).chain(rest);
    if !packed {
        return Box::new(source);
    }
    let counted = Counted { source, taken: 0 };
    Box::new(Unpacked {
        decoder: MultiGzDecoder::new(BufReader::with_capacity(CHUNK, counted)),
        given: 0,
        ratio: limits.gzip_ratio,
        most,
    })
}

/// Counts what is taken from a source.
struct Counted<R> {
    source: R,
    taken: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.taken += count as u64;
        Ok(count)
    }
}

/// Ends with an error where bytes grow more than they should.
struct Unpacked<R: Read> {
    decoder: MultiGzDecoder<BufReader<Counted<R>>>,
    given: u64,
    ratio: u64,
    most: u64,
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.decoder.read(buffer)?;
        self.given += count as u64;
        let taken = self.decoder.get_ref().get_ref().taken;
        if self.given > HARMLESS && self.given / taken.max(1) > self.ratio {
            return Err(io::Error::new(io::ErrorKind::InvalidData, Bomb(self.ratio)));
        }
        if self.given > self.most {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!(
                    "a body that unpacks to more than {} bytes; raise the limit `unpacked_bytes` if it is meant so",
                    self.most
                ),
            ));
        }
        Ok(count)
    }
}
