//! Compressed sparse rows and personalised PageRank on them.
//!
//! One iteration reads the arrays from front to back and only gathers the ranks at random, which is
//! what makes it fast: a linked edge list would jump for every edge. Each node pulls from its
//! predecessors, so the order of summation is fixed and the result is the same bit for bit.

use crate::model::Probability;

/// A weighted directed graph in compressed sparse rows: for each node the nodes that lead to it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Csr {
    /// Where each node's predecessors begin; one more at the end.
    offsets: Vec<usize>,
    /// Predecessors, node after node, ascending.
    sources: Vec<u32>,
    /// The share of the predecessor's total outgoing weight that the edge carries.
    shares: Vec<f64>,
    /// Nodes without outgoing weight.
    dangling: Vec<u32>,
}

/// How a PageRank run goes about it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PageRankOptions {
    damping: Probability,
    tolerance: f64,
    max_iterations: usize,
}

impl Default for PageRankOptions {
    fn default() -> Self {
        Self { damping: Probability::saturating(0.85), tolerance: 1e-8, max_iterations: 200 }
    }
}

impl PageRankOptions {
    /// Chance to follow an edge rather than to restart, 0.85 unless said.
    #[must_use]
    pub fn with_damping(mut self, damping: Probability) -> Self {
        self.damping = damping;
        self
    }

    /// Total change of all ranks at which it is done, 1e-8 unless said.
    #[must_use]
    pub fn with_tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Iterations after which it stops even so, 200 unless said.
    #[must_use]
    pub fn with_max_iterations(mut self, iterations: usize) -> Self {
        self.max_iterations = iterations;
        self
    }
}

/// What a PageRank run found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ranks {
    /// The share of each node; they sum to one unless there are no nodes.
    pub ranks: Vec<f64>,
    /// Iterations used.
    pub iterations: usize,
    /// Whether the tolerance was reached.
    pub converged: bool,
}

