//! Asking a Prometheus server, and others that speak its API (Thanos, Mimir, VictoriaMetrics).

use std::sync::Arc;
use std::time::Duration as Time;

use chrono::{DateTime, Duration, Utc};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::chunks::{self, Chunk, MOST_POINTS};
use crate::connectors::source::{Raw, parsed};
use crate::connectors::transport::{Fault, FaultKind, Request, Response, Secret, Transport};
use crate::connectors::{Batch, Limits, Observer};
use crate::error::{Error, Result};
use crate::signal::MetricFrame;
use crate::time::{TimeRange, nanos};

/// Longest query that goes into an address; longer ones are sent as a form.
const LONG_QUERY: usize = 2_000;

/// A Prometheus server to ask, and a [`Source`](crate::connectors::source::Source) to poll.
///
/// As a source it reads each query from where it was left, in chunks that the server answers (at most 11,000 points of
/// a series, fewer when an answer is longer than the limits), then the alerts that fire now. Points are multiples
/// of the step, so that pulling again gives the same ones. Counters become rates, as everywhere.
///
/// What it does not see: samples that reach the server later than [`with_delay`](Self::with_delay), alerts that come
/// and go between two pulls, and the end of an alert (a webhook of Alertmanager tells both).
///
/// ```no_run
/// use std::sync::Arc;
/// use chrono::{DateTime, Duration, Utc};
/// use rca_core::connectors::source::{Prometheus, Source};
/// use rca_core::connectors::transport::{HttpTransport, Secret};
/// use rca_core::connectors::{Limits, unobserved};
///
/// let http = Arc::new(HttpTransport::new(&Limits::default())?);
/// let mut server = Prometheus::new("https://prometheus.example", http)
///     .with_bearer(Secret::new("token"))
///     .with_step(Duration::seconds(30))
///     .with_query("errors", r#"sum by (service) (rate(http_requests_total{code=~"5.."}[1m]))"#)?;
/// let page = server.pull(None, Utc::now(), &unobserved)?;
/// println!("{} samples", page.batch.telemetry.metrics.points());
/// # Ok::<(), rca_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Prometheus {
    transport: Arc<dyn Transport>,
    base: String,
    pub(super) name: String,
    authorization: Option<Secret>,
    pub(super) queries: Vec<Query>,
    pub(super) step: i64,
    pub(super) delay: Duration,
    pub(super) start: Option<DateTime<Utc>>,
    /// Points of one chunk; falls when answers are too long.
    pub(super) points: i64,
    limits: Limits,
    timeout: Time,
}

/// An expression and what its series are called when they have no name of their own.
#[derive(Debug, Clone)]
pub(super) struct Query {
    pub(super) name: String,
    expression: String,
}

/// Credentials and expressions stay out of `Debug`.
impl std::fmt::Debug for Prometheus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prometheus")
            .field("name", &self.name)
            .field("queries", &self.queries.len())
            .finish_non_exhaustive()
    }
}

/// What was read, and the bytes it came in.
pub(super) type Read = (Batch, Raw);

impl Prometheus {
    /// A server at an address such as `http://prometheus:9090`; a path before `/api/v1` belongs to it.
    #[must_use]
    pub fn new(base: impl Into<String>, transport: Arc<dyn Transport>) -> Self {
        let base = base.into().trim_end_matches('/').to_owned();
        let host = Request::get(base.as_str()).place();
        let host = host.split_once("://").map_or(host.as_str(), |(_, host)| host);
        Self {
            transport,
            name: format!("prometheus/{host}"),
            base,
            authorization: None,
            queries: Vec::new(),
            step: 15,
            delay: Duration::seconds(30),
            start: None,
            points: MOST_POINTS - 1,
            limits: Limits::default(),
            timeout: Time::from_secs(120),
        }
    }

    /// The key of its checkpoint; `prometheus/HOST` unless given.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sends `Authorization: Bearer ...`.
    #[must_use]
    pub fn with_bearer(mut self, token: Secret) -> Self {
        self.authorization = Some(Secret::new(format!("Bearer {}", token.reveal())));
        self
    }

