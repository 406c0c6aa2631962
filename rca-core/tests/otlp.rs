//! OTLP: the JSON and the protobuf of one request are the same records, and the official message types agree.
//!
//! JSON is written here by the rules of the [OTLP specification](https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding),
//! protobuf by `opentelemetry-proto`, which is also the second reader of our JSON.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod records;

use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList, any_value::Value,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, LogsData, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint,
    Metric, MetricsData, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary,
    SummaryDataPoint, metric::Data, number_data_point, summary_data_point::ValueAtQuantile,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{
    ResourceSpans, ScopeSpans, Span, Status, TracesData, span::Event,
};
use proptest::prelude::*;
use prost::Message;
use records::{from, records};
use serde_json::{Value as Json, json};

// What a request is made of.

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z.]{0,8}", "\\PC{0,6}", Just("a\"b\\c\n\u{1f600}".to_owned())]
}

/// Of doubles the special ones come only where the reader can be expected to know them.
fn double(special: bool) -> BoxedStrategy<f64> {
    let plain = prop_oneof![-1e6..1e6f64, Just(0.0), Just(1e-300), Just(-1.5e300)].boxed();
    if !special {
        return plain;
    }
    let odd = prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
    prop_oneof![4 => plain, 1 => odd].boxed()
}

fn value(special: bool) -> BoxedStrategy<AnyValue> {
    let leaf = prop_oneof![
        text().prop_map(Value::StringValue),
        any::<bool>().prop_map(Value::BoolValue),
        any::<i64>().prop_map(Value::IntValue),
        double(special).prop_map(Value::DoubleValue),
        prop::collection::vec(any::<u8>(), 0..5).prop_map(Value::BytesValue),
    ]
    .prop_map(|value| AnyValue { value: Some(value) });
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3)
                .prop_map(|values| Value::ArrayValue(ArrayValue { values })),
            prop::collection::vec(("[a-z]{1,3}", inner), 0..3).prop_map(|pairs| {
                let values = pairs.into_iter().map(|(key, value)| pair(key, value)).collect();
                Value::KvlistValue(KeyValueList { values })
            }),
        ]
        .prop_map(|value| AnyValue { value: Some(value) })
    })
    .boxed()
}

fn pair(key: String, value: AnyValue) -> KeyValue {
    KeyValue { key, value: Some(value), ..Default::default() }
}

fn pairs(special: bool) -> BoxedStrategy<Vec<KeyValue>> {
    prop::collection::vec(("[a-z]{1,4}", value(special)), 0..3)
        .prop_map(|pairs| pairs.into_iter().map(|(key, value)| pair(key, value)).collect())
        .boxed()
}

fn resource() -> impl Strategy<Value = Option<Resource>> {
    let text = |text: String| AnyValue { value: Some(Value::StringValue(text)) };
    prop::option::of(("[ab]", "[ab]").prop_map(move |(service, instance)| Resource {
        attributes: vec![
            pair("service.name".to_owned(), text(service)),
            pair("service.instance.id".to_owned(), text(instance)),
        ],
        ..Default::default()
    }))
}

fn scope() -> impl Strategy<Value = Option<InstrumentationScope>> {
    prop::option::of("[ab]{0,2}".prop_map(|name| InstrumentationScope {
        name,
        version: "1".to_owned(),
        ..Default::default()
    }))
}

fn id(length: usize) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => prop::collection::vec(any::<u8>(), length..=length),
        1 => Just(vec![0; length]),
        1 => Just(Vec::new()),
    ]
}

const BEGIN: u64 = 1_777_885_200_000_000_000;

fn time() -> impl Strategy<Value = u64> {
    prop_oneof![8 => (0..40u64).prop_map(|second| BEGIN + second * 1_000_000_007), 1 => Just(0), 1 => Just(u64::MAX)]
}

fn span(special: bool) -> impl Strategy<Value = Span> {
    let exception = (prop::sample::select(vec!["exception", "log"]), pairs(special)).prop_map(
        |(name, attributes)| Event { name: name.to_owned(), attributes, ..Default::default() },
    );
    let status = (text(), 0..3i32).prop_map(|(message, code)| Status { message, code });
    (
        (id(16), id(8), id(8), text(), 0..6i32, time(), time()),
        pairs(special),
        prop::collection::vec(exception, 0..2),
        prop::option::of(status),
    )
        .prop_map(
            |((trace, own, parent, name, kind, start, end), attributes, events, status)| Span {
                trace_id: trace,
                span_id: own,
                parent_span_id: parent,
                name,
                kind,
                start_time_unix_nano: start,
                end_time_unix_nano: end,
                attributes,
                events,
                status,
                ..Default::default()
            },
        )
}

