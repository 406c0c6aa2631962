//! Dead letters in memory.

use std::collections::BTreeMap;

use super::super::queue::{Filed, Shelf};
use crate::error::{Error, Result};

#[derive(Default)]
pub(super) struct Letters {
    pub(super) filed: BTreeMap<u64, Filed>,
    pub(super) bytes: BTreeMap<u64, Vec<u8>>,
    by_key: BTreeMap<u128, u64>,
}

impl Shelf for Letters {
    type Error = Error;

    fn by_key(&self, key: u128) -> Result<Option<u64>> {
        Ok(self.by_key.get(&key).copied())
    }

    fn get(&self, number: u64) -> Result<Option<Filed>> {
        Ok(self.filed.get(&number).cloned())
    }

    fn first(&self) -> Result<Option<u64>> {
        Ok(self.filed.first_key_value().map(|(&number, _)| number))
    }

    fn put(&mut self, filed: &Filed, raw: Option<&[u8]>) -> Result<()> {
        let number = filed.letter.id.0;
        self.by_key.insert(filed.key, number);
        self.bytes.extend(raw.map(|raw| (number, raw.to_vec())));
        self.filed.insert(number, filed.clone());
        Ok(())
    }

    fn remove(&mut self, number: u64) -> Result<Option<u64>> {
        let Some(filed) = self.filed.remove(&number) else { return Ok(None) };
        self.by_key.remove(&filed.key);
        self.bytes.remove(&number);
        Ok(Some(filed.size()))
    }
}
