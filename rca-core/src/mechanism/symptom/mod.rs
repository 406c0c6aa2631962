//! What telemetry can show, in general classes, and how to recognise each class.

mod log;
mod metric;
mod names;
mod phrases;
mod trace;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use log::of_log;
pub use metric::of_metric;
pub use trace::of_trace;

macro_rules! symptoms {
    ($($(#[doc = $doc:literal])* $name:ident $specificity:literal $title:literal;)*) => {
        /// A class of things that telemetry shows when a system breaks.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
        )]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum Symptom {
            $(#[doc = $title] $name,)*
        }

        impl Symptom {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// In a few words, to be read after "shows" or "produces".
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// How much it says about the mechanism: near 0 for what every fault produces in the end
            /// (latency, errors), 3 for what only few can.
            #[must_use]
            pub fn specificity(self) -> f64 {
                match self { $(Self::$name => $specificity,)* }
            }
        }
    };
}

symptoms! {
    LatencyUp 0.2 "higher latency";
    ErrorsUp 0.2 "more errors";
    ThroughputDown 0.3 "lower throughput";
    TimeoutErrors 0.8 "timeouts";
    CancelledCalls 1.0 "calls cancelled by the caller";
    TrafficUp 1.5 "more incoming requests";
    TrafficDown 0.5 "fewer incoming requests";
    Overloaded 1.0 "overload and load shedding";
    CallsFanOut 2.0 "more calls per request";
    QueriesUp 1.0 "more database queries";
    SlowQueries 1.2 "slow database queries";
    CpuSaturated 0.7 "CPU near its limit";
    CpuThrottled 2.0 "CPU throttling";
    MemoryGrowth 2.0 "growing memory";
    OutOfMemory 2.0 "memory exhausted";
    GcPressure 1.5 "long garbage collections";
    DiskFull 2.0 "a full disk";
    DiskSlow 1.0 "slow or busy disks";
    FdExhausted 2.5 "file descriptors exhausted";
    PoolExhausted 2.0 "an exhausted connection pool";
    TooManyConnections 2.0 "too many connections at a server";
    ThreadsExhausted 2.0 "exhausted threads or workers";
    ThreadGrowth 2.0 "growing numbers of threads or tasks";
    QueueGrowth 0.7 "a growing queue or lag";
    OccupancyGrowth 1.2 "more and more things kept";
    CapacityExhausted 1.5 "no room for more";
    CacheMissesUp 2.0 "more cache misses";
    RetriesUp 1.0 "more retries";
    RetriesExhausted 2.0 "retry budgets exhausted";
    CircuitOpen 1.0 "open circuit breakers";
    LockContention 2.0 "lock contention";
    Deadlock 3.0 "deadlocks";
    DataRace 3.0 "concurrent access errors";
    Restarts 0.7 "restarts";
    ProbeFailures 1.0 "failing health probes";
    StartupFailure 1.5 "failing starts";
    Panic 1.0 "crashes or unhandled exceptions";
    NullDereference 2.5 "null dereferences";
    IndexOutOfRange 2.5 "indexes out of range";
    StackOverflow 3.0 "stack overflows";
    DecodeErrors 1.8 "messages that can't be decoded";
    SchemaMismatch 2.2 "missing columns, tables or fields";
    ConstraintErrors 2.0 "violated database constraints";
    ValidationErrors 1.2 "rejected input";
    NotFoundErrors 1.2 "things not found";
    VersionConflict 2.5 "incompatible versions";
    ConfigErrors 2.0 "missing or invalid configuration";
    AuthErrors 2.0 "failing authentication or permission";
    TokenExpired 2.5 "expired tokens or credentials";
    TlsErrors 1.8 "failing TLS handshakes";
    CertificateExpired 3.0 "an expired certificate";
    CertificateCountdown 2.5 "a certificate about to expire";
    DnsErrors 2.5 "failing name resolution";
    ConnectionErrors 0.6 "failing connections";
    NetworkErrors 1.5 "packet loss or unreachable networks";
    ProviderErrors 2.0 "errors from an external provider";
    RateLimited 1.8 "rejected by a rate limit";
    LogVolumeUp 2.0 "more log output";
    WrongResults 1.2 "wrong results";
    DataLoss 1.5 "lost data";
    DuplicateWork 1.8 "work done twice";
    StaleData 1.8 "stale data";
    LimitLowered 2.5 "a lowered limit";
    CapacityDown 1.0 "fewer ready instances";
    ReplicationLag 2.0 "replication lag";
    HostDown 2.5 "a lost host or node";
    HostContention 2.5 "a neighbour that takes the host's resources";
    HardwareErrors 3.0 "hardware errors";
    ClockSkew 3.0 "clocks that disagree";
    PoisonRecord 2.5 "one record that fails again and again";
    PayloadTooLarge 2.0 "payloads that are too large";
    PeriodicLoad 2.0 "load from a scheduled job";
}

impl Symptom {
    /// Whether every fault ends in it sooner or later, so that it says nearly nothing about which.
    #[must_use]
    pub fn is_general(self) -> bool {
        self.specificity() <= 0.3
    }
}

/// Strengths of table entries as the crate's own number.
fn seen(symptom: Symptom, strength: f64) -> (Symptom, crate::model::Confidence) {
    (symptom, crate::model::Confidence::saturating(strength))
}

/// Each symptom once with its greatest strength, strongest first, ties in the order of the enum.
fn merged(
    mut list: Vec<(Symptom, crate::model::Confidence)>,
) -> Vec<(Symptom, crate::model::Confidence)> {
    list.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.value().total_cmp(&a.1.value())));
    list.dedup_by_key(|(symptom, _)| *symptom);
    list.sort_by(|a, b| b.1.value().total_cmp(&a.1.value()).then(a.0.cmp(&b.0)));
    list
}
