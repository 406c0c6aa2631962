//! Documents to hand on: reviews, tables of events.

use rca_core::connectors::parse_time;
use rca_core::report;
use rca_json::{answers, documents, reviews};

use super::border::{rca_opt, rca_str};
use super::handles::{Maybe, rca_answer, rca_batch, rca_workspace};

/// The template where none is named.
const USUAL: &str = r#""review""#;

calls! {
    /// Names of the templates that are built in.
    fn rca_review_templates() -> names: String {
        reviews::template_names()
    }

    /// A post-incident review of an investigation.
    fn rca_review(
        workspace: *const rca_workspace, id: rca_str, batch: Maybe<rca_batch>, template: rca_opt,
    ) -> review: String {
        let canvas = answers::canvas_of(&workspace, id.parse()?, batch.as_deref())?;
        reviews::review(&canvas, template.unwrap_or(USUAL))
    }

    /// The same of an answer.
    fn rca_answer_review(answer: *const rca_answer, template: rca_opt) -> review: String {
        reviews::review(&answer.canvas(), template.unwrap_or(USUAL))
    }

    /// A report to print and hand on.
    fn rca_pdf(
        workspace: *const rca_workspace, id: rca_str, batch: Maybe<rca_batch>, created: rca_opt,
    ) -> pdf: Vec<u8> {
        let canvas = answers::canvas_of(&workspace, id.parse()?, batch.as_deref())?;
        documents::pdf(&canvas, created.map(parse_time).transpose()?)
    }

    /// The same of an answer.
    fn rca_answer_pdf(answer: *const rca_answer, created: rca_opt) -> pdf: Vec<u8> {
        documents::pdf(&answer.canvas(), created.map(parse_time).transpose()?)
    }

    /// The events of a batch as a table.
    fn rca_batch_csv(batch: *const rca_batch) -> csv: String {
        report::csv(&batch.events)
    }
}
