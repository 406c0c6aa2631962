//! The writer for browsers: one file that needs nothing else.

use crate::error::{Error, Result};
use crate::report::canvas::Canvas;

/// What `rca-core/canvas` builds: the page with a place for the title and one for the data.
const PAGE: &str = include_str!("canvas/page.html");
/// Stands where the title goes.
const TITLE: &str = "%RCA_TITLE%";
/// Stands where the data goes.
const DATA: &str = "%RCA_DATA%";

/// The investigation canvas as one HTML file: it works from disk, asks no network, and runs no script but its own.
///
/// The data stands in a `script` element that is not executed; the page's policy (CSP) allows only scripts and
/// styles with the page's own hashes.
///
/// # Errors
///
/// [`crate::ErrorKind::Internal`] when the document cannot be written as JSON, which would be a bug of ours.
pub fn html(canvas: &Canvas) -> Result<String> {
    let json = serde_json::to_string(canvas).map_err(|error| Error::Internal(error.to_string()))?;
    let (head, rest) = PAGE.split_once(TITLE).ok_or_else(|| broken(TITLE))?;
    let (middle, tail) = rest.split_once(DATA).ok_or_else(|| broken(DATA))?;
    let mut page = String::with_capacity(PAGE.len() + json.len() + json.len() / 16);
    page.push_str(head);
    push_text(&mut page, &canvas.case.title);
    page.push_str(middle);
    push_json(&mut page, &json);
    page.push_str(tail);
    Ok(page)
}

fn broken(mark: &str) -> Error {
    Error::Internal(format!("the built page has no {mark}"))
}

/// JSON that cannot end its element or begin a comment in it: `<`, `>` and `&` only occur in strings, where they can
/// be escaped. The two line separators are legal in JSON, but were not in scripts.
fn push_json(page: &mut String, json: &str) {
    for c in json.chars() {
        match c {
            '<' => page.push_str("\\u003c"),
            '>' => page.push_str("\\u003e"),
            '&' => page.push_str("\\u0026"),
            '\u{2028}' => page.push_str("\\u2028"),
            '\u{2029}' => page.push_str("\\u2029"),
            c => page.push(c),
        }
    }
}

/// Text between tags. Control characters have no place in a document.
fn push_text(page: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '<' => page.push_str("&lt;"),
            '>' => page.push_str("&gt;"),
            '&' => page.push_str("&amp;"),
            c if c.is_control() => page.push(' '),
            c => page.push(c),
        }
    }
}
