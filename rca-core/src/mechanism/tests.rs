//! The table is sound, and telemetry's common language is understood.

use std::collections::BTreeSet;

use super::symptom::{of_log, of_metric, of_trace};
use super::*;
use crate::model::{Confidence, Direction, TraceShiftKind};

fn standard() -> Mechanisms {
    Mechanisms::standard()
}

#[test]
fn ids_are_unique_and_rows_are_complete() {
    let mut ids = BTreeSet::new();
    for row in table::all() {
        assert!(ids.insert(row.id.clone()), "{} twice", row.id);
        assert!(!row.symptoms.is_empty() && !row.shows.is_empty(), "{}", row.id);
        for text in [&row.title, &row.sign, &row.remediation, &row.why] {
            assert!(text.len() > 5, "{}", row.id);
        }
        let symptoms: BTreeSet<_> = row.symptoms.iter().map(|(symptom, _)| symptom).collect();
        assert_eq!(symptoms.len(), row.symptoms.len(), "{} lists a symptom twice", row.id);
        assert!(row.symptoms.iter().all(|(_, weight)| (-3.0..=3.0).contains(weight)), "{}", row.id);
    }
    assert!(ids.len() > 80);
}

#[test]
fn every_symptom_is_produced_by_some_mechanism() {
    for symptom in Symptom::ALL {
        assert!(
            table::all().any(|row| row.weight(*symptom).is_some_and(|weight| weight > 0.0)),
            "{symptom:?}"
        );
    }
}

#[test]
fn users_add_and_replace_rows_and_keep_them_as_json() {
    let own = Mechanism {
        id: MechanismId::new("ferry_blocked"),
        title: "a ferry blocks the harbour".into(),
        code_words: vec!["berth".into()].into(),
        ..standard().get(&id::LOCK_HELD_LONGER).unwrap().clone()
    };
    let table = standard().with(own.clone());
    let json = serde_json::to_string(&table).unwrap();
    let back: Mechanisms = serde_json::from_str(&json).unwrap();
    assert_eq!(back, table);
    assert_eq!(back.get(&own.id), Some(&own));
    assert_eq!(back.iter().count(), standard().iter().count() + 1);
}

#[test]
fn metric_names_say_what_they_show() {
    use Direction::{Down, Up};
    let cases: &[(&str, Direction, Symptom)] = &[
        ("cache_hit_ratio", Down, Symptom::CacheMissesUp),
        ("redis.keyspace.misses", Up, Symptom::CacheMissesUp),
        ("db_pool_max_conns", Down, Symptom::LimitLowered),
        ("db_pool_in_use", Up, Symptom::PoolExhausted),
        ("hikaricp_connections_pending", Up, Symptom::PoolExhausted),
        ("http_server_duration_p99_ms", Up, Symptom::LatencyUp),
        ("http.server.request.duration", Up, Symptom::LatencyUp),
        ("checkoutErrors", Up, Symptom::ErrorsUp),
        ("error_rate_5xx_ratio", Up, Symptom::ErrorsUp),
        ("container_memory_rss_mb", Up, Symptom::MemoryGrowth),
        ("jvm_memory_used_bytes", Up, Symptom::MemoryGrowth),
        ("container_oom_killed_total", Up, Symptom::OutOfMemory),
        ("node_cpu_utilization", Up, Symptom::CpuSaturated),
        ("container_cpu_cfs_throttled_seconds_total", Up, Symptom::CpuThrottled),
        ("request_queue_depth", Up, Symptom::QueueGrowth),
        ("kafka_consumer_lag", Up, Symptom::QueueGrowth),
        ("requests_per_sec", Up, Symptom::TrafficUp),
        ("http_requests_total", Up, Symptom::TrafficUp),
        ("db_queries_per_second", Up, Symptom::QueriesUp),
        ("db_query_count_per_request", Up, Symptom::CallsFanOut),
        ("db_query_duration_p99_ms", Up, Symptom::SlowQueries),
        ("pod_restart_total", Up, Symptom::Restarts),
        ("pod_ready_replicas", Down, Symptom::CapacityDown),
        ("disk_used_pct", Up, Symptom::DiskFull),
        ("node_filesystem_avail_bytes", Down, Symptom::DiskFull),
        ("log_lines_per_second", Up, Symptom::LogVolumeUp),
        ("tls_cert_seconds_until_expiry", Down, Symptom::CertificateCountdown),
        ("panic_count", Up, Symptom::Panic),
        ("cas_retry_exhausted_total", Up, Symptom::RetriesExhausted),
        ("txn_timeout_total", Up, Symptom::TimeoutErrors),
        ("rpc_server_cancelled_rate", Up, Symptom::CancelledCalls),
        ("process_open_fds", Up, Symptom::FdExhausted),
        ("go_goroutines", Up, Symptom::ThreadGrowth),
        ("jvm_gc_pause_seconds", Up, Symptom::GcPressure),
        ("pg_replication_lag_seconds", Up, Symptom::ReplicationLag),
        ("dns_lookup_failures", Up, Symptom::DnsErrors),
        ("s3_request_errors_5xx_ratio", Up, Symptom::ProviderErrors),
        ("rate_limited_requests_total", Up, Symptom::RateLimited),
        ("lock_wait_ms", Up, Symptom::LockContention),
        ("mysql_deadlocks", Up, Symptom::Deadlock),
        ("message_decode_failures", Up, Symptom::DecodeErrors),
        ("auth_failures_total", Up, Symptom::AuthErrors),
        ("dlq_messages", Up, Symptom::PoisonRecord),
        ("node_cpu_steal", Up, Symptom::HostContention),
        ("clock_skew_ms", Up, Symptom::ClockSkew),
        ("retry_count", Up, Symptom::RetriesUp),
        ("tcp_retransmits", Up, Symptom::NetworkErrors),
    ];
    for (name, direction, symptom) in cases {
        let seen = of_metric(name, *direction);
        assert!(seen.iter().any(|(found, _)| found == symptom), "{name} {direction:?}: {seen:?}");
    }
}

