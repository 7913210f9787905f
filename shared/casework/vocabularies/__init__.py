"""The code lists: what may be chosen, what it is called, and by which UUID the FFB report knows it.

A list is one CSV file in `data/`: code, parent, labels, UUID in FFB's code system (urn:oid:1.2.208.176.2.22), the days
from and to which it is in force, and the list's own facts. `data/vocabularies.csv` names the lists. A code that a case
may hold is never taken out or made unselectable, or that case could not be read: it gets a `valid_to`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import SequenceMatcher
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Concept:
    """One entry of a code list. The list's facts are read as `concept["level"]`; one that it lacks is a KeyError."""

    code: str
    parent: str  # empty at the top
    da: str
    en: str
    ffb: str  # UUID; empty where FFB has no such concept
    valid_from: date | None  # first day in force; None: always was
    valid_to: date | None  # last day in force; None: still is
    facts: Mapping[str, str] = field(hash=False)

    def __getitem__(self, fact: str) -> str:
        return self.facts[fact]

    def is_true(self, fact: str) -> bool:
        """Whether the fact says `true`; `unclear` and `optional` do not."""
        return self[fact] == "true"

    def label(self, language: str = "da") -> str:
        """What a person reads: Danish, or English for every other language."""
        return self.da if language == "da" else self.en

    @property
    def is_selectable(self) -> bool:
        """Whether it may be recorded at all; a heading may not."""
        return self.facts.get("selectable") != "false"

    def is_valid(self, on: date) -> bool:
        """Whether it is in force on that day, first and last day included."""
        return (self.valid_from or on) <= on <= (self.valid_to or on)


class Vocabulary(Mapping[str, Concept]):
    """A code list in its printed order."""

    def __init__(self, name: str, concepts: Iterable[Concept]) -> None:
        self.name = name
        self._concepts = {concept.code: concept for concept in concepts}

    def __getitem__(self, code: str) -> Concept:
        return self._concepts[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._concepts)

    def __len__(self) -> int:
        return len(self._concepts)

    def __repr__(self) -> str:
        return f"Vocabulary({self.name!r}, {len(self)} codes)"

    def children(self, code: str = "") -> tuple[Concept, ...]:
        """What stands directly under a code; without one, what stands at the top."""
        return tuple(concept for concept in self.values() if concept.parent == code)

    def ancestors(self, code: str) -> tuple[Concept, ...]:
        """What a code stands under, nearest first."""
        parent = self[code].parent
        return (self[parent], *self.ancestors(parent)) if parent else ()

    def is_under(self, code: str, ancestor: str) -> bool:
        """Whether a code stands somewhere under another; not under itself."""
        return any(above.code == ancestor for above in self.ancestors(code))

    def selectable(self, on: date) -> tuple[Concept, ...]:
        """What may be chosen on that day."""
        return tuple(concept for concept in self.values() if concept.is_selectable and concept.is_valid(on))

    def nearest(self, text: str, n: int = 3, *, among: Iterable[str] | None = None) -> tuple[Concept, ...]:
        """The n concepts whose code or label is most like the text, as a whole and in one word; most alike first."""
        matcher = SequenceMatcher(b=text.casefold()[:60])  # b is what difflib prepares once

        def likeness(concept: Concept) -> float:
            names = (name.casefold() for name in (concept.code, concept.da, concept.en))
            return max(_ratio(matcher, name) + max(_ratio(matcher, word) for word in name.split()) for name in names)

        concepts = self.values() if among is None else [self[code] for code in among]
        return tuple(sorted(concepts, key=likeness, reverse=True)[:n])


def _ratio(matcher: SequenceMatcher[str], word: str) -> float:
    matcher.set_seq1(word)
    return matcher.ratio()


@cache
def vocabulary(name: str) -> Vocabulary:
    """The code list of that name, read when first asked for. Raises LookupError for a name that is none."""
    if name != "vocabularies" and name not in (names := vocabulary("vocabularies")):
        near = ", ".join(concept.code for concept in names.nearest(name))
        raise LookupError(f"There is no vocabulary {name!r}. Nearest: {near}")
    with (files(__name__) / "data" / f"{name}.csv").open(encoding="utf-8") as rows:
        return Vocabulary(name, map(_concept, csv.DictReader(rows)))


def _concept(row: dict[str, str]) -> Concept:
    code, parent, da, en, ffb = (row.pop(column) for column in ("code", "parent", "da", "en", "ffb"))
    first, last = (date.fromisoformat(day) if (day := row.pop(c)) else None for c in ("valid_from", "valid_to"))
    return Concept(code, parent, da, en, ffb, first, last, row)


def level(value: int) -> Concept:
    """The functioning level (funktionsevneniveau) that a number 0–4 stands for."""
    return next(concept for concept in vocabulary("functioning-levels").values() if concept["value"] == str(value))
