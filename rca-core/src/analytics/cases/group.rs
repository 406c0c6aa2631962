//! What investigations are grouped by.

use chrono::{DateTime, Datelike, NaiveDate};
use rustc_hash::FxHashMap;

use super::CaseTable;
use crate::model::Impact;

/// What to group by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum By {
    /// How much users were hurt, most first.
    Impact,
    /// The affected component, by name; empty for none.
    Component,
    /// The affected service, by name; empty for none.
    Service,
    /// How the most probable cause does harm; empty where it is not known.
    Mechanism,
    /// The time of detection.
    Period(Period),
}

impl By {
    /// The name of its column.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Impact => "severity",
            Self::Component => "component",
            Self::Service => "service",
            Self::Mechanism => "mechanism",
            Self::Period(period) => period.as_str(),
        }
    }
}

/// A span of the calendar, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// `2026-11-21`.
    Day,
    /// A week of ISO 8601, which begins on Monday: `2026-W47`.
    Week,
    /// `2026-11`.
    Month,
    /// `2026-Q4`.
    Quarter,
}

/// First day of a period and of the next one, in days since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) first: i64,
    pub(super) next: i64,
}

/// Nanoseconds of a day.
const DAY: i64 = 86_400_000_000_000;

impl Period {
    /// The name of its column.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
        }
    }

    /// The period that holds a day.
    pub(super) fn around(self, day: i64) -> Span {
        match self {
            Self::Day => Span { first: day, next: day + 1 },
            Self::Week => {
                // 1970 began on a Thursday.
                let first = day - (day + 3).rem_euclid(7);
                Span { first, next: first + 7 }
            }
            Self::Month => months(day, 1),
            Self::Quarter => months(day, 3),
        }
    }

    /// What people call the period that begins on a day.
    pub(super) fn label(self, first: i64) -> String {
        let date = date(first);
        match self {
            Self::Day => date.format("%Y-%m-%d").to_string(),
            Self::Week => date.format("%G-W%V").to_string(),
            Self::Month => date.format("%Y-%m").to_string(),
            Self::Quarter => format!("{}-Q{}", date.year(), date.month0() / 3 + 1),
        }
    }
}

/// The day of a time.
pub(super) fn day_of(nanos: i64) -> i64 {
    nanos.div_euclid(DAY)
}

fn date(day: i64) -> NaiveDate {
    // Days of nanoseconds in 64 bits lie within the calendar.
    DateTime::from_timestamp(day.saturating_mul(86_400), 0).unwrap_or_default().date_naive()
}

fn months(day: i64, count: u32) -> Span {
    let date = date(day);
    let month0 = date.month0() / count * count;
    let first = date.with_day(1).and_then(|date| date.with_month0(month0)).unwrap_or(date);
    let next = first.checked_add_months(chrono::Months::new(count)).unwrap_or(first);
    let since = |date: NaiveDate| date.signed_duration_since(NaiveDate::default()).num_days();
    let first_day = since(first);
    Span { first: first_day, next: since(next).max(first_day + 1) }
}

/// A group for each row, and what the groups are called.
pub(super) struct Groups {
    /// The group of each row.
    pub(super) of_row: Vec<u32>,
    /// The values of each group, in the order of what it was grouped by; sorted.
    pub(super) values: Vec<Vec<String>>,
}

/// The values of one thing to group by: a code for each row, in the order that groups are shown.
struct Codes {
    of_row: Vec<u32>,
    count: u64,
    label: Box<dyn Fn(u32) -> String>,
}

