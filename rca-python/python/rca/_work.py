"""Working on an investigation: hypotheses, history, documents, and what it resembles."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from rca._common import Owner, case_id
from rca._record import load, plain_of
from rca._records import About, Argument, Event, Hypothesis, HypothesisState, Investigation, Note, Side
from rca._results import AuditEntry, Merged, Similar, StoreProblem


class WorkCalls(Owner):
    """What people think, what they did, and what is known from before."""

    def edit_note(self, id: Investigation | str, note: Note | str, text: str, *, author: str | None = None) -> Note:
        """Changes the text of a note; what it said before stays in the history."""
        return load(Note, json.loads(self._inner.edit_note(case_id(id), _id(note), text, author)))

    def remove_note(self, id: Investigation | str, note: Note | str, *, author: str | None = None) -> None:
        """Removes a note; what it said stays in the history."""
        self._inner.remove_note(case_id(id), _id(note), author)

    def assign(self, id: Investigation | str, person: str | None) -> Investigation:
        """Gives it to somebody; nobody with None."""
        return load(Investigation, json.loads(self._inner.assign(case_id(id), person)))

    def tag(self, id: Investigation | str, tag: str) -> Investigation:
        """Puts a label on it."""
        return load(Investigation, json.loads(self._inner.tag(case_id(id), tag, True)))

    def untag(self, id: Investigation | str, tag: str) -> Investigation:
        """Takes a label off."""
        return load(Investigation, json.loads(self._inner.tag(case_id(id), tag, False)))

    def propose(
        self,
        id: Investigation | str,
        text: str,
        *,
        author: str | None = None,
        about: About | Event | Note | None = None,
    ) -> Hypothesis:
        """Says what is suspected.

        >>> from datetime import datetime, timedelta, timezone
        >>> at = datetime(2026, 5, 4, 9, tzinfo=timezone.utc)
        >>> with rca.Workspace() as workspace:
        ...     case = workspace.investigate("till is slow", window=(at, at + timedelta(hours=1)))
        ...     guess = workspace.propose(case, "the pool is too small", author="ann")
        ...     _ = workspace.add_evidence(case, guess, "for", "40 threads wait for a connection", author="ann")
        ...     supported = workspace.edit_hypothesis(case, guess, state="supported", author="ben")
        ...     supported.state, [entry.author for entry in workspace.history(case)][-1]
        ('supported', 'ben')
        """
        text = self._inner.propose(case_id(id), text, author, _about(about))
        return load(Hypothesis, json.loads(text))

    def propose_from_analysis(self, id: Investigation | str, *, at_least: float = 0.2) -> list[Hypothesis]:
        """Makes hypotheses of the causes that the analysis found at least so probable; those that stand are left alone."""
        found = json.loads(self._inner.propose_from_analysis(case_id(id), at_least))
        return [load(Hypothesis, one) for one in found]

    def edit_hypothesis(
        self,
        id: Investigation | str,
        hypothesis: Hypothesis | str,
        *,
        text: str | None = None,
        state: HypothesisState | str | None = None,
        author: str | None = None,
    ) -> Hypothesis:
        """Says it in other words, or how it stands: `proposed`, `supported`, `refuted`."""
        if text is None and state is None:
            raise TypeError("edit_hypothesis needs a text or a state")
        state = None if state is None else str(state)
        changed = self._inner.edit_hypothesis(case_id(id), _id(hypothesis), text, state, author)
        return load(Hypothesis, json.loads(changed))

    def add_evidence(
        self,
        id: Investigation | str,
        hypothesis: Hypothesis | str,
        side: Side | str,
        text: str = "",
        *,
        author: str | None = None,
        about: About | Event | Note | None = None,
    ) -> Argument:
        """Brings something that speaks `for` or `against`: words, or an event, an edge, a cause or a note."""
        found = self._inner.add_evidence(case_id(id), _id(hypothesis), str(side), text, author, _about(about))
        return load(Argument, json.loads(found))

    def import_edits(self, id: Investigation | str, edits: str | bytes | Mapping[str, Any]) -> Merged:
        """Takes in what people wrote in the page (`canvas`) and exported as JSON, in one write.

        Where somebody changed the same field meanwhile, what is stored stays, and `Merged.conflicts` shows both.
        """
        if isinstance(edits, bytes):
            edits = edits.decode()
        text = edits if isinstance(edits, str) else json.dumps(dict(edits))
        return load(Merged, json.loads(self._inner.import_edits(case_id(id), text)))

    def history(self, id: Investigation | str) -> list[AuditEntry]:
        """Every change of every field: who, when, old, new; chained by hashes that `verify` checks."""
        return [load(AuditEntry, one) for one in json.loads(self._inner.history(case_id(id)))]

    def audit_seal(self) -> str:
        """Where all histories end now, as JSON. Kept elsewhere, it proves later that nothing of them was rewritten."""
        return self._inner.audit_seal()

    def check_seal(self, seal: str) -> list[StoreProblem]:
        """What became of histories that were sealed; empty when each still holds what it held then.

        >>> with rca.Workspace() as workspace:
        ...     workspace.check_seal(workspace.audit_seal())
        []
        """
        return [load(StoreProblem, one) for one in json.loads(self._inner.check_seal(seal))]

    def investigation_at(self, id: Investigation | str, revision: int) -> Investigation:
        """An investigation as it was."""
        return load(Investigation, json.loads(self._inner.investigation_at(case_id(id), revision)))

    def export_investigation(self, id: Investigation | str) -> str:
        """An investigation with its events, links, answer and history as one JSON document."""
        return self._inner.export_investigation(case_id(id))

    def import_investigation(self, document: str) -> tuple[str, str]:
        """Takes in such a document: the id, and whether it was `new`, `extended` or `known`.

        Raises ConflictError when it is known here and was changed on both sides, CorruptError when its history was
        tampered with.
        """
        taken = json.loads(self._inner.import_investigation(document))
        return taken["investigation"], taken["adopted"]

    def similar(self, id: Investigation | str, *, limit: int = 5) -> list[Similar]:
        """Past investigations that resemble one, most alike first, with reasons and what ended them."""
        return [load(Similar, one) for one in json.loads(self._inner.similar(case_id(id), limit))]

    def suggest_related(self, id: Investigation | str, *, at_least: float = 0.5) -> list[Similar]:
        """Notes on both sides which investigations resemble one, as suggestions with reasons."""
        return [load(Similar, one) for one in json.loads(self._inner.suggest_related(case_id(id), at_least))]

    def suggest_relation(
        self,
        id: Investigation | str,
        other: Investigation | str,
        *,
        confidence: float,
        reasons: Iterable[str] = (),
    ) -> bool:
        """Keeps what a comparison of your own found: that two investigations may be related, and why.

        What a person decided stays; says whether it was kept.
        """
        return self._inner.suggest_relation(case_id(id), case_id(other), confidence, list(reasons))


def _id(one: Note | Hypothesis | str) -> str:
    return one if isinstance(one, str) else one.id


def _about(about: About | Event | Note | None) -> str:
    if about is None:
        return '{"kind": "investigation"}'
    if isinstance(about, Event):
        return json.dumps({"kind": "event", "event": about.id})
    if isinstance(about, Note):
        return json.dumps({"kind": "note", "note": about.id})
    return json.dumps(plain_of(about))
