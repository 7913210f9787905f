"""The code lists hold together, and nothing that is not on them can be recorded (DAT-03)."""

import csv
from datetime import date
from importlib.resources import files
from typing import Any
from uuid import UUID

import pytest
from marshmallow import Schema, ValidationError

from casework.problems import Problem
from casework.vocabularies import Concept, Vocabulary, level, vocabulary
from casework.vocabularies.fields import CodeField, LevelField, code, in_english

DATA = files("casework.vocabularies") / "data"
EVERY_NAME = list(vocabulary("vocabularies"))
TODAY = date(2026, 3, 2)
SCORED = {"level": "subtheme", "scored": "true"}


def refusal(field: CodeField | LevelField, value: Any) -> Problem:
    with pytest.raises(ValidationError) as refused:
        field.deserialize(value)
    (problem,) = refused.value.messages
    assert isinstance(problem, Problem)
    return problem


def a_concept(code: str, **known: Any) -> Concept:
    return Concept(code, "", da=code, en=code, ffb="", **{"valid_from": None, "valid_to": None, **known}, facts={})


# The lists


@pytest.mark.parametrize("name", EVERY_NAME)
def test_every_concept_has_a_code_of_its_own_and_labels_in_both_languages(name: str):
    codes = [row["code"] for row in csv.DictReader((DATA / f"{name}.csv").read_text(encoding="utf-8").splitlines())]

    assert len(codes) == len(set(codes)) == len(vocabulary(name)) > 0
    assert all(
        concept.code.strip() and concept.da.strip() and concept.en.strip() for concept in vocabulary(name).values()
    )


@pytest.mark.parametrize("name", EVERY_NAME)
def test_every_parent_is_in_the_list_and_no_branch_bites_its_tail(name: str):
    codes = vocabulary(name)

    assert {concept.parent for concept in codes.values()} - {""} <= set(codes)
    assert all(codes.ancestors(code)[-1].parent == "" for code in codes if codes[code].parent)


@pytest.mark.parametrize("name", EVERY_NAME)
def test_every_ffb_code_is_a_uuid_and_stands_for_one_concept_of_the_list(name: str):
    uuids = [concept.ffb for concept in vocabulary(name).values() if concept.ffb]

    assert all(str(UUID(uuid)) == uuid for uuid in uuids)
    assert len(uuids) == len(set(uuids))


@pytest.mark.parametrize("name", EVERY_NAME)
def test_no_concept_ends_before_it_begins(name: str):
    dated = [concept for concept in vocabulary(name).values() if concept.valid_from and concept.valid_to]

    assert all(concept.valid_from <= concept.valid_to for concept in dated)


def test_the_index_names_every_list_that_is_there():
    assert {path.name for path in DATA.iterdir()} == {f"{name}.csv" for name in EVERY_NAME}


@pytest.mark.parametrize(
    "name", ["themes", "target-groups", "goal-types", "functioning-levels", "support-levels", "follow-up-outcomes"]
)
def test_what_ffb_wants_of_every_case_has_its_uuid(name: str):
    assert [concept.code for concept in vocabulary(name).values() if not concept.ffb] == []


@pytest.mark.parametrize("name", ["functioning-levels", "support-levels"])
def test_ffb_can_be_told_that_a_level_is_not_assessed_but_nobody_chooses_that(name: str):
    unassessed = vocabulary(name)["not-assessed"]

    assert unassessed.ffb
    assert unassessed not in vocabulary(name).selectable(TODAY)


def test_one_danish_word_in_two_branches_is_two_ffb_concepts():
    assert vocabulary("themes")["crime"].da == vocabulary("target-groups")["crime"].da
    assert vocabulary("themes")["crime"].ffb != vocabulary("target-groups")["crime"].ffb


def test_every_paragraph_of_a_service_or_offer_is_a_legal_basis():
    paragraphs = {concept.da for concept in vocabulary("legal-bases").values()}
    cited = [concept["paragraphs"] for name in ("services", "offers") for concept in vocabulary(name).values()]

    assert {paragraph for some in cited if some for paragraph in some.split("; ")} <= paragraphs


def test_every_legal_basis_belongs_to_a_law():
    assert {concept["law"] for concept in vocabulary("legal-bases").values()} <= set(vocabulary("laws"))


# Reading them


def test_a_list_is_read_once():
    assert vocabulary("services") is vocabulary("services")


def test_a_list_that_does_not_exist_is_a_clear_error():
    with pytest.raises(LookupError, match=r"no vocabulary 'service'.*services"):
        vocabulary("service")


@pytest.mark.parametrize("name", ["", "../fields", "/etc/passwd"])
def test_a_name_cannot_lead_out_of_the_data_folder(name: str):
    with pytest.raises(LookupError):
        vocabulary(name)


