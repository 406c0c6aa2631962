//! What events and signals are about.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kind of thing an [`Entity`] is.
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
#[non_exhaustive]
pub enum EntityKind {
    /// A program that answers requests or works in the background.
    #[default]
    Service,
    /// A machine, virtual or not.
    Host,
    /// One running copy of a service.
    Pod,
    /// A database.
    Database,
    /// A queue or topic.
    Queue,
    /// Somebody else's service.
    ExternalProvider,
    /// A source code repository.
    Repository,
    /// Code that others embed.
    Library,
}

impl EntityKind {
    /// The name used in JSON and queries.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Host => "host",
            Self::Pod => "pod",
            Self::Database => "database",
            Self::Queue => "queue",
            Self::ExternalProvider => "external_provider",
            Self::Repository => "repository",
            Self::Library => "library",
        }
    }
}

/// A service, host, database ...: a kind and a name.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct Entity {
    /// What it is.
    #[serde(default)]
    pub kind: EntityKind,
    /// Its name, as the sources write it.
    pub name: String,
}

impl Entity {
    /// An entity of a kind.
    #[must_use]
    pub fn new(kind: EntityKind, name: impl Into<String>) -> Self {
        Self { kind, name: name.into() }
    }

    /// A service.
    #[must_use]
    pub fn service(name: impl Into<String>) -> Self {
        Self::new(EntityKind::Service, name)
    }
}

impl std::fmt::Display for Entity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}
