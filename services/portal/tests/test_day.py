"""My day, the team's overview, and who covers while somebody is away."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from casework.contracts.common import (
    DeadlineMet,
    DeadlinePaused,
    DeadlineRequested,
    OverviewChanged,
    PositionChanged,
    Task,
)
from casework.contracts.intake import CaseChanged, CaseClosed
from casework.contracts.ordering import ProviderChanged
from casework.contracts.scheduler import DeadlineMissed, NotificationSent
from casework.contracts.values import Party
from casework.messaging.tables import Outgoing
from casework.migrations import upgrade
from casework.process import Actor, Covered, Role
from casework.service import auth
from portal import people
from portal.app import PortalService, create, create_app
from portal.model import ListedCase, Person
from portal.settings import PortalSettings
from portal.whose import Desk

from .conftest import CASE, KEY, NOW, Browser, FakePhases, envelope, opened, take
from .test_help_and_reuse import words

TODAY = date(2026, 3, 24)  # a Tuesday
OTHER = UUID(int=7)
KAREN, ALI = ("caseworker", "Karen Lund"), ("ali", "Ali Demir")
Hear = Callable[..., None]


def changed(who: tuple[str, str] | None = KAREN, number: str = "2026-00417", **more: Any) -> CaseChanged:
    party = Party(id=who[0], name=who[1], role="caseworker") if who else None
    return CaseChanged(**{**vars(opened(number)), "caseworker": party, **more})


def due(kind: str, day: date, provider: str | None = None, key: str = "1") -> DeadlineRequested:
    return DeadlineRequested(kind=kind, key=key, due=day, provider_id=provider)


@pytest.fixture
def busy(hear: Hear, known: None) -> None:
    """Karen's case: late, today, soon (case-processing, Friday), and too far ahead to matter."""
    hear(due("hearing-answer", date(2026, 3, 20)), "assessment", 1)
    hear(due("follow-up", TODAY), "followup", 1)
    hear(due("reassessment", date(2026, 5, 1)), "decision", 1)


def section(page: str, name: str) -> str:
    found = re.search(rf'<section aria-labelledby="s-{name}">(.*?)</section>', page, re.DOTALL)
    return words(found[1]) if found else ""


def away(service: PortalService, first: date, last: date, person: str = "caseworker", deputy: str = "ali") -> None:
    with service.database.writing() as session:
        one = session.get_one(Person, person)
        one.away_from, one.away_to, one.deputy_id = first, last, deputy


# my day
def test_the_day_is_a_caseworkers_first_page_and_the_team_a_leaders(browser: Browser) -> None:
    first = [browser.sign_in(who).get("/").headers["Location"] for who in ("caseworker", "leader")]

    assert first == ["/day", "/team"]


def test_what_is_late_stands_first_then_today_then_the_next_working_days(caseworker: Browser, busy: None) -> None:
    page = caseworker.get("/day").text

    assert (
        "Svar på partshøring Venter på: Gør sagsåbningen færdig 2 arbejdsdage over fristen (fre. 20. marts)"
        in section(page, "late")
    )
    assert "Bente Holm 2026-00417 Opfølgning" in section(page, "today")
    assert "om 3 arbejdsdage (fre. 27. marts)" in section(page, "coming")
    assert "Genvurdering" not in page
    assert page.index('id="s-late"') < page.index('id="s-today"') < page.index('id="s-coming"')


def test_each_deadline_leads_to_where_it_is_done(caseworker: Browser, busy: None) -> None:
    page = caseworker.get("/day").text

    assert f'href="/cases/{CASE}/assessment/actions/assessment.record_hearing_answer">Registrér svaret' in page
    assert f'href="/cases/{CASE}/followup">Gå til Opfølgning' in page
    assert f'href="/cases/{CASE}">Gå til sagen' in page


def test_what_is_met_paused_or_of_a_closed_case_is_not_there(caseworker: Browser, hear: Hear, busy: None) -> None:
    hear(DeadlineMet(kind="hearing-answer", key="1", met_on=TODAY), "assessment", 2)
    hear(DeadlinePaused(kind="case-processing", key="1", paused_on=TODAY), "intake", 5)
    open_still = caseworker.get("/day").text
    hear(CaseClosed(closed_on=TODAY), "intake", 6)

    assert [name for name in ("late", "today", "coming") if section(open_still, name)] == ["today"]
    assert "Intet haster" in caseworker.get("/day").text


