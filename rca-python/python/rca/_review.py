"""Templates of post-incident reviews."""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Mapping
from dataclasses import dataclass

from rca import _rca
from rca._record import FrozenDict, Record, plain_of


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Template(Record):
    """A template of a review, in the language of Jinja2. Copy the text of one that is built in, and edit it.

    What it prints is escaped as its name says: Markdown for `.md`, HTML for `.html`, nothing else. A name that a review does
    not have is an error that lists those it has. It reads no files, and takes no more than `fuel` steps.

    >>> rca.Template.names()
    ['review', 'summary']
    >>> "{{ title }}" in rca.Template.built_in("review").text
    True
    >>> rca.Template.parse("ours.md", "# {{ tilte }}")
    Traceback (most recent call last):
    rca._errors.InvalidInputError: ...
    """

    name: str
    """What it is called; its end says what it writes."""
    text: str
    """What it says."""
    parts: FrozenDict[str, str] = FrozenDict()
    """Templates that it includes, imports or extends, by the name it asks for."""
    fuel: int | None = None
    """How many steps it may take (2,000,000)."""
    max_output: int | None = None
    """How many bytes it may write (16 MiB)."""

    @staticmethod
    def names() -> list[str]:
        """The names of those that are built in."""
        return list(json.loads(_rca.template_names()))

    @classmethod
    def built_in(cls, name: str = "review") -> Template:
        """One that is built in, to look at or to edit (`dataclasses.replace`)."""
        return cls(name=f"{name}.md", text=_rca.template_text(json.dumps(name)))

    @classmethod
    def parse(
        cls,
        name: str,
        text: str,
        *,
        parts: Mapping[str, str] | None = None,
        fuel: int | None = None,
        max_output: int | None = None,
    ) -> Template:
        """Reads a template. Raises InvalidInputError with the line of what is none."""
        made = cls(name=name, text=text, parts=FrozenDict(parts or {}), fuel=fuel, max_output=max_output)
        _rca.template_text(template_document(made))
        return made

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, fuel: int | None = None, max_output: int | None = None) -> Template:
        """Reads the template in a file."""
        text = pathlib.Path(path).read_text(encoding="utf-8")
        return cls.parse(pathlib.Path(path).name, text, fuel=fuel, max_output=max_output)


def template_document(template: Template | str) -> str:
    """A template as the extension reads it."""
    return json.dumps(template if isinstance(template, str) else plain_of(template))
