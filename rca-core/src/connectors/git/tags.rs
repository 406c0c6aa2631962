//! Tags: names of commits, and the releases that they stand for.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::objs::TagRef;
use xxhash_rust::xxh3::Xxh3;

use super::super::attribute as name;
use super::super::fields::cut_text;
use super::super::intake::joined_id;
use crate::error::{Error, Result};
use crate::model::{Event, Source, attribute};

/// Names of tags by the commit they lead to.
pub(super) type TagNames = BTreeMap<ObjectId, Vec<String>>;

/// A tag and the object it points at: a tag object where it is annotated.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tag {
    pub(super) name: String,
    pub(super) id: ObjectId,
}

/// All tags by name; those that can't be read are left out.
pub(super) fn all(local: &gix::Repository) -> Vec<Tag> {
    let Ok(references) = local.references() else { return Vec::new() };
    let Ok(tags) = references.tags() else { return Vec::new() };
    let mut found: Vec<Tag> = tags
        .filter_map(std::result::Result::ok)
        .filter_map(|tag| {
            let id = tag.try_id()?.detach();
            Some(Tag { name: tag.name().shorten().to_str_lossy().into_owned(), id })
        })
        .collect();
    found.sort_unstable();
    found
}

/// Names by commit; tags that lead elsewhere or nowhere are left out.
pub(super) fn names(local: &gix::Repository) -> TagNames {
    let mut found = TagNames::new();
    for tag in all(local) {
        if let Some(commit) = commit_of(local, tag.id) {
            found.entry(commit).or_default().push(tag.name);
        }
    }
    found
}

/// Changes when any tag does.
pub(super) fn digest(tags: &[Tag]) -> String {
    let mut hash = Xxh3::new();
    for tag in tags {
        hash.update(tag.name.as_bytes());
        hash.update(&[0]);
        hash.update(tag.id.as_bytes());
    }
    format!("{:032x}", hash.digest128())
}

/// Longest tag that is read: it has the text of a release, at most.
const LONGEST: u64 = 64 << 20;

fn commit_of(local: &gix::Repository, id: ObjectId) -> Option<ObjectId> {
    if local.find_header(id).ok()?.size() > LONGEST {
        return None;
    }
    let object = local.find_object(id).ok()?.peel_to_kind(gix::object::Kind::Commit).ok()?;
    Some(object.id)
}

/// The event of a tag: a `release` where its name is a version, else a `tag`. None for one that leads to no commit.
///
/// It happened when somebody made the tag; of a light one nobody wrote down when, so the commit's time stands for it.
pub(super) fn event(
    local: &gix::Repository,
    tag: &Tag,
    repository: Option<&str>,
) -> Result<Option<Event>> {
    let Some(commit) = commit_of(local, tag.id) else { return Ok(None) };
    let said = said(local, tag.id);
    let time = said.time.or_else(|| {
        let commit = local.find_commit(commit).ok()?;
        DateTime::from_timestamp(commit.time().ok()?.seconds, 0)
    });
    let time = time.ok_or_else(|| Error::value("tag", format!("{:?} has no time", tag.name)))?;
    let is_release = is_version(&tag.name);
    let kind = if is_release { "release" } else { "tag" };
    let inside = repository.map(|name| format!(" in {name}")).unwrap_or_default();
    let event = Event::builder(time, Source::Git, kind, &format!("{kind} {}{inside}", tag.name))
        .with_body(cut_text(said.message.trim_end(), Event::MAX_BODY_BYTES))
        .with_source_id(joined_id(&["git/tag", &tag.name, &tag.id.to_string()]))
        .with_attribute(attribute::VERSION, is_release.then_some(tag.name.as_str()))
        .with_attribute(name::REF, tag.name.as_str())
        .with_attribute(attribute::COMMIT, commit.to_string())
        .with_attribute(attribute::AUTHOR, said.tagger)
        .with_attribute(name::REPOSITORY, repository);
    event.build().map(Some)
}

/// What an annotated tag says; nothing where it is light.
#[derive(Default)]
struct Said {
    time: Option<DateTime<Utc>>,
    tagger: Option<String>,
    message: String,
}

fn said(local: &gix::Repository, id: ObjectId) -> Said {
    let Ok(object) = local.find_object(id) else { return Said::default() };
    if object.kind != gix::object::Kind::Tag {
        return Said::default();
    }
    let Ok(tag) = TagRef::from_bytes(&object.data, id.kind()) else { return Said::default() };
    let tagger = tag.tagger().ok().flatten();
    Said {
        time: tagger.and_then(|tagger| DateTime::from_timestamp(tagger.time().ok()?.seconds, 0)),
        tagger: tagger.map(|tagger| tagger.name.to_str_lossy().into_owned()),
        message: tag.message.to_str_lossy().into_owned(),
    }
}

/// Whether a name is that of a version: `v1`, `1.4.2`, `till@1.4.0-rc.1`, `release/2026-05`, `REL_9_6_2`.
fn is_version(name: &str) -> bool {
    let last = name.rsplit(['/', '@']).next().unwrap_or(name);
    let plain = last.strip_prefix(['v', 'V']).unwrap_or(last);
    let is_number =
        !plain.is_empty() && plain.len() <= 8 && plain.bytes().all(|b| b.is_ascii_digit());
    let lower = name.to_ascii_lowercase();
    let is_called = ["release", "rel-", "rel_", "rel/"].iter().any(|word| lower.starts_with(word));
    let bytes = last.as_bytes();
    let has_point = bytes.windows(3).any(
        |three| matches!(three, [a, b'.' | b'_', c] if a.is_ascii_digit() && c.is_ascii_digit()),
    );
    is_number || has_point || (is_called && bytes.iter().any(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_from_other_names() {
        for name in [
            "v1",
            "1.4.2",
            "v2026.05.04",
            "till@1.4.0-rc.1",
            "till/v2.0",
            "till-1.0.3",
            "release/2026-05",
            "REL_9_6_2",
            "release-7",
        ] {
            assert!(is_version(name), "{name}");
        }
        for name in ["before-merge", "nightly-2026-05-04", "deployed", "release", "x86", ""] {
            assert!(!is_version(name), "{name}");
        }
    }
}
