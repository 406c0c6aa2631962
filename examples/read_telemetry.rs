//! Traces and metrics of several systems, told apart by their content, side by side in one batch.

#![allow(clippy::print_stdout, reason = "that is what an example is for")]

use rca_core::connectors::{Batch, Limits, Resolver, read, unobserved};

const OTLP: &str = r#"{"resourceSpans": [{"resource": {"attributes": [
    {"key": "service.name", "value": {"stringValue": "till"}}]}, "scopeSpans": [{"spans": [
    {"traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331", "name": "POST /pay", "kind": 2,
     "startTimeUnixNano": "1777885200000000000", "endTimeUnixNano": "1777885200250000000"}]}]}]}"#;
const ZIPKIN: &str = r#"[{"traceId": "0af7651916cd43dd8448eb211c80319c", "id": "b7ad6b7169203332", "parentId": "b7ad6b7169203331",
    "name": "charge", "timestamp": 1777885200010000, "duration": 200000, "localEndpoint": {"serviceName": "bank"},
    "tags": {"http.status_code": "200"}}]"#;
const PROMETHEUS: &str = r#"{"status": "success", "data": {"resultType": "matrix", "result": [
    {"metric": {"__name__": "queue_length", "pod": "till-7d9f8b6c5d-x2x9z"}, "values": [[1777885200, "3"], [1777885260, "9"]]}]}}"#;

fn main() -> rca_core::Result<()> {
    let limits = Limits::default();
    let mut batch = Batch::default();
    for (name, text) in [("a.json", OTLP), ("b.json", ZIPKIN), ("c.json", PROMETHEUS)] {
        let input = read(name, &mut text.as_bytes(), None, &limits, &unobserved)?;
        println!("{name}: {}", input.report.inputs[0].format);
        batch.add(input);
    }
    // The pod of the metrics and the service of the traces are one.
    batch.resolve(&Resolver::default());
    batch.sort();
    for span in batch.telemetry.spans.iter() {
        println!("span: {} {} {} ms", span.service(), span.name(), span.duration() / 1_000_000);
    }
    for (entity, metric, series) in batch.telemetry.metrics.iter() {
        println!("metric: {entity} {metric} {:?}", series.values);
    }
    Ok(())
}
