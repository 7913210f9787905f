"""A field is declared once; what comes over the wire is read and written as it says, and what is wrong is named."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.contracts.values import FunctioningScore, Goal, Intervention, Party, ServiceLine
from casework.errors import Invalid
from casework.fields import ALWAYS, fields_of, walk
from casework.schema import Amount, dump, is_required, load, read, schema_class
from casework.testing.visits import Arrival, Findings, Line, Talk, Wish

LONG_DANISH = "Æblegrød på Ærø, 👩‍🦽 og rødgrød med fløde. " * 500  # more than 20,000 characters


def refused(cls: type, given: Any) -> dict[str, tuple[str, str | None]]:
    """What is wrong with it: field to message and rule."""
    with pytest.raises(Invalid) as refusal:
        load(cls, given)
    return {e["field"]: (e["message"], e["rule"]) for e in refusal.value.more["errors"]}


# declaring
def test_a_step_knows_its_name_its_label_and_whose_record_it_is():
    assert (Talk.step, Talk.label, Talk.per) == ("talk", "Samtale", None)
    assert Arrival.per == "provider"


def test_a_declared_field_knows_its_label_its_type_and_what_it_is_carried_from():
    reason, wishes = fields_of(Talk)["reason"], fields_of(Talk)["wishes"]

    assert (reason.info.label, reason.type, reason.many) == ("Årsag", str, False)
    assert reason.info.carried_from == "intake.enquiry.opening_reason"
    assert (wishes.type, wishes.many, wishes.entry, wishes.info.key) == (Wish, True, Wish, "id")


def test_only_what_the_handbook_always_wants_is_required():
    assert is_required(fields_of(Talk)["purpose"])
    assert not is_required(fields_of(Talk)["conclusion"])
    assert fields_of(Goal)["id"].info.required == ALWAYS


def test_a_record_begins_empty_and_cannot_be_changed():
    talk = Talk()

    assert (talk.purpose, talk.wishes) == (None, ())
    with pytest.raises(FrozenInstanceError):
        talk.purpose = "andet"  # type: ignore[misc]


def test_walking_a_step_names_the_fields_of_its_entries_too():
    assert {"purpose", "wishes", "wishes.text", "wishes.lines.sum"} <= dict(walk(Talk)).keys()


# reading and writing
A_LINE = {"id": "l1", "units_per_period": 0.5, "repetitions": 26, "unit_price": "500.00", "service_frequency": "week"}


def test_what_is_read_can_be_written_as_it_was():
    line = load(ServiceLine, A_LINE)

    assert (line.units_per_period, line.repetitions, line.unit_price) == (Decimal("0.5"), 26, Decimal("500.00"))
    assert dump(line) == A_LINE


def test_what_is_empty_is_not_written():
    assert dump(Talk(purpose="Bolig")) == {"purpose": "Bolig"}


@pytest.mark.parametrize("text", ["Blåbærgrød", "👩‍🦽 og 🇩🇰", "Linje 1\r\nLinje 2\t", LONG_DANISH, "  to mellemrum  "])
def test_a_text_comes_back_letter_by_letter(text):
    assert dump(load(Talk, {"purpose": text})) == {"purpose": text}


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300))
def test_any_text_comes_back_letter_by_letter(text):
    assert load(Talk, {"purpose": text}).purpose == text


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_money_is_exact_to_the_last_oere(amount):
    assert load(Line, {"id": "1", "price": f"{amount:.2f}"}).price == amount
    assert dump(Line(id="1", price=Amount(amount)))["price"] == f"{amount:.2f}"


def test_what_a_newer_service_sends_beside_is_left_out():
    assert read(Talk, {"purpose": "Bolig", "mood": "god"}) == Talk(purpose="Bolig")


# what is wrong is named
def test_a_field_that_does_not_exist_is_named():
    assert refused(Talk, {"purpsoe": "Bolig"}) == {"purpsoe": ("Feltet findes ikke", None)}


def test_every_field_that_is_wrong_is_named_at_once():
    wrong = refused(Talk, {"purpose": 7, "held": "ja", "people": "to", "held_on": "i morgen", "tags": "x"})

    assert wrong.keys() == {"purpose", "held", "people", "held_on", "tags"}


def test_what_is_wrong_deep_inside_is_named_by_its_whole_path():
    lines = [{"id": "l1", "unit_price": "500.00"}, {"id": "l2", "unit_price": 500}]

    assert refused(Intervention, {"id": "i1", "service_lines": lines}).keys() == {"service_lines[1].unit_price"}


def test_a_needed_field_is_asked_for():
    assert refused(Party, {"name": "Mette"}) == {"role": ("Feltet skal udfyldes", None)}


@pytest.mark.parametrize(
    "cls, given",
    [
        (Talk, []),
        (Talk, None),
        (Talk, {"leader": "Mette"}),
        (Talk, {"wishes": {}}),
        (Talk, {"wishes": ["nej"]}),
        (Talk, {"tags": [1]}),
        (Talk, {"tags": {"a": 1}}),
        (Talk, {"people": 2.5}),
        (Talk, {"people": True}),
        (Talk, {"people": 10**30}),
        (Talk, {"held": 1}),
        (Talk, {"held_on": 20260324}),
        (Talk, {"held_on": "2026-02-30"}),
        (Talk, {"purpose": "nul \0 tegn"}),
        (Talk, {"purpose": "halvt tegn \ud83d"}),
        (Goal, {"id": None}),
        (Goal, {"id": 7}),
    ],
)
def test_a_value_of_the_wrong_shape_is_refused_in_danish(cls, given):
    for message, _ in refused(cls, given).values():
        assert message.split()[0] in {"Feltet", "Her", "Skriv", "Svar", "Værdien", "Vælg"}, message


@pytest.mark.parametrize(
    "price", ["1e30", "1e2", "1_000.00", "NaN", "Infinity", "5.005", "1.234,50", "", " 5 ", "10" * 9, 5, 5.5]
)
def test_an_amount_that_is_not_kroner_and_oere_is_refused(price):
    assert refused(Line, {"id": "1", "price": price}) == {"price": ("Skriv beløbet som 1234.50", None)}


@pytest.mark.parametrize("hours", [-1, 0.25, True, "2", float("nan"), float("inf"), 10**6])
def test_a_quantity_that_is_neither_whole_nor_half_is_refused(hours):
    assert refused(Line, {"id": "1", "hours": hours}) == {"hours": ("Skriv et helt eller halvt antal", None)}


def test_a_date_may_be_written_as_the_message_says():
    (message, _), *_ = refused(Talk, {"held_on": "24/3"}).values()
    example = message.rsplit(" ", 1)[-1]

    assert load(Talk, {"held_on": example}).held_on == date(2026, 3, 24)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_date_that_no_deadline_can_be_reckoned_from_is_refused(day):
    assert refused(Talk, {"held_on": day}).keys() == {"held_on"}


@pytest.mark.rule("DAT-03")
def test_a_code_that_is_none_comes_back_with_the_nearest():
    ((field, (message, rule)),) = refused(Party, {"name": "Mette", "role": "relativ"}).items()

    assert (field, rule) == ("role", "DAT-03")
    assert "relative" in message


@pytest.mark.rule("GOL-02")
@pytest.mark.parametrize("goal_type", ["develop, maintain", ["develop", "maintain"], "improve"])
def test_a_goal_has_one_type_or_none(goal_type):
    assert refused(Goal, {"id": "g1", "goal_type": goal_type})["goal_type"][1] == "GOL-02"
    assert load(Goal, {"id": "g1", "goal_type": "develop"}).goal_type == "develop"


@pytest.mark.rule("ASM-05")
@pytest.mark.parametrize("level", [5, -1, 2.5, "2", True])
def test_a_level_is_one_of_five_whole_numbers(level):
    given = {"subtheme": "cooking", "current_functioning_level": level}

    assert refused(FunctioningScore, given)["current_functioning_level"][1] == "ASM-05"


@pytest.mark.rule("ASM-05")
@pytest.mark.parametrize("level", [0, 1, 2, 3, 4])
def test_each_of_the_five_levels_is_taken(level):
    score = load(FunctioningScore, {"subtheme": "cooking", "current_functioning_level": level})

    assert score.current_functioning_level == level


def test_the_schema_of_a_type_is_made_once():
    assert schema_class(Findings) is schema_class(Findings)
