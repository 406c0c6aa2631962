//! Who is who: one name for a service, whatever its sources call it.
//!
//! Traces say `checkout`, metrics of the cluster `checkout-7d9f8b6c5d-x2x9z`, an alert `Checkout:8080`, a container log
//! `shop-checkout-1`. Unless they are one thing, nothing that one source knows helps another. What is done about it:
//!
//! | name | becomes |
//! |---|---|
//! | `http://checkout:8080/pay`, `checkout:8080` | `checkout` |
//! | `checkout.shop.svc.cluster.local`, `checkout.shop.svc` | `checkout` |
//! | pod `checkout-7d9f8b6c5d-x2x9z`, `checkout-x2x9z`; pod `store-0` | services `checkout`, `store` |
//! | `shop-checkout-1`, `shop_checkout_1`, where `checkout` is known | `checkout` |
//! | `Checkout_Service`, `checkout-service` | whichever telemetry says, spans first |
//! | environments `prod`, `prd`, `live` | `production` |
//!
//! and what [`EntityRules`] say comes before all of it. Different names stay apart: that `checkout` and `checkout-api` are
//! one, only the user knows.

mod apply;
mod shape;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Place, Result};
use crate::model::{Entity, EntityKind};
pub(crate) use apply::Signals;
pub(super) use shape::workload;

/// What the user knows about names. Reads from TOML or JSON:
///
/// ```
/// use rca_core::connectors::{EntityRules, Resolver};
/// use rca_core::model::Entity;
///
/// let rules = EntityRules::from_toml(r#"
///     [aliases]
///     checkout = ["checkout-api", "kassa"]
///
///     [[rules]]
///     pattern = '(.+)-(blue|green)'
///     entity = "$1"
///
///     [repositories]
///     "shop/mono" = ["checkout", "cart"]
/// "#)?;
/// let resolver = Resolver::new(&rules)?;
/// assert_eq!(resolver.resolve(&Entity::service("Kassa")).name, "checkout");
/// assert_eq!(resolver.resolve(&Entity::service("cart-green")).name, "cart");
/// # Ok::<(), rca_core::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EntityRules {
    /// A service with its other names; case, `-` and `_` do not matter.
    pub aliases: BTreeMap<String, Vec<String>>,
    /// Patterns, the first that fits counts.
    pub rules: Vec<EntityRule>,
    /// Repositories (as their host names them) with the services whose code they hold.
    pub repositories: BTreeMap<String, Vec<String>>,
    /// Environments with their other names, besides the usual ones.
    pub environments: BTreeMap<String, Vec<String>>,
    /// Only what is written here: none of the table of the module.
    pub only: bool,
}

/// Names of a shape, and what they stand for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntityRule {
    /// Matches a whole name (syntax of the crate `regex`).
    pub pattern: String,
    /// The name instead; `$1` is what the first bracket matched.
    pub entity: String,
    /// What it is; as before when not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<EntityKind>,
}

impl EntityRules {
    /// Reads a file: `.toml`, otherwise JSON.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the place of what is wrong, and what the file system says.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = fs::read_to_string(path).map_err(|error| Error::io("read", path, error))?;
        let read = if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml")) {
            Self::from_toml(&text)
        } else {
            Self::from_json(&text)
        };
        read.map_err(|error| match error {
            Error::InvalidInput { place, reason } => {
                Error::invalid(Place { input: Some(path.display().to_string()), ..place }, reason)
            }
            other => other,
        })
    }

    /// Reads TOML.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with what is wrong.
    pub fn from_toml(text: &str) -> Result<Self> {
        toml::from_str(text).map_err(|error| {
            let line = error
                .span()
                .and_then(|span| text.get(..span.start))
                .map(|before| before.bytes().filter(|byte| *byte == b'\n').count() as u64 + 1);
            Error::invalid(Place { line, ..Place::default() }, error.message())
        })
    }

    /// Reads JSON.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with what is wrong.
    pub fn from_json(text: &str) -> Result<Self> {
        serde_json::from_str(text).map_err(|error| {
            let place = Place {
                line: Some(error.line() as u64),
                column: Some(error.column() as u64),
                ..Place::default()
            };
            Error::invalid(place, error.to_string())
        })
    }
}

/// [`EntityRules`], ready to be used.
#[derive(Debug, Clone)]
pub struct Resolver {
    aliases: BTreeMap<String, String>,
    rules: Vec<(Regex, EntityRule)>,
    repositories: BTreeMap<String, BTreeSet<String>>,
    environments: BTreeMap<String, String>,
    only: bool,
}

impl Default for Resolver {
    fn default() -> Self {
        Self {
            aliases: BTreeMap::new(),
            rules: Vec::new(),
            repositories: BTreeMap::new(),
            environments: environments(),
            only: false,
        }
    }
}

