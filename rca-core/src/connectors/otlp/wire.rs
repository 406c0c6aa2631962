//! OTLP messages, as far as we read them: one set of types for protobuf and JSON, so that both forms of a request
//! give the same records.
//!
//! Source: [opentelemetry-proto](https://github.com/open-telemetry/opentelemetry-proto) 1.x. Unknown fields are skipped
//! in both forms; how JSON is read is told in [`super::json`].

use serde::Deserialize;

use super::json;

/// Any of the three requests as JSON; a line of the collector's file exporter as well.
#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct Request {
    #[prost(message, repeated, tag = "1")]
    #[serde(
        rename = "resourceSpans",
        alias = "resource_spans",
        alias = "batches",
        deserialize_with = "json::list"
    )]
    pub(super) resource_spans: Vec<ResourceSpans>,
    #[prost(message, repeated, tag = "2")]
    #[serde(
        rename = "resourceMetrics",
        alias = "resource_metrics",
        deserialize_with = "json::list"
    )]
    pub(super) resource_metrics: Vec<ResourceMetrics>,
    #[prost(message, repeated, tag = "3")]
    #[serde(rename = "resourceLogs", alias = "resource_logs", deserialize_with = "json::list")]
    pub(super) resource_logs: Vec<ResourceLogs>,
}

/// `ExportTraceServiceRequest`, `TracesData`.
#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct TraceRequest {
    #[prost(message, repeated, tag = "1")]
    #[serde(rename = "resourceSpans", alias = "resource_spans", deserialize_with = "json::list")]
    pub(super) resource_spans: Vec<ResourceSpans>,
}

/// `ExportMetricsServiceRequest`, `MetricsData`.
#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct MetricsRequest {
    #[prost(message, repeated, tag = "1")]
    #[serde(
        rename = "resourceMetrics",
        alias = "resource_metrics",
        deserialize_with = "json::list"
    )]
    pub(super) resource_metrics: Vec<ResourceMetrics>,
}

/// `ExportLogsServiceRequest`, `LogsData`.
#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct LogsRequest {
    #[prost(message, repeated, tag = "1")]
    #[serde(rename = "resourceLogs", alias = "resource_logs", deserialize_with = "json::list")]
    pub(super) resource_logs: Vec<ResourceLogs>,
}

/// Who sends.
#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct Resource {
    #[prost(message, repeated, tag = "1")]
    #[serde(deserialize_with = "json::list")]
    pub(super) attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct KeyValue {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "json::text")]
    pub(super) key: String,
    #[prost(message, optional, tag = "2")]
    #[serde(deserialize_with = "json::or_none")]
    pub(super) value: Option<AnyValue>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct ResourceSpans {
    #[prost(message, optional, tag = "1")]
    #[serde(deserialize_with = "json::or_none")]
    pub(super) resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    #[serde(
        rename = "scopeSpans",
        alias = "scope_spans",
        alias = "instrumentationLibrarySpans",
        deserialize_with = "json::list"
    )]
    pub(super) scope_spans: Vec<ScopeSpans>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct ScopeSpans {
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "json::list")]
    pub(super) spans: Vec<Span>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct Span {
    #[prost(bytes = "vec", tag = "1")]
    #[serde(rename = "traceId", alias = "trace_id", deserialize_with = "json::id")]
    pub(super) trace_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    #[serde(rename = "spanId", alias = "span_id", deserialize_with = "json::id")]
    pub(super) span_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    #[serde(rename = "parentSpanId", alias = "parent_span_id", deserialize_with = "json::id")]
    pub(super) parent_span_id: Vec<u8>,
    #[prost(string, tag = "5")]
    #[serde(deserialize_with = "json::text")]
    pub(super) name: String,
    #[prost(int32, tag = "6")]
    #[serde(deserialize_with = "json::span_kind")]
    pub(super) kind: i32,
    #[prost(fixed64, tag = "7")]
    #[serde(
        rename = "startTimeUnixNano",
        alias = "start_time_unix_nano",
        deserialize_with = "json::whole"
    )]
    pub(super) start_time_unix_nano: u64,
    #[prost(fixed64, tag = "8")]
    #[serde(
        rename = "endTimeUnixNano",
        alias = "end_time_unix_nano",
        deserialize_with = "json::whole"
    )]
    pub(super) end_time_unix_nano: u64,
    #[prost(message, repeated, tag = "9")]
    #[serde(deserialize_with = "json::list")]
    pub(super) attributes: Vec<KeyValue>,
    #[prost(message, repeated, tag = "11")]
    #[serde(deserialize_with = "json::list")]
    pub(super) events: Vec<SpanEvent>,
    #[prost(message, optional, tag = "15")]
    #[serde(deserialize_with = "json::or_none")]
    pub(super) status: Option<Status>,
}

