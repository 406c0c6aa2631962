//! Placeholder.
mod case;
pub use case::Inputs;
mod reach;
mod text;
mod topology;
