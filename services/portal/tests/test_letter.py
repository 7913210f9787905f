"""The letter on a decision: read, mended section by section, sent, and what became of the decision."""

from __future__ import annotations

import re
from typing import Any

import pytest

from casework.process import Role
from portal.letter import Lack, lacks, sent, story

from .conftest import CASE, PART, Browser, FakePhases
from .test_help_and_reuse import words
from .test_pages import hidden

LETTER = f"/cases/{CASE}/decision/letter"
RESULT = f"{LETTER}/sections/result"


def section(id: str, heading: str, text: str = "", **more: Any) -> dict[str, Any]:
    usual = {"group": None, "composed": text, "is_edited": False, "is_outdated": False, "is_needed": True}
    return {"id": id, "heading": heading, "text": text, **usual, **more}


DECISION = {
    "number": 1, "status": "forwarded", "decided_by": "Ulla Berg", "decision_date": "2026-03-02",
    "decision_outcome": "partly-refused", "channel": "digital-post", "received_on": "2026-03-03",
    "decision_letter": {"letter_date": "2026-03-02"}, "letter_sha256": "a1b2c3",
    "complaint": {
        "received_on": "2026-03-10", "text": "Jeg vil have mere", "outcome": "upheld", "forwarded_on": "2026-03-12",
        "appeal_outcome": "returned", "appeal_decided_on": "2026-03-20",
    },
}  # fmt: skip
SECTIONS = [
    section("result", "Resultat", "Du får støtte."),
    section("specific-assessment", "Den konkrete vurdering", group="Begrundelse"),
    section("enclosures", "Bilag", is_needed=False),
]


@pytest.fixture
def lettered(phases: FakePhases, known: None) -> FakePhases:
    """A case in which a decision is being told."""
    part = {**PART, "phase": "decision", "parts": {"decisions": []}, "warnings": [], "completeness": []}
    part |= {"actions": ["decision.notify"], "revision": 7}
    action = {"action": "decision.notify", "label": "Besked", "by": ["caseworker"], "fields": []}
    phases.answers |= {
        ("GET", ""): (200, part),
        ("GET", "/letter"): (200, {"number": 1, "kind": "refused", "sections": SECTIONS}),
        ("GET", "/cases/steps"): (200, {"phase": "decision", "label": "", "steps": [], "actions": [action]}),
    }
    return phases


def tell(phases: FakePhases, **more: Any) -> None:
    phases.answers["GET", ""] = (200, {**phases.answers["GET", ""][1], **more})


def show(phases: FakePhases, *sections: dict[str, Any]) -> None:
    phases.answers["GET", "/letter"] = (200, {"number": 1, "kind": "refused", "sections": list(sections)})


def typed(page: str, text: str, **more: str) -> dict[str, str]:
    return {"etag": hidden(page, "etag"), "shown": hidden(page, "shown"), "text": text, **more}


# reading
def test_the_sections_stand_in_order_and_the_required_ones_are_marked(
    caseworker: Browser, lettered: FakePhases
) -> None:
    page = caseworker.get(LETTER).text

    assert re.findall(r'<article class="sg-section" id="s-([\w-]+)"', page) == [s["id"] for s in SECTIONS]
    assert "Resultat skal være der Du får støtte." in words(page)
    assert "Begrundelse Den konkrete vurdering mangler" in words(page)
    assert "Bilag Afsnittet er tomt og kommer ikke med." in words(page)


