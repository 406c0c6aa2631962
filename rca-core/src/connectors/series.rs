//! Names of series, and quantiles of histograms.

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
}
