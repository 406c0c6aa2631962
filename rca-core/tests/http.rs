//! `HttpTransport` against a server on loopback: what goes right, and each way in which it goes wrong.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod server;

use std::cell::Cell;
use std::io::Write;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rca_core::connectors::source::{GitHub, GitHubResource, Page, Source};
use rca_core::connectors::transport::{
    Fault, FaultKind, HttpOptions, HttpTransport, Remedy, Request, Response, Secret, Transport,
};
use rca_core::connectors::{Limits, unobserved};
use server::{Piece, Reply, Server, head};

fn http() -> HttpTransport {
    HttpTransport::new(&Limits::default()).unwrap()
}

fn small(body_bytes: usize) -> HttpTransport {
    HttpTransport::new(&Limits { body_bytes, ..Limits::default() }).unwrap()
}

fn get(transport: &HttpTransport, url: impl Into<String>) -> Result<Response, Fault> {
    transport.send(&Request::get(url), &unobserved)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_request_arrives_as_it_was_meant_and_its_answer_comes_back_whatever_the_status() {
    let server = Server::start(|asked| match asked.path() {
        "/gone" => Reply::new(410, &[("X-Why", "moved out")], "nothing here"),
        _ => Reply::new(200, &[("ETag", "\"a1\"")], asked.body.clone()),
    });
    let http = http();
    let request = Request::post(format!("{}/echo?x=1", server.url()), "ping")
        .with_bearer(&Secret::new("token"))
        .with_header("X-Kind", "test");
    let answer = http.send(&request, &unobserved).unwrap();
    assert_eq!((answer.status(), answer.body()), (200, &b"ping"[..]));
    assert_eq!(answer.header("etag"), Some("\"a1\""));
    let gone = get(&http, format!("{}/gone", server.url())).unwrap();
    assert_eq!((gone.status(), gone.header("x-why")), (410, Some("moved out")));

    let asked = server.asked();
    assert_eq!((asked[0].method.as_str(), asked[0].target.as_str()), ("POST", "/echo?x=1"));
    assert_eq!(asked[0].header("authorization"), Some("Bearer token"));
    assert_eq!(asked[0].header("x-kind"), Some("test"));
    assert_eq!(asked[0].header("accept-encoding"), Some("gzip"));
    assert!(asked[0].header("user-agent").unwrap().starts_with("rca-core/"));
}

#[test]
fn a_redirect_stays_on_its_server() {
    let other = Server::start(|_| Reply::new(200, &[], "stolen"));
    let elsewhere = format!("{}/x", other.url());
    let server = Server::start(move |asked| match asked.path() {
        "/old" => Reply::new(302, &[("Location", "/new")], ""),
        "/new" => Reply::new(200, &[], "here"),
        "/loop" => Reply::new(307, &[("Location", "/loop")], ""),
        "/meta" => Reply::new(301, &[("Location", "http://169.254.169.254/latest")], ""),
        _ => Reply::new(302, &[("Location", &elsewhere)], ""),
    });
    let http = http();
    let at = |path: &str| format!("{}{path}", server.url());
    assert_eq!(get(&http, at("/old")).unwrap().body(), b"here");
    for path in ["/away", "/meta"] {
        let fault = get(&http, at(path)).unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Refused, "{fault}");
        assert_eq!(fault.remedy(), Remedy::AskHuman);
    }
    assert_eq!(get(&http, at("/loop")).unwrap_err().kind(), FaultKind::Unexpected);
    // Whether a body may be sent twice is not ours to decide.
    let posted = http.send(&Request::post(at("/old"), "x"), &unobserved).unwrap();
    assert_eq!(posted.status(), 302);
    assert!(other.asked().is_empty(), "credentials would have gone to {:?}", other.asked());
}