/// Rules that call each other are followed so far.
const STEPS: usize = 16;
/// Longer names come from rules that make names longer.
const LONGEST: usize = 500;

impl Resolver {
    /// Checks the rules.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a malformed pattern, a blank name, or a name that two
    /// entities claim.
    pub fn new(rules: &EntityRules) -> Result<Self> {
        let mut resolver = Self { only: rules.only, ..Self::default() };
        if rules.only {
            resolver.environments.clear();
        }
        claim(&mut resolver.aliases, "aliases", &rules.aliases)?;
        let mut environments = BTreeMap::new();
        claim(&mut environments, "environments", &rules.environments)?;
        resolver.environments.extend(environments);
        for rule in &rules.rules {
            let pattern = Regex::new(&format!("^(?:{})$", rule.pattern)).map_err(|error| {
                Error::value("rules", format!("pattern {:?}: {error}", rule.pattern))
            })?;
            if rule.entity.trim().is_empty() {
                return Err(Error::value(
                    "rules",
                    format!("pattern {:?} names no entity", rule.pattern),
                ));
            }
            resolver.rules.push((pattern, rule.clone()));
        }
        for (repository, services) in &rules.repositories {
            let services = services.iter().cloned().collect();
            resolver.repositories.insert(repository.to_lowercase(), services);
        }
        Ok(resolver)
    }

    /// The entity that a name stands for, by itself: what other names there are does not matter.
    ///
    /// Resolving again changes nothing, whatever the rules are: those that lead in a circle end at its first name.
    #[must_use]
    pub fn resolve(&self, entity: &Entity) -> Entity {
        let mut seen = vec![self.shaped(entity)];
        while let Some(last) = seen.last() {
            let next = self.ruled(last);
            if let Some(circle) = seen.iter().position(|known| *known == next) {
                let circle = seen.get(circle..).unwrap_or_default();
                return circle.iter().min().unwrap_or(&next).clone();
            }
            if seen.len() > STEPS || next.name.len() > LONGEST {
                break;
            }
            seen.push(next);
        }
        // Rules without an end are no help.
        seen.into_iter().next().unwrap_or_else(|| entity.clone())
    }

    /// The usual name of an environment.
    #[must_use]
    pub fn environment(&self, name: &str) -> String {
        let known = self.environments.get(&fold(name));
        known.cloned().unwrap_or_else(|| name.trim().to_owned())
    }

    fn shaped(&self, entity: &Entity) -> Entity {
        if self.only { entity.clone() } else { shape::shaped(entity) }
    }

    /// One step by the user's rules, then back into shape.
    fn ruled(&self, entity: &Entity) -> Entity {
        let known = [EntityKind::Service, EntityKind::Pod, EntityKind::Host];
        if let Some(name) = self.aliases.get(&fold(&entity.name))
            && known.contains(&entity.kind)
        {
            return self.shaped(&Entity::service(name));
        }
        for (pattern, rule) in &self.rules {
            if let Some(parts) = pattern.captures(&entity.name) {
                let mut name = String::new();
                parts.expand(&rule.entity, &mut name);
                if !name.trim().is_empty() {
                    let kind = rule.kind.unwrap_or(entity.kind);
                    return self.shaped(&Entity::new(kind, name.trim()));
                }
            }
        }
        entity.clone()
    }
}

/// Every other name, and the name itself, by how it is folded.
fn claim(
    claimed: &mut BTreeMap<String, String>,
    field: &'static str,
    names: &BTreeMap<String, Vec<String>>,
) -> Result<()> {
    for (name, others) in names {
        for other in std::iter::once(name).chain(others) {
            let folded = fold(other);
            if folded.is_empty() {
                return Err(Error::value(field, format!("{name:?} has a blank name")));
            }
            if let Some(known) = claimed.insert(folded, name.clone())
                && known != *name
            {
                return Err(Error::value(
                    field,
                    format!("{other:?} is claimed by {known:?} and by {name:?}; leave it to one"),
                ));
            }
        }
    }
    Ok(())
}

/// Names of environments that people use for the same thing.
fn environments() -> BTreeMap<String, String> {
    const USUAL: [(&str, &[&str]); 4] = [
        ("production", &["production", "prod", "prd", "live"]),
        ("staging", &["staging", "stage", "stg"]),
        ("development", &["development", "develop", "dev"]),
        ("test", &["test", "testing", "qa"]),
    ];
    let pairs = USUAL.iter().flat_map(|(name, others)| {
        others.iter().map(|other| ((*other).to_owned(), (*name).to_owned()))
    });
    pairs.collect()
}

/// What names have in common whose case and separators differ.
fn fold(name: &str) -> String {
    let kept = name.trim().chars().filter(|c| !matches!(c, '-' | '_' | ' '));
    kept.flat_map(char::to_lowercase).collect()
}
