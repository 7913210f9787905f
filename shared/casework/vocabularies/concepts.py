"""What a code list is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import SequenceMatcher


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

    def help(self, language: str = "da") -> str:
        """What helps a person to choose it, in our own words; empty where nothing is written."""
        return self.facts.get("help_da" if language == "da" else "help_en", "")

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
        self._recordable: dict[frozenset[tuple[str, str]], tuple[str, ...]] = {}

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

    def recordable(self, where: Mapping[str, str]) -> tuple[str, ...]:
        """The codes a case may hold, of whatever day, whose facts are as `where` says. Reckoned once."""
        wanted = frozenset(where.items())
        if wanted not in self._recordable:
            self._recordable[wanted] = tuple(
                concept.code
                for concept in self.values()
                if concept.is_selectable and all(concept[fact] == value for fact, value in wanted)
            )
        return self._recordable[wanted]

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