/// Something at a moment within a span: an exception, most often.
#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct SpanEvent {
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "json::text")]
    pub(super) name: String,
    #[prost(message, repeated, tag = "3")]
    #[serde(deserialize_with = "json::list")]
    pub(super) attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct Status {
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "json::text")]
    pub(super) message: String,
    #[prost(int32, tag = "3")]
    #[serde(deserialize_with = "json::status_code")]
    pub(super) code: i32,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct ResourceLogs {
    #[prost(message, optional, tag = "1")]
    #[serde(deserialize_with = "json::or_none")]
    pub(super) resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    #[serde(rename = "scopeLogs", alias = "scope_logs", deserialize_with = "json::list")]
    pub(super) scope_logs: Vec<ScopeLogs>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct ScopeLogs {
    #[prost(message, repeated, tag = "2")]
    #[serde(rename = "logRecords", alias = "log_records", deserialize_with = "json::list")]
    pub(super) log_records: Vec<LogRecord>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct LogRecord {
    #[prost(fixed64, tag = "1")]
    #[serde(rename = "timeUnixNano", alias = "time_unix_nano", deserialize_with = "json::whole")]
    pub(super) time_unix_nano: u64,
    #[prost(fixed64, tag = "11")]
    #[serde(
        rename = "observedTimeUnixNano",
        alias = "observed_time_unix_nano",
        deserialize_with = "json::whole"
    )]
    pub(super) observed_time_unix_nano: u64,
    #[prost(int32, tag = "2")]
    #[serde(
        rename = "severityNumber",
        alias = "severity_number",
        deserialize_with = "json::severity"
    )]
    pub(super) severity_number: i32,
    #[prost(string, tag = "3")]
    #[serde(rename = "severityText", alias = "severity_text", deserialize_with = "json::text")]
    pub(super) severity_text: String,
    #[prost(message, optional, tag = "5")]
    #[serde(deserialize_with = "json::or_none")]
    pub(super) body: Option<AnyValue>,
    #[prost(message, repeated, tag = "6")]
    #[serde(deserialize_with = "json::list")]
    pub(super) attributes: Vec<KeyValue>,
    #[prost(bytes = "vec", tag = "9")]
    #[serde(rename = "traceId", alias = "trace_id", deserialize_with = "json::id")]
    pub(super) trace_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "10")]
    #[serde(rename = "spanId", alias = "span_id", deserialize_with = "json::id")]
    pub(super) span_id: Vec<u8>,
    #[prost(string, tag = "12")]
    #[serde(rename = "eventName", alias = "event_name", deserialize_with = "json::text")]
    pub(super) event_name: String,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct ResourceMetrics {
    #[prost(message, optional, tag = "1")]
    #[serde(deserialize_with = "json::or_none")]
    pub(super) resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    #[serde(rename = "scopeMetrics", alias = "scope_metrics", deserialize_with = "json::list")]
    pub(super) scope_metrics: Vec<ScopeMetrics>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct ScopeMetrics {
    #[prost(message, optional, tag = "1")]
    #[serde(deserialize_with = "json::or_none")]
    pub(super) scope: Option<Scope>,
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "json::list")]
    pub(super) metrics: Vec<Metric>,
}

/// Which instrumentation sends.
#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct Scope {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "json::text")]
    pub(super) name: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "json::text")]
    pub(super) version: String,
    #[prost(message, repeated, tag = "3")]
    #[serde(deserialize_with = "json::list")]
    pub(super) attributes: Vec<KeyValue>,
}

