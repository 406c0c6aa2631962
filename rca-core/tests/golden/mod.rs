//! Golden files: what we wrote before, kept beside the tests. `UPDATE_GOLDEN=1` writes them anew.

use std::fs;
use std::path::Path;

/// Compares a text with a golden file, and names the first lines that differ.
pub(crate) fn check(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        return;
    }
    let known = fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!("{}: {error}; UPDATE_GOLDEN=1 writes it", path.display());
    });
    if let Some(difference) = difference(&known, text) {
        panic!("{} differs{difference}\nUPDATE_GOLDEN=1 rewrites it", path.display());
    }
}

/// The first lines that differ, when there are any.
pub(crate) fn difference(known: &str, text: &str) -> Option<String> {
    const SHOWN: usize = 5;
    if known == text {
        return None;
    }
    let known: Vec<&str> = known.split('\n').collect();
    let found: Vec<&str> = text.split('\n').collect();
    let first = known.iter().zip(&found).take_while(|(a, b)| a == b).count();
    let mut shown = format!(" from line {}:", first + 1);
    for (sign, lines) in [('-', &known), ('+', &found)] {
        for line in lines.iter().skip(first).take(SHOWN) {
            shown.push_str(&format!("\n{sign} {line}"));
        }
    }
    Some(shown)
}
