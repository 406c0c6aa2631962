//! A list of the newest things first, gone through from its begin back to what is known.

use super::*;

/// How far a list is read.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Newest {
    /// Everything before is read.
    from: Option<DateTime<Utc>>,
    /// Of the first page.
    tag: Option<String>,
    walk: Option<Walk>,
}

/// A walk that has pages before it.
#[derive(Debug, Serialize, Deserialize)]
struct Walk {
    tag: Option<String>,
    next: String,
    newest: Option<DateTime<Utc>>,
}

/// A page of the list.
pub(super) struct Listed {
    pub(super) answer: Answer,
    /// The newest thing that was seen in this walk.
    pub(super) newest: Option<DateTime<Utc>>,
    /// Of the first page of this walk.
    tag: Option<String>,
}

impl Newest {
    /// Where reading ends: what is older is known, or before the first pull.
    pub(super) fn known(&self, start: DateTime<Utc>) -> DateTime<Utc> {
        self.from.unwrap_or(start)
    }

    /// The next page of the walk, or the first of a new one; none when the list is as it was.
    pub(super) fn page(
        &mut self,
        pull: &mut Pull<'_>,
        path: &str,
    ) -> Result<Option<Listed>, Fault> {
        if let Some(Walk { tag, next, newest }) = self.walk.take() {
            return Ok(Some(Listed { answer: pull.get(&next)?, newest, tag }));
        }
        let url = pull.url(path);
        let first = pull.ask(&url, self.tag.as_deref())?;
        Ok(first.map(|answer| Listed { newest: self.from, tag: answer.tag.clone(), answer }))
    }

    /// Goes on to the next page where there is one and more is wanted; else all up to the newest is known.
    pub(super) fn turn(&mut self, listed: Listed, more: bool, known: DateTime<Utc>) -> Step {
        let Listed { answer, newest, tag } = listed;
        match answer.next.filter(|_| more) {
            Some(next) => {
                self.walk = Some(Walk { tag, next, newest });
                Step::More
            }
            None => {
                (self.from, self.tag) = (newest.or(Some(known)), tag);
                Step::Done
            }
        }
    }
}
