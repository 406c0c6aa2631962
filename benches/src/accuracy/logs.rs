//! Log lines with known templates: group them and name the variable parts.

use std::path::Path;

use rca_core::detect::logs::{Miner, TemplateId, split_header};

use crate::accuracy::Result;
use crate::accuracy::case::timed;
use crate::accuracy::folder::{Folder, Input};

/// What is handed to the miner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// Messages without their header.
    Content,
    /// Lines as they were written.
    Raw,
}

/// Writes `<System>.csv` for every system; CPU seconds a system.
pub fn run(folder: &Path, out: &Path, lines: Lines) -> Result<f64> {
    std::fs::create_dir_all(out)?;
    let input = match lines {
        Lines::Content => Input::LogContent,
        Lines::Raw => Input::RawLog,
    };
    let (mut total, mut systems) = (0.0, 0.0);
    for system in Folder::new(folder).folders()?.iter().filter(|system| system.has(input)) {
        let texts = match lines {
            Lines::Content => contents(system)?,
            Lines::Raw => {
                std::io::read_to_string(system.open(input)?)?.lines().map(str::to_owned).collect()
            }
        };
        let (mined, seconds) = timed(|| Ok(mine(&texts, lines)))?;
        (total, systems) = (total + seconds, systems + 1.0);
        let mut writer = csv::Writer::from_path(out.join(system.name()).with_extension("csv"))?;
        writer.write_record(["LineId", "ClusterId", "Template"])?;
        for (line, (id, template)) in mined.iter().enumerate() {
            writer.write_record([&(line + 1).to_string(), &id.get().to_string(), template])?;
        }
        writer.flush()?;
    }
    Ok(total / f64::max(systems, 1.0))
}

fn mine(texts: &[String], lines: Lines) -> Vec<(TemplateId, String)> {
    let mut miner = Miner::default();
    let message = |text| match lines {
        Lines::Content => text,
        Lines::Raw => split_header(text).message,
    };
    let ids: Vec<TemplateId> = texts.iter().map(|text| miner.learn(message(text))).collect();
    miner.finish();
    ids.into_iter()
        .map(|id| {
            let template = miner.template(id);
            (template.id(), template.text().to_owned())
        })
        .collect()
}

/// The one column that holds messages; the others are not looked at.
pub(super) fn contents(system: &Folder) -> Result<Vec<String>> {
    let mut reader = system.csv(Input::LogContent)?;
    let place = reader
        .headers()?
        .iter()
        .position(|name| name == "Content")
        .ok_or_else(|| format!("no column Content for {}", system.name()))?;
    let texts: csv::Result<Vec<String>> = reader
        .records()
        .map(|record| Ok(record?.get(place).unwrap_or_default().to_owned()))
        .collect();
    Ok(texts?)
}
