"""Values of the engine. Written by `generate.py` from the schemas of the core: change those, not this."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rca._methods import AnalysisMethods, DoctorMethods, EventMethods, InvestigationMethods
from rca._record import FrozenDict, Record, Word, adopt


class EntityKind(Word):
    """The kind of thing an `Entity` is."""

    SERVICE = "service"
    """A program that answers requests or works in the background."""
    HOST = "host"
    """A machine, virtual or not."""
    POD = "pod"
    """One running copy of a service."""
    DATABASE = "database"
    """A database."""
    QUEUE = "queue"
    """A queue or topic."""
    EXTERNAL_PROVIDER = "external_provider"
    """Somebody else's service."""
    REPOSITORY = "repository"
    """A source code repository."""
    LIBRARY = "library"
    """Code that others embed."""


class Severity(Word):
    """How bad an event is. Sorts from `Info` up to `Critical`."""

    INFO = "info"
    """Normal operation."""
    LOW = "low"
    """Worth a look."""
    MEDIUM = "medium"
    """A part works badly."""
    HIGH = "high"
    """A part fails."""
    CRITICAL = "critical"
    """Users are hurt."""


class EdgeKind(Word):
    """How one event relates to another."""

    CAUSE_EFFECT = "cause_effect"
    """The first is thought to have caused the second."""
    CORRELATION = "correlation"
    """They move together."""
    SEQUENCE = "sequence"
    """The first came before the second, on the same thing."""
    DEPENDS_ON = "depends_on"
    """The first's entity calls or embeds the second's."""
    RELATES_TO = "relates_to"
    """They share a key."""
    TRIGGERS = "triggers"
    """The first set the second off (a commit its deploy, a deploy its restart)."""


class HypothesisOrigin(Word):
    """Where a hypothesis comes from."""

    PERSON = "person"
    """A person suspects it."""
    ANALYSIS = "analysis"
    """It is a cause that the analysis found probable."""


class HypothesisState(Word):
    """How a hypothesis stands. Any state may follow any other: people change their minds."""

    PROPOSED = "proposed"
    """Nobody has settled it."""
    SUPPORTED = "supported"
    """It seems to be so."""
    REFUTED = "refuted"
    """It is not so."""


class Impact(Word):
    """How much users are hurt. Sorts from `Low` up to `Critical`."""

    LOW = "low"
    """Hardly."""
    MEDIUM = "medium"
    """Some users, some of the time."""
    HIGH = "high"
    """Many users."""
    CRITICAL = "critical"
    """All users, or money or data at stake."""


class Priority(Word):
    """What to work on first; `P0` before `P3`."""

    P0 = "p0"
    """Now."""
    P1 = "p1"
    """Today."""
    P2 = "p2"
    """This week."""
    P3 = "p3"
    """Some day."""


class RelationKind(Word):
    """Who decided about a relation, and what."""

    SUGGESTED = "suggested"
    """A comparison found them alike; a person should look."""
    MANUAL = "manual"
    """A person related them."""
    REJECTED = "rejected"
    """A person said that they are not related; suggestions leave it alone."""


class Side(Word):
    """Which way an argument points."""

    FOR = "for"
    """It speaks for the hypothesis."""
    AGAINST = "against"
    """It speaks against it."""


class Status(Word):
    """The life of an investigation.

    Legal moves: open to in progress or closed; in progress to open, resolved or closed; resolved to in
    progress (reopened) or closed; closed to open.
    """

    OPEN = "open"
    """Nobody works on it yet."""
    IN_PROGRESS = "in_progress"
    """Somebody works on it."""
    RESOLVED = "resolved"
    """The system works again."""
    CLOSED = "closed"
    """Done, nothing left to learn."""


class AboutKind(Word):
    """What a `About` is."""

    INVESTIGATION = "investigation"
    """The investigation as a whole."""
    EVENT = "event"
    """One event."""
    EDGE = "edge"
    """One edge of the correlation graph."""
    CAUSE = "cause"
    """One suspect of the analysis."""
    NOTE = "note"
    """Another note: an answer to it, or what it says as evidence."""


