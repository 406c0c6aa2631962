//! Which joins have no data.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};

use super::facts::Facts;
use super::{Problem, ProblemKind as Kind};
use crate::connectors::Batch;
use crate::model::{Alert, Analysis, Change, ChangeKind, Entity, EntityKind, Event};
use crate::time::{TimeRange, from_nanos};

/// Less of normal operation is no measure.
const BASELINE: Duration = Duration::minutes(3);
/// Deploys before telemetry begins still matter so long.
const LOOK_BACK: Duration = Duration::days(1);
/// So many names are listed.
const LISTED: usize = 5;

pub(super) fn problems(batch: &Batch, facts: &Facts, analysis: Option<&Analysis>) -> Vec<Problem> {
    let look = Look::at(batch, facts);
    let mut found = Vec::new();
    look.inputs(&mut found);
    look.presence(&mut found);
    look.clocks(&mut found);
    look.baseline(analysis, &mut found);
    look.alerts(&mut found);
    look.deploys(&mut found);
    look.commits(&mut found);
    look.signals(&mut found);
    look.topology(&mut found);
    found
}

fn problem(kind: Kind, what: impl Into<String>, remedy: impl Into<String>) -> Problem {
    Problem { kind, what: what.into(), remedy: remedy.into() }
}

/// Everything that several questions need.
struct Look<'b> {
    batch: &'b Batch,
    facts: &'b Facts,
    changes: Vec<Change<'b>>,
    alerts: Vec<Alert>,
    known: BTreeSet<Entity>,
    window: Option<TimeRange>,
}

impl<'b> Look<'b> {
    fn at(batch: &'b Batch, facts: &'b Facts) -> Self {
        let mut known = facts.entities();
        known.retain(|entity| !entity.name.is_empty());
        let window = facts.extent();
        Self {
            batch,
            facts,
            changes: batch.events.iter().filter_map(Change::from_event).collect(),
            alerts: batch.events.iter().filter_map(Alert::from_event).collect(),
            known,
            window: window
                .map(|(start, end)| TimeRange { start: from_nanos(start), end: from_nanos(end) }),
        }
    }

    fn knows(&self, entity: &Entity) -> bool {
        self.known.iter().any(|known| known.name == entity.name)
    }

    fn inputs(&self, found: &mut Vec<Problem>) {
        for input in &self.batch.report.inputs {
            if input.refused > input.read {
                found.push(problem(
                    Kind::MostlySkipped,
                    format!(
                        "{}: {} of {} records could not be read as {}",
                        input.name,
                        input.refused,
                        input.read + input.refused,
                        input.format
                    ),
                    "name the right format before it (--format), or mend the records listed above",
                ));
            } else if input.read == 0 {
                let remedy = if input.format == "git" {
                    "is the right branch checked out, and is its history older than the incident?"
                } else {
                    "was the export cut off, or its time range empty?"
                };
                let what = match input.format {
                    "git" => format!("no commits in {} before the incident", input.name),
                    format => format!("{}: nothing in it ({format})", input.name),
                };
                found.push(problem(Kind::Empty, what, remedy));
            }
        }
    }

    fn presence(&self, found: &mut Vec<Problem>) {
        if self.facts.is_empty() {
            found.push(problem(
                Kind::NoTelemetry,
                "no telemetry: neither metrics nor logs nor traces, so nothing shows what broke or when",
                "add metrics, logs or traces from half an hour before the trouble on",
            ));
        }
        if self.changes.is_empty() {
            found.push(problem(
                Kind::NoChanges,
                "no changes: neither commits nor deploys nor flags, so no change can be found guilty",
                "add the repository (--repo), and webhooks or exports of deploys and flags",
            ));
        }
        if self.alerts.is_empty() && !self.facts.is_empty() {
            found.push(problem(
                Kind::NoAlert,
                "no alert: the incident is taken from what moved in the telemetry",
                "add the alert (--alert FILE or --alert 'what people saw') or its time (--at)",
            ));
        }
    }

