use super::super::{Batch, Limits, read, unobserved};
use crate::signal::SpanStatus;

fn from(text: &str) -> Batch {
    read("x", &mut text.as_bytes(), None, &Limits::default(), &unobserved).unwrap()
}

fn spans(batch: &Batch) -> Vec<String> {
    let one = |span: crate::signal::SpanView<'_>| {
        let parent = span.parent().unwrap_or("-");
        format!("{} {parent} {} {} {:?}", span.id(), span.service(), span.name(), span.status())
    };
    batch.telemetry.spans.iter().map(one).collect()
}

fn jaeger_span(n: usize) -> String {
    format!(
        r#"{{"traceID":"t","spanID":"s{n}","operationName":"op","startTime":1777885200000000,"duration":5,"processID":"p1"}}"#
    )
}

#[test]
fn jaeger_traces_name_their_processes_and_what_failed() {
    let text = r#"{"data":[{"traceID":"t","spans":[
        {"traceID":"t","spanID":"a","operationName":"GET /pay","references":[],"startTime":1777885200000000,"duration":250000,"processID":"p1",
         "tags":[{"key":"span.kind","type":"string","value":"server"},{"key":"http.status_code","type":"int64","value":200}]},
        {"traceID":"t","spanID":"b","operationName":"charge","references":[{"refType":"CHILD_OF","traceID":"t","spanID":"a"}],
         "startTime":1777885200001000,"duration":1000,"processID":"p2","tags":[{"key":"error","type":"bool","value":true}],
         "logs":[{"timestamp":1,"fields":[{"key":"event","value":"exception"},{"key":"exception.type","value":"Timeout"}]}]},
        {"traceID":"t","spanID":"c","operationName":"x","startTime":"when","duration":1,"processID":"p2"}],
        "processes":{"p1":{"serviceName":"shop"},"p2":{"serviceName":"bank"}}}]}"#;
    let batch = from(text);
    assert_eq!(batch.report.inputs[0].format, "jaeger-json");
    assert_eq!(spans(&batch), ["a - shop GET /pay Unset", "b a bank charge Error"]);
    assert_eq!((batch.report.read(), batch.report.refused()), (2, 1));
    let first = batch.telemetry.spans.get(0).unwrap();
    assert_eq!(
        (first.duration(), first.attribute("http.response.status_code")),
        (250_000_000, Some("200"))
    );
    assert_eq!(batch.telemetry.spans.get(1).unwrap().attribute("exception.type"), Some("Timeout"));
}

#[test]
fn one_bad_span_among_a_thousand_costs_one_span() {
    let jaeger: Vec<String> =
        (0..1000).map(|n| if n == 500 { "7".to_owned() } else { jaeger_span(n) }).collect();
    let batch = from(&format!(
        r#"{{"data":[{{"spans":[{}],"processes":{{"p1":{{"serviceName":"a"}}}}}}]}}"#,
        jaeger.join(",")
    ));
    assert_eq!((batch.report.read(), batch.report.refused()), (999, 1));
    let zipkin: Vec<String> = (0..1000)
        .map(|n| if n == 500 { r#"{"traceId":"#.to_owned() } else {
            format!(r#"{{"traceId":"t","id":"{n}","timestamp":1777885200000000,"duration":1,"localEndpoint":{{"serviceName":"a"}}}}"#)
        })
        .collect();
    let batch = from(&format!("[\n{}\n]", zipkin.join(",\n")));
    assert_eq!(
        (batch.report.inputs[0].format, batch.report.read(), batch.report.refused()),
        ("zipkin-json", 999, 1)
    );
}

#[test]
fn zipkin_ends_that_share_an_id_are_caller_and_callee() {
    let client = r#"{"traceId":"t","id":"1","kind":"CLIENT","name":"get","timestamp":1777885200000000,"duration":9,
        "localEndpoint":{"serviceName":"shop"},"remoteEndpoint":{"serviceName":"bank"}}"#;
    let server = r#"{"traceId":"t","id":"1","kind":"SERVER","shared":true,"name":"get","timestamp":1777885200000001,"duration":7,
        "localEndpoint":{"serviceName":"bank"},"tags":{"error":"no funds"}}"#;
    let child = r#"{"traceId":"t","id":"2","parentId":"1","name":"sql","timestamp":1777885200000002,"duration":5,
        "localEndpoint":{"serviceName":"bank"}}"#;
    for text in
        [format!("[{client},{server},{child}]"), format!("[[{client},\n{server}],[{child}]]")]
    {
        let batch = from(&text);
        assert_eq!(batch.report.refused(), 0, "{}", batch.report);
        assert_eq!(
            spans(&batch),
            ["1/client - shop get Unset", "1 1/client bank get Error", "2 1 bank sql Unset"]
        );
        assert_eq!(batch.telemetry.spans.get(0).unwrap().attribute("peer.service"), Some("bank"));
    }
}

#[test]
fn answers_of_tempo_are_otlp() {
    let spans = r#"[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeSpans":[{"spans":[
        {"traceId":"W47/+XmAOBA9Jpszgo/GDA==","spanId":"7uGbfsPBsXQ=","name":"GET","startTimeUnixNano":"1777885200000000000",
         "endTimeUnixNano":"1777885200250000000","status":{"code":"STATUS_CODE_ERROR"}}]}]}]"#;
    for text in [
        format!(r#"{{"batches":{spans}}}"#),
        format!(r#"{{"trace":{{"resourceSpans":{spans}}}}}"#),
        format!(r#"{{"trace":{{"batches":{spans}}}}}"#),
    ] {
        let batch = from(&text);
        assert_eq!(batch.report.inputs[0].format, "tempo-json", "{text}");
        let span = batch.telemetry.spans.get(0).unwrap();
        assert_eq!((span.service(), span.status()), ("shop", SpanStatus::Error));
        assert_eq!(span.trace().len(), 32, "ids are hex, as in OTLP");
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>, json in "[\\[\\]{}\",:a1 ]{0,60}") {
        for text in [bytes.as_slice(), json.as_bytes()] {
            for format in ["jaeger-json", "zipkin-json", "tempo-json"] {
                let format = super::super::Format::named(format).unwrap();
                let batch = read("x", &mut &text[..], Some(format), &Limits::default(), &unobserved).unwrap();
                proptest::prop_assert_eq!(batch.report.read(), batch.telemetry.spans.len() as u64);
            }
        }
    }
}
