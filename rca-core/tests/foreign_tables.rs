//! Tables that pyarrow and polars wrote. Ignored by default: `./test formats` lets them and says where the files are.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod records;

use std::path::PathBuf;

use rca_core::ErrorKind;
use rca_core::connectors::{Batch, ColumnMap, Limits, read, read_table, unobserved};
use rca_core::model::Entity;
use records::records;

/// Codecs, versions and encodings of Parquet, and those of Arrow as files, streams, Feather and the format before.
const PYARROW: [&str; 19] = [
    "none.parquet",
    "snappy.parquet",
    "gzip.parquet",
    "lz4.parquet",
    "zstd.parquet",
    "pages.parquet",
    "v2.parquet",
    "plain.parquet",
    "delta.parquet",
    "prefix.parquet",
    "None.arrow",
    "lz4.arrow",
    "zstd.arrow",
    "None.arrows",
    "lz4.arrows",
    "zstd.arrows",
    "old.arrow",
    "lz4.feather",
    "zstd.feather",
];
const POLARS: [&str; 6] = [
    "polars.parquet",
    "polars-zstd.parquet",
    "polars.arrow",
    "polars-zstd.arrow",
    "polars.arrows",
    "naive.parquet",
];

fn file(name: &str) -> Vec<u8> {
    let root = std::env::var_os("RCA_TABLES")
        .expect("RCA_TABLES is not set: run ./test formats, which lets the tables be written");
    std::fs::read(PathBuf::from(root).join(name)).expect(name)
}

/// Reads a table in all forms: they are what the CSV file is, record by record.
fn all_forms(name: &str, forms: &[&str], one: impl Fn(&[u8]) -> rca_core::Result<Batch>) -> Batch {
    let of = |form: &str| {
        let mut batch = one(&file(&format!("{name}.{form}"))).expect(form);
        batch.sort();
        assert_eq!(batch.report.refused(), 0, "{name}.{form}: {}", batch.report);
        batch
    };
    let csv = of("csv");
    for form in forms {
        let batch = of(form);
        assert!(batch.report.read() > 0 && batch.report.read() == csv.report.read(), "{form}");
        for (ours, theirs) in records(&batch).iter().zip(&records(&csv)) {
            assert_eq!(ours, theirs, "{name}.{form}");
        }
        assert_eq!(records(&batch).len(), records(&csv).len(), "{name}.{form}");
    }
    csv
}

fn by_content(bytes: &[u8]) -> rca_core::Result<Batch> {
    read("x", &mut &*bytes, None, &Limits::default(), &unobserved)
}

#[test]
#[ignore = "needs files that ./test formats makes"]
fn a_column_for_each_series_is_a_table_of_metrics() {
    let batch = all_forms("wide", &[&PYARROW[..], &POLARS].concat(), by_content);
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
    let batch = all_forms("logs", &[&PYARROW[..], &POLARS].concat(), by_content);
    let logs: Vec<_> = batch.telemetry.logs.iter().collect();
    let messages: Vec<&str> = logs.iter().map(|record| record.message()).collect();
    let expected = ["opened", "no \"A4\", only A5\n\tat shop.Printer", "café \u{1f600}", "closed"];
    assert_eq!(messages, expected);
    assert_eq!((logs[1].service(), logs[1].attribute("shift")), ("pay", Some("2")));
    assert_eq!(logs[2].attribute("shift"), None);
}

#[test]
#[ignore = "needs files that ./test formats makes"]
fn values_of_every_type_are_what_they_are_in_csv() {
    let batch = all_forms("types", &PYARROW, by_content);
    let record = batch.telemetry.logs.iter().next().unwrap();
    let expected = [
        ("a.bool", "true"),
        ("a.uint64", "18446744073709551615"),
        ("a.decimal", "-3.00"),
        ("a.date", "2026-05-04"),
        ("a.fixed", "c80102"),
        ("a.nanos", "2026-05-04T09:00:01Z"),
    ];
    for (name, value) in expected {
        assert_eq!(record.attribute(name), Some(value), "{name}");
    }
    all_forms("times", &["int96.parquet"], by_content);
}

#[test]
#[ignore = "needs files that ./test formats makes"]
fn columns_that_are_no_cells_are_left_out_with_a_note() {
    for form in ["snappy.parquet", "zstd.parquet", "None.arrow", "zstd.arrows", "old.arrow"] {
        let batch = by_content(&file(&format!("nested.{form}"))).expect(form);
        assert_eq!((batch.report.read(), batch.report.refused()), (3, 0), "{}", batch.report);
        let logs: Vec<_> = batch.telemetry.logs.iter().map(|log| log.message()).collect();
        assert_eq!(logs, ["opened", "torn", "closed"], "{form}");
        let record = batch.telemetry.logs.iter().next().unwrap();
        assert_eq!((record.service(), record.attribute("shift")), ("pay", Some("1")), "{form}");
        let report = batch.report.to_string();
        for (column, why) in [("labels", "map"), ("tags", "list"), ("where", "struct")] {
            assert!(report.contains(&format!("{column:?} was left out: a {why}")), "{report}");
        }
    }
    let columns = ColumnMap { message: Some("labels".to_owned()), ..ColumnMap::default() };
    let limits = Limits::default();
    let nested = file("nested.snappy.parquet");
    let error = read_table("x", &mut &nested[..], &columns, &limits, &unobserved).unwrap_err();
    assert!(error.to_string().contains("\"labels\""), "{error}");
    let error = by_content(&file("lists.snappy.parquet")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("no column"), "{error}");
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
    let batch = all_forms("odd", &[&PYARROW[..], &POLARS].concat(), |bytes| {
        read_table("x", &mut &*bytes, &columns, &Limits::default(), &unobserved)
    });
    let cart = batch.telemetry.metrics.get(&Entity::service("cart"), "cpu").unwrap();
    assert_eq!(cart.values, [1.5]);
    let error = by_content(&file("odd.snappy.parquet")).unwrap_err();
    assert!(error.to_string().contains("ColumnMap"), "{error}");
}

#[test]
#[ignore = "needs files that ./test formats makes"]
fn a_codec_that_is_not_read_is_refused_by_name() {
    let error = by_content(&file("wide.brotli.parquet")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    assert!(error.to_string().contains("Brotli") && error.to_string().contains("zstd"), "{error}");
}
