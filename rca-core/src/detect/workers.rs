//! Work shared out over threads; the result does not show how many there were.

use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// As many as the machine runs at once.
pub(crate) fn available() -> NonZero<usize> {
    std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN)
}

/// Does the jobs `0..jobs` on up to so many threads, this one included; results in order of the jobs.
///
/// Where the system has no further thread to give, those there are do all of it.
pub(crate) fn map<R: Send>(
    workers: NonZero<usize>,
    jobs: usize,
    work: impl Fn(usize) -> R + Sync,
) -> Vec<R> {
    if workers.get() == 1 || jobs <= 1 {
        return (0..jobs).map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::with_capacity(jobs));
    let run = || {
        loop {
            let job = next.fetch_add(1, Ordering::Relaxed);
            if job >= jobs {
                return;
            }
            let result = work(job);
            done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((job, result));
        }
    };
    // A panic of a thread goes on in this one when the scope ends.
    std::thread::scope(|scope| {
        for _ in 1..workers.get().min(jobs) {
            if std::thread::Builder::new().spawn_scoped(scope, run).is_err() {
                break;
            }
        }
        run();
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_unstable_by_key(|(job, _)| *job);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_whatever_the_number_of_workers() {
        let expected: Vec<usize> = (0..100).map(|job| job * job).collect();
        for workers in [1, 2, 3, 200] {
            let workers = NonZero::new(workers).unwrap();
            assert_eq!(map(workers, 100, |job| job * job), expected);
            assert!(map(workers, 0, |job| job).is_empty());
        }
    }
}
