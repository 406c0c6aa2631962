//! A patch with the noise taken out: what is really gone, what is really new, what replaced what.

use std::collections::BTreeMap;

use super::language::Language;
use super::parse::{FilePatch, Mark};
use super::token::{Token, calls, code, indent, squeezed, tokens};
use crate::mechanism::words::words;

/// Lines of one hunk that are compared with each other when edits are paired.
const MAX_PAIRING: usize = 400;

/// A line with everything that rules ask of it.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub mark: Mark,
    /// Without comment, with its indentation.
    pub code: String,
    /// As it stood.
    pub raw: String,
    pub lower: String,
    pub tokens: Vec<Token>,
    pub number: Option<u64>,
    pub indent: usize,
    /// The same code stands on the other side of the change, too: moved or re-indented only.
    pub moved: bool,
}

impl Row {
    pub(crate) fn is_new(&self) -> bool {
        self.mark == Mark::Added && !self.moved && !self.code.is_empty()
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.mark == Mark::Removed && !self.moved && !self.code.is_empty()
    }

    pub(crate) fn has(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.lower.contains(word))
    }

    pub(crate) fn calls(&self) -> Vec<&str> {
        calls(&self.tokens)
    }

    /// Whole names on the line.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.tokens.iter().filter_map(Token::name)
    }

    /// Whether a name on the line has one of these words.
    pub(crate) fn has_word(&self, list: &[&str]) -> bool {
        self.names().any(|name| words(name).iter().any(|word| list.contains(&word.as_str())))
    }
}

/// A hunk of rows.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub header: String,
    pub rows: Vec<Row>,
    /// Indexes of a removed row and the added row that replaced it.
    pub edits: Vec<(usize, usize)>,
}

impl Block {
    pub(crate) fn new_rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.is_new())
    }

    pub(crate) fn gone_rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.is_gone())
    }

    /// The rows of one version, in order.
    pub(crate) fn version(&self, without: Mark) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.mark != without)
    }

    /// Pairs of old and new row.
    pub(crate) fn edits(&self) -> impl Iterator<Item = (&Row, &Row)> {
        self.edits
            .iter()
            .filter_map(|(old, new)| Some((self.rows.get(*old)?, self.rows.get(*new)?)))
    }

    /// The function that holds a row: the last one declared above it, or the header's.
    pub(crate) fn function(&self, at: &Row) -> Option<String> {
        let mut last = function_name(&self.header);
        for row in &self.rows {
            if let Some(name) = function_name(&row.code) {
                last = Some(name);
            }
            if std::ptr::eq(row, at) {
                break;
            }
        }
        last
    }
}

/// One file's change.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub path: String,
    pub language: Language,
    pub created: bool,
    pub blocks: Vec<Block>,
}

impl Change {
    pub(crate) fn new_rows(&self) -> impl Iterator<Item = &Row> {
        self.blocks.iter().flat_map(Block::new_rows)
    }

    pub(crate) fn gone_rows(&self) -> impl Iterator<Item = &Row> {
        self.blocks.iter().flat_map(Block::gone_rows)
    }

    /// Whether old code stands around the changes: a file of added lines only has no old behaviour.
    pub(crate) fn touches_old_code(&self) -> bool {
        !self.created
            && self.blocks.iter().flat_map(|block| &block.rows).any(|row| row.mark != Mark::Added)
    }
}

/// Takes the noise out of all patches of one change together, since code moves between files.
pub(crate) fn changes(patches: &[FilePatch]) -> Vec<Change> {
    let mut balance: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for patch in patches {
        for (mark, added) in [(Mark::Removed, false), (Mark::Added, true)] {
            for line in patch.lines(mark) {
                let key = squeezed(&line.text, patch.language);
                let entry = balance.entry(key).or_default();
                if added { entry.1 += 1 } else { entry.0 += 1 }
            }
        }
    }
    // As many as stand on both sides are moved.
    let mut moved: BTreeMap<String, (usize, usize)> =
        balance.into_iter().map(|(key, (old, new))| (key, (old.min(new), old.min(new)))).collect();
    patches.iter().map(|patch| change(patch, &mut moved)).collect()
}

fn change(patch: &FilePatch, moved: &mut BTreeMap<String, (usize, usize)>) -> Change {
    let blocks = patch
        .hunks
        .iter()
        .map(|hunk| {
            let mut comment = false;
            let rows: Vec<Row> = hunk
                .lines
                .iter()
                .map(|line| {
                    let mut text = code(&line.text, patch.language);
                    comment = in_block_comment(&line.text, comment, &mut text);
                    let key = squeezed(&line.text, patch.language);
                    let is_moved = match line.mark {
                        Mark::Context => false,
                        Mark::Removed => take(moved.get_mut(&key).map(|left| &mut left.0)),
                        Mark::Added => take(moved.get_mut(&key).map(|left| &mut left.1)),
                    };
                    Row {
                        mark: line.mark,
                        code: text.trim_end().to_owned(),
                        raw: line.text.clone(),
                        lower: text.to_lowercase(),
                        tokens: tokens(text),
                        number: line.number,
                        indent: indent(&line.text),
                        moved: is_moved && !key.is_empty(),
                    }
                })
                .map(|mut row| {
                    if row.code.trim().is_empty() {
                        row.code.clear();
                    }
                    row
                })
                .collect();
            let edits = pair(&rows);
            Block { header: hunk.header.clone(), rows, edits }
        })
        .collect();
    Change { path: patch.path.clone(), language: patch.language, created: patch.created, blocks }
}

