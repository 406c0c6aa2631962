//! Full-text search over events and investigations; a projection of the store.
