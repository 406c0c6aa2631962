//! The query language: any text is read or refused, and what is read prints as text that reads the
//! same.

use rca_core::search::parse;

/// # Panics
///
/// When a parsed query does not survive being printed and parsed again, or an error names no column.
pub fn query(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match parse(text) {
        Ok(None) => assert!(text.trim().is_empty(), "a query was lost"),
        Ok(Some(expr)) => {
            let again = parse(&expr.to_string());
            assert!(
                again.is_ok_and(|again| again.as_ref() == Some(&expr)),
                "it prints differently"
            );
        }
        Err(error) => {
            assert!(error.place().is_some_and(|place| place.column.is_some()), "no column");
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_corpus_passes() {
        let corpus: [&[u8]; 12] = [
            b"",
            b"a b source:git -c",
            b"\"never closed",
            b"((((((((((",
            b"NOT NOT -(a OR -b)",
            b"title:\"x\\\\\\\" y\" body:z*",
            b"severity:>=high before:2026-01-02T03:04+02:00",
            b"tag:\"a*\" tag:a* tag:*",
            b"http://x std::y 10:15 :z a: b",
            b"AND OR NOT",
            b"\xff\xfe",
            "\u{1e}\u{85}ä:ö ß* \u{3000}数".as_bytes(),
        ];
        corpus.iter().for_each(|input| super::query(input));
    }
}
