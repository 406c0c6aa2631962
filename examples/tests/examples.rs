//! The examples run and say what they promise.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::PathBuf;
use std::process::Command;

/// Runs an example that `cargo test` built beside this test.
fn output(example: &str, arguments: &[&str]) -> String {
    let test = std::env::current_exe().unwrap();
    let profile: PathBuf = test.ancestors().nth(2).unwrap().to_owned();
    let exe = profile.join("examples").join(format!("{example}{}", std::env::consts::EXE_SUFFIX));
    assert!(exe.exists(), "build the examples first: cargo build -p rca-examples --examples");
    let run = Command::new(exe).args(arguments).output().unwrap();
    assert!(run.status.success(), "{example}: {}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap()
}

#[test]
fn search_finds_counts_and_takes_a_query() {
    let all = output("search", &[]);
    assert!(all.contains("severity:>=high service:ledger: 6 found"), "{all}");
    assert!(all.contains(" 6 logs, high"), "{all}");
    let one = output("search", &["source:deploy"]);
    assert!(one.contains("source:deploy: 1 found"), "{one}");
}

#[test]
fn link_and_note_goes_from_open_to_resolved() {
    let told = output("link_and_note", &[]);
    let parts = ["Automatic booking v12 goes out", "Manual nightly backup", "resolved: the backup"];
    let places: Vec<_> = parts.iter().map(|part| told.find(part)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{told}");
    assert!(told.contains("refused: "), "{told}");
}

#[test]
fn graph_leads_from_the_error_back_to_the_commit() {
    let told = output("graph", &[]);
    let chains = told.split("from the commit").next().unwrap();
    assert!(chains.contains("halve the pool") && chains.contains("pier v7"), "{told}");
    assert!(told.contains("trace_id -> web is slow"), "{told}");
    assert!(output("graph", &["--dot"]).starts_with("digraph correlation {"));
}

#[test]
fn look_back_recognises_the_first_trouble_and_says_what_helped() {
    let told = output("look_back", &[]);
    let parts = [
        "like ledger answers too late of 2026-01-05",
        "no connection from the pool",
        "then helped: the old limit",
        "### Time to resolve by service",
        "| ledger | 1 | 1 |",
        "alert: 6 of 6 events matched",
        "disk never matched",
    ];
    let places: Vec<_> = parts.iter().map(|part| told.find(part)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?} {told}");
}

#[test]
fn pull_tries_again_pauses_and_reads_the_dead_letter_again() {
    let told = output("pull", &[]);
    let parts = [
        "2 pages, 4 new events, 1 tried again",
        "needs somebody",
        "1 page, 2 new events",
        "still to be read: 1",
        "read again: 1",
    ];
    let places: Vec<_> = parts.iter().map(|part| told.find(part)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{told}");
}

#[test]
fn analyze_in_memory_blames_the_commit() {
    let told = output("analyze_in_memory", &[]);
    assert!(told.contains("Commit { sha: \"4f1c0de9"), "{told}");
    assert_eq!(told, output("analyze_in_memory", &[]), "the same bytes in every run");
}

#[test]
fn each_family_of_formats_has_an_example_that_reads_it() {
    for (example, parts) in [
        ("read_webhooks", &["alert alert [till]", "deploy deploy [till]", "git commit"][..]),
        (
            "read_telemetry",
            &[
                "otlp-json",
                "zipkin-json",
                "span: bank charge 200 ms",
                "metric: till queue_length{pod=\"till-7d9f8b6c5d-x2x9z\"} [3.0, 9.0]",
            ],
        ),
        (
            "read_logs",
            &["[redacted:email]", "[redacted:password]", "[redacted:order]", "Bank.java:17"],
        ),
        (
            "read_tables",
            &["till errors [0.0, 7.0]", "cart memory [200.0, 200.0]", "refused lines.csv, line 3"],
        ),
        ("read_git", &["a longer timeout", "[redacted:password]"]),
    ] {
        let told = output(example, &[]);
        assert!(parts.iter().all(|part| told.contains(part)), "{example}: {told}");
        assert!(!told.contains("hunter2"), "{told}");
    }
}
