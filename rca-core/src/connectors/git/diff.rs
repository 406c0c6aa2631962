//! The diff of one commit as text.

use std::fmt::Write as _;

use gix::ObjectId;
use gix::bstr::{BStr, ByteSlice};
use gix::diff::blob::unified_diff::{ConsumeHunk, ContextSize, DiffLineKind, HunkHeader};
use gix::diff::blob::{Algorithm, InternedInput, UnifiedDiff, diff_with_slider_heuristics};
use gix::diff::tree::visit::Change;
use gix::objs::tree::EntryMode;

use super::paths::TreeDiff;
use super::{DiffLimits, Repository};
use crate::error::{Error, Result};

/// A file before or after.
#[derive(Clone, Copy)]
struct Version {
    id: ObjectId,
    mode: EntryMode,
}

struct FileChange {
    path: String,
    before: Option<Version>,
    after: Option<Version>,
}

/// What a version holds, or why it is not shown.
enum Content {
    Text(Vec<u8>),
    Binary,
    NotShown(String),
}

pub(super) fn write(repository: &Repository, sha: &str, limits: &DiffLimits) -> Result<String> {
    let local = repository.local();
    let id = repository.resolve(&local, sha)?;
    let tree_of = |id: ObjectId| -> std::result::Result<ObjectId, gix::Error> {
        Ok(local.find_commit(id)?.tree_id()?.detach())
    };
    let after = tree_of(id).map_err(|error| repository.failed(error))?;
    let commit = local.find_commit(id).map_err(|error| repository.failed(error))?;
    let shallow = local.shallow_commits().ok().flatten();
    let cut_off = shallow.is_some_and(|commits| commits.iter().any(|shallow| *shallow == id));
    let before = match commit.parent_ids().next() {
        Some(_) if cut_off => return Err(unknown_parent(repository)),
        Some(parent) => {
            let tree = tree_of(parent.detach());
            Some(tree.map_err(|_| unknown_parent(repository))?)
        }
        None => None,
    };
    let mut files = changed_files(repository, &local, before, after)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let mut text = String::new();
    for (index, file) in files.iter().enumerate() {
        if text.len() >= limits.text_bytes {
            let _ = writeln!(text, "# {} more files are not shown", files.len() - index);
            break;
        }
        write_file(&mut text, &local, file, limits);
    }
    Ok(text)
}

fn unknown_parent(repository: &Repository) -> Error {
    let reason = "the commit's parent is not in this clone; fetch more of the history";
    Error::Git { path: repository.path.clone(), source: reason.into() }
}

fn changed_files(
    repository: &Repository,
    local: &gix::Repository,
    before: Option<ObjectId>,
    after: ObjectId,
) -> Result<Vec<FileChange>> {
    let mut files = Vec::new();
    let mut take = |path: &BStr, change: &Change| {
        let (before, after) = match *change {
            Change::Addition { entry_mode: mode, oid: id, .. } => {
                (None, Some(Version { id, mode }))
            }
            Change::Deletion { entry_mode: mode, oid: id, .. } => {
                (Some(Version { id, mode }), None)
            }
            Change::Modification { previous_entry_mode, previous_oid, entry_mode, oid } => (
                Some(Version { id: previous_oid, mode: previous_entry_mode }),
                Some(Version { id: oid, mode: entry_mode }),
            ),
        };
        let of_file = |version: &Version| !version.mode.is_tree();
        files.push(FileChange {
            path: path.to_str_lossy().into_owned(),
            before: before.filter(of_file),
            after: after.filter(of_file),
        });
        true
    };
    TreeDiff::default().compare(local, before, after, &mut take).map_err(|reason| Error::Git {
        path: repository.path.clone(),
        source: format!("a tree of the commit can't be read: {reason}").into(),
    })?;
    Ok(files)
}

