//! Taking a diff apart: files, hunks, lines. Anything that looks like a diff will do.

use super::language::Language;

/// Lines beyond this are not read: no person reviewed them either.
const MAX_LINES: usize = 20_000;
/// Characters of a line beyond this are not read (minified code, data).
const MAX_LINE: usize = 600;

/// What happened to a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// It stands in both versions.
    Context,
    /// It is gone.
    Removed,
    /// It is new.
    Added,
}

/// One line of a hunk.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    pub mark: Mark,
    pub text: String,
    /// Its number in the new file, where the header says it.
    pub number: Option<u64>,
}

/// Neighbouring changed lines with their surroundings.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Hunk {
    /// What stands behind the second `@@`: usually the enclosing function.
    pub header: String,
    pub lines: Vec<Line>,
}

/// The changes of one file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FilePatch {
    pub path: String,
    pub language: Language,
    /// Whether the file is new.
    pub created: bool,
    pub hunks: Vec<Hunk>,
}

impl FilePatch {
    fn new(path: &str) -> Self {
        let path = path.to_owned();
        Self { language: Language::of_path(&path), path, created: false, hunks: Vec::new() }
    }

    /// All lines of a mark.
    pub(crate) fn lines(&self, mark: Mark) -> impl Iterator<Item = &Line> {
        self.hunks.iter().flat_map(|hunk| &hunk.lines).filter(move |line| line.mark == mark)
    }
}

/// Reads `git diff`, `git show`, plain unified diffs and looser forms: `@@ path @@` headers, several
/// files behind each other, bare `+` and `-` lines. `files` names the file where the text does not.
pub(crate) fn parse(text: &str, files: &[&str]) -> Vec<FilePatch> {
    let mut reader = Reader {
        files,
        patches: Vec::new(),
        next_line: None,
        started: !has_header(text),
        announced: false,
    };
    for line in text.lines().take(MAX_LINES) {
        reader.line(line);
    }
    reader.patches.retain(|patch| !patch.hunks.is_empty() || !patch.path.is_empty());
    reader.patches
}

fn has_header(text: &str) -> bool {
    let header =
        |line: &str| ["diff --git ", "@@", "--- "].iter().any(|mark| line.starts_with(mark));
    text.lines().take(MAX_LINES).any(header)
}

struct Reader<'a> {
    files: &'a [&'a str],
    patches: Vec<FilePatch>,
    next_line: Option<u64>,
    /// Whether any header or change was seen: what comes before is a commit message.
    started: bool,
    /// Whether a file header was just read, so that `--- a/x` is not taken for a removed line.
    announced: bool,
}

