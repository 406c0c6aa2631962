//! From suites and tests to events.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::super::attribute as name;
use super::super::fields::{self, entity_of};
use super::super::intake::{Intake, joined_id, stamp};
use super::super::timestamp;
use super::parse::{Case, Found, Named, Problem, named};
use crate::model::{Event, EventBuilder, Severity, Source, attribute};

/// How a test ended. One that first failed and then passed is flaky.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Pass,
    Fail,
    Error,
    Skip,
    Flaky,
}

impl Verdict {
    /// Reruns alone do not decide: beside a failure they are further tries of it.
    fn of(problems: &[Problem]) -> Self {
        let any = |elements: &[&str]| problems.iter().any(|p| elements.contains(&&*p.element));
        if any(&["error"]) {
            Self::Error
        } else if any(&["failure"]) {
            Self::Fail
        } else if any(&["flakyFailure", "flakyError", "rerunFailure", "rerunError"]) {
            Self::Flaky
        } else if any(&["skipped"]) {
            Self::Skip
        } else {
            Self::Pass
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Error => "error",
            Self::Skip => "skip",
            Self::Flaky => "flaky",
        }
    }
}

#[derive(Debug, Default)]
struct Suite {
    attributes: Named,
    properties: Named,
    time: Option<DateTime<Utc>>,
    /// Tests by how they ended.
    tests: BTreeMap<&'static str, u64>,
}

/// A report being read.
#[derive(Debug, Default)]
pub(super) struct Report {
    open: Vec<Suite>,
    counted: u64,
    /// How often each test was seen: parametrised ones may share a name.
    seen: BTreeMap<String, u64>,
}

impl Report {
    /// Tests that were read.
    pub(super) fn counted(&self) -> u64 {
        self.counted
    }

    pub(super) fn take(&mut self, found: Found, intake: &mut Intake) {
        match found {
            Found::SuiteBegins(attributes) => {
                let time = named(&attributes, "timestamp").and_then(|text| moment(text, intake));
                self.open.push(Suite { attributes, time, ..Suite::default() });
            }
            Found::Property(name, value) => {
                if let Some(suite) = self.open.last_mut() {
                    suite.properties.push((name, value));
                }
            }
            Found::Case(case) => match self.case(*case, intake) {
                Ok(()) => self.counted += 1,
                Err(reason) => intake.refuse(reason),
            },
            Found::SuiteEnds => self.end_suite(intake),
        }
    }

    /// Ends what a damaged document left open.
    pub(super) fn finish(&mut self, intake: &mut Intake) {
        while !self.open.is_empty() {
            self.end_suite(intake);
        }
    }

