//! Records as flat lists of named values, and the names that sources give to the same thing.
//!
//! The first name of each list is ours; where there is an OpenTelemetry name it comes next.

use serde_json::{Map, Value};

use super::timestamp::{self, Moment};
use crate::model::{Entity, EntityKind};

pub(super) const TIME: &[&str] = &[
    "timestamp",
    "time_unix_nano",
    "timeUnixNano",
    "observed_time_unix_nano",
    "@timestamp",
    "time",
    "ts",
    "datetime",
    "date",
    "created_at",
];
pub(super) const SERVICE: &[&str] =
    &["service", "service.name", "service_name", "serviceName", "app", "application", "job"];
/// Where something other than a service is named: its kind comes from the name of the field.
pub(super) const ENTITIES: &[(&str, EntityKind)] = &[
    ("k8s.pod.name", EntityKind::Pod),
    ("pod", EntityKind::Pod),
    ("host.name", EntityKind::Host),
    ("host", EntityKind::Host),
    ("hostname", EntityKind::Host),
    ("node", EntityKind::Host),
    ("instance", EntityKind::Host),
    ("db.name", EntityKind::Database),
    ("database", EntityKind::Database),
];
/// Labels of workloads, in the order in which they tell most: for alerts, events and deploys.
const LABELS: &[(&str, EntityKind)] = &[
    ("service", EntityKind::Service),
    ("service.name", EntityKind::Service),
    ("service_name", EntityKind::Service),
    ("serviceName", EntityKind::Service),
    ("app.kubernetes.io/name", EntityKind::Service),
    ("app_kubernetes_io_name", EntityKind::Service),
    ("app", EntityKind::Service),
    ("k8s-app", EntityKind::Service),
    ("application", EntityKind::Service),
    ("component", EntityKind::Service),
    ("k8s.deployment.name", EntityKind::Service),
    ("deployment", EntityKind::Service),
    ("statefulset", EntityKind::Service),
    ("daemonset", EntityKind::Service),
    ("k8s.pod.name", EntityKind::Pod),
    ("pod", EntityKind::Pod),
    ("database", EntityKind::Database),
    ("db.name", EntityKind::Database),
    ("datname", EntityKind::Database),
    ("queue", EntityKind::Queue),
    ("topic", EntityKind::Queue),
    ("host.name", EntityKind::Host),
    ("hostname", EntityKind::Host),
    ("host", EntityKind::Host),
    ("node", EntityKind::Host),
    ("nodename", EntityKind::Host),
];

/// The entity that labels name: a workload before a pod before a host.
///
/// `job` and `instance` name who was scraped, and count last: an exporter speaks for somebody else.
pub(super) fn entity_of<'v>(named: impl Fn(&str) -> Option<&'v str>) -> Option<Entity> {
    let named = |name: &str| named(name).map(str::trim).filter(|value| !value.is_empty());
    let direct = LABELS.iter().find_map(|(label, kind)| Some(Entity::new(*kind, named(label)?)));
    let job = || {
        let job = named("job").filter(|job| !speaks_for_others(job))?;
        Some(Entity::service(job.rsplit('/').next().unwrap_or(job)))
    };
    direct.or_else(job).or_else(|| {
        let instance = named("instance")?;
        let host = instance.rsplit_once(':').map_or(instance, |(host, _)| host);
        Some(Entity::new(EntityKind::Host, host))
    })
}

/// Scrape jobs that report on other things than themselves.
fn speaks_for_others(job: &str) -> bool {
    const OTHERS: [&str; 5] =
        ["kube-state-metrics", "kubelet", "cadvisor", "blackbox", "pushgateway"];
    job.ends_with("exporter") || OTHERS.iter().any(|other| job.ends_with(other))
}

pub(super) const SEVERITY: &[&str] = &[
    "severity_text",
    "severityText",
    "severity_number",
    "severityNumber",
    "severity",
    "level",
    "log.level",
    "lvl",
];
pub(super) const MESSAGE: &[&str] =
    &["message", "body", "msg", "body.stringValue", "log", "event", "text"];
