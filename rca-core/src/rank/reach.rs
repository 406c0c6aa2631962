//! Which change reached which entity, and when.
//!
//! A service runs a commit only from its deploy on, and a shared library reaches every service that
//! embeds it. Which code belongs to which service is learned from names (a folder called like the service),
//! from deploys (the paths of the commits they name) and from conventional scopes in messages
//! (`fix(ledger): ...`). The user can override the map.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};

use crate::mechanism::words;
use crate::model::{Change, ChangeKind, Entity, EventId};
use crate::rank::code_map::CodeMap;

/// A change arriving at an entity.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Landing {
    pub(super) entity: Entity,
    pub(super) time: DateTime<Utc>,
    /// The deploy that carried it; the change itself when it needs none.
    pub(super) carrier: EventId,
    /// How surely the entity runs it, from 0 to 1.
    pub(super) strength: f64,
    pub(super) how: How,
}

/// How we know that an entity runs a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// The deploy names the commit.
    Named,
    /// A later deploy of the entity, whose code the paths are by the user's own map.
    Told,
    /// A later deploy of the entity, and the commit's paths or scope belong to it.
    OwnCode,
    /// A later deploy of the entity, and the commit touches code that services share.
    SharedCode,
    /// A later deploy of the entity, and nobody knows whose code it is.
    UnknownCode,
    /// The change acts by itself (a flag, a deploy without a commit).
    Direct,
    /// No deploys are known at all; taken to run from the commit on.
    NoDeployData,
}

/// Below this a commit is taken to be somebody else's code.
const OWN: f64 = 0.5;
const SHARED: f64 = 0.45;
const UNKNOWN: f64 = 0.3;
/// Deploy records are stamped by another clock than commits.
const CLOCK_SLACK: Duration = Duration::minutes(2);

/// Says whose code a path is.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// What the user says.
    told: CodeMap,
    services: Vec<(Entity, Vec<String>)>,
    /// Names of what is deployed by itself, as [`plain_name`] has them.
    deployed: BTreeSet<String>,
    /// Folder -> services whose deploys named a commit there.
    learned: BTreeMap<String, BTreeSet<Entity>>,
    deploys: Vec<Deploy>,
}

#[derive(Debug, Clone)]
struct Deploy {
    event: EventId,
    time: DateTime<Utc>,
    entity: Entity,
    sha: Option<String>,
    /// Time of the commit it names, where that commit is known.
    commit_time: Option<DateTime<Utc>>,
}

