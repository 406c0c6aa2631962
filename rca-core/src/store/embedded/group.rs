//! Group commit: writers that arrive together share one transaction and one sync.
//!
//! The first to arrive becomes the leader and commits what is waiting; whoever arrives meanwhile
//! waits, and one of them leads the next round. No thread of our own, no timer: a lone writer
//! never waits for company. A sync costs the same for one record as for a thousand (DeWitt et al.,
//! "Implementation Techniques for Main Memory Database Systems", SIGMOD 1984).

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::writer::{Outcome, Request};
use crate::error::{Error, Result};

#[derive(Default)]
pub(super) struct Group {
    state: Mutex<State>,
    finished: Condvar,
}

#[derive(Default)]
struct State {
    next_ticket: u64,
    waiting: Vec<(u64, Request)>,
    answers: BTreeMap<u64, Result<Outcome>>,
    led: bool,
}

impl Group {
    /// Commits the request, alone or with others. `commit` answers each request in order and must
    /// not panic.
    pub(super) fn submit(
        &self,
        request: Request,
        commit: impl Fn(Vec<Request>) -> Vec<Result<Outcome>>,
    ) -> Result<Outcome> {
        let mut state = self.lock();
        let ticket = state.next_ticket;
        state.next_ticket += 1;
        state.waiting.push((ticket, request));
        loop {
            if let Some(answer) = state.answers.remove(&ticket) {
                return answer;
            }
            if state.led {
                state = self.finished.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            state.led = true;
            let (tickets, requests): (Vec<_>, Vec<_>) =
                std::mem::take(&mut state.waiting).into_iter().unzip();
            drop(state);
            let mut answers = commit(requests).into_iter();
            state = self.lock();
            for ticket in tickets {
                let answer = answers.next().unwrap_or_else(|| {
                    Err(Error::Internal("a write was left without an answer".to_owned()))
                });
                state.answers.insert(ticket, answer);
            }
            state.led = false;
            self.finished.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
