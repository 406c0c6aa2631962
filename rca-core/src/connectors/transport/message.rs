//! Requests and answers.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::headers;
use super::{Fault, FaultKind, Secret};

/// What a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    /// Reads.
    #[default]
    Get,
    /// Sends a body; sources use it only for queries too long for an address.
    Post,
}

impl Method {
    /// As it stands on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// One request: what is asked of which address.
#[derive(Clone)]
pub struct Request {
    method: Method,
    url: String,
    headers: Vec<(String, Secret)>,
    body: Vec<u8>,
    timeout: Duration,
}

impl Request {
    /// How long a whole request may take unless it says otherwise.
    pub const TIMEOUT: Duration = Duration::from_secs(30);

    /// Asks for what is at an address (`http://` or `https://`).
    #[must_use]
    pub fn get(url: impl Into<String>) -> Self {
        Self {
            method: Method::Get,
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            timeout: Self::TIMEOUT,
        }
    }

    /// Sends a body to an address.
    #[must_use]
    pub fn post(url: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self { method: Method::Post, body: body.into(), ..Self::get(url) }
    }

    /// Adds a header. Its value is kept as a secret, whatever it is.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<Secret>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Adds `Authorization: Bearer ...`.
    #[must_use]
    pub fn with_bearer(self, token: &Secret) -> Self {
        self.with_header("Authorization", Secret::new(format!("Bearer {}", token.reveal())))
    }

    /// Adds `Authorization: Basic ...` of a user and a password (RFC 7617).
    #[must_use]
    pub fn with_basic(self, user: &str, password: &Secret) -> Self {
        let pair = zeroize::Zeroizing::new(format!("{user}:{}", password.reveal()));
        let encoded = data_encoding::BASE64.encode(pair.as_bytes());
        self.with_header("Authorization", Secret::new(format!("Basic {encoded}")))
    }

    /// Bounds the time of the whole request, from the first byte sent to the last received.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// What it does.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// The whole address, query included: not for logs, see [`place`](Self::place).
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address without user and query, for people.
    #[must_use]
    pub fn place(&self) -> String {
        without_secrets(&self.url)
    }

    /// Names and values, in the order in which they were added.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &Secret)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The value of a header, whatever the case of its name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, v)| v.reveal())
    }

    /// What is sent; empty for most.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// How long it may take as a whole.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }
}

/// Values of headers, the query and the body stay out of `Debug`.
impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method.as_str())
            .field("place", &self.place())
            .field("headers", &self.headers)
            .field("body_bytes", &self.body.len())
            .field("timeout", &self.timeout)
            .finish()
    }
}

/// A whole answer.
#[derive(Clone)]
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Response {
    /// An answer with a status and a body; a transport adds the headers.
    #[must_use]
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The status, such as 200.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The value of a header, whatever the case of its name; of several the first.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim())
    }

    /// The body, unpacked.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body, taken out.
    #[must_use]
    pub fn into_body(self) -> Vec<u8> {
        self.body
    }

    /// The address of the next page, by the `Link` header (RFC 8288).
    #[must_use]
    pub fn next_page(&self) -> Option<&str> {
        headers::next_page(self.header("Link")?)
    }

    /// How long no further request will be served, when the headers say that this was the last one.
    #[must_use]
    pub fn pause(&self, now: DateTime<Utc>) -> Option<Duration> {
        let header = |name: &str| self.header(name);
        if headers::spent(header) { headers::wait(header, now) } else { None }
    }

    /// Whether the status means that the answer is what was asked for, or that nothing changed (304).
    ///
    /// Statuses are read as RFC 9110 and 6585 define them; `Retry-After` in seconds or as a date. A 403 is a request
    /// to slow down when the headers say that no request is left (`X-RateLimit-Remaining: 0`, as GitHub does) or
    /// the body speaks of a rate limit; until when comes from `Retry-After` or `X-RateLimit-Reset`. A wait of more
    /// than a day is taken for a day.
    ///
    /// # Errors
    ///
    /// A [`Fault`] that tells what to do.
    pub fn check(&self, request: &Request, now: DateTime<Utc>) -> Result<(), Fault> {
        let Some(kind) = self.fault(now) else { return Ok(()) };
        let said = match self.status {
            400 | 422 => headers::reason(&self.body),
            _ => None,
        };
        let said = said.map_or_else(String::new, |said| format!(": {said}"));
        Err(Fault::new(kind, request.url(), format!("answered {}{said}", self.status)))
    }

    fn fault(&self, now: DateTime<Utc>) -> Option<FaultKind> {
        let wait = || headers::wait(|name| self.header(name), now);
        Some(match self.status {
            200..=299 | 304 => return None,
            429 => FaultKind::Throttled { after: wait() },
            403 if headers::spent(|name| self.header(name)) || self.speaks_of_a_rate_limit() => {
                FaultKind::Throttled { after: wait() }
            }
            503 if self.header("Retry-After").is_some() => FaultKind::Throttled { after: wait() },
            401 | 407 => FaultKind::Credentials,
            403 | 451 => FaultKind::Forbidden,
            404 | 410 => FaultKind::NotFound,
            408 => FaultKind::TimedOut,
            425 => FaultKind::Server,
            413 | 414 => FaultKind::TooLarge,
            501 | 505 => FaultKind::Malformed,
            500..=599 => FaultKind::Server,
            300..=399 => FaultKind::Unexpected,
            400..=499 => FaultKind::Malformed,
            _ => FaultKind::Unexpected,
        })
    }

    /// GitHub's secondary limits come as 403 with a sentence.
    fn speaks_of_a_rate_limit(&self) -> bool {
        self.header("Retry-After").is_some()
            || headers::reason(&self.body)
                .is_some_and(|said| said.to_ascii_lowercase().contains("rate limit"))
    }
}

