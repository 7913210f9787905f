"""What help is expected to cost: units per period × repetitions × unit price, in exact kroner and øre. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import TypeVar

from casework.contracts.values import Intervention, ServiceLine
from casework.errors import Refused
from casework.schema import Amount

TOO_MUCH = Decimal(10**9)

Priced = TypeVar("Priced", bound=Intervention)


def base_price(line: ServiceLine) -> Amount | None:
    """Units per period × repetitions × unit price; the frequency names the period only (PRI-01, PRI-04).

    Raises Refused where no such amount can be meant: whoever is told of it could not keep it either.
    """
    if line.units_per_period is None or line.repetitions is None or line.unit_price is None:
        return None
    price = line.units_per_period * line.repetitions * line.unit_price
    if abs(price) >= TOO_MUCH:
        raise Refused("PRI-01", f"service_lines[{line.id}].unit_price", "Prisen er for høj til at være rigtig")
    return Amount(round(price, 2))


def priced(intervention: Priced) -> Priced:
    """An intervention with the price of each line and their sum (PRI-02)."""
    lines = tuple(replace(line, base_price=base_price(line)) for line in intervention.service_lines)
    return replace(intervention, service_lines=lines, expected_price=total(line.base_price for line in lines))


def total(amounts: Iterable[Decimal | None]) -> Amount | None:
    """The sum of what is known; None where nothing is."""
    known = [amount for amount in amounts if amount is not None]
    return Amount(sum(known, Decimal(0))) if known else None
