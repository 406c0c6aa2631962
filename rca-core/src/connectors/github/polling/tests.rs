use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use serde_json::json;

use super::*;
use crate::connectors::transport::{FaultKind, Remedy, Request, Response, Transport};
use crate::connectors::unobserved;
use crate::model::{Change, ChangeKind, Event, attribute};

/// A repository as its API shows it, and what was asked of it.
#[derive(Default)]
struct Hub {
    runs: Vec<Value>,
    jobs: BTreeMap<u64, Vec<Value>>,
    deployments: Vec<Value>,
    statuses: BTreeMap<u64, Vec<Value>>,
    /// The branch, oldest first; what a comparison finds between two of them.
    commits: Vec<Value>,
    /// Commits that are no more.
    gone: BTreeSet<String>,
    releases: Vec<Value>,
    /// A search finds as many at most, whatever it says.
    most_found: Option<usize>,
    /// Answers instead of all others.
    instead: Option<Response>,
    log: Vec<(String, u16)>,
}

const HOST: &str = "https://hub.example/api/v3";

fn sha(n: usize) -> String {
    format!("{n:040x}")
}

fn day(n: u32, hour: u32) -> String {
    format!("2026-05-{n:02}T{hour:02}:00:00Z")
}

fn run(id: u64, created: &str, conclusion: Option<&str>) -> Value {
    json!({"id": id, "workflow_id": 7, "run_number": id, "run_attempt": 1, "name": "tests", "head_sha": sha(1),
        "head_branch": "main", "status": if conclusion.is_some() { "completed" } else { "in_progress" },
        "conclusion": conclusion, "created_at": created, "updated_at": created,
        "url": format!("{HOST}/repos/shop/till/actions/runs/{id}")})
}

fn commit(n: usize, date: &str) -> Value {
    json!({"sha": sha(n), "commit": {"message": format!("change {n}"), "tree": {"sha": sha(n)},
        "committer": {"date": date}, "author": {"name": "Ada", "date": date}},
        "url": format!("{HOST}/repos/shop/till/commits/{}", sha(n))})
}

fn deployment(id: u64, created: &str) -> Value {
    json!({"id": id, "sha": sha(1), "ref": "main", "task": "deploy", "environment": "production",
        "created_at": created, "statuses_url": "x"})
}

fn status(id: u64, state: &str, created: &str) -> Value {
    json!({"id": id, "state": state, "created_at": created, "deployment_url": "x"})
}

fn release(tag: &str, published: Option<&str>) -> Value {
    json!({"id": 1, "tag_name": tag, "target_commitish": "main", "draft": published.is_none(),
        "created_at": day(1, 0), "published_at": published,
        "url": format!("{HOST}/repos/shop/till/releases/1")})
}

impl Hub {
    fn answer(&self, url: &str, tag: Option<&str>) -> Response {
        if let Some(instead) = &self.instead {
            return instead.clone();
        }
        let path = url.strip_prefix(&format!("{HOST}/repos/shop/till/")).unwrap();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let query: BTreeMap<&str, &str> =
            query.split('&').filter_map(|pair| pair.split_once('=')).collect();
        let parts: Vec<&str> = path.split('/').collect();
        let number = |text: &str| text.parse::<u64>().unwrap();
        let one = |list: &[Value], id: &str| list.iter().find(|v| v["id"] == number(id)).cloned();
        let newest = |list: &[Value]| list.iter().rev().cloned().collect::<Vec<Value>>();
        let (name, list) = match parts[..] {
            ["actions", "runs"] => {
                let within = |run: &Value| {
                    let created = run["created_at"].as_str().unwrap();
                    let range = query.get("created").map(|range| range.split_once("..").unwrap());
                    range.is_none_or(|(from, until)| from <= created && created <= until)
                };
                ("workflow_runs", newest(&self.runs).into_iter().filter(within).collect())
            }
            ["actions", "runs", id] => return self.whole(one(&self.runs, id), tag),
            ["actions", "runs", id, "jobs"] => {
                ("jobs", self.jobs.get(&number(id)).cloned().unwrap_or_default())
            }
            ["deployments"] => ("", newest(&self.deployments)),
            ["deployments", id] => return self.whole(one(&self.deployments, id), tag),
            ["deployments", id, "statuses"] => {
                ("", newest(self.statuses.get(&number(id)).map_or(&[], Vec::as_slice)))
            }
            ["commits"] => {
                let since = query.get("since").copied().unwrap_or_default();
                let made =
                    |c: &Value| c["commit"]["committer"]["date"].as_str().unwrap().to_owned();
                let list = newest(&self.commits).into_iter().filter(|c| made(c).as_str() >= since);
                ("", list.collect())
            }
            ["commits", sha] => {
                let found = self.commits.iter().find(|c| c["sha"] == *sha).cloned();
                let with_patch = found.map(|mut commit| {
                    commit["files"] = json!([{"filename": "a.rs", "patch": "@@ -1 +1 @@\n-a\n+b"}]);
                    commit
                });
                return self.whole(with_patch, tag);
            }
            ["compare", range] => {
                let (from, to) = range.split_once("...").unwrap();
                let place = |sha: &str| self.commits.iter().position(|c| c["sha"] == *sha);
                match (place(from), place(to)) {
                    (Some(from), Some(to))
                        if !self.gone.contains(range.split('.').next().unwrap()) =>
                    {
                        ("commits", self.commits[from + 1..=to].to_vec())
                    }
                    _ => return Response::new(404, "{}"),
                }
            }
            ["releases"] => ("", newest(&self.releases)),
            _ => panic!("nobody should ask for {url}"),
        };
        self.page(url, name, list, &query, tag)
    }

