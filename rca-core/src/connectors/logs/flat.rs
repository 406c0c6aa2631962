//! Records with named fields, JSON objects and logfmt, without a tree of values in between.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::super::json;

/// Objects whose members stand for themselves.
const TRANSPARENT: [&str; 7] =
    ["attributes", "resource", "labels", "annotations", "jsonPayload", "_source", "Properties"];

/// A plain value; lists stand as JSON.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell<'a> {
    Text(Cow<'a, str>),
    Int(i64),
    Float(f64),
    Bool(bool),
    List(serde_json::Value),
}

impl<'a> Cell<'a> {
    pub(super) fn into_text(self) -> Cow<'a, str> {
        match self {
            Self::Text(text) => text,
            Self::Int(number) => number.to_string().into(),
            Self::Float(number) => serde_json::Value::from(number).to_string().into(),
            Self::Bool(truth) => if truth { "true" } else { "false" }.into(),
            Self::List(list) => list.to_string().into(),
        }
    }

    /// A whole number, also where it is written as text.
    pub(super) fn whole(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            Self::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }
}

#[derive(Debug)]
struct Field<'a> {
    name: Cow<'a, str>,
    value: Cell<'a>,
    depth: u8,
}

/// The fields of one record, nested names joined by dots.
#[derive(Debug, Default)]
pub(super) struct Flat<'a> {
    fields: Vec<Field<'a>>,
}

impl<'a> Flat<'a> {
    pub(super) fn json(text: &'a str) -> Result<Self, String> {
        let mut flat = Self::default();
        json::one_deeper(text, |parser| {
            flat.fields.clear();
            Members { prefix: "", depth: 0, fields: &mut flat.fields }.deserialize(parser)
        })
        .map_err(|error| format!("not JSON: {error}"))?;
        Ok(flat)
    }

    /// A line of `key=value`, where it is one.
    pub(super) fn logfmt(line: &'a str) -> Option<Self> {
        let mut flat = Self::default();
        let mut rest = line.trim();
        while !rest.is_empty() {
            let end = rest.find(['=', ' ', '"']).unwrap_or(rest.len());
            let (name, behind) = rest.split_at(end);
            let valid =
                |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '@' | '/');
            if name.is_empty() || !name.chars().all(valid) {
                return None;
            }
            let Some(behind) = behind.strip_prefix('=') else {
                // A bare word is true; one at the start begins a sentence.
                (!flat.fields.is_empty() && !behind.starts_with('"')).then_some(())?;
                flat.push(name, Cell::Bool(true));
                rest = behind.trim_start();
                continue;
            };
            let (value, after) = match behind.strip_prefix('"') {
                Some(quoted) => unquote(quoted)?,
                None => {
                    let end = behind.find(' ').unwrap_or(behind.len());
                    let (value, after) = behind.split_at(end);
                    (Cow::Borrowed(value), after)
                }
            };
            flat.push(name, Cell::Text(value));
            rest = after.trim_start();
        }
        (flat.fields.len() > 1).then_some(flat)
    }

    fn push(&mut self, name: &'a str, value: Cell<'a>) {
        self.fields.push(Field { name: Cow::Borrowed(name), value, depth: 0 });
    }

    pub(super) fn add(&mut self, name: impl Into<Cow<'a, str>>, value: Cell<'a>) {
        self.fields.push(Field { name: name.into(), value, depth: 0 });
    }

    /// Where a name stands; the outermost when it does more than once.
    fn position(&self, name: &str) -> Option<usize> {
        let mut found: Option<(u8, usize)> = None;
        for (place, field) in self.fields.iter().enumerate() {
            if field.name == name && found.is_none_or(|(depth, _)| field.depth < depth) {
                found = Some((field.depth, place));
            }
        }
        found.map(|(_, place)| place)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Cell<'a>> {
        self.fields.get(self.position(name)?).map(|field| &field.value)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.position(name).is_some()
    }

    /// Takes the first of these that is there.
    pub(super) fn take(&mut self, names: &[&str]) -> Option<Cell<'a>> {
        let place = names.iter().find_map(|name| self.position(name))?;
        Some(self.fields.remove(place).value)
    }

    /// Takes the first of these that is there as non-blank text.
    pub(super) fn take_text(&mut self, names: &[&str]) -> Option<Cow<'a, str>> {
        let place = names.iter().find_map(|name| {
            let place = self.position(name)?;
            let blank = match &self.fields.get(place)?.value {
                Cell::Text(text) => text.trim().is_empty(),
                _ => false,
            };
            (!blank).then_some(place)
        })?;
        Some(self.fields.remove(place).value.into_text())
    }

    /// What was not taken, as texts.
    pub(super) fn rest(self) -> impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)> {
        self.fields.into_iter().map(|field| (field.name, field.value.into_text()))
    }
}

