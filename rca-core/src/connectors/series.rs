//! Names of series, and counters that become rates.

use std::collections::BTreeMap;

use crate::model::Entity;

/// The name of a series: that of the metric, with the labels that tell it from its siblings.
///
/// Written as Prometheus does, labels sorted by name: `http.server.duration{http.route="/pay"}`.
pub(super) fn name<'l>(
    metric: &str,
    labels: impl IntoIterator<Item = (&'l str, &'l str)>,
) -> String {
    let mut labels: Vec<(&str, &str)> = labels.into_iter().collect();
    labels.sort_unstable();
    labels.dedup();
    let mut name = metric.to_owned();
    for (index, (label, value)) in labels.iter().enumerate() {
        name.push_str(if index == 0 { "{" } else { "," });
        name.push_str(label);
        name.push_str("=\"");
        for c in value.chars() {
            match c {
                '"' | '\\' => name.extend(['\\', c]),
                '\n' => name.push_str("\\n"),
                c => name.push(c),
            }
        }
        name.push('"');
    }
    if !labels.is_empty() {
        name.push('}');
    }
    name
}

/// Turns readings of counters that only grow into rates a second.
///
/// A counter that falls was reset: what it counted since is unknown, so that step is a gap. The same moment again
/// gives nothing. Readings of one series have to come in order of time.
#[derive(Debug, Default)]
pub(super) struct Rates {
    last: BTreeMap<(Entity, String), (u64, f64)>,
}

impl Rates {
    /// The rate since the reading before, if there is one. `start` is when the counter was at zero, where known.
    pub(super) fn step(
        &mut self,
        entity: &Entity,
        series: &str,
        start: Option<u64>,
        time: u64,
        total: f64,
    ) -> Option<f64> {
        let key = (entity.clone(), series.to_owned());
        let before = self.last.insert(key, (time, total));
        let (from, before) = before?;
        if start.is_some_and(|start| start > from) || total < before || time <= from {
            return None;
        }
        Some((total - before) / seconds(time - from))
    }
}

/// Nanoseconds as seconds.
pub(super) fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}

/// The value below which a share of the counts lies, interpolated within its bucket as Prometheus'
/// `histogram_quantile` does; the last bound for what lies beyond it.
pub(super) fn quantile(share: f64, counts: &[f64], bounds: &[f64]) -> Option<f64> {
    let total: f64 = counts.iter().sum();
    if total <= 0.0 || bounds.is_empty() {
        return None;
    }
    let rank = share * total;
    let mut below = 0.0;
    for (index, count) in counts.iter().enumerate() {
        if below + count >= rank && *count > 0.0 {
            let Some(upper) = bounds.get(index) else { break };
            let lower = match index.checked_sub(1).and_then(|before| bounds.get(before)) {
                Some(lower) => *lower,
                None => upper.min(0.0),
            };
            return Some(lower + (upper - lower) * (rank - below) / count);
        }
        below += count;
    }
    bounds.last().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_sorted_and_their_quotes_escaped() {
        assert_eq!(name("up", []), "up");
        assert_eq!(name("x", [("b", "2"), ("a", "\"1\"\n")]), "x{a=\"\\\"1\\\"\\n\",b=\"2\"}");
    }

    #[test]
    fn a_counter_is_a_rate_and_a_reset_is_a_gap() {
        let (entity, second) = (Entity::service("api"), 1_000_000_000);
        let mut rates = Rates::default();
        let mut step =
            |time: u64, total, start| rates.step(&entity, "n", start, time * second, total);
        assert_eq!(step(10, 100.0, None), None);
        assert_eq!(step(20, 150.0, None), Some(5.0));
        assert_eq!(step(20, 150.0, None), None);
        assert_eq!(step(30, 4.0, None), None);
        assert_eq!(step(40, 14.0, None), Some(1.0));
        assert_eq!(step(50, 15.0, Some(45 * second)), None);
    }
}
