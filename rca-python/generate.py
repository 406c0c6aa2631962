#!/usr/bin/env python3
"""Writes `python/rca/_records.py` from the JSON schemas of the core, texts and all.

    generate.py           write it
    generate.py --check   fail when it is not what it would write

The schemas are golden files of the core's tests, so a field that is added there shows here. Standard library only.
"""

import json
import keyword
import pathlib
import re
import sys
import textwrap

HERE = pathlib.Path(__file__).resolve().parent
SCHEMAS = HERE.parent / "rca-core" / "tests" / "golden" / "schema"
TARGET = HERE / "python" / "rca" / "_records.py"
FILES = ["event", "investigation", "link", "note", "edge", "node", "finding", "analysis", "doctor"]
# Text with rules that the core checks.
PLAIN = {"EventId", "InvestigationId", "NoteId", "HypothesisId", "ArgumentId", "CauseKey", "Source", "EventType", "Tag", "Title"}
NUMBERS = {"Confidence", "Probability"}
MIXINS = {"Analysis": "AnalysisMethods", "Event": "EventMethods", "Investigation": "InvestigationMethods",
          "Doctor": "DoctorMethods"}
HEADER = '''\
"""Values of the engine. Written by `generate.py` from the schemas of the core: change those, not this."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rca._methods import AnalysisMethods, DoctorMethods, EventMethods, InvestigationMethods
from rca._record import FrozenDict, Record, Word, adopt
'''


def prose(text):
    """Rust's links as Python's code."""
    text = re.sub(r"\[`([^`]+)`\](\([^)]*\))?", lambda m: f"`{m[1].split('::')[-1]}`", text or "")
    text = re.sub(r"\[([^\]]+)\]\(crate[^)]*\)", r"\1", text)
    return text.replace("`null`", "`None`").strip()


def doc(text, indent):
    text = prose(text).replace('"""', "'''").replace("\\", "\\\\")
    pad = " " * indent
    lines = []
    for paragraph in text.split("\n\n"):
        lines += textwrap.wrap(" ".join(paragraph.split()), 110 - indent) + [""]
    body = ("\n" + pad).join(lines[:-1]).replace("\n" + pad + "\n", "\n\n")
    end = f"\n{pad}" if len(lines) > 2 else ""
    if not end and body.endswith('"'):
        body += " "
    return f'{pad}"""{body}{end}"""\n'


class Book:
    def __init__(self):
        self.done = {}
        self.order = []

    def add(self, name, text):
        if name in self.done:
            assert self.done[name] == text, f"two of {name}"
            return
        self.done[name] = text
        self.order.append(name)


def word_list(schema):
    cases = schema.get("oneOf")
    if cases and all("const" in case and case.get("type") == "string" for case in cases):
        return cases
    if "enum" in schema:
        return [{"const": value} for value in schema["enum"]]
    return None


def kind(schema, name):
    """The Python type of a field, and whether it may be missing."""
    if "$ref" in schema:
        target = schema["$ref"].rsplit("/", 1)[-1]
        return ("str" if target in PLAIN else "float" if target in NUMBERS else target), False
    if "anyOf" in schema:
        inner = [one for one in schema["anyOf"] if one.get("type") != "null"]
        return f"{kind(inner[0], name)[0]} | None", True
    of = schema.get("type")
    if isinstance(of, list):
        inner = kind({**schema, "type": [one for one in of if one != "null"][0]}, name)[0]
        return f"{inner} | None", True
    if of == "string":
        return ("datetime" if schema.get("format") == "date-time" else "str"), False
    if of in ("integer", "number", "boolean"):
        return {"integer": "int", "number": "float", "boolean": "bool"}[of], False
    if of == "array":
        if "prefixItems" in schema:
            return f"tuple[{', '.join(kind(one, name)[0] for one in schema['prefixItems'])}]", False
        return f"tuple[{kind(schema['items'], name)[0]}, ...]", False
    if of == "object":
        values = schema.get("additionalProperties")
        return f"FrozenDict[str, {kind(values, name)[0] if isinstance(values, dict) else 'Any'}]", False
    return "Any", True


def default(schema, of, missing, words):
    """What a field is when it is not given."""
    if "default" in schema and schema["default"] is not None:
        value = schema["default"]
        if value == [] or value == {}:
            return "()" if value == [] else "field(default_factory=FrozenDict)"
        if isinstance(value, dict):
            cases = ", ".join(f"{key}={of}{key.capitalize()}.{constant(word)}" for key, word in value.items())
            return f"field(default_factory=lambda: {of}({cases}))"
        if of in words:
            return f"{of}.{constant(value)}"
        return repr(value)
    if missing:
        return "None"
    if of.startswith("tuple"):
        return "()"
    if of.startswith("FrozenDict"):
        return "field(default_factory=FrozenDict)"
    return {"str": '""', "int": "0", "float": "0.0", "bool": "False"}.get(of, "None")


