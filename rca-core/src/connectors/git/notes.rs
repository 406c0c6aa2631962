//! Notes that people and machines stuck to commits (`git notes`).

use std::collections::BTreeSet;

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::diff::tree::visit::Change;
use gix::objs::{CommitRef, FindExt};
use rustc_hash::FxHashMap;
use serde_json::{Map, Value};

use super::super::fields::cut_text;
use super::super::intake::joined_id;
use super::attribute as git;
use super::paths::TreeDiff;
use super::walk::Commit;
use crate::model::{Event, Source, attribute};

/// Longest note that is read.
const MOST_BYTES: u64 = Event::MAX_BODY_BYTES as u64;
/// Notes of one kind that are known at the same time.
const MOST_NOTES: usize = 1_000_000;

/// A notes branch: `commits` for `refs/notes/commits`.
pub(super) fn branches(local: &gix::Repository) -> Vec<(String, ObjectId)> {
    let Ok(references) = local.references() else { return Vec::new() };
    let Ok(found) = references.prefixed("refs/notes/") else { return Vec::new() };
    let mut found: Vec<(String, ObjectId)> = found
        .filter_map(std::result::Result::ok)
        .filter_map(|branch| {
            let name = branch.name().as_bstr().to_str_lossy().into_owned();
            let name = name.strip_prefix("refs/notes/")?.to_owned();
            Some((name, branch.try_id()?.detach()))
        })
        .collect();
    found.sort_unstable();
    found
}

/// All notes as they are now, by what they are stuck to.
#[derive(Default)]
pub(super) struct Notes {
    branches: Vec<String>,
    on: FxHashMap<ObjectId, Vec<(usize, ObjectId)>>,
}

impl Notes {
    /// Notes that can't be read are none.
    pub(super) fn of(local: &gix::Repository) -> Self {
        let mut notes = Self::default();
        for (name, id) in branches(local) {
            let tree =
                local.find_commit(id).ok().and_then(|commit| Some(commit.tree_id().ok()?.detach()));
            if let Some(tree) = tree {
                notes.branches.push(name);
                notes.gather(local, tree, String::new());
            }
        }
        notes
    }

    /// Notes lie under the hash of their object, which folders may cut into pieces.
    fn gather(&mut self, local: &gix::Repository, tree: ObjectId, path: String) {
        let mut buffer = Vec::new();
        let Ok(entries) = local.objects.find_tree_iter(&tree, &mut buffer) else { return };
        let mut folders = Vec::new();
        for entry in entries.filter_map(std::result::Result::ok) {
            let Ok(name) = entry.filename.to_str() else { continue };
            let whole = format!("{path}{name}");
            if entry.mode.is_tree() && whole.len() < tree.kind().len_in_hex() {
                folders.push((entry.oid.to_owned(), whole));
            } else if let Ok(id) = ObjectId::from_hex(whole.as_bytes())
                && self.on.len() < MOST_NOTES
            {
                let branch = self.branches.len().saturating_sub(1);
                self.on.entry(id).or_default().push((branch, entry.oid.to_owned()));
            }
        }
        for (folder, path) in folders {
            self.gather(local, folder, path);
        }
    }

    /// The notes on a commit by the name of their branch.
    pub(super) fn on(&self, local: &gix::Repository, id: ObjectId) -> Option<Value> {
        let found: Map<String, Value> = self
            .on
            .get(&id)?
            .iter()
            .filter_map(|(branch, blob)| {
                Some((self.branches.get(*branch)?.clone(), text(local, *blob).ok()?.into()))
            })
            .collect();
        (!found.is_empty()).then_some(Value::Object(found))
    }
}

fn text(local: &gix::Repository, blob: ObjectId) -> Result<String, String> {
    let header = local.find_header(blob).map_err(|error| error.to_string())?;
    if header.size() > MOST_BYTES {
        return Err(format!("{} bytes long, at most {MOST_BYTES} are read", header.size()));
    }
    let blob = local.find_blob(blob).map_err(|error| error.to_string())?;
    Ok(blob.data.to_str_lossy().trim_end().to_owned())
}

/// The notes that a commit of a notes branch brought, each an event or the reason why it is none. What it only moved
/// to another folder is not among them.
pub(super) fn brought(
    local: &gix::Repository,
    branch: &str,
    commit: &Commit,
    repository: Option<&str>,
) -> Result<Vec<Result<Event, String>>, String> {
    let time = commit.time.ok_or("its date is none, or out of range")?;
    let object =
        CommitRef::from_bytes(&commit.data, commit.id.kind()).map_err(|e| e.to_string())?;
    let author = object.author().ok().map(|author| author.name.to_str_lossy().into_owned());
    let (mut added, mut moved) = (Vec::new(), BTreeSet::new());
    TreeDiff::default().compare(
        local,
        commit.parent_tree,
        object.tree(),
        &mut |path, change| {
            let hash: Vec<u8> = path.iter().copied().filter(|byte| *byte != b'/').collect();
            let Ok(on) = ObjectId::from_hex(&hash) else { return true };
            match *change {
                Change::Addition { oid, .. } | Change::Modification { oid, .. } => {
                    added.push((on, oid))
                }
                Change::Deletion { oid, .. } => _ = moved.insert((on, oid)),
            }
            true
        },
    )?;
    added.sort_unstable();
    added.retain(|note| !moved.contains(note));
    Ok(added
        .into_iter()
        .map(|(on, blob)| {
            let body = text(local, blob)?;
            let sha = on.to_string();
            let short = sha.get(..12).unwrap_or(&sha);
            let line =
                body.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
            let title = format!("note on {short}: {line}");
            let id = joined_id(&["git/note", branch, &sha, &blob.to_string()]);
            Event::builder(time, Source::Git, "note", title.trim_end_matches([':', ' ']))
                .with_body(cut_text(&body, Event::MAX_BODY_BYTES))
                .with_source_id(id)
                .with_attribute(git::NOTES_BRANCH, branch)
                .with_attribute(attribute::COMMIT, sha)
                .with_attribute(attribute::AUTHOR, author.as_deref())
                .with_attribute(super::super::attribute::REPOSITORY, repository)
                .build()
                .map_err(|error| error.to_string())
        })
        .collect())
}
