//! The time-window join: one sweep over events in time order, one bucket for each key.
//!
//! A bucket is the head of a list of the events filed under a key, newest first, threaded through
//! one array. The sweep looks back along that list and stops at the window's edge or at the
//! fan-out, so its cost is linear in the events plus the pairs it finds, and a busy key costs no
//! more than a quiet one.

use std::cmp::Reverse;

const NOTHING: u32 = u32::MAX;

/// Bounds of one join.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Nanoseconds that two joined events may lie apart.
    pub(super) window: i64,
    /// Most pairs for an event as the later one, and most as the earlier one.
    pub(super) fan_out: usize,
    /// Pairs of one key within a window; past that each event keeps its nearest.
    pub(super) per_key: usize,
}

/// The events filed under one key.
#[derive(Debug, Clone)]
struct Bucket {
    newest: u32,
    /// Pairs made since `since`.
    pairs: usize,
    since: i64,
}

/// Joins events by key: pairs of (earlier, later) positions in `times`, which must be ascending.
///
/// For each position `keys` pushes the keys (below `key_count`) whose earlier events it wants to be
/// joined with, and returns the key that it is filed under itself.
pub(super) fn join(
    times: &[i64],
    key_count: usize,
    limits: Limits,
    mut keys: impl FnMut(usize, &mut Vec<u32>) -> Option<u32>,
) -> Vec<(u32, u32)> {
    let mut pairs = Vec::new();
    if limits.fan_out == 0 || limits.window < 0 {
        return pairs;
    }
    let mut buckets = vec![Bucket { newest: NOTHING, pairs: 0, since: i64::MIN }; key_count];
    let mut older = vec![NOTHING; times.len()];
    let mut joined = vec![0_usize; times.len()];
    let (mut wanted, mut near) = (Vec::new(), Vec::new());
    // A graph has fewer than 2^32 nodes: petgraph's own index is 32 bits wide.
    for (position, (&time, here)) in times.iter().zip(0_u32..).enumerate() {
        wanted.clear();
        let filed = keys(position, &mut wanted);
        near.clear();
        for &key in &wanted {
            let mut earlier = buckets[key as usize].newest;
            for _ in 0..limits.fan_out {
                if earlier == NOTHING
                    || time.saturating_sub(times[earlier as usize]) > limits.window
                {
                    break;
                }
                near.push((Reverse(earlier), key));
                earlier = older[earlier as usize];
            }
        }
        if wanted.len() > 1 {
            near.sort_unstable();
            near.dedup_by_key(|(earlier, _)| *earlier);
        }
        let mut taken = 0;
        for &(Reverse(earlier), key) in &near {
            if taken == limits.fan_out {
                break;
            }
            let bucket = &mut buckets[key as usize];
            if time.saturating_sub(bucket.since) > limits.window {
                (bucket.pairs, bucket.since) = (0, time);
            }
            let key_is_full = bucket.pairs >= limits.per_key;
            if joined[earlier as usize] >= limits.fan_out || (key_is_full && taken > 0) {
                continue;
            }
            bucket.pairs += 1;
            joined[earlier as usize] += 1;
            taken += 1;
            pairs.push((earlier, here));
        }
        if let Some(key) = filed {
            older[position] = buckets[key as usize].newest;
            buckets[key as usize].newest = here;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits { window: 10, fan_out: 3, per_key: 100 };

    fn same_key(times: &[i64], limits: Limits) -> Vec<(u32, u32)> {
        join(times, 1, limits, |_, wanted| {
            wanted.push(0);
            Some(0)
        })
    }

    #[test]
    fn only_the_window_counts() {
        assert_eq!(same_key(&[0, 10, 21], LIMITS), [(0, 1)]);
    }

    #[test]
    fn the_nearest_win_when_there_are_too_many() {
        assert_eq!(
            same_key(&[0, 1, 2, 3, 4], LIMITS).into_iter().filter(|p| p.1 == 4).collect::<Vec<_>>(),
            [(3, 4), (2, 4), (1, 4)]
        );
    }

    #[test]
    fn a_full_key_keeps_a_chain() {
        let pairs = same_key(&[0; 50], Limits { per_key: 10, ..LIMITS });
        assert!(pairs.len() <= 10 + 50);
        assert!((1..50).all(|later| pairs.contains(&(later - 1, later))));
    }

    proptest! {
        #[test]
        fn pairs_without_caps_are_those_of_the_nested_loops(
            mut events in prop::collection::vec((0_i64..100, 0_u32..4), 0..40),
        ) {
            events.sort_unstable();
            let times: Vec<_> = events.iter().map(|e| e.0).collect();
            let limits = Limits { window: 10, fan_out: 1000, per_key: usize::MAX };
            let mut found = join(&times, 4, limits, |at, wanted| {
                wanted.push(events[at].1);
                Some(events[at].1)
            });
            found.sort_unstable();
            let mut expected = Vec::new();
            for (a, earlier) in events.iter().enumerate() {
                for (b, later) in events.iter().enumerate().skip(a + 1) {
                    if earlier.1 == later.1 && later.0 - earlier.0 <= 10 {
                        expected.push((a as u32, b as u32));
                    }
                }
            }
            prop_assert_eq!(found, expected);
        }
    }
}