    /// Sends a user and a password.
    #[must_use]
    pub fn with_basic(mut self, user: &str, password: &Secret) -> Self {
        let request = Request::get("").with_basic(user, password);
        self.authorization = request.header("Authorization").map(Secret::new);
        self
    }

    /// Reads an expression when polled. Series without a name of their own get this one.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the name is taken or is not made of letters, digits, `_`
    /// and `:`.
    pub fn with_query(mut self, name: &str, expression: impl Into<String>) -> Result<Self> {
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':');
        if name.is_empty() || !name.bytes().all(legal) {
            return Err(Error::value("query name", "use letters, digits, _ and :"));
        }
        if self.queries.iter().any(|query| query.name == name) {
            return Err(Error::value("query name", format!("{name} is there twice")));
        }
        self.queries.push(Query { name: name.to_owned(), expression: expression.into() });
        Ok(self)
    }

    /// How far points lie apart, in whole seconds; 15 s unless given. The interval of scraping is a good choice.
    #[must_use]
    pub fn with_step(mut self, step: Duration) -> Self {
        self.step = chunks::seconds(step);
        self
    }

    /// How long samples may take to arrive before their moment is read; 30 s unless given.
    #[must_use]
    pub fn with_delay(mut self, delay: Duration) -> Self {
        self.delay = delay.max(Duration::zero());
        self
    }

    /// Where the first pull begins; an hour before it unless given.
    #[must_use]
    pub fn with_start(mut self, start: DateTime<Utc>) -> Self {
        self.start = Some(start);
        self
    }

    /// Bounds what is read of an answer.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How long one request may take; two minutes (the server's own bound) unless given.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Time) -> Self {
        self.timeout = timeout;
        self
    }

    /// What an expression is at one moment. `now` is only for how long the server wants us to wait.
    ///
    /// # Errors
    ///
    /// A [`Fault`] when the server does not answer or refuses the expression.
    pub fn query(
        &self,
        name: &str,
        expression: &str,
        at: DateTime<Utc>,
        now: DateTime<Utc>,
        observer: Observer<'_>,
    ) -> Result<Batch, Fault> {
        let moment = at.format("%s%.3f").to_string();
        let parameters = [("query", expression), ("time", &moment)];
        Ok(self.ask("query", name, "prometheus-json", &parameters, now, observer)?.0)
    }

    /// What an expression was over a range, its end included, in as many requests as it takes.
    ///
    /// # Errors
    ///
    /// A [`Fault`] when the server does not answer or refuses the expression; nothing is kept then.
    pub fn query_range(
        &mut self,
        name: &str,
        expression: &str,
        range: TimeRange,
        now: DateTime<Utc>,
        observer: Observer<'_>,
    ) -> Result<Batch, Fault> {
        let query = Query { name: name.to_owned(), expression: expression.to_owned() };
        let (mut at, last) = (range.start.timestamp(), range.end.timestamp());
        at = chunks::floor(at + self.step - 1, self.step);
        let mut whole = Batch::default();
        while at <= last {
            let (chunk, (batch, _)) = self.chunk(&query, at, last, now, observer)?;
            for (entity, metric, series) in batch.telemetry.metrics.iter() {
                let samples = series.times.iter().copied().zip(series.values.iter().copied());
                whole.telemetry.metrics.append(entity, metric, samples);
            }
            whole.report.merge(batch.report);
            at = chunk.next();
        }
        Ok(whole)
    }

    /// The alerts that fire now.
    ///
    /// # Errors
    ///
    /// A [`Fault`] when the server does not answer.
    pub fn alerts(&self, now: DateTime<Utc>, observer: Observer<'_>) -> Result<Batch, Fault> {
        Ok(self.read_alerts(now, observer)?.0)
    }

    pub(super) fn read_alerts(
        &self,
        now: DateTime<Utc>,
        observer: Observer<'_>,
    ) -> Result<Read, Fault> {
        self.ask("alerts", "alerts", "prometheus-alerts", &[], now, observer)
    }

    /// One chunk of a query from a point on. Where the answer is too long, half of it, and so on.
    pub(super) fn chunk(
        &mut self,
        query: &Query,
        first: i64,
        until: i64,
        now: DateTime<Utc>,
        observer: Observer<'_>,
    ) -> Result<(Chunk, Read), Fault> {
        loop {
            let chunk = Chunk::from(first, until, self.step, self.points);
            let parameters = [
                ("query", query.expression.as_str()),
                ("start", &chunk.lead().to_string()),
                ("end", &chunk.last.to_string()),
                ("step", &chunk.step.to_string()),
            ];
            let format = "prometheus-json";
            match self.ask("query_range", &query.name, format, &parameters, now, observer) {
                Ok((mut batch, raw)) => {
                    batch.telemetry.metrics = since(&batch.telemetry.metrics, chunk.first);
                    return Ok((chunk, (batch, raw)));
                }
                Err(fault) if is_too_much(&fault) && chunk.last > chunk.first => {
                    self.points = ((chunk.last - chunk.first) / self.step + 1) / 2;
                }
                Err(fault) => return Err(fault),
            }
        }
    }

    fn ask(
        &self,
        what: &str,
        label: &str,
        format: &'static str,
        parameters: &[(&str, &str)],
        now: DateTime<Utc>,
        observer: Observer<'_>,
    ) -> Result<Read, Fault> {
        let request = self.request(what, parameters);
        let answer = self.transport.send(&request, observer)?;
        answer.check(&request, now)?;
        let warnings = warnings(&answer, &request)?;
        let mut read = parsed(label, format, answer.into_body(), &self.limits, observer, &request)?;
        for warning in warnings {
            for input in &mut read.0.report.inputs {
                input.note(&format!("the server warns: {warning}"));
            }
        }
        Ok(read)
    }

    fn request(&self, what: &str, parameters: &[(&str, &str)]) -> Request {
        let pairs: Vec<String> = parameters
            .iter()
            .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
            .collect();
        let (url, pairs) = (format!("{}/api/v1/{what}", self.base), pairs.join("&"));
        let request = if pairs.len() > LONG_QUERY {
            Request::post(url, pairs)
                .with_header("Content-Type", "application/x-www-form-urlencoded")
        } else if pairs.is_empty() {
            Request::get(url)
        } else {
            Request::get(format!("{url}?{pairs}"))
        };
        let request = request.with_timeout(self.timeout);
        match &self.authorization {
            Some(value) => request.with_header("Authorization", value.clone()),
            None => request,
        }
    }
}

