//! Lines as tokens, the same for every language, and names without comments and white space.

use super::language::Language;

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Token {
    /// A name, with its dots (`cfg.MaxRetries`, `std::mem`).
    Name(String),
    /// A number with the letters behind it (`15m`, `512Mi`, `0x10`, `1_000`).
    Number(String),
    /// A quoted text.
    Text(String),
    /// Anything else, one character (or a two-character operator).
    Sign(String),
}

impl Token {
    pub(crate) fn is(&self, sign: &str) -> bool {
        matches!(self, Self::Sign(found) if found == sign)
    }

    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            _ => None,
        }
    }
}

const PAIRS: &[&str] = &[
    "==", "!=", "<=", ">=", "&&", "||", ":=", "=>", "->", "?.", "??", "<<", "?:", "!!", "+=", "**",
];

/// Splits a line. Never fails; an open quote ends with the line.
pub(crate) fn tokens(line: &str) -> Vec<Token> {
    let chars: Vec<char> = line.chars().collect();
    let at = |i: usize| chars.get(i).copied();
    let mut found = Vec::new();
    let mut i = 0;
    while let Some(c) = at(i) {
        if c.is_whitespace() {
            i += 1;
        } else if c == '"' || c == '`' || (c == '\'' && quotes(&chars, i)) {
            let mut text = String::new();
            i += 1;
            while let Some(d) = at(i) {
                i += 1;
                if d == c {
                    break;
                }
                if d == '\\'
                    && let Some(e) = at(i)
                {
                    text.push(d);
                    text.push(e);
                    i += 1;
                    continue;
                }
                text.push(d);
            }
            found.push(Token::Text(text));
        } else if c.is_ascii_digit()
            || (c == '.'
                && at(i + 1).is_some_and(|d| d.is_ascii_digit())
                && !matches!(found.last(), Some(Token::Name(_) | Token::Number(_))))
        {
            let mut text = String::new();
            while let Some(d) =
                at(i).filter(|d| d.is_alphanumeric() || *d == '_' || *d == '%').or_else(|| {
                    at(i).filter(|d| *d == '.' && at(i + 1).is_some_and(|e| e.is_ascii_digit()))
                })
            {
                text.push(d);
                i += 1;
            }
            found.push(Token::Number(text));
        } else if c.is_alphabetic() || c == '_' || c == '@' || c == '$' {
            let mut text = String::new();
            while let Some(d) = at(i) {
                let joins = |j: usize| at(j).is_some_and(|e| e.is_alphabetic() || e == '_');
                if d.is_alphanumeric() || d == '_' || d == '@' || d == '$' {
                    text.push(d);
                    i += 1;
                } else if d == '.' && joins(i + 1) {
                    text.push('.');
                    i += 1;
                } else if d == '-'
                    && joins(i + 1)
                    && at(i.wrapping_sub(1)).is_some_and(|p| p.is_ascii_lowercase())
                    && at(i + 1).is_some_and(|n| n.is_ascii_lowercase())
                {
                    text.push('-');
                    i += 1;
                } else if (d == ':' && at(i + 1) == Some(':') && joins(i + 2))
                    || (d == '-' && at(i + 1) == Some('>') && joins(i + 2))
                {
                    text.push('.');
                    i += 2;
                } else {
                    break;
                }
            }
            found.push(Token::Name(text));
        } else {
            let two: String = [Some(c), at(i + 1)].into_iter().flatten().collect();
            if PAIRS.contains(&two.as_str()) {
                found.push(Token::Sign(two));
                i += 2;
            } else {
                found.push(Token::Sign(c.to_string()));
                i += 1;
            }
        }
    }
    found
}

/// Whether an apostrophe opens a quote (and is no lifetime or word).
fn quotes(chars: &[char], at: usize) -> bool {
    chars.iter().skip(at + 1).any(|c| *c == '\'')
}

/// The line without its comment; empty for a line that is all comment.
pub(crate) fn code(line: &str, language: Language) -> &str {
    let trimmed = line.trim_start();
    if matches!(language, Language::Markup) {
        return line;
    }
    const WHOLE: &[&str] = &["//", "/*", "*/", "* ", "<!--", "\"\"\"", "'''"];
    let hash = language.hash_comments();
    let star = !language.is_config();
    if WHOLE.iter().any(|mark| trimmed.starts_with(mark) && (star || *mark != "* "))
        || (star && trimmed == "*")
        || (hash && trimmed.starts_with('#'))
        || (language == Language::Sql && trimmed.starts_with("--"))
    {
        return "";
    }
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        match quote {
            Some(open) if c == open && before != '\\' => quote = None,
            Some(_) => {}
            None if c == '"'
                || c == '`'
                || (c == '\'' && !matches!(language, Language::Rust | Language::C)) =>
            {
                quote = Some(c)
            }
            None => {
                let rest = line.get(at..).unwrap_or_default();
                let slashes = rest.starts_with("//") && before != ':' && !hash;
                let hash = hash && c == '#' && before.is_whitespace();
                let dashes = language == Language::Sql && rest.starts_with("--");
                if slashes || hash || dashes {
                    return line.get(..at).unwrap_or_default();
                }
            }
        }
        before = c;
    }
    line
}

/// The code without any white space: equal lines do the same.
pub(crate) fn squeezed(line: &str, language: Language) -> String {
    code(line, language)
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect::<String>()
        .trim_end_matches([',', ';'])
        .to_owned()
}

/// Columns of white space before the code; a tab counts four.
pub(crate) fn indent(line: &str) -> usize {
    line.chars().take_while(|c| c.is_whitespace()).map(|c| if c == '\t' { 4 } else { 1 }).sum()
}

/// Names that are called on a line: `db.Query(` gives `db.Query`.
pub(crate) fn calls(tokens: &[Token]) -> Vec<&str> {
    const NOT: &[&str] = &[
        "if",
        "for",
        "while",
        "switch",
        "return",
        "func",
        "fn",
        "def",
        "catch",
        "match",
        "elif",
        "and",
        "or",
        "not",
        "in",
        "when",
        "function",
        "select",
        "defer",
        "await",
        "async",
        "new",
        "with",
        "case",
        "print",
        "len",
        "make",
        "append",
        "range",
        "int",
        "str",
        "string",
        "float",
        "list",
        "dict",
        "set",
        "sizeof",
        "foreach",
        "synchronized",
        "using",
        "super",
        "throw",
        "Some",
        "Ok",
        "Err",
        "None",
    ];
    tokens
        .windows(2)
        .filter_map(|pair| match pair {
            [Token::Name(name), next] if next.is("(") && !NOT.contains(&name.as_str()) => {
                Some(name.as_str())
            }
            _ => None,
        })
        .collect()
}
