"""Money adds up: orders, commitments, postings, the finance system's file and the archived messages, to the øre."""

from __future__ import annotations

import csv
import io
import json
import random
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from casework.configuration import Account, FileLayout, Municipality
from casework.contracts.decision import DecisionMade, DecisionNotified
from casework.contracts.followup import FollowupConcluded
from casework.contracts.intake import CaseClosed
from casework.contracts.ordering import CommitmentMade, CommitmentReleased
from casework.contracts.scheduler import DeadlineMissed
from casework.contracts.values import Intervention, Party, ServiceLine
from casework.errors import Refused
from casework.schema import Amount, dump
from casework.testing.cases import situation
from ordering.app import PHASE
from ordering.finance import MADE, Posting, follow, standing
from ordering.finance_files import Head, totals, write
from ordering.rules import LIVE, committed, newest

from .conftest import ECONOMY, OPENED, Played, assessed, goal, help_from, made
from .layouts import CSV, FIXED, JSON
from .test_versions import actuals, bill, second_decision

HEAD = Head(7, date(2026, 3, 2), "Prøveby Kommune")
PAID_BY = replace(
    OPENED,
    acting_municipality=Party(name="Prøveby", role="municipality"),
    paying_municipality=Party(name="Nabokøbing", role="municipality"),
)


def books(case: Played, opened: Any = OPENED) -> list[Posting]:
    """The postings that follow from what the case has told."""
    book: list[Posting] = []
    for message in case.told:
        book += follow(book, message, opened, date(2026, 3, 2))
    return book


def balance(book: list[Posting]) -> Decimal:
    return sum((one.amount for one in book), Decimal(0))


def shown(book: list[Posting]) -> list[tuple[int, str, str, int | None]]:
    return [(one.number, one.cause, str(one.amount), one.reverses) for one in book]


# one case
@pytest.mark.rule("ORD-10", "PRI-02")
def test_a_posting_tells_finance_all_of_an_order_line(case: Played):
    case.hear(assessed(1, goal("g1")), made(help_from("x-hus")))
    case.fill(interventions=[{"id": "i1", "personal_reference": "R-17", "cost_object": "4410"}]).send()

    (posting,) = books(case, PAID_BY)
    assert dump(posting) == {
        "id": "l-i1",
        "intervention": "i1",
        "number": 1,
        "posted_on": "2026-03-02",
        "cause": "made",
        "amount": "26000.00",
        "case_number": "2026-00417",
        "citizen_id": str(OPENED.citizen_id),
        "provider_id": "x-hus",
        "version": 1,
        "order_number": "2026-00417-1",
        "provider_name": "X-Hus",
        "provider_p_number": "1001234567",
        "provider_ean": "5790000000005",
        "personal_reference": "R-17",
        "legal_bases": ["sel-85"],
        "services": ["support-daily-tasks-at-home"],
        "offer": "mobile-offer",
        "unit": "hour",
        "units_per_period": 2,
        "repetitions": 26,
        "unit_price": "500.00",
        "begins_on": "2026-03-02",
        "account_number": "5.38.85",
        "account_origin": "account_number",
        "cost_object": "4410",
        "acting_municipality": "Prøveby",
        "paying_municipality": "Nabokøbing",
    }


STAY = {"services": ("long-term-stay", "support-daily-tasks-at-home"), "offer": "ordinary-long-term-residential"}


@pytest.mark.rule("PRI-10")
def test_own_payment_and_its_tariff_follow_the_stay(case: Played):
    case.hear(assessed(1), made(help_from("x-hus", **STAY), help_from("x-hus", "i2"), legal_bases=("sel-108",)))
    letter = DecisionNotified(
        number=1, channel="letter", received_on=date(2026, 2, 6), has_own_payment=True,
        own_payment_amount=Amount("4200.00"),
    )  # fmt: skip
    case.hear(letter)
    case.fill(interventions=[{"id": "i1", "own_payment_rate": "Takst B"}]).send()

    told = [(one.has_own_payment, one.own_payment_rate, one.own_payment_amount) for one in books(case)]
    assert told == [(True, "Takst B", Decimal(4200)), (False, None, None)]


