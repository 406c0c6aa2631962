//! Ranking the columns of a wide table, as benchmarks of root-cause analysis ask for.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use pyo3::prelude::*;
use rca_core::connectors::WideColumns;
use rca_core::model::Entity;
use rca_core::rank_metrics;
use rca_core::signal::MetricFrame;

use crate::frames::{frame, numbers, times};
use crate::run::long;

/// Columns of a wide table with their scores, the most suspect first.
#[pyfunction]
pub(crate) fn rank_columns(
    py: Python<'_>,
    table: &Bound<'_, PyAny>,
    since: Option<DateTime<Utc>>,
) -> PyResult<Vec<(String, f64)>> {
    let frame = frame(table)?;
    long(py, None, move |_| {
        let header = frame.header();
        let columns = WideColumns::of(&header)?;
        let mut metrics = MetricFrame::default();
        let mut names: BTreeMap<(Entity, String), &str> = BTreeMap::new();
        for rows in &frame.batches {
            let times = times(rows.column(columns.time))?;
            for ((series, column), name) in columns.series.iter().zip(rows.columns()).zip(&header) {
                let Some((entity, metric)) = series else { continue };
                let values = numbers(column)?;
                let samples = times.iter().zip(values.iter());
                let samples = samples.filter_map(|(time, value)| Some(((*time)?, value?)));
                metrics.append(entity, metric, samples);
                names.insert((entity.clone(), metric.clone()), name);
            }
        }
        let ranked = rank_metrics(&metrics, since).into_iter().filter_map(|one| {
            names.get(&(one.entity, one.metric)).map(|name| ((*name).to_owned(), one.score))
        });
        Ok(ranked.collect())
    })
}
