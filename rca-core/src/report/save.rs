//! Writing a report to a file: whole or not at all.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use crate::error::{Error, Result};

/// Writes a text to a file through a temporary neighbour and a rename, so that a reader sees the old
/// or the new report, never half of one. On Unix only the owner may read it: reports quote logs.
///
/// # Errors
///
/// The system's refusal ([`crate::ErrorKind::NotFound`] for a missing folder,
/// [`crate::ErrorKind::Denied`] for missing rights), naming the path.
pub fn save(path: &Path, text: &str) -> Result<()> {
    let Some(name) = path.file_name() else {
        return Err(Error::value("report", format!("{} is not a file name", path.display())));
    };
    let mut temporary = name.to_owned();
    temporary.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(temporary);
    let result = write_whole(&temporary, text).and_then(|()| {
        fs::rename(&temporary, path).map_err(|error| Error::io("write", path, error))
    });
    if result.is_err() {
        // Best effort: the first error is the one worth telling.
        let _ = fs::remove_file(&temporary);
    }
    result
}

fn write_whole(path: &Path, text: &str) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path).map_err(|error| Error::io("write", path, error))?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(|error| Error::io("write", path, error))
}
