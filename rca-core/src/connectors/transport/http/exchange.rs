//! One request and its answer, on the thread that runs it.

use std::io::{self, Read};

use ureq::Agent;
use ureq::http::header::CONTENT_ENCODING;
use ureq::http::{self, HeaderValue, Uri};

use super::super::{Fault, FaultKind, Method, Request, Response};
use super::{addresses, redirects};
use crate::connectors::Limits;
use crate::connectors::format::{Bomb, unpack};

/// Bytes that are read at once.
const CHUNK: usize = 32 << 10;

/// Whether to go on, given how many bytes of the body came.
type Told<'a> = &'a dyn Fn(u64) -> bool;

/// Sends the request and follows its redirects as far as they are allowed.
pub(super) fn run(
    agent: &Agent,
    limits: &Limits,
    request: &Request,
    told: Told<'_>,
) -> Result<Response, Fault> {
    let mut uri = address(request)?;
    for _ in 0..=redirects::MOST {
        let answer = agent.run(prepared(&uri, request)?).map_err(|error| fault(error, request))?;
        let (head, body) = answer.into_parts();
        let location = head.headers.get("location").and_then(|value| value.to_str().ok());
        match location.filter(|_| (300..400).contains(&head.status.as_u16())) {
            // Whether a body may be sent again is not ours to decide: the redirect is the answer.
            Some(location) if request.method() == Method::Get => {
                uri = redirects::follow(&uri, location).map_err(|elsewhere| {
                    Fault::new(
                        FaultKind::Refused,
                        request.url(),
                        format!("redirected to {elsewhere}"),
                    )
                    .with_hint(
                        "redirects to elsewhere are not followed; give that address if it is right",
                    )
                })?;
            }
            _ => return whole(&head, body.into_reader(), limits, request, told),
        }
    }
    let what = format!("redirected more than {} times", redirects::MOST);
    Err(Fault::new(FaultKind::Unexpected, request.url(), what))
}

/// The address, checked as far as it can be without looking a name up.
fn address(request: &Request) -> Result<Uri, Fault> {
    let malformed = |what: &str| Fault::new(FaultKind::Malformed, request.url(), what);
    let uri: Uri = request.url().parse().map_err(|_| malformed("not an address"))?;
    let scheme = uri.scheme_str().unwrap_or_default();
    let secure = scheme.eq_ignore_ascii_case("https");
    if !secure && !scheme.eq_ignore_ascii_case("http") {
        return Err(malformed("neither http:// nor https://"));
    }
    if uri.authority().is_none_or(|authority| authority.as_str().contains('@')) {
        return Err(malformed("an address without a host, or with a user in it")
            .with_hint("give credentials apart from the address"));
    }
    if addresses::literal(&uri).is_some_and(addresses::is_forbidden) {
        return Err(forbidden(request));
    }
    if secure && !processor_can_tls() {
        return Err(malformed("this processor lacks instructions that TLS needs here")
            .with_hint("bring a transport of your own, or ask over http:// where that is safe"));
    }
    Ok(uri)
}

/// What the TLS provider needs; it would panic without.
fn processor_can_tls() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("aes")
        && std::arch::is_x86_feature_detected!("ssse3")
        && std::arch::is_x86_feature_detected!("pclmulqdq")
        && std::arch::is_x86_feature_detected!("avx")
        && std::arch::is_x86_feature_detected!("avx2")
        && std::arch::is_x86_feature_detected!("adx")
        && std::arch::is_x86_feature_detected!("bmi1")
        && std::arch::is_x86_feature_detected!("bmi2");
    #[cfg(target_arch = "aarch64")]
    return std::arch::is_aarch64_feature_detected!("aes")
        && std::arch::is_aarch64_feature_detected!("sha2")
        && std::arch::is_aarch64_feature_detected!("pmull")
        && std::arch::is_aarch64_feature_detected!("neon");
    #[allow(unreachable_code, reason = "reached on other architectures")]
    true
}

fn prepared(uri: &Uri, request: &Request) -> Result<http::Request<Vec<u8>>, Fault> {
    let mut prepared = http::Request::builder().method(request.method().as_str()).uri(uri);
    for (name, value) in request.headers() {
        let mut value = HeaderValue::from_str(value.reveal()).map_err(|_| {
            let what = format!("the value of the header {name} has characters that none may have");
            Fault::new(FaultKind::Malformed, request.url(), what)
        })?;
        value.set_sensitive(true);
        prepared = prepared.header(name, value);
    }
    prepared.body(request.body().to_vec()).map_err(|error| {
        let what = format!("not a request: {error}");
        Fault::new(FaultKind::Malformed, request.url(), what)
    })
}

