//! Raw log lines to templates, on one thread.

use std::path::Path;
use std::process::Command;

use rca_core::detect::logs::{Miner, split_header};

use crate::speed::clock::{Cost, alternate, measure};
use crate::speed::data::logs;
use crate::speed::row::{By, Row};
use crate::speed::{Bench, Result, peer};

/// Header, masks and grouping for everybody, from lines in memory; all lines learned and the templates
/// read out.
///
/// # Errors
///
/// When a file can't be read, or a peer that is there fails.
pub fn raw_lines(bench: &Bench) -> Result<Vec<Row>> {
    let text = match &bench.logs {
        Some(folder) => read_folder(folder)?,
        None => logs::lines(bench.scaled(100_000, 1000)),
    };
    let folder = bench.fresh_folder()?;
    let file = folder.path().join("mixed.log");
    std::fs::write(&file, &text)?;
    let lines: Vec<&str> = text.lines().collect();
    let work = format!("{} log lines to templates", lines.len());
    let ours = || -> Result<Cost> {
        let (cost, templates) = measure(|| {
            let mut miner = Miner::default();
            for line in &lines {
                miner.learn(split_header(line).message);
            }
            Ok(miner.finish().len())
        })?;
        if templates > 0 { Ok(cost) } else { Err("no templates were found".into()) }
    };
    let name = "Drain3 with masks";
    let drain3 = match bench.peers.python("drain3", &["drain3==0.9.11"]) {
        Err(why) => Row::without_peer(&work, name, ours()?, &why),
        Ok(()) => {
            let theirs = || bench.peers.run_python("templates_drain3.py", &file, &[]);
            // It takes so long that noise evens out.
            Row::faster(&work, name, alternate(bench.rounds.min(3), ours, theirs)?, By::Wall, 40.0)
        }
    };
    let mut rows = vec![drain3];
    for name in ["drain-rs", "drain3-rs"] {
        let title = format!("{name} with masks");
        rows.push(match bench.peers.rust(name) {
            Err(why) => Row::without_peer(&work, &title, ours()?, &why),
            Ok(program) => {
                let theirs = || peer::run(Command::new(&program).arg(&file));
                Row::faster(&work, &title, alternate(bench.rounds, ours, theirs)?, By::Wall, 4.0)
            }
        });
    }
    Ok(rows)
}

/// All files of a folder, by name; bytes that are no text are replaced.
fn read_folder(folder: &Path) -> Result<String> {
    let mut files: Vec<_> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.sort();
    let mut text = String::new();
    for file in files.iter().filter(|file| file.is_file()) {
        text.push_str(&String::from_utf8_lossy(&std::fs::read(file)?));
        text.push('\n');
    }
    Ok(text)
}
