"""The correlation graph."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal

from rca import _rca
from rca._common import Owner, case_id, event_id, events_text, window_of
from rca._html import graph_html
from rca._record import load
from rca._records import Edge, EdgeKind, Event, Investigation, Node, TimeRange
from rca._results import CausalChain, GraphStats

Way = Literal["out", "in", "both"]


class Graph:
    """Events as nodes, suspected influence as edges. Never changes.

    >>> rca.Graph.build([])
    Graph(0 events, 0 edges)
    """

    __slots__ = ("_inner",)

    def __init__(self, inner: _rca.Graph) -> None:
        self._inner = inner

    @classmethod
    def build(cls, events: Iterable[Event]) -> Graph:
        """The graph of events in memory."""
        return cls(_rca.Graph.build(events_text(events)))

    @classmethod
    def from_json(cls, text: str) -> Graph:
        """A graph that `to_json` wrote."""
        return cls(_rca.Graph.from_json(text))

    def __len__(self) -> int:
        return len(self._inner)

    def __contains__(self, event: Event | str) -> bool:
        return self._inner.contains(event_id(event))

    def node(self, event: Event | str) -> Node:
        """One node. Raises NotFoundError."""
        return load(Node, json.loads(self._inner.node(event_id(event))))

    def nodes(self) -> list[Node]:
        """All nodes, in order of time."""
        return [load(Node, one) for one in json.loads(self._inner.nodes())]

    def edges(self) -> list[Edge]:
        """All edges."""
        return _edges(self._inner.edges())

    def edges_of(self, event: Event | str, *, way: Way = "both") -> list[Edge]:
        """Edges at an event."""
        return _edges(self._inner.edges_of(event_id(event), way))

    def neighbours(self, event: Event | str, *, way: Way = "both", kind: EdgeKind | str | None = None) -> list[str]:
        """Ids of the events at the other end of its edges."""
        text = self._inner.neighbours(event_id(event), way, None if kind is None else str(kind))
        return list(json.loads(text))

    def within_hops(self, event: Event | str, hops: int, *, way: Way = "both") -> list[tuple[str, int]]:
        """Ids of the events so near, with their distance."""
        return [(id, far) for id, far in json.loads(self._inner.within_hops(event_id(event), hops, way))]

    def evidence_path(self, start: Event | str, end: Event | str, *, way: Way = "both") -> list[Edge] | None:
        """The strongest way from one event to another."""
        text = self._inner.evidence_path(event_id(start), event_id(end), way)
        return None if text == "null" else _edges(text)

    def causal_chains(self, symptom: Event | str, *, max_edges: int = 4) -> list[CausalChain]:
        """Ways from changes to a symptom, strongest first."""
        text = self._inner.causal_chains(event_id(symptom), max_edges)
        return [load(CausalChain, one) for one in json.loads(text)]

    def component(self, event: Event | str) -> list[str]:
        """Ids of all events that hang together with one."""
        return list(json.loads(self._inner.component(event_id(event))))

    def page_rank(
        self, restarts: Mapping[str, float], *, toward: Literal["causes", "effects"] = "causes", damping: float = 0.85
    ) -> list[tuple[str, float]]:
        """Personalised PageRank from events with their weights; ids with ranks, highest first."""
        weights = {id: float(weight) for id, weight in restarts.items() if math.isfinite(weight)}
        wanted = json.dumps({"restarts": weights, "toward": toward, "damping": float(damping)})
        return [(id, rank) for id, rank in json.loads(self._inner.page_rank(wanted))]

    def stats(self) -> GraphStats:
        """The graph in numbers."""
        return GraphStats.from_dict(json.loads(self._inner.stats()))

    def to_dot(self) -> str:
        """For Graphviz."""
        return self._inner.to_dot()

    def to_json(self) -> str:
        """As JSON."""
        return self._inner.to_json()

    def __repr__(self) -> str:
        return f"Graph({len(self)} events, {self.stats().edges} edges)"

    def _repr_html_(self) -> str:
        return graph_html(self)


def _edges(text: str) -> list[Edge]:
    return [load(Edge, one) for one in json.loads(text)]


class GraphCalls(Owner):
    """Graphs of what is stored."""

    def graph(self, of: Investigation | str | TimeRange | tuple[datetime, datetime]) -> Graph:
        """The graph of the events linked to an investigation, or of all in a range of time."""
        if isinstance(of, str | Investigation):
            return Graph(self._inner.graph(case_id(of)))
        ends = window_of(of)
        assert ends is not None
        return Graph(self._inner.graph_of(*ends))
