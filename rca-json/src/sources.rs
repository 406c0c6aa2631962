//! The sources that a document names, and those that the host writes.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rca_core::connectors::git::Tips;
use rca_core::connectors::source::{Checkpoint, GitRepository, Page, Source};
use rca_core::connectors::transport::{Fault, FaultKind};
use rca_core::connectors::{Batch, Observer};
use rca_core::{Error, Result};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::pulls::{Polled, span};
use crate::{misread, parsed};

/// A local repository that is read on and on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Git {
    name: Option<String>,
    repository: Option<String>,
    tips: Option<Vec<String>>,
    start: Option<DateTime<Utc>>,
    page: Option<usize>,
}

/// A repository on GitHub, or on a server of one's own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(feature = "http"), allow(dead_code, reason = "the other build reads it"))]
struct GitHub {
    repository: String,
    server: Option<String>,
    name: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    token: Option<String>,
    branch: Option<String>,
    resources: Option<Vec<String>>,
    start: Option<DateTime<Utc>>,
    #[serde(default)]
    proxy_from_environment: bool,
    authorities: Option<String>,
}

/// A Prometheus server, or one that speaks its API.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(feature = "http"), allow(dead_code, reason = "the other build reads it"))]
struct Prometheus {
    url: String,
    name: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    token: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    basic: Option<Basic>,
    #[serde(default)]
    queries: BTreeMap<String, String>,
    step_seconds: Option<f64>,
    delay_seconds: Option<f64>,
    start: Option<DateTime<Utc>>,
    #[serde(default)]
    proxy_from_environment: bool,
    authorities: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(feature = "http"), allow(dead_code, reason = "the other build reads it"))]
struct Basic {
    user: String,
    password: String,
}

/// What is secret is in no error message.
fn secret<'de, T: DeserializeOwned, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    serde_json::from_value(Value::deserialize(from)?).map_err(|_| {
        D::Error::custom(
            "a credential is not as it should be: token is a text, basic has user and password",
        )
    })
}

