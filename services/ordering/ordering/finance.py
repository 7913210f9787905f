"""The books: what each order has set aside line by line, what was billed on it, and how the two compare. Pure.

A posting (postering) is never edited. What no longer holds is taken back by another of the same amount with the sign
turned (ADR 16), so that the sum of an order's postings is what is committed on it now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from casework.contracts import Message
from casework.contracts.intake import CaseOpened
from casework.contracts.ordering import CommitmentLine, CommitmentMade, CommitmentReleased, OrderSent
from casework.fields import field, fields_of, needed, value
from casework.process import Situation
from casework.schema import Amount
from ordering.commands import Billed
from ordering.model import Ledger, State
from ordering.rules import LIVE, newest

MADE = "made"
"""The cause of a posting that sets money aside; that of a reversal is the release's: replaced, rejected, …"""


@value
class Posting(CommitmentLine):
    """One line of the books, as it was when it was posted. Its number runs within the case."""

    number: int = needed("Nummer")
    posted_on: date = needed("Bogført den")
    cause: str = needed("Årsag")
    case_number: str = needed("Sagsnummer")
    citizen_id: UUID = needed("Borger")
    provider_id: str = needed("Udfører")
    version: int = needed("Version")
    reverses: int | None = field("Tilbagefører")
    order_number: str | None = field("Bestillingsnummer")
    provider_name: str | None = field("Udførers navn")
    provider_cvr: str | None = field("Udførers CVR-nummer")
    provider_p_number: str | None = field("Udførers P-nummer")
    provider_ean: str | None = field("Udførers EAN nr.")
    account_number: str | None = field("Kontonummer")
    acting_municipality: str | None = field("Handlekommune")
    paying_municipality: str | None = field("Betalingskommune")

    @property
    def reference(self) -> str:
        return reference(self.case_number, self.number)


def reference(case_number: str, number: int) -> str:
    """By what a posting is known in the finance system."""
    return f"{case_number}/{number}"


# commitments
def follow(book: Sequence[Posting], message: Message, case: CaseOpened, on: date) -> tuple[Posting, ...]:
    """What a message adds to the books of its case: lines for what is set aside, reversals for what is released."""
    first = len(book) + 1
    if isinstance(message, CommitmentMade):
        return tuple(_posted(message, line, case, first + n, on) for n, line in enumerate(message.lines))
    if isinstance(message, CommitmentReleased):
        released = [one for one in standing(book) if _is_released(one, message)]
        return tuple(_reversed(one, first + n, message.cause or "", on) for n, one in enumerate(released))
    return ()


def _posted(made: CommitmentMade, line: CommitmentLine, case: CaseOpened, number: int, on: date) -> Posting:
    return Posting(
        **{name: getattr(line, name) for name in fields_of(CommitmentLine)},
        number=number,
        posted_on=on,
        cause=MADE,
        case_number=case.case_number,
        citizen_id=case.citizen_id,
        provider_id=made.provider_id,
        version=made.version,
        order_number=made.order_number,
        provider_name=made.provider_name,
        provider_cvr=made.provider_cvr,
        provider_p_number=made.provider_p_number,
        provider_ean=made.provider_ean,
        account_number=made.account_number,
        acting_municipality=case.acting_municipality.name if case.acting_municipality else None,
        paying_municipality=case.paying_municipality.name if case.paying_municipality else None,
    )


def _is_released(one: Posting, by: CommitmentReleased) -> bool:
    return (one.provider_id, one.version, one.account_number) == (by.provider_id, by.version, by.account_number)


def _reversed(one: Posting, number: int, cause: str, on: date) -> Posting:
    return replace(one, number=number, posted_on=on, cause=cause, amount=Amount(-one.amount), reverses=one.number)


def standing(book: Iterable[Posting]) -> list[Posting]:
    """The postings that are in force: no reversal, and not reversed."""
    postings = list(book)
    gone = {one.reverses for one in postings}
    return [one for one in postings if one.reverses is None and one.number not in gone]


# what is billed
@value
class Actual:
    """A line of the finance system's file: what has been paid, on which account, for which order or case."""

    line: str = needed("Linje")
    account_number: str = needed("Kontonummer")
    amount: Amount = needed("Beløb")
    booked_on: date = needed("Bogført den")
    case_number: str | None = field("Sagsnummer")
    order: str | None = field("Bestilling")
    reverses: str | None = field("Tilbagefører linje")


@dataclass(frozen=True)
class Wrong:
    """What is wrong with one line: its number in the file, the field, and why, in words."""

    line: int
    field: str
    message: str


@dataclass(frozen=True)
class Booked:
    """A line that is in the books: on what, and how much of it no reversal has taken back yet."""

    order_number: str
    account_number: str
    left: Decimal


@dataclass(frozen=True)
class KnownOrder:
    """An order that has committed money, and the names of its accounts: number or string -> number."""

    case_id: UUID
    case_number: str
    number: str
    provider_id: str
    accounts: Mapping[str, str]


@dataclass(frozen=True)
class Matched:
    """A line that can be booked."""

    case_id: UUID
    order_number: str
    billed: Billed


