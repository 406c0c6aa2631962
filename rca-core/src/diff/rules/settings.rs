//! Values that were edited, removed or added, judged by the words of their names.

use super::super::CodeSign;
use super::super::change::{Block, Change, Row};
use super::super::language::Language;
use super::super::setting::{Setting, settings};
use super::super::value::Value;
use super::{edit_sign, sign};
use crate::mechanism::words::stems;
use crate::mechanism::{MechanismId, id};

/// What the movement of a value means: the mechanism and how likely it is, for a large movement.
type Effect = Option<(MechanismId, f64)>;

/// One row of the table: a setting is of this kind when every group has one of its words in the
/// name and none of `without` is there. The first row that fits decides.
struct Kind {
    label: &'static str,
    groups: &'static [&'static [&'static str]],
    without: &'static [&'static str],
    lowered: Effect,
    raised: Effect,
}

const fn kind(
    label: &'static str,
    groups: &'static [&'static [&'static str]],
    without: &'static [&'static str],
    lowered: Effect,
    raised: Effect,
) -> Kind {
    Kind { label, groups, without, lowered, raised }
}

const CACHE: &[&str] = &[
    "cache",
    "cached",
    "caching",
    "redis",
    "memcache",
    "memcached",
    "lru",
    "caffeine",
    "ehcache",
    "memo",
];
const LIFE: &[&str] = &[
    "ttl",
    "expiry",
    "expiration",
    "expire",
    "lifetime",
    "age",
    "maxage",
    "stale",
    "expiresin",
    "validity",
    "evict",
];
const MAX: &[&str] = &[
    "max", "maximum", "limit", "size", "capacity", "count", "num", "maxsize", "entry", "ceiling",
    "bound", "cap",
];
const POOL: &[&str] = &[
    "pool",
    "conn",
    "connection",
    "worker",
    "thread",
    "concurrency",
    "concurrent",
    "parallel",
    "parallelism",
    "semaphore",
    "inflight",
    "executor",
    "goroutine",
    "process",
    "slot",
    "hikari",
    "client",
    "session",
    "permit",
    "socket",
    "shard",
    "partition",
    "consumer",
];
const RETRY: &[&str] =
    &["retry", "attempt", "retries", "tries", "redelivery", "maxretry", "reconnect"];
const WAIT: &[&str] =
    &["backoff", "delay", "jitter", "wait", "interval", "pause", "cooldown", "sleep", "base"];

