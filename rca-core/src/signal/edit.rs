//! Changing texts that are already in frames.

use std::collections::{BTreeMap, BTreeSet};

use super::{Interner, Symbol};
use crate::model::Entity;

/// Says what becomes of texts.
pub(crate) trait Edit {
    /// What to do with the values of attributes of this name.
    fn treatment(&mut self, name: &str) -> Treatment;

    /// The text of a message, a span's name or a value instead; none when it stays.
    fn text(&mut self, text: &str, treatment: Treatment) -> Option<String>;
}

/// How a value is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Treatment {
    /// Not at all.
    Leave,
    /// As text in which something may stand.
    Look,
    /// As something that must not be seen, whatever it is.
    Hide,
}

/// What became of the symbols of one frame, each looked at once.
#[derive(Debug, Default)]
pub(super) struct Edited {
    looked: Vec<Option<Symbol>>,
    hidden: Vec<Option<Symbol>>,
    names: Vec<Option<Treatment>>,
    gone: Vec<Symbol>,
}

impl Edited {
    /// The symbol that stands for another one now.
    pub(super) fn text(
        &mut self,
        texts: &mut Interner,
        symbol: Symbol,
        treatment: Treatment,
        edit: &mut dyn Edit,
    ) -> Symbol {
        let known = match treatment {
            Treatment::Leave => return symbol,
            Treatment::Look => &mut self.looked,
            Treatment::Hide => &mut self.hidden,
        };
        if let Some(Some(known)) = known.get(symbol.index()) {
            return *known;
        }
        let now = match edit.text(texts.text(symbol), treatment) {
            Some(text) => {
                self.gone.push(symbol);
                texts.intern(&text)
            }
            None => symbol,
        };
        remember(known, symbol, now);
        now
    }

    /// How values of attributes of this name are treated.
    pub(super) fn treatment(
        &mut self,
        texts: &Interner,
        name: Symbol,
        edit: &mut dyn Edit,
    ) -> Treatment {
        if let Some(Some(known)) = self.names.get(name.index()) {
            return *known;
        }
        let treatment = edit.treatment(texts.text(name));
        remember(&mut self.names, name, treatment);
        treatment
    }

    /// Texts that nobody should find any more, where no row still uses them.
    pub(super) fn forget(self, texts: &mut Interner, used: impl Iterator<Item = Symbol>) {
        if self.gone.is_empty() {
            return;
        }
        let used: rustc_hash::FxHashSet<Symbol> = used.collect();
        for symbol in self.gone.into_iter().filter(|symbol| !used.contains(symbol)) {
            texts.forget(symbol);
        }
    }
}

/// Names that were given anew, each asked for once.
#[derive(Debug, Default)]
pub(super) struct Renamed(Vec<Option<Symbol>>);

impl Renamed {
    pub(super) fn of(
        &mut self,
        texts: &mut Interner,
        symbol: Symbol,
        rename: &mut dyn FnMut(&str) -> Option<String>,
    ) -> Symbol {
        if let Some(Some(known)) = self.0.get(symbol.index()) {
            return *known;
        }
        let now = match rename(texts.text(symbol)) {
            Some(name) => texts.intern(&name),
            None => symbol,
        };
        remember(&mut self.0, symbol, now);
        now
    }
}

/// Renames attributes, but for those whose new name is there already.
pub(super) fn rename_attributes(
    texts: &mut Interner,
    attributes: &mut [(Symbol, Symbol)],
    rename: &mut dyn FnMut(&str) -> Option<&'static str>,
) {
    let names: BTreeSet<Symbol> = attributes.iter().map(|(name, _)| *name).collect();
    let mut renamed: BTreeMap<Symbol, Symbol> = BTreeMap::new();
    let mut taken: BTreeSet<Symbol> = names.clone();
    // By text, not by symbol: of two names that become one the order of arrival must not decide.
    let mut names: Vec<(String, Symbol)> =
        names.into_iter().map(|name| (texts.text(name).to_owned(), name)).collect();
    names.sort_unstable();
    for (text, name) in names {
        if let Some(now) = rename(&text).map(|now| texts.intern(now))
            && taken.insert(now)
        {
            renamed.insert(name, now);
        }
    }
    if renamed.is_empty() {
        return;
    }
    for (name, _) in attributes {
        *name = renamed.get(name).copied().unwrap_or(*name);
    }
}

/// The other name of a service: rows of logs and spans belong to services only, or to nobody.
pub(crate) fn service_instead(
    name: &str,
    instead: &mut dyn FnMut(&Entity) -> Option<Entity>,
) -> Option<String> {
    if name.is_empty() {
        return None;
    }
    instead(&Entity::service(name)).map(|entity| entity.name)
}

fn remember<T: Copy>(known: &mut Vec<Option<T>>, symbol: Symbol, now: T) {
    if known.len() <= symbol.index() {
        known.resize(symbol.index() + 1, None);
    }
    if let Some(place) = known.get_mut(symbol.index()) {
        *place = Some(now);
    }
}
