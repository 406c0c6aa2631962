//! What one shard of telemetry says, ready to be added to what others say.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::detect::judge::{Kept, Seen, findings};
use crate::detect::logs::LogStats;
use crate::detect::logs::linked::trace_hash;
use crate::detect::metrics::MetricStats;
use crate::detect::{Scope, spans};
use crate::error::{Error, Result};
use crate::model::{Entity, Finding};
use crate::signal::{LogFrame, MetricFrame, SpanFrame, Telemetry, service_instead};
use crate::time::{TimeRange, nanos};

const WHAT: &str = "partial state of detection";
const CHECKSUM_BYTES: usize = 4;

/// A partial state of all detectors: shards of telemetry are absorbed apart, by threads, processes or
/// the workers of any engine, carried as bytes, merged in any order, and judged once by one process.
///
/// ```
/// use rca_core::detect::{Partial, Scope, detect};
/// use rca_core::signal::{LogRecord, Telemetry};
/// use rca_core::time::{TimeRange, from_nanos};
///
/// let window = TimeRange::new(from_nanos(0), from_nanos(60_000_000_000))?;
/// let (mut even, mut odd, mut whole) =
///     (Telemetry::default(), Telemetry::default(), Telemetry::default());
/// for second in 0..60 {
///     let message = if second < 40 { "order paid" } else { "order 7 failed: no rows" };
///     let time = second * 1_000_000_000;
///     let record = LogRecord { time, service: "shop", message, ..LogRecord::default() };
///     whole.logs.push(&record);
///     if second % 2 == 0 { even.logs.push(&record) } else { odd.logs.push(&record) }
/// }
///
/// // On each worker: absorb any batches of any shard, hand the bytes over.
/// let scan = |shard: &Telemetry| {
///     let mut partial = Partial::within(window);
///     partial.absorb(shard);
///     partial.to_bytes()
/// };
/// // In one process: add up in any order, judge once.
/// let mut all = Partial::within(window);
/// for bytes in [scan(&odd)?, scan(&even)?] {
///     all.merge(&Partial::from_bytes(&bytes)?);
/// }
/// let scope = Scope::new(window);
/// assert!(!all.finish(&scope).is_empty());
/// assert_eq!(all.finish(&scope), detect(&whole, &scope));
/// # Ok::<(), rca_core::Error>(())
/// ```
///
/// Equal telemetry gives equal bytes and equal findings for every partition and order, and those of
/// [`detect`](super::detect) on the whole. (With more than 100,000 different log lines, numbers and
/// identifiers masked, the template miner gives up details, and which ones depends on the shards.)
///
/// What it holds:
///
/// | signal | kept | memory |
/// |---|---|---|
/// | logs | counts and examples for each service and template ([`LogStats`]) | does not follow the lines |
/// | metrics | the samples; medians and onsets need them ([`MetricStats`]) | 16 bytes a sample |
/// | spans | the spans, since those of one trace may lie in different shards | about 100 bytes a span |
///
/// Spans that are sharded by trace need less: [`TraceStats`](super::traces::TraceStats).
#[derive(Debug, Clone, Default)]
pub struct Partial {
    metrics: MetricStats,
    spans: SpanFrame,
    logs: LogStats,
}

/// Frozen: later versions get their own struct.
#[derive(Serialize, Deserialize)]
struct PartialV1 {
    metrics: Vec<u8>,
    spans: Vec<u8>,
    logs: Vec<u8>,
}

impl Partial {
    /// Version of the byte format: the first byte.
    pub const FORMAT: u8 = 1;

    /// A state that leaves out log records outside of a window: what it keeps of them is then as fine as
    /// can be. The default keeps all.
    #[must_use]
    pub fn within(window: TimeRange) -> Self {
        Self { logs: LogStats::within(nanos(window.start)..nanos(window.end)), ..Self::default() }
    }

    /// The same, with so many bytes of memory for what is kept of log records ([`LogStats::with_memory`]).
    #[must_use]
    pub fn with_memory(mut self, bytes: usize) -> Self {
        self.logs = self.logs.with_memory(bytes);
        self
    }

    /// Adds a batch of everything. Each batch counts once: what is absorbed twice is counted twice.
    pub fn absorb(&mut self, telemetry: &Telemetry) {
        self.absorb_metrics(&telemetry.metrics);
        self.absorb_spans(&telemetry.spans);
        self.absorb_logs(&telemetry.logs);
    }

    /// Adds a batch of metric samples.
    pub fn absorb_metrics(&mut self, frame: &MetricFrame) {
        self.metrics.absorb(frame);
    }

    /// Adds a batch of spans, of whole traces or not.
    pub fn absorb_spans(&mut self, frame: &SpanFrame) {
        self.spans.append(frame);
    }

    /// Adds a batch of log records.
    pub fn absorb_logs(&mut self, frame: &LogFrame) {
        self.logs.absorb(frame);
    }

    /// Adds what another state knows. Associative and commutative.
    pub fn merge(&mut self, other: &Self) {
        self.metrics.merge(&other.metrics);
        self.spans.append(&other.spans);
        self.logs.merge(&other.logs);
    }

