"""What a municipality has taken in from newer releases of FFB: `ffb.csv` in its folder, an extract of our own.

A line tells how a release has one concept from a day on; a later line about the same concept holds from its own day.
Concepts are known by UUID. What is ours keeps our label and place, whatever FFB calls it and wherever FFB has it; what
came with a release is called, and stands, as FFB has it. Nothing is ever taken out: what is gone gets a last day.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields, replace
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from casework.vocabularies.concepts import Concept

FILE = "ffb.csv"
SHIPPED = "20240530"  # the release from which the UUIDs in `data/` are


class Malformed(ValueError):
    """A file does not say what it should: where, and what was expected; one line for each."""


@dataclass(frozen=True)
class Imported:
    """One concept as a release has it from a day on."""

    version: str
    first_day: date
    vocabulary: str
    uuid: str
    code: str
    parent: str  # our code; empty at the top
    label: str
    inactive: bool


COLUMNS = [f.name for f in fields(Imported)]


def read(folder: Path | None) -> tuple[Imported, ...]:
    """What was taken in, oldest first. Raises Malformed, naming the lines."""
    if folder is None or not (path := folder / FILE).is_file():
        return ()
    try:
        rows = csv.reader(path.read_text("utf-8").splitlines())
    except UnicodeDecodeError as error:
        raise Malformed(f"{path}: filen er ikke tekst i UTF-8 ({error})") from error
    if next(rows, None) != COLUMNS:
        raise Malformed(f"{path}, linje 1: her ventes kolonnerne {','.join(COLUMNS)}")
    found: list[Imported] = []
    problems: list[str] = []
    for row in rows:
        try:
            found.append(_line(row))
        except ValueError as error:
            problems.append(f"{path}, linje {rows.line_num}: {error}")
    if problems:
        raise Malformed("\n".join(problems))
    return tuple(found)


def _line(row: list[str]) -> Imported:
    if len(row) != len(COLUMNS):
        raise ValueError(f"her ventes {len(COLUMNS)} felter, ikke {len(row)}")
    version, day, name, uuid, code, parent, label, inactive = row
    if inactive not in ("true", "false") or not all((version, name, code, label)):
        raise ValueError("version, vocabulary, code og label skal udfyldes, og inactive skal være true eller false")
    return Imported(version, date.fromisoformat(day), name, str(UUID(uuid)), code, parent, label, inactive == "true")


def write(folder: Path, rows: Sequence[Imported]) -> None:
    """Replace the extract in one move; the former is kept beside it, by the release it ended with."""
    if former := read(folder):
        _replace(folder / f"ffb.{former[-1].version}.csv", (folder / FILE).read_text("utf-8"))
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    lines.writerows([*astuple(row)[:-1], str(row.inactive).lower()] for row in rows)
    _replace(folder / FILE, text.getvalue())


def _replace(path: Path, text: str) -> None:
    new = path.with_name(f".{path.name}.new")
    with new.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)


def laid_over(shipped: Iterable[Concept], rows: Iterable[Imported]) -> list[Concept]:
    """A list as shipped, with what was taken in. Raises Malformed where the two do not fit together."""
    codes = {concept.code: concept for concept in shipped}
    ours = {concept.ffb: code for code, concept in codes.items() if concept.ffb}
    theirs: dict[str, str] = {}
    for row in rows:
        known = theirs.get(row.uuid) or (row.code if ours.get(row.uuid) == row.code else None)
        last_day = row.first_day - timedelta(days=1)
        if row.parent and row.parent not in codes:
            raise Malformed(f"{FILE}: {row.code} står under {row.parent}, som ikke findes i {row.vocabulary}")
        if known is None:
            if row.code in codes:
                raise Malformed(f"{FILE}: koden {row.code} i {row.vocabulary} er et andet begreb i denne udgave")
            theirs[row.uuid] = row.code
            codes[row.code] = _new(row, codes)
            if row.uuid in ours:  # since then shipped under a code of our own; cases still hold this one
                codes[row.code] = replace(codes[row.code], valid_from=None, valid_to=last_day)
        elif row.uuid in theirs:
            codes[known] = replace(
                codes[known], da=row.label, en=row.label, parent=row.parent, valid_to=last_day if row.inactive else None
            )
        else:
            codes[known] = replace(codes[known], valid_to=last_day if row.inactive else None)
    return [_heading(concept, codes) if concept.ffb in theirs else concept for concept in _in_order(codes)]


def _new(row: Imported, codes: dict[str, Concept]) -> Concept:
    """A concept of FFB's; of facts it has those on which all of its kin agree."""
    kin = _kin(row.parent, codes)
    model = next(iter(codes.values())).facts
    facts = {fact: kin[0][fact] if len({one[fact] for one in kin}) == 1 else "" for fact in model}
    if "selectable" in facts:
        facts["selectable"] = "true"
    return Concept(row.code, row.parent, row.label, row.label, row.uuid, row.first_day, None, facts)


def _kin(parent: str, codes: dict[str, Concept]) -> list[Concept]:
    """What stands beside it; where nothing does, what stands under its parent's siblings."""
    beside = [one for one in codes.values() if one.parent == parent]
    if beside or not parent:
        return beside
    aunts = {one.code for one in codes.values() if one.parent == codes[parent].parent}
    return [one for one in codes.values() if one.parent in aunts]


def _heading(concept: Concept, codes: dict[str, Concept]) -> Concept:
    if "selectable" not in concept.facts or all(one.parent != concept.code for one in codes.values()):
        return concept
    return replace(concept, facts={**concept.facts, "selectable": "false"})


def _in_order(codes: dict[str, Concept], parent: str = "") -> Iterator[Concept]:
    """Each concept followed by what stands under it."""
    for concept in codes.values():
        if concept.parent == parent:
            yield concept
            yield from _in_order(codes, concept.code)
