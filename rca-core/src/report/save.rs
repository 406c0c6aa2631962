//! Writing a report to a file: whole or not at all.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, Result};

/// Writes a text or the bytes of a document to a file through a temporary neighbour and a rename, so that a reader sees
/// the old or the new report, never half of one. On Unix only the owner may read it: reports quote logs.
///
/// # Errors
///
/// The system's refusal ([`crate::ErrorKind::NotFound`] for a missing folder,
/// [`crate::ErrorKind::Denied`] for missing rights), naming the path.
pub fn save(path: &Path, document: impl AsRef<[u8]>) -> Result<()> {
    /// Two threads that save to one path do not write into each other's file.
    static SAVED: AtomicU64 = AtomicU64::new(0);
    let Some(name) = path.file_name() else {
        return Err(Error::value("report", format!("{} is not a file name", path.display())));
    };
    let mut temporary = name.to_owned();
    let number = SAVED.fetch_add(1, Ordering::Relaxed);
    temporary.push(format!(".{}-{number}.tmp", std::process::id()));
    let temporary = path.with_file_name(temporary);
    let result = write_whole(&temporary, document.as_ref()).and_then(|()| {
        fs::rename(&temporary, path).map_err(|error| Error::io("write", path, error))
    });
    if result.is_err() {
        // Best effort: the first error is the one worth telling.
        let _ = fs::remove_file(&temporary);
    }
    result
}

/// [`save`] for names that come from elsewhere, such as the title of an incident: the file is made in the folder or not
/// at all. Gives its path.
///
/// # Errors
///
/// As [`save`], and [`crate::ErrorKind::InvalidInput`] for a name that leads out of the folder.
pub fn save_in(folder: &Path, name: &str, document: impl AsRef<[u8]>) -> Result<PathBuf> {
    let mut parts = Path::new(name).components();
    let plain = matches!((parts.next(), parts.next()), (Some(Component::Normal(only)), None) if only == name);
    // What is a separator elsewhere is none in a name that is to be carried there.
    if !plain || name.contains(['/', '\\', ':']) || name.chars().any(char::is_control) {
        let reason = format!("{name:?} is not the plain name of a file");
        return Err(Error::value("report", reason));
    }
    let path = folder.join(name);
    save(&path, document).map(|()| path)
}

/// Writes a file that was not there: a link that somebody put in its place is not followed.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let opened = options.open(path).or_else(|error| match error.kind() {
        // Left by a process of our number that was killed.
        std::io::ErrorKind::AlreadyExists => {
            fs::remove_file(path)?;
            options.open(path)
        }
        _ => Err(error),
    });
    let mut file = opened.map_err(|error| Error::io("write", path, error))?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(|error| Error::io("write", path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_elsewhere_stay_in_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["../up", "/etc/x", "a/b", "..", ".", "", "a\\b", "c:x", "a\nb", "a/", "./a"] {
            let error = save_in(folder.path(), name, "x").unwrap_err();
            assert_eq!(error.kind(), crate::ErrorKind::InvalidInput, "{name}");
        }
        let path = save_in(folder.path(), "report 1.pdf", b"x").unwrap();
        assert_eq!(path, folder.path().join("report 1.pdf"));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_it_and_links_are_replaced() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("report"), folder.path().join("other"));
        fs::write(&other, "mine").unwrap();
        std::os::unix::fs::symlink(&other, &path).unwrap();
        save(&path, "secret").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_to_string(&other).unwrap(), "mine");
        assert!(!fs::symlink_metadata(&path).unwrap().is_symlink());
    }
}