impl Csr {
    /// A graph of nodes `0..nodes` with weighted edges (from, to, weight).
    ///
    /// Parallel edges add up. Edges to nodes that do not exist, and weights that are not positive
    /// and finite, are left out. The order of the edges changes nothing.
    #[must_use]
    pub fn new(nodes: u32, edges: &[(u32, u32, f64)]) -> Self {
        let mut edges: Vec<_> = edges
            .iter()
            .filter(|(from, to, weight)| {
                *from < nodes && *to < nodes && *weight > 0.0 && weight.is_finite()
            })
            .map(|&(from, to, weight)| (to, from, weight))
            .collect();
        // Weights take part in the order: the order of adding up decides the last bits.
        edges.sort_unstable_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2)));
        edges.dedup_by(|next, kept| {
            let same = (next.0, next.1) == (kept.0, kept.1);
            if same {
                kept.2 += next.2;
            }
            same
        });
        let mut outgoing = vec![0.0; nodes as usize];
        let mut offsets = vec![0; nodes as usize + 1];
        for &(to, from, weight) in &edges {
            outgoing[from as usize] += weight;
            offsets[to as usize + 1] += 1;
        }
        for node in 0..nodes as usize {
            offsets[node + 1] += offsets[node];
        }
        Self {
            offsets,
            sources: edges.iter().map(|edge| edge.1).collect(),
            shares: edges.iter().map(|edge| edge.2 / outgoing[edge.1 as usize]).collect(),
            dangling: (0..nodes).filter(|&node| outgoing[node as usize] == 0.0).collect(),
        }
    }

    /// How many nodes it has.
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// How many edges it has, parallel ones counted once.
    #[must_use]
    pub fn edge_count(&self) -> usize {
        self.sources.len()
    }

    /// Personalised PageRank by power iteration: where a walker is found who follows edges by
    /// weight and now and then restarts (Page, Brin, Motwani, Winograd 1999; Haveliwala 2002).
    ///
    /// `restarts` says where, with weights; nodes named twice add up, and without any usable entry
    /// the restart is uniform. From a node without outgoing edges the walker restarts.
    #[must_use]
    pub fn page_rank(&self, restarts: &[(u32, f64)], options: &PageRankOptions) -> Ranks {
        let damping = options.damping.value();
        let restart = self.restart_distribution(restarts);
        let mut ranks = restart.clone();
        let mut next = vec![0.0; ranks.len()];
        for iteration in 1..=options.max_iterations {
            let lost: f64 = self.dangling.iter().map(|&node| ranks[node as usize]).sum();
            let back = 1.0 - damping + damping * lost;
            let mut change = 0.0;
            for (node, row) in self.offsets.windows(2).enumerate() {
                let (sources, shares) =
                    (&self.sources[row[0]..row[1]], &self.shares[row[0]..row[1]]);
                let pulled: f64 = sources
                    .iter()
                    .zip(shares)
                    .map(|(&from, share)| ranks[from as usize] * share)
                    .sum();
                let rank = damping * pulled + back * restart[node];
                change += (rank - ranks[node]).abs();
                next[node] = rank;
            }
            std::mem::swap(&mut ranks, &mut next);
            if change <= options.tolerance {
                return Ranks { ranks, iterations: iteration, converged: true };
            }
        }
        Ranks { ranks, iterations: options.max_iterations, converged: false }
    }

    fn restart_distribution(&self, restarts: &[(u32, f64)]) -> Vec<f64> {
        let nodes = self.node_count();
        let mut usable: Vec<_> = restarts
            .iter()
            .copied()
            .filter(|(node, weight)| {
                (*node as usize) < nodes && *weight > 0.0 && weight.is_finite()
            })
            .collect();
        usable.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let total: f64 = usable.iter().map(|(_, weight)| weight).sum();
        if usable.is_empty() || !total.is_finite() {
            return vec![1.0 / nodes.max(1) as f64; nodes];
        }
        let mut distribution = vec![0.0; nodes];
        for (node, weight) in usable {
            distribution[node as usize] += weight / total;
        }
        distribution
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Edges = Vec<(u32, u32, f64)>;

    fn graphs() -> impl Strategy<Value = (u32, Edges, Vec<(u32, f64)>)> {
        (1_u32..12).prop_flat_map(|nodes| {
            let edge = (0..nodes, 0..nodes, 0.01_f64..2.0);
            let restart = (0..nodes, 0.0_f64..3.0);
            (Just(nodes), prop::collection::vec(edge, 0..40), prop::collection::vec(restart, 0..4))
        })
    }

    /// The textbook: a dense matrix, columns that sum to one, multiplied until it stands still.
    fn dense(nodes: usize, edges: &Edges, restarts: &[(u32, f64)], damping: f64) -> Vec<f64> {
        let total: f64 = restarts.iter().map(|r| r.1).sum();
        let mut restart = vec![if total > 0.0 { 0.0 } else { 1.0 / nodes as f64 }; nodes];
        if total > 0.0 {
            restarts.iter().for_each(|&(node, weight)| restart[node as usize] += weight / total);
        }
        let mut matrix = vec![vec![0.0; nodes]; nodes];
        for &(from, to, weight) in edges {
            matrix[to as usize][from as usize] += weight;
        }
        for from in 0..nodes {
            let sum: f64 = matrix.iter().map(|row| row[from]).sum();
            for (to, row) in matrix.iter_mut().enumerate() {
                row[from] = if sum > 0.0 { row[from] / sum } else { restart[to] };
            }
        }
        let mut ranks = restart.clone();
        for _ in 0..500 {
            ranks = (0..nodes)
                .map(|to| {
                    let pulled: f64 = matrix[to].iter().zip(&ranks).map(|(m, r)| m * r).sum();
                    damping * pulled + (1.0 - damping) * restart[to]
                })
                .collect();
        }
        ranks
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_dense_matrix((nodes, edges, restarts) in graphs(), damping in 0.0..0.95_f64) {
            let options = PageRankOptions::default().with_damping(Probability::saturating(damping)).with_tolerance(1e-12)
                .with_max_iterations(1000);
            let found = Csr::new(nodes, &edges).page_rank(&restarts, &options);
            prop_assert!(found.converged);
            for (rank, expected) in found.ranks.iter().zip(dense(nodes as usize, &edges, &restarts, damping)) {
                prop_assert!((rank - expected).abs() < 1e-9, "{rank} is not {expected}");
            }
        }

        #[test]
        fn ranks_sum_to_one((nodes, edges, restarts) in graphs()) {
            let found = Csr::new(nodes, &edges).page_rank(&restarts, &PageRankOptions::default());
            prop_assert!((found.ranks.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        }

        #[test]
        fn the_order_of_edges_and_restarts_changes_no_bit((nodes, mut edges, mut restarts) in graphs()) {
            let options = PageRankOptions::default();
            let before = Csr::new(nodes, &edges).page_rank(&restarts, &options);
            edges.reverse();
            restarts.reverse();
            prop_assert_eq!(Csr::new(nodes, &edges).page_rank(&restarts, &options), before);
        }
    }

    #[test]
    fn nonsense_weights_and_nodes_are_left_out() {
        let edges =
            [(0, 1, f64::NAN), (0, 1, -1.0), (0, 9, 1.0), (7, 0, 1.0), (0, 1, 0.0), (1, 0, 2.0)];
        let csr = Csr::new(2, &edges);
        assert_eq!((csr.node_count(), csr.edge_count()), (2, 1));
        let ranks = csr.page_rank(&[(5, 1.0), (0, f64::NAN)], &PageRankOptions::default()).ranks;
        assert!((ranks.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn an_empty_graph_has_no_ranks() {
        assert!(Csr::new(0, &[]).page_rank(&[], &PageRankOptions::default()).ranks.is_empty());
        assert!(Csr::default().page_rank(&[], &PageRankOptions::default()).ranks.is_empty());
    }
}
