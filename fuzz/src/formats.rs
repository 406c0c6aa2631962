//! Every format that inputs can be read as, on any bytes.

use rca_core::connectors::{Format, Limits, read, unobserved};

/// Reads the bytes as whatever they seem to be and as each format, under small limits so that they are reached.
///
/// # Panics
///
/// When a reader claims to have read more than there is, or reads something else the second time.
pub fn read_as_each(bytes: &[u8]) {
    let limits = Limits {
        line_bytes: 64,
        record_bytes: 1024,
        attributes: 4,
        before: chrono::DateTime::from_timestamp(1_800_000_000, 0),
        ..Limits::default()
    };
    for format in Format::all().map(Some).chain([None]) {
        // `Err` says that no format fits, or that a packed input is damaged.
        let Ok(mut batch) = read("x", &mut &bytes[..], format, &limits, &unobserved) else {
            continue;
        };
        let taken: u64 = batch.report.inputs.iter().map(|input| input.bytes).sum();
        let packed = bytes.starts_with(&[0x1f, 0x8b]);
        assert!(packed || taken <= bytes.len() as u64, "{taken} of {} bytes", bytes.len());
        batch.sort();
    }
}