    fn clocks(&self, found: &mut Vec<Problem>) {
        let Some(window) = self.window else { return };
        let near = |time: DateTime<Utc>| window.start - LOOK_BACK <= time && time <= window.end;
        let carriers: Vec<&Change<'_>> = self
            .changes
            .iter()
            .filter(|change| !matches!(change.kind, ChangeKind::Commit { .. }))
            .collect();
        let changes = if carriers.is_empty() { self.changes.iter().collect() } else { carriers };
        if !changes.is_empty() && !changes.iter().any(|change| near(change.time)) {
            let times = changes.iter().map(|change| change.time);
            let nearest = times.min_by_key(|time| (*time - window.start).abs()).unwrap_or_default();
            found.push(problem(
                Kind::ClocksApart,
                format!(
                    "no change lies within the telemetry or the day before it ({}); the nearest is at {}",
                    range(window),
                    moment(nearest)
                ),
                "are these the same incident, and both clocks in UTC? Times without an offset are taken as UTC",
            ));
        }
        let outside: Vec<&Alert> = self
            .alerts
            .iter()
            .filter(|alert| {
                !(window.start <= alert.fired_at && alert.fired_at <= window.end + BASELINE * 20)
            })
            .collect();
        if let Some(alert) = outside.first()
            && outside.len() == self.alerts.len()
        {
            found.push(problem(
                Kind::ClocksApart,
                format!(
                    "the alert fired at {}, telemetry covers {}",
                    moment(alert.fired_at),
                    range(window)
                ),
                "export telemetry of the time of the alert, or check the offset of its times",
            ));
        }
        let spans = [
            ("logs", self.facts.logs_cover.range()),
            ("traces", self.facts.spans_cover.range()),
            ("metrics", self.facts.metrics_cover.range()),
        ];
        let spans: Vec<(&str, TimeRange)> =
            spans.into_iter().filter_map(|(name, span)| Some((name, span?))).collect();
        for (place, (name, one)) in spans.iter().enumerate() {
            for (other_name, other) in spans.iter().skip(place + 1) {
                if one.end < other.start || other.end < one.start {
                    found.push(problem(
                        Kind::SignalsApart,
                        format!(
                            "{name} cover {}, {other_name} {}: they do not overlap",
                            range(*one),
                            range(*other)
                        ),
                        "export the same time of each, and check the offset of their times",
                    ));
                }
            }
        }
    }

    fn baseline(&self, analysis: Option<&Analysis>, found: &mut Vec<Problem>) {
        let Some(window) = self.window else { return };
        let onset = analysis.and_then(|analysis| analysis.onset.as_ref());
        let alarm = self.alerts.iter().map(|alert| alert.fired_at).min();
        let began = onset.map(|onset| onset.time).or(alarm);
        let known = began.map(|began| began - window.start);
        if let Some(known) = known.filter(|known| *known < BASELINE) {
            let long = known.num_seconds().max(0);
            found.push(problem(
                Kind::NoBaseline,
                format!(
                    "no baseline: telemetry begins {long} s before {}, too little to know what was normal",
                    if onset.is_some() { "the onset" } else { "the alert" }
                ),
                "export at least half an hour before it",
            ));
        }
    }

    fn alerts(&self, found: &mut Vec<Problem>) {
        if self.known.is_empty() || self.alerts.is_empty() {
            return;
        }
        if self.alerts.iter().any(|a| a.entity.as_ref().is_some_and(|e| self.knows(e))) {
            return;
        }
        let named: BTreeSet<&Entity> =
            self.alerts.iter().filter_map(|a| a.entity.as_ref()).collect();
        let what = if named.is_empty() {
            "the alert names no service".to_owned()
        } else {
            format!(
                "the alert is about {}, which no telemetry names{}",
                list(&named),
                self.like(&named)
            )
        };
        let remedy = "say which it is (--entity NAME), or give its other name in --rules FILE";
        found.push(problem(Kind::AlertUnknown, what, remedy));
    }

    fn deploys(&self, found: &mut Vec<Problem>) {
        let deploys: Vec<&Change<'_>> = self
            .changes
            .iter()
            .filter(|change| matches!(change.kind, ChangeKind::Deploy { .. }))
            .collect();
        let commits = self.changes.iter().any(|c| matches!(c.kind, ChangeKind::Commit { .. }));
        if deploys.is_empty() && commits {
            found.push(problem(
                Kind::NoDeploys,
                "commits, but no deploys: each commit is taken to run from when it was made",
                "add deploys: webhooks of GitHub or GitLab, Argo CD, Flux, or a list as deploys.json",
            ));
        }
        let unnamed = deploys.iter().filter(|deploy| deploy.entity.is_none()).count();
        if unnamed > 0 {
            found.push(problem(
                Kind::DeploysUnnamed,
                format!("{unnamed} of {} deploys name no service", deploys.len()),
                "name the service in the deploy, or its repository in --rules FILE",
            ));
        }
        if self.known.is_empty() {
            return;
        }
        let unknown: BTreeSet<&Entity> = deploys
            .iter()
            .filter_map(|deploy| deploy.entity)
            .filter(|entity| !self.knows(entity))
            .collect();
        if !unknown.is_empty() {
            found.push(problem(
                Kind::DeploysUnknown,
                format!(
                    "deploys of {}, which no telemetry names{}",
                    list(&unknown),
                    self.like(&unknown)
                ),
                "give the other name in --rules FILE ([aliases]), or add telemetry of it",
            ));
        }
    }

    /// Names of telemetry that hold such a name or are held by it.
    fn like(&self, names: &BTreeSet<&Entity>) -> String {
        let near: BTreeSet<&str> = self
            .known
            .iter()
            .filter(|known| known.name.len() > 2)
            .filter(|known| {
                names.iter().any(|e| {
                    let (a, b) = (known.name.to_lowercase(), e.name.to_lowercase());
                    b.len() > 2 && (a.contains(&b) || b.contains(&a))
                })
            })
            .map(|known| known.name.as_str())
            .collect();
        if near.is_empty() {
            let all: Vec<&str> = self.known.iter().map(|e| e.name.as_str()).take(LISTED).collect();
            let more = if self.known.len() > LISTED { ", ..." } else { "" };
            return format!(" (it names {}{more})", all.join(", "));
        }
        let near: Vec<&str> = near.into_iter().take(LISTED).collect();
        format!(" (perhaps {}?)", near.join(", "))
    }

