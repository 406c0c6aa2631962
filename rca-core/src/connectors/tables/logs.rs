//! Log records, one a row.

use std::io::Read;

use super::rows;
use crate::connectors::Batch;
use crate::connectors::fields::{MESSAGE, SEVERITY, TIME};
use crate::connectors::logs::Rows;
use crate::connectors::reading::Reading;
use crate::error::Result;

pub(super) fn fits(header: &[String]) -> bool {
    let has = |names: &[&str]| {
        header.iter().any(|column| names.iter().any(|name| column.eq_ignore_ascii_case(name)))
    };
    let usual = header.iter().any(|column| column.eq_ignore_ascii_case("content"));
    has(TIME) && (has(MESSAGE) || usual) && !has(&["value"]) && (has(SEVERITY) || header.len() < 12)
}

pub(super) fn read(
    source: &mut dyn Read,
    reading: &mut Reading<'_>,
    batch: &mut Batch,
) -> Result<()> {
    let mut header: Option<Vec<String>> = None;
    let mut rows = Rows::new(&mut batch.telemetry.logs, reading);
    rows::each(source, reading, &mut |cells, reading| {
        let Some(header) = &header else {
            header = Some(cells.iter().map(|cell| cell.trim().to_owned()).collect());
            return Ok(0);
        };
        rows.take(header, cells, reading)
    })
}
