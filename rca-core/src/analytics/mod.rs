//! Counts over the search index: events by time and by facet, exact, under the same conditions as
//! a search.
//!
//! ```
//! use chrono::Duration;
//! use rca_core::analytics::{Facet, counts};
//! use rca_core::search::{Index, Options, Query};
//!
//! let index = Index::in_memory(Options::default())?;
//! let by_day = counts(&index, &Query::parse("type:deploy")?, &[Facet::Source], Some(Duration::days(1)))?;
//! assert_eq!(by_day.total, 0);
//! # Ok::<(), rca_core::Error>(())
//! ```

mod counts;

pub use counts::{Count, Counts, Facet, counts};
