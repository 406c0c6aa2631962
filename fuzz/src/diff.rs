//! Any bytes are a diff: reading one never panics, and says the same twice.

use rca_core::diff::{DiffInput, read};

/// Reads the bytes as the diff of two files.
pub fn diff(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let files = ["a/b.go", "c.yaml"];
    let input = DiffInput { diff: Some(&text), files: &files, message: &text };
    assert_eq!(read(&input), read(&input), "two readings of one diff differ");
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_corpus_is_read() {
        for text in [
            "@@ -1 +1 @@\n-x = 1\n+x = 2",
            "--- \n+++ \n@@",
            "diff --git a/ b/\n@@ a/b.go: f @@\n+\u{0}\u{ffff}'\"`\\",
            "+\t((((((((((\n-))))))))))\n+1e999 0x 1.. .1ms 5*time.",
            "@@ -a,b +99999999999999999999,1 @@\n+x",
            "",
        ] {
            super::diff(text.as_bytes());
        }
        super::diff(&[0xff, 0xfe, b'+', 0xc3]);
    }
}