const KINDS: &[Kind] = &[
    // Why first: names such as `retryTimeout` or `cacheMaxEntries` belong to the narrower row.
    kind(
        "visibility or acknowledge time",
        &[&["visibility", "ack", "lease", "heartbeat", "poll"], &["timeout", "deadline", "max"]],
        &["health"],
        Some((id::ACK_CHANGED, 0.6)),
        Some((id::ACK_CHANGED, 0.3)),
    ),
    kind(
        "circuit breaker setting",
        &[&["circuit", "breaker", "bulkhead", "outlier", "ejection", "hystrix", "circuitbreaker"]],
        &[],
        Some((id::BREAKER_CHANGED, 0.8)),
        Some((id::BREAKER_CHANGED, 0.6)),
    ),
    kind(
        "health probe setting",
        &[&[
            "liveness",
            "readiness",
            "probe",
            "livenessprobe",
            "readinessprobe",
            "startupprobe",
            "healthcheck",
        ]],
        &[],
        Some((id::PROBE_CHANGED, 0.8)),
        Some((id::PROBE_CHANGED, 0.3)),
    ),
    kind(
        "health check period",
        &[&["health", "heartbeat", "ping"]],
        &[],
        Some((id::INTERVAL_SHORTENED, 0.35)),
        Some((id::INTERVAL_LENGTHENED, 0.25)),
    ),
    kind(
        "wait between attempts",
        &[RETRY, WAIT],
        &["max_attempts"],
        Some((id::BACKOFF_REMOVED, 0.8)),
        Some((id::SLEEP_ADDED, 0.45)),
    ),
    kind(
        "backoff",
        &[&["backoff", "jitter"]],
        RETRY,
        Some((id::BACKOFF_REMOVED, 0.8)),
        Some((id::SLEEP_ADDED, 0.4)),
    ),
    kind(
        "retry budget",
        &[RETRY],
        &["timeout"],
        Some((id::RETRIES_LOWERED, 0.9)),
        Some((id::RETRIES_RAISED, 0.75)),
    ),
    kind(
        "cache lifetime",
        &[
            CACHE,
            &[
                "ttl",
                "expiry",
                "expiration",
                "expire",
                "lifetime",
                "age",
                "maxage",
                "stale",
                "expiresin",
                "validity",
                "refresh",
                "second",
                "minute",
                "ms",
                "duration",
                "after",
                "timeout",
                "time",
            ],
        ],
        &["idle", "wait", "connect", "dial"],
        Some((id::CACHE_TTL_LOWERED, 0.95)),
        Some((id::CACHE_TTL_RAISED, 0.6)),
    ),
    kind(
        "cache size",
        &[
            CACHE,
            &[
                "max",
                "maximum",
                "limit",
                "size",
                "capacity",
                "entry",
                "memory",
                "maxmemory",
                "item",
                "byte",
                "maxsize",
                "mb",
            ],
        ],
        &["timeout"],
        Some((id::CACHE_REMOVED, 0.8)),
        Some((id::QUEUE_LIMIT_RAISED, 0.45)),
    ),
    kind(
        "session or token lifetime",
        &[
            &[
                "token",
                "session",
                "jwt",
                "cookie",
                "credential",
                "lock",
                "certificate",
                "cert",
                "signature",
                "otp",
                "nonce",
                "presign",
                "signed",
                "clock",
                "leeway",
            ],
            &[
                "ttl",
                "expiry",
                "expiration",
                "expire",
                "lifetime",
                "age",
                "maxage",
                "validity",
                "duration",
                "leeway",
                "skew",
                "expiresin",
                "day",
                "hour",
            ],
        ],
        &[],
        Some((id::AUTH_CHANGED, 0.7)),
        Some((id::AUTH_CHANGED, 0.25)),
    ),
    kind(
        "time to live",
        &[LIFE],
        &["idle", "conn", "connection", "usage", "page", "image", "storage", "package"],
        Some((id::CACHE_TTL_LOWERED, 0.85)),
        Some((id::CACHE_TTL_RAISED, 0.5)),
    ),
    kind(
        "idle time",
        &[
            &["idle", "keepalive", "alive", "lifetime", "linger"],
            &[
                "time",
                "timeout",
                "duration",
                "keepalive",
                "lifetime",
                "alive",
                "second",
                "ms",
                "age",
                "idle",
            ],
        ],
        &["max_idle_conn"],
        Some((id::TIMEOUT_LOWERED, 0.4)),
        Some((id::TIMEOUT_RAISED, 0.2)),
    ),
    kind(
        "grace period",
        &[&["grace", "shutdown", "drain", "termination", "prestop", "draining"]],
        &[],
        Some((id::SHUTDOWN_CHANGED, 0.7)),
        Some((id::SHUTDOWN_CHANGED, 0.25)),
    ),
    kind(
        "time limit",
        &[&[
            "timeout",
            "deadline",
            "timelimit",
            "withtimeout",
            "withdeadline",
            "timeoutsecond",
            "timeoutms",
            "settimeout",
        ]],
        &[],
        Some((id::TIMEOUT_LOWERED, 0.95)),
        Some((id::TIMEOUT_RAISED, 0.45)),
    ),
    kind(
        "rate limit",
        &[
            &[
                "rate",
                "ratelimit",
                "rps",
                "qps",
                "quota",
                "burst",
                "throttle",
                "throttling",
                "permit",
                "limiter",
                "token_bucket",
            ],
            &[
                "limit",
                "max",
                "rps",
                "qps",
                "quota",
                "burst",
                "throttle",
                "throttling",
                "ratelimit",
                "per",
                "permit",
                "second",
                "minute",
                "limiter",
            ],
        ],
        &["sample", "sampling", "log"],
        Some((id::RATE_LIMIT_LOWERED, 0.9)),
        Some((id::RATE_LIMIT_RAISED, 0.5)),
    ),
    kind(
        "memory limit",
        &[&["memory", "mem", "heap", "xmx", "maxheap", "memorylimit", "maxram"]],
        &["cache", "request", "buffer", "shared", "cpu"],
        Some((id::MEMORY_LIMIT_LOWERED, 0.9)),
        Some((id::RUNTIME_TUNED, 0.15)),
    ),
    kind(
        "memory request",
        &[&["memory", "mem"], &["request"]],
        &["cpu"],
        Some((id::MEMORY_LIMIT_LOWERED, 0.4)),
        None,
    ),
    kind(
        "runtime flag",
        &[&["gc", "gogc", "newratio", "xmn", "survivor", "metaspace", "gomemlimit", "gclimit"]],
        &[],
        Some((id::RUNTIME_TUNED, 0.7)),
        Some((id::RUNTIME_TUNED, 0.6)),
    ),
    kind(
        "CPU limit",
        &[&["cpu", "gomaxprocs", "cpulimit", "vcpu", "millicore"]],
        &["threshold", "target", "utilization", "alert"],
        Some((id::CPU_LIMIT_LOWERED, 0.85)),
        None,
    ),
    kind(
        "number of instances",
        &[
            &[
                "replica",
                "instance",
                "minreplica",
                "maxreplica",
                "desired",
                "scale",
                "mincapacity",
                "maxcapacity",
                "node",
                "autoscal",
                "minavailable",
                "maxunavailable",
                "surge",
            ],
            &[
                "replica",
                "max",
                "min",
                "count",
                "desired",
                "size",
                "capacity",
                "instance",
                "number",
                "minreplica",
                "maxreplica",
                "minavailable",
                "maxunavailable",
            ],
        ],
        &["read", "lag", "factor"],
        Some((id::REPLICAS_LOWERED, 0.85)),
        Some((id::POOL_LIMIT_RAISED, 0.2)),
    ),
    kind(
        "autoscaling threshold",
        &[&["cpu", "target", "autoscal", "hpa"], &["threshold", "utilization", "average"]],
        &["alert"],
        None,
        Some((id::REPLICAS_LOWERED, 0.6)),
    ),
    kind(
        "system limit",
        &[&[
            "nofile",
            "ulimit",
            "somaxconn",
            "conntrack",
            "fd",
            "descriptor",
            "rlimit",
            "nproc",
            "backlog",
            "sysctl",
            "pid",
        ]],
        &[],
        Some((id::SYSTEM_LIMIT_LOWERED, 0.85)),
        None,
    ),
    kind(
        "sampling rate",
        &[
            &[
                "sample",
                "sampling",
                "sampler",
                "samplerate",
                "tracesamplerate",
                "samplingrate",
                "trace",
            ],
            &[
                "rate",
                "ratio",
                "sample",
                "sampling",
                "sampler",
                "probability",
                "fraction",
                "percent",
                "samplerate",
                "samplingrate",
                "tracesamplerate",
            ],
        ],
        &[],
        None,
        Some((id::LOG_VOLUME_RAISED, 0.85)),
    ),
    kind(
        "log retention",
        &[
            &["log", "retention", "rotate", "rotation", "maxbackup", "backup"],
            &["retention", "day", "size", "max", "keep", "age", "count", "hour", "backup", "file"],
        ],
        &["timeout"],
        Some((id::CACHE_TTL_LOWERED, 0.2)),
        Some((id::LOG_VOLUME_RAISED, 0.6)),
    ),
    kind(
        "batch size",
        &[&[
            "batch",
            "chunk",
            "bulk",
            "page",
            "pagesize",
            "batchsize",
            "fetchsize",
            "chunksize",
            "fetch",
            "perpage",
            "pagelimit",
            "scan",
        ]],
        &["timeout", "interval", "delay", "home"],
        Some((id::BATCH_SIZE_LOWERED, 0.75)),
        Some((id::BATCH_SIZE_RAISED, 0.65)),
    ),
    kind(
        "payload limit",
        &[
            &[
                "payload", "body", "message", "upload", "header", "request", "packet", "frame",
                "maxbody",
            ],
            &["size", "byte", "max", "limit", "length"],
        ],
        &["queue", "concurrent", "per", "second", "rate", "pool", "idle", "inflight"],
        Some((id::VALIDATION_ADDED, 0.7)),
        Some((id::BATCH_SIZE_RAISED, 0.3)),
    ),
    kind(
        "queue or buffer size",
        &[&[
            "queue",
            "buffer",
            "prefetch",
            "channel",
            "chan",
            "mailbox",
            "ring",
            "highwatermark",
            "watermark",
            "linger",
            "buf",
        ]],
        &["timeout"],
        Some((id::QUEUE_LIMIT_LOWERED, 0.75)),
        Some((id::QUEUE_LIMIT_RAISED, 0.45)),
    ),
    kind(
        "idle connections",
        &[&["idle"], POOL],
        &[],
        Some((id::POOL_LIMIT_LOWERED, 0.55)),
        Some((id::POOL_LIMIT_RAISED, 0.3)),
    ),
    kind(
        "pool or concurrency limit",
        &[POOL],
        &[
            "port", "id", "version", "time", "timeout", "duration", "interval", "period", "status",
            "lifetime",
        ],
        Some((id::POOL_LIMIT_LOWERED, 0.95)),
        Some((id::POOL_LIMIT_RAISED, 0.55)),
    ),
    kind(
        "wait",
        &[&["sleep", "delay", "pause", "cooldown", "debounce", "throttlems"]],
        &[],
        Some((id::BACKOFF_REMOVED, 0.5)),
        Some((id::SLEEP_ADDED, 0.75)),
    ),
    kind(
        "interval",
        &[&[
            "interval",
            "period",
            "frequency",
            "every",
            "tick",
            "ticker",
            "newticker",
            "poll",
            "refresh",
            "schedule",
            "cron",
            "sync",
            "flush",
            "scrape",
            "cadence",
            "setinterval",
            "freq",
        ]],
        &[],
        Some((id::INTERVAL_SHORTENED, 0.7)),
        Some((id::INTERVAL_LENGTHENED, 0.5)),
    ),
    kind(
        "traffic share",
        &[&["weight", "percent", "percentage", "rollout", "canary", "share", "split"]],
        &["font", "load"],
        Some((id::ROUTING_CHANGED, 0.65)),
        Some((id::ROUTING_CHANGED, 0.65)),
    ),
    kind(
        "port",
        &[&["port", "targetport", "containerport"]],
        &[],
        Some((id::ENDPOINT_CHANGED, 0.85)),
        Some((id::ENDPOINT_CHANGED, 0.85)),
    ),
    kind(
        "log level",
        &[&["level", "loglevel", "verbosity", "log", "logging", "logger"]],
        &["isolation", "compression"],
        None,
        Some((id::LOG_VOLUME_RAISED, 0.6)),
    ),
    kind(
        "depth",
        &[&["depth", "recursion", "level"]],
        &["log"],
        Some((id::VALIDATION_ADDED, 0.3)),
        Some((id::RECURSION_ADDED, 0.3)),
    ),
    kind(
        "work factor",
        &[&["cost", "round", "iteration", "rounds", "factor", "compression", "quality"]],
        &["replication"],
        None,
        Some((id::EXPENSIVE_WORK, 0.7)),
    ),
    kind(
        "replication factor",
        &[&["replication", "factor", "isr", "quorum", "minisr", "acks"]],
        &[],
        Some((id::REPLICAS_LOWERED, 0.4)),
        Some((id::REPLICAS_LOWERED, 0.4)),
    ),
    kind(
        "threshold",
        &[&["threshold", "tolerance", "minimum", "min"]],
        &["alert"],
        Some((id::CONDITION_CHANGED, 0.5)),
        Some((id::CONDITION_CHANGED, 0.5)),
    ),
    kind(
        "limit",
        &[MAX],
        &["font", "version", "width", "height", "schema"],
        Some((id::POOL_LIMIT_LOWERED, 0.5)),
        Some((id::BATCH_SIZE_RAISED, 0.35)),
    ),
];

