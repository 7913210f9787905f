"""Dated rows: how long a case may take, who decides, what help costs."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.configuration import Delegation, Misconfigured, Municipality, Period, Tariff, load
from casework.configuration.delegation import DelegationFile
from casework.configuration.periods import PeriodsFile
from casework.vocabularies import vocabulary

DAY = date(2026, 3, 2)
PRØVEBY = Municipality(name="Prøveby")

BASES = ("sel-85", "sel-95", "sel-95-1", "sel-97")
TRACKS = ("clear", "small", "standard", "complex")
BODIES = tuple(vocabulary("decision-bodies"))

days = st.none() | st.integers(0, 60).map(lambda n: DAY + timedelta(days=n))
on = st.integers(-5, 65).map(lambda n: DAY + timedelta(days=n))
tracks = st.none() | st.sampled_from(TRACKS)
bases = st.sets(st.sampled_from(BASES))
amounts = st.none() | st.decimals(0, 1000, places=2)


def wrong(folder: Path, **files: str) -> str:
    for name, text in {"municipality": "name: Ærø\n", **files}.items():
        (folder / f"{name.replace('_', '-')}.yaml").write_text(text, "utf-8")
    with pytest.raises(Misconfigured) as refused:
        load(folder)
    return str(refused.value)


# periods


def test_untouched_settings_give_every_case_the_default():
    assert PRØVEBY.periods == ()
    assert PRØVEBY.case_processing_days_for(["sel-97"], DAY, "clear") == 56


def with_periods(*rows: Period) -> Municipality:
    return Municipality(name="Prøveby", periods=rows)


def test_a_paragraph_has_its_own_period_and_a_track_a_nearer_one():
    municipality = with_periods(
        Period(legal_basis="sel-97", days=28), Period(legal_basis="sel-97", days=14, track="clear")
    )

    assert municipality.case_processing_days_for(["sel-97"], DAY) == 28
    assert municipality.case_processing_days_for(["sel-97"], DAY, "standard") == 28
    assert municipality.case_processing_days_for(["sel-97"], DAY, "clear") == 14


def test_of_several_paragraphs_the_longest_period_counts_and_one_without_a_row_has_the_default():
    municipality = with_periods(Period(legal_basis="sel-97", days=28), Period(legal_basis="sel-112", days=90))

    assert municipality.case_processing_days_for(["sel-97", "sel-112"], DAY) == 90
    assert municipality.case_processing_days_for(["sel-97", "sel-85"], DAY) == 56
    assert municipality.case_processing_days_for([], DAY) == 56


def test_a_paragraph_speaks_for_its_parts_until_they_have_a_row_of_their_own():
    whole, part = Period(legal_basis="sel-95", days=28), Period(legal_basis="sel-95-1", days=21)

    assert with_periods(whole).case_processing_days_for(["sel-95-1"], DAY) == 28
    assert with_periods(whole, part).case_processing_days_for(["sel-95-1"], DAY) == 21
    assert with_periods(part).case_processing_days_for(["sel-95"], DAY) == 56


def test_a_period_holds_from_its_first_day_to_its_last():
    row = Period(legal_basis="sel-97", days=28, valid_from=date(2026, 1, 1), valid_to=date(2026, 12, 31))
    municipality = with_periods(row)
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1)]

    assert [municipality.case_processing_days_for(["sel-97"], day) for day in days] == [56, 28, 28, 56]


periods = st.builds(
    Period, legal_basis=st.sampled_from(BASES), days=st.integers(0, 100), track=tracks, valid_from=days, valid_to=days
)


@given(st.lists(periods, max_size=6), bases, on, tracks)
def test_every_period_that_may_be_written_reads_as_the_law_of_the_table(rows, bases, day, track):
    file = PeriodsFile(periods=tuple(rows))
    if list(file.problems()):
        return

    def read(basis: str) -> int:
        """The same by going from the nearest row outwards."""
        for paragraph in [basis, basis.removesuffix("-1")]:
            for wanted in [track, None]:
                for row in rows:
                    begun, over = row.valid_from and day < row.valid_from, row.valid_to and day > row.valid_to
                    if row.legal_basis == paragraph and row.track == wanted and not begun and not over:
                        return row.days
        return 56

    expected = sorted([read(basis) for basis in bases] or [56])[-1]

    assert with_periods(*rows).case_processing_days_for(bases, day, track) == expected


def test_two_rows_about_the_same_on_one_day_are_refused(tmp_path):
    rows = """\
periods:
  - {legal_basis: sel-97, days: 28, valid_to: 2026-06-30}
  - {legal_basis: sel-97, days: 21, track: clear}
  - {legal_basis: sel-97, days: 14, valid_from: 2026-06-30}