@pytest.mark.rule("DEC-08")
@pytest.mark.rule("DEC-11")
def test_what_the_letter_lacks_is_named_and_leads_to_where_it_is_mended(
    caseworker: Browser, lettered: FakePhases
) -> None:
    warned = {
        "rule": "DEC-11",
        "field": "decision.decision_letter.citizen_views",
        "message": "Synspunktet er glemt",
    }
    other = {"rule": "ASM-22", "field": "decision.decision.decision_reasoning", "message": "Uden for brevet"}
    missing = [{"field": "decision.decision_letter.recipient", "label": "Modtager"}]
    tell(lettered, warnings=[warned, other], completeness=[{"step": "decision_letter", "asked": 2, "missing": missing}])

    page = caseworker.get(LETTER).text
    check = page.partition('id="check"')[2].partition("</section>")[0]

    assert re.findall(r'<a href="([^"]+)"', check)[:3] == [
        f"/cases/{CASE}/decision/decision_letter#f-citizen_views",
        "#f-text-specific-assessment",
        f"/cases/{CASE}/decision/decision_letter#f-recipient",
    ]
    assert "Synspunktet er glemt" in words(check)
    assert "Regel DEC-11" in words(check)
    assert "Den konkrete vurdering mangler" in words(check)
    assert "Modtager mangler" in words(check)
    assert "Uden for brevet" not in words(check)


def test_a_letter_that_lacks_nothing_says_so(caseworker: Browser, lettered: FakePhases) -> None:
    show(lettered, SECTIONS[0])

    assert "Alt, hvad brevet skal have, er der." in words(caseworker.get(LETTER).text)


def test_a_warning_about_a_section_leads_to_the_section() -> None:
    warned = {"rule": "DEC-10", "field": "decision.decision_letter.sections[result]", "message": "Sagen er ændret"}

    assert lacks([], {"warnings": [warned]}) == [Lack("Sagen er ændret", "DEC-10", section="result")]


def test_a_template_that_does_not_fit_the_case_is_named_and_the_rest_is_shown(
    browser: Browser, lettered: FakePhases
) -> None:
    told = {"field": "decision_letter.sections[result]", "detail": "Skabelonen kan ikke bruges her", "rule": "DEC-08"}
    lettered.answers["GET", "/letter"] = (422, told)

    pages = [browser.sign_in(person).get(LETTER) for person in ("caseworker", "leader")]

    assert [page.status_code for page in pages] == [200, 200]
    assert "Skabelonen kan ikke bruges her" in words(pages[0].text)
    assert "Der er ikke truffet en afgørelse endnu." in words(pages[0].text)
    assert ['href="/letter-templates/result">Ret skabelonen' in page.text for page in pages] == [False, True]


@pytest.mark.parametrize("person", ["finance", "operator"])
def test_nobody_else_reads_the_letter(browser: Browser, lettered: FakePhases, person: str) -> None:
    browser.sign_in(person)

    assert [browser.get(f"{LETTER}{tail}").status_code for tail in ("", "/preview.pdf", "s/1.pdf")] == [404, 404, 404]
    assert browser.post(RESULT, {"text": "x"}).status_code == 404
    assert [call for call in lettered.calls if call[0].role is not Role.SYSTEM] == []


# mending
@pytest.mark.rule("DEC-10")
def test_a_section_is_kept_in_the_caseworkers_words_on_top_of_what_was_read(
    caseworker: Browser, lettered: FakePhases
) -> None:
    page = caseworker.get(LETTER).text

    done = caseworker.post(RESULT, typed(page, "Du får 4 timer.\r\n\r\n- Om mandagen\r\n"))

    sent = lettered.sent("PATCH")
    assert sent["json"] == {
        "decision_letter": {"sections": [{"id": "result", "text": "Du får 4 timer.\n\n- Om mandagen"}]}
    }
    assert sent["headers"] == {"If-Match": '"7"'}
    assert done.headers["Location"] == f"{LETTER}#s-result"


def test_a_section_that_nobody_changed_is_not_kept_as_edited(caseworker: Browser, lettered: FakePhases) -> None:
    page = caseworker.get(LETTER).text

    caseworker.post(RESULT, typed(page, "Du får støtte."))

    assert [method for _, method, *_ in lettered.calls if method == "PATCH"] == []