    /// Whether nothing was absorbed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.metrics.frame().is_empty() && self.spans.is_empty() && self.logs.records() == 0
    }

    /// What moved: the findings of [`detect`](super::detect) on everything that was absorbed.
    ///
    /// The scope's window should be that of [`Partial::within`]; log records are cut to a narrower one only
    /// as finely as they are kept.
    #[must_use]
    pub fn finish(&self, scope: &Scope<'_>) -> Vec<Finding> {
        match scope.reference {
            Some(telemetry) => {
                let mut normal = Self::default();
                normal.absorb(telemetry);
                self.finish_against(&normal, scope)
            }
            None => findings(self.sorted().seen(), None, scope, &mut Kept::default()),
        }
    }

    /// [`Partial::finish`] with normal operation to compare with, recorded at another time. It takes the
    /// place of the scope's reference.
    #[must_use]
    pub fn finish_against(&self, normal: &Self, scope: &Scope<'_>) -> Vec<Finding> {
        let (seen, normal) = (self.sorted(), normal.sorted());
        findings(seen.seen(), Some(normal.seen()), scope, &mut Kept::default())
    }

    /// The same, spans put into order where they are.
    pub(crate) fn find(&mut self, scope: &Scope<'_>) -> Vec<Finding> {
        findings(self.seen_in_order(), None, scope, &mut Kept::default())
    }

    /// Keeps the spans of those traces whose hash begins with so many zeros (as [`LogStats`] does with the records of
    /// spans), as many as fit; how many zeros that takes, at least as many as given. Shares and times stay what they
    /// are, since traces are whole.
    pub(crate) fn thin_spans(&mut self, bytes: usize, mut zeros: u32) -> u32 {
        while self.spans.held() > bytes && zeros < u64::BITS {
            zeros += 1;
            self.spans = self.spans.of_traces(|trace| is_kept(trace, zeros));
        }
        zeros
    }

    /// Gives entities other names: services to log records and spans, any to metrics.
    pub(crate) fn rename(&mut self, instead: &mut dyn FnMut(&Entity) -> Option<Entity>) {
        self.logs.rename(&mut |name| service_instead(name, instead));
        self.spans.rename(&mut |name| service_instead(name, instead));
        self.metrics.regroup(instead);
    }

    /// Telemetry to look at: samples and spans as they are kept, and of the log records the ones that are.
    pub(crate) fn into_telemetry(mut self) -> Telemetry {
        self.spans.sort();
        let logs = self.logs.kept();
        Telemetry { metrics: self.metrics.finish(), spans: self.spans, logs }
    }

    /// How many metric samples, spans and log records were absorbed.
    #[must_use]
    pub fn counts(&self) -> (u64, u64, u64) {
        let points = self.metrics.frame().points() as u64;
        (points, self.spans.len() as u64, self.logs.records())
    }

    /// As the detectors look at it, spans in order.
    pub(super) fn seen_in_order(&mut self) -> Seen<'_> {
        self.spans.sort();
        Seen { metrics: self.metrics.frame(), spans: &self.spans, logs: &self.logs }
    }

    /// In canonical order.
    fn sorted(&self) -> Sorted<'_> {
        let mut spans = self.spans.clone();
        spans.sort();
        Sorted { metrics: self.metrics.frame(), spans, logs: &self.logs }
    }

    /// The state as bytes: a version, the state, a checksum. The same for equal states.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Internal`] when encoding fails, which is a bug.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let state = PartialV1 {
            metrics: self.metrics.to_bytes()?,
            spans: spans::to_bytes(&self.sorted().spans)?,
            logs: self.logs.to_bytes()?,
        };
        let mut bytes = postcard::to_extend(&state, vec![Self::FORMAT])
            .map_err(|error| Error::Internal(format!("{WHAT}: {error}")))?;
        let sum = checksum(&bytes);
        bytes.extend_from_slice(&sum);
        Ok(bytes)
    }

    /// Reads a state back.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Corrupt`] when the bytes are damaged, are something else, or were written by a
    /// newer version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let corrupt = |reason: String| Error::Corrupt { what: WHAT.to_owned(), reason };
        let Some((body, sum)) = bytes.split_last_chunk::<CHECKSUM_BYTES>() else {
            return Err(corrupt(format!("only {} bytes", bytes.len())));
        };
        if checksum(body) != *sum {
            return Err(corrupt("the checksum does not fit".to_owned()));
        }
        let rest = match body.split_first() {
            Some((&Self::FORMAT, rest)) => rest,
            Some((&version, _)) if version > Self::FORMAT => {
                return Err(Error::TooNew {
                    what: WHAT.to_owned(),
                    found: u32::from(version),
                    known: u32::from(Self::FORMAT),
                });
            }
            _ => return Err(corrupt("it has no version".to_owned())),
        };
        let (state, rest) =
            postcard::take_from_bytes::<PartialV1>(rest).map_err(|e| corrupt(e.to_string()))?;
        if !rest.is_empty() {
            return Err(corrupt(format!("{} bytes too many", rest.len())));
        }
        Ok(Self {
            metrics: MetricStats::from_bytes(&state.metrics)?,
            spans: spans::from_bytes(&state.spans)?,
            logs: LogStats::from_bytes(&state.logs)?,
        })
    }
}

/// Whether a trace is one of the share whose hash begins with so many zeros.
pub(crate) fn is_kept(trace: &str, zeros: u32) -> bool {
    trace_hash(trace).leading_zeros() >= zeros
}

/// A state in canonical order.
struct Sorted<'a> {
    metrics: &'a MetricFrame,
    spans: SpanFrame,
    logs: &'a LogStats,
}

impl Sorted<'_> {
    fn seen(&self) -> Seen<'_> {
        Seen { metrics: self.metrics, spans: &self.spans, logs: self.logs }
    }
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let [a, b, c, d, ..] = xxh3_64(bytes).to_le_bytes();
    [a, b, c, d]
}
