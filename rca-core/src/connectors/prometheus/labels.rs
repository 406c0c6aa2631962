//! Whom a series is about, by its labels.

use std::collections::BTreeMap;

use crate::connectors::entities::workload;
use crate::model::{Entity, EntityKind};

/// Labels that name a service, best first.
const SERVICE: &[&str] = &[
    "service_name",
    "service",
    "app",
    "application",
    "app_kubernetes_io_name",
    "container_label_com_docker_compose_service",
    "container",
    "deployment",
    "job",
    "exported_job",
];
/// Labels that name something else.
const OTHERS: &[(&str, EntityKind)] = &[
    ("node", EntityKind::Host),
    ("nodename", EntityKind::Host),
    ("host", EntityKind::Host),
    ("hostname", EntityKind::Host),
    ("instance", EntityKind::Host),
    ("datname", EntityKind::Database),
    ("database", EntityKind::Database),
    ("topic", EntityKind::Queue),
    ("queue", EntityKind::Queue),
];

/// The entity, and the label that says nothing more than its name.
pub(super) fn entity(
    metric: &str,
    labels: &BTreeMap<String, String>,
) -> Option<(Entity, Option<&'static str>)> {
    let named = |name: &&'static str| {
        Some((*name, labels.get(*name).filter(|value| !value.is_empty())?.as_str()))
    };
    if metric.starts_with("node_") {
        // The exporter's own pod and job say nothing about the machine.
        let host = ["nodename", "node", "instance"].iter().find_map(named);
        if let Some((label, value)) = host {
            return Some((Entity::new(EntityKind::Host, without_port(value)), Some(label)));
        }
    }
    if let Some((_, pod)) = named(&"pod").or_else(|| named(&"kubernetes_pod_name")) {
        return Some((Entity::service(workload(pod)), None));
    }
    if let Some((label, value)) = SERVICE.iter().find_map(named) {
        return Some((Entity::service(value), Some(label)));
    }
    OTHERS.iter().find_map(|(name, kind)| {
        let (label, value) = named(name)?;
        Some((Entity::new(*kind, without_port(value)), Some(label)))
    })
}

fn without_port(instance: &str) -> &str {
    match instance.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => instance,
    }
}
