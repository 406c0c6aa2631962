//! A repository beside logs: who wrote the code that the stack trace names.

use std::fmt::Write as _;

use chrono::DateTime;
use rca_core::connectors::unobserved;
use rca_core::model::Analysis;
use rca_core::store::Deleted;
use rca_core::{Inquiry, Workspace};

use crate::sandbox::{START, Sandbox};

#[test]
fn the_last_writer_of_the_failing_lines_is_told() {
    let mut repo = Sandbox::new();
    let lines =
        |n: usize| (0..60).map(|line| format!("    let slot_{line} = {n};\n")).collect::<String>();
    repo.commit("begin", &[("src/pool.rs", &lines(0)), ("src/page.rs", &lines(0))]);
    repo.commit("other words on the page", &[("src/page.rs", &lines(1))]);
    let mut changed = lines(0);
    for line in 30..55 {
        changed = changed.replace(&format!("slot_{line} = 0"), &format!("slot_{line} = 7"));
    }
    let guilty = repo.commit("tidy", &[("src/pool.rs", &changed)]);
    repo.commit("a clearer page", &[("src/page.rs", &lines(2))]);
    let at = |second: i64| {
        let time = DateTime::from_timestamp(START + 3600 + second, 0).unwrap();
        time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
    };
    let mut log = String::new();
    for second in 0..600 {
        let _ = writeln!(log, "{} INFO till: sold item {second}", at(second));
        if second > 400 {
            let _ =
                writeln!(log, "{} ERROR till: panicked at src/pool.rs:41:9 no slot", at(second));
        }
    }
    let file = repo.folder.path().join("till.log");
    std::fs::write(&file, log).unwrap();
    let inquiry = Inquiry::new()
        .with_path(&file)
        .with_repository(repo.path())
        .with_alert("the till fails")
        .at(DateTime::from_timestamp(START + 3600 + 450, 0).unwrap());
    let answer = inquiry.run(&unobserved).unwrap();
    assert!(answer.batch.events.iter().any(|event| event.source_id() == Some(&guilty)));
    is_told(&answer.analysis);
    let workspace = Workspace::in_memory().unwrap();
    is_told(&inquiry.run_in(&workspace, &unobserved).unwrap().analysis);
    // What version control said stays known as long as the workspace is open.
    let case = workspace.investigations(Deleted::Hide).unwrap().remove(0);
    is_told(&workspace.analyze(case.id()).unwrap());
}

fn is_told(analysis: &Analysis) {
    let titles: Vec<&str> = analysis.causes.iter().map(|cause| cause.title.as_str()).collect();
    let change = analysis.causes.iter().find(|cause| cause.event.is_some());
    let first = change.expect("a change among the causes");
    assert!(first.title.contains("tidy"), "{titles:?}");
    let told: Vec<&str> = first.evidence_for.iter().map(|e| e.statement.as_str()).collect();
    assert!(told.iter().any(|told| told.contains("was the last to write")), "{told:?}");
}
