//! Ranking the columns of a wide table, as benchmarks of root-cause analysis ask for.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use pyo3::prelude::*;
use rca_core::connectors::WideColumns;
use rca_core::model::Entity;
use rca_core::rank_metrics;

use crate::frames::{frame, series};
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
        let metrics = series(&frame, &columns)?;
        let names: BTreeMap<&(Entity, String), &str> = columns
            .series
            .iter()
            .zip(&header)
            .filter_map(|(s, n)| Some((s.as_ref()?, *n)))
            .collect();
        let ranked = rank_metrics(&metrics, since).into_iter().filter_map(|one| {
            let score = one.score;
            names.get(&(one.entity, one.metric)).map(|name| ((*name).to_owned(), score))
        });
        Ok(ranked.collect())
    })
}