/// Bodies and values of headers stay out of `Debug`.
impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &names)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

/// An address without user, query and fragment.
pub(super) fn without_secrets(url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let (bare, rest) = url.split_at(end);
    let more = if rest.is_empty() { "" } else { "?..." };
    let Some((scheme, after)) = bare.split_once("://") else { return format!("{bare}{more}") };
    let (authority, path) = after.split_at(after.find('/').unwrap_or(after.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}{more}")
}

#[cfg(test)]
mod tests {
    use super::super::Remedy;
    use super::*;
    use crate::ErrorKind;

    fn now() -> DateTime<Utc> {
        "2026-05-04T09:00:00Z".parse().unwrap()
    }

    fn remedy(response: &Response) -> Option<Remedy> {
        let request = Request::get("http://ci.example/api");
        response.check(&request, now()).err().map(|fault| fault.remedy())
    }

    #[test]
    fn each_status_says_what_to_do() {
        for (status, expected) in [
            (200, None),
            (204, None),
            (304, None),
            (500, Some(Remedy::TryAgain)),
            (502, Some(Remedy::TryAgain)),
            (503, Some(Remedy::TryAgain)),
            (408, Some(Remedy::TryAgain)),
            (429, Some(Remedy::SlowDown(None))),
            (401, Some(Remedy::AskHuman)),
            (403, Some(Remedy::AskHuman)),
            (404, Some(Remedy::AskHuman)),
            (302, Some(Remedy::AskHuman)),
            (999, Some(Remedy::AskHuman)),
            (400, Some(Remedy::Never)),
            (422, Some(Remedy::Never)),
            (501, Some(Remedy::Never)),
        ] {
            assert_eq!(remedy(&Response::new(status, "")), expected, "{status}");
        }
    }

    #[test]
    fn a_403_without_requests_left_is_a_request_to_wait_until_the_reset() {
        let reset = (now().timestamp() + 90).to_string();
        let spent = Response::new(403, "")
            .with_header("x-ratelimit-remaining", "0")
            .with_header("X-RateLimit-Reset", reset);
        assert_eq!(remedy(&spent), Some(Remedy::SlowDown(Some(Duration::from_secs(90)))));
        let left = Response::new(403, "").with_header("X-RateLimit-Remaining", "12");
        assert_eq!(remedy(&left), Some(Remedy::AskHuman));
        let said = Response::new(403, r#"{"message": "You have exceeded a secondary rate limit"}"#);
        assert_eq!(remedy(&said), Some(Remedy::SlowDown(None)));
    }

    #[test]
    fn neither_debug_nor_faults_show_credentials() {
        let request = Request::get("https://ada:pw@ci.example/runs?token=abc#x")
            .with_bearer(&Secret::new("tok"))
            .with_basic("ada", &Secret::new("pw"))
            .with_header("X-Key", "key");
        assert_eq!(request.header("authorization"), Some("Bearer tok"));
        let shown = format!("{request:?}");
        let fault = Response::new(500, "secret body").check(&request, now()).unwrap_err();
        let error = crate::Error::from(fault.clone());
        assert_eq!(error.kind(), ErrorKind::Busy);
        assert_eq!(fault.place(), "https://ci.example/runs?...");
        for text in [shown, fault.to_string(), format!("{fault:?}"), error.to_string()] {
            for secret in ["tok\"", "abc", "pw", "key\"", "secret body", "ada:"] {
                assert!(!text.contains(secret), "{secret} in {text}");
            }
        }
    }
}