impl Reader<'_> {
    fn line(&mut self, raw: &str) {
        let line: String = raw.chars().take(MAX_LINE).collect();
        if let Some(rest) = line.strip_prefix("diff --git ") {
            let path = rest.rsplit(" b/").next().unwrap_or(rest).trim();
            return self.open(path);
        }
        if let Some(path) = line.strip_prefix("--- ").filter(|rest| self.is_header(rest)) {
            let path = clean(path);
            if path == "/dev/null" {
                self.announced = true;
                return self.open("");
            }
            return self.open(path);
        }
        if let Some(path) = line.strip_prefix("+++ ").filter(|_| self.announced) {
            return self.new_side(clean(path));
        }
        if self.is_noise(&line) {
            if line.starts_with("new file")
                && let Some(patch) = self.patches.last_mut()
            {
                patch.created = true;
            }
            return;
        }
        if let Some(rest) = line.strip_prefix("@@") {
            return self.hunk(rest);
        }
        self.body(&line);
    }

    /// A `--- ` line is a header when it names a file, and a removed `-- ` comment otherwise.
    fn is_header(&self, rest: &str) -> bool {
        let path = rest.split('\t').next().unwrap_or(rest).trim();
        rest.starts_with("a/")
            || path == "/dev/null"
            || self.announced
            || (!path.contains(' ') && (path.contains('/') || path.contains('.')))
    }

    fn is_noise(&self, line: &str) -> bool {
        const PREFIXES: &[&str] = &[
            "index ",
            "new file mode",
            "deleted file mode",
            "old mode",
            "new mode",
            "similarity index",
            "rename from",
            "rename to",
            "copy from",
            "copy to",
            "Binary files",
            "GIT binary patch",
            "\\ No newline",
            "dissimilarity index",
        ];
        PREFIXES.iter().any(|prefix| line.starts_with(prefix))
    }

    fn open(&mut self, path: &str) {
        self.started = true;
        self.announced = true;
        self.next_line = None;
        let path = clean(path);
        let same = self
            .patches
            .last()
            .is_some_and(|last| last.hunks.is_empty() && (last.path == path || path.is_empty()));
        if !same {
            self.patches.push(FilePatch::new(path));
        }
        if path.is_empty()
            && let Some(last) = self.patches.last_mut()
        {
            last.created = true;
        }
    }

    fn new_side(&mut self, path: &str) {
        if let Some(last) = self.patches.last_mut()
            && path != "/dev/null"
            && last.hunks.is_empty()
        {
            let created = last.created;
            *last = FilePatch::new(path);
            last.created = created;
        }
    }

    /// `@@ -1,2 +3,4 @@ func`, `@@ path @@`, `@@ path: func`, `@@ func` or a bare `@@`.
    fn hunk(&mut self, rest: &str) {
        self.started = true;
        self.announced = false;
        let rest = rest.trim();
        let (first, tail) = rest.split_once("@@").unwrap_or((rest, ""));
        let (first, tail) = (first.trim(), tail.trim());
        if first.starts_with('-') {
            self.next_line = new_start(first);
            return self.push_hunk(tail);
        }
        self.next_line = None;
        let named = first.split([' ', ':']).next().unwrap_or_default();
        if self.is_path(named) {
            self.patches_open(named);
            let function =
                first.get(named.len()..).unwrap_or_default().trim_start_matches([':', ' ']);
            return self.push_hunk(if tail.is_empty() { function } else { tail });
        }
        self.push_hunk(if first.is_empty() { tail } else { first });
    }

    fn patches_open(&mut self, path: &str) {
        if self.patches.last().is_none_or(|last| last.path != path) {
            self.patches.push(FilePatch::new(path));
        }
    }

    fn is_path(&self, word: &str) -> bool {
        self.files.contains(&word)
            || (word.contains('/') && !word.contains('(') && !word.starts_with("//"))
            || (Language::of_path(word) != Language::Unknown && !word.contains('('))
    }

    fn push_hunk(&mut self, header: &str) {
        self.current().hunks.push(Hunk { header: header.to_owned(), lines: Vec::new() });
    }

    /// The open file; for a diff without headers, the one file we were told of.
    fn current(&mut self) -> &mut FilePatch {
        if self.patches.is_empty() {
            let only = match self.files {
                [only] => only,
                _ => self.files.first().copied().unwrap_or_default(),
            };
            self.patches.push(FilePatch::new(only));
        }
        let last = self.patches.len().saturating_sub(1);
        // Never empty: pushed above.
        &mut self.patches[last]
    }

    fn body(&mut self, line: &str) {
        let (mark, text) = match line.chars().next() {
            Some('+') => (Mark::Added, line.get(1..).unwrap_or_default()),
            Some('-') => (Mark::Removed, line.get(1..).unwrap_or_default()),
            Some(' ') => (Mark::Context, line.get(1..).unwrap_or_default()),
            _ => (Mark::Context, line),
        };
        if mark == Mark::Context && !self.started {
            return;
        }
        self.started = true;
        self.announced = false;
        let number = self.next_line.filter(|_| mark != Mark::Removed);
        if number.is_some() {
            self.next_line = self.next_line.and_then(|n| n.checked_add(1));
        }
        let line = Line { mark, text: text.trim_end().to_owned(), number };
        let patch = self.current();
        if patch.hunks.is_empty() {
            patch.hunks.push(Hunk::default());
        }
        if let Some(hunk) = patch.hunks.last_mut() {
            hunk.lines.push(line);
        }
    }
}

fn clean(path: &str) -> &str {
    let path = path.split('\t').next().unwrap_or(path).trim().trim_matches('"');
    path.strip_prefix("a/").or_else(|| path.strip_prefix("b/")).unwrap_or(path)
}

fn new_start(ranges: &str) -> Option<u64> {
    let plus = ranges.split_whitespace().find_map(|range| range.strip_prefix('+'))?;
    plus.split(',').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_show_output_has_files_hunks_functions_and_line_numbers() {
        let text = "commit abc\n\n    message\n\ndiff --git a/src/a.go b/src/a.go\nindex 1..2 100644\n\
                    --- a/src/a.go\n+++ b/src/a.go\n@@ -10,3 +10,3 @@ func Dock() {\n ctx\n-old\n+new\n";
        let patches = parse(text, &[]);
        assert_eq!(patches.len(), 1);
        assert_eq!(patches[0].path, "src/a.go");
        assert_eq!(patches[0].hunks[0].header, "func Dock() {");
        assert_eq!(patches[0].hunks[0].lines[2].number, Some(11));
    }

    #[test]
    fn path_headers_bare_lines_and_new_files_are_understood() {
        let text = "@@ a/tide.go @@\n-x\n+y\n@@ b/moor.yaml: section\n+z\n";
        let files = ["a/tide.go", "b/moor.yaml"];
        let patches = parse(text, &files);
        assert_eq!(patches.iter().map(|p| p.path.as_str()).collect::<Vec<_>>(), files);
        assert_eq!(parse("-x\n+y\n", &files[..1])[0].path, "a/tide.go");
        let created = parse("--- /dev/null\n+++ b/new.py\n@@ -0,0 +1 @@\n+a = 1\n", &[]);
        assert!(created[0].created && created[0].path == "new.py" && created.len() == 1);
    }

    #[test]
    fn a_removed_sql_comment_is_no_file_header() {
        let patches = parse("@@ q.sql @@\n--- drop the old rows\n-- again\n+x\n", &[]);
        assert_eq!(patches.len(), 1);
        assert_eq!(patches[0].hunks[0].lines.len(), 3);
    }
}
