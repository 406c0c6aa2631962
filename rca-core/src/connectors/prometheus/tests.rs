use proptest::prelude::*;

use super::super::{Batch, Format, Limits, read, unobserved};
use crate::model::{Entity, EntityKind};

fn from(name: &str, text: &str) -> Batch {
    read(name, &mut text.as_bytes(), None, &Limits::default(), &unobserved).unwrap()
}

fn series(batch: &Batch) -> Vec<(String, Vec<f64>)> {
    let one = |(entity, name, series): (&Entity, &str, &crate::signal::MetricSeries)| {
        (format!("{entity} {name}"), series.values.clone())
    };
    batch.telemetry.metrics.iter().map(one).collect()
}

fn expect(batch: &Batch, name: &str, values: &[f64]) {
    let found = series(batch);
    let values_found =
        found.iter().find(|(known, _)| known == name).map(|(_, values)| values.as_slice());
    assert_eq!(values_found, Some(values), "{name} in {found:#?}");
}

#[test]
fn scrapes_become_levels_rates_and_distributions() {
    let text = "# HELP up x\n# TYPE up gauge\nup{job=\"pay\",zone=\"a\\\"b\"} 1 1777885200000\n\
        # TYPE hits counter\nhits_total{job=\"pay\"} 100 1777885200000\nhits_total{job=\"pay\"} 150 1777885210000\nhits_total{job=\"pay\"} 5 1777885220000\n\
        # TYPE took histogram\n\
        took_bucket{job=\"pay\",le=\"0.1\"} 100 1777885200000\ntook_bucket{job=\"pay\",le=\"1\"} 100 1777885200000\ntook_bucket{job=\"pay\",le=\"+Inf\"} 100 1777885200000\n\
        took_sum{job=\"pay\"} 5 1777885200000\ntook_count{job=\"pay\"} 100 1777885200000\n\
        took_bucket{job=\"pay\",le=\"0.1\"} 150 1777885210000\ntook_bucket{job=\"pay\",le=\"1\"} 200 1777885210000\ntook_bucket{job=\"pay\",le=\"+Inf\"} 200 1777885210000 # {trace_id=\"a\"} 0.5\n\
        took_sum{job=\"pay\"} 25 1777885210000\ntook_count{job=\"pay\"} 200 1777885210000\n\
        queue_count{job=\"pay\"} 7 1777885200000\ngone{job=\"pay\"} NaN 1777885200000\n# EOF\n";
    let batch = from("x", text);
    assert_eq!(
        (batch.report.inputs[0].format, batch.report.refused()),
        ("prometheus-text", 0),
        "{}",
        batch.report
    );
    expect(&batch, "pay up{zone=\"a\\\"b\"}", &[1.0]);
    expect(&batch, "pay hits_total", &[5.0]);
    expect(&batch, "pay took.rate", &[10.0]);
    expect(&batch, "pay took.mean", &[0.2]);
    expect(&batch, "pay queue_count", &[7.0]);
    let p95 = series(&batch).into_iter().find(|(name, _)| name == "pay took.p95").unwrap().1;
    assert!((p95[0] - 0.91).abs() < 1e-9, "{p95:?}");
    assert!(
        !series(&batch).iter().any(|(name, _)| name.contains("gone") || name.contains("_bucket"))
    );
}

#[test]
fn whom_a_series_is_about_is_told_by_its_labels() {
    let text = "cpu{pod=\"pay-6c5d8f7b9c-x2lqp\",job=\"kubelet\",node=\"n1\"} 1 1777885200\n\
        node_load1{instance=\"10.0.0.1:9100\",job=\"node-exporter\"} 2 1777885200.5\n\
        cpu{instance=\"web1:80\"} 3 1777885200\ncpu 4 1777885200\n";
    let batch = from("x", text);
    let entities: Vec<_> = batch.telemetry.metrics.entities().cloned().collect();
    let host = |name| Entity::new(EntityKind::Host, name);
    assert_eq!(
        entities,
        [Entity::service(""), Entity::service("pay"), host("10.0.0.1"), host("web1")]
    );
}

#[test]
fn a_scrape_without_times_needs_to_know_when_it_was() {
    let text = "# TYPE up gauge\nup{job=\"pay\"} 1\n";
    assert_eq!(from("x", text).report.refused(), 1);
    let before = chrono::DateTime::from_timestamp(1_777_885_200, 0);
    let limits = Limits { before, ..Limits::default() };
    let batch = read("x", &mut text.as_bytes(), None, &limits, &unobserved).unwrap();
    expect(&batch, "pay up", &[1.0]);
}

#[test]
fn answers_of_the_api_are_read_with_native_histograms() {
    let text = r#"{"status":"success","data":{"resultType":"matrix","result":[
        {"metric":{"__name__":"hits_total","service":"pay"},"values":[[1777885200,"100"],[1777885210.5,"205"],[1777885221,7],["x"],[1777885230,"NaN"]]},
        {"metric":{"service":"pay"},"values":[[1777885200,"0.5"]]},
        {"metric":{"__name__":"took","service":"pay"},"histograms":[
          [1777885200,{"count":"10","sum":"1","buckets":[[0,"0","0.1","10"]]}],
          [1777885210,{"count":"30","sum":"11","buckets":[[0,"0","0.1","20"],[0,"0.1","1","10"]]}]]}]}}"#;
    let batch = from("errors.json", text);
    let report = &batch.report.inputs[0];
    assert_eq!(
        (report.format, report.read, report.refused),
        ("prometheus-json", 7, 1),
        "{}",
        batch.report
    );
    expect(&batch, "pay hits_total", &[10.0]);
    expect(&batch, "pay errors", &[0.5]);
    expect(&batch, "pay took.rate", &[2.0]);
    expect(&batch, "pay took.mean", &[0.5]);
    let vector = r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"up","app":"pay"},"value":[1777885200,"1"]}]}}"#;
    expect(&from("x", vector), "pay up", &[1.0]);
}

#[test]
fn one_bad_sample_among_a_thousand_costs_one_sample() {
    let mut text = String::new();
    for n in 0..1000 {
        text.push_str(&if n == 500 {
            "up{job=\"a} 1\n".to_owned()
        } else {
            format!("up{{job=\"a\"}} {n} {}\n", 1_777_885_200_000_u64 + n)
        });
    }
    let batch = from("x", &format!("# TYPE up gauge\n{text}"));
    assert_eq!((batch.report.read(), batch.report.refused()), (999, 1));
    assert_eq!(batch.report.inputs[0].described[0].place.line, Some(502));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>, lines in prop::collection::vec("[a-z#_]{0,3}(\\{[a-z\",=\\\\}]{0,12})?( [0-9.+eNaInf-]{0,5}){0,3}", 0..9)) {
        for text in [bytes, lines.join("\n").into_bytes()] {
            for format in ["prometheus-text", "prometheus-json"] {
                let format = Format::named(format).unwrap();
                let batch = read("x", &mut &text[..], Some(format), &Limits::default(), &unobserved).unwrap();
                prop_assert!(batch.telemetry.metrics.points() as u64 <= batch.report.read() * 3);
            }
        }
    }
}
