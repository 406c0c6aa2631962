//! Reports from one view model.
