//! One column a series: `time,pay_cpu,pay_latency,cart_cpu`.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::Read;

use super::rows;
use crate::connectors::fields::TIME;
use crate::connectors::origin::Origin;
use crate::connectors::reading::Reading;
use crate::connectors::{Batch, timestamp};
use crate::error::{Error, Place, Result};
use crate::model::Entity;
use crate::time::nanos;

/// Between an entity's name and its metric's.
const SIGNS: [char; 4] = ['_', '.', ':', '/'];
/// Spellings of an absent value.
const GAPS: [&str; 11] =
    ["", "nan", "null", "none", "na", "n/a", "inf", "+inf", "-inf", "infinity", "-infinity"];

fn is_time(column: &str) -> bool {
    TIME.iter().any(|name| column.eq_ignore_ascii_case(name))
}

/// Whether one column is a time, the others are named, and their first values are numbers.
pub(super) fn fits(header: &[String], first: &[String]) -> bool {
    let times = header.iter().filter(|column| is_time(column)).count();
    let long = |name: &str| header.iter().any(|column| column.eq_ignore_ascii_case(name));
    times == 1
        && !long("value")
        && header.len() == first.len()
        && header.iter().zip(first).all(|(column, value)| {
            is_time(column)
                || (number(value).is_some() && column.parse::<f64>().is_err() && !column.is_empty())
        })
}

/// A number; NaN where it is a gap, none where it is neither.
fn number(text: &str) -> Option<f64> {
    let gap = || GAPS.iter().any(|gap| text.eq_ignore_ascii_case(gap));
    text.parse().ok().or_else(|| gap().then_some(f64::NAN))
}

/// Where the time is, and whose series the others are.
struct Columns {
    time: usize,
    series: Vec<Option<(Entity, String)>>,
}

impl Columns {
    fn find(header: &[Cow<'_, str>], file: &str) -> std::result::Result<Self, String> {
        let header: Vec<&str> = header.iter().map(|column| column.trim()).collect();
        let time = header.iter().position(|column| is_time(column));
        let time = time.ok_or("no column for the time; the first line must name the columns")?;
        let named: Vec<&str> = header
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != time)
            .map(|(_, name)| *name)
            .collect();
        let cut = cut(&named);
        let origin = Origin::of(file);
        let nobody = Entity::service(origin.service().unwrap_or_default());
        let series = header.iter().enumerate().map(|(at, column)| {
            if at == time || column.is_empty() {
                return None;
            }
            let parts = cut.and_then(|cut| cut.apply(column));
            Some(match parts {
                Some((entity, metric)) => (Entity::service(entity), metric.to_owned()),
                None => (nobody.clone(), (*column).to_owned()),
            })
        });
        Ok(Self { time, series: series.collect() })
    }
}

/// What the columns of a wide table hold (`time,pay_cpu,cart_cpu`), told by their names, for tables that are in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WideColumns {
    /// Where the time is.
    pub time: usize,
    /// The entity and the metric of each column; none for the time, and for columns without a name.
    pub series: Vec<Option<(Entity, String)>>,
}

impl WideColumns {
    /// Reads a header. `pay_cpu` is cut where entities share metrics again and again; where none do, all columns are
    /// metrics of one entity without a name.
    ///
    /// ```
    /// use rca_core::connectors::WideColumns;
    ///
    /// let columns = WideColumns::of(&["time", "pay_cpu", "pay_mem", "cart_cpu", "cart_mem"])?;
    /// assert_eq!(columns.time, 0);
    /// assert_eq!(columns.series[3].as_ref().unwrap().1, "cpu");
    /// # Ok::<(), rca_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when no column is a time.
    pub fn of(header: &[&str]) -> Result<Self> {
        let header: Vec<Cow<'_, str>> = header.iter().map(|name| Cow::Borrowed(*name)).collect();
        let place = Place { input: Some("table".to_owned()), ..Place::default() };
        let found = Columns::find(&header, "table").map_err(|why| Error::invalid(place, why))?;
        Ok(Self { time: found.time, series: found.series })
    }
}

