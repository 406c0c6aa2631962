//! Pulls a Prometheus server and a repository on GitHub into a workspace, then says what broke.
//!
//! ```sh
//! cargo run --example fetch --features http -- --workspace case \
//!     --prometheus http://127.0.0.1:9090 --query 'errors=sum by (job) (rate(http_requests_total{code=~"5.."}[1m]))' \
//!     --github shop/till
//! ```
//!
//! Tokens come from the environment: `GITHUB_TOKEN`, `PROMETHEUS_TOKEN`. Run it again and it goes on where it was.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "that is what an example is for")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use clap::Parser;
use rca_core::connectors::source::{GitHub, Prometheus, Source};
use rca_core::connectors::transport::{HttpTransport, Secret};
use rca_core::connectors::{Limits, unobserved};
use rca_core::report::{self, Style, View};
use rca_core::signal::Telemetry;
use rca_core::time::{Clock, SystemClock, TimeRange};
use rca_core::{PullOptions, Result, Workspace};

/// Pulls a Prometheus server and a repository on GitHub into a workspace, then says what broke.
#[derive(Debug, Parser)]
struct Arguments {
    /// The workspace's folder (made if missing)
    #[arg(long, value_name = "DIR")]
    workspace: PathBuf,
    /// Address of a Prometheus server; its alerts are read, and each --query
    #[arg(long, value_name = "URL")]
    prometheus: Option<String>,
    /// An expression to read, and what its series are called
    #[arg(long, value_name = "NAME=EXPRESSION")]
    query: Vec<String>,
    /// How far points lie apart, in seconds
    #[arg(long, default_value_t = 15)]
    step: i64,
    /// A repository on GitHub
    #[arg(long, value_name = "OWNER/NAME")]
    github: Option<String>,
    /// The API of a GitHub server of one's own
    #[arg(long, value_name = "URL")]
    github_server: Option<String>,
    /// How far back to look for what broke
    #[arg(long, default_value_t = 60)]
    minutes: i64,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(answer) => {
            println!("\n{answer}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<String> {
    let workspace = Workspace::open(&arguments.workspace)?;
    let now = SystemClock.now();
    let start = now - Duration::minutes(arguments.minutes);
    let mut telemetry = Vec::new();
    for source in &mut sources(arguments, start)? {
        telemetry.extend(pull(&workspace, source.as_mut())?);
    }
    let case = workspace.investigate("what broke", TimeRange::new(start, now)?)?;
    for batch in &telemetry {
        workspace.observe(case.id(), batch)?;
    }
    let analysis = workspace.analyze(case.id())?;
    Ok(report::terminal(&View::of(&analysis), Style::Plain, 100))
}

fn sources(arguments: &Arguments, start: DateTime<Utc>) -> Result<Vec<Box<dyn Source>>> {
    let http = Arc::new(HttpTransport::new(&Limits::default())?);
    let token = |name: &str| std::env::var(name).ok().map(Secret::new);
    let mut sources: Vec<Box<dyn Source>> = Vec::new();
    if let Some(repository) = &arguments.github {
        let mut github = GitHub::new(repository, http.clone())?;
        if let Some(server) = &arguments.github_server {
            github = github.with_server(server);
        }
        if let Some(token) = token("GITHUB_TOKEN") {
            github = github.with_token(&token);
        }
        sources.push(Box::new(github));
    }
    if let Some(url) = &arguments.prometheus {
        let step = Duration::seconds(arguments.step);
        let mut prometheus = Prometheus::new(url, http).with_step(step).with_start(start);
        if let Some(token) = token("PROMETHEUS_TOKEN") {
            prometheus = prometheus.with_bearer(token);
        }
        for query in &arguments.query {
            let (name, expression) = query.split_once('=').unwrap_or((query, query));
            prometheus = prometheus.with_query(name, expression)?;
        }
        sources.push(Box::new(prometheus));
    }
    Ok(sources)
}

/// Pulls all there is. Retries, pauses and the checkpoint are the workspace's affair.
fn pull(workspace: &Workspace, source: &mut dyn Source) -> Result<Vec<Telemetry>> {
    let pulled = workspace.pull(source, &PullOptions::default(), &unobserved)?.into_result()?;
    let samples: usize = pulled.telemetry.iter().map(|batch| batch.metrics.points()).sum();
    println!(
        "{}: {} pages, {} new events, {samples} samples, {} records refused",
        pulled.source, pulled.pages, pulled.accepted, pulled.refused
    );
    Ok(pulled.telemetry)
}