impl Reach {
    pub(super) fn new(changes: &[Change<'_>], entities: &BTreeSet<Entity>, told: &CodeMap) -> Self {
        let commit_times: BTreeMap<&str, DateTime<Utc>> = changes
            .iter()
            .filter_map(|change| match &change.kind {
                ChangeKind::Commit { sha, .. } => Some((*sha, change.time)),
                _ => None,
            })
            .collect();
        let deploys: Vec<Deploy> = changes
            .iter()
            .filter_map(|change| match (&change.kind, change.entity) {
                (ChangeKind::Deploy { sha, .. }, Some(entity)) => Some(Deploy {
                    event: change.event,
                    time: change.time,
                    entity: entity.clone(),
                    commit_time: sha.and_then(|sha| commit_times.get(sha).copied()),
                    sha: sha.map(str::to_owned),
                }),
                _ => None,
            })
            .collect();
        let services =
            entities.iter().map(|entity| (entity.clone(), name_words(&entity.name))).collect();
        let deployed = deploys.iter().map(|deploy| plain_name(&deploy.entity.name)).collect();
        let learned = learn(changes, &deploys, &deployed);
        Self { told: told.clone(), services, deployed, learned, deploys }
    }

    /// Whether any deploy is known.
    pub(super) fn has_deploys(&self) -> bool {
        !self.deploys.is_empty()
    }

    /// Where and when a change arrived; empty for a commit that no deploy carried.
    pub(super) fn landings(&self, change: &Change<'_>) -> Vec<Landing> {
        let direct = |entity: &Entity, how| Landing {
            entity: entity.clone(),
            time: change.time,
            carrier: change.event,
            strength: 1.0,
            how,
        };
        let ChangeKind::Commit { sha, files, message, .. } = &change.kind else {
            return change.entity.iter().map(|entity| direct(entity, How::Direct)).collect();
        };
        let owners = match change.entity {
            // Who handed it in says whose it is: the repository of one service.
            Some(entity) if self.services.iter().any(|(known, _)| known == entity) => {
                vec![(entity.clone(), 1.0, How::Told)]
            }
            _ => self.owners(files, message),
        };
        if self.deploys.is_empty() {
            return owners
                .into_iter()
                .map(|(entity, strength, _)| Landing {
                    strength,
                    ..direct(&entity, How::NoDeployData)
                })
                .collect();
        }
        let mut landings: BTreeMap<Entity, Landing> = BTreeMap::new();
        let owners: BTreeMap<Entity, (f64, How)> =
            owners.into_iter().map(|(entity, s, how)| (entity, (s, how))).collect();
        for deploy in &self.deploys {
            let named = deploy.sha.as_deref().is_some_and(|named| same_commit(named, sha));
            let (strength, how) = match owners.get(&deploy.entity) {
                _ if named => (1.0, How::Named),
                Some(&owned) if carries(deploy, change.time) => owned,
                _ => continue,
            };
            let landing = Landing {
                entity: deploy.entity.clone(),
                time: deploy.time,
                carrier: deploy.event,
                strength,
                how,
            };
            // Deploys come in order of time: the first that carries it counts, unless a later one names it.
            let known = landings.entry(deploy.entity.clone()).or_insert_with(|| landing.clone());
            if named && known.how != How::Named {
                *known = landing;
            }
        }
        landings.into_values().collect()
    }

    /// Entities that a commit's code may belong to, with how surely.
    fn owners(&self, files: &[&str], message: &str) -> Vec<(Entity, f64, How)> {
        let mut told: BTreeSet<&Entity> = BTreeSet::new();
        let mut untold: Vec<&str> = Vec::with_capacity(files.len());
        for file in files {
            match self.told.nearest(file) {
                Some(owners) => told.extend(owners),
                None => untold.push(file),
            }
        }
        let said = told.iter().map(|entity| ((*entity).clone(), 1.0, How::Told));
        if untold.is_empty() && !told.is_empty() {
            return said.collect();
        }
        let learned = self.learned_owners(&untold, message);
        said.chain(learned.into_iter().filter(|(entity, ..)| !told.contains(entity))).collect()
    }

    fn learned_owners(&self, files: &[&str], message: &str) -> Vec<(Entity, f64, How)> {
        if self.services.is_empty() {
            return Vec::new();
        }
        let scores: Vec<(Entity, f64)> = self
            .services
            .iter()
            .map(|(entity, words)| {
                let by_path = files
                    .iter()
                    .map(|file| self.path_affinity(file, entity, words))
                    .fold(0.0, f64::max);
                (entity.clone(), by_path.max(0.7 * scope_affinity(message, words)))
            })
            .collect();
        let best = scores.iter().map(|(_, score)| *score).fold(0.0, f64::max);
        let shared = files.iter().any(|file| is_shared(file, &self.deployed));
        scores
            .into_iter()
            .filter_map(|(entity, score)| {
                if score >= OWN && score >= 0.6 * best {
                    Some((entity, score, How::OwnCode))
                } else if shared {
                    Some((entity, SHARED, How::SharedCode))
                } else if best < OWN {
                    Some((entity, UNKNOWN, How::UnknownCode))
                } else {
                    None
                }
            })
            .collect()
    }

    fn path_affinity(&self, path: &str, entity: &Entity, words: &[String]) -> f64 {
        let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let (file, folders) =
            segments.split_last().map_or(("", &[][..]), |(file, rest)| (*file, rest));
        let by_folder = folders
            .iter()
            .map(|folder| name_affinity(&name_words(folder), words))
            .fold(0.0, f64::max);
        let all_words: Vec<String> = folders.iter().flat_map(|folder| name_words(folder)).collect();
        let together = 0.9 * covered(words, &all_words);
        let stem = file.split('.').next().unwrap_or(file);
        let by_file = 0.7 * name_affinity(&name_words(stem), words);
        let by_deploy = prefixes(folders)
            .filter_map(|folder| self.learned.get(&folder))
            .map(|owners| if owners.contains(entity) { 0.9 / owners.len() as f64 } else { 0.0 })
            .fold(0.0, f64::max);
        by_folder.max(together).max(by_file).max(by_deploy)
    }
}

/// Folders of commits that deploys name belong to the deployed service, unless they are shared.
fn learn(
    changes: &[Change<'_>],
    deploys: &[Deploy],
    deployed: &BTreeSet<String>,
) -> BTreeMap<String, BTreeSet<Entity>> {
    let mut learned: BTreeMap<String, BTreeSet<Entity>> = BTreeMap::new();
    for change in changes {
        let ChangeKind::Commit { sha, files, .. } = &change.kind else { continue };
        let named = deploys
            .iter()
            .filter(|d| d.sha.as_deref().is_some_and(|named| same_commit(named, sha)));
        for deploy in named {
            for file in files.iter().filter(|file| !is_shared(file, deployed)) {
                if let Some((folder, _)) = file.rsplit_once('/') {
                    learned.entry(folder.to_owned()).or_default().insert(deploy.entity.clone());
                }
            }
        }
    }
    learned
}

fn carries(deploy: &Deploy, commit_time: DateTime<Utc>) -> bool {
    match deploy.commit_time {
        // A deploy of an older commit can't hold a newer one.
        Some(head) => commit_time <= head && commit_time <= deploy.time + CLOCK_SLACK,
        None => commit_time <= deploy.time + CLOCK_SLACK,
    }
}

/// Whether one is an abbreviation (7 or more digits) of the other, or the same.
pub(super) fn same_commit(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    short == long || (short.len() >= 7 && long.starts_with(short))
}

fn prefixes<'a>(folders: &'a [&'a str]) -> impl Iterator<Item = String> + 'a {
    (1..=folders.len()).rev().filter_map(|length| folders.get(..length).map(|part| part.join("/")))
}

/// Words that most services carry in their name and that tell none from another.
const GENERIC: [&str; 14] = [
    "api",
    "app",
    "application",
    "backend",
    "component",
    "cmd",
    "micro",
    "microservice",
    "module",
    "package",
    "server",
    "service",
    "services",
    "svc",
];

/// Folders and files whose code several services embed, by convention.
const SHARED_FOLDERS: [&str; 16] = [
    "base",
    "common",
    "commons",
    "core",
    "foundation",
    "framework",
    "internal",
    "lib",
    "libraries",
    "libs",
    "packages",
    "pkg",
    "platform",
    "shared",
    "third_party",
    "vendor",
];

/// Whether services share the code of a path. In a workspace of packages, one that is deployed by itself is a
/// service and no library (`packages/ledger`).
fn is_shared(path: &str, deployed: &BTreeSet<String>) -> bool {
    match path.rsplit_once('/') {
        // Manifests and settings in the root are everybody's.
        None => true,
        Some((folders, _)) => {
            path.split('/')
                .take(2)
                .any(|folder| SHARED_FOLDERS.contains(&folder.to_lowercase().as_str()))
                && !folders.split('/').any(|folder| deployed.contains(&plain_name(folder)))
        }
    }
}

/// A name without what people write now so, now so.
fn plain_name(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// The words of a name that tell it from others: `checkout-service` -> `checkout`.
fn name_words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = words::words(name)
        .into_iter()
        .map(|word| {
            let base = ["microservice", "service", "server", "svc"]
                .iter()
                .find_map(|end| word.strip_suffix(end));
            base.filter(|base| base.len() > 2).map_or(word.clone(), str::to_owned)
        })
        .collect();
    if words.iter().any(|word| !GENERIC.contains(&word.as_str())) {
        words.retain(|word| !GENERIC.contains(&word.as_str()));
    }
    words
}

fn name_affinity(part: &[String], name: &[String]) -> f64 {
    if part.is_empty() || name.is_empty() {
        return 0.0;
    }
    if part == name || part.concat() == name.concat() {
        return 1.0;
    }
    0.8 * covered(name, part).min(covered(part, name))
}

/// The share of `wanted` words that `present` has.
fn covered(wanted: &[String], present: &[String]) -> f64 {
    if wanted.is_empty() {
        return 0.0;
    }
    wanted.iter().filter(|word| present.contains(word)).count() as f64 / wanted.len() as f64
}

/// `fix(ledger): ...`, `[ledger] ...`, `ledger: ...`, `#ledger ...`.
fn scope_affinity(message: &str, words: &[String]) -> f64 {
    let line = message.lines().next().unwrap_or_default();
    let scopes = [
        line.split_once('(').and_then(|(_, rest)| rest.split_once("):")).map(|(scope, _)| scope),
        line.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(scope, _)| scope),
        line.strip_prefix('#').and_then(|rest| rest.split_whitespace().next()),
        line.split_once(':').map(|(scope, _)| scope).filter(|scope| !scope.contains(' ')),
    ];
    scopes
        .into_iter()
        .flatten()
        .map(|scope| name_affinity(&name_words(scope), words))
        .fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(minute * 60, 0).unwrap()
    }

    fn id(text: &str) -> EventId {
        EventId::derive(at(0), text.as_bytes())
    }

    fn commit<'e>(sha: &'e str, minute: i64, files: &[&'e str], message: &'e str) -> Change<'e> {
        Change {
            event: id(sha),
            time: at(minute),
            entity: None,
            kind: ChangeKind::Commit {
                sha,
                author: None,
                message,
                files: files.to_vec(),
                diff: None,
                lines: None,
                functions: Vec::new(),
                identifiers: Vec::new(),
            },
        }
    }

