//! Numbers with a meaning.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

macro_rules! unit_interval {
    ($(#[$doc:meta])* $name:ident, $field:literal) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, Default, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema,
        )]
        #[serde(try_from = "f64", into = "f64")]
        pub struct $name(f64);

        impl $name {
            /// 0.
            pub const ZERO: Self = Self(0.0);
            /// 1.
            pub const ONE: Self = Self(1.0);

            /// The nearest legal value; NaN becomes 0.
            #[must_use]
            pub fn saturating(value: f64) -> Self {
                // `max` before `min`: NaN.max(0) is 0; adding 0 turns -0 into 0.
                Self(value.max(0.0).min(1.0) + 0.0)
            }

            /// The bare number.
            #[must_use]
            pub fn value(self) -> f64 {
                self.0
            }
        }

        impl TryFrom<f64> for $name {
            type Error = Error;

            fn try_from(value: f64) -> Result<Self> {
                // `contains` is false for NaN, which is what we want.
                (0.0..=1.0)
                    .contains(&value)
                    .then_some(Self(value))
                    .ok_or_else(|| Error::value($field, format!("{value} is not between 0 and 1")))
            }
        }

        impl From<$name> for f64 {
            fn from(value: $name) -> f64 {
                value.0
            }
        }

        // Never NaN, so the order is total.
        impl Eq for $name {}

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self.0 {
                    // Neither impossible nor certain, and said so.
                    small if small > 0.0 && small < 0.005 => f.write_str("<1 %"),
                    large if (0.995..1.0).contains(&large) => f.write_str(">99 %"),
                    share => write!(f, "{:.0} %", share * 100.0),
                }
            }
        }
    };
}

unit_interval!(
    /// How sure we are, from 0 (a guess) to 1 (certain).
    Confidence,
    "confidence"
);
unit_interval!(
    /// A share of one whole: the probabilities of all causes and of "none of these" sum to one.
    Probability,
    "probability"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_is_refused_or_saturated() {
        for bad in [f64::NAN, -0.1, 1.1, f64::INFINITY] {
            assert!(Confidence::try_from(bad).is_err());
        }
        assert_eq!(Confidence::saturating(f64::NAN), Confidence::ZERO);
        assert_eq!(Confidence::saturating(7.0), Confidence::ONE);
        assert_eq!(Confidence::saturating(-0.0).value().to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn what_is_not_certain_is_not_shown_as_certain() {
        let shown = |value: f64| Probability::saturating(value).to_string();
        assert_eq!(
            [0.0, 0.001, 0.4, 0.999, 1.0].map(shown),
            ["0 %", "<1 %", "40 %", ">99 %", "100 %"]
        );
    }

    #[test]
    fn json_out_of_range_is_refused() {
        assert!(serde_json::from_str::<Confidence>("1.5").is_err());
        assert_eq!(serde_json::from_str::<Confidence>("0.5").unwrap().value(), 0.5);
    }
}