/// What flipping a switch to on or to off means, by the words of its name. The first row decides.
const SWITCHES: &[(&[&str], Effect, Effect)] = &[
    (
        &["debug", "verbose", "logging", "trace", "tracing", "log", "dump"],
        Some((id::LOG_VOLUME_RAISED, 0.75)),
        None,
    ),
    (
        &["cache", "cached", "caching", "memoize"],
        Some((id::CACHE_TTL_RAISED, 0.35)),
        Some((id::CACHE_REMOVED, 0.9)),
    ),
    (
        &["retry", "retries", "failover", "reconnect", "autoreconnect"],
        Some((id::RETRIES_RAISED, 0.65)),
        Some((id::RETRIES_LOWERED, 0.85)),
    ),
    (
        &["tls", "ssl", "verify", "insecure", "https", "mtls", "sslmode", "certificate", "secure"],
        Some((id::TLS_CONFIG_CHANGED, 0.75)),
        Some((id::TLS_CONFIG_CHANGED, 0.75)),
    ),
    (
        &[
            "auth",
            "authenticate",
            "authorization",
            "authenticated",
            "login",
            "permission",
            "rbac",
            "csrf",
            "cors",
        ],
        Some((id::AUTH_CHANGED, 0.75)),
        Some((id::AUTH_CHANGED, 0.6)),
    ),
    (
        &["ack", "autoack", "autocommit", "noack", "commit", "acknowledge"],
        Some((id::ACK_CHANGED, 0.8)),
        Some((id::ACK_CHANGED, 0.8)),
    ),
    (
        &[
            "async",
            "parallel",
            "concurrent",
            "blocking",
            "sync",
            "threaded",
            "fsync",
            "synchronous",
        ],
        Some((id::CONCURRENCY_CHANGED, 0.6)),
        Some((id::CONCURRENCY_CHANGED, 0.6)),
    ),
    (&["batch", "batching", "bulk"], None, Some((id::CALLS_IN_LOOP, 0.7))),
    (&["keepalive", "pool", "pooling", "reuse"], None, Some((id::POOL_LIMIT_LOWERED, 0.7))),
    (&["autoscaling", "autoscaler", "hpa"], None, Some((id::REPLICAS_LOWERED, 0.8))),
    (
        &["ratelimit", "throttle", "limiter"],
        Some((id::RATE_LIMIT_LOWERED, 0.7)),
        Some((id::RATE_LIMIT_RAISED, 0.7)),
    ),
    (
        &["breaker", "circuitbreaker"],
        Some((id::BREAKER_CHANGED, 0.6)),
        Some((id::BREAKER_CHANGED, 0.7)),
    ),
    (
        &["strict", "validate", "validation", "required", "failonunknown", "disallowunknownfields"],
        Some((id::VALIDATION_ADDED, 0.75)),
        Some((id::VALIDATION_REMOVED, 0.6)),
    ),
    (
        &["null", "nullable", "optional"],
        Some((id::SCHEMA_CHANGED, 0.5)),
        Some((id::SCHEMA_CHANGED, 0.8)),
    ),
    (&["index", "dbindex", "unique"], Some((id::INDEX_ADDED, 0.3)), Some((id::INDEX_DROPPED, 0.8))),
    (&["lazy", "eager"], Some((id::CALLS_IN_LOOP, 0.6)), Some((id::CALLS_IN_LOOP, 0.5))),
    (
        &["compression", "compress", "gzip"],
        Some((id::EXPENSIVE_WORK, 0.5)),
        Some((id::BATCH_SIZE_RAISED, 0.4)),
    ),
];