    fn whole(&self, value: Option<Value>, tag: Option<&str>) -> Response {
        match value {
            Some(value) => tagged(value.to_string(), tag),
            None => Response::new(404, r#"{"message": "Not Found"}"#),
        }
    }

    fn page(
        &self,
        url: &str,
        name: &str,
        list: Vec<Value>,
        query: &BTreeMap<&str, &str>,
        tag: Option<&str>,
    ) -> Response {
        let number = |name| query.get(name).map_or(1, |n: &&str| n.parse::<usize>().unwrap());
        let (size, page) = (number("per_page"), number("page"));
        let found = list.len();
        let all = list.into_iter().take(self.most_found.unwrap_or(usize::MAX));
        let items: Vec<Value> = all.skip((page - 1) * size).take(size + 1).collect();
        let (more, items) = (items.len() > size, &items[..items.len().min(size)]);
        // In tests a search stops at ten, which stands for a thousand.
        let told = found as u64 * self.most_found.map_or(1, |most| 1000 / most as u64);
        let body = match name {
            "" => json!(items),
            name => json!({"total_count": told, name: items}),
        };
        let response = tagged(body.to_string(), tag);
        if !more {
            return response;
        }
        let bare = url.split("&page=").next().unwrap();
        let next =
            format!("<{bare}&page={}>; rel=\"next\", <{bare}&page=99>; rel=\"last\"", page + 1);
        response.with_header("Link", next)
    }
}

fn tagged(body: String, tag: Option<&str>) -> Response {
    let own = format!("\"{:x}\"", xxhash_rust::xxh3::xxh3_64(body.as_bytes()));
    let response =
        if tag == Some(&own) { Response::new(304, "") } else { Response::new(200, body) };
    response.with_header("ETag", own)
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Hub>>);

impl Transport for Shared {
    fn send(&self, request: &Request, _: Observer<'_>) -> Result<Response, Fault> {
        let mut hub = self.0.lock().unwrap();
        let answer = hub.answer(request.url(), request.header("If-None-Match"));
        let url = request.url().strip_prefix(HOST).unwrap().to_owned();
        hub.log.push((url, answer.status()));
        Ok(answer)
    }
}

impl Shared {
    fn client(&self) -> GitHub {
        let start = "2026-05-01T00:00:00Z".parse().unwrap();
        GitHub::new("shop/till", Arc::new(self.clone()))
            .unwrap()
            .with_server(HOST)
            .with_start(start)
    }

    fn change(&self, change: impl FnOnce(&mut Hub)) {
        change(&mut self.0.lock().unwrap());
    }

