//! A git repository with a long history.

use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use super::rng::Rng;
use super::words::word;
use crate::speed::Result;

/// Files at the beginning.
const FILES: usize = 3000;

/// How a repository lies on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// As a clone would be.
    Clone,
    /// As it was imported, which takes a fraction of the time.
    Import,
}

/// Makes a bare repository of so many commits in a folder.
///
/// # Errors
///
/// When git is missing or fails.
pub fn make(folder: &Path, commits: usize, packing: Packing) -> Result<()> {
    git(Command::new("git").args(["init", "-q", "--bare", "--initial-branch=main"]).arg(folder))?;
    let mut import = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["fast-import", "--quiet"])
        .stdin(Stdio::piped())
        .spawn()?;
    let pipe = import.stdin.take().ok_or("git takes no input")?;
    write_history(&mut BufWriter::new(pipe), commits)?;
    if !import.wait()?.success() {
        return Err("git fast-import failed".into());
    }
    match packing {
        Packing::Clone => git(Command::new("git").arg("-C").arg(folder).args(["repack", "-adfq"])),
        Packing::Import => Ok(()),
    }
}

fn write_history(out: &mut dyn Write, commits: usize) -> Result<()> {
    let mut rng = Rng::new(61);
    for number in 0..commits {
        let message = format!("{} {} {number}\n", word(rng.zipf(400)), word(rng.zipf(400)));
        let time = 1_600_000_000 + number * 600;
        writeln!(out, "commit refs/heads/main")?;
        writeln!(out, "committer Dev {} <dev@example.com> {time} +0000", rng.below(40))?;
        writeln!(out, "data {}\n{message}", message.len())?;
        let changed = if number == 0 { FILES } else { 1 + rng.zipf(20) };
        for at in 0..changed {
            let file = if number == 0 { at } else { rng.zipf(FILES) };
            let content = format!("{} {number} {}\n", word(file), rng.next_u64());
            writeln!(out, "M 100644 inline {}", path(file))?;
            writeln!(out, "data {}\n{content}", content.len())?;
        }
    }
    writeln!(out, "done")?;
    out.flush()?;
    Ok(())
}

fn path(file: usize) -> String {
    let (area, part) = (word(100 + file % 12), word(200 + file / 12 % 15));
    format!("src/{area}/{part}/{}.rs", word(1000 + file))
}

fn git(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(format!("git failed: {status}").into()) }
}

#[cfg(test)]
mod tests {
    use rca_core::connectors::git::{History, Repository};
    use rca_core::connectors::unobserved;

    #[test]
    fn the_repository_has_as_many_commits_as_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        super::make(folder.path(), 30, super::Packing::Clone).unwrap();
        let repository = Repository::open(folder.path()).unwrap();
        let batch = repository.history(&History::default(), &unobserved).unwrap();
        assert_eq!(batch.events.len(), 30);
    }
}