fn traces(special: bool) -> impl Strategy<Value = TracesData> {
    let scope_spans = (scope(), prop::collection::vec(span(special), 0..3))
        .prop_map(|(scope, spans)| ScopeSpans { scope, spans, ..Default::default() });
    let of = (resource(), prop::collection::vec(scope_spans, 0..3)).prop_map(
        |(resource, scope_spans)| ResourceSpans { resource, scope_spans, ..Default::default() },
    );
    prop::collection::vec(of, 1..3).prop_map(|resource_spans| TracesData { resource_spans })
}

fn logs(special: bool) -> impl Strategy<Value = LogsData> {
    let record = (
        (time(), time(), 0..25i32, text(), prop::option::of(value(special))),
        pairs(special),
        (id(16), id(8), text()),
    )
        .prop_map(
            |((time, observed, number, level, body), attributes, (trace, own, event))| LogRecord {
                time_unix_nano: time,
                observed_time_unix_nano: observed,
                severity_number: number,
                severity_text: level,
                body,
                attributes,
                trace_id: trace,
                span_id: own,
                event_name: event,
                ..Default::default()
            },
        );
    let scope_logs = (scope(), prop::collection::vec(record, 0..3))
        .prop_map(|(scope, log_records)| ScopeLogs { scope, log_records, ..Default::default() });
    let of =
        (resource(), prop::collection::vec(scope_logs, 0..3)).prop_map(|(resource, scope_logs)| {
            ResourceLogs { resource, scope_logs, ..Default::default() }
        });
    prop::collection::vec(of, 1..3).prop_map(|resource_logs| LogsData { resource_logs })
}

fn number(special: bool) -> impl Strategy<Value = NumberDataPoint> {
    let value = prop_oneof![
        double(special).prop_map(number_data_point::Value::AsDouble),
        any::<i32>().prop_map(|number| number_data_point::Value::AsInt(number.into())),
    ];
    (pairs(special), time(), time(), prop::option::of(value), 0..2u32).prop_map(
        |(attributes, start, time, value, flags)| NumberDataPoint {
            attributes,
            start_time_unix_nano: start,
            time_unix_nano: time,
            value,
            flags,
            ..Default::default()
        },
    )
}

fn counts() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(0..100u64, 3)
}

fn histogram() -> impl Strategy<Value = HistogramDataPoint> {
    (time(), time(), counts(), prop::option::of(0.0..1e6f64)).prop_map(
        |(start, time, counts, sum)| HistogramDataPoint {
            start_time_unix_nano: start,
            time_unix_nano: time,
            count: counts.iter().sum(),
            sum,
            bucket_counts: counts,
            explicit_bounds: vec![0.1, 1.0],
            ..Default::default()
        },
    )
}

fn exponential() -> impl Strategy<Value = ExponentialHistogramDataPoint> {
    (time(), time(), counts(), -2..5i32, -9..9i32, 0..9u64).prop_map(
        |(start, time, counts, scale, offset, zeros)| ExponentialHistogramDataPoint {
            start_time_unix_nano: start,
            time_unix_nano: time,
            count: counts.iter().sum::<u64>() + zeros,
            sum: Some(1.5),
            scale,
            zero_count: zeros,
            positive: Some(Buckets { offset, bucket_counts: counts }),
            negative: Some(Buckets::default()),
            ..Default::default()
        },
    )
}

fn summary() -> impl Strategy<Value = SummaryDataPoint> {
    (time(), 0..100u64, 0.0..1e6f64, prop::sample::select(vec![0.0, 0.5, 0.99])).prop_map(
        |(time, count, sum, quantile)| SummaryDataPoint {
            time_unix_nano: time,
            count,
            sum,
            quantile_values: vec![ValueAtQuantile { quantile, value: sum }],
            ..Default::default()
        },
    )
}

