"""What people meet: pages that work without JavaScript, and lose nothing that was typed."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from casework.contracts.common import DeadlineRequested, PositionChanged
from casework.contracts.intake import CitizenIndexed
from casework.contracts.scheduler import NotificationSent
from casework.process import Actor, Role
from casework.service import auth
from portal.app import PortalService
from portal.model import Access, Notification

from .conftest import CASE, CITIZEN, CPR, KEY, NOW, Browser, FakePhases, opened

FORM = f"/cases/{CASE}/intake/enquiry"


def hidden(page: str, name: str) -> str:
    found = re.search(rf'<input type="hidden" name="{name}"[^>]* value="([^"]*)"', page)
    assert found, name
    return html.unescape(found[1])


def filled(page: str, **typed: str) -> dict[str, str]:
    """The form of the page as it would be posted, with what somebody types."""
    return {
        "etag": hidden(page, "etag"),
        "seen": hidden(page, "seen"),
        "behind": hidden(page, "behind"),
        "opening_reason": "Vil bo selv",
        "agrees": "ja",
        "received_on": "",
        "source": "",
        **typed,
    }


def token(role: Role) -> dict[str, str]:
    return {"Authorization": f"Bearer {auth.sign(Actor('x', 'X', role, provider_id='x-hus'), KEY)}"}


# the case document
def test_the_case_document_is_for_those_who_work_with_the_case(browser: Browser) -> None:
    found = browser.client.get(f"/cases/{CASE}/document", headers=token(Role.SYSTEM))

    assert found.json["case"] == {
        "id": str(CASE),
        "number": "2026-00417",
        "track": "standard",
        "phase": "intake",
        "status": "open",
    }
    assert browser.client.get(f"/cases/{CASE}/document", headers=token(Role.PROVIDER)).status_code == 403
    assert browser.client.get(f"/cases/{CASE}/document").status_code == 401


def test_a_case_that_nobody_has_opened_is_not_there(browser: Browser, caseworker: Browser) -> None:
    assert browser.client.get(f"/cases/{uuid4()}/document", headers=token(Role.SYSTEM)).status_code == 404
    assert caseworker.get(f"/cases/{uuid4()}").status_code == 404


def test_a_service_that_is_down_is_named_and_the_rest_is_shown(
    browser: Browser, phases: FakePhases, known: None
) -> None:
    phases.down = {"ordering", "delivery"}

    document = browser.client.get(f"/cases/{CASE}/document", headers=token(Role.SYSTEM))
    page = browser.sign_in("caseworker").get(f"/cases/{CASE}")

    assert (document.status_code, document.json["missing"]) == (200, ["ordering", "delivery"])
    assert (page.status_code, "Vi kan ikke få fat i Bestilling, Levering lige nu" in page.text) == (200, True)
    assert "Bente Holm" in page.text


def test_also_without_intake_the_page_says_whose_case_it_is(
    caseworker: Browser, phases: FakePhases, known: None
) -> None:
    phases.down = {"intake"}

    page = caseworker.get(f"/cases/{CASE}")

    assert (page.status_code, "Bente Holm" in page.text, "250379-••••" in page.text) == (200, True, True)


# signing in
def test_a_page_asks_who_you_are_and_leads_back(browser: Browser) -> None:
    asked = browser.get(f"/cases/{CASE}")

    assert asked.headers["Location"] == f"/sign-in?then=/cases/{CASE}"
    came_back = browser.post("/sign-in", {"person": "caseworker", "then": f"/cases/{CASE}"})
    assert came_back.headers["Location"] == f"/cases/{CASE}"


@pytest.mark.parametrize(
    "address", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_leads_nowhere_else(browser: Browser, address: str) -> None:
    assert browser.post("/sign-in", {"person": "caseworker", "then": address}).headers["Location"] == "/"


def test_outside_a_demo_nobody_signs_in_by_choosing(browser: Browser, service: PortalService) -> None:
    mark = browser.mark()
    service.demo = False

    assert browser.client.post("/sign-in", data={"person": "leader", "form_mark": mark}).status_code == 404
    assert "Hvem er du?" not in browser.get("/sign-in").text


def test_a_post_without_the_mark_of_a_page_changes_nothing(caseworker: Browser, phases: FakePhases) -> None:
    answer = caseworker.client.post(FORM, data={"opening_reason": "x", "form_mark": "gættet"})

    assert answer.status_code == 400
    assert not [call for call in phases.calls if call[1] == "PATCH"]


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(browser: Browser) -> None:
    cookies = browser.post("/sign-in", {"person": "leader"}).headers.getlist("Set-Cookie")

    assert all("HttpOnly" in c and "SameSite=Lax" in c for c in cookies)
    assert any(c.startswith("sagsgang=") for c in cookies)


def test_no_script_stands_in_a_page(caseworker: Browser, known: None) -> None:
    for path in ("/cases", f"/cases/{CASE}", FORM, "/cases/new"):
        page = caseworker.get(path)
        policy = page.headers["Content-Security-Policy"]
        assert "script-src 'self';" in policy
        assert not re.search(r"<script(?![^>]* src=)|\son[a-z]+=|javascript:", page.text)
        assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "person, path",
    [
        ("finance", f"/cases/{CASE}"),
        ("operator", "/cases"),
        ("provider-x-hus", f"/cases/{CASE}"),
        ("caseworker", "/provider"),
        ("caseworker", f"/cases/{CASE}/access-log"),
    ],
)
def test_a_page_of_another_role_is_not_there(browser: Browser, known: None, person: str, path: str) -> None:
    assert browser.sign_in(person).get(path).status_code == 404


# the list
def test_the_list_shows_my_cases_with_the_nearest_deadline(caseworker: Browser, known: None) -> None:
    page = caseworker.get("/cases").text

    assert "Bente Holm" in page
    assert "om 3 arbejdsdage (fre. 27. marts)" in page
    assert "Gør sagsåbningen færdig" in page
    assert "1 advarsel" in page
    assert CPR not in page


def test_the_list_asks_the_database_as_often_for_two_cases_as_for_sixty(
    caseworker: Browser, service: PortalService, hear: Callable[..., None]
) -> None:
    asked: list[str] = []
    event.listen(service.database.engine, "before_cursor_execute", lambda c, cur, s, *_: asked.append(s))

    def statements(path: str = "/cases") -> tuple[int, str]:
        asked.clear()
        page = caseworker.get(path).text
        return len([s for s in asked if s.startswith("SELECT")]), page

    def open_cases(numbers: range) -> None:
        for n in numbers:
            case = UUID(int=n + 1)
            hear(opened(f"2026-{n:05d}"), "intake", subject=case)
            hear(DeadlineRequested(kind="complaint", key="1", due=date(2026, 4, 1 + n % 28)), "decision", subject=case)

    open_cases(range(2))
    few, _ = statements()
    open_cases(range(2, 60))
    many, page = statements()

    assert many == few
    seen, more = set(re.findall(r"2026-\d{5}", page)), re.search(r'href="([^"]+after=[^"]+)"', page)
    while more:
        _, page = statements(html.unescape(more[1]))
        listed = set(re.findall(r"2026-\d{5}", page))
        assert not seen & listed
        seen |= listed
        more = re.search(r'href="([^"]+after=[^"]+)"', page)
    assert len(seen) == 60


def test_the_list_is_filtered_by_phase_and_by_what_is_late(caseworker: Browser, known: None) -> None:
    def shows(query: str) -> bool:
        return "Bente Holm" in caseworker.get(f"/cases?filtered=1&{query}").text

    assert [shows(q) for q in ("phase=intake", "phase=decision", "overdue=1", "mine=1", "after=x")] == [
        True,
        False,
        False,
        True,
        True,
    ]


def test_a_citizen_is_found_by_name_number_and_cpr_and_no_address_tells(
    caseworker: Browser, service: PortalService, hear: Callable[..., None], known: None
) -> None:
    from portal.pages.start import cpr_hash

    hashed = cpr_hash(CPR, service.municipality.search_key)
    hear(CitizenIndexed(cpr_hash=hashed, citizen_name="Bente Holm"), "intake", 9, subject=CITIZEN)

    for text in ("bente", "2026-00417", "250379-4431", CPR):
        assert caseworker.post("/search", {"q": text}).headers["Location"] == f"/cases/{CASE}"
    nothing = caseworker.post("/search", {"q": "100%"}).text
    assert "Ingen sager passer" in nothing
    assert CPR not in caseworker.post("/search", {"q": "2503794432"}).text


def test_pressed_twice_a_new_case_is_one_case(caseworker: Browser, phases: FakePhases) -> None:
    phases.answers["POST", "/cases"] = (201, {"case_id": str(CASE)})
    mine = hidden(caseworker.get("/cases/new").text, "id")

    for _ in range(2):
        answer = caseworker.post("/cases/new", {"id": mine, "cpr_number": "250379-4431", "track": "small"})
        assert answer.headers["Location"] == f"/cases/{mine}"
        assert phases.sent("POST")["json"] == {
            "id": mine,
            "cpr_number": CPR,
            "track": "small",
            "caseworker": {"id": "caseworker", "name": "Karen Lund", "role": "caseworker"},
        }


def test_a_number_that_is_none_is_said_at_the_field(caseworker: Browser, phases: FakePhases) -> None:
    phases.answers["POST", "/cases"] = (422, {"field": "cpr_number", "detail": "Skriv CPR-nummeret som ti cifre"})

    page = caseworker.post("/cases/new", {"cpr_number": "123"})

    assert page.status_code == 422
    assert '<a class="function-link" href="#cpr">Skriv CPR-nummeret som ti cifre</a>' in page.text
    assert 'value="123"' in page.text
    assert "<title>Fejl: " in page.text


# one case
def test_the_cpr_number_is_masked_until_somebody_asks_and_that_is_written_down(
    caseworker: Browser, service: PortalService, known: None
) -> None:
    masked = caseworker.get(f"/cases/{CASE}").text
    shown = caseworker.post(f"/cases/{CASE}/cpr")

    assert (CPR in masked, "250379-4431" in masked, "250379-••••" in masked) == (False, False, True)
    assert ("250379-4431" in shown.text, shown.headers["Cache-Control"]) == (True, "no-store")
    with service.database.reading() as session:
        assert list(session.scalars(sa.select(Access.what).order_by(Access.id))) == ["read", "cpr"]


def test_the_overview_offers_the_next_step_and_says_why_it_warns(caseworker: Browser, known: None) -> None:
    page = caseworker.get(f"/cases/{CASE}").text

    assert "Sagsåbning: Gør sagsåbningen færdig" in page
    assert f'action="/cases/{CASE}/intake/actions/intake.complete"' in page  # nothing to fill in: done at once
    assert f'href="/cases/{CASE}/intake/actions/intake.close"' in page  # asks first
    assert "Diagnosen mangler læge" in page
    assert "Regel INT-03" in page
    assert "Søren" in page
    assert 'data-marks="intake_complete"' in page


def test_a_leader_sees_who_has_looked(browser: Browser, known: None) -> None:
    browser.sign_in("caseworker").get(f"/cases/{CASE}")

    assert "Karen Lund" in browser.sign_in("leader").get(f"/cases/{CASE}/access-log").text


# forms
def test_the_task_list_says_what_is_missing(caseworker: Browser, phases: FakePhases, known: None) -> None:
    phases.record = {"agrees": True}

    assert "Mangler noget" in caseworker.get(f"/cases/{CASE}/intake").text


def test_a_value_from_another_phase_says_so(caseworker: Browser, phases: FakePhases, known: None) -> None:
    phases.origins = {"opening_reason": "intake.enquiry.opening_reason"}

    page = " ".join(caseworker.get(FORM).text.split())

    assert f'<a href="{FORM}">Fra Sagsåbning</a>' in page
    assert "gælder din tekst fra denne fase og frem" in page


def test_saving_sends_what_was_changed_with_the_version_that_was_read(caseworker: Browser, phases: FakePhases) -> None:
    page = caseworker.get(FORM).text

    answer = caseworker.post(FORM, filled(page, opening_reason="Vil flytte", received_on="2.3.26", then="close"))

    assert answer.headers["Location"] == f"/cases/{CASE}/intake"
    sent = phases.sent("PATCH")
    assert sent["json"] == {"enquiry": {"opening_reason": "Vil flytte", "received_on": "2026-03-02"}}
    assert sent["headers"]["If-Match"] == '"4"'


def test_saving_without_a_change_sends_nothing(caseworker: Browser, phases: FakePhases) -> None:
    assert caseworker.post(FORM, filled(caseworker.get(FORM).text)).status_code == 302
    assert not [call for call in phases.calls if call[1] == "PATCH"]


def test_a_refusal_stands_above_and_at_the_field_and_the_text_stays(caseworker: Browser, phases: FakePhases) -> None:
    page = caseworker.get(FORM).text
    phases.answers["PATCH", ""] = (
        422,
        {"field": "enquiry.opening_reason", "detail": "Skriv hvorfor", "rule": "INT-02", "status": 422},
    )

    refused = caseworker.post(FORM, filled(page, opening_reason="For <kort>"))

    assert refused.status_code == 422
    assert '<a class="function-link" href="#f-opening_reason">Skriv hvorfor</a>' in refused.text
    assert 'aria-invalid="true" aria-describedby="f-opening_reason-error"' in refused.text
    assert "Regel INT-02" in refused.text
    assert "For &lt;kort&gt;" in refused.text
    assert "<title>Fejl: " in refused.text
    assert hidden(refused.text, "seen") == hidden(page, "seen")


def test_a_date_that_cannot_be_read_is_asked_for_again(caseworker: Browser, phases: FakePhases) -> None:
    refused = caseworker.post(FORM, filled(caseworker.get(FORM).text, received_on="i går"))

    assert (refused.status_code, "Skriv datoen som 24.03.2026" in refused.text) == (422, True)
    assert 'value="i går"' in refused.text
    assert not [call for call in phases.calls if call[1] == "PATCH"]


def stale(phases: FakePhases) -> None:
    """Ali saves the same field, after the page was read."""
    phases.record, phases.revision = {**phases.record, "opening_reason": "Alis tekst"}, 5
    phases.answers["PATCH", ""] = (
        412,
        {"status": 412, "detail": "", "field": "enquiry.opening_reason", "fields": ["enquiry.opening_reason"]},
    )
    change = {
        "id": 1,
        "at": NOW.isoformat(),
        "by": "Ali",
        "action": "intake.record",
        "changes": [["enquiry.opening_reason", "Vil bo selv", "Alis tekst"]],
    }
    phases.answers["GET", "/changes"] = (200, {"changes": [change], "next": None})


def test_two_who_saved_the_same_both_stand_on_the_page(caseworker: Browser, phases: FakePhases) -> None:
    page = caseworker.get(FORM).text
    stale(phases)

    both = caseworker.post(FORM, filled(page, opening_reason="Min tekst", received_on="2.3.2026"))

    assert both.status_code == 412
    assert "Min tekst" in both.text
    assert "Alis tekst" in both.text
    assert "Ali rettede det" in both.text
    assert 'value="02.03.2026"' in both.text  # what nobody disputes is kept as well
    assert 'value="mine" checked' not in both.text
    assert hidden(both.text, "etag") == "5"


@pytest.mark.parametrize("choice, sent", [("mine", {"enquiry": {"opening_reason": "Min tekst"}}), ("theirs", None)])
def test_the_person_chooses_whose_text_stands(
    caseworker: Browser, phases: FakePhases, choice: str, sent: dict[str, Any] | None
) -> None:
    page = caseworker.get(FORM).text
    stale(phases)
    both = caseworker.post(FORM, filled(page, opening_reason="Min tekst")).text
    del phases.answers["PATCH", ""]
    phases.calls.clear()

    answer = caseworker.post(
        FORM,
        filled(both, opening_reason="Min tekst", conflict="opening_reason", **{"choose:opening_reason": choice}),
    )

    assert answer.status_code == 302
    patches = [call[4] for call in phases.calls if call[1] == "PATCH"]
    assert [p["json"] for p in patches] == ([sent] if sent else [])


def test_without_a_choice_nothing_is_saved(caseworker: Browser, phases: FakePhases) -> None:
    page = caseworker.get(FORM).text
    stale(phases)
    both = caseworker.post(FORM, filled(page, opening_reason="Min tekst")).text
    del phases.answers["PATCH", ""]
    phases.calls.clear()

    again = caseworker.post(FORM, filled(both, opening_reason="Min tekst", conflict="opening_reason"))

    assert (again.status_code, "Min tekst" in again.text, "Alis tekst" in again.text) == (412, True, True)
    assert not [call for call in phases.calls if call[1] == "PATCH"]


def test_autosave_answers_a_line_and_the_new_versions(caseworker: Browser, phases: FakePhases) -> None:
    page = caseworker.get(FORM).text
    phases.revision, phases.record = 5, {"opening_reason": "Vil flytte", "agrees": True, "source": "relatives"}

    line = caseworker.post(FORM, filled(page, opening_reason="Vil flytte"), **{"HX-Request": "true"})

    assert "Gemt kl. 10.42" in line.text
    assert "<main" not in line.text
    assert 'id="sg-etag" form="sg-form" value="5" hx-swap-oob="true"' in line.text
    assert "En anden har også rettet: Kilde." in line.text  # and a later change of it is not laid over theirs unseen

    behind = filled(page, opening_reason="Vil flytte", source="citizen", etag="5", behind="source")
    behind["seen"] = html.unescape(re.search(r'id="sg-seen"[^>]*value="([^"]*)"', line.text)[1])  # type: ignore[index]
    assert caseworker.post(FORM, behind).status_code == 412


def test_autosave_says_what_could_not_be_saved(caseworker: Browser, phases: FakePhases) -> None:
    page = caseworker.get(FORM).text
    phases.answers["PATCH", ""] = (422, {"field": "enquiry.agrees", "detail": "Svar ja eller nej"})

    line = caseworker.post(FORM, filled(page, agrees="nej"), **{"HX-Request": "true"})

    assert (line.status_code, "Ikke gemt: Svar ja eller nej" in " ".join(line.text.split())) == (422, True)


def test_while_the_phase_is_down_the_text_stays_on_the_page(caseworker: Browser, phases: FakePhases) -> None:
    page = caseworker.get(FORM).text
    phases.down = {"intake"}

    answer = caseworker.post(FORM, filled(page, opening_reason="Meget lang tekst"))

    assert answer.status_code == 503
    assert "Vi kan ikke få fat i Sagsåbning lige nu" in answer.text
    assert "Meget lang tekst" in answer.text
    assert hidden(answer.text, "etag") == "4"


def test_also_where_the_portal_has_never_seen_the_form(caseworker: Browser, phases: FakePhases) -> None:
    phases.down = {"intake"}

    answer = caseworker.post(FORM, {"opening_reason": "Meget lang tekst", "etag": "4", "seen": "{}"})

    assert (answer.status_code, "Meget lang tekst" in answer.text, hidden(answer.text, "etag")) == (503, True, "4")


def test_a_session_that_is_over_loses_nothing(caseworker: Browser, phases: FakePhases) -> None:
    typed = filled(caseworker.get(FORM).text, opening_reason="Meget lang tekst")
    caseworker.post("/sign-out")

    kept = caseworker.post(FORM, typed)
    again = {n: html.unescape(v) for n, v in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', kept.text)}

    assert (kept.status_code, again["opening_reason"]) == (401, "Meget lang tekst")
    caseworker.sign_in("caseworker")
    assert caseworker.client.post(FORM, data=again, headers={"Accept": "text/html"}).status_code == 302
    assert phases.sent("PATCH")["json"] == {"enquiry": {"opening_reason": "Meget lang tekst"}}


# acting
def test_what_leaves_the_house_is_asked_once_more(caseworker: Browser, phases: FakePhases, known: None) -> None:
    page = caseworker.get(f"/cases/{CASE}/intake/actions/intake.close").text
    assert "Tjek, før du sender" in page
    assert "Begrundelse" in page

    phases.answers["POST", "/actions/close"] = (200, {"revision": 5})
    done = caseworker.post(f"/cases/{CASE}/intake/actions/intake.close", {"reason": "Flyttet"})

    assert done.headers["Location"] == f"/cases/{CASE}"
    assert phases.sent("POST")["json"] == {"reason": "Flyttet"}
    assert "Gjort: Luk sagen" in caseworker.get(f"/cases/{CASE}").text


def test_an_act_that_is_refused_leads_to_the_field(caseworker: Browser, phases: FakePhases, known: None) -> None:
    phases.answers["POST", "/actions/complete"] = (
        422,
        {"field": "enquiry.agrees", "detail": "Skriv, om borgeren er enig", "rule": "INT-02", "status": 422},
    )

    page = caseworker.post(f"/cases/{CASE}/intake/actions/intake.complete")

    assert page.status_code == 422
    assert "Skriv, om borgeren er enig" in page.text
    assert f'href="/cases/{CASE}/intake/enquiry#f-agrees"' in page.text
    assert "Regel INT-02" in page.text


# providers
def test_a_provider_sees_its_own_orders_only(browser: Browser, hear: Callable[..., None], known: None) -> None:
    hear(PositionChanged(process="delivery", number=1, key="x-hus", arrives="answer"), "delivery")
    hear(opened("2026-00999"), "intake", subject=UUID(int=9))
    hear(PositionChanged(process="delivery", number=1, key="y-hus", arrives="answer"), "delivery", subject=UUID(int=9))

    page = browser.sign_in("provider-x-hus").get("/provider").text

    assert "2026-00417" in page
    assert "Venter på jeres svar" in page
    assert "2026-00999" not in page


# notifications and language
@pytest.mark.parametrize(
    "channel, fallback, words",
    [
        ("webhook", "mail", ["Jeres system kunne ikke nås", "Sendt med mail i stedet"]),
        ("queue", "portal", ["Jeres system kunne ikke nås"]),
        ("mail", "portal", ["Mailen kom ikke frem"]),
    ],
)
def test_what_was_given_up_says_by_which_channel_and_what_came_instead(
    caseworker: Browser, hear: Callable[..., None], known: None, channel: str, fallback: str, words: list[str]
) -> None:
    told = NotificationSent(
        kind="status-note", to="x", channel=channel, sent_at=NOW, case_id=str(CASE), failure="?", fallback=fallback
    )
    hear(told, "scheduler", subject=f"person:caseworker/{CASE}")

    page = caseworker.get("/notifications").text
    every = ("Jeres system kunne ikke nås", "Sendt med mail i stedet", "Mailen kom ikke frem")
    assert [one for one in every if one in page] == words


def test_an_open_page_asks_the_bell_alone_and_is_told_only_what_is_new(
    caseworker: Browser, service: PortalService, hear: Callable[..., None], known: None
) -> None:
    page, sent = caseworker.get("/cases").text, []
    mark = re.search(r'id="sg-bell"[^>]*?\\"([a-z]+-\d+)\\"', html.unescape(page))
    assert mark
    again = {"HX-Request": "true", "If-None-Match": f'"{mark[1]}"', "Accept": "*/*"}
    sa.event.listen(service.database.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))

    same = caseworker.client.get("/notifications/bell", headers=again)
    statements = [one for one in sent if "SELECT" in one]
    told = NotificationSent(kind="hearing-answer", to="x", channel="portal", sent_at=NOW, case_id=str(CASE))
    hear(told, "scheduler", subject=f"person:caseworker/{CASE}")
    new = caseworker.client.get("/notifications/bell", headers=again)

    assert (same.status_code, same.data, len(statements)) == (304, b"", 1)
    assert same.headers.get("Set-Cookie") is None  # a page that is left open keeps nobody signed in
    assert re.findall(r'id="(sg-bell[-a-z]*)".*?sg-count">(\d)<', new.text) == [
        ("sg-bell", "1"),
        ("sg-bell-small", "1"),
    ]


def test_the_bell_is_a_plain_link_with_its_number_also_on_the_menu_page(
    caseworker: Browser, hear: Callable[..., None], known: None
) -> None:
    told = NotificationSent(kind="hearing-answer", to="x", channel="portal", sent_at=NOW, case_id=str(CASE))
    hear(told, "scheduler", subject=f"person:caseworker/{CASE}")

    page = caseworker.get("/menu").text

    assert page.count('sg-count">1<') == 3  # beside Menu, in the menu, and on this page
    assert page.count('id="sg-bell"') == 1


def test_the_bell_of_who_is_signed_out_says_so_and_counts_nothing(browser: Browser) -> None:
    answer = browser.client.get("/notifications/bell", headers={"HX-Request": "true", "Accept": "text/html"})

    assert answer.status_code == 401
    assert "sg-count" not in answer.text


def test_the_bell_counts_what_is_mine_and_unread(
    caseworker: Browser, service: PortalService, hear: Callable[..., None], known: None
) -> None:
    for address in ("person:caseworker", "role:caseworker", "person:ali"):
        told = NotificationSent(kind="hearing-answer", to="x", channel="portal", sent_at=NOW, case_id=str(CASE))
        hear(told, "scheduler", subject=f"{address}/{CASE}")

    page = caseworker.get("/notifications").text
    assert re.search(r'sg-count">2<', page)
    assert "Frist: " in page

    caseworker.post("/notifications/read")
    assert "sg-count" not in caseworker.get("/notifications").text
    with service.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).where(Notification.read_at.is_(None))) == 1


def test_the_pages_speak_english_when_asked(caseworker: Browser, known: None) -> None:
    caseworker.get("/language/en")

    page = caseworker.get("/cases").text

    assert '<html lang="en">' in page
    assert "Open a new case" in page
    assert "in 3 working days" in page


def test_people_of_the_demo_are_told_to_others_once(service: PortalService, phases: FakePhases) -> None:
    from casework.messaging.tables import Outgoing

    service.enter(phases, demo=True)  # type: ignore[arg-type]

    with service.database.reading() as session:
        told = [json.loads(json.dumps(e))["body"]["name"] for e in session.scalars(sa.select(Outgoing.envelope))]
    assert sorted(told) == ["Ali Demir", "Drift", "Finn Holst", "Karen Lund", "Ulla Berg"]
