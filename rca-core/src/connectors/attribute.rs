//! Names of attributes that connectors of code hosts, CI and deploy systems write, besides those of
//! [`model::attribute`](crate::model::attribute). They follow the OpenTelemetry semantic conventions where there is one.

/// Repository as its host names it (`shop/checkout`).
pub const REPOSITORY: &str = "vcs.repository.name";
/// Branch or tag.
pub const REF: &str = "vcs.ref.head.name";
/// Commit before a push, or the base of a change.
pub const BASE: &str = "vcs.ref.base.revision";
/// Branch that a change goes into.
pub const BASE_REF: &str = "vcs.ref.base.name";
/// Number of a pull or merge request.
pub const CHANGE: &str = "vcs.change.id";
/// Its state: `open`, `wip`, `merged`, `closed`.
pub const CHANGE_STATE: &str = "vcs.change.state";
/// Where people can look at it.
pub const URL: &str = "url.full";
/// Environment that was deployed to.
pub const ENVIRONMENT: &str = "deployment.environment.name";
/// Identity of a deployment.
pub const DEPLOYMENT: &str = "deployment.id";
/// `succeeded` or `failed` when it is over, else the source's word.
pub const DEPLOYMENT_STATUS: &str = "deployment.status";
/// Name of a pipeline or workflow.
pub const PIPELINE: &str = "cicd.pipeline.name";
/// Identity of one run of it.
pub const RUN: &str = "cicd.pipeline.run.id";
/// State of a run that goes on: the source's word.
pub const RUN_STATE: &str = "cicd.pipeline.run.state";
/// How a run ended: `success`, `failure`, `error`, `timeout`, `cancellation`, `skip`.
pub const RESULT: &str = "cicd.pipeline.result";
/// Job or check.
pub const TASK: &str = "cicd.pipeline.task.name";
/// Identity of one run of it.
pub const TASK_RUN: &str = "cicd.pipeline.task.run.id";
/// How it ended, in the words of [`RESULT`].
pub const TASK_RESULT: &str = "cicd.pipeline.task.run.result";
/// Which kind of message the source sent (`workflow_run`).
pub const KIND: &str = "source.event";
/// What was done, in the source's word (`opened`).
pub const ACTION: &str = "source.action";
/// State of an alert: `firing` or `resolved`.
pub const ALERT_STATE: &str = "alert.state";
/// When an alert ended (RFC 3339).
pub const RESOLVED_AT: &str = "alert.resolved_at";
/// Identity of the alert over its life.
pub const FINGERPRINT: &str = "alert.fingerprint";
/// Suite of a test.
pub const SUITE: &str = "test.suite.name";
/// Test.
pub const TEST: &str = "test.case.name";
/// How it ended: `pass`, `fail`, `error`, `skip`, `flaky`.
pub const TEST_RESULT: &str = "test.case.result.status";
/// How long it took, in seconds.
pub const DURATION: &str = "duration_s";
/// What was thrown (OpenTelemetry).
pub const EXCEPTION_TYPE: &str = "exception.type";
/// What it said (OpenTelemetry).
pub const EXCEPTION_MESSAGE: &str = "exception.message";
/// Stack trace (OpenTelemetry).
pub const STACK: &str = "exception.stacktrace";