fn metrics(special: bool) -> impl Strategy<Value = MetricsData> {
    let some = 0..4usize;
    let data = prop_oneof![
        prop::collection::vec(number(special), some.clone())
            .prop_map(|data_points| Data::Gauge(Gauge { data_points })),
        (prop::collection::vec(number(special), some.clone()), 0..3i32, any::<bool>()).prop_map(
            |(data_points, aggregation_temporality, is_monotonic)| Data::Sum(Sum {
                data_points,
                aggregation_temporality,
                is_monotonic
            })
        ),
        (prop::collection::vec(histogram(), some.clone()), 0..3i32).prop_map(
            |(data_points, aggregation_temporality)| Data::Histogram(Histogram {
                data_points,
                aggregation_temporality
            })
        ),
        (prop::collection::vec(exponential(), some.clone()), 0..3i32).prop_map(
            |(data_points, aggregation_temporality)| Data::ExponentialHistogram(
                ExponentialHistogram { data_points, aggregation_temporality }
            )
        ),
        prop::collection::vec(summary(), some)
            .prop_map(|data_points| Data::Summary(Summary { data_points })),
    ];
    // Sixteen bytes: as long as the id of a trace.
    let name = prop::sample::select(vec!["n", "m", "system.cpu.usage"]);
    let metric = (name, data).prop_map(|(name, data)| Metric {
        name: name.to_owned(),
        unit: "s".to_owned(),
        description: "12345678".to_owned(),
        data: Some(data),
        ..Default::default()
    });
    let scope_metrics = (scope(), prop::collection::vec(metric, 0..3))
        .prop_map(|(scope, metrics)| ScopeMetrics { scope, metrics, ..Default::default() });
    let of = (resource(), prop::collection::vec(scope_metrics, 0..3)).prop_map(
        |(resource, scope_metrics)| ResourceMetrics {
            resource,
            scope_metrics,
            ..Default::default()
        },
    );
    prop::collection::vec(of, 1..3).prop_map(|resource_metrics| MetricsData { resource_metrics })
}

// JSON, as the specification says.

/// How free the JSON is: fields with their default value may be left out, empty lists be empty objects, numbers of 64
/// bits stand without quotes and enums by name.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Style {
    Full,
    Terse,
}

fn object(style: Style, members: Vec<(&str, Json)>) -> Json {
    let default = |value: &Json| match value {
        Json::Null | Json::Bool(false) => true,
        Json::String(text) => text.is_empty() || text == "0",
        Json::Number(number) => number.as_f64() == Some(0.0),
        Json::Array(values) => values.is_empty(),
        Json::Bool(true) | Json::Object(_) => false,
    };
    members
        .into_iter()
        .filter(|(_, value)| !value.is_null() && (style == Style::Full || !default(value)))
        .map(|(name, value)| (name.to_owned(), value))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// An object of which exactly one member is there, whatever its value.
fn one_of(name: &str, value: Json) -> Json {
    json!({ name: value })
}

fn whole(style: Style, number: impl std::fmt::Display + Into<i128> + Copy) -> Json {
    match style {
        Style::Full => number.to_string().into(),
        Style::Terse => u64::try_from(number.into())
            .map(Json::from)
            .unwrap_or_else(|_| Json::from(i64::try_from(number.into()).unwrap())),
    }
}

fn float(number: f64) -> Json {
    match number {
        number if number.is_nan() => "NaN".into(),
        f64::INFINITY => "Infinity".into(),
        f64::NEG_INFINITY => "-Infinity".into(),
        number => number.into(),
    }
}

fn hex(bytes: &[u8]) -> Json {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
}

fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let block =
            chunk.iter().enumerate().fold(0u32, |sum, (n, b)| sum | u32::from(*b) << (16 - 8 * n));
        for n in 0..4 {
            let sign = SIGNS[(block >> (18 - 6 * n)) as usize & 63];
            text.push(if n <= chunk.len() { char::from(sign) } else { '=' });
        }
    }
    text
}

fn list<T>(items: &[T], of: impl Fn(&T) -> Json) -> Json {
    items.iter().map(of).collect()
}

fn value_json(style: Style, value: &AnyValue) -> Json {
    match value.value.as_ref().unwrap() {
        Value::StringValue(text) => one_of("stringValue", text.as_str().into()),
        Value::BoolValue(truth) => one_of("boolValue", (*truth).into()),
        Value::IntValue(number) => one_of("intValue", whole(style, *number)),
        Value::DoubleValue(number) => one_of("doubleValue", float(*number)),
        Value::BytesValue(bytes) => one_of("bytesValue", base64(bytes).into()),
        Value::ArrayValue(array) => {
            let values = list(&array.values, |value| value_json(style, value));
            one_of("arrayValue", object(style, vec![("values", values)]))
        }
        Value::KvlistValue(map) => {
            one_of("kvlistValue", object(style, vec![("values", pairs_json(style, &map.values))]))
        }
        _ => unreachable!("not made here"),
    }
}

