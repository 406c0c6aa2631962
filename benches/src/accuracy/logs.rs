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
///
/// # Errors
///
/// When a system lacks the file with its lines; nothing is left out silently.
pub fn run(folder: &Path, out: &Path, lines: Lines) -> Result<f64> {
    std::fs::create_dir_all(out)?;
    let input = match lines {
        Lines::Content => Input::LogContent,
        Lines::Raw => Input::RawLog,
    };
    let (mut total, mut systems) = (0.0, 0.0);
    let all = Folder::new(folder).folders()?;
    for system in all.iter().filter(|s| s.has(Input::RawLog) || s.has(Input::LogContent)) {
        if !system.has(input) {
            return Err(missing(system, lines).into());
        }
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
    if systems == 0.0 {
        return Err(format!("no folder with log lines in {}", folder.display()).into());
    }
    Ok(total / systems)
}

fn missing(system: &Folder, lines: Lines) -> String {
    let place = system.path().display();
    match lines {
        Lines::Content => format!(
            "neither {} in {place}: messages without header come from the column Content there; \
             say --raw to read the lines as they were written",
            Input::LogContent.names().join(" nor ")
        ),
        Lines::Raw => format!("no {} in {place}", Input::RawLog.names().join(" nor ")),
    }
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn mined(files: &[(&str, &str)], lines: Lines) -> std::result::Result<String, String> {
        let place = tempfile::tempdir().unwrap();
        let (cases, out) = (place.path().join("cases"), place.path().join("out"));
        fs::create_dir_all(cases.join("Mill")).unwrap();
        for (name, text) in files {
            fs::write(cases.join("Mill").join(name), text).unwrap();
        }
        run(&cases, &out, lines).map_err(|error| error.to_string())?;
        Ok(fs::read_to_string(out.join("Mill.csv")).unwrap())
    }

    const RAW: (&str, &str) = ("raw.log", "2024-01-31 12:30:11 INFO ground 7 bags\n");

    #[test]
    fn messages_come_from_a_table_of_their_own_or_beside_the_answers() {
        for name in ["content.csv", "truth.csv"] {
            let table = (name, "LineId,Content\n1,ground 7 bags\n");
            assert!(mined(&[RAW, table], Lines::Content).unwrap().contains("ground <*> bags"));
        }
    }

    #[test]
    fn a_missing_table_is_said_with_the_way_out() {
        let said = mined(&[RAW], Lines::Content).unwrap_err();
        assert!(said.contains("truth.csv") && said.contains("--raw"), "{said}");
        assert!(mined(&[RAW], Lines::Raw).unwrap().contains("ground <*> bags"));
        assert!(mined(&[], Lines::Raw).is_err());
    }
}
