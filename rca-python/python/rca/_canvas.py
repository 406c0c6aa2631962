"""The page to look around in."""

from __future__ import annotations

import html
import os
from dataclasses import dataclass

from rca import _rca


@dataclass(frozen=True, slots=True, repr=False)
class Canvas:
    """A page with the timeline, charts, logs, traces, diffs and the graph behind an answer.

    One HTML text that needs nothing else: it works from disk and asks no network. A notebook shows it in a frame.

    >>> from datetime import datetime, timedelta, timezone
    >>> at = datetime(2026, 5, 4, 9, tzinfo=timezone.utc)
    >>> with rca.Workspace() as workspace:
    ...     page = workspace.canvas(workspace.investigate("till is slow", window=(at, at + timedelta(hours=1))))
    >>> page.html[:15], len(page.html) > 100_000
    ('<!doctype html>', True)
    """

    html: str
    """The page."""

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes it whole or not at all; only the owner may read it, since pages quote logs."""
        _rca.save(os.fspath(path), self.html)

    def __repr__(self) -> str:
        return f"Canvas({len(self.html)} characters of HTML)"

    def _repr_html_(self) -> str:
        page = html.escape(self.html, quote=True)
        return (
            f'<iframe title="Investigation" srcdoc="{page}" sandbox="allow-scripts allow-downloads" '
            'style="width:100%;height:880px;border:1px solid #8884;border-radius:6px"></iframe>'
        )
