//! Asking GitHub's REST API.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::connectors::source::{Raw, parsed};
use crate::connectors::transport::{Fault, FaultKind, Request, Response, Secret, Transport};
use crate::connectors::{Batch, Limits, Observer};
use crate::error::{Error, Result};

/// The public service; a server of one's own has its API at `https://HOST/api/v3`.
const PUBLIC: &str = "https://api.github.com";
/// Most pages of a list that belongs to one thing (the jobs of a run, the statuses of a deployment).
const MOST_PAGES: usize = 10;

/// What is read of a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GitHubResource {
    /// Workflow runs, and the jobs of those that did not succeed. Needs to read actions.
    Runs,
    /// Deployments with their statuses. Needs to read deployments.
    Deployments,
    /// Commits of a branch with their patches. Needs to read contents.
    Commits,
    /// Published releases. Needs to read contents.
    Releases,
}

impl GitHubResource {
    pub(super) const ALL: [Self; 4] =
        [Self::Runs, Self::Deployments, Self::Commits, Self::Releases];
}

/// A repository on GitHub, as a [`Source`](crate::connectors::source::Source) to poll.
///
/// It reads what happened since the checkpoint: runs, deployments, commits of one branch, releases. Each of them is
/// asked first whether anything changed (`If-None-Match`; the answer 304 costs nothing of the rate limit). What is
/// not over yet, a run or a deployment, is asked again until it is. Commits are those between the branch's tip of
/// the last time and the present one, whatever their dates; each costs a request, for its patch.
///
/// What it does not see: reruns of old runs, edits of old releases, deleted things. Webhooks tell these.
///
/// ```no_run
/// use std::sync::Arc;
/// use chrono::Utc;
/// use rca_core::connectors::source::{GitHub, Source};
/// use rca_core::connectors::transport::{HttpTransport, Secret};
/// use rca_core::connectors::{Limits, unobserved};
///
/// let http = Arc::new(HttpTransport::new(&Limits::default())?);
/// let mut till = GitHub::new("shop/till", http)?.with_token(&Secret::new("token"));
/// let page = till.pull(None, Utc::now(), &unobserved)?;
/// println!("{} events", page.batch.events.len());
/// # Ok::<(), rca_core::Error>(())
/// ```
#[derive(Clone)]
pub struct GitHub {
    transport: Arc<dyn Transport>,
    pub(super) name: String,
    base: String,
    repository: String,
    authorization: Option<Secret>,
    pub(super) branch: Option<String>,
    pub(super) resources: Vec<GitHubResource>,
    pub(super) start: Option<DateTime<Utc>>,
    limits: Limits,
    /// Until when the server serves no further request.
    paused: Option<DateTime<Utc>>,
}

/// Credentials stay out of `Debug`.
impl std::fmt::Debug for GitHub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GitHub")
            .field("name", &self.name)
            .field("resources", &self.resources)
            .finish_non_exhaustive()
    }
}

impl GitHub {
    /// A repository, called `owner/name`.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when it is called otherwise.
    pub fn new(repository: &str, transport: Arc<dyn Transport>) -> Result<Self> {
        let legal = |part: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
            part.bytes().all(plain) && part.bytes().any(|byte| byte != b'.')
        };
        match repository.split_once('/') {
            Some((owner, name)) if legal(owner) && legal(name) => {}
            _ => return Err(Error::value("repository", "expected owner/name")),
        }
        Ok(Self {
            transport,
            name: format!("github/{repository}"),
            base: PUBLIC.to_owned(),
            repository: repository.to_owned(),
            authorization: None,
            branch: None,
            resources: GitHubResource::ALL.to_vec(),
            start: None,
            limits: Limits::default(),
            paused: None,
        })
    }

    /// The API of another server, such as `https://git.example/api/v3`.
    #[must_use]
    pub fn with_server(mut self, base: impl Into<String>) -> Self {
        self.base = base.into().trim_end_matches('/').to_owned();
        self
    }

    /// The key of its checkpoint; `github/OWNER/NAME` unless given.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Asks with a token: of a person, an app's installation, or a workflow.
    #[must_use]
    pub fn with_token(mut self, token: &Secret) -> Self {
        self.authorization = Some(Secret::new(format!("Bearer {}", token.reveal())));
        self
    }

    /// The branch whose commits are read; the default one unless given.
    #[must_use]
    pub fn with_branch(mut self, branch: impl Into<String>) -> Self {
        self.branch = Some(branch.into());
        self
    }

    /// Reads these only, for instance because the token allows no more.
    #[must_use]
    pub fn with_resources(mut self, resources: impl IntoIterator<Item = GitHubResource>) -> Self {
        self.resources = resources.into_iter().collect();
        self.resources.sort_unstable();
        self.resources.dedup();
        self
    }

    /// Where the first pull begins; a week before it unless given.
    #[must_use]
    pub fn with_start(mut self, start: DateTime<Utc>) -> Self {
        self.start = Some(start);
        self
    }

    /// Bounds what is read of an answer.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The whole address of something in the repository: `releases?per_page=30`.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}/repos/{}/{path}", self.base, self.repository)
    }

    fn request(&self, url: &str, tag: Option<&str>) -> Request {
        let request = Request::get(url)
            .with_header("Accept", "application/vnd.github+json")
            .with_header("X-GitHub-Api-Version", "2022-11-28");
        let request = match tag {
            Some(tag) => request.with_header("If-None-Match", tag),
            None => request,
        };
        match &self.authorization {
            Some(value) => request.with_header("Authorization", value.clone()),
            None => request,
        }
    }
}

