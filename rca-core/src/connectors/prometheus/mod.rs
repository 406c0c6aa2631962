//! Prometheus: text exposition, and answers of its HTTP API.
//!
//! | format | what it is |
//! |---|---|
//! | `prometheus-text` | the text format and OpenMetrics: `name{label="value"} 1.5 1777885200000` |
//! | `prometheus-json` | `query` and `query_range`: vectors and matrices, native histograms among them |
//! | `prometheus-alerts` | `alerts`: those that fire |
//!
//! The entity comes from the labels: the workload of a `pod`, else `service`, `app`, `container`, `job`, else the host of an
//! `instance`. Metrics of machines (`node_...`) belong to their host. Counters (by `# TYPE`, else by their `_total`) become rates
//! a second; histograms, classic and native, become `<name>.rate`, `<name>.mean` and `<name>.p95`. A scrape without times is
//! of the moment at which its file was written. An expression without a name is called after its file.

mod alerts;
mod api;
mod chunks;
mod client;
mod collect;
mod labels;
mod polling;
mod text;

pub use client::Prometheus;

use super::format::{Certainty, Format, Sample};
use super::intake;

pub(super) const FORMATS: &[Format] = &[
    Format {
        name: "prometheus-json",
        about: "answers of the Prometheus HTTP API: query, query_range",
        recognise: |sample| {
            let series = sample.has("data.result[].metric");
            let samples = ["value", "values", "histogram", "histograms"];
            let any = samples.iter().any(|name| sample.has(&format!("data.result[].{name}")));
            (series && any).then_some(Certainty::Certain)
        },
        read: api::read,
    },
    Format {
        name: "prometheus-text",
        about: "Prometheus text exposition and OpenMetrics",
        recognise: recognise_text,
        read: text::read,
    },
    Format {
        name: "prometheus-alerts",
        about: "the alerts that a Prometheus server lists",
        recognise: alerts::recognise,
        read: |source, reading, batch| intake::documents(source, reading, batch, alerts::parse),
    },
];

fn recognise_text(sample: &Sample<'_>) -> Option<Certainty> {
    if sample.is_json() {
        return None;
    }
    let (mut described, mut samples, mut others) = (0, 0, 0);
    for line in sample.lines().take(200) {
        if line.starts_with("# TYPE ") || line.starts_with("# HELP ") || line == "# EOF" {
            described += 1;
        } else if line.starts_with('#') {
        } else if text::parse(line).is_ok() {
            samples += 1;
        } else {
            others += 1;
        }
    }
    match (described, samples, others) {
        (1.., 1.., 0) => Some(Certainty::Certain),
        (1.., _, others) if others <= samples => Some(Certainty::Likely),
        (0, 2.., 0) => Some(Certainty::Possible),
        _ => None,
    }
}

#[cfg(test)]
mod polled;
#[cfg(test)]
mod tests;
