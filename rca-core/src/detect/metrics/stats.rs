//! Samples of many shards put together.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::model::Entity;
use crate::signal::{MetricFrame, MetricSeries};

/// Metric samples that can be gathered in pieces and added up.
///
/// A partial state: shards are absorbed apart, on any machine, and merged in any order; the bytes
/// are the same as for everything at once. Onsets need the samples themselves, so nothing is
/// summarised: it holds 16 bytes a sample. Only the order of arrival is forgotten.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricStats {
    frame: MetricFrame,
}

/// One series in bytes: entity, name, times, values.
///
/// Regular times have no second differences, and neighbouring values share sign, exponent and leading
/// digits (Pelkonen et al. 2015), so that most numbers are small and short.
#[derive(Serialize, Deserialize)]
struct Carried {
    entity: Entity,
    metric: String,
    times: Vec<i64>,
    values: Vec<u64>,
}

impl Carried {
    fn new(entity: &Entity, metric: &str, series: &MetricSeries) -> Self {
        let (mut time, mut step, mut bits) = (0_i64, 0_i64, 0_u64);
        let times = series.times.iter().map(|next| {
            let difference = next.wrapping_sub(time);
            let change = difference.wrapping_sub(step);
            (time, step) = (*next, difference);
            change
        });
        let values = series.values.iter().map(|next| {
            let change = next.to_bits() ^ bits;
            bits = next.to_bits();
            change.swap_bytes()
        });
        Self {
            entity: entity.clone(),
            metric: metric.to_owned(),
            times: times.collect(),
            values: values.collect(),
        }
    }

    fn samples(&self) -> impl Iterator<Item = (i64, f64)> {
        let (mut time, mut step, mut bits) = (0_i64, 0_i64, 0_u64);
        self.times.iter().zip(&self.values).map(move |(change, value)| {
            step = step.wrapping_add(*change);
            time = time.wrapping_add(step);
            bits ^= value.swap_bytes();
            (time, f64::from_bits(bits))
        })
    }
}

impl MetricStats {
    /// Version of the byte format.
    pub const FORMAT: u32 = 1;

    /// Adds samples.
    pub fn absorb(&mut self, frame: &MetricFrame) {
        for (entity, metric, series) in frame.iter() {
            let samples = series.times.iter().copied().zip(series.values.iter().copied());
            self.frame.append(entity, metric, samples);
        }
        self.frame.sort();
    }

    /// Adds what another state knows.
    pub fn merge(&mut self, other: &Self) {
        self.absorb(&other.frame);
    }

    /// Moves series to other entities.
    pub(in crate::detect) fn regroup(
        &mut self,
        regroup: &mut dyn FnMut(&Entity) -> Option<Entity>,
    ) {
        self.frame.regroup(regroup);
        self.frame.sort();
    }

    /// All samples, in canonical order, for [`detect`](super::detect).
    #[must_use]
    pub fn finish(self) -> MetricFrame {
        self.frame
    }

    /// All samples, in canonical order.
    #[must_use]
    pub fn frame(&self) -> &MetricFrame {
        &self.frame
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
            .map(|(entity, metric, series)| Carried::new(entity, metric, series))
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
        for carried in &series {
            let Carried { entity, metric, times, values } = carried;
            if times.len() != values.len() {
                let reason = format!("{entity} {metric}: times and values differ in number");
                return Err(corrupt(reason));
            }
            frame.append(entity, metric, carried.samples());
        }
        frame.sort();
        Ok(Self { frame })
    }
}
