//! Made-up inputs, the same on every run.

pub mod events;
pub mod graph;
pub mod logs;
pub mod metrics;
pub mod payloads;
pub mod repository;
pub mod rng;
pub mod window;
pub mod words;
