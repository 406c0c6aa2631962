//! How OTLP/JSON is read: tolerantly.
//!
//! [The rules](https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding) are those of proto3 JSON with ids in hex
//! and enums as numbers; senders differ. So: names in camel or snake case, 64-bit numbers as numbers or text, `NaN` and
//! infinities as text, enums as numbers or names, ids in hex or base64, `null` and missing lists as empty.

use std::fmt;

use data_encoding::{BASE64_NOPAD, HEXLOWER_PERMISSIVE};
use serde::de::{self, DeserializeOwned, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, de::Error as _};

use super::wire::{AnyValue, ArrayValue, KeyValueList, Value};

/// A list, or `null`.
pub(super) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// A message, or `null`.
pub(super) fn or_none<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    Option::deserialize(from)
}

/// A text; numbers and truth values are taken as theirs.
pub(super) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(match Scalar::deserialize(from)? {
        Scalar::Null => String::new(),
        Scalar::Text(text) => text,
        Scalar::Int(number) => number.to_string(),
        Scalar::Double(number) => number.to_string(),
        Scalar::Bool(truth) => truth.to_string(),
    })
}

pub(super) fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    match Scalar::deserialize(from)? {
        Scalar::Null => Ok(false),
        Scalar::Bool(truth) => Ok(truth),
        Scalar::Text(text) => text.parse().map_err(|_| D::Error::custom("neither true nor false")),
        _ => Err(D::Error::custom("neither true nor false")),
    }
}

pub(super) fn whole<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    integer(Scalar::deserialize(from)?)
}

pub(super) fn small<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    integer(Scalar::deserialize(from)?)
}

pub(super) fn small_signed<'de, D: Deserializer<'de>>(from: D) -> Result<i32, D::Error> {
    integer(Scalar::deserialize(from)?)
}

pub(super) fn maybe_signed<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    match Scalar::deserialize(from)? {
        Scalar::Null => Ok(None),
        scalar => integer(scalar).map(Some),
    }
}

pub(super) fn wholes<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u64>, D::Error> {
    let scalars: Option<Vec<Scalar>> = Option::deserialize(from)?;
    scalars.unwrap_or_default().into_iter().map(integer).collect()
}

pub(super) fn float<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    number(Scalar::deserialize(from)?)
}

pub(super) fn maybe_float<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    match Scalar::deserialize(from)? {
        Scalar::Null => Ok(None),
        scalar => number(scalar).map(Some),
    }
}

pub(super) fn floats<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f64>, D::Error> {
    let scalars: Option<Vec<Scalar>> = Option::deserialize(from)?;
    scalars.unwrap_or_default().into_iter().map(number).collect()
}

/// Bytes of a trace or span id: hex, as OTLP wants it, or base64, as plain proto3 JSON has it.
pub(super) fn id<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    let text = text(from)?;
    from_hex(&text)
        .or_else(|| from_base64(&text))
        .ok_or_else(|| D::Error::custom("an id that is neither hex nor base64"))
}

