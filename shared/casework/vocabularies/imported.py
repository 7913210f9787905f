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
ONE_DAY = timedelta(days=1)


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
    ours = {concept.code: concept for concept in shipped}
    shipped_as = {concept.ffb: concept.code for concept in ours.values() if concept.ffb}
    codes = dict(ours)
    theirs: dict[str, Imported] = {}  # what came with a release, as it first came
    for row in rows:
        if row.parent and row.parent not in codes:
            raise Malformed(f"{FILE}: {row.code} står under {row.parent}, som ikke findes i {row.vocabulary}")
        if row.uuid not in theirs and shipped_as.get(row.uuid) != row.code:
            if row.code in codes:
                raise Malformed(f"{FILE}: koden {row.code} i {row.vocabulary} er i denne udgave et andet begreb")
            theirs[row.uuid] = row
            codes[row.code] = _new(row, codes)
        ended = row.first_day - ONE_DAY
        if row.uuid in theirs:
            concept = codes[theirs[row.uuid].code]
            last_day = (concept.valid_to or ended) if row.inactive else None
            concept = replace(concept, da=row.label, en=row.label, parent=row.parent, valid_to=last_day)
        else:
            concept = codes[row.code]
            last_day = (concept.valid_to or ended) if row.inactive else ours[row.code].valid_to
            concept = replace(concept, valid_to=last_day)
        codes[concept.code] = concept
    for uuid in theirs.keys() & shipped_as.keys():  # shipped since then, by a code of ours; cases still hold theirs
        first = theirs[uuid]
        codes[first.code] = replace(codes[first.code], valid_from=None, valid_to=first.first_day - ONE_DAY)
    ordered = list(_in_order(codes))
    if lost := codes.keys() - {concept.code for concept in ordered}:
        raise Malformed(f"{FILE}: {', '.join(sorted(lost))} står under sig selv")
    return [_heading(concept, codes) if concept.code not in ours else concept for concept in ordered]


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
