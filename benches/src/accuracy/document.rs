//! Figures in documents: what lies between two markers is replaced by what was just measured.

use std::path::Path;

use crate::accuracy::Result;

/// Puts a text between `<!-- NAME: begin -->` and `<!-- NAME: end -->`.
///
/// # Errors
///
/// When the file can't be read or written, or has no such markers; it is then left as it was.
pub fn replace(file: &Path, name: &str, text: &str) -> Result<()> {
    let old = std::fs::read_to_string(file)
        .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let new = replaced(&old, name, text)
        .ok_or_else(|| format!("{} has no markers for {name}", file.display()))?;
    std::fs::write(file, new)
        .map_err(|error| format!("cannot write {}: {error}", file.display()).into())
}

fn replaced(old: &str, name: &str, text: &str) -> Option<String> {
    let (begin, end) = (format!("<!-- {name}: begin -->\n"), format!("<!-- {name}: end -->"));
    let (before, rest) = old.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}{}\n{end}{after}", text.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_between_the_markers_changes() {
        let old = "a\n<!-- x: begin -->\nold\n<!-- x: end -->\nz\n";
        let new = "a\n<!-- x: begin -->\nnew\n<!-- x: end -->\nz\n";
        assert_eq!(replaced(old, "x", "new\n").as_deref(), Some(new));
        assert_eq!(replaced(new, "x", "new").as_deref(), Some(new));
    }

    #[test]
    fn without_markers_nothing_is_written() {
        assert_eq!(replaced("a\n<!-- x: begin -->\nold", "x", "new"), None);
        assert_eq!(replaced("a", "x", "new"), None);
    }
}