fn pairs_json(style: Style, pairs: &[KeyValue]) -> Json {
    list(
        pairs,
        |pair| json!({"key": pair.key, "value": value_json(style, pair.value.as_ref().unwrap())}),
    )
}

fn resource_json(style: Style, resource: Option<&Resource>) -> Json {
    resource.map_or(Json::Null, |resource| {
        object(style, vec![("attributes", pairs_json(style, &resource.attributes))])
    })
}

fn scope_json(style: Style, scope: Option<&InstrumentationScope>) -> Json {
    scope.map_or(Json::Null, |scope| {
        let (name, version) = (scope.name.as_str().into(), scope.version.as_str().into());
        object(style, vec![("name", name), ("version", version)])
    })
}

/// The skeleton that the three requests share.
fn request_json<R, S>(
    style: Style,
    names: [&str; 3],
    resources: &[R],
    parts: impl Fn(&R) -> (Option<&Resource>, &[S]),
    of_scope: impl Fn(&S) -> (Option<&InstrumentationScope>, Json),
) -> Json {
    let [outer, middle, inner] = names;
    let of_resource = |of: &R| {
        let (resource, scopes) = parts(of);
        let scopes = list(scopes, |of| {
            let (scope, records) = of_scope(of);
            object(style, vec![("scope", scope_json(style, scope)), (inner, records)])
        });
        object(style, vec![("resource", resource_json(style, resource)), (middle, scopes)])
    };
    json!({ outer: list(resources, of_resource) })
}

fn traces_json(style: Style, traces: &TracesData) -> Json {
    let span = |span: &Span| {
        let kinds = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"];
        let kind = match style {
            Style::Full => span.kind.into(),
            Style::Terse => {
                format!("SPAN_KIND_{}", kinds[usize::try_from(span.kind).unwrap()]).into()
            }
        };
        let events = list(&span.events, |event| {
            let attributes = pairs_json(style, &event.attributes);
            object(style, vec![("name", event.name.as_str().into()), ("attributes", attributes)])
        });
        let status = span.status.as_ref().map_or(Json::Null, |status| {
            let (message, code) = (status.message.as_str().into(), status.code.into());
            object(style, vec![("message", message), ("code", code)])
        });
        object(
            style,
            vec![
                ("traceId", hex(&span.trace_id)),
                ("spanId", hex(&span.span_id)),
                ("parentSpanId", hex(&span.parent_span_id)),
                ("name", span.name.as_str().into()),
                ("kind", kind),
                ("startTimeUnixNano", whole(style, span.start_time_unix_nano)),
                ("endTimeUnixNano", whole(style, span.end_time_unix_nano)),
                ("attributes", pairs_json(style, &span.attributes)),
                ("events", events),
                ("status", status),
            ],
        )
    };
    request_json(
        style,
        ["resourceSpans", "scopeSpans", "spans"],
        &traces.resource_spans,
        |of| (of.resource.as_ref(), &of.scope_spans),
        |of| (of.scope.as_ref(), list(&of.spans, span)),
    )
}

fn logs_json(style: Style, logs: &LogsData) -> Json {
    let record = |record: &LogRecord| {
        let body = record.body.as_ref().map_or(Json::Null, |body| value_json(style, body));
        object(
            style,
            vec![
                ("timeUnixNano", whole(style, record.time_unix_nano)),
                ("observedTimeUnixNano", whole(style, record.observed_time_unix_nano)),
                ("severityNumber", record.severity_number.into()),
                ("severityText", record.severity_text.as_str().into()),
                ("body", body),
                ("attributes", pairs_json(style, &record.attributes)),
                ("traceId", hex(&record.trace_id)),
                ("spanId", hex(&record.span_id)),
                ("eventName", record.event_name.as_str().into()),
            ],
        )
    };
    request_json(
        style,
        ["resourceLogs", "scopeLogs", "logRecords"],
        &logs.resource_logs,
        |of| (of.resource.as_ref(), &of.scope_logs),
        |of| (of.scope.as_ref(), list(&of.log_records, record)),
    )
}

fn number_json(style: Style, point: &NumberDataPoint) -> Json {
    let mut members = vec![
        ("attributes", pairs_json(style, &point.attributes)),
        ("startTimeUnixNano", whole(style, point.start_time_unix_nano)),
        ("timeUnixNano", whole(style, point.time_unix_nano)),
        ("flags", point.flags.into()),
    ];
    // A value of zero is one.
    let value = point.value.as_ref().map(|value| match value {
        number_data_point::Value::AsDouble(number) => ("asDouble", float(*number)),
        number_data_point::Value::AsInt(number) => ("asInt", whole(Style::Full, *number)),
    });
    let mut json = object(style, std::mem::take(&mut members));
    if let Some((name, value)) = value {
        json[name] = value;
    }
    json
}

