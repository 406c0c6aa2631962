//! Texts that repeat, kept once.

use rustc_hash::FxHashMap;

/// A text in an [`Interner`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(u32);

impl Symbol {
    /// Its place in the interner, from 0.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Keeps each text once and hands out small numbers for it.
#[derive(Debug, Clone, Default)]
pub struct Interner {
    texts: Vec<Box<str>>,
    symbols: FxHashMap<Box<str>, u32>,
    /// Of all texts.
    bytes: usize,
}

impl Interner {
    /// The symbol of a text.
    pub fn intern(&mut self, text: &str) -> Symbol {
        if let Some(&symbol) = self.symbols.get(text) {
            return Symbol(symbol);
        }
        // Four billion different texts do not fit into memory before this saturates.
        let symbol = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.bytes += text.len();
        self.texts.push(text.into());
        self.symbols.insert(text.into(), symbol);
        Symbol(symbol)
    }

    /// The symbol of a text that was interned before.
    #[must_use]
    pub fn get(&self, text: &str) -> Option<Symbol> {
        self.symbols.get(text).copied().map(Symbol)
    }

    /// The text of a symbol; empty for a symbol of another interner.
    #[must_use]
    pub fn text(&self, symbol: Symbol) -> &str {
        self.texts.get(symbol.index()).map_or("", |text| text)
    }

    /// Blanks the text of a symbol that nobody uses any more.
    pub(super) fn forget(&mut self, symbol: Symbol) {
        if let Some(text) = self.texts.get_mut(symbol.index()) {
            self.symbols.remove(text);
            *text = "".into();
        }
    }

    /// The texts of a range of attributes, in the order in which they were given.
    pub(super) fn pairs<'a>(
        &'a self,
        attributes: &'a [(Symbol, Symbol)],
        (from, to): (u32, u32),
    ) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let pairs = attributes.get(from as usize..to as usize).unwrap_or_default();
        pairs.iter().map(|(key, value)| (self.text(*key), self.text(*value)))
    }

    /// All texts, in the order of their symbols.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.texts.iter().map(|text| &**text)
    }

    /// How many different texts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// About how many bytes of memory it takes: each text twice, and its places.
    pub(super) fn held(&self) -> usize {
        const PLACES: usize = 72;
        2 * self.bytes + PLACES * self.texts.len()
    }
}