#[test]
fn metrics_do_not_say_what_they_do_not_show() {
    use Direction::{Down, Up};
    let cases: &[(&str, Direction, Symptom)] = &[
        ("http_server_duration_p99_ms", Up, Symptom::TrafficUp),
        ("db_queries_per_second", Up, Symptom::TrafficUp),
        ("error_rate_5xx_ratio", Up, Symptom::TrafficUp),
        ("cache_hit_ratio", Up, Symptom::CacheMissesUp),
        ("cache_hit_ratio", Down, Symptom::ThroughputDown),
        ("container_memory_limit_mb", Up, Symptom::MemoryGrowth),
        ("http_5xx_per_sec", Up, Symptom::TrafficUp),
        ("pg_replication_lag_seconds", Up, Symptom::QueueGrowth),
    ];
    for (name, direction, symptom) in cases {
        let seen = of_metric(name, *direction);
        assert!(seen.iter().all(|(found, _)| found != symptom), "{name} {direction:?}: {seen:?}");
    }
    assert!(of_metric("", Up).is_empty());
}

#[test]
fn log_lines_say_what_they_show() {
    let cases: &[(&str, Symptom)] = &[
        ("x509: certificate has expired or is not yet valid", Symptom::CertificateExpired),
        ("dial tcp: lookup harbour.example: no such host", Symptom::DnsErrors),
        ("NXDOMAIN for tide.example", Symptom::DnsErrors),
        ("write /var/data/x: no space left on device", Symptom::DiskFull),
        ("Container ferry OOMKilled", Symptom::OutOfMemory),
        ("accept: too many open files", Symptom::FdExhausted),
        ("dial tcp 10.0.0.1:5432: connect: connection refused", Symptom::ConnectionErrors),
        ("ERROR: deadlock detected", Symptom::Deadlock),
        ("429 Too Many Requests", Symptom::RateLimited),
        ("storage GetObject failed: ServiceUnavailable (503)", Symptom::ProviderErrors),
        (
            "rpc error: code = DeadlineExceeded desc = context deadline exceeded",
            Symptom::TimeoutErrors,
        ),
        ("ListTides: context canceled by client before completion", Symptom::CancelledCalls),
        (
            "panic: runtime error: invalid memory address or nil pointer dereference",
            Symptom::NullDereference,
        ),
        ("TypeError: Cannot read properties of undefined (reading 'id')", Symptom::NullDereference),
        ("AttributeError: 'NoneType' object has no attribute 'berth'", Symptom::NullDereference),
        ("index out of range [5] with length 5", Symptom::IndexOutOfRange),
        ("ERROR: column \"berth\" does not exist", Symptom::SchemaMismatch),
        ("json: cannot unmarshal string into Go struct field", Symptom::DecodeErrors),
        ("FATAL: sorry, too many clients already", Symptom::TooManyConnections),
        (
            "HikariPool-1 - Connection is not available, request timed out after 30000ms",
            Symptom::PoolExhausted,
        ),
        ("java.util.concurrent.RejectedExecutionException", Symptom::ThreadsExhausted),
        ("Lock wait timeout exceeded; try restarting transaction", Symptom::LockContention),
        ("Back-off restarting failed container", Symptom::Restarts),
        ("proto: duplicate registration of message", Symptom::VersionConflict),
        ("java.lang.NoSuchMethodError: 'void a.b.C.d()'", Symptom::VersionConflict),
        ("missing required environment variable HARBOUR_URL", Symptom::ConfigErrors),
        ("slow query: SELECT * FROM berths", Symptom::SlowQueries),
        ("retry budget exhausted after 2 attempts", Symptom::RetriesExhausted),
        ("cache miss; loading from source", Symptom::CacheMissesUp),
        ("request rejected: server overloaded, shedding load", Symptom::Overloaded),
        ("RequestTimeTooSkewed: the difference is too large", Symptom::ClockSkew),
        (
            "The security token included in the request is expired: ExpiredToken",
            Symptom::TokenExpired,
        ),
        ("kernel: EDAC MC0: 1 CE memory read error, machine check", Symptom::HardwareErrors),
        ("duplicate key value violates unique constraint", Symptom::ConstraintErrors),
        ("fatal error: concurrent map writes", Symptom::DataRace),
        ("goroutine stack exceeds 1000000000-byte limit", Symptom::StackOverflow),
        ("Readiness probe failed: HTTP probe failed with statuscode: 404", Symptom::ProbeFailures),
        ("403 Forbidden: user is not authorized to perform berth:Read", Symptom::AuthErrors),
    ];
    for (text, symptom) in cases {
        let seen = of_log(text);
        assert!(seen.iter().any(|(found, _)| found == symptom), "{text}: {seen:?}");
    }
}

