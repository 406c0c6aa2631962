//! The writer for people who read on paper: a PDF with contents, charts and page numbers.
//!
//! The document is laid out as shapes first ([`layout`]), for its contents and page numbers need its end, and then written
//! with krilla: fonts embedded as far as used, every shape tagged or marked as decoration, the whole checked against
//! PDF/UA-1 while it is written.

mod chart;
mod cover;
mod fonts;
mod layout;
mod sections;
mod table;
mod text;
mod write;

use chrono::{DateTime, Utc};

use write::Access;

use crate::error::Result;
use crate::report::canvas::Canvas;
use crate::report::review::ReviewFacts;

/// The report as a PDF (A4; feature `pdf`): state and answer, contents, causes with their evidence, what was ruled out,
/// timeline, charts of the metrics that moved, what people concluded, and the events (1,000 at most, the page for
/// browsers has more).
///
/// The same canvas gives the same bytes; [`pdf_at`] says in the document when it was made.
///
/// # Errors
///
/// [`crate::ErrorKind::Internal`] when the document cannot be written, which would be a bug of ours.
pub fn pdf(canvas: &Canvas) -> Result<Vec<u8>> {
    accessible(canvas, None)
}

/// [`pdf`] with the time of making.
///
/// # Errors
///
/// As [`pdf`].
pub fn pdf_at(canvas: &Canvas, created: DateTime<Utc>) -> Result<Vec<u8>> {
    accessible(canvas, Some(created))
}

/// A text that the standard refuses must not leave anybody without a report.
fn accessible(canvas: &Canvas, created: Option<DateTime<Utc>>) -> Result<Vec<u8>> {
    made(canvas, created, Access::Required).or_else(|_| made(canvas, created, Access::Tried))
}

fn made(canvas: &Canvas, created: Option<DateTime<Utc>>, access: Access) -> Result<Vec<u8>> {
    let fonts = fonts::Fonts::load()?;
    let facts = ReviewFacts::of(canvas);
    let matter = sections::Matter::of(canvas, &facts);
    let parts = matter.parts();
    let mut layout = layout::Layout::new(&fonts);
    let contents = layout.cover(canvas, &facts, parts.iter().map(|part| part.title).collect());
    layout.new_page();
    for part in parts {
        layout.section(part.title, part.room);
        (part.draw)(&mut layout, &matter);
    }
    layout.finish_contents(&contents);
    let title = fonts.drawable(&facts.title);
    let about = write::About {
        title: if title.trim().is_empty() { "Incident report".to_owned() } else { title },
        subject: fonts.drawable(&facts.headline),
        created,
    };
    write::write(&layout, &about, access)
}

#[cfg(test)]
mod tests;