def test_a_concept_answers_in_danish_and_in_english():
    cooking = vocabulary("themes")["cooking"]

    assert (cooking.label(), cooking.label("en")) == ("Lave mad", "Cook")


def test_a_fact_is_read_by_its_name_and_a_fact_the_list_lacks_is_an_error():
    cooking = vocabulary("themes")["cooking"]

    assert cooking["level"] == "subtheme"
    assert cooking.is_true("scored")
    with pytest.raises(KeyError):
        cooking.is_true("scoerd")


def test_what_the_reference_leaves_open_is_not_true():
    assert not vocabulary("services")["assistive-device"].is_true("ordered")


def test_a_tree_is_walked_up_and_down():
    themes = vocabulary("themes")

    assert [top.code for top in themes.children()] == [
        "functions-and-conditions",
        "environmental-factors",
        "activity-and-participation",
    ]
    assert [child.code for child in themes.children("relations")] == [
        "interaction-and-contact",
        "communities-and-leisure",
        "network-relations",
    ]
    assert [above.code for above in themes.ancestors("cooking")] == ["practical-tasks", "activity-and-participation"]
    assert themes.is_under("cooking", "activity-and-participation")
    assert not themes.is_under("vision", "activity-and-participation")
    assert not themes.is_under("cooking", "cooking")


@pytest.mark.rule("ASM-04")
def test_only_sub_themes_of_activity_and_participation_are_scored():
    themes = vocabulary("themes")
    scored = {code for code, concept in themes.items() if concept.is_true("scored")}

    assert len(scored) == 31
    assert scored == {
        code
        for code, concept in themes.items()
        if concept["level"] == "subtheme" and themes.is_under(code, "activity-and-participation")
    }


def test_there_are_eleven_themes_in_three_categories():
    levels = [concept["level"] for concept in vocabulary("themes").values()]

    assert (levels.count("category"), levels.count("theme")) == (3, 11)


# Validity


def test_a_concept_is_in_force_on_its_first_and_its_last_day():
    year = a_concept("x", valid_from=date(2026, 1, 1), valid_to=date(2026, 12, 31))
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1)]

    assert [year.is_valid(day) for day in days] == [False, True, True, False]


def test_a_concept_without_days_is_always_in_force():
    assert a_concept("x").is_valid(date.min)
    assert a_concept("x").is_valid(date.max)


def test_what_is_no_longer_in_force_cannot_be_chosen():
    codes = Vocabulary("x", [a_concept("old", valid_to=date(2026, 3, 1)), a_concept("new", valid_from=TODAY)])

    assert [concept.code for concept in codes.selectable(date(2026, 3, 1))] == ["old"]
    assert [concept.code for concept in codes.selectable(TODAY)] == ["new"]


def test_a_paragraph_that_moved_to_barnets_lov_is_not_offered_but_can_still_be_read():
    assert "sel-66-5" not in {concept.code for concept in vocabulary("legal-bases").selectable(TODAY)}
    assert CodeField("legal-bases").deserialize("sel-66-5") == "sel-66-5"


def test_the_elderly_act_can_be_named_from_the_day_it_is_in_force_and_the_paragraph_for_the_younger_stays():
    bases = vocabulary("legal-bases")
    offered = [{base.code for base in bases.selectable(day)} for day in (date(2025, 6, 30), date(2025, 7, 1))]

    assert [{"aeldreloven", "sel-83"} & codes for codes in offered] == [{"sel-83"}, {"aeldreloven", "sel-83"}]


def test_a_heading_cannot_be_chosen():
    codes = {concept.code for concept in vocabulary("services").selectable(TODAY)}

    assert "temporary-stay-107" in codes
    assert not {"stay", "temporary-stay"} & codes


# Nearest


@pytest.mark.parametrize(
    "name, text, expected",
    [
        ("services", "ledsage", "escort-scheme"),
        ("services", "PERSONLIG PLEJE", "personal-care"),
        ("services", "overnight respite", "overnight-respite"),
        ("services", "hjemmehjælp", "practical-help"),
        ("target-groups", "autisme", "autism-spectrum"),
        ("themes", "Lave mad", "cooking"),
    ],
)
def test_the_nearest_is_found_by_code_or_by_label_in_either_language(name: str, text: str, expected: str):
    assert vocabulary(name).nearest(text)[0].code == expected


def test_as_many_are_named_as_asked_for():
    assert len(vocabulary("services").nearest("støtte", n=5)) == 5


# The fields


@pytest.mark.rule("DAT-03")
def test_a_known_code_is_taken_and_given_as_it_is():
    assert CodeField("services").deserialize("escort-scheme") == "escort-scheme"
    assert Schema.from_dict({"service": CodeField("services")})().dump({"service": "escort-scheme"}) == {
        "service": "escort-scheme"
    }


