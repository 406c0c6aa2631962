//! Whose code a path is, by the user's own word.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Entity;

/// Folders and files with the services that run them, where the user knows better than names and deploys tell.
///
/// The longest folder that holds a path decides; paths that no entry holds are learned as always.
///
/// ```
/// use rca_core::model::Entity;
/// use rca_core::rank::{CodeMap, Options};
///
/// let options = Options {
///     code: CodeMap::default()
///         .with("libs/money", Entity::service("ledger"))
///         .with("libs/money", Entity::service("checkout"))
///         .with("libs/money/rates", Entity::service("ledger")),
///     ..Options::default()
/// };
/// assert_eq!(options.code.owners("libs/money/round.go").len(), 2);
/// assert_eq!(options.code.owners("libs/money/rates/load.go").len(), 1);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeMap(BTreeMap<String, BTreeSet<Entity>>);

impl CodeMap {
    /// Says that an entity runs what is in a folder (or the one file of that path); it may be one of several.
    #[must_use]
    pub fn with(mut self, path: &str, entity: Entity) -> Self {
        self.0.entry(path.trim_matches('/').to_owned()).or_default().insert(entity);
        self
    }

    /// The entities that run a path, by the entry nearest to it; none when no entry holds it.
    #[must_use]
    pub fn owners(&self, path: &str) -> BTreeSet<Entity> {
        self.nearest(path).cloned().unwrap_or_default()
    }

    pub(super) fn nearest(&self, path: &str) -> Option<&BTreeSet<Entity>> {
        if self.0.is_empty() {
            return None;
        }
        let mut at = path.trim_matches('/');
        loop {
            if let Some(owners) = self.0.get(at) {
                return Some(owners);
            }
            at = at.rsplit_once('/')?.0;
        }
    }
}