    fn deploy<'e>(service: &str, sha: &'e str, minute: i64) -> Change<'e> {
        Change {
            event: id(&format!("{service}{minute}")),
            time: at(minute),
            entity: Some(Box::leak(Box::new(Entity::service(service)))),
            kind: ChangeKind::Deploy { sha: Some(sha), version: None },
        }
    }

    fn landings(changes: &[Change<'_>], sha: &str) -> Vec<(String, i64, How)> {
        let entities = changes.iter().filter_map(|c| c.entity.cloned()).collect();
        let reach = Reach::new(changes, &entities, &CodeMap::default());
        let commit = changes
            .iter()
            .find(|c| matches!(&c.kind, ChangeKind::Commit { sha: s, .. } if *s == sha))
            .unwrap();
        reach
            .landings(commit)
            .into_iter()
            .map(|l| (l.entity.name, l.time.timestamp() / 60, l.how))
            .collect()
    }

    #[test]
    fn a_service_runs_a_commit_from_its_next_deploy_on() {
        let changes = [
            commit("aaaaaaa", 1, &["services/ledger/pool.py"], "tidy"),
            commit("bbbbbbb", 5, &["services/ledger/api.py"], "route"),
            deploy("ledger-service", "bbbbbbb", 9),
        ];
        assert_eq!(landings(&changes, "aaaaaaa"), [("ledger-service".into(), 9, How::OwnCode)]);
        assert_eq!(landings(&changes, "bbbbbbb"), [("ledger-service".into(), 9, How::Named)]);
    }

    #[test]
    fn a_deploy_of_an_older_commit_does_not_bring_a_newer_one() {
        let changes = [
            commit("aaaaaaa", 1, &["ledger/x.py"], "one"),
            commit("bbbbbbb", 5, &["ledger/y.py"], "two"),
            deploy("ledger", "aaaaaaa", 9),
        ];
        assert!(landings(&changes, "bbbbbbb").is_empty());
    }

    #[test]
    fn shared_code_reaches_every_service_at_its_own_deploy() {
        let changes = [
            commit("aaaaaaa", 1, &["pkg/db/pool.go"], "simplify pool"),
            commit("bbbbbbb", 2, &["services/mail/a.go"], "mail"),
            commit("ccccccc", 3, &["services/ledger/a.go"], "ledger"),
            deploy("mail", "bbbbbbb", 4),
            deploy("ledger", "ccccccc", 8),
        ];
        assert_eq!(
            landings(&changes, "aaaaaaa"),
            [("ledger".into(), 8, How::SharedCode), ("mail".into(), 4, How::SharedCode)]
        );
        assert_eq!(landings(&changes, "ccccccc"), [("ledger".into(), 8, How::Named)]);
    }

    #[test]
    fn the_user_s_word_about_whose_code_it_is_counts() {
        let changes = [
            commit("aaaaaaa", 1, &["tools/tides/table.go"], "table"),
            commit("bbbbbbb", 2, &["services/mail/a.go"], "mail"),
            deploy("mail", "bbbbbbb", 4),
            deploy("ledger", "ccccccc", 8),
        ];
        let entities = changes.iter().filter_map(|c| c.entity.cloned()).collect();
        let told = CodeMap::default().with("tools/tides/", Entity::service("ledger"));
        let found = Reach::new(&changes, &entities, &told).landings(&changes[0]);
        let names: Vec<_> = found.iter().map(|l| (l.entity.name.as_str(), l.how)).collect();
        assert_eq!(names, [("ledger", How::Told)]);
    }

    #[test]
    fn a_package_that_is_deployed_by_itself_is_no_library() {
        let changes = [
            commit("aaaaaaa1", 0, &["packages/seat-plan/src/hold.ts"], "small functions"),
            commit("bbbbbbb2", 1, &["packages/clock/src/now.ts"], "other clock"),
            commit("ccccccc3", 2, &["packages/kiosk/src/page.ts"], "page"),
            deploy("seat-plan", "aaaaaaa1", 5),
            deploy("kiosk", "ccccccc3", 9),
        ];
        let where_to = |sha| -> Vec<String> {
            landings(&changes, sha).into_iter().map(|(entity, ..)| entity).collect()
        };
        assert_eq!(where_to("aaaaaaa1"), ["seat-plan"], "kiosk runs no code of it");
        assert_eq!(where_to("bbbbbbb2"), ["kiosk"], "a library goes with the deploys after it");
    }

    #[test]
    fn names_match_without_their_generic_parts() {
        let same = |a: &str, b: &str| name_affinity(&name_words(a), &name_words(b)) == 1.0;
        assert!(same("product_catalog", "productcatalogservice"));
        assert!(same("ledger", "ledger-svc"));
        assert!(!same("ledger", "mail"));
        assert!(scope_affinity("fix(ledger): x", &name_words("ledger-api")) == 1.0);
    }

    #[test]
    fn abbreviated_hashes_match() {
        assert!(same_commit("abcdef1", "abcdef1234567"));
        assert!(!same_commit("abc", "abcdef1234567"));
    }
}