macro_rules! names {
    ($($(#[$about:meta])* $name:ident: $prefix:literal [$($value:literal),*];)*) => {
        $(
            $(#[$about])*
            pub(super) fn $name<'de, D: Deserializer<'de>>(from: D) -> Result<i32, D::Error> {
                enumeration(from, $prefix, &[$($value),*])
            }
        )*
    };
}

names! {
    span_kind: "SPAN_KIND_" ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"];
    status_code: "STATUS_CODE_" ["UNSET", "OK", "ERROR"];
    temporality: "AGGREGATION_TEMPORALITY_" ["UNSPECIFIED", "DELTA", "CUMULATIVE"];
    severity: "SEVERITY_NUMBER_" [
        "UNSPECIFIED", "TRACE", "TRACE2", "TRACE3", "TRACE4", "DEBUG", "DEBUG2", "DEBUG3", "DEBUG4",
        "INFO", "INFO2", "INFO3", "INFO4", "WARN", "WARN2", "WARN3", "WARN4", "ERROR", "ERROR2",
        "ERROR3", "ERROR4", "FATAL", "FATAL2", "FATAL3", "FATAL4"
    ];
}

/// A number or a name of an enum; what a newer sender invents counts as unspecified.
fn enumeration<'de, D: Deserializer<'de>>(
    from: D,
    prefix: &str,
    names: &[&str],
) -> Result<i32, D::Error> {
    match Scalar::deserialize(from)? {
        Scalar::Text(text) if !text.starts_with(|c: char| c.is_ascii_digit() || c == '-') => {
            let name = text.strip_prefix(prefix).unwrap_or(&text);
            let place = names.iter().position(|known| known.eq_ignore_ascii_case(name));
            Ok(place.and_then(|place| i32::try_from(place).ok()).unwrap_or(0))
        }
        scalar => integer(scalar),
    }
}

/// A plain value, whatever its kind.
enum Scalar {
    Null,
    Bool(bool),
    Int(i128),
    Double(f64),
    Text(String),
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Scalar;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a plain value")
            }
            fn visit_unit<E>(self) -> Result<Scalar, E> {
                Ok(Scalar::Null)
            }
            fn visit_bool<E>(self, truth: bool) -> Result<Scalar, E> {
                Ok(Scalar::Bool(truth))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Scalar, E> {
                Ok(Scalar::Int(number.into()))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Scalar, E> {
                Ok(Scalar::Int(number.into()))
            }
            fn visit_f64<E>(self, number: f64) -> Result<Scalar, E> {
                Ok(Scalar::Double(number))
            }
            fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar::Text(text.to_owned()))
            }
            fn visit_string<E>(self, text: String) -> Result<Scalar, E> {
                Ok(Scalar::Text(text))
            }
        }
        from.deserialize_any(Any)
    }
}

fn integer<T: TryFrom<i128> + Default, E: de::Error>(scalar: Scalar) -> Result<T, E> {
    let number = match scalar {
        Scalar::Null => return Ok(T::default()),
        Scalar::Int(number) => Some(number),
        Scalar::Double(number) => exact(number),
        Scalar::Text(text) => {
            let text = text.trim();
            text.parse().ok().or_else(|| exact(text.parse().ok()?))
        }
        Scalar::Bool(_) => None,
    };
    number
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| E::custom("not a whole number in its range"))
}

/// The whole number that a float stands for: proto3 JSON allows `1e3` and `5.0`.
fn exact(number: f64) -> Option<i128> {
    #[allow(clippy::cast_possible_truncation, reason = "checked to be whole and below 2^65")]
    (number.fract() == 0.0 && number.abs() < 3.7e19).then_some(number as i128)
}

fn number<E: de::Error>(scalar: Scalar) -> Result<f64, E> {
    match scalar {
        Scalar::Null => Ok(0.0),
        Scalar::Int(number) => Ok(number as f64),
        Scalar::Double(number) => Ok(number),
        Scalar::Text(text) => text.trim().parse().map_err(|_| E::custom("not a number")),
        Scalar::Bool(_) => Err(E::custom("not a number")),
    }
}

/// An [`AnyValue`] is an object with one member, named by the kind; an empty one is an absent value.
impl<'de> Deserialize<'de> for AnyValue {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = AnyValue;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with one of stringValue, intValue and the like")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<AnyValue, A::Error> {
                let mut value = None;
                while let Some(name) = members.next_key::<String>()? {
                    value = match name.as_str() {
                        "stringValue" | "string_value" => {
                            Some(Value::Text(members.next_value::<Text>()?.0))
                        }
                        "boolValue" | "bool_value" => Some(Value::Bool(members.next_value()?)),
                        "intValue" | "int_value" => {
                            Some(Value::Int(integer(members.next_value()?)?))
                        }
                        "doubleValue" | "double_value" => {
                            Some(Value::Double(number(members.next_value()?)?))
                        }
                        "arrayValue" | "array_value" => {
                            Some(Value::Array(or_empty::<ArrayValue, _>(&mut members)?))
                        }
                        "kvlistValue" | "kvlist_value" => {
                            Some(Value::Map(or_empty::<KeyValueList, _>(&mut members)?))
                        }
                        "bytesValue" | "bytes_value" => {
                            let text = members.next_value::<Text>()?.0;
                            let bytes = from_base64(&text)
                                .ok_or_else(|| A::Error::custom("bytes that are not base64"))?;
                            Some(Value::Bytes(bytes))
                        }
                        _ => {
                            members.next_value::<IgnoredAny>()?;
                            value
                        }
                    };
                }
                Ok(AnyValue { value })
            }
        }
        from.deserialize_map(Members)
    }
}

