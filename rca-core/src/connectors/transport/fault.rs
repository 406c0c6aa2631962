//! Failures of reaching a source, classified by what to do about them.

use std::time::Duration;

use crate::error::{Error, ErrorKind};

/// What to do about a [`Fault`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// It may work the next time.
    TryAgain,
    /// The server asks for patience; at least this long where it says so.
    SlowDown(Option<Duration>),
    /// It will not work until somebody changes something: a credential, a permission, an address.
    AskHuman,
    /// The same request will never work.
    Never,
}

impl Remedy {
    /// How long the server asks to wait at least, where it says so.
    #[must_use]
    pub fn after(self) -> Option<Duration> {
        match self {
            Self::SlowDown(after) => after,
            _ => None,
        }
    }
}

/// What went wrong on the way to a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// No connection, or it broke: name resolution, network, TLS, half an answer.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// The server failed (most of 500 to 599).
    Server,
    /// The server wants fewer requests.
    Throttled {
        /// How long to wait at least, where the server says so.
        after: Option<Duration>,
    },
    /// Credentials are missing, wrong or expired.
    Credentials,
    /// Credentials are good, but do not allow this.
    Forbidden,
    /// There is nothing at this address, or not for these credentials.
    NotFound,
    /// The server's certificate is not trusted, or there is no common way to speak TLS.
    Untrusted,
    /// Not asked for safety's sake: a metadata address, a redirect to elsewhere.
    Refused,
    /// An answer, but none of the service that should be there: a login page, a redirect to elsewhere.
    Unexpected,
    /// The request can't be carried or is refused as it is.
    Malformed,
    /// The answer is longer than the limits allow.
    TooLarge,
    /// The caller asked to stop.
    Cancelled,
}

/// Why a request to a source failed, where, and what to do about it.
///
/// Plain texts, so that it can be kept beside the source's state. It holds no credentials: the place is an address
/// without user and query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    kind: FaultKind,
    what: String,
    place: String,
    hint: String,
}

impl Fault {
    /// A failure at an address (whose user and query are left out).
    #[must_use]
    pub fn new(kind: FaultKind, address: &str, what: impl Into<String>) -> Self {
        Self {
            kind,
            what: what.into(),
            place: super::message::without_secrets(address),
            hint: default_hint(kind).to_owned(),
        }
    }

    /// The caller asked to stop.
    #[must_use]
    pub fn cancelled(address: &str) -> Self {
        Self::new(FaultKind::Cancelled, address, "cancelled")
    }

    /// Says what to do in words that fit better than those of the kind.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> FaultKind {
        self.kind
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> Remedy {
        match self.kind {
            FaultKind::Unreachable | FaultKind::TimedOut | FaultKind::Server => Remedy::TryAgain,
            FaultKind::Throttled { after } => Remedy::SlowDown(after),
            FaultKind::Credentials
            | FaultKind::Forbidden
            | FaultKind::NotFound
            | FaultKind::Untrusted
            | FaultKind::Refused
            | FaultKind::Unexpected => Remedy::AskHuman,
            FaultKind::Malformed | FaultKind::TooLarge | FaultKind::Cancelled => Remedy::Never,
        }
    }

    /// What happened, without content of the answer.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }

    /// The address, without user and query.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// What a person can do.
    #[must_use]
    pub fn hint(&self) -> &str {
        &self.hint
    }
}

fn default_hint(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Unreachable => "check the address, the network and the proxy if it stays so",
        FaultKind::TimedOut => "try again; allow more time if it stays so",
        FaultKind::Server => "try again; look at the server if it stays so",
        FaultKind::Throttled { .. } => "wait, then go on with fewer requests",
        FaultKind::Credentials => "give a valid credential",
        FaultKind::Forbidden => "give the credential the permission to read this",
        FaultKind::NotFound => "check the address, and that the credential may see it",
        FaultKind::Untrusted => "check the certificate; add your own authority's if it is one",
        FaultKind::Refused => "give another address",
        FaultKind::Unexpected => "check that the address is that of the API",
        FaultKind::Malformed => "change the request",
        FaultKind::TooLarge => "ask for less at a time, or raise the limit `body_bytes`",
        FaultKind::Cancelled => "start it again when it is wanted",
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}; {}", self.place, self.what, self.hint)
    }
}

impl std::error::Error for Fault {}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        let kind = match fault.kind {
            FaultKind::Unreachable
            | FaultKind::TimedOut
            | FaultKind::Server
            | FaultKind::Throttled { .. } => ErrorKind::Busy,
            FaultKind::Credentials
            | FaultKind::Forbidden
            | FaultKind::Untrusted
            | FaultKind::Refused => ErrorKind::Denied,
            FaultKind::NotFound => ErrorKind::NotFound,
            FaultKind::Unexpected | FaultKind::Malformed | FaultKind::TooLarge => {
                ErrorKind::InvalidInput
            }
            FaultKind::Cancelled => return Self::Cancelled,
        };
        Self::Source { kind, place: fault.place, reason: fault.what, hint: fault.hint }
    }
}
