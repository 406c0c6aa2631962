//! A source of your own, and what it gets for free: tries and pauses, checkpoints, and a queue for what can't be read.
//!
//! `cargo run --example pull`. Nothing goes over a network: the service is a list in memory that fails now and then.

#![allow(clippy::print_stdout, reason = "that is what an example is for")]

use chrono::{DateTime, Utc};
use rca_core::connectors::source::{Checkpoint, Page, Raw, Source};
use rca_core::connectors::transport::{Fault, FaultKind};
use rca_core::connectors::{Format, Limits, Observer, read, unobserved};
use rca_core::store::LetterFilter;
use rca_core::time::{ManualClock, from_nanos};
use rca_core::{PullEnd, PullOptions, PullReport, Result, Workspace};

fn main() -> Result<()> {
    // With this clock pauses take no time. Leave it out to wait in earnest.
    let clock = ManualClock::at(from_nanos(1_777_885_200_000_000_000));
    let workspace = Workspace::builder().with_clock(clock.clone()).in_memory()?;

    let mut notes = Notes { requests: 0 };
    let options = PullOptions::default();
    tell(&workspace.pull(&mut notes, &options, &unobserved)?);

    println!("\nsomebody renews the key");
    workspace.reset_source("notes")?;
    tell(&workspace.pull(&mut notes, &options, &unobserved)?);

    let letters = workspace.dead_letters().list(&LetterFilter::default())?;
    println!("\nstill to be read: {}", letters.len());
    for letter in &letters {
        println!("  {} from {}, {}: {}", letter.id, letter.source, letter.place, letter.reason);
    }
    // It is a log line, no note: read as one, it says what it has to say.
    let all = LetterFilter::default();
    let replayed =
        workspace.dead_letters().replay(&all, Some(Format::named("text-log")?), &unobserved)?;
    println!("read again: {}", replayed.settled.len());

    let status = workspace.status()?;
    for source in &status.sources {
        let counts = source.counts;
        println!("\n{}: {:?}, {:?}", source.name, source.standing, source.breaker);
        println!("  {} requests, {} of them failed", counts.requests, counts.faults);
    }
    Ok(())
}

fn tell(report: &PullReport) {
    let pages = if report.pages == 1 { "page" } else { "pages" };
    println!(
        "{}: {} {pages}, {} new events, {} tried again, {} not readable, waited {} ms",
        report.source,
        report.pages,
        report.accepted,
        report.retries,
        report.refused,
        report.waited.num_milliseconds(),
    );
    match &report.end {
        PullEnd::CaughtUp => println!("  that is all for now"),
        PullEnd::NeedsHuman(fault) => println!("  needs somebody: {fault}"),
        end => println!("  ended: {end:?}"),
    }
}

/// What a service would answer, page by page.
const PAGES: [&str; 3] = [
    r#"{"note": "pool is full", "time": "2026-05-04T08:50:00Z"}
       {"note": "pier 7 restarted", "time": "2026-05-04T08:52:00Z"}"#,
    r#"{"note": "pool is full again", "time": "2026-05-04T08:55:00Z"}
       {"note": "pier 8 restarted", "time": "2026-05-04T08:56:00Z"}"#,
    r#"{"note": "pool doubled", "time": "2026-05-04T08:58:00Z"}
       {"note": "quiet", "time": "2026-05-04T08:59:00Z"}
       {"time": "2026-05-04T08:59:30Z", "level": "warn", "msg": "pool at 80 percent"}"#,
];

/// Notes of a service. Its second request finds it busy, its fourth comes with a key that ran out.
struct Notes {
    requests: u32,
}

impl Source for Notes {
    fn name(&self) -> &str {
        "notes"
    }

    fn pull(
        &mut self,
        from: Option<&Checkpoint>,
        _now: DateTime<Utc>,
        observer: Observer<'_>,
    ) -> Result<Page, Fault> {
        let address = "https://notes.example/api";
        self.requests += 1;
        match self.requests {
            2 => return Err(Fault::new(FaultKind::Server, address, "answered 503")),
            4 => return Err(Fault::new(FaultKind::Credentials, address, "answered 401")),
            _ => {}
        }
        let page: usize = from.and_then(|from| from.read().ok()).unwrap_or_default();
        let body = PAGES.get(page).copied().unwrap_or_default();
        let label = format!("page {page}");
        let unexpected =
            |error: rca_core::Error| Fault::new(FaultKind::Unexpected, address, error.to_string());
        let format = Format::named("notes").map_err(unexpected)?;
        let batch = read(&label, &mut body.as_bytes(), Some(format), &Limits::default(), observer)
            .map_err(unexpected)?;
        let raw = vec![Raw { label, format: format.name, body: body.as_bytes().to_vec() }];
        let next = (page + 1).min(PAGES.len());
        Ok(Page { batch, raw, checkpoint: Checkpoint::new(&next), more: next < PAGES.len() })
    }
}