#[test]
fn half_an_answer_is_none_and_may_be_tried_again() {
    let server = Server::start(|asked| {
        let whole = gzip(&b"{\"runs\": []}".repeat(50));
        Reply(match asked.path() {
            "/short" => {
                vec![Piece::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf".to_vec())]
            }
            "/chunk" => vec![Piece::Bytes(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nfour".to_vec(),
            )],
            "/head" => vec![Piece::Bytes(b"HTTP/1.1 200 OK\r\nContent-Le".to_vec())],
            "/noise" => vec![Piece::Bytes(b"\x00\x01\x02 what?\r\n\r\n".to_vec())],
            "/gzip" => return Reply::new(200, &[("Content-Encoding", "gzip")], &whole[..20]),
            _ => vec![],
        })
    });
    let http = http();
    for path in ["/short", "/chunk", "/head", "/noise", "/gzip", "/nothing"] {
        let fault = get(&http, format!("{}{path}", server.url())).unwrap_err();
        assert_eq!(fault.remedy(), Remedy::TryAgain, "{path}: {fault:?}");
    }
}

#[test]
fn a_slow_drip_does_not_stretch_the_time() {
    let server = Server::start(|_| {
        let mut pieces = vec![Piece::Bytes(head(200, &[("Content-Length", "100000")]))];
        for _ in 0..1000 {
            pieces.extend([Piece::Bytes(b".".to_vec()), Piece::Pause(Duration::from_millis(20))]);
        }
        Reply(pieces)
    });
    let request = Request::get(server.url()).with_timeout(Duration::from_millis(300));
    let fault = http().send(&request, &unobserved).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::TimedOut, "{fault}");
}

#[test]
fn a_silent_server_does_not_keep_from_cancelling() {
    let server = Server::start(|_| Reply(vec![Piece::Pause(Duration::from_secs(60))]));
    let asked = Cell::new(0);
    let observer = |_: &rca_core::connectors::Progress<'_>| {
        asked.set(asked.get() + 1);
        if asked.get() > 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let request = Request::get(server.url()).with_timeout(Duration::from_secs(50));
    let fault = http().send(&request, &observer).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Cancelled);
    assert_eq!(rca_core::Error::from(fault).kind(), rca_core::ErrorKind::Cancelled);
}

#[test]
fn bodies_are_as_long_as_they_may_be_packed_or_not() {
    let server = Server::start(|asked| match asked.path() {
        "/endless" => {
            let mut pieces = vec![Piece::Bytes(head(200, &[("Connection", "close")]))];
            pieces.extend((0..2000).map(|_| Piece::Bytes(vec![b'x'; 1000])));
            Reply(pieces)
        }
        "/packed" => {
            let body: Vec<u8> = (0..60_000_u32).flat_map(u32::to_le_bytes).collect();
            Reply::new(200, &[("Content-Encoding", "gzip")], gzip(&body))
        }
        "/bomb" => Reply::new(200, &[("Content-Encoding", "gzip")], gzip(&vec![0; 8 << 20])),
        "/brotli" => Reply::new(200, &[("Content-Encoding", "br")], "??"),
        _ => Reply::new(200, &[("Content-Encoding", "gzip")], gzip(b"hello")),
    });
    let at = |path: &str| format!("{}{path}", server.url());
    let kind = |transport: &HttpTransport, path: &str| get(transport, at(path)).unwrap_err().kind();
    assert_eq!(get(&http(), at("/plain")).unwrap().body(), b"hello");
    assert_eq!(get(&http(), at("/packed")).unwrap().body().len(), 240_000);
    assert_eq!(kind(&small(100_000), "/endless"), FaultKind::TooLarge);
    assert_eq!(kind(&small(100_000), "/packed"), FaultKind::TooLarge);
    assert_eq!(kind(&http(), "/bomb"), FaultKind::TooLarge);
    assert_eq!(kind(&http(), "/brotli"), FaultKind::Unexpected);
}