/// Words around a setting that only help where its own name says too little.
fn surroundings(change: &Change, block: &Block, at: &Row) -> Vec<String> {
    let mut found = Vec::new();
    // Parents of a nested configuration: lines above with less indentation.
    if change.language.is_config() {
        let before = block.rows.iter().take_while(|row| !std::ptr::eq(*row, at));
        let mut level = at.indent;
        for row in before.collect::<Vec<_>>().into_iter().rev() {
            if row.indent < level && !row.code.is_empty() {
                level = row.indent;
                found.extend(stems(row.code.split([':', '=']).next().unwrap_or_default()));
            }
        }
    }
    found.extend(stems(&block.header));
    found.extend(block.function(at).map(|name| stems(&name)).unwrap_or_default());
    found.extend(stems(change.path.rsplit('/').next().unwrap_or_default()));
    // Its folder, too: `cache/config.go`.
    found.extend(stems(change.path.rsplit('/').nth(1).unwrap_or_default()));
    found
}

fn kind_of(own: &[String], around: &[String]) -> Option<&'static Kind> {
    let fits = |kind: &&Kind, with: &[String]| {
        let has = |list: &[&str]| own.iter().chain(with).any(|word| list.contains(&word.as_str()));
        // At least one group must be met by the name itself.
        kind.groups.iter().all(|group| has(group))
            && kind.groups.iter().any(|group| own.iter().any(|word| group.contains(&word.as_str())))
            && !own.iter().any(|word| kind.without.contains(&word.as_str()))
    };
    // Whatever stands in the section of a probe is about the probe.
    if around.iter().any(|word| matches!(word.as_str(), "liveness" | "readiness" | "probe")) {
        return KINDS.iter().find(|kind| kind.label == "health probe setting");
    }
    KINDS
        .iter()
        .find(|kind| fits(kind, &[]))
        .filter(|kind| {
            kind.label != "limit" && kind.label != "time to live" && kind.label != "interval"
        })
        .or_else(|| KINDS.iter().find(|kind| fits(kind, around)))
}