class LinkKind(Word):
    """Who decided about a link, and what."""

    SUGGESTED = "suggested"
    """The linker thinks it may belong; a person should look."""
    AUTOMATIC = "automatic"
    """The linker is sure enough."""
    MANUAL = "manual"
    """A person linked it. Re-analysis leaves it alone."""
    REJECTED = "rejected"
    """A person said it does not belong. Re-analysis leaves it alone."""


class LinkRule(Word):
    """The comparison that spoke for a link."""

    TIME = "time"
    """Near in time."""
    ENTITY = "entity"
    """About the same service, host, component."""
    TAGS = "tags"
    """Shared labels."""
    TRACE = "trace"
    """In the same trace."""
    TEXT = "text"
    """Says the same words."""
    COMMIT = "commit"
    """About the same commit."""
    PERSON = "person"
    """A person's decision."""
    CUSTOM = "custom"
    """A rule of the user's own; the reason names it."""


class Role(Word):
    """The part an event plays in a causal story."""

    CHANGE = "change"
    """Somebody altered the system: a commit, a deploy, a flag."""
    SYMPTOM = "symptom"
    """The system behaves differently: an alert, a shift in metrics, logs or traces, a provider's status post."""
    OTHER = "other"
    """Anything else: builds, tests, notes, call edges."""


class Direction(Word):
    """Up or down."""

    UP = "up"
    """It rose."""
    DOWN = "down"
    """It fell."""


class ImpactKind(Word):
    """What an incident costs."""

    EXTRA_TIME = "extra_time"
    """Time that calls take longer than normal."""
    FAILED_CALLS = "failed_calls"
    """Calls that fail beyond the normal share."""
    AT_LIMIT = "at_limit"
    """Use of CPU or memory that grew to its limit."""


class TraceShiftKind(Word):
    """What about an operation changed."""

    SELF_TIME = "self_time"
    """Time in the operation itself, without its children (milliseconds, median)."""
    DURATION = "duration"
    """Time with its children (milliseconds, median)."""
    CLIENT_SERVER_GAP = "client_server_gap"
    """Time between a client span and its server span: network or queue of the callee (milliseconds)."""
    ERROR_RATE = "error_rate"
    """Share of failed spans."""
    CHILD_CALLS = "child_calls"
    """Calls of a child operation for each call of the parent."""
    CALLS = "calls"
    """Calls a minute."""
    TRUNCATED = "truncated"
    """Traces that end where they used to go on: the callee that stopped answering."""


class StepKind(Word):
    """What a `Step` is."""

    START = "start"
    """It begins."""
    LINE = "line"
    """It writes a log line."""
    CALL = "call"
    """It calls, also itself."""
    END = "end"
    """It ends."""


class EvidenceKind(Word):
    """The kind of comparison behind a piece of evidence."""

    TIMING = "timing"
    """Order and distance in time."""
    DIFF = "diff"
    """What the diff does."""
    REACH = "reach"
    """Where it acts: deploys, code ownership, call graph."""
    METRIC = "metric"
    """A metric."""
    LOG = "log"
    """Log lines."""
    TRACE = "trace"
    """Spans."""
    TEXT = "text"
    """Shared words."""
    PRIOR = "prior"
    """What kinds of change usually do."""


class Verdict(Word):
    """The answer in one word."""

    CHANGE = "change"
    """A change did it."""
    EXTERNAL = "external"
    """Something outside of the system's own changes did it: traffic, a provider, a certificate, a node."""
    ENTITY = "entity"
    """Something broke, an entity stands out, but no change or external trigger explains it."""
    NOTHING_TO_BLAME = "nothing_to_blame"
    """Nobody complains, and no signal does so clearly: no alert, no symptom, no harm that is seen twice."""
    NOT_ENOUGH_EVIDENCE = "not_enough_evidence"
    """Something broke, but the inputs can't tell why."""


class CauseKind(Word):
    """What a `Cause` is."""

    COMMIT = "commit"
    """A commit that reached an entity."""
    DEPLOY = "deploy"
    """A deploy whose commit is not known."""
    FLAG = "flag"
    """A feature flag or run-time setting."""
    EXTERNAL = "external"
    """A trigger outside of the system's changes (`traffic_surge`, `provider_outage`, ...)."""
    ENTITY = "entity"
    """An entity that misbehaves for an unknown reason."""


