//! Every parser of an incident bundle, on any bytes.

use rca_core::connectors::bundle::{self, Part};
use rca_core::connectors::{Batch, Limits, unobserved};

/// Reads the bytes as each part of a bundle, under small limits so that they are reached.
///
/// # Panics
///
/// When a parser claims to have read more than there is.
pub fn parse(bytes: &[u8]) {
    let limits = Limits { line_bytes: 64, record_bytes: 1024, attributes: 4, ..Limits::default() };
    for part in Part::ALL {
        let mut batch = Batch::default();
        let mut source = bytes;
        let name = part.file_name();
        let outcome = bundle::read_part(part, name, &mut source, &limits, &unobserved, &mut batch);
        assert!(outcome.is_ok(), "bytes in memory do not fail to be read");
        let taken: u64 = batch.report.inputs.iter().map(|input| input.bytes).sum();
        assert!(taken <= bytes.len() as u64, "{taken} of {} bytes", bytes.len());
        batch.sort();
    }
}

#[cfg(test)]
mod tests {
    /// Inputs that once went wrong, or nearly.
    const CORPUS: &[&[u8]] = &[
        b"",
        b"[",
        b"[[[[[[]",
        b"{\"a\":\"\\",
        b"\xef\xbb\xbf[{}]",
        b"[{\"timestamp\":1e999},{\"timestamp\":-9223372036854775808}]",
        b"timestamp,service,metric,value\n\"\n,,,\n",
        b"{\"events\":[{\"events\":[null]},3]}",
    ];

    #[test]
    fn the_corpus_is_read_or_refused() {
        CORPUS.iter().for_each(|bytes| super::parse(bytes));
    }

    #[test]
    fn a_long_line_of_closing_brackets_is_read_in_linear_time() {
        super::parse("]".repeat(100_000).as_bytes());
    }
}
