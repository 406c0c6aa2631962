//! Handles: numbers in a table.
//!
//! A handle is never an address of ours, so a caller who frees it twice, uses it after that or mixes kinds up gets
//! `RCA_INVALID_INPUT`. Numbers are not used again. A call keeps what its handles stand for alive until it ends, so closing
//! from another thread meanwhile is no race; nothing is held locked while a call runs.

use std::collections::HashMap;
use std::ffi::c_char;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, RwLock};

use rca_core::connectors::Batch;
use rca_core::graph::CorrelationGraph;
use rca_core::time::ManualClock;
use rca_core::{Answer, Error, Result, Workspace};
use rca_json::events::Documents;
use rca_json::partials::SharedPartial;
use rca_json::pulls::Polled;
use rca_json::sources::Given;

use super::border::{Taken, wrong};
use super::status::{Ended, guard, rca_status};

/// A text that was handed out, with a NUL behind it.
#[derive(Debug, Clone)]
pub(super) struct Text(Arc<[u8]>);

impl Text {
    fn of(bytes: &[u8]) -> Self {
        Self(bytes.iter().copied().chain([0]).collect())
    }
}

/// Documents one after another.
#[derive(Clone)]
pub(super) struct Iterating(pub(super) Arc<Mutex<Documents>>);

/// A wish to stop.
pub(super) type Cancel = Arc<AtomicBool>;

/// What a source of the host's answers.
#[derive(Clone, Default)]
pub(super) struct Answering(Arc<Mutex<Option<Given>>>);

impl Answering {
    /// The last word counts.
    pub(super) fn put(&self, given: Given) {
        let before = self.0.lock().unwrap_or_else(PoisonError::into_inner).replace(given);
        drop(before);
    }

    pub(super) fn taken(&self) -> Option<Given> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[derive(Clone)]
enum Thing {
    Workspace(Workspace),
    Batch(Arc<Batch>),
    Answer(Arc<Answer>),
    Graph(Arc<CorrelationGraph>),
    Iterator(Iterating),
    Text(Text),
    Cancel(Cancel),
    Clock(ManualClock),
    Source(Polled),
    Page(Answering),
    Partial(SharedPartial),
}

static THINGS: LazyLock<RwLock<HashMap<usize, Thing>>> = LazyLock::new(RwLock::default);
/// Like no address that is in use: in the first page nothing lies, and what follows grows slowly.
static NEXT: AtomicUsize = AtomicUsize::new(16);

fn add(thing: Thing) -> usize {
    let number = NEXT.fetch_add(16, Ordering::Relaxed);
    THINGS.write().unwrap_or_else(PoisonError::into_inner).insert(number, thing);
    number
}

fn get(number: usize) -> Option<Thing> {
    THINGS.read().unwrap_or_else(PoisonError::into_inner).get(&number).cloned()
}

/// What can be handed out.
pub(super) trait Handed {
    /// Its handle in C.
    type C;

