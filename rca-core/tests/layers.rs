//! The modules stand in four layers, and each imports from the layers below it only.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// Words, tools, judgement, the door. Words may import each other: an event holds a confidence, an error
/// names an event. Above that, what two modules of one layer share belongs in a lower one.
const LAYERS: [&[&str]; 4] = [
    &["model", "signal", "time", "error", "mechanism"],
    &["connectors", "store", "search", "graph", "detect", "diff"],
    &["linker", "rank", "analytics", "report"],
    &["workspace"],
];

/// What the root of the crate re-exports, and from where.
const ROOT: [(&str, &[&str]); 2] = [
    ("error", &["Error", "ErrorKind", "Place", "Result"]),
    (
        "workspace",
        &[
            "Answer",
            "Builder",
            "Freshness",
            "Health",
            "Incident",
            "IndexPolicy",
            "Inquiry",
            "Investigated",
            "Merged",
            "Principal",
            "Relinked",
            "Role",
            "Window",
            "Workspace",
            "analyze",
        ],
    ),
];

/// The one macro that the crate exports: the contract suite of stores.
const MACROS: [(&str, &str); 1] = [("store_contract", "store")];

#[derive(Debug, PartialEq)]
struct Violation {
    file: PathBuf,
    line: usize,
    what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file.display(), self.line, self.what)
    }
}

#[test]
fn modules_import_from_lower_layers_only() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&source, &mut files);
    files.sort();
    assert!(files.len() > 100, "only {} files found under {}", files.len(), source.display());
    let violations: Vec<String> = files
        .iter()
        .flat_map(|file| {
            let text = fs::read_to_string(file).unwrap();
            violations(file.strip_prefix(&source).unwrap(), &text)
        })
        .map(|violation| violation.to_string())
        .collect();
    assert!(violations.is_empty(), "\n{}", violations.join("\n"));
}

#[test]
fn every_module_has_a_layer() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in fs::read_dir(source).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(name == "lib" || layer(&name).is_some(), "{name} has no layer in tests/layers.rs");
    }
}

#[test]
fn the_check_sees_what_is_forbidden() {
    let seen = |file: &str, text: &str| -> Vec<(usize, String)> {
        violations(Path::new(file), text).into_iter().map(|v| (v.line, v.what)).collect()
    };
    let upward = "layer 1 `store` imports layer 2 `rank`".to_owned();
    let sideways = "layer 1 `store` imports its neighbour `graph`".to_owned();
    assert_eq!(seen("store/mod.rs", "\nuse crate::rank::x;"), [(2, upward.clone())]);
    assert_eq!(seen("store/mod.rs", "fn f() { crate::graph::g() }"), [(1, sideways.clone())]);
    assert_eq!(
        seen("store/deep/a.rs", "use crate::{\n  error::{Error, rank},\n  graph,\n};"),
        [(3, sideways.clone())]
    );
    assert_eq!(seen("store/a.rs", "use super::super::graph::x;"), [(1, sideways.clone())]);
    assert_eq!(seen("store/a.rs", "mod t { use super::super::super::graph; }"), [(1, sideways)]);
    assert_eq!(seen("store/mod.rs", "use super::rank::x;"), [(1, upward)]);
    assert_eq!(
        seen("model/a.rs", "use crate::Workspace;"),
        [(1, "layer 0 `model` imports layer 3 `workspace`".to_owned())]
    );
    assert_eq!(
        seen("rank/a.rs", "use crate::surprise::X;"),
        [(1, "`surprise` has no layer in tests/layers.rs".to_owned())]
    );
    assert_eq!(
        seen("rank/a.rs", "use crate::*;"),
        [(1, "`*` has no layer in tests/layers.rs".to_owned())]
    );
}

#[test]
fn the_check_lets_pass_what_is_allowed() {
    let text = r##"
        // use crate::rank::x;
        /* use crate::workspace::y; /* nested */ use crate::rank; */
        //! ```use crate::workspace;```
        use crate::{Result, model::Event, store::Seq};
        use super::super::error::Error;
        mod tests { use super::*; fn f<'a>() -> &'a str { "crate::rank::x" } }
        const A: &str = r#"crate::rank::" x"#; const B: char = '"'; const C: char = '\'';
    "##;
    assert_eq!(violations(Path::new("store/embedded/open.rs").parent().unwrap(), ""), []);
    assert_eq!(violations(Path::new("store/a.rs"), text), []);
    assert_eq!(violations(Path::new("lib.rs"), "pub use crate::workspace::X;"), []);
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|modules| modules.contains(&module))
}

/// The module that a name at the root of the crate belongs to.
fn home(name: &str) -> &str {
    let exported = ROOT.iter().find(|(_, names)| names.contains(&name)).map(|(module, _)| *module);
    let made = MACROS.iter().find(|(macro_name, _)| *macro_name == name).map(|(_, module)| *module);
    exported.or(made).unwrap_or(name)
}

/// What a file, named from the root of the sources, must not import.
fn violations(file: &Path, text: &str) -> Vec<Violation> {
    let path = module_path(file);
    let Some(own) = path.first() else { return Vec::new() };
    imports(text, path.len())
        .into_iter()
        .filter_map(|(line, name)| {
            let other = home(&name);
            let what = match (layer(own), layer(other)) {
                _ if own == other => return None,
                (Some(0), Some(0)) => return None,
                (Some(here), Some(there)) if there > here => {
                    format!("layer {here} `{own}` imports layer {there} `{other}`")
                }
                (Some(here), Some(there)) if there == here => {
                    format!("layer {here} `{own}` imports its neighbour `{other}`")
                }
                (Some(_), Some(_)) => return None,
                (None, _) => format!("`{own}` has no layer in tests/layers.rs"),
                (_, None) => format!("`{other}` has no layer in tests/layers.rs"),
            };
            Some(Violation { file: file.to_owned(), line, what })
        })
        .collect()
}

