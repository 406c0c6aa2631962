//! Samples of many shards put together.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::model::Entity;
use crate::signal::MetricFrame;

/// Metric samples that can be gathered in pieces and added up.
///
/// A partial state: shards are absorbed apart, on any machine, and merged in any order; the bytes
/// are the same as for everything at once. Onsets need the samples themselves, so nothing is
/// summarised; the order of arrival is all that is forgotten.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricStats {
    frame: MetricFrame,
}

/// One series in bytes: entity, name, times, bits of the values.
#[derive(Serialize, Deserialize)]
struct Carried(Entity, String, Vec<i64>, Vec<u64>);

impl MetricStats {
    /// Version of the byte format.
    pub const FORMAT: u32 = 1;

    /// Adds samples.
    pub fn absorb(&mut self, frame: &MetricFrame) {
        for (entity, metric, series) in frame.iter() {
            for (time, value) in series.times.iter().zip(&series.values) {
                self.frame.push(entity, metric, *time, *value);
            }
        }
        self.frame.sort();
    }

    /// Adds what another state knows.
    pub fn merge(&mut self, other: &Self) {
        self.absorb(&other.frame);
    }

    /// All samples, in canonical order, for [`detect`](super::detect).
    #[must_use]
    pub fn finish(self) -> MetricFrame {
        self.frame
    }

    /// The state as bytes, the same for equal states.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Internal`] when encoding fails, which is a bug.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let series: Vec<Carried> = self
            .frame
            .iter()
            .map(|(entity, metric, series)| {
                let bits = series.values.iter().map(|value| value.to_bits()).collect();
                Carried(entity.clone(), metric.to_owned(), series.times.clone(), bits)
            })
            .collect();
        postcard::to_allocvec(&(Self::FORMAT, series))
            .map_err(|error| Error::Internal(format!("metric samples: {error}")))
    }

    /// Reads a state back.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Corrupt`] when the bytes are damaged or were written by a newer version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let what = || "metric samples".to_owned();
        let corrupt = |reason: String| Error::Corrupt { what: what(), reason };
        let (found, rest) =
            postcard::take_from_bytes::<u32>(bytes).map_err(|e| corrupt(e.to_string()))?;
        if found > Self::FORMAT {
            return Err(Error::TooNew { what: what(), found, known: Self::FORMAT });
        }
        let (series, rest) =
            postcard::take_from_bytes::<Vec<Carried>>(rest).map_err(|e| corrupt(e.to_string()))?;
        if !rest.is_empty() {
            return Err(corrupt(format!("{} bytes too many", rest.len())));
        }
        let mut frame = MetricFrame::default();
        for Carried(entity, metric, times, values) in &series {
            if times.len() != values.len() {
                return Err(corrupt(format!(
                    "{entity} {metric}: times and values differ in number"
                )));
            }
            for (time, bits) in times.iter().zip(values) {
                frame.push(entity, metric, *time, f64::from_bits(*bits));
            }
        }
        frame.sort();
        Ok(Self { frame })
    }
}