def test_a_day_that_passes_by_itself_makes_nobody_late(
    caseworker: Browser, service: PortalService, hear: Hear, known: None
) -> None:
    hear(DeadlineMet(kind="case-processing", key="1", met_on=TODAY), "intake", 5)
    hear(due("complaint", date(2026, 3, 20)), "decision", 1)
    hear(DeadlineMissed(kind="complaint", key="1", due=date(2026, 3, 20)), "scheduler", 1)

    assert "Klagefrist" not in caseworker.get("/day").text
    with service.database.reading() as session:
        assert session.get_one(ListedCase, CASE).next_due is None


def test_what_i_was_told_since_the_last_working_day_is_new(caseworker: Browser, hear: Hear, known: None) -> None:
    for kind, at in (("order.rejected", NOW - timedelta(days=1)), ("case.changed", NOW - timedelta(days=4))):
        told = NotificationSent(kind=kind, to="Karen", channel="portal", sent_at=at, case_id=str(CASE))
        hear(told, "scheduler", subject=f"person:caseworker/{CASE}")

    assert section(caseworker.get("/day").text, "news").startswith("Nyt siden i går (1)")


def test_on_a_monday_what_came_on_friday_is_new(
    caseworker: Browser, service: PortalService, hear: Hear, known: None
) -> None:
    service.clock = lambda: datetime(2026, 3, 23, 7, tzinfo=NOW.tzinfo)
    friday = datetime(2026, 3, 20, 14, tzinfo=NOW.tzinfo)
    told = NotificationSent(kind="case.changed", to="Karen", channel="portal", sent_at=friday, case_id=str(CASE))
    hear(told, "scheduler", subject=f"person:caseworker/{CASE}")

    assert section(caseworker.get("/day").text, "news")


def test_a_long_day_is_paged_with_the_same_few_statements_and_shows_each_once(
    caseworker: Browser, service: PortalService, hear: Hear
) -> None:
    asked: list[str] = []
    sa.event.listen(service.database.engine, "before_cursor_execute", lambda c, cur, s, *_: asked.append(s))

    def statements(path: str = "/day") -> tuple[int, str]:
        asked.clear()
        page = caseworker.get(path).text
        return len([s for s in asked if s.startswith("SELECT")]), page

    def open_cases(numbers: range) -> None:
        for n in numbers:
            hear(opened(f"2026-{n:05d}"), "intake", subject=UUID(int=n + 1))
            hear(due("follow-up", date(2026, 3, 2 + n % 20)), "followup", subject=UUID(int=n + 1))

    open_cases(range(2))
    few, _ = statements()
    open_cases(range(2, 60))
    many, page = statements()

    assert many == few <= 6
    assert "Over fristen (60)" in page
    seen = re.findall(r"Navn mangler (2026-\d{5})", section(page, "late"))
    while more := re.search(r'href="([^"]+)">Vis de næste<', page):
        taken, page = statements(html.unescape(more[1]))
        seen += re.findall(r"Navn mangler (2026-\d{5})", section(page, "late"))
        assert taken <= few
    assert len(seen) == len(set(seen)) == 60


def test_an_address_that_leads_nowhere_is_the_beginning(caseworker: Browser, busy: None) -> None:
    assert section(caseworker.get("/day?after=2026-13-01_x").text, "late")


# live
def test_the_page_asks_again_and_is_told_only_what_is_new(caseworker: Browser, hear: Hear, busy: None) -> None:
    page = caseworker.get("/day").text
    mark = html.unescape(re.search(r'"sg-live".*?hx-headers="([^"]+)"', page)[1])  # type: ignore[index]
    etag = re.search(r'W?/?\\"([0-9a-f]{64})', mark)
    assert etag
    again = {"HX-Request": "true", "If-None-Match": f'"{etag[1]}"'}

    same = caseworker.client.get("/day", headers=again)
    hear(DeadlineMet(kind="hearing-answer", key="1", met_on=TODAY), "assessment", 2)
    new = caseworker.client.get("/day", headers=again)

    assert (same.status_code, same.data) == (304, b"")
    assert new.status_code == 200
    assert new.text.startswith('<div id="sg-live"')
    assert "Svar på partshøring" not in new.text
    assert etag[1] not in new.text


