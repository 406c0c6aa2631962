"""What calls return beside the records of the core."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from rca._methods import HitsMethods
from rca._record import FrozenDict, Record, Word
from rca._records import Edge, Entity, Investigation, LinkKind, LinkReason, Status


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Progress(Record):
    """How far a reading has come. A callback gets one every few hundredths of a second."""

    input: str
    """The file or source that is read."""
    records: int
    """Its records so far."""
    bytes: int
    """Its bytes so far."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Duplicate(Record):
    """An event that was there already."""

    index: int
    """Its place among the events handed in."""
    existing: str
    """The id of the one that is stored."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Appended(Record):
    """What storing events did."""

    accepted: tuple[str, ...] = ()
    """Ids of new events."""
    duplicates: tuple[Duplicate, ...] = ()
    """Events that were there already."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Ingested(Record):
    """What storing a batch or a webhook did."""

    appended: Appended
    """The events."""
    letters: tuple[int, ...] = ()
    """Numbers of the dead letters that refused records became."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Relinked(Record):
    """What linking anew did."""

    linked: int
    """New links."""
    suggested: int
    """New suggestions."""
    dropped: int
    """Links and suggestions that no longer hold."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Explanation(Record):
    """What every rule of the linker says about an event and an investigation."""

    confidence: float
    """How sure the rules are together."""
    kind: LinkKind | None = None
    """What follows; none when the event is not even suggested."""
    reasons: tuple[LinkReason, ...] = ()
    """All rules, strongest first."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Snippet(Record):
    """A piece of a text."""

    text: str
    """The piece, on one line."""
    highlights: tuple[tuple[int, int], ...] = ()
    """What matched, as ranges of characters."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Hit(Record):
    """One match of a search."""

    id: str
    """Whose."""
    score: float
    """How well it matches; 0 without text in the query, and unless sorted by relevance."""
    timestamp: datetime
    """The event's time; for investigations that of detection."""
    snippet: Snippet | None = None
    """The best place in the text."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Hits(HitsMethods, Record):
    """A page of hits. Iterating and indexing gives the hits."""

    total: int | None = None
    """How many match in all; none when the search was told not to count."""
    hits: tuple[Hit, ...] = ()
    """The page."""
    next: str | None = None
    """Where the next page begins: hand it back as `after`; none on the last."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Count(Record):
    """Events of one group."""

    count: int
    """How many."""
    values: tuple[str, ...] = ()
    """The group's values, in the order of what was counted by."""
    bucket: datetime | None = None
    """Where its bucket of time begins."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Counts(Record):
    """Exact counts of a query."""

    total: int
    """How many events match in all."""
    groups: tuple[Count, ...] = ()
    """Groups that have events, by time, then by value."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CausalChain(Record):
    """A way from a change to a symptom."""

    change: str
    """The change's event."""
    strength: float
    """How strong it is: the product of its edges."""
    edges: tuple[Edge, ...] = ()
    """From the change to the symptom."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class GraphStats(Record):
    """A graph in numbers."""

    nodes: int
    """Events."""
    edges: int
    """Relations."""
    by_kind: FrozenDict[str, int] = field(default_factory=FrozenDict)
    """Edges by kind."""
    by_rule: FrozenDict[str, int] = field(default_factory=FrozenDict)
    """Edges by rule."""
    components: int = 0
    """Pieces that hang together."""
    isolated: int = 0
    """Events without an edge."""
    max_degree: int = 0
    """Most edges at one event."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Place(Record):
    """Where in an input something is wrong."""

    input: str | None = None
    """The input's name."""
    line: int | None = None
    """Line, from 1."""
    column: int | None = None
    """Column in characters, from 1."""
    offset: int | None = None
    """Offset in bytes, from 0."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DeadLetter(Record):
    """A record or a page that could not be read. Its bytes are asked for apart."""

    id: int
    """Its number."""
    source: str
    """Where it came from."""
    reason: str
    """Why it could not be read, the last time."""
    format: str | None = None
    """The format it was read as."""
    place: Place = Place()
    """Where in the input it was."""
    about: FrozenDict[str, str] = field(default_factory=FrozenDict)
    """What was known besides the bytes."""
    tries: int = 0
    """How often it was read in vain."""
    first_at: datetime | None = None
    """The first of those times."""
    last_at: datetime | None = None
    """The last of them."""
    next_try: datetime | None = None
    """When it is worth another try; never by itself when none."""
    bytes: int = 0
    """How many bytes it has."""
    kept: bool = True
    """Whether the bytes were kept: of one that is too long there is only this note."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DeadLetterCounts(Record):
    """What the dead-letter queue holds, and what it let go."""

    letters: int
    """Letters in the queue."""
    bytes: int
    """Their bytes."""
    arrived: int
    """Letters that were ever put in."""
    settled: int
    """Letters that could be read, or were discarded."""
    evicted: int
    """Letters that had to go because there were too many."""
    expired: int
    """Letters that grew too old."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class StillRefused(Record):
    """A letter that stays in the queue."""

    id: int
    """Its number."""
    reason: str
    """Why."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Replayed(Record):
    """What came of reading letters again."""

    settled: tuple[int, ...] = ()
    """Letters that could be read and left the queue."""
    refused: tuple[StillRefused, ...] = ()
    """Letters that stay, and why."""
    accepted: int = 0
    """New events."""
    duplicates: int = 0
    """Events that were known already."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class StoreProblem(Record):
    """Something that is wrong in the store."""

    what: str
    """The record or entry."""
    reason: str
    """What is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Health(Record):
    """What checking a workspace found."""

    is_well: bool
    """Whether nothing is wrong."""
    events: int = 0
    """Events read."""
    investigations: int = 0
    """Investigations read."""
    links: int = 0
    """Links read."""
    dead_letters: int = 0
    """Dead letters read."""
    problems: tuple[StoreProblem, ...] = ()
    """What is wrong in the store."""
    unlisted: int = 0
    """Further problems that are not listed."""
    damaged_index_files: tuple[str, ...] = ()
    """Damaged files of the search index; `Workspace.rebuild_index` repairs them."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Work(Record):
    """What an analysis took."""

    events_read: int
    """Events read from the store."""
    diffs_read: int
    """Diffs read."""
    diffs_reused: int
    """Diffs whose reading was known."""
    detectors_run: int
    """Detectors of one signal each that looked at telemetry."""
    judged: bool
    """Whether the causes were judged anew."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Refused(Record):
    """A record that could not be read."""

    reason: str
    """What is wrong with it."""
    input: str | None = None
    """The input."""
    line: int | None = None
    """Line, from 1."""
    offset: int | None = None
    """Offset in bytes, from 0."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class InputReport(Record):
    """How one input was read."""

    name: str
    """Its name."""
    format: str
    """What it was read as."""
    read: int = 0
    """Records that became events or signals."""
    refused: int = 0
    """Records that did not."""
    described: tuple[Refused, ...] = ()
    """The first of those."""
    bytes: int = 0
    """Its size."""
    notes: FrozenDict[str, int] = field(default_factory=FrozenDict)
    """What was changed or assumed on the way, and how often."""
    redacted: FrozenDict[str, int] = field(default_factory=FrozenDict)
    """How much was blotted out, by rule."""
    entities: tuple[Entity, ...] = ()
    """What its records are about."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ReadReport(Record):
    """What was read and what was not."""

    inputs: tuple[InputReport, ...] = ()
    """One entry an input."""
    missing: tuple[str, ...] = ()
    """Inputs that one would expect."""
    ignored: tuple[str, ...] = ()
    """Inputs that were left alone, and why."""

    @property
    def read(self) -> int:
        """Records that became events or signals."""
        return sum(one.read for one in self.inputs)

    @property
    def refused(self) -> int:
        """Records that did not."""
        return sum(one.refused for one in self.inputs)


