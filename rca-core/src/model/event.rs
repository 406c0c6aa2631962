//! Events: something that happened at a time.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{Error, Place, Result};
use crate::model::text::{check_length, shorten};
use crate::model::{Entity, EventId, InvestigationId, Tag, Title};
use crate::time::checked_nanos;

/// Where an event comes from.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(from = "String", into = "String")]
#[schemars(with = "String")]
#[non_exhaustive]
pub enum Source {
    /// A version control system.
    Git,
    /// Builds and tests.
    Ci,
    /// Deploy systems.
    Deploy,
    /// Feature flags and run-time configuration.
    Flag,
    /// Monitors that page people.
    Alert,
    /// Logs, or what we found in them.
    Logs,
    /// Metrics, or what we found in them.
    Metrics,
    /// Traces, or what we found in them.
    Traces,
    /// Status pages of providers.
    StatusPage,
    /// People.
    #[default]
    Manual,
    /// Anything else, by name (lower case).
    Other(String),
}

impl Source {
    /// The name used in JSON and queries.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Git => "git",
            Self::Ci => "ci",
            Self::Deploy => "deploy",
            Self::Flag => "flag",
            Self::Alert => "alert",
            Self::Logs => "logs",
            Self::Metrics => "metrics",
            Self::Traces => "traces",
            Self::StatusPage => "status_page",
            Self::Manual => "manual",
            Self::Other(name) => name,
        }
    }
}

impl From<String> for Source {
    fn from(name: String) -> Self {
        Self::from(name.as_str())
    }
}

impl From<&str> for Source {
    fn from(name: &str) -> Self {
        match name {
            "git" => Self::Git,
            "ci" => Self::Ci,
            "deploy" => Self::Deploy,
            "flag" => Self::Flag,
            "alert" => Self::Alert,
            "logs" => Self::Logs,
            "metrics" => Self::Metrics,
            "traces" => Self::Traces,
            "status_page" => Self::StatusPage,
            "manual" => Self::Manual,
            other => Self::Other(other.to_lowercase()),
        }
    }
}

impl From<Source> for String {
    fn from(source: Source) -> String {
        source.as_str().to_owned()
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What kind of thing happened, in snake case: `commit`, `deploy`, `metric_shift`, ...
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
pub struct EventType(String);

impl EventType {
    /// Checks and takes a type name.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] unless it is 1 to 100 of `a-z`, `0-9`, `_`, `.`, `-`.
    pub fn new(name: impl Into<String>) -> Result<Self> {
        let name = name.into();
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.-".contains(c);
        if name.is_empty() || name.len() > 100 || !name.chars().all(legal) {
            return Err(Error::value(
                "event_type",
                format!("{:?} is not 1 to 100 of a-z, 0-9, '_', '.', '-'", shorten(&name, 120)),
            ));
        }
        Ok(Self(name))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for EventType {
    type Error = Error;

    fn try_from(name: String) -> Result<Self> {
        Self::new(name)
    }
}

impl From<EventType> for String {
    fn from(name: EventType) -> String {
        name.0
    }
}

impl std::fmt::Display for EventType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// How bad an event is. Sorts from `Info` up to `Critical`.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Normal operation.
    #[default]
    Info,
    /// Worth a look.
    Low,
    /// A part works badly.
    Medium,
    /// A part fails.
    High,
    /// Users are hurt.
    Critical,
}

impl Severity {
    /// All, mildest first.
    pub const ALL: [Self; 5] = [Self::Info, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The name used in JSON and queries.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl std::str::FromStr for Severity {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == name).ok_or_else(|| {
            Error::invalid(
                Place::default(),
                format!(
                    "severity {:?} is not one of info, low, medium, high, critical",
                    shorten(name, 40)
                ),
            )
        })
    }
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something that happened, somewhere, at a time. Made with [`Event::builder`].
///
/// Attribute names in [`data`](Self::data) follow the OpenTelemetry semantic conventions where
/// there is one (`vcs.ref.head.revision`, `deployment.environment.name`).
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    pub(crate) id: EventId,
    pub(crate) timestamp: DateTime<Utc>,
    pub(crate) source: Source,
    pub(crate) event_type: EventType,
    #[serde(default)]
    pub(crate) severity: Severity,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) entity: Option<Entity>,
    pub(crate) title: Title,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) body: String,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) data: Map<String, Value>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) tags: BTreeSet<Tag>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) source_id: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) investigations: Vec<InvestigationId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) parsed_at: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) linked_at: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) metadata: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deleted_at: Option<DateTime<Utc>>,
}

