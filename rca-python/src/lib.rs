//! Python bindings of rca-core. A binding translates; decisions live in the core.
//!
//! The package `rca` owns the public names: its classes and functions give types, defaults and documentation to what is
//! here. Records cross as JSON text ([`encode`]), tables in Arrow's layout ([`frames`], [`tables`]), and every call that
//! may take longer than a moment leaves the interpreter's lock behind ([`run`]).

#![allow(clippy::too_many_arguments, reason = "they are keyword arguments of Python")]

mod analysis;
mod batch;
mod canvas;
mod capsule;
mod cells;
mod custom;
mod encode;
mod error;
mod event_rows;
mod events;
mod figures;
mod frames;
mod graph;
mod investigations;
mod letters;
mod partial;
mod ranking;
mod record;
mod run;
mod search;
mod sources;
mod tables;
mod workspace;

use pyo3::prelude::*;

/// The extension module behind the package `rca`, which owns the public names.
#[pymodule]
mod _rca {
    #[pymodule_export]
    use super::analysis::{
        PyInquiry, analyze_batch, analyze_bundle, render, render_doctor, save, view,
    };
    #[pymodule_export]
    use super::batch::{
        PyBatch, formats, git_diff, read_bundle, read_bytes, read_delivery, read_files, read_git,
        verify_signature,
    };
    #[pymodule_export]
    use super::canvas::{canvas_html, pdf, review, template_names, template_text};
    #[pymodule_export]
    use super::custom::custom_source;
    #[pymodule_export]
    use super::event_rows::batch_of_table;
    #[pymodule_export]
    use super::events::{PyEvents, finding, new_event};
    #[pymodule_export]
    use super::figures::{check_rules, figure_form, figure_table};
    #[pymodule_export]
    use super::frames::{read_calls, read_frame};
    #[pymodule_export]
    use super::graph::PyGraph;
    #[pymodule_export]
    use super::partial::PyPartial;
    #[pymodule_export]
    use super::ranking::rank_columns;
    #[cfg(debug_assertions)]
    #[pymodule_export]
    use super::run::test_panic;
    #[pymodule_export]
    use super::search::PyPage;
    #[pymodule_export]
    use super::sources::{PySource, git_source, open_source};
    #[pymodule_export]
    use super::tables::{PyTable, events_table};
    #[pymodule_export]
    use super::workspace::{PyClock, PyWorkspace, parse_time};
}
