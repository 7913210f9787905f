"""The municipality's own letter templates: the variables beside, what is wrong at its line, and nothing typed lost."""

from __future__ import annotations

import re
from typing import Any

import pytest

from .conftest import Browser, FakePhases
from .test_help_and_reuse import words
from .test_pages import hidden

PAGE = "/letter-templates/result"
TEMPLATE: dict[str, Any] = {
    "section": "result", "heading": "Resultat", "text": "Du får {{ granted }}", "is_own": False, "version": 0,
}  # fmt: skip
OWN = {
    **TEMPLATE, "text": "Vores", "is_own": True, "version": 3,
    "versions": [{"version": 3, "text": "Vores", "by": "Ulla Berg", "at": "2026-03-20T09:00:00+00:00"}],
}  # fmt: skip
TOLD = {
    "templates": [TEMPLATE],
    "variables": {"granted": "Det bevilgede"},
    "filters": {"day": "En dato"},
    "tags": ["if"],
}


@pytest.fixture
def templates(phases: FakePhases, known: None) -> FakePhases:
    phases.answers |= {
        ("GET", "/letter-templates"): (200, TOLD),
        ("GET", PAGE): (200, {**TEMPLATE, "versions": []}),
        ("PUT", PAGE): (200, TEMPLATE),
        ("DELETE", PAGE): (200, TEMPLATE),
    }
    return phases


@pytest.fixture
def leader(browser: Browser) -> Browser:
    return browser.sign_in("leader")


def sent(phases: FakePhases, method: str) -> list[Any]:
    return [options for _, m, _, _, options in phases.calls if m == method]


@pytest.mark.parametrize("person, status", [("leader", 200), ("operator", 200), ("caseworker", 404), ("finance", 404)])
def test_leaders_and_operators_write_templates(
    browser: Browser, templates: FakePhases, person: str, status: int
) -> None:
    browser.sign_in(person)

    assert [browser.get(path).status_code for path in ("/letter-templates", PAGE)] == [status] * 2
    assert browser.post(PAGE, {"text": "x", "version": "0"}).status_code == (302 if status == 200 else 404)


def test_a_section_that_there_is_not_is_not_found(leader: Browser, templates: FakePhases) -> None:
    assert leader.get("/letter-templates/elsewhere").status_code == 404


def test_the_list_says_which_templates_are_the_municipalitys_own(leader: Browser, templates: FakePhases) -> None:
    templates.answers["GET", "/letter-templates"] = (
        200,
        {**TOLD, "templates": [TEMPLATE, {**OWN, "heading": "Bilag"}]},
    )

    page = words(leader.get("/letter-templates").text)

    assert "Resultat medfølgende Bilag kommunens egen" in page


def test_what_a_template_may_say_stands_beside_it(leader: Browser, templates: FakePhases) -> None:
    page = words(leader.get(PAGE).text)

    assert "Variabler granted Det bevilgede Filtre day En dato Mærker if" in page
    assert "Du får {{ granted }}" in page


def test_a_template_is_taken_into_use(leader: Browser, templates: FakePhases) -> None:
    page = leader.get(PAGE).text

    done = leader.post(PAGE, {"version": hidden(page, "version"), "text": "Ja:\r\n- {{ granted }}"})

    assert sent(templates, "PUT")[0]["json"] == {"text": "Ja:\n- {{ granted }}"}
    assert done.headers["Location"] == PAGE


def test_what_is_wrong_is_said_with_its_line_and_nothing_typed_is_lost(leader: Browser, templates: FakePhases) -> None:
    why = "Linje 2: Variablen »grantet« findes ikke. Mente du »granted«?"
    templates.answers["PUT", PAGE] = (422, {"errors": [{"field": "text", "message": why}]})
    page = leader.get(PAGE).text

    refused = leader.post(PAGE, {"version": hidden(page, "version"), "text": "Du får\n{{ grantet }}"})

    assert refused.status_code == 422
    assert f'href="#f-text">{why}</a>' in refused.text
    assert re.search(r'sg-wrong-line"><span class="sg-soft">2</span> \{\{ grantet \}\}</pre>', refused.text)
    assert re.search(r'aria-invalid="true">\nDu får\n\{\{ grantet \}\}</textarea>', refused.text)


def test_one_goes_back_to_the_shipped_template_where_there_is_an_own(leader: Browser, templates: FakePhases) -> None:
    assert "Tilbage til den medfølgende" not in leader.get(PAGE).text
    templates.answers["GET", PAGE] = (200, OWN)
    page = leader.get(PAGE).text

    leader.post(PAGE, {"version": hidden(page, "version"), "text": "Vores", "then": "shipped"})

    assert "Version 3 · 20. marts 2026 kl. 10.00 · Ulla Berg Vores" in words(page)
    assert (len(sent(templates, "DELETE")), sent(templates, "PUT")) == (1, [])


def test_whoever_saves_after_a_colleague_sees_theirs_first(leader: Browser, templates: FakePhases) -> None:
    page = leader.get(PAGE).text
    templates.answers["GET", PAGE] = (200, OWN)

    told = leader.post(PAGE, {"version": hidden(page, "version"), "text": "Mine ord"})

    assert told.status_code == 412
    assert "En anden har rettet skabelonen, mens du skrev." in words(told.text)
    assert "Se det, der står nu Vores" in words(told.text)
    assert re.search(r"\nMine ord</textarea>", told.text)
    assert [options["headers"] for options in sent(templates, "PUT")] == [{"If-Match": '"0"'}]

    again = leader.post(PAGE, {"version": hidden(told.text, "version"), "text": "Mine ord"})
    assert again.status_code == 302


def test_while_decision_is_down_the_template_is_kept_to_be_sent_again(leader: Browser, templates: FakePhases) -> None:
    templates.down = {"decision"}

    away = leader.post(PAGE, {"version": "0", "text": "Mine ord"})

    assert away.status_code == 503
    assert re.search(rf'action="{PAGE}".*Mine ord</textarea>', away.text, re.DOTALL)
