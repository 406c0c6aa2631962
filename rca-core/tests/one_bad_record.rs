//! What holds for every format: one bad record among a thousand costs that record and nothing else.
//!
//! A format that has no sample here fails the first test.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod records;

use std::collections::BTreeSet;

use rca_core::connectors::{Batch, Format};
use records::{from, records};

/// What becomes of the bad record.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    /// It is counted, and described with its place.
    Refused,
    /// Any line of text is a record or belongs to the one before: nothing is lost.
    Text,
}

/// A format, and inputs in it: records behind one another, `~N` their number, `~S` a second of their own since 1970,
/// `~T` the same as clock.
struct Sample {
    format: &'static str,
    before: &'static str,
    record: &'static str,
    bad: &'static str,
    between: &'static str,
    after: &'static str,
    fate: Fate,
}

/// Records in something.
const fn inside(
    format: &'static str,
    before: &'static str,
    record: &'static str,
    bad: &'static str,
    after: &'static str,
) -> Sample {
    Sample { format, before, record, bad, between: ",\n", after, fate: Fate::Refused }
}

/// Records that stand one a line.
const fn lines(
    format: &'static str,
    record: &'static str,
    bad: &'static str,
    fate: Fate,
) -> Sample {
    Sample { format, before: "", record, bad, between: "\n", after: "\n", fate }
}

const BROKEN: &str = r#"{"id": "a", "broken": nope}"#;

