//! The correlation graph between events.
