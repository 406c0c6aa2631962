//! Reading everything and checking that it fits together.

use std::path::Path;

use redb::{ReadOnlyTable, ReadTransaction, ReadableTable};

use super::fault::{Failure, guard};
use super::history;
use super::letters::{dead_letter_counts, if_there};
use super::tables::{
    ANALYSES, CHECKPOINTS, EVENTS, EventKeys, IDS, INVESTIGATIONS, LETTER_BYTES, LETTER_KEYS,
    LETTERS, LINKS, LINKS_BY_EVENT, LOG, META, SOURCE_IDS, Subject, TIMES, event_key,
    investigation_key, pair, unpair,
};
use crate::model::{EventId, InvestigationId};
use crate::store::VerifyReport;
use crate::store::record::{
    decode_analysis, decode_checkpoint, decode_dead_letter, decode_event, decode_investigation,
    decode_link, decode_meta,
};

type Check = fn(&ReadTransaction, &mut VerifyReport) -> Result<(), Failure>;

/// The checks, one table each, so that a table that can't be read does not hide the others.
const CHECKS: [(&str, Check); 14] = [
    ("events", events),
    ("event ids", ids),
    ("event times", times),
    ("source ids", source_ids),
    ("log of changes", log),
    ("investigations", investigations),
    ("links", links),
    ("links by event", links_by_event),
    ("analyses", analyses),
    ("history", history::verify),
    ("named bytes", meta),
    ("checkpoints", checkpoints),
    ("dead letters", dead_letters),
    ("dead letters by content", letter_keys),
];

pub(super) fn verify(txn: &ReadTransaction, folder: &Path) -> VerifyReport {
    let mut report = VerifyReport::default();
    for (name, check) in CHECKS {
        if let Err(error) = guard(folder, || check(txn, &mut report)) {
            report.add(name, error.to_string());
        }
    }
    report
}

/// Every row decodes and every order knows it.
fn events(txn: &ReadTransaction, report: &mut VerifyReport) -> Result<(), Failure> {
    let (ids, times) = (txn.open_table(IDS)?, txn.open_table(TIMES)?);
    let source_ids = txn.open_table(SOURCE_IDS)?;
    for entry in txn.open_table(EVENTS)?.iter()? {
        let (row, record) = entry?;
        let row = row.value();
        report.events += 1;
        let keys = match decode_event(record.value()).and_then(|event| EventKeys::of(&event)) {
            Ok(keys) => keys,
            Err(error) => {
                report.add(format!("event row {row}"), error.to_string());
                continue;
            }
        };
        let mut expect = |order: &str, found: Option<u64>| {
            if found != Some(row) {
                report.add(format!("event row {row}"), format!("the order by {order} misses it"));
            }
        };
        expect("id", ids.get(keys.id)?.map(|row| row.value()));
        expect("time", times.get(&keys.time)?.map(|row| row.value()));
        if let Some(key) = keys.source {
            expect("source id", source_ids.get(key)?.map(|row| row.value()));
        }
    }
    Ok(())
}

/// An entry of an order must be the one that its row asks for.
fn expect_own(
    report: &mut VerifyReport,
    rows: &ReadOnlyTable<u64, &'static [u8]>,
    order: &str,
    row: u64,
    is_own: impl Fn(&EventKeys) -> bool,
) -> Result<(), Failure> {
    let Some(record) = rows.get(row)? else {
        report.add(format!("order by {order}"), format!("leads to row {row}, which is not there"));
        return Ok(());
    };
    // Rows that do not decode are listed once, by `events`.
    if let Ok(event) = decode_event(record.value())
        && !is_own(&EventKeys::of(&event)?)
    {
        report.add(format!("order by {order}"), format!("leads to row {row} by a wrong key"));
    }
    Ok(())
}

fn ids(txn: &ReadTransaction, report: &mut VerifyReport) -> Result<(), Failure> {
    let rows = txn.open_table(EVENTS)?;
    for entry in txn.open_table(IDS)?.iter()? {
        let (key, row) = entry?;
        expect_own(report, &rows, "id", row.value(), |keys| keys.id == key.value())?;
    }
    Ok(())
}

