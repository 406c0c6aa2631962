//! Past investigations that resemble one, and what ended them.

use std::collections::{BTreeMap, BTreeSet};

use crate::analytics::{Fix, Likeness, Match, Revert, Similar};
use crate::error::Result;
use crate::model::{
    Confidence, Event, Investigation, InvestigationId, References, Relation, RelationKind, Source,
};
use crate::search::{self, Expr, Query, Records, Sort, TextKind, TextMatch};
use crate::workspace::Workspace;

/// Texts that are compared; what says less of the same ranks behind these many.
const MOST_TEXTS: usize = 200;
/// Shared words that a reason names.
const NAMED: usize = 5;
/// A suggestion is written anew when its score moved by so much: BM25 moves a little with every record that is replaced,
/// and suggesting must not be a reason to suggest again.
const MOVED: f64 = 0.05;
/// Most suggestions for one investigation.
const MOST_SUGGESTED: usize = 10;
/// Commits that are looked at for one that takes a cause back.
const MOST_REVERTS: usize = 20;

impl Workspace {
    /// Investigations that resemble one, most alike first, with reasons and what ended them. Compares the texts, the
    /// log templates, mechanisms and entities that analyses found, and the way from cause to symptom; see
    /// [`Similar`]. One that was never analysed is compared by its text and by what it names.
    ///
    /// A score of 0.5 says as much as it does of a link: worth a look.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] when there is no such investigation.
    pub fn similar(&self, id: InvestigationId, limit: usize) -> Result<Vec<Similar>> {
        let case = self.investigation(id)?;
        self.make_fresh(Records::Investigations)?;
        let own = self.fingerprint(id)?;
        let text = format!("{}\n{}", texts(&case), own.cause.as_deref().unwrap_or_default());
        let words = self.inner.index.telling_words(&text)?;
        let hits = self.inner.index.investigations_about(&words, MOST_TEXTS)?;
        let best = hits.iter().find(|hit| hit.id == id).or(hits.first());
        let best = f64::from(best.map_or(1.0, |hit| hit.score)).max(f64::MIN_POSITIVE);
        let scores: BTreeMap<InvestigationId, f64> =
            hits.iter().map(|hit| (hit.id, f64::from(hit.score) / best)).collect();
        let mechanisms = &self.inner.options.mechanisms;
        let matches = self.with_known(|known| known.kin.similar(id, &scores, mechanisms, limit))?;
        matches.into_iter().filter_map(|found| self.told(found, &words).transpose()).collect()
    }

    /// Notes which investigations resemble one, on both sides, as suggestions with their reasons; gives them. What
    /// people said of a pair stays as it is, and suggestions that no longer hold are taken back.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] when there is no such investigation, [`crate::ErrorKind::Denied`] when
    /// read-only.
    pub fn suggest_related(&self, id: InvestigationId, least: Confidence) -> Result<Vec<Similar>> {
        self.writable()?;
        let mut found = self.similar(id, MOST_SUGGESTED)?;
        found.retain(|similar| similar.score >= least);
        let kin: BTreeSet<InvestigationId> = found.iter().map(|kin| kin.investigation).collect();
        let known = self.investigation(id)?;
        let known = known.relations().iter().filter(|known| known.kind == RelationKind::Suggested);
        for gone in known.map(|known| known.investigation).filter(|other| !kin.contains(other)) {
            for (one, other) in [(id, gone), (gone, id)] {
                self.put_suggestion(one, other, None)?;
            }
        }
        for similar in &found {
            for (one, other) in [(id, similar.investigation), (similar.investigation, id)] {
                self.put_suggestion(one, other, Some(similar))?;
            }
        }
        Ok(found)
    }

    /// Writes only what is another suggestion than before.
    fn put_suggestion(
        &self,
        one: InvestigationId,
        other: InvestigationId,
        similar: Option<&Similar>,
    ) -> Result<()> {
        let Some(case) =
            self.store().investigation(one)?.filter(|case| case.deleted_at().is_none())
        else {
            return Ok(());
        };
        let before = case.relations().iter().find(|known| known.investigation == other);
        if before.is_some_and(|known| known.kind.is_manual()) {
            return Ok(());
        }
        let now = self.now();
        let after = similar.map(|similar| {
            let suggested = Relation::suggested(other, similar.score, now);
            let details = similar.resemblances.iter().map(|found| found.detail.as_str());
            details.fold(suggested, Relation::with_reason)
        });
        let same = match (before, &after) {
            (None, None) => true,
            (Some(before), Some(after)) => {
                (before.confidence.value() - after.confidence.value()).abs() < MOVED
            }
            _ => false,
        };
        if same {
            return Ok(());
        }
        self.update_investigation(one, |case| {
            case.related.retain(|known| known.investigation != other);
            case.related.extend(after.clone());
            case.put_in_order();
            Ok(())
        })?;
        Ok(())
    }