#[test]
fn what_must_not_be_asked_is_not_asked() {
    let http = http();
    for (url, kind) in [
        ("http://169.254.169.254/latest/meta-data", FaultKind::Refused),
        ("http://[fe80::1]/", FaultKind::Refused),
        ("http://[::ffff:169.254.169.254]/", FaultKind::Refused),
        ("http://0.0.0.0/", FaultKind::Refused),
        ("http://ada:pw@127.0.0.1/", FaultKind::Malformed),
        ("ftp://127.0.0.1/", FaultKind::Malformed),
        ("file:///etc/passwd", FaultKind::Malformed),
        ("", FaultKind::Malformed),
        ("http://a b/", FaultKind::Malformed),
    ] {
        let fault = get(&http, url).unwrap_err();
        assert_eq!(fault.kind(), kind, "{url}: {fault}");
        assert!(!fault.to_string().contains("pw"), "{fault}");
    }
    let line_end = Request::get("http://127.0.0.1:9/").with_header("X-A", "b\r\nX-Evil: 1");
    assert_eq!(http.send(&line_end, &unobserved).unwrap_err().kind(), FaultKind::Malformed);
}

#[test]
fn a_server_that_is_not_there_may_come_back() {
    let port = { Server::start(|_| Reply::new(200, &[], "")).port() };
    let fault = get(&http(), format!("http://127.0.0.1:{port}/x?key=abc")).unwrap_err();
    // The listener may take one last connection while it goes; either way there is no answer.
    assert_eq!(fault.remedy(), Remedy::TryAgain, "{fault}");
    assert!(fault.place().ends_with("/x?..."), "{fault}");
}

#[test]
fn a_proxy_of_the_environment_is_asked_only_when_it_is_wanted() {
    let proxy = Server::start(|_| Reply::new(403, &[], "not for you"));
    let server = Server::start(|_| Reply::new(200, &[], "direct"));
    let child = |wanted: &str| {
        let out = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child_with_a_proxy_in_its_environment", "--ignored", "--nocapture"])
            .env("HTTP_PROXY", proxy.url())
            .env("RCA_TEST_PROXY", wanted)
            .env("RCA_TEST_URL", server.url())
            .env_remove("NO_PROXY")
            .env_remove("no_proxy")
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stdout));
    };
    child("no");
    assert_eq!((proxy.asked().len(), server.asked().len()), (0, 1));
    child("yes");
    let asked = proxy.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(asked[0].method, "CONNECT");
    assert_eq!(asked[0].target, format!("127.0.0.1:{}", server.port()));
    assert_eq!(server.asked().len(), 1);
}

#[test]
#[ignore = "run by the test of the proxy, which sets its environment"]
fn child_with_a_proxy_in_its_environment() {
    let wanted = std::env::var("RCA_TEST_PROXY").unwrap() == "yes";
    let mut options = HttpOptions::default();
    if wanted {
        options = options.with_proxy_from_environment();
    }
    let http = HttpTransport::with_options(&Limits::default(), options).unwrap();
    let answer = get(&http, std::env::var("RCA_TEST_URL").unwrap());
    match answer {
        Ok(answer) => assert!(!wanted && answer.body() == b"direct"),
        Err(fault) => assert!(wanted && fault.what().contains("proxy"), "{fault}"),
    }
}

