"""What is recorded: filled in piece by piece, laid over what is carried, and told apart from what it was."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.errors import Invalid
from casework.records import changes, merge, only, overlay
from casework.testing.visits import Findings, Talk

LONG_DANISH = "Rødgrød med fløde, 👩‍🦽 og Ærø. " * 700  # more than 20,000 characters

TWO_WISHES = {"wishes": [{"id": "a", "text": "Hund"}, {"id": "b", "text": "Have"}]}


def refusal(own: dict[str, Any], patch: Any, cls: type = Talk) -> Invalid:
    with pytest.raises(Invalid) as refused:
        merge(cls, own, patch, cls.step)  # type: ignore[attr-defined]
    return refused.value


# filling in
def test_what_is_filled_in_stands_beside_what_was_there():
    assert merge(Talk, {"purpose": "Bolig"}, {"conclusion": "Flytning"}) == {
        "purpose": "Bolig",
        "conclusion": "Flytning",
    }


def test_null_empties_a_field_and_remembers_that_it_was_emptied():
    assert merge(Talk, {"purpose": "Bolig"}, {"purpose": None}) == {"purpose": None}


def test_filling_in_leaves_the_former_record_as_it_was():
    own = copy.deepcopy(TWO_WISHES)
    merge(Talk, own, {"wishes": [{"id": "a", "text": "Kat"}]})

    assert own == TWO_WISHES


def test_an_entry_is_found_by_its_key_and_the_others_stay():
    merged = merge(Talk, TWO_WISHES, {"wishes": [{"id": "b", "text": "Altan"}]})

    assert merged["wishes"] == [{"id": "a", "text": "Hund"}, {"id": "b", "text": "Altan"}]


def test_an_entry_with_a_new_key_comes_last():
    merged = merge(Talk, TWO_WISHES, {"wishes": [{"id": "c", "text": "Båd"}]})

    assert [wish["id"] for wish in merged["wishes"]] == ["a", "b", "c"]


def test_an_entry_without_an_id_is_given_one():
    (wish,) = merge(Talk, {}, {"wishes": [{"text": "Hund"}]})["wishes"]

    assert len(wish["id"]) == 36


def test_entries_within_entries_are_found_by_their_keys_too():
    own = {"wishes": [{"id": "a", "lines": [{"id": "1", "hours": 2}, {"id": "2", "hours": 3}]}]}
    merged = merge(Talk, own, {"wishes": [{"id": "a", "lines": [{"id": "2", "hours": 4}]}]})

    assert merged["wishes"][0]["lines"] == [{"id": "1", "hours": 2}, {"id": "2", "hours": 4}]


def test_null_empties_a_whole_list():
    assert merge(Talk, TWO_WISHES, {"wishes": None})["wishes"] is None


def test_an_entry_is_taken_out_by_its_key_and_the_others_stay():
    merged = merge(Talk, TWO_WISHES, {"wishes": [{"id": "a", "removed": True}]})

    assert merged["wishes"] == [{"id": "b", "text": "Have"}]


def test_a_carried_entry_that_is_taken_out_here_does_not_show_through():
    own = {"wishes": [{"id": "a", "removed": True}]}

    assert overlay(Talk, TWO_WISHES, own)["wishes"] == [{"id": "b", "text": "Have"}]


def test_an_entry_that_was_taken_out_can_be_written_anew():
    gone = merge(Talk, TWO_WISHES, {"wishes": [{"id": "a", "removed": True}]}, carried=True)

    assert merge(Talk, gone, {"wishes": [{"id": "a", "text": "Kat"}]}, carried=True)["wishes"] == [
        {"id": "b", "text": "Have"},
        {"id": "a", "text": "Kat"},
    ]


def test_a_list_without_keys_is_one_value():
    assert merge(Talk, {"tags": ["bolig", "job"]}, {"tags": ["have"]})["tags"] == ["have"]


# what may not be filled in
def test_a_field_that_does_not_exist_is_named():
    assert str(refusal({}, {"purpsoe": "Bolig"})) == "talk.purpsoe · Feltet findes ikke"


def test_a_field_that_does_not_exist_in_an_entry_is_named():
    assert refusal({}, {"wishes": [{"id": "a"}, {"id": "b", "colour": "rød"}]}).field == "talk.wishes[1].colour"


def test_a_computed_field_is_refused_with_what_it_is_computed_from():
    refused = refusal({}, {"letters": 7})

    assert (refused.field, refused.rule) == ("talk.letters", "TST-03")
    assert refused.message == "Feltet regnes ud af »Konklusion« og kan ikke skrives"


def test_a_computed_field_cannot_be_emptied_either():
    assert refusal({}, {"letters": None}).rule == "TST-03"


def test_a_computed_field_deep_inside_is_refused():
    refused = refusal({}, {"wishes": [{"id": "a", "lines": [{"id": "1", "sum": "5.00"}]}]})

    assert (refused.field, refused.rule) == ("talk.wishes[0].lines[0].sum", "TST-02")


@pytest.mark.rule("GOL-04")
def test_the_level_of_a_goal_is_not_typed_on_the_goal():
    refused = refusal({}, {"goals": [{"id": "g1", "current_functioning_level": 1}]}, Findings)

    assert (refused.field, refused.rule) == ("findings.goals[0].current_functioning_level", "GOL-04")


def test_of_a_carried_list_only_the_writable_fields_are_open():
    merged = merge(Findings, {}, {"wishes": [{"id": "a", "lines": [{"id": "1", "hours": 2}]}]})
    refused = refusal({}, {"wishes": [{"id": "a", "text": "Kat"}]}, Findings)

    assert merged["wishes"] == [{"id": "a", "lines": [{"id": "1", "hours": 2}]}]
    assert (refused.field, refused.rule) == ("findings.wishes[0].text", "TST-04")


def test_a_carried_list_of_which_only_some_fields_are_open_cannot_be_emptied():
    assert refusal({}, {"wishes": None}, Findings).rule == "TST-04"


@pytest.mark.parametrize("patch", [None, [], "purpose", 7, {"wishes": [7]}, {"wishes": [{"id": 7}]}])
def test_what_is_no_group_of_fields_is_refused(patch):
    assert refusal({}, patch).field


@pytest.mark.parametrize("entries", [{"id": "a"}, "a", 7, True])
def test_entries_that_are_no_list_are_refused(entries):
    assert str(refusal(TWO_WISHES, {"wishes": entries})) == "talk.wishes · Her skal stå en liste"


def test_a_key_that_is_no_text_is_refused():
    assert refusal({}, {"wishes": [{"id": ["a"], "text": "Hund"}]}).field == "talk.wishes[0].id"


# laying over
def test_what_is_recorded_here_shows_before_what_is_carried():
    assert overlay(Talk, {"purpose": "Bolig", "held": True}, {"purpose": "Job"}) == {"purpose": "Job", "held": True}


def test_what_is_emptied_here_does_not_show_through():
    assert overlay(Talk, {"purpose": "Bolig"}, {"purpose": None})["purpose"] is None


def test_entries_meet_by_their_key():
    own = {"wishes": [{"id": "a", "lines": [{"id": "1", "hours": 2}]}]}

    assert overlay(Findings, TWO_WISHES, own)["wishes"] == [
        {"id": "a", "text": "Hund", "lines": [{"id": "1", "hours": 2}]},
        {"id": "b", "text": "Have"},
    ]


# telling what changed
def test_a_change_tells_where_from_and_to():
    (change,) = changes(Talk, {"purpose": "Bolig"}, {"purpose": "Job"}, "talk")

    assert (change.unit, change.path, change.before, change.after) == ("talk.purpose", "talk.purpose", "Bolig", "Job")


def test_the_unit_of_a_change_within_an_entry_is_the_entry():
    own = {"wishes": [{"id": "a", "lines": [{"id": "1", "hours": 2}]}]}
    (change,) = changes(Talk, own, {"wishes": [{"id": "a", "lines": [{"id": "1", "hours": 3}]}]}, "talk")

    assert (change.unit, change.path) == ("talk.wishes[a]", "talk.wishes[a].lines[1].hours")


def test_an_empty_list_is_no_other_than_none():
    assert list(changes(Talk, {}, {"tags": [], "wishes": []}, "talk")) == []


def test_two_entries_of_one_list_are_two_units():
    after = {"wishes": [{"id": "a", "text": "Kat"}, {"id": "b", "text": "Altan"}]}

    assert {c.unit for c in changes(Talk, TWO_WISHES, after, "talk")} == {"talk.wishes[a]", "talk.wishes[b]"}


def test_an_entry_that_is_taken_out_is_a_change_to_nothing():
    gone = list(changes(Talk, TWO_WISHES, {"wishes": [{"id": "a", "text": "Hund"}]}, "talk"))

    assert [(c.path, c.before, c.after) for c in gone] == [
        ("talk.wishes[b].id", "b", None),
        ("talk.wishes[b].text", "Have", None),
    ]


@pytest.mark.parametrize(
    "given, units, chosen",
    [
        ({"purpose": "Job", "conclusion": "Ja"}, ["talk.purpose"], {"purpose": "Job"}),
        ({"wishes": [{"id": "a"}, {"text": "Ny"}, {"id": "b"}]}, ["talk.wishes[b]"], {"wishes": [{"id": "b"}]}),
        ({"wishes": None, "purpose": None}, ["talk.wishes[a]"], {"wishes": None}),
        ({"tags": ["hjem"], "wishes": [{"id": "a"}]}, ["talk.tags"], {"tags": ["hjem"]}),
    ],
)
def test_of_what_was_given_that_is_shown_which_two_have_changed(given, units, chosen):
    assert only(Talk, given, units, "talk") == chosen


# whatever is filled in
texts = st.sampled_from([None, "", "Bolig", "Blåbærgrød på Ærø", "👩‍🦽🇩🇰", LONG_DANISH])
lines = st.lists(
    st.fixed_dictionaries({"id": st.sampled_from("123")}, optional={"hours": st.integers(0, 9)}), max_size=3
)
wishes = st.lists(
    st.fixed_dictionaries({"id": st.sampled_from("abc")}, optional={"text": texts, "lines": lines}), max_size=3
)
fields: dict[str, st.SearchStrategy[Any]] = {
    "purpose": texts,
    "conclusion": texts,
    "held": st.one_of(st.none(), st.booleans()),
    "tags": st.one_of(st.none(), st.lists(st.sampled_from("xyz"), max_size=3)),
    "wishes": st.one_of(st.none(), wishes),
}
patches = st.fixed_dictionaries({}, optional=fields)


def without_empty_lists(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if value not in (None, [])}


@given(patches, patches)
def test_filling_in_the_same_twice_is_filling_it_in_once(first, patch):
    once = merge(Talk, merge(Talk, {}, first), patch)

    assert merge(Talk, once, patch) == once


@given(patches, patches, patches)
def test_two_who_fill_in_different_fields_may_come_in_either_order(first, patch, other):
    own = merge(Talk, {}, first)
    other = {name: value for name, value in other.items() if name not in patch}

    assert merge(Talk, merge(Talk, own, patch), other) == merge(Talk, merge(Talk, own, other), patch)


@given(patches, texts, texts)
def test_two_who_fill_in_different_entries_may_come_in_either_order(first, text, other):
    own = merge(Talk, merge(Talk, {}, first), TWO_WISHES)
    one, two = {"wishes": [{"id": "a", "text": text}]}, {"wishes": [{"id": "b", "text": other}]}

    assert merge(Talk, merge(Talk, own, one), two) == merge(Talk, merge(Talk, own, two), one)


@given(patches)
def test_laying_nothing_over_changes_nothing(patch):
    base = merge(Talk, {}, patch)

    assert overlay(Talk, base, {}) == base


@given(patches, patches)
def test_what_changed_is_told_if_and_only_if_something_differs(first, patch):
    own = merge(Talk, {}, first)
    merged = merge(Talk, own, patch)
    told = list(changes(Talk, own, merged))

    assert bool(told) == (without_empty_lists(own) != without_empty_lists(merged))
    assert all(change.before != change.after for change in told)


@given(patches)
def test_nothing_changed_where_nothing_did(patch):
    own = merge(Talk, {}, patch)

    assert list(changes(Talk, own, copy.deepcopy(own))) == []
