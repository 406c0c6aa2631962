//! Sources that are polled: GitHub and Prometheus, where the feature `http` is built.

use std::sync::{Arc, Mutex, MutexGuard, TryLockError};

use chrono::{DateTime, Duration, Utc};
use pyo3::prelude::*;
use rca_core::connectors::source::Source;
use rca_core::connectors::transport::Fault;
use rca_core::connectors::{Batch, BreakerState, Retry};
use rca_core::{
    Begin, Error, ErrorKind, PullEnd, PullOptions, PullReport, Refusals, Result, Standing,
};
use serde_json::{Value, json};

use crate::batch::PyBatch;
use crate::custom::Raised;
use crate::encode::{self, kind_name};
use crate::run::{brief, long};
use crate::workspace::PyWorkspace;

/// Something that can be asked for what is new, again and again.
#[pyclass(frozen, name = "Source", module = "rca._rca")]
pub(crate) struct PySource {
    name: String,
    inner: Arc<Mutex<Box<dyn Source>>>,
    /// What a source of Python raised.
    raised: Option<Raised>,
}

impl PySource {
    pub(crate) fn of(source: Box<dyn Source>) -> Self {
        let name = source.name().to_owned();
        Self { name, inner: Arc::new(Mutex::new(source)), raised: None }
    }

    pub(crate) fn with_raised(mut self, raised: Raised) -> Self {
        self.raised = Some(raised);
        self
    }
}

/// The source, for one pull at a time: a callable that pulls its own source must not wait for itself.
fn turn<'s>(
    source: &'s Mutex<Box<dyn Source>>,
    name: &str,
) -> Result<MutexGuard<'s, Box<dyn Source>>> {
    match source.try_lock() {
        Ok(source) => Ok(source),
        Err(TryLockError::Poisoned(poisoned)) => Ok(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => Err(Error::Source {
            kind: ErrorKind::Busy,
            place: name.to_owned(),
            reason: "it is being pulled already".to_owned(),
            hint: "wait for that to end".to_owned(),
        }),
    }
}

#[pymethods]
impl PySource {
    /// The key of its checkpoint.
    #[getter]
    fn name(&self) -> &str {
        &self.name
    }
}

/// Makes the source; the feature that reaches the network may be left out of a build.
#[pyfunction]
#[pyo3(signature = (repository, *, server, name, token, branch, resources, start, proxy, authorities))]
pub(crate) fn github(
    py: Python<'_>,
    repository: String,
    server: Option<String>,
    name: Option<String>,
    token: Option<String>,
    branch: Option<String>,
    resources: Option<Vec<String>>,
    start: Option<DateTime<Utc>>,
    proxy: bool,
    authorities: Option<Vec<u8>>,
) -> PyResult<PySource> {
    brief(py, || {
        let source: Box<dyn Source> = net::github(
            &repository,
            net::Common { server, name, token, start, proxy, authorities },
            branch,
            resources,
        )?;
        Ok(PySource::of(source))
    })
}

/// See [`github`].
#[pyfunction]
#[pyo3(signature = (url, *, name, token, basic, queries, step, delay, start, proxy, authorities))]
pub(crate) fn prometheus(
    py: Python<'_>,
    url: String,
    name: Option<String>,
    token: Option<String>,
    basic: Option<(String, String)>,
    queries: Vec<(String, String)>,
    step: Option<Duration>,
    delay: Option<Duration>,
    start: Option<DateTime<Utc>>,
    proxy: bool,
    authorities: Option<Vec<u8>>,
) -> PyResult<PySource> {
    brief(py, || {
        let source: Box<dyn Source> = net::prometheus(
            net::Common { server: Some(url), name, token, start, proxy, authorities },
            basic,
            queries,
            step,
            delay,
        )?;
        Ok(PySource::of(source))
    })
}

#[cfg(feature = "http")]
mod net {
    use super::*;
    use rca_core::connectors::Limits;
    use rca_core::connectors::source::{GitHub, GitHubResource, Prometheus};
    use rca_core::connectors::transport::{HttpOptions, HttpTransport, Secret};

