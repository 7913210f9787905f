"""Who may decide (beslutningskompetence): rows, tried in their order; the first that covers the case says who. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal

from casework.configuration.kinds import Kroner
from casework.configuration.periods import is_part
from casework.configuration.reading import Part, Problems
from casework.dated import Dated, backward
from casework.fields import entries, field, needed, value
from casework.vocabularies.codes import DecisionBody, LegalBasis, Track


@value
class Delegation(Dated):
    """What one body may decide. A limit that is left out does not limit; what is not known keeps within no limit."""

    body: DecisionBody = needed("Beslutningskompetence")
    tracks: tuple[Track, ...] = entries("Spor", key=None)
    up_to: Kroner | None = field("Til og med et beløb på")
    legal_bases: tuple[LegalBasis, ...] = entries("Paragraffer", key=None)

    def covers(self, track: str | None, amount: Decimal | None, legal_bases: Collection[str], on: date) -> bool:
        return (
            self.holds_on(on)
            and (not self.tracks or track in self.tracks)
            and (self.up_to is None or (amount is not None and amount <= self.up_to))
            and (not self.legal_bases or (bool(legal_bases) and all(map(self._names, legal_bases))))
        )

    def _names(self, basis: str) -> bool:
        return any(is_part(basis, paragraph) for paragraph in self.legal_bases)

    @property
    def is_unlimited(self) -> bool:
        """Whether it covers every case on every day."""
        return self == Delegation(body=self.body)


@value
class DelegationFile(Part):
    """delegation.yaml"""

    delegation: tuple[Delegation, ...] = needed("Hvem der kan afgøre hvad")

    def problems(self) -> Problems:
        """Somebody can always decide, and no row is written in vain."""
        rows = self.delegation
        yield from backward(rows, "delegation")
        if not rows or not rows[-1].is_unlimited:
            yield "delegation", "Sidste række skal være uden grænser og datoer, så der altid er en, der kan afgøre"
        for n, row in enumerate(rows[:-1]):
            if row.is_unlimited:
                yield f"delegation[{n}]", "Rækken dækker alle sager, så de næste nås aldrig. Flyt den ned sidst"


def decides(
    rows: Sequence[Delegation], track: str | None, amount: Decimal | None, legal_bases: Collection[str], on: date
) -> str:
    """The body of the first row that covers the case: the last row covers every case."""
    return next(row.body for row in rows if row.covers(track, amount, legal_bases, on))
