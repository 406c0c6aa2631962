//! A miner's state as bytes: to keep it over restarts, and to bring shards together.

use serde::{Deserialize, Serialize};

use super::miner::{Limits, Miner, TemplateId, sorted};
use crate::error::{Error, Result};

/// First byte of the format.
const VERSION: u8 = 1;
const WHAT: &str = "log miner state";

/// Frozen: later versions get their own struct.
#[derive(Serialize, Deserialize)]
struct StateV1 {
    limits: (u64, u64, u64),
    skeletons: Vec<(Vec<u8>, u64)>,
    successors: Vec<(u64, u64)>,
    other: u64,
}

impl Miner {
    /// The state as bytes, the same for the same state.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Internal`] when it can't be written, which would be a bug.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let limits = self.limits;
        let state = StateV1 {
            limits: (number(limits.skeletons), number(limits.bytes), number(limits.successors)),
            skeletons: sorted(&self.skeletons)
                .into_iter()
                .map(|(_, known)| (known.bytes.to_vec(), known.count))
                .collect(),
            successors: sorted(&self.successors)
                .into_iter()
                .map(|(old, next)| (old.get(), next.get()))
                .collect(),
            other: self.other,
        };
        postcard::to_extend(&state, vec![VERSION])
            .map_err(|error| Error::Internal(error.to_string()))
    }

    /// Reads [`Miner::to_bytes`]. What was learned is grouped at once, so all ids resolve.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Corrupt`] when the bytes are damaged or of a newer version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let corrupt = |reason: String| Error::Corrupt { what: WHAT.to_owned(), reason };
        let Some((&version, rest)) = bytes.split_first() else {
            return Err(corrupt("it is empty".to_owned()));
        };
        if version > VERSION {
            return Err(Error::TooNew {
                what: WHAT.to_owned(),
                found: u32::from(version),
                known: u32::from(VERSION),
            });
        }
        if version != VERSION {
            return Err(corrupt(format!("there is no format {version}")));
        }
        let (state, rest) = postcard::take_from_bytes::<StateV1>(rest)
            .map_err(|error| corrupt(error.to_string()))?;
        if !rest.is_empty() {
            return Err(corrupt(format!("{} bytes too many", rest.len())));
        }
        let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let mut miner = Self::with_limits(Limits {
            skeletons: size(state.limits.0),
            bytes: size(state.limits.1),
            successors: size(state.limits.2),
        });
        miner.other = state.other;
        for (skeleton, count) in state.skeletons {
            miner.add(&skeleton, count);
        }
        for (old, next) in state.successors {
            miner.forward(TemplateId(old), TemplateId(next));
        }
        miner.finish();
        Ok(miner)
    }
}
