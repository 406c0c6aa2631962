//! Tests of the server as a source, against one in memory.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Duration, Utc};
use proptest::prelude::*;
use serde_json::json;

use super::client::Prometheus;
use crate::connectors::source::{Checkpoint, Source};
use crate::connectors::transport::{Fault, FaultKind, Request, Response, Secret, Transport};
use crate::connectors::{Observer, unobserved};
use crate::model::Entity;
use crate::signal::MetricFrame;
use crate::time::{TimeRange, nanos};

/// A server with two series: `orders_total`, which grows by 2 a second, and `queue`, which is the moment modulo 97.
#[derive(Default)]
struct Tower {
    /// More samples than this in one answer are too long for us.
    longest: Option<i64>,
    instead: Option<Response>,
    asked: Vec<(String, String)>,
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Tower>>);

impl Transport for Shared {
    fn send(&self, request: &Request, _: Observer<'_>) -> Result<Response, Fault> {
        let mut tower = self.0.lock().unwrap();
        let (url, query) = request.url().split_once('?').unwrap_or((request.url(), ""));
        let body = String::from_utf8(request.body().to_vec()).unwrap();
        let query = if body.is_empty() { query.to_owned() } else { body };
        tower.asked.push((url.to_owned(), query.clone()));
        if let Some(instead) = &tower.instead {
            return Ok(instead.clone());
        }
        let number = |name: &str| -> i64 {
            let found = query.split('&').find_map(|p| p.strip_prefix(name)?.strip_prefix('='));
            found.unwrap().split("%2E").next().unwrap().parse().unwrap()
        };
        let series = |times: &[i64]| {
            let orders: Vec<_> = times.iter().map(|t| json!([t, (2 * t).to_string()])).collect();
            let queue: Vec<_> = times.iter().map(|t| json!([t, (t % 97).to_string()])).collect();
            let labels = |name| json!({"__name__": name, "service": "till"});
            json!([{"metric": labels("orders_total"), "values": orders},
                {"metric": labels("queue"), "values": queue}])
        };
        let result = match url.rsplit('/').next().unwrap() {
            "alerts" => {
                let alert = json!({"labels": {"alertname": "TillSlow"}, "annotations": {}, "state": "firing",
                    "activeAt": "2026-05-04T09:00:00Z", "value": "1"});
                return Ok(answered(json!({"alerts": [alert]})));
            }
            "query" => series(&[number("time")]),
            _ => {
                let (start, end, step) = (number("start"), number("end"), number("step"));
                let times: Vec<i64> =
                    (0..).map(|n| start + n * step).take_while(|t| *t <= end).collect();
                if times.len() > 11_000 {
                    let why = json!({"status": "error", "error": "exceeded maximum resolution"});
                    return Ok(Response::new(400, why.to_string()));
                }
                if tower.longest.is_some_and(|longest| times.len() as i64 > longest) {
                    return Err(Fault::new(
                        FaultKind::TooLarge,
                        request.url(),
                        "longer than it may be",
                    ));
                }
                series(&times)
            }
        };
        Ok(answered(json!({"resultType": "matrix", "result": result})))
    }
}

fn answered(data: serde_json::Value) -> Response {
    Response::new(200, json!({"status": "success", "data": data}).to_string())
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_777_885_200 + seconds, 0).unwrap()
}

fn client(tower: &Shared, step: i64) -> Prometheus {
    Prometheus::new("http://tower:9090/", Arc::new(tower.clone()))
        .with_step(Duration::seconds(step))
        .with_delay(Duration::zero())
        .with_start(at(0))
        .with_query("all", "{job=\"till\"}")
        .unwrap()
}

/// Pulls until there is nothing more, each page twice.
fn drain(
    client: &mut Prometheus,
    from: &mut Option<Checkpoint>,
    now: DateTime<Utc>,
    into: &mut MetricFrame,
) {
    // Each page brings a point at least, and no test waits for more than these.
    for _ in 0..20_001 {
        let twin = client.clone().pull(from.as_ref(), now, &unobserved).unwrap();
        let page = client.pull(from.as_ref(), now, &unobserved).unwrap();
        assert_eq!(twin.checkpoint, page.checkpoint);
        assert_eq!(twin.batch.telemetry.metrics, page.batch.telemetry.metrics);
        for (entity, metric, series) in page.batch.telemetry.metrics.iter() {
            let samples = series.times.iter().copied().zip(series.values.iter().copied());
            into.append(entity, metric, samples);
        }
        *from = Some(page.checkpoint);
        if !page.more {
            assert_eq!(page.batch.events[0].title(), "TillSlow");
            return;
        }
    }
    panic!("it never ends");
}