pub(super) const TRACE: &[&str] = &["trace_id", "traceId", "trace.id", "traceID", "dd.trace_id"];
pub(super) const SPAN: &[&str] = &["span_id", "spanId", "span.id", "spanID", "id"];
pub(super) const LOG_SPAN: &[&str] = &["span_id", "spanId", "span.id", "spanID", "dd.span_id"];
pub(super) const PARENT: &[&str] =
    &["parent_span_id", "parentSpanId", "parent_id", "parentId", "parent.id", "parentID"];
pub(super) const NAME: &[&str] =
    &["name", "span_name", "operation_name", "operationName", "operation", "resource_name"];
pub(super) const START: &[&str] = &[
    "start_time_unix_nano",
    "startTimeUnixNano",
    "start",
    "start_time",
    "startTime",
    "timestamp",
    "@timestamp",
    "time",
    "ts",
];
pub(super) const END: &[&str] =
    &["end_time_unix_nano", "endTimeUnixNano", "end", "end_time", "endTime"];
/// Names of durations with their unit in nanoseconds.
pub(super) const DURATION: &[(&str, f64)] = &[
    ("duration_ns", 1.0),
    ("durationNano", 1.0),
    ("duration_nano", 1.0),
    ("duration_us", 1e3),
    ("duration_ms", 1e6),
    ("durationMs", 1e6),
    ("duration_s", 1e9),
    ("duration_seconds", 1e9),
];
pub(super) const SPAN_STATUS: &[&str] =
    &["status", "status.code", "status_code", "otel.status_code", "statusCode"];

pub(super) const SHA: &[&str] = &[
    "sha",
    "vcs.ref.head.revision",
    "commit_sha",
    "commit",
    "hash",
    "revision",
    "commit.sha",
    "git_sha",
];
pub(super) const AUTHOR: &[&str] = &[
    "author",
    "vcs.author",
    "author.name",
    "author_name",
    "author.login",
    "author.email",
    "committer",
];
pub(super) const COMMIT_TIME: &[&str] = &[
    "timestamp",
    "committed_at",
    "committed_date",
    "commit_time",
    "committer.date",
    "authored_at",
    "author.date",
    "date",
    "time",
    "created_at",
];
pub(super) const COMMIT_MESSAGE: &[&str] =
    &["message", "msg", "subject", "title", "commit.message"];
pub(super) const FILES: &[&str] =
    &["files_changed", "vcs.changed_files", "files", "paths", "changed_files", "changes"];
pub(super) const DIFF: &[&str] = &["diff", "vcs.diff", "patch"];

pub(super) const VERSION: &[&str] =
    &["version", "service.version", "release", "tag", "image_tag", "image", "build"];
pub(super) const DEPLOY_TIME: &[&str] = &[
    "timestamp",
    "deployed_at",
    "finished_at",
    "completed_at",
    "started_at",
    "@timestamp",
    "time",
    "ts",
    "date",
    "created_at",
];
pub(super) const FLAG: &[&str] =
    &["flag", "feature_flag.key", "flag_key", "key", "name", "setting", "feature"];
pub(super) const FLAG_CHANGE: &[&str] = &[
    "change",
    "feature_flag.change",
    "action",
    "transition",
    "value",
    "state",
    "variant",
    "enabled",
];
pub(super) const ACTOR: &[&str] =
    &["actor", "user.name", "user", "changed_by", "updated_by", "author", "deployed_by"];

pub(super) const FIRED_AT: &[&str] = &[
    "fired_at",
    "starts_at",
    "startsAt",
    "triggered_at",
    "started_at",
    "timestamp",
    "@timestamp",
    "time",
    "ts",
    "created_at",
];
pub(super) const ALERT_TITLE: &[&str] =
    &["summary", "title", "message", "name", "alertname", "monitor", "description"];
