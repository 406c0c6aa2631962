//! A server on loopback that fails on purpose, a transport over plain sockets, and a source that reads it.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use rca_core::connectors::source::{Checkpoint, Page, Raw, Source};
use rca_core::connectors::transport::{Fault, FaultKind, Request, Response, Transport};
use rca_core::connectors::{Format, Limits, Observer, Progress, read};
use rca_core::store::testing::Random;

/// How long a request may take, in real time: hanging servers are waited for so long.
const PATIENCE: Duration = Duration::from_millis(50);
/// Every so many-th record has no usable time.
pub(crate) const BAD: u32 = 50;

/// What the server does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Good,
    Status(u16),
    Throttle,
    Reset,
    HalfBody,
    LoginPage,
    WrongShape,
    Hang,
    Drip,
}

/// Three of ten requests go wrong, some way or other. The rare ones cost real time.
fn deed(random: &mut Random) -> Deed {
    if random.below(10) >= 3 {
        return Deed::Good;
    }
    match random.below(1000) {
        0..300 => Deed::Status([500, 502, 503, 504][usize::try_from(random.below(4)).unwrap()]),
        300..500 => Deed::Throttle,
        500..700 => Deed::Reset,
        700..890 => Deed::HalfBody,
        890..940 => Deed::LoginPage,
        940..990 => Deed::WrongShape,
        990..995 => Deed::Hang,
        _ => Deed::Drip,
    }
}

/// A service with so many records, three a page. Serves until it is dropped.
pub(crate) struct Faulty {
    port: u16,
    served: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
}

