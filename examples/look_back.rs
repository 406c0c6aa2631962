//! Learns from past investigations: how long they took, what comes back, and which one today's resembles.
//!
//! `cargo run --example look_back`; with charts: `cargo run --example look_back -- --svg FOLDER`.

#![allow(clippy::print_stdout, reason = "that is what an example is for")]

use std::path::Path;

use chrono::{DateTime, Duration, Utc};
use rca_core::analytics::{By, ByEntity, CaseFilter, Figure, Measure, Period};
use rca_core::connectors::Batch;
use rca_core::linker::CorrelationRules;
use rca_core::model::{Entity, Event, InvestigationId, Severity, Source, Status, attribute};
use rca_core::signal::{LogRecord, Telemetry};
use rca_core::time::{Clock, ManualClock, TimeRange, from_nanos, nanos};
use rca_core::{Result, Workspace};

fn main() -> Result<()> {
    let clock = ManualClock::at(from_nanos(1_767_603_600_000_000_000));
    let workspace = Workspace::builder().with_clock(clock.clone()).in_memory()?;
    let begin = clock.now();

    // Two months: the pool of ledger runs dry, then web has other trouble every week, then ledger again.
    let trouble =
        [("ledger", 'a'), ("web", 'b'), ("web", 'c'), ("web", 'd'), ("web", 'e'), ("ledger", 'f')];
    let mut last = None;
    for (weeks, (service, letter)) in (0..).zip(trouble) {
        let hour = begin + Duration::weeks(weeks);
        clock.advance(hour + Duration::hours(1) - clock.now());
        let case = workspace.investigate_batch(incident(service, letter, hour)?)?.investigation;
        if letter != 'f' {
            close(&workspace, &clock, case.id(), service)?;
        }
        last = Some(case.id());
    }
    let Some(today) = last else { return Ok(()) };

    println!("today: {}\n", workspace.investigation(today)?.title());
    for kin in workspace.similar(today, 2)? {
        println!("{:.2} like {} of {}", kin.score.value(), kin.title, kin.detected_at.date_naive());
        for found in &kin.resemblances {
            println!("     {:.2} {}", found.score.value(), found.detail);
        }
        println!("     it was: {}", kin.fix.root_cause.as_deref().unwrap_or("not written down"));
        println!(
            "     then helped: {}",
            kin.fix.remediation.as_deref().unwrap_or("not written down")
        );
    }
    println!();

    let all = CaseFilter::default();
    let month = Duration::days(60);
    let figures: [(&str, Box<dyn Figure>); 5] = [
        ("mttr", Box::new(workspace.durations(Measure::Resolve, &[By::Service], &all)?)),
        ("mechanisms", Box::new(workspace.tally(&[By::Mechanism], &all)?.most_frequent_first())),
        ("timeline", Box::new(workspace.timeline(Period::Week, &all)?)),
        ("failures", Box::new(workspace.change_failures(None, ByEntity::Yes, None)?)),
        ("recurrence", Box::new(workspace.recurrence(month, &all)?)),
    ];
    for (_, figure) in &figures {
        println!("{}", figure.table().to_markdown());
    }
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, flag, folder] = &arguments[..]
        && flag == "--svg"
    {
        for (name, figure) in &figures {
            let path = Path::new(folder).join(format!("{name}.svg"));
            std::fs::write(&path, figure.chart().to_svg())
                .map_err(|error| rca_core::Error::io("write", &path, error))?;
            println!("wrote {}", path.display());
        }
    }

    // What would a rule of our own have seen in these two months? Nothing is written.
    let mut configuration = workspace.configuration();
    configuration.rules = CorrelationRules::from_toml(
        "[[rule]]\nname = 'alert'\nwhen = { source = 'alert' }\nsame = ['entity']\nwithin = '30m'\neffect = 'incident'\n\
         [[rule]]\nname = 'disk'\nwhen = { title_contains = 'disk' }\nwithin = '1h'\n",
    )?;
    let replayed = workspace.replay(TimeRange::new(begin, clock.now())?, &configuration)?;
    println!("replay: {} of 6 investigations the same", replayed.unchanged);
    for rule in &replayed.rules {
        println!("  {}", rule.in_words());
    }
    Ok(())
}

/// An hour in which a deploy brings a smaller limit; connections of ledger run out, or calls of web time out.
fn incident(service: &str, letter: char, start: DateTime<Utc>) -> Result<Batch> {
    let sha: String = std::iter::repeat_n(['0', letter], 20).flatten().collect();
    let (setting, line, metric) = match service {
        "ledger" => {
            ("pool_max_connections", "no connection from the pool within # ms", "db_pool_waiting")
        }
        _ => (
            "upstream_timeout_ms",
            "upstream did not answer, attempt # given up",
            "upstream_timeouts",
        ),
    };
    let diff = format!(
        "diff --git a/{service}/settings.toml b/{service}/settings.toml\n--- a/{service}/settings.toml\n\
         +++ b/{service}/settings.toml\n@@ -1,2 +1,2 @@\n [limits]\n-{setting} = 4000\n+{setting} = 40\n"
    );
    let minute = |minute| start + Duration::minutes(minute);
    let events = vec![
        Event::builder(minute(10), Source::Git, "commit", "tidy the settings")
            .with_source_id(sha.as_str())
            .with_attribute(attribute::COMMIT, sha.as_str())
            .with_attribute(attribute::FILES, vec![format!("{service}/settings.toml")])
            .with_attribute(attribute::DIFF, diff)
            .build()?,
        Event::builder(minute(30), Source::Deploy, "deploy", &format!("{service} goes out"))
            .with_service(service)
            .with_source_id(format!("deploy-{sha}"))
            .with_attribute(attribute::COMMIT, sha.as_str())
            .build()?,
        Event::builder(minute(40), Source::Alert, "alert", &format!("{service} answers too late"))
            .with_service(service)
            .with_severity(Severity::Critical)
            .build()?,
    ];
    let mut telemetry = Telemetry::default();
    let entity = Entity::service(service);
    for step in 0..180_i64 {
        let time = nanos(start + Duration::seconds(20 * step));
        let (harm, wobble) = (step > 93, (step % 5) as f64 / 10.0);
        telemetry.metrics.push(&entity, metric, time, if harm { 30.0 } else { 0.0 } + wobble);
        let mut log = |severity, message: &str| {
            let record = LogRecord { time, service, severity, message, ..LogRecord::default() };
            telemetry.logs.push(&record);
        };
        log(Severity::Info, &format!("order {} booked", 1000 + step));
        if harm {
            log(Severity::High, &line.replace('#', &step.to_string()));
        }
    }
    Ok(Batch { events, telemetry, ..Batch::default() })
}

/// Somebody takes it up, repairs it and writes down what it was.
fn close(
    workspace: &Workspace,
    clock: &ManualClock,
    id: InvestigationId,
    service: &str,
) -> Result<()> {
    clock.advance(Duration::minutes(5));
    workspace.set_status(id, Status::InProgress)?;
    clock.advance(Duration::minutes(if service == "ledger" { 90 } else { 25 }));
    workspace.update_investigation(id, |case| {
        case.set_root_cause(Some(format!(
            "a limit of {service} was a hundredth of what it had been"
        )))?;
        case.set_remediation(Some("the old limit, and a check of limits in review".to_owned()))
    })?;
    workspace.set_status(id, Status::Resolved)?;
    Ok(())
}