pub(super) const ALERT_METRIC: &[&str] = &["metric", "alert.metric", "metric_name", "query"];
pub(super) const THRESHOLD: &[&str] = &["threshold", "alert.threshold", "limit"];
pub(super) const OBSERVED: &[&str] = &["observed", "alert.observed", "value", "current_value"];
pub(super) const ALERT_SEVERITY: &[&str] = &["severity", "priority", "level", "urgency"];
pub(super) const ID: &[&str] = &["id", "event_id", "uid", "uuid", "fingerprint"];

pub(super) const PROVIDER: &[&str] = &["service", "component", "provider", "source", "page.name"];
pub(super) const POST_TIME: &[&str] =
    &["started_at", "created_at", "timestamp", "published_at", "time", "date", "updated_at"];
pub(super) const POST_STATUS: &[&str] = &["status", "state", "impact"];
pub(super) const POST_TITLE: &[&str] = &["title", "name", "summary", "headline"];
pub(super) const POST_TEXT: &[&str] = &["detail", "body", "description", "message", "text"];

/// Objects whose members stand for themselves: `attributes.peer` is `peer`.
const TRANSPARENT: &[&str] = &["attributes", "resource", "labels", "annotations"];

/// One record: named values, nested objects joined by dots, sorted by name.
#[derive(Default)]
pub(super) struct Record {
    fields: Vec<(String, Value)>,
}

impl Record {
    pub(super) fn new(value: Value) -> Result<Self, String> {
        let Value::Object(members) = value else {
            return Err(format!("expected an object, found {}", kind_of(&value)));
        };
        let mut fields = Vec::with_capacity(members.len());
        flatten("", members, &mut fields);
        fields.sort_by(|a, b| a.0.cmp(&b.0)); // stable: outer before inner
        fields.dedup_by(|later, first| later.0 == first.0);
        Ok(Self { fields })
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.fields.binary_search_by(|(field, _)| field.as_str().cmp(name)).ok()
    }

    /// Takes the first of these that is there, with the name it was found under.
    fn take_named<'n>(&mut self, names: &[&'n str]) -> Option<(&'n str, Value)> {
        let (name, place) = names.iter().find_map(|name| Some((*name, self.position(name)?)))?;
        Some((name, self.fields.remove(place).1))
    }

    pub(super) fn take(&mut self, names: &[&str]) -> Option<Value> {
        self.take_named(names).map(|(_, value)| value)
    }

    /// Takes the first of these that is there as non-blank text.
    pub(super) fn take_text(&mut self, names: &[&str]) -> Option<String> {
        self.take(names).map(into_text).filter(|text| !text.trim().is_empty())
    }

    /// Takes a number, written as one or as text. An unusable value stays among the rest.
    pub(super) fn take_number(&mut self, names: &[&str]) -> Option<f64> {
        let place = names.iter().find_map(|name| self.position(name))?;
        let number = as_number(&self.fields.get(place)?.1)?;
        self.fields.remove(place);
        Some(number)
    }

    pub(super) fn take_time(&mut self, names: &[&str]) -> Result<Moment, String> {
        let (name, value) = self
            .take_named(names)
            .ok_or_else(|| format!("no time; expected {:?}", names.first().unwrap_or(&"")))?;
        timestamp::parse(&value).map_err(|reason| format!("{name}: {reason}"))
    }

    /// Nanoseconds of the first duration that is there.
    pub(super) fn take_duration(&mut self) -> Option<Result<f64, String>> {
        let (name, unit) = DURATION.iter().find(|(name, _)| self.position(name).is_some())?;
        let value = self.take(&[name])?;
        Some(match as_number(&value) {
            Some(number) => Ok(number * unit),
            None => Err(format!("{name}: not a number")),
        })
    }

    /// The service, or else the host, pod or database that the record names.
    pub(super) fn take_entity(&mut self) -> Option<Entity> {
        if let Some(name) = self.take_text(SERVICE) {
            return Some(Entity::service(name));
        }
        ENTITIES
            .iter()
            .find_map(|(field, kind)| Some(Entity::new(*kind, self.take_text(&[field])?)))
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.fields.get(self.position(name)?).map(|(_, value)| value)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// What was not taken, at most `limit`; says how many were left out.
    pub(super) fn rest(mut self, limit: usize) -> (Vec<(String, Value)>, usize) {
        let left_out = self.fields.len().saturating_sub(limit);
        self.fields.truncate(limit);
        (self.fields, left_out)
    }
}