fn times(txn: &ReadTransaction, report: &mut VerifyReport) -> Result<(), Failure> {
    let rows = txn.open_table(EVENTS)?;
    for entry in txn.open_table(TIMES)?.iter()? {
        let (key, row) = entry?;
        expect_own(report, &rows, "time", row.value(), |keys| keys.time == *key.value())?;
    }
    Ok(())
}

fn source_ids(txn: &ReadTransaction, report: &mut VerifyReport) -> Result<(), Failure> {
    let rows = txn.open_table(EVENTS)?;
    for entry in txn.open_table(SOURCE_IDS)?.iter()? {
        let (key, row) = entry?;
        let own = |keys: &EventKeys| keys.source == Some(key.value());
        expect_own(report, &rows, "source id", row.value(), own)?;
    }
    Ok(())
}

/// What entries name, and whether it is there.
struct Known {
    ids: ReadOnlyTable<u128, u64>,
    investigations: ReadOnlyTable<u128, &'static [u8]>,
}

impl Known {
    fn open(txn: &ReadTransaction) -> Result<Self, Failure> {
        let (ids, investigations) = (txn.open_table(IDS)?, txn.open_table(INVESTIGATIONS)?);
        Ok(Self { ids, investigations })
    }

    fn event(&self, report: &mut VerifyReport, what: &str, id: EventId) -> Result<(), Failure> {
        if self.ids.get(event_key(id))?.is_none() {
            report.add(what, format!("names event {id}, which is not there"));
        }
        Ok(())
    }

    fn investigation(
        &self,
        report: &mut VerifyReport,
        what: &str,
        id: InvestigationId,
    ) -> Result<(), Failure> {
        if self.investigations.get(investigation_key(id))?.is_none() {
            report.add(what, format!("names investigation {id}, which is not there"));
        }
        Ok(())
    }
}

fn log(txn: &ReadTransaction, report: &mut VerifyReport) -> Result<(), Failure> {
    let (known, rows) = (Known::open(txn)?, txn.open_table(EVENTS)?);
    for entry in txn.open_table(LOG)?.iter()? {
        let (seq, subject) = entry?;
        let what = format!("change {}", seq.value());
        if rows.get(seq.value())?.is_some() {
            report.add(what.as_str(), "shares its number with an event");
        }
        match Subject::from_bytes(subject.value()) {
            Err(error) => report.add(what, error.to_string()),
            Ok(Subject::Event(id)) => known.event(report, &what, id)?,
            Ok(Subject::Investigation(id)) => known.investigation(report, &what, id)?,
            Ok(Subject::Link(event, case)) => {
                known.event(report, &what, event)?;
                known.investigation(report, &what, case)?;
            }
        }
    }
    Ok(())
}

fn investigations(txn: &ReadTransaction, report: &mut VerifyReport) -> Result<(), Failure> {
    for entry in txn.open_table(INVESTIGATIONS)?.iter()? {
        let (key, record) = entry?;
        report.investigations += 1;
        let id = InvestigationId::from_bytes(key.value().to_be_bytes());
        match decode_investigation(record.value()) {
            Ok(case) if case.id == id => {}
            Ok(case) => report.add(format!("investigation {id}"), format!("holds {}", case.id)),
            Err(error) => report.add(format!("investigation {id}"), error.to_string()),
        }
    }
    Ok(())
}

fn links(txn: &ReadTransaction, report: &mut VerifyReport) -> Result<(), Failure> {
    let (known, by_event) = (Known::open(txn)?, txn.open_table(LINKS_BY_EVENT)?);
    for entry in txn.open_table(LINKS)?.iter()? {
        let (key, record) = entry?;
        report.links += 1;
        let (case, event) = unpair(key.value());
        let (event_id, id) = (EventId::from_bytes(event), InvestigationId::from_bytes(case));
        let what = format!("link of event {event_id} and investigation {id}");
        match decode_link(record.value()) {
            Ok(link) if link.event == event_id && link.investigation == id => {}
            Ok(_) => report.add(what.as_str(), "holds the link of another pair"),
            Err(error) => report.add(what.as_str(), error.to_string()),
        }
        if by_event.get(&pair(event, case))?.is_none() {
            report.add(what.as_str(), "the order by event misses it");
        }
        known.event(report, &what, event_id)?;
        known.investigation(report, &what, id)?;
    }
    Ok(())
}