const SAMPLES: &[Sample] = &[
    inside(
        "otlp-json",
        r#"{"resourceSpans":[{"scopeSpans":[{"spans":["#,
        r#"{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"~N","startTimeUnixNano":"~S000000000"}"#,
        r#"{"traceId":"","spanId":"eee19b7ec3c1b174","name":"x","startTimeUnixNano":"1"}"#,
        "]}]}]}",
    ),
    inside(
        "tempo-json",
        r#"{"batches":[{"scopeSpans":[{"spans":["#,
        r#"{"traceId":"W47/+XmAOBA9Jpszgo/GDA==","spanId":"7uGbfsPBsXQ=","name":"~N","startTimeUnixNano":"~S000000000"}"#,
        r#"{"traceId":"W47/+XmAOBA9Jpszgo/GDA==","name":"x"}"#,
        "]}]}]}",
    ),
    inside(
        "github",
        r#"{"workflow_runs":["#,
        r#"{"id":~N,"name":"tests","status":"completed","conclusion":"failure","head_sha":"4f2a9c1be0d3576688aa10c2b7e4d95f01c3aa77","updated_at":"~T"}"#,
        r#"{"id":7,"name":"tests","status":"completed","conclusion":"failure","head_sha":"4f2a9c1be0d3576688aa10c2b7e4d95f01c3aa77","updated_at":"never"}"#,
        "]}",
    ),
    inside(
        "alertmanager",
        r#"{"version":"4","alerts":["#,
        r#"{"status":"firing","fingerprint":"~N","labels":{"alertname":"Slow","service":"till"},"startsAt":"~T"}"#,
        r#"{"status":"firing","labels":{"alertname":"Slow","service":"till"},"startsAt":"never"}"#,
        "]}",
    ),
    lines(
        "pagerduty",
        r#"{"event":{"id":"~N","event_type":"incident.triggered","occurred_at":"~T","data":{"id":"Q~N","title":"t","created_at":"~T","service":{"summary":"till"}}}}"#,
        r#"{"event":{"event_type":"incident.triggered","data":{"id":"Q"}}}"#,
        Fate::Refused,
    ),
    Sample {
        format: "junit",
        before: r#"<testsuite name="s" timestamp="2026-05-04T09:00:00Z">"#,
        record: r#"<testcase name="t~N" classname="C"><failure message="m"/></testcase>"#,
        bad: "<testcase><failure/></testcase>",
        between: "\n",
        after: "</testsuite>",
        fate: Fate::Refused,
    },
    inside(
        "gitlab",
        r#"{"object_kind":"push","ref":"refs/heads/main","project":{"path_with_namespace":"shop/till"},"commits":["#,
        r#"{"id":"4f2a9c1be0d3576688aa10c2b7e4d95f0~S","message":"~N","timestamp":"~T"}"#,
        r#"{"id":"4f2a9c1be0d3576688aa10c2b7e4d95f01c3aa77","message":"x","timestamp":"never"}"#,
        "]}",
    ),
    inside(
        "jenkins",
        r#"{"number":12,"building":false,"result":"FAILURE","timestamp":1777885200000,"url":"https://ci.example/job/till/12/","changeSets":[{"items":["#,
        r#"{"commitId":"4f2a9c1be0d3576688aa10c2b7e4d95f0~S","timestamp":~S000,"msg":"~N"}"#,
        "{}",
        "]}]}",
    ),
    lines(
        "cloudevents",
        r#"{"specversion":"1.0","id":"~N","source":"/ci","type":"x","time":"~T"}"#,
        r#"{"specversion":"1.0","id":"b","source":"/ci","type":"x","time":"never"}"#,
        Fate::Refused,
    ),
    inside(
        "kubernetes-events",
        r#"{"items":["#,
        r#"{"metadata":{"uid":"~N"},"involvedObject":{"kind":"Pod","name":"till-1"},"reason":"OOMKilling","type":"Warning","message":"m","lastTimestamp":"~T"}"#,
        r#"{"involvedObject":{"kind":"Pod","name":"till-1"},"reason":"OOMKilling","lastTimestamp":"never"}"#,
        "]}",
    ),
    lines(
        "kubernetes-audit",
        r#"{"auditID":"~N","verb":"patch","stage":"ResponseComplete","objectRef":{"resource":"deployments","name":"till"},"user":{"username":"ada"},"responseStatus":{"code":200},"stageTimestamp":"~T"}"#,
        r#"{"auditID":"b","verb":"patch","stage":"ResponseComplete","objectRef":{"resource":"deployments","name":"till"},"stageTimestamp":"never"}"#,
        Fate::Refused,
    ),
    inside(
        "argocd",
        r#"{"items":["#,
        r#"{"metadata":{"name":"till"},"spec":{"destination":{"namespace":"p"}},"status":{"history":[{"id":~N,"revision":"4f2a9c1be0d3576688aa10c2b7e4d95f01c3aa77","deployedAt":"~T"}]}}"#,
        "7",
        "]}",
    ),
    lines(
        "flux",
        r#"{"kind":"HelmRelease","metadata":{"name":"till-~N"},"status":{"history":[{"chartVersion":"1.2.3","status":"deployed","lastDeployed":"~T"}]}}"#,
        BROKEN,
        Fate::Refused,
    ),
    lines(
        "sentry",
        r#"{"event_id":"~N","platform":"python","datetime":"~T","exception":{"values":[{"type":"KeyError","value":"v"}]}}"#,
        r#"{"event_id":"b","platform":"python","datetime":"never"}"#,
        Fate::Refused,
    ),
    inside(
        "launchdarkly",
        r#"{"items":["#,
        r#"{"_id":"~N","date":~S000,"titleVerb":"turned on","accesses":[{"action":"updateOn","resource":"proj/s:env/p:flag/f"}]}"#,
        r#"{"_id":"b","date":"never","titleVerb":"turned on","accesses":[{"action":"updateOn","resource":"proj/s:env/p:flag/f"}]}"#,
        "]}",
    ),
    inside(
        "unleash",
        r#"{"events":["#,
        r#"{"id":~N,"type":"feature-environment-enabled","createdBy":"ada","createdAt":"~T","featureName":"f"}"#,
        r#"{"id":7777,"type":"feature-environment-enabled","createdBy":"ada","createdAt":"never","featureName":"f"}"#,
        "]}",
    ),
    lines(
        "flagsmith",
        r#"{"event_type":"FLAG_UPDATED","data":{"timestamp":"~T","new_state":{"enabled":true,"feature":{"name":"f~N"}}}}"#,
        r#"{"event_type":"FLAG_UPDATED","data":{"timestamp":"never","new_state":{"enabled":true,"feature":{"name":"f"}}}}"#,
        Fate::Refused,
    ),
    lines(
        "notes",
        r#"{"note":"~N","timestamp":"~T","author":"ada"}"#,
        r#"{"note":"x","timestamp":"never"}"#,
        Fate::Refused,
    ),
    inside(
        "jaeger-json",
        r#"{"data":[{"processes":{"p":{"serviceName":"s"}},"spans":["#,
        r#"{"traceID":"t","spanID":"a~N","operationName":"o","startTime":~S000000,"duration":1,"processID":"p"}"#,
        r#"{"traceID":"t","operationName":"o","startTime":1,"duration":1,"processID":"p"}"#,
        "]}]}",
    ),
    inside(
        "zipkin-json",
        "[[",
        r#"{"traceId":"t","id":"~N","timestamp":~S000000,"localEndpoint":{"serviceName":"a"}}"#,
        r#"{"traceId":"t","timestamp":1}"#,
        "]]",
    ),
    inside(
        "prometheus-json",
        r#"{"data":{"resultType":"matrix","result":[{"metric":{"__name__":"up","job":"b"},"values":["#,
        r#"[~S,"~N"]"#,
        r#"["x"]"#,
        "]}]}}",
    ),
    inside(
        "prometheus-alerts",
        r#"{"status":"success","data":{"alerts":["#,
        r#"{"labels":{"alertname":"Slow","service":"s~N"},"state":"firing","activeAt":"~T","value":"1"}"#,
        r#"{"labels":{"alertname":"Slow","service":"s"},"state":"firing","activeAt":"never","value":"1"}"#,
        "]}}",
    ),
    lines("prometheus-text", r#"up{job="a"} ~N ~S000"#, r#"up{job="a} 1"#, Fate::Refused),
    lines(
        "docker-json",
        r#"{"log":"~N\n","stream":"stdout","time":"~T"}"#,
        r#"{"log":"x","stream":"stdout","time":nope}"#,
        Fate::Refused,
    ),
    lines(
        "journald-json",
        r#"{"__REALTIME_TIMESTAMP":"~S000000","PRIORITY":"3","MESSAGE":"~N"}"#,
        r#"{"__REALTIME_TIMESTAMP":nope}"#,
        Fate::Refused,
    ),
    inside(
        "loki-json",
        r#"{"data":{"result":[{"stream":{"app":"a"},"values":["#,
        r#"["~S000000000","~N"]"#,
        "[3]",
        "]}]}}",
    ),
    inside(
        "cloudwatch-json",
        r#"{"logGroup":"/g/a","logEvents":["#,
        r#"{"timestamp":~S000,"message":"~N"}"#,
        r#"{"message":"x"}"#,
        "]}",
    ),
    lines("cri", "~T stderr F line ~N", "nonsense", Fate::Refused),
    lines("syslog", "<11>1 ~T h a 1 - - line ~N", "<999>1 never", Fate::Text),
    lines(
        "access-log",
        r#"203.0.113.7 - - [04/May/2026:09:00:01 +0000] "GET /~N HTTP/1.1" 502 1 "-" "c""#,
        r#"203.0.113.7 - - [99/Foo/2026:09:00:01] "GET"#,
        Fate::Text,
    ),
    lines(
        "klog",
        "E0504 09:00:01.000000      17 a.go:3] line ~N",
        "E9999 99:99:99.000000      17 a.go:3] x",
        Fate::Text,
    ),
    lines("logfmt", r#"time=~T level=warn msg="line ~N""#, "level=\"open", Fate::Text),
    lines(
        "json-log",
        r#"{"time":"~T","level":"error","msg":"line ~N"}"#,
        r#"{"time":"never","level":"error","msg":"x"}"#,
        Fate::Refused,
    ),
    lines("text-log", "~T ERROR shop.Till: line ~N", "\u{0}\u{7f}%", Fate::Text),
    Sample {
        format: "csv-metrics",
        before: "time,a_x,a_y,b_x,b_y\n",
        record: "~S,~N,2,3,4",
        bad: "never,1,2,3,4",
        between: "\n",
        after: "\n",
        fate: Fate::Refused,
    },
    Sample {
        format: "csv-logs",
        before: "time,level,message\n",
        record: "~T,ERROR,line ~N",
        bad: "never,ERROR,x",
        between: "\n",
        after: "\n",
        fate: Fate::Refused,
    },
    lines("alerts", r#"{"service":"a","fired_at":"~T","summary":"~N"}"#, BROKEN, Fate::Refused),
    lines("logs", r#"{"timestamp":"~T","service":"a","msg":"~N"}"#, BROKEN, Fate::Refused),
    Sample {
        format: "metrics",
        before: "timestamp,service,metric,value\n",
        record: "~T,a,m,~N",
        bad: "~T,a",
        between: "\n",
        after: "\n",
        fate: Fate::Refused,
    },
    lines(
        "traces",
        r#"{"trace_id":"t","span_id":"~N","service":"a","name":"n","start":~S,"duration_ms":1}"#,
        BROKEN,
        Fate::Refused,
    ),
    inside("commits", "[", r#"{"sha":"4f2a9c1be0~S","timestamp":"~T","message":"m"}"#, BROKEN, "]"),
    inside("deploys", "[", r#"{"timestamp":"~T","service":"a","version":"~N"}"#, BROKEN, "]"),
    inside("flags", "[", r#"{"timestamp":"~T","flag":"f~N","change":"on"}"#, BROKEN, "]"),
    inside(
        "status",
        "[",
        r#"{"service":"p","title":"t~N","status":"degraded","started_at":~S}"#,
        BROKEN,
        "]",
    ),
];

/// Formats whose records are not text have such a test in a file of their own (`otlp.rs`), or go through the readers of CSV.
const BINARY: &[&str] = &["otlp-protobuf", "parquet", "arrow-ipc"];

const COUNT: usize = 1000;
const BAD: usize = 500;

impl Sample {
    fn write(&self, numbers: impl Iterator<Item = usize>, bad: bool) -> Batch {
        let one = |number: usize, template: &str| {
            let second = 1_777_885_200 + number as i64;
            let clock = chrono::DateTime::from_timestamp(second, 0).unwrap();
            template
                .replace("~N", &number.to_string())
                .replace("~S", &second.to_string())
                .replace("~T", &clock.format("%Y-%m-%dT%H:%M:%SZ").to_string())
        };
        let records: Vec<String> = numbers
            .map(|number| one(number, if bad && number == BAD { self.bad } else { self.record }))
            .collect();
        let text = format!("{}{}{}", self.before, records.join(self.between), self.after);
        from(self.format, text.as_bytes())
    }
}

#[test]
fn every_format_has_a_sample() {
    let known: BTreeSet<&str> =
        SAMPLES.iter().map(|sample| sample.format).chain(BINARY.iter().copied()).collect();
    let all: BTreeSet<&str> = Format::all().map(|format| format.name).collect();
    assert_eq!(known, all);
}

#[test]
fn one_bad_record_among_a_thousand_costs_one_record() {
    let mut wrong = Vec::new();
    for sample in SAMPLES {
        let good = sample.write(0..COUNT, false);
        let bad = sample.write(0..COUNT, true);
        let others = sample.write((0..COUNT).filter(|number| *number != BAD), false);
        let (found, expected) = (records(&bad), records(&others));
        let (found, expected): (BTreeSet<_>, BTreeSet<_>) =
            (found.iter().collect(), expected.iter().collect());
        let (lost, added) =
            (expected.difference(&found).count(), found.difference(&expected).count());
        let read = (good.report.refused(), good.report.read() >= COUNT as u64);
        let as_expected = match sample.fate {
            Fate::Refused => (lost, added, bad.report.refused()) == (0, 0, 1),
            Fate::Text => lost <= 1 && added <= 1 && bad.report.refused() <= 1,
        };
        if read != (0, true) || !as_expected {
            wrong.push(format!(
                "{}: {lost} lost, {added} added\n good: {} bad: {}",
                sample.format, good.report, bad.report
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
