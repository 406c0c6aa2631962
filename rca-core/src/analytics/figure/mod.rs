//! Results as tables and charts, for files, pages and reports.

mod chart;
mod svg;
mod table;

pub use chart::{Chart, ChartKind, Series, Unit};
pub use table::{Cell, Column, Table};

/// A result that shows itself as a table and as a chart.
pub trait Figure {
    /// Everything in it, with what was left out among the notes.
    fn table(&self) -> Table;

    /// What is worth seeing of it.
    fn chart(&self) -> Chart;
}