    /// What was asked since the last time, with the statuses of the answers.
    fn log(&self) -> Vec<(String, u16)> {
        std::mem::take(&mut self.0.lock().unwrap().log)
    }
}

fn now() -> DateTime<Utc> {
    "2026-05-20T00:00:00Z".parse().unwrap()
}

/// Pulls until there is nothing more; every page twice, which must not differ.
fn all(client: &mut GitHub, from: &mut Option<Checkpoint>, now: DateTime<Utc>) -> Vec<Event> {
    let mut events = Vec::new();
    for _ in 0..200 {
        let page = client.pull(from.as_ref(), now, &unobserved).unwrap();
        let again = client.clone().pull(from.as_ref(), now, &unobserved).unwrap();
        let ids = |page: &Page| page.batch.events.iter().map(Event::id).collect::<Vec<_>>();
        assert_eq!((ids(&page), &page.checkpoint), (ids(&again), &again.checkpoint));
        assert_eq!(page.batch.report.refused(), 0, "{}", page.batch.report);
        let labels: Vec<&String> = page.raw.iter().map(|raw| &raw.label).collect();
        let inputs: Vec<&String> = page.batch.report.inputs.iter().map(|i| &i.name).collect();
        assert_eq!(labels, inputs);
        events.extend(page.batch.events);
        *from = Some(page.checkpoint.to_string().parse().unwrap());
        if !page.more {
            return events;
        }
    }
    panic!("it never ends");
}

fn titles(events: &[Event]) -> Vec<&str> {
    let mut titles: Vec<&str> = events.iter().map(Event::title).collect();
    titles.sort_unstable();
    titles.dedup();
    titles
}

fn busy() -> Shared {
    let hub = Shared::default();
    hub.change(|hub| {
        hub.runs = vec![run(1, &day(2, 1), Some("success")), run(2, &day(2, 2), Some("failure"))];
        let job = json!({"id": 21, "run_id": 2, "head_sha": sha(1), "name": "unit", "status": "completed",
            "conclusion": "failure", "completed_at": day(2, 3),
            "steps": [{"name": "cargo test", "conclusion": "failure"}]});
        hub.jobs.insert(2, vec![job]);
        hub.deployments = vec![deployment(5, &day(3, 0))];
        hub.statuses.insert(5, vec![status(51, "success", &day(3, 1))]);
        hub.commits = (1..=45).map(|n| commit(n, &day(4, 0))).collect();
        hub.releases = vec![release("v1", Some(&day(4, 1))), release("v2", None)];
    });
    hub
}

#[test]
fn a_repository_is_read_once_and_then_costs_nothing() {
    let hub = busy();
    let (mut client, mut from) = (hub.client(), None);
    let events = all(&mut client, &mut from, now());
    let of = |kind: &str| events.iter().filter(|e| e.event_type() == kind).collect::<Vec<_>>();
    assert_eq!(of("pipeline_run").len(), 2);
    assert_eq!(of("pipeline_task")[0].body(), "step failed: cargo test");
    assert_eq!(of("release").len(), 1, "a draft is nobody's");
    let commits: BTreeSet<&str> =
        of("commit").iter().filter_map(|e| e.attribute(attribute::COMMIT)).collect();
    assert_eq!(commits.len(), 45);
    assert!(of("commit")[0].attribute(attribute::DIFF).unwrap().contains("+b"));
    let deploy = Change::from_event(of("deploy")[0]).unwrap();
    assert!(matches!(deploy.kind, ChangeKind::Deploy { .. }));
    assert_eq!(of("deploy")[0].attribute(attribute::COMMIT), Some(sha(1).as_str()));
    assert_eq!(of("deploy")[0].entity().unwrap().name, "till");

    hub.log();
    assert!(all(&mut client, &mut from, now() + Duration::hours(1)).is_empty());
    let paid: Vec<_> = hub.log().into_iter().filter(|(_, status)| *status != 304).collect();
    assert!(paid.is_empty(), "{paid:?}");
}

#[test]
fn what_is_not_over_is_asked_about_until_it_is() {
    let hub = Shared::default();
    hub.change(|hub| {
        hub.runs = vec![run(1, &day(2, 1), None)];
        hub.deployments = vec![deployment(5, &day(3, 0))];
        hub.statuses.insert(5, vec![status(51, "in_progress", &day(3, 1))]);
    });
    let (mut client, mut from) = (hub.client(), None);
    let first = all(&mut client, &mut from, now());
    assert!(first.iter().all(|event| event.event_type() != "deploy"), "{:?}", titles(&first));

    hub.log();
    assert!(all(&mut client, &mut from, now() + Duration::hours(1)).is_empty());
    let runs = |log: &[(String, u16)]| log.iter().filter(|(url, _)| url.contains("/1")).count();
    assert!(runs(&hub.log()) > 0);

    hub.change(|hub| {
        hub.runs[0] = run(1, &day(2, 1), Some("failure"));
        hub.statuses.get_mut(&5).unwrap().push(status(52, "success", &day(3, 2)));
    });
    let then = all(&mut client, &mut from, now() + Duration::hours(2));
    let kinds: Vec<&str> = then.iter().map(Event::event_type).collect();
    assert!(kinds.contains(&"deploy") && kinds.contains(&"pipeline_run"), "{kinds:?}");

    hub.log();
    assert!(all(&mut client, &mut from, now() + Duration::hours(3)).is_empty());
    assert_eq!(runs(&hub.log()), 0, "over is over");
}

#[test]
fn commits_are_found_by_where_they_are_and_not_by_their_dates() {
    let hub = busy();
    let (mut client, mut from) = (hub.client(), None);
    client = client.with_resources([GitHubResource::Commits]);
    all(&mut client, &mut from, now());
    // A branch that was begun long ago is merged.
    hub.change(|hub| hub.commits.extend((46..=75).map(|n| commit(n, "2025-01-01T00:00:00Z"))));
    let merged = all(&mut client, &mut from, now());
    assert_eq!(titles(&merged).len(), 30);
    // The branch is rewritten: the tip that we know is no more.
    hub.change(|hub| {
        hub.commits.truncate(40);
        hub.commits.extend((90..=91).map(|n| commit(n, &day(6, 0))));
    });
    let rewritten = all(&mut client, &mut from, now());
    let titles = titles(&rewritten);
    assert!(titles.contains(&"change 90") && titles.contains(&"change 91"), "{titles:?}");
}

#[test]
fn an_empty_repository_has_nothing() {
    let hub = Shared::default();
    assert!(all(&mut hub.client(), &mut None, now()).is_empty());
    hub.change(|hub| {
        hub.instead = Some(Response::new(409, r#"{"message": "Git Repository is empty."}"#))
    });
    let mut client = hub.client().with_resources([GitHubResource::Commits]);
    assert!(all(&mut client, &mut None, now()).is_empty());
}

#[test]
fn more_runs_than_a_search_gives_are_searched_in_parts() {
    let hub = Shared::default();
    hub.change(|hub| {
        hub.most_found = Some(10);
        hub.runs = (0..120)
            .map(|n| run(n + 1, &day(2 + n as u32 / 12, n as u32 % 12), Some("success")))
            .collect();
    });
    let mut client = hub.client().with_resources([GitHubResource::Runs]);
    let events = all(&mut client, &mut None, now());
    let ids: BTreeSet<_> = events.iter().map(Event::id).collect();
    assert_eq!(ids.len(), 120);
}

#[test]
fn no_request_is_sent_while_none_is_left() {
    let hub = busy();
    let reset = (now() + Duration::minutes(10)).timestamp().to_string();
    let spent = |status, body: &str| {
        Response::new(status, body)
            .with_header("X-RateLimit-Remaining", "0")
            .with_header("X-RateLimit-Reset", reset.clone())
    };
    hub.change(|hub| hub.instead = Some(spent(200, r#"{"total_count": 0, "workflow_runs": []}"#)));
    let mut client = hub.client();
    let fault = client.pull(None, now(), &unobserved).unwrap_err();
    assert_eq!(fault.remedy(), Remedy::SlowDown(Some(std::time::Duration::from_secs(600))));
    assert_eq!(hub.log().len(), 1);
    assert!(client.pull(None, now() + Duration::minutes(9), &unobserved).is_err());
    assert!(hub.log().is_empty(), "it was asked while no request was left");
    hub.change(|hub| hub.instead = None);
    assert!(client.pull(None, now() + Duration::minutes(11), &unobserved).is_ok());

    hub.change(|hub| hub.instead = Some(spent(403, "{}")));
    let fault = hub.client().pull(None, now(), &unobserved).unwrap_err();
    assert_eq!(fault.remedy(), Remedy::SlowDown(Some(std::time::Duration::from_secs(600))));
}

#[test]
fn answers_that_are_none_say_what_to_do() {
    let hub = busy();
    let list = r#"{"total_count": 1, "workflow_runs": []}"#;
    for (answer, kind) in [
        (Response::new(401, "{}"), FaultKind::Credentials),
        (Response::new(404, "{}"), FaultKind::NotFound),
        (Response::new(500, "oops"), FaultKind::Server),
        (Response::new(200, "<html>log in</html>"), FaultKind::Unexpected),
        (
            Response::new(200, list).with_header("Link", "<https://evil.example/>; rel=\"next\""),
            FaultKind::Refused,
        ),
    ] {
        hub.change(|hub| hub.instead = Some(answer));
        let mut client = hub.client();
        assert_eq!(client.pull(None, now(), &unobserved).unwrap_err().kind(), kind);
    }
    // The client was given another server, but the checkpoint still knows a page of the old one.
    let mut client = busy().client().with_resources([GitHubResource::Commits]);
    let page = client.pull(None, now(), &unobserved).unwrap();
    let mut moved = client.with_server("https://other.example");
    let fault = moved.pull(Some(&page.checkpoint), now(), &unobserved).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Refused, "the token would have gone to the old server");
    let alien = Checkpoint::new(&"of somebody else");
    let fault = hub.client().pull(Some(&alien), now(), &unobserved).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Malformed);
    for name in ["till", "shop/till/x", "shop/..", "shop/a b", "/", "a/?x"] {
        assert!(GitHub::new(name, Arc::new(Shared::default())).is_err(), "{name}");
    }
}
