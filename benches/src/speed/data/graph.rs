//! A directed graph with a few nodes that many edges lead to.

use super::rng::Rng;

/// Different edges between `0..nodes`, none from a node to itself.
#[must_use]
pub fn edges(nodes: u32, count: usize) -> Vec<(u32, u32)> {
    let mut rng = Rng::new(31);
    let width = usize::try_from(nodes).unwrap_or(usize::MAX).max(2);
    let mut edges = Vec::new();
    while edges.len() < count {
        let missing = count - edges.len();
        let end = |rank: usize| u32::try_from(rank).unwrap_or(0);
        edges.extend((0..missing).map(|_| (end(rng.below(width)), end(rng.zipf(width)))));
        edges.retain(|(from, to)| from != to);
        edges.sort_unstable();
        edges.dedup();
    }
    edges
}
