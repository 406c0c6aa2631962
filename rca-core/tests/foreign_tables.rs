//! Parquet and Arrow IPC that pyarrow and polars write. `./test formats` lets them and says where the files are.

#![cfg(feature = "arrow")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod records;

use std::path::PathBuf;

use rca_core::ErrorKind;
use rca_core::connectors::{Batch, ColumnMap, Format, Limits, read, read_table, unobserved};
use rca_core::model::Entity;
use records::records;

/// Files of a table that are packed with what we read: pyarrow's in all forms, and those of polars.
const READ: [&str; 12] = [
    "none.parquet",
    "snappy.parquet",
    "gzip.parquet",
    "lz4.parquet",
    "None.arrow",
    "lz4.arrow",
    "None.arrows",
    "lz4.arrows",
    "polars.parquet",
    "polars.arrow",
    "polars.arrows",
    "naive.parquet",
];
const REFUSED: [(&str, &str); 4] = [
    ("zstd.parquet", "zstd"),
    ("brotli.parquet", "brotli"),
    ("zstd.arrow", "zstd"),
    ("zstd.arrows", "zstd"),
];

fn file(name: &str) -> Vec<u8> {
    let root = std::env::var_os("RCA_TABLES")
        .expect("RCA_TABLES is not set: run ./test formats, which lets the tables be written");
    std::fs::read(PathBuf::from(root).join(name)).unwrap()
}

/// Reads a table in all forms; they are the same.
fn all_forms(name: &str, one: impl Fn(&[u8]) -> rca_core::Result<Batch>) -> Batch {
    let mut first: Option<Batch> = None;
    for form in READ {
        let mut batch = one(&file(&format!("{name}.{form}"))).unwrap();
        batch.sort();
        assert_eq!(batch.report.refused(), 0, "{name}.{form}: {}", batch.report);
        match &first {
            Some(first) => assert_eq!(records(&batch), records(first), "{name}.{form}"),
            None => first = Some(batch),
        }
    }
    first.unwrap()
}

fn by_content(bytes: &[u8]) -> rca_core::Result<Batch> {
    read("x", &mut &*bytes, None, &Limits::default(), &unobserved)
}

#[test]
#[ignore = "needs files that ./test formats makes"]
fn a_column_for_each_series_is_a_table_of_metrics() {
    let batch = all_forms("wide", by_content);
    let of = |entity: &str, metric: &str| {
        batch.telemetry.metrics.get(&Entity::service(entity), metric).unwrap().clone()
    };
    assert_eq!(of("pay", "mem").values, (0..3000).map(f64::from).collect::<Vec<_>>());
    assert_eq!(of("cart", "cpu").values.len(), 2999, "what is null is a gap");
    assert_eq!(of("cart", "mem").values.len(), 2999, "and so is NaN");
    assert_eq!(of("pay", "cpu").times[1], 1_777_885_210_000_000_000);
}

#[test]
#[ignore = "needs files that ./test formats makes"]
fn a_time_and_a_message_are_a_table_of_logs() {
    let batch = all_forms("logs", by_content);
    let logs: Vec<_> = batch.telemetry.logs.iter().collect();
    let messages: Vec<&str> = logs.iter().map(|record| record.message()).collect();
    let expected = ["opened", "no \"A4\", only A5\n\tat shop.Printer", "café \u{1f600}", "closed"];
    assert_eq!(messages, expected);
    assert_eq!((logs[1].service(), logs[1].attribute("shift")), ("pay", Some("2")));
    assert_eq!(logs[2].attribute("shift"), None);
}

#[test]
#[ignore = "needs files that ./test formats makes"]
fn a_column_map_explains_names_that_say_nothing() {
    let named = |name: &str| Some(name.to_owned());
    let columns = ColumnMap {
        time: named("event time"),
        entity: named("component"),
        metric: named("kpi"),
        value: named("reading"),
        ..ColumnMap::default()
    };
    let batch = all_forms("odd", |bytes| {
        read_table("x", &mut &*bytes, &columns, &Limits::default(), &unobserved)
    });
    let cart = batch.telemetry.metrics.get(&Entity::service("cart"), "cpu").unwrap();
    assert_eq!(cart.values, [1.5]);
    let error = by_content(&file("odd.snappy.parquet")).unwrap_err();
    assert!(error.to_string().contains("ColumnMap"), "{error}");
}

#[test]
#[ignore = "needs files that ./test formats makes"]
fn codecs_that_are_not_read_are_refused_by_name() {
    for (form, codec) in REFUSED {
        let error = by_content(&file(&format!("wide.{form}"))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{form}: {error}");
        assert!(error.to_string().to_lowercase().contains(codec), "{form}: {error}");
    }
}

/// Every byte of a small file set to another value, and every end cut off.
#[test]
#[ignore = "needs files that ./test formats makes"]
fn damaged_tables_are_errors_or_refused_rows() {
    // What the readers of others say on a panic of theirs, which we catch, is not worth reading.
    std::panic::set_hook(Box::new(|_| {}));
    for form in ["snappy.parquet", "None.arrow", "lz4.arrows"] {
        let whole = file(&format!("odd.{form}"));
        for place in (0..whole.len()).step_by(3) {
            let mut damaged = whole.clone();
            damaged[place] ^= 0x55;
            for bytes in [&damaged[..], &whole[..place]] {
                for format in ["parquet", "arrow-ipc"] {
                    let format = Format::named(format).unwrap();
                    let outcome =
                        read("x", &mut &*bytes, Some(format), &Limits::default(), &unobserved);
                    if let Err(error) = outcome {
                        assert_eq!(
                            error.kind(),
                            ErrorKind::InvalidInput,
                            "{form} {place}: {error}"
                        );
                    }
                }
            }
        }
    }
}
