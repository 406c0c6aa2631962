//! Sorted items in bounded memory, the same whatever the order in which they came.
//!
//! A histogram whose resolution follows from what it holds: items whose keys agree in all but the last
//! `shift` bits share a place, and the shift is the smallest with which at most `N` places are taken. The
//! number of places taken only grows with the set and only shrinks with the shift, so the shift of a union
//! is never below those of its parts, and what a part threw away the union would have thrown away too.
//! Hence adding up is exact, associative and commutative; up to `N` items nothing is lost.

use serde::{Deserialize, Serialize};

/// Something with a place on a line.
pub(crate) trait Item {
    /// Where it stands. An item that stands for many has the smallest key of them.
    fn key(&self) -> u128;

    /// Takes in an item of the same place. Associative and commutative.
    fn absorb(&mut self, other: &mut Self);
}

/// At most `N` items, by key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Thinned<T, const N: usize> {
    shift: u8,
    items: Vec<T>,
}

impl<T, const N: usize> Default for Thinned<T, N> {
    fn default() -> Self {
        Self { shift: 0, items: Vec::new() }
    }
}

/// A time as the leading half of a key.
pub(crate) fn time_key(nanos: i64) -> u128 {
    u128::from(nanos.cast_unsigned() ^ (1 << 63)) << 64
}

impl<T: Item, const N: usize> Thinned<T, N> {
    /// All items, by key.
    pub(crate) fn items(&self) -> &[T] {
        &self.items
    }

    /// Whether a key falls into the place of the last item and behind it: the common case when items come
    /// in order.
    pub(crate) fn is_last_place(&self, key: u128) -> bool {
        self.items
            .last()
            .is_some_and(|last| key > last.key() && key >> self.shift == last.key() >> self.shift)
    }

    /// The item at the place of a key.
    pub(crate) fn at(&self, key: u128) -> Option<&T> {
        self.place(key).ok().and_then(|at| self.items.get(at))
    }

    /// Adds an item.
    #[cfg(test)]
    fn push(&mut self, item: T) {
        self.push_within(item, N);
    }

    /// Adds an item where so many are kept, `N` at most.
    pub(crate) fn push_within(&mut self, mut item: T, most: usize) {
        match self.place(item.key()) {
            Ok(at) => {
                if let Some(present) = self.items.get_mut(at) {
                    present.absorb(&mut item);
                }
            }
            Err(at) => {
                self.items.insert(at, item);
                self.thin(most);
            }
        }
    }

    /// Adds all items of another collection.
    pub(crate) fn merge(&mut self, other: &Self)
    where
        T: Clone,
    {
        if other.items.is_empty() {
            return;
        }
        self.items.extend_from_slice(&other.items);
        // Two runs in order: the sort merges them.
        self.items.sort_by_key(Item::key);
        self.coarsen(self.shift.max(other.shift));
        self.thin(N);
    }

    /// Gives up detail until at most so many are left, `N` at most. What a larger number keeps holds what a smaller
    /// one does, so it does not matter when this is done.
    pub(crate) fn thin(&mut self, most: usize) {
        while self.items.len() > most.clamp(1, N) && self.shift < 127 {
            self.coarsen(self.shift + 1);
        }
    }

    /// Does something to each item that leaves its key alone, and gives back room that is not used.
    pub(crate) fn shrink(&mut self, change: impl FnMut(&mut T)) {
        self.items.iter_mut().for_each(change);
        self.items.shrink_to_fit();
    }

    /// Whether it could have been made by adding items: what bytes from elsewhere must prove.
    pub(crate) fn is_sound(&self) -> bool {
        let place = |item: &T| item.key().checked_shr(u32::from(self.shift));
        self.items.len() <= N
            && self.shift < 128
            && self.items.is_sorted_by(|a, b| place(a) < place(b))
    }

    fn place(&self, key: u128) -> Result<usize, usize> {
        let wanted = key >> self.shift;
        match self.items.last() {
            Some(last) if last.key() >> self.shift < wanted => Err(self.items.len()),
            _ => self.items.binary_search_by_key(&wanted, |item| item.key() >> self.shift),
        }
    }

    fn coarsen(&mut self, shift: u8) {
        self.shift = shift;
        self.items.dedup_by(|next, present| {
            let same = next.key() >> shift == present.key() >> shift;
            if same {
                present.absorb(next);
            }
            same
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone, PartialEq)]
    struct Counted(i64, u64);

    impl Item for Counted {
        fn key(&self) -> u128 {
            time_key(self.0)
        }

        fn absorb(&mut self, other: &mut Self) {
            *self = Self(self.0.min(other.0), self.1 + other.1);
        }
    }

    fn of(times: &[i64]) -> Thinned<Counted, 8> {
        let mut all = Thinned::default();
        times.iter().for_each(|time| all.push(Counted(*time, 1)));
        all
    }

    fn plus(a: &Thinned<Counted, 8>, b: &Thinned<Counted, 8>) -> Thinned<Counted, 8> {
        let mut sum = a.clone();
        sum.merge(b);
        sum
    }

    fn times() -> impl Strategy<Value = Vec<i64>> {
        let time = prop_oneof![-40_i64..40, any::<i64>(), Just(i64::MIN), Just(i64::MAX)];
        prop::collection::vec(time, 0..40)
    }

    proptest! {
        #[test]
        fn adding_up_is_exact_in_any_order_and_grouping(a in times(), b in times(), c in times()) {
            let whole = of(&[a.clone(), b.clone(), c.clone()].concat());
            let (a, b, c) = (of(&a), of(&b), of(&c));
            prop_assert_eq!(&plus(&plus(&a, &b), &c), &whole);
            prop_assert_eq!(&plus(&a, &plus(&b, &c)), &whole);
            prop_assert_eq!(&plus(&c, &plus(&b, &a)), &whole);
            prop_assert_eq!(&plus(&Thinned::default(), &whole), &whole);
            prop_assert!(whole.is_sound() && whole.items().len() <= 8);
        }

        #[test]
        fn nothing_is_lost(times in times()) {
            let all = of(&times);
            let count: u64 = all.items().iter().map(|item| item.1).sum();
            prop_assert_eq!(count, times.len() as u64);
            prop_assert_eq!(all.items().first().map(|item| item.0), times.iter().min().copied());
            let mut distinct = times.clone();
            distinct.sort_unstable();
            distinct.dedup();
            if distinct.len() <= 8 {
                let kept: Vec<i64> = all.items().iter().map(|item| item.0).collect();
                prop_assert_eq!(kept, distinct);
            }
        }
    }
}
