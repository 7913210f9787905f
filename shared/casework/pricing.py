"""What help is expected to cost: units per period × repetitions × unit price, in exact kroner and øre. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date as Day
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


def inherited(intervention: Priced) -> Priced:
    """A line's days are the intervention's where they are left blank (PRI-06)."""
    return _with_days(
        intervention,
        lambda line: {
            "service_start_date": line.service_start_date or intervention.expected_start_date,
            "service_end_date": line.service_end_date or intervention.expected_end_date,
        },
    )


def as_told(intervention: Priced) -> Priced:
    """What travels: days that are the intervention's stay blank, so that they follow it where it is moved (PRI-06)."""

    def own(day: Day | None, whole: Day | None) -> Day | None:
        return None if day == whole else day

    return _with_days(
        intervention,
        lambda line: {
            "service_start_date": own(line.service_start_date, intervention.expected_start_date),
            "service_end_date": own(line.service_end_date, intervention.expected_end_date),
        },
    )


def _with_days(intervention: Priced, days: Callable[[ServiceLine], dict[str, Day | None]]) -> Priced:
    lines = tuple(replace(line, **days(line)) for line in intervention.service_lines)  # type: ignore[arg-type]
    return replace(intervention, service_lines=lines)


def total(amounts: Iterable[Decimal | None]) -> Amount | None:
    """The sum of what is known; None where nothing is."""
    known = [amount for amount in amounts if amount is not None]
    return Amount(sum(known, Decimal(0))) if known else None
