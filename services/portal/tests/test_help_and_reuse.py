"""What the pages make of a case's track, of help, of whose word a value is, and of what was known before."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from casework.vocabularies import level_guidance

from .conftest import CASE, PART, Browser, FakePhases

FORM = f"/cases/{CASE}/intake/enquiry"
REUSE = f"/cases/{CASE}/reuse"
RELATIONS = "case_information.theme_entries[relations]"
POST = "case_information.functioning_scores[handling-mail]"


def described(name: str, label: str, kind: str = "str", **more: Any) -> dict[str, Any]:
    return {"name": name, "label": label, "type": kind, "many": False, "required": "never", **more}


LEVEL = described("current_functioning_level", "Niveau nu", "int")
INFORMATION = {
    "step": "case_information", "label": "Sagsoplysning", "per": None, "by": ["caseworker", "leader"],
    "tracks": ["small", "standard"],
    "fields": [
        described("citizen_wishes", "Ønsker", help="Borgerens egne ord", tracks=["small", "standard"]),
        described("analysis", "Analyse", tracks=["complex"]),
        described("theme_entries", "Temaer", "ThemeEntry", many=True, key="theme", fields=[
            described("theme", "Tema", "code", vocabulary="themes", codes=["relations", "mental-functions"]),
            described("other_information", "Fra andre"),
        ]),
        described("functioning_scores", "Niveauer", "FunctioningScore", many=True, key="subtheme", fields=[
            described("subtheme", "Undertema", "code", vocabulary="themes", codes=["handling-mail", "eating"]),
            LEVEL,
        ]),
    ],
}  # fmt: skip
QUESTIONS = {
    "step": "question_sets", "label": "Specialspørgsmål", "per": None, "by": ["caseworker", "leader"],
    "tracks": ["complex"],
    "fields": [
        described("answers", "Svar", "SpecialistAnswer", many=True, key="question", fields=[
            described("question", "Spørgsmål"), described("answer", "Svar"),
        ]),
    ],
}  # fmt: skip
ANSWER = [described("comment", "Kommentar"), described("decision_body", "Beslutningskompetence")]
ASSESSMENT = {
    "phase": "assessment",
    "label": "Udredning",
    "steps": [
        INFORMATION,
        QUESTIONS,
        {"step": "recommendation", "label": "Indstilling", "per": None, "by": ["caseworker"],
         "fields": [described("support_need_assessment", "Vurdering af støttebehov")]},
    ],
    "actions": [
        {"action": f"assessment.{name}", "label": name, "by": ["caseworker", "leader"], "fields": ANSWER}
        for name in ("approve", "change", "return", "reuse", "confirm_reused", "reopen_themes")
    ],
}  # fmt: skip
VALUES = {
    "citizen_wishes": "At blive hørt",
    "theme_entries": [{"theme": "relations", "other_information": "Hun ringer aldrig"}],
    "functioning_scores": [{"subtheme": "handling-mail", "current_functioning_level": 3}],
}
KIM = {"at": "2025-05-03T08:00:00+00:00", "by": "Kim Dam", "phase": "assessment", "case": "2025-00077"}
LONE = {"kind": "staff", "name": "Pædagog Lone", "document": {"title": "Hjemmebesøg", "journal_number": "2026-0311"}}
EARLIER = {
    "case_id": "0b2f5d0e-27a5-4a3b-9d3b-7f1f6f1c0077",
    "case_number": "2025-00077",
    "items": [
        {"path": POST, "values": {"functioning_scores": VALUES["functioning_scores"]}, "marks": {}, "is_reused": True},
        {"path": RELATIONS, "values": {"theme_entries": VALUES["theme_entries"]},
         "marks": {f"{RELATIONS}.other_information": KIM}, "is_reused": False},
        {"path": "case_information.citizen_wishes", "values": {"citizen_wishes": "Fred"}, "marks": {},
         "is_reused": False},
    ],
}  # fmt: skip


@pytest.fixture
def assessed(phases: FakePhases, known: None) -> FakePhases:
    """A case with an assessment that says all that one can."""

    def record(step: str, values: Any, marks: Any) -> dict[str, Any]:
        return {"step": step, "key": "", "values": values, "origins": {}, "marks": marks}

    marks = {"citizen_wishes": KIM, "theme_entries[relations].other_information": {**KIM, "source": LONE}}
    records = [record("case_information", VALUES, marks), record("question_sets", {}, {}), record("consent", {}, {})]
    phases.answers |= {
        ("GET", "/cases/steps"): (200, ASSESSMENT),
        ("GET", "/records"): (200, {"revision": 7, "records": records}),
        ("GET", "/earlier"): (200, {"case_id": str(CASE), "earlier": [EARLIER]}),
        ("GET", "/questions"): (200, {"question_sets": [{
            "id": "sleep", "label": "Søvn", "label_en": "Sleep", "questions": [
                {"id": "nights", "theme": "mental-functions", "text": "Hvordan sover borgeren?",
                 "text_en": "How does the citizen sleep?", "help": "Også om dagen"},
            ]}]}),
    }  # fmt: skip
    return phases


def words(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def at(step: str) -> str:
    return f"/cases/{CASE}/assessment/{step}"


# the track
def test_a_form_shows_what_the_track_shows_and_the_rest_on_demand(caseworker: Browser, assessed: FakePhases) -> None:
    page, whole = caseworker.get(at("case_information")).text, caseworker.get(at("case_information") + "?all=1").text

    assert ('name="citizen_wishes"' in page, 'name="analysis"' in page) == (True, False)
    assert "1 felt er skjult på sporet Almindelig sag." in page
    assert ('name="analysis"' in whole, "uden for sporet" in whole) == (True, True)


def test_asking_for_the_rest_saves_what_is_typed(caseworker: Browser, assessed: FakePhases) -> None:
    caseworker.get(at("case_information"))

    more = caseworker.post(at("case_information"), {"citizen_wishes": "Ro", "etag": "7", "seen": "{}", "then": "all"})

    assert more.headers["Location"] == at("case_information") + "?all=1"
    assert assessed.sent("PATCH")["json"] == {"case_information": {"citizen_wishes": "Ro"}}


def test_a_form_outside_the_track_shows_whole_and_says_so(caseworker: Browser, assessed: FakePhases) -> None:
    page = caseworker.get(at("question_sets")).text

    assert "Formularen hører ikke til sagens spor, Almindelig sag." in page
    assert "Hvordan sover borgeren?" in page


def test_the_task_list_leaves_out_what_the_track_does(caseworker: Browser, assessed: FakePhases) -> None:
    listed, whole = (caseworker.get(f"/cases/{CASE}/assessment{query}").text for query in ("", "?all=1"))

    assert ("Specialspørgsmål" in listed, "1 formular er skjult" in listed) == (False, True)
    assert ("Specialspørgsmål" in whole, "uden for sporet" in whole) == (True, True)


def test_a_case_moves_to_a_larger_track_and_loses_nothing(caseworker: Browser, phases: FakePhases, known: None) -> None:
    page = caseworker.get(f"/cases/{CASE}").text
    offered = re.findall(r'<option value="(\w+)">', page.partition('id="track"')[2].partition("</select>")[0])

    moved = caseworker.post(f"/cases/{CASE}/track", {"track": "complex", "etag": "4"})

    assert offered == ["complex"]
    assert "Intet af det, der er skrevet, går tabt." in page
    assert phases.sent("PATCH") == {"json": {"case": {"track": "complex"}}, "headers": {"If-Match": '"4"'}}
    assert moved.headers["Location"] == f"/cases/{CASE}"
    assert "Sagen følger nu sporet Kompleks sag." in caseworker.get(f"/cases/{CASE}").text


def test_a_track_that_a_colleague_has_changed_is_not_changed_back(
    caseworker: Browser, phases: FakePhases, known: None
) -> None:
    phases.answers["PATCH", ""] = (412, {"detail": "En anden har rettet det samme, mens du skrev."})

    caseworker.post(f"/cases/{CASE}/track", {"track": "complex", "etag": "4"})

    page = caseworker.get(f"/cases/{CASE}").text
    assert re.search(r'alert-warning[^>]*role="status".*En anden har rettet det samme', page)


# help
def test_a_field_says_what_to_write(caseworker: Browser, assessed: FakePhases) -> None:
    page = caseworker.get(at("case_information")).text

    assert '<span class="form-hint" id="f-citizen_wishes-hint">Borgerens egne ord</span>' in page
    assert 'name="citizen_wishes" rows="2" aria-describedby="f-citizen_wishes-hint"' in page


@pytest.mark.rule("ASM-06")
def test_a_code_out_of_force_is_offered_only_where_it_is_chosen_already(
    caseworker: Browser, assessed: FakePhases
) -> None:
    codes = ["sel-11", "sel-32", "sel-85"]
    bases = described("legal_bases", "Paragraffer", "code", many=True, vocabulary="legal-bases", codes=codes)
    step = {**INFORMATION, "fields": [bases]}
    assessed.answers["GET", "/cases/steps"] = (200, {**ASSESSMENT, "steps": [step]})
    record = {"step": "case_information", "key": "", "values": {"legal_bases": ["sel-11"]}, "origins": {}, "marks": {}}
    assessed.answers["GET", "/records"] = (200, {"revision": 7, "records": [record]})

    page = caseworker.get(at("case_information")).text

    assert re.findall(r'name="legal_bases"[^>]* value="([^"]+)"', page) == ["sel-11", "sel-85"]


def test_a_level_says_what_it_means_in_its_theme_and_what_it_counts_in(
    caseworker: Browser, assessed: FakePhases
) -> None:
    page = words(caseworker.get(at("case_information")).text)

    severe = level_guidance("handling-mail", 3)
    assert severe
    assert f"3 – Svært nedsat funktionsevne {severe} 4 –" in page
    assert "Sæt det med hjælpemidler og uden hjælp fra andre" in page


@pytest.mark.rule("ASM-02")
@pytest.mark.rule("ASM-07")
@pytest.mark.rule("ASM-12")
def test_a_theme_says_what_belongs_to_it_and_that_no_more_is_needed(caseworker: Browser, assessed: FakePhases) -> None:
    page = words(caseworker.get(at("case_information")).text)

    assert "Beskriv aktivitet og deltagelse, som de er med hjælpemidler og uden hjælp fra andre." in page
    assert "Beskriv funktioner og forhold, som de er uden hjælpemidler og uden støtte." in page  # before one is chosen
    assert "Skriv kun det, der er nødvendigt for afgørelsen." in page
    assert "Hvad hører under Relationer?" in page


def test_the_themes_and_their_levels_are_a_page_of_their_own(caseworker: Browser) -> None:
    danish, english = (
        caseworker.get("/help/themes").text,
        caseworker.get("/language/en") and caseworker.get("/help/themes").text,
    )

    assert 'id="handling-mail"' in danish
    assert "Hvad niveauerne betyder her" in danish
    assert "What the levels mean here" in english


# whose word it is
def test_under_a_value_stands_whose_word_it_is(caseworker: Browser, assessed: FakePhases) -> None:
    page = words(caseworker.get(at("case_information")).text)

    assert "Skrevet af Kim Dam 3. maj 2025 · fra sag 2025-00077" in page
    assert "fra sag 2025-00077 · ifølge Pædagog Lone, Hjemmebesøg 2026-0311" in page


def test_one_may_say_from_whom_a_text_is_known(caseworker: Browser, assessed: FakePhases) -> None:
    caseworker.get(at("case_information"))
    typed = {"citizen_wishes": "Ro", "citizen_wishes.~source.kind": "relative", "citizen_wishes.~source.name": "Mette"}

    caseworker.post(at("case_information"), {**typed, "etag": "7", "seen": "{}"})

    assert assessed.sent("PATCH")["json"] == {
        "case_information": {"citizen_wishes": "Ro"},
        "sources": {"case_information.citizen_wishes": {"kind": "relative", "name": "Mette"}},
    }


def test_a_source_that_is_refused_is_said_at_the_source(caseworker: Browser, assessed: FakePhases) -> None:
    caseworker.get(at("case_information"))
    told = {"field": "sources.case_information.analysis", "detail": "Her er ingen oplysning at angive kilden til"}
    assessed.answers["PATCH", ""] = (422, told)

    page = caseworker.post(at("case_information"), {"analysis.~source.kind": "staff", "etag": "7", "seen": "{}"})

    assert page.status_code == 422
    assert 'href="#f-analysis-source-kind"' in page.text
    assert 'id="f-analysis-source-kind-error"' in page.text


# what is missing
def test_the_case_page_counts_what_is_there_and_says_what_the_rest_costs(
    caseworker: Browser, phases: FakePhases, known: None
) -> None:
    phases.part["completeness"] = [
        {"step": "enquiry", "asked": 4, "missing": [
            {"field": "intake.enquiry.opening_reason", "label": "Årsag", "costs": "Årsagen mangler i brevet"},
            {"field": "intake.enquiry.goals[g1].price", "label": "Pris"},
            {"field": "intake.enquiry.goals[g2].price", "label": "Pris"},
        ]},
        {"step": "rights", "asked": 0, "missing": []},
    ]  # fmt: skip

    page = caseworker.get(f"/cases/{CASE}").text
    filled = words(page.partition('id="filled"')[2].partition("</section>")[0])

    assert "Henvendelse 1 af 4" in filled
    assert "Årsag mangler. Årsagen mangler i brevet." in filled
    assert "Mangler også: Pris (2)" in filled
    assert "0 af 0" not in filled
    assert f'href="{FORM}#f-opening_reason"' in page


def test_a_case_that_lacks_nothing_is_asked_nothing(caseworker: Browser, phases: FakePhases, known: None) -> None:
    assert 'id="filled"' not in caseworker.get(f"/cases/{CASE}").text


def test_the_task_list_goes_by_what_the_phase_misses(caseworker: Browser, phases: FakePhases, known: None) -> None:
    missing = [{"field": "intake.enquiry.received_on", "label": "Modtaget"}]
    phases.part["completeness"] = [{"step": "enquiry", "asked": 2, "missing": missing}]

    page = words(caseworker.get(f"/cases/{CASE}/intake").text)

    assert "Henvendelse 1 af 2 Mangler noget" in page


# earlier cases
@pytest.mark.rule("GEN-06")
@pytest.mark.parametrize("answer, told", [(True, "Ja"), (False, "Nej"), (None, "Borgeren er ikke spurgt endnu")])
def test_the_page_of_earlier_cases_says_whether_the_citizen_agrees(
    caseworker: Browser, assessed: FakePhases, answer: bool | None, told: str
) -> None:
    assessed.answers["GET", "/records"][1]["records"][2]["values"] = {"reused_information_consent": answer}

    page = words(caseworker.get(REUSE).text)

    assert f"Borgerens samtykke til at genbruge: {told}" in page


def test_what_was_known_is_laid_out_by_theme_with_whose_word_it_is(caseworker: Browser, assessed: FakePhases) -> None:
    page = caseworker.get(REUSE).text
    told = words(page)

    assert told.index("Relationer") < told.index("Samfundsliv") < told.index("Uden tema")
    assert "Skrevet af Kim Dam 3. maj 2025" in told
    assert re.findall(r'type="checkbox" name="item" value="([^"]+)"', page) == [
        RELATIONS,
        "case_information.citizen_wishes",
    ]  # what is here already cannot be ticked


def test_what_is_ticked_is_taken_over(caseworker: Browser, assessed: FakePhases) -> None:
    assessed.answers["POST", "/actions/reuse"] = (200, {"revision": 8})

    done = caseworker.post(REUSE, {"from_case": EARLIER["case_id"], "item": RELATIONS})

    assert assessed.sent("POST")["json"] == {"from_case": EARLIER["case_id"], "items": [RELATIONS]}
    assert done.headers["Location"] == f"/cases/{CASE}"
    assert "1 oplysning er hentet." in caseworker.get(f"/cases/{CASE}").text


@pytest.mark.rule("GEN-06")
def test_without_consent_the_page_leads_to_it_and_keeps_what_was_ticked(
    caseworker: Browser, assessed: FakePhases
) -> None:
    refusal = {"field": "consent.reused_information_consent", "detail": "Spørg borgeren først", "rule": "GEN-06"}
    assessed.answers["POST", "/actions/reuse"] = (422, refusal)

    page = caseworker.post(REUSE, {"from_case": EARLIER["case_id"], "item": RELATIONS, "exception": "§ 11 c"})

    assert page.status_code == 422
    assert f'href="/cases/{CASE}/intake/consent#f-reused_information_consent"' in page.text
    assert re.search(rf'value="{re.escape(RELATIONS)}"[^>]* checked', page.text)
    assert 'name="exception" value="§ 11 c"' in page.text


@pytest.mark.rule("GEN-08")
def test_what_was_taken_over_stands_on_the_case_until_it_is_confirmed(
    caseworker: Browser, assessed: FakePhases
) -> None:
    taken = {"id": RELATIONS, "case_number": "2025-00077", "taken_on": "2026-03-24"}
    confirmed = {"id": POST, "case_number": "2025-00077", "confirmed_on": "2026-03-24"}
    assessed.part["parts"]["assessment"] = {"case_information": VALUES, "reused": [taken, confirmed]}
    warned = {"rule": "GEN-08", "field": f"assessment.{RELATIONS}", "message": "Genbrugt, og ikke bekræftet"}
    assessed.part["warnings"] = [warned]
    assessed.answers["POST", "/actions/confirm-reused"] = (200, {"revision": 8})

    page = caseworker.get(f"/cases/{CASE}").text
    caseworker.post(f"{REUSE}/confirm", {"item": RELATIONS})

    assert "Genbrugt, ikke bekræftet (1)" in words(page)
    assert "Temaer: Relationer fra sag 2025-00077 Hun ringer aldrig" in words(page)
    assert "Advarsler" not in words(page).replace("advarsler", "")
    assert assessed.sent("POST")["json"] == {"items": [RELATIONS]}


@pytest.mark.rule("ASM-19")
def test_themes_are_reopened_one_by_one(caseworker: Browser, assessed: FakePhases) -> None:
    assessed.part["parts"]["assessment"] = {"reopened": [{"theme": "relations", "reopened_on": "2026-03-02"}]}
    assessed.answers |= {("GET", ""): (200, assessed.part), ("POST", "/actions/reopen-themes"): (200, {"revision": 8})}

    page = caseworker.get(REUSE).text
    caseworker.post(f"{REUSE}/themes", {"theme": "self-care"})

    assert "Relationer genåbnet 2. marts 2026, ikke set på endnu" in words(page)
    assert 'name="theme" value="relations"' not in page
    assert assessed.sent("POST")["json"] == {"themes": ["self-care"]}


@pytest.mark.parametrize("action", ["assessment.reuse", "assessment.confirm_reused", "assessment.reopen_themes"])
def test_what_is_done_on_the_page_of_earlier_cases_leads_there(
    caseworker: Browser, assessed: FakePhases, action: str
) -> None:
    asked = caseworker.get(f"/cases/{CASE}/assessment/actions/{action}")

    assert asked.headers["Location"] == REUSE


def test_the_page_asks_as_often_for_one_earlier_case_as_for_many(caseworker: Browser, assessed: FakePhases) -> None:
    def calls() -> int:
        assessed.calls.clear()
        assert caseworker.get(REUSE).status_code == 200
        return len(assessed.calls)

    caseworker.get(REUSE)
    one = calls()
    assessed.answers["GET", "/earlier"] = (200, {"earlier": [EARLIER] * 20})

    assert (calls(), one) == (3, 3)


# what was changed
def test_what_was_taken_out_stands_among_the_changes(caseworker: Browser, assessed: FakePhases) -> None:
    gone = ["case_information.theme_entries[relations].other_information", "Hun ringer aldrig", None]
    known = ["case_information.citizen_wishes~source", None, LONE]
    told = {"at": "2026-03-24T09:00:00+00:00", "by": "Kim Dam", "changes": [gone, known, ["elsewhere.x", 1, 2]]}
    assessed.answers["GET", "/changes"] = (200, {"changes": [told], "next": 77})

    page = caseworker.get(f"/cases/{CASE}/assessment/changes").text

    assert "Sagsoplysning · Temaer · Fra andre Hun ringer aldrig (tomt)" in words(page)
    assert "Ønsker (kilden) (tomt) Pædagog Lone, Hjemmebesøg 2026-0311" in words(page)
    assert f"/cases/{CASE}/assessment/changes?before=77" in page


def test_a_cpr_number_stays_masked_among_the_changes(caseworker: Browser, assessed: FakePhases) -> None:
    citizen = {"step": "citizen", "label": "Borger", "per": "citizen", "fields": [described("cpr_number", "CPR")]}
    told = {"at": "2026-03-24T09:00:00+00:00", "by": "Kim", "changes": [["citizen.cpr_number", None, "2503794431"]]}
    assessed.answers["GET", "/cases/steps"] = (200, {**ASSESSMENT, "steps": [citizen]})
    assessed.answers["GET", "/changes"] = (200, {"changes": [told], "next": None})

    page = caseworker.get(f"/cases/{CASE}/intake/changes").text

    assert ("2503794431" in page, "250379-••••" in page) == (False, True)


# specialist questions
def test_a_specialist_question_is_put_with_its_help_and_answered(caseworker: Browser, assessed: FakePhases) -> None:
    page = caseworker.get(at("question_sets")).text
    typed = {"answers[0].question": "nights", "answers[0].~new": "given", "etag": "7", "seen": "{}"}

    caseworker.post(at("question_sets"), {**typed, "answers[0].answer": "Uroligt"})

    assert "Hvordan sover borgeren? Hører til Mentale funktioner. Også om dagen" in words(page)
    assert 'name="answers[0].question" value="nights"' in page
    assert assessed.sent("PATCH")["json"] == {
        "question_sets": {"answers": [{"question": "nights", "answer": "Uroligt"}]}
    }


# the leader's answer
def test_a_leader_reads_what_is_recommended_and_answers_in_one_of_three_ways(
    browser: Browser, assessed: FakePhases
) -> None:
    answers = ["assessment.approve", "assessment.change", "assessment.return"]
    recommendation = {"recommendation": {"support_need_assessment": "Berettiget til støtte"}}
    part = {**PART, "phase": "assessment", "actions": answers, "warnings": [], "parts": {"assessment": recommendation}}
    assessed.answers["GET", ""] = (200, part)

    page = browser.sign_in("leader").get(f"/cases/{CASE}/assessment/actions/assessment.approve").text

    assert re.findall(r'formaction="[^"]+/actions/([\w.]+)"', page) == answers
    assert "Vurdering af støttebehov Berettiget til støtte" in words(page)
    assert "Det, der står der nu, er det, du godkender." in page


def test_changes_that_are_not_told_are_asked_for_at_the_comment(browser: Browser, assessed: FakePhases) -> None:
    part = {**PART, "phase": "assessment", "warnings": [], "parts": {"assessment": {}}}
    refusal = {"field": "comment", "detail": "Skriv, hvad der er ændret, og hvorfor", "rule": "EVA-15"}
    assessed.answers |= {("GET", ""): (200, part), ("POST", "/actions/change"): (422, refusal)}

    page = browser.sign_in("leader").post(f"/cases/{CASE}/assessment/actions/assessment.change")

    assert page.status_code == 422
    assert '<a class="function-link" href="#f-comment">Skriv, hvad der er ændret, og hvorfor</a>' in page.text


# how often others are asked
def test_a_form_asks_its_phase_once_however_much_stands_in_it(
    caseworker: Browser, phases: FakePhases, known: None
) -> None:
    def calls(goals: int) -> int:
        phases.record = {"goals": [{"id": f"g{n}", "goal_statement": "Jeg bor selv"} for n in range(goals)]}
        phases.calls.clear()
        assert caseworker.get(FORM).status_code == 200
        return len(phases.calls)

    caseworker.get(FORM)

    assert (calls(1), calls(50)) == (1, 1)
