//! Only the ranking: no store, no files, no clock. Events and samples in, causes out.
//!
//! `cargo run --example analyze_in_memory`

#![allow(clippy::print_stdout, reason = "that is what an example is for")]

use rca_core::model::{Entity, Event, Severity, Source, attribute};
use rca_core::report::{self, Style, View};
use rca_core::signal::Telemetry;
use rca_core::time::from_nanos;
use rca_core::{Incident, Result, analyze};

/// Lowers a limit; the deploy twenty minutes later brings it to the service.
const DIFF: &str = "\
diff --git a/ledger/settings.toml b/ledger/settings.toml
--- a/ledger/settings.toml
+++ b/ledger/settings.toml
@@ -1,3 +1,3 @@
 [db]
-pool_max_connections = 40
+pool_max_connections = 4
";

fn main() -> Result<()> {
    let sha = "4f1c0de94f1c0de94f1c0de94f1c0de94f1c0de9";
    let commit = Event::builder(minute(10), Source::Git, "commit", "tidy the settings of ledger")
        .with_attribute(attribute::COMMIT, sha)
        .with_attribute(attribute::FILES, vec!["ledger/settings.toml"])
        .with_attribute(attribute::DIFF, DIFF)
        .build()?;
    let deploy = Event::builder(minute(30), Source::Deploy, "deploy", "ledger v7")
        .with_service("ledger")
        .with_attribute(attribute::COMMIT, sha)
        .with_attribute(attribute::VERSION, "v7")
        .build()?;
    let alert = Event::builder(minute(40), Source::Alert, "alert", "ledger answers too late")
        .with_service("ledger")
        .with_severity(Severity::Critical)
        .with_attribute(attribute::METRIC, "latency_p99_ms")
        .build()?;
    let events = [commit, deploy, alert];

    let ledger = Entity::service("ledger");
    let mut telemetry = Telemetry::default();
    for step in 0..180 {
        // A sample each 20 seconds; connections become scarce with the deploy, then calls wait.
        let (time, after) = (20 * step, step > 92);
        let wobble = f64::from(u8::try_from(step % 5).unwrap_or_default());
        let (waiting, latency) = if after { (30.0, 900.0) } else { (0.0, 40.0) };
        let at = (1_700_000_000 + time) * 1_000_000_000;
        telemetry.metrics.push(&ledger, "db_pool_waiting", at, waiting + wobble);
        telemetry.metrics.push(&ledger, "latency_p99_ms", at, latency + wobble);
    }

    let analysis = analyze(&Incident::new(&events, &telemetry));
    print!("{}", report::terminal(&View::of(&analysis), Style::Plain, 100));
    if let Some(cause) = analysis.top_cause() {
        println!("\n{} is {:?} by {:?}", cause.probability, cause.kind, cause.mechanism);
    }
    Ok(())
}

fn minute(minute: i64) -> chrono::DateTime<chrono::Utc> {
    from_nanos((1_700_000_000 + minute * 60) * 1_000_000_000)
}