#[test]
fn short_phrases_match_whole_words_only_and_good_news_says_nothing() {
    assert!(of_log("entropy pool ready, order 14291 of 404000").is_empty());
    assert!(of_log("handled request in 12 ms").is_empty());
    assert_eq!(of_log("payment failed").first().map(|seen| seen.0), Some(Symptom::ErrorsUp));
}

#[test]
fn traces_speak_through_their_shape_and_their_error() {
    let fan_out = of_trace(TraceShiftKind::ChildCalls, Direction::Up, None);
    assert_eq!(fan_out[0].0, Symptom::CallsFanOut);
    let failed = of_trace(TraceShiftKind::ErrorRate, Direction::Up, Some("NXDOMAIN"));
    assert_eq!(failed[0].0, Symptom::DnsErrors);
}

fn best(seen: &[(Symptom, f64)]) -> MechanismId {
    let seen: Vec<_> =
        seen.iter().map(|(symptom, s)| (*symptom, Confidence::saturating(*s))).collect();
    let table = standard();
    let best = table.iter().max_by(|a, b| {
        a.match_score(&seen).score.total_cmp(&b.match_score(&seen).score).then(b.id.cmp(&a.id))
    });
    best.unwrap().id.clone()
}

#[test]
fn the_best_match_of_a_typical_picture_is_the_mechanism_behind_it() {
    use Symptom as S;
    let cases: &[(&[(S, f64)], MechanismId)] = &[
        (
            &[(S::CertificateExpired, 1.0), (S::TlsErrors, 1.0), (S::ErrorsUp, 1.0)],
            id::CERTIFICATE_EXPIRED,
        ),
        (
            &[
                (S::TrafficUp, 1.0),
                (S::CpuSaturated, 1.0),
                (S::Overloaded, 0.9),
                (S::LatencyUp, 1.0),
            ],
            id::TRAFFIC_SURGE,
        ),
        (&[(S::CallsFanOut, 1.0), (S::QueriesUp, 1.0), (S::LatencyUp, 1.0)], id::CALLS_IN_LOOP),
        (
            &[(S::MemoryGrowth, 1.0), (S::OutOfMemory, 1.0), (S::GcPressure, 1.0)],
            id::UNBOUNDED_GROWTH,
        ),
        (&[(S::ProviderErrors, 1.0), (S::ErrorsUp, 1.0)], id::PROVIDER_OUTAGE),
        (&[(S::DnsErrors, 1.0), (S::ConnectionErrors, 1.0)], id::DNS_FAILURE),
        (&[(S::LogVolumeUp, 1.0), (S::DiskFull, 1.0)], id::LOG_VOLUME_RAISED),
        (&[(S::NullDereference, 1.0), (S::Panic, 1.0), (S::ErrorsUp, 1.0)], id::NULL_GUARD_REMOVED),
        (
            &[
                (S::CacheMissesUp, 1.0),
                (S::QueriesUp, 1.0),
                (S::CpuSaturated, 1.0),
                (S::SlowQueries, 1.0),
            ],
            id::CACHE_REMOVED,
        ),
        (&[(S::Deadlock, 1.0), (S::LockContention, 1.0)], id::LOCK_ORDER_CHANGED),
    ];
    for (seen, expected) in cases {
        assert_eq!(best(seen), *expected, "{seen:?}");
    }
}

#[test]
fn a_match_says_in_words_what_fits_and_what_does_not() {
    let table = standard();
    let surge = table.get(&id::TRAFFIC_SURGE).unwrap();
    let seen = [(Symptom::TrafficUp, Confidence::ONE), (Symptom::LimitLowered, Confidence::ONE)];
    let found = surge.match_score(&seen);
    assert_eq!(
        found.explanation,
        "a surge of traffic produces more incoming requests, but not a lowered limit"
    );
    let nothing = surge.match_score(&[]);
    assert!(nothing.score.abs() < f64::EPSILON);
}
