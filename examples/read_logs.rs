//! Log lines of many kinds become records: time, service, severity, message; secrets are blotted out.

#![allow(clippy::print_stdout, reason = "that is what an example is for")]

use rca_core::connectors::{Limits, Redaction, read, unobserved};

const INPUTS: [(&str, &str); 4] = [
    (
        "till.log",
        "2026-05-04 09:00:00,123 ERROR [main] c.shop.Bank - no answer for anna@example.com\n\
         java.lang.IllegalStateException: password=hunter2 refused\n\tat c.shop.Bank.pay(Bank.java:17)\n",
    ),
    ("cart.txt", "time=2026-05-04T09:00:01Z level=warn msg=\"slow answer\" took=1.2s\n"),
    ("node.log", "<34>1 2026-05-04T09:00:02Z db7 postgres 812 - - too many connections\n"),
    (
        "pods.log",
        "{\"log\":\"order C-123456 lost\\n\",\"stream\":\"stderr\",\"time\":\"2026-05-04T09:00:03Z\"}\n",
    ),
];

fn main() -> rca_core::Result<()> {
    let redaction = Redaction::standard().with_pattern("order", r"\bC-\d{6}\b")?;
    let limits = Limits { redaction, ..Limits::default() };
    for (name, text) in INPUTS {
        let batch = read(name, &mut text.as_bytes(), None, &limits, &unobserved)?;
        for log in batch.telemetry.logs.iter() {
            println!("{} [{}] {}", log.service(), log.severity(), log.message());
        }
        let report = &batch.report.inputs[0];
        println!("  {}, redacted: {:?}", report.format, report.redacted);
    }
    Ok(())
}
