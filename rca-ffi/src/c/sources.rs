//! Sources that are polled.

use std::ffi::c_void;
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use rca_core::Result;
use rca_core::connectors::Progress;
use rca_json::pulls::{self, Polled};
use rca_json::sources::{self, Given};

use super::border::{Taken, Wished, rca_opt, rca_str, wrong};
use super::handles::{Answering, Maybe, lent, rca_batch, rca_page, rca_source, rca_workspace};
use super::watch::rca_watch;

type Pull = unsafe extern "C" fn(*mut c_void, rca_str, rca_str, *mut rca_page);

/// Called on the thread that pulls, with no lock held but the source's own; answers through the page.
pub type rca_pull_fn = Option<Pull>;

impl<'a> Taken<'a> for rca_pull_fn {
    type Is = Pull;

    unsafe fn take(self, what: &'static str) -> Result<Pull> {
        self.ok_or_else(|| wrong(what, "is NULL"))
    }
}

/// A source of the host's, checked.
struct Asked {
    pull: Pull,
    user_data: *mut c_void,
}

// SAFETY: the header asks for a function and user data that may be used from any thread, one at a time.
unsafe impl Send for Asked {}

impl Asked {
    fn ask(&self, checkpoint: Option<&str>, now: DateTime<Utc>) -> Given {
        let answer = Answering::default();
        let now = now.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        let checkpoint = checkpoint.map_or(rca_str::NONE, rca_str::from);
        lent(answer.clone(), |page| {
            // SAFETY: a function of this type and its own user data, by the caller's promise; the texts outlive the call.
            unsafe { (self.pull)(self.user_data, checkpoint, now.as_str().into(), page) }
        });
        answer.taken().unwrap_or_else(|| Given::Fault {
            kind: "malformed".to_owned(),
            what: "it neither gave a page nor said what was in the way".to_owned(),
            after_seconds: None,
        })
    }
}

calls! {
    /// A source of ours.
    fn rca_source_open(wanted: rca_str) -> source: Polled {
        sources::open(wanted)
    }

    /// A source of the host's.
    fn rca_source_new(name: rca_str, pull: rca_pull_fn, user_data: *mut c_void)
        -> source: Polled
    {
        let asked = Asked { pull, user_data };
        sources::custom(name, move |checkpoint, now| asked.ask(checkpoint, now))
    }

    /// Its name, the key of its checkpoint.
    fn rca_source_name(source: *const rca_source) -> name: String {
        Ok(source.name().to_owned())
    }

    /// Gives what was read, and where to go on.
    fn rca_page_give(
        page: *const rca_page, batch: Maybe<rca_batch>, checkpoint: rca_str, more: bool,
    ) {
        let checkpoint = sources::checkpoint(checkpoint)?.to_owned();
        page.put(Given::Page { batch: batch.unwrap_or_default(), checkpoint, more });
        Ok(())
    }

    /// Says what was in the way.
    fn rca_page_fail(page: *const rca_page, kind: rca_str, what: rca_str, after_seconds: f64) {
        let (kind, what) = (sources::fault_named(kind)?.to_owned(), what.to_owned());
        let after_seconds = (after_seconds > 0.0).then_some(after_seconds);
        page.put(Given::Fault { kind, what, after_seconds });
        Ok(())
    }

    /// Pulls what is new; the telemetry is for who wants it.
    fn rca_pull(
        workspace: *const rca_workspace, source: *const rca_source, options: rca_opt,
        watch: *const rca_watch, telemetry: Wished<*mut rca_batch>,
    ) -> report: String {
        watch.check()?;
        let look = |progress: &Progress<'_>| watch.look(progress);
        let (report, batch) =
            pulls::pull(&workspace, &source, options.unwrap_or_default(), &look)?;
        if let Some(slot) = telemetry {
            slot.put(Arc::new(batch))?;
        }
        Ok(report)
    }

    /// How all sources stand, and the dead-letter queue.
    fn rca_sources(workspace: *const rca_workspace) -> status: String {
        pulls::status(&workspace)
    }

    /// Lets a paused source be asked again at once.
    fn rca_reset_source(workspace: *const rca_workspace, name: rca_str) {
        workspace.reset_source(name)
    }

    /// Lets the next pull begin anew; says whether there was a checkpoint.
    fn rca_forget_checkpoint(workspace: *const rca_workspace, source: rca_str) -> known: bool {
        workspace.forget_checkpoint(source)
    }
}