def test_a_new_version_takes_the_former_back_line_by_line(running: Played):
    second_decision(running).revise("x-hus")

    assert shown(books(running)) == [
        (1, "made", "130000.00", None),
        (2, "replaced", "-130000.00", 1),
        (3, "made", "104000.00", None),
    ]


def test_a_version_that_is_said_no_to_gives_the_former_its_money_back(running: Played):
    second_decision(running).revise("x-hus").answer("x-hus", 2, accepted=False, when="2026-06-12")

    assert shown(books(running))[3:] == [(4, "rejected", "-104000.00", 3), (5, "made", "130000.00", None)]


def test_what_is_called_off_is_taken_back(running: Played):
    running.cancel("x-hus")

    assert shown(books(running))[1:] == [(2, "cancelled", "-130000.00", 1)]


def test_what_has_ended_is_taken_back_and_was_granted_all_the_same(running: Played):
    ended = FollowupConcluded(
        number=1, follow_up_held_on=date(2026, 6, 2), follow_up_outcome="end", effective_on=date(2026, 7, 31)
    )
    running.hear(ended, when="2026-06-02")
    running.act(actuals(bill()), by=ECONOMY)
    missed = DeadlineMissed(kind="order-end", key="x-hus/1@2026-07-31", due=date(2026, 7, 31))
    running.hear(missed, when="2026-08-01")

    assert shown(books(running))[1:] == [(2, "ended", "-130000.00", 1)]
    finance = running.document()["finance"]
    assert finance["commitments"] == []
    assert finance["overview"]["orders"] == [
        {"order": "x-hus", "granted": "130000.00", "billed": "21000.00", "remaining": "109000.00"}
    ]


def test_a_case_that_closes_has_nothing_committed(shared: Played):
    shared.send().answer("x-hus").hear(CaseClosed(closed_on=date(2026, 7, 1)), when="2026-07-01")

    assert balance(books(shared)) == 0
    assert standing(books(shared)) == []


# granted against billed
def test_a_goal_that_shares_its_order_has_the_whole_of_it_and_says_so(shared: Played):
    shared.hear(assessed(2, goal("g1"), goal("g2"), goal("g3"))).hear(
        made(help_from("x-hus"), help_from("bohaven", "i2", account="5.38.59"), number=2, revision=2)
    )
    shared.fill("x-hus", goals=[{"id": "g3"}]).send()
    shared.act(actuals(bill()), by=ECONOMY)

    compared = shared.document()["finance"]["overview"]
    assert compared["goals"] == [
        {"goal": "g1", "granted": "26000.00", "billed": "21000.00", "remaining": "5000.00", "shared_with": ["g3"]},
        {"goal": "g3", "granted": "26000.00", "billed": "21000.00", "remaining": "5000.00", "shared_with": ["g1"]},
        {"goal": "g2", "granted": "26000.00", "billed": "0.00", "remaining": "26000.00", "shared_with": []},
    ]
    assert [(a["account_number"], a["granted"], a["billed"]) for a in compared["accounts"]] == [
        ("5.38.59", "26000.00", "0.00"),
        ("5.38.85", "26000.00", "21000.00"),
    ]
    assert [(m["month"], m["granted"], m["billed"]) for m in compared["months"]] == [
        ("2026-02", "52000.00", "0.00"),
        ("2026-06", "0.00", "21000.00"),
    ]


# whose account
CHART = (
    Account(legal_basis="sel-85", account_number="5.38.38", account_string="44-38-1", valid_to=date(2026, 12, 31)),
    Account(legal_basis="sel-85", account_number="5.38.38", account_string="44-38-2", valid_from=date(2027, 1, 1)),
    Account(legal_basis="sel-85", account_number="5.38.39", offer="mobile-offer", valid_from=date(2027, 1, 1)),
    Account(legal_basis="sel-85", account_number="5.38.85", account_string="44-85", cost_object="K-85"),
)


