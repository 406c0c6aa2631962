//! Who works with a workspace, and what they may do.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::model::Title;
use crate::workspace::Workspace;

/// What somebody may do. Each role may do what the ones before it may.
///
/// | role | may |
/// |---|---|
/// | viewer | read, search, verify, export |
/// | responder | take in events, open and work on investigations, link, analyse, forget telemetry, import |
/// | admin | remove and restore, discard and replay dead letters, forget checkpoints, reset sources, compact, rebuild, back up |
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Looks.
    Viewer,
    /// Works on incidents.
    Responder,
    /// Looks after the workspace.
    Admin,
}

impl Role {
    /// The name used in messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Responder => "responder",
            Self::Admin => "admin",
        }
    }

    /// Whether this role may do what takes that one.
    #[must_use]
    pub fn may(self, needs: Self) -> bool {
        self >= needs
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Somebody, and their role. Who they are is for the host to find out; a workspace takes its word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    name: String,
    role: Role,
}

impl Principal {
    /// Somebody by a name that stands in the history of what they change.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] for a blank name or one that is too long.
    pub fn new(name: impl AsRef<str>, role: Role) -> Result<Self> {
        let name = Title::new(name).map_err(|error| Error::value("name", error.to_string()))?;
        Ok(Self { name: name.as_str().to_owned(), role })
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The role.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }
}

impl Workspace {
    /// The same workspace in somebody's hands: what their role does not allow is refused, and what they change is
    /// recorded as theirs, whatever name is given with it. A workspace that acts as nobody may do everything.
    #[must_use]
    pub fn acting_as(&self, principal: Principal) -> Self {
        Self { inner: Arc::clone(&self.inner), principal: Some(Arc::new(principal)) }
    }

    /// In whose hands it is.
    #[must_use]
    pub fn principal(&self) -> Option<&Principal> {
        self.principal.as_deref()
    }

    /// Who did it: the principal; without one, whoever is named.
    pub(super) fn author<'a>(&'a self, named: Option<&'a str>) -> Option<&'a str> {
        self.principal().map(Principal::name).or(named)
    }

    /// For what works on investigations.
    pub(super) fn writable(&self) -> Result<()> {
        self.allowed(Role::Responder)
    }

    /// For what looks after the workspace.
    pub(super) fn administrable(&self) -> Result<()> {
        self.allowed(Role::Admin)
    }

    fn allowed(&self, needs: Role) -> Result<()> {
        if self.inner.read_only {
            return Err(Error::ReadOnly { path: self.inner.path.clone().unwrap_or_default() });
        }
        self.permitted(needs)
    }

    /// Whether the role may, whether or not the workspace can be written.
    pub(super) fn permitted(&self, needs: Role) -> Result<()> {
        match self.principal() {
            Some(who) if !who.role.may(needs) => Err(Error::NotAllowed {
                who: who.name.clone(),
                role: who.role.as_str(),
                needs: needs.as_str(),
            }),
            _ => Ok(()),
        }
    }
}
