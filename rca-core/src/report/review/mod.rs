//! Post-incident reviews: templates that people edit, filled from the record and the answer.
//!
//! A template is a file for [MiniJinja](https://docs.rs/minijinja) (the language of Jinja2). It names what
//! [`ReviewFacts`] has: `{{ title }}`, `{% for cause in causes %}`. Two are built in, `review` and `summary`; copy the
//! text of one ([`Template::text`]) and edit it.
//!
//! - What a template prints is escaped as its name says: Markdown for `.md`, HTML for `.html`, nothing else. The filter
//!   `lines` keeps the lines of a text; `safe` prints it as it is.
//! - A name that does not exist is an error that says the line and the names there are.
//! - A template reads no files; what it includes is given with [`Template::with_part`].
//! - Steps ([`Template::with_fuel`]), nesting and length of what it prints ([`Template::with_max_output`]) are bounded.
//!   Texts that it puts together on the way are not: a template is its author's program, not for strangers to hand in.
//!
//! ```
//! use rca_core::report::review::{Template, review};
//!
//! # fn demo(canvas: &rca_core::report::canvas::Canvas) -> rca_core::Result<()> {
//! let document = review(&Template::built_in("review")?, canvas)?;
//! let ours = Template::parse("ours.md", "# {{ title }}\n{% for action in actions %}- {{ action.text }}\n{% endfor %}")?;
//! let short = review(&ours, canvas)?;
//! # Ok(())
//! # }
//! ```

mod escape;
mod facts;

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value};

pub use facts::{Fact, HypothesisFact, NoteFact, ReviewFacts};

use crate::error::{Error, Place, Result};
use crate::report::canvas::Canvas;

/// The templates that are built in: their file name and text.
const BUILT_IN: [(&str, &str); 2] = [
    ("review.md", include_str!("../templates/review.md")),
    ("summary.md", include_str!("../templates/summary.md")),
];

/// A template of a review.
#[derive(Debug, Clone)]
pub struct Template {
    environment: Environment<'static>,
    name: String,
    max_output: usize,
}

impl Template {
    /// Longest text of a template, in bytes.
    pub const MAX_BYTES: usize = 1 << 20;
    /// Steps that a review may take, unless said.
    pub const FUEL: u64 = 2_000_000;
    /// Bytes that a review may have, unless said.
    pub const MAX_OUTPUT: usize = 16 << 20;
    /// How deep templates may include and macros call.
    const DEPTH: usize = 50;

    /// The names of the templates that are built in.
    pub fn built_in_names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(file, _)| file.trim_end_matches(".md"))
    }

    /// One that is built in: `review`, or `summary` for people who decide.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] for another name.
    pub fn built_in(name: &str) -> Result<Self> {
        match BUILT_IN.iter().find(|(file, _)| file.trim_end_matches(".md") == name) {
            Some((file, text)) => Self::parse(file, text),
            None => {
                let names = Self::built_in_names().collect::<Vec<_>>().join(", ");
                Err(Error::value(
                    "template",
                    format!("{name:?} is not built in; there are: {names}"),
                ))
            }
        }
    }

    /// Reads a template. The end of its name says what it writes: `.md`, `.html`, or plain text.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] with the line for what is no template, for a name that a review does not
    /// have, and for a text over [`Self::MAX_BYTES`].
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(escape::by_name);
        environment.set_formatter(escape::print);
        environment.add_filter("lines", escape::lines);
        environment.set_recursion_limit(Self::DEPTH);
        environment.set_fuel(Some(Self::FUEL));
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.map_err(|error| Error::Internal(error.to_string()))?);
        let template = Self { environment, name: name.to_owned(), max_output: Self::MAX_OUTPUT };
        template.with_part(name, text)
    }

    /// Reads the template in a file.
    ///
    /// # Errors
    ///
    /// As [`Template::parse`], and the system's refusal.
    pub fn open(path: &Path) -> Result<Self> {
        use io::Read as _;
        let refused = |error| Error::io("read", path, error);
        let file = std::fs::File::open(path).map_err(refused)?;
        let mut text = String::new();
        let bound = Self::MAX_BYTES as u64 + 1;
        file.take(bound).read_to_string(&mut text).map_err(refused)?;
        Self::parse(&path.to_string_lossy(), &text)
    }

    /// Adds a template that this one includes, imports or extends, under the name it is asked for.
    ///
    /// # Errors
    ///
    /// As [`Template::parse`].
    pub fn with_part(mut self, name: &str, text: &str) -> Result<Self> {
        if text.len() > Self::MAX_BYTES {
            let most = Self::MAX_BYTES;
            let reason = format!("longer than the {most} bytes of a template; split it in parts");
            return Err(Error::invalid(
                Place { input: Some(name.to_owned()), ..Place::default() },
                reason,
            ));
        }
        let added = self.environment.add_template_owned(name.to_owned(), text.to_owned());
        added.map_err(|error| invalid(name, &error))?;
        self.check_names(name, text)?;
        Ok(self)
    }

    /// Sets how many steps a review may take.
    #[must_use]
    pub fn with_fuel(mut self, steps: u64) -> Self {
        self.environment.set_fuel(Some(steps));
        self
    }

    /// Sets how many bytes a review may have.
    #[must_use]
    pub fn with_max_output(mut self, bytes: usize) -> Self {
        self.max_output = bytes;
        self
    }

    /// Its text, to be copied and edited.
    #[must_use]
    pub fn text(&self) -> String {
        let template = self.environment.get_template(&self.name);
        template.map(|template| template.source().to_owned()).unwrap_or_default()
    }

    /// A typing error should show when a template is written, not when the first incident needs that line.
    fn check_names(&self, name: &str, text: &str) -> Result<()> {
        let template =
            self.environment.get_template(name).map_err(|error| invalid(name, &error))?;
        let used: BTreeSet<String> = template.undeclared_variables(false).into_iter().collect();
        let known: BTreeSet<&str> = self.environment.globals().map(|(name, _)| name).collect();
        let fields = names();
        for word in used {
            if known.contains(word.as_str())
                || fields.contains(&word)
                || OF_THE_LANGUAGE.contains(&word.as_str())
            {
                continue;
            }
            let letters = |c: char| c.is_alphanumeric() || c == '_';
            let names_it = |line: &str| line.split(|c| !letters(c)).any(|part| part == word);
            let line = text.lines().position(names_it);
            let place = Place {
                input: Some(name.to_owned()),
                line: line.map(|line| line as u64 + 1),
                ..Place::default()
            };
            return Err(Error::invalid(
                place,
                format!("a review has no {word:?}; {}", there_are()),
            ));
        }
        Ok(())
    }
}

