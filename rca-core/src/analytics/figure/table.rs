//! Tables, and how they are written.

use std::fmt::Write as _;

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::time::span_in_words;

/// Rows under named columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// What it shows.
    pub title: String,
    /// The columns, in order.
    pub columns: Vec<Column>,
    /// Cells in the order of the columns.
    pub rows: Vec<Vec<Cell>>,
    /// How to read it: definitions, and what was left out.
    pub notes: Vec<String>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name in files (`median_seconds`); people see it with spaces.
    pub name: String,
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing is known, or there is nothing.
    Empty,
    /// Words.
    Text(String),
    /// A whole number.
    Count(u64),
    /// A number.
    Number(f64),
    /// A share of one.
    Share(f64),
    /// A length of time; seconds in files.
    Span(Duration),
    /// A moment; RFC 3339 in files.
    Time(DateTime<Utc>),
}

impl From<Option<Duration>> for Cell {
    fn from(span: Option<Duration>) -> Self {
        span.map_or(Self::Empty, Self::Span)
    }
}

impl Cell {
    fn to_json(&self) -> Value {
        match self {
            Self::Empty => Value::Null,
            Self::Text(text) => json!(text),
            Self::Count(count) => json!(count),
            // What JSON has no number for is nothing.
            Self::Number(number) | Self::Share(number) => json!(number),
            Self::Span(span) => json!(span.as_seconds_f64()),
            Self::Time(time) => json!(rfc3339(*time)),
        }
    }

    fn to_field(&self) -> String {
        match self.to_json() {
            Value::Null => String::new(),
            Value::String(text) => text,
            other => other.to_string(),
        }
    }

    fn to_words(&self) -> String {
        match self {
            Self::Empty => "-".to_owned(),
            Self::Text(text) if text.is_empty() => "(none)".to_owned(),
            Self::Number(number) => decimal(*number),
            Self::Share(share) => format!("{:.1} %", share * 100.0),
            Self::Span(span) => precise(*span),
            other => other.to_field(),
        }
    }

    fn is_numeric(&self) -> bool {
        !matches!(self, Self::Empty | Self::Text(_) | Self::Time(_))
    }
}

impl Table {
    /// A table without rows.
    #[must_use]
    pub fn new(title: impl Into<String>, columns: &[&str]) -> Self {
        let columns = columns.iter().map(|name| Column { name: (*name).to_owned() }).collect();
        Self { title: title.into(), columns, rows: Vec::new(), notes: Vec::new() }
    }

    /// Comma-separated values with a head, as RFC 4180 has them. Notes are left out.
    ///
    /// # Errors
    ///
    /// None that memory does not bring about.
    pub fn to_csv(&self) -> Result<String> {
        let failed = |error: &dyn std::fmt::Display| Error::Internal(format!("csv: {error}"));
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
        let head = self.columns.iter().map(|column| column.name.as_str());
        writer.write_record(head).map_err(|error| failed(&error))?;
        for row in &self.rows {
            let fields = row.iter().map(Cell::to_field);
            writer.write_record(fields).map_err(|error| failed(&error))?;
        }
        let bytes = writer.into_inner().map_err(|error| failed(&error))?;
        String::from_utf8(bytes).map_err(|error| failed(&error))
    }

    /// Title, columns, rows as lists, and notes.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let columns: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        let rows: Vec<Vec<Value>> =
            self.rows.iter().map(|row| row.iter().map(Cell::to_json).collect()).collect();
        json!({ "title": self.title, "columns": columns, "rows": rows, "notes": self.notes })
    }

    /// A table of GitHub's Markdown, with the title above and the notes below.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut text = format!("### {}\n\n", escaped(&self.title));
        let heads = self.columns.iter().map(|column| escaped(&column.name.replace('_', " ")));
        line(&mut text, heads);
        let rules = (0..self.columns.len()).map(|at| {
            let numeric = self.rows.iter().filter_map(|row| row.get(at)).any(Cell::is_numeric);
            if numeric { "---:".to_owned() } else { "---".to_owned() }
        });
        line(&mut text, rules);
        for row in &self.rows {
            line(&mut text, row.iter().map(|cell| escaped(&cell.to_words())));
        }
        for note in &self.notes {
            let _ = write!(text, "\n{}\n", escaped(note));
        }
        text
    }
}

fn line(text: &mut String, cells: impl Iterator<Item = String>) {
    text.push('|');
    for cell in cells {
        let _ = write!(text, " {cell} |");
    }
    text.push('\n');
}

/// Text that neither ends its cell nor starts anything else.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' => {
                safe.push('\\');
                safe.push(c);
            }
            '\n' | '\r' => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// A span for people, with a second unit where there are few of the first.
pub(super) fn precise(span: Duration) -> String {
    const UNITS: [i64; 4] = [1, 60, 3_600, 86_400];
    let (size, sign) = (span.abs(), if span < Duration::zero() { "-" } else { "" });
    let whole = span_in_words(size);
    let seconds = size.num_seconds();
    let pair =
        UNITS.iter().rev().zip(UNITS.iter().rev().skip(1)).find(|(unit, _)| seconds >= **unit);
    let rest = pair
        .filter(|(unit, _)| seconds / **unit < 10)
        .map_or(0, |(unit, smaller)| seconds % *unit / *smaller * *smaller);
    if rest == 0 {
        return format!("{sign}{whole}");
    }
    format!("{sign}{whole} {}", span_in_words(Duration::seconds(rest)))
}

/// Three decimals at most.
pub(super) fn decimal(number: f64) -> String {
    let text = format!("{number:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new("Waits", &["component", "median_seconds", "count"]);
        table.rows.push(vec![
            Cell::Text("a|b, \"c\"".to_owned()),
            Cell::Span(Duration::seconds(5400)),
            Cell::Count(3),
        ]);
        table.rows.push(vec![Cell::Text(String::new()), Cell::Empty, Cell::Count(0)]);
        table.notes.push("two <b>notes</b>".to_owned());
        table
    }

    #[test]
    fn csv_quotes_what_needs_it_and_writes_seconds() {
        let text = table().to_csv().unwrap();
        assert_eq!(text, "component,median_seconds,count\n\"a|b, \"\"c\"\"\",5400.0,3\n,,0\n");
    }

    #[test]
    fn markdown_stays_one_table_whatever_the_names_are() {
        let text = table().to_markdown();
        assert!(text.contains("| a\\|b, \"c\" | 1 h 30 min | 3 |"), "{text}");
        assert!(text.contains("| (none) | - | 0 |") && !text.contains("<b>"), "{text}");
        assert!(text.contains("| --- | ---: | ---: |"), "{text}");
    }

    #[test]
    fn json_has_rows_in_the_order_of_the_columns() {
        let json = table().to_json();
        assert_eq!(json["columns"][1], "median_seconds");
        assert_eq!(json["rows"][0][1], 5400.0);
        assert!(json["rows"][1][1].is_null());
    }

    #[test]
    fn spans_have_a_second_unit_where_the_first_is_small() {
        let told = |seconds| precise(Duration::seconds(seconds));
        assert_eq!(told(86_400 + 7_300), "1 d 2 h");
        assert_eq!(told(86_400 + 60), "1 d");
        assert_eq!(told(3_600 * 15 + 1_800), "15 h");
        assert_eq!(told(59), "59 s");
        assert_eq!(told(-90), "-1 min 30 s");
    }
}
