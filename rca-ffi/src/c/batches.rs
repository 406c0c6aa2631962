//! Reading files, and what was read.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rca_core::connectors::{Batch, Progress, parse_time, verify_signature};
use rca_json::batches;
use rca_json::events::Documents;

use super::border::{Bytes, paths, rca_opt, rca_str, wrong};
use super::handles::{rca_batch, rca_workspace};
use super::watch::rca_watch;

calls! {
    /// Names and descriptions of all formats.
    fn rca_formats() -> formats: String {
        batches::formats()
    }

    /// Reads files and folders.
    fn rca_read_files(
        paths: rca_str, format: rca_opt, settings: rca_opt, watch: *const rca_watch,
    ) -> batch: Arc<Batch> {
        watch.check()?;
        let settings = settings.unwrap_or_default();
        batches::read_files(&self::paths(paths)?, format, settings, &|p| watch.look(p)).map(Arc::new)
    }

    /// Reads bytes that the caller has.
    fn rca_read_bytes(
        name: rca_str, body: Bytes, format: rca_opt, columns: rca_opt, settings: rca_opt,
        watch: *const rca_watch,
    ) -> batch: Arc<Batch> {
        watch.check()?;
        let (body, settings) = (body.unwrap_or_default(), settings.unwrap_or_default());
        let look = |progress: &Progress<'_>| watch.look(progress);
        batches::read_bytes(name, body, format, columns, settings, &look).map(Arc::new)
    }

    /// Reads an incident bundle.
    fn rca_read_bundle(folder: rca_str, settings: rca_opt, watch: *const rca_watch)
        -> batch: Arc<Batch>
    {
        watch.check()?;
        let settings = settings.unwrap_or_default();
        batches::read_bundle(folder, settings, &|p| watch.look(p)).map(Arc::new)
    }

    /// Reads commits of a local repository.
    fn rca_read_git(
        path: rca_str, history: rca_opt, settings: rca_opt, watch: *const rca_watch,
    ) -> batch: Arc<Batch> {
        watch.check()?;
        let (history, settings) = (history.unwrap_or_default(), settings.unwrap_or_default());
        batches::read_git(path, history, settings, &|p| watch.look(p)).map(Arc::new)
    }

    /// A webhook as it came.
    fn rca_read_delivery(headers: rca_str, body: Bytes, received: rca_str, settings: rca_opt)
        -> batch: Arc<Batch>
    {
        let body = body.ok_or_else(|| wrong("body", "is NULL"))?;
        let (received, settings) = (parse_time(received)?, settings.unwrap_or_default());
        batches::read_delivery(headers, body, received, settings).map(Arc::new)
    }

    /// What a commit changes.
    fn rca_git_diff(path: rca_str, sha: rca_str) -> diff: String {
        batches::git_diff(Path::new(path), sha)
    }

    /// A batch of events made by hand.
    fn rca_batch_of_events(events: rca_str) -> batch: Arc<Batch> {
        batches::of_events(events).map(Arc::new)
    }

    /// Everything of two batches.
    fn rca_batch_join(one: *const rca_batch, other: *const rca_batch) -> batch: Arc<Batch> {
        Ok(Arc::new(batches::joined(vec![one, other])))
    }

    /// The same with every entity under one name.
    fn rca_batch_resolve(batch: *const rca_batch, rules: rca_opt) -> resolved: Arc<Batch> {
        batches::resolved(batch, rules.unwrap_or("{}")).map(Arc::new)
    }

    /// Everything that it is about.
    fn rca_batch_entities(batch: *const rca_batch) -> entities: String {
        batches::entities(&batch)
    }

    /// What was read, what was refused and why.
    fn rca_batch_report(batch: *const rca_batch) -> report: String {
        rca_json::json(&batches::report(&batch.report))
    }

    /// How much is in it.
    fn rca_batch_counts(batch: *const rca_batch) -> counts: String {
        batches::counts(&batch)
    }

    /// Its events.
    fn rca_batch_events(batch: *const rca_batch) -> iterator: Documents {
        Ok(batches::events(&batch))
    }

    /// An account of the inputs.
    fn rca_batch_examine(batch: *const rca_batch) -> doctor: String {
        batches::examine(&batch)
    }

    /// Stores the events of a batch.
    fn rca_ingest_batch(workspace: *const rca_workspace, batch: *const rca_batch, forget: bool)
        -> report: String
    {
        batches::ingest(&workspace, &batch, forget)
    }

    /// Stores what a webhook says.
    fn rca_ingest_delivery(
        workspace: *const rca_workspace, headers: rca_str, body: Bytes, received: rca_str,
    ) -> report: String {
        let body = body.ok_or_else(|| wrong("body", "is NULL"))?;
        let received: DateTime<Utc> = parse_time(received)?;
        batches::ingest_delivery(&workspace, headers, body, received)
    }

    /// Fails unless the signature of a webhook is that of its sender.
    fn rca_verify_signature(secret: Bytes, body: Bytes, signature: rca_str) {
        verify_signature(secret.unwrap_or_default(), body.unwrap_or_default(), signature)
    }
}