def test_a_page_that_is_signed_out_shows_no_names_any_more(caseworker: Browser, busy: None) -> None:
    caseworker.post("/sign-out")

    answer = caseworker.client.get("/day", headers={"HX-Request": "true", "Accept": "text/html"})

    assert answer.status_code == 401
    assert words(answer.text) == "Du er logget af. Log på i et nyt vindue"


# a case moves
def test_a_case_that_moves_is_at_once_on_the_new_ones_day_with_its_task_and_on_the_former_ones_no_more(
    browser: Browser, hear: Hear, busy: None
) -> None:
    before = [browser.sign_in(who).get("/day").text for who in ("caseworker", "ali")]
    hear(changed(ALI), "intake", 9, at=NOW + timedelta(minutes=1))
    after = [browser.sign_in(who).get("/day").text for who in ("caseworker", "ali")]

    assert ["2026-00417" in page for page in before] == [True, False]
    assert ["2026-00417" in page for page in after] == [False, True]
    assert "Venter på: Gør sagsåbningen færdig" in section(after[1], "late")


def test_a_case_that_moves_to_another_team_leaves_the_leaders_overview(
    browser: Browser, service: PortalService, hear: Hear, busy: None
) -> None:
    north = Desk(Actor("l", "L", Role.LEADER, team="nord"))

    def is_norths() -> bool:
        with service.database.reading() as session:
            return session.scalar(sa.select(ListedCase.id).where(ListedCase.id == CASE, north.team())) is not None

    hear(changed(team="nord"), "intake", 9, at=NOW + timedelta(minutes=1))
    before = is_norths()
    hear(changed(team="vest"), "intake", 10, at=NOW + timedelta(minutes=2))

    assert (before, is_norths()) == (True, False)


# away
def told_of(service: PortalService, person: str) -> list[dict[str, Any]]:
    """What others have been told of a person since the demo began."""
    with service.database.reading() as session:
        envelopes = list(session.scalars(sa.select(Outgoing.envelope)))
    bodies = [e["body"] for e in envelopes if e["type"] == "person.changed" and e["body"]["person_id"] == person]
    bodies.remove({"person_id": "caseworker", "name": "Karen Lund", "roles": ["caseworker"]})
    return bodies


def test_who_covers_is_kept_and_told_to_others(caseworker: Browser, service: PortalService) -> None:
    answer = caseworker.post("/preferences", {"away_from": "24.3.26", "away_to": "2.4.26", "deputy": "ali"})

    assert answer.status_code == 302
    assert told_of(service, "caseworker") == [{
        "person_id": "caseworker", "name": "Karen Lund", "roles": ["caseworker"],
        "deputy": "ali", "away_from": "2026-03-24", "away_to": "2026-04-02",
    }]  # fmt: skip
    assert "Ali Demir afløser fra 24. marts 2026 til og med 2. april 2026" in words(caseworker.get("/preferences").text)


def test_back_again_nobody_covers_and_it_is_told_once(caseworker: Browser, service: PortalService) -> None:
    away(service, TODAY, TODAY)
    for _ in range(2):
        caseworker.post("/preferences", {"back": "1"})

    assert told_of(service, "caseworker") == [
        {"person_id": "caseworker", "name": "Karen Lund", "roles": ["caseworker"]}
    ]
    assert "afløser fra" not in caseworker.get("/preferences").text


