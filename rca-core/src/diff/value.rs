//! Values with units: `5 * time.Second`, `"300ms"`, `512Mi`, `1_000`, `true`, `debug`.

/// What a literal means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value {
    /// Seconds.
    Duration(f64),
    /// Bytes.
    Size(f64),
    /// A bare number.
    Number(f64),
    /// Yes or no.
    Switch(bool),
    /// A log level, larger is more talkative.
    Level(u8),
}

impl Value {
    /// The number behind it, for comparing values of one kind.
    pub(crate) fn magnitude(self) -> f64 {
        match self {
            Self::Duration(x) | Self::Size(x) | Self::Number(x) => x,
            Self::Switch(on) => f64::from(u8::from(on)),
            Self::Level(level) => f64::from(level),
        }
    }
}

/// Reads a literal as it stands in quotes, in a number token or as a bare word.
pub(crate) fn literal(text: &str) -> Option<Value> {
    let text = text.trim();
    match text.to_lowercase().as_str() {
        "true" | "on" | "yes" | "enabled" => return Some(Value::Switch(true)),
        "false" | "off" | "no" | "disabled" => return Some(Value::Switch(false)),
        "trace" | "verbose" | "all" => return Some(Value::Level(5)),
        "debug" => return Some(Value::Level(4)),
        "info" | "information" => return Some(Value::Level(3)),
        "warn" | "warning" => return Some(Value::Level(2)),
        "error" | "fatal" | "critical" => return Some(Value::Level(1)),
        _ => {}
    }
    if let Some(seconds) = iso_duration(text) {
        return Some(Value::Duration(seconds));
    }
    let digits: String = text.chars().filter(|c| *c != '_').collect();
    if let Some(hex) = digits.strip_prefix("0x") {
        return u32::from_str_radix(hex, 16).ok().map(|n| Value::Number(f64::from(n)));
    }
    let end = digits.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(digits.len());
    let (number, suffix) = digits.split_at(end);
    let number: f64 = number.parse().ok().filter(|n: &f64| n.is_finite())?;
    unit(number, suffix.trim())
}

/// A number with the letters behind it.
pub(crate) fn unit(number: f64, suffix: &str) -> Option<Value> {
    if let Some(seconds) = seconds_of(suffix) {
        return Some(Value::Duration(number * seconds));
    }
    let bytes = match suffix.to_lowercase().as_str() {
        "ki" | "kib" | "kb" | "k" => 1024.0,
        "mi" | "mib" | "mb" => 1024.0 * 1024.0,
        "gi" | "gib" | "gb" | "g" => 1024.0 * 1024.0 * 1024.0,
        "ti" | "tib" | "tb" => 1024.0f64.powi(4),
        "" | "l" | "u" | "f" | "i32" | "u32" | "i64" | "u64" | "usize" | "f64" | "f32" | "u16"
        | "u8" | "x" | "n" | "ul" => {
            return Some(Value::Number(number));
        }
        "%" => return Some(Value::Number(number / 100.0)),
        _ => return None,
    };
    Some(Value::Size(number * bytes))
}

/// Seconds in a unit of time by its name: `ms`, `Millisecond`, `fromMinutes`.
pub(crate) fn seconds_of(unit: &str) -> Option<f64> {
    let lower = unit.to_lowercase();
    let word = lower.rsplit(['.', '_']).next().unwrap_or(&lower);
    let word = word.trim_start_matches("from_").trim_start_matches("from").trim_start_matches("of");
    Some(match word {
        "ns" | "nanosecond" | "nanoseconds" | "nanos" => 1e-9,
        "us" | "microsecond" | "microseconds" | "micros" => 1e-6,
        "ms" | "millisecond" | "milliseconds" | "millis" | "msec" => 1e-3,
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hr" | "hour" | "hours" => 3600.0,
        "d" | "day" | "days" => 86_400.0,
        "w" | "week" | "weeks" => 604_800.0,
        _ => return None,
    })
}

/// `PT5M`, `PT0.5S` (ISO 8601) and `1h30m`.
fn iso_duration(text: &str) -> Option<f64> {
    let body = text.strip_prefix("PT").or_else(|| text.strip_prefix('P'));
    let compound = body.unwrap_or(text);
    let mut total = 0.0;
    let mut number = String::new();
    let mut unit = String::new();
    let mut parts = 0;
    for c in compound.chars().chain(['0']) {
        if c.is_ascii_digit() || c == '.' {
            if !unit.is_empty() {
                total += number.parse::<f64>().ok()? * seconds_of(&unit)?;
                parts += 1;
                number.clear();
                unit.clear();
            }
            number.push(c);
        } else if c.is_ascii_alphabetic() && !number.is_empty() {
            unit.push(c);
        } else {
            return None;
        }
    }
    (parts > 1 || (parts == 1 && body.is_some())).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_of_many_syntaxes_mean_the_same() {
        assert_eq!(literal("15m"), Some(Value::Duration(900.0)));
        assert_eq!(literal("300ms"), Some(Value::Duration(0.3)));
        assert_eq!(literal("PT15M"), Some(Value::Duration(900.0)));
        assert_eq!(literal("1h30m"), Some(Value::Duration(5400.0)));
        assert_eq!(literal("512Mi"), Some(Value::Size(536_870_912.0)));
        assert_eq!(literal("1_000"), Some(Value::Number(1000.0)));
        assert_eq!(literal("50%"), Some(Value::Number(0.5)));
        assert_eq!(literal("off"), Some(Value::Switch(false)));
        assert_eq!(literal("v1.2.3"), None);
    }
}
