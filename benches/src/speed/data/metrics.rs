//! A wide frame of metrics: many services, one of which breaks.

use std::fmt::Write;

use rca_core::model::Entity;
use rca_core::signal::MetricFrame;

use super::events::{START, service};
use super::rng::Rng;

const METRICS: [&str; 8] = [
    "cpu_usage",
    "memory_bytes",
    "request_rate",
    "error_rate",
    "latency_p50",
    "latency_p99",
    "disk_io",
    "socket_count",
];
/// Seconds between samples.
const STEP: usize = 5;

/// A table of samples: a row for each time, a column for each metric of each service.
#[derive(Debug, Clone)]
pub struct Wide {
    /// Service and metric of each column.
    columns: Vec<(String, &'static str)>,
    rows: Vec<Vec<f64>>,
    /// The row at which one service breaks.
    fault: usize,
}

impl Wide {
    /// So many services over so many samples.
    #[must_use]
    pub fn new(services: usize, samples: usize) -> Self {
        let mut rng = Rng::new(51);
        let columns: Vec<(String, &'static str)> =
            (0..services).flat_map(|rank| METRICS.map(|metric| (service(rank), metric))).collect();
        let levels: Vec<f64> = columns.iter().map(|_| 20.0 + 80.0 * rng.unit()).collect();
        let fault = samples * 2 / 3;
        let broken = services / 2;
        let rows = (0..samples)
            .map(|at| {
                let sample = levels.iter().enumerate().map(|(column, level)| {
                    let broken = at >= fault && column / METRICS.len() == broken;
                    let factor = if broken { 3.0 } else { 1.0 };
                    level * (factor + 0.05 * rng.noise())
                });
                sample.collect()
            })
            .collect();
        Self { columns, rows, fault }
    }

    /// As the engine takes it.
    #[must_use]
    pub fn frame(&self) -> MetricFrame {
        let mut frame = MetricFrame::default();
        for (column, (service, metric)) in self.columns.iter().enumerate() {
            let entity = Entity::service(service);
            for (at, row) in self.rows.iter().enumerate() {
                frame.push(&entity, metric, START + seconds(at) * 1_000_000_000, row[column]);
            }
        }
        frame
    }

    /// As CSV, with a column `time` in seconds.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut text = "time".to_owned();
        for (service, metric) in &self.columns {
            text.push_str(&format!(",{service}_{metric}"));
        }
        text.push('\n');
        for (at, row) in self.rows.iter().enumerate() {
            text.push_str(&seconds(at).to_string());
            for value in row {
                // Writing to a string does not fail.
                let _ = write!(text, ",{value}");
            }
            text.push('\n');
        }
        text
    }

    /// The second of the fault in the CSV.
    #[must_use]
    pub fn fault(&self) -> i64 {
        seconds(self.fault)
    }

    /// The service that breaks.
    #[must_use]
    pub fn broken(&self) -> &str {
        &self.columns[self.columns.len() / 2].0
    }
}

fn seconds(at: usize) -> i64 {
    i64::try_from(at * STEP).unwrap_or(0)
}
