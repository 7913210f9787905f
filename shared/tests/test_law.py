"""What several phases must know of the law: what help rests on, what a home is, which groups are diagnoses, ages."""

from __future__ import annotations

from datetime import date

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from casework import legal_bases, target_groups
from casework.contracts.values import Intervention
from casework.cpr import age_on, born_on, has_pension_age
from casework.offers import is_residence
from casework.vocabularies import vocabulary


def test_help_rests_on_the_rules_of_all_its_services():
    help_ = [Intervention(id="a", services=("escort-scheme",)), Intervention(id="b", services=("support-education",))]

    assert legal_bases.of_help(help_) == {"sel-85", "sel-97"}
    assert legal_bases.of_help([Intervention(id="a")]) == frozenset()


def test_an_offer_stands_under_rules_of_its_own():
    assert legal_bases.of_offer("homeless-shelter") == {"sel-110"}
    assert legal_bases.of_offer("mobile-offer") == legal_bases.of_offer(None) == frozenset()


@pytest.mark.parametrize("name", ["services", "offers"])
def test_every_paragraph_that_a_list_names_is_a_legal_basis(name):
    labels = {base.da for base in vocabulary("legal-bases").values()}
    named = {p for concept in vocabulary(name).values() for p in concept["paragraphs"].split("; ") if p}

    assert named <= labels


@pytest.mark.parametrize(
    "offer, home",
    [
        ("ordinary-long-term-residential", True),
        ("temporary-residential", True),
        ("shared-housing-3", True),
        ("homeless-shelter", False),
        ("crisis-centre", False),
        ("residential-treatment-101", False),
        ("mobile-offer", False),
        (None, False),
    ],
)
def test_a_home_is_where_one_moves_in_and_no_shelter_or_treatment(offer, home):
    assert is_residence(offer) == home


@pytest.mark.rule("EVA-09")
def test_for_every_group_that_is_a_diagnosis_there_is_one_that_is_none_under_the_same_roof():
    groups = vocabulary("target-groups")
    diagnoses = [group for group in groups if target_groups.needs_diagnosis(group)]

    others = {group: target_groups.without_diagnosis(group) for group in diagnoses}
    assert not any(target_groups.needs_diagnosis(other) for other in others.values())
    assert all(groups[other].is_selectable for other in others.values())
    assert others["depression"] == "other-mental-difficulty"


DAYS = st.dates(date(1930, 1, 1), date(2008, 12, 31))


@given(born=DAYS, on=st.dates(date(2026, 1, 1), date(2060, 12, 31)))
def test_age_in_whole_years_is_what_the_calendar_says(born, on):
    assert age_on(born, on) == relativedelta(on, born).years


@pytest.mark.rule("PLN-02")
@pytest.mark.parametrize(
    "born, day, has",
    [
        (date(1960, 3, 2), date(2027, 3, 1), False),  # 67 for those born until 1962
        (date(1960, 3, 2), date(2027, 3, 2), True),
        (date(1963, 1, 1), date(2030, 12, 31), False),  # 68
        (date(1963, 1, 1), date(2031, 1, 1), True),
        (date(1971, 1, 1), date(2040, 12, 31), False),  # 70
        (date(1971, 1, 1), date(2041, 1, 1), True),
    ],
)
def test_pension_age_rises_with_the_year_of_birth(born, day, has):
    assert has_pension_age(born, day) == has


@given(DAYS, st.integers(0, 9999))
def test_a_number_that_is_no_day_was_nobodys_birthday(born, serial):
    number = f"{born:%d%m%y}{serial:04d}"

    assert (born_on(number) or born).strftime("%d%m%y") == number[:6]
    assert born_on(f"3202{number[4:]}") is None