    /// What both sources know.
    pub(super) struct Common {
        pub(super) server: Option<String>,
        pub(super) name: Option<String>,
        pub(super) token: Option<String>,
        pub(super) start: Option<DateTime<Utc>>,
        pub(super) proxy: bool,
        pub(super) authorities: Option<Vec<u8>>,
    }

    impl Common {
        fn transport(&self) -> Result<Arc<HttpTransport>> {
            let mut options = HttpOptions::default();
            if self.proxy {
                options = options.with_proxy_from_environment();
            }
            if let Some(pem) = &self.authorities {
                options = options.with_authorities(pem)?;
            }
            HttpTransport::with_options(&Limits::default(), options).map(Arc::new)
        }
    }

    pub(super) fn github(
        repository: &str,
        common: Common,
        branch: Option<String>,
        resources: Option<Vec<String>>,
    ) -> Result<Box<dyn Source>> {
        let mut source = GitHub::new(repository, common.transport()?)?;
        if let Some(server) = common.server {
            source = source.with_server(server);
        }
        if let Some(name) = common.name {
            source = source.with_name(name);
        }
        if let Some(token) = common.token {
            source = source.with_token(&Secret::new(token));
        }
        if let Some(branch) = branch {
            source = source.with_branch(branch);
        }
        if let Some(names) = resources {
            let resources = names.iter().map(|name| resource(name));
            source = source.with_resources(resources.collect::<Result<Vec<_>>>()?);
        }
        if let Some(start) = common.start {
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

    pub(super) fn prometheus(
        common: Common,
        basic: Option<(String, String)>,
        queries: Vec<(String, String)>,
        step: Option<Duration>,
        delay: Option<Duration>,
    ) -> Result<Box<dyn Source>> {
        let transport = common.transport()?;
        let mut source = Prometheus::new(common.server.unwrap_or_default(), transport);
        if let Some(name) = common.name {
            source = source.with_name(name);
        }
        if let Some(token) = common.token {
            source = source.with_bearer(Secret::new(token));
        }
        if let Some((user, password)) = basic {
            source = source.with_basic(&user, &Secret::new(password));
        }
        for (name, expression) in queries {
            source = source.with_query(&name, expression)?;
        }
        if let Some(step) = step {
            source = source.with_step(step);
        }
        if let Some(delay) = delay {
            source = source.with_delay(delay);
        }
        if let Some(start) = common.start {
            source = source.with_start(start);
        }
        Ok(Box::new(source))
    }
}

#[cfg(not(feature = "http"))]
mod net {
    use super::*;

    /// What both sources know; nothing of it is used without a network.
    #[allow(dead_code, reason = "the other build reads it")]
    pub(super) struct Common {
        pub(super) server: Option<String>,
        pub(super) name: Option<String>,
        pub(super) token: Option<String>,
        pub(super) start: Option<DateTime<Utc>>,
        pub(super) proxy: bool,
        pub(super) authorities: Option<Vec<u8>>,
    }

    fn none<T>() -> Result<T> {
        Err(Error::value("source", "this build has no network; build it with the feature `http`"))
    }

    pub(super) fn github(
        _: &str,
        _: Common,
        _: Option<String>,
        _: Option<Vec<String>>,
    ) -> Result<Box<dyn Source>> {
        none()
    }

    pub(super) fn prometheus(
        _: Common,
        _: Option<(String, String)>,
        _: Vec<(String, String)>,
        _: Option<Duration>,
        _: Option<Duration>,
    ) -> Result<Box<dyn Source>> {
        none()
    }
}

fn fault(fault: &Fault) -> Value {
    json!({
        "kind": kind_name(Error::from(fault.clone()).kind()),
        "place": fault.place(),
        "what": fault.what(),
        "hint": fault.hint(),
    })
}

fn pulled(report: &PullReport) -> Value {
    let (end, at) = match &report.end {
        PullEnd::CaughtUp => ("caught_up", None),
        PullEnd::MorePages => ("more_pages", None),
        PullEnd::NotBefore { at, .. } => ("not_before", Some(*at)),
        PullEnd::GaveUp(_) => ("gave_up", None),
        PullEnd::NeedsHuman(_) => ("needs_human", None),
        _ => ("impossible", None),
    };
    json!({
        "source": report.source,
        "pages": report.pages,
        "retries": report.retries,
        "accepted": report.accepted,
        "duplicates": report.duplicates,
        "refused": report.refused,
        "letters": report.letters,
        "let_go": report.let_go,
        "waited_seconds": report.waited.as_seconds_f64(),
        "checkpoint": report.checkpoint.as_ref().map(ToString::to_string),
        "end": end,
        "not_before": at,
        "fault": report.end.fault().map(fault),
    })
}

#[pymethods]
impl PyWorkspace {
    #[pyo3(signature = (source, *, pages, anew, queue, patience, page_time, tries, progress))]
    fn pull(
        &self,
        py: Python<'_>,
        source: &Bound<'_, PySource>,
        pages: Option<u64>,
        anew: bool,
        queue: bool,
        patience: Option<Duration>,
        page_time: Option<Duration>,
        tries: Option<u32>,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<(String, PyBatch)> {
        let (workspace, source) = (self.get(py)?, source.get());
        let (inner, name) = (Arc::clone(&source.inner), source.name.clone());
        let plain = PullOptions::default();
        let options = PullOptions {
            pages,
            begin: if anew { Begin::Anew } else { Begin::AtCheckpoint },
            refused: if queue { Refusals::Queue } else { Refusals::Forget },
            patience: patience.unwrap_or(plain.patience),
            page_time: page_time.unwrap_or(plain.page_time),
            retry: tries.map_or(plain.retry, |most| Retry { tries: most, ..plain.retry }),
            ..plain
        };
        let done = long(py, progress, move |observer| {
            let mut source = turn(&inner, &name)?;
            let mut report = workspace.pull(source.as_mut(), &options, observer)?;
            let mut batch = Batch::default();
            for telemetry in std::mem::take(&mut report.telemetry) {
                batch.telemetry.append(telemetry);
            }
            Ok((encode::json(&pulled(&report))?, batch.into()))
        });
        // What the callable raised comes before what became of the pull.
        match source.raised.as_ref().and_then(|raised| crate::run::taken(py, raised)) {
            Some(error) => Err(error),
            None => done,
        }
    }

    fn status(&self, py: Python<'_>) -> PyResult<String> {
        let workspace = self.get(py)?;
        brief(py, move || {
            let status = workspace.status()?;
            let sources: Vec<Value> = status
                .sources
                .iter()
                .map(|source| {
                    let (standing, not_before) = match &source.standing {
                        Standing::Ready => ("ready", None),
                        Standing::Running => ("running", None),
                        Standing::NotBefore(at) => ("not_before", Some(*at)),
                        _ => ("paused", None),
                    };
                    let breaker = match source.breaker {
                        BreakerState::Closed { .. } => "closed",
                        BreakerState::Open { .. } => "open",
                        BreakerState::Probing => "probing",
                    };
                    let last = source.last_fault.as_ref();
                    json!({
                        "name": source.name,
                        "standing": standing,
                        "not_before": not_before,
                        "breaker": breaker,
                        "checkpoint_at": source.checkpoint_at,
                        "last_page": source.last_page,
                        "last_fault_at": last.map(|(at, _)| *at),
                        "last_fault": last.map(|(_, what)| fault(what)),
                        "requests": source.counts.requests,
                        "retries": source.counts.retries,
                        "faults": source.counts.faults,
                        "pages": source.counts.pages,
                        "accepted": source.counts.accepted,
                        "duplicates": source.counts.duplicates,
                        "refused": source.counts.refused,
                    })
                })
                .collect();
            let letters = rca_json::letters::counts(&status.dead_letters);
            encode::json(&json!({"sources": sources, "dead_letters": letters}))
        })
    }

    fn reset_source(&self, py: Python<'_>, name: &str) -> PyResult<()> {
        let workspace = self.get(py)?;
        brief(py, || workspace.reset_source(name))
    }

    fn forget_checkpoint(&self, py: Python<'_>, source: &str) -> PyResult<bool> {
        let workspace = self.get(py)?;
        brief(py, || workspace.forget_checkpoint(source))
    }
}
