//! Who was the last to write the lines around the code locations of a stack trace.
//!
//! The first half of the SZZ algorithm (Śliwerski, Zimmermann, Zeller 2005), asked of the lines that failed and not of
//! those that a later fix changes.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::{DateTime, Utc};
use gix::ObjectId;
use gix::bstr::{BStr, ByteSlice};
use gix::diff::tree::visit::Change;

use super::Repository;
use super::paths::TreeDiff;
use crate::error::{Error, Place, Result};
use crate::model::StackFrame;

/// Lines before and after that of a frame that are looked at.
const AROUND: u32 = 10;
/// Places in code that are looked up at most; the innermost frames come first.
const MOST_FRAMES: usize = 64;
/// Longest file whose lines are looked up, in bytes: longer ones are made by programs.
const LARGEST: u64 = 4 << 20;

/// Lines in a row that a commit was the last to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlamedLines {
    /// Its full hash.
    pub sha: String,
    /// The first of the lines, counted from 1.
    pub first: u32,
    /// How many.
    pub lines: u32,
}

impl Repository {
    /// Who was the last to write each line of a file, as it was in a commit; within some lines only where they are
    /// given. Renames are followed.
    ///
    /// With `since`, commits before that time are not told apart: what they wrote goes to one of them. Lines from
    /// before the end of a shallow clone go to a commit at its end.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when there is no such commit, it has no such file, or an object
    /// that is needed is missing.
    pub fn blame(
        &self,
        sha: &str,
        path: &str,
        lines: Option<RangeInclusive<u32>>,
        since: Option<DateTime<Utc>>,
    ) -> Result<Vec<BlamedLines>> {
        let local = self.local();
        let commit = self.resolve(&local, sha)?;
        self.blame_file(&local, commit, path, lines.into_iter().collect(), since)
    }

    /// How many lines around the frames each commit was the last to write, by its full hash, as the code was in a
    /// commit.
    ///
    /// A frame is looked up by the end of its path (`/build/src/net/pool.rs` is `src/net/pool.rs`); one without a line,
    /// and one that fits no file or several, tells nothing. `since` is as for [`Repository::blame`].
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when there is no such commit or its tree can't be read. A file
    /// whose history can't be read is left out.
    pub fn blame_frames(
        &self,
        sha: &str,
        frames: &[StackFrame],
        since: Option<DateTime<Utc>>,
    ) -> Result<BTreeMap<String, u32>> {
        let local = self.local();
        let commit = self.resolve(&local, sha)?;
        let wanted: Vec<(&StackFrame, u32)> = frames
            .iter()
            .filter_map(|frame| Some((frame, frame.line.filter(|line| *line > 0)?)))
            .take(MOST_FRAMES)
            .collect();
        let mut found = BTreeMap::new();
        if wanted.is_empty() {
            return Ok(found);
        }
        let mut places: BTreeMap<String, Vec<RangeInclusive<u32>>> = BTreeMap::new();
        let files = self.files(&local, commit)?;
        for (frame, line) in wanted {
            if let Some(path) = only_match(&files, &frame.path) {
                let around = line.saturating_sub(AROUND).max(1)..=line.saturating_add(AROUND);
                places.entry(path.to_owned()).or_default().push(around);
            }
        }
        for (path, ranges) in places {
            let Ok(blamed) = self.blame_file(&local, commit, &path, ranges, since) else {
                continue;
            };
            for lines in blamed {
                *found.entry(lines.sha).or_default() += lines.lines;
            }
        }
        Ok(found)
    }

    fn blame_file(
        &self,
        local: &gix::Repository,
        commit: ObjectId,
        path: &str,
        lines: Vec<RangeInclusive<u32>>,
        since: Option<DateTime<Utc>>,
    ) -> Result<Vec<BlamedLines>> {
        let refused = |what: &str| {
            let place = Place { input: Some(self.name()), ..Place::default() };
            Error::invalid(place, format!("no blame of {path:?}: {what}"))
        };
        match Self::file_size(local, commit, path) {
            None => return Err(refused("there is no such file")),
            Some(size) if size > LARGEST => {
                return Err(refused(&format!("{size} bytes long, at most {LARGEST} are read")));
            }
            Some(_) => {}
        }
        let ranges = gix::blame::BlameRanges::from_one_based_inclusive_ranges(lines)
            .map_err(|error| refused(&error.to_string()))?;
        let options = gix::repository::blame_file::Options {
            diff_algorithm: Some(gix::diff::blob::Algorithm::Histogram),
            ranges,
            since: self.blame_since(local, since),
            rewrites: Some(gix::diff::Rewrites::default()),
        };
        let path: &BStr = path.as_bytes().as_bstr();
        // It is young: what it gets wrong must not end the process.
        let blamed = catch_unwind(AssertUnwindSafe(|| local.blame_file(path, commit, options)));
        let outcome = blamed
            .map_err(|_| refused("its history confuses the search"))?
            .map_err(|error| refused(&error.to_string()))?;
        let entries = outcome.entries.iter().map(|entry| BlamedLines {
            sha: entry.commit_id.to_string(),
            first: entry.start_in_blamed_file.saturating_add(1),
            lines: entry.len.get(),
        });
        Ok(entries.collect())
    }

