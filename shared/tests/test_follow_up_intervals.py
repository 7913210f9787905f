"""How often help is followed up: the shortest interval counts, and § 100 has its year by law."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from casework.configuration import Interval, Misconfigured, Months, Municipality, load


def row(basis: str | None, first: int, between: int, offer: str | None = None, **days: date) -> Interval:
    return Interval(legal_basis=basis, offer=offer, months_until_first=first, months_between=between, **days)


MUNICIPALITY = Municipality(
    name="Prøveby",
    intervals=(
        row("sel-85", 3, 6, valid_to=date(2026, 12, 31)),
        row("sel-85", 4, 12, valid_from=date(2027, 1, 1)),
        row("sel-95", 6, 6),
        row("sel-95-1", 2, 9),
        row("sel-107", 5, 10),
        row("sel-107", 1, 3, offer="temporary-residential"),
        row(None, 7, 14, offer="activity-and-companionship-offer"),
    ),
)
PLAIN = Municipality(name="Prøveby")


@pytest.mark.rule("FUP-13")
@pytest.mark.parametrize(
    "bases, offer, on, months",
    [
        (["sel-85"], None, date(2026, 12, 31), Months(3, 6)),
        (["sel-85"], "mobile-offer", date(2027, 1, 1), Months(4, 12)),
        (["sel-95-2"], None, date(2026, 3, 2), Months(6, 6)),
        (["sel-95-1"], None, date(2026, 3, 2), Months(2, 9)),
        (["sel-107"], "temporary-residential", date(2026, 3, 2), Months(1, 3)),
        (["sel-107"], "activity-and-companionship-offer", date(2026, 3, 2), Months(5, 10)),
        (["sel-104"], "activity-and-companionship-offer", date(2026, 3, 2), Months(7, 14)),
        ([], "activity-and-companionship-offer", date(2026, 3, 2), Months(7, 14)),
        (["sel-85", "sel-95-1"], None, date(2026, 3, 2), Months(2, 6)),
        (["sel-104"], None, date(2026, 3, 2), None),
    ],
)
def test_the_most_particular_row_of_each_paragraph_counts_and_the_shortest_of_them(bases, offer, on, months):
    assert MUNICIPALITY.follow_up_months(bases, offer, on) == months


@pytest.mark.rule("FUP-13")
def test_the_law_looks_at_extra_expenses_every_year_and_imposes_nothing_on_other_help():
    assert PLAIN.follow_up_months(["sel-100"], None, date(2026, 5, 1)) == Months(12, 12)
    assert PLAIN.follow_up_months(["sel-85"], "mobile-offer", date(2026, 5, 1)) is None


@pytest.mark.rule("FUP-13")
def test_no_row_for_an_offer_takes_the_year_from_extra_expenses():
    town = Municipality(name="Prøveby", intervals=(row(None, 18, 24, offer="mobile-offer"),))

    assert town.follow_up_months(["sel-100"], "mobile-offer", date(2026, 5, 1)) == Months(12, 12)


def wrong(folder: Path, rows: str) -> list[str]:
    (folder / "municipality.yaml").write_text("name: Ærø\n", "utf-8")
    (folder / "follow-up.yaml").write_text(f"intervals:\n{rows}", "utf-8")
    with pytest.raises(Misconfigured) as refused:
        load(folder)
    return str(refused.value).splitlines()


@pytest.mark.parametrize(
    "written, says",
    [
        ("months_until_first: 3, months_between: 6", "intervals[0]: Skriv legal_basis, offer eller begge"),
        ("legal_basis: sel-85, months_until_first: 0, months_between: 6", "intervals[0].months_until_first: Skriv mi"),
        ("legal_basis: sel-85, months_until_first: 3", "intervals[0].months_between: Feltet skal udfyldes"),
        ("legal_basis: sel-85, months_until_first: halv, months_between: 6", "intervals[0].months_until_first: "),
        ("legal_basis: sel-8, months_until_first: 3, months_between: 6", "intervals[0].legal_basis: "),
        ("offer: botilbud, months_until_first: 3, months_between: 6", "intervals[0].offer: "),
        (
            "offer: mobile-offer, months_until_first: 3, months_between: 6, "
            "valid_from: 2027-01-01, valid_to: 2026-12-31",
            "intervals[0].valid_to: Rækken slutter",
        ),
    ],
)
def test_what_is_wrong_with_a_row_is_told_with_file_line_and_field(tmp_path, written, says):
    (told,) = wrong(tmp_path, f"  - {{{written}}}\n")

    assert told.startswith(f"follow-up.yaml, linje 2: {says}")


@pytest.mark.rule("FUP-13")
def test_extra_expenses_cannot_be_followed_up_less_than_once_a_year(tmp_path):
    assert wrong(tmp_path, "  - {legal_basis: sel-100, months_until_first: 12, months_between: 13}\n") == [
        "follow-up.yaml, linje 2: intervals[0].months_between: Hjælp efter § 100 følges op mindst hver 12. måned"
    ]


def test_two_rows_about_the_same_on_one_day_are_refused(tmp_path):
    one = "  - {legal_basis: sel-85, months_until_first: 3, months_between: 6}\n"

    assert wrong(tmp_path, one + one) == [
        "follow-up.yaml, linje 3: intervals[1]: Rækken gælder samtidig med intervals[0] om det samme"
    ]
