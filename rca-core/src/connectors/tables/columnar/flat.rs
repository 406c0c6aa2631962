//! Flatbuffers, as far as Arrow's metadata needs them. No offset is followed before it is known to lie inside.

use super::Parsed;

/// A table: fields that can be absent, found through its list of offsets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Table<'b> {
    pub(super) fn root(bytes: &'b [u8]) -> Parsed<Self> {
        let at = follow(bytes, 0).ok_or("damaged: no metadata")?;
        Ok(Self { bytes, at })
    }

    /// Where a field's value is; none where it is absent.
    fn field(&self, slot: usize) -> Option<usize> {
        let back = i32::from_le_bytes(array(self.bytes, self.at)?);
        let offsets = usize::try_from(i64::try_from(self.at).ok()? - i64::from(back)).ok()?;
        let length = usize::from(u16::from_le_bytes(array(self.bytes, offsets)?));
        let entry = 4 + 2 * slot;
        if entry + 2 > length {
            return None;
        }
        let offset = u16::from_le_bytes(array(self.bytes, offsets.checked_add(entry)?)?);
        if offset == 0 { None } else { self.at.checked_add(usize::from(offset)) }
    }

    fn value<const N: usize>(&self, slot: usize) -> Option<[u8; N]> {
        array(self.bytes, self.field(slot)?)
    }

    pub(super) fn byte(&self, slot: usize) -> u8 {
        self.value(slot).map_or(0, |[byte]| byte)
    }

    pub(super) fn short(&self, slot: usize, default: i16) -> i16 {
        self.value(slot).map_or(default, i16::from_le_bytes)
    }

    pub(super) fn int(&self, slot: usize, default: i32) -> i32 {
        self.value(slot).map_or(default, i32::from_le_bytes)
    }

    pub(super) fn long(&self, slot: usize) -> i64 {
        self.value(slot).map_or(0, i64::from_le_bytes)
    }

    pub(super) fn table(&self, slot: usize) -> Option<Self> {
        let at = follow(self.bytes, self.field(slot)?)?;
        Some(Self { bytes: self.bytes, at })
    }

    pub(super) fn text(&self, slot: usize) -> Option<&'b str> {
        std::str::from_utf8(self.structs(slot, 1)?).ok()
    }

    /// The bytes of a list whose elements have this size.
    pub(super) fn structs(&self, slot: usize, element: usize) -> Option<&'b [u8]> {
        let at = follow(self.bytes, self.field(slot)?)?;
        let count = usize::try_from(u32::from_le_bytes(array(self.bytes, at)?)).ok()?;
        self.bytes.get(at.checked_add(4)?..)?.get(..count.checked_mul(element)?)
    }

    /// The tables of a list; an error where one lies outside.
    pub(super) fn tables(&self, slot: usize) -> impl Iterator<Item = Parsed<Self>> + use<'b> {
        let bytes = self.bytes;
        let start = self.field(slot).and_then(|at| follow(bytes, at)).unwrap_or(bytes.len());
        let count = self.structs(slot, 4).map_or(0, |offsets| offsets.len() / 4);
        (0..count).map(move |index| {
            let at = start.checked_add(4 + 4 * index).and_then(|at| follow(bytes, at));
            at.map(|at| Self { bytes, at }).ok_or_else(|| "damaged metadata".to_owned())
        })
    }
}

/// Where the offset that stands here leads.
fn follow(bytes: &[u8], at: usize) -> Option<usize> {
    let offset = usize::try_from(u32::from_le_bytes(array(bytes, at)?)).ok()?;
    let to = at.checked_add(offset)?;
    (to < bytes.len()).then_some(to)
}

pub(super) fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}
