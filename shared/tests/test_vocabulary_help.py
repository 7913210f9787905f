"""What helps to choose a code: baselines, look-alike themes, and what a level looks like."""

import csv
from importlib.resources import files
from itertools import chain

import pytest

from casework.vocabularies import level_guidance, vocabulary

HELP = files("casework.vocabularies") / "help"
LANGUAGES = ["da", "en"]
THEMES = vocabulary("themes")
PAIRS = [(code, other) for code, theme in THEMES.items() for other in theme["look_alike"].split()]
WITH_LEVELS = [theme.code for theme in THEMES.children("activity-and-participation")]


def rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((HELP / f"{name}.csv").read_text("utf-8").splitlines()))


NAMES = sorted(path.name.removesuffix(".csv") for path in HELP.iterdir() if path.name != "level-guidance.csv")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_where_a_list_has_help_every_concept_has_it_in_both_languages(name: str, language: str):
    assert [row["code"] for row in rows(name)] == list(vocabulary(name))
    assert [code for code, concept in vocabulary(name).items() if not concept.help(language).endswith(".")] == []


def test_the_lists_that_people_ask_about_have_help():
    assert NAMES == [
        "action-plan-statuses",
        "consent-forms",
        "functioning-levels",
        "goal-types",
        "guardianship-forms",
        "price-bases",
        "representation-forms",
        "support-levels",
        "themes",
    ]


def test_a_list_without_help_answers_with_nothing():
    assert vocabulary("services")["escort-scheme"].help() == ""


def test_nothing_is_said_twice():
    help_texts = (
        vocabulary(name)[code].help(language) for name in NAMES for code in vocabulary(name) for language in LANGUAGES
    )
    texts = list(chain(help_texts, (row[language] for row in rows("level-guidance") for language in LANGUAGES)))

    assert len(texts) == len(set(texts))


@pytest.mark.rule("ASM-06")
def test_a_level_is_set_with_aids_and_without_the_help_of_others_and_the_help_says_so():
    category = THEMES["activity-and-participation"]

    assert (
        "med de hjælpemidler, borgeren har, men uden hjælp fra familie, netværk og nuværende indsatser"
        in category.help()
    )
    assert (
        "with the aids the citizen has, but without help from family, network and present interventions"
        in category.help("en")
    )
    assert "hjælpemiddel" in level_guidance("mobility", 0)


@pytest.mark.rule("ASM-07")
def test_functions_are_described_without_aids_and_without_support_and_the_help_says_so():
    category = THEMES["functions-and-conditions"]

    assert "uden hjælpemidler og uden nogen støtte" in category.help()
    assert "without aids and without any support" in category.help("en")


@pytest.mark.rule("ASM-12")
@pytest.mark.parametrize("code, other", PAIRS)
def test_themes_that_look_alike_name_each_other(code: str, other: str):
    assert code in THEMES[other]["look_alike"].split()
    for language in LANGUAGES:
        assert THEMES[other].label(language).casefold() in THEMES[code].help(language).casefold()


@pytest.mark.rule("ASM-12")
@pytest.mark.parametrize("code, other", PAIRS)
def test_of_themes_that_look_alike_one_holds_the_fact_and_the_other_the_handling(code: str, other: str):
    assert THEMES[code].is_true("scored") != THEMES[other].is_true("scored")


@pytest.mark.rule("ASM-12")
def test_that_somebody_uses_drugs_and_that_they_keep_the_appointments_are_told_apart():
    assert "managing-own-health" in THEMES["intoxicants"]["look_alike"].split()
    assert {"intoxicants", "diet"} <= set(THEMES["managing-own-health"]["look_alike"].split())


def test_the_five_levels_are_told_for_each_theme_that_has_levels():
    told = [(row["theme"], row["level"]) for row in rows("level-guidance")]

    assert told == [(theme, str(number)) for theme in WITH_LEVELS for number in range(5)]
    assert all(row[language].endswith(".") for row in rows("level-guidance") for language in LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sub_theme_is_guided_as_its_theme(language: str):
    assert level_guidance("cooking", 3, language) == level_guidance("practical-tasks", 3, language) != ""


@pytest.mark.parametrize("code", ["vision", "surroundings", "activity-and-participation"])
def test_where_no_level_is_set_there_is_no_guidance(code: str):
    assert level_guidance(code, 2) == ""


def test_a_theme_that_is_none_is_an_error():
    with pytest.raises(KeyError):
        level_guidance("coking", 2)
