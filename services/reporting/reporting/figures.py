"""Figures, from the archive alone. Pure: rows in, numbers out; the order of the rows does not matter."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean, pstdev

SMALL = 5  # fewer cases than this: the figure is not shown


@dataclass(frozen=True)
class VumIndex:
    """One point per phase that a case has used, 0–6; mean and spread over the cases."""

    cases: int
    mean: float | None
    deviation: float | None


def phases_used(positions: Iterable[tuple[str, str]]) -> dict[str, int]:
    """How many of the six phases each case has used, from (case, process) of every position change."""
    used: dict[str, set[str]] = {}
    for case, process in positions:
        used.setdefault(case, set()).add(process)
    return {case: len(processes) for case, processes in used.items()}


def vum_index(positions: Iterable[tuple[str, str]]) -> VumIndex:
    """The VUM index; hidden where there are too few cases to show."""
    points = list(phases_used(positions).values())
    if len(points) < SMALL:
        return VumIndex(len(points), None, None)
    return VumIndex(len(points), round(fmean(points), 2), round(pstdev(points), 2))