#[test]
fn a_repository_is_pulled_over_pages_then_costs_nothing_and_a_limit_is_a_pause() {
    let state = Arc::new(AtomicUsize::new(0));
    let moment = Arc::clone(&state);
    let server = Server::start(move |asked| {
        assert_eq!(asked.header("authorization"), Some("Bearer token"));
        let host = asked.header("host").unwrap();
        let release = |n: u32| {
            format!(
                r#"{{"id": {n}, "tag_name": "v{n}", "target_commitish": "main", "draft": false,
                "published_at": "2026-05-0{n}T09:00:00Z",
                "url": "http://{host}/repos/shop/till/releases/{n}"}}"#
            )
        };
        let page = asked.parameter("page").unwrap_or("1");
        match moment.load(Ordering::SeqCst) {
            1 => {
                Reply::new(403, &[("Retry-After", "70")], r#"{"message": "secondary rate limit"}"#)
            }
            2 => Reply(vec![
                Piece::Bytes(head(200, &[("Content-Length", "999")])),
                Piece::Bytes(b"[{".to_vec()),
            ]),
            _ if asked.header("if-none-match") == Some("\"one\"") => {
                Reply::new(304, &[("ETag", "\"one\"")], "")
            }
            _ if page == "1" => {
                let next = format!("<http://{host}/repos/shop/till/releases?page=2>; rel=\"next\"");
                let body = format!("[{}]", release(3));
                Reply::new(200, &[("ETag", "\"one\""), ("Link", &next)], body)
            }
            _ => Reply::new(200, &[], format!("[{}, {}]", release(2), release(1))),
        }
    });
    let mut source = GitHub::new("shop/till", Arc::new(http()))
        .unwrap()
        .with_server(server.url())
        .with_token(&Secret::new("token"))
        .with_resources([GitHubResource::Releases])
        .with_start("2026-05-01T00:00:00Z".parse().unwrap());
    let now = "2026-05-20T00:00:00Z".parse().unwrap();
    let first = source.pull(None, now, &unobserved).unwrap();
    assert!(first.more);
    for (trouble, remedy) in
        [(1, Remedy::SlowDown(Some(Duration::from_secs(70)))), (2, Remedy::TryAgain)]
    {
        state.store(trouble, Ordering::SeqCst);
        let fault = source.pull(Some(&first.checkpoint), now, &unobserved).unwrap_err();
        assert_eq!(fault.remedy(), remedy, "{fault}");
    }
    state.store(0, Ordering::SeqCst);
    let second = source.pull(Some(&first.checkpoint), now, &unobserved).unwrap();
    assert!(!second.more);
    let titles = |page: &Page| {
        page.batch.events.iter().map(|event| event.title().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(titles(&first), ["release v3 published in shop/till"]);
    assert_eq!(titles(&second).len(), 2);
    let third = source.pull(Some(&second.checkpoint), now, &unobserved).unwrap();
    assert!(titles(&third).is_empty() && !third.more);
    assert_eq!(server.asked().len(), 5);
}

/// A server that speaks TLS with a certificate of our own authority.
fn tls_server(versions: &[&'static rustls::SupportedProtocolVersion]) -> Server {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let certificate = CertificateDer::from_pem_slice(include_bytes!("tls/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/server.key")).unwrap();
    let provider = Arc::new(rustls_graviola::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    Server::wrapped(
        move |stream| {
            let session = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            Box::new(rustls::StreamOwned::new(session, stream))
        },
        |_| Reply::new(200, &[], "in private"),
    )
}

#[test]
fn tls_needs_a_certificate_that_is_trusted_and_for_that_host() {
    let own = HttpOptions::default().with_authorities(include_bytes!("tls/authority.pem")).unwrap();
    let trusting = HttpTransport::with_options(&Limits::default(), own).unwrap();
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let server = tls_server(&[version]);
        let answer = get(&trusting, format!("https://localhost:{}/", server.port())).unwrap();
        assert_eq!(answer.body(), b"in private");
        let distrusting =
            get(&http(), format!("https://localhost:{}/", server.port())).unwrap_err();
        assert_eq!(distrusting.kind(), FaultKind::Untrusted, "{distrusting}");
        // The same computer under a name that the certificate does not have.
        let misnamed = get(&trusting, format!("https://127.0.0.1:{}/", server.port())).unwrap_err();
        assert_eq!(misnamed.kind(), FaultKind::Untrusted, "{misnamed}");
    }
    let plain = Server::start(|_| Reply::new(200, &[], ""));
    assert!(get(&trusting, format!("https://localhost:{}/", plain.port())).is_err());
    assert!(HttpOptions::default().with_authorities(b"nonsense").is_err());
}
