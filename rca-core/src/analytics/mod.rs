//! Counts over the index.
