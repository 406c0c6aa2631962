//! Tables whose header says what they hold: metrics one sample a line, metrics one column a series, logs.
//!
//! Reads files of yours as well: `cargo run --example read_tables --features arrow -- day.parquet day.arrow day.csv`

#![allow(clippy::print_stdout, reason = "that is what an example is for")]

use std::path::PathBuf;

use rca_core::connectors::{Batch, Limits, read, read_paths, unobserved};

const INPUTS: [(&str, &str); 3] = [
    (
        "samples.csv",
        "timestamp,service,metric,value\n2026-05-04T09:00:00Z,till,errors,0\n2026-05-04T09:01:00Z,till,errors,7\n",
    ),
    (
        "wide.csv",
        "time,till_cpu,till_memory,cart_cpu,cart_memory\n1777885200,0.2,300,0.1,200\n1777885260,0.9,310,,200\n",
    ),
    (
        "lines.csv",
        "time,service,level,message\n2026-05-04T09:00:05Z,till,error,no answer\nsoon,till,error,no time\n",
    ),
];

fn main() -> rca_core::Result<()> {
    let files: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if !files.is_empty() {
        show(&read_paths(&files, None, &Limits::default(), &unobserved)?);
        return Ok(());
    }
    for (name, text) in INPUTS {
        show(&read(name, &mut text.as_bytes(), None, &Limits::default(), &unobserved)?);
    }
    Ok(())
}

fn show(batch: &Batch) {
    print!("{}", batch.report);
    for (entity, metric, series) in batch.telemetry.metrics.iter() {
        println!("  {entity} {metric} {:?}", series.values);
    }
    for log in batch.telemetry.logs.iter() {
        println!("  {} {}", log.service(), log.message());
    }
}
