"""On which account help is booked (kontoplan): by paragraph, service and offer, with days. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import date

from casework.configuration.periods import is_part
from casework.configuration.reading import Part, Problems
from casework.dated import Dated, backward, overlapping
from casework.fields import field, needed, value
from casework.vocabularies.codes import LegalBasis, Offer, Service

AUTHORISED = re.compile(r"[0-9]\.[0-9]{2}\.[0-9]{2}(\.[0-9]{1,3})*")
"""Of the authorised chart of accounts: main account, function group, function; then grouping and type."""
_LONGEST = 60  # of an account string or cost object


@value
class Account(Dated):
    """The account of one paragraph and its parts; for one service or kind of offer, or for all."""

    legal_basis: LegalBasis = needed("Paragraf")
    account_number: str = needed("Kontonummer i den autoriserede kontoplan")
    account_string: str | None = field("Kommunens kontostreng")
    cost_object: str | None = field("Kostbærer")
    service: Service | None = field("Ydelse")
    offer: Offer | None = field("Tilbud")

    @property
    def origin(self) -> str:
        """What is said of an account that comes from here: the file, the paragraph, and since when the row holds."""
        return f"accounts.yaml: {self.legal_basis}" + (f" fra {self.valid_from}" if self.valid_from else "")


@value
class AccountsFile(Part):
    """accounts.yaml"""

    accounts: tuple[Account, ...] = needed("Konti")

    def problems(self) -> Problems:
        rows = self.accounts
        for n, row in enumerate(rows):
            if not AUTHORISED.fullmatch(row.account_number):
                yield (
                    f"accounts[{n}].account_number",
                    "Skriv kontonummeret med punktummer som 5.38.50",
                )
            yield from _too_long(row, f"accounts[{n}]")
        yield from backward(rows, "accounts")
        yield from overlapping(rows, "accounts", lambda row: (row.legal_basis, row.service, row.offer))


def _too_long(row: Account, path: str) -> Iterator[tuple[str, str]]:
    for name in ("account_string", "cost_object"):
        text = getattr(row, name)
        if text is not None and not (text.strip() and text.isprintable() and len(text) <= _LONGEST):
            yield f"{path}.{name}", f"Skriv højst {_LONGEST} tegn på én linje"


def account_for(
    accounts: Sequence[Account],
    legal_bases: Sequence[str],
    on: date,
    services: Collection[str],
    offer: str | None,
    typed: str | None = None,
) -> Account | None:
    """The row of the first paragraph that has one: the service's before the offer's before the paragraph's own.

    A part (`sel-95-1`) goes before the paragraph that it is of. Where an account is typed, only its own rows count.
    """
    for basis in legal_bases:
        rows = [
            row
            for row in accounts
            if is_part(basis, row.legal_basis)
            and row.service in (None, *services)
            and row.offer in (None, offer)
            and typed in (None, row.account_number)
            and row.holds_on(on)
        ]
        if rows:
            return max(rows, key=lambda r: (r.service is not None, r.offer is not None, len(r.legal_basis)))
    return None