@pytest.mark.parametrize(
    "typed, field, said",
    [
        ({"away_from": "2.4.26", "away_to": "24.3.26", "deputy": "ali"}, "away_to", "Den sidste dag ligger før"),
        ({"away_from": "2.3.26", "away_to": "20.3.26", "deputy": "ali"}, "away_to", "Dagen er forbi"),
        ({"away_from": "i morgen", "away_to": "2.4.26", "deputy": "ali"}, "away_from", "Skriv datoen som 24.03.2026"),
        ({"away_from": "24.3.26", "away_to": "2.4.26", "deputy": ""}, "deputy", "Vælg en kollega på listen"),
        ({"away_from": "24.3.26", "away_to": "2.4.26", "deputy": "leader"}, "deputy", "Vælg en kollega på listen"),
        ({"away_from": "24.3.26", "away_to": "2.4.26", "deputy": "caseworker"}, "deputy", "Vælg en anden"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_at_its_field_and_nothing_is_changed(
    caseworker: Browser, service: PortalService, typed: dict[str, str], field: str, said: str
) -> None:
    answer = caseworker.post("/preferences", typed)

    assert answer.status_code == 422
    assert re.search(rf'id="{field}-error">.*{re.escape(said)}', answer.text)
    assert f'href="#{field}"' in answer.text
    assert f'value="{typed["away_from"]}"' in answer.text
    with service.database.reading() as session:
        assert session.get_one(Person, "caseworker").deputy_id is None


@pytest.mark.parametrize(
    "first, last, covers",
    [
        (TODAY, TODAY, True),
        (TODAY - timedelta(days=9), TODAY, True),
        (TODAY + timedelta(days=1), TODAY + timedelta(days=9), False),
        (TODAY - timedelta(days=9), TODAY - timedelta(days=1), False),
    ],
)
def test_from_the_first_day_to_the_last_the_deputys_day_shows_the_cases_and_for_whom(
    browser: Browser, service: PortalService, busy: None, first: date, last: date, covers: bool
) -> None:
    away(service, first, last)

    page = browser.sign_in("ali").get("/day").text

    assert ("2026-00417 for Karen Lund" in section(page, "late")) is covers
    assert ("Du afløser Karen Lund" in page) is covers


def test_a_deputys_own_cases_are_not_marked(browser: Browser, service: PortalService, hear: Hear, known: None) -> None:
    away(service, TODAY, TODAY)
    hear(changed(ALI), "intake", 9, at=NOW + timedelta(minutes=1))

    assert "for Karen Lund" not in section(browser.sign_in("ali").get("/day").text, "coming")


def test_the_leader_sets_a_deputy_for_the_team_and_sees_who_covers(browser: Browser, busy: None) -> None:
    leader = browser.sign_in("leader")

    done = leader.post("/team/people/caseworker/away", {"away_from": "24.3.26", "away_to": "2.4.26", "deputy": "ali"})

    assert done.headers["Location"] == "/team"
    assert "Karen Lund : til og med 2. april 2026 · Ali Demir afløser" in words(leader.get("/team").text)


def test_a_deputy_who_is_away_as_well_is_pointed_out(browser: Browser, service: PortalService, busy: None) -> None:
    away(service, TODAY, TODAY)
    away(service, TODAY, TODAY, "ali", "caseworker")

    assert "Ali Demir skulle afløse, men er selv væk" in words(browser.sign_in("leader").get("/team").text)


@pytest.mark.parametrize(
    "person, path, status",
    [
        ("caseworker", "/team/people/ali/away", 404), ("leader", "/team/people/ali/away", 200),
        ("leader", "/team/people/operator/away", 404), ("finance", "/preferences", 404),
        ("leader", "/day", 404), ("caseworker", "/team", 404), ("caseworker", "/team/providers", 404),
        ("provider-x-hus", "/day", 404),
    ],
)  # fmt: skip
def test_pages_are_there_for_those_whom_they_concern(
    browser: Browser, known: None, person: str, path: str, status: int
) -> None:
    assert browser.sign_in(person).get(path).status_code == status


# confidential
PLACES = ("/cases?filtered=1", f"/cases/{CASE}", f"/cases/{CASE}/document", f"/cases/{CASE}/intake")


@pytest.fixture
def confidential(hear: Hear, busy: None) -> None:
    hear(changed(is_confidential=True), "intake", 9, at=NOW + timedelta(minutes=1))


def seen(browser: Browser) -> list[bool]:
    """On which of the places the case is there."""
    pages = [browser.get(path) for path in PLACES]
    return [page.status_code == 200 and ("2026-00417" in page.text or "Bente Holm" in page.text) for page in pages]


def test_a_confidential_case_is_there_for_its_caseworker_and_the_leader_only(
    browser: Browser, confidential: None
) -> None:
    assert seen(browser.sign_in("caseworker")) == [True] * 4
    assert seen(browser.sign_in("leader")) == [True] * 4
    assert seen(browser.sign_in("ali")) == [False] * 4


def test_who_was_refused_is_in_the_cases_own_record(browser: Browser, confidential: None) -> None:
    browser.sign_in("ali").get(f"/cases/{CASE}")

    shown = browser.sign_in("leader").get(f"/cases/{CASE}/access-log").text
    assert re.search(r"Ali Demir.*Blev afvist: sagen er fortrolig", shown, re.DOTALL)


def test_a_token_opens_a_confidential_case_no_further(
    browser: Browser, service: PortalService, confidential: None
) -> None:
    def status(person: str) -> int:
        token = auth.sign(Actor(person, person, Role.CASEWORKER), KEY)
        headers = {"Authorization": f"Bearer {token}"}
        return browser.client.get(f"/cases/{CASE}/document", headers=headers).status_code

    assert (status("ali"), status("caseworker")) == (404, 200)


def test_a_confidential_case_is_not_found_by_searching(browser: Browser, confidential: None) -> None:
    assert "Ingen sager passer" in browser.sign_in("ali").post("/search", {"q": "Bente"}).text
    assert browser.sign_in("caseworker").post("/search", {"q": "Bente"}).headers["Location"] == f"/cases/{CASE}"


def test_while_the_caseworker_is_away_the_deputy_reads_a_confidential_case_and_acts_in_it(
    browser: Browser, service: PortalService, phases: FakePhases, confidential: None
) -> None:
    away(service, TODAY, TODAY)
    phases.answers["POST", "/actions/complete"] = (200, {"revision": 5})
    ali = browser.sign_in("ali")

    there, done = seen(ali), ali.post(f"/cases/{CASE}/intake/actions/intake.complete")
    acting = [actor for actor, method, _, _, _ in phases.calls if method == "POST"]
    away(service, TODAY - timedelta(days=3), TODAY - timedelta(days=1))
    calls = len(phases.calls)

    assert (there, done.status_code) == ([True] * 4, 302)
    assert acting == [Actor("ali", "Ali Demir", Role.CASEWORKER, covers=(Covered("caseworker", "Karen Lund"),))]
    assert ali.post(f"/cases/{CASE}/intake/actions/intake.complete").status_code == 404
    assert len(phases.calls) == calls


def test_news_of_a_confidential_case_that_has_moved_names_nobody(caseworker: Browser, hear: Hear, busy: None) -> None:
    told = NotificationSent(kind="case.changed", to="Karen", channel="portal", sent_at=NOW, case_id=str(CASE))
    hear(told, "scheduler", subject=f"person:caseworker/{CASE}")
    hear(changed(ALI, is_confidential=True), "intake", 9, at=NOW + timedelta(minutes=1))

    assert "Bente" not in caseworker.get("/day").text


def test_the_list_behind_the_bell_leads_to_no_confidential_case_that_has_moved(
    caseworker: Browser, hear: Hear, busy: None
) -> None:
    told = NotificationSent(kind="hearing-answer", to="Karen Lund", channel="portal", sent_at=NOW, case_id=str(CASE))
    hear(told, "scheduler", subject=f"person:caseworker/{CASE}")
    there = caseworker.get("/notifications").text
    hear(changed(ALI, is_confidential=True), "intake", 9, at=NOW + timedelta(minutes=1))

    moved = caseworker.get("/notifications").text
    assert [("2026-00417" in page, "Svar på partshøring" in page) for page in (there, moved)] == [
        (True, True), (False, True),
    ]  # fmt: skip


def test_a_namesake_with_another_id_is_somebody_else(caseworker: Browser, hear: Hear, busy: None) -> None:
    hear(changed(("karen-2", "Karen Lund")), "intake", 9, at=NOW + timedelta(minutes=1))

    assert "2026-00417" not in caseworker.get("/day").text


# the team
def table(page: str) -> list[str]:
    return [words(row) for row in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)[1:]]


@pytest.fixture
def team(hear: Hear, busy: None) -> None:
    """Beside Karen's: Ali's case with a late follow-up, and one of nobody."""
    hear(changed(ALI, "2026-00500"), "intake", 1, subject=OTHER)
    hear(due("follow-up", date(2026, 3, 10)), "followup", 1, subject=OTHER)
    hear(changed(None, "2026-00600"), "intake", 1, subject=UUID(int=8))


def test_the_leader_sees_what_is_late_and_coming_per_caseworker(browser: Browser, team: None) -> None:
    rows = table(browser.sign_in("leader").get("/team").text)

    assert {row.split(" ")[0]: re.findall(r"\d+", row) for row in rows} == {
        "Ali": ["1", "1", "0", "0", "0"],
        "Karen": ["1", "0", "1", "1", "1"],
        "Uden": ["1", "0", "0", "0", "0"],
    }


def test_a_count_leads_to_the_deadlines_behind_it(browser: Browser, team: None) -> None:
    leader = browser.sign_in("leader")
    page = leader.get("/team").text
    address = re.search(r'href="([^"]+who=ali&amp;kinds=follow-ups)#list" class="sg-late">1<', page)
    assert address

    listed = leader.get(html.unescape(address[1])).text.split('id="list"')[1]

    assert "2026-00500" in listed
    assert "2026-00417" not in listed


def test_the_whole_teams_deadlines_stand_with_whose_they_are(browser: Browser, team: None) -> None:
    listed = words(browser.sign_in("leader").get("/team").text.split('id="list"')[1])

    assert "2026-00500 Opfølgning · Ali Demir" in listed
    assert listed.index("2026-00500") < listed.index("2026-00417")


def test_what_waits_for_the_leader_is_counted_and_listed(browser: Browser, hear: Hear, team: None) -> None:
    task = Task(name="assessment.approve", label="Svar på indstillingen", roles=("leader",))
    hear(OverviewChanged(warnings=(), tasks=(task,)), "assessment", 2, subject=OTHER)

    waiting = section(browser.sign_in("leader").get("/team").text, "waiting")

    assert waiting == "Venter på dig (1) Bente Holm 2026-00500 Svar på indstillingen · Ali Demir"


def test_the_team_page_asks_as_often_for_three_cases_as_for_sixty(
    browser: Browser, service: PortalService, hear: Hear, team: None
) -> None:
    leader, asked = browser.sign_in("leader"), []
    sa.event.listen(service.database.engine, "before_cursor_execute", lambda c, cur, s, *_: asked.append(s))
    leader.get("/team")
    few = len(asked)
    for n in range(60):
        hear(changed((f"p{n}", f"Person {n}"), f"2026-1{n:04d}"), "intake", 1, subject=UUID(int=100 + n))
        hear(due("follow-up", TODAY), "followup", 1, subject=UUID(int=100 + n))
    asked.clear()

    assert "Vis de næste" in leader.get("/team").text
    assert len(asked) == few


def test_per_provider_stand_unanswered_orders_notes_and_follow_ups(browser: Browser, hear: Hear, team: None) -> None:
    hear(due("order-answer", date(2026, 3, 20), "x-hus"), "ordering", 1)
    hear(due("status-note", date(2026, 3, 30), "x-hus"), "followup", 2)
    for provider in ("x-hus", "havnen"):  # the day in OTHER concerns both who deliver there
        hear(ProviderChanged(provider_id=provider, name=provider.title()), "ordering", 9, subject=provider)
        hear(
            PositionChanged(process="delivery", number=1, key=provider, arrives="running"), "delivery", 1, subject=OTHER
        )

    leader = browser.sign_in("leader")
    rows = table(leader.get("/team/providers").text)
    behind = words(leader.get("/team/providers?provider=x-hus").text.split('id="list"')[1])

    assert rows == ["Havnen – – 1 over fristen", "X-Hus 1 over fristen 1 kommer 1 over fristen"]
    assert [kind in behind for kind in ("Svar på bestilling", "Statusnotat", "Opfølgning · Ali Demir")] == [True] * 3
    assert "Opfølgning · Karen Lund" not in behind


def test_no_address_on_these_pages_holds_a_citizens_name_or_number(browser: Browser, hear: Hear, team: None) -> None:
    pages = [browser.sign_in("leader").get("/team").text, browser.sign_in("caseworker").get("/day").text]

    addresses = [found for page in pages for found in re.findall(r'(?:href|hx-get)="([^"]+)"', page)]
    assert [one for one in addresses if one.startswith(f"/cases/{CASE}")]
    assert not [one for one in addresses if re.search("Bente|Holm|250379", one)]


def test_colleagues_of_the_own_team_are_offered_first(service: PortalService) -> None:
    with service.database.writing() as session:
        session.add(Person(id="zoe", name="Zoe", role="caseworker", team="nord"))
        session.get_one(Person, "caseworker").team = "nord"
        session.flush()
        offered = [one.id for one in people.colleagues(session, session.get_one(Person, "caseworker"))]

    assert offered == ["zoe", "ali"]


@pytest.mark.postgres
def test_on_postgresql_the_pages_read_the_same(postgres_url: str, phases: FakePhases) -> None:
    service = create(PortalSettings(database=postgres_url, token_key=auth.public_key(KEY)))
    service.clock = lambda: NOW
    upgrade(service)
    service.enter(phases, demo=True)  # type: ignore[arg-type]
    told = [
        (changed(is_confidential=True), "intake", CASE), (due("follow-up", TODAY), "followup", CASE),
        (PositionChanged(process="delivery", number=1, key="x-hus", arrives="running"), "delivery", CASE),
        (ProviderChanged(provider_id="x-hus", name="X-Hus"), "ordering", "x-hus"),
    ]  # fmt: skip
    with service.database.writing() as session:
        for message, producer, subject in told:
            take(session, (envelope(message, producer, subject=subject), message))
    browser = Browser(create_app(service).test_client())
    paths = {"caseworker": ("/day", "/cases"), "leader": ("/team", "/team/providers?provider=x-hus")}

    pages = [browser.sign_in(who).get(path) for who, listed in paths.items() for path in listed]
    more = browser.sign_in("caseworker").get(f"/day?after=2026-03-23_{CASE}_follow-up_1")
    service.close()

    assert [(page.status_code, "2026-00417" in page.text) for page in (*pages, more)] == [(200, True)] * 5


# one's own calendar
def test_the_address_of_ones_calendar_is_shown_once(caseworker, phases):
    phases.answers["POST", "/calendar"] = (201, {"path": "/calendar/hemmelig.ics"})

    assert "http://localhost/calendar/hemmelig.ics" in caseworker.post("/preferences/calendar").text
    assert "hemmelig" not in caseworker.get("/preferences").text


def test_a_calendar_program_gets_the_deadlines_without_signing_in(browser, phases):
    phases.answers["GET", "/calendar/hemmelig.ics"] = (200, "BEGIN:VCALENDAR\r\nSUMMARY:Opfølgning\r\n")

    answer = browser.get("/calendar/hemmelig.ics")

    assert (answer.status_code, answer.mimetype) == (200, "text/calendar")
    assert "Opfølgning" in answer.text


def test_an_address_that_is_void_is_not_there(browser, phases):
    phases.answers["GET", "/calendar/forkert.ics"] = (404, {"detail": "Kalenderen findes ikke"})
    assert browser.get("/calendar/forkert.ics").status_code == 404


def test_an_address_is_made_void(caseworker, phases):
    phases.answers["DELETE", "/calendar"] = (204, "")

    assert caseworker.post("/preferences/calendar/end").status_code == 302
    assert [(method, path) for _, method, _, path, _ in phases.calls if path == "/calendar"] == [
        ("DELETE", "/calendar")
    ]


def test_finance_has_no_calendar(browser):
    assert browser.sign_in("finance").post("/preferences/calendar").status_code == 404


# how one is told
def test_how_one_is_told_is_chosen_and_told_to_others_once(caseworker: Browser, service: PortalService) -> None:
    assert (
        'value="both" class="form-radio" aria-describedby="channel-both-hint" checked'
        in caseworker.get("/preferences").text
    )

    for channel in ("both", "portal", "portal", "both"):
        assert caseworker.post("/preferences/channel", {"channel": channel}).status_code == 302

    assert [told["channel"] for told in told_of(service, "caseworker")] == ["portal", "both"]


def test_who_covers_and_how_one_is_told_are_told_together(caseworker: Browser, service: PortalService) -> None:
    caseworker.post("/preferences/channel", {"channel": "portal"})
    caseworker.post("/preferences", {"away_from": "24.3.26", "away_to": "2.4.26", "deputy": "ali"})

    newest = told_of(service, "caseworker")[-1]
    assert (newest["channel"], newest["deputy"]) == ("portal", "ali")


@pytest.mark.parametrize("channel", ["", "pigeon"])
def test_another_way_of_being_told_is_refused_at_its_field(
    caseworker: Browser, service: PortalService, channel: str
) -> None:
    answer = caseworker.post("/preferences/channel", {"channel": channel})

    assert answer.status_code == 422
    assert 'id="channel-error"' in answer.text
    assert 'href="#channel"' in answer.text
    assert told_of(service, "caseworker") == []


@pytest.mark.parametrize("person", ["finance", "provider-x-hus"])
def test_others_are_told_as_they_are(browser: Browser, busy: None, person: str) -> None:
    assert browser.sign_in(person).post("/preferences/channel", {"channel": "portal"}).status_code == 404