/// Appearance: pixels, colours and weights of fonts limit nothing.
fn is_read(change: &Change) -> bool {
    !matches!(change.language, Language::Style | Language::Markup | Language::Sql)
}

/// Edited values. Why: a limit decides when a system refuses, waits or gives up.
pub(super) fn edited(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    if !is_read(change) {
        return;
    }
    for block in &change.blocks {
        for (old, new) in block.edits() {
            let (before, after) = (settings(&old.tokens), settings(&new.tokens));
            for (i, b) in before.iter().enumerate() {
                let counterpart = after
                    .iter()
                    .find(|a| a.name == b.name && a.words == b.words)
                    .or_else(|| after.iter().find(|a| a.name == b.name))
                    .or_else(|| after.get(i).filter(|_| before.len() == after.len()));
                if let Some(a) = counterpart {
                    signs.extend(moved(change, block, (old, new), b, a));
                }
            }
        }
    }
}

fn moved(
    change: &Change,
    block: &Block,
    rows: (&Row, &Row),
    b: &Setting,
    a: &Setting,
) -> Option<CodeSign> {
    let (x, y) = (b.value.magnitude(), a.value.magnitude());
    let around = surroundings(change, block, rows.1);
    let mut own = a.words.clone();
    own.extend(b.words.iter().cloned());
    match (b.value, a.value) {
        (Value::Switch(_), Value::Switch(on)) if b.value != a.value => {
            let (mechanism, strength) = switched(&own, &around, on);
            let statement = format!(
                "{} switched {} ({} -> {})",
                a.name,
                if on { "on" } else { "off" },
                b.text,
                a.text
            );
            return Some(edit_sign(change, block, rows, &mechanism, strength, statement));
        }
        (Value::Level(_), Value::Level(_)) if y > x => {
            let statement = format!("{} made more talkative ({} -> {})", a.name, b.text, a.text);
            let strength = if y >= 4.0 { 0.9 } else { 0.45 };
            return Some(edit_sign(
                change,
                block,
                rows,
                &id::LOG_VOLUME_RAISED,
                strength,
                statement,
            ));
        }
        (Value::Switch(_) | Value::Level(_), _) | (_, Value::Switch(_) | Value::Level(_)) => {
            return None;
        }
        _ => {}
    }
    if (x - y).abs() <= f64::EPSILON * x.abs() {
        return None;
    }
    let lowered = y < x;
    // Zero and minus one mean "none" or "no limit", which can be either; zero is read as the smallest.
    let kind = kind_of(&own, &around)?;
    let (mechanism, base) = if lowered { &kind.lowered } else { &kind.raised }.as_ref()?;
    let statement = format!(
        "{} {} {} -> {} ({})",
        kind.label,
        if lowered { "lowered" } else { "raised" },
        b.text,
        a.text,
        a.name
    );
    Some(edit_sign(change, block, rows, mechanism, base * size_of_step(x, y), statement))
}