/// The answer with its body, unpacked, as long as it may be.
fn whole(
    head: &http::response::Parts,
    mut body: impl Read,
    limits: &Limits,
    request: &Request,
    told: Told<'_>,
) -> Result<Response, Fault> {
    let encoding = head.headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok());
    let packed = match encoding.map(str::trim).unwrap_or_default() {
        "" | "identity" => false,
        "gzip" | "x-gzip" => true,
        _ => {
            let what = "its body is packed in a way that was not asked for";
            return Err(Fault::new(FaultKind::Unexpected, request.url(), what));
        }
    };
    let mut bytes = Vec::new();
    if packed {
        let mut start = Vec::new();
        (&mut body).take(2).read_to_end(&mut start).map_err(|error| broken(error, request))?;
        collect(&mut *unpack(start, &mut body, limits), &mut bytes, limits, request, told)?;
    } else {
        collect(&mut body, &mut bytes, limits, request, told)?;
    }
    let mut response = Response::new(head.status.as_u16(), bytes);
    for (name, value) in &head.headers {
        if let Ok(value) = value.to_str() {
            response = response.with_header(name.as_str(), value);
        }
    }
    Ok(response)
}

fn collect(
    source: &mut dyn Read,
    bytes: &mut Vec<u8>,
    limits: &Limits,
    request: &Request,
    told: Told<'_>,
) -> Result<(), Fault> {
    let mut chunk = vec![0; CHUNK];
    loop {
        let count = match source.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(broken(error, request)),
        };
        bytes.extend(chunk.iter().take(count));
        if bytes.len() > limits.body_bytes {
            let what = format!("longer than {} bytes", limits.body_bytes);
            return Err(Fault::new(FaultKind::TooLarge, request.url(), what));
        }
        if !told(bytes.len() as u64) {
            return Err(Fault::cancelled(request.url()));
        }
    }
}

/// A body that ended with an error.
fn broken(error: io::Error, request: &Request) -> Fault {
    if error.get_ref().is_some_and(|inner| inner.is::<Bomb>()) {
        return Fault::new(FaultKind::TooLarge, request.url(), error.to_string())
            .with_hint("raise the limit `gzip_ratio` if it is meant so");
    }
    match ureq::Error::from(error) {
        ureq::Error::Io(error) => {
            let what = format!("its answer broke off: {error}");
            Fault::new(FaultKind::Unreachable, request.url(), what)
        }
        other => fault(other, request),
    }
}

fn forbidden(request: &Request) -> Fault {
    Fault::new(FaultKind::Refused, request.url(), addresses::Forbidden.to_string())
        .with_hint("such addresses are never asked; give another")
}

/// What went wrong, without texts that may hold the address or what was sent.
fn fault(error: ureq::Error, request: &Request) -> Fault {
    use ureq::Error as E;
    let (kind, what) = match error {
        E::Timeout(_) => (FaultKind::TimedOut, "no answer in time".to_owned()),
        E::HostNotFound => (FaultKind::Unreachable, "no such host".to_owned()),
        // The handshake hands its errors over as those of reading.
        E::Io(error) if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) => {
            (FaultKind::Untrusted, error.to_string())
        }
        E::Io(error) => (FaultKind::Unreachable, error.to_string()),
        E::Rustls(error) => (FaultKind::Untrusted, error.to_string()),
        E::Tls(reason) => (FaultKind::Untrusted, reason.to_owned()),
        E::BadUri(_) => (FaultKind::Malformed, "not an address".to_owned()),
        E::Http(error) => (FaultKind::Malformed, format!("not a request: {error}")),
        E::Protocol(error) => (FaultKind::Unreachable, format!("no proper HTTP: {error}")),
        E::LargeResponseHeader(..) => {
            (FaultKind::TooLarge, "its headers are longer than 64 KiB".to_owned())
        }
        E::ConnectProxyFailed(_) => {
            (FaultKind::Unreachable, "the proxy did not connect to it".to_owned())
        }
        E::Other(error) if error.is::<addresses::Forbidden>() => return forbidden(request),
        _ => (FaultKind::Unreachable, "the connection failed".to_owned()),
    };
    Fault::new(kind, request.url(), what)
}
