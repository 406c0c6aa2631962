//! The moment from which a step is followed by others, and how surely.

/// How often each of several steps followed, by stretch of time.
#[derive(Debug, Clone)]
pub(super) struct Table {
    width: usize,
    /// Counts of normal operation recorded elsewhere.
    reference: Counts,
    /// By stretch, ascending.
    cells: Vec<(i64, Counts)>,
}

#[derive(Debug, Clone)]
struct Counts {
    next: Vec<u64>,
    /// In visits that failed.
    failed: u64,
}

impl Counts {
    fn new(width: usize) -> Self {
        Self { next: vec![0; width], failed: 0 }
    }

    fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.next.iter_mut().zip(&other.next) {
            *mine += theirs;
        }
        self.failed += other.failed;
    }

    fn sum(&self) -> u64 {
        self.next.iter().sum()
    }
}

impl Table {
    pub(super) fn new(width: usize) -> Self {
        Self { width, reference: Counts::new(width), cells: Vec::new() }
    }

    pub(super) fn add_reference(&mut self, next: Vec<u64>, failed: u64) {
        self.reference.add(&Counts { next, failed });
    }

    /// Stretches must come in order.
    pub(super) fn add(&mut self, stretch: i64, next: Vec<u64>, failed: u64) {
        self.cells.push((stretch, Counts { next, failed }));
    }
}

/// A change of what follows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Change {
    /// First stretch of the new habit.
    pub(super) at: i64,
    pub(super) score: f64,
    /// The columns that rose and fell most.
    pub(super) gained: usize,
    pub(super) lost: usize,
    /// Share of the gained one before and after.
    pub(super) before: f64,
    pub(super) after: f64,
    pub(super) samples: (u64, u64),
}

/// The split not after `latest` with the largest score; none when nothing is compared.
pub(super) fn change(table: &Table, latest: i64) -> Option<Change> {
    if table.width < 2 {
        return None;
    }
    let mut total = table.reference.clone();
    table.cells.iter().for_each(|(_, counts)| total.add(counts));
    let mut before = table.reference.clone();
    let mut tried = 0_u64;
    let mut best: Option<(f64, Judged, i64)> = None;
    for (stretch, counts) in table.cells.iter().take_while(|(stretch, _)| *stretch <= latest) {
        if before.sum() > 0 {
            tried += 1;
            let judged = judge(&before, &total);
            let size = judged.certainty.sqrt() * judged.weight();
            if best.as_ref().is_none_or(|(most, ..)| size > *most) {
                best = Some((size, judged, *stretch));
            }
        }
        before.add(counts);
    }
    let (_, judged, at) = best?;
    // The moment was searched: what chance alone finds in so many places is taken off.
    let price = 2.0 * (1.0 + tried as f64).ln();
    let score = (judged.certainty - price).max(0.0).sqrt() * judged.weight();
    Some(Change {
        at,
        score,
        gained: judged.gained,
        lost: judged.lost,
        before: judged.before,
        after: judged.after,
        samples: judged.samples,
    })
}

#[derive(Debug, Clone, Copy)]
struct Judged {
    /// G-statistic beyond its degrees of freedom.
    certainty: f64,
    /// Total variation distance: the share of cases in which something else follows.
    distance: f64,
    /// Share of visits that failed before and don't after, as a share of the distance.
    recovery: f64,
    gained: usize,
    lost: usize,
    before: f64,
    after: f64,
    samples: (u64, u64),
}

impl Judged {
    fn weight(&self) -> f64 {
        self.distance * (1.0 - self.recovery)
    }
}

fn judge(before: &Counts, total: &Counts) -> Judged {
    let (n0, n) = (before.sum() as f64, total.sum() as f64);
    let n1 = n - n0;
    let (mut g, mut distance) = (0.0, 0.0);
    let (mut gained, mut lost) = ((0, f64::NEG_INFINITY), (0, f64::INFINITY));
    let (mut kinds, mut shares) = (0.0, (0.0, 0.0));
    for (place, (early, all)) in before.next.iter().zip(&total.next).enumerate() {
        let (c0, c) = (*early as f64, *all as f64);
        let c1 = c - c0;
        g += 2.0 * (surprise(c0, n0 * c / n) + surprise(c1, n1 * c / n));
        kinds += f64::from(u8::from(*all > 0));
        let (p0, p1) = (c0 / n0, c1 / n1);
        distance += (p1 - p0).abs() / 2.0;
        if p1 - p0 > gained.1 {
            gained = (place, p1 - p0);
            shares = (p0, p1);
        }
        if p1 - p0 < lost.1 {
            lost = (place, p1 - p0);
        }
    }
    let failed = |part: u64, n: f64| part as f64 / n;
    let fewer = failed(before.failed, n0) - failed(total.failed - before.failed, n1);
    Judged {
        certainty: (g - (kinds - 1.0)).max(0.0),
        distance,
        recovery: (fewer / distance.max(f64::MIN_POSITIVE)).clamp(0.0, 1.0),
        gained: gained.0,
        lost: lost.0,
        before: shares.0,
        after: shares.1,
        samples: (before.sum(), total.sum() - before.sum()),
    }
}

fn surprise(seen: f64, expected: f64) -> f64 {
    if seen > 0.0 && expected > 0.0 { seen * (seen / expected).ln() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stretch each, with counts of two followers.
    fn table(reference: [u64; 2], cells: &[[u64; 2]]) -> Table {
        let mut table = Table::new(2);
        table.add_reference(reference.to_vec(), 0);
        for (stretch, counts) in (0..).zip(cells) {
            table.add(stretch, counts.to_vec(), 0);
        }
        table
    }

    #[test]
    fn a_complete_change_has_a_distance_of_one() {
        let table = table([0, 0], &[[10, 0], [10, 0], [0, 10], [0, 10]]);
        let change = change(&table, 9).unwrap();
        assert_eq!((change.at, change.gained, change.lost), (2, 1, 0));
        assert_eq!((change.before, change.after, change.samples), (0.0, 1.0, (20, 20)));
        // G of 20:0 against 0:20 is 80 ln 2; one degree of freedom; three moments were tried.
        let expected = (80.0 * 2.0_f64.ln() - 1.0 - 2.0 * 4.0_f64.ln()).sqrt();
        assert!((change.score - expected).abs() < 1e-9, "{change:?}");
    }

    #[test]
    fn a_steady_table_and_a_single_follower_have_no_score() {
        let steady = table([0, 0], &[[8, 2], [8, 2], [8, 2]]);
        assert_eq!(change(&steady, 9).map(|c| c.score), Some(0.0));
        let mut single = Table::new(1);
        single.add(0, vec![5], 0);
        single.add(1, vec![5], 0);
        assert_eq!(change(&single, 9), None);
    }

    #[test]
    fn the_split_is_not_after_the_alarm() {
        let late = table([0, 0], &[[10, 0], [10, 0], [10, 0], [0, 10]]);
        assert_eq!(change(&late, 3).map(|c| c.at), Some(3));
        assert!(change(&late, 2).is_some_and(|c| c.at < 3));
    }

    #[test]
    fn fewer_failures_weigh_against_a_change() {
        let mut healed = Table::new(2);
        healed.add(0, vec![0, 10], 10);
        healed.add(1, vec![10, 0], 0);
        assert_eq!(change(&healed, 9).map(|c| c.score), Some(0.0));
    }
}