    /// A match with what is known of the investigation; none when it was removed meanwhile.
    fn told(&self, found: Match, words: &[String]) -> Result<Option<Similar>> {
        let id = found.investigation;
        let case = self.store().investigation(id)?.filter(|case| case.deleted_at().is_none());
        let Some(case) = case else { return Ok(None) };
        let print = self.fingerprint(id)?;
        let mut resemblances = found.resemblances;
        for resemblance in &mut resemblances {
            if resemblance.likeness == Likeness::Text {
                let shared = search::words_in(words, &texts(&case));
                let shown: Vec<&str> = shared.into_iter().take(NAMED).collect();
                if !shown.is_empty() {
                    resemblance.detail = format!("shares the words {}", shown.join(", "));
                }
            }
        }
        let fix = Fix {
            cause: print.cause,
            root_cause: case.root_cause().map(str::to_owned),
            remediation: case.remediation().map(str::to_owned),
            lessons_learned: case.lessons_learned().map(str::to_owned),
            reverts: print.commit.map_or(Ok(Vec::new()), |sha| self.reverts(&sha))?,
            resolved_after: case.resolved_at().map(|at| at - case.detected_at()),
        };
        Ok(Some(Similar {
            investigation: id,
            title: case.title().to_owned(),
            detected_at: case.detected_at(),
            status: case.status(),
            score: found.score,
            resemblances,
            fix,
        }))
    }

    /// Commits that say that they take this one back.
    fn reverts(&self, sha: &str) -> Result<Vec<Revert>> {
        let reverted = self.store().event_by_source_id(&Source::Git, sha)?;
        let reverted = reverted.map(|id| self.store().event(id)).transpose()?.flatten();
        let subject = reverted.as_ref().map(Event::title);
        let word =
            |text: &str, kind| Expr::Text(TextMatch { field: None, kind, text: text.to_owned() });
        // Messages shorten hashes as they like.
        let shortened: BTreeSet<&str> =
            [7, 8, 10, 12].iter().filter_map(|n| sha.get(..*n)).collect();
        let mut named: Vec<Expr> =
            shortened.into_iter().map(|sha| word(sha, TextKind::Word)).collect();
        named.push(word(sha, TextKind::Word));
        named.extend(subject.map(|subject| word(subject, TextKind::Phrase)));
        let query = Query::all().with(Expr::Any(named)).with_source(&Source::Git);
        let query = query.with_sort(Sort::Newest).with_limit(MOST_REVERTS);
        let ids: Vec<_> = self.inner.index.search(&query)?.hits.iter().map(|hit| hit.id).collect();
        let mut found: Vec<Revert> = self
            .events_by_id(&ids)?
            .into_iter()
            .flatten()
            .filter(|event| takes_back(event, sha, subject))
            .map(|event| Revert {
                event: event.id(),
                title: event.title().to_owned(),
                time: event.timestamp(),
            })
            .collect();
        found.sort_by_key(|revert| (revert.time, revert.event));
        Ok(found)
    }
}

fn takes_back(event: &Event, sha: &str, subject: Option<&str>) -> bool {
    let message = if event.body().is_empty() { event.title() } else { event.body() };
    let said = References::of(message);
    let titled = References::of(event.title()).reverted_subject;
    said.reverts.iter().any(|hash| sha.starts_with(hash.as_str()))
        || (said.reverts.is_empty()
            && subject.is_some()
            && (said.reverted_subject == subject || titled == subject))
}

/// What people wrote about an investigation.
fn texts(case: &Investigation) -> String {
    let parts = [
        Some(case.title()),
        Some(case.description()),
        case.root_cause(),
        case.remediation(),
        case.lessons_learned(),
        case.service_affected(),
        case.component_affected(),
    ];
    let notes = case.notes().iter().map(|note| note.text.as_str());
    parts.into_iter().flatten().chain(notes).collect::<Vec<_>>().join("\n")
}
