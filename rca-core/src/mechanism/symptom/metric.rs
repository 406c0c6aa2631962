//! Symptoms by the words in a metric's name.
//!
//! Metric names follow a common language (the naming guides of Prometheus and OpenTelemetry): what is
//! measured, then its unit. One rule is one row; the first word group that fits wins nothing, all rows
//! that fit count.

use super::{Symptom, merged, seen};
use crate::mechanism::words::stems;
use crate::model::{Confidence, Direction};
use Direction::{Down, Up};
use Symptom as S;

/// One row: every group needs one of its words in the name, no word of `without` may occur.
struct Rule {
    groups: &'static [&'static [&'static str]],
    without: &'static [&'static str],
    direction: Direction,
    symptom: Symptom,
    strength: f64,
}

const fn rule(
    groups: &'static [&'static [&'static str]],
    without: &'static [&'static str],
    direction: Direction,
    symptom: Symptom,
    strength: f64,
) -> Rule {
    Rule { groups, without, direction, symptom, strength }
}

const TIME: &[&str] = &[
    "latency", "duration", "p50", "p75", "p90", "p95", "p99", "p999", "elapsed", "rtt", "ttfb",
    "response", "apdex",
];
const FAILED: &[&str] = &[
    "error",
    "err",
    "5xx",
    "4xx",
    "failure",
    "failed",
    "fail",
    "exception",
    "fault",
    "500",
    "502",
    "503",
    "504",
    "rejected",
    "aborted",
];
const REQUESTS: &[&str] =
    &["request", "req", "rps", "qps", "tps", "call", "hit", "visit", "session", "traffic"];
const LIMIT: &[&str] = &["max", "limit", "capacity", "size", "quota", "maximum", "ceiling"];
const POOL: &[&str] =
    &["pool", "conn", "connection", "hikari", "hikaricp", "hikaripool", "pgbouncer", "datasource"];
const DB: &[&str] = &[
    "db",
    "sql",
    "query",
    "mysql",
    "postgres",
    "pg",
    "mongo",
    "mongodb",
    "database",
    "oracle",
    "redis",
    "cassandra",
];
const QUEUE: &[&str] =
    &["queue", "backlog", "lag", "pending", "unacked", "inflight", "queued", "outstanding"];
const MEMORY: &[&str] =
    &["memory", "mem", "rss", "heap", "heapalloc", "workingset", "working", "swap"];
const CACHE: &[&str] = &["cache", "cached", "memcached", "redis"];

