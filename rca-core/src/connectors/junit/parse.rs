//! From XML to suites and tests, one at a time.

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

/// Attributes of an element that matter to us, and properties.
pub(super) type Named = Vec<(String, String)>;

/// What went wrong in one run of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    /// The element's name (`failure`, `flakyError`, ...).
    pub(super) element: String,
    pub(super) message: String,
    /// The type of what was thrown.
    pub(super) thrown: String,
    /// Its text: mostly a stack trace.
    pub(super) text: String,
}

/// One test.
#[derive(Debug, Default)]
pub(super) struct Case {
    pub(super) attributes: Named,
    pub(super) properties: Named,
    pub(super) problems: Vec<Problem>,
    pub(super) output: String,
}

/// What is found, in order of the document.
#[derive(Debug)]
pub(super) enum Found {
    SuiteBegins(Named),
    /// A property of the suite that is open.
    Property(String, String),
    Case(Box<Case>),
    SuiteEnds,
}

/// Why reading stopped.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// Made to do harm: nothing of it is used.
    Hostile(String),
    /// Damaged at this offset: what stands before is used.
    At(u64, String),
}

/// The value of a named attribute, unless blank.
pub(super) fn named<'n>(named: &'n Named, name: &str) -> Option<&'n str> {
    let (_, value) = named.iter().find(|(known, _)| known == name)?;
    Some(value.trim()).filter(|value| !value.is_empty())
}

pub(super) fn parse(
    text: &str,
    deepest: usize,
    found: &mut dyn FnMut(Found),
) -> Result<(), Broken> {
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut parser = Parser { open: Vec::new(), case: None, property: None, found };
    loop {
        let event = reader.read_event();
        let at = reader.buffer_position();
        let broken = |reason: String| Broken::At(at, reason);
        match event.map_err(|error| broken(error.to_string()))? {
            Event::Start(element) => parser.start(&element).map_err(broken)?,
            Event::Empty(element) => {
                parser.start(&element).map_err(broken)?;
                parser.end();
            }
            Event::End(_) => parser.end(),
            Event::Text(text) => parser.text(&text.xml10_content()),
            Event::CData(text) => parser.text(&text.xml10_content()),
            Event::GeneralRef(reference) => parser.text(&character(&reference).map_err(broken)?),
            Event::DocType(_) => {
                let reason = "a document type declaration: entities of its own are not read";
                return Err(Broken::Hostile(reason.to_owned()));
            }
            Event::Eof if parser.open.is_empty() => return Ok(()),
            Event::Eof => {
                return Err(broken("the document ends before its elements do".to_owned()));
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
        if parser.open.len() > deepest {
            return Err(Broken::Hostile(format!("elements nested deeper than {deepest}")));
        }
    }
}

/// The character behind `&#10;` or `&lt;`. There are no others, since no declaration is read.
fn character(reference: &BytesRef<'_>) -> Result<String, String> {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => Ok(character.to_string()),
        Ok(None) => resolve_xml_entity(reference)
            .map(str::to_owned)
            .ok_or_else(|| "an entity that XML does not define".to_owned()),
        // `&#0;` and the like: runners write what programs print.
        Err(_) => Ok("\u{fffd}".to_owned()),
    }
}

struct Parser<'f> {
    /// Names of the open elements.
    open: Vec<String>,
    case: Option<Box<Case>>,
    /// A property whose value is its text.
    property: Option<(String, String)>,
    found: &'f mut dyn FnMut(Found),
}

const PROBLEMS: [&str; 7] =
    ["failure", "error", "skipped", "rerunFailure", "rerunError", "flakyFailure", "flakyError"];

impl Parser<'_> {
    fn start(&mut self, element: &BytesStart<'_>) -> Result<(), String> {
        let name = element.local_name().into_inner().to_owned();
        let attributes = || attributes(element);
        match name.as_str() {
            "testsuites" | "testsuite" => (self.found)(Found::SuiteBegins(attributes()?)),
            "testcase" if self.case.is_none() => {
                self.case = Some(Box::new(Case { attributes: attributes()?, ..Case::default() }));
            }
            "property" => {
                let all = attributes()?;
                let of = |wanted: &str| named(&all, wanted).unwrap_or_default().to_owned();
                self.property = Some((of("name"), of("value")));
            }
            problem if PROBLEMS.contains(&problem) => {
                let all = attributes()?;
                let of = |wanted: &str| named(&all, wanted).unwrap_or_default().to_owned();
                if let Some(case) = &mut self.case {
                    case.problems.push(Problem {
                        element: name.clone(),
                        message: of("message"),
                        thrown: of("type"),
                        text: String::new(),
                    });
                }
            }
            _ => {}
        }
        self.open.push(name);
        Ok(())
    }

    fn end(&mut self) {
        match self.open.pop().as_deref() {
            Some("testsuites" | "testsuite") => (self.found)(Found::SuiteEnds),
            Some("testcase") if !self.open.iter().any(|name| name == "testcase") => {
                if let Some(case) = self.case.take() {
                    (self.found)(Found::Case(case));
                }
            }
            Some("property") => match (self.property.take(), &mut self.case) {
                (Some(property), Some(case)) => case.properties.push(property),
                (Some((name, value)), None) => (self.found)(Found::Property(name, value)),
                (None, _) => {}
            },
            _ => {}
        }
    }

    /// Text belongs to the innermost element that keeps any.
    fn text(&mut self, text: &str) {
        if let Some((_, value)) = &mut self.property {
            if value.is_empty() && !text.trim().is_empty() {
                value.push_str(text.trim());
            }
            return;
        }
        let Some(case) = &mut self.case else { return };
        let Some(inner) = self.open.last() else { return };
        let in_problem = self.open.iter().any(|name| PROBLEMS.contains(&name.as_str()));
        match inner.as_str() {
            "system-out" | "system-err" if !in_problem => case.output.push_str(text),
            "system-out" | "system-err" => {}
            _ if in_problem => {
                if let Some(problem) = case.problems.last_mut() {
                    problem.text.push_str(text);
                }
            }
            _ => {}
        }
    }
}

fn attributes(element: &BytesStart<'_>) -> Result<Named, String> {
    let mut found = Vec::new();
    for attribute in element.attributes().with_checks(false) {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|error| error.to_string())?;
        found.push((attribute.key.local_name().into_inner().to_owned(), value.into_owned()));
    }
    Ok(found)
}