fn or_empty<'de, T: Default + Deserialize<'de>, A: MapAccess<'de>>(
    members: &mut A,
) -> Result<T, A::Error> {
    Ok(members.next_value::<Option<T>>()?.unwrap_or_default())
}

struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        text(from).map(Self)
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()
}

/// Standard or URL-safe, with or without padding (proto3 JSON accepts all four).
fn from_base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=').replace('-', "+").replace('_', "/");
    BASE64_NOPAD.decode(text.as_bytes()).ok()
}

/// Reads a message from JSON text.
pub(super) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    crate::connectors::json::from_text(text).map_err(|error| format!("not OTLP/JSON: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::otlp::wire::{NumberPoint, Span};

    #[test]
    fn numbers_may_be_text_and_enums_names() {
        let span: Span = parse(
            r#"{"traceId": "5B8EFFF798038103D269B633813FC60C", "spanId": "EEE19B7EC3C1B174",
                "startTimeUnixNano": "1544712660000000000", "end_time_unix_nano": 1544712661000000000,
                "kind": "SPAN_KIND_SERVER", "attributes": null, "droppedAttributesCount": 1,
                "status": {"code": 2, "message": null}}"#,
        )
        .unwrap();
        assert_eq!((span.trace_id.len(), span.span_id.len(), span.kind), (16, 8, 2));
        assert_eq!(span.end_time_unix_nano - span.start_time_unix_nano, 1_000_000_000);
        assert_eq!(span.status.map(|status| status.code), Some(2));
        assert!(span.attributes.is_empty());
    }

    #[test]
    fn special_floats_and_empty_values_are_understood() {
        for (text, expected) in
            [("\"Infinity\"", f64::INFINITY), ("\"-Infinity\"", f64::NEG_INFINITY), ("3", 3.0)]
        {
            let point: NumberPoint = parse(&format!(r#"{{"asDouble": {text}}}"#)).unwrap();
            assert_eq!(point.as_double, Some(expected));
        }
        let nan: NumberPoint = parse(r#"{"asDouble": "NaN", "asInt": "-7"}"#).unwrap();
        assert!(nan.as_double.unwrap().is_nan());
        assert_eq!(nan.as_int, Some(-7));
        let empty: AnyValue = parse(r#"{"arrayValue": {}}"#).unwrap();
        assert_eq!(empty.value, Some(Value::Array(ArrayValue::default())));
        assert_eq!(parse::<AnyValue>("{}").unwrap().value, None);
        assert_eq!(parse::<AnyValue>(r#"{"futureValue": [1]}"#).unwrap().value, None);
    }

    #[test]
    fn ids_come_in_hex_or_base64() {
        let hex: Span = parse(r#"{"spanId": "00f067aa0ba902b7"}"#).unwrap();
        let base64: Span = parse(r#"{"spanId": "APBnqgupArc="}"#).unwrap();
        assert_eq!(hex.span_id, base64.span_id);
        assert!(parse::<Span>(r#"{"spanId": "!"}"#).is_err());
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for text in [
            r#"{"kind": -1e40}"#,
            r#"{"startTimeUnixNano": -1}"#,
            r#"{"startTimeUnixNano": 1.5}"#,
            r#"{"startTimeUnixNano": {}}"#,
            r#"{"name": []}"#,
        ] {
            assert!(parse::<Span>(text).is_err(), "{text}");
        }
    }
}
