//! Iterators that own what they read.

use crate::error::{Error, Result};
use crate::model::{Event, Investigation};

/// Events, as [`Store::scan`](super::Store::scan) reads them.
pub type Events = Iter<Event>;
/// Investigations, as [`Store::investigations`](super::Store::investigations) reads them.
pub type Investigations = Iter<Investigation>;

/// A long result. Has no lifetime, can be sent to another thread, and shows one snapshot.
///
/// After an error it keeps returning errors: going on would hide what is missing.
pub struct Iter<T> {
    inner: Box<dyn Iterator<Item = Result<T>> + Send>,
    failed: Option<String>,
}

impl<T> Iter<T> {
    pub(crate) fn new(inner: impl Iterator<Item = Result<T>> + Send + 'static) -> Self {
        Self { inner: Box::new(inner), failed: None }
    }
}

impl<T> Iterator for Iter<T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(reason) = &self.failed {
            let what = "the rest of the list".to_owned();
            return Some(Err(Error::Corrupt { what, reason: reason.clone() }));
        }
        let item = self.inner.next()?;
        if let Err(error) = &item {
            self.failed = Some(format!("reading stopped earlier: {error}"));
        }
        Some(item)
    }
}

impl<T> std::fmt::Debug for Iter<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Iter").field("failed", &self.failed).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_an_error_come_only_errors() {
        let broken = || Error::Internal("disk".to_owned());
        let mut iter = Iter::new(vec![Ok(1), Err(broken()), Ok(2)].into_iter());
        assert_eq!(iter.next().unwrap().unwrap(), 1);
        for _ in 0..3 {
            assert!(iter.next().unwrap().is_err());
        }
    }
}
