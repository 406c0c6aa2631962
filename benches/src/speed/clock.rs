//! Wall and CPU time of a piece of work.

use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use super::Result;

/// Seconds that a piece of work took.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Cost {
    /// On the clock on the wall.
    pub wall: f64,
    /// On all processors together.
    pub cpu: f64,
}

impl Cost {
    /// The cost of one of so many equal pieces.
    #[must_use]
    pub fn per(self, pieces: f64) -> Self {
        Self { wall: self.wall / pieces, cpu: self.cpu / pieces }
    }
}

impl std::ops::AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.wall += other.wall;
        self.cpu += other.cpu;
    }
}

/// A running measurement of this process, all of its threads included.
#[derive(Debug)]
pub struct Stopwatch {
    wall: Instant,
    cpu: f64,
}

impl Stopwatch {
    /// Begins.
    ///
    /// # Errors
    ///
    /// When the system does not tell.
    pub fn start() -> Result<Self> {
        Ok(Self { cpu: cpu(UsageWho::RUSAGE_SELF)?, wall: Instant::now() })
    }

    /// What was spent so far.
    ///
    /// # Errors
    ///
    /// When the system does not tell.
    pub fn read(&self) -> Result<Cost> {
        let wall = self.wall.elapsed().as_secs_f64();
        Ok(Cost { wall, cpu: cpu(UsageWho::RUSAGE_SELF)? - self.cpu })
    }

    /// Like [`Stopwatch::read`], with the CPU time of threads that go on with the work afterwards, until
    /// they are done.
    ///
    /// # Errors
    ///
    /// When the system does not tell.
    pub fn read_settled(&self) -> Result<Cost> {
        let now = self.read()?;
        let mut last = now.cpu;
        loop {
            pause(Duration::from_millis(30));
            let cpu = self.read()?.cpu;
            if cpu - last < 0.002 {
                return Ok(Cost { cpu, ..now });
            }
            last = cpu;
        }
    }
}

/// What a piece of work costs in this process.
///
/// # Errors
///
/// What the work says.
pub fn measure<T>(work: impl FnOnce() -> Result<T>) -> Result<(Cost, T)> {
    let watch = Stopwatch::start()?;
    let made = work()?;
    Ok((watch.read()?, made))
}

/// What a piece of work costs in the processes it starts and waits for.
///
/// # Errors
///
/// What the work says.
pub fn measure_children(work: impl FnOnce() -> Result<()>) -> Result<Cost> {
    let before = cpu(UsageWho::RUSAGE_CHILDREN)?;
    let wall = Instant::now();
    work()?;
    let wall = wall.elapsed().as_secs_f64();
    Ok(Cost { wall, cpu: cpu(UsageWho::RUSAGE_CHILDREN)? - before })
}

/// Ours and the peer's in turn, so that a noisy neighbour hits both; the medians.
///
/// # Errors
///
/// What either says.
pub fn alternate(
    rounds: usize,
    mut ours: impl FnMut() -> Result<Cost>,
    mut theirs: impl FnMut() -> Result<Cost>,
) -> Result<(Cost, Cost)> {
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        a.push(ours()?);
        b.push(theirs()?);
    }
    Ok((median(&a), median(&b)))
}

/// The medians of wall and CPU time, each for itself.
#[must_use]
pub fn median(costs: &[Cost]) -> Cost {
    Cost {
        wall: quantile(costs.iter().map(|cost| cost.wall), 0.5),
        cpu: quantile(costs.iter().map(|cost| cost.cpu), 0.5),
    }
}

/// The value that this share of the values does not exceed; 0 without values.
#[must_use]
pub fn quantile(values: impl Iterator<Item = f64>, share: f64) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small index")]
    let at = ((values.len() as f64 * share) as usize).min(values.len().saturating_sub(1));
    values.get(at).copied().unwrap_or(0.0)
}

#[expect(clippy::disallowed_methods, reason = "waits for threads that are not ours to join")]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

fn cpu(who: UsageWho) -> Result<f64> {
    let usage = getrusage(who)?;
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(micros as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_and_ignores_one_outlier() {
        let costs = [1.0, 900.0, 2.0].map(|wall| Cost { wall, cpu: wall * 2.0 });
        assert_eq!(median(&costs), Cost { wall: 2.0, cpu: 4.0 });
    }

    #[test]
    fn work_costs_cpu_time() {
        let (cost, sum) = measure(|| Ok((0..20_000_000_u64).fold(0, |a, b| a ^ (b * b)))).unwrap();
        assert_ne!(sum, 1);
        assert!(cost.wall > 0.0 && cost.cpu >= 0.0);
    }
}
