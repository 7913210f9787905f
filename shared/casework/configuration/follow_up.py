"""How often help is followed up (opfølgningshyppighed, SEL § 148, stk. 2), by paragraph and kind of offer. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from casework.configuration.kinds import Count
from casework.configuration.periods import is_part
from casework.configuration.reading import Part, Problems
from casework.dated import Dated, backward, overlapping
from casework.fields import field, needed, value
from casework.vocabularies.codes import LegalBasis, Offer

YEARLY = "sel-100"
"""Help that the law wants looked at every year (SEL § 100); of all other the municipality decides (FUP-13)."""
MOST = 12


@value
class Interval(Dated):
    """The months for one paragraph and its parts, for one kind of offer, or for the two together."""

    legal_basis: LegalBasis | None = field("Paragraf")
    offer: Offer | None = field("Tilbud")
    months_until_first: Count = needed("Måneder til den første opfølgning")
    months_between: Count = needed("Måneder mellem opfølgninger")


@dataclass(frozen=True)
class Months:
    """How many months go until the first follow-up of some help, and between those after it."""

    until_first: int
    between: int


@value
class FollowUpFile(Part):
    """follow-up.yaml"""

    intervals: tuple[Interval, ...] = needed("Opfølgning")

    def problems(self) -> Problems:
        rows = self.intervals
        for n, row in enumerate(rows):
            if row.legal_basis is None and row.offer is None:
                yield f"intervals[{n}]", "Skriv legal_basis, offer eller begge"
            for name in ("months_until_first", "months_between"):
                months = getattr(row, name)
                if months == 0:
                    yield f"intervals[{n}].{name}", "Skriv mindst 1 måned"
                if row.legal_basis == YEARLY and months > MOST:
                    yield f"intervals[{n}].{name}", f"Hjælp efter § 100 følges op mindst hver {MOST}. måned"
        yield from backward(rows, "intervals")
        yield from overlapping(rows, "intervals", lambda row: (row.legal_basis, row.offer))


def months_for(intervals: Sequence[Interval], legal_bases: Iterable[str], offer: str | None, on: date) -> Months | None:
    """The shortest of the paragraphs' intervals on a day; None where neither municipality nor law has any.

    For each paragraph the most particular row counts: that for the paragraph and the offer before the paragraph's own
    before the offer's, and a part's (`sel-95-1`) before that of which it is a part. The law caps what the rows say.
    """
    bases = set(legal_bases)
    about: Iterable[str | None] = bases or (None,)
    known = [months for basis in about if (months := _nearest(intervals, basis, offer, on))]
    if YEARLY in bases:
        known.append(Months(MOST, MOST))
    if not known:
        return None
    return Months(min(m.until_first for m in known), min(m.between for m in known))


def _nearest(intervals: Sequence[Interval], basis: str | None, offer: str | None, on: date) -> Months | None:
    rows = [
        row
        for row in intervals
        if (row.legal_basis is None or (basis is not None and is_part(basis, row.legal_basis)))
        and row.offer in (None, offer)
        and row.holds_on(on)
    ]
    nearest = max(rows, key=lambda row: (len(row.legal_basis or ""), row.offer is not None), default=None)
    return Months(nearest.months_until_first, nearest.months_between) if nearest else None
