//! The store: the truth, behind a trait.
