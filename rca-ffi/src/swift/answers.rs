//! Asking why, showing what came out, and the graph.

use std::path::Path;
use std::sync::Arc;

use rca_core::graph::CorrelationGraph;
use rca_core::{Answer, report};
use rca_json::{answers, graphs};

use super::batches::RawBatch;
use super::workspaces::RawWorkspace;
use super::{Called, Watcher, call, observer};

/// What an inquiry came to.
#[derive(Debug, uniffi::Object)]
pub struct RawAnswer(pub(super) Answer);

#[uniffi::export]
impl RawAnswer {
    /// Causes, evidence, timeline.
    pub fn analysis(&self) -> Called<String> {
        call(|| report::json(&self.0.analysis))
    }

    /// What was read, what was not, what is missing.
    pub fn doctor(&self) -> Called<String> {
        call(|| report::doctor_json(&self.0.doctor))
    }

    /// Everything that was read.
    pub fn batch(&self) -> Arc<RawBatch> {
        RawBatch::of(self.0.batch.clone())
    }

    /// The answer as a page.
    pub fn canvas(&self) -> Called<String> {
        call(|| report::html(&self.0.canvas()))
    }
}

/// Reads any mix of inputs and judges, in a workspace where one is given.
#[uniffi::export]
pub fn run_inquiry(
    inquiry: &str,
    batches: Vec<Arc<RawBatch>>,
    workspace: Option<Arc<RawWorkspace>>,
    watcher: &dyn Watcher,
) -> Called<Arc<RawAnswer>> {
    call(|| {
        let batches = batches.iter().map(|batch| Arc::clone(&batch.0)).collect();
        let (inquiry, observer) = (answers::inquiry(inquiry, batches)?, observer(watcher));
        let answer = match workspace {
            Some(workspace) => inquiry.run_in(&workspace.get()?, &observer)?,
            None => inquiry.run(&observer)?,
        };
        Ok(Arc::new(RawAnswer(answer)))
    })
}

/// Reads, and says how it went, without judging.
#[uniffi::export]
pub fn examine(
    inquiry: &str,
    batches: Vec<Arc<RawBatch>>,
    watcher: &dyn Watcher,
) -> Called<String> {
    call(|| {
        let batches = batches.iter().map(|batch| Arc::clone(&batch.0)).collect();
        report::doctor_json(&answers::inquiry(inquiry, batches)?.examine(&observer(watcher))?)
    })
}

/// Ranks the causes of an incident in memory.
#[uniffi::export]
pub fn analyze_batch(batch: &RawBatch, incident: &str) -> Called<String> {
    call(|| answers::analyze_batch(&batch.0, incident))
}

/// What stays the same of a cause.
#[uniffi::export]
pub fn cause_key(cause: &str) -> Called<String> {
    call(|| answers::cause_key(cause))
}

/// A report of an answer.
#[uniffi::export]
pub fn render(analysis: &str, kind: &str, width: u32) -> Called<String> {
    call(|| answers::render(analysis, kind, width as usize))
}

/// An account of the inputs as a report.
#[uniffi::export]
pub fn render_doctor(doctor: &str, kind: &str, width: u32) -> Called<String> {
    call(|| answers::render_doctor(doctor, kind, width as usize))
}

/// Writes a document to a file, whole or not at all.
#[uniffi::export]
pub fn save(path: &str, document: &[u8]) -> Called<()> {
    call(|| report::save(Path::new(path), document))
}

/// Events as nodes, suspected influence as edges.
#[derive(uniffi::Object)]
pub struct RawGraph(CorrelationGraph);

impl std::fmt::Debug for RawGraph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RawGraph({})", self.0.len())
    }
}

impl RawGraph {
    pub(super) fn of(graph: CorrelationGraph) -> Arc<Self> {
        Arc::new(Self(graph))
    }
}

#[uniffi::export]
impl RawGraph {
    /// A graph that was exported.
    #[uniffi::constructor]
    pub fn from_json(text: &str) -> Called<Arc<Self>> {
        call(|| CorrelationGraph::from_json(text).map(Self::of))
    }

    /// The graph of events in memory.
    #[uniffi::constructor]
    pub fn build(events: &str) -> Called<Arc<Self>> {
        call(|| graphs::build(events).map(Self::of))
    }

    /// Edges at an event.
    pub fn edges_of(&self, event: &str, way: &str) -> Called<String> {
        call(|| graphs::edges_of(&self.0, event, way))
    }

    /// The events so near.
    pub fn within_hops(&self, event: &str, hops: u32, way: &str) -> Called<String> {
        call(|| graphs::within_hops(&self.0, event, hops as usize, way))
    }

    /// All events that hang together with one.
    pub fn component(&self, event: &str) -> Called<String> {
        call(|| graphs::component(&self.0, event))
    }

    /// Personalised PageRank.
    pub fn page_rank(&self, wanted: &str) -> Called<String> {
        call(|| graphs::page_rank(&self.0, wanted))
    }

    /// The graph as JSON.
    pub fn json(&self) -> Called<String> {
        call(|| self.0.to_json())
    }

    /// The graph for Graphviz.
    pub fn dot(&self) -> String {
        self.0.to_dot()
    }

    /// Its size and shape.
    pub fn stats(&self) -> Called<String> {
        call(|| graphs::stats(&self.0))
    }

    /// The strongest path between two events.
    pub fn evidence_path(&self, from: &str, to: &str, way: &str) -> Called<String> {
        call(|| graphs::evidence_path(&self.0, from, to, way))
    }

    /// Chains of influence that end at a symptom.
    pub fn causal_chains(&self, symptom: &str, max_edges: u32) -> Called<String> {
        call(|| graphs::causal_chains(&self.0, symptom, max_edges as usize))
    }

    /// Events one edge away.
    pub fn neighbours(&self, event: &str, way: &str, kind: Option<String>) -> Called<String> {
        call(|| graphs::neighbours(&self.0, event, way, kind.as_deref()))
    }
}
