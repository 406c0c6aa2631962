//! The writer for spreadsheets.

use crate::error::{Error, Result};
use crate::model::Event;

/// The columns of [`csv`].
const COLUMNS: [&str; 10] = [
    "timestamp",
    "source",
    "event_type",
    "severity",
    "entity_kind",
    "entity",
    "title",
    "tags",
    "body",
    "id",
];

/// Events as CSV (RFC 4180, UTF-8) with a head, by time: times as RFC 3339, labels with spaces between them.
///
/// Spreadsheets run cells that begin with `=`, `+`, `-`, `@` or a tab as formulas, and titles come from strangers:
/// such a cell gets an apostrophe before it, as [OWASP](https://owasp.org/www-community/attacks/CSV_Injection) advises. JSON
/// and Arrow hold the texts as they are.
///
/// # Errors
///
/// [`crate::ErrorKind::Internal`] when it cannot be written, which would be a bug of ours.
pub fn csv(events: &[Event]) -> Result<String> {
    let mut ordered: Vec<&Event> = events.iter().collect();
    ordered.sort_by_key(|event| (event.timestamp(), event.id()));
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::with_capacity(events.len() * 120));
    let failed = |error: csv::Error| Error::Internal(error.to_string());
    writer.write_record(COLUMNS).map_err(failed)?;
    for event in ordered {
        writer.write_record(cells(event).map(|cell| harmless(&cell))).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|error| Error::Internal(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| Error::Internal(error.to_string()))
}

fn cells(event: &Event) -> [String; COLUMNS.len()] {
    let entity = event.entity();
    let tags: Vec<String> = event.tags().iter().map(ToString::to_string).collect();
    [
        event.timestamp().to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
        event.source().to_string(),
        event.event_type().to_string(),
        event.severity().to_string(),
        entity.map(|entity| entity.kind.as_str().to_owned()).unwrap_or_default(),
        entity.map(|entity| entity.name.clone()).unwrap_or_default(),
        event.title().to_owned(),
        tags.join(" "),
        event.body().to_owned(),
        event.id().to_string(),
    ]
}

/// The text, with an apostrophe where a spreadsheet would take it for a formula. Spaces before it do not help.
fn harmless(cell: &str) -> String {
    match cell.trim_start_matches(' ').chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n') => format!("'{cell}"),
        _ => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Source;
    use crate::report::tests::at;

    #[test]
    fn a_reader_gets_back_what_was_written_and_no_formula() {
        let event = |minute, title: &str, body: &str| {
            let builder = Event::builder(at(minute), Source::Deploy, "deploy", title);
            builder.with_body(body).build().unwrap()
        };
        let events =
            [event(2, "said \"no\", twice", "a\r\nb"), event(1, "=HYPERLINK(\"x\")", " @cmd")];
        let text = csv(&events).unwrap();
        assert!(text.starts_with("timestamp,source,") && text.contains("\r\n"), "{text}");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.unwrap()).collect();
        assert_eq!(&rows[0][0], "2026-01-01T00:01:00Z");
        assert_eq!((&rows[0][6], &rows[0][8]), ("'=HYPERLINK(\"x\")", "' @cmd"));
        assert_eq!((&rows[1][6], &rows[1][8]), ("said \"no\", twice", "a\r\nb"));
    }
}
