"""The shapes of what is stored, by version: each step, the state of a number, the rows at which a number rests; and the
codes.

A release must read what every release before it has stored. So what is published under a version stays as it is, and no
code is ever taken out; labels are free.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from casework.contracts import PHASES
from casework.contracts.compatibility import breaking, unreadable
from casework.contracts.export import schema_of_type
from casework.phase.phase import Phase
from casework.process import Process
from casework.versions import versions_of
from casework.vocabularies import vocabulary

Json = dict[str, Any]
ROWS = "rows"
CODES = "codes.schema.json"
ADVICE = "Either the change only adds what may be absent, or what is stored gets the next version, with an upcast."


def documents() -> dict[str, str]:
    """A file for each thing that a phase stores, in its newest version, for each table's rows, and for the codes."""
    return {name: _text(shape) for name, shape in _shapes()}


def changed(folder: Path) -> dict[str, list[str]]:
    """The files that no longer say what they said under the same version, and how."""
    found = {}
    for name, shape in _shapes():
        if (folder / name).exists():
            was = json.loads((folder / name).read_text("utf-8"))
            may_grow = name == CODES or f".{ROWS}." in name
            found[name] = unreadable(shape, was) if may_grow else breaking(was, shape)
    return {name: problems for name, problems in found.items() if problems}


def _shapes() -> Iterator[tuple[str, Json]]:
    for service in PHASES:
        phase: Phase = importlib.import_module(f"{service}.app").PHASE
        for step in phase.steps:
            yield _file(service, step.step, step.versions.newest), _bare(schema_of_type(step, step.step))
        state = schema_of_type(phase.state, "state")
        yield _file(service, "state", versions_of(phase.state).newest), _bare(state)
        yield from _rows(service, phase.process)
    yield from _rows("scheduler", importlib.import_module("scheduler.process").DEADLINE)
    lists = {name: {"type": "string", "enum": [*vocabulary(name)]} for name in vocabulary("vocabularies")}
    yield CODES, {"type": "object", "properties": lists}


def _rows(service: str, process: Process) -> Iterator[tuple[str, Json]]:
    for table in process.tables:
        names = [node.name for node in table if node.rests]
        yield _file(service, ROWS, table.version), {"type": "string", "enum": names}


def _file(service: str, what: str, version: int) -> str:
    return f"{service}.{what}.v{version}.schema.json"


def _bare(schema: Any) -> Any:
    """Without what may change under the same version: words, and the codes of a list."""
    if isinstance(schema, list):
        return [_bare(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    free = {"enum"} if "x-vocabulary" in schema else set()
    named = {"properties", "$defs"}  # what is in there is no word of the schema's own
    kept = {n: v for n, v in schema.items() if n not in free and not (n in ("title", "description") and type(v) is str)}
    return {n: {m: _bare(one) for m, one in v.items()} if n in named else _bare(v) for n, v in kept.items()}


def _text(shape: Json) -> str:
    """A field or type on each line."""
    lines = []
    for name, value in shape.items():
        if isinstance(value, dict):
            inner = ",\n".join(f"    {json.dumps(n)}: {json.dumps(v, ensure_ascii=False)}" for n, v in value.items())
            lines.append(f"  {json.dumps(name)}: {{\n{inner}\n  }}" if value else f"  {json.dumps(name)}: {{}}")
        else:
            lines.append(f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"
