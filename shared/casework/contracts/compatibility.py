"""What may change in a message under the same version number.

Services are upgraded one by one, in any order, and messages lie for years: under way, parked, kept with a case, in the
archive. So whoever knows one schema of a version must read what was written by the other, in both directions:

- A field may be added if it may be absent. An old reader leaves it out, a new one finds it empty in old messages.
- A field that is removed or renamed breaks, also one that may be absent: the old reader would take it for empty.
- What must be there stays so, and what may be absent stays so: one of the two readers would refuse the other's message.
- A type, format, pattern or bound may not change, nor may null become possible: one of the two refuses it.
- The codes of a field with a vocabulary are *not* fixed here. A code list is data with days of its own; it is given to
  all services before a new code is used, and no code that a case may hold is ever taken out. A service that meets a
  code it does not know yet parks the message, whole, until it has the list. A new version number would hold every
  message of the kind instead. Which list it is, and which part of it (`x-where`), is fixed. An enum without a
  vocabulary is closed: a value may not come or go.

Titles, descriptions and the order of fields are free.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from casework.contracts import Contract
from casework.contracts.export import ENVELOPE_FILE, file_name, schema_of, schema_of_envelope

Json = Mapping[str, Any]

ADVICE = "Either the change only adds what may be absent, or the message gets the next version, with an example."

_EXACT = ("format", "pattern", "multipleOf", "const")
_BOUNDS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")


class BreakingChange(Exception):
    """A message no longer is what was published under its version number."""


def breaking(old_schema: Json, new_schema: Json) -> list[str]:
    """What is wrong with putting the new schema in the old one's place; empty where both sides read each other."""
    removed = [f"{path} is no longer sent" for path in _removed(_Side(old_schema), _Side(new_schema))]
    forward = [f"an old reader refuses {what}" for what in unreadable(old_schema, new_schema)]
    backward = [f"a new reader refuses, in an old message, {what}" for what in unreadable(new_schema, old_schema)]
    return list(dict.fromkeys([*removed, *forward, *backward]))


def unreadable(reader: Json, writer: Json) -> list[str]:
    """What a reader built on one schema may refuse of messages that were written by the other."""
    return list(dict.fromkeys(_unreadable(_Side(reader), _Side(writer), frozenset())))


def changed(folder: Path, contracts: Mapping[str, Contract]) -> dict[str, list[str]]:
    """The messages that break what the folder holds under the same version, and how. New messages break nothing."""
    published = {file_name(c): (f"{name} version {c.version}", schema_of(c)) for name, c in contracts.items()}
    published[ENVELOPE_FILE] = ("the envelope", schema_of_envelope())
    found = {
        title: breaking(json.loads((folder / name).read_text("utf-8")), schema)
        for name, (title, schema) in sorted(published.items())
        if (folder / name).exists()
    }
    return {title: problems for title, problems in found.items() if problems}


def explain(changes: Mapping[str, list[str]], advice: str = ADVICE) -> str:
    """What a developer reads when a change breaks."""
    lines = [f"{title}:\n  - " + "\n  - ".join(problems) for title, problems in changes.items()]
    return "\n".join([*lines, advice])


class _Side:
    """A place in a schema, references followed."""

    def __init__(self, schema: Json, root: Json | None = None, path: str = "") -> None:
        self.root = schema if root is None else root
        self.schema, self.path, self.type = schema, path, ""
        if ref := schema.get("$ref"):
            self.type = str(ref).rpartition("/")[2]
            self.schema = self.root["$defs"][self.type]

    @property
    def name(self) -> str:
        return self.path or "the message"

    @property
    def kinds(self) -> frozenset[str]:
        kinds = self.schema.get("type", ())
        return frozenset((kinds,) if isinstance(kinds, str) else kinds)

    @property
    def fields(self) -> dict[str, _Side]:
        dot = f"{self.path}." if self.path else ""
        found = self.schema.get("properties", {})
        return {name: _Side(inner, self.root, f"{dot}{name}") for name, inner in found.items()}

    @property
    def required(self) -> frozenset[str]:
        return frozenset(self.schema.get("required", ()))

    @property
    def items(self) -> _Side | None:
        inner = self.schema.get("items")
        return None if inner is None else _Side(inner, self.root, f"{self.path}[]")

    def get(self, name: str) -> Any:
        return self.schema.get(name)


_Seen = frozenset[tuple[str, str]]


def _removed(old: _Side, new: _Side, seen: _Seen = frozenset()) -> Iterator[str]:
    if old.type and (old.type, new.type) in seen:
        return
    seen |= {(old.type, new.type)}
    fields = new.fields
    for name, was in old.fields.items():
        if name not in fields:
            yield was.path
        else:
            yield from _removed(was, fields[name], seen)
    if old.items and new.items:
        yield from _removed(old.items, new.items, seen)


def _unreadable(reader: _Side, writer: _Side, seen: _Seen) -> Iterator[str]:
    if reader.type and (reader.type, writer.type) in seen:
        return
    seen |= {(reader.type, writer.type)}
    readable = reader.kinds | ({"integer"} if "number" in reader.kinds else set())
    if readable and not (writer.kinds and writer.kinds <= readable):
        yield f"{reader.name}: {_words(writer.kinds)} instead of {_words(reader.kinds)}"
        return
    yield from _values(reader, writer)
    fields = writer.fields
    for name in sorted(reader.required - writer.required):
        yield f"{reader.fields[name].path}: it may be absent"
    for name, inner in reader.fields.items():
        if name in fields:
            yield from _unreadable(inner, fields[name], seen)
    if reader.items and writer.items:
        yield from _unreadable(reader.items, writer.items, seen)


def _values(reader: _Side, writer: _Side) -> Iterator[str]:
    """Both are of one type: are the values of one kind?"""
    for name in _EXACT:
        if reader.get(name) is not None and reader.get(name) != writer.get(name):
            yield f"{reader.name}: {name} {writer.get(name)} instead of {reader.get(name)}"
    for name in _BOUNDS:
        bound, given = reader.get(name), writer.get(name)
        if bound is not None and (given is None or (given < bound if "inimum" in name else given > bound)):
            yield f"{reader.name}: {name} {given} instead of {bound}"
    if vocabulary := reader.get("x-vocabulary"):
        if writer.get("x-vocabulary") != vocabulary:
            yield f"{reader.name}: codes of {writer.get('x-vocabulary')} instead of {vocabulary}"
        elif not (part := reader.get("x-where") or {}).items() <= (given := writer.get("x-where") or {}).items():
            yield f"{reader.name}: codes of {vocabulary} with {given} instead of {part}"
    elif (known := reader.get("enum")) is not None:
        new = [value for value in writer.get("enum") or ["any value"] if value not in known]
        if new:
            yield f"{reader.name}: {', '.join(map(str, new))}"


def _words(kinds: frozenset[str]) -> str:
    return " or ".join(sorted(kinds)) or "anything"
