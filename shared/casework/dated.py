"""Rows that hold from one day to another: of settings, and of the provider register. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from datetime import date
from itertools import combinations
from typing import TypeVar

from casework.fields import field, value
from casework.schema import Day


@value
class Dated:
    """A row that holds from one day to another, both included; always, where a day is left out."""

    valid_from: date | None = field("Gælder fra")
    valid_to: date | None = field("Gælder til og med")

    def holds_on(self, day: date) -> bool:
        return (self.valid_from or Day.first) <= day <= (self.valid_to or Day.last)


Row = TypeVar("Row", bound=Dated)


def backward(rows: Sequence[Dated], path: str) -> Iterator[tuple[str, str]]:
    """The rows that end before they begin."""
    for n, row in enumerate(rows):
        if (row.valid_from or Day.first) > (row.valid_to or Day.last):
            yield f"{path}[{n}].valid_to", "Rækken slutter, før den begynder"


def overlapping(rows: Sequence[Row], path: str, about: Callable[[Row], Hashable]) -> Iterator[tuple[str, str]]:
    """The rows of which another, about the same, holds on the same day."""
    for (earlier, one), (later, other) in combinations(enumerate(rows), 2):
        if about(one) == about(other) and (
            one.holds_on(other.valid_from or Day.first) or other.holds_on(one.valid_from or Day.first)
        ):
            yield f"{path}[{later}]", f"Rækken gælder samtidig med {path}[{earlier}] om det samme"
