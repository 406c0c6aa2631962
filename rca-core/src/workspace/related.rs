//! Relations between investigations.

use crate::error::{Error, Result};
use crate::model::{InvestigationId, Relation, RelationKind};
use crate::workspace::Workspace;

impl Workspace {
    /// Says that two investigations are related; the relation is mutual.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] for either, [`crate::ErrorKind::InvalidInput`] when they are the same.
    pub fn relate(&self, a: InvestigationId, b: InvestigationId) -> Result<()> {
        self.relate_because(a, b, None, &[])
    }

    /// [`Workspace::relate`], with who says so and why.
    ///
    /// # Errors
    ///
    /// As [`Workspace::relate`]; [`crate::ErrorKind::InvalidInput`] for reasons that are too long or too many.
    pub fn relate_because(
        &self,
        a: InvestigationId,
        b: InvestigationId,
        person: Option<&str>,
        reasons: &[&str],
    ) -> Result<()> {
        let person = self.author(person).map(str::to_owned);
        let manual = Relation::manual(b, person, self.now());
        let relation =
            reasons.iter().fold(manual, |relation, reason| relation.with_reason(*reason));
        self.put_relation(a, &relation)
    }

    /// Keeps what a comparison of the host found ([`Workspace::suggest_related`] is our own): that two investigations may be related, and why. What a person decided stays.
    /// Says whether it was kept.
    ///
    /// # Errors
    ///
    /// As [`Workspace::relate_because`].
    pub fn suggest_relation(&self, id: InvestigationId, relation: &Relation) -> Result<bool> {
        let known = self.investigation(id)?;
        let other = relation.investigation;
        if known.relations().iter().any(|r| r.investigation == other && r.kind.is_manual()) {
            return Ok(false);
        }
        self.put_relation(id, relation)?;
        Ok(true)
    }

    /// Says that two investigations are not related: takes back [`Workspace::relate`], and keeps a suggestion from
    /// coming back.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] for either.
    pub fn unrelate(&self, a: InvestigationId, b: InvestigationId) -> Result<()> {
        let manual = Relation::manual(b, self.author(None).map(str::to_owned), self.now());
        self.put_relation(a, &Relation { kind: RelationKind::Rejected, ..manual })
    }

    /// Both sides in one write, or a crash in between would leave half a relation.
    fn put_relation(&self, id: InvestigationId, relation: &Relation) -> Result<()> {
        let other = relation.investigation;
        if id == other {
            return Err(Error::value("related", "an investigation is not related to itself"));
        }
        relation.check()?;
        let author = relation.author.as_deref();
        self.update_all(&[id, other], author, &mut |cases| {
            for case in cases {
                let other = if case.id() == id { other } else { id };
                let new = Relation { investigation: other, ..relation.clone() };
                // Said again it keeps its time, and is no change.
                let same = |old: &Relation| *old == Relation { time: old.time, ..new.clone() };
                if !case.related.iter().any(same) {
                    case.related.retain(|known| known.investigation != other);
                    case.related.push(new);
                    case.put_in_order();
                }
            }
            Ok(())
        })?;
        Ok(())
    }
}
