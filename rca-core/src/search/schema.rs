//! Fields of the index, and how records become documents.

use serde_json::Value;
use tantivy::TantivyDocument;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::{LowerCaser, RawTokenizer, TextAnalyzer, TokenizerManager};

use super::shortened;
use super::tokenize::{Identifiers, PART_END, TOKENIZER};
use crate::model::{Event, Impact, Investigation, InvestigationId, Severity};
use crate::time::nanos;

/// Version of the fields and of the tokenizer. An index with another stamp is rebuilt.
pub(super) const STAMP: u32 = 1;

/// Name of the tokenizer of names: whole and in lower case.
const NAME: &str = "name";

/// Longest attribute text that is indexed, in bytes; diffs can be huge.
const MAX_ATTRIBUTE_BYTES: usize = 64 * 1024;

/// Both indexes, of events and of investigations, have these.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields {
    /// Upper half of the id: begins with the time, which keeps the term dictionary small.
    pub(super) id_high: Field,
    /// Lower half. Not in the term dictionary, where 8 random bytes cost 20.
    pub(super) id_low: Field,
    /// Nanoseconds since 1970.
    pub(super) time: Field,
    /// Rank of the severity or impact, info = 0.
    pub(super) severity: Field,
    /// The source; empty for investigations.
    pub(super) source: Field,
    /// The event type, or the investigation's status.
    pub(super) kind: Field,
    /// The entity, service or component; empty when there is none.
    pub(super) entity: Field,
    pub(super) tag: Field,
    pub(super) investigation: Field,
    /// All words: the title, [`PART_END`], the rest.
    pub(super) text: Field,
}

/// Names of the columns.
pub(super) mod column {
    pub(in crate::search) const ID_HIGH: &str = "id_high";
    pub(in crate::search) const ID_LOW: &str = "id_low";
    pub(in crate::search) const TIME: &str = "time";
    pub(in crate::search) const SEVERITY: &str = "severity";
    pub(in crate::search) const SOURCE: &str = "source";
    pub(in crate::search) const KIND: &str = "kind";
    pub(in crate::search) const ENTITY: &str = "entity";
}

pub(super) fn build() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let name = TextFieldIndexing::default()
        .set_tokenizer(NAME)
        .set_index_option(IndexRecordOption::Basic)
        .set_fieldnorms(false);
    let name = TextOptions::default().set_indexing_options(name);
    let facet = name.clone().set_fast("raw");
    let words = TextFieldIndexing::default()
        .set_tokenizer(TOKENIZER)
        .set_index_option(IndexRecordOption::WithFreqsAndPositions);
    let fields = Fields {
        id_high: schema.add_u64_field(column::ID_HIGH, INDEXED | FAST),
        id_low: schema.add_u64_field(column::ID_LOW, FAST),
        time: schema.add_i64_field(column::TIME, FAST),
        severity: schema.add_u64_field(column::SEVERITY, INDEXED | FAST),
        source: schema.add_text_field(column::SOURCE, facet.clone()),
        kind: schema.add_text_field(column::KIND, facet.clone()),
        entity: schema.add_text_field(column::ENTITY, facet),
        tag: schema.add_text_field("tag", name),
        investigation: schema.add_bytes_field("investigation", INDEXED),
        text: schema.add_text_field("text", TextOptions::default().set_indexing_options(words)),
    };
    (schema.build(), fields)
}

pub(super) fn tokenizers() -> TokenizerManager {
    let tokenizers = TokenizerManager::default();
    tokenizers.register(TOKENIZER, Identifiers);
    tokenizers
        .register(NAME, TextAnalyzer::builder(RawTokenizer::default()).filter(LowerCaser).build());
    tokenizers
}

/// The two halves of an id.
pub(super) fn halves(id: [u8; 16]) -> (u64, u64) {
    let all = u128::from_be_bytes(id);
    #[allow(clippy::cast_possible_truncation, reason = "the lower half is wanted")]
    ((all >> 64) as u64, all as u64)
}

