//! Documents to print and hand on.

use chrono::{DateTime, Utc};
use rca_core::Result;
use rca_core::report::canvas::Canvas;

/// A report as PDF, made at a moment that it states; now, when none is given.
///
/// # Errors
///
/// As [`rca_core::report::pdf`].
#[cfg(feature = "pdf")]
pub fn pdf(canvas: &Canvas, created: Option<DateTime<Utc>>) -> Result<Vec<u8>> {
    match created {
        Some(created) => rca_core::report::pdf_at(canvas, created),
        None => rca_core::report::pdf(canvas),
    }
}

/// A report as PDF, in a build that has the feature `pdf`.
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`]: this build has not.
#[cfg(not(feature = "pdf"))]
pub fn pdf(_: &Canvas, _: Option<DateTime<Utc>>) -> Result<Vec<u8>> {
    let reason = "this build writes no PDF, for the fonts are large: build it with the feature `pdf`, or print the page";
    Err(rca_core::Error::value("pdf", reason))
}
