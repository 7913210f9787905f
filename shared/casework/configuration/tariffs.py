"""What help normally costs (takster), and between which prices nobody needs to wonder. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from stdnum.dk import cvr

from casework.configuration.kinds import Kroner
from casework.configuration.reading import Part, Problems
from casework.dated import Dated, backward, overlapping
from casework.fields import field, needed, value
from casework.vocabularies.codes import BillingUnit, Offer, Service


@value
class Tariff(Dated):
    """The prices of one service by one unit: everywhere, in one kind of offer, or from one provider."""

    service: Service = needed("Ydelse")
    unit: BillingUnit = needed("Enhed")
    offer: Offer | None = field("Tilbud")
    provider: str | None = field("Udførers CVR-nummer")
    price: Kroner | None = field("Normal pris for en enhed")
    lowest: Kroner = needed("Laveste pris")
    highest: Kroner = needed("Højeste pris")


@value
class TariffsFile(Part):
    """tariffs.yaml"""

    tariffs: tuple[Tariff, ...] = needed("Takster")

    def problems(self) -> Problems:
        rows = self.tariffs
        for n, row in enumerate(rows):
            if not row.lowest <= (row.price or row.lowest) <= row.highest:
                yield f"tariffs[{n}]", "Priserne skal stige: lowest, så price, så highest"
            if row.provider is not None and not cvr.is_valid(row.provider):
                yield (
                    f"tariffs[{n}].provider",
                    "Det er ikke et CVR-nummer: otte cifre, hvoraf det sidste er kontrolciffer",
                )
        yield from backward(rows, "tariffs")
        yield from overlapping(rows, "tariffs", lambda row: (row.service, row.unit, row.offer, row.provider))


def tariff_for(
    tariffs: Sequence[Tariff], service: str, unit: str, on: date, offer: str | None, provider: str | None
) -> Tariff | None:
    """The most particular row: the provider's before the offer's before that of everybody."""
    rows = (
        row
        for row in tariffs
        if (row.service, row.unit) == (service, unit)
        and row.offer in (None, offer)
        and row.provider in (None, provider)
        and row.holds_on(on)
    )
    return max(rows, key=lambda row: (row.provider is not None, row.offer is not None), default=None)