/// One of gauge, sum and the like is there.
#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct Metric {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "json::text")]
    pub(super) name: String,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "json::text")]
    pub(super) unit: String,
    #[prost(message, optional, tag = "5")]
    #[serde(deserialize_with = "json::or_none")]
    pub(super) gauge: Option<Gauge>,
    #[prost(message, optional, tag = "7")]
    #[serde(deserialize_with = "json::or_none")]
    pub(super) sum: Option<Sum>,
    #[prost(message, optional, tag = "9")]
    #[serde(deserialize_with = "json::or_none")]
    pub(super) histogram: Option<Histogram>,
    #[prost(message, optional, tag = "10")]
    #[serde(
        rename = "exponentialHistogram",
        alias = "exponential_histogram",
        deserialize_with = "json::or_none"
    )]
    pub(super) exponential_histogram: Option<ExponentialHistogram>,
    #[prost(message, optional, tag = "11")]
    #[serde(deserialize_with = "json::or_none")]
    pub(super) summary: Option<Summary>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct Gauge {
    #[prost(message, repeated, tag = "1")]
    #[serde(rename = "dataPoints", alias = "data_points", deserialize_with = "json::list")]
    pub(super) data_points: Vec<NumberPoint>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct Sum {
    #[prost(message, repeated, tag = "1")]
    #[serde(rename = "dataPoints", alias = "data_points", deserialize_with = "json::list")]
    pub(super) data_points: Vec<NumberPoint>,
    #[prost(int32, tag = "2")]
    #[serde(
        rename = "aggregationTemporality",
        alias = "aggregation_temporality",
        deserialize_with = "json::temporality"
    )]
    pub(super) aggregation_temporality: i32,
    #[prost(bool, tag = "3")]
    #[serde(rename = "isMonotonic", alias = "is_monotonic", deserialize_with = "json::flag")]
    pub(super) is_monotonic: bool,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct NumberPoint {
    #[prost(message, repeated, tag = "7")]
    #[serde(deserialize_with = "json::list")]
    pub(super) attributes: Vec<KeyValue>,
    #[prost(fixed64, tag = "2")]
    #[serde(
        rename = "startTimeUnixNano",
        alias = "start_time_unix_nano",
        deserialize_with = "json::whole"
    )]
    pub(super) start_time_unix_nano: u64,
    #[prost(fixed64, tag = "3")]
    #[serde(rename = "timeUnixNano", alias = "time_unix_nano", deserialize_with = "json::whole")]
    pub(super) time_unix_nano: u64,
    #[prost(double, optional, tag = "4")]
    #[serde(rename = "asDouble", alias = "as_double", deserialize_with = "json::maybe_float")]
    pub(super) as_double: Option<f64>,
    #[prost(sfixed64, optional, tag = "6")]
    #[serde(rename = "asInt", alias = "as_int", deserialize_with = "json::maybe_signed")]
    pub(super) as_int: Option<i64>,
    #[prost(uint32, tag = "8")]
    #[serde(deserialize_with = "json::small")]
    pub(super) flags: u32,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct Histogram {
    #[prost(message, repeated, tag = "1")]
    #[serde(rename = "dataPoints", alias = "data_points", deserialize_with = "json::list")]
    pub(super) data_points: Vec<HistogramPoint>,
    #[prost(int32, tag = "2")]
    #[serde(
        rename = "aggregationTemporality",
        alias = "aggregation_temporality",
        deserialize_with = "json::temporality"
    )]
    pub(super) aggregation_temporality: i32,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct HistogramPoint {
    #[prost(message, repeated, tag = "9")]
    #[serde(deserialize_with = "json::list")]
    pub(super) attributes: Vec<KeyValue>,
    #[prost(fixed64, tag = "2")]
    #[serde(
        rename = "startTimeUnixNano",
        alias = "start_time_unix_nano",
        deserialize_with = "json::whole"
    )]
    pub(super) start_time_unix_nano: u64,
    #[prost(fixed64, tag = "3")]
    #[serde(rename = "timeUnixNano", alias = "time_unix_nano", deserialize_with = "json::whole")]
    pub(super) time_unix_nano: u64,
    #[prost(fixed64, tag = "4")]
    #[serde(deserialize_with = "json::whole")]
    pub(super) count: u64,
    #[prost(double, optional, tag = "5")]
    #[serde(deserialize_with = "json::maybe_float")]
    pub(super) sum: Option<f64>,
    #[prost(fixed64, repeated, tag = "6")]
    #[serde(rename = "bucketCounts", alias = "bucket_counts", deserialize_with = "json::wholes")]
    pub(super) bucket_counts: Vec<u64>,
    #[prost(double, repeated, tag = "7")]
    #[serde(
        rename = "explicitBounds",
        alias = "explicit_bounds",
        deserialize_with = "json::floats"
    )]
    pub(super) explicit_bounds: Vec<f64>,
    #[prost(uint32, tag = "10")]
    #[serde(deserialize_with = "json::small")]
    pub(super) flags: u32,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct ExponentialHistogram {
    #[prost(message, repeated, tag = "1")]
    #[serde(rename = "dataPoints", alias = "data_points", deserialize_with = "json::list")]
    pub(super) data_points: Vec<ExponentialPoint>,
    #[prost(int32, tag = "2")]
    #[serde(
        rename = "aggregationTemporality",
        alias = "aggregation_temporality",
        deserialize_with = "json::temporality"
    )]
    pub(super) aggregation_temporality: i32,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct ExponentialPoint {
    #[prost(message, repeated, tag = "1")]
    #[serde(deserialize_with = "json::list")]
    pub(super) attributes: Vec<KeyValue>,
    #[prost(fixed64, tag = "2")]
    #[serde(
        rename = "startTimeUnixNano",
        alias = "start_time_unix_nano",
        deserialize_with = "json::whole"
    )]
    pub(super) start_time_unix_nano: u64,
    #[prost(fixed64, tag = "3")]
    #[serde(rename = "timeUnixNano", alias = "time_unix_nano", deserialize_with = "json::whole")]
    pub(super) time_unix_nano: u64,
    #[prost(fixed64, tag = "4")]
    #[serde(deserialize_with = "json::whole")]
    pub(super) count: u64,
    #[prost(double, optional, tag = "5")]
    #[serde(deserialize_with = "json::maybe_float")]
    pub(super) sum: Option<f64>,
    #[prost(sint32, tag = "6")]
    #[serde(deserialize_with = "json::small_signed")]
    pub(super) scale: i32,
    #[prost(fixed64, tag = "7")]
    #[serde(rename = "zeroCount", alias = "zero_count", deserialize_with = "json::whole")]
    pub(super) zero_count: u64,
    #[prost(message, optional, tag = "8")]
    #[serde(deserialize_with = "json::or_none")]
    pub(super) positive: Option<Buckets>,
    #[prost(message, optional, tag = "9")]
    #[serde(deserialize_with = "json::or_none")]
    pub(super) negative: Option<Buckets>,
    #[prost(uint32, tag = "10")]
    #[serde(deserialize_with = "json::small")]
    pub(super) flags: u32,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct Buckets {
    #[prost(sint32, tag = "1")]
    #[serde(deserialize_with = "json::small_signed")]
    pub(super) offset: i32,
    #[prost(uint64, repeated, tag = "2")]
    #[serde(rename = "bucketCounts", alias = "bucket_counts", deserialize_with = "json::wholes")]
    pub(super) bucket_counts: Vec<u64>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct Summary {
    #[prost(message, repeated, tag = "1")]
    #[serde(rename = "dataPoints", alias = "data_points", deserialize_with = "json::list")]
    pub(super) data_points: Vec<SummaryPoint>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct SummaryPoint {
    #[prost(message, repeated, tag = "7")]
    #[serde(deserialize_with = "json::list")]
    pub(super) attributes: Vec<KeyValue>,
    #[prost(fixed64, tag = "2")]
    #[serde(
        rename = "startTimeUnixNano",
        alias = "start_time_unix_nano",
        deserialize_with = "json::whole"
    )]
    pub(super) start_time_unix_nano: u64,
    #[prost(fixed64, tag = "3")]
    #[serde(rename = "timeUnixNano", alias = "time_unix_nano", deserialize_with = "json::whole")]
    pub(super) time_unix_nano: u64,
    #[prost(fixed64, tag = "4")]
    #[serde(deserialize_with = "json::whole")]
    pub(super) count: u64,
    #[prost(double, tag = "5")]
    #[serde(deserialize_with = "json::float")]
    pub(super) sum: f64,
    #[prost(message, repeated, tag = "6")]
    #[serde(rename = "quantileValues", alias = "quantile_values", deserialize_with = "json::list")]
    pub(super) quantile_values: Vec<Quantile>,
    #[prost(uint32, tag = "8")]
    #[serde(deserialize_with = "json::small")]
    pub(super) flags: u32,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct Quantile {
    #[prost(double, tag = "1")]
    #[serde(deserialize_with = "json::float")]
    pub(super) quantile: f64,
    #[prost(double, tag = "2")]
    #[serde(deserialize_with = "json::float")]
    pub(super) value: f64,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct ArrayValue {
    #[prost(message, repeated, tag = "1")]
    #[serde(deserialize_with = "json::list")]
    pub(super) values: Vec<AnyValue>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct KeyValueList {
    #[prost(message, repeated, tag = "1")]
    #[serde(deserialize_with = "json::list")]
    pub(super) values: Vec<KeyValue>,
}

/// A value of an attribute or a body; empty when a newer kind was sent.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct AnyValue {
    #[prost(oneof = "Value", tags = "1, 2, 3, 4, 5, 6, 7")]
    pub(super) value: Option<Value>,
}

/// What an [`AnyValue`] holds.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum Value {
    #[prost(string, tag = "1")]
    Text(String),
    #[prost(bool, tag = "2")]
    Bool(bool),
    #[prost(int64, tag = "3")]
    Int(i64),
    #[prost(double, tag = "4")]
    Double(f64),
    #[prost(message, tag = "5")]
    Array(ArrayValue),
    #[prost(message, tag = "6")]
    Map(KeyValueList),
    #[prost(bytes = "vec", tag = "7")]
    Bytes(Vec<u8>),
}
