//! JSON documents of known shape, looked into by paths.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::fields::kind_of;
use super::timestamp;

/// A place in a JSON document. Paths join member names by dots; `null` is absence.
#[derive(Clone, Copy)]
pub(super) struct Node<'a>(pub(super) &'a Value);

impl<'a> Node<'a> {
    /// The member of exactly this name, which may hold dots.
    pub(super) fn member(self, name: &str) -> Option<Self> {
        self.0.get(name).filter(|value| !value.is_null()).map(Self)
    }

    pub(super) fn at(self, path: &str) -> Option<Self> {
        path.split('.').try_fold(self, Self::member)
    }

    pub(super) fn has(self, path: &str) -> bool {
        self.at(path).is_some()
    }

    /// Whether there is such a member, were it `null`.
    pub(super) fn names(self, path: &str) -> bool {
        let (outer, name) = path.rsplit_once('.').unwrap_or(("", path));
        let outer = if outer.is_empty() { Some(self) } else { self.at(outer) };
        outer.is_some_and(|outer| outer.0.get(name).is_some())
    }

    /// Text that is not blank.
    pub(super) fn text(self, path: &str) -> Option<&'a str> {
        self.at(path)?.as_text()
    }

    /// The first of these that is a text.
    pub(super) fn first_text(self, paths: &[&str]) -> Option<&'a str> {
        paths.iter().find_map(|path| self.text(path))
    }

    pub(super) fn as_text(self) -> Option<&'a str> {
        self.0.as_str().map(str::trim).filter(|text| !text.is_empty())
    }

    /// Text, or a number or truth as text.
    pub(super) fn word(self, path: &str) -> Option<String> {
        self.at(path)?.as_word()
    }

    pub(super) fn as_word(self) -> Option<String> {
        match self.0 {
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(truth) => Some(truth.to_string()),
            _ => self.as_text().map(str::to_owned),
        }
    }

    pub(super) fn number(self, path: &str) -> Option<f64> {
        match self.at(path)?.0 {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => {
                text.trim().parse().ok().filter(|number: &f64| number.is_finite())
            }
            _ => None,
        }
    }

    pub(super) fn count(self, path: &str) -> Option<u64> {
        self.at(path)?.0.as_u64()
    }

    pub(super) fn is_true(self, path: &str) -> bool {
        self.at(path).is_some_and(|node| node.0 == &Value::Bool(true))
    }

    /// Elements of an array; none where there is no array.
    pub(super) fn items(self, path: &str) -> impl Iterator<Item = Self> + use<'a> {
        self.at(path).map(Self::elements).into_iter().flatten()
    }

    pub(super) fn elements(self) -> impl Iterator<Item = Self> + use<'a> {
        self.0.as_array().map(Vec::as_slice).unwrap_or_default().iter().map(Self)
    }

    /// Texts of an array.
    pub(super) fn texts(self, path: &str) -> Vec<&'a str> {
        self.items(path).filter_map(Self::as_text).collect()
    }

    /// Members of an object in order of their names.
    pub(super) fn members(self, path: &str) -> Vec<(&'a str, Self)> {
        let members = self.at(path).and_then(|node| node.0.as_object());
        let mut members: Vec<_> = members
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.as_str(), Self(value)))
            .collect();
        members.sort_by_key(|(name, _)| *name);
        members
    }

    /// The first of these moments that is there.
    pub(super) fn time(self, paths: &[&str]) -> Result<DateTime<Utc>, String> {
        let (path, node) = paths
            .iter()
            .find_map(|path| Some((path, self.at(path)?)))
            .ok_or_else(|| format!("no time; expected {}", paths.first().unwrap_or(&"one")))?;
        match timestamp::parse(node.0) {
            Ok(moment) => Ok(moment.time),
            Err(reason) => Err(format!("{path}: {reason}")),
        }
    }

    /// This as an object, or what it is instead.
    pub(super) fn object(self) -> Result<Self, String> {
        match self.0 {
            Value::Object(_) => Ok(self),
            other => Err(format!("expected an object, found {}", kind_of(other))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn null_is_absence_and_numbers_are_words() {
        let value = json!({"a": {"b": null, "c": 3, "d": " x ", "e": ""}, "t": 1_777_885_200});
        let node = Node(&value);
        assert!(!node.has("a.b") && node.names("a.b") && !node.names("a.z"));
        assert_eq!(node.word("a.c").as_deref(), Some("3"));
        assert_eq!((node.text("a.d"), node.text("a.e")), (Some("x"), None));
        assert_eq!(node.time(&["a.b", "t"]).unwrap().to_rfc3339(), "2026-05-04T09:00:00+00:00");
        assert!(node.time(&["a.d"]).unwrap_err().starts_with("a.d: "));
    }
}
