"""Rules of one's own, and what other rules or settings would make of the past."""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any, Union

from rca import _rca
from rca._common import Owner, judged_by, window_of
from rca._html import table
from rca._record import FrozenDict, Record, Word, load, plain_of
from rca._records import Entity, Link, Severity, TimeRange, Verdict


class Topology(Word):
    """How events stand to what an investigation is about."""

    ANY = "any"
    """However."""
    SAME_ENTITY = "same_entity"
    """On an entity that the investigation names."""
    CALLS_CASE = "calls_case"
    """On an entity that calls one of those."""
    CALLED_BY_CASE = "called_by_case"
    """On an entity that one of those calls."""
    SAME_HOST = "same_host"
    """On a host (`host.name`) of one of those."""


class Effect(Word):
    """What follows when a rule matches."""

    LINK = "link"
    """The events belong to the investigation."""
    INCIDENT = "incident"
    """The events together are an incident, which `Workspace.replay` tells."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Conditions(Record):
    """What an event has to be. All that is given holds."""

    source: str | None = None
    """Its source."""
    type: str | None = None
    """Its type."""
    severity_at_least: Severity | str | None = None
    """It is at least so severe."""
    entity: str | None = None
    """Its entity's name; `*` stands for any letters. Case does not matter."""
    title_contains: str | None = None
    """Its title holds this. Case does not matter."""
    tag: str | None = None
    """It has this tag."""
    attributes: FrozenDict[str, str] = FrozenDict()
    """Its attributes have these values, as text."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CorrelationRule(Record):
    """A rule of one's own: which events belong together, and with what.

    >>> rca.CorrelationRule(
    ...     name="card provider gives up", within="10m", at_least=3, same=("entity",),
    ...     when=rca.Conditions(source="logs", severity_at_least="high", title_contains="card"))
    CorrelationRule(name='card provider gives up', within='10m', ..., same=('entity',), at_least=3)
    """

    name: str
    """What it is called; no two share a name."""
    within: str
    """How near to each other the events lie: `90s`, `15m`, `2h`, `1d`."""
    when: Conditions = Conditions()
    """Which events it is about."""
    same: tuple[str, ...] = ()
    """Fields that they have in common: `entity`, `source`, `type`, `severity`, `title`, or the name of an attribute."""
    at_least: int = 1
    """How many there are at least."""
    topology: Topology | str = Topology.ANY
    """How they stand to what the investigation is about."""
    effect: Effect | str = Effect.LINK
    """What follows."""
    confidence: float = 0.8
    """How sure the rule alone is, above 0 and at most 1."""
    reason: str | None = None
    """Said with the link."""


Rules = Union[str, "os.PathLike[str]", Mapping[str, Any], Iterable["CorrelationRule | Mapping[str, Any]"]]
"""Rules as `check_rules` takes them."""


def rules_of(rules: Rules | None) -> object:
    """Rules as the extension reads them."""
    if rules is None:
        return None
    if isinstance(rules, os.PathLike):
        path = pathlib.Path(rules)
        text = path.read_text(encoding="utf-8")
        return json.loads(text) if path.suffix == ".json" else text
    if isinstance(rules, str | Mapping):
        return rules
    return [plain_of(rule) for rule in rules]


def check_rules(rules: Rules) -> list[CorrelationRule]:
    """Reads and checks rules: a path (TOML, or JSON where it ends so), TOML as text, or rules.

    Raises InvalidInputError that names the line, or the rule and its field.

    >>> rca.check_rules('''
    ... [[rule]]
    ... name = "paper is out"
    ... when = { title_contains = "paper" }
    ... within = "5m"
    ... ''')[0].when.title_contains
    'paper'
    >>> rca.check_rules([rca.CorrelationRule(name="paper is out", within="soon", when=rca.Conditions(tag="paper"))])
    Traceback (most recent call last):
    rca._errors.InvalidInputError: ...
    """
    written = rules_of(rules)
    text = written if isinstance(written, str) else json.dumps(written)
    return [load(CorrelationRule, one) for one in json.loads(_rca.check_rules(text))]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RuleReport(Record):
    """What a rule did."""

    rule: str
    """Its name."""
    considered: int = 0
    """Events that fulfilled its conditions."""
    without_field: int = 0
    """Of these, events that lack a field that they should have in common."""
    elsewhere: int = 0
    """Of these, events that do not stand to the investigation as it says."""
    too_few: int = 0
    """Of these, events with too few others near by."""
    matched: int = 0
    """Events that matched."""
    examples: tuple[str, ...] = ()
    """Ids of some that matched, earliest first."""
    left_out: int = 0
    """Events that were left out because there were too many."""
    in_words: str = ""
    """The same in a sentence."""

    @property
    def never_matched(self) -> bool:
        """Whether nothing ever matched."""
        return self.matched == 0

    def __str__(self) -> str:
        return self.in_words or repr(self)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RuleIncident(Record):
    """Events that matched a rule together."""

    rule: str
    """The rule."""
    start: datetime
    """The first."""
    end: datetime
    """The last."""
    same: tuple[str, ...] = ()
    """The values that they have in common."""
    events: tuple[str, ...] = ()
    """Their ids, in order of time."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MetIncident(Record):
    """An incident that a rule sees and somebody investigated."""

    incident: RuleIncident
    """What the rule sees."""
    investigation: str
    """The investigation."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Incidents(Record):
    """Incidents by rule, against the investigations that there are."""

    opened: tuple[RuleIncident, ...] = ()
    """Those that nobody investigated."""
    met: tuple[MetIncident, ...] = ()
    """Those that somebody did."""
    missed: tuple[str, ...] = ()
    """Investigations that no rule sees; none without rules of that effect."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LinkDiff(Record):
    """A link before and after."""

    event: str
    """The event."""
    before: Link | None = None
    """The link that is there."""
    after: Link | None = None
    """The link that would be."""
    is_added: bool = False
    """Whether the event would come to count as part of the investigation."""
    is_removed: bool = False
    """Whether it would no longer count as part of it."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RankedCause(Record):
    """A cause and how probable it is."""

    title: str
    """Its title."""
    probability: float
    """From 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RankDiff(Record):
    """A ranking before and after."""

    verdict_before: Verdict
    """The verdict that is there."""
    verdict_after: Verdict
    """The verdict that would be."""
    before: tuple[RankedCause, ...] = ()
    """The causes, most probable first."""
    after: tuple[RankedCause, ...] = ()
    """The causes as they would be."""
    other_first: bool = False
    """Whether another cause comes first."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CaseDiff(Record):
    """What would be different about an investigation."""

    investigation: str
    """Which."""
    links: tuple[LinkDiff, ...] = ()
    """Links that are not there, or not of that kind or as sure, by event."""
    ranking: RankDiff | None = None
    """The ranking, when it would be another one and there is one."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ReplayDiff(Record):
    """What other settings would have made of a range of the past, against what is there."""

    range: TimeRange
    """The range."""
    cases: tuple[CaseDiff, ...] = ()
    """Investigations detected in it that would be others, in order of detection."""
    unchanged: int = 0
    """Investigations detected in it that would be the same."""
    incidents: Incidents = Incidents()
    """What rules of effect `incident` would have opened."""
    rules: tuple[RuleReport, ...] = ()
    """What each rule did, in order."""

    def _repr_html_(self) -> str:
        rows = []
        for case in self.cases:
            added = sum(link.is_added for link in case.links)
            removed = sum(link.is_removed for link in case.links)
            first = [side[0].title if side else "-" for side in (case.ranking.before, case.ranking.after)] if case.ranking else []
            rows.append((f"<small>{escape(case.investigation)}</small>", f"{len(case.links)} other, +{added} −{removed}", escape(" → ".join(first) or "the same")))
        said = "".join(f"<li>{escape(report.in_words)}</li>" for report in self.rules)
        rules = f"<ul>{said}</ul>" if said else ""
        changed = table(("investigation", "links", "first cause"), rows) if rows else ""
        return f"<div>{len(self.cases)} changed, {self.unchanged} the same{changed}{rules}</div>"


