"""All code lists as they are in force: as shipped, with help, and with what was taken in from FFB."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable

from casework.vocabularies.concepts import Concept, Vocabulary
from casework.vocabularies.imported import FILE, Imported, Malformed, laid_over


class Lists:
    """Each list is read when first asked for; those that were changed by a municipality are read at once."""

    def __init__(self, imported: tuple[Imported, ...] = ()) -> None:
        self.imported = imported
        self._read: dict[str, Vocabulary] = {}
        for name in {row.vocabulary for row in imported}:
            if name not in self["vocabularies"] or not self["vocabularies"][name].ffb:
                raise Malformed(f"{FILE}: {name} er ikke en af de lister, der følger FFB")
            self[name]

    def __getitem__(self, name: str) -> Vocabulary:
        """Raises LookupError for a name that is none."""
        if name not in self._read:
            self._check(name)
            concepts = [_concept(row) for row in _rows(f"data/{name}.csv")]
            if rows := [row for row in self.imported if row.vocabulary == name]:
                concepts = laid_over(concepts, rows)
            self._read[name] = Vocabulary(name, _helped(name, concepts))
        return self._read[name]

    def _check(self, name: str) -> None:
        if name != "vocabularies" and name not in (names := self["vocabularies"]):
            near = ", ".join(concept.code for concept in names.nearest(name))
            raise LookupError(f"There is no vocabulary {name!r}. Nearest: {near}")


def level_guidance() -> Mapping[tuple[str, int], Mapping[str, str]]:
    """What each level looks like in each theme that has levels."""
    return {(row["theme"], int(row["level"])): row for row in _rows("help/level-guidance.csv")}


def _rows(path: str) -> list[dict[str, str]]:
    found: Traversable = files("casework.vocabularies") / path
    with found.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def _concept(row: dict[str, str]) -> Concept:
    code, parent, da, en, ffb = (row.pop(column) for column in ("code", "parent", "da", "en", "ffb"))
    first, last = (date.fromisoformat(day) if (day := row.pop(c)) else None for c in ("valid_from", "valid_to"))
    return Concept(code, parent, da, en, ffb, first, last, row)


def _helped(name: str, concepts: list[Concept]) -> list[Concept]:
    """With the help that is written for the list; where there is a file, every concept has its facts, empty or not."""
    if not (files("casework.vocabularies") / f"help/{name}.csv").is_file():
        return concepts
    rows = {row.pop("code"): row for row in _rows(f"help/{name}.csv")}
    empty = dict.fromkeys(next(iter(rows.values())), "")
    return [replace(one, facts={**one.facts, **rows.get(one.code, empty)}) for one in concepts]
