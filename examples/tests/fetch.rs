//! The `fetch` example against a server on loopback.
#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../../rca-core/tests/server/mod.rs"]
mod server;

use std::path::Path;
use std::process::{Command, Output};

use rca_core::time::{Clock, SystemClock};
use server::{Reply, Server};

fn fetch(workspace: &Path, arguments: &[&str]) -> Output {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let program = profile.join("examples").join(format!("fetch{}", std::env::consts::EXE_SUFFIX));
    assert!(program.is_file(), "{}: run the tests of the whole package", program.display());
    Command::new(program).arg("--workspace").arg(workspace).args(arguments).output().unwrap()
}

#[test]
fn a_prometheus_server_is_pulled_and_its_alert_is_in_the_workspace() {
    let began = (SystemClock.now() - chrono::Duration::minutes(9)).to_rfc3339();
    let server = Server::start(move |asked| {
        let data = match asked.path() {
            "/api/v1/alerts" => format!(
                r#"{{"alerts": [{{"labels": {{"alertname": "TillSlow", "service": "till"}}, "annotations": {{}},
                    "state": "firing", "activeAt": "{began}", "value": "1"}}]}}"#
            ),
            _ => r#"{"resultType": "matrix", "result": []}"#.to_owned(),
        };
        Reply::new(200, &[], format!(r#"{{"status": "success", "data": {data}}}"#))
    });
    let folder = tempfile::tempdir().unwrap();
    let (case, url) = (folder.path().join("case"), server.url());
    let arguments = ["--prometheus", &url, "--query", "errors=sum(rate(x[1m]))"];
    let first = fetch(&case, &arguments);
    let said = String::from_utf8_lossy(&first.stdout).into_owned();
    assert!(first.status.success(), "{said}{}", String::from_utf8_lossy(&first.stderr));
    assert!(said.contains("2 pages, 1 new events"), "{said}");
    assert!(said.contains("Looked at"), "{said}");
    let second = fetch(&case, &arguments);
    assert!(String::from_utf8_lossy(&second.stdout).contains(" 0 new events"), "known already");
}

#[test]
fn a_wrong_address_says_what_to_do() {
    let server = Server::start(|_| Reply::new(200, &[], "<html>please log in</html>"));
    let folder = tempfile::tempdir().unwrap();
    let out = fetch(folder.path(), &["--prometheus", &server.url()]);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(!out.status.success());
    assert!(said.contains("check that the address is that of the API"), "{said}");
}