fn links_by_event(txn: &ReadTransaction, report: &mut VerifyReport) -> Result<(), Failure> {
    let links = txn.open_table(LINKS)?;
    for entry in txn.open_table(LINKS_BY_EVENT)?.iter()? {
        let (event, case) = unpair(entry?.0.value());
        if links.get(&pair(case, event))?.is_none() {
            let event = EventId::from_bytes(event);
            report.add(format!("links of event {event}"), "one is listed but not there");
        }
    }
    Ok(())
}

fn analyses(txn: &ReadTransaction, report: &mut VerifyReport) -> Result<(), Failure> {
    let known = Known::open(txn)?;
    for entry in txn.open_table(ANALYSES)?.iter()? {
        let (key, record) = entry?;
        let id = InvestigationId::from_bytes(key.value().to_be_bytes());
        let what = format!("analysis of investigation {id}");
        if let Err(error) = decode_analysis(record.value()) {
            report.add(what.as_str(), error.to_string());
        }
        known.investigation(report, &what, id)?;
    }
    Ok(())
}

fn meta(txn: &ReadTransaction, report: &mut VerifyReport) -> Result<(), Failure> {
    for entry in txn.open_table(META)?.iter()? {
        let (name, record) = entry?;
        if let Err(error) = decode_meta(record.value()) {
            report.add(format!("named bytes {:?}", name.value()), error.to_string());
        }
    }
    Ok(())
}

fn checkpoints(txn: &ReadTransaction, report: &mut VerifyReport) -> Result<(), Failure> {
    let Some(checkpoints) = if_there(txn, CHECKPOINTS)? else { return Ok(()) };
    for entry in checkpoints.iter()? {
        let (source, record) = entry?;
        if let Err(error) = decode_checkpoint(record.value()) {
            report.add(format!("checkpoint of {:?}", source.value()), error.to_string());
        }
    }
    Ok(())
}

/// Every letter decodes, has its bytes if it should, and is found by its content; and the count is right.
fn dead_letters(txn: &ReadTransaction, report: &mut VerifyReport) -> Result<(), Failure> {
    let Some(letters) = if_there(txn, LETTERS)? else { return Ok(()) };
    let (bytes, keys) = (txn.open_table(LETTER_BYTES)?, txn.open_table(LETTER_KEYS)?);
    let mut total = 0;
    for entry in letters.iter()? {
        let (number, record) = entry?;
        let number = number.value();
        report.dead_letters += 1;
        let what = format!("dead letter {number}");
        let raw = match bytes.get(number)?.map(|raw| decode_meta(raw.value())).transpose() {
            Ok(raw) => raw.map(|raw| raw.len() as u64),
            Err(error) => {
                report.add(what.as_str(), error.to_string());
                continue;
            }
        };
        total += raw.unwrap_or(0);
        let (letter, key) = match decode_dead_letter(record.value()) {
            Ok(found) => found,
            Err(error) => {
                report.add(what.as_str(), error.to_string());
                continue;
            }
        };
        if letter.id.0 != number {
            report.add(what.as_str(), format!("holds {}", letter.id));
        }
        if raw != letter.kept.then_some(letter.bytes) {
            report.add(what.as_str(), "its bytes are not those it had");
        }
        if keys.get(key)?.map(|number| number.value()) != Some(number) {
            report.add(what.as_str(), "it is not found by its content");
        }
    }
    let counted = dead_letter_counts(txn)?.bytes;
    if counted != total {
        report.add("dead letters", format!("{total} bytes, counted were {counted}"));
    }
    for entry in bytes.iter()? {
        let number = entry?.0.value();
        if letters.get(number)?.is_none() {
            report.add(format!("dead letter {number}"), "has bytes but is not there");
        }
    }
    Ok(())
}

fn letter_keys(txn: &ReadTransaction, report: &mut VerifyReport) -> Result<(), Failure> {
    let Some(keys) = if_there(txn, LETTER_KEYS)? else { return Ok(()) };
    let letters = txn.open_table(LETTERS)?;
    for entry in keys.iter()? {
        let number = entry?.1.value();
        if letters.get(number)?.is_none() {
            report.add(format!("dead letter {number}"), "is listed but not there");
        }
    }
    Ok(())
}
