//! What becomes a dead letter, and when it is worth another try.

use std::borrow::Cow;

use chrono::{DateTime, Duration, Utc};

use crate::connectors::source::Raw;
use crate::connectors::{Format, InputReport, Jitter, Kept, ReadReport, Redaction, Retry};
use crate::error::Place;
use crate::model::NewDeadLetter;

/// A record that a parser refused will be refused again until the library, its settings or the format changes: tries
/// are an hour to a day apart, and after ten of them it takes somebody to ask.
const LETTERS: Retry = Retry {
    tries: 10,
    first_pause: Duration::hours(1),
    longest_pause: Duration::days(1),
    jitter: Jitter::None,
};

/// When to read again what was read in vain so many times.
pub(in crate::workspace) fn next_retry(tries: u32, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let mut pauses = LETTERS.pauses(0);
    let mut pause = None;
    for _ in 0..tries.clamp(1, LETTERS.tries) {
        pause = pauses.next(None);
    }
    now.checked_add_signed(pause?)
}

/// When to read again what was just refused.
pub(in crate::workspace) fn first_retry(now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    next_retry(1, now)
}

/// The refused records of a read. Where an input's were not all kept, the input itself takes their place if its bytes
/// are there: reading it again stores nothing twice.
///
/// `source` names where they came from; each input's own name does when there is none.
pub(in crate::workspace) fn letters_of(
    report: &ReadReport,
    raw: Vec<Raw>,
    source: Option<&str>,
    now: DateTime<Utc>,
    redaction: &Redaction,
) -> Vec<NewDeadLetter> {
    let mut letters = Vec::new();
    let mut raw = raw;
    for input in report.inputs.iter().filter(|input| input.refused > 0) {
        let mut letter = |place: &Place, reason: &str, bytes: Vec<u8>| {
            letters.push(NewDeadLetter {
                source: source.unwrap_or(&input.name).to_owned(),
                format: Format::named(input.format).ok().map(|format| format.name.to_owned()),
                place: place.clone(),
                reason: reason.to_owned(),
                about: Default::default(),
                at: now,
                next_try: first_retry(now),
                raw: bytes,
            });
        };
        let whole =
            raw.iter().position(|raw| raw.label == input.name).map(|at| raw.swap_remove(at));
        match whole {
            Some(whole) if input.unkept > 0 || input.kept.is_empty() => {
                let place = Place { input: Some(input.name.clone()), ..Place::default() };
                letter(&place, &told(input), whole.body);
            }
            _ => {
                for Kept { refused, raw } in &input.kept {
                    letter(&refused.place, &refused.reason, raw.clone());
                }
            }
        }
    }
    letters.iter_mut().for_each(|letter| blot(letter, redaction));
    letters
}

/// Blots the secrets out of a letter whose bytes are text: what must not be stored as an event must not rest in the queue
/// either. Others stay as they came; a replay needs every byte of them.
pub(in crate::workspace) fn blot(letter: &mut NewDeadLetter, redaction: &Redaction) {
    if let (Cow::Owned(reason), _) = redaction.text(&letter.reason) {
        letter.reason = reason;
    }
    let blotted = match std::str::from_utf8(&letter.raw).map(|text| redaction.text(text)) {
        Ok((Cow::Owned(text), _)) => text,
        _ => return,
    };
    letter.raw = blotted.into_bytes();
}

/// Why a whole input is a letter.
fn told(input: &InputReport) -> String {
    let first = input.described.first().map_or("", |first| first.reason.as_str());
    format!("{} of its records were refused, the first because: {first}", input.refused)
}