def match(
    lines: Iterable[tuple[int, Actual]], orders: Sequence[KnownOrder], booked: Mapping[str, Booked]
) -> tuple[list[Matched], list[Wrong]]:
    """Find the order of each line. A line that is there already, or that fits nothing, is wrong and says why."""
    known, seen = dict(booked), set[str]()
    by_number = {order.number: order for order in orders}
    by_case: dict[str, list[KnownOrder]] = {}
    for order in orders:
        by_case.setdefault(order.case_number, []).append(order)
    found, wrong = list[Matched](), list[Wrong]()
    for number, line in lines:
        try:
            if line.line in seen:
                raise _Odd("line", f"Linjen {line.line} står der to gange")
            seen.add(line.line)
            if line.line in booked:
                raise _Odd("line", f"Linjen {line.line} er bogført før")
            order = _order_of(line, by_number, by_case)
            account = order.accounts[line.account_number]
            _check_sign(line, order, account, known)
        except _Odd as odd:
            wrong.append(Wrong(number, odd.field, odd.message))
            continue
        if line.reverses:
            known[line.reverses] = replace(known[line.reverses], left=known[line.reverses].left + line.amount)
        known[line.line] = Booked(order.number, account, line.amount)
        found.append(Matched(order.case_id, order.number, _billed(line, order, account)))
    return found, wrong


class _Odd(Exception):
    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


def _order_of(line: Actual, by_number: Mapping[str, KnownOrder], by_case: Mapping[str, list[KnownOrder]]) -> KnownOrder:
    """The order that a line names, with the account; or the only order of its case that has the account."""
    if not (line.order or line.case_number):
        raise _Odd("order", "Skriv sagsnummer eller bestillingsnummer")
    if line.case_number and line.case_number not in by_case:
        raise _Odd("case_number", f"Der er intet disponeret på sagen {line.case_number}")
    mine = by_case.get(line.case_number or "", [])
    if line.order:
        named = by_number.get(line.order) or next((o for o in mine if o.provider_id == line.order), None)
        if named is None or (mine and named not in mine):
            raise _Odd("order", f"Bestillingen {line.order} kendes ikke")
        mine = [named]
    fits = [order for order in mine if line.account_number in order.accounts]
    if not fits:
        raise _Odd("account_number", f"Der er intet disponeret på kontoen {line.account_number}")
    if len(fits) > 1:
        raise _Odd("order", "Flere bestillinger i sagen har kontoen. Skriv bestillingsnummeret")
    return fits[0]


def _check_sign(line: Actual, order: KnownOrder, account: str, known: Mapping[str, Booked]) -> None:
    """An amount is taken back by a line of its own, which names the one that it takes back."""
    if line.amount == 0:
        raise _Odd("amount", "Beløbet er nul")
    if (line.amount < 0) != bool(line.reverses):
        raise _Odd("reverses", "Et negativt beløb, og kun det, skal sige, hvilken linje det tilbagefører")
    if line.reverses:
        earlier = known.get(line.reverses)
        if earlier is None or (earlier.order_number, earlier.account_number) != (order.number, account):
            raise _Odd("reverses", f"Linjen {line.reverses} er ikke bogført på den bestilling og konto")
        if earlier.left + line.amount < 0:
            raise _Odd("amount", f"Der er kun {earlier.left:.2f} tilbage af linjen {line.reverses}")


def _billed(line: Actual, order: KnownOrder, account: str) -> Billed:
    return Billed(
        order=order.provider_id,
        account_number=account,
        amount=line.amount,
        booked_on=line.booked_on,
        line=line.line,
        reverses=line.reverses,
    )


# granted against billed
def overview(s: Situation[State]) -> dict[str, Any]:
    """What was granted and what has been billed in one case: by order, account, month and goal.

    Granted is the price of each order's newest version that is under way, in force or has ended. An order helps with
    all of its goals and its price is not divided between them: it is listed under each, so goals do not add up.
    """
    sent, actuals = newest(s, (*LIVE, "ended")), s[Ledger].actuals
    priced = [(order, i.account_number, i.expected_price) for order in sent.values() for i in order.interventions]
    return {
        "orders": _compared(
            "order", ((o.provider_id, price) for o, _, price in priced), ((a.order, a.amount) for a in actuals)
        ),
        "accounts": _compared(
            "account_number",
            ((account or "", price) for _, account, price in priced),
            ((a.account_number or "", a.amount) for a in actuals),
        ),
        "months": _compared(
            "month",
            ((month(o.sent_on), price) for o, _, price in priced),
            ((month(a.booked_on), a.amount) for a in actuals),
        ),
        "goals": _by_goal(sent, actuals),
    }


def month(day: date) -> str:
    return f"{day:%Y-%m}"


def _compared(
    name: str, granted: Iterable[tuple[str, Decimal | None]], billed: Iterable[tuple[str, Decimal]]
) -> list[dict[str, str]]:
    sums: dict[str, list[Decimal]] = {}
    for place, pairs in enumerate((granted, billed)):
        for key, amount in pairs:
            sums.setdefault(key, [Decimal(0), Decimal(0)])[place] += amount or 0
    return [{name: key, **_shown(*both)} for key, both in sorted(sums.items())]


def _by_goal(sent: Mapping[str, OrderSent], actuals: Sequence[Billed]) -> list[dict[str, Any]]:
    by_goal: dict[str, set[str]] = {}
    for key, order in sent.items():
        for goal in order.goals:
            by_goal.setdefault(goal.id, set()).add(key)
    return [
        {
            "goal": goal,
            **_shown(
                sum((sent[key].total_expected_price or Decimal(0) for key in keys), Decimal(0)),
                sum((line.amount for line in actuals if line.order in keys), Decimal(0)),
            ),
            "shared_with": sorted(g for g, theirs in by_goal.items() if g != goal and keys & theirs),
        }
        for goal, keys in by_goal.items()
    ]


def _shown(granted: Decimal, billed: Decimal) -> dict[str, str]:
    return {"granted": f"{granted:.2f}", "billed": f"{billed:.2f}", "remaining": f"{granted - billed:.2f}"}
