//! How programs write how bad a record is.

use crate::model::Severity;

/// How bad a level word is.
pub(crate) fn severity_of(word: &str) -> Option<Severity> {
    use Severity::{Critical, High, Info, Low, Medium};
    let [first, second, _, ..] = *word.as_bytes() else { return None };
    // Most words are none: the first letter and the length leave one to compare with.
    let (name, severity) = match (first | 0x20, word.len()) {
        (b't', 5) => ("trace", Info),
        (b'v', 7) => ("verbose", Info),
        (b'd', 5) => ("debug", Info),
        (b'd', 4) => ("dbug", Info),
        (b'f', 4) => ("fine", Info),
        (b'i', 4) => ("info", Info),
        (b'i', 11) => ("information", Info),
        (b'n', 6) => ("notice", Low),
        (b'w', 4) => ("warn", Medium),
        (b'w', 7) => ("warning", Medium),
        (b'e', 3) => ("err", High),
        (b'e', 5) if second | 0x20 == b'r' => ("error", High),
        (b's', 6) => ("severe", High),
        (b'f', 7) => ("failure", High),
        (b'a', 5) => ("alert", Critical),
        (b'c', 4) => ("crit", Critical),
        (b'c', 8) => ("critical", Critical),
        (b'e', 5) => ("emerg", Critical),
        (b'e', 9) => ("emergency", Critical),
        (b'f', 5) => ("fatal", Critical),
        (b'p', 5) => ("panic", Critical),
        _ => return None,
    };
    word.eq_ignore_ascii_case(name).then_some(severity)
}

/// Logcat and klog write one letter.
pub(super) fn severity_of_letter(letter: &str) -> Option<Severity> {
    match letter {
        "V" | "D" | "I" => Some(Severity::Info),
        "W" => Some(Severity::Medium),
        "E" => Some(Severity::High),
        "F" => Some(Severity::Critical),
        _ => None,
    }
}
