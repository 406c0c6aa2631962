//! What is pulled is told to the facades of metrics and tracing, without bodies and credentials.

#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

use std::collections::BTreeMap;
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use metrics::{
    Counter, CounterFn, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use rca_core::connectors::source::{Checkpoint, Page, Source};
use rca_core::connectors::transport::{Fault, FaultKind};
use rca_core::connectors::{Observer, unobserved};
use rca_core::store::testing::made_up::{at, deploy};
use rca_core::time::ManualClock;
use rca_core::{PullOptions, Workspace};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};

/// Fails once, then gives one event.
struct Once(bool);

impl Source for Once {
    fn name(&self) -> &str {
        "ci"
    }

    fn pull(
        &mut self,
        _: Option<&Checkpoint>,
        _: DateTime<Utc>,
        _: Observer<'_>,
    ) -> Result<Page, Fault> {
        if !std::mem::replace(&mut self.0, true) {
            let address = "https://ada:secret@ci.example/runs?token=secret";
            return Err(Fault::new(FaultKind::Server, address, "answered 500"));
        }
        let mut page = Page::at(Checkpoint::new(&1));
        page.batch.events = vec![deploy(1)];
        Ok(page)
    }
}

fn pull() {
    let clock = ManualClock::at(at(0));
    let workspace = Workspace::builder().with_clock(clock).in_memory().unwrap();
    workspace.pull(&mut Once(false), &PullOptions::default(), &unobserved).unwrap();
}

type Counts = Arc<Mutex<BTreeMap<String, u64>>>;

/// Adds up counters.
#[derive(Default)]
struct Ledger(Counts);

struct Entry(String, Counts);

impl CounterFn for Entry {
    fn increment(&self, value: u64) {
        *self.1.lock().unwrap().entry(self.0.clone()).or_default() += value;
    }

    fn absolute(&self, _: u64) {}
}

impl Recorder for Ledger {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let labels: Vec<_> = key.labels().map(|l| format!("{}={}", l.key(), l.value())).collect();
        let name = format!("{} {}", key.name(), labels.join(","));
        Counter::from_arc(Arc::new(Entry(name, Arc::clone(&self.0))))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[test]
fn counters_go_up() {
    let ledger = Ledger::default();
    let counts = Arc::clone(&ledger.0);
    metrics::with_local_recorder(&ledger, pull);
    let counts = counts.lock().unwrap().clone();
    let of = |name: &str| counts.get(&format!("{name} source=ci")).copied();
    assert_eq!(of("rca_source_pages"), Some(1));
    assert_eq!(of("rca_source_events"), Some(1));
    assert_eq!(of("rca_source_faults"), Some(1));
    assert_eq!(of("rca_source_refused"), Some(0));
}

/// Writes events of the crate down.
#[derive(Clone, Default)]
struct Notebook(Arc<Mutex<String>>);

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

impl tracing::Subscriber for Notebook {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("rca_core")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut text = self.0.lock().unwrap();
        event.record(&mut Line(&mut text));
        text.push('\n');
    }

    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn a_failed_request_and_the_end_are_told_without_secrets() {
    let notebook = Notebook::default();
    tracing::subscriber::with_default(notebook.clone(), pull);
    let text = notebook.0.lock().unwrap().clone();
    assert!(text.contains("request failed") && text.contains("answered 500"), "{text}");
    assert!(text.contains("page stored") && text.contains("pull ended"), "{text}");
    assert!(text.contains("source=\"ci\"") && !text.contains("secret"), "{text}");
}
