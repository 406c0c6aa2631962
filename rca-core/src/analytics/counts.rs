//! Counting: one pass over columns, in small integers for each segment, then by name.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use rustc_hash::FxHashMap;

use super::figure::{Cell, Chart, ChartKind, Figure, Series, Table, Unit};
use crate::error::{Error, Result};
use crate::model::Severity;
use crate::search::{self, Columns, Index, Query, Scan};
use crate::time::from_nanos;

/// What to count by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Facet {
    /// The source.
    Source,
    /// The event type.
    Type,
    /// The entity's name; empty for events about none.
    Entity,
    /// The severity; its name. Sorted mildest first.
    Severity,
}

/// Counts of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// Where the group's bucket of time begins; none when not counted by time.
    pub bucket: Option<DateTime<Utc>>,
    /// The group's values, in the order of the facets asked for.
    pub values: Vec<String>,
    /// How many events.
    pub count: u64,
}

/// All counts of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// What was counted by, beside time.
    pub facets: Vec<Facet>,
    /// How many events match in all.
    pub total: u64,
    /// Groups that have events, by time, then by value.
    pub groups: Vec<Count>,
}

/// Counts the events that match a query, by facets and by time. The query's sort, limit and cursor do
/// not matter.
///
/// Buckets of time are multiples of `bucket` since 1970 UTC, so that days are UTC days. Groups
/// without events are left out.
///
/// # Errors
///
/// [`crate::ErrorKind::InvalidInput`] for a bucket that is not positive, or a condition that events do
/// not have.
pub fn counts(
    index: &Index,
    query: &Query,
    facets: &[Facet],
    bucket: Option<Duration>,
) -> Result<Counts> {
    let bucket = bucket.map(|width| {
        let nanos = width.num_nanoseconds().unwrap_or(i64::MAX);
        if nanos > 0 {
            Ok(nanos)
        } else {
            Err(Error::value("bucket", "must be longer than nothing"))
        }
    });
    let mut counter = Counter {
        facets,
        bucket: bucket.transpose()?,
        segment: None,
        groups: BTreeMap::new(),
        times: Vec::new(),
        places: Vec::new(),
        numbers: Vec::new(),
        failure: None,
    };
    index.scan(query, |step| match step {
        Scan::Docs(_, columns, docs) => counter.add(columns, docs),
        Scan::End(columns) => counter.finish_segment(columns),
    })?;
    if let Some(error) = counter.failure {
        return Err(error);
    }
    let total = counter.groups.values().sum();
    let groups = counter.groups.into_iter().map(|((bucket, values), count)| Count {
        bucket: bucket.map(from_nanos),
        values: values.into_iter().map(Value::into_name).collect(),
        count,
    });
    Ok(Counts { facets: facets.to_vec(), total, groups: groups.collect() })
}

impl Facet {
    /// The name of its column.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Type => "type",
            Self::Entity => "entity",
            Self::Severity => "severity",
        }
    }
}

impl Counts {
    fn title(&self) -> String {
        let by: Vec<&str> = self.facets.iter().map(|facet| facet.as_str()).collect();
        if by.is_empty() { "Events".to_owned() } else { format!("Events by {}", by.join(" and ")) }
    }

    /// Buckets are days or longer: their time of day says nothing.
    fn bucket_label(bucket: DateTime<Utc>) -> String {
        let midnight = bucket.time() == chrono::NaiveTime::MIN;
        bucket.format(if midnight { "%Y-%m-%d" } else { "%Y-%m-%d %H:%M" }).to_string()
    }
}

impl Figure for Counts {
    fn table(&self) -> Table {
        let by_time = self.groups.iter().any(|group| group.bucket.is_some());
        let mut columns: Vec<&str> = by_time.then_some("from").into_iter().collect();
        columns.extend(self.facets.iter().map(|facet| facet.as_str()));
        columns.push("events");
        let mut table = Table::new(self.title(), &columns);
        for group in &self.groups {
            let bucket = group.bucket.map(Cell::Time);
            let values = group.values.iter().cloned().map(Cell::Text);
            table
                .rows
                .push(bucket.into_iter().chain(values).chain([Cell::Count(group.count)]).collect());
        }
        table
    }

