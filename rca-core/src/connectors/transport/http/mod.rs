//! HTTP and HTTPS over [`ureq`](https://docs.rs/ureq), without C: TLS is rustls with the graviola provider.

mod addresses;
mod exchange;
mod redirects;
mod tls;

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Proxy};

use super::{Fault, FaultKind, Request, Response, Transport};
use crate::connectors::{Limits, Observer, Progress};
use crate::error::{Error, Place, Result};

/// How often the observer is asked while nothing comes.
const TICK: Duration = Duration::from_millis(100);
/// After this a request that nobody waits for any more ends by itself.
const LINGER: Duration = Duration::from_secs(150);
const CONNECT: Duration = Duration::from_secs(15);

/// HTTP/1.1 with and without TLS.
///
/// What it does not do, for safety's sake: follow a redirect to another host, port or scheme; connect to link-local
/// and cloud metadata addresses, whatever name they hide behind; use a proxy that it was not told to use; read more
/// than [`Limits::body_bytes`], packed or unpacked, or what grows by more than [`Limits::gzip_ratio`]; take
/// credentials in an address. Private addresses are allowed: that is where an in-house Prometheus lives.
///
/// Each request runs on a thread of its own, so that it ends at its time and when the observer breaks, even while
/// a server keeps silent. Connections are kept for the next request. Certificates are checked against those that the
/// system trusts.
///
/// ```no_run
/// use rca_core::connectors::transport::{HttpTransport, Request, Transport};
/// use rca_core::connectors::{Limits, unobserved};
///
/// let http = HttpTransport::new(&Limits::default())?;
/// let answer = http.send(&Request::get("http://127.0.0.1:9090/api/v1/alerts"), &unobserved)?;
/// assert_eq!(answer.status(), 200);
/// # Ok::<(), rca_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct HttpTransport {
    agent: Agent,
    limits: Arc<Limits>,
}

/// How an [`HttpTransport`] differs from the plain one.
#[derive(Debug, Clone, Default)]
pub struct HttpOptions {
    proxy_from_environment: bool,
    authorities: Vec<Certificate<'static>>,
}

impl HttpOptions {
    /// Uses the proxy that `ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` name. The proxy then looks names up, so
    /// only addresses that are written as numbers are kept from metadata services.
    #[must_use]
    pub fn with_proxy_from_environment(mut self) -> Self {
        self.proxy_from_environment = true;
        self
    }

    /// Trusts these certificates (PEM) as well: those of a company's own authority.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when there is no certificate in it.
    pub fn with_authorities(mut self, pem: &[u8]) -> Result<Self> {
        let before = self.authorities.len();
        for item in parse_pem(pem).flatten() {
            if let PemItem::Certificate(certificate) = item {
                self.authorities.push(certificate);
            }
        }
        if self.authorities.len() == before {
            let place = Place { input: Some("authorities".to_owned()), ..Place::default() };
            return Err(Error::invalid(place, "no certificate in PEM form in it"));
        }
        Ok(self)
    }
}

impl HttpTransport {
    /// A transport that trusts the system's certificates and asks no proxy.
    ///
    /// # Errors
    ///
    /// See [`with_options`](Self::with_options).
    pub fn new(limits: &Limits) -> Result<Self> {
        Self::with_options(limits, HttpOptions::default())
    }

    /// A transport with options.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when a proxy from the environment is wanted and there is none.
    pub fn with_options(limits: &Limits, options: HttpOptions) -> Result<Self> {
        let proxy = if options.proxy_from_environment { Some(proxy()?) } else { None };
        let mut trusted = options.authorities;
        // What can't be read of the system's store is missing in it; a server that needs it is then not trusted.
        let system = rustls_native_certs::load_native_certs().certs;
        trusted.extend(system.iter().map(|one| Certificate::from_der(one).to_owned()));
        let tls = TlsConfig::builder()
            .unversioned_rustls_crypto_provider(Arc::new(tls::algorithms()))
            .root_certs(RootCerts::Specific(Arc::new(trusted)))
            .build();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("rca-core/", env!("CARGO_PKG_VERSION")))
            .accept("")
            .accept_encoding("gzip")
            .timeout_connect(Some(CONNECT))
            .timeout_per_read(Some(LINGER))
            .timeout_per_write(Some(LINGER))
            .proxy(proxy)
            .tls_config(tls)
            .build();
        let resolver = addresses::Guard::default();
        let agent = Agent::with_parts(config, DefaultConnector::default(), resolver);
        Ok(Self { agent, limits: Arc::new(limits.clone()) })
    }
}

fn proxy() -> Result<Proxy> {
    Proxy::try_from_env().ok_or_else(|| {
        let place = Place { input: Some("environment".to_owned()), ..Place::default() };
        Error::invalid(place, "no usable proxy in ALL_PROXY, HTTPS_PROXY or HTTP_PROXY; set one")
    })
}

/// What the thread of a request tells.
enum News {
    Bytes(u64),
    Over(Result<Response, Fault>),
}

impl Transport for HttpTransport {
    fn send(&self, request: &Request, observer: Observer<'_>) -> Result<Response, Fault> {
        let url = request.url();
        let deadline = Instant::now() + request.timeout();
        let (tell, news) = mpsc::sync_channel(4);
        let (agent, limits, copy) = (self.agent.clone(), Arc::clone(&self.limits), request.clone());
        // Nobody waits for this thread: when its news are not wanted any more, it ends at the next bytes.
        let work = move || {
            let outcome = exchange::run(&agent, &limits, &copy, &|bytes| {
                tell.send(News::Bytes(bytes)).is_ok()
            });
            let _ = tell.send(News::Over(outcome));
        };
        thread::Builder::new().name("rca-http".to_owned()).spawn(work).map_err(|error| {
            Fault::new(FaultKind::Unreachable, url, format!("no thread for a request: {error}"))
        })?;
        let place = request.place();
        let mut bytes = 0;
        loop {
            if observer(&Progress { input: &place, records: 0, bytes }).is_break() {
                return Err(Fault::cancelled(url));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match news.recv_timeout(left.min(TICK)) {
                Ok(News::Bytes(more)) => bytes = more,
                Ok(News::Over(outcome)) => return outcome,
                Err(RecvTimeoutError::Timeout) if left.is_zero() => {
                    let what = format!("not answered within {:?}", request.timeout());
                    return Err(Fault::new(FaultKind::TimedOut, url, what));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    let what = "the request ended without an answer";
                    return Err(Fault::new(FaultKind::Unreachable, url, what));
                }
            }
        }
    }
}
