use proptest::prelude::*;

use super::*;
use crate::connectors::Batch;
use crate::connectors::attribute::{ENVIRONMENT, REPOSITORY};
use crate::model::{Event, Source};
use crate::signal::{LogRecord, Span};
use crate::time::from_nanos;

fn resolved(entity: &Entity) -> Entity {
    Resolver::default().resolve(entity)
}

#[test]
fn names_that_platforms_make_hold_the_name_of_the_service() {
    for (name, service) in [
        ("checkout", "checkout"),
        ("checkout-7d9f8b6c5d-x2x9z", "checkout"),
        ("checkout:8080", "checkout"),
        ("http://checkout:8080/pay", "checkout"),
        ("10.0.0.7:9100", "10.0.0.7"),
        ("checkout.shop.svc.cluster.local", "checkout"),
        ("checkout.shop.svc:8080", "checkout"),
        ("store-0.store.shop.svc.cluster.local", "store"),
        ("/shop-checkout-1", "shop-checkout-1"),
        ("order-tests", "order-tests"),
        ("node-1", "node-1"),
        ("2001:db8::1", "2001:db8::1"),
        ("shop.example.com", "shop.example.com"),
    ] {
        assert_eq!(resolved(&Entity::service(name)), Entity::service(service), "{name}");
    }
    for (pod, service) in
        [("checkout-7d9f8b6c5d-x2x9z", "checkout"), ("agent-x2lqp", "agent"), ("store-0", "store")]
    {
        assert_eq!(resolved(&Entity::new(EntityKind::Pod, pod)), Entity::service(service));
    }
    for same in [Entity::new(EntityKind::Pod, "bare"), Entity::new(EntityKind::Database, "db:5432")]
    {
        assert_eq!(resolved(&same), same);
    }
    assert_eq!(resolved(&Entity::new(EntityKind::Host, "db7:9100")).name, "db7");
}

#[test]
fn pods_are_copies_of_workloads() {
    for (pod, name) in [
        ("pay-6c5d8f7b9c-x2lqp", "pay"),
        ("pay-api-x2lqp", "pay-api"),
        ("store-0", "store"),
        ("pay", "pay"),
        ("order-tests", "order-tests"),
        ("-x2lqp", "-x2lqp"),
        ("pay-", "pay-"),
    ] {
        assert_eq!(workload(pod), name);
    }
}

/// Spans of `checkout`, and what other sources call it.
fn mixed() -> Batch {
    let mut batch = Batch::default();
    let service = "checkout";
    batch.telemetry.spans.push(&Span {
        trace: "t",
        id: "s",
        service,
        name: "pay",
        attributes: &[("peer.service", "Cart_Service:80")],
        ..Span::default()
    });
    for service in ["Checkout", "cart-service", "shop-checkout-1", ""] {
        batch.telemetry.logs.push(&LogRecord { service, message: "x", ..LogRecord::default() });
    }
    let pod = Entity::new(EntityKind::Pod, "checkout-7d9f8b6c5d-x2x9z");
    batch.telemetry.metrics.push(&pod, "cpu", 1, 0.5);
    let event = |source, kind: &str, entity| {
        let event = Event::builder(from_nanos(0), source, kind, "x").with_source_id(kind);
        event.with_entity(entity).with_attribute(ENVIRONMENT, "PRD").build().unwrap()
    };
    batch.events.push(event(Source::Alert, "alert", Entity::service("CHECKOUT:8080")));
    batch.events.push(event(Source::Deploy, "deploy", Entity::service("shop_cart_service_2")));
    batch.events.push(event(Source::Manual, "pod_killed", pod));
    batch
}

#[test]
fn what_sources_call_differently_becomes_one() {
    let mut batch = mixed();
    let ids: Vec<_> = batch.events.iter().map(Event::id).collect();
    let renamed = batch.resolve(&Resolver::default());
    let logs: Vec<&str> = batch.telemetry.logs.iter().map(|log| log.service()).collect();
    assert_eq!(logs, ["checkout", "cart-service", "checkout", ""]);
    assert_eq!(
        batch.telemetry.spans.get(0).unwrap().attribute("peer.service"),
        Some("cart-service")
    );
    let metrics: Vec<&Entity> = batch.telemetry.metrics.entities().collect();
    assert_eq!(metrics, [&Entity::service("checkout")]);
    let events: Vec<&str> =
        batch.events.iter().map(|e| e.entity().unwrap().name.as_str()).collect();
    assert_eq!(events, ["checkout", "cart-service", "checkout"]);
    assert_eq!(batch.events[0].attribute(ENVIRONMENT), Some("production"));
    assert_eq!(batch.events[2].attribute("k8s.pod.name"), Some("checkout-7d9f8b6c5d-x2x9z"));
    assert_eq!(ids, batch.events.iter().map(Event::id).collect::<Vec<_>>());
    assert_eq!(renamed[&Entity::service("Checkout")], Entity::service("checkout"));
    assert_eq!(renamed.len(), 6, "{renamed:?}");
    assert_eq!(batch.resolve(&Resolver::default()), BTreeMap::new(), "again");
}