/// Both series from one moment to another: every point once, the counter as its rate.
fn check(frame: &MetricFrame, last: i64, step: i64) {
    let points = usize::try_from(last / step + 1).unwrap();
    let till = Entity::service("till");
    for metric in ["orders_total", "queue"] {
        let series = frame.get(&till, metric).unwrap();
        assert_eq!(series.times.len(), points, "{metric}");
        for (index, (time, value)) in series.times.iter().zip(&series.values).enumerate() {
            let seconds = at(i64::try_from(index).unwrap() * step);
            assert_eq!(*time, nanos(seconds));
            let level = (seconds.timestamp() % 97) as f64;
            assert_eq!(*value, if metric == "queue" { level } else { 2.0 });
        }
    }
}

#[test]
fn a_range_longer_than_an_answer_is_read_in_parts_and_every_point_is_there_once() {
    let tower = Shared::default();
    let mut client = client(&tower, 1);
    let range = TimeRange::new(at(0), at(30_000)).unwrap();
    let batch = client.query_range("all", "x", range, at(30_000), &unobserved).unwrap();
    check(&batch.telemetry.metrics, 30_000, 1);
    assert_eq!(tower.0.lock().unwrap().asked.len(), 3);

    let mut frame = MetricFrame::default();
    drain(&mut client, &mut None, at(30_000), &mut frame);
    check(&frame, 30_000, 1);
}

#[test]
fn an_answer_that_is_too_long_is_asked_for_in_halves() {
    let tower = Shared::default();
    tower.0.lock().unwrap().longest = Some(700);
    let mut client = client(&tower, 5);
    let mut frame = MetricFrame::default();
    drain(&mut client, &mut None, at(20_000), &mut frame);
    check(&frame, 20_000, 5);

    tower.0.lock().unwrap().longest = Some(0);
    let fault = client.pull(None, at(20_000), &unobserved).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::TooLarge, "one point is as little as there is");
}

#[test]
fn a_moment_and_the_alerts_can_be_asked_for_alone() {
    let tower = Shared::default();
    let client = client(&tower, 1).with_bearer(Secret::new("token"));
    let batch = client.query("queue", "queue", at(5), at(5), &unobserved).unwrap();
    assert_eq!(batch.telemetry.metrics.points(), 1, "one reading of a counter is no rate");
    assert_eq!(client.alerts(at(5), &unobserved).unwrap().events.len(), 1);
    let long = "x".repeat(5_000);
    client.query("queue", &long, at(5), at(5), &unobserved).unwrap();
    let asked = &tower.0.lock().unwrap().asked;
    assert_eq!(asked[0].0, "http://tower:9090/api/v1/query");
    assert!(asked[2].1.contains(&long), "sent as a form");
    assert!(!format!("{client:?}").contains("token"));
}

#[test]
fn answers_that_are_none_say_what_to_do() {
    let tower = Shared::default();
    for (answer, kind) in [
        (Response::new(200, "<html>log in</html>"), FaultKind::Unexpected),
        (Response::new(200, "[]"), FaultKind::Unexpected),
        (Response::new(200, r#"{"status": "error", "error": "?"}"#), FaultKind::Unexpected),
        (Response::new(401, ""), FaultKind::Credentials),
        (Response::new(503, ""), FaultKind::Server),
        (
            Response::new(400, r#"{"status": "error", "error": "parse error"}"#),
            FaultKind::Malformed,
        ),
    ] {
        tower.0.lock().unwrap().instead = Some(answer);
        let fault = client(&tower, 1).pull(None, at(60), &unobserved).unwrap_err();
        assert_eq!(fault.kind(), kind, "{fault}");
    }
    let refused = client(&tower, 1).pull(None, at(60), &unobserved).unwrap_err();
    assert!(refused.what().contains("parse error"), "{refused}");
    assert!(client(&tower, 1).with_query("all", "y").is_err());
    assert!(client(&tower, 1).with_query("a b", "y").is_err());
}

#[test]
fn a_partial_answer_says_so_in_the_report() {
    let tower = Shared::default();
    let body = json!({"status": "success", "warnings": ["store 2 is away"],
        "data": {"resultType": "vector", "result": []}});
    tower.0.lock().unwrap().instead = Some(Response::new(200, body.to_string()));
    let batch = client(&tower, 1).query("q", "x", at(0), at(0), &unobserved).unwrap();
    assert!(batch.report.to_string().contains("the server warns: store 2 is away"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn polled_at_any_times_every_point_comes_once(
        step in 1_i64..40,
        pauses in prop::collection::vec(1_i64..4_000, 1..6),
        longest in 2_i64..400,
    ) {
        let tower = Shared::default();
        tower.0.lock().unwrap().longest = Some(longest);
        let mut polled = client(&tower, step).with_start(at(0) - Duration::seconds(at(0).timestamp() % step));
        let (mut from, mut frame, mut now) = (None, MetricFrame::default(), 0);
        for pause in pauses {
            now += pause;
            drain(&mut polled, &mut from, at(now), &mut frame);
        }
        let range = TimeRange::new(at(0) - Duration::seconds(at(0).timestamp() % step), at(now)).unwrap();
        let mut whole = client(&tower, step);
        let batch = whole.query_range("all", "x", range, at(now), &unobserved).unwrap();
        prop_assert_eq!(frame, batch.telemetry.metrics);
    }
}
