//! One name for each entity of a whole batch.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Resolver, fold, shape};
use crate::connectors::Batch;
use crate::connectors::attribute::{ENVIRONMENT, REPOSITORY};
use crate::model::{Entity, EntityKind, Event, Source};
use crate::signal::{Telemetry, service_instead};

/// Where a pod is named.
const POD: &str = "k8s.pod.name";

impl Batch {
    /// Gives every entity one name, and says which got another one: by the resolver's rules, by the shape of names, and
    /// by what other names there are.
    ///
    /// Doing it again changes nothing. Ids of events stay.
    pub fn resolve(&mut self, resolver: &Resolver) -> BTreeMap<Entity, Entity> {
        self.resolve_with(resolver, None)
    }

    /// The same together with telemetry that is not in the batch.
    pub(crate) fn resolve_with(
        &mut self,
        resolver: &Resolver,
        beside: Option<&mut dyn Signals>,
    ) -> BTreeMap<Entity, Entity> {
        let names = Names::of(self, beside.as_deref(), resolver);
        let mut renamed = BTreeMap::new();
        let mut instead = |entity: &Entity| {
            let now = names.resolve(entity, resolver);
            (now != *entity).then(|| {
                renamed.insert(entity.clone(), now.clone());
                now
            })
        };
        Signals::rename(&mut self.telemetry, &mut instead);
        if let Some(beside) = beside {
            beside.rename(&mut instead);
        }
        for event in &mut self.events {
            if let Some(entity) = event.entity.clone()
                && let Some(now) = instead(&entity)
            {
                if entity.kind == EntityKind::Pod && !event.data.contains_key(POD) {
                    event.data.insert(POD.to_owned(), Value::from(entity.name));
                }
                event.entity = Some(now);
            }
            if let Some(environment) = event.attribute(ENVIRONMENT) {
                let usual = resolver.environment(environment);
                event.data.insert(ENVIRONMENT.to_owned(), Value::from(usual));
            }
            names.own(event, resolver);
        }
        // Reports name entities as the answer does.
        for input in &mut self.report.inputs {
            input.entities = std::mem::take(&mut input.entities)
                .iter()
                .map(|entity| names.resolve(entity, resolver))
                .collect();
        }
        renamed
    }
}

/// Telemetry that names who sent it, whatever it is kept as.
pub(crate) trait Signals {
    /// Those who sent spans, logs, and metrics.
    fn senders(&self) -> [BTreeSet<Entity>; 3];

    /// Gives other names to them.
    fn rename(&mut self, instead: &mut dyn FnMut(&Entity) -> Option<Entity>);
}

impl Signals for Telemetry {
    fn senders(&self) -> [BTreeSet<Entity>; 3] {
        let spans: BTreeSet<&str> = self.spans.iter().map(|span| span.service()).collect();
        let logs: BTreeSet<&str> = self.logs.iter().map(|log| log.service()).collect();
        let of = |names: BTreeSet<&str>| names.into_iter().map(Entity::service).collect();
        [of(spans), of(logs), self.metrics.entities().cloned().collect()]
    }

    fn rename(&mut self, instead: &mut dyn FnMut(&Entity) -> Option<Entity>) {
        self.logs.rename(&mut |name| service_instead(name, instead));
        self.spans.rename(&mut |name| service_instead(name, instead));
        self.metrics.regroup(instead);
    }
}

/// The names of a batch, and how each is written.
struct Names {
    spelling: BTreeMap<String, String>,
}

impl Names {
    /// Who sends telemetry says how a name is written: spans before logs before metrics before events.
    fn of(batch: &Batch, beside: Option<&dyn Signals>, resolver: &Resolver) -> Self {
        let mut ranked: BTreeMap<String, (u8, String)> = BTreeMap::new();
        let mut add = |rank: u8, entity: &Entity| {
            let entity = resolver.resolve(entity);
            let named = entity.kind == EntityKind::Service && !entity.name.is_empty();
            if named && (resolver.only || shape::composed(&entity.name).is_empty()) {
                let this = (rank, entity.name.clone());
                let known = ranked.entry(fold(&entity.name)).or_insert_with(|| this.clone());
                *known = this.min(known.clone());
            }
        };
        let own: &dyn Signals = &batch.telemetry;
        for signals in std::iter::once(own).chain(beside) {
            for (rank, senders) in (0..).zip(signals.senders()) {
                senders.iter().for_each(|entity| add(rank, entity));
            }
        }
        batch.events.iter().filter_map(Event::entity).for_each(|entity| add(3, entity));
        let spelling = ranked.into_iter().map(|(folded, (_, name))| (folded, name)).collect();
        Self { spelling }
    }

    fn resolve(&self, entity: &Entity, resolver: &Resolver) -> Entity {
        let entity = resolver.resolve(entity);
        if resolver.only {
            return entity;
        }
        let spelt = |name: &str| self.spelling.get(&fold(name));
        match entity.kind {
            EntityKind::Service => {
                if let Some(name) = spelt(&entity.name) {
                    return Entity::service(name);
                }
            }
            EntityKind::Pod | EntityKind::Host => {}
            _ => return entity,
        }
        let parts = shape::composed(&entity.name);
        match parts.into_iter().find_map(spelt) {
            Some(service) => Entity::service(service),
            None => entity,
        }
    }

    /// A commit belongs to the service that its repository holds, where it is one.
    fn own(&self, event: &mut Event, resolver: &Resolver) {
        if *event.source() != Source::Git
            || event.entity().is_some_and(|entity| entity.kind == EntityKind::Service)
        {
            return;
        }
        let Some(repository) = event.attribute(REPOSITORY) else { return };
        let told = resolver.repositories.get(&repository.to_lowercase());
        let name = match told {
            // Of several the paths tell.
            Some(services) if services.len() != 1 => None,
            Some(services) => services.first().cloned(),
            None if resolver.only => None,
            None => {
                let last = repository.rsplit('/').next().unwrap_or(repository);
                self.spelling.get(&fold(last)).cloned()
            }
        };
        if let Some(name) = name {
            event.entity = Some(Entity::service(name));
        }
    }
}
