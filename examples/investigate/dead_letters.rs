//! What could not be read and rests in a workspace: shown, read again, thrown away.

use rca_core::connectors::{Format, Observer};
use rca_core::model::{DeadLetter, DeadLetterId};
use rca_core::store::LetterFilter;
use rca_core::{DeadLetters, Error, Result};

/// What to do with the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    List,
    Show(DeadLetterId),
    /// One, or all.
    Replay(Option<DeadLetterId>),
    Discard(DeadLetterId),
}

impl Wish {
    fn of(words: &[String]) -> Result<Self> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let id = |text: &str| match text.parse() {
            Ok(number) => Ok(DeadLetterId(number)),
            Err(_) => {
                Err(Error::value("dead-letters", format!("{text:?} is no number of a letter")))
            }
        };
        Ok(match words.as_slice() {
            [] | ["list"] => Self::List,
            ["show", letter] => Self::Show(id(letter)?),
            ["replay"] => Self::Replay(None),
            ["replay", letter] => Self::Replay(Some(id(letter)?)),
            ["discard", letter] => Self::Discard(id(letter)?),
            _ => {
                let what = words.join(" ");
                let reason = format!("{what:?} is none of: list, show ID, replay [ID], discard ID");
                return Err(Error::value("dead-letters", reason));
            }
        })
    }
}

/// Does what the words say, and tells what came of it.
pub(crate) fn tend(
    queue: DeadLetters<'_>,
    words: &[String],
    format: Option<&Format>,
    observer: Observer<'_>,
) -> Result<String> {
    match Wish::of(words)? {
        Wish::List => list(queue),
        Wish::Show(id) => show(queue, id),
        Wish::Replay(id) => replay(queue, id, format, observer),
        Wish::Discard(id) => {
            queue.inspect(id)?;
            queue.discard(&[id])?;
            Ok(format!("letter {id} is thrown away\n"))
        }
    }
}

fn list(queue: DeadLetters<'_>) -> Result<String> {
    let letters = queue.list(&LetterFilter::default())?;
    let counts = queue.counts()?;
    let mut text = format!("{} letters, {} bytes\n", counts.letters, counts.bytes);
    for letter in &letters {
        let DeadLetter { id, tries, reason, bytes, .. } = letter;
        let (last, place) = (clock(letter), place(letter));
        text += &format!("{id:>6}  {last}  {tries} x  {bytes} bytes  {place}: {reason}\n");
    }
    Ok(plain(&text))
}

fn show(queue: DeadLetters<'_>, id: DeadLetterId) -> Result<String> {
    let letter = queue.inspect(id)?;
    let mut text = format!("letter {id} from {}\n", place(&letter));
    text += &format!("  reason: {}\n", letter.reason);
    text += &format!("  format: {}\n", letter.format.as_deref().unwrap_or("none fitted"));
    text += &format!("  tries: {}, the last one {}\n", letter.tries, clock(&letter));
    if let Some(next) = letter.next_try {
        text += &format!("  next try: {}\n", next.format("%Y-%m-%d %H:%M:%S UTC"));
    }
    for (name, value) in &letter.about {
        text += &format!("  {name}: {value}\n");
    }
    match queue.raw(id)? {
        Some(raw) => text += &format!("\n{}\n", String::from_utf8_lossy(&raw).trim_end()),
        None => text += &format!("\nits {} bytes were too many to keep\n", letter.bytes),
    }
    Ok(plain(&text))
}

fn replay(
    queue: DeadLetters<'_>,
    id: Option<DeadLetterId>,
    format: Option<&Format>,
    observer: Observer<'_>,
) -> Result<String> {
    let filter = match id {
        None => LetterFilter::default(),
        Some(id) => {
            queue.inspect(id)?;
            let after = id.0.checked_sub(1).map(DeadLetterId);
            LetterFilter { after, limit: 1, ..LetterFilter::default() }
        }
    };
    let replayed = queue.replay(&filter, format, observer)?;
    let mut text = format!(
        "{} letters could be read: {} new events, {} known ones; {} stay\n",
        replayed.settled.len(),
        replayed.accepted,
        replayed.duplicates,
        replayed.refused.len()
    );
    for (id, reason) in &replayed.refused {
        text += &format!("{id:>6}  {reason}\n");
    }
    if !replayed.telemetry.is_empty() {
        text += "telemetry in them is not stored; investigate its files once more\n";
    }
    Ok(plain(&text))
}

fn place(letter: &DeadLetter) -> String {
    let place = letter.place.to_string();
    if place.contains(&letter.source) { place } else { format!("{} ({place})", letter.source) }
}

fn clock(letter: &DeadLetter) -> String {
    letter.last_at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// Without signs that would do something to a terminal.
fn plain(text: &str) -> String {
    let sign = |c: char| match c {
        '\n' | '\t' => c.to_string(),
        c if c.is_control() => c.escape_default().to_string(),
        c => c.to_string(),
    };
    text.chars().map(sign).collect()
}