/// Names that the language gives.
const OF_THE_LANGUAGE: [&str; 4] = ["loop", "self", "super", "caller"];

/// Writes a review: the template, filled with what the canvas knows.
///
/// # Errors
///
/// [`crate::ErrorKind::InvalidInput`] with the line for a name that does not exist, and where the template takes more
/// steps or writes more than it may.
pub fn review(template: &Template, canvas: &Canvas) -> Result<String> {
    fill(template, &ReviewFacts::of(canvas))
}

/// Writes a review from facts that the caller gathered or changed.
///
/// # Errors
///
/// As [`review`].
pub fn fill(template: &Template, facts: &ReviewFacts) -> Result<String> {
    let name = &template.name;
    let found = template.environment.get_template(name).map_err(|error| invalid(name, &error))?;
    let mut out = Bounded { text: Vec::new(), room: template.max_output };
    if let Err(error) = found.render_captured_to(Value::from(Serde(facts)), &mut out) {
        if out.room == 0 {
            let place = Place { input: Some(name.clone()), ..Place::default() };
            let reason = format!("writes more than {} bytes", template.max_output);
            return Err(Error::invalid(place, reason));
        }
        return Err(invalid(name, &error));
    }
    let mut text =
        String::from_utf8(out.text).map_err(|error| Error::Internal(error.to_string()))?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

/// What was written, up to a bound; no room is left once more was to be written.
struct Bounded {
    text: Vec<u8>,
    room: usize,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.room {
            self.room = 0;
            return Err(io::Error::other("too long"));
        }
        self.room -= bytes.len();
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The error with place, and what to do.
fn invalid(name: &str, error: &minijinja::Error) -> Error {
    let mut inner = error;
    // The innermost says what happened in a part.
    while let Some(source) = std::error::Error::source(inner).and_then(|e| e.downcast_ref()) {
        inner = source;
    }
    let place = Place {
        input: Some(inner.name().unwrap_or(name).to_owned()),
        line: inner.line().map(|line| line as u64),
        ..Place::default()
    };
    let what = inner.detail().map_or_else(|| inner.kind().to_string(), str::to_owned);
    let reason = match inner.kind() {
        ErrorKind::UndefinedError => {
            format!("a name that does not exist ({what}); {}", there_are())
        }
        ErrorKind::OutOfFuel => "takes too many steps; look for loops within loops".to_owned(),
        ErrorKind::TemplateNotFound => format!("{what}; give parts of a template along with it"),
        _ => what,
    };
    Error::invalid(place, reason)
}

/// The names of [`ReviewFacts`].
fn names() -> Vec<String> {
    let schema = schemars::schema_for!(ReviewFacts);
    let fields = schema.get("properties").and_then(serde_json::Value::as_object);
    fields.map(|fields| fields.keys().cloned().collect()).unwrap_or_default()
}

fn there_are() -> String {
    format!("there are: {}", names().join(", "))
}

#[cfg(test)]
mod tests;
