//! Notes and hypotheses: what people think, and what speaks for and against it.

use crate::error::{Error, Result};
use crate::model::{
    About, Argument, Cause, Evidence, Hypothesis, HypothesisId, HypothesisOrigin, HypothesisState,
    Investigation, InvestigationId, Note, NoteId, Probability, Side, shorten,
};
use crate::workspace::Workspace;

/// Arguments taken over from the analysis, on each side.
const MOST_ARGUMENTS: usize = 5;

impl Workspace {
    /// Adds a note (Markdown): about the investigation, an event, an edge of the graph, a cause, or another note.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] for the investigation or what it is about,
    /// [`crate::ErrorKind::InvalidInput`] for a blank or too long note.
    pub fn add_note(
        &self,
        id: InvestigationId,
        author: Option<&str>,
        text: &str,
        about: impl Into<About>,
    ) -> Result<Note> {
        let about = about.into();
        self.check_about(id, &about)?;
        let author = self.author(author);
        let note = Note::new(self.now(), author.map(str::to_owned), text.to_owned(), about)?;
        self.update_as(id, author, &mut |case| {
            if !case.notes.iter().any(|known| known.id == note.id) {
                case.notes.push(note.clone());
                case.put_in_order();
            }
            Ok(())
        })?;
        Ok(note)
    }

    /// Changes the text of a note. What it said before stays in the history.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] for either, [`crate::ErrorKind::InvalidInput`] for a blank or too long note.
    pub fn edit_note(
        &self,
        id: InvestigationId,
        note: NoteId,
        author: Option<&str>,
        text: &str,
    ) -> Result<Note> {
        Note::check_text(text)?;
        let case = self.update_as(id, self.author(author), &mut |case| {
            text.clone_into(&mut note_in(case, note)?.text);
            Ok(())
        })?;
        let found = case.notes.into_iter().find(|known| known.id == note);
        found.ok_or(Error::NoteNotFound { id: note })
    }

    /// Removes a note. What it said stays in the history.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] for either.
    pub fn remove_note(
        &self,
        id: InvestigationId,
        note: NoteId,
        author: Option<&str>,
    ) -> Result<()> {
        self.update_as(id, self.author(author), &mut |case| {
            note_in(case, note)?;
            case.notes.retain(|known| known.id != note);
            Ok(())
        })?;
        Ok(())
    }

    /// Says what is suspected.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] for the investigation or what it is about,
    /// [`crate::ErrorKind::InvalidInput`] for a blank or too long text.
    pub fn propose(
        &self,
        id: InvestigationId,
        author: Option<&str>,
        text: &str,
        about: impl Into<About>,
    ) -> Result<Hypothesis> {
        let about = about.into();
        self.check_about(id, &about)?;
        let author = self.author(author);
        let hypothesis = Hypothesis::new(self.now(), author.map(str::to_owned), text, about)?;
        self.update_as(id, author, &mut |case| {
            add_hypothesis(case, &hypothesis);
            Ok(())
        })?;
        Ok(hypothesis)
    }

    /// Makes hypotheses of the causes that the latest analysis found at least so probable, with their strongest
    /// evidence; analyses first when that was never done. Those that stand there already, in whatever state, are left
    /// alone. Gives the new ones.
    ///
    /// # Errors
    ///
    /// As [`Workspace::analyze`].
    pub fn propose_from_analysis(
        &self,
        id: InvestigationId,
        at_least: Probability,
    ) -> Result<Vec<Hypothesis>> {
        self.writable()?;
        let analysis = match self.analysis(id)? {
            Some(analysis) => analysis,
            None => self.analyze(id)?,
        };
        let probable = analysis.causes.iter().filter(|cause| cause.probability >= at_least);
        let new = probable.map(|cause| self.hypothesis_of(cause)).collect::<Result<Vec<_>>>()?;
        let mut added = Vec::new();
        self.update_as(id, self.author(None), &mut |case| {
            added.clear();
            for hypothesis in &new {
                if case.hypotheses().iter().all(|known| known.about != hypothesis.about) {
                    add_hypothesis(case, hypothesis);
                    added.push(hypothesis.clone());
                }
            }
            Ok(())
        })?;
        Ok(added)
    }

