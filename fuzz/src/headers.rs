//! A webhook request as it comes over the wire: headers, an empty line, a body.

use rca_core::connectors::{Delivery, Limits, verify_signature};

/// Headers kept of one request.
const MOST: usize = 64;

/// Reads the bytes as a delivery, by whatever its headers say.
///
/// # Panics
///
/// When a header is not found under its name in another case, two readings differ, the `Debug` text shows the body, or
/// a header holds the signature of a secret that it can't know.
pub fn request(bytes: &[u8]) {
    let (head, body) = split(bytes);
    let head = String::from_utf8_lossy(head);
    let headers: Vec<(&str, &str)> = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim(), value.trim()))
        .take(MOST)
        .collect();
    let received = chrono::DateTime::UNIX_EPOCH;
    let delivery = Delivery { headers: &headers, body, received };
    for (name, _) in &headers {
        let found = delivery.header(name);
        assert!(found.is_some(), "a header is lost: {name:?}");
        assert_eq!(found, delivery.header(&name.to_ascii_uppercase()), "case matters: {name:?}");
    }
    assert!(delivery.header("\u{0}no such header").is_none() || head.contains('\u{0}'));
    let _ = delivery.sender();
    assert!(!format!("{delivery:?}").contains("secret-in-the-body"));
    let limits = Limits { attributes: 4, record_bytes: 4096, ..Limits::default() };
    match (delivery.read(&limits), delivery.read(&limits)) {
        (Ok(first), Ok(second)) => {
            assert_eq!(first.events, second.events, "two readings differ");
            assert_eq!(first.report, second.report, "two reports differ");
        }
        (first, second) => assert_eq!(first.is_ok(), second.is_ok(), "one reading fails"),
    }
    for (_, value) in &headers {
        assert!(
            verify_signature(b"nobody knows it", body, value).is_err(),
            "a signature was guessed"
        );
    }
}

/// Before and behind the first empty line.
fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    for end in [&b"\r\n\r\n"[..], b"\n\n"] {
        if let Some(at) = bytes.windows(end.len()).position(|part| part == end) {
            let (head, rest) = bytes.split_at(at);
            return (head, rest.get(end.len()..).unwrap_or_default());
        }
    }
    (bytes, b"")
}

#[cfg(test)]
mod tests {
    #[test]
    fn requests_of_any_shape_come_to_an_end() {
        for bytes in [
            &b""[..],
            b"\n\n",
            b"X-GitHub-Event: star",
            b"X-GitHub-Event: star\n\n{}",
            b"x-github-event:\r\nX-GITHUB-EVENT: push\r\n\r\n{\"ref\":1}",
            b": empty name\nX-Gitlab-Event: \xff\n\n[",
            b"Sentry-Hook-Resource: event_alert\nX-Hub-Signature-256: sha256=zz\n\nsecret-in-the-body",
        ] {
            super::request(bytes);
        }
    }
}
