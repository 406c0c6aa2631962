//! Sources that are polled: each pull gives a page of events and telemetry, and where to go on.
//!
//! A [`Source`] keeps nothing that matters: where it is stands in the [`Checkpoint`], which the caller stores after the
//! page is durable. Whoever pulls the same checkpoint again gets the same events, with the same ids, so that after
//! a crash nothing is lost or doubled. Sources neither retry nor wait; a [`Fault`] says what to do.
//!
//! ```
//! use chrono::{DateTime, Utc};
//! use rca_core::connectors::source::{Checkpoint, Page, Source};
//! use rca_core::connectors::transport::Fault;
//! use rca_core::connectors::{Observer, unobserved};
//!
//! /// Counts to three.
//! struct Three;
//!
//! impl Source for Three {
//!     fn name(&self) -> &str {
//!         "three"
//!     }
//!     fn pull(
//!         &mut self,
//!         from: Option<&Checkpoint>,
//!         _now: DateTime<Utc>,
//!         _observer: Observer<'_>,
//!     ) -> Result<Page, Fault> {
//!         let at: u32 = from.and_then(|from| from.read::<u32>().ok()).unwrap_or_default() + 1;
//!         Ok(Page { more: at < 3, ..Page::at(Checkpoint::new(&at)) })
//!     }
//! }
//!
//! let (mut source, mut from, mut pulls) = (Three, None, 0);
//! loop {
//!     let page = source.pull(from.as_ref(), Utc::now(), &unobserved)?;
//!     // Here the batch is stored, then the checkpoint.
//!     pulls += 1;
//!     from = Some(page.checkpoint);
//!     if !page.more {
//!         break;
//!     }
//! }
//! assert_eq!(pulls, 3);
//! # Ok::<(), Fault>(())
//! ```

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use super::git::GitRepository;
pub use super::github::{GitHub, GitHubResource};
pub use super::prometheus::Prometheus;
use super::transport::{Fault, FaultKind, Request};
use super::{Batch, Format, Limits, Observer, format};
use crate::error::{Error, Place, Result};

/// Something that can be asked for what is new, again and again.
pub trait Source: Send {
    /// What it is called: the key of its checkpoint, so it must be the same in every run and differ between sources.
    fn name(&self) -> &str;

    /// The next page behind a checkpoint; from the beginning when there is none.
    ///
    /// `now` is the moment of the pull: what happens later is left for the next. The observer may cancel.
    ///
    /// # Errors
    ///
    /// A [`Fault`] when there is no page; the checkpoint stays where it was. Records that can't be used are no error:
    /// they stand in the batch's report, and the bytes they came in are in [`Page::raw`].
    fn pull(
        &mut self,
        from: Option<&Checkpoint>,
        now: DateTime<Utc>,
        observer: Observer<'_>,
    ) -> Result<Page, Fault>;
}

/// Where a source is: a small JSON value that only the source understands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Checkpoint(Value);

impl Checkpoint {
    /// A checkpoint that holds a source's state. What can't be JSON (a map with keys that are no texts) is `null`,
    /// from which a source begins anew.
    #[must_use]
    pub fn new(state: &impl Serialize) -> Self {
        Self(serde_json::to_value(state).unwrap_or(Value::Null))
    }

    /// The state it holds.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when it is another source's or another version's.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T> {
        T::deserialize(&self.0).map_err(|error| {
            let place = Place { input: Some("checkpoint".to_owned()), ..Place::default() };
            Error::invalid(place, format!("not of this source: {error}; begin anew without it"))
        })
    }
}

/// As JSON on one line.
impl std::fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for Checkpoint {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        serde_json::from_str(text).map(Self).map_err(|error| {
            let place = Place { input: Some("checkpoint".to_owned()), ..Place::default() };
            Error::invalid(place, format!("not JSON: {error}"))
        })
    }
}

/// The bytes that records came in.
#[derive(Clone, PartialEq, Eq)]
pub struct Raw {
    /// The input's name in the batch's report ([`ReadReport::input`](super::ReadReport::input)).
    pub label: String,
    /// The format that they were read as; [`Format::named`](super::Format::named) reads them again.
    pub format: &'static str,
    /// What came.
    pub body: Vec<u8>,
}

/// The body stays out of `Debug`.
impl std::fmt::Debug for Raw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Raw")
            .field("label", &self.label)
            .field("format", &self.format)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

/// What one pull brought.
#[derive(Debug, Clone)]
pub struct Page {
    /// Events and telemetry, and which records were refused.
    pub batch: Batch,
    /// What they came in, one for each input of the report, so that refused records can be kept.
    pub raw: Vec<Raw>,
    /// Where to go on, once the batch is durable.
    pub checkpoint: Checkpoint,
    /// Whether there is more to pull right now.
    pub more: bool,
}

impl Page {
    /// A page without anything, after which there is nothing more for now.
    #[must_use]
    pub fn at(checkpoint: Checkpoint) -> Self {
        Self { batch: Batch::default(), raw: Vec::new(), checkpoint, more: false }
    }
}

/// The state in a checkpoint; the beginning where there is none.
pub(super) fn state<T: DeserializeOwned + Default>(
    from: Option<&Checkpoint>,
    source: &str,
) -> Result<T, Fault> {
    from.map_or_else(|| Ok(T::default()), Checkpoint::read).map_err(|error| {
        Fault::new(FaultKind::Malformed, source, error.to_string())
            .with_hint("drop the checkpoint to begin anew")
    })
}

/// Reads what a request brought, and keeps its bytes.
pub(super) fn parsed(
    label: &str,
    format: &'static str,
    body: Vec<u8>,
    limits: &Limits,
    observer: Observer<'_>,
    request: &Request,
) -> Result<(Batch, Raw), Fault> {
    let read = Format::named(format).and_then(|format| {
        format::read(label, &mut body.as_slice(), Some(format), limits, observer)
    });
    match read {
        Ok(batch) => Ok((batch, Raw { label: label.to_owned(), format, body })),
        Err(Error::Cancelled) => Err(Fault::cancelled(request.url())),
        Err(error) => Err(Fault::new(FaultKind::Unexpected, request.url(), error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_survives_being_written_down() {
        let checkpoint = Checkpoint::new(&("runs", 7_u32));
        let again: Checkpoint = checkpoint.to_string().parse().unwrap();
        assert_eq!(again, checkpoint);
        assert_eq!(again.read::<(String, u32)>().unwrap(), ("runs".to_owned(), 7));
        assert!(again.read::<u32>().is_err());
        assert!("{".parse::<Checkpoint>().is_err());
    }
}
