//! Between a document and its events: what parsers of webhooks and reports have in hand.
//!
//! A parser is a pure function from a [`Node`] to drafts of events. It says what it refuses and what it changed; this
//! file carries that into the report.

use std::io::Read;

use chrono::{DateTime, Utc};

use super::Batch;
use super::batch::{Events, KNOWN};
use super::fields::cut_text;
use super::node::Node;
use super::reading::Reading;
use crate::error::Result;
use crate::model::{Event, EventBuilder};

/// What is known of a document besides its content.
#[derive(Debug, Clone, Default)]
pub(super) struct Hints {
    /// The kind that its headers name (`push`).
    pub(super) kind: Option<String>,
    /// When it was received.
    pub(super) received: Option<DateTime<Utc>>,
    /// When its file was last written.
    pub(super) written: Option<DateTime<Utc>>,
}

/// What comes out of one document.
#[derive(Debug, Default)]
pub(super) struct Intake {
    pub(super) hints: Hints,
    drafts: Vec<EventBuilder>,
    notes: Vec<&'static str>,
    refused: Vec<String>,
    attributes: usize,
}

/// A parser of documents: what it finds goes into the intake, what makes it worthless is the error.
pub(super) type Parse = fn(Node<'_>, &mut Intake) -> Result<(), String>;

impl Intake {
    pub(super) fn new(hints: Hints, attributes: usize) -> Self {
        Self { hints, attributes, ..Self::default() }
    }

    pub(super) fn push(&mut self, event: EventBuilder) {
        self.drafts.push(event);
    }

    pub(super) fn note(&mut self, note: &'static str) {
        self.notes.push(note);
    }

    pub(super) fn refuse(&mut self, reason: String) {
        self.refused.push(reason);
    }

    /// Takes each element of a list; a refused one costs itself.
    pub(super) fn each<'n>(
        &mut self,
        list: &str,
        items: impl Iterator<Item = Node<'n>>,
        mut take: impl FnMut(Node<'n>, &mut Self) -> Result<(), String>,
    ) {
        for (index, item) in items.enumerate() {
            if let Err(reason) = item.object().and_then(|item| take(item, self)) {
                self.refuse(format!("{list}[{index}]: {reason}"));
            }
        }
    }

    /// When it was received, for what carries no time of its own.
    pub(super) fn received(&mut self) -> Result<DateTime<Utc>, String> {
        let time = self.hints.received.ok_or("no time in it, nor is known when it was received")?;
        self.note("without a time of their own: the time of receipt was taken");
        Ok(time)
    }

    /// A body as long as one may be.
    pub(super) fn body(&mut self, text: &str) -> String {
        let kept = cut_text(text, Event::MAX_BODY_BYTES);
        if kept.len() < text.len() {
            self.note("bodies were cut");
        }
        kept.to_owned()
    }

    /// Free labels as attributes, as many as the limits allow. Plain values only.
    pub(super) fn labels(
        &mut self,
        mut event: EventBuilder,
        prefix: &str,
        labels: &[(&str, Node<'_>)],
    ) -> EventBuilder {
        if labels.len() > self.attributes {
            self.note("attributes over the limit were left out");
        }
        for (name, value) in labels.iter().take(self.attributes) {
            if let Some(word) = value.as_word() {
                event = event.with_attribute(format!("{prefix}{name}"), word);
            }
        }
        event
    }

    /// Hands everything over; says how many records were read.
    fn settle(self, reading: &mut Reading<'_>, events: &mut Events<'_>) -> u64 {
        let mut read = 0;
        for note in self.notes {
            reading.note(note);
        }
        for reason in self.refused {
            reading.refuse(reason);
        }
        for draft in self.drafts {
            match draft.build() {
                Ok(event) => {
                    read += 1;
                    if !events.push(event) {
                        reading.note(KNOWN);
                    }
                }
                Err(error) => reading.refuse(error.to_string()),
            }
        }
        read
    }
}

/// Reads JSON documents (one, several, or an array of them) with a parser.
pub(super) fn documents(
    source: &mut dyn Read,
    reading: &mut Reading<'_>,
    batch: &mut Batch,
    parse: Parse,
) -> Result<()> {
    let mut events = Events::new(&mut batch.events);
    reading.documents(source, &mut |text, reading| {
        let value = super::json::from_text(text).map_err(|error| format!("not JSON: {error}"))?;
        let mut intake = Intake::new(reading.hints.clone(), reading.limits.attributes);
        if let Err(reason) = parse(Node(&value).object()?, &mut intake) {
            if intake.drafts.is_empty() {
                return Err(reason);
            }
            // The push has no time, but its commits have theirs.
            intake.refuse(reason);
        }
        Ok(intake.settle(reading, &mut events))
    })
}

/// Hands over what a parser of something else than JSON found.
pub(super) fn settle(intake: Intake, reading: &mut Reading<'_>, batch: &mut Batch) -> u64 {
    intake.settle(reading, &mut Events::new(&mut batch.events))
}

/// Identity of what brings none: the same parts give the same. Each part is cut, so that it stays legal.
pub(super) fn joined_id(parts: &[&str]) -> String {
    let mut id = String::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            id.push('/');
        }
        id.extend(part.chars().take(180));
    }
    id
}

/// A moment as text, for identities and attributes.
pub(super) fn stamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

/// Runs a parser on a value and builds its events; the refusals come second.
#[cfg(test)]
pub(super) fn parsed(value: &serde_json::Value, parse: Parse) -> (Vec<Event>, Vec<String>) {
    let mut intake = Intake::new(Hints::default(), 256);
    if let Err(reason) = Node(value).object().and_then(|node| parse(node, &mut intake)) {
        intake.refuse(reason);
    }
    let mut refused = intake.refused;
    let mut events = Vec::new();
    for draft in intake.drafts {
        match draft.build() {
            Ok(event) => events.push(event),
            Err(error) => refused.push(error.to_string()),
        }
    }
    (events, refused)
}

/// JSON that gets past the parser's first look: members of the given names, with anything in them.
#[cfg(test)]
pub(super) fn any_json(
    names: &'static [&'static str],
) -> impl proptest::strategy::Strategy<Value = serde_json::Value> {
    use proptest::prelude::*;
    use serde_json::Value;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        Just(Value::from("2026-05-04T09:00:00Z")),
        proptest::sample::select(names).prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 96, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((proptest::sample::select(names), inner), 0..8).prop_map(
                |pairs| Value::Object(
                    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
                )
            ),
        ]
    })
}