def by_chart(case: Played, *chart: Account) -> Played:
    return Played(replace(case.s, municipality=Municipality(name="Prøveby", accounts=chart)))


@pytest.mark.rule("ORD-10")
@pytest.mark.parametrize(
    "start,account,string", [(date(2026, 12, 31), "5.38.38", "44-38-1"), (date(2027, 1, 1), "5.38.39", None)]
)
def test_an_account_that_nobody_typed_is_that_of_the_paragraph_on_the_first_day(case: Played, start, account, string):
    case = by_chart(case, *CHART[:3]).hear(assessed(1))
    case.hear(made(help_from("x-hus", account=None, expected_start_date=start))).send()

    (intervention,) = case.order()["interventions"]
    assert (intervention["account_number"], intervention.get("account_string")) == (account, string)
    assert intervention["account_origin"].startswith("accounts.yaml: sel-85")
    assert [c.account_number for c in case.sent(CommitmentMade)] == [account]


def test_an_account_that_is_typed_stands_with_what_the_chart_says_of_it(case: Played):
    case = by_chart(case, *CHART).hear(assessed(1), made(help_from("x-hus"))).send()

    (posting,) = books(case)
    assert (posting.account_number, posting.account_origin) == ("5.38.85", "account_number")
    assert (posting.account_string, posting.cost_object) == ("44-85", "K-85")


def test_an_account_that_is_typed_and_not_in_the_chart_stands_alone(case: Played):
    case = by_chart(case, *CHART[:3]).hear(assessed(1), made(help_from("x-hus"))).send()

    (posting,) = books(case)
    assert (posting.account_number, posting.account_string) == ("5.38.85", None)


# ten thousand decisions
LOTS, DECISIONS = 4, 2_500  # in each: the lots run beside each other
PROVIDERS = ("x-hus", "bohaven", "zeta")
ACCOUNTS = ("5.38.38", "5.38.50.001", "5.38.52", "5.38.59", None)


@dataclass
class Lot:
    """Draws cases; the same ones each time."""

    seed: int
    decisions: int = 0
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    def intervention(self, id_: str) -> Intervention:
        dice = self.dice
        lines = tuple(
            ServiceLine(
                id=f"l{n}", unit=dice.choice(("hour", "day", "month", "piece")), service_frequency="week",
                units_per_period=Decimal(dice.randint(1, 80)) * Decimal("0.5"), repetitions=dice.randint(1, 104),
                unit_price=Amount(Decimal(dice.randint(1, 900_000)).scaleb(-2)),
            )
            for n in range(dice.choice((1, 1, 2, 3)))
        )  # fmt: skip
        return replace(help_from(dice.choice(PROVIDERS), id_, account=dice.choice(ACCOUNTS)), service_lines=lines)

    def decide(self, case: Played, number: int) -> None:
        ones = [self.intervention(f"i{n}") for n in range(self.dice.choice((1, 1, 1, 2, 3)))]
        case.hear(assessed(number, goal("g1")), made(*ones, number=number, revision=number))
        self.decisions += 1

    def case(self, number: int) -> Iterator[Played]:
        """A case at each point where its money may have moved: sent, answered, decided anew, called off, closed."""
        opened = replace(OPENED, case_number=f"2026-{number:05}")
        s = situation(PHASE, case=opened, municipality=CHARTED)
        case = Played(s)
        self.decide(case, 1)
        case.send()
        yield case
        for _ in range(self.dice.choice((0, 0, 1, 2))):
            self._happens(case)
            yield case

    def _happens(self, case: Played) -> None:
        dice, runs = self.dice, case.s.runs
        waiting = [run for run in runs if run.at == "answer"]
        live = [run for run in runs if run.at in ("answer", "running")]
        what = dice.choice(("answer", "answer", "revise", "cancel", "close"))
        if what == "answer" and waiting:
            run = dice.choice(waiting)
            case.answer(run.key, run.number, accepted=dice.random() < 0.6)
        elif what == "revise" and live:
            self.decide(case, len(case.s.all_told(DecisionMade)) + 1)
            self._send_all(case)
        elif what == "cancel" and live:
            case.cancel(dice.choice(live).key)
        elif what == "close":
            case.hear(CaseClosed(closed_on=date(2026, 7, 1)), when="2026-07-01")

    def _send_all(self, case: Played) -> None:
        """New drafts go, and who delivers already gets a new version, where anything is left for them."""
        if any(run.at == "send" for run in case.s.runs):
            case.send()
        for key in sorted({run.key for run in case.s.runs if run.at in ("answer", "running")}):
            with suppress(Refused):
                case.revise(key)


