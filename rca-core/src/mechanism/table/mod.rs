//! The standard table: one row for each way in which systems break.
//!
//! The rows come from the field's public postmortems and textbooks (Beyer et al., "Site Reliability
//! Engineering", 2016; Nygard, "Release It!", 2018) and carry their reason, so that a reader can
//! disagree with one.

mod code;
mod config;
mod data;
mod external;
mod interface;

use super::Mechanism;

/// The ids of the standard table.
pub mod id {
    pub use super::code::id::*;
    pub use super::config::id::*;
    pub use super::data::id::*;
    pub use super::external::id::*;
    pub use super::interface::id::*;
}

/// All rows.
pub(crate) fn all() -> impl Iterator<Item = &'static Mechanism> {
    [config::ROWS, code::ROWS, data::ROWS, interface::ROWS, external::ROWS].into_iter().flatten()
}

/// Writes rows and their ids in one go.
macro_rules! mechanisms {
    ($($id:ident $name:literal $kind:ident $title:literal
        sign $sign:literal
        shows [$($symptom:ident $weight:literal),* $(,)?] $onset:ident at [$($place:ident),+]
        fix $fix:literal
        why $why:literal;)*) => {
        /// Ids of this part of the table.
        pub(super) mod id {
            use crate::mechanism::MechanismId;
            $(#[doc = $title] pub const $id: MechanismId = MechanismId::known($name);)*
        }

        pub(super) const ROWS: &[crate::mechanism::Mechanism] = &[$(crate::mechanism::Mechanism {
            id: id::$id,
            title: std::borrow::Cow::Borrowed($title),
            kind: crate::mechanism::MechanismKind::$kind,
            sign: std::borrow::Cow::Borrowed($sign),
            symptoms: std::borrow::Cow::Borrowed(&[$((crate::mechanism::Symptom::$symptom, $weight)),*]),
            onset: crate::mechanism::OnsetShape::$onset,
            shows: std::borrow::Cow::Borrowed(&[$(crate::mechanism::Shows::$place),+]),
            remediation: std::borrow::Cow::Borrowed($fix),
            why: std::borrow::Cow::Borrowed($why),
            code_words: std::borrow::Cow::Borrowed(&[]),
        }),*];
    };
}
use mechanisms;
