//! Formats: told apart by their content, read by name.
//!
//! A format is one entry of [`Format::ALL`]: a name, what it is, how it is recognised and how it is read. To add
//! one, write its reader in a file of its own and its entry beside it.

mod open;
mod sample;
mod unpack;

use std::io::Read;

pub(crate) use open::read_in_pieces;
pub use open::{read, read_paths, repositories_below};
pub(super) use open::{read_delivery, read_unpacked};
pub(super) use sample::Sample;
#[cfg(feature = "http")]
pub(super) use unpack::{Bomb, unpack};

use super::Batch;
use super::reading::Reading;
use super::{
    alerts, bundle, cloudevents, flags, github, gitlab, jenkins, junit, kubernetes, logs, otlp,
    prometheus, sentry, tables, traces,
};
use crate::error::{Error, Place, Result};

/// How sure a recogniser is that an input is of its format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Certainty {
    /// It could be: read so when nobody knows better.
    Possible,
    /// The shape fits.
    Likely,
    /// A signature that others do not have.
    Certain,
}

/// A format that inputs can be read as.
#[derive(Clone, Copy)]
pub struct Format {
    /// The name that `--format` takes and reports use (`otlp-json`).
    pub name: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
    pub(super) recognise: fn(&Sample<'_>) -> Option<Certainty>,
    pub(super) read: fn(&mut dyn Read, &mut Reading<'_>, &mut Batch) -> Result<()>,
}

impl std::fmt::Debug for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Format").field("name", &self.name).finish_non_exhaustive()
    }
}

impl PartialEq for Format {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Format {}

/// All families, in the order in which equally sure recognisers win.
const FAMILIES: &[&[Format]] = &[
    otlp::FORMATS,
    github::FORMATS,
    alerts::FORMATS,
    junit::FORMATS,
    gitlab::FORMATS,
    jenkins::FORMATS,
    cloudevents::FORMATS,
    kubernetes::FORMATS,
    sentry::FORMATS,
    flags::FORMATS,
    traces::FORMATS,
    prometheus::FORMATS,
    logs::FORMATS,
    tables::FORMATS,
    #[cfg(feature = "arrow")]
    tables::COLUMNAR,
    bundle::FORMATS,
];

impl Format {
    /// All formats, by family.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        FAMILIES.iter().flat_map(|family| family.iter())
    }

    /// The format of this name.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput), with the names there are.
    pub fn named(name: &str) -> Result<&'static Self> {
        Self::all().find(|format| format.name == name).ok_or_else(|| {
            let names: Vec<&str> = Self::all().map(|format| format.name).collect();
            Error::invalid(
                Place::default(),
                format!("no format {name:?}; there are {}", names.join(", ")),
            )
        })
    }

    /// The format that this input seems to have: its file name and first bytes (unpacked; 64 KiB are enough).
    #[must_use]
    pub fn of(name: &str, start: &[u8]) -> Option<&'static Self> {
        let sample = Sample::new(name, start);
        let mut best: Option<(Certainty, &'static Self)> = None;
        for format in Self::all() {
            if let Some(certainty) = (format.recognise)(&sample)
                && best.is_none_or(|(most, _)| certainty > most)
            {
                best = Some((certainty, format));
            }
        }
        best.map(|(_, format)| format)
    }
}