    fn case(&mut self, case: Case, intake: &mut Intake) -> Result<(), String> {
        let test = named(&case.attributes, "name").ok_or("a test without a name")?;
        let verdict = Verdict::of(&case.problems);
        if let Some(suite) = self.open.last_mut() {
            *suite.tests.entry(verdict.as_str()).or_default() += 1;
        }
        if matches!(verdict, Verdict::Pass | Verdict::Skip) {
            return Ok(());
        }
        let own = named(&case.attributes, "timestamp").and_then(|text| moment(text, intake));
        let time = match own.or_else(|| self.time()) {
            Some(time) => time,
            None => intake.received().map_err(|reason| format!("test {test}: {reason}"))?,
        };
        let suite = self.suite_name();
        let class = named(&case.attributes, "classname");
        // The class is often the suite again, or the file.
        let whole = match class {
            Some(class) if !test.starts_with(class) => format!("{class}.{test}"),
            _ => test.to_owned(),
        };
        let key = joined_id(&["junit", suite.as_deref().unwrap_or_default(), &whole, &stamp(time)]);
        let seen = self.seen.entry(key.clone()).or_default();
        *seen += 1;
        let id = if *seen == 1 { key } else { format!("{key}#{seen}") };
        let flaky = verdict == Verdict::Flaky;
        let (kind, word) = if flaky { ("test_flaky", "flaky") } else { ("test_failure", "failed") };
        let problem = case.problems.iter().find(|problem| problem.element != "skipped");
        let message = problem.map_or("", |problem| problem.message.as_str());
        let stack = problem.map_or("", |problem| problem.text.trim());
        let first_line = [message, stack]
            .iter()
            .find_map(|text| text.lines().map(str::trim).find(|line| !line.is_empty()));
        let title = match first_line {
            Some(line) => format!("test {word}: {whole}: {line}"),
            None => format!("test {word}: {whole}"),
        };
        let body: Vec<&str> = [message, stack, case.output.trim()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        let text = |name: &str| named(&case.attributes, name);
        let event = Event::builder(time, Source::Ci, kind, &title)
            .with_severity(if flaky { Severity::Low } else { Severity::Medium })
            .with_source_id(id)
            .with_body(intake.body(&body.join("\n")))
            .with_attribute(name::SUITE, suite)
            .with_attribute(name::TEST, whole.as_str())
            .with_attribute(name::TEST_RESULT, verdict.as_str())
            .with_attribute(name::DURATION, text("time").and_then(seconds))
            .with_attribute("test.tries", tries(&case.problems))
            .with_attribute("code.file.path", text("file"))
            .with_attribute("code.line.number", text("line").and_then(|n| n.parse::<u64>().ok()))
            .with_attribute(name::EXCEPTION_TYPE, thrown(problem))
            .with_attribute(
                name::EXCEPTION_MESSAGE,
                (!message.is_empty()).then(|| intake.body(message)),
            )
            .with_attribute(name::STACK, (!stack.is_empty()).then(|| intake.body(stack)));
        let event = self.surrounded(event, &case.properties);
        intake.push(event);
        Ok(())
    }

    fn end_suite(&mut self, intake: &mut Intake) {
        let time = self.time();
        let Some(suite) = self.open.last() else { return };
        if suite.tests.is_empty() {
            self.open.pop();
            return;
        }
        let of = |verdict: &str| suite.tests.get(verdict).copied().unwrap_or(0);
        let bad = of("fail") + of("error");
        let all: u64 = suite.tests.values().sum();
        let label = self.suite_name().unwrap_or_else(|| "tests".to_owned());
        let title = format!("suite {label}: {bad} of {all} tests failed");
        let counts = suite.tests.clone();
        let duration = named(&suite.attributes, "time").and_then(seconds);
        match time.map_or_else(|| intake.received(), Ok) {
            Ok(time) => {
                let severity = if bad > 0 { Severity::Medium } else { Severity::Info };
                let mut event = Event::builder(time, Source::Ci, "test_suite", &title)
                    .with_severity(severity)
                    .with_source_id(joined_id(&["junit-suite", &label, &stamp(time)]))
                    .with_attribute(name::SUITE, label)
                    .with_attribute("test.count", all)
                    .with_attribute(name::DURATION, duration);
                for (verdict, count) in counts {
                    event = event.with_attribute(format!("test.count.{verdict}"), count);
                }
                let event = self.surrounded(event, &Named::new());
                intake.push(event);
            }
            Err(reason) => intake.refuse(format!("suite {label}: {reason}")),
        }
        self.open.pop();
    }

    /// The time of the nearest suite that has one.
    fn time(&self) -> Option<DateTime<Utc>> {
        self.open.iter().rev().find_map(|suite| suite.time)
    }

    fn suite_name(&self) -> Option<String> {
        let name = self.open.iter().rev().find_map(|suite| named(&suite.attributes, "name"));
        name.map(str::to_owned)
    }

    /// What properties say of commit, host and service; the test's own come first.
    fn surrounded(&self, event: EventBuilder, own: &Named) -> EventBuilder {
        let property = |wanted: &str| {
            let suites = self.open.iter().rev().map(|suite| &suite.properties);
            std::iter::once(own).chain(suites).find_map(|properties| named(properties, wanted))
        };
        let host = self.open.iter().rev().find_map(|s| named(&s.attributes, "hostname"));
        let commit = fields::SHA.iter().find_map(|name| property(name));
        let event = match entity_of(property) {
            Some(entity) => event.with_entity(entity),
            None => event,
        };
        event.with_attribute(attribute::COMMIT, commit).with_attribute("host.name", host)
    }
}

/// How often it was run, where it was run again.
fn tries(problems: &[Problem]) -> Option<usize> {
    let again = |p: &&Problem| p.element.starts_with("rerun") || p.element.starts_with("flaky");
    let count = problems.iter().filter(again).count();
    (count > 0).then_some(count + 1)
}

fn thrown(problem: Option<&Problem>) -> Option<&str> {
    problem.map(|problem| problem.thrown.as_str()).filter(|thrown| !thrown.is_empty())
}

/// Seconds; some runners write thousands with a comma.
fn seconds(text: &str) -> Option<f64> {
    text.replace(',', "")
        .parse()
        .ok()
        .filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0)
}

fn moment(text: &str, intake: &mut Intake) -> Option<DateTime<Utc>> {
    match timestamp::parse_text(text) {
        Ok(moment) => {
            if moment.assumed_utc {
                intake.note("times without an offset were taken as UTC");
            }
            Some(moment.time)
        }
        Err(_) => {
            intake.note("times that are none were left out");
            None
        }
    }
}
