//! Which events belong to an investigation, and why.