    fn commits(&self, found: &mut Vec<Problem>) {
        let commits: Vec<(&Change<'_>, &str, &[&str])> = self
            .changes
            .iter()
            .filter_map(|change| match &change.kind {
                ChangeKind::Commit { sha, files, .. } => Some((change, *sha, files.as_slice())),
                _ => None,
            })
            .collect();
        let bare = commits.iter().filter(|(_, _, files)| files.is_empty()).count();
        if bare > 0 && bare * 2 > commits.len() {
            found.push(problem(
                Kind::CommitsWithoutPaths,
                format!("{bare} of {} commits come without the paths they change", commits.len()),
                "add the repository itself (--repo PATH): webhooks and lists often leave paths and diffs out",
            ));
        }
        if commits.is_empty() || self.known.is_empty() {
            return;
        }
        let deployed: BTreeSet<&str> = self
            .changes
            .iter()
            .filter_map(|change| match &change.kind {
                ChangeKind::Deploy { sha: Some(sha), .. } => sha.get(..sha.len().min(7)),
                _ => None,
            })
            .collect();
        let names: BTreeSet<String> =
            self.known.iter().map(|entity| folded(&entity.name)).collect();
        let mapped = |(change, sha, files): &(&Change<'_>, &str, &[&str])| {
            change.entity.as_ref().is_some_and(|e| e.kind == EntityKind::Service)
                || sha.get(..sha.len().min(7)).is_some_and(|sha| deployed.contains(sha))
                || files.iter().flat_map(|file| file.split(['/', '.'])).any(|part| {
                    let part = folded(part);
                    part.len() > 2 && names.iter().any(|name| *name == part || name.contains(&part))
                })
        };
        if !commits.iter().any(mapped) {
            found.push(problem(
                Kind::CommitsUnmapped,
                format!(
                    "none of {} commits can be tied to a service: no folder is called like one, no deploy names one",
                    commits.len()
                ),
                "say which services a repository holds in --rules FILE ([repositories]), or let deploys name commits",
            ));
        }
    }

    fn signals(&self, found: &mut Vec<Problem>) {
        let Facts { log_records: logs, spans, metric_points, unnamed, .. } = *self.facts;
        let all = logs + spans + metric_points;
        if unnamed > 0 {
            found.push(problem(
                Kind::SignalsUnnamed,
                format!("{unnamed} of {all} records of telemetry name no service"),
                "set service.name in the exporter, or call the file like the service (checkout.log)",
            ));
        }
        if self.facts.thinned > 0 {
            let share = 1_u64 << self.facts.thinned.min(63);
            found.push(problem(
                Kind::TracesThinned,
                format!(
                    "{spans} spans are too many for the memory: one trace in {share} was looked at"
                ),
                "allow more memory (`Inquiry::with_memory`), or export a shorter time",
            ));
        }
        if logs == 0 {
            return;
        }
        let ids = &self.facts.named_traces;
        if ids.is_empty() {
            found.push(problem(
                Kind::LogsWithoutTraces,
                format!("none of {logs} log records carries a trace id: logs and calls are joined by time and service only"),
                "let the logger write trace_id and span_id (OpenTelemetry's log bridges do)",
            ));
        } else if spans > 0 && !ids.meets(&self.facts.traces) {
            found.push(problem(
                Kind::TracesApart,
                format!("{} trace ids in logs, none of them among the traces", ids.count()),
                "were traces sampled away, or do logs write the id in another form (decimal, upper case)?",
            ));
        }
    }

    fn topology(&self, found: &mut Vec<Problem>) {
        if self.known.len() < 2 {
            return;
        }
        let told = self.batch.events.iter().any(|event: &Event| event.event_type() == "call_edge");
        if !self.facts.calls && !told {
            let what = if self.facts.spans == 0 {
                format!(
                    "no traces: who calls whom among {} entities is not known",
                    self.known.len()
                )
            } else {
                "no span has a parent in another service: who calls whom is not known".to_owned()
            };
            found.push(problem(
                Kind::NoTopology,
                what,
                "add traces (OTLP, Jaeger, Zipkin): without them what a service did to its callers can't be told from its own trouble",
            ));
        }
    }
}

fn list(entities: &BTreeSet<&Entity>) -> String {
    let names: Vec<&str> = entities.iter().map(|e| e.name.as_str()).take(LISTED).collect();
    let more = entities.len().saturating_sub(LISTED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", names.join(", "))
}

fn folded(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

pub(super) fn moment(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

pub(super) fn range(range: TimeRange) -> String {
    let end = if range.start.date_naive() == range.end.date_naive() {
        range.end.format("%H:%M:%S UTC").to_string()
    } else {
        moment(range.end)
    };
    format!("{} to {end}", range.start.format("%Y-%m-%d %H:%M:%S"))
}
