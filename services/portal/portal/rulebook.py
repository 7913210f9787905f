"""Where a rule comes from: what stands under *Hvorfor?* beside what a phase says of it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Rule:
    id: str
    law: str
    source: str


@cache
def rules() -> dict[str, Rule]:
    """The catalogue's ids, with law and source."""
    with (files("portal") / "data" / "rules.csv").open(encoding="utf-8") as rows:
        return {row["id"]: Rule(**row) for row in csv.DictReader(rows)}


def rule(known: str | None) -> Rule | None:
    return rules().get(known or "")