impl CaseTable {
    pub(super) fn groups(&self, by: &[By]) -> Groups {
        let codes: Vec<Codes> = by.iter().map(|by| self.codes(*by)).collect();
        // One number for each row, in mixed radix; 5 kinds of names hardly fill 128 bits.
        let mut cells = vec![0_u128; self.len()];
        for code in &codes {
            for (cell, value) in cells.iter_mut().zip(&code.of_row) {
                *cell = cell.wrapping_mul(u128::from(code.count)) + u128::from(*value);
            }
        }
        let mut found: FxHashMap<u128, u32> = FxHashMap::default();
        let mut distinct: Vec<u128> = Vec::new();
        let mut of_row = Vec::with_capacity(cells.len());
        for cell in cells {
            of_row.push(*found.entry(cell).or_insert_with(|| {
                distinct.push(cell);
                u32::try_from(distinct.len() - 1).unwrap_or(u32::MAX)
            }));
        }
        let mut order: Vec<u32> = (0..u32::try_from(distinct.len()).unwrap_or(u32::MAX)).collect();
        order.sort_unstable_by_key(|at| distinct[*at as usize]);
        let mut place = vec![0; order.len()];
        for (to, from) in (0..).zip(&order) {
            place[*from as usize] = to;
        }
        of_row.iter_mut().for_each(|group| *group = place[*group as usize]);
        let values =
            order.iter().map(|at| values_of(distinct[*at as usize], &codes)).collect::<Vec<_>>();
        // Without anything to group by there is one group, also of nothing.
        let values = if by.is_empty() { vec![Vec::new()] } else { values };
        Groups { of_row, values }
    }

    fn codes(&self, by: By) -> Codes {
        let named = |column: &[u32]| {
            let names = std::sync::Arc::clone(&self.names);
            Codes {
                of_row: column.to_vec(),
                count: self.names.len() as u64,
                label: Box::new(move |code| names.get(code as usize).cloned().unwrap_or_default()),
            }
        };
        match by {
            By::Impact => {
                let of_row = self.impact.iter().map(|impact| 3 - *impact as u32).collect();
                let label = |code: u32| impact_name(SEVEREST_FIRST[code as usize % 4]).to_owned();
                Codes { of_row, count: 4, label: Box::new(label) }
            }
            By::Component => named(&self.component),
            By::Service => named(&self.service),
            By::Mechanism => named(&self.mechanism),
            By::Period(period) => self.periods(period),
        }
    }

    fn periods(&self, period: Period) -> Codes {
        let mut firsts: Vec<i64> = Vec::new();
        let mut known = Span { first: 0, next: 0 };
        let mut of_row = Vec::with_capacity(self.len());
        // Rows are in order of detection, so that periods come in order too.
        for time in &self.detected {
            let day = day_of(*time);
            if firsts.is_empty() || day >= known.next {
                known = period.around(day);
                firsts.push(known.first);
            }
            of_row.push(u32::try_from(firsts.len() - 1).unwrap_or(u32::MAX));
        }
        let count = firsts.len().max(1) as u64;
        let label = move |code: u32| {
            firsts.get(code as usize).map(|first| period.label(*first)).unwrap_or_default()
        };
        Codes { of_row, count, label: Box::new(label) }
    }
}

fn values_of(mut cell: u128, codes: &[Codes]) -> Vec<String> {
    let mut values: Vec<String> = Vec::with_capacity(codes.len());
    for code in codes.iter().rev() {
        let count = u128::from(code.count.max(1));
        values.push((code.label)(u32::try_from(cell % count).unwrap_or(0)));
        cell /= count;
    }
    values.reverse();
    values
}

const SEVEREST_FIRST: [Impact; 4] = [Impact::Critical, Impact::High, Impact::Medium, Impact::Low];

fn impact_name(impact: Impact) -> &'static str {
    match impact {
        Impact::Critical => "critical",
        Impact::High => "high",
        Impact::Medium => "medium",
        Impact::Low => "low",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(period: Period, date: &str) -> (String, i64) {
        let date: NaiveDate = date.parse().unwrap();
        let day = date.signed_duration_since(NaiveDate::default()).num_days();
        let found = period.around(day);
        assert!(found.first <= day && day < found.next);
        (period.label(found.first), found.next - found.first)
    }

    #[test]
    fn periods_are_those_of_the_calendar_and_of_iso_8601() {
        assert_eq!(label(Period::Day, "2026-11-21"), ("2026-11-21".to_owned(), 1));
        assert_eq!(label(Period::Week, "2027-01-03"), ("2026-W53".to_owned(), 7));
        assert_eq!(label(Period::Week, "1969-12-31"), ("1970-W01".to_owned(), 7));
        assert_eq!(label(Period::Month, "2024-02-29"), ("2024-02".to_owned(), 29));
        assert_eq!(label(Period::Month, "1969-12-31"), ("1969-12".to_owned(), 31));
        assert_eq!(label(Period::Quarter, "2026-11-30"), ("2026-Q4".to_owned(), 92));
    }
}