def constant(value):
    return value.upper().replace("-", "_").replace(".", "_")


def write_words(name, about, cases):
    text = f"class {name}(Word):\n{doc(about, 4)}\n"
    for case in cases:
        text += f"    {constant(case['const'])} = {case['const']!r}\n".replace("'", '"')
        if case.get("description"):
            text += doc(case["description"], 4)
    return text


def merged(schema, name, book):
    """Properties of an object; of a tagged union, those of all its cases."""
    properties = dict(schema.get("properties", {}))
    required = list(schema.get("required", []))
    cases = schema.get("oneOf")
    if not cases:
        return properties, required
    tags = [key for key, value in cases[0]["properties"].items() if "const" in value]
    tag = tags[0]
    words = [{"const": case["properties"][tag]["const"], "description": case.get("description")} for case in cases]
    tag_name = name + tag.capitalize() if name + tag.capitalize() != name * 2 else name + "Kind"
    if tag_name == "StepStep":
        tag_name = "StepKind"
    book.add(tag_name, write_words(tag_name, f"What a `{name}` is.", words))
    extra = {}
    for case in cases:
        for key, value in case["properties"].items():
            if key != tag:
                word = case["properties"][tag]["const"]
                text = f"Of kind `{word}`: {value.get('description', '')}".strip()
                extra.setdefault(key, {**value, "description": text, "optional": True})
    first = {tag: {"description": "Which of them it is.", "$ref": f"#/{tag_name}"}}
    return {**first, **extra, **properties}, [tag, *required]


def write_record(name, schema, book, words):
    properties, required = merged(schema, name, book)
    words |= {one for one in book.done if "(Word)" in book.done[one]}
    order = [key for key in required if key in properties]
    order += [key for key in properties if key not in required]
    base = f"{MIXINS[name]}, Record" if name in MIXINS else "Record"
    text = f"@dataclass(frozen=True, slots=True, kw_only=True, repr=False)\nclass {name}({base}):\n{doc(schema.get('description'), 4)}\n"
    for key in order:
        value = properties[key]
        of, missing = kind(value, name)
        if value.get("optional") and not of.startswith("tuple") and not missing:
            of, missing = f"{of} | None", True
        field = key + "_" if keyword.iskeyword(key) else key
        needs = key in required and not (value.get("default") is not None)
        given = default(value, of, missing, words)
        if not needs and given == "None" and not missing:
            of += " | None"
        text += f"    {field}: {of}" + ("" if needs else f" = {given}") + "\n"
        if value.get("description"):
            text += doc(value["description"], 4)
    if name in MIXINS and name == "Analysis":
        text += "    _json: str | None = field(default=None, init=False, compare=False)\n"
    return text


def generate():
    book, words, unions = Book(), set(), []
    for file in FILES:
        schema = json.loads((SCHEMAS / f"{file}.json").read_text())
        parts = {**schema.get("$defs", {}), schema["title"]: schema}
        for name, part in parts.items():
            cases = word_list(part)
            if cases:
                words.add(name)
                book.add(name, write_words(name, part.get("description"), cases))
        for name, part in parts.items():
            if name in PLAIN | NUMBERS or word_list(part):
                continue
            if part.get("oneOf") and all("$ref" in case for case in part["oneOf"]):
                unions.append((name, part))
                continue
            text = write_record(name, part, book, set(words))
            book.add(name, text)
    out = HEADER
    ordered = [name for name in book.order if "(Word)" in book.done[name]]
    ordered += [name for name in book.order if name not in ordered]
    for name in ordered:
        out += f"\n\n{book.done[name]}"
    for name, part in unions:
        kinds = [case["$ref"].rsplit("/", 1)[-1] for case in part["oneOf"]]
        out += f"\n\n{name} = {' | '.join(kinds)}\n{doc(part.get('description'), 0)}"
        tag = next(key for key, value in part["oneOf"][0]["properties"].items() if "const" in value)
        cases = {case["properties"][tag]["const"]: kind for case, kind in zip(part["oneOf"], kinds)}
        out += f"\n{name.upper()}S: dict[str, type[Record]] = {{\n"
        out += "".join(f'    "{word}": {of},\n' for word, of in cases.items()) + "}\n"
    ordered += [name for name, _ in unions]
    out += "\n" + "".join(f"adopt({name}, {mixin})\n" for name, mixin in sorted(MIXINS.items()))
    public = sorted(ordered)
    out += "\n__all__ = [\n" + "".join(f'    "{name}",\n' for name in public) + "]\n"
    return out


def main():
    text = generate()
    if "--check" in sys.argv[1:]:
        if TARGET.read_text() != text:
            sys.exit(f"{TARGET.name} is not what the schemas say: run rca-python/generate.py")
        return
    TARGET.write_text(text)


if __name__ == "__main__":
    main()
