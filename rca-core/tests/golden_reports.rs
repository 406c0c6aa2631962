//! The reports of the recorded incidents, as people and machines get them, line by line.
//!
//! After a change that is meant to change reports: `UPDATE_GOLDEN=1 cargo test -p rca-core --test
//! golden_reports`, then review the diff like code.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod golden;
mod incidents;

use rca_core::report::{self, Style, View};
use rca_core::{Incident, analyze};

fn check(name: &str) {
    let batch = incidents::batch(name);
    let analysis = analyze(&Incident::from(&batch));
    let view = View::of(&analysis);
    golden::check(&format!("reports/{name}.txt"), &report::terminal(&view, Style::Plain, 100));
    golden::check(&format!("reports/{name}.md"), &report::markdown(&view));
    golden::check(&format!("reports/{name}.json"), &report::json(&analysis).unwrap());
}

#[test]
fn the_guilty_commit_is_reported_as_before() {
    check(incidents::GUILTY_COMMIT);
}

#[test]
fn the_failing_provider_is_reported_as_before() {
    check(incidents::OUTSIDE);
}

#[test]
fn a_difference_names_its_first_lines() {
    assert_eq!(golden::difference("a\nb\nc\n", "a\nb\nc\n"), None);
    let shown = golden::difference("a\nb\nc\n", "a\nx\nc\n").unwrap();
    assert_eq!(shown, " from line 2:\n- b\n- c\n- \n+ x\n+ c\n+ ");
    assert_eq!(golden::difference("a\n", "a").unwrap(), " from line 2:\n- ");
}