"""

    assert wrong(tmp_path, case_processing=rows) == (
        "case-processing.yaml, linje 4: periods[2]: Rækken gælder samtidig med periods[0] om det samme"
    )


@pytest.mark.parametrize(
    "row, told",
    [
        ("{legal_basis: sel-97, days: 28, valid_from: 2026-02-01, valid_to: 2026-01-31}", "periods[0].valid_to"),
        ("{legal_basis: § 97, days: 28}", "periods[0].legal_basis"),
        ("{legal_basis: sel-97}", "periods[0].days"),
        ("{legal_basis: sel-97, days: 28, track: hurtig}", "periods[0].track"),
        ("{legal_basis: sel-97, days: 28, valid_from: 2026-01-01 10:00}", "periods[0].valid_from"),
    ],
)
def test_a_period_that_is_wrong_is_named(tmp_path, row, told):
    assert f"linje 2: {told}" in wrong(tmp_path, case_processing=f"periods:\n  - {row}\n")


# delegation


def test_as_shipped_the_caseworker_decides_small_cases_and_the_manager_the_rest():
    assert [PRØVEBY.decides(track, Decimal(10**6), {"sel-97"}, DAY) for track in (*TRACKS, None)] == [
        "caseworker",
        "caseworker",
        "manager",
        "manager",
        "manager",
    ]


def with_delegation(*rows: Delegation) -> Municipality:
    return Municipality(name="Prøveby", delegation=(*rows, Delegation(body="assignment-committee")))


def test_the_first_row_that_covers_the_case_says_who_decides():
    municipality = with_delegation(
        Delegation(body="caseworker", up_to=Decimal("50000.00")), Delegation(body="manager", up_to=Decimal("250000.00"))
    )
    amounts = ["50000.00", "50000.01", "250000.00", "250000.01"]

    assert [municipality.decides("small", Decimal(amount), (), DAY) for amount in amounts] == [
        "caseworker",
        "manager",
        "manager",
        "assignment-committee",
    ]


def test_a_row_covers_a_case_only_where_it_names_every_paragraph():
    municipality = with_delegation(Delegation(body="caseworker", legal_bases=("sel-95", "sel-97")))

    assert municipality.decides(None, None, {"sel-97", "sel-95-1"}, DAY) == "caseworker"
    assert municipality.decides(None, None, {"sel-97", "sel-107"}, DAY) == "assignment-committee"


def test_what_is_not_known_keeps_within_no_limit():
    municipality = with_delegation(
        Delegation(body="caseworker", up_to=Decimal("50000.00")),
        Delegation(body="caseworker", legal_bases=("sel-97",)),
        Delegation(body="manager", tracks=("small",)),
    )

    assert municipality.decides(None, None, (), DAY) == "assignment-committee"


delegations = st.builds(
    Delegation,
    body=st.sampled_from(BODIES),
    tracks=st.sets(st.sampled_from(TRACKS), max_size=2).map(tuple),
    up_to=amounts,
    legal_bases=st.sets(st.sampled_from(BASES), max_size=2).map(tuple),
    valid_from=days,
    valid_to=days,
)


@given(st.lists(delegations, max_size=6), tracks, amounts, bases, on)
def test_somebody_always_decides(rows, track, amount, bases, day):
    assert with_delegation(*rows).decides(track, amount, bases, day) in BODIES


@given(st.lists(delegations, max_size=6), tracks, st.tuples(amounts, amounts), bases, on)
def test_a_higher_amount_never_comes_to_a_lower_body_where_the_rows_rise(rows, track, two, bases, day):
    municipality = with_delegation(*sorted(rows, key=lambda row: BODIES.index(row.body)))
    less, more = sorted(two, key=lambda amount: (amount is None, amount))  # one that is not known may be any

    lower, higher = (BODIES.index(municipality.decides(track, amount, bases, day)) for amount in (less, more))

    assert lower <= higher


@given(st.lists(delegations.filter(lambda row: not row.is_unlimited), max_size=4))
def test_rows_are_taken_only_where_they_end_with_one_for_every_case(rows):
    def told(*rows: Delegation) -> set[str]:
        return {path for path, _ in DelegationFile(delegation=rows).problems()}

    assert "delegation" in told(*rows)
    assert "delegation" not in told(*rows, Delegation(body="manager"))


@pytest.mark.parametrize(
    "rows, told",
    [
        ("[]", "linje 1: delegation: Sidste række skal være uden grænser"),
        ("\n  - {body: manager, valid_from: 2026-01-01}", "linje 1: delegation: Sidste række"),
        ("\n  - {body: manager}\n  - {body: caseworker}", "linje 2: delegation[0]: Rækken dækker alle sager"),
        ("\n  - {body: chef}", "linje 2: delegation[0].body"),
        ("\n  - {body: manager, tracks: [lille]}", "linje 2: delegation[0].tracks[0]"),
        ("\n  - {body: manager, legal_bases: [§ 97]}", "linje 2: delegation[0].legal_bases[0]"),
    ],
)
def test_a_delegation_that_is_wrong_is_named(tmp_path, rows, told):
    assert told in wrong(tmp_path, delegation=f"delegation: {rows}\n")


@pytest.mark.parametrize("amount", ["250.00", "250", '"250"', '"250.5"', '"-250.00"', '"250,00"', '"1e3.00"', ".inf"])
def test_an_amount_is_text_with_two_decimals(tmp_path, amount):
    message = wrong(tmp_path, delegation=f"delegation:\n  - {{body: caseworker, up_to: {amount}}}\n")

    assert message.startswith("delegation.yaml, linje 2: delegation[0].up_to: Skriv beløbet")


# tariffs


def a_tariff(lowest: str, **more) -> Tariff:
    return Tariff(service="escort-scheme", unit="hour", lowest=Decimal(lowest), highest=Decimal("900.00"), **more)


def test_the_most_particular_tariff_counts():
    for_all, by_offer, by_provider, by_both = (
        a_tariff("100.00"),
        a_tariff("200.00", offer="mobile-offer"),
        a_tariff("300.00", provider="12345674"),
        a_tariff("400.00", offer="mobile-offer", provider="12345674"),
    )
    municipality = Municipality(name="Prøveby", tariffs=(for_all, by_both, by_offer, by_provider))

    def tariff(**more):
        return municipality.tariff("escort-scheme", "hour", DAY, **more)

    assert tariff() == for_all
    assert tariff(offer="mobile-offer") == by_offer
    assert tariff(provider="12345674") == by_provider
    assert tariff(offer="mobile-offer", provider="12345674") == by_both
    assert tariff(offer="day-centre", provider="87654321") == for_all


def test_there_is_no_tariff_for_what_no_row_is_about():
    municipality = Municipality(name="Prøveby", tariffs=(a_tariff("100.00", valid_to=DAY),))

    assert municipality.tariff("escort-scheme", "hour", DAY)
    assert municipality.tariff("escort-scheme", "day", DAY) is None
    assert municipality.tariff("support-person", "hour", DAY) is None
    assert municipality.tariff("escort-scheme", "hour", DAY + timedelta(days=1)) is None
    assert PRØVEBY.tariffs == ()


def test_an_amount_is_read_exactly(tmp_path):
    (tmp_path / "municipality.yaml").write_text("name: Ærø\n", "utf-8")
    row = '{service: escort-scheme, unit: hour, price: "300.10", lowest: "250.00", highest: "400.00"}'
    (tmp_path / "tariffs.yaml").write_text(f"tariffs:\n  - {row}\n", "utf-8")

    (tariff,) = load(tmp_path).tariffs

    assert str(tariff.price) == "300.10"


@pytest.mark.parametrize(
    "change, told",
    [
        ('lowest: "301.00"', "tariffs[0]: Priserne skal stige"),
        ('price: "401.00"', "tariffs[0]: Priserne skal stige"),
        ("service: social-pedagogical-support", "tariffs[0].service"),
        ("unit: minut", "tariffs[0].unit"),
        ("offer: bus", "tariffs[0].offer"),
        ("provider: 12345674", "tariffs[0].provider: Her skal stå tekst"),
        ('provider: "12345675"', "tariffs[0].provider: Det er ikke et CVR-nummer"),
        ("lowest: 250.00", 'tariffs[0].lowest: Skriv beløbet i anførselstegn som "250.00"'),
    ],
)
def test_a_tariff_that_is_wrong_is_named(tmp_path, change, told):
    row = {"service": "escort-scheme", "unit": "hour", "price": '"300.00"', "lowest": '"250.00"', "highest": '"400.00"'}
    name, _, value = change.partition(": ")
    text = ", ".join(f"{field}: {said}" for field, said in {**row, name: value}.items())

    assert f"tariffs.yaml, linje 2: {told}" in wrong(tmp_path, tariffs=f"tariffs:\n  - {{{text}}}\n")


def test_two_tariffs_for_the_same_on_one_day_are_refused(tmp_path):
    row = '  - {service: escort-scheme, unit: hour, lowest: "250.00", highest: "400.00"}\n'

    assert "linje 3: tariffs[1]: Rækken gælder samtidig" in wrong(tmp_path, tariffs=f"tariffs:\n{row}{row}")
