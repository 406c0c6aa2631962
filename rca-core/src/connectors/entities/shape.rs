//! Names that platforms make, and the name within.

use crate::model::{Entity, EntityKind};

/// The entity within a name, by the name's shape alone; what is within that is looked at again.
pub(super) fn shaped(entity: &Entity) -> Entity {
    let mut shaped = once(entity);
    // Each step makes the name shorter, so this ends.
    loop {
        let next = once(&shaped);
        if next == shaped {
            return shaped;
        }
        shaped = next;
    }
}

fn once(entity: &Entity) -> Entity {
    let name = entity.name.trim();
    match entity.kind {
        EntityKind::Service => {
            let name = address(name);
            let name = cluster_name(name).unwrap_or(name);
            Entity::service(replica(name).unwrap_or(name))
        }
        EntityKind::Pod => {
            let name = workload(name);
            // One that nothing made by itself stays a pod.
            let same = name == entity.name.trim();
            Entity::new(if same { EntityKind::Pod } else { EntityKind::Service }, name)
        }
        EntityKind::Host => Entity::new(EntityKind::Host, address(name)),
        kind => Entity::new(kind, name),
    }
}

/// Without scheme, port and path: `http://checkout:8080/pay` is `checkout`.
fn address(name: &str) -> &str {
    let schemes = ["http://", "https://", "grpc://", "tcp://", "dns:///", "dns://"];
    let Some((bare, schemed)) = schemes
        .iter()
        .find_map(|scheme| Some((name.strip_prefix(scheme)?, true)))
        .or(Some((name.trim_start_matches('/'), false)))
    else {
        return name;
    };
    let host = if schemed { bare.split(['/', '?']).next().unwrap_or(bare) } else { bare };
    let port = |port: &str| {
        (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit())
    };
    match host.rsplit_once(':') {
        // An address of IPv6 has more colons.
        Some((host, behind)) if port(behind) && !host.is_empty() && !host.contains(':') => host,
        _ if host.is_empty() => name,
        _ => host,
    }
}

/// The service in a name of the cluster's DNS: `[pod.]service.namespace.svc[.domain]`.
fn cluster_name(name: &str) -> Option<&str> {
    let mut labels = name.split('.');
    let place = labels.clone().position(|label| label == "svc")?;
    match place {
        2 => labels.next(),
        3 => labels.nth(1),
        _ => None,
    }
    .filter(|label| !label.is_empty())
}

/// The workload of a service name that is a pod's: only where both generated parts are there.
fn replica(name: &str) -> Option<&str> {
    let (rest, last) = name.rsplit_once('-')?;
    let (shorter, hash) = rest.rsplit_once('-')?;
    let generated = last.len() == 5
        && random(last)
        && (8..=10).contains(&hash.len())
        && random(hash)
        && hash.bytes().any(|byte| byte.is_ascii_digit());
    (generated && !shorter.is_empty()).then_some(shorter)
}

/// Made of the [alphabet](https://github.com/kubernetes/apimachinery/blob/master/pkg/util/rand) that Kubernetes
/// names things with: no vowels, so words are none.
fn random(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| b"bcdfghjklmnpqrstvwxz2456789".contains(&byte))
}

/// The workload that a pod is a copy of, by the names that Kubernetes gives: `pay-6c5d8f7b9c-x2lqp`, `pay-x2lqp`,
/// `pay-0`.
pub(in crate::connectors) fn workload(pod: &str) -> &str {
    let Some((name, last)) = pod.rsplit_once('-') else { return pod };
    if name.is_empty() {
        return pod;
    }
    if last.len() <= 3 && !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()) {
        return name;
    }
    if last.len() != 5 || !random(last) {
        return pod;
    }
    match name.rsplit_once('-') {
        Some((shorter, hash))
            if (8..=10).contains(&hash.len()) && random(hash) && !shorter.is_empty() =>
        {
            shorter
        }
        _ => name,
    }
}

/// The parts of a name that Docker Compose gives a container (`shop-checkout-1`), longest first: each may be the
/// service.
pub(super) fn composed(name: &str) -> Vec<&str> {
    let Some((rest, number)) = name.rsplit_once(['-', '_']) else { return Vec::new() };
    if number.is_empty() || number.len() > 3 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Vec::new();
    }
    let ends = rest.char_indices().filter(|(_, c)| matches!(c, '-' | '_'));
    let parts = ends.filter_map(|(at, _)| rest.get(at + 1..)).filter(|part| !part.is_empty());
    std::iter::once(rest).chain(parts).collect()
}
