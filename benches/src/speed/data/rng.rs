//! Random numbers that are the same on every run and machine.

/// SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// The sequence of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        let wide = u128::from(self.next_u64()) * end as u128;
        usize::try_from(wide >> 64).unwrap_or(0)
    }

    /// From 0 to 1, 1 excluded.
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Around 0, mostly within -1 to 1: the sum of four uniform values.
    pub fn noise(&mut self) -> f64 {
        (0..4).map(|_| self.unit() - 0.5).sum()
    }

    /// One of these.
    ///
    /// # Panics
    ///
    /// When there are none.
    pub fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }

    /// A rank below `end`, small ones far more often: Zipf's law with exponent 1, by its inverse
    /// distribution.
    pub fn zipf(&mut self, end: usize) -> usize {
        let at = (end as f64 + 1.0).powf(self.unit()) - 1.0;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to end")]
        let at = at as usize;
        at.min(end - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn low_ranks_of_zipf_are_frequent_and_high_ones_occur() {
        let mut rng = Rng::new(1);
        let ranks: Vec<usize> = (0..100_000).map(|_| rng.zipf(1000)).collect();
        let first = ranks.iter().filter(|rank| **rank == 0).count();
        let tenth = ranks.iter().filter(|rank| **rank == 9).count();
        assert!(first > 5 * tenth && tenth > 0);
        assert!(ranks.iter().any(|rank| *rank > 900) && ranks.iter().all(|rank| *rank < 1000));
    }
}