    fn hypothesis_of(&self, cause: &Cause) -> Result<Hypothesis> {
        let now = self.now();
        let about = About::Cause { cause: cause.key() };
        let text = shorten(&cause.title, Hypothesis::MAX_CHARS);
        let mut hypothesis = Hypothesis::new(now, None, text, about)?;
        hypothesis.origin = HypothesisOrigin::Analysis;
        let sides = [(Side::For, &cause.evidence_for), (Side::Against, &cause.evidence_against)];
        for (side, pieces) in sides {
            for Evidence { statement, events, .. } in pieces.iter().take(MOST_ARGUMENTS) {
                let text = shorten(statement, Argument::MAX_CHARS);
                let argument = Argument::new(now, None, side, text, events.first().copied())?;
                if hypothesis.evidence.iter().all(|known| known.id != argument.id) {
                    hypothesis.evidence.push(argument);
                }
            }
        }
        Ok(hypothesis)
    }

    /// Says what a hypothesis says in other words.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] for either, [`crate::ErrorKind::InvalidInput`] for a blank or too long text.
    pub fn edit_hypothesis(
        &self,
        id: InvestigationId,
        hypothesis: HypothesisId,
        author: Option<&str>,
        text: &str,
    ) -> Result<Hypothesis> {
        self.change_hypothesis(id, hypothesis, author, &mut |found| {
            text.clone_into(&mut found.text);
            found.check()
        })
    }

    /// Brings something that speaks for or against a hypothesis: words, or an event, an edge, a cause or a note.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] for the investigation, the hypothesis or what is referred to,
    /// [`crate::ErrorKind::InvalidInput`] for neither words nor a reference.
    pub fn add_evidence(
        &self,
        id: InvestigationId,
        hypothesis: HypothesisId,
        author: Option<&str>,
        side: Side,
        text: &str,
        about: impl Into<About>,
    ) -> Result<Argument> {
        let about = about.into();
        self.check_about(id, &about)?;
        let person = self.author(author).map(str::to_owned);
        let argument = Argument::new(self.now(), person, side, text, about)?;
        self.change_hypothesis(id, hypothesis, author, &mut |found| {
            if found.evidence.iter().all(|known| known.id != argument.id) {
                found.evidence.push(argument.clone());
            }
            found.check()
        })?;
        Ok(argument)
    }

    /// Says that a hypothesis seems to be so.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] for either.
    pub fn support(
        &self,
        id: InvestigationId,
        hypothesis: HypothesisId,
        author: Option<&str>,
    ) -> Result<Hypothesis> {
        self.set_hypothesis(id, hypothesis, author, HypothesisState::Supported)
    }

    /// Says that a hypothesis is not so.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] for either.
    pub fn refute(
        &self,
        id: InvestigationId,
        hypothesis: HypothesisId,
        author: Option<&str>,
    ) -> Result<Hypothesis> {
        self.set_hypothesis(id, hypothesis, author, HypothesisState::Refuted)
    }

    /// Says how a hypothesis stands.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] for either.
    pub fn set_hypothesis(
        &self,
        id: InvestigationId,
        hypothesis: HypothesisId,
        author: Option<&str>,
        state: HypothesisState,
    ) -> Result<Hypothesis> {
        self.change_hypothesis(id, hypothesis, author, &mut |found| {
            found.state = state;
            Ok(())
        })
    }

    fn change_hypothesis(
        &self,
        id: InvestigationId,
        hypothesis: HypothesisId,
        author: Option<&str>,
        change: &mut dyn FnMut(&mut Hypothesis) -> Result<()>,
    ) -> Result<Hypothesis> {
        let missing = || Error::HypothesisNotFound { id: hypothesis };
        let case = self.update_as(id, self.author(author), &mut |case| {
            let found = case.hypotheses.iter_mut().find(|known| known.id == hypothesis);
            change(found.ok_or_else(missing)?)?;
            case.put_in_order();
            Ok(())
        })?;
        case.hypothesis(hypothesis).cloned().ok_or_else(missing)
    }

    /// What is referred to must be there; causes come and go with the analysis.
    fn check_about(&self, id: InvestigationId, about: &About) -> Result<()> {
        for event in about.events() {
            self.event(event)?;
        }
        if let About::Note { note } = about {
            let case = self.investigation(id)?;
            let is_there = case.notes().iter().any(|known| known.id == *note);
            return is_there.then_some(()).ok_or(Error::NoteNotFound { id: *note });
        }
        Ok(())
    }
}

fn note_in(case: &mut Investigation, id: NoteId) -> Result<&mut Note> {
    case.notes.iter_mut().find(|known| known.id == id).ok_or(Error::NoteNotFound { id })
}

fn add_hypothesis(case: &mut Investigation, hypothesis: &Hypothesis) {
    if case.hypothesis(hypothesis.id).is_none() {
        case.hypotheses.push(hypothesis.clone());
        case.put_in_order();
    }
}