    fn hand_out(self) -> *mut Self::C;
}

/// One kind of handle: its name in C, what it stands for, and how it is freed, where that is up to the caller.
macro_rules! handle {
    ($(#[$doc:meta])* $name:ident, $kind:ident($is:ty), $word:literal $(, $free:ident)?) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name(());

        impl Handed for $is {
            type C = $name;

            fn hand_out(self) -> *mut $name {
                std::ptr::without_provenance_mut(add(Thing::$kind(self)))
            }
        }

        impl<'a> Taken<'a> for *const $name {
            type Is = $is;

            unsafe fn take(self, what: &'static str) -> Result<$is> {
                match get(self.addr()) {
                    Some(Thing::$kind(thing)) => Ok(thing),
                    _ if self.is_null() => Err(wrong(what, "is NULL")),
                    Some(_) => Err(wrong(what, concat!("is not a ", $word, " but another handle"))),
                    None => Err(wrong(what, concat!("is not a ", $word, ", or was freed before"))),
                }
            }
        }

        $(
        /// Frees a handle; NULL is fine, a handle that was freed before is told.
        #[unsafe(no_mangle)]
        pub extern "C" fn $free(handle: *mut $name) -> rca_status {
            guard(|| {
                if handle.is_null() {
                    return Ok(Ended::Well);
                }
                let mut things = THINGS.write().unwrap_or_else(PoisonError::into_inner);
                if !matches!(things.get(&handle.addr()), Some(Thing::$kind(_))) {
                    return Err(wrong("handle", concat!("is not a ", $word, ", or was freed before")));
                }
                let thing = things.remove(&handle.addr());
                // What it stands for ends outside of the lock.
                drop(things);
                drop(thing);
                Ok(Ended::Well)
            })
        }
        )?
    };
}

/// Lends a handle for as long as something runs: afterwards it is none any more.
pub(super) fn lent<T: Handed, R>(thing: T, to: impl FnOnce(*mut T::C) -> R) -> R {
    /// Also when what runs panics.
    struct Back(usize);

    impl Drop for Back {
        fn drop(&mut self) {
            let thing = THINGS.write().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
            drop(thing);
        }
    }

    let handle = thing.hand_out();
    let _back = Back(handle.addr());
    to(handle)
}

handle!(
    /// An open workspace.
    rca_workspace, Workspace(Workspace), "workspace", rca_workspace_close
);
handle!(
    /// Events, telemetry and the report of one reading.
    rca_batch, Batch(Arc<Batch>), "batch", rca_batch_free
);
handle!(
    /// What an inquiry came to.
    rca_answer, Answer(Arc<Answer>), "answer", rca_answer_free
);
handle!(
    /// Events as nodes, suspected influence as edges.
    rca_graph, Graph(Arc<CorrelationGraph>), "graph", rca_graph_free
);
handle!(
    /// Documents one after another.
    rca_iterator, Iterator(Iterating), "iterator", rca_iterator_free
);
handle!(
    /// A text that was handed out.
    rca_text, Text(Text), "text", rca_text_free
);
handle!(
    /// A wish to stop, for another thread.
    rca_cancel, Cancel(Cancel), "cancel", rca_cancel_free
);
handle!(
    /// A clock that stands still.
    rca_clock, Clock(ManualClock), "clock", rca_clock_free
);
handle!(
    /// Something that can be asked for what is new, again and again.
    rca_source, Source(Polled), "source", rca_source_free
);
handle!(
    /// Where a source of the host's puts what it gives; lent to it for one call.
    rca_page, Page(Answering), "page"
);
handle!(
    /// Telemetry that was scanned in pieces.
    rca_partial, Partial(SharedPartial), "partial", rca_partial_free
);

impl Handed for String {
    type C = rca_text;

    fn hand_out(self) -> *mut rca_text {
        Text::of(self.as_bytes()).hand_out()
    }
}

impl Handed for Vec<u8> {
    type C = rca_text;

    fn hand_out(self) -> *mut rca_text {
        Text::of(&self).hand_out()
    }
}

impl Handed for Documents {
    type C = rca_iterator;

    fn hand_out(self) -> *mut rca_iterator {
        Iterating(Arc::new(Mutex::new(self))).hand_out()
    }
}

/// A handle that may be NULL.
#[repr(transparent)]
#[derive(Debug)]
pub struct Maybe<T>(*const T);

impl<'a, T> Taken<'a> for Maybe<T>
where
    *const T: Taken<'a>,
{
    type Is = Option<<*const T as Taken<'a>>::Is>;

    unsafe fn take(self, what: &'static str) -> Result<Self::Is> {
        if self.0.is_null() {
            return Ok(None);
        }
        // SAFETY: passed on.
        unsafe { self.0.take(what) }.map(Some)
    }
}

fn text(handle: *const rca_text) -> Option<Text> {
    match get(handle.addr()) {
        Some(Thing::Text(text)) => Some(text),
        _ => None,
    }
}

/// The bytes of a text, NUL behind them; NULL for what is no text.
#[unsafe(no_mangle)]
pub extern "C" fn rca_text_data(handle: *const rca_text) -> *const c_char {
    // They stay where they are until the handle is freed: the table holds them too.
    text(handle).map_or(std::ptr::null(), |text| text.0.as_ptr().cast())
}

/// How many bytes a text has, without the NUL; 0 for what is no text.
#[unsafe(no_mangle)]
pub extern "C" fn rca_text_length(handle: *const rca_text) -> usize {
    text(handle).map_or(0, |text| text.0.len().saturating_sub(1))
}

/// How many handles are not freed.
#[unsafe(no_mangle)]
pub extern "C" fn rca_handle_count() -> usize {
    THINGS.read().unwrap_or_else(PoisonError::into_inner).len()
}

calls! {
    /// The next document; `RCA_END` after the last.
    fn rca_iterator_next(iterator: *const rca_iterator) -> document: Option<String> {
        let mut documents = iterator.0.lock().unwrap_or_else(PoisonError::into_inner);
        documents.next().transpose()
    }

    /// A wish to stop.
    fn rca_cancel_new() -> cancel: Cancel {
        Ok(Cancel::default())
    }

    /// Asks every call that watches it to stop.
    fn rca_cancel_now(cancel: *const rca_cancel) {
        cancel.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// A clock that shows a time and stands still.
    fn rca_clock_new(time: super::border::rca_str) -> clock: ManualClock {
        Ok(ManualClock::at(rca_core::connectors::parse_time(time)?))
    }

    /// Moves the hand by microseconds.
    fn rca_clock_advance(clock: *const rca_clock, microseconds: i64) {
        if microseconds < 0 {
            return Err(Error::value("microseconds", "time does not go back"));
        }
        clock.advance(chrono::Duration::microseconds(microseconds));
        Ok(())
    }
}
