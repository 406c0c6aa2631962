//! Python bindings of rca-core. A binding translates; decisions live in the core.

mod error;
mod workspace;

use pyo3::prelude::*;

/// The extension module behind the package `rca`, which owns the public names.
#[pymodule]
mod _rca {
    #[pymodule_export]
    use super::workspace::{PyCause, PyWorkspace, analyze_bundle};
}
