//! What all investigations say together.

use std::sync::Arc;

use chrono::Duration;

use crate::analytics::{
    By, ByEntity, CaseFilter, CaseTable, ChangeFailures, Counts, Durations, Facet, Measure, Period,
    Recurrence, Tally, Timeline,
};
use crate::error::Result;
use crate::search::Query;
use crate::time::TimeRange;
use crate::workspace::Workspace;

impl Workspace {
    /// The investigations that pass, in columns; removed ones are left out. The first call reads all of them,
    /// later ones only what changed.
    ///
    /// # Errors
    ///
    /// As [`crate::store::Store`].
    pub fn case_table(&self, filter: &CaseFilter) -> Result<Arc<CaseTable>> {
        let all = self.with_known(|known| known.table())?;
        Ok(if *filter == CaseFilter::default() { all } else { Arc::new(all.select(filter)) })
    }

    /// How long it takes to detect, acknowledge, resolve or restore (MTTD, MTTA, MTTR): mean, median and p90, with
    /// what is still open counted for as long as it has lasted. See [`CaseTable::durations`].
    ///
    /// # Errors
    ///
    /// As [`crate::store::Store`].
    pub fn durations(&self, measure: Measure, by: &[By], filter: &CaseFilter) -> Result<Durations> {
        Ok(self.case_table(filter)?.durations(measure, by, self.now()))
    }

    /// Counts investigations: by severity, component, mechanism, period. See [`Tally::most_frequent_first`].
    ///
    /// # Errors
    ///
    /// As [`crate::store::Store`].
    pub fn tally(&self, by: &[By], filter: &CaseFilter) -> Result<Tally> {
        Ok(self.case_table(filter)?.tally(by))
    }

    /// What was detected, resolved and left open, period by period.
    ///
    /// # Errors
    ///
    /// As [`crate::store::Store`].
    pub fn timeline(&self, period: Period, filter: &CaseFilter) -> Result<Timeline> {
        Ok(self.case_table(filter)?.timeline(period))
    }

    /// What came back: the same component breaking in the same way not longer than `within` after it did before.
    ///
    /// # Errors
    ///
    /// As [`crate::store::Store`].
    pub fn recurrence(&self, within: Duration, filter: &CaseFilter) -> Result<Recurrence> {
        Ok(self.case_table(filter)?.recurrence(within))
    }

    /// The share of deploys that an investigation blames; those within a range when there is one.
    ///
    /// # Errors
    ///
    /// As [`Workspace::counts`].
    pub fn change_failures(
        &self,
        deployed: Option<TimeRange>,
        by_entity: ByEntity,
        period: Option<Period>,
    ) -> Result<ChangeFailures> {
        let query = within(Query::parse("source:deploy")?, deployed);
        let deploys = self.counts(&query, Some(Duration::days(1)), &[Facet::Entity])?;
        let cases = self.case_table(&CaseFilter::default())?;
        Ok(cases.change_failures(&deploys, by_entity, period))
    }

    /// How many events each source gave, in all or by buckets of time.
    ///
    /// # Errors
    ///
    /// As [`Workspace::counts`].
    pub fn events_by_source(
        &self,
        range: Option<TimeRange>,
        bucket: Option<Duration>,
    ) -> Result<Counts> {
        self.counts(&within(Query::all(), range), bucket, &[Facet::Source])
    }
}

fn within(query: Query, range: Option<TimeRange>) -> Query {
    match range {
        Some(range) => query.with_time(range),
        None => query,
    }
}
