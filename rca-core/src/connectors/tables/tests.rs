use proptest::prelude::*;

use super::super::{Batch, Format, Limits, read, unobserved};
use crate::model::{Entity, Severity};

fn from(name: &str, text: &str) -> Batch {
    read(name, &mut text.as_bytes(), None, &Limits::default(), &unobserved).unwrap()
}

#[test]
fn a_column_for_each_series_is_a_table_of_metrics() {
    let text = "time,pay_cpu,pay_latency-90,cart_cpu,cart_latency-90\n1777885200,1,0.5,2,\n1777885210,1.5,x,2.5,0.7\n";
    let batch = from("data.csv", text);
    let report = &batch.report.inputs[0];
    assert_eq!(
        (report.format, report.read, report.refused),
        ("csv-metrics", 1, 1),
        "{}",
        batch.report
    );
    let values = |entity: &str, metric: &str| {
        batch.telemetry.metrics.get(&Entity::service(entity), metric).unwrap().values.clone()
    };
    assert_eq!(values("pay", "cpu"), [1.0, 1.5], "one bad cell costs that cell");
    assert_eq!(values("cart", "latency-90"), [0.7]);
    let own = from("billing.csv", "timestamp,cpu,mem\n2026-05-04 09:00:00,1,2\n");
    assert!(own.telemetry.metrics.get(&Entity::service("billing"), "mem").is_some());
}

#[test]
fn a_time_and_a_message_are_a_table_of_logs() {
    let text = "Time,Level,Service,Content,thread\n2026-05-04 09:00:01,ERROR,pay,\"no stock, \"\"none\"\"\n\tat a.B\",7\n\
        when,INFO,pay,x,1\n2026-05-04 09:00:02,INFO,pay,fine,8\n";
    let batch = from("x", text);
    let report = &batch.report.inputs[0];
    assert_eq!(
        (report.format, report.read, report.refused),
        ("csv-logs", 2, 1),
        "{}",
        batch.report
    );
    let record = batch.telemetry.logs.iter().next().unwrap();
    assert_eq!(record.message(), "no stock, \"none\"\n\tat a.B");
    assert_eq!(
        (record.service(), record.severity(), record.attribute("thread")),
        ("pay", Severity::High, Some("7"))
    );
}

#[test]
fn a_long_table_is_still_that_of_the_bundle() {
    let batch = from("x", "timestamp,service,metric,value\n2026-05-04T09:00:00Z,pay,cpu,1\n");
    assert_eq!(batch.report.inputs[0].format, "metrics");
}

#[test]
fn one_bad_row_among_a_thousand_costs_one_row() {
    let mut text = "time,a_x,a_y,b_x,b_y\n".to_owned();
    for n in 0..1000 {
        text.push_str(&if n == 500 {
            "\",1,2\n".to_owned()
        } else {
            format!("{},1,2,3,4\n", 1_777_885_200 + n)
        });
    }
    let batch = from("x", &text.replace("\",1,2\n", "never,1,2,3,4\n"));
    assert_eq!((batch.report.read(), batch.report.refused()), (999, 1));
    assert_eq!(batch.report.inputs[0].described[0].place.line, Some(502));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>, text in "(time,a_b,\"c\nd\"|time,message)\n[0-9,\"\n.a-z]{0,60}") {
        for text in [bytes.as_slice(), text.as_bytes()] {
            for format in ["csv-metrics", "csv-logs"] {
                let format = Format::named(format).unwrap();
                let batch = read("x", &mut &text[..], Some(format), &Limits::default(), &unobserved).unwrap();
                prop_assert!(batch.report.read() + batch.report.refused() <= text.len() as u64 + 1);
            }
        }
    }
}