/// The text up to the closing quote, and what comes behind it.
fn unquote(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let end = memchr::memchr2(b'"', b'\\', text.as_bytes())?;
    if text.as_bytes().get(end) == Some(&b'"') {
        return Some((Cow::Borrowed(text.get(..end)?), text.get(end + 1..)?));
    }
    let mut plain = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((Cow::Owned(plain), text.get(at + 1..)?)),
            '\\' => match chars.next()?.1 {
                'n' => plain.push('\n'),
                't' => plain.push('\t'),
                'r' => plain.push('\r'),
                other => plain.push(other),
            },
            c => plain.push(c),
        }
    }
    None
}

/// Puts the members of an object into the list.
struct Members<'p, 'f, 'a> {
    prefix: &'p str,
    depth: u8,
    fields: &'f mut Vec<Field<'a>>,
}

impl<'de> DeserializeSeed<'de> for Members<'_, '_, 'de> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(Name(name)) = members.next_key()? {
            let name = if self.prefix.is_empty() {
                name
            } else {
                Cow::Owned(format!("{}.{name}", self.prefix))
            };
            members.next_value_seed(Member { name, depth: self.depth, fields: self.fields })?;
        }
        Ok(())
    }
}

/// A name, borrowed where it has no escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de> serde::Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        from.deserialize_str(Text)
    }
}

/// Puts one value, or what is inside it, into the list. `null` is absence.
struct Member<'f, 'a> {
    name: Cow<'a, str>,
    depth: u8,
    fields: &'f mut Vec<Field<'a>>,
}

impl<'de> Member<'_, 'de> {
    fn push(self, value: Cell<'de>) {
        self.fields.push(Field { name: self.name, value, depth: self.depth });
    }
}

impl<'de> DeserializeSeed<'de> for Member<'_, 'de> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Member<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_bool<E>(self, truth: bool) -> Result<(), E> {
        self.push(Cell::Bool(truth));
        Ok(())
    }
    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.push(Cell::Int(number));
        Ok(())
    }
    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.push(match i64::try_from(number) {
            Ok(number) => Cell::Int(number),
            Err(_) => Cell::Text(number.to_string().into()),
        });
        Ok(())
    }
    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.push(Cell::Float(number));
        Ok(())
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<(), E> {
        self.push(Cell::Text(Cow::Borrowed(text)));
        Ok(())
    }
    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.push(Cell::Text(Cow::Owned(text.to_owned())));
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<(), A::Error> {
        let prefix = if TRANSPARENT.contains(&&*self.name) { "" } else { &*self.name };
        let depth = self.depth.saturating_add(1);
        Members { prefix, depth, fields: self.fields }.visit_map(members)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element::<serde_json::Value>()? {
            list.push(item);
        }
        self.push(Cell::List(list.into()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fields(flat: Flat<'_>) -> Vec<(String, String)> {
        flat.rest().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn nested_names_are_joined_and_the_outermost_wins() {
        let text = r#"{"labels":{"level":"inner"},"a":{"b":{"c":1.5}},"level":"outer","no":null,"l":[1,{"x":2}]}"#;
        let mut flat = Flat::json(text).unwrap();
        assert_eq!(flat.take_text(&["level"]).as_deref(), Some("outer"));
        let expected = pairs(&[("level", "inner"), ("a.b.c", "1.5"), ("l", "[1,{\"x\":2}]")]);
        assert_eq!(fields(flat), expected);
        assert!(Flat::json("[1]").is_err());
        assert!(Flat::json("{} x").is_err());
    }

    #[test]
    fn logfmt_has_quotes_escapes_and_bare_words() {
        let line = r#"level=info msg="two \"words\"\n" ok took=3ms empty="" url=/a?b=c"#;
        let expected = pairs(&[
            ("level", "info"),
            ("msg", "two \"words\"\n"),
            ("ok", "true"),
            ("took", "3ms"),
            ("empty", ""),
            ("url", "/a?b=c"),
        ]);
        assert_eq!(fields(Flat::logfmt(line).unwrap()), expected);
        for prose in ["retry in a=1 b", "x = 1 y = 2", "a=\"open", "only=one", ""] {
            assert!(Flat::logfmt(prose).is_none(), "{prose}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,60}", signs in "[a-z=\" \\\\{}:,\\[\\]0-9]{0,60}") {
            for text in [text, signs] {
                let _ = Flat::json(&text);
                let _ = Flat::logfmt(&text);
            }
        }

        #[test]
        fn we_read_what_the_tree_of_values_holds(keys in prop::collection::btree_map("[a-c]{1,2}", "\\PC{0,9}", 1..6)) {
            let text = serde_json::to_string(&keys).unwrap();
            let read: std::collections::BTreeMap<String, String> =
                fields(Flat::json(&text).unwrap()).into_iter().collect();
            prop_assert_eq!(read, keys);
        }
    }
}
