"""What an incident consists of: commits, and events on a clock.

Minutes count from the first scrape of the recording; negative ones lie before
it. The recorder plays the events, it does not write their consequences:
those come out of the running processes.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Edit:
    """One replacement; the old text must occur exactly once."""
    path: str
    old: str
    new: str


@dataclass(frozen=True)
class Step:
    """One commit: files taken from system/, files written whole, edits."""
    key: str
    minute: float
    author: str
    message: str
    adds: tuple[str, ...] = ()
    writes: tuple[tuple[str, str], ...] = ()
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True)
class Deploy:
    minute: float
    service: str
    step: str


@dataclass(frozen=True)
class Flag:
    minute: float
    name: str
    service: str
    on: bool
    actor: str


@dataclass(frozen=True)
class Outside:
    """The outside forecaster changes its mood."""
    minute: float
    mood: str


@dataclass(frozen=True)
class Rule:
    """Fires when the metric is above the threshold for so many scrapes on end."""
    monitor: str
    service: str
    metric: str
    threshold: float
    scrapes: int
    severity: str
    summary: str


@dataclass(frozen=True)
class Scenario:
    name: str
    minutes: float
    start_step: str
    steps: tuple[Step, ...]
    events: tuple[Deploy | Flag | Outside, ...]
    onset: Rule
    guilty_step: str | None
    guilty_service: str | None
    first_failing_service: str
    blast_radius: tuple[str, ...]
    remediation: str
    notes: str
    story: str
    decoys: dict[str, str] = field(default_factory=dict)
    external_dependency: str | None = None


RULES = (
    Rule("edge-errors", "gangway", "http_error_ratio", 0.05, 6, "critical",
         "more than one in twenty public requests fails"),
    Rule("edge-latency", "gangway", "http_request_duration_p99_ms", 700.0, 6, "critical",
         "the slowest public requests take longer than 700 ms"),
    Rule("passes-waiting", "manifest", "queue_depth", 60.0, 6, "warning",
         "boarding passes pile up unprinted"),
)
"""The monitors of the ferry company. They are the same in every scenario."""
