//! Typed views of events that matter to the judgement: changes, alerts, provider status posts.
//!
//! Events are the one currency; these views read an event's [`data`](Event::data) once, so that
//! rankers do not look into JSON.

use chrono::{DateTime, Utc};

use serde_json::Value;

use crate::model::{Entity, Event, EventId, Source};

/// Names of the attributes that the views read and connectors write.
pub mod attribute {
    /// Full commit hash (OpenTelemetry `vcs.ref.head.revision`).
    pub const COMMIT: &str = "vcs.ref.head.revision";
    /// Changed paths, a list of text.
    pub const FILES: &str = "vcs.changed_files";
    /// Unified diff text.
    pub const DIFF: &str = "vcs.diff";
    /// Author of a commit.
    pub const AUTHOR: &str = "vcs.author";
    /// Added lines.
    pub const ADDED: &str = "vcs.lines_added";
    /// Deleted lines.
    pub const DELETED: &str = "vcs.lines_deleted";
    /// Functions that hold changed lines, a list of text.
    pub const FUNCTIONS: &str = "vcs.changed_functions";
    /// Distinctive names on changed lines, a list of text.
    pub const IDENTIFIERS: &str = "vcs.changed_identifiers";
    /// Version that a deploy brings.
    pub const VERSION: &str = "service.version";
    /// Feature flag key (OpenTelemetry `feature_flag.key`).
    pub const FLAG: &str = "feature_flag.key";
    /// What happened to the flag, as the source writes it (`off->on`).
    pub const FLAG_CHANGE: &str = "feature_flag.change";
    /// Who did it.
    pub const ACTOR: &str = "user.name";
    /// The metric an alert is about.
    pub const METRIC: &str = "alert.metric";
    /// The alert's threshold.
    pub const THRESHOLD: &str = "alert.threshold";
    /// The value that crossed it.
    pub const OBSERVED: &str = "alert.observed";
    /// Further text of an alert or a status post.
    pub const DETAIL: &str = "detail";
    /// State that a status post reports (`degraded`, `resolved`).
    pub const STATUS: &str = "status";
    /// Trace id (OpenTelemetry `trace_id`).
    pub const TRACE: &str = "trace_id";
}

/// What kind of change.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ChangeKind<'e> {
    /// Code or configuration under version control.
    Commit {
        /// Full hash.
        sha: &'e str,
        /// Who wrote it.
        author: Option<&'e str>,
        /// The whole message.
        message: &'e str,
        /// Paths it touches.
        files: Vec<&'e str>,
        /// Unified diff text; none when the source did not keep it.
        diff: Option<&'e str>,
        /// Added and deleted lines, where counted.
        lines: Option<(u64, u64)>,
        /// Functions that hold changed lines, where the source says so.
        functions: Vec<&'e str>,
        /// Distinctive names on changed lines, where the source says so.
        identifiers: Vec<&'e str>,
    },
    /// A new version reaches an entity.
    Deploy {
        /// The commit it brings.
        sha: Option<&'e str>,
        /// The version's name.
        version: Option<&'e str>,
    },
    /// A feature flag or run-time setting.
    Flag {
        /// Its key.
        key: &'e str,
        /// What happened to it.
        change: &'e str,
        /// Who did it.
        actor: Option<&'e str>,
    },
}

/// An event that altered the system: the suspects. It borrows from the event.
#[derive(Debug, Clone, PartialEq)]
pub struct Change<'e> {
    /// The event behind it.
    pub event: EventId,
    /// When.
    pub time: DateTime<Utc>,
    /// What it was done to, where the source says.
    pub entity: Option<&'e Entity>,
    /// What it was.
    pub kind: ChangeKind<'e>,
}

impl<'e> Change<'e> {
    /// Reads a change from an event; none when the event is not one.
    #[must_use]
    pub fn from_event(event: &'e Event) -> Option<Self> {
        let text = |name: &str| event.attribute(name);
        let kind = match (event.source(), event.event_type()) {
            (Source::Git, "commit") => ChangeKind::Commit {
                sha: text(attribute::COMMIT)?,
                author: text(attribute::AUTHOR),
                message: if event.body().is_empty() { event.title() } else { event.body() },
                files: texts(event.data().get(attribute::FILES)),
                diff: text(attribute::DIFF),
                lines: count(event, attribute::ADDED).zip(count(event, attribute::DELETED)),
                functions: texts(event.data().get(attribute::FUNCTIONS)),
                identifiers: texts(event.data().get(attribute::IDENTIFIERS)),
            },
            (Source::Deploy, _) => ChangeKind::Deploy {
                sha: text(attribute::COMMIT),
                version: text(attribute::VERSION),
            },
            (Source::Flag, _) => ChangeKind::Flag {
                key: text(attribute::FLAG)?,
                change: text(attribute::FLAG_CHANGE).unwrap_or_default(),
                actor: text(attribute::ACTOR),
            },
            _ => return None,
        };
        Some(Self { event: event.id(), time: event.timestamp(), entity: event.entity(), kind })
    }
}

/// A monitor that fired.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// The event behind it.
    pub event: EventId,
    /// When it fired.
    pub fired_at: DateTime<Utc>,
    /// What it is about.
    pub entity: Option<Entity>,
    /// The metric, where known.
    pub metric: Option<String>,
    /// The threshold, where known.
    pub threshold: Option<f64>,
    /// The value that crossed it, where known.
    pub observed: Option<f64>,
    /// Everything it says: title and body and further detail.
    pub text: String,
}

impl Alert {
    /// Reads an alert from an event; none when the event is not one.
    #[must_use]
    pub fn from_event(event: &Event) -> Option<Self> {
        // That an alert is over has an event of its own; nothing fires then.
        if *event.source() != Source::Alert || event.event_type() == "alert_resolved" {
            return None;
        }
        let number = |name: &str| event.data().get(name).and_then(Value::as_f64);
        Some(Self {
            event: event.id(),
            fired_at: event.timestamp(),
            entity: event.entity().cloned(),
            metric: event.attribute(attribute::METRIC).map(str::to_owned),
            threshold: number(attribute::THRESHOLD),
            observed: number(attribute::OBSERVED),
            text: [event.title(), event.body(), event.attribute(attribute::DETAIL).unwrap_or("")]
                .iter()
                .filter(|part| !part.is_empty())
                .copied()
                .collect::<Vec<_>>()
                .join("\n"),
        })
    }
}

/// What a provider says about its own health.
#[derive(Debug, Clone, PartialEq)]
pub struct StatusPost {
    /// The event behind it.
    pub event: EventId,
    /// When the state began.
    pub time: DateTime<Utc>,
    /// Who speaks.
    pub provider: Option<Entity>,
    /// The state (`degraded`, `operational`).
    pub status: String,
    /// Everything it says.
    pub text: String,
}

impl StatusPost {
    /// Reads a status post from an event; none when the event is not one.
    #[must_use]
    pub fn from_event(event: &Event) -> Option<Self> {
        if *event.source() != Source::StatusPage {
            return None;
        }
        Some(Self {
            event: event.id(),
            time: event.timestamp(),
            provider: event.entity().cloned(),
            status: event.attribute(attribute::STATUS).unwrap_or_default().to_owned(),
            text: format!("{}\n{}", event.title(), event.body()),
        })
    }
}

fn texts(value: Option<&Value>) -> Vec<&str> {
    let items = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(Value::as_str).collect()
}

fn count(event: &Event, name: &str) -> Option<u64> {
    event.data().get(name).and_then(Value::as_u64)
}
