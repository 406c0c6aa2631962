//! Connectors: bytes in, events and signals out.
//!
//! [`bundle`] reads an incident folder (alert, logs, metrics, traces, changes, status posts),
//! [`git`] reads a local repository, [`read`] and [`read_paths`] tell the format of any other input by its content, and
//! a [`Delivery`] is a webhook as it came. None of these fetches anything, and no input makes them panic: one
//! bad record costs one record, and the [`ReadReport`] says which and why. Files are streamed in
//! bounded memory; how bounded is up to [`Limits`].
//!
//! Webhooks and reports; what fields become stands in `FORMATS.md` beside this crate's `Cargo.toml`, and in the module of the
//! family:
//!
//! | name | from where | becomes |
//! |---|---|---|
//! | `github` | webhooks of all kinds, recorded deliveries, lists of the REST API | commits, pushes, pull requests, runs, jobs, checks, deploys, releases |
//! | `gitlab` | webhooks | commits, merge requests, pipelines, jobs, deploys, flags |
//! | `jenkins` | builds of its API, its notification plugin | runs, commits |
//! | `cloudevents` | CloudEvents as JSON, CDEvents | runs, tests, deploys, incidents |
//! | `junit` | JUnit XML of any test runner | failed and flaky tests, suites |
//! | `alertmanager` | Alertmanager and Grafana | alerts, their ends |
//! | `prometheus-alerts` | lists of Prometheus' API | alerts |
//! | `pagerduty` | webhooks of versions 2 and 3 | alerts, their ends |
//! | `sentry` | webhooks, events | exceptions with stack traces, alerts, issues |
//! | `kubernetes-events`, `kubernetes-audit` | cluster events; audit lines | what befell pods and nodes; who changed workloads and settings |
//! | `argocd`, `flux` | applications; Kustomizations, HelmReleases, notifications | deploys, failed ones too |
//! | `launchdarkly`, `unleash`, `flagsmith` | audit logs, webhooks | flag changes |
//! | `notes` | objects with a note and a time | notes |
//!
//! Telemetry:
//!
//! | name | from where | becomes |
//! |---|---|---|
//! | `otlp-json`, `otlp-protobuf`, `tempo-json` | OpenTelemetry: requests, files of the collector; answers of Tempo | spans, metrics, log records |
//! | `jaeger-json`, `zipkin-json` | answers of their APIs | spans |
//! | `prometheus-text`, `prometheus-json` | expositions, OpenMetrics; answers of the HTTP API | metrics: counters as rates, histograms as rate, mean and 95th percentile |
//! | `text-log`, `json-log`, `logfmt`, `klog`, `access-log` | programs, by line | log records, stack traces with theirs |
//! | `cri`, `docker-json`, `syslog`, `journald-json`, `loki-json`, `cloudwatch-json` | what runtimes and log stores wrap around lines | log records, what is inside read as well |
//! | `csv-metrics`, `csv-logs` | tables whose header says what they hold; [`read_table`] where it does not | metrics, log records |
//! | `parquet`, `arrow-ipc` | the same as columns, with the feature `arrow` | metrics, log records |
//!
//! These read what is handed over. [`source`] has what fetches: [`GitHub`](source::GitHub) and
//! [`Prometheus`](source::Prometheus), polled through a [`Transport`](transport::Transport).
//!
//! Commits carry `vcs.ref.head.revision`, author and paths. A deploy names entity, commit or version and environment, and
//! is one only when it is over: what was asked for, goes on or is a preview is a `deployment` in source `ci`. Names of
//! attributes are in [`attribute`] and [`model::attribute`](crate::model::attribute).
//!
//! ```
//! use rca_core::connectors::{Limits, bundle, unobserved};
//!
//! let deploys = br#"[{"timestamp": "2026-05-04T09:00:00Z", "service": "ledger", "version": "7"}]"#;
//! let files = [("context/deploys.json".to_owned(), deploys.to_vec())].into();
//! let batch = bundle::read_memory(&files, &Limits::default(), &unobserved)?;
//! assert_eq!(batch.events[0].title(), "deploy of ledger 7");
//! assert_eq!(batch.report.refused(), 0);
//! # Ok::<(), rca_core::Error>(())
//! ```

mod alerts;
pub mod attribute;
mod batch;
mod breaker;
pub mod bundle;
mod cloudevents;
mod delivery;
mod elements;
pub mod entities;
mod fields;
mod flags;
mod format;
pub mod git;
mod github;
mod gitlab;
mod intake;
mod jenkins;
mod json;
mod junit;
mod kubernetes;
mod limiter;
mod limits;
mod lines;
mod logs;
mod names;
mod node;
mod origin;
mod otlp;
mod outcome;
mod pieces;
mod progress;
mod prometheus;
mod reading;
pub mod redact;
mod report;
mod retry;
mod rollout;
mod sentry;
mod series;
pub mod source;
mod tables;
mod timestamp;
mod traces;
pub mod transport;

pub use batch::Batch;
pub use breaker::{Breaker, BreakerPolicy, BreakerState, Ended, Permit};
pub use delivery::{Delivery, verify_signature};
pub use entities::{EntityRule, EntityRules, Resolver};
pub(crate) use format::read_in_pieces;
pub use format::{Format, read, read_paths, repositories_below};
pub use limiter::{Limiter, Rate};
pub use limits::Limits;
pub use progress::{Observer, Progress, unobserved};
pub use redact::{Authors, Redacted, Redaction};
pub use report::{InputReport, Kept, ReadReport, Refused};
pub use retry::{Jitter, Pauses, Retry};
pub use tables::{ColumnMap, WideColumns, read_table};
pub use timestamp::parse_time;
