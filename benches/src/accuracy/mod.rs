//! Rankings of recorded incidents, for scorers that know the answers.
//!
//! Each set is read into what a user of the library would hand it (events, telemetry, a reference
//! recording, a symptom) and judged by its public API. Nothing here ranks. Answers can't leak in:
//! files are only opened through [`folder::Folder`], whose list of names holds no file of answers.

pub mod ablation;
pub mod all;
pub mod answer;
pub mod calibration;
pub mod case;
pub mod culprit;
pub mod document;
pub mod fit;
pub mod folder;
pub mod folds;
pub mod incidents;
pub mod invented;
pub mod logs;
pub mod nezha;
pub mod peers;
pub mod perturb;
pub mod petshop;
pub mod rootcausebench;
pub mod specificity;
mod table;
pub mod truth;

/// What can go wrong here: a missing file, a malformed record, a scorer that fails.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
/// With any [`Error`].
pub type Result<T> = std::result::Result<T, Error>;
