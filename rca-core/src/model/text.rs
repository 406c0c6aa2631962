//! Texts with rules: checked once, at the edge.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $field:literal, $max:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Longest legal text, in characters.
            pub const MAX_CHARS: usize = $max;

            /// Trims and checks.
            ///
            /// # Errors
            ///
            /// [`crate::ErrorKind::InvalidInput`] when it is blank or longer than [`Self::MAX_CHARS`].
            pub fn new(text: impl AsRef<str>) -> Result<Self> {
                let text = text.as_ref().trim();
                if text.is_empty() {
                    return Err(Error::value($field, "must not be blank"));
                }
                let chars = text.chars().count();
                if chars > $max {
                    return Err(Error::value($field, format!("{chars} characters, at most {} are allowed", $max)));
                }
                Ok(Self(text.to_owned()))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = Error;

            fn try_from(text: String) -> Result<Self> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> String {
                text.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self> {
                Self::new(text)
            }
        }
    };
}

text!(
    /// A label on events and investigations.
    Tag,
    "tag",
    100
);
text!(
    /// One line that says what it is about.
    Title,
    "title",
    500
);

/// Checks an optional free text against a limit in characters.
pub(crate) fn check_length(field: &'static str, text: &str, max: usize) -> Result<()> {
    let chars = text.chars().count();
    if chars > max {
        return Err(Error::value(field, format!("{chars} characters, at most {max} are allowed")));
    }
    Ok(())
}

/// The text cut to a number of characters, with an ellipsis where something was cut.
pub(crate) fn shorten(text: &str, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars) {
        None => text.to_owned(),
        Some(_) => {
            let cut = text.char_indices().nth(max_chars.saturating_sub(1)).map_or(0, |(at, _)| at);
            format!("{}…", &text[..cut])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_and_long_texts_are_refused() {
        assert!(Tag::new("  ").is_err());
        assert!(Tag::new("x".repeat(101)).is_err());
        assert_eq!(Tag::new(" db ").unwrap().as_str(), "db");
    }

    #[test]
    fn shortening_counts_characters_not_bytes() {
        assert_eq!(shorten("äöü", 3), "äöü");
        assert_eq!(shorten("äöüß", 3), "äö…");
    }
}