    fn file_size(local: &gix::Repository, commit: ObjectId, path: &str) -> Option<u64> {
        let tree = local.find_commit(commit).ok()?.tree().ok()?;
        let entry = tree.lookup_entry_by_path(path).ok()??;
        let is_file = entry.mode().is_blob();
        is_file.then(|| local.find_header(entry.object_id()).ok()).flatten().map(|h| h.size())
    }

    /// The search must not go beyond the end of a shallow clone.
    fn blame_since(
        &self,
        local: &gix::Repository,
        since: Option<DateTime<Utc>>,
    ) -> Option<gix::date::Time> {
        let ends = local.shallow_commits().ok().flatten();
        let ends = ends.iter().flat_map(|commits| commits.iter());
        let end = ends
            .filter_map(|id| local.find_commit(*id).ok()?.time().ok())
            .map(|time| time.seconds.saturating_add(1))
            .max();
        let since = since.map(|since| since.timestamp()).max(end)?;
        Some(gix::date::Time { seconds: since, offset: 0 })
    }

    /// All files of a commit.
    fn files(&self, local: &gix::Repository, commit: ObjectId) -> Result<Vec<String>> {
        let tree = local
            .find_commit(commit)
            .and_then(|commit| Ok(commit.tree_id()?.detach()))
            .map_err(|error| self.failed(error))?;
        let mut files = Vec::new();
        let mut take = |path: &BStr, change: &Change| {
            if matches!(change, Change::Addition { entry_mode, .. } if entry_mode.is_blob()) {
                files.extend(path.to_str().ok().map(str::to_owned));
            }
            true
        };
        TreeDiff::default().compare(local, None, tree, &mut take).map_err(|reason| Error::Git {
            path: self.path.clone(),
            source: format!("a tree of the commit can't be read: {reason}").into(),
        })?;
        Ok(files)
    }
}

/// The file that a path means: the one that shares most of its end, where one of both is the end of the other.
fn only_match<'f>(files: &'f [String], wanted: &str) -> Option<&'f str> {
    let wanted = wanted.replace('\\', "/");
    let wanted = wanted.trim_start_matches("./");
    let fits = |file: &&str| ends(file, wanted) || ends(wanted, file);
    let fitting: Vec<&str> = files.iter().map(String::as_str).filter(fits).collect();
    let shared = |file: &str| file.len().min(wanted.len());
    let most = fitting.iter().map(|file| shared(file)).max()?;
    let mut best = fitting.into_iter().filter(|file| shared(file) == most);
    let first = best.next()?;
    best.next().is_none().then_some(first)
}

/// Whether the short path is the end of the long one.
fn ends(long: &str, short: &str) -> bool {
    !short.is_empty()
        && long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_a_frame_means_the_file_that_shares_its_end() {
        let files =
            ["src/net/pool.rs", "src/db/pool.rs", "pool.rs", "src/net/dial.rs"].map(str::to_owned);
        for (wanted, file) in [
            ("/build/src/net/pool.rs", Some("src/net/pool.rs")),
            ("net/pool.rs", Some("src/net/pool.rs")),
            ("C:\\build\\src\\db\\pool.rs", Some("src/db/pool.rs")),
            ("./src/net/dial.rs", Some("src/net/dial.rs")),
            ("dial.rs", Some("src/net/dial.rs")),
            ("l.rs", None),
            ("", None),
        ] {
            assert_eq!(only_match(&files, wanted), file, "{wanted}");
        }
        let two = ["a/pool.rs", "b/pool.rs"].map(str::to_owned);
        assert_eq!(only_match(&two, "pool.rs"), None, "which one?");
    }
}
