//! Servers of the machine. A Prometheus scrapes itself on loopback, our client reads it back, and the series are those
//! of its JSON. OpenSSL is spoken to in each version of TLS.
//!
//! `./test formats` runs it and says where the programs are.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration as Time;

use chrono::{DateTime, Duration, Utc};
use rca_core::connectors::source::{Prometheus, Source};
use rca_core::connectors::transport::{FaultKind, HttpOptions, HttpTransport, Request, Transport};
use rca_core::connectors::{Limits, unobserved};
use rca_core::model::Entity;
use rca_core::signal::MetricFrame;
use rca_core::time::{Clock, SystemClock, TimeRange};

const RULES: &str = r#"
groups:
  - name: own
    interval: 1s
    rules:
      - alert: AlwaysOn
        expr: up == 1
        labels: {severity: critical, service: tower}
        annotations: {summary: it is up}
"#;

/// A server with a folder of its own; ended when dropped.
struct Tower {
    child: Child,
    url: String,
    http: Arc<HttpTransport>,
    _folder: tempfile::TempDir,
}

impl Drop for Tower {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn wait(time: Time) {
    let (_keep, never) = mpsc::channel::<()>();
    let _ = never.recv_timeout(time);
}

impl Tower {
    fn start() -> Self {
        let program = std::env::var_os("RCA_PROMETHEUS")
            .expect("RCA_PROMETHEUS is not set: run ./test formats, which finds the program");
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = format!(
            "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: [rules.yml]\n\
             scrape_configs:\n  - job_name: tower\n    static_configs: [{{targets: ['127.0.0.1:{port}']}}]\n"
        );
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("prometheus.yml"), config).unwrap();
        std::fs::write(at("rules.yml"), RULES).unwrap();
        let flag = |name: &str, path: &Path| format!("--{name}={}", path.display());
        let child = Command::new(program)
            .arg(flag("config.file", &at("prometheus.yml")))
            .arg(flag("storage.tsdb.path", &at("data")))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg("--log.level=error")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let http = Arc::new(HttpTransport::new(&Limits::default()).unwrap());
        Self { child, url: format!("http://127.0.0.1:{port}"), http, _folder: folder }
    }

    /// Waits until it has scraped itself so often, and its alert fires.
    fn settled(self, scrapes: usize) -> Self {
        for _ in 0..300 {
            let scraped = self.json("query", "count_over_time(up[5m])");
            let count = scraped["data"]["result"][0]["value"][1].as_str();
            let count = count.and_then(|count| count.parse::<usize>().ok()).unwrap_or(0);
            let firing = self.json("query", "count_over_time(ALERTS{alertstate=\"firing\"}[5m])");
            if count >= scrapes && !firing["data"]["result"][0].is_null() {
                return self;
            }
            wait(Time::from_millis(200));
        }
        panic!("it did not scrape itself {scrapes} times within a minute");
    }

    /// What it answers itself; null while it does not.
    fn json(&self, what: &str, query: &str) -> serde_json::Value {
        let encoded: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let url = format!("{}/api/v1/{what}?query={encoded}", self.url);
        self.http.send(&Request::get(url), &unobserved).map_or(serde_json::Value::Null, |answer| {
            serde_json::from_slice(answer.body()).unwrap_or_default()
        })
    }

    fn client(&self) -> Prometheus {
        Prometheus::new(self.url.as_str(), Arc::clone(&self.http) as Arc<dyn Transport>)
            .with_step(Duration::seconds(1))
            .with_delay(Duration::seconds(2))
    }

    /// One series as the server itself gives it: seconds and values.
    fn series(&self, metric: &str, from: i64, until: i64) -> Vec<(i64, f64)> {
        let url = format!(
            "{}/api/v1/query_range?query={metric}&start={from}&end={until}&step=1",
            self.url
        );
        let answer = self.http.send(&Request::get(url), &unobserved).unwrap();
        let value: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
        let values = value["data"]["result"][0]["values"].as_array().unwrap();
        let sample = |v: &serde_json::Value| {
            (v[0].as_i64().unwrap(), v[1].as_str().unwrap().parse().unwrap())
        };
        values.iter().map(sample).collect()
    }
}

/// Samples by metric without its labels, of the server's own series.
fn read(frame: &MetricFrame, metric: &str) -> Vec<(i64, f64)> {
    let found = frame
        .iter()
        .find(|(_, name, _)| *name == metric || name.starts_with(&format!("{metric}{{")));
    let (entity, _, series) = found.unwrap_or_else(|| panic!("no {metric}"));
    assert_eq!(entity, &Entity::service("tower"));
    let seconds = series.times.iter().map(|time| time / 1_000_000_000);
    seconds.zip(series.values.iter().copied()).collect()
}