/// One pull: the client with the moment and the observer, and what was found so far.
pub(super) struct Pull<'a> {
    client: &'a mut GitHub,
    pub(super) now: DateTime<Utc>,
    observer: Observer<'a>,
    pub(super) batch: Batch,
    pub(super) raw: Vec<Raw>,
}

/// An answer to a question.
pub(super) struct Answer {
    pub(super) value: Value,
    /// Identity of this content, to ask whether it changed.
    pub(super) tag: Option<String>,
    /// The address of the next page.
    pub(super) next: Option<String>,
    request: Request,
    body: Vec<u8>,
}

impl<'a> Pull<'a> {
    pub(super) fn new(client: &'a mut GitHub, now: DateTime<Utc>, observer: Observer<'a>) -> Self {
        Self { client, now, observer, batch: Batch::default(), raw: Vec::new() }
    }

    pub(super) fn url(&self, path: &str) -> String {
        self.client.url(path)
    }

    pub(super) fn branch(&self) -> Option<&str> {
        self.client.branch.as_deref()
    }

    pub(super) fn repository(&self) -> &str {
        &self.client.repository
    }

    fn is_ours(&self, url: &str) -> bool {
        url.strip_prefix(&self.client.base).is_some_and(|rest| rest.starts_with('/'))
    }

    /// Asks; none when nothing changed since the answer with this tag.
    pub(super) fn ask(&mut self, url: &str, tag: Option<&str>) -> Result<Option<Answer>, Fault> {
        if !self.is_ours(url) {
            let what = "the address in the checkpoint is on another server";
            return Err(Fault::new(FaultKind::Refused, url, what)
                .with_hint("the token is not sent there; drop the checkpoint to begin anew"));
        }
        let request = self.client.request(url, tag);
        if let Some(wait) = self.client.paused.and_then(|until| (until - self.now).to_std().ok()) {
            let kind = FaultKind::Throttled { after: Some(wait) };
            return Err(Fault::new(kind, url, "no request is left until the limit begins anew"));
        }
        let answer = self.client.transport.send(&request, self.observer)?;
        let pause = answer.pause(self.now).and_then(|wait| chrono::Duration::from_std(wait).ok());
        self.client.paused = pause.map(|wait| self.now + wait);
        answer.check(&request, self.now)?;
        if answer.status() == 304 {
            return Ok(None);
        }
        self.read(answer, request).map(Some)
    }

    fn read(&self, answer: Response, request: Request) -> Result<Answer, Fault> {
        let next = match answer.next_page() {
            Some(next) if !self.is_ours(next) => {
                let what = "its next page is on another server";
                return Err(Fault::new(FaultKind::Refused, request.url(), what));
            }
            next => next.map(str::to_owned),
        };
        let value = serde_json::from_slice(answer.body()).map_err(|_| {
            let what = "its answer is no JSON, so none of GitHub's API";
            Fault::new(FaultKind::Unexpected, request.url(), what)
        })?;
        let tag = answer.header("ETag").map(str::to_owned);
        Ok(Answer { value, tag, next, request, body: answer.into_body() })
    }

    /// Asks for something that has to be there.
    pub(super) fn get(&mut self, url: &str) -> Result<Answer, Fault> {
        self.ask(url, None)?.ok_or_else(|| {
            Fault::new(FaultKind::Unexpected, url, "answered 304 to a question without a tag")
        })
    }

    /// Asks for something that may be gone.
    pub(super) fn find(&mut self, url: &str, tag: Option<&str>) -> Result<Found, Fault> {
        match self.ask(url, tag) {
            Ok(Some(answer)) => Ok(Found::New(answer)),
            Ok(None) => Ok(Found::Same),
            Err(fault) if fault.kind() == FaultKind::NotFound => Ok(Found::Gone),
            Err(fault) => Err(fault),
        }
    }

    /// Takes an answer as it is.
    pub(super) fn take(&mut self, label: &str, answer: Answer) -> Result<(), Fault> {
        self.parse(label, answer.body, &answer.request)
    }

    /// Takes a document that was put together from answers.
    pub(super) fn take_value(&mut self, label: &str, value: &Value) -> Result<(), Fault> {
        let request = self.client.request(&self.url(""), None);
        self.parse(label, value.to_string().into_bytes(), &request)
    }

    fn parse(&mut self, label: &str, body: Vec<u8>, request: &Request) -> Result<(), Fault> {
        let label = format!("{} {label}", self.repository());
        let limits = &self.client.limits;
        let (batch, raw) = parsed(&label, "github", body, limits, self.observer, request)?;
        self.batch.add_events(batch);
        self.raw.push(raw);
        Ok(())
    }

    /// Further pages of a list that belongs to one thing, the first of which is at hand.
    pub(super) fn pages(&mut self, first: Answer) -> Result<Vec<Answer>, Fault> {
        let (mut pages, mut next) = (Vec::new(), first.next.clone());
        pages.push(first);
        while let Some(url) = next.filter(|_| pages.len() < MOST_PAGES) {
            let page = self.get(&url)?;
            next = page.next.clone();
            pages.push(page);
        }
        Ok(pages)
    }
}

/// Whether something is there.
pub(super) enum Found {
    New(Answer),
    Same,
    Gone,
}