/// A step of 20 % hardly ever hurts, a factor of five nearly always.
fn size_of_step(x: f64, y: f64) -> f64 {
    let (small, large) = if x.abs() < y.abs() { (x.abs(), y.abs()) } else { (y.abs(), x.abs()) };
    if small <= 0.0 {
        return 1.0;
    }
    let ratio = large / small;
    (0.35 + 0.65 * (ratio.ln() / 5f64.ln())).clamp(0.35, 1.0)
}

fn switched(own: &[String], around: &[String], on: bool) -> (MechanismId, f64) {
    let negated = own.iter().any(|word| {
        ["disable", "disabled", "skip", "no", "without", "off"].contains(&word.as_str())
    });
    let on = on != negated;
    for words in [own, around] {
        for (list, when_on, when_off) in SWITCHES {
            if words.iter().any(|word| list.contains(&word.as_str())) {
                return if on { when_on } else { when_off }
                    .clone()
                    .unwrap_or((id::FLAG_FLIPPED, 0.5));
            }
        }
    }
    (id::FLAG_FLIPPED, 0.6)
}

/// Values that are gone. Why: what had a limit of its own falls back to a default, often none.
pub(super) fn removed(change: &Change, all: &[Change], signs: &mut Vec<CodeSign>) {
    if !is_read(change) {
        return;
    }
    let kept: Vec<Vec<String>> = all
        .iter()
        .flat_map(Change::new_rows)
        .flat_map(|row| settings(&row.tokens))
        .map(|s| stems(&s.name))
        .collect();
    for block in &change.blocks {
        for row in block.gone_rows() {
            for gone in settings(&row.tokens) {
                if kept.contains(&stems(&gone.name)) {
                    continue;
                }
                // The name with another, not literal value is an edit that we can't compare.
                let still_named = all
                    .iter()
                    .flat_map(Change::new_rows)
                    .any(|new| new.names().any(|name| name == gone.name));
                let Some(kind) = kind_of(&gone.words, &surroundings(change, block, row))
                    .filter(|_| !still_named)
                else {
                    continue;
                };
                let Some((mechanism, strength)) = without_it(kind) else { continue };
                let statement =
                    format!("{} removed ({}, was {})", kind.label, gone.name, gone.text);
                signs.push(sign(change, block, row, &mechanism, strength, statement));
            }
        }
    }
}