    fn chart(&self) -> Chart {
        let label = |values: &[String]| {
            let shown = |value: &String| {
                if value.is_empty() { "(none)" } else { value.as_str() }.to_owned()
            };
            if values.is_empty() {
                "events".to_owned()
            } else {
                values.iter().map(shown).collect::<Vec<_>>().join(", ")
            }
        };
        let mut totals: BTreeMap<&[String], u64> = BTreeMap::new();
        let mut cells: BTreeMap<(Option<DateTime<Utc>>, &[String]), u64> = BTreeMap::new();
        for Count { bucket, values, count } in &self.groups {
            *totals.entry(values).or_default() += count;
            *cells.entry((*bucket, values)).or_default() += count;
        }
        let mut names: Vec<(&[String], u64)> = totals.into_iter().collect();
        names.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let buckets: Vec<DateTime<Utc>> = self
            .groups
            .iter()
            .filter_map(|group| group.bucket)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let (labels, series) = if buckets.is_empty() {
            let values = names.iter().map(|(_, count)| Some(*count as f64)).collect();
            let labels = names.iter().map(|(values, _)| label(values)).collect();
            (labels, vec![Series { name: "events".to_owned(), values }])
        } else {
            let series = names.iter().map(|(values, _)| Series {
                name: label(values),
                values: buckets
                    .iter()
                    .map(|bucket| cells.get(&(Some(*bucket), *values)).map(|count| *count as f64))
                    .collect(),
            });
            (buckets.iter().map(|bucket| Self::bucket_label(*bucket)).collect(), series.collect())
        };
        Chart {
            title: self.title(),
            description: format!("{} events.", self.total),
            kind: if buckets.is_empty() { ChartKind::Bars } else { ChartKind::Stacked },
            unit: Unit::Count,
            labels,
            series,
        }
    }
}

/// A facet's value, sorted as people expect.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Name(String),
    Severity(u64),
}

impl Value {
    fn into_name(self) -> String {
        match self {
            Self::Name(name) => name,
            Self::Severity(rank) => {
                let severity = usize::try_from(rank).ok().and_then(|n| Severity::ALL.get(n));
                severity.map_or("", |s| s.as_str()).to_owned()
            }
        }
    }
}

/// Cells that fit a table; more, or unknown many, go into a map.
const MAX_TABLE: u128 = 1 << 20;

/// Counts of one segment. A cell is a bucket and the places of the values in the segment's
/// dictionaries, as one number in mixed radix.
enum Cells {
    Table(Vec<u64>),
    Map(FxHashMap<u128, u64>),
}

struct Counter<'a> {
    facets: &'a [Facet],
    /// Nanoseconds.
    bucket: Option<i64>,
    segment: Option<Segment>,
    groups: BTreeMap<(Option<i64>, Vec<Value>), u64>,
    times: Vec<i64>,
    places: Vec<u64>,
    numbers: Vec<u128>,
    failure: Option<Error>,
}

/// How cells of the present segment are numbered, and their counts.
struct Segment {
    cells: Cells,
    /// Values of each facet, "none" included.
    radices: Vec<u64>,
    first_bucket: i64,
}

impl Segment {
    fn of(columns: &Columns, facets: &[Facet], bucket: Option<i64>) -> Self {
        let radices: Vec<u64> = facets.iter().map(|facet| radix(columns, *facet)).collect();
        let (first, last) = bucket.map_or((0, 0), |width| {
            let (first, last) = columns.time_bounds();
            (first.div_euclid(width), last.div_euclid(width))
        });
        let buckets = (i128::from(last) - i128::from(first) + 1).max(1).cast_unsigned();
        let size = radices.iter().fold(buckets, |size, n| size.saturating_mul(u128::from(*n)));
        let cells = match usize::try_from(size) {
            Ok(length) if size <= MAX_TABLE => Cells::Table(vec![0; length]),
            _ => Cells::Map(FxHashMap::default()),
        };
        Self { cells, radices, first_bucket: first }
    }
}

