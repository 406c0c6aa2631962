//! FlatBuffers, as far as the messages of Arrow need them: an object is described, then written from front to back.
//!
//! <https://flatbuffers.dev/internals/>: references point forward; a table begins with the way back to the
//! list of where its fields are.

use crate::error::{Error, Result};

/// Something that is referred to.
pub(super) enum Object {
    /// Fields by slot.
    Table(Vec<(u16, Field)>),
    Text(&'static str),
    Tables(Vec<Object>),
    /// Numbers of eight bytes: so many to an element.
    Structs(usize, Vec<i64>),
}

/// A field of a table.
pub(super) enum Field {
    Byte(u8),
    Short(i16),
    Long(i64),
    Ref(Object),
}

impl Field {
    fn size(&self) -> usize {
        match self {
            Self::Byte(_) => 1,
            Self::Short(_) => 2,
            Self::Long(_) => 8,
            Self::Ref(_) => 4,
        }
    }
}

/// The buffer with the object as its root, padded to eight bytes.
pub(super) fn buffer(root: Object) -> Result<Vec<u8>> {
    let mut out = vec![0; 4];
    let at = write(&mut out, root)?;
    refer(&mut out, 0, at)?;
    pad(&mut out, 8, 0);
    Ok(out)
}

/// Fills until `ahead` bytes later is a multiple of `size`.
fn pad(out: &mut Vec<u8>, size: usize, ahead: usize) {
    while !(out.len() + ahead).is_multiple_of(size) {
        out.push(0);
    }
}

/// Lets the reference at `from` point to `to`.
fn refer(out: &mut [u8], from: usize, to: usize) -> Result<()> {
    let distance = u32::try_from(to - from).map_err(|_| too_long())?;
    put(out, from, &distance.to_le_bytes());
    Ok(())
}

fn put(out: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = out.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

fn too_long() -> Error {
    Error::value("events", "too many, or with too long texts, for one Arrow file")
}

fn length(out: &mut Vec<u8>, count: usize) -> Result<()> {
    out.extend(u32::try_from(count).map_err(|_| too_long())?.to_le_bytes());
    Ok(())
}

/// Writes an object, and what it refers to behind it; says where it is.
fn write(out: &mut Vec<u8>, object: Object) -> Result<usize> {
    match object {
        Object::Table(fields) => table(out, fields),
        Object::Text(text) => {
            pad(out, 4, 0);
            let at = out.len();
            length(out, text.len())?;
            out.extend(text.as_bytes());
            out.push(0);
            Ok(at)
        }
        Object::Tables(tables) => {
            pad(out, 4, 0);
            let at = out.len();
            length(out, tables.len())?;
            out.resize(out.len() + 4 * tables.len(), 0);
            for (place, table) in tables.into_iter().enumerate() {
                let to = write(out, table)?;
                refer(out, at + 4 + 4 * place, to)?;
            }
            Ok(at)
        }
        Object::Structs(numbers, values) => {
            pad(out, 8, 4);
            let at = out.len();
            length(out, values.len() / numbers.max(1))?;
            out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            Ok(at)
        }
    }
}

fn table(out: &mut Vec<u8>, mut fields: Vec<(u16, Field)>) -> Result<usize> {
    let slots = fields.iter().map(|(slot, _)| usize::from(*slot) + 1).max().unwrap_or_default();
    // Big fields first, so that all are aligned without gaps; the way back takes the first four bytes.
    fields.sort_by_key(|(slot, field)| (std::cmp::Reverse(field.size()), *slot));
    let mut next = if fields.first().is_some_and(|(_, field)| field.size() == 8) { 8 } else { 4 };
    let mut places = vec![0_usize; slots];
    for (slot, field) in &fields {
        if let Some(place) = places.get_mut(usize::from(*slot)) {
            *place = next;
        }
        next += field.size();
    }
    let list = 4 + 2 * slots;
    pad(out, 8, list);
    let list_at = out.len();
    let at = list_at + list;
    let short = |number: usize| u16::try_from(number).map(u16::to_le_bytes).map_err(|_| too_long());
    out.extend(short(list)?);
    out.extend(short(next)?);
    for place in &places {
        out.extend(short(*place)?);
    }
    out.resize(at + next, 0);
    put(out, at, &i32::try_from(list).map_err(|_| too_long())?.to_le_bytes());
    for (slot, field) in fields {
        let place = at + places.get(usize::from(slot)).copied().unwrap_or_default();
        match field {
            Field::Byte(value) => put(out, place, &[value]),
            Field::Short(value) => put(out, place, &value.to_le_bytes()),
            Field::Long(value) => put(out, place, &value.to_le_bytes()),
            Field::Ref(object) => {
                let to = write(out, object)?;
                refer(out, place, to)?;
            }
        }
    }
    Ok(at)
}