/// Severity as stored.
pub(super) fn severity_rank(severity: Severity) -> u64 {
    severity as u64
}

fn impact_rank(impact: Impact) -> u64 {
    severity_rank(match impact {
        Impact::Low => Severity::Low,
        Impact::Medium => Severity::Medium,
        Impact::High => Severity::High,
        Impact::Critical => Severity::Critical,
    })
}

pub(super) fn event_document(
    fields: &Fields,
    event: &Event,
    investigations: &[InvestigationId],
) -> TantivyDocument {
    let mut text = Text::new(event.title(), event.body().len());
    text.part(event.body());
    let entity = event.entity().map_or("", |e| e.name.as_str());
    text.part(entity);
    event.tags().iter().for_each(|tag| text.part(tag.as_str()));
    event.data().values().for_each(|value| attribute(&mut text, value));

    let mut document = TantivyDocument::new();
    add_id(&mut document, fields, event.id().to_bytes());
    document.add_i64(fields.time, nanos(event.timestamp()));
    document.add_u64(fields.severity, severity_rank(event.severity()));
    document.add_text(fields.source, event.source().as_str());
    document.add_text(fields.kind, event.event_type());
    document.add_text(fields.entity, entity);
    for tag in event.tags() {
        document.add_text(fields.tag, tag.as_str());
    }
    for id in investigations {
        document.add_bytes(fields.investigation, &id.to_bytes());
    }
    document.add_text(fields.text, text.0);
    document
}

pub(super) fn investigation_document(fields: &Fields, case: &Investigation) -> TantivyDocument {
    let mut text = Text::new(case.title(), case.description().len());
    text.part(case.description());
    let optional = [
        case.root_cause(),
        case.remediation(),
        case.lessons_learned(),
        case.service_affected(),
        case.component_affected(),
        case.created_by(),
        case.assigned_to(),
    ];
    optional.into_iter().flatten().for_each(|part| text.part(part));
    case.tags().iter().for_each(|tag| text.part(tag.as_str()));
    case.notes().iter().for_each(|note| text.part(&note.text));

    let mut document = TantivyDocument::new();
    add_id(&mut document, fields, case.id().to_bytes());
    document.add_i64(fields.time, nanos(case.detected_at()));
    document.add_u64(fields.severity, impact_rank(case.impact_severity()));
    document.add_text(fields.kind, case.status().as_str());
    for name in [case.service_affected(), case.component_affected()].into_iter().flatten() {
        document.add_text(fields.entity, name);
    }
    for tag in case.tags() {
        document.add_text(fields.tag, tag.as_str());
    }
    document.add_text(fields.text, text.0);
    document
}

fn add_id(document: &mut TantivyDocument, fields: &Fields, id: [u8; 16]) {
    let (high, low) = halves(id);
    document.add_u64(fields.id_high, high);
    document.add_u64(fields.id_low, low);
}

/// Text and lists of texts; numbers and nested objects are data, not words.
fn attribute(text: &mut Text, value: &Value) {
    match value {
        Value::String(value) => text.part(shortened(value, MAX_ATTRIBUTE_BYTES)),
        Value::Array(values) => {
            values.iter().filter_map(Value::as_str).for_each(|value| text.part(value));
        }
        _ => {}
    }
}

/// The words of a record, in parts that phrases do not cross.
struct Text(String);

impl Text {
    fn new(title: &str, more: usize) -> Self {
        let mut text = Self(String::with_capacity(title.len() + more + 64));
        text.push(title);
        text
    }

    fn part(&mut self, part: &str) {
        if !part.is_empty() {
            self.0.push(PART_END);
            self.push(part);
        }
    }

    fn push(&mut self, part: &str) {
        if part.as_bytes().contains(&(PART_END as u8)) {
            self.0.push_str(&part.replace(PART_END, " "));
        } else {
            self.0.push_str(part);
        }
    }
}
