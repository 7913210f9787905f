"""A form says no more than what somebody changed on it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from portal import forms, recording, sources
from portal.drawing import Asked, Drawing, Widget

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


THEMES: list[Any] = [
    {
        "name": "theme_entries", "label": "Temaer", "type": "ThemeEntry", "many": True, "required": "never",
        "key": "theme", "tracks": ["small"],
        "fields": [
            {"name": "theme", "label": "Tema", "type": "str", "many": False, "required": "always"},
            {"name": "other_information", "label": "Fra andre", "type": "str", "many": False, "required": "never"},
        ],
    },
    {"name": "analysis", "label": "Analyse", "type": "str", "many": False, "required": "never", "tracks": ["complex"]},
]  # fmt: skip
ANSWERS: list[Any] = [
    {
        "name": "answers", "label": "Svar", "type": "SpecialistAnswer", "many": True, "required": "never",
        "key": "question",
        "fields": [
            {"name": "question", "label": "Spørgsmål", "type": "str", "many": False, "required": "always"},
            {"name": "answer", "label": "Svar", "type": "str", "many": False, "required": "never"},
        ],
    }
]  # fmt: skip
LONE = {"kind": "staff", "name": "Lone", "document": {"title": "Hjemmebesøg", "journal_number": "2026-0311"}}


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
    form["goals[2].id"], form["goals[2].~new"] = "g3", forms.GIVEN
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


# what the track shows
def names(widgets: list[Widget]) -> list[str]:
    return [w.name for w in widgets]


def draw(fields: list[Any], values: dict[str, Any], **more: Any) -> Drawing:
    return Drawing(fields, forms.to_inputs(fields, values), values, **more)


def test_a_track_shows_its_own_fields_and_what_holds_a_value() -> None:
    empty, held = draw(THEMES, {}, track="small"), draw(THEMES, {"analysis": "Skrevet"}, track="small")

    assert (names(empty.widgets()), empty.left_out) == (["theme_entries"], 1)
    assert [(w.name, w.outside) for w in held.widgets()] == [("theme_entries", False), ("analysis", True)]


def test_what_is_only_carried_takes_no_space_on_a_small_track() -> None:
    carried = draw(THEMES, {"analysis": "Fra før"}, track="small", origins={"analysis": "assessment.x.analysis"})

    assert names(carried.widgets()) == ["theme_entries"]


def test_what_somebody_has_on_the_page_stays_there() -> None:
    assert names(draw(THEMES, {}, track="small", kept=["analysis"]).widgets()) == ["theme_entries", "analysis"]


def test_a_track_that_nobody_knows_hides_nothing() -> None:
    assert draw(THEMES, {}).left_out == 0


def test_a_field_that_the_track_hides_is_not_emptied_by_saving() -> None:
    form = forms.to_inputs(THEMES[:1], {})

    assert forms.patch(THEMES, forms.parse(THEMES, form).values, forms.see(THEMES, {})) == {}


# taking out
def test_an_entry_of_a_keyed_list_is_taken_out_by_its_key() -> None:
    form = posted(A_RECORD)
    form["goals[1].~gone"] = "1"
    parsed = forms.parse(FIELDS, form).values

    assert forms.patch(FIELDS, parsed, forms.see(FIELDS, A_RECORD)) == {"goals": [{"id": "g2", "removed": True}]}


def test_an_entry_taken_out_by_mistake_comes_back_whole() -> None:
    form = posted(A_RECORD)
    form["goals[1].~gone"] = "1"
    seen = forms.marks(FIELDS, forms.parse(FIELDS, form).values)  # as the page knows it, once it is saved
    del form["goals[1].~gone"]

    again = forms.patch(FIELDS, forms.parse(FIELDS, form).values, seen)

    assert again == {"goals": [{"id": "g2", "goal_statement": "Post"}]}


def test_in_a_conflict_what_is_to_go_is_still_ticked() -> None:
    patch = {"goals": [{"id": "g2", "removed": True}]}
    gone = set(recording.removed(FIELDS, patch))
    form = forms.to_inputs(FIELDS, recording.merged(FIELDS, A_RECORD, patch))

    recording.tick_removed(FIELDS, form, gone)

    assert (gone, form["goals[1].~gone"], "goals[0].~gone" in form) == ({"goals[g2]"}, "1", False)


# from whom it is known
def sourced() -> tuple[dict[str, Any], Any]:
    values = {"theme_entries": [{"theme": "relations", "other_information": "Hun ringer aldrig"}]}
    form = forms.to_inputs(THEMES, values)
    sources.write(THEMES, form, {"theme_entries[relations].other_information": LONE}, "case_information")
    return values, form


def test_a_source_goes_through_the_form_and_back() -> None:
    _, form = sourced()

    assert sources.read(THEMES, form).values == {"theme_entries[relations].other_information": LONE}


def test_a_source_is_sent_where_it_or_its_text_was_changed() -> None:
    values, form = sourced()
    known = sources.read(THEMES, form).values
    seen = forms.see(THEMES, values) | sources.seen(known)
    anew = {"theme_entries": [{"theme": "relations", "other_information": "Hun ringer hver dag"}]}

    assert sources.changed(THEMES, known, seen, {}) == {}
    assert sources.changed(THEMES, known, seen, anew) == known
    assert sources.changed(THEMES, known, {}, {}) == known


def test_a_source_without_anybody_is_asked_for() -> None:
    _, form = sourced()
    del form["theme_entries[0].other_information.~source.kind"]

    assert sources.read(THEMES, form).problems == {
        "theme_entries[0].other_information.~source.kind": "Vælg, hvem det kommer fra"
    }


def test_a_problem_with_a_source_finds_its_input() -> None:
    _, form = sourced()
    sent = sources.read(THEMES, form).values
    path = "sources.case_information.theme_entries[relations].other_information"

    found = [
        sources.input_of(p, sent, "case_information", form) for p in (path, f"{path}.document.title", "sources.x.y")
    ]

    assert found == [
        "theme_entries[0].other_information.~source.kind",
        "theme_entries[0].other_information.~source.title",
        "",
    ]


def test_whose_word_an_entry_is_is_said_once_where_it_is_one_persons() -> None:
    values = {"goals": [{"id": "g1", "goal_statement": "Jeg bor selv", "price": "1.00"}]}
    kim, karen = ({"at": "2026-05-03T08:00:00+00:00", "by": name} for name in ("Kim Dam", "Karen Lund"))
    paths = ("goals[g1].goal_statement", "goals[g1].price")

    one, two = (
        draw(FIELDS, values, marks=dict(zip(paths, marks, strict=True)), codes=lambda f, about: [])
        .widgets()[-1]
        .entries[0]
        for marks in ((kim, kim), (kim, karen))
    )

    assert (one.mark, [w.mark for w in one.widgets]) == (kim, [{}, {}])
    assert (two.mark, [w.mark for w in two.widgets]) == ({}, [kim, karen])


# specialist questions
def test_a_question_that_nobody_answered_is_not_recorded() -> None:
    asked = [Asked("sleep", "Hvordan sover borgeren?", "Også om dagen"), Asked("food", "Hvad spiser borgeren?")]
    values = {"answers": [{"question": "old", "answer": "Ja"}]}
    entries = draw(ANSWERS, values, questions=asked).widgets()[0].entries
    form = forms.to_inputs(ANSWERS, values)
    for entry in entries:
        form.update(dict(entry.hidden))
    form["answers[1].answer"] = "Lidt"
    patch = forms.patch(ANSWERS, forms.parse(ANSWERS, form).values, forms.see(ANSWERS, values))

    assert [(e.widgets[0].label, e.widgets[0].hint, e.widgets[0].value) for e in entries] == [
        ("Hvordan sover borgeren?", "Også om dagen", ""),
        ("Hvad spiser borgeren?", "", ""),
        ("old", "", "Ja"),
    ]
    assert patch == {"answers": [{"question": "sleep", "answer": "Lidt"}]}