@pytest.mark.parametrize("how", [{"then": "composed"}, {"text": "  "}])
def test_one_goes_back_to_the_text_that_the_case_suggests(
    caseworker: Browser, lettered: FakePhases, how: dict[str, str]
) -> None:
    show(lettered, section("result", "Resultat", "Mine ord", composed="Du får støtte.", is_edited=True))
    page = caseworker.get(LETTER).text

    caseworker.post(RESULT, {**typed(page, "Mine ord"), **how})

    assert 'name="then" value="composed"' in page
    assert lettered.sent("PATCH")["json"] == {"decision_letter": {"sections": [{"id": "result", "removed": True}]}}


@pytest.mark.rule("DEC-10")
def test_an_edited_section_beneath_which_the_case_has_changed_is_marked(
    caseworker: Browser, lettered: FakePhases
) -> None:
    show(lettered, section("result", "Resultat", "Mine ord", composed="Nyt", is_edited=True, is_outdated=True))

    page = words(caseworker.get(LETTER).text)

    assert "Resultat skal være der rettet i hånden" in page
    assert "Sagen er ændret, siden du rettede afsnittet." in page
    assert "Se den foreslåede tekst : Resultat Nyt" in page


def test_what_a_rule_refuses_stays_in_the_section_with_the_reason(caseworker: Browser, lettered: FakePhases) -> None:
    page = caseworker.get(LETTER).text
    told = {"field": "decision_letter.sections[result].text", "detail": "Teksten er for lang"}
    lettered.answers["PATCH", ""] = (422, told)

    refused = caseworker.post(RESULT, typed(page, "Meget lang"))

    assert refused.status_code == 422
    assert 'href="#f-text-result">Teksten er for lang</a>' in refused.text
    assert re.search(r'id="f-text-result"[^>]* aria-invalid="true">\s*Meget lang</textarea>', refused.text)


def test_while_decision_is_down_the_text_is_kept_to_be_sent_again(caseworker: Browser, lettered: FakePhases) -> None:
    page = caseworker.get(LETTER).text
    lettered.down = {"decision"}

    away = caseworker.post(RESULT, typed(page, "Mine ord"))

    assert away.status_code == 503
    assert re.search(rf'action="{RESULT}".*name="text"[^>]*>\s*Mine ord</textarea>', away.text, re.DOTALL)


# two at once
@pytest.fixture
def in_the_way(caseworker: Browser, lettered: FakePhases) -> Any:
    """Somebody else has saved the same section since the page was read."""
    page = caseworker.get(LETTER).text
    show(lettered, section("result", "Resultat", "Alis ord", composed="Du får støtte.", is_edited=True))
    tell(lettered, revision=8)
    lettered.answers["PATCH", ""] = (412, {"fields": ["decision_letter.sections[result]"]})
    return caseworker.post(RESULT, typed(page, "Karens ord"))


def test_two_who_write_in_the_same_section_see_both_texts_and_nothing_is_preselected(in_the_way: Any) -> None:
    assert in_the_way.status_code == 412
    assert "Din tekst Karens ord Behold min tekst Den andens tekst Alis ord" in words(in_the_way.text)
    assert not re.search(r'name="choose"[^>]* checked', in_the_way.text)
    assert re.search(r'id="f-text-result"[^>]*>\s*Karens ord</textarea>', in_the_way.text)


def test_whoever_does_not_choose_is_asked_again(caseworker: Browser, lettered: FakePhases, in_the_way: Any) -> None:
    again = caseworker.post(RESULT, typed(in_the_way.text, "Karens ord", conflict="1", theirs="Alis ord"))

    assert again.status_code == 422
    assert "Din tekst Karens ord Behold min tekst Den andens tekst Alis ord" in words(again.text)


