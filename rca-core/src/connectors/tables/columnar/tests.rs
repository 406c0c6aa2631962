//! Files that no writer makes; those of writers are in `tests/limits_tables.rs` and `tests/foreign_tables.rs`.

use super::budget::Budget;
use super::codec::Codec;
use crate::connectors::{Format, Limits, read, unobserved};

fn refused(format: &str, bytes: &[u8]) -> String {
    let format = Format::named(format).unwrap();
    read("x", &mut &*bytes, Some(format), &Limits::default(), &unobserved).unwrap_err().to_string()
}

#[test]
fn what_is_no_table_is_told_from_a_damaged_one() {
    assert!(refused("parquet", b"PAR1 and no more").contains("no directory"));
    assert!(refused("parquet", b"PAR1\0\0\0\0PARE").contains("encrypted"));
    assert!(refused("arrow-ipc", b"").contains("no schema"));
    assert!(refused("arrow-ipc", b"\xff\xff\xff\xff\xff\xff\xff\x7f").contains("cut off"));
}

#[test]
fn a_codec_gives_as_many_bytes_as_were_announced_or_none() {
    let limits = Limits::default();
    let packed = snap::raw::Encoder::new().compress_vec(b"many words of a table").unwrap();
    let unpack = |size| Codec::Snappy.unpack(&packed, size, &mut Budget::new(100, &limits));
    assert_eq!(unpack(21).unwrap(), b"many words of a table");
    assert!(unpack(20).is_err() && unpack(22).is_err());
    let most = unpack(1 << 40).unwrap_err();
    assert!(most.contains("unpacked_bytes") && most.contains("gzip_ratio"), "{most}");
}

#[test]
fn a_frame_of_zstandard_with_a_window_of_gigabytes_reserves_none() {
    // A head of no single segment, whose window is 2 to the power of 41.
    let frame = [0x28, 0xb5, 0x2f, 0xfd, 0, 31 << 3, 1, 0, 0];
    let budget = &mut Budget::new(100, &Limits::default());
    let error = Codec::Zstandard.unpack(&frame, 10, budget).unwrap_err();
    assert!(error.contains("window"), "{error}");
}

#[test]
fn what_is_held_at_a_time_is_no_longer_than_a_body() {
    let limits = Limits { body_bytes: 100, ..Limits::default() };
    let mut budget = Budget::new(100, &limits);
    budget.hold(60).unwrap();
    budget.release(60);
    budget.hold(100).unwrap();
    assert!(budget.hold(1).unwrap_err().contains("body_bytes"));
}