class ProblemKind(Word):
    """What can be missing. In the order in which it hurts."""

    NO_TELEMETRY = "no_telemetry"
    """Neither metrics nor logs nor traces."""
    NO_CHANGES = "no_changes"
    """Neither commits nor deploys nor flags."""
    MOSTLY_SKIPPED = "mostly_skipped"
    """Most of an input could not be used."""
    EMPTY = "empty"
    """An input held nothing."""
    CLOCKS_APART = "clocks_apart"
    """Changes or alerts lie outside of the time that telemetry covers."""
    SIGNALS_APART = "signals_apart"
    """Logs, metrics and traces do not overlap in time."""
    NO_BASELINE = "no_baseline"
    """Nothing shows what normal was."""
    NO_ALERT = "no_alert"
    """Nobody said that anything is wrong."""
    ALERT_UNKNOWN = "alert_unknown"
    """The alert is about something that telemetry does not know."""
    DEPLOYS_UNKNOWN = "deploys_unknown"
    """Deploys of services that telemetry does not know."""
    DEPLOYS_UNNAMED = "deploys_unnamed"
    """Deploys that name no service."""
    NO_DEPLOYS = "no_deploys"
    """Commits, but no deploys."""
    COMMITS_WITHOUT_PATHS = "commits_without_paths"
    """Commits without the paths they change."""
    COMMITS_UNMAPPED = "commits_unmapped"
    """Commits that belong to no service."""
    SIGNALS_UNNAMED = "signals_unnamed"
    """Records of logs, spans or metrics that name no service."""
    TRACES_THINNED = "traces_thinned"
    """There were more traces than memory for them."""
    LOGS_WITHOUT_TRACES = "logs_without_traces"
    """Log records without trace ids."""
    TRACES_APART = "traces_apart"
    """Trace ids of logs are none of the traces'."""
    NO_TOPOLOGY = "no_topology"
    """Who calls whom is not known."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Entity(Record):
    """A service, host, database ...: a kind and a name."""

    name: str
    """Its name, as the sources write it."""
    kind: EntityKind = EntityKind.SERVICE
    """What it is."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Event(EventMethods, Record):
    """Something that happened, somewhere, at a time. Made with `builder`.

    Attribute names in `data` follow the OpenTelemetry semantic conventions where there is one
    (`vcs.ref.head.revision`, `deployment.environment.name`).
    """

    id: str
    timestamp: datetime
    source: str
    event_type: str
    title: str
    body: str = ""
    data: FrozenDict[str, Any] = field(default_factory=FrozenDict)
    deleted_at: datetime | None = None
    entity: Entity | None = None
    investigations: tuple[str, ...] = ()
    linked_at: datetime | None = None
    metadata: FrozenDict[str, str] = field(default_factory=FrozenDict)
    parsed_at: datetime | None = None
    severity: Severity = Severity.INFO
    source_id: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class About(Record):
    """What a note, a hypothesis or an argument is about. A note about an edge is the annotation of that edge."""

    kind: AboutKind
    """Which of them it is."""
    event: str | None = None
    """Of kind `event`: Which."""
    from_: str | None = None
    """Of kind `edge`: Where it begins."""
    relation: EdgeKind | None = None
    """Of kind `edge`: How they relate."""
    to: str | None = None
    """Of kind `edge`: Where it ends."""
    cause: str | None = None
    """Of kind `cause`: What stays the same when it is analysed again."""
    note: str | None = None
    """Of kind `note`: Which."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Argument(Record):
    """One thing that speaks for or against a hypothesis."""

    id: str
    """Identity."""
    side: Side
    """Which way it points."""
    time: datetime
    """When."""
    about: About = field(default_factory=lambda: About(kind=AboutKind.INVESTIGATION))
    """The event, edge, cause or note it rests on; the investigation where it is words only."""
    author: str | None = None
    """Who brought it."""
    text: str = ''
    """In words; may be empty where `about` says enough."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Hypothesis(Record):
    """Something that is suspected, and how it stands."""

    id: str
    """Identity."""
    text: str
    """What is suspected."""
    time: datetime
    """When it was proposed."""
    about: About = field(default_factory=lambda: About(kind=AboutKind.INVESTIGATION))
    """The event or cause behind it."""
    author: str | None = None
    """Who suspects it."""
    evidence: tuple[Argument, ...] = ()
    """What speaks for it and against it, oldest first."""
    origin: HypothesisOrigin = HypothesisOrigin.PERSON
    """Where it comes from."""
    state: HypothesisState = HypothesisState.PROPOSED
    """How it stands."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Note(Record):
    """What somebody wrote, when, and about what."""

    id: str
    """Identity."""
    time: datetime
    """When it was written."""
    text: str
    """Markdown."""
    about: About = field(default_factory=lambda: About(kind=AboutKind.INVESTIGATION))
    """What it is about."""
    author: str | None = None
    """Who wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Relation(Record):
    """Another investigation, and what it has to do with this one. Kept on both sides."""

    investigation: str
    """The other one."""
    kind: RelationKind
    """Who decided, and what."""
    confidence: float
    """How sure; 1 for what a person said."""
    time: datetime
    """When."""
    author: str | None = None
    """The person, when one decided."""
    reasons: tuple[str, ...] = ()
    """Why, in words, strongest first."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TimeRange(Record):
    """A half-open range of time: `start` is in it, `end` is not."""

    start: datetime
    """First moment inside."""
    end: datetime
    """First moment after."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Investigation(InvestigationMethods, Record):
    """One incident under study. Made with `builder`, changed through a workspace."""

    id: str
    title: str
    detected_at: datetime
    window: TimeRange
    created_at: datetime
    updated_at: datetime
    acknowledged_at: datetime | None = None
    assigned_to: str | None = None
    component_affected: str | None = None
    created_by: str | None = None
    deleted_at: datetime | None = None
    description: str = ''
    hypotheses: tuple[Hypothesis, ...] = ()
    impact_severity: Impact = Impact.MEDIUM
    lessons_learned: str | None = None
    notes: tuple[Note, ...] = ()
    priority: Priority = Priority.P2
    related: tuple[Relation, ...] = ()
    remediation: str | None = None
    resolved_at: datetime | None = None
    revision: int = 0
    """Counts changes; a write with an older revision is a conflict."""
    root_cause: str | None = None
    service_affected: str | None = None
    started_at: datetime | None = None
    status: Status = Status.OPEN
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LinkReason(Record):
    """One reason for a link."""

    rule: LinkRule
    """The comparison."""
    score: float
    """How strongly this rule alone speaks for the link."""
    detail: str
    """In words, with what was compared."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Link(Record):
    """An event's place in an investigation."""

    event: str
    """The event."""
    investigation: str
    """The investigation."""
    kind: LinkKind
    """Who decided, and what."""
    confidence: float
    """How sure."""
    reasons: tuple[LinkReason, ...]
    """Why, strongest first."""
    linked_at: datetime
    """When it was decided."""
    linked_by: str | None = None
    """The person, for manual links."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Edge(Record):
    """A directed, weighted relation between two events."""

    from_: str
    """From: the earlier, or the cause."""
    to: str
    """To: the later, or the effect."""
    kind: EdgeKind
    """How they relate."""
    weight: float
    """How strongly."""
    rule: str
    """The rule that made it (`trace_id`, `commit`, `deploy`, `entity`, `call_graph`, ...)."""
    reason: str
    """What was compared, in words."""
    evidence: tuple[str, ...]
    """Events that speak for it, beside the two."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Node(Record):
    """An event in the graph. The whole event stays in the store."""

    event: str
    """Its id."""
    time: datetime
    """When it happened."""
    role: Role
    """The part it plays."""
    source: str
    """Where it comes from."""
    event_type: str
    """What kind of thing happened."""
    title: str
    """One line for people."""
    entity: Entity | None = None
    """What it is about."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CallEdge(Record):
    """Calls from one entity to another, counted in the traces."""

    caller: Entity
    """Who calls."""
    callee: Entity
    """Who answers."""
    calls: tuple[int, int]
    """Calls before and after the onset."""
    errors: tuple[int, int]
    """Failed calls before and after."""
    millis: tuple[float, float]
    """Median milliseconds before and after, as the callee measured."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class HabitShift(Record):
    """After one step of an operation, others follow than used to."""

    entity: Entity
    """Whose operation."""
    operation: str
    """The operation (span name)."""
    step: Step
    """After which step."""
    gained: Step
    """What follows more often than it used to."""
    lost: Step
    """What follows less often."""
    before: float
    """How often the gained one followed before, from 0 to 1."""
    after: float
    """How often it follows now."""
    samples: tuple[int, int]
    """How often anything followed, before and after."""
    onset: datetime
    """First moment of the new habit, to a few seconds."""
    score: float
    """Certainty (comparable with a z-score) times the share of cases in which something else follows."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ImpactShift(Record):
    """Deviation times requests: comparable between entities."""

    entity: Entity
    """Whose calls."""
    kind: ImpactKind
    """Time or failures."""
    metric: str
    """The metric it was read from."""
    before: float
    """Typical value of a call before: time in the metric's unit, or share of failures."""
    after: float
    """Mean value of a call after."""
    calls: float
    """Calls in a sample of the incident."""
    amount: float
    """Extra time, or failed calls, in a sample of the incident; for limits the logarithm of the growth times the
    square of the share that is used.
    """
    score: float
    """Distance of `after` from `before` in robust standard deviations (with a floor)."""
    onset: datetime
    """First sample that departs."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LogShift(Record):
    """A log template appeared, became frequent, or fell silent."""

    entity: Entity
    """Who logs it."""
    template: str
    """The template, `<*>` for variable parts."""
    example: str
    """One real line."""
    severity: Severity
    """How bad the line says it is."""
    direction: Direction
    """Up (new or more frequent) or down (rarer)."""
    count: tuple[int, int]
    """Lines before and after the onset."""
    rate: tuple[float, float]
    """Lines a minute before and after the onset."""
    novel: bool
    """Whether the baseline holds no such line at all."""
    onset: datetime
    """First moment of the new rate; the first line when novel."""
    score: float
    """Signed square root of the G-statistic of the two rates: comparable with a z-score."""
    frames: tuple[StackFrame, ...]
    """Code locations that the lines name, most frequent first."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MetricShift(Record):
    """A metric left its normal range."""

    entity: Entity
    """Whose metric."""
    metric: str
    """Its name."""
    direction: Direction
    """Up or down."""
    onset: datetime
    """First moment of the sustained departure."""
    last_normal: datetime
    """Last moment it was normal."""
    before: float
    """Typical value before (median)."""
    after: float
    """Typical value after (median from the onset on)."""
    peak: float
    """The value furthest from normal."""
    score: float
    """Distance of `after` from `before` in robust standard deviations of the baseline (with a floor)."""
    samples: tuple[int, int]
    """Samples before and after the onset."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class StackFrame(Record):
    """A place in code that a log line, an exception or a span names."""

    path: str
    """Path or class, as written."""
    function: str | None = None
    """Function, where known."""
    line: int | None = None
    """Line, where known."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Step(Record):
    """A thing that an operation does: the places between which its work goes on."""

    step: StepKind
    """Which of them it is."""
    statement: str | None = None
    """Of kind `line`: The statement: its place in the code where lines tell, else the template."""
    callee: Entity | None = None
    """Of kind `call`: Who answers."""
    operation: str | None = None
    """Of kind `call`: With which operation."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TraceShift(Record):
    """An operation behaves differently."""

    entity: Entity
    """Whose operation."""
    operation: str
    """The operation (span name)."""
    kind: TraceShiftKind
    """What changed."""
    direction: Direction
    """Up or down."""
    before: float
    """Typical value before."""
    after: float
    """Typical value after."""
    samples: tuple[int, int]
    """Spans before and after."""
    onset: datetime
    """First moment of the new behaviour."""
    score: float
    """Comparable with a z-score."""
    error: str | None = None
    """An error text of the failing spans, when there is one."""
    example_trace: str | None = None
    """One trace that shows it."""
    peer: Entity | None = None
    """The other side: callee of a gap, parent of child calls."""
    peer_operation: str | None = None
    """The other side's operation."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Cause(Record):
    """A ranked suspect."""

    kind: CauseKind
    """Which of them it is."""
    title: str
    """One line for people."""
    probability: float
    """The share of belief."""
    evidence_for: tuple[Evidence, ...]
    """What speaks for it, strongest first."""
    evidence_against: tuple[Evidence, ...]
    """What speaks against it, strongest first."""
    path: tuple[PathStep, ...]
    """From the cause to the symptom."""
    deployed_at: datetime | None = None
    """Of kind `commit`: When it first reached one of them."""
    deployed_to: tuple[Entity, ...] = ()
    """Of kind `commit`: The entities that run it."""
    sha: str | None = None
    """Of kind `commit`: Full hash."""
    version: str | None = None
    """Of kind `deploy`: Its version."""
    key: str | None = None
    """Of kind `flag`: Its key."""
    trigger: str | None = None
    """Of kind `external`: Its name in the mechanism table."""
    symptom: str | None = None
    """Of kind `entity`: How it misbehaves, in words."""
    entity: Entity | None = None
    """Where it acts."""
    event: str | None = None
    """The event behind it, when there is one."""
    mechanism: str | None = None
    """How it does harm: a name in the mechanism table."""
    remediation: str | None = None
    """What would help."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Evidence(Record):
    """One thing that speaks for or against a cause."""

    kind: EvidenceKind
    """The kind of comparison."""
    statement: str
    """In words, with its numbers."""
    weight: float
    """How much it added to (or took from) the score, in natural-log odds; always positive."""
    events: tuple[str, ...]
    """The events it rests on."""
    after: float | None = None
    """Typical value after."""
    before: float | None = None
    """Typical value before, for measured evidence."""
    time: datetime | None = None
    """When."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class InputSummary(Record):
    """What the answer rests on."""

    events: FrozenDict[str, int]
    """Events by source, in order of name."""
    metric_points: int
    """Metric samples."""
    spans: int
    """Spans."""
    log_records: int
    """Log records."""
    gaps: tuple[str, ...]
    """What was missing, and what that means for the answer."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Onset(Record):
    """The beginning of the incident."""

    time: datetime
    """The most probable moment."""
    not_before: datetime
    """It was still normal then."""
    not_after: datetime
    """It was surely under way then."""
    confidence: float
    """How sure."""
    first_signal: str
    """The signal that moved first, in words."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PathStep(Record):
    """One step on the way from cause to symptom."""

    what: str
    """What happened there."""
    entity: Entity | None = None
    """Where."""
    event: str | None = None
    """The event behind it."""
    time: datetime | None = None
    """When."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RankedEntity(Record):
    """An entity and its share of the harm."""

    entity: Entity
    """Which."""
    share: float
    """Its share of all harm, once what its callees explain is taken off."""
    evidence: tuple[Evidence, ...]
    """Why, strongest first."""
    onset: datetime | None = None
    """When its first signal moved."""
    probability: float = 0.0
    """The probability that the fault sits there, as often right as it says; zero in analyses of before there was
    one.
    """


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RuledOut(Record):
    """A suspect that was cleared."""

    title: str
    """One line for people."""
    reasons: tuple[str, ...]
    """Why it is innocent."""
    event: str | None = None
    """The event behind it."""
    sha: str | None = None
    """Commit hash, when it is a commit."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TimelineEntry(Record):
    """A moment worth knowing."""

    time: datetime
    """When."""
    what: str
    """What."""
    entity: Entity | None = None
    """Where."""
    event: str | None = None
    """The event behind it."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Analysis(AnalysisMethods, Record):
    """The whole answer to "what broke first, which change did it, how sure are we"."""

    schema_version: int
    """Version of this document's shape; `SCHEMA_VERSION` when written by this crate."""
    symptom: str
    """What the incident looked like to the people on call: the alert's words, or the title."""
    window: TimeRange
    """The time that was looked at."""
    verdict: Verdict
    """In one word."""
    blast_radius: tuple[Entity, ...]
    """What else was hurt, in the order of onset."""
    causes: tuple[Cause, ...]
    """Suspects, most probable first. Their probabilities and `none_of_these` sum to one."""
    none_of_these: float
    """The probability that the cause is none of those listed."""
    entities: tuple[RankedEntity, ...]
    """Entities by how much of the harm they explain, most first."""
    ruled_out: tuple[RuledOut, ...]
    """Tempting suspects and why they are innocent."""
    timeline: tuple[TimelineEntry, ...]
    """What happened, in order of time."""
    inputs: InputSummary
    """What was read, and what was missing."""
    first_failing: Entity | None = None
    """What broke first."""
    investigation: str | None = None
    """The investigation it belongs to; none for an analysis without a store."""
    none_evidence: tuple[Evidence, ...] = ()
    """What speaks for a cause that is not among those at hand, as one older than all of them; strongest first."""
    onset: Onset | None = None
    """When it began; none when nothing moved."""
    _json: str | None = field(default=None, init=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Problem(Record):
    """Something that is missing, and what to do."""

    kind: ProblemKind
    """Which join or input has no data."""
    what: str
    """In words, with its numbers and names."""
    remedy: str
    """What to do about it."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SourceReport(Record):
    """What came of one input."""

    name: str
    """Its name."""
    format: str
    """What it was read as."""
    read: int
    """Records that became events or signals."""
    skipped: int
    """Records that did not."""
    reasons: tuple[str, ...]
    """Where the first of those are, and what is wrong with them."""
    entities: tuple[str, ...]
    """What its records are about."""
    redacted: FrozenDict[str, int]
    """How much was blotted out, by rule."""
    notes: FrozenDict[str, int]
    """What was changed or assumed on the way, and how often."""
    covers: TimeRange | None = None
    """From the first to the last moment of its records."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Doctor(DoctorMethods, Record):
    """An account of inputs; `Display` writes it for people, 100 columns wide."""

    sources: tuple[SourceReport, ...]
    """One entry an input, in the order of reading."""
    ignored: tuple[str, ...]
    """Inputs that were left alone, and why."""
    problems: tuple[Problem, ...]
    """What is missing, worst first."""
    incident: str = ""
    """What was taken as the incident, where somebody decided that."""
    renamed: FrozenDict[str, str] = field(default_factory=FrozenDict)
    """Names that were taken for others: `checkout-7d9f8b6c5d-x2x9z` for `checkout`."""


Finding = MetricShift | LogShift | TraceShift | CallEdge | ImpactShift | HabitShift
"""What a detector saw."""

FINDINGS: dict[str, type[Record]] = {
    "metric_shift": MetricShift,
    "log_shift": LogShift,
    "trace_shift": TraceShift,
    "call_edge": CallEdge,
    "impact": ImpactShift,
    "habit": HabitShift,
}

adopt(Analysis, AnalysisMethods)
adopt(Doctor, DoctorMethods)
adopt(Event, EventMethods)
adopt(Investigation, InvestigationMethods)

__all__ = [
    "About",
    "AboutKind",
    "Analysis",
    "Argument",
    "CallEdge",
    "Cause",
    "CauseKind",
    "Direction",
    "Doctor",
    "Edge",
    "EdgeKind",
    "Entity",
    "EntityKind",
    "Event",
    "Evidence",
    "EvidenceKind",
    "Finding",
    "HabitShift",
    "Hypothesis",
    "HypothesisOrigin",
    "HypothesisState",
    "Impact",
    "ImpactKind",
    "ImpactShift",
    "InputSummary",
    "Investigation",
    "Link",
    "LinkKind",
    "LinkReason",
    "LinkRule",
    "LogShift",
    "MetricShift",
    "Node",
    "Note",
    "Onset",
    "PathStep",
    "Priority",
    "Problem",
    "ProblemKind",
    "RankedEntity",
    "Relation",
    "RelationKind",
    "Role",
    "RuledOut",
    "Severity",
    "Side",
    "SourceReport",
    "StackFrame",
    "Status",
    "Step",
    "StepKind",
    "TimeRange",
    "TimelineEntry",
    "TraceShift",
    "TraceShiftKind",
    "Verdict",
]
