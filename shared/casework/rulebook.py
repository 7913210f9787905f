"""The catalogue of business rules: what each says, where it comes from, and what kind of rule it is.

A rule's id stands where it is enforced, in what a person is told, and in the markers of the tests.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Rule:
    id: str
    kind: str  # refuse, warn, permit, carry, compute, deadline, notify or privacy
    title: str  # in one sentence, English and Danish
    title_da: str
    law: str
    source: str


@cache
def rules() -> Mapping[str, Rule]:
    """Every rule by its id, in the order of the phases."""
    with (files("casework") / "rules.csv").open(encoding="utf-8") as rows:
        return {row["id"]: Rule(**row) for row in csv.DictReader(rows)}


def rule(known: str | None) -> Rule | None:
    return rules().get(known or "")
