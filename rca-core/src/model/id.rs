//! Identities. All are UUIDs of version 7 (RFC 9562), so they sort by time.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_128;

use crate::error::{Error, Place, Result};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The id that belongs to a moment and a unique text, the same on every machine.
            ///
            /// The layout is UUIDv7: 48 bits of milliseconds, the rest a hash (XXH3-128) of `unique`.
            #[must_use]
            pub fn derive(time: DateTime<Utc>, unique: &[u8]) -> Self {
                Self(uuid_v7(time, xxh3_128(unique)))
            }

            /// The bytes, big-endian: sorted bytes are sorted times.
            #[must_use]
            pub fn to_bytes(self) -> [u8; 16] {
                self.0.into_bytes()
            }

            /// The id with these bytes.
            #[must_use]
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.hyphenated())
            }
        }

        impl std::str::FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self> {
                Uuid::parse_str(text).map(Self).map_err(|error| {
                    Error::invalid(Place::default(), format!("{text:?} is not an id: {error}"))
                })
            }
        }
    };
}

id!(
    /// Identity of an [`Event`](crate::model::Event).
    EventId
);
id!(
    /// Identity of an [`Investigation`](crate::model::Investigation).
    InvestigationId
);
id!(
    /// Identity of a [`Note`](crate::model::Note).
    NoteId
);
id!(
    /// Identity of a [`Hypothesis`](crate::model::Hypothesis).
    HypothesisId
);
id!(
    /// Identity of an [`Argument`](crate::model::Argument).
    ArgumentId
);

fn uuid_v7(time: DateTime<Utc>, hash: u128) -> Uuid {
    const MILLIS_MASK: u128 = (1 << 48) - 1;
    const RANDOM_MASK: u128 = (1 << 80) - 1;
    let millis = u128::from(u64::try_from(time.timestamp_millis()).unwrap_or(0)) & MILLIS_MASK;
    let mut bits = (millis << 80) | (hash & RANDOM_MASK);
    bits = (bits & !(0xf << 76)) | (0x7 << 76); // version
    bits = (bits & !(0x3 << 62)) | (0x2 << 62); // variant
    Uuid::from_u128(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_moment_and_text_give_the_same_id() {
        let time = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let id = EventId::derive(time, b"git\0abc");
        assert_eq!(id, EventId::derive(time, b"git\0abc"));
        assert_ne!(id, EventId::derive(time, b"git\0abd"));
        assert_eq!(id.to_string().parse::<EventId>().unwrap(), id);
        assert_eq!(id.to_string().as_bytes()[14], b'7');
    }

    #[test]
    fn ids_sort_by_time() {
        let at = |s| EventId::derive(DateTime::from_timestamp(s, 0).unwrap(), b"x");
        assert!(at(1) < at(2) && at(2) < at(3_000_000_000));
    }
}