@pytest.mark.rule("DAT-03")
def test_an_unknown_service_is_refused_with_the_nearest_known_codes():
    problem = refusal(CodeField("services"), "hjemmehjælp")

    assert problem.rule == "DAT-03"
    assert problem.startswith('"hjemmehjælp" findes ikke i ydelser. Mener du: practical-help (Praktisk hjælp), ')


@pytest.mark.rule("DAT-03")
@pytest.mark.parametrize("name", ["services", "offers", "target-groups", "goal-types", "support-levels"])
@pytest.mark.parametrize("value", ["", "Fri tekst", "ESCORT-SCHEME", " develop"])
def test_free_text_does_not_count(name: str, value: str):
    assert refusal(CodeField(name), value).rule == "DAT-03"


@pytest.mark.parametrize("value", [3, True, 2.5, [], {}, b"develop"])
def test_what_is_no_text_is_no_code(value: Any):
    assert refusal(CodeField("goal-types"), value) == "Vælg en kode fra måltyper"


def test_a_heading_is_refused_with_what_stands_under_it():
    problem = refusal(CodeField("services"), "sheltered-employment")

    assert problem == (
        "sheltered-employment (Beskyttet beskæftigelse) er en overskrift. Vælg en under den: "
        "sheltered-service-work (Service), sheltered-production-and-workshop (Produktion og værksted), "
        "sheltered-internship (Praktikforløb)"
    )


@pytest.mark.rule("GOL-03")
def test_a_theme_without_a_score_is_refused_where_a_scored_one_is_wanted():
    problem = refusal(CodeField("themes", where=SCORED, rule="GOL-03"), "intoxicants")

    assert (problem, problem.rule) == ("intoxicants (Rusmidler) kan ikke vælges her", "GOL-03")


def test_only_what_would_be_taken_is_suggested():
    problem = refusal(CodeField("themes", where=SCORED), "lav mad")

    assert problem.params["nearest"][0] == "cooking"
    assert all(vocabulary("themes")[code].is_true("scored") for code in problem.params["nearest"])


@pytest.mark.parametrize("where, error", [({"levle": "theme"}, KeyError), ({"level": "thme"}, LookupError)])
def test_a_filter_that_cannot_fit_is_found_when_the_field_is_made(where: dict[str, str], error: type[Exception]):
    with pytest.raises(error):
        CodeField("themes", where=where)


def test_a_problem_can_be_said_in_english():
    assert in_english(refusal(CodeField("goal-types"), "udvikl")) == (
        '"udvikl" is not found in goal types. Do you mean: develop (Develop functioning), '
        "limit-loss (Limit loss of functioning), maintain (Maintain functioning)?"
    )


def test_curly_braces_in_what_was_typed_are_only_letters():
    assert refusal(CodeField("services"), "{nearest.__class__}").startswith('"{nearest.__class__}" findes ikke')


def test_a_short_list_stands_in_the_openapi_text_and_a_long_one_by_name():
    assert CodeField("goal-types").metadata == {
        "x-vocabulary": "goal-types",
        "enum": ["develop", "maintain", "limit-loss"],
    }
    assert CodeField("services").metadata == {"x-vocabulary": "services"}


def test_a_field_that_may_be_empty_says_so_in_the_openapi_text():
    field = CodeField("goal-types").with_options(allow_none=True, metadata={"title": "Måltype"})

    assert field.deserialize(None) is None
    assert field.metadata["enum"][-1] is None
    assert field.metadata["title"] == "Måltype"


def test_options_leave_the_annotation_as_it_was():
    field = code("themes", where=SCORED, rule="GOL-03")
    required = field.with_options(required=True)

    assert (required.required, field.required) == (True, False)
    assert (required.codes, required.rule) == (field.codes, field.rule)


# Levels


@pytest.mark.rule("ASM-05")
@pytest.mark.parametrize("value", [0, 1, 2, 3, 4])
def test_the_five_levels_are_whole_numbers(value: int):
    assert LevelField().deserialize(value) == value
    assert level(value)["value"] == str(value)


@pytest.mark.rule("ASM-05")
@pytest.mark.parametrize("value", [-1, 5, 2.5, 3.0, "3", True, [2]])
def test_anything_else_is_no_level(value: Any):
    problem = refusal(LevelField(), value)

    assert (problem, problem.rule) == ("Vælg et helt tal fra 0 til 4", "ASM-05")
    assert in_english(problem) == "Choose a whole number from 0 to 4"


def test_a_level_is_called_by_its_danish_name():
    assert [level(number).da.split()[0] for number in range(5)] == ["Ingen", "Let", "Moderat", "Svært", "Fuldstændig"]
