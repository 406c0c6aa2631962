//! Tables: Parquet and Arrow IPC, with and without names for their columns.

use rca_core::connectors::{ColumnMap, Format, Limits, read, read_table, unobserved};

/// Reads the bytes as each of them, and by what they seem to be.
///
/// # Panics
///
/// When a reader claims to have read more bytes than there are.
pub fn read_each(bytes: &[u8]) {
    let limits = Limits { record_bytes: 4096, attributes: 8, ..Limits::default() };
    for name in ["parquet", "arrow-ipc"] {
        // `Err` says that it is damaged.
        let format = Format::named(name).ok();
        if let Ok(batch) = read("x", &mut &bytes[..], format, &limits, &unobserved) {
            let taken: u64 = batch.report.inputs.iter().map(|input| input.bytes).sum();
            assert!(bytes.starts_with(&[0x1f, 0x8b]) || taken <= bytes.len() as u64, "{taken}");
        }
    }
    let columns = ColumnMap { time: Some("timestamp".to_owned()), ..ColumnMap::default() };
    for columns in [columns, ColumnMap::default()] {
        if let Ok(mut batch) = read_table("x", &mut &bytes[..], &columns, &limits, &unobserved) {
            batch.sort();
        }
    }
}