class PullEnd(Word):
    """How a pull ended."""

    CAUGHT_UP = "caught_up"
    """There is nothing more for now."""
    MORE_PAGES = "more_pages"
    """There is more, but as many pages as were asked for came."""
    NOT_BEFORE = "not_before"
    """The source is to be left alone for a while."""
    GAVE_UP = "gave_up"
    """It failed as often as was allowed."""
    NEEDS_HUMAN = "needs_human"
    """Somebody has to do something, then `Workspace.reset_source`."""
    IMPOSSIBLE = "impossible"
    """What is asked for there can't be had."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Fault(Record):
    """Why a source did not give what was asked of it."""

    kind: str
    """What the caller can do about it: the `kind` of an `RcaError`."""
    place: str
    """The address, without user and query."""
    what: str
    """What went wrong."""
    hint: str
    """What to do."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PullReport(Record):
    """What came of a pull."""

    source: str
    """The source's name."""
    pages: int
    """Pages stored."""
    end: PullEnd
    """How it ended."""
    retries: int = 0
    """How often a page was asked for again."""
    accepted: int = 0
    """New events."""
    duplicates: int = 0
    """Events that were known."""
    refused: int = 0
    """Records that could not be read."""
    letters: int = 0
    """Dead letters that came of them."""
    let_go: int = 0
    """Old letters that had to go for them."""
    waited_seconds: float = 0.0
    """How long it waited in all."""
    checkpoint: str | None = None
    """Where the next pull begins, as JSON."""
    not_before: datetime | None = None
    """When to pull again."""
    fault: Fault | None = None
    """What was in the way."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SourceStatus(Record):
    """How one source stands."""

    name: str
    """Its name."""
    standing: str
    """`ready`, `running`, `not_before` or `paused`."""
    breaker: str
    """`closed`, `open` or `probing`."""
    not_before: datetime | None = None
    """When it may be asked again."""
    checkpoint_at: datetime | None = None
    """When its checkpoint last moved, in whichever process."""
    last_page: datetime | None = None
    """When it last gave a page."""
    last_fault_at: datetime | None = None
    """When something last went wrong."""
    last_fault: Fault | None = None
    """What that was."""
    requests: int = 0
    """How often a page was asked for."""
    retries: int = 0
    """Of these: again, after a fault."""
    faults: int = 0
    """How often there was none."""
    pages: int = 0
    """Pages stored."""
    accepted: int = 0
    """New events."""
    duplicates: int = 0
    """Events that were known."""
    refused: int = 0
    """Records that could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class WorkspaceStatus(Record):
    """How all sources stand, and the dead-letter queue."""

    sources: tuple[SourceStatus, ...] = ()
    """The sources, by name."""
    dead_letters: DeadLetterCounts | None = None
    """The queue."""