impl Event {
    /// Longest body, in bytes. Connectors cut and mark longer texts.
    pub const MAX_BODY_BYTES: usize = 1 << 20;

    /// Starts an event.
    #[must_use]
    pub fn builder(
        timestamp: DateTime<Utc>,
        source: Source,
        event_type: &str,
        title: &str,
    ) -> EventBuilder {
        EventBuilder {
            timestamp,
            source,
            event_type: event_type.to_owned(),
            title: title.to_owned(),
            ..EventBuilder::default()
        }
    }

    /// Identity: derived from the time and from source + source id, so that a retry gives the same.
    #[must_use]
    pub fn id(&self) -> EventId {
        self.id
    }

    /// When it happened.
    #[must_use]
    pub fn timestamp(&self) -> DateTime<Utc> {
        self.timestamp
    }

    /// Where it comes from.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// What kind of thing happened.
    #[must_use]
    pub fn event_type(&self) -> &str {
        self.event_type.as_str()
    }

    /// How bad it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// What it is about.
    #[must_use]
    pub fn entity(&self) -> Option<&Entity> {
        self.entity.as_ref()
    }

    /// One line for people.
    #[must_use]
    pub fn title(&self) -> &str {
        self.title.as_str()
    }

    /// The full text: a commit message with its diff, a log line, a note.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Source-specific attributes.
    #[must_use]
    pub fn data(&self) -> &Map<String, Value> {
        &self.data
    }

    /// Labels.
    #[must_use]
    pub fn tags(&self) -> &BTreeSet<Tag> {
        &self.tags
    }

    /// Identity in the source: two events with the same source and source id are one.
    #[must_use]
    pub fn source_id(&self) -> Option<&str> {
        self.source_id.as_deref()
    }

    /// Investigations it is linked to; filled in when read through a workspace.
    #[must_use]
    pub fn investigations(&self) -> &[InvestigationId] {
        &self.investigations
    }

    /// When a connector made it.
    #[must_use]
    pub fn parsed_at(&self) -> Option<DateTime<Utc>> {
        self.parsed_at
    }

    /// When it was last linked to an investigation.
    #[must_use]
    pub fn linked_at(&self) -> Option<DateTime<Utc>> {
        self.linked_at
    }

    /// What the user wants to keep beside it.
    #[must_use]
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// When it was removed, if it was; it can be restored.
    #[must_use]
    pub fn deleted_at(&self) -> Option<DateTime<Utc>> {
        self.deleted_at
    }

    /// An attribute from [`data`](Self::data) as text.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.data.get(name).and_then(Value::as_str)
    }
}

/// Bodies and attributes may hold secrets, so they stay out of `Debug`.
impl std::fmt::Debug for Event {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Event")
            .field("id", &self.id)
            .field("timestamp", &self.timestamp)
            .field("source", &self.source.as_str())
            .field("event_type", &self.event_type.as_str())
            .field("severity", &self.severity)
            .field("entity", &self.entity)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Makes an [`Event`]; checks when built.
#[derive(Clone, Default)]
pub struct EventBuilder {
    timestamp: DateTime<Utc>,
    source: Source,
    event_type: String,
    title: String,
    severity: Severity,
    entity: Option<Entity>,
    body: String,
    data: Map<String, Value>,
    tags: Vec<String>,
    source_id: Option<String>,
    metadata: BTreeMap<String, String>,
    parsed_at: Option<DateTime<Utc>>,
}

impl std::fmt::Debug for EventBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventBuilder")
            .field("timestamp", &self.timestamp)
            .field("source", &self.source.as_str())
            .field("event_type", &self.event_type)
            .finish_non_exhaustive()
    }
}

impl EventBuilder {
    /// How bad it is.
    #[must_use]
    pub fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// What it is about.
    #[must_use]
    pub fn with_entity(mut self, entity: Entity) -> Self {
        self.entity = Some(entity);
        self
    }

    /// The service it is about.
    #[must_use]
    pub fn with_service(self, name: &str) -> Self {
        self.with_entity(Entity::service(name))
    }

    /// Whether it is known what it is about.
    pub(crate) fn has_entity(&self) -> bool {
        self.entity.is_some()
    }

    /// The full text.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }

    /// One attribute; `null` is left out.
    #[must_use]
    pub fn with_attribute(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        match value.into() {
            Value::Null => {}
            value => {
                self.data.insert(name.into(), value);
            }
        }
        self
    }

