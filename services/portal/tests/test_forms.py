"""A form says no more than what somebody changed on it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from portal import forms, recording

from .conftest import ENQUIRY

FIELDS: list[Any] = ENQUIRY["fields"]  # type: ignore[assignment]
A_RECORD = {
    "opening_reason": "Vil bo selv\n\nog have ro",
    "received_on": "2026-03-02",
    "agrees": True,
    "source": "citizen",
    "goals": [
        {"id": "g1", "goal_statement": "Jeg bor selv", "price": "1234.50"},
        {"id": "g2", "goal_statement": "Post"},
    ],
}
CONSENTS: list[Any] = [
    {
        "name": "consents", "label": "Samtykker", "type": "Consent", "many": True, "required": "never",
        "fields": [
            {"name": "party", "label": "Hvem", "type": "str", "many": False, "required": "always"},
            {"name": "withdrawn_on", "label": "Trukket", "type": "date", "many": False, "required": "never",
             "computed": "intake.withdraw_consent"},
        ],
    }
]  # fmt: skip


def posted(values: dict[str, Any], **typed: str) -> MultiDict[str, str]:
    form = forms.to_inputs(FIELDS, values)
    for name, text in typed.items():
        form[name.replace("__", "[0].")] = text
    return form


def patch_of(values: dict[str, Any], **typed: str) -> dict[str, Any]:
    return forms.patch(FIELDS, forms.parse(FIELDS, posted(values, **typed)).values, forms.see(FIELDS, values))


text = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1).filter(str.strip)
records = st.fixed_dictionaries(
    {},
    optional={
        "opening_reason": text,
        "received_on": st.dates().map(str),
        "agrees": st.booleans(),
        "source": st.sampled_from(["citizen", "relatives"]),
        "goals": st.lists(
            st.fixed_dictionaries({"id": st.uuids().map(str)}, optional={"goal_statement": text}),
            unique_by=lambda g: g["id"],
        ),
    },
)


@given(records)
def test_a_form_that_nobody_touched_changes_nothing(values: dict[str, Any]) -> None:
    assert patch_of(values) == {}


@given(records)
def test_a_record_goes_through_the_form_and_back(values: dict[str, Any]) -> None:
    parsed = forms.parse(FIELDS, forms.to_inputs(FIELDS, values))

    assert parsed.problems == {}
    assert parsed.values == {n: v for n, v in values.items() if v != []}


def test_only_the_field_that_was_changed_is_sent() -> None:
    assert patch_of(A_RECORD, opening_reason="Noget andet") == {"opening_reason": "Noget andet"}


def test_a_field_that_was_emptied_is_null() -> None:
    assert patch_of(A_RECORD, opening_reason="", agrees="") == {"opening_reason": None, "agrees": None}


def test_of_a_keyed_list_only_what_changed_in_the_entry_is_sent() -> None:
    assert patch_of(A_RECORD, goals__price="2.000,00") == {"goals": [{"id": "g1", "price": "2000.00"}]}


def test_a_new_entry_is_sent_once_something_is_written_in_it() -> None:
    form = posted(A_RECORD)
    form["goals[2].id"], form["goals[2].~new"] = "g3", "1"
    assert "goals" not in forms.patch(FIELDS, forms.parse(FIELDS, form).values, forms.see(FIELDS, A_RECORD))

    form["goals[2].goal_statement"] = "Jeg åbner min post"
    patch = forms.patch(FIELDS, forms.parse(FIELDS, form).values, forms.see(FIELDS, A_RECORD))
    assert patch == {"goals": [{"id": "g3", "goal_statement": "Jeg åbner min post"}]}


def test_a_date_that_cannot_be_read_keeps_its_text_and_says_how() -> None:
    parsed = forms.parse(FIELDS, posted(A_RECORD, received_on="i går"))

    assert parsed.problems == {"received_on": "Skriv datoen som 24.03.2026"}
    assert parsed.values["received_on"] == "i går"


def test_a_list_without_keys_goes_back_whole_with_what_is_closed_in_it() -> None:
    values = {"consents": [{"party": "Læge", "withdrawn_on": "2026-03-01"}, {"party": "Tilbud"}]}
    form = forms.to_inputs(CONSENTS, values)
    form["consents[1].party"] = "Hospital"

    patch = forms.patch(CONSENTS, forms.parse(CONSENTS, form).values, forms.see(CONSENTS, values))

    assert patch == {"consents": [{"party": "Læge", "withdrawn_on": "2026-03-01"}, {"party": "Hospital"}]}


def test_an_entry_that_is_to_go_is_left_out() -> None:
    values = {"consents": [{"party": "Læge"}, {"party": "Tilbud"}]}
    form = forms.to_inputs(CONSENTS, values)
    form["consents[0].~gone"] = "1"

    assert forms.parse(CONSENTS, form).values == {"consents": [{"party": "Tilbud"}]}


def test_a_problem_finds_its_input_by_key_and_by_place() -> None:
    form = posted(A_RECORD)
    sent = {"goals": [{"id": "g2", "goal_statement": ""}]}

    found = [
        forms.input_of(path, "intake", "enquiry", form, sent)
        for path in (
            "enquiry.opening_reason",
            "intake.enquiry.goals[g2].price",
            "enquiry.goals[0].goal_statement",
            "rights.has_guardian",
        )
    ]

    assert found == ["opening_reason", "goals[1].price", "goals[1].goal_statement", ""]


def test_a_conflict_shows_what_was_typed_over_how_it_now_stands() -> None:
    theirs = {**A_RECORD, "source": "relatives", "goals": [{"id": "g1", "goal_statement": "Ny", "price": "1.00"}]}

    laid = recording.merged(FIELDS, theirs, {"goals": [{"id": "g1", "price": "2.00"}]})

    assert laid["source"] == "relatives"
    assert laid["goals"] == [{"id": "g1", "goal_statement": "Ny", "price": "2.00"}]


def test_what_is_left_to_the_other_is_not_sent() -> None:
    patch = {"opening_reason": "Min", "goals": [{"id": "g1", "price": "2.00"}, {"id": "g2", "price": "3.00"}]}

    assert recording.without(patch, ["goals[g1]", "opening_reason"], FIELDS) == {
        "goals": [{"id": "g2", "price": "3.00"}]
    }


def test_the_page_knows_which_fields_others_have_changed_since() -> None:
    page = forms.parse(FIELDS, posted(A_RECORD)).values

    assert recording.behind(FIELDS, page, {**A_RECORD, "source": "relatives"}) == ["source"]
    assert recording.behind(FIELDS, page, A_RECORD) == []


def test_a_step_is_untouched_unfinished_or_filled() -> None:
    status = [
        forms.status_of(FIELDS, values, origins)
        for values, origins in (
            ({}, {}),
            ({"opening_reason": "Fra før"}, {"opening_reason": "intake.enquiry.opening_reason"}),
            ({"agrees": False}, {}),
            ({"opening_reason": "Vil bo selv"}, {}),
        )
    ]

    assert status == ["untouched", "untouched", "unfinished", "filled"]
