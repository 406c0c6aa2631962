//! How programs write how bad a record is.

use crate::model::Severity;

/// How bad a level word is.
pub(crate) fn severity_of(word: &str) -> Option<Severity> {
    const LONGEST: usize = 11;
    if !(3..=LONGEST).contains(&word.len()) {
        return None;
    }
    let mut lower = [0; LONGEST];
    let lower = lower.get_mut(..word.len())?;
    lower.copy_from_slice(word.as_bytes());
    lower.make_ascii_lowercase();
    match &*lower {
        b"trace" | b"verbose" | b"debug" | b"dbug" | b"fine" | b"info" | b"information" => {
            Some(Severity::Info)
        }
        b"notice" => Some(Severity::Low),
        b"warn" | b"warning" => Some(Severity::Medium),
        b"err" | b"error" | b"severe" | b"failure" => Some(Severity::High),
        b"alert" | b"crit" | b"critical" | b"emerg" | b"emergency" | b"fatal" | b"panic" => {
            Some(Severity::Critical)
        }
        _ => None,
    }
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
