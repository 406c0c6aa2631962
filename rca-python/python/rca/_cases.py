"""Investigations of a workspace: notes, links, analyses."""

from __future__ import annotations

import enum
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rca._batch import Batch
from rca._canvas import Canvas
from rca._common import OnProgress, Owner, Path, case_id, event_id, events_of, moment, watched, window_of
from rca._methods import analysis_of
from rca._partial import Partial
from rca._record import Record, load, plain_of
from rca._records import Analysis, Cause, Event, Impact, Investigation, Link, Note, Priority, Status, TimeRange
from rca._results import Explanation, Relinked, Work
from rca._review import Template, template_document


class _Keep(enum.Enum):
    """What is not changed."""

    KEEP = "keep"

    def __repr__(self) -> str:
        return "KEEP"


KEEP = _Keep.KEEP


@dataclass(frozen=True, slots=True, repr=False)
class Investigated(Record):
    """An investigation with its answer."""

    investigation: Investigation
    """The investigation."""
    analysis: Analysis
    """Its answer."""

    def _repr_html_(self) -> str:
        return self.investigation._repr_html_() + self.analysis._repr_html_()


class CaseCalls(Owner):
    """Opening investigations, and working on them."""

    def investigate(
        self,
        title: str,
        window: TimeRange | tuple[datetime, datetime],
        *,
        detected_at: datetime | None = None,
        description: str | None = None,
        impact_severity: Impact | str | None = None,
        priority: Priority | str | None = None,
        component: str | None = None,
        service: str | None = None,
        tags: Iterable[str] = (),
        created_by: str | None = None,
        assigned_to: str | None = None,
    ) -> Investigation:
        """Opens an investigation of what happened in a window, and links the events that belong to it.

        >>> from datetime import datetime, timedelta, timezone
        >>> night = datetime(2026, 5, 4, 2, tzinfo=timezone.utc)
        >>> with rca.Workspace() as workspace:
        ...     case = workspace.investigate("till is slow", (night, night + timedelta(hours=1)), priority="p1")
        ...     workspace.set_status(case, "in_progress").status
        'in_progress'
        """
        start, end = _ends(window)
        draft = {
            "title": title,
            "start": start,
            "end": end,
            "detected_at": detected_at,
            "description": description,
            "impact_severity": impact_severity,
            "priority": priority,
            "component": component,
            "service": service,
            "tags": list(tags),
            "created_by": created_by,
            "assigned_to": assigned_to,
        }
        return _case(self._inner.investigate(json.dumps(plain_of(draft))))

    def investigate_bundle(self, folder: Path, *, progress: OnProgress | None = None) -> Investigated:
        """Reads an incident bundle, stores its events, opens an investigation and analyses it."""
        case, analysis = self._inner.investigate_bundle(folder, watched(progress))
        return Investigated(_case(case), analysis_of(Analysis, analysis))

    def investigate_batch(self, batch: Batch) -> Investigated:
        """Stores a batch's events, opens an investigation about its first alert, and analyses it with its telemetry."""
        case, analysis = self._inner.investigate_batch(batch._inner)
        return Investigated(_case(case), analysis_of(Analysis, analysis))

    def investigation(self, id: Investigation | str) -> Investigation:
        """One investigation. Raises NotFoundError."""
        return _case(self._inner.investigation(case_id(id)))

    def investigations(self, *, deleted: bool = False) -> list[Investigation]:
        """All investigations, newest first."""
        return [load(Investigation, one) for one in json.loads(self._inner.investigations(deleted))]

    def update_investigation(
        self,
        id: Investigation | str,
        *,
        title: str | _Keep = KEEP,
        description: str | _Keep = KEEP,
        impact_severity: Impact | str | _Keep = KEEP,
        priority: Priority | str | _Keep = KEEP,
        started_at: datetime | None | _Keep = KEEP,
        assigned_to: str | None | _Keep = KEEP,
        service_affected: str | None | _Keep = KEEP,
        component_affected: str | None | _Keep = KEEP,
        root_cause: str | None | _Keep = KEEP,
        remediation: str | None | _Keep = KEEP,
        lessons_learned: str | None | _Keep = KEEP,
        add_tags: Iterable[str] = (),
        remove_tags: Iterable[str] = (),
        revision: int | None = None,
    ) -> Investigation:
        """Changes the fields that are given; `None` empties one. Safe beside other writers.

        With the `revision` that you read it raises ConflictError when somebody changed the investigation since.
        """
        changes: dict[str, Any] = {
            "title": title,
            "description": description,
            "impact_severity": impact_severity,
            "priority": priority,
            "started_at": started_at,
            "assigned_to": assigned_to,
            "service_affected": service_affected,
            "component_affected": component_affected,
            "root_cause": root_cause,
            "remediation": remediation,
            "lessons_learned": lessons_learned,
        }
        given = {name: plain_of(value) for name, value in changes.items() if value is not KEEP}
        given |= {"add_tags": list(add_tags), "remove_tags": list(remove_tags)}
        if revision is not None:
            given["revision"] = revision
        return _case(self._inner.update_investigation(case_id(id), json.dumps(given)))

    def set_status(self, id: Investigation | str, status: Status | str) -> Investigation:
        """Moves an investigation through its life. Raises ConflictError for a move that it does not have."""
        return _case(self._inner.set_status(case_id(id), str(status)))

    def add_note(
        self,
        id: Investigation | str,
        text: str,
        *,
        author: str | None = None,
        event: Event | str | None = None,
    ) -> Note:
        """Adds a note (Markdown), about an event when one is given."""
        about = None if event is None else event_id(event)
        return load(Note, json.loads(self._inner.add_note(case_id(id), text, author=author, event=about)))

    def relate(
        self,
        a: Investigation | str,
        b: Investigation | str,
        *,
        person: str | None = None,
        reasons: Iterable[str] = (),
    ) -> None:
        """Says that two investigations are related, and why; the relation is mutual."""
        self._inner.relate(case_id(a), case_id(b), person, list(reasons))

    def unrelate(self, a: Investigation | str, b: Investigation | str) -> None:
        """Takes `relate` back."""
        self._inner.unrelate(case_id(a), case_id(b))

    def delete_investigation(self, id: Investigation | str) -> None:
        """Removes an investigation; it can be restored, and its events stay."""
        self._inner.delete_investigation(case_id(id))

    def restore_investigation(self, id: Investigation | str) -> Investigation:
        """Takes a removal back."""
        return _case(self._inner.restore_investigation(case_id(id)))

    def link(self, event: Event | str, investigation: Investigation | str, *, person: str | None = None) -> Link:
        """A person says that an event belongs to an investigation; analyses leave that alone."""
        return _link(self._inner.link(event_id(event), case_id(investigation), person))

    def unlink(self, event: Event | str, investigation: Investigation | str, *, person: str | None = None) -> Link:
        """A person says that an event does not belong to an investigation; analyses leave that alone."""
        return _link(self._inner.unlink(event_id(event), case_id(investigation), person))

    def links(self, id: Investigation | str) -> list[Link]:
        """All links of an investigation, suggestions and rejections too, surest first."""
        return [load(Link, one) for one in json.loads(self._inner.links(case_id(id)))]

    def linked_events(self, id: Investigation | str) -> list[Event]:
        """The events that count as part of an investigation, in order of time."""
        return events_of(self._inner.linked_events(case_id(id)))

    def relink(self, id: Investigation | str) -> Relinked:
        """Links events anew, as the rules see them now. What people decided stays."""
        return Relinked.from_dict(json.loads(self._inner.relink(case_id(id))))

    def explain_link(self, event: Event | str, investigation: Investigation | str) -> Explanation:
        """What every rule says about an event and an investigation, also where it says no."""
        text = self._inner.explain_link(event_id(event), case_id(investigation))
        return Explanation.from_dict(json.loads(text))

    def observe(self, id: Investigation | str, batch: Batch | Partial) -> None:
        """Hands telemetry, or what is known of telemetry scanned elsewhere, to an investigation; the next `analyze` takes it in."""
        if isinstance(batch, Partial):
            self._inner.observe_partial(case_id(id), batch._inner)
        else:
            self._inner.observe(case_id(id), batch._inner)

    def forget_telemetry(self, id: Investigation | str) -> None:
        """Forgets the telemetry that was handed in; its findings stay."""
        self._inner.forget_telemetry(case_id(id))

    def analyze(self, id: Investigation | str, *, batch: Batch | None = None) -> Analysis:
        """Analyses an investigation and keeps the answer; with the telemetry of `batch`, when one is given.

        Called again, it touches only what changed since, and the answer is that of a workspace that got everything at
        once.
        """
        if batch is not None:
            return analysis_of(Analysis, self._inner.analyze_with(case_id(id), batch._inner))
        return analysis_of(Analysis, self._inner.analyze(case_id(id))[0])

    def analyze_counting(self, id: Investigation | str) -> tuple[Analysis, Work]:
        """`analyze`, with what it took."""
        analysis, work = self._inner.analyze(case_id(id))
        return analysis_of(Analysis, analysis), Work.from_dict(json.loads(work))

    def analysis(self, id: Investigation | str) -> Analysis | None:
        """The latest answer; none when there is none yet."""
        text = self._inner.analysis(case_id(id))
        return None if text is None else analysis_of(Analysis, text)

    def review(
        self, id: Investigation | str, template: Template | str = "review", *, batch: Batch | None = None
    ) -> str:
        """A post-incident review of the record and the answer: a `Template`, or the name of one that is built in.

        >>> from datetime import datetime, timedelta, timezone
        >>> night = datetime(2026, 5, 4, 2, tzinfo=timezone.utc)
        >>> ours = rca.Template.parse("ours.md", "# {{ title }}, {{ status }}")
        >>> with rca.Workspace() as workspace:
        ...     case = workspace.investigate("till is slow", (night, night + timedelta(hours=1)))
        ...     print(workspace.review(case, ours))
        # till is slow, open
        """
        return self._inner.review(case_id(id), template_document(template), None if batch is None else batch._inner)

    def pdf(
        self, id: Investigation | str, *, created: datetime | None = None, batch: Batch | None = None
    ) -> bytes:
        """A document to print and hand on; the same bytes each time unless it says when it was `created`.

        Raises InvalidInputError where the feature `pdf` was not built, as in the wheels: the fonts are large.
        """
        return self._inner.pdf(case_id(id), moment(created), None if batch is None else batch._inner)

    def canvas(self, id: Investigation | str, *, batch: Batch | None = None) -> Canvas:
        """A page to look around in; with the telemetry of `batch`, when one is given, for charts, log lines and traces."""
        return Canvas(self._inner.canvas_html(case_id(id), None if batch is None else batch._inner))

    def root_causes(self, id: Investigation | str, *, limit: int = 10) -> list[Cause]:
        """The most likely causes, most likely first; analyses when there is no answer yet."""
        return [load(Cause, one) for one in json.loads(self._inner.root_causes(case_id(id), limit))]


def _ends(window: TimeRange | tuple[datetime, datetime]) -> tuple[datetime, datetime]:
    ends = window_of(window)
    assert ends is not None
    return ends


def _case(text: str) -> Investigation:
    return load(Investigation, json.loads(text))


def _link(text: str) -> Link:
    return load(Link, json.loads(text))