class ReplayCalls(Owner):
    """Rules, and trying other settings on the past."""

    def rule_reports(self) -> list[RuleReport]:
        """What each rule did, over the investigations that were linked since the workspace was opened.

        >>> from datetime import datetime, timedelta, timezone
        >>> night = datetime(2026, 5, 4, 2, tzinfo=timezone.utc)
        >>> rule = rca.CorrelationRule(name="paper is out", within="5m", when=rca.Conditions(title_contains="paper"))
        >>> with rca.Workspace(rules=[rule]) as workspace:
        ...     _ = workspace.investigate("till prints nothing", (night, night + timedelta(hours=1)))
        ...     print(workspace.rule_reports()[0])
        paper is out never matched: no event fulfils its conditions
        """
        return [load(RuleReport, one) for one in json.loads(self._inner.rule_reports())]

    def replay(
        self,
        window: TimeRange | tuple[datetime, datetime],
        *,
        rules: Rules | None = None,
        weights: Mapping[str, float] | None = None,
        max_causes: int | None = None,
        code: Mapping[str, list[Entity | str]] | None = None,
        suggest_from: float | None = None,
        link_from: float | None = None,
    ) -> ReplayDiff:
        """What other rules or settings would make of the investigations and events of a range. Nothing is written.

        What is not given is as in the workspace; `rules=[]` tries it without rules.

        >>> from datetime import datetime, timedelta, timezone
        >>> night = datetime(2026, 5, 4, 2, tzinfo=timezone.utc)
        >>> rule = rca.CorrelationRule(name="no paper", within="5m", effect="incident", when=rca.Conditions(tag="paper"))
        >>> with rca.Workspace() as workspace:
        ...     _ = workspace.ingest([rca.Event.new(night, "manual", "note", "no paper", tags=["paper"])])
        ...     workspace.replay((night, night + timedelta(hours=1)), rules=[rule]).incidents.opened
        (RuleIncident(rule='no paper', start=2026-05-04T02:00:00+00:00, ...),)
        """
        ends = window_of(window)
        assert ends is not None
        settings = judged_by(weights, max_causes, code, suggest_from, link_from, rules_of(rules))
        given = {name: value for name, value in settings.items() if value is not None}
        wanted = {"start": ends[0], "end": ends[1], "settings": given}
        return load(ReplayDiff, json.loads(self._inner.replay(json.dumps(plain_of(wanted)))))
