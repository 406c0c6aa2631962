//! JUnit XML, as the test runners of all languages write it.
//!
//! | element | becomes |
//! |---|---|
//! | `testsuite` that holds tests | a `test_suite` event: how many tests ran, failed, had errors, were skipped or flaky |
//! | `testcase` with `failure` or `error` | a `test_failure` event: suite, test, message, type, stack trace, file |
//! | `testcase` with `flakyFailure`, `flakyError` (or passed after `rerunFailure`, `rerunError`) | a `test_flaky` event |
//! | other `testcase` | counted |
//!
//! Times come from the test, else from the nearest suite that has one, else from the delivery. Commit, host and service
//! come from `properties` where their names are common ones. Suites may stand in each other. Read as UTF-8.
//!
//! A document type declaration and nesting deeper than [`Limits::xml_depth`](super::Limits::xml_depth) are errors: neither occurs in a report, and both can be used to
//! make a small file grow without bounds. A document that ends or breaks half way keeps the tests before the break.

mod events;
mod parse;
#[cfg(test)]
mod tests;

use std::io::Read;

use super::Batch;
use super::format::{Certainty, Format, Sample};
use super::intake::{self, Intake};
use super::reading::Reading;
use crate::error::{Error, Result};

pub(super) const FORMATS: &[Format] = &[Format {
    name: "junit",
    about: "test reports in JUnit XML: pytest, nextest, Surefire, Gradle, jest, go-junit-report and others",
    recognise,
    read,
}];

fn recognise(sample: &Sample<'_>) -> Option<Certainty> {
    let is_xml = sample.text.trim_start().starts_with('<');
    let is_report = sample.text.contains("<testsuite") || sample.text.contains("<testcase");
    (is_xml && is_report).then_some(Certainty::Certain)
}

fn read(source: &mut dyn Read, reading: &mut Reading<'_>, batch: &mut Batch) -> Result<()> {
    let bytes = reading.body(source)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut intake = Intake::new(reading.hints.clone(), reading.limits.attributes);
    if matches!(text, std::borrow::Cow::Owned(_)) {
        intake.note("bytes that are not UTF-8 were replaced");
    }
    let mut report = events::Report::default();
    let outcome =
        parse::parse(&text, reading.limits.xml_depth, &mut |found| report.take(found, &mut intake));
    match outcome {
        Ok(()) => {}
        Err(parse::Broken::Hostile(reason)) => return Err(Error::invalid(reading.place(), reason)),
        Err(parse::Broken::At(offset, reason)) => {
            report.finish(&mut intake);
            intake.refuse(format!("byte {offset}: {reason}; what comes behind was not read"));
        }
    }
    reading.report.read += report.counted();
    intake::settle(intake, reading, batch);
    reading.keep_body(&bytes);
    reading.finish(bytes.len() as u64, false);
    Ok(())
}