fn radix(columns: &Columns, facet: Facet) -> u64 {
    match column(facet) {
        Some(facet) => columns.names(facet) as u64 + 1,
        None => Severity::ALL.len() as u64,
    }
}

/// The column of names; severities have none.
fn column(facet: Facet) -> Option<search::Facet> {
    match facet {
        Facet::Source => Some(search::Facet::Source),
        Facet::Type => Some(search::Facet::Kind),
        Facet::Entity => Some(search::Facet::Entity),
        Facet::Severity => None,
    }
}

impl Counter<'_> {
    fn add(&mut self, columns: &Columns, docs: &[u32]) {
        let Self { facets, bucket, segment, times, places, numbers, .. } = self;
        let segment = segment.get_or_insert_with(|| Segment::of(columns, facets, *bucket));
        numbers.clear();
        numbers.resize(docs.len(), 0);
        if let Some(width) = bucket {
            columns.times(docs, times);
            number_buckets(times, *width, segment.first_bucket, numbers);
        }
        for (facet, radix) in facets.iter().zip(&segment.radices) {
            match column(*facet) {
                Some(facet) => columns.ords(facet, docs, places),
                None => columns.severities(docs, places),
            }
            for (number, place) in numbers.iter_mut().zip(places.iter()) {
                *number = *number * u128::from(*radix) + u128::from((*place).min(radix - 1));
            }
        }
        match &mut segment.cells {
            Cells::Table(table) => {
                for number in numbers.iter() {
                    let cell = usize::try_from(*number).ok().and_then(|n| table.get_mut(n));
                    if let Some(count) = cell {
                        *count += 1;
                    }
                }
            }
            Cells::Map(map) => {
                for number in numbers.iter() {
                    *map.entry(*number).or_default() += 1;
                }
            }
        }
    }

    /// Turns places into names.
    fn finish_segment(&mut self, columns: &Columns) {
        let Some(Segment { cells, radices, first_bucket }) = self.segment.take() else { return };
        let mut counted: Vec<(u128, u64)> = match cells {
            Cells::Table(table) => (0..).zip(table).filter(|(_, count)| *count > 0).collect(),
            Cells::Map(map) => map.into_iter().collect(),
        };
        counted.sort_unstable();
        for (number, count) in counted {
            match self.group(columns, &radices, first_bucket, number) {
                Ok(group) => *self.groups.entry(group).or_default() += count,
                Err(error) => self.failure = self.failure.take().or(Some(error)),
            }
        }
    }

    fn group(
        &self,
        columns: &Columns,
        radices: &[u64],
        first_bucket: i64,
        mut number: u128,
    ) -> Result<(Option<i64>, Vec<Value>)> {
        let mut values = Vec::with_capacity(radices.len());
        for (facet, radix) in self.facets.iter().zip(radices).rev() {
            let place = u64::try_from(number % u128::from(*radix)).unwrap_or(0);
            number /= u128::from(*radix);
            values.push(match column(*facet) {
                Some(facet) => Value::Name(columns.name(facet, place)?),
                None => Value::Severity(place),
            });
        }
        values.reverse();
        let bucket = self.bucket.map(|width| {
            let bucket = i128::from(first_bucket) + i128::try_from(number).unwrap_or(0);
            // The first bucket may begin before the first nanosecond there is.
            let start = bucket * i128::from(width);
            i64::try_from(start).unwrap_or(i64::MIN)
        });
        Ok((bucket, values))
    }
}

/// Neighbours mostly fall into one bucket, which saves them the division.
fn number_buckets(times: &[i64], width: i64, first_bucket: i64, numbers: &mut [u128]) {
    let mut known = 1..1;
    let mut bucket = 0;
    for (number, time) in numbers.iter_mut().zip(times) {
        if !known.contains(time) {
            bucket = time.div_euclid(width);
            let start = bucket.saturating_mul(width);
            known = start..start.saturating_add(width);
        }
        *number = (i128::from(bucket) - i128::from(first_bucket)).max(0).cast_unsigned();
    }
}