/// Writing to a `String` does not fail.
fn write_file(text: &mut String, local: &gix::Repository, file: &FileChange, limits: &DiffLimits) {
    let path = &file.path;
    let _ = writeln!(text, "diff --git a/{path} b/{path}");
    let mode = |version: &Version| format!("{:06o}", version.mode.value());
    match (&file.before, &file.after) {
        (None, Some(after)) => _ = writeln!(text, "new file mode {}", mode(after)),
        (Some(before), None) => _ = writeln!(text, "deleted file mode {}", mode(before)),
        (Some(before), Some(after)) if before.mode != after.mode => {
            let _ = writeln!(text, "old mode {}\nnew mode {}", mode(before), mode(after));
        }
        _ => {}
    }
    if file.before.map(|version| version.id) == file.after.map(|version| version.id) {
        return; // only the mode changed
    }
    let old = file.before.map_or(Content::Text(Vec::new()), |v| content(local, v, limits));
    let new = file.after.map_or(Content::Text(Vec::new()), |v| content(local, v, limits));
    let (old, new) = match (old, new) {
        (Content::Text(old), Content::Text(new)) => (old, new),
        (Content::NotShown(reason), _) | (_, Content::NotShown(reason)) => {
            let _ = writeln!(text, "# not shown: {reason}");
            return;
        }
        _ => {
            let _ = writeln!(text, "Binary files a/{path} and b/{path} differ");
            return;
        }
    };
    let name = |side: &str, version: Option<Version>| match version {
        Some(_) => format!("{side}/{path}"),
        None => "/dev/null".to_owned(),
    };
    if old != new {
        let _ = writeln!(text, "--- {}\n+++ {}", name("a", file.before), name("b", file.after));
    }
    let input = InternedInput::new(old.as_slice(), new.as_slice());
    let diff = diff_with_slider_heuristics(Algorithm::Histogram, &input);
    let context = ContextSize::symmetrical(limits.context_lines);
    let _ = UnifiedDiff::new(&diff, &input, Hunks(text), context).consume();
}

/// Writes hunks the way git does.
struct Hunks<'t>(&'t mut String);

impl ConsumeHunk for Hunks<'_> {
    type Out = ();

    fn consume_hunk(
        &mut self,
        header: HunkHeader,
        lines: &[(DiffLineKind, &[u8])],
    ) -> std::io::Result<()> {
        // An empty side counts from the line before.
        let range = |start: u32, length: u32| match length {
            0 => format!("{},0", start.saturating_sub(1)),
            1 => start.to_string(),
            _ => format!("{start},{length}"),
        };
        let before = range(header.before_hunk_start, header.before_hunk_len);
        let after = range(header.after_hunk_start, header.after_hunk_len);
        let _ = writeln!(self.0, "@@ -{before} +{after} @@");
        for (kind, line) in lines {
            self.0.push(match kind {
                DiffLineKind::Context => ' ',
                DiffLineKind::Add => '+',
                DiffLineKind::Remove => '-',
            });
            self.0.push_str(&line.to_str_lossy());
            if !line.ends_with(b"\n") {
                self.0.push_str("\n\\ No newline at end of file\n");
            }
        }
        Ok(())
    }

    fn finish(self) {}
}

fn content(local: &gix::Repository, version: Version, limits: &DiffLimits) -> Content {
    if version.mode.is_commit() {
        return Content::Text(format!("Subproject commit {}\n", version.id).into_bytes());
    }
    match local.try_find_header(version.id) {
        Ok(Some(header)) if header.size() > limits.blob_bytes => {
            let most = limits.blob_bytes;
            return Content::NotShown(format!("{} bytes, at most {most} are read", header.size()));
        }
        Ok(Some(_)) => {}
        Ok(None) => return Content::NotShown(format!("object {} is missing", version.id)),
        Err(_) => return Content::NotShown(format!("object {} can't be read", version.id)),
    }
    let Ok(mut blob) = local.find_blob(version.id) else {
        return Content::NotShown(format!("object {} can't be read", version.id));
    };
    // Git's own rule: a NUL among the first bytes.
    if blob.data.iter().take(8000).any(|byte| *byte == 0) {
        return Content::Binary;
    }
    Content::Text(std::mem::take(&mut blob.data))
}