@pytest.mark.parametrize("chosen, patches", [("theirs", []), ("mine", ['"8"'])])
def test_the_one_that_is_chosen_stands(
    caseworker: Browser, lettered: FakePhases, in_the_way: Any, chosen: str, patches: list[str]
) -> None:
    del lettered.answers["PATCH", ""]
    lettered.calls.clear()

    caseworker.post(RESULT, typed(in_the_way.text, "Karens ord", conflict="1", theirs="Alis ord", choose=chosen))

    assert [o["headers"]["If-Match"] for _, method, _, _, o in lettered.calls if method == "PATCH"] == patches


def test_two_who_write_the_same_are_not_in_each_others_way(caseworker: Browser, lettered: FakePhases) -> None:
    page = caseworker.get(LETTER).text
    show(lettered, section("result", "Resultat", "De samme ord", is_edited=True))
    lettered.answers["PATCH", ""] = (412, {"fields": ["decision_letter.sections[result]"]})

    assert caseworker.post(RESULT, typed(page, "De samme ord")).headers["Location"] == f"{LETTER}#s-result"


# what was sent, and what came of it
def test_a_sent_letter_stands_with_its_day_channel_receipt_and_checksum(
    caseworker: Browser, lettered: FakePhases
) -> None:
    tell(lettered, parts={"decisions": [DECISION]})

    page = caseworker.get(LETTER).text

    assert "2. marts 2026 Digital Post 3. marts 2026 a1b2c3 Hent brev 1 (PDF)" in words(page)
    assert f'href="/cases/{CASE}/decision/letters/1.pdf"' in page


def test_the_history_of_a_decision_goes_on_to_what_the_appeals_board_ruled(
    caseworker: Browser, lettered: FakePhases
) -> None:
    tell(lettered, parts={"decisions": [DECISION]})

    page = words(caseworker.get(LETTER).text.partition('id="stories"')[2])

    assert "Afgørelse 1 Hos Ankestyrelsen 2. marts 2026 Afgjort: " in page
    assert "10. marts 2026 Klage modtaget: »Jeg vil have mere«" in page
    assert (
        "12. marts 2026 Sendt til Ankestyrelsen 20. marts 2026 Ankestyrelsen: Sagen hjemvises til ny afgørelse" in page
    )


def test_a_decision_told_by_word_of_mouth_has_no_letter() -> None:
    told = {**DECISION, "channel": "verbal"}

    assert sent([told, DECISION]) == [DECISION]
    assert [h.kind for h in story({"decision_date": "2026-03-02", "decision_outcome": "granted"})] == ["decided"]


def test_what_can_be_done_about_the_decision_is_offered_beside_the_letter(
    caseworker: Browser, lettered: FakePhases
) -> None:
    page = caseworker.get(LETTER).text

    assert f'href="/cases/{CASE}/decision/actions/decision.notify"' in page


@pytest.mark.parametrize("path, asked, name", [
    ("/letter/preview.pdf", "/letter/preview.pdf", "2026-00417 udkast.pdf"),
    ("/letters/1.pdf", "/letters/1.pdf", "2026-00417 brev 1.pdf"),
])  # fmt: skip
def test_a_pdf_is_handed_on_by_the_cases_number_and_kept_nowhere(
    caseworker: Browser, lettered: FakePhases, path: str, asked: str, name: str
) -> None:
    lettered.answers["GET", asked] = (200, "%PDF-1.7")

    answer = caseworker.get(f"/cases/{CASE}/decision{path}")

    assert (answer.mimetype, answer.data) == ("application/pdf", b"%PDF-1.7")
    assert name in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_way_to_the_letter_stands_on_the_phase_and_where_the_citizen_is_told(
    caseworker: Browser, lettered: FakePhases
) -> None:
    lettered.answers["GET", "/records"] = (200, {"revision": 7, "records": []})

    assert f'href="{LETTER}"' in caseworker.get(f"/cases/{CASE}/decision").text
    assert f'href="{LETTER}"' in caseworker.get(f"/cases/{CASE}/decision/actions/decision.notify").text