fn histogram_json(style: Style, point: &HistogramDataPoint) -> Json {
    let mut json = object(
        style,
        vec![
            ("startTimeUnixNano", whole(style, point.start_time_unix_nano)),
            ("timeUnixNano", whole(style, point.time_unix_nano)),
            ("count", whole(style, point.count)),
            ("bucketCounts", list(&point.bucket_counts, |count| whole(style, *count))),
            ("explicitBounds", list(&point.explicit_bounds, |bound| float(*bound))),
        ],
    );
    if let Some(sum) = point.sum {
        json["sum"] = float(sum);
    }
    json
}

fn exponential_json(style: Style, point: &ExponentialHistogramDataPoint) -> Json {
    let buckets = |buckets: Option<&Buckets>| {
        let buckets = buckets.unwrap();
        let counts = list(&buckets.bucket_counts, |count| whole(style, *count));
        object(style, vec![("offset", buckets.offset.into()), ("bucketCounts", counts)])
    };
    object(
        style,
        vec![
            ("startTimeUnixNano", whole(style, point.start_time_unix_nano)),
            ("timeUnixNano", whole(style, point.time_unix_nano)),
            ("count", whole(style, point.count)),
            ("sum", float(point.sum.unwrap())),
            ("scale", point.scale.into()),
            ("zeroCount", whole(style, point.zero_count)),
            ("positive", buckets(point.positive.as_ref())),
            ("negative", buckets(point.negative.as_ref())),
        ],
    )
}

fn summary_json(style: Style, point: &SummaryDataPoint) -> Json {
    let quantiles = list(&point.quantile_values, |of| {
        object(style, vec![("quantile", float(of.quantile)), ("value", float(of.value))])
    });
    object(
        style,
        vec![
            ("timeUnixNano", whole(style, point.time_unix_nano)),
            ("count", whole(style, point.count)),
            ("sum", float(point.sum)),
            ("quantileValues", quantiles),
        ],
    )
}

fn metrics_json(style: Style, metrics: &MetricsData) -> Json {
    let temporality = |number: i32| match style {
        Style::Full => Json::from(number),
        Style::Terse => {
            let names = ["UNSPECIFIED", "DELTA", "CUMULATIVE"];
            format!("AGGREGATION_TEMPORALITY_{}", names[usize::try_from(number).unwrap()]).into()
        }
    };
    let metric = |metric: &Metric| {
        let (kind, members) = match metric.data.as_ref().unwrap() {
            Data::Gauge(of) => {
                ("gauge", vec![("dataPoints", list(&of.data_points, |p| number_json(style, p)))])
            }
            Data::Sum(of) => (
                "sum",
                vec![
                    ("dataPoints", list(&of.data_points, |p| number_json(style, p))),
                    ("aggregationTemporality", temporality(of.aggregation_temporality)),
                    ("isMonotonic", of.is_monotonic.into()),
                ],
            ),
            Data::Histogram(of) => (
                "histogram",
                vec![
                    ("dataPoints", list(&of.data_points, |p| histogram_json(style, p))),
                    ("aggregationTemporality", temporality(of.aggregation_temporality)),
                ],
            ),
            Data::ExponentialHistogram(of) => (
                "exponentialHistogram",
                vec![
                    ("dataPoints", list(&of.data_points, |p| exponential_json(style, p))),
                    ("aggregationTemporality", temporality(of.aggregation_temporality)),
                ],
            ),
            Data::Summary(of) => {
                ("summary", vec![("dataPoints", list(&of.data_points, |p| summary_json(style, p)))])
            }
        };
        let (name, unit) = (metric.name.as_str(), metric.unit.as_str());
        json!({"name": name, "unit": unit, kind: object(style, members)})
    };
    request_json(
        style,
        ["resourceMetrics", "scopeMetrics", "metrics"],
        &metrics.resource_metrics,
        |of| (of.resource.as_ref(), &of.scope_metrics),
        |of| (of.scope.as_ref(), list(&of.metrics, metric)),
    )
}

// What is compared.

fn read_json(json: &Json) -> Vec<String> {
    records(&from("otlp-json", json.to_string().as_bytes()))
}

fn read_protobuf(bytes: &[u8]) -> Vec<String> {
    records(&from("otlp-protobuf", bytes))
}