const RULES: &[Rule] = &[
    // Time and failure: every fault ends here.
    rule(
        &[TIME],
        &["gc", "lock", "pool", "lag", "hit", "until", "apdex", "queue", "size", "error"],
        Up,
        S::LatencyUp,
        0.9,
    ),
    rule(
        &[&["wait", "delay", "slow"]],
        &["lock", "pool", "gc", "iowait", "replication"],
        Up,
        S::LatencyUp,
        0.6,
    ),
    rule(
        &[&["time", "ms", "millis", "seconds"]],
        &[
            "until",
            "expiry",
            "uptime",
            "up",
            "gc",
            "cpu",
            "lock",
            "pool",
            "ttl",
            "timestamp",
            "total",
            "lag",
        ],
        Up,
        S::LatencyUp,
        0.5,
    ),
    rule(&[&["apdex"]], &[], Down, S::LatencyUp, 0.9),
    rule(&[FAILED], &[], Up, S::ErrorsUp, 0.9),
    rule(&[&["availability", "success", "ok", "sla", "slo"]], &["total"], Down, S::ErrorsUp, 0.9),
    rule(
        &[&["throughput", "rate", "processed", "completed", "order", "uptime"]],
        &["error", "miss", "hit", "fail", "failure", "sample"],
        Down,
        S::ThroughputDown,
        0.5,
    ),
    rule(&[&["timeout", "timedout", "deadline", "504"]], &[], Up, S::TimeoutErrors, 1.0),
    rule(&[&["cancelled", "canceled", "cancel", "499"]], &[], Up, S::CancelledCalls, 0.9),
    rule(&[&["not", "404"], &["found", "404"]], &[], Up, S::NotFoundErrors, 0.8),
    // Load.
    rule(
        &[
            REQUESTS,
            &[
                "rate", "per", "total", "count", "sec", "second", "s", "rps", "qps", "minute",
                "volume", "traffic", "session",
            ],
        ],
        &[
            "error",
            "db",
            "query",
            "queue",
            "5xx",
            "4xx",
            "failed",
            "failure",
            "duration",
            "latency",
            "cache",
            "retry",
            "timeout",
            "log",
            "cancelled",
            "p99",
            "p95",
            "rejected",
            "bytes",
            "size",
        ],
        Up,
        S::TrafficUp,
        0.9,
    ),
    rule(&[&["rps", "qps", "traffic"]], &["db", "query", "sql"], Up, S::TrafficUp, 0.9),
    rule(
        &[
            REQUESTS,
            &[
                "rate", "per", "total", "count", "sec", "second", "rps", "qps", "minute", "volume",
                "traffic",
            ],
        ],
        &["error", "db", "query", "duration", "cache", "latency", "queue"],
        Down,
        S::TrafficDown,
        0.6,
    ),
    rule(
        &[
            &["per"],
            &["request", "req", "call", "op", "operation", "page", "transaction"],
            &["count", "query", "call", "db", "sql", "rpc", "fanout", "statement", "lookup"],
        ],
        &["duration", "ms", "bytes"],
        Up,
        S::CallsFanOut,
        1.0,
    ),
    rule(&[&["fanout", "amplification"]], &[], Up, S::CallsFanOut, 1.0),
    rule(
        &[
            DB,
            &[
                "query",
                "statement",
                "op",
                "command",
                "select",
                "read",
                "qps",
                "transaction",
                "scan",
            ],
            &["per", "rate", "total", "count", "second", "sec", "qps", "s"],
        ],
        &["duration", "latency", "error", "p99", "p95", "slow", "timeout", "lag", "failed"],
        Up,
        S::QueriesUp,
        0.9,
    ),
    rule(
        &[DB, &["duration", "latency", "p99", "p95", "slow", "time", "ms"]],
        &["pool", "wait", "lag", "uptime"],
        Up,
        S::SlowQueries,
        0.9,
    ),
    rule(
        &[
            &["rows", "row", "tuple", "document", "key"],
            &["scanned", "examined", "read", "returned", "fetched"],
        ],
        &[],
        Up,
        S::SlowQueries,
        0.9,
    ),
    rule(
        &[&["shed", "shedding", "overload", "overloaded", "saturation", "saturated", "dropped"]],
        &["packet", "log", "message"],
        Up,
        S::Overloaded,
        0.8,
    ),
    // Machine resources.
    rule(
        &[&["cpu", "loadavg", "load1", "load5"]],
        &["throttled", "throttling", "limit", "request", "steal", "quota"],
        Up,
        S::CpuSaturated,
        0.9,
    ),
    rule(
        &[&["cpu", "cfs", "container"], &["throttled", "throttling", "throttle"]],
        &[],
        Up,
        S::CpuThrottled,
        1.0,
    ),
    rule(&[&["steal"]], &[], Up, S::HostContention, 1.0),
    rule(
        &[MEMORY],
        &["limit", "request", "max", "free", "available", "gc", "cache", "quota"],
        Up,
        S::MemoryGrowth,
        0.9,
    ),
    rule(&[MEMORY, &["free", "available"]], &[], Down, S::MemoryGrowth, 0.9),
    rule(&[&["oom", "oomkill", "oomkilled", "outofmemory"]], &[], Up, S::OutOfMemory, 1.0),
    rule(&[&["gc", "garbage", "stw"]], &["bytes"], Up, S::GcPressure, 0.9),
    rule(
        &[
            &["disk", "filesystem", "volume", "fs", "storage", "inode", "tablespace"],
            &["used", "usage", "utilization", "full", "pct", "percent"],
        ],
        &["io", "iops", "busy"],
        Up,
        S::DiskFull,
        1.0,
    ),
    rule(
        &[
            &["disk", "filesystem", "volume", "fs", "storage", "inode"],
            &["free", "available", "avail"],
        ],
        &[],
        Down,
        S::DiskFull,
        1.0,
    ),
    rule(
        &[
            &["iowait", "iops", "io"],
            &["iowait", "disk", "wait", "busy", "util", "utilization", "time", "queue", "iops"],
        ],
        &[],
        Up,
        S::DiskSlow,
        0.8,
    ),
    rule(
        &[&["fd", "descriptor", "fds", "filedescriptor"]],
        &["max", "limit"],
        Up,
        S::FdExhausted,
        0.9,
    ),
    rule(
        &[&["open"], &["file", "fd", "handle", "socket"]],
        &["max", "limit"],
        Up,
        S::FdExhausted,
        0.9,
    ),
    // Pools, threads, queues.
    rule(
        &[
            POOL,
            &[
                "wait",
                "waiting",
                "waiter",
                "pending",
                "acquire",
                "exhausted",
                "timeout",
                "in",
                "busy",
                "active",
                "used",
                "usage",
                "utilization",
                "checkedout",
                "saturation",
            ],
        ],
        &["idle", "max", "limit"],
        Up,
        S::PoolExhausted,
        0.9,
    ),
    rule(
        &[POOL, &["idle", "available", "free"]],
        &["time", "timeout"],
        Down,
        S::PoolExhausted,
        0.7,
    ),
    rule(
        &[DB, &["connection", "conn", "client", "backend"]],
        &["pool", "max", "limit", "error", "wait", "idle"],
        Up,
        S::TooManyConnections,
        0.7,
    ),
    rule(
        &[
            &["thread", "worker", "executor", "goroutine"],
            &[
                "active",
                "busy",
                "used",
                "utilization",
                "saturation",
                "queue",
                "queued",
                "pool",
                "in",
            ],
        ],
        &["max", "limit", "idle"],
        Up,
        S::ThreadsExhausted,
        0.8,
    ),
    rule(
        &[&[
            "goroutine",
            "thread",
            "task",
            "fiber",
            "coroutine",
            "process",
            "listener",
            "subscription",
        ]],
        &[
            "max", "limit", "failed", "error", "duration", "rate", "cpu", "memory", "latency",
            "resident", "virtual", "byte", "up", "restart", "heap", "open", "fd",
        ],
        Up,
        S::ThreadGrowth,
        0.7,
    ),
    rule(
        &[QUEUE],
        &["max", "limit", "replication", "replica", "connection", "pool", "duration"],
        Up,
        S::QueueGrowth,
        0.9,
    ),
    rule(
        &[&["buffer"], &["used", "usage", "pct", "size", "full"]],
        &["max"],
        Up,
        S::QueueGrowth,
        0.6,
    ),
    rule(
        &[&[
            "dlq",
            "deadletter",
            "dead",
            "letter",
            "poison",
            "redelivered",
            "redelivery",
            "parked",
        ]],
        &["deadline"],
        Up,
        S::PoisonRecord,
        0.8,
    ),
    rule(
        &[
            &["replication", "replica", "standby", "follower", "slave", "binlog"],
            &["lag", "delay", "behind", "seconds"],
        ],
        &[],
        Up,
        S::ReplicationLag,
        1.0,
    ),
    // Caches, retries, locks.
    rule(
        &[&["hit"], &["ratio", "rate", "pct", "percent", "hit", "cache"]],
        &["miss"],
        Down,
        S::CacheMissesUp,
        1.0,
    ),
    rule(
        &[&["miss", "eviction", "evicted", "expired"]],
        &["certificate", "cert", "token", "deadline", "heartbeat"],
        Up,
        S::CacheMissesUp,
        0.8,
    ),
    rule(
        &[CACHE, &["entry", "size", "item", "key"]],
        &["max", "limit"],
        Down,
        S::CacheMissesUp,
        0.5,
    ),
    rule(
        &[&["retry", "retried", "reattempt", "attempt", "resend", "retransmit"]],
        &["exhausted", "login"],
        Up,
        S::RetriesUp,
        0.9,
    ),
    rule(
        &[&["retry", "attempt", "cas", "budget"], &["exhausted", "exceeded", "giveup", "failed"]],
        &[],
        Up,
        S::RetriesExhausted,
        1.0,
    ),
    rule(&[&["circuit", "breaker"]], &[], Up, S::CircuitOpen, 0.8),
    rule(
        &[&["lock", "mutex", "latch", "contention", "semaphore"]],
        &["deadlock", "file", "block"],
        Up,
        S::LockContention,
        0.9,
    ),
    rule(&[&["blocked", "contended"]], &[], Up, S::LockContention, 0.5),
    rule(&[&["deadlock"]], &[], Up, S::Deadlock, 1.0),
    // Life and death of processes.
    rule(
        &[&["restart", "crashloop", "crashloopbackoff", "respawn", "crash"]],
        &[],
        Up,
        S::Restarts,
        1.0,
    ),
    rule(&[&["crashloop", "crashloopbackoff"]], &[], Up, S::StartupFailure, 0.9),
    rule(
        &[&["panic", "crash", "segfault", "unhandled", "uncaught", "fatal", "abort"]],
        &[],
        Up,
        S::Panic,
        0.9,
    ),
    rule(
        &[&["probe", "readiness", "liveness", "health", "healthcheck", "unhealthy"]],
        &["healthy"],
        Up,
        S::ProbeFailures,
        0.6,
    ),
    rule(
        &[&["ready", "healthy", "available", "replica", "up", "running", "instance", "endpoint"]],
        &[
            "memory",
            "mem",
            "disk",
            "fs",
            "byte",
            "cpu",
            "lag",
            "conn",
            "connection",
            "pool",
            "time",
            "replication",
        ],
        Down,
        S::CapacityDown,
        0.7,
    ),
    rule(&[&["node", "host"], &["ready", "up", "healthy"]], &[], Down, S::HostDown, 0.8),
    rule(
        &[&["node", "host"], &["notready", "down", "unreachable", "lost"]],
        &[],
        Up,
        S::HostDown,
        0.9,
    ),
    // What goes over the wire.
    rule(
        &[&[
            "decode",
            "parse",
            "parsing",
            "deserialize",
            "deserialization",
            "unmarshal",
            "malformed",
            "serialization",
            "decoding",
            "marshal",
            "corrupt",
        ]],
        &["duration", "ms", "latency"],
        Up,
        S::DecodeErrors,
        1.0,
    ),
    rule(&[&["schema", "migration"], FAILED], &[], Up, S::SchemaMismatch, 0.9),
    rule(
        &[&["constraint", "violation", "integrity", "duplicate"]],
        &[],
        Up,
        S::ConstraintErrors,
        0.7,
    ),
    rule(
        &[&["duplicate", "duplicated", "redelivered", "redelivery", "double"]],
        &[],
        Up,
        S::DuplicateWork,
        0.7,
    ),
    rule(&[&["validation", "invalid", "400", "422"]], &[], Up, S::ValidationErrors, 0.8),
    rule(
        &[&[
            "auth",
            "authn",
            "authz",
            "unauthorized",
            "forbidden",
            "401",
            "403",
            "denied",
            "login",
            "unauthenticated",
            "permission",
            "token",
        ]],
        &["expiry", "bucket", "until", "success", "duration", "latency", "prompt", "p99"],
        Up,
        S::AuthErrors,
        0.8,
    ),
    rule(
        &[&["tls", "ssl", "handshake", "x509", "mtls"]],
        &["expiry", "until", "duration", "remaining"],
        Up,
        S::TlsErrors,
        0.9,
    ),
    rule(
        &[
            &["cert", "certificate", "tls", "ssl", "x509"],
            &[
                "expiry",
                "expire",
                "expiration",
                "until",
                "remaining",
                "valid",
                "validity",
                "left",
                "day",
            ],
        ],
        &[],
        Down,
        S::CertificateCountdown,
        1.0,
    ),
    rule(
        &[
            &["token", "credential", "secret", "key", "license"],
            &["expiry", "expire", "expiration", "until", "remaining", "ttl", "left"],
        ],
        &[],
        Down,
        S::TokenExpired,
        0.8,
    ),
    rule(
        &[
            &["dns", "resolver", "nxdomain", "servfail", "coredns", "resolution", "lookup"],
            &[
                "error", "fail", "failure", "timeout", "nxdomain", "servfail", "failed",
                "duration", "latency", "p99",
            ],
        ],
        &["cache", "table", "catalog"],
        Up,
        S::DnsErrors,
        0.9,
    ),
    rule(
        &[&["connection", "conn", "connect", "socket"], FAILED],
        &["pool"],
        Up,
        S::ConnectionErrors,
        0.8,
    ),
    rule(&[&["refused", "reset", "unreachable"]], &[], Up, S::ConnectionErrors, 0.8),
    rule(
        &[
            &["packet", "tcp", "network", "net", "interface", "nic", "retransmit", "conntrack"],
            &["loss", "lost", "drop", "dropped", "retransmit", "retransmission", "error", "retran"],
        ],
        &[],
        Up,
        S::NetworkErrors,
        0.9,
    ),
    rule(
        &[
            &[
                "s3",
                "gcs",
                "aws",
                "azure",
                "gcp",
                "provider",
                "external",
                "thirdparty",
                "vendor",
                "stripe",
                "twilio",
            ],
            FAILED,
        ],
        &[],
        Up,
        S::ProviderErrors,
        0.9,
    ),
    rule(
        &[&["429", "ratelimit", "ratelimited", "throttle", "throttled", "throttling"]],
        &["cpu", "cfs", "gc", "container"],
        Up,
        S::RateLimited,
        0.9,
    ),
    rule(&[&["rate"], &["limit", "limited", "limiter"]], &[], Up, S::RateLimited, 0.8),
    // Output.
    rule(
        &[
            &["log", "logging", "logger", "line", "lps"],
            &[
                "throughput",
                "rate",
                "line",
                "byte",
                "volume",
                "per",
                "total",
                "lps",
                "write",
                "written",
                "ingest",
                "ingested",
                "message",
            ],
        ],
        &["error", "lag", "login", "failed", "wal"],
        Up,
        S::LogVolumeUp,
        1.0,
    ),
    rule(
        &[&[
            "mismatch",
            "discrepancy",
            "drift",
            "inconsistent",
            "incorrect",
            "checksum",
            "divergence",
            "anomaly",
        ]],
        &["clock"],
        Up,
        S::WrongResults,
        0.9,
    ),
    rule(
        &[&[
            "conversion",
            "revenue",
            "accuracy",
            "precision",
            "recall",
            "relevance",
            "score",
            "ctr",
        ]],
        &[],
        Down,
        S::WrongResults,
        0.6,
    ),
    rule(
        &[&["lost", "dropped", "missing", "undelivered", "discarded"]],
        &["packet", "host", "node", "connection"],
        Up,
        S::DataLoss,
        0.7,
    ),
    rule(
        &[&["stale", "staleness", "age", "freshness"]],
        &["page", "usage", "storage"],
        Up,
        S::StaleData,
        0.9,
    ),
    rule(
        &[&["clock", "ntp", "chrony", "time"], &["skew", "offset", "drift"]],
        &[],
        Up,
        S::ClockSkew,
        1.0,
    ),
    rule(&[&["clock", "ntp"], &["skew", "offset", "drift"]], &[], Down, S::ClockSkew, 0.8),
    rule(
        &[&["payload", "body", "message", "response", "request"], &["size", "byte"]],
        &["max", "limit", "queue"],
        Up,
        S::PayloadTooLarge,
        0.6,
    ),
    rule(&[&["ecc", "mce", "smart", "hardware", "xid"]], &[], Up, S::HardwareErrors, 0.9),
    rule(
        &[&["job", "cron", "backup", "batch"], &["running", "active", "duration", "started"]],
        &[],
        Up,
        S::PeriodicLoad,
        0.6,
    ),
    // A gauge that states a limit: configuration made visible.
    rule(
        &[LIMIT],
        &[
            "used",
            "usage",
            "in",
            "wait",
            "queue",
            "heap",
            "response",
            "payload",
            "body",
            "page",
            "cache",
            "error",
            "ratelimited",
        ],
        Down,
        S::LimitLowered,
        1.0,
    ),
    rule(
        &[
            &["desired", "replica", "minreplica", "worker"],
            &["count", "desired", "replica", "total", "spec", "min", "max"],
        ],
        &["ready", "available", "unavailable", "lag"],
        Down,
        S::LimitLowered,
        0.6,
    ),
];

/// The symptoms that a metric shows when it moves in a direction, strongest first; empty when the
/// name says nothing.
#[must_use]
pub fn of_metric(name: &str, direction: Direction) -> Vec<(Symptom, Confidence)> {
    let words = stems(name);
    let has = |list: &[&str]| list.iter().any(|known| words.iter().any(|word| word == known));
    let found = RULES
        .iter()
        .filter(|rule| rule.direction == direction)
        .filter(|rule| rule.groups.iter().all(|group| has(group)) && !has(rule.without))
        .map(|rule| seen(rule.symptom, rule.strength))
        .collect();
    merged(found)
}
