//! Reading code changes: what a diff does.