/// Where names are cut in two: at the first or the last of a sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cut {
    sign: char,
    first: bool,
}

impl Cut {
    fn apply(self, column: &str) -> Option<(&str, &str)> {
        let parts =
            if self.first { column.split_once(self.sign) } else { column.rsplit_once(self.sign) };
        parts.filter(|(entity, metric)| !entity.is_empty() && !metric.is_empty())
    }
}

/// The cut with which entities have the same metrics again and again: that which needs the fewest names in all. None
/// where no two entities share one, or each has one only: the columns are all of one entity then.
fn cut(columns: &[&str]) -> Option<Cut> {
    let mut best: Option<(usize, Cut)> = None;
    for sign in SIGNS {
        for first in [true, false] {
            let cut = Cut { sign, first };
            let parts: Vec<_> = columns.iter().filter_map(|column| cut.apply(column)).collect();
            if parts.len() * 10 < columns.len() * 9 {
                continue;
            }
            let entities: BTreeSet<&str> = parts.iter().map(|(entity, _)| *entity).collect();
            let metrics: BTreeSet<&str> = parts.iter().map(|(_, metric)| *metric).collect();
            // A full table of two by two needs four names for four columns.
            let rectangular = 2 * parts.len() >= entities.len() * metrics.len();
            let several = entities.len() > 1 && metrics.len() > 1;
            let names = entities.len() + metrics.len();
            let fewer = best.is_none_or(|(least, _)| names < least);
            if rectangular && several && fewer {
                best = Some((names, cut));
            }
        }
    }
    best.map(|(_, cut)| cut)
}

pub(super) fn read(
    source: &mut dyn Read,
    reading: &mut Reading<'_>,
    batch: &mut Batch,
) -> Result<()> {
    let mut columns: Option<Columns> = None;
    let file = reading.name;
    rows::each(source, reading, &mut |cells, reading| {
        let Some(columns) = &columns else {
            columns = Some(Columns::find(cells, file)?);
            return Ok(0);
        };
        let time = cells.get(columns.time).ok_or("no time on this line")?;
        let moment = timestamp::parse_text(time)?;
        if moment.assumed_utc {
            reading.note("times without an offset were taken as UTC");
        }
        let (mut bad, mut gaps) = (None, 0);
        for (at, series) in columns.series.iter().enumerate() {
            let Some((entity, metric)) = series else { continue };
            let cell = cells.get(at).map(|cell| cell.trim()).unwrap_or_default();
            match number(cell) {
                Some(value) => {
                    let kept =
                        batch.telemetry.metrics.push(entity, metric, nanos(moment.time), value);
                    gaps += u64::from(!kept);
                }
                None => bad = Some(at),
            }
        }
        reading.report.note_times("blank, NaN and infinite values are gaps", gaps);
        match bad {
            // The other cells are good; the line shows among those refused.
            Some(at) => Err(format!("column {}: not a number", at + 1)),
            None => Ok(1),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_cut_where_entities_share_metrics() {
        let at = |sign, first| Some(Cut { sign, first });
        assert_eq!(cut(&["a_cpu", "a_mem", "b_cpu", "b_mem"]), at('_', true));
        assert_eq!(cut(&["a_b_cpu", "a_b_mem", "c_d_cpu", "c_d_mem"]), at('_', false));
        assert_eq!(cut(&["a_cpu_use", "a_mem_use", "b_cpu_use", "b_mem_use"]), at('_', true));
        assert_eq!(cut(&["a.cpu", "a.mem", "b.cpu", "b.mem"]), at('.', true));
        assert_eq!(cut(&["cpu_use", "mem_use", "disk_use"]), None);
        assert_eq!(cut(&["cpu", "mem"]), None);
    }
}