#[test]
#[ignore = "needs a Prometheus server, which ./test formats finds"]
fn what_a_prometheus_server_says_of_itself_is_what_is_read() {
    let tower = Tower::start().settled(8);
    let now: DateTime<Utc> = SystemClock.now();
    let gauge = "prometheus_tsdb_head_series";
    let counter = "prometheus_tsdb_head_samples_appended_total";

    // More seconds than one answer may have points, most of them from before there was anything.
    let start = now - Duration::seconds(25_000);
    let mut client = tower.client().with_start(start);
    for name in [gauge, counter] {
        client = client.with_query(name, name).unwrap();
    }
    let (mut from, mut frame, mut events, mut pulls) =
        (None, MetricFrame::default(), Vec::new(), 0);
    loop {
        let page = client.pull(from.as_ref(), now, &unobserved).unwrap();
        assert_eq!(page.batch.report.refused(), 0, "{}", page.batch.report);
        for (entity, metric, series) in page.batch.telemetry.metrics.iter() {
            let samples = series.times.iter().copied().zip(series.values.iter().copied());
            frame.append(entity, metric, samples);
        }
        events.extend(page.batch.events);
        (from, pulls) = (Some(page.checkpoint), pulls + 1);
        if !page.more {
            break;
        }
    }
    assert_eq!(pulls, 2 * 3 + 1, "three chunks of each query, then the alerts");

    let last = (now - Duration::seconds(2)).timestamp();
    let levels = tower.series(gauge, last - 600, last);
    assert!(levels.len() >= 5, "{levels:?}");
    assert_eq!(read(&frame, gauge), levels);
    let totals = tower.series(counter, last - 600, last);
    let rates: BTreeMap<i64, f64> = totals
        .windows(2)
        .map(|pair| (pair[1].0, (pair[1].1 - pair[0].1) / (pair[1].0 - pair[0].0) as f64))
        .collect();
    assert_eq!(read(&frame, counter).into_iter().collect::<BTreeMap<_, _>>(), rates);
    assert!(rates.values().any(|rate| *rate > 0.0), "{rates:?}");

    let [alert] = &events[..] else { panic!("{events:?}") };
    assert_eq!(
        (alert.title(), alert.entity()),
        ("AlwaysOn: it is up", Some(&Entity::service("tower")))
    );
    let again = client.alerts(SystemClock.now(), &unobserved).unwrap();
    assert_eq!(again.events[0].id(), alert.id(), "one alert however often it is asked for");
}

#[test]
#[ignore = "needs a Prometheus server, which ./test formats finds"]
fn a_prometheus_server_refuses_what_we_say_it_refuses() {
    let tower = Tower::start().settled(3);
    let now = SystemClock.now();
    let client = tower.client();
    let fault = client.query("x", "sum(", now, now, &unobserved).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Malformed);
    assert!(fault.what().contains("parse error"), "{fault}");

    // That is why ranges are cut; it counts steps, so one point more than it says would still do.
    let end = now.timestamp();
    for (points, status) in [(11_000, 200), (11_002, 400)] {
        let start = end - points + 1;
        let url =
            format!("{}/api/v1/query_range?query=up&start={start}&end={end}&step=1", tower.url);
        let answer = tower.http.send(&Request::get(url), &unobserved).unwrap();
        assert_eq!(answer.status(), status, "{points} points");
    }
    let range = TimeRange::new(now - Duration::seconds(12_000), now).unwrap();
    let whole = tower.client().query_range("up", "up", range, now, &unobserved).unwrap();
    assert!(read(&whole.telemetry.metrics, "up").iter().all(|(_, up)| *up == 1.0));

    // A form, for an expression that is too long for an address.
    let long = format!("up{{job=~\"tower|{}\"}}", "x".repeat(5_000));
    let batch = client.query("up", &long, now, now, &unobserved).unwrap();
    assert_eq!(read(&batch.telemetry.metrics, "up")[0].1, 1.0);
}

/// Ends a program when dropped.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
#[ignore = "needs openssl, which ./test formats finds"]
fn openssl_understands_our_tls_in_each_version() {
    let program = std::env::var_os("RCA_OPENSSL")
        .expect("RCA_OPENSSL is not set: run ./test formats, which finds the program");
    let at = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls").join(name);
    let authority = std::fs::read(at("authority.pem")).unwrap();
    let options = HttpOptions::default().with_authorities(&authority).unwrap();
    let http = HttpTransport::with_options(&Limits::default(), options).unwrap();
    for (flag, version) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Command::new(&program)
            .args(["s_server", "-www", "-quiet", flag, "-accept", &format!("127.0.0.1:{port}")])
            .arg("-cert")
            .arg(at("server.pem"))
            .arg("-key")
            .arg(at("server.key"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let _server = Ended(server);
        let request = Request::get(format!("https://localhost:{port}/"));
        let mut answer = http.send(&request, &unobserved);
        for _ in 0..100 {
            if answer.is_ok() {
                break;
            }
            wait(Time::from_millis(100));
            answer = http.send(&request, &unobserved);
        }
        let body = String::from_utf8_lossy(answer.unwrap().body()).into_owned();
        assert!(body.contains(version), "{body}");
    }
}
