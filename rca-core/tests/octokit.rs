//! Every payload of npm's `@octokit/webhooks-examples` is read as the event it is.
//!
//! The payloads are not ours to keep; `./test webhooks` fetches them and says where they are.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use rca_core::connectors::{Delivery, Limits, attribute};

/// Payloads by folder (`api.github.com`, and one for each old server) and kind.
fn examples() -> BTreeMap<String, Vec<(String, Vec<u8>)>> {
    let root = std::env::var_os("RCA_WEBHOOKS")
        .expect("RCA_WEBHOOKS is not set: run ./test webhooks, which fetches the payloads");
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
#[ignore = "needs payloads that ./test webhooks fetches"]
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
#[ignore = "needs payloads that ./test webhooks fetches"]
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
