"""Under which number and date an act is in force (lovbekendtgørelser), as a letter must say it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from casework.configuration.kinds import Count
from casework.configuration.reading import Part, Problems
from casework.dated import Dated, backward, overlapping
from casework.fields import field, needed, value
from casework.vocabularies.codes import Law

KINDS = ("lov", "lovbekendtgørelse", "bekendtgørelse", "forordning")


@value
class Promulgation(Dated):
    """An act as it was promulgated, and the days on which that text is the one in force."""

    law: Law = needed("Lov")
    number: Count = needed("Nummer")
    issued_on: date = needed("Dato")
    kind: str | None = field("Art")  # lovbekendtgørelse, where it is not said

    def cite(self, day: str) -> str:
        """`lovbekendtgørelse nr. 170 af 24. januar 2022`; `day` is `issued_on` in words."""
        return f"{self.kind or 'lovbekendtgørelse'} nr. {self.number} af {day}"


@value
class LawsFile(Part):
    """laws.yaml"""

    laws: tuple[Promulgation, ...] = needed("Love")

    def problems(self) -> Problems:
        rows = self.laws
        for n, row in enumerate(rows):
            if row.kind not in (None, *KINDS):
                yield f"laws[{n}].kind", f"Skriv en af: {', '.join(KINDS)}"
        yield from backward(rows, "laws")
        yield from overlapping(rows, "laws", lambda row: row.law)


def promulgation_of(laws: Sequence[Promulgation], law: str, on: date) -> Promulgation | None:
    """The text of an act that is in force on a day."""
    return next((row for row in laws if row.law == law and row.holds_on(on)), None)