/// The answer, or the number of series behind it, is more than it may be.
fn is_too_much(fault: &Fault) -> bool {
    fault.kind() == FaultKind::TooLarge || fault.what().contains("too many samples")
}

/// Samples from a point on.
fn since(frame: &MetricFrame, first: i64) -> MetricFrame {
    let first = nanos(DateTime::from_timestamp(first, 0).unwrap_or(DateTime::<Utc>::MIN_UTC));
    let mut kept = MetricFrame::default();
    for (entity, metric, series) in frame.iter() {
        let samples = series.times.iter().copied().zip(series.values.iter().copied());
        let mut samples = samples.filter(|(time, _)| *time >= first).peekable();
        if samples.peek().is_some() {
            kept.append(entity, metric, samples);
        }
    }
    kept
}

/// What a successful answer warns of, such as a store behind it that is away.
fn warnings(answer: &Response, request: &Request) -> Result<Vec<String>, Fault> {
    #[derive(Deserialize)]
    struct Outer {
        status: String,
        #[serde(default)]
        warnings: Vec<String>,
        #[serde(rename = "data")]
        _data: Option<IgnoredAny>,
    }
    match serde_json::from_slice::<Outer>(answer.body()) {
        Ok(outer) if outer.status == "success" => Ok(outer.warnings),
        _ => {
            let what = "its answer is none of the Prometheus API";
            Err(Fault::new(FaultKind::Unexpected, request.url(), what))
        }
    }
}