impl Faulty {
    pub(crate) fn start(records: u32, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (served, over) = (Arc::<AtomicU64>::default(), Arc::<AtomicBool>::default());
        let random = Arc::new(Mutex::new(Random::new(seed)));
        let (count, ended) = (Arc::clone(&served), Arc::clone(&over));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                let (random, count) = (Arc::clone(&random), Arc::clone(&count));
                let Ok(stream) = stream else { continue };
                thread::spawn(move || serve(stream, records, &random, &count));
            }
        });
        Self { port, served, over }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// How many requests came.
    pub(crate) fn served(&self) -> u64 {
        self.served.load(Ordering::SeqCst)
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

/// Waits without a clock: nobody ever sends.
pub(crate) fn pause(time: Duration) {
    let (_keep, never) = mpsc::channel::<()>();
    let _ = never.recv_timeout(time);
}

/// Answers one request after the other until one goes so wrong that the connection is over.
fn serve(stream: TcpStream, records: u32, random: &Mutex<Random>, served: &AtomicU64) {
    stream.set_nodelay(true).unwrap();
    let mut stream = BufReader::new(stream);
    while let Some(from) = asked_for(&mut stream) {
        served.fetch_add(1, Ordering::SeqCst);
        let (deed, seconds) = {
            let mut random = random.lock().unwrap();
            (deed(&mut random), random.below(90))
        };
        if answer(stream.get_mut(), deed, seconds, from, records).is_none() {
            let _ = stream.get_mut().shutdown(Shutdown::Both);
            return;
        }
    }
}

fn asked_for(stream: &mut impl BufRead) -> Option<u32> {
    let mut line = String::new();
    stream.read_line(&mut line).ok().filter(|count| *count > 0)?;
    let from = line.split_whitespace().nth(1)?.split_once("from=")?.1.parse().ok()?;
    while stream.read_line(&mut line).ok()? > 2 {}
    Some(from)
}

/// None when the connection is over.
fn answer(stream: &mut TcpStream, deed: Deed, seconds: u64, from: u32, records: u32) -> Option<()> {
    let plain = |status: u16, more: &str, body: &str| {
        format!("HTTP/1.1 {status} Because\r\nContent-Length: {}\r\n{more}\r\n{body}", body.len())
    };
    let until = (from + 3).min(records);
    let body: String = (from..until).map(record).collect();
    let json = "Content-Type: application/json\r\n";
    let good =
        plain(200, &format!("{json}X-Next: {until}\r\nX-Last: {}\r\n", until == records), &body);
    let mut send = |text: &str| stream.write_all(text.as_bytes()).ok();
    match deed {
        Deed::Good => send(&good),
        Deed::Status(status) => send(&plain(status, "", "out of order")),
        Deed::Throttle => send(&plain(429, &format!("Retry-After: {seconds}\r\n"), "")),
        Deed::LoginPage => send(&plain(200, "Content-Type: text/html\r\n", "<html>log in</html>")),
        Deed::WrongShape => send(&plain(200, json, "{\"runs\": \"none\"}")),
        Deed::Reset => None,
        Deed::HalfBody => {
            send(&good[..good.len() - body.len() / 2 - 1])?;
            None
        }
        Deed::Hang => {
            pause(PATIENCE * 3);
            None
        }
        Deed::Drip => {
            for byte in good.as_bytes().chunks(1).take(30) {
                stream.write_all(byte).ok()?;
                pause(PATIENCE / 10);
            }
            None
        }
    }
}

/// One record as the server tells it; some have no usable time.
pub(crate) fn record(n: u32) -> String {
    let time = match n % BAD {
        0 => "soon".to_owned(),
        _ => DateTime::from_timestamp(1_800_000_000 + i64::from(n), 0).unwrap().to_rfc3339(),
    };
    format!("{{\"note\": \"record {n}\", \"time\": \"{time}\"}}\n")
}

/// Carries requests to one port over a connection that is kept while it works.
pub(crate) struct Loopback {
    port: u16,
    idle: Mutex<Option<BufReader<TcpStream>>>,
}

impl Loopback {
    pub(crate) fn to(port: u16) -> Self {
        Self { port, idle: Mutex::new(None) }
    }

    fn try_send(
        &self,
        request: &Request,
        observer: Observer<'_>,
    ) -> Result<Response, std::io::Error> {
        let idle = self.idle.lock().unwrap().take();
        let mut stream = match idle {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(("127.0.0.1", self.port))?;
                stream.set_nodelay(true)?;
                BufReader::new(stream)
            }
        };
        let end = Instant::now() + PATIENCE;
        stream.get_mut().set_read_timeout(Some(PATIENCE))?;
        let target = request.url().split_once("/runs").map_or("", |(_, query)| query);
        write!(stream.get_mut(), "GET /runs{target} HTTP/1.1\r\nHost: here\r\n\r\n")?;
        let mut line = String::new();
        let late =
            |end: Instant| if Instant::now() > end { Err(ErrorKind::TimedOut) } else { Ok(()) };
        read_line(&mut stream, &mut line, end)?;
        let status = line.split_whitespace().nth(1).and_then(|s| s.parse().ok());
        let mut headers = Vec::new();
        let mut length = 0;
        loop {
            read_line(&mut stream, &mut line, end)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            if name == "Content-Length" {
                length = value.trim().parse().unwrap();
            }
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        late(end)?;
        let progress = Progress { input: request.url(), records: 0, bytes: length as u64 };
        if observer(&progress).is_break() {
            return Err(ErrorKind::Interrupted.into());
        }
        *self.idle.lock().unwrap() = Some(stream);
        let response = Response::new(status.ok_or(ErrorKind::InvalidData)?, body);
        Ok(headers.into_iter().fold(response, |response, (n, v)| response.with_header(n, v)))
    }
}

/// One line, byte by byte within the time: a dripping server gets no more of it by every byte.
fn read_line(
    stream: &mut BufReader<TcpStream>,
    line: &mut String,
    end: Instant,
) -> Result<(), std::io::Error> {
    line.clear();
    let mut bytes = Vec::new();
    loop {
        let available = stream.fill_buf()?;
        if available.is_empty() {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        if Instant::now() > end {
            return Err(ErrorKind::TimedOut.into());
        }
        let taken = available.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
        let count = taken.unwrap_or(available.len());
        bytes.extend_from_slice(&available[..count]);
        stream.consume(count);
        if taken.is_some() {
            break;
        }
    }
    line.push_str(&String::from_utf8_lossy(&bytes));
    Ok(())
}

impl Transport for Loopback {
    fn send(&self, request: &Request, observer: Observer<'_>) -> Result<Response, Fault> {
        self.try_send(request, observer).map_err(|error| match error.kind() {
            ErrorKind::Interrupted => Fault::cancelled(request.url()),
            ErrorKind::TimedOut | ErrorKind::WouldBlock => {
                Fault::new(FaultKind::TimedOut, request.url(), "no answer in time")
            }
            _ => Fault::new(FaultKind::Unreachable, request.url(), error.to_string()),
        })
    }
}

/// The records of the server, page by page.
pub(crate) struct Runs {
    url: String,
    transport: Loopback,
}

impl Runs {
    pub(crate) fn of(port: u16) -> Self {
        Self { url: format!("http://127.0.0.1:{port}/runs"), transport: Loopback::to(port) }
    }
}

impl Source for Runs {
    fn name(&self) -> &str {
        "runs"
    }

    fn pull(
        &mut self,
        from: Option<&Checkpoint>,
        now: DateTime<Utc>,
        observer: Observer<'_>,
    ) -> Result<Page, Fault> {
        let start: u32 = from.and_then(|from| from.read().ok()).unwrap_or_default();
        let request = Request::get(format!("{}?from={start}", self.url));
        let response = self.transport.send(&request, observer)?;
        response.check(&request, now)?;
        let unexpected = |what: &str| Fault::new(FaultKind::Unexpected, request.url(), what);
        if response.header("Content-Type") != Some("application/json") {
            return Err(unexpected("no JSON"));
        }
        let next: u32 = response
            .header("X-Next")
            .and_then(|next| next.parse().ok())
            .ok_or_else(|| unexpected("another answer"))?;
        let more = response.header("X-Last") != Some("true");
        let format = Format::named("notes").map_err(|error| unexpected(&error.to_string()))?;
        let (label, limits) = (format!("from {start}"), Limits::default());
        let batch = read(&label, &mut response.body(), Some(format), &limits, observer);
        let batch = batch.map_err(|error| match error {
            rca_core::Error::Cancelled => Fault::cancelled(request.url()),
            error => unexpected(&error.to_string()),
        })?;
        let raw = vec![Raw { label, format: format.name, body: response.into_body() }];
        Ok(Page { batch, raw, more, ..Page::at(Checkpoint::new(&next)) })
    }
}
