"""What a release of FFB has otherwise than the lists in force, and taking it in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from casework.vocabularies import imported
from casework.vocabularies.concepts import Concept, Vocabulary
from casework.vocabularies.imported import Imported, Malformed
from casework.vocabularies.lists import Lists
from casework.vocabularies.release import Entry, Release


class Kind(StrEnum):
    NEW = "nyt"
    GONE = "udgår"
    BACK = "igen"
    MOVED = "plads"
    RENAMED = "navn"


@dataclass(frozen=True)
class Change:
    """One thing that a release has otherwise."""

    kind: Kind
    vocabulary: str
    uuid: str
    code: str
    parent: str  # our code of what it stands under in the release; empty at the top
    label: str  # what the release calls it
    inactive: bool
    note: str = ""

    def __str__(self) -> str:
        return f"{self.kind:<5}  {self.label} ({self.code}){self.note and f', {self.note}'}"


@dataclass(frozen=True)
class News:
    """What a release would change, and what stands in the way of taking it in."""

    version: str
    in_force: str  # the version against which it was held
    changes: tuple[Change, ...]
    problems: tuple[str, ...]


def compare(release: Release, lists: Lists, gone: Collection[str] = ()) -> News:
    """Hold a release against the lists in force. `gone`: UUIDs of concepts that the operator says have ended."""
    problems = [*release.problems]
    changes: list[Change] = []
    followed = {root.ffb: root for root in lists["vocabularies"].values() if root.ffb}
    missing: set[str] = set()
    for uuid, root in followed.items():
        if uuid not in release.entries:
            problems.append(f"{root.da}: roden {uuid} mangler i filen, så ingen af dem kan kendes i den")
            continue
        part = _Part(release, lists, root.code, uuid, followed.keys())
        changes += part.changes(gone)
        problems += part.problems(gone)
        missing |= part.missing.keys()
    problems += [f"--gone {uuid}: det er intet af det, der mangler i filen" for uuid in gone if uuid not in missing]
    in_force = lists.imported[-1].version if lists.imported else imported.SHIPPED
    return News(release.version, in_force, tuple(changes), tuple(problems))


def take_in(news: News, lists: Lists, folder: Path, first_day: date) -> None:
    """Write what is new into the municipality's folder, to hold from a day on. Where nothing is, nothing is written.

    Raises Malformed with everything that stands in the way; nothing is then written.
    """
    problems = [*news.problems]
    if lists.imported and first_day < (last := lists.imported[-1].first_day):
        problems.append(f"--from {first_day}: udgave {news.in_force} gælder fra {last}, og den nye afløser den")
    if problems:
        raise Malformed("\n".join(problems))
    rows = {
        c.uuid: Imported(news.version, first_day, c.vocabulary, c.uuid, c.code, c.parent, c.label, c.inactive)
        for c in news.changes
    }
    if rows:
        imported.write(folder, [*lists.imported, *rows.values()])


class _Part:
    """One list and its part of the release: what stands under the list's root."""

    def __init__(self, release: Release, lists: Lists, name: str, root: str, roots: Collection[str]) -> None:
        self.release, self.name, self.root, self.roots = release, name, root, roots
        self.title = lists["vocabularies"][name].da
        self.codes: Vocabulary = lists[name]
        self.ours = {concept.ffb for concept in Lists()[name].values()}
        self.last = {row.uuid: row for row in lists.imported}
        self.held: dict[str, Concept] = {}
        for concept in self.codes.values():
            if concept.ffb and (concept.ffb not in self.held or concept.valid_to is None):
                self.held[concept.ffb] = concept

    @property
    def missing(self) -> Mapping[str, Concept]:
        """What is in force and not in the release."""
        return {u: c for u, c in self.held.items() if c.valid_to is None and u not in self.release.entries}

    def problems(self, gone: Collection[str]) -> Iterator[str]:
        for uuid, concept in self.held.items():
            entry = self.release.entries.get(uuid)
            if entry and self._root_of(entry) != self.root:
                yield f"{entry.at}: {concept.da} hører i FFB nu til en anden liste; det må sagsgang selv rettes til"
            if uuid in self.missing and uuid not in gone:
                yield f"{self.title}: {concept.da} mangler i filen. Er det udgået, så sig det: --gone {uuid}"

    def changes(self, gone: Collection[str]) -> Iterator[Change]:
        """What is new or otherwise, in the release's order, and then what is missing because it has ended."""
        known = {self.root: "", **{uuid: concept.code for uuid, concept in self.held.items()}}
        taken = set(self.codes)
        for entry in self.release.entries.values():
            if self._root_of(entry) != self.root:
                continue
            parent = next(known[above.uuid] for above in self.release.above(entry) if above.uuid in known)
            if concept := self.held.get(entry.uuid):
                yield from self._otherwise(entry, concept, parent)
            elif not entry.inactive:
                taken.add(code := _code_of(entry, taken))
                known[entry.uuid] = code
                note = self._place(parent, entry)
                yield Change(Kind.NEW, self.name, entry.uuid, code, parent, entry.label, False, note)
        for uuid in gone:
            if concept := self.missing.get(uuid):
                parent, label, _ = self._last_known(concept)
                yield Change(Kind.GONE, self.name, uuid, concept.code, parent, label, True)

    def _otherwise(self, entry: Entry, concept: Concept, parent: str) -> Iterator[Change]:
        was_under, was_called, was_gone = self._last_known(concept)
        ours = entry.uuid in self.ours

        def change(kind: Kind, note: str = "") -> Change:
            return Change(kind, self.name, entry.uuid, concept.code, parent, entry.label, entry.inactive, note)

        if entry.inactive != was_gone:
            yield change(Kind.GONE if entry.inactive else Kind.BACK)
        if parent != was_under:
            yield change(Kind.MOVED, self._place(parent, entry) + ("; hos os bliver det, hvor det er" if ours else ""))
        if entry.label != was_called:
            yield change(Kind.RENAMED, f"hos os fortsat {concept.da}" if ours else f"hed før {was_called}")

    def _last_known(self, concept: Concept) -> tuple[str, str, bool]:
        """What it stood under when last we heard, what it was called, and whether it was gone."""
        if row := self.last.get(concept.ffb):
            return row.parent, row.label, row.inactive
        return concept.parent, concept.da, concept.valid_to is not None

    def _place(self, parent: str, entry: Entry) -> str:
        if not parent:
            return "øverst"
        return f"under {self.codes[parent].da if parent in self.codes else self.release.entries[entry.parent].label}"

    def _root_of(self, entry: Entry) -> str:
        """The root of the list to which it belongs; empty where it belongs to none, or is a root itself."""
        if entry.uuid in self.roots:
            return ""
        return next((above.uuid for above in self.release.above(entry) if above.uuid in self.roots), "")


def _code_of(entry: Entry, taken: Collection[str]) -> str:
    """A code made from the Danish label, which no other in the list has."""
    text = entry.label.casefold().replace("æ", "ae").replace("ø", "oe").replace("å", "aa")
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    code = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or f"ffb-{entry.uuid[:8]}"
    number = 1
    while (unique := code if number == 1 else f"{code}-{number}") in taken:
        number += 1
    return unique
