//! Logs with known templates, written from invented statements: what no data set can have taught.
//!
//! A file of statements stands for one program. Its first line is `header: LAYOUT`, every other one
//! `WEIGHT STATEMENT`; both hold placeholders such as `{ip}` or `{one:red,green}`. The files below
//! `statements/tuning` may be looked at while the miner is worked on, those below
//! `statements/held-out` are for the final figure only.

mod value;

use std::path::Path;

use crate::accuracy::Result;
use crate::speed::data::rng::Rng;

/// Lines written for each program.
const LINES: usize = 2000;

/// Writes `<program>/raw.log` and `<program>/truth.csv` for every file of statements in a folder.
///
/// # Errors
///
/// When a file can't be read or written, or a statement has an unknown placeholder.
pub fn run(statements: &Path, out: &Path) -> Result<()> {
    let mut files: Vec<_> = std::fs::read_dir(statements)?
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<_>>()?;
    files.sort();
    for (at, file) in files.iter().enumerate() {
        let program = Program::parse(&std::fs::read_to_string(file)?)
            .map_err(|error| format!("{}: {error}", file.display()))?;
        let folder = out.join(file.file_stem().unwrap_or_default());
        std::fs::create_dir_all(&folder)?;
        let mut rng = Rng::new(7 + at as u64);
        let mut raw = String::new();
        let mut truth = csv::Writer::from_path(folder.join("truth.csv"))?;
        truth.write_record(["LineId", "EventId", "EventTemplate", "Content"])?;
        for line in 1..=LINES {
            let statement = program.pick(&mut rng);
            let content = value::written(&program.statements[statement].text, &mut rng)?;
            raw.push_str(&value::written(&program.header, &mut rng)?);
            raw.push_str(&content);
            raw.push('\n');
            let event = format!("E{}", statement + 1);
            let template = &program.statements[statement].template;
            truth.write_record([&line.to_string(), &event, template, &content])?;
        }
        truth.flush()?;
        std::fs::write(folder.join("raw.log"), raw)?;
    }
    Ok(())
}

#[derive(Debug)]
struct Program {
    header: String,
    statements: Vec<Statement>,
    weight: usize,
}

#[derive(Debug)]
struct Statement {
    weight: usize,
    text: String,
    template: String,
}

impl Program {
    fn parse(text: &str) -> Result<Self> {
        let mut lines = text.lines();
        let header = lines.next().and_then(|line| line.strip_prefix("header: "));
        let mut program =
            Self { header: header.ok_or("no header")?.to_owned(), statements: vec![], weight: 0 };
        for line in lines {
            let (weight, text) = line.split_once(' ').ok_or("no weight")?;
            let weight = weight.parse()?;
            program.weight += weight;
            let template = value::template(text);
            program.statements.push(Statement { weight, text: text.to_owned(), template });
        }
        Ok(program)
    }

    fn pick(&self, rng: &mut Rng) -> usize {
        let mut left = rng.below(self.weight);
        self.statements
            .iter()
            .position(|statement| {
                let found = left < statement.weight;
                left = left.wrapping_sub(statement.weight);
                found
            })
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_statement_can_be_written() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("statements");
        let out = tempfile::tempdir().unwrap();
        for part in ["tuning", "held-out"] {
            run(&root.join(part), &out.path().join(part)).unwrap();
        }
        let raw = std::fs::read_to_string(out.path().join("held-out/mail/raw.log")).unwrap();
        assert_eq!(raw.lines().count(), LINES);
    }
}
