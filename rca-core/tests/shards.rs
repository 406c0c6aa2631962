//! Telemetry scanned in shards: any partition, any order and any number of workers give the bytes of the
//! whole.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fmt::Write as _;
use std::num::NonZero;

use proptest::prelude::*;

use rca_core::detect::{Partial, Scope, detect};
use rca_core::model::{Entity, Finding, Severity};
use rca_core::signal::{LogRecord, MetricFrame, Span, SpanStatus, Telemetry};
use rca_core::time::{TimeRange, from_nanos};
use rca_core::{Error, ErrorKind};

const SECOND: i64 = 1_000_000_000;
const MINUTES: i64 = 30;
/// From here on the ferry is slow, full and loud.
const BROKEN: i64 = 20 * 60 * SECOND;

/// Repeatable noise (splitmix64).
struct Noise(u64);

impl Noise {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }

    fn signed(&mut self, end: i64) -> i64 {
        i64::try_from(self.below(end.unsigned_abs())).unwrap()
    }
}

/// Request `number` of the incident with all that it leaves behind; `put` says where each piece goes.
fn request(number: u64, requests: u64, mut put: impl FnMut(u64, Piece<'_>)) {
    let mut noise = Noise(number);
    let window = MINUTES * 60 * SECOND;
    let time =
        i64::try_from(u128::from(number) * window.unsigned_abs() as u128 / u128::from(requests))
            .unwrap();
    let broken = time >= BROKEN;
    let trace = format!("{number:x}");
    let work = 8_000_000 + noise.signed(2_000_000) + if broken { 30_000_000 } else { 0 };
    let failed = broken && noise.below(3) == 0;
    let status = if failed { SpanStatus::Error } else { SpanStatus::Ok };
    let error = [("error.message", "no berth left")];
    let attributes: &[(&str, &str)] = if failed { &error } else { &[] };
    let (root, child) = (format!("r{number}"), format!("c{number}"));
    let span = Span { trace: &trace, status, attributes, ..Span::default() };
    let ferry = Span {
        id: &child,
        parent: Some(&root),
        service: "ferry",
        name: "board",
        start: time + 1_000_000,
        duration: work,
        ..span
    };
    let quay = Span {
        id: &root,
        service: "quay",
        name: "GET /board",
        start: time,
        duration: work + 2_000_000,
        ..span
    };
    put(noise.below(1 << 40), Piece::Span(quay));
    put(noise.below(1 << 40), Piece::Span(ferry));
    let mut say = |message: &str, severity, service| {
        let record = LogRecord {
            time: time + noise.signed(5_000_000),
            service,
            severity,
            message,
            trace: Some(&trace),
            span: Some(if service == "ferry" { &child } else { &root }),
            attributes: &[],
        };
        put(noise.below(1 << 40), Piece::Log(record));
    };
    say(&format!("passenger {number} of 10.0.0.{} boards", number % 250), Severity::Info, "quay");
    if !broken || number.is_multiple_of(2) {
        say(&format!("ramp lowered in {} ms", number % 90), Severity::Info, "ferry");
    }
    if failed {
        let mut text = format!("passenger {number} refused: no berth left\n");
        writeln!(text, "\tat fleet.Ferry.board(Ferry.java:{})", 40 + number % 3).unwrap();
        say(&text, Severity::High, "ferry");
    }
    if number.is_multiple_of(7) {
        let entity = Entity::service(if number.is_multiple_of(2) { "ferry" } else { "quay" });
        let value =
            if broken && number.is_multiple_of(2) { 90.0 } else { 40.0 } + (number % 5) as f64;
        put(noise.below(1 << 40), Piece::Sample(entity, time, value));
    }
}

enum Piece<'a> {
    Span(Span<'a>),
    Log(LogRecord<'a>),
    Sample(Entity, i64, f64),
}

fn add(telemetry: &mut Telemetry, piece: &Piece<'_>) {
    match piece {
        Piece::Span(span) => telemetry.spans.push(span),
        Piece::Log(record) => telemetry.logs.push(record),
        Piece::Sample(entity, time, value) => {
            telemetry.metrics.push(entity, "berths_in_use", *time, *value);
        }
    }
}

/// The incident, dealt to shards at random: spans of one trace and lines of one span come apart.
fn dealt(requests: u64, shards: usize, seed: u64) -> Vec<Telemetry> {
    let mut dealt = vec![Telemetry::default(); shards];
    // Every other order runs backwards.
    let order = |at| if seed.is_multiple_of(2) { at } else { requests - 1 - at };
    for at in 0..requests {
        request(order(at), requests, |luck, piece| {
            let shard = Noise(luck ^ seed).below(shards as u64);
            add(&mut dealt[usize::try_from(shard).unwrap()], &piece);
        });
    }
    dealt
}

fn whole(requests: u64) -> Telemetry {
    let mut whole = dealt(requests, 1, 0).remove(0);
    whole.sort();
    whole
}

fn window() -> TimeRange {
    TimeRange::new(from_nanos(0), from_nanos(MINUTES * 60 * SECOND)).unwrap()
}

fn scope() -> Scope<'static> {
    Scope::new(window()).with_alarm(from_nanos(BROKEN + 5 * 60 * SECOND))
}

fn partial(telemetry: &Telemetry) -> Partial {
    let mut partial = Partial::within(window());
    partial.absorb(telemetry);
    partial
}

fn plus(a: &Partial, b: &Partial) -> Partial {
    let mut sum = a.clone();
    sum.merge(b);
    sum
}

fn bytes(partial: &Partial) -> Vec<u8> {
    partial.to_bytes().unwrap()
}

fn json(findings: &[Finding]) -> String {
    serde_json::to_string(findings).unwrap()
}

#[test]
fn the_incident_of_these_tests_shows_in_every_signal() {
    let found = detect(&whole(4_000), &scope());
    let has = |wanted: fn(&Finding) -> bool| assert!(found.iter().any(wanted), "{found:#?}");
    has(|f| matches!(f, Finding::MetricShift(s) if s.entity.name == "ferry"));
    has(
        |f| matches!(f, Finding::LogShift(s) if s.novel && s.severity == Severity::High && !s.frames.is_empty()),
    );
    has(|f| matches!(f, Finding::TraceShift(s) if s.error.as_deref() == Some("no berth left")));
    has(|f| matches!(f, Finding::Habit(_)));
    has(|f| matches!(f, Finding::CallEdge(e) if e.callee.name == "ferry"));
}

#[test]
fn a_reference_may_be_scanned_in_shards_too() {
    let (bad, normal) = (whole(900), whole(600));
    let scope = scope();
    let expected = detect(&bad, &scope.with_reference(&normal));
    let parts = dealt(600, 3, 5);
    let known = parts.iter().fold(Partial::default(), |mut all, part| {
        all.absorb(part);
        all
    });
    let found = partial(&bad).finish_against(&known, &scope);
    assert_eq!(json(&found), json(&expected));
    assert_eq!(json(&partial(&bad).finish(&scope.with_reference(&normal))), json(&expected));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn any_partition_in_any_order_gives_the_bytes_of_the_whole(
        requests in 1_u64..500,
        shards in 1_usize..6,
        seed in any::<u64>(),
    ) {
        let whole = whole(requests);
        let mut parts: Vec<Partial> = dealt(requests, shards, seed).iter().map(partial).collect();
        parts.sort_by_key(|part| part.to_bytes().unwrap().len() as u64 ^ (seed & 0xff));
        let all = parts.iter().fold(Partial::within(window()), |all, part| plus(&all, part));
        prop_assert_eq!(bytes(&all), bytes(&partial(&whole)));
        prop_assert_eq!(json(&all.finish(&scope())), json(&detect(&whole, &scope())));
    }

    #[test]
    fn adding_up_is_associative_and_commutative_and_nothing_adds_nothing(
        requests in 1_u64..400,
        seed in any::<u64>(),
    ) {
        let parts = dealt(requests, 3, seed);
        let [a, b, c] = [0, 1, 2].map(|at| partial(&parts[at]));
        let left = bytes(&plus(&plus(&a, &b), &c));
        prop_assert_eq!(&left, &bytes(&plus(&a, &plus(&b, &c))));
        prop_assert_eq!(&left, &bytes(&plus(&c, &plus(&b, &a))));
        let nothing = Partial::within(window());
        prop_assert_eq!(&bytes(&plus(&nothing, &a)), &bytes(&a));
        prop_assert_eq!(&bytes(&plus(&a, &nothing)), &bytes(&a));
    }

    #[test]
    fn a_state_survives_its_bytes(requests in 0_u64..400, seed in any::<u64>()) {
        let parts = dealt(requests.max(1), 2, seed);
        let [a, b] = [0, 1].map(|at| partial(&parts[at]));
        let read = Partial::from_bytes(&bytes(&a)).unwrap();
        prop_assert_eq!(bytes(&read), bytes(&a));
        prop_assert_eq!(bytes(&plus(&read, &b)), bytes(&plus(&a, &b)));
        prop_assert_eq!(json(&read.finish(&scope())), json(&a.finish(&scope())));
    }

    #[test]
    fn damaged_bytes_are_refused(
        at in any::<prop::sample::Index>(),
        flip in 1_u8..=255,
        junk in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let sound = bytes(&partial(&whole(40)));
        let at = at.index(sound.len());
        let mut damaged = sound.clone();
        damaged[at] ^= flip;
        for foreign in [&damaged[..], &sound[..at], &junk] {
            let error = Partial::from_bytes(foreign).unwrap_err();
            prop_assert_eq!(error.kind(), ErrorKind::Corrupt);
        }
    }
}

#[test]
fn a_newer_format_is_named_as_such() {
    let newer = rca_core::store::record::frame(99, b"whatever comes");
    let error = Partial::from_bytes(&newer).unwrap_err();
    assert!(matches!(error, Error::TooNew { found: 99, .. }), "{error}");
}

#[test]
fn one_two_and_eight_workers_scan_fifty_megabytes_to_the_same_bytes() {
    // Longer lines, so that there are fewer of them: the time goes by lines.
    const BYTES: usize = 50_000_000;
    let filler = "and on the quay the lamps were lit while the tide went out ".repeat(16);
    let mut telemetry = Telemetry::default();
    let mut size = 0;
    let mut noise = Noise(7);
    while size < BYTES {
        let time = noise.signed(MINUTES * 60 * SECOND);
        let statement = noise.below(if time < BROKEN { 30 } else { 33 });
        let message = format!("lamp {} of pier{statement} lit, {filler}", noise.below(9_000));
        size += message.len();
        let service = ["quay", "ferry", "tide"][usize::try_from(statement % 3).unwrap()];
        telemetry.logs.push(&LogRecord {
            time,
            service,
            message: &message,
            ..LogRecord::default()
        });
    }
    for minute in 0..MINUTES {
        let value = if minute < 20 { 5.0 } else { 50.0 } + (minute % 3) as f64;
        let frame: &mut MetricFrame = &mut telemetry.metrics;
        frame.push(&Entity::service("tide"), "height", minute * 60 * SECOND, value);
    }
    let whole = partial(&telemetry);
    let expected = json(&whole.finish(&scope()));
    assert!(expected.contains("log_shift") && expected.contains("metric_shift"), "{expected}");
    for workers in [1, 2, 8] {
        let scope = scope().with_workers(NonZero::new(workers).unwrap());
        assert!(json(&detect(&telemetry, &scope)) == expected, "{workers} workers");
    }
}