/// `store/embedded/open.rs` is `store::embedded::open`; `lib.rs` is the root.
fn module_path(file: &Path) -> Vec<String> {
    let mut path: Vec<String> =
        file.with_extension("").iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    if path.last().is_some_and(|last| last == "mod" || last == "lib") {
        path.pop();
    }
    path
}

/// Names at the root of the crate that a file mentions, with their lines; `depth` is how deep its module is.
fn imports(text: &str, depth: usize) -> Vec<(usize, String)> {
    let tokens = tokens(text);
    let word = |at: usize| tokens.get(at).map_or("", |(_, token)| token.as_str());
    let mut found = Vec::new();
    // Inline modules that are open here, by the depth of their braces.
    let (mut braces, mut inline) = (0_usize, Vec::new());
    let mut at = 0;
    while at < tokens.len() {
        let mut next = at + 1;
        match word(at) {
            "mod" if word(at + 2) == "{" => inline.push(braces),
            "{" => braces += 1,
            "}" => {
                braces = braces.saturating_sub(1);
                if inline.last() == Some(&braces) {
                    inline.pop();
                }
            }
            "crate" if word(at + 1) == "::" => next = root_names(&tokens, at + 2, &mut found),
            "super" if at == 0 || word(at - 1) != "::" => {
                let mut ups = 1;
                while word(next) == "::" && word(next + 1) == "super" {
                    ups += 1;
                    next += 2;
                }
                if ups == depth + inline.len() && word(next) == "::" {
                    next = root_names(&tokens, next + 1, &mut found);
                }
            }
            _ => {}
        }
        at = next;
    }
    found
}

/// Reads a name, or the names of a group, that stands behind the crate's root; gives the place to go on.
fn root_names(tokens: &[(usize, String)], at: usize, found: &mut Vec<(usize, String)>) -> usize {
    let Some((_, first)) = tokens.get(at) else { return at };
    if first != "{" {
        found.extend(tokens.get(at).cloned());
        return at + 1;
    }
    let (mut depth, mut begins, mut at) = (1, true, at + 1);
    while depth > 0 && at < tokens.len() {
        match tokens[at].1.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            "," => begins = depth == 1,
            _ if begins && depth == 1 => {
                found.push(tokens[at].clone());
                begins = false;
            }
            _ => {}
        }
        at += 1;
    }
    at
}

/// Words, `::` and other single characters with their lines; comments and literals are left out.
fn tokens(text: &str) -> Vec<(usize, String)> {
    let text: Vec<char> = text.chars().collect();
    let char_at = |at: usize| text.get(at).copied().unwrap_or('\0');
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < text.len() {
        let start = at;
        match char_at(at) {
            '/' if char_at(at + 1) == '/' => at = find(&text, at, '\n'),
            '/' if char_at(at + 1) == '*' => at = block_comment(&text, at),
            'r' if raw_string(&text, at).is_some() => at = raw_string(&text, at).unwrap(),
            '"' => at = quoted(&text, at, '"'),
            '\'' if char_at(at + 1) == '\\' || char_at(at + 2) == '\'' => {
                at = quoted(&text, at, '\'');
            }
            c if c.is_alphanumeric() || c == '_' => {
                while char_at(at).is_alphanumeric() || char_at(at) == '_' {
                    at += 1;
                }
                tokens.push((line, text[start..at].iter().collect()));
            }
            ':' if char_at(at + 1) == ':' => {
                tokens.push((line, "::".to_owned()));
                at += 2;
            }
            c => {
                if !c.is_whitespace() {
                    tokens.push((line, c.to_string()));
                }
                at += 1;
            }
        }
        line += text[start..at.min(text.len())].iter().filter(|c| **c == '\n').count();
    }
    tokens
}

fn find(text: &[char], from: usize, wanted: char) -> usize {
    text[from..].iter().position(|c| *c == wanted).map_or(text.len(), |length| from + length)
}

fn block_comment(text: &[char], mut at: usize) -> usize {
    let mut depth = 0;
    while at < text.len() {
        match (text[at], text.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The end of a literal in quotes, where a backslash takes the next character with it.
fn quoted(text: &[char], from: usize, quote: char) -> usize {
    let mut at = from + 1;
    while at < text.len() && text[at] != quote {
        at += if text[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// The end of a raw string, when one begins here.
fn raw_string(text: &[char], from: usize) -> Option<usize> {
    if from > 0 && (text[from - 1].is_alphanumeric() && text[from - 1] != 'b') {
        return None;
    }
    let hashes = text[from + 1..].iter().take_while(|c| **c == '#').count();
    if text.get(from + 1 + hashes) != Some(&'"') {
        return None;
    }
    let mut at = from + 2 + hashes;
    loop {
        at = find(text, at, '"');
        if at >= text.len() {
            return Some(text.len());
        }
        let closing = text[at + 1..].iter().take(hashes).filter(|c| **c == '#').count();
        if closing == hashes {
            return Some(at + 1 + hashes);
        }
        at += 1;
    }
}