/// Four bytes before each message, big-endian, as the collector's file exporter does; and a varint, as protobuf does.
fn framed(message: &impl Message) -> [Vec<u8>; 2] {
    let bytes = message.encode_to_vec();
    let length = u32::try_from(bytes.len()).unwrap().to_be_bytes();
    [[&length, bytes.as_slice()].concat(), message.encode_length_delimited_to_vec()]
}

fn same_in_both_forms(
    message: &impl Message,
    json: impl Fn(Style) -> Json,
) -> Result<(), TestCaseError> {
    let expected = read_json(&json(Style::Full));
    prop_assert_eq!(&read_json(&json(Style::Terse)), &expected);
    prop_assert_eq!(&read_protobuf(&message.encode_to_vec()), &expected, "bare");
    for bytes in framed(message) {
        prop_assert_eq!(&read_protobuf(&bytes), &expected, "framed");
    }
    Ok(())
}

/// The official types read our JSON; what they made of it goes the way of protobuf.
fn official_agrees<M: Message + serde::de::DeserializeOwned>(
    json: &Json,
) -> Result<(), TestCaseError> {
    let official: M = serde_json::from_value(json.clone())
        .map_err(|error| TestCaseError::fail(format!("{error}: {json}")))?;
    prop_assert_eq!(read_protobuf(&official.encode_to_vec()), read_json(json));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn traces_are_the_same_as_json_and_as_protobuf(traces in traces(true)) {
        same_in_both_forms(&traces, |style| traces_json(style, &traces))?;
    }

    #[test]
    fn logs_are_the_same_as_json_and_as_protobuf(logs in logs(true)) {
        same_in_both_forms(&logs, |style| logs_json(style, &logs))?;
    }

    #[test]
    fn metrics_are_the_same_as_json_and_as_protobuf(metrics in metrics(true)) {
        same_in_both_forms(&metrics, |style| metrics_json(style, &metrics))?;
    }

    #[test]
    fn the_official_reader_sees_the_same_traces(traces in traces(false)) {
        official_agrees::<TracesData>(&traces_json(Style::Full, &traces))?;
    }

    #[test]
    fn the_official_reader_sees_the_same_logs(logs in logs(false)) {
        official_agrees::<LogsData>(&logs_json(Style::Full, &logs))?;
    }

    #[test]
    fn the_official_reader_sees_the_same_metrics(metrics in metrics(false)) {
        official_agrees::<MetricsData>(&metrics_json(Style::Full, &metrics))?;
    }
}

/// It once made the whole request look like one of another kind.
#[test]
fn one_bad_span_among_a_thousand_costs_one_span_in_protobuf_too() {
    let span = |number: u64| Span {
        trace_id: if number == 500 { Vec::new() } else { vec![7; 16] },
        span_id: number.to_be_bytes().map(|byte| byte | 1).to_vec(),
        name: format!("n{number}"),
        start_time_unix_nano: BEGIN + number,
        ..Default::default()
    };
    let request = |spans: Vec<Span>| {
        let scope_spans = vec![ScopeSpans { spans, ..Default::default() }];
        let resource_spans = vec![ResourceSpans { scope_spans, ..Default::default() }];
        TracesData { resource_spans }.encode_to_vec()
    };
    let batch = from("otlp-protobuf", &request((0..1000).map(span).collect()));
    assert_eq!((batch.report.read(), batch.report.refused()), (999, 1), "{}", batch.report);
    let others =
        from("otlp-protobuf", &request((0..1000).filter(|n| *n != 500).map(span).collect()));
    assert_eq!(records(&batch), records(&others));
}

/// The name of a metric may be as long as the id of a trace.
#[test]
fn a_metric_is_no_span_whatever_its_name() {
    let point = NumberDataPoint {
        time_unix_nano: BEGIN,
        value: Some(number_data_point::Value::AsInt(7)),
        ..Default::default()
    };
    let metric = Metric {
        name: "system.cpu.usage".to_owned(),
        description: "12345678".to_owned(),
        data: Some(Data::Gauge(Gauge { data_points: vec![point] })),
        ..Default::default()
    };
    let scope_metrics = vec![ScopeMetrics { metrics: vec![metric], ..Default::default() }];
    let resource_metrics = vec![ResourceMetrics { scope_metrics, ..Default::default() }];
    let found = read_protobuf(&MetricsData { resource_metrics }.encode_to_vec());
    assert_eq!(found, [format!(" system.cpu.usage {BEGIN} 7.0")]);
}
