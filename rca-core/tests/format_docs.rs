//! The page about formats knows every format, and no other.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::path::Path;

use rca_core::connectors::Format;

/// A folder that `git::Repository` reads, and no file.
const NOT_ALWAYS: [&str; 1] = ["git"];

#[test]
fn every_format_has_its_row_and_every_row_its_format() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("FORMATS.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut rows: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .filter(|name| !NOT_ALWAYS.contains(name))
        .collect();
    let formats: BTreeSet<&str> =
        Format::all().map(|format| format.name).filter(|name| !NOT_ALWAYS.contains(name)).collect();
    let written: BTreeSet<&str> = rows.iter().copied().collect();
    let missing: Vec<_> = formats.difference(&written).collect();
    let unknown: Vec<_> = written.difference(&formats).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "missing {missing:?}, unknown {unknown:?}");
    rows.sort_unstable();
    rows.dedup();
    assert_eq!(rows.len(), formats.len(), "each once");
    for line in page.lines().filter(|line| line.starts_with("| `")) {
        assert!(line.split(" | ").count() >= 3 && !line.contains("|  |"), "{line}");
    }
}
