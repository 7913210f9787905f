"""A release of FFB as it is published: a FHIR CodeSystem in JSON, or a table in CSV."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from casework.vocabularies.imported import Malformed

SYSTEM = "urn:oid:1.2.208.176.2.22"
COLUMNS = ["code", "display_da", "parent", "depth"]
ACTIVE, INACTIVE = ("active",), ("inactive", "retired", "deprecated")


@dataclass(frozen=True)
class Entry:
    """One concept of a release."""

    at: str  # where it stands in the file: `linje 12`, `concept[0].concept[3]`
    uuid: str
    label: str
    parent: str = ""  # UUID; empty at the top
    inactive: bool = False
    depth: str = ""  # as the file says it, if it does; 0 at the top


@dataclass(frozen=True)
class Release:
    """A release of FFB, each concept after the one it stands under, and what is wrong with its file."""

    version: str
    entries: Mapping[str, Entry]
    problems: tuple[str, ...]

    def above(self, entry: Entry) -> Iterator[Entry]:
        """What an entry stands under, nearest first."""
        while entry.parent:
            entry = self.entries[entry.parent]
            yield entry


def read(path: Path, version: str | None = None) -> Release:
    """Read a release. A table does not say which it is, so `version` must.

    Raises Malformed where the file is no release of FFB at all; what is wrong in one is among its problems.
    """
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed(f"{path.name}: filen er ikke tekst i UTF-8 ({error})") from error
    problems: list[str] = []
    try:
        if text.lstrip().startswith("{"):
            system = _system(text, path.name)
            version = version or _text(system.get("version"))
            found = list(_elements(system.get("concept"), problems))
        else:
            found = list(_lines(text, path.name, problems))
    except RecursionError as error:
        raise Malformed(f"{path.name}: begreberne ligger dybere i hinanden, end de gør i FFB") from error
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", version or ""):
        problems.append("version: skriv udgavens navn med bogstaver, tal, punktum og streg, som 20240530 (--version)")
    entries = _tree(_known(found, problems), problems)
    return Release(version or "", entries, tuple(f"{path.name}, {problem}" for problem in problems))


def _system(text: str, name: str) -> dict[str, Any]:
    try:
        system: dict[str, Any] = json.loads(text)
    except json.JSONDecodeError as error:
        raise Malformed(
            f"{name}, linje {error.lineno}, tegn {error.colno}: filen er ikke JSON ({error.msg})"
        ) from error
    given = {"status": "active", "content": "complete", "url": SYSTEM} | system
    wanted = {"resourceType": "CodeSystem", "url": SYSTEM, "content": "complete", "status": "active"}
    if wrong := [key for key, value in wanted.items() if given.get(key) != value]:
        told = (f"{name}, {key}: her ventes {wanted[key]}, ikke {given.get(key)!r}" for key in wrong)
        raise Malformed("\n".join(told))
    return system


def _elements(concepts: Any, problems: list[str], under: str = "", path: str = "concept") -> Iterator[Entry]:
    """The concepts of a CodeSystem; one stands under another by lying in it, or by saying so."""
    if not isinstance(concepts, list):
        problems.append(f"{path}: her ventes en liste af begreber")
        return
    for n, concept in enumerate(concepts):
        at = f"{path}[{n}]"
        if not isinstance(concept, dict):
            problems.append(f"{at}: her ventes et begreb")
            continue
        said = _properties(concept.get("property", []), at, problems)
        code = _text(concept.get("code"))
        yield Entry(at, code, _display(concept), under or _text(said.get("parent")), _is_gone(said, at, problems))
        if "concept" in concept:
            yield from _elements(concept["concept"], problems, code, f"{at}.concept")


def _properties(given: Any, at: str, problems: list[str]) -> dict[str, Any]:
    if not isinstance(given, list) or not all(isinstance(one, dict) and "code" in one for one in given):
        problems.append(f"{at}.property: her ventes en liste, hver med code og en værdi")
        return {}
    return {str(one["code"]): next((v for k, v in one.items() if k.startswith("value")), None) for one in given}


def _is_gone(said: Mapping[str, Any], at: str, problems: list[str]) -> bool:
    status, inactive = said.get("status", "active"), said.get("inactive", False)
    if status not in ACTIVE + INACTIVE:
        problems.append(f"{at}: status {status!r} kendes ikke; her ventes {', '.join(ACTIVE + INACTIVE)}")
    if not isinstance(inactive, bool):
        problems.append(f"{at}: inactive skal være true eller false, ikke {inactive!r}")
    return inactive is True or status in INACTIVE


def _display(concept: Mapping[str, Any]) -> str:
    """What it is called in Danish."""
    named = concept.get("designation")
    danish = [d for d in named if isinstance(d, dict) and d.get("language") == "da"] if isinstance(named, list) else []
    return _text(concept.get("display")) or next((_text(d.get("value")) for d in danish), "")


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _lines(text: str, name: str, problems: list[str]) -> Iterator[Entry]:
    rows = csv.DictReader(text.splitlines())
    if missing := [column for column in COLUMNS if column not in (rows.fieldnames or ())]:
        raise Malformed(f"{name}, linje 1: {', '.join(missing)} mangler; her ventes kolonnerne {','.join(COLUMNS)}")
    for row in rows:
        at = f"linje {rows.line_num}"
        if None in row or None in row.values():
            problems.append(f"{at}: der er ikke lige så mange felter som kolonner")
            continue
        code, label, parent, depth = (row[column].strip() for column in COLUMNS)
        yield Entry(at, code, label, parent, depth=depth)


def _known(found: list[Entry], problems: list[str]) -> dict[str, Entry]:
    """Those that can be known by their UUID."""
    known: dict[str, Entry] = {}
    for one in found:
        if not _is_uuid(one.uuid):
            problems.append(f"{one.at}: code skal være et UUID med små bogstaver, ikke {one.uuid!r}")
        elif one.uuid in known:
            problems.append(f"{one.at}: {one.uuid} står også i {known[one.uuid].at}")
        elif not one.label:
            problems.append(f"{one.at}: {one.uuid} har intet navn (display)")
        if one.uuid:
            known.setdefault(one.uuid, one)
    return known


def _tree(known: Mapping[str, Entry], problems: list[str]) -> Mapping[str, Entry]:
    """Each after the one it stands under."""
    placed: dict[str, Entry] = {}
    depths = {"": -1}
    waiting = list(known.values())
    for one in waiting:
        if one.parent and one.parent not in known:
            problems.append(f"{one.at}: {one.label} står under {one.parent}, som ikke findes i filen")
    while ready := [one for one in waiting if one.parent in depths or one.parent not in known]:
        for one in ready:
            placed[one.uuid] = one if one.parent in known else replace(one, parent="")
            depths[one.uuid] = depths.get(one.parent, -1) + 1
            if one.depth not in ("", str(depths[one.uuid])) and (not one.parent or one.parent in known):
                problems.append(f"{one.at}: depth er {one.depth}, men begrebet står i dybde {depths[one.uuid]}")
        waiting = [one for one in waiting if one.uuid not in placed]
    problems += [f"{one.at}: {one.label} står under sig selv" for one in waiting]
    return placed


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
