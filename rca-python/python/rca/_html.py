"""How values show themselves in notebooks: small tables, every text escaped, no scripts, no addresses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rca._graph import Graph
    from rca._records import Doctor, Event, Investigation
    from rca._results import Hits

_CELL = "text-align:left;vertical-align:top;padding:2px 8px"
_MOST = 20


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Rows whose cells are HTML already."""
    head = "".join(f'<th style="{_CELL}">{escape(name)}</th>' for name in header)
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def analysis_html(view: dict[str, Any]) -> str:
    """The view that all reports of an answer are made from."""
    facts = [(escape(name), escape(text)) for name, text in view["facts"]]
    rows = []
    for cause in view["causes"]:
        said = "".join(f"<li>{escape(text)} <small>({escape(weight)})</small></li>" for text, weight in cause["for"])
        against = "".join(f"<li>{escape(text)}</li>" for text, _ in cause["against"])
        detail = f"<details><summary>{escape(cause['title'])}</summary><ul>{said}</ul>"
        detail += f"<p>against</p><ul>{against}</ul>" if against else ""
        detail += f"<p>{escape(cause['remediation'])}</p>" if cause["remediation"] else ""
        rows.append((escape(cause["probability"]), detail + "</details>"))
    rows.append((escape(view["none_of_these"]), "<i>none of these</i>"))
    out = "".join(
        f"<li>{escape(title)}<ul>{''.join(f'<li>{escape(one)}</li>' for one in reasons)}</ul></li>"
        for title, reasons in view["ruled_out"]
    )
    ruled = f"<details><summary>ruled out</summary><ul>{out}</ul></details>" if out else ""
    return (
        f"<div><b>{escape(view['headline'])}</b>{table(('', ''), facts)}"
        f"{table(('probability', 'cause'), rows)}{ruled}</div>"
    )


def doctor_html(doctor: Doctor) -> str:
    """Inputs, then what is missing."""
    sources = [
        (escape(one.name), escape(one.format), str(one.read), str(one.skipped), escape("; ".join(one.reasons[:1])))
        for one in doctor.sources
    ]
    problems = [(escape(one.what), escape(one.remedy)) for one in doctor.problems]
    missing = table(("what is missing", "what to do"), problems) if problems else "<p>nothing is missing</p>"
    return f"<div>{table(('input', 'read as', 'read', 'skipped', 'first reason'), sources)}{missing}</div>"


def event_html(event: Event) -> str:
    """One event's fields; the body is cut."""
    rows = [
        ("time", event.timestamp.isoformat()),
        ("source", f"{event.source} · {event.event_type}"),
        ("severity", str(event.severity)),
        ("about", event.entity.name if event.entity else ""),
        ("title", event.title),
        ("body", event.body if len(event.body) <= 400 else event.body[:399] + "…"),
    ]
    return table(("", ""), [(escape(name), escape(text)) for name, text in rows if text])


def case_html(case: Investigation) -> str:
    """An investigation's fields."""
    rows = [
        ("status", str(case.status)),
        ("impact", f"{case.impact_severity} · {case.priority}"),
        ("service", case.service_affected or ""),
        ("detected", case.detected_at.isoformat()),
        ("window", f"{case.window.start.isoformat()} to {case.window.end.isoformat()}"),
        ("root cause", case.root_cause or ""),
        ("remediation", case.remediation or ""),
        ("tags", ", ".join(case.tags)),
        ("notes", str(len(case.notes)) if case.notes else ""),
    ]
    shown = [(escape(name), escape(text)) for name, text in rows if text]
    return f"<div><b>{escape(case.title)}</b> <small>{escape(case.id)}</small>{table(('', ''), shown)}</div>"


def hits_html(hits: Hits) -> str:
    """A page of hits with what matched in bold."""
    rows = []
    for hit in hits.hits:
        text = ""
        if hit.snippet is not None:
            at = 0
            for start, end in hit.snippet.highlights:
                text += escape(hit.snippet.text[at:start]) + f"<b>{escape(hit.snippet.text[start:end])}</b>"
                at = end
            text += escape(hit.snippet.text[at:])
        rows.append((hit.timestamp.isoformat(), f"{hit.score:.2f}", text, f"<small>{escape(hit.id)}</small>"))
    total = "not counted" if hits.total is None else str(hits.total)
    return f"<div>{table(('time', 'score', 'text', 'id'), rows)}<small>in all: {total}</small></div>"


def graph_html(graph: Graph) -> str:
    """The first edges of a graph."""
    titles = {node.event: node.title for node in graph.nodes()}
    edges = graph.edges()
    rows = [
        (escape(titles[edge.from_]), escape(f"{edge.kind} {edge.weight:.2f}"), escape(titles[edge.to]), escape(edge.reason))
        for edge in edges[:_MOST]
    ]
    more = f"<small>and {len(edges) - _MOST} more</small>" if len(edges) > _MOST else ""
    return f"<div>{len(graph)} events, {len(edges)} edges{table(('from', '', 'to', 'why'), rows)}{more}</div>"
