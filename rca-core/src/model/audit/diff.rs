//! Investigations as trees of fields, and what differs between two of them.
//!
//! Lists whose items have an id are trees by that id, so that a change names the one item it is about. Tags are one
//! value. Revision and time of change are left out: they follow from the entries.

use serde_json::{Map, Value};

use super::{FieldChange, FieldConflict};
use crate::error::{Error, Result};
use crate::model::Investigation;

/// The field that stands for the whole record.
pub(crate) const RECORD: &str = "record";
/// The field of a write that changed nothing else.
pub(crate) const TOUCHED: &str = "updated_at";
/// Where the decisions of people about events stand.
pub(crate) const LINKS: &str = "links";

/// Lists in the record, and the name of the id of their items.
const LISTS: [(&str, &str); 3] =
    [("notes", "id"), ("hypotheses", "id"), ("related", "investigation")];
const EVIDENCE: &str = "evidence";

/// Compact JSON with the names in order, whatever order the map has.
pub(super) fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(value, &mut text);
    text
}

fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by_key(|(name, _)| *name);
            text.push('{');
            for (place, (name, value)) in entries.into_iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write_canonical(value, text);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                write_canonical(item, text);
            }
            text.push(']');
        }
        plain => text.push_str(&plain.to_string()),
    }
}

/// The record as a tree.
pub(super) fn tree(case: &Investigation) -> Result<Value> {
    let mut value = serde_json::to_value(case)
        .map_err(|error| Error::Internal(format!("investigation: {error}")))?;
    if let Some(map) = value.as_object_mut() {
        map.remove("revision");
        map.remove("updated_at");
        for (list, id) in LISTS {
            if let Some(items) = map.get_mut(list) {
                by_id(items, id);
            }
        }
        if let Some(Value::Object(hypotheses)) = map.get_mut("hypotheses") {
            hypotheses.values_mut().filter_map(|one| one.get_mut(EVIDENCE)).for_each(|evidence| {
                by_id(evidence, "id");
            });
        }
    }
    Ok(value)
}

fn by_id(items: &mut Value, id: &str) {
    let Value::Array(list) = items.take() else { return };
    let named = list.into_iter().filter_map(|item| {
        let name = item.get(id)?.as_str()?.to_owned();
        Some((name, item))
    });
    *items = Value::Object(named.collect());
}

/// The record of a tree; its revision and time of change are those given.
pub(super) fn record(tree: &Value, revision: u64, updated_at: Value) -> Result<Investigation> {
    let mut value = tree.clone();
    if let Some(map) = value.as_object_mut() {
        if let Some(Value::Object(hypotheses)) = map.get_mut("hypotheses") {
            hypotheses.values_mut().filter_map(|one| one.get_mut(EVIDENCE)).for_each(as_list);
        }
        LISTS.iter().map(|(list, _)| *list).for_each(|list| {
            if let Some(items) = map.get_mut(list) {
                as_list(items);
            }
        });
        map.insert("revision".to_owned(), revision.into());
        map.insert("updated_at".to_owned(), updated_at);
    }
    let mut case: Investigation = serde_json::from_value(value).map_err(|error| {
        Error::Corrupt { what: "audit trail".to_owned(), reason: format!("no record: {error}") }
    })?;
    case.put_in_order();
    Ok(case)
}

fn as_list(items: &mut Value) {
    if let Value::Object(map) = items.take() {
        *items = Value::Array(map.into_iter().map(|(_, item)| item).collect());
    }
}

/// Whether the fields below a place are told apart.
fn is_opened(path: &[&str]) -> bool {
    matches!(
        path,
        [] | ["notes" | "hypotheses" | "related"]
            | ["notes" | "hypotheses" | "related", _]
            | ["hypotheses", _, EVIDENCE]
    )
}

fn compare(path: &mut Vec<String>, old: &Value, new: &Value, changes: &mut Vec<FieldChange>) {
    if old == new {
        return;
    }
    let place: Vec<&str> = path.iter().map(String::as_str).collect();
    let (Value::Object(before), Value::Object(after), true) = (old, new, is_opened(&place)) else {
        let (field, old, new) = (path.join("."), old.clone(), new.clone());
        changes.push(FieldChange { field, old, new });
        return;
    };
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let of = |map: &Map<String, Value>| map.get(name).cloned().unwrap_or_default();
        path.push(name.clone());
        compare(path, &of(before), &of(after), changes);
        path.pop();
    }
}

/// What makes the new record of the old one, by the name of the field.
pub(crate) fn changes(old: &Investigation, new: &Investigation) -> Result<Vec<FieldChange>> {
    let mut found = Vec::new();
    compare(&mut Vec::new(), &tree(old)?, &tree(new)?, &mut found);
    Ok(found)
}

/// The first change of a chain: the record as a whole.
pub(crate) fn baseline(case: &Investigation) -> Result<FieldChange> {
    Ok(FieldChange { field: RECORD.to_owned(), old: Value::Null, new: tree(case)? })
}

/// The value at a place of a tree.
fn at<'a>(tree: &'a Value, field: &str) -> Option<&'a Value> {
    field.split('.').try_fold(tree, |value, name| value.get(name))
}

/// Sets the value at a place; false when there is no such place.
pub(super) fn set(tree: &mut Value, field: &str, new: &Value) -> bool {
    let mut place = tree;
    let mut names = field.split('.').peekable();
    while let Some(name) = names.next() {
        let Value::Object(map) = place else { return false };
        if names.peek().is_none() {
            // Items of lists go; fields of records stay, as `null`.
            if new.is_null() && is_item_place(field) {
                map.remove(name);
            } else {
                map.insert(name.to_owned(), new.clone());
            }
            return true;
        }
        let Some(next) = map.get_mut(name) else { return false };
        place = next;
    }
    false
}

fn is_item_place(field: &str) -> bool {
    let names: Vec<&str> = field.split('.').collect();
    matches!(
        names.as_slice(),
        ["notes" | "hypotheses" | "related", _] | ["hypotheses", _, EVIDENCE, _]
    )
}

/// A three-way merge: what `yours` changed of `base`, upon `theirs`. Fields that both changed differently stay as
/// they are stored, and are named.
pub(crate) fn merged_with(
    base: &Investigation,
    yours: &Investigation,
    theirs: &Investigation,
) -> Result<(Investigation, Vec<FieldConflict>)> {
    let mut result = tree(theirs)?;
    let mut conflicts = Vec::new();
    for FieldChange { field, old, new } in changes(base, yours)? {
        let stored = at(&result, &field).cloned().unwrap_or_default();
        if stored == new {
            continue;
        }
        if stored != old || !set(&mut result, &field, &new) {
            conflicts.push(FieldConflict { field, base: old, yours: new, theirs: stored });
        }
    }
    let time = serde_json::to_value(theirs.updated_at)
        .map_err(|error| Error::Internal(format!("time: {error}")))?;
    Ok((record(&result, theirs.revision, time)?, conflicts))
}
