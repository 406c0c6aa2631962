//! Files of other tools are read as what they are: every payload of npm's `@octokit/webhooks-examples`, and test
//! reports that pytest and nextest write.
//!
//! They are not ours to keep; `./test formats` fetches or makes them and says where they are.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use rca_core::connectors::{Batch, Delivery, Limits, attribute, read_paths, unobserved};

/// Payloads by folder (`api.github.com`, and one for each old server) and kind.
fn examples() -> BTreeMap<String, Vec<(String, Vec<u8>)>> {
    let root = std::env::var_os("RCA_WEBHOOKS")
        .expect("RCA_WEBHOOKS is not set: run ./test formats, which fetches the payloads");
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(PathBuf::from(root)).unwrap() {
        let folder = entry.unwrap();
        let Ok(text) = std::fs::read(folder.path().join("index.json")) else { continue };
        let kinds: Vec<serde_json::Value> = serde_json::from_slice(&text).unwrap();
        let payloads = kinds.iter().flat_map(|kind| {
            let name = kind["name"].as_str().unwrap();
            let examples = kind["examples"].as_array().unwrap();
            examples.iter().map(|e| (name.to_owned(), serde_json::to_vec(e).unwrap()))
        });
        found.insert(folder.file_name().into_string().unwrap(), payloads.collect());
    }
    assert!(found.contains_key("api.github.com"), "{:?}", found.keys());
    found
}

/// The kinds that a delivery was read as; one when all is well.
fn kinds(headers: &[(&str, &str)], body: &[u8]) -> Vec<String> {
    let received = "2026-05-04T09:00:00Z".parse().unwrap();
    let delivery = Delivery { headers, body, received };
    let Ok(batch) = delivery.read(&Limits::default()) else {
        return vec!["unrecognised".to_owned()];
    };
    if batch.report.refused() > 0 {
        return vec![format!("refused: {}", batch.report)];
    }
    let of = |event: &rca_core::model::Event| {
        event.attribute(attribute::KIND).unwrap_or_default().to_owned()
    };
    let mut kinds: Vec<String> = batch.events.iter().map(of).collect();
    kinds.dedup();
    kinds
}

#[test]
#[ignore = "needs payloads that ./test formats fetches"]
fn every_payload_is_read_as_its_kind_with_its_header() {
    for (folder, payloads) in examples() {
        assert!(payloads.len() > 40, "{folder}");
        for (kind, body) in payloads {
            let got = kinds(&[("X-GitHub-Event", &kind)], &body);
            assert_eq!(got, std::slice::from_ref(&kind), "{folder} {kind}");
        }
    }
}

/// Without its header a payload of the present service still tells what it is; old servers had a few kinds that
/// nothing sets apart.
#[test]
#[ignore = "needs payloads that ./test formats fetches"]
fn every_present_payload_tells_its_kind_without_a_header() {
    for (folder, payloads) in examples() {
        let wrong: Vec<String> = payloads
            .iter()
            .filter_map(|(kind, body)| {
                let got = kinds(&[], body);
                (got != std::slice::from_ref(kind)).then(|| format!("{kind} as {got:?}"))
            })
            .collect();
        let allowed = if folder == "api.github.com" { 0 } else { payloads.len() / 20 };
        assert!(
            wrong.len() <= allowed,
            "{folder}: {} of {}: {wrong:#?}",
            wrong.len(),
            payloads.len()
        );
    }
}

fn report(name: &str) -> Batch {
    let root = std::env::var_os("RCA_REPORTS")
        .expect("RCA_REPORTS is not set: run ./test formats, which makes the reports");
    let batch =
        read_paths(&[PathBuf::from(root).join(name)], None, &Limits::default(), &unobserved)
            .unwrap();
    assert_eq!(batch.report.inputs[0].format, "junit");
    assert_eq!(batch.report.refused(), 0, "{}", batch.report);
    batch
}

fn results(batch: &Batch) -> Vec<(String, String)> {
    let of = |event: &rca_core::model::Event, name| event.attribute(name).unwrap().to_owned();
    let mut results: Vec<_> = batch
        .events
        .iter()
        .filter(|event| event.attribute(attribute::TEST).is_some())
        .map(|event| (of(event, attribute::TEST), of(event, attribute::TEST_RESULT)))
        .collect();
    results.sort();
    results
}

fn pair(test: &str, result: &str) -> (String, String) {
    (test.to_owned(), result.to_owned())
}

#[test]
#[ignore = "needs reports that ./test formats makes"]
fn a_report_of_pytest_is_read() {
    let batch = report("pytest.xml");
    assert_eq!(
        results(&batch),
        [pair("test_sample.test_breaks", "error"), pair("test_sample.test_fails", "fail")]
    );
    let failed = batch.events.iter().find(|e| e.attribute(attribute::TEST_RESULT) == Some("fail"));
    let failed = failed.unwrap();
    assert!(failed.body().contains("assert 3 == 4"), "{}", failed.body());
    assert!(failed.body().contains("printed <here> & there"), "{}", failed.body());
    let suite = batch.events.iter().find(|event| event.event_type() == "test_suite").unwrap();
    assert_eq!(suite.title(), "suite pytest: 2 of 4 tests failed");
}

#[test]
#[ignore = "needs reports that ./test formats makes"]
fn a_report_of_nextest_is_read() {
    let batch = report("nextest.xml");
    assert_eq!(
        results(&batch),
        [pair("sample.tests::fails", "fail"), pair("sample.tests::wobbles", "flaky")]
    );
    let failed = batch.events.iter().find(|e| e.attribute(attribute::TEST_RESULT) == Some("fail"));
    let failed = failed.unwrap();
    assert!(failed.body().contains("three is not four"), "{}", failed.body());
    assert_eq!(failed.data()["test.tries"], 2);
    let suite = batch.events.iter().find(|event| event.event_type() == "test_suite").unwrap();
    assert_eq!(suite.title(), "suite sample: 1 of 3 tests failed");
}
