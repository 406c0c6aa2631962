//! Asking why, and showing what came out.

use std::path::Path;
use std::sync::Arc;

use rca_core::connectors::{Batch, Progress};
use rca_core::{Answer, report};
use rca_json::answers;

use super::border::{Bytes, rca_opt, rca_str, wrong};
use super::handles::{Maybe, rca_answer, rca_batch, rca_workspace};
use super::watch::rca_watch;

calls! {
    /// Reads any mix of inputs and judges, in a workspace where one is given.
    fn rca_ask(
        inquiry: rca_str, batch: Maybe<rca_batch>, workspace: Maybe<rca_workspace>,
        watch: *const rca_watch,
    ) -> answer: Arc<Answer> {
        watch.check()?;
        let inquiry = answers::inquiry(inquiry, batch.into_iter().collect())?;
        let look = |progress: &Progress<'_>| watch.look(progress);
        match workspace {
            Some(workspace) => inquiry.run_in(&workspace, &look).map(Arc::new),
            None => inquiry.run(&look).map(Arc::new),
        }
    }

    /// Reads, and says how it went, without judging.
    fn rca_examine(inquiry: rca_str, batch: Maybe<rca_batch>, watch: *const rca_watch)
        -> doctor: String
    {
        watch.check()?;
        let inquiry = answers::inquiry(inquiry, batch.into_iter().collect())?;
        report::doctor_json(&inquiry.examine(&|progress| watch.look(progress))?)
    }

    /// Causes, evidence, timeline.
    fn rca_answer_analysis(answer: *const rca_answer) -> analysis: String {
        report::json(&answer.analysis)
    }

    /// What was read, what was not, what is missing.
    fn rca_answer_doctor(answer: *const rca_answer) -> doctor: String {
        report::doctor_json(&answer.doctor)
    }

    /// Everything that was read.
    fn rca_answer_batch(answer: *const rca_answer) -> batch: Arc<Batch> {
        Ok(Arc::new(answer.batch.clone()))
    }

    /// The answer as a page to look around in.
    fn rca_answer_canvas(answer: *const rca_answer) -> html: String {
        report::html(&answer.canvas())
    }

    /// Ranks the causes of an incident in memory.
    fn rca_analyze_batch(batch: *const rca_batch, incident: rca_opt) -> analysis: String {
        answers::analyze_batch(&batch, incident.unwrap_or_default())
    }

    /// Reads a bundle, stores it, opens an investigation and analyses it.
    fn rca_investigate_bundle(
        workspace: *const rca_workspace, folder: rca_str, watch: *const rca_watch,
    ) -> investigated: String {
        watch.check()?;
        answers::investigated(&workspace.investigate_bundle(folder, &|p| watch.look(p))?)
    }

    /// The same with a batch that was read.
    fn rca_investigate_batch(workspace: *const rca_workspace, batch: *const rca_batch)
        -> investigated: String
    {
        answers::investigated(&workspace.investigate_batch(Arc::unwrap_or_clone(batch))?)
    }

    /// Analyses an investigation.
    fn rca_analyze(workspace: *const rca_workspace, id: rca_str) -> analysis: String {
        report::json(&workspace.analyze(id.parse()?)?)
    }

    /// The same with all telemetry there is.
    fn rca_analyze_with(workspace: *const rca_workspace, id: rca_str, batch: *const rca_batch)
        -> analysis: String
    {
        report::json(&workspace.analyze_with(id.parse()?, &batch.telemetry)?)
    }

    /// Adds telemetry to what is known of an investigation.
    fn rca_observe(workspace: *const rca_workspace, id: rca_str, batch: *const rca_batch) {
        workspace.observe(id.parse()?, &batch.telemetry)
    }

    /// Forgets that telemetry.
    fn rca_forget_telemetry(workspace: *const rca_workspace, id: rca_str) {
        workspace.forget_telemetry(id.parse()?)
    }

    /// The latest answer; `RCA_END` when there is none.
    fn rca_analysis(workspace: *const rca_workspace, id: rca_str) -> analysis: Option<String> {
        workspace.analysis(id.parse()?)?.map(|analysis| report::json(&analysis)).transpose()
    }

    /// The most likely causes.
    fn rca_root_causes(workspace: *const rca_workspace, id: rca_str, limit: usize)
        -> causes: String
    {
        report::causes_json(&workspace.root_causes(id.parse()?, limit)?)
    }

    /// What stays the same of a cause.
    fn rca_cause_key(cause: rca_str) -> key: String {
        answers::cause_key(cause)
    }

    /// A report of an answer.
    fn rca_render(analysis: rca_str, kind: rca_str, width: usize) -> report: String {
        answers::render(analysis, kind, width)
    }

    /// An account of the inputs as a report.
    fn rca_render_doctor(doctor: rca_str, kind: rca_str, width: usize) -> report: String {
        answers::render_doctor(doctor, kind, width)
    }

    /// An investigation as a page to look around in.
    fn rca_canvas(workspace: *const rca_workspace, id: rca_str, batch: Maybe<rca_batch>)
        -> html: String
    {
        answers::canvas(&workspace, id.parse()?, batch.as_deref())
    }

    /// Writes a document to a file, whole or not at all.
    fn rca_save(path: rca_str, document: Bytes) {
        report::save(Path::new(path), document.ok_or_else(|| wrong("document", "is NULL"))?)
    }
}
