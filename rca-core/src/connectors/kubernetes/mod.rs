//! Kubernetes and what deploys to it: cluster events, audit lines, Argo CD applications, Flux objects.
//!
//! | format | from where | becomes |
//! |---|---|---|
//! | `kubernetes-events` | `Event` of `v1` and `events.k8s.io/v1`: a list, one, lines, watch lines | source `kubernetes`, type from the reason (`oom_killing`): the object, how often, since when |
//! | `kubernetes-audit` | audit lines of the API server | writes to workloads: `deploy`; to settings: `config` in source `flag`; others of consequence: source `kubernetes` |
//! | `argocd` | `Application` as `argocd app get -o json` or the API shows it, lists, watch lines | a `deploy` for each entry of its history and for its last operation; its health |
//! | `flux` | `Kustomization` and `HelmRelease` with their conditions; events of its notification controller | a `deploy` when ready or failed, with the revision |
//!
//! Pods belong to workloads: `till-5d9c7b6f48-x2x4v` is a pod of the service `till` where labels or owners say so.

mod argo;
mod audit;
mod events;
mod flux;

use super::attribute as name;
use super::fields::entity_of;
use super::format::{Certainty, Format, Sample};
use super::intake::{self, Intake, Parse, joined_id, stamp};
use super::node::Node;
use super::rollout::{Rollout, Stage};
use crate::model::{Entity, EntityKind, Event, EventBuilder, Severity, Source, attribute};

pub(super) const FORMATS: &[Format] = &[
    Format {
        name: "kubernetes-audit",
        about: "audit lines of a Kubernetes API server: who changed which object",
        recognise: |sample| {
            let fits =
                sample.has("auditID") && sample.has("verb") && sample.has("objectRef.resource");
            (fits || sample.has("items[].auditID")).then_some(Certainty::Certain)
        },
        read: |source, reading, batch| {
            intake::documents(source, reading, batch, |node, intake| {
                each(node, intake, audit::take)
            })
        },
    },
    Format {
        name: "argocd",
        about: "Argo CD applications: history, operations, health",
        recognise: |sample| recognise_object(sample, "spec.destination", "status.sync.status"),
        read: |source, reading, batch| {
            intake::documents(source, reading, batch, |node, intake| each(node, intake, argo::take))
        },
    },
    Format {
        name: "flux",
        about: "Flux Kustomizations and HelmReleases with their conditions, and its notifications",
        recognise: flux::recognise,
        read: |source, reading, batch| {
            intake::documents(source, reading, batch, |node, intake| each(node, intake, flux::take))
        },
    },
    Format {
        name: "kubernetes-events",
        about: "Kubernetes events: kubectl get events -o json, lists, lines, watch lines",
        recognise: events::recognise,
        read: |source, reading, batch| {
            intake::documents(source, reading, batch, |node, intake| {
                each(node, intake, events::take)
            })
        },
    },
];

/// Whether any of these members is there: of an object, of a list's objects, or of a watch line's object.
fn recognise_object(sample: &Sample<'_>, first: &str, second: &str) -> Option<Certainty> {
    let has = |path: &str| {
        sample.has(path)
            || sample.has(&format!("items[].{path}"))
            || sample.has(&format!("object.{path}"))
    };
    (has(first) && has(second)).then_some(Certainty::Certain)
}

/// Takes a list's items, a watch line's object, or the object itself.
fn each(document: Node<'_>, intake: &mut Intake, take: Parse) -> Result<(), String> {
    if document.names("items") {
        intake.each("items", document.items("items"), take);
        return Ok(());
    }
    match document.at("object").filter(|_| document.has("type")) {
        Some(object) => take(object.object()?, intake),
        None => take(document, intake),
    }
}

/// What an object is to us, by its labels or its kind.
fn entity(kind: &str, called: &str, labels: Option<Node<'_>>) -> Option<Entity> {
    let labelled = labels.and_then(|labels| {
        entity_of(|label| if label == "component" { None } else { labels.member(label)?.as_text() })
    });
    let kind = match kind {
        _ if called.is_empty() => return labelled,
        "Node" => EntityKind::Host,
        "Pod" => match labelled {
            Some(entity) => return Some(entity),
            None => EntityKind::Pod,
        },
        _ => EntityKind::Service,
    };
    Some(Entity::new(kind, called))
}

/// Workloads: whoever writes them rolls something out.
fn is_workload(kind: &str) -> bool {
    const WORKLOADS: [&str; 12] = [
        "deployment",
        "statefulset",
        "daemonset",
        "replicaset",
        "cronjob",
        "rollout",
        "deployments",
        "statefulsets",
        "daemonsets",
        "replicasets",
        "cronjobs",
        "rollouts",
    ];
    WORKLOADS.contains(&kind.to_ascii_lowercase().as_str())
}

/// `OOMKilling` is `oom_killing`, `FailedScheduling` is `failed_scheduling`.
fn snake(reason: &str) -> String {
    let signs: Vec<char> = reason.chars().take(80).collect();
    let mut snake = String::new();
    for (index, &sign) in signs.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|at| signs.get(at));
        let behind = signs.get(index + 1);
        let begins_word = sign.is_ascii_uppercase()
            && before.is_some_and(|before| {
                !before.is_ascii_uppercase() || behind.is_some_and(char::is_ascii_lowercase)
            });
        if begins_word && !snake.ends_with('_') {
            snake.push('_');
        }
        snake.push(if sign.is_ascii_alphanumeric() { sign.to_ascii_lowercase() } else { '_' });
    }
    if snake.is_empty() { "event".to_owned() } else { snake }
}

/// `main@sha1:4f2a...`, `main/4f2a...` and a bare hash name a commit; anything else is a version.
fn revision(text: &str) -> (Option<&str>, Option<&str>) {
    let last = text.rsplit([':', '/', '@']).next().unwrap_or(text);
    let is_hash = (7..=64).contains(&last.len()) && last.bytes().all(|b| b.is_ascii_hexdigit());
    // A digest of an image is no commit.
    if is_hash && last.len() <= 40 && !text.contains("sha256:") {
        (Some(last), None)
    } else {
        (None, Some(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_become_types() {
        for (reason, kind) in [
            ("OOMKilling", "oom_killing"),
            ("FailedScheduling", "failed_scheduling"),
            ("BackOff", "back_off"),
            ("Some reason!", "some_reason_"),
            ("", "event"),
        ] {
            assert_eq!(snake(reason), kind);
        }
    }

    #[test]
    fn revisions_name_commits_or_versions() {
        let hash = "4f2a9c1be0d3576688aa10c2b7e4d95f01c3aa77";
        assert_eq!(revision(&format!("main@sha1:{hash}")), (Some(hash), None));
        assert_eq!(revision(&format!("main/{hash}")), (Some(hash), None));
        assert_eq!(revision("1.4.2"), (None, Some("1.4.2")));
        let digest = format!("v1@sha256:{hash}{}", "0".repeat(24));
        assert_eq!(revision(&digest), (None, Some(digest.as_str())));
    }
}