#[test]
fn a_commit_belongs_to_the_service_that_its_repository_is_or_that_the_user_says() {
    let owner = |repository: &str, rules: &EntityRules| {
        let mut batch = mixed();
        let commit = Event::builder(from_nanos(0), Source::Git, "commit", "x");
        batch.events.push(commit.with_attribute(REPOSITORY, repository).build().unwrap());
        batch.resolve(&Resolver::new(rules).unwrap());
        batch.events.last().unwrap().entity().map(|entity| entity.name.clone())
    };
    let none = EntityRules::default();
    assert_eq!(owner("shop/Checkout", &none).as_deref(), Some("checkout"));
    assert_eq!(owner("shop/mono", &none), None);
    let told = EntityRules::from_json(
        r#"{"repositories": {"shop/mono": ["cart-service"], "shop/two": ["a", "b"]}}"#,
    );
    let told = told.unwrap();
    assert_eq!(owner("shop/mono", &told).as_deref(), Some("cart-service"));
    assert_eq!(owner("shop/two", &told), None);
}

#[test]
fn the_users_rules_come_first_and_can_stand_alone() {
    let rules = EntityRules::from_toml(
        "only = true\n[aliases]\ncheckout = ['kassa']\n[environments]\nlive = ['blue']\n",
    )
    .unwrap();
    let resolver = Resolver::new(&rules).unwrap();
    assert_eq!(resolver.resolve(&Entity::service("Kassa")), Entity::service("checkout"));
    assert_eq!(resolver.resolve(&Entity::service("cart:80")), Entity::service("cart:80"));
    assert_eq!(resolver.environment("Blue"), "live");
    assert_eq!(resolver.environment("prod"), "prod");
    let json = serde_json::to_string(&rules).unwrap();
    assert_eq!(EntityRules::from_json(&json).unwrap(), rules);
}

#[test]
fn malformed_rules_are_refused_with_their_place() {
    let error = EntityRules::from_toml("[aliases]\na = 1\n").unwrap_err();
    assert_eq!(error.place().unwrap().line, Some(2), "{error}");
    assert!(EntityRules::from_toml("surprise = 1").is_err());
    assert!(EntityRules::from_json("{").is_err());
    let refused =
        |toml: &str| Resolver::new(&EntityRules::from_toml(toml).unwrap()).unwrap_err().to_string();
    assert!(refused("[[rules]]\npattern = '('\nentity = 'x'").contains("pattern"));
    assert!(refused("[[rules]]\npattern = 'a'\nentity = ' '").contains("names no entity"));
    assert!(refused("[aliases]\na = ['c']\nb = ['C']").contains("claimed"));
}

#[test]
fn rules_are_read_from_files_of_both_kinds() {
    let place = tempfile::tempdir().unwrap();
    let (toml, json) = (place.path().join("rules.toml"), place.path().join("rules.json"));
    std::fs::write(&toml, "[aliases]\na = ['b']\n").unwrap();
    std::fs::write(&json, r#"{"aliases": {"a": ["b"]}}"#).unwrap();
    assert_eq!(EntityRules::open(&toml).unwrap(), EntityRules::open(&json).unwrap());
    std::fs::write(&json, "{\"surprise\": 1}").unwrap();
    assert!(EntityRules::open(&json).unwrap_err().to_string().contains("rules.json"));
    assert!(EntityRules::open(place.path().join("none.toml")).is_err());
}

fn name() -> impl Strategy<Value = String> {
    let part = proptest::sample::select(
        &[
            "checkout",
            "Cart",
            "pay",
            "-",
            "_",
            ".",
            ":",
            "/",
            "8080",
            "1",
            "svc",
            "shop",
            "x2x9z",
            "7d9f8b6c5d",
            "http://",
            "cluster.local",
            "store-0",
            " ",
        ][..],
    );
    prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}

fn entity() -> impl Strategy<Value = Entity> {
    let kind =
        proptest::sample::select(&[EntityKind::Service, EntityKind::Pod, EntityKind::Host][..]);
    (kind, name()).prop_map(|(kind, name)| Entity::new(kind, name))
}

proptest! {
    #[test]
    fn resolving_twice_is_resolving_once(
        entity in entity(),
        rules in prop::collection::vec(
            ("(\\(\\.\\+\\)-?|a|\\.\\*|Cart|pay){1,2}", "(\\$1|x|a|pay|-){1,3}"),
            0..3,
        ),
        aliases in prop::collection::btree_map("[abc]", prop::collection::vec("[d-p]{1,2}", 0..2), 0..2),
    ) {
        let rules = EntityRules {
            rules: rules
                .into_iter()
                .map(|(pattern, entity)| EntityRule { pattern, entity, kind: None })
                .collect(),
            aliases,
            ..EntityRules::default()
        };
        if let Ok(resolver) = Resolver::new(&rules) {
            let once = resolver.resolve(&entity);
            prop_assert_eq!(resolver.resolve(&once), once);
        }
    }

    #[test]
    fn a_batch_is_resolved_once_and_for_all(
        logs in prop::collection::vec(name(), 0..6),
        metrics in prop::collection::vec(entity(), 0..6),
    ) {
        let mut batch = Batch::default();
        for service in &logs {
            batch.telemetry.logs.push(&LogRecord { service, ..LogRecord::default() });
        }
        for entity in &metrics {
            batch.telemetry.metrics.push(entity, "m", 0, 1.0);
        }
        batch.resolve(&Resolver::default());
        prop_assert_eq!(batch.resolve(&Resolver::default()), BTreeMap::new());
    }
}