CHARTED = Municipality(name="Prøveby", accounts=CHART[:3])


@pytest.mark.slow
@pytest.mark.rule("ORD-10", "PRI-01", "PRI-02", "PRI-03")
@pytest.mark.parametrize("seed", range(LOTS))
def test_ten_thousand_decisions_come_to_the_same_in_orders_commitments_postings_files_and_messages(seed, capsys):
    lot, postings, archive, expected, number = Lot(seed), list[Posting](), list[str](), Decimal(0), 0
    while lot.decisions < DECISIONS:
        number += 1
        book: list[Posting] = []
        told = 0
        for case in lot.case(number):
            for message in case.told[told:]:
                book += follow(book, message, case.s.case, case.s.today)
            told = len(case.told)
            ordered = sum((o.total_expected_price for o in newest(case.s, LIVE).values()), Decimal(0))
            assert ordered == sum((c.expected_price for c in committed(case.s)), Decimal(0)) == balance(book)
            assert all(one.amount > 0 and one.cause == MADE for one in standing(book))
        postings += book
        expected += ordered
        archive += [
            json.dumps([m.wire, dump(m)]) for m in case.told if isinstance(m, CommitmentMade | CommitmentReleased)
        ]

    assert expected == balance(postings) == archived(archive) == totals(postings).total
    for read, layout in ((in_csv, CSV), (in_json, JSON), (in_fixed, FIXED)):
        assert read(write(layout, HEAD, postings).decode(layout.encoding), layout) == (expected, len(postings))
    with capsys.disabled():
        print(f"\n{lot.decisions} decisions, {number} cases, {len(postings)} postings, {expected} kr.")  # noqa: T201


def archived(messages: list[str]) -> Decimal:
    """Made less released, read as text from what was archived."""
    total = Decimal(0)
    for text in messages:
        wire, body = json.loads(text)
        total += Decimal(body["expected_price"]) if wire == "commitment.made" else -Decimal(body["amount"])
    return total


def in_csv(text: str, layout: FileLayout) -> tuple[Decimal, int]:
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))
    at = rows[0].index("amount")
    amounts = [Decimal(row[at].replace(",", ".")) for row in rows if row[0] == "L"]
    by_account = [Decimal(row[5].replace(",", ".")) for row in rows if row[0] == "K"]
    assert sum(by_account) == sum(amounts) == Decimal(rows[-1][5].replace(",", "."))
    assert int(rows[-1][2]) == len(amounts)
    return sum(amounts, Decimal(0)), len(amounts)


def in_json(text: str, layout: FileLayout) -> tuple[Decimal, int]:
    document = json.loads(text)
    amounts = [Decimal(one["amount"]) for one in document["postings"]]
    assert Decimal(document["control"]["total"]) == sum(amounts)
    return sum(amounts, Decimal(0)), document["control"]["count"]


def in_fixed(text: str, layout: FileLayout) -> tuple[Decimal, int]:
    """By the positions of the layout alone."""
    records = text.split("\r\n")[:-1]
    slots = {slot.name: slice(slot.at - 1, slot.at - 1 + slot.width) for slot in layout.line.slots}
    sums: dict[str, int] = defaultdict(int)
    for record in records[1:-1]:
        assert len(record) == layout.line.width
        sums[record[slots["debit_credit"]]] += int(record[slots["amount_unsigned"]])
    return Decimal(sums["D"] - sums["K"]).scaleb(-2), len(records) - 2
