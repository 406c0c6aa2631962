//! The input files of the sets, by name. What is not listed can't be opened.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use serde::de::DeserializeOwned;

use crate::accuracy::Result;

/// Every kind of file that a ranking may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// What people on call know of a case.
    Case,
    /// Numbers over time, plain or packed.
    Metrics,
    /// Normal operation.
    Baseline,
    /// Who calls whom.
    Graph,
    /// Spans.
    Traces,
    /// Log records.
    Logs,
    /// Symptoms and candidates.
    Cases,
    /// `git blame` of the code around the frames.
    Blame,
    /// Log lines as they were written.
    RawLog,
    /// Log messages without their header, in a table with a column for them. Where the set keeps them in one table
    /// with the answers, only that column is taken from it.
    LogContent,
}

impl Input {
    /// Names of the file, the preferred one first.
    #[must_use]
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Case => &["case.json"],
            Self::Metrics => &["metrics.csv", "metrics.csv.gz"],
            Self::Baseline => &["baseline.csv", "baseline.csv.gz"],
            Self::Graph => &["graph.csv", "graph.csv.gz"],
            Self::Traces => &["traces.csv.gz", "traces.csv"],
            Self::Logs => &["logs.csv.gz", "logs.csv"],
            Self::Cases => &["cases.jsonl"],
            Self::Blame => &["blame_evidence.json"],
            Self::RawLog => &["raw.log"],
            Self::LogContent => &["content.csv", "truth.csv"],
        }
    }
}

/// A folder of inputs.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// A folder that may or may not exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The folder that a relative path leads to.
    #[must_use]
    pub fn join(&self, path: impl AsRef<Path>) -> Self {
        Self::new(self.path.join(path))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its own name.
    #[must_use]
    pub fn name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// Whether it holds such a file.
    #[must_use]
    pub fn has(&self, input: Input) -> bool {
        input.names().iter().any(|name| self.path.join(name).is_file())
    }

    /// Sub-folders, in order of name.
    pub fn folders(&self) -> Result<Vec<Self>> {
        let entries = std::fs::read_dir(&self.path)
            .map_err(|error| format!("cannot list {}: {error}", self.path.display()))?;
        let mut found = Vec::new();
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                found.push(path);
            }
        }
        found.sort();
        Ok(found.into_iter().map(Self::new).collect())
    }

    /// Opens an input; packed ones are unpacked.
    pub fn open(&self, input: Input) -> Result<Box<dyn Read>> {
        let found = input.names().iter().map(|name| self.path.join(name)).find(|p| p.is_file());
        match found {
            Some(path) => open(&path),
            None => Err(format!(
                "no {} in {}",
                input.names().first().copied().unwrap_or_default(),
                self.path.display()
            )
            .into()),
        }
    }

    /// Reads a JSON input.
    pub fn json<T: DeserializeOwned>(&self, input: Input) -> Result<T> {
        Ok(serde_json::from_reader(BufReader::new(self.open(input)?))?)
    }

    /// Reads records of a table.
    pub fn csv(&self, input: Input) -> Result<csv::Reader<Box<dyn Read>>> {
        Ok(csv::Reader::from_reader(self.open(input)?))
    }

    /// Reads the commits of a repository: `commits/NAME.jsonl`.
    pub fn commits(&self, repository: &str) -> Result<String> {
        let name = Path::new(repository).file_name().unwrap_or_default();
        let path = self.path.join("commits").join(name).with_extension("jsonl");
        let mut text = String::new();
        open(&path)?.read_to_string(&mut text)?;
        Ok(text)
    }
}

fn open(path: &Path) -> Result<Box<dyn Read>> {
    let file =
        File::open(path).map_err(|error| format!("cannot open {}: {error}", path.display()))?;
    if path.extension().is_some_and(|extension| extension == "gz") {
        return Ok(Box::new(MultiGzDecoder::new(BufReader::new(file))));
    }
    Ok(Box::new(BufReader::new(file)))
}
