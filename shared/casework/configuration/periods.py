"""How long a case may take (sagsbehandlingsfrister, retssikkerhedsloven § 3, stk. 2), by paragraph and track. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from casework.configuration.kinds import Count
from casework.configuration.reading import Part, Problems
from casework.dated import Dated, backward, overlapping
from casework.fields import field, needed, value
from casework.vocabularies.codes import LegalBasis, Track


@value
class Period(Dated):
    """The days for one paragraph and its parts (`sel-95-1` of `sel-95`), on one track or on all."""

    legal_basis: LegalBasis = needed("Paragraf")
    days: Count = needed("Dage")
    track: Track | None = field("Spor")


@value
class PeriodsFile(Part):
    """case-processing.yaml"""

    periods: tuple[Period, ...] = needed("Frister")

    def problems(self) -> Problems:
        yield from backward(self.periods, "periods")
        yield from overlapping(self.periods, "periods", lambda row: (row.legal_basis, row.track))


def is_part(basis: str, paragraph: str) -> bool:
    """Is this rule the paragraph, or a part of it?"""
    return basis == paragraph or basis.startswith(f"{paragraph}-")


def days_for(periods: Sequence[Period], default: int, legal_bases: Iterable[str], on: date, track: str | None) -> int:
    """The longest of the paragraphs' periods: a case is decided whole, so what takes longest decides.

    For each paragraph the most particular row counts: the paragraph's own before that of which it is a part, then the
    track's before that of all tracks. A paragraph without a row has the default, and so has a case without paragraph.
    """

    def days(basis: str) -> int:
        rows = [p for p in periods if is_part(basis, p.legal_basis) and p.track in (None, track) and p.holds_on(on)]
        nearest = max(rows, key=lambda p: (len(p.legal_basis), p.track is not None), default=None)
        return nearest.days if nearest else default

    return max(map(days, set(legal_bases)), default=default)
