//! The set of mechanisms in use: the standard table, with whatever the user adds.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

use super::{Mechanism, MechanismId, table};

/// Mechanisms by id. Copies share one table until one of them is changed. Serialises as a plain list, so it can be
/// kept in any configuration format.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<Mechanism>", into = "Vec<Mechanism>")]
pub struct Mechanisms(Arc<BTreeMap<MechanismId, Mechanism>>);

impl Mechanisms {
    /// The table that comes with this crate.
    #[must_use]
    pub fn standard() -> Self {
        static STANDARD: LazyLock<Mechanisms> =
            LazyLock::new(|| Mechanisms::from(table::all().cloned().collect::<Vec<_>>()));
        STANDARD.clone()
    }

    /// No mechanism at all.
    #[must_use]
    pub fn empty() -> Self {
        Self(Arc::default())
    }

    /// Adds a mechanism; one with the same id is replaced.
    ///
    /// Its [`code_words`](Mechanism::code_words) are its signs in a diff, its symptoms those in telemetry.
    ///
    /// ```
    /// use rca_core::mechanism::{Mechanism, MechanismId, Mechanisms, Symptom, id};
    /// use rca_core::rank::Options;
    ///
    /// let table = Mechanisms::standard();
    /// let like = table.get(&id::CALL_REMOVED).ok_or("a standard row")?.clone();
    /// let own = Mechanism {
    ///     id: MechanismId::new("sluice_left_open"),
    ///     title: "a sluice stays open".into(),
    ///     code_words: vec!["sluice".into(), "open".into()].into(),
    ///     symptoms: vec![(Symptom::QueueGrowth, 3.0)].into(),
    ///     ..like
    /// };
    /// let options = Options { mechanisms: table.with(own), ..Options::default() };
    /// # assert!(options.mechanisms.get(&MechanismId::new("sluice_left_open")).is_some());
    /// # Ok::<(), &str>(())
    /// ```
    #[must_use]
    pub fn with(mut self, mechanism: Mechanism) -> Self {
        Arc::make_mut(&mut self.0).insert(mechanism.id.clone(), mechanism);
        self
    }

    /// Adds all of another set; its entries win.
    #[must_use]
    pub fn with_all(mut self, others: Self) -> Self {
        Arc::make_mut(&mut self.0).extend(Arc::unwrap_or_clone(others.0));
        self
    }

    /// The mechanism with this id.
    #[must_use]
    pub fn get(&self, id: &MechanismId) -> Option<&Mechanism> {
        self.0.get(id)
    }

    /// All of them, ordered by id.
    pub fn iter(&self) -> impl Iterator<Item = &Mechanism> {
        self.0.values()
    }
}

impl Default for Mechanisms {
    fn default() -> Self {
        Self::standard()
    }
}

impl From<Vec<Mechanism>> for Mechanisms {
    fn from(list: Vec<Mechanism>) -> Self {
        Self(Arc::new(
            list.into_iter().map(|mechanism| (mechanism.id.clone(), mechanism)).collect(),
        ))
    }
}

impl From<Mechanisms> for Vec<Mechanism> {
    fn from(set: Mechanisms) -> Self {
        Arc::unwrap_or_clone(set.0).into_values().collect()
    }
}
