//! Alerts as monitors send them: Alertmanager, Grafana, PagerDuty.
//!
//! | format | from where | becomes |
//! |---|---|---|
//! | `alertmanager` | webhook version 4 of Prometheus' Alertmanager, Grafana's of the same shape, lists of `/api/v2/alerts` | an alert each, dated when it began |
//! | `pagerduty` | webhooks version 3, messages of version 2, lists of incidents | an alert when triggered, else what was done to it |
//!
//! One alert is one event, however often it is repeated: its identity is its fingerprint and when it began. That it is
//! over is an event of its own (`alert_resolved`). The entity comes from the labels: a workload before a pod before a
//! host; the job and instance that were scraped only where nothing else says more.

pub(super) mod alertmanager;
mod pagerduty;

use super::attribute as name;
use super::fields;
use super::format::Format;
use super::intake::{self, Intake, joined_id, stamp};
use super::node::Node;
use crate::model::{EventBuilder, Severity};

pub(super) const FORMATS: &[Format] = &[
    Format {
        name: "alertmanager",
        about: "alerts of Prometheus' Alertmanager or Grafana: webhooks, lists of its API",
        recognise: alertmanager::recognise,
        read: |source, reading, batch| {
            intake::documents(source, reading, batch, alertmanager::parse)
        },
    },
    Format {
        name: "pagerduty",
        about: "incidents of PagerDuty: webhooks of versions 2 and 3, lists of its API",
        recognise: pagerduty::recognise,
        read: |source, reading, batch| intake::documents(source, reading, batch, pagerduty::parse),
    },
];

/// The severity that a word or a number means; high where there is none or nobody knows it.
fn severity(word: Option<Node<'_>>, intake: &mut Intake) -> Severity {
    let Some(word) = word else { return Severity::High };
    super::bundle::alert_severity(word.0).unwrap_or_else(|| {
        intake.note("unknown severities were taken as high");
        Severity::High
    })
}