/// What the absence of a setting means.
fn without_it(kind: &Kind) -> Effect {
    match kind.label {
        "time limit" => Some((id::TIMEOUT_RAISED, 0.7)),
        "wait between attempts" | "backoff" | "wait" => Some((id::BACKOFF_REMOVED, 0.75)),
        "retry budget" => Some((id::RETRIES_LOWERED, 0.6)),
        "cache lifetime" | "time to live" => Some((id::CACHE_TTL_RAISED, 0.6)),
        "cache size" => Some((id::UNBOUNDED_GROWTH, 0.7)),
        "queue or buffer size" => Some((id::QUEUE_LIMIT_RAISED, 0.5)),
        "pool or concurrency limit" | "idle connections" => Some((id::POOL_LIMIT_LOWERED, 0.45)),
        "rate limit" => Some((id::RATE_LIMIT_RAISED, 0.6)),
        "batch size" => Some((id::BATCH_SIZE_RAISED, 0.5)),
        "memory limit" | "CPU limit" => Some((id::RUNTIME_TUNED, 0.4)),
        "health probe setting" => Some((id::PROBE_CHANGED, 0.5)),
        _ => None,
    }
}

/// Values that are new among old code. Why: a limit where there was none, or one that replaces a default.
pub(super) fn added(change: &Change, all: &[Change], signs: &mut Vec<CodeSign>) {
    if !is_read(change) || !change.touches_old_code() {
        return;
    }
    let was: Vec<Vec<String>> = all
        .iter()
        .flat_map(Change::gone_rows)
        .flat_map(|row| settings(&row.tokens))
        .map(|s| stems(&s.name))
        .collect();
    for block in &change.blocks {
        if block.rows.iter().all(|row| row.mark == super::super::parse::Mark::Added) {
            continue;
        }
        for row in block.new_rows() {
            for new in settings(&row.tokens) {
                if was.contains(&stems(&new.name))
                    || matches!(new.value, Value::Switch(_) | Value::Level(_))
                {
                    continue;
                }
                let Some(kind) = kind_of(&new.words, &surroundings(change, block, row)) else {
                    continue;
                };
                let Some((mechanism, strength)) = &kind.lowered else { continue };
                let limits = ![
                    "threshold",
                    "limit",
                    "traffic share",
                    "port",
                    "health check period",
                    "log retention",
                ]
                .contains(&kind.label);
                if limits && !edited_row(block, row) {
                    let statement = format!("{} set to {} ({})", kind.label, new.text, new.name);
                    signs.push(sign(change, block, row, mechanism, strength * 0.5, statement));
                }
            }
        }
    }
}

fn edited_row(block: &Block, row: &Row) -> bool {
    block.edits().any(|(old, new)| std::ptr::eq(new, row) && !settings(&old.tokens).is_empty())
}
