"""A made-up release of FFB: the concepts we have, under the names we give them, to be changed as a test likes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from casework.vocabularies.lists import Lists

HERE = UUID("5e0f6b1c-9a33-4a6e-8d2c-0f2f4c1b7a10")


def a_uuid(label: str) -> str:
    """The UUID of a concept that only a test knows."""
    return str(uuid5(HERE, label))


class Published:
    """A CodeSystem that can be changed."""

    def __init__(self, version: str = "20270101") -> None:
        shipped = Lists()
        self.system: dict[str, Any] = {
            "resourceType": "CodeSystem",
            "url": "urn:oid:1.2.208.176.2.22",
            "version": version,
            "status": "active",
            "content": "complete",
            "concept": [{"code": a_uuid("alt"), "display": "Alt", "concept": []}],
        }
        for root in shipped["vocabularies"].values():
            if root.ffb:
                placed = {"": self.add(self.system["concept"][0], root.da, root.ffb)}
                for concept in shipped[root.code].values():
                    above = placed[concept.parent]
                    placed[concept.code] = self.add(above, concept.da, concept.ffb) if concept.ffb else above

    def __len__(self) -> int:
        return sum(1 for _ in self._all())

    def find(self, name: str, code: str = "") -> dict[str, Any]:
        """The concept that has the UUID of one of ours; without a code, the root of the list."""
        wanted = Lists()[name][code].ffb if code else Lists()["vocabularies"][name].ffb
        return next(concept for concept, _ in self._all() if concept["code"] == wanted)

    def add(self, under: dict[str, Any], label: str, uuid: str = "") -> dict[str, Any]:
        concept = {"code": uuid or a_uuid(label), "display": label, "concept": []}
        under["concept"].append(concept)
        return concept

    def remove(self, concept: dict[str, Any]) -> dict[str, Any]:
        beside = next(beside for one, beside in self._all() if one is concept)
        beside.remove(concept)
        return concept

    def end(self, concept: dict[str, Any]) -> None:
        concept["property"] = [{"code": "status", "valueCode": "retired"}]

    def to_json(self, path: Path) -> Path:
        path.write_text(json.dumps(self.system, ensure_ascii=False), "utf-8")
        return path

    def to_csv(self, path: Path) -> Path:
        rows = [f'{code},"{label}",{parent},{depth}' for code, label, parent, depth in self._rows()]
        path.write_text("\n".join(["code,display_da,parent,depth", *rows, ""]), "utf-8")
        return path

    def _all(self) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
        """Every concept with the list in which it lies."""
        open_lists: list[list[dict[str, Any]]] = [self.system["concept"]]
        while open_lists:
            beside = open_lists.pop()
            for concept in beside:
                yield concept, beside
                open_lists.append(concept.get("concept", []))

    def _rows(self) -> Iterator[tuple[str, str, str, int]]:
        waiting = [(concept, "", 0) for concept in self.system["concept"]]
        while waiting:
            concept, parent, depth = waiting.pop(0)
            yield concept["code"], concept["display"], parent, depth
            waiting += [(below, concept["code"], depth + 1) for below in concept.get("concept", [])]