    /// All attributes at once, replacing those so far.
    #[must_use]
    pub fn with_data(mut self, data: Map<String, Value>) -> Self {
        self.data = data;
        self
    }

    /// One label.
    #[must_use]
    pub fn with_tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Identity in the source, for dedupe and idempotent retries.
    #[must_use]
    pub fn with_source_id(mut self, id: impl Into<String>) -> Self {
        self.source_id = Some(id.into());
        self
    }

    /// Something to keep beside it.
    #[must_use]
    pub fn with_metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.insert(key.into(), value.into());
        self
    }

    /// When a connector made it.
    #[must_use]
    pub fn with_parsed_at(mut self, time: DateTime<Utc>) -> Self {
        self.parsed_at = Some(time);
        self
    }

    /// Checks all and makes the event.
    ///
    /// Without a source id the identity comes from the content, so that the same text at the same
    /// time from the same source is the same event. A title longer than 500 characters is cut.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] for a blank title, an illegal type or tag, a time that does
    /// not fit nanoseconds, or a body over [`Event::MAX_BODY_BYTES`].
    pub fn build(self) -> Result<Event> {
        checked_nanos(self.timestamp)?;
        if self.body.len() > Event::MAX_BODY_BYTES {
            return Err(Error::value(
                "body",
                format!("{} bytes, at most {} are allowed", self.body.len(), Event::MAX_BODY_BYTES),
            ));
        }
        if let Some(id) = &self.source_id {
            check_length("source_id", id, 1000)?;
        }
        let event_type = EventType::new(self.event_type)?;
        let title = Title::new(shorten(self.title.trim(), Title::MAX_CHARS))?;
        let tags = self.tags.iter().map(Tag::new).collect::<Result<_>>()?;
        let id = identity(
            self.timestamp,
            &self.source,
            self.source_id.as_deref(),
            &event_type,
            self.entity.as_ref(),
            &title,
            &self.body,
        );
        Ok(Event {
            id,
            timestamp: self.timestamp,
            source: self.source,
            event_type,
            severity: self.severity,
            entity: self.entity,
            title,
            body: self.body,
            data: self.data,
            tags,
            source_id: self.source_id,
            investigations: Vec::new(),
            parsed_at: self.parsed_at,
            linked_at: None,
            metadata: self.metadata,
            deleted_at: None,
        })
    }
}

fn identity(
    timestamp: DateTime<Utc>,
    source: &Source,
    source_id: Option<&str>,
    event_type: &EventType,
    entity: Option<&Entity>,
    title: &Title,
    body: &str,
) -> EventId {
    let mut unique = Vec::with_capacity(64 + body.len());
    let mut part = |bytes: &[u8]| {
        unique.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        unique.extend_from_slice(bytes);
    };
    part(source.as_str().as_bytes());
    match source_id {
        Some(id) => part(id.as_bytes()),
        None => {
            part(event_type.as_str().as_bytes());
            part(entity.map_or("", |e| e.name.as_str()).as_bytes());
            part(title.as_str().as_bytes());
            part(body.as_bytes());
            part(&timestamp.timestamp_subsec_nanos().to_le_bytes());
        }
    }
    EventId::derive(timestamp, &unique)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deploy() -> EventBuilder {
        Event::builder(DateTime::UNIX_EPOCH, Source::Deploy, "deploy", "ledger v2")
            .with_source_id("d-1")
    }

    #[test]
    fn a_retry_gives_the_same_event() {
        assert_eq!(deploy().build().unwrap(), deploy().build().unwrap());
        assert_ne!(
            deploy().build().unwrap().id(),
            deploy().with_source_id("d-2").build().unwrap().id()
        );
    }

    #[test]
    fn json_reads_back() {
        let event = deploy()
            .with_service("ledger")
            .with_tag("prod")
            .with_attribute("a", 1)
            .build()
            .unwrap();
        let json = serde_json::to_string(&event).unwrap();
        assert!(json.contains("\"event_type\":\"deploy\""));
        assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), event);
    }

    #[test]
    fn debug_shows_no_bodies() {
        let event = deploy().with_body("password=hunter2").build().unwrap();
        assert!(!format!("{event:?}").contains("hunter2"));
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(Event::builder(DateTime::UNIX_EPOCH, Source::Git, "Commit!", "x").build().is_err());
        assert!(Event::builder(DateTime::UNIX_EPOCH, Source::Git, "commit", " ").build().is_err());
        assert!(
            Event::builder(DateTime::<Utc>::MAX_UTC, Source::Git, "commit", "x").build().is_err()
        );
    }
}
