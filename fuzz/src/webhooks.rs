//! Webhooks and reports of code hosts, CI, deploy and alert systems, and their signatures, on any bytes.

use rca_core::connectors::{Delivery, Format, Limits, read, unobserved, verify_signature};

/// Headers that decide how a body is read, with a kind that exists.
const HEADERS: [&[(&str, &str)]; 4] = [
    &[],
    &[("X-GitHub-Event", "deployment_status")],
    &[("X-Gitlab-Event", "Push Hook")],
    &[("Sentry-Hook-Resource", "event_alert")],
];

/// Reads the bytes as what they seem to be (as each format, when that is nothing) and as the body of deliveries.
///
/// # Panics
///
/// When two readings of the same bytes differ, or something was signed that nobody signed.
pub fn read_each(bytes: &[u8]) {
    let limits = Limits { attributes: 4, record_bytes: 4096, ..Limits::default() };
    let as_format = |format| read("x", &mut &bytes[..], Some(format), &limits, &unobserved);
    match Format::of("x", bytes) {
        Some(format) => {
            if let (Ok(first), Ok(second)) = (as_format(format), as_format(format)) {
                assert_eq!(first.events, second.events, "{}: two readings differ", format.name);
                assert_eq!(first.report, second.report, "{}: two reports differ", format.name);
            }
        }
        None => Format::all().for_each(|format| drop(as_format(format))),
    }
    for headers in HEADERS {
        let received = chrono::DateTime::UNIX_EPOCH;
        let _ = Delivery { headers, body: bytes, received }.read(&limits);
    }
    let text = String::from_utf8_lossy(bytes);
    assert!(verify_signature(b"secret", b"body", &text).is_err(), "a signature was guessed");
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_corpus_is_read_or_refused() {
        for bytes in [
            &b""[..],
            b"{",
            b"{\"alerts\":[null,1,{\"labels\":{},\"startsAt\":-9e99}]}",
            b"<testsuite><testcase name='&#x110000;'",
            b"<!DOCTYPE x><testsuite/>",
            b"{\"object_kind\":\"\\u0000\"}",
        ] {
            super::read_each(bytes);
        }
    }
}
