//! The beginning of an input, looked at to tell what it is.

use std::collections::BTreeSet;

/// The name and the first bytes of an input.
#[derive(Debug)]
pub(in crate::connectors) struct Sample<'a> {
    /// File name without folders, in lower case, without `.gz`.
    pub(in crate::connectors) name: String,
    /// The first bytes, unpacked.
    pub(in crate::connectors) bytes: &'a [u8],
    /// The first bytes as text, as far as they are UTF-8.
    pub(in crate::connectors) text: &'a str,
    /// Names in the first JSON values, as paths (`alerts[].labels.alertname`); empty when it is no JSON.
    paths: BTreeSet<String>,
}

impl<'a> Sample<'a> {
    pub(in crate::connectors) fn new(name: &str, bytes: &'a [u8]) -> Self {
        let base = name.rsplit(['/', '\\']).next().unwrap_or(name).to_lowercase();
        let base = base.strip_suffix(".gz").unwrap_or(&base).to_owned();
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => std::str::from_utf8(bytes.get(..error.valid_up_to()).unwrap_or_default())
                .unwrap_or_default(),
        };
        Self { name: base, bytes, text, paths: paths(bytes) }
    }

    /// Whether the first thing is a JSON object or array.
    pub(in crate::connectors) fn is_json(&self) -> bool {
        !self.paths.is_empty()
    }

    /// Whether a name stands at this path; a leading `[].` of arrays at the top does not count.
    pub(in crate::connectors) fn has(&self, path: &str) -> bool {
        self.paths.contains(path)
    }

    /// Whether any of these paths is there.
    pub(in crate::connectors) fn has_any(&self, paths: &[&str]) -> bool {
        paths.iter().any(|path| self.has(path))
    }

    /// Non-blank lines that are whole: the last one may be cut off by the sample's end.
    pub(in crate::connectors) fn lines(&self) -> impl Iterator<Item = &'a str> {
        let whole =
            self.text.rfind('\n').map_or(self.text, |end| self.text.get(..end).unwrap_or(""));
        whole.lines().filter(|line| !line.trim().is_empty())
    }
}

/// Deepest path that is collected.
const DEEPEST: usize = 6;
/// Most paths that are collected.
const MOST: usize = 4096;

/// Paths of names in JSON that may end anywhere: a scanner, not a parser.
fn paths(bytes: &[u8]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let start = bytes.iter().position(|byte| !byte.is_ascii_whitespace());
    if !matches!(start.and_then(|at| bytes.get(at)), Some(b'{' | b'[')) {
        return found;
    }
    // For each open bracket the length of the path before it, and whether it is an object.
    let mut open: Vec<(usize, bool)> = Vec::new();
    let mut path = String::new();
    let mut expects_name = false;
    let mut at = start.unwrap_or(0);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => {
                let object = byte == b'{';
                open.push((path.len(), object));
                if !object && open.len() != 1 {
                    path.push_str("[]");
                }
                expects_name = object;
            }
            b'}' | b']' => {
                if let Some((length, _)) = open.pop() {
                    path.truncate(length);
                }
                expects_name = false;
            }
            b',' => {
                let object = open.last().is_some_and(|(_, object)| *object);
                if object {
                    path.truncate(open.last().map_or(0, |(length, _)| *length));
                }
                expects_name = object;
            }
            b'"' => {
                let Some(length) = string_length(bytes.get(at + 1..).unwrap_or_default()) else {
                    break;
                };
                if expects_name && open.len() <= DEEPEST && found.len() < MOST {
                    let name = bytes.get(at + 1..at + 1 + length).unwrap_or_default();
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(&String::from_utf8_lossy(name));
                    found.insert(path.clone());
                }
                expects_name = false;
                at += length + 1;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Bytes of a string up to its closing quote.
fn string_length(bytes: &[u8]) -> Option<usize> {
    let mut escaped = false;
    bytes.iter().position(|byte| {
        let end = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        end
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<String> {
        paths(text.as_bytes()).into_iter().collect()
    }

    #[test]
    fn paths_of_names_are_found_although_the_end_is_cut_off() {
        assert_eq!(
            of(r#"{"a": {"b": [{"c": "x,{\"y"}, {"d": 1}]}, "e": [1, 2], "f": "cut o"#),
            ["a", "a.b", "a.b[].c", "a.b[].d", "e", "f"]
        );
        assert_eq!(of(r#"[{"a": 1}, {"b": {"c": null}}]"#), ["a", "b", "b.c"]);
        assert_eq!(of("{\"a\":1}\n{\"b\":2}\n"), ["a", "b"]);
        assert!(of("a,b\n1,2\n").is_empty());
    }

    #[test]
    fn the_sample_knows_its_file_name_and_whole_lines() {
        let sample = Sample::new("x/Build.XML.gz", b"\xef\xbb\xbfone\n\ntwo\nthr");
        assert_eq!(sample.name, "build.xml");
        assert_eq!(sample.lines().collect::<Vec<_>>(), ["one", "two"]);
        assert!(!sample.is_json());
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_make_a_sample(bytes: Vec<u8>, json in "[\\[\\]{}\",:a\\\\]*") {
            let _ = Sample::new("x", &bytes).lines().count();
            let _ = paths(json.as_bytes());
        }
    }
}