/// Follows `/* ... */` over lines; empties the text inside.
fn in_block_comment(raw: &str, inside: bool, text: &mut &str) -> bool {
    let opens = raw.rfind("/*");
    let closes = raw.rfind("*/");
    if inside && closes.is_none() {
        *text = "";
    }
    match (opens, closes) {
        (Some(open), Some(close)) => open > close,
        (Some(open), None) => raw.trim_start().starts_with("/*") && open < raw.len(),
        (None, Some(_)) => false,
        (None, None) => inside,
    }
}

fn take(left: Option<&mut usize>) -> bool {
    match left {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    }
}

/// Pairs each removed row with the most similar added row of the same run of changes.
///
/// Greedy by similarity of tokens (Dice's coefficient), ties by position: good enough for edits in
/// place, and linear runs stay small.
fn pair(rows: &[Row]) -> Vec<(usize, usize)> {
    let index = |mark: Mark| {
        rows.iter()
            .enumerate()
            .filter(|(_, row)| row.mark == mark && !row.moved && !row.code.is_empty())
            .map(|(at, row)| (at, bag(&row.tokens)))
            .take(MAX_PAIRING)
            .collect::<Vec<_>>()
    };
    let (old, new) = (index(Mark::Removed), index(Mark::Added));
    let mut candidates = Vec::new();
    for (i, bag_old) in &old {
        for (j, bag_new) in &new {
            let similarity = dice(bag_old, bag_new);
            if similarity >= 0.4 {
                candidates.push((similarity, i.abs_diff(*j), *i, *j));
            }
        }
    }
    candidates.sort_by(|a, b| {
        b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)).then(a.3.cmp(&b.3))
    });
    let (mut used_old, mut used_new) =
        (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
    let mut edits = Vec::new();
    for (_, _, i, j) in candidates {
        if !used_old.contains(&i) && !used_new.contains(&j) {
            used_old.insert(i);
            used_new.insert(j);
            edits.push((i, j));
        }
    }
    edits.sort_unstable();
    edits
}

fn bag(tokens: &[Token]) -> Vec<String> {
    let mut bag: Vec<String> = tokens
        .iter()
        .flat_map(|token| match token {
            Token::Name(name) => words(name),
            Token::Number(_) => vec!["#".to_owned()],
            Token::Text(text) => words(text),
            Token::Sign(sign) => vec![sign.clone()],
        })
        .take(120)
        .collect();
    bag.sort_unstable();
    bag
}

/// Share of common tokens of two sorted bags.
fn dice(a: &[String], b: &[String]) -> f64 {
    let (mut i, mut j, mut common) = (0, 0, 0_u32);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        match x.cmp(y) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                common += 1;
                i += 1;
                j += 1;
            }
        }
    }
    let total = u32::try_from(a.len() + b.len()).unwrap_or(u32::MAX).max(1);
    2.0 * f64::from(common) / f64::from(total)
}

/// The name of the function that a line declares.
pub(crate) fn function_name(line: &str) -> Option<String> {
    const DECLARE: &[&str] = &["func", "fn", "def", "defp", "function", "fun", "sub"];
    let all = tokens(line);
    let at = all.iter().position(|token| token.name().is_some_and(|name| DECLARE.contains(&name)));
    if let Some(at) = at {
        let mut rest = all.get(at + 1..).unwrap_or_default();
        // Go's receiver stands in brackets before the name.
        if rest.first().is_some_and(|token| token.is("(")) {
            let close = rest.iter().position(|token| token.is(")"))?;
            rest = rest.get(close + 1..).unwrap_or_default();
        }
        return rest.first()?.name().map(str::to_owned);
    }
    // `public Ferry find(String id) {`: two names before a bracket, and a body.
    const NOT: &[&str] = &[
        "return", "new", "throw", "else", "await", "case", "if", "for", "while", "go", "defer",
        "yield", "const", "let", "var",
    ];
    let trimmed = line.trim_end();
    if !trimmed.ends_with('{') || all.iter().any(|token| token.is("=") || token.is(":=")) {
        return None;
    }
    let open = all.iter().position(|token| token.is("("))?;
    let (before, name) = (all.get(open.checked_sub(2)?)?, all.get(open.checked_sub(1)?)?);
    let first = all.first()?.name()?;
    let typed =
        before.name().is_some_and(|word| !NOT.contains(&word)) || before.is(">") || before.is("]");
    (typed && !NOT.contains(&first))
        .then(|| name.name().map(|n| n.rsplit('.').next().unwrap_or(n).to_owned()))
        .flatten()
}
