//! Personalised PageRank.

use std::io::Write;

use rca_core::graph::{Csr, PageRankOptions};

use crate::speed::clock::{Cost, alternate, measure};
use crate::speed::data::graph::edges;
use crate::speed::row::{By, Row};
use crate::speed::{Bench, Result};

/// Sum of all changes at which everybody stops.
const TOLERANCE: f64 = 1e-8;
/// Where the walk restarts.
const RESTARTS: [u32; 3] = [5, 17, 101];

/// The same graph, restarts and tolerance for everybody. Ours includes making the snapshot of rows;
/// theirs does not include making the graph.
///
/// # Errors
///
/// When a peer that is there fails.
pub fn personalised(bench: &Bench) -> Result<Vec<Row>> {
    let (nodes, count) = (bench.scaled(100_000, 500), bench.scaled(1_000_000, 2_000));
    let nodes = u32::try_from(nodes)?;
    let edges = edges(nodes, count);
    let folder = bench.fresh_folder()?;
    let file = folder.path().join("edges");
    let mut bytes = Vec::with_capacity(edges.len() * 8);
    for (from, to) in &edges {
        bytes.write_all(&from.to_le_bytes())?;
        bytes.write_all(&to.to_le_bytes())?;
    }
    std::fs::write(&file, bytes)?;

    let weighted: Vec<(u32, u32, f64)> = edges.iter().map(|(a, b)| (*a, *b, 1.0)).collect();
    let ours = || -> Result<Cost> {
        let (cost, ranks) = measure(|| {
            let graph = Csr::new(nodes, &weighted);
            let restarts = RESTARTS.map(|node| (node, 1.0));
            let options = PageRankOptions::default().with_tolerance(TOLERANCE);
            Ok(graph.page_rank(&restarts, &options))
        })?;
        if ranks.converged { Ok(cost) } else { Err("the ranks did not converge".into()) }
    };
    let work = format!("personalised PageRank, {nodes} nodes, {count} edges");
    let arguments = [nodes.to_string(), TOLERANCE.to_string()];
    let arguments = [arguments[0].as_str(), arguments[1].as_str()];
    let peers: [(&str, &str, &[&str], f64); 2] = [
        (
            "networkx",
            "pagerank_networkx.py",
            &["networkx==3.6.1", "numpy==2.4.6", "scipy==1.17.1"],
            50.0,
        ),
        ("rustworkx", "pagerank_rustworkx.py", &["rustworkx==0.18.1", "numpy==2.4.6"], 5.0),
    ];
    let mut rows = Vec::new();
    for (peer, script, packages, goal) in peers {
        rows.push(match bench.peers.python(peer, packages) {
            Err(why) => Row::without_peer(&work, peer, ours()?, &why),
            Ok(()) => {
                let theirs = || bench.peers.run_python(script, &file, &arguments);
                Row::faster(&work, peer, alternate(bench.rounds, ours, theirs)?, By::Wall, goal)
            }
        });
    }
    Ok(rows)
}