/// A source of ours, from a document that says which: `git`, `github` or `prometheus`, and where.
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`] for what is no such document, and in a build without the feature `http`;
/// [`rca_core::ErrorKind::NotFound`] for a folder that holds no repository.
pub fn open(wanted: &str) -> Result<Polled> {
    let mut wanted: Map<String, Value> = parsed("source", wanted)?;
    let kind = wanted.remove("kind");
    let source: Box<dyn Source> = match kind.as_ref().and_then(Value::as_str) {
        Some("git") => {
            let path: String = match wanted.remove("path") {
                Some(path) => serde_json::from_value(path).map_err(unlike)?,
                None => return Err(Error::value("path", "say where the repository is")),
            };
            Box::new(repository(path.into(), fields(wanted)?)?)
        }
        Some("github") => net::github(fields(wanted)?)?,
        Some("prometheus") => net::prometheus(fields(wanted)?)?,
        _ => {
            let said = kind.unwrap_or_default();
            return Err(Error::value("kind", format!("{said} is none of git, github, prometheus")));
        }
    };
    Ok(Polled::from(source))
}

fn fields<T: DeserializeOwned>(wanted: Map<String, Value>) -> Result<T> {
    serde_json::from_value(Value::Object(wanted)).map_err(unlike)
}

fn unlike(error: serde_json::Error) -> Error {
    misread("source", &error, 0)
}

/// A local repository as a source; `wanted` is the rest of its document. Its path may be one that JSON has no words for.
///
/// # Errors
///
/// As [`open`].
pub fn git(path: PathBuf, wanted: &str) -> Result<Polled> {
    let source: Box<dyn Source> = Box::new(repository(path, parsed("source", wanted)?)?);
    Ok(Polled::from(source))
}

fn repository(path: PathBuf, wanted: Git) -> Result<GitRepository> {
    let mut source = GitRepository::open(path)?;
    if let Some(name) = wanted.name {
        source = source.with_name(name);
    }
    if let Some(name) = wanted.repository {
        source = source.with_repository(name);
    }
    if let Some(tips) = wanted.tips {
        source = source.with_tips(Tips::Named(tips));
    }
    if let Some(start) = wanted.start {
        source = source.with_start(start);
    }
    if let Some(commits) = wanted.page {
        source = source.with_page(commits);
    }
    Ok(source)
}

#[cfg(feature = "http")]
mod net {
    use super::*;
    use rca_core::connectors::Limits;
    use rca_core::connectors::source::{self, GitHubResource};
    use rca_core::connectors::transport::{HttpOptions, HttpTransport, Secret};

    use crate::analytics::seconds;

    fn transport(proxy: bool, authorities: Option<&str>) -> Result<Arc<HttpTransport>> {
        let mut options = HttpOptions::default();
        if proxy {
            options = options.with_proxy_from_environment();
        }
        if let Some(pem) = authorities {
            options = options.with_authorities(pem.as_bytes())?;
        }
        HttpTransport::with_options(&Limits::default(), options).map(Arc::new)
    }

    pub(super) fn github(wanted: GitHub) -> Result<Box<dyn Source>> {
        let transport = transport(wanted.proxy_from_environment, wanted.authorities.as_deref())?;
        let mut source = source::GitHub::new(&wanted.repository, transport)?;
        if let Some(server) = wanted.server {
            source = source.with_server(server);
        }
        if let Some(name) = wanted.name {
            source = source.with_name(name);
        }
        if let Some(token) = wanted.token {
            source = source.with_token(&Secret::new(token));
        }
        if let Some(branch) = wanted.branch {
            source = source.with_branch(branch);
        }
        if let Some(names) = wanted.resources {
            let resources = names.iter().map(|name| resource(name));
            source = source.with_resources(resources.collect::<Result<Vec<_>>>()?);
        }
        if let Some(start) = wanted.start {
            source = source.with_start(start);
        }
        Ok(Box::new(source))
    }

    fn resource(name: &str) -> Result<GitHubResource> {
        Ok(match name {
            "runs" => GitHubResource::Runs,
            "deployments" => GitHubResource::Deployments,
            "commits" => GitHubResource::Commits,
            "releases" => GitHubResource::Releases,
            other => {
                let reason = format!("{other:?} is none of runs, deployments, commits, releases");
                return Err(Error::value("resources", reason));
            }
        })
    }

    pub(super) fn prometheus(wanted: Prometheus) -> Result<Box<dyn Source>> {
        let transport = transport(wanted.proxy_from_environment, wanted.authorities.as_deref())?;
        let mut source = source::Prometheus::new(wanted.url, transport);
        if let Some(name) = wanted.name {
            source = source.with_name(name);
        }
        if let Some(token) = wanted.token {
            source = source.with_bearer(Secret::new(token));
        }
        if let Some(Basic { user, password }) = wanted.basic {
            source = source.with_basic(&user, &Secret::new(password));
        }
        for (name, expression) in wanted.queries {
            source = source.with_query(&name, expression)?;
        }
        if let Some(step) = wanted.step_seconds {
            source = source.with_step(seconds("step_seconds", step)?);
        }
        if let Some(delay) = wanted.delay_seconds {
            source = source.with_delay(seconds("delay_seconds", delay)?);
        }
        if let Some(start) = wanted.start {
            source = source.with_start(start);
        }
        Ok(Box::new(source))
    }
}

#[cfg(not(feature = "http"))]
mod net {
    use super::*;

    fn none() -> Result<Box<dyn Source>> {
        Err(Error::value("source", "this build has no network; build it with the feature `http`"))
    }

    pub(super) fn github(_: GitHub) -> Result<Box<dyn Source>> {
        none()
    }

    pub(super) fn prometheus(_: Prometheus) -> Result<Box<dyn Source>> {
        none()
    }
}

/// What a source of the host's gave: a page, or what kept it from giving one.
#[derive(Debug, Clone)]
pub enum Given {
    /// A page.
    Page {
        /// What was read.
        batch: Arc<Batch>,
        /// Where to go on, as JSON.
        checkpoint: String,
        /// Whether there is more right now.
        more: bool,
    },
    /// None.
    Fault {
        /// `unreachable`, `timed_out`, `server`, `throttled`, `credentials`, `forbidden`, `not_found`, `malformed` or
        /// `cancelled`.
        kind: String,
        /// In words, without secrets.
        what: String,
        /// How long to wait at least, where it is throttled.
        after_seconds: Option<f64>,
    },
}

/// A source that the host writes: a callable of the checkpoint, as JSON, and the moment.
struct Custom<F> {
    name: String,
    pull: F,
}

impl<F> Source for Custom<F>
where
    F: FnMut(Option<&str>, DateTime<Utc>) -> Given + Send,
{
    fn name(&self) -> &str {
        &self.name
    }

    fn pull(
        &mut self,
        from: Option<&Checkpoint>,
        now: DateTime<Utc>,
        _observer: Observer<'_>,
    ) -> Result<Page, Fault> {
        let from = from.map(ToString::to_string);
        match (self.pull)(from.as_deref(), now) {
            Given::Page { batch, checkpoint, more } => match checkpoint.parse() {
                Ok(checkpoint) => {
                    let batch = Arc::unwrap_or_clone(batch);
                    Ok(Page { batch, more, ..Page::at(checkpoint) })
                }
                Err(error) => Err(self.malformed(&error)),
            },
            Given::Fault { kind, what, after_seconds } => {
                // What is no length of time asks for none.
                let after = after_seconds.and_then(|long| span("after_seconds", long).ok());
                let kind = fault(&kind, after.and_then(|long| long.to_std().ok()));
                Err(match kind {
                    Ok(kind) => Fault::new(kind, &self.name, what),
                    Err(error) => self.malformed(&error),
                })
            }
        }
    }
}

impl<F> Custom<F> {
    fn malformed(&self, error: &Error) -> Fault {
        Fault::new(FaultKind::Malformed, &self.name, error.to_string())
    }
}

fn fault(kind: &str, after: Option<std::time::Duration>) -> Result<FaultKind> {
    Ok(match kind {
        "unreachable" => FaultKind::Unreachable,
        "timed_out" => FaultKind::TimedOut,
        "server" => FaultKind::Server,
        "throttled" => FaultKind::Throttled { after },
        "credentials" => FaultKind::Credentials,
        "forbidden" => FaultKind::Forbidden,
        "not_found" => FaultKind::NotFound,
        "malformed" => FaultKind::Malformed,
        "cancelled" => FaultKind::Cancelled,
        other => {
            let known = "unreachable, timed_out, server, throttled, credentials, forbidden, not_found, malformed, cancelled";
            return Err(Error::value("kind", format!("{other:?} is none of {known}")));
        }
    })
}

/// The checkpoint of a [`Given::Page`], checked.
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`] for what is no JSON.
pub fn checkpoint(text: &str) -> Result<&str> {
    text.parse::<Checkpoint>().map(|_| text)
}

/// The kind of a [`Given::Fault`], checked.
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`] for any other word.
pub fn fault_named(kind: &str) -> Result<&str> {
    fault(kind, None).map(|_| kind)
}

/// A source that the host writes. The callable runs on the thread that pulls, one call at a time; the lock of the source is
/// the only one held, and pulling it from inside is [`rca_core::ErrorKind::Busy`].
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`] for an empty name.
pub fn custom(
    name: &str,
    pull: impl FnMut(Option<&str>, DateTime<Utc>) -> Given + Send + 'static,
) -> Result<Polled> {
    if name.is_empty() {
        return Err(Error::value("name", "is empty; it is the key of the checkpoint"));
    }
    let source: Box<dyn Source> = Box::new(Custom { name: name.to_owned(), pull });
    Ok(Polled::from(source))
}
