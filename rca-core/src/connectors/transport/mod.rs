//! Carrying requests to a server and answers back, for the [sources](super::source) that poll an API.
//!
//! A connector says what it wants in a [`Request`]; a [`Transport`] carries it. The host may bring its own network
//! stack, a test brings answers, and the feature `http` brings `HttpTransport`. Whatever goes wrong is a [`Fault`],
//! which knows whether to try again, to slow down, to ask a human or to give up ([`Remedy`]).
//!
//! A transport does not retry, does not wait and does not judge the status of an answer: that is up to who sent the
//! request ([`Response::check`]).
//!
//! ```
//! use rca_core::connectors::transport::{Fault, Request, Response, Transport};
//! use rca_core::connectors::{Observer, unobserved};
//!
//! /// A server that is always busy.
//! struct Busy;
//!
//! impl Transport for Busy {
//!     fn send(&self, _: &Request, _: Observer<'_>) -> Result<Response, Fault> {
//!         Ok(Response::new(429, b"later".to_vec()).with_header("Retry-After", "7"))
//!     }
//! }
//!
//! let request = Request::get("https://ci.example/runs?key=abc");
//! let answer = Busy.send(&request, &unobserved)?;
//! let fault = answer.check(&request, "2026-05-04T09:00:00Z".parse().unwrap()).unwrap_err();
//! assert_eq!(fault.remedy().after(), Some(std::time::Duration::from_secs(7)));
//! assert_eq!(fault.place(), "https://ci.example/runs?...");
//! # Ok::<(), Fault>(())
//! ```

mod fault;
mod headers;
#[cfg(feature = "http")]
mod http;
mod message;
mod secret;

pub use fault::{Fault, FaultKind, Remedy};
#[cfg(feature = "http")]
pub use http::{HttpOptions, HttpTransport};
pub use message::{Method, Request, Response};
pub use secret::Secret;

use super::Observer;

/// Carries one request and brings back its answer. Blocking; threads belong to the host.
pub trait Transport: Send + Sync {
    /// Sends a request and reads the whole answer, however it turned out: a status of 404 or 500 is an answer.
    ///
    /// The observer hears how many bytes of the body came so far; when it breaks, the transport stops as soon as it
    /// can.
    ///
    /// # Errors
    ///
    /// A [`Fault`] when there is no whole answer: no connection, no time left, too many bytes, cancelled.
    fn send(&self, request: &Request, observer: Observer<'_>) -> Result<Response, Fault>;
}

impl<T: Transport + ?Sized> Transport for std::sync::Arc<T> {
    fn send(&self, request: &Request, observer: Observer<'_>) -> Result<Response, Fault> {
        (**self).send(request, observer)
    }
}

impl<T: Transport + ?Sized> Transport for &T {
    fn send(&self, request: &Request, observer: Observer<'_>) -> Result<Response, Fault> {
        (**self).send(request, observer)
    }
}