__all__ = [
    "Appended", "CausalChain", "Count", "Counts", "DeadLetter", "DeadLetterCounts", "Duplicate", "Explanation", "Fault",
    "GraphStats", "Health", "Hit", "Hits", "Ingested", "InputReport", "Place", "Progress", "PullEnd",
    "PullReport", "ReadReport", "Refused", "Relinked", "Replayed", "Snippet", "SourceStatus", "StillRefused",
    "StoreProblem", "Work", "WorkspaceStatus",
]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class FieldChange(Record):
    """One field before and after."""

    field: str
    """Its name in JSON; what stands in a list is named by its id (`hypotheses.<id>.state`)."""
    old: Any = None
    """What it was."""
    new: Any = None
    """What it became."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class FieldConflict(Record):
    """A field that two people changed differently since they read the same record."""

    field: str
    """Its name."""
    base: Any = None
    """What both had read."""
    yours: Any = None
    """What the edit makes of it."""
    theirs: Any = None
    """What is stored now."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Merged(Record):
    """What taking in edits did."""

    investigation: Investigation
    """As it is stored now."""
    changes: tuple[FieldChange, ...] = ()
    """What was changed."""
    conflicts: tuple[FieldConflict, ...] = ()
    """What was left as it is stored, since it was changed there too."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AuditEntry(Record):
    """One change of one field: who, when, what it was, what it became."""

    seq: int
    """Its place in the chain, from 1."""
    investigation: str
    """What was changed."""
    revision: int
    """The revision it led to."""
    time: datetime
    """When."""
    field: str
    """The field's name."""
    previous: str
    """The hash of the entry before."""
    digest: str
    """The hash of all of it."""
    author: str | None = None
    """Who."""
    old: Any = None
    """What it was."""
    new: Any = None
    """What it became."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Resemblance(Record):
    """One reason why two investigations are thought to be kin."""

    likeness: str
    """`templates`, `mechanism`, `entities`, `text` or `shape`."""
    score: float
    """How strongly it speaks alone."""
    detail: str
    """What both have, in words."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Similar(Record):
    """A past investigation that resembles another, and what ended it."""

    investigation: str
    """Which."""
    title: str
    """What it is called."""
    detected_at: datetime
    """When it was noticed."""
    status: Status
    """Where it stands."""
    score: float
    """How sure it is that the two are kin."""
    resemblances: tuple[Resemblance, ...] = ()
    """Why, strongest first."""
    cause: str | None = None
    """The most probable cause by its analysis."""
    root_cause: str | None = None
    """The cause that people wrote down."""
    remediation: str | None = None
    """What people did about it."""
    lessons_learned: str | None = None
    """What people learned from it."""
    reverts: tuple[str, ...] = ()
    """Events of changes that took the cause back."""
    resolved_after: timedelta | None = None
    """How long it took from detection until it was resolved."""
