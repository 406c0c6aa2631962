//! What many events and investigations say together.
//!
//! [`counts`] counts events by time and facet, exactly, under the same conditions as a search. [`CaseTable`] holds
//! investigations in columns: times to detect, acknowledge and resolve, what comes back, which deploys fail. Every
//! result is a [`Figure`]: a [`Table`] and a [`Chart`]. [`Kin`] finds past investigations that resemble one.
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

mod cases;
mod counts;
mod figure;
mod similar;

pub use cases::{
    BlamedDeploy, By, ByEntity, CaseFacts, CaseFilter, CaseTable, ChangeFailures, DurationGroup,
    Durations, Excluded, FailureGroup, Measure, Period, Recurrence, Recurring, Tally, TallyGroup,
    Timeline, TimelinePeriod,
};
pub use counts::{Count, Counts, Facet, counts};
pub use figure::{Cell, Chart, ChartKind, Column, Figure, Series, Table, Unit};
pub use similar::{Fingerprint, Fix, Kin, Likeness, Match, Resemblance, Revert, Similar};