/// Plain values of one object first, then those of its inner objects. `null` is absence.
fn flatten(prefix: &str, members: Map<String, Value>, fields: &mut Vec<(String, Value)>) {
    let mut nested = Vec::new();
    for (name, value) in members {
        match value {
            Value::Null => {}
            Value::Object(inner) => nested.push((name, inner)),
            value if prefix.is_empty() => fields.push((name, value)),
            value => fields.push((format!("{prefix}.{name}"), value)),
        }
    }
    for (name, inner) in nested {
        let path = match prefix {
            "" if TRANSPARENT.contains(&name.as_str()) => String::new(),
            "" => name,
            _ => format!("{prefix}.{name}"),
        };
        flatten(&path, inner, fields);
    }
}

/// The value as the text of an attribute.
pub(super) fn into_text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// The text up to a number of bytes, at a border of characters.
pub(super) fn cut_text(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

fn as_number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.filter(|number| number.is_finite())
}

pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nested_objects_are_joined_by_dots_and_attributes_stand_for_themselves() {
        let mut record = Record::new(json!({
            "attributes": {"peer": "db", "service": "inner"},
            "resource": {"attributes": {"x": 1}},
            "service": "outer",
            "http": {"status": {"code": 503}},
            "gone": null,
        }))
        .unwrap();
        assert_eq!(record.take_text(SERVICE).as_deref(), Some("outer"));
        assert_eq!(record.get("http.status.code"), Some(&json!(503)));
        assert_eq!(record.get("peer"), Some(&json!("db")));
        assert!(record.get("gone").is_none());
        let (rest, left_out) = record.rest(2);
        assert_eq!((rest.len(), left_out), (2, 1));
    }

    #[test]
    fn our_name_wins_over_an_alias_and_the_alias_stays_an_attribute() {
        let mut record = Record::new(json!({"level": "debug", "severity_text": "ERROR"})).unwrap();
        assert_eq!(record.take_text(SEVERITY).as_deref(), Some("ERROR"));
        assert_eq!(record.get("level"), Some(&json!("debug")));
    }

    #[test]
    fn labels_name_a_workload_before_a_pod_and_an_exporter_never() {
        let of = |labels: &[(&str, &'static str)]| {
            entity_of(|name| labels.iter().find(|(label, _)| *label == name).map(|(_, v)| *v))
        };
        let pod = of(&[("pod", "till-1"), ("deployment", "till"), ("job", "kube-state-metrics")]);
        assert_eq!(pod, Some(Entity::service("till")));
        let host = of(&[("job", "node-exporter"), ("instance", "db7:9100")]);
        assert_eq!(host, Some(Entity::new(EntityKind::Host, "db7")));
        assert_eq!(of(&[("job", "shop/till"), ("instance", "x:1")]), Some(Entity::service("till")));
        assert_eq!(of(&[("service", " ")]), None);
    }

    #[test]
    fn numbers_may_be_text_but_not_infinite() {
        let mut record = Record::new(json!({"threshold": " 0.5 ", "value": "inf"})).unwrap();
        assert_eq!(record.take_number(THRESHOLD), Some(0.5));
        assert_eq!(record.take_number(OBSERVED), None);
        assert!(record.get("value").is_some());
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(cut_text("aäö", 4), "aä");
        assert_eq!(cut_text("aäö", 9), "aäö");
        assert_eq!(cut_text("ä", 0), "");
    }
}
