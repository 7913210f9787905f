"""The portal in a real browser, in front of the whole house in one process: with JavaScript, and without."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from casework.contracts.ordering import OrderSent
from casework.contracts.scheduler import NotificationSent
from casework.contracts.values import Goal
from casework.messaging import Envelope
from casework.process import Actor, Role
from casework.schema import dump
from casework.service.clock import FileClock
from onebox.house import House

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
AXE = Path(__file__).parents[1] / "npm/node_modules/axe-core/axe.min.js"
CPR = "2503794431"
KAREN = Actor("caseworker", "Karen Lund", Role.CASEWORKER)
FINN = Actor("finance", "Finn Holst", Role.FINANCE)
LONE = Actor("provider-x-hus", "X-Hus", Role.PROVIDER, provider_id="x-hus")
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 375, "height": 750}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with an empty demo."""
    data = tmp_path_factory.mktemp("house")
    FileClock(data / "clock").set(datetime(2026, 3, 24, 9, 42, tzinfo=UTC))
    made = House(data, clock=f"file:{data / 'clock'}", demo=True)
    made.start()
    yield made
    made.close()


class Quiet(WSGIRequestHandler):
    """Does not log each request: the test whose log it would be may be over."""

    def log_request(self, *_: Any) -> None: ...


def whole(app: Any) -> Any:
    """The app, whose answers are read whole and closed: the server leaves a file open that nobody awaits any more."""

    def answer(environ: Any, start_response: Any) -> list[bytes]:
        with closing(app(environ, start_response)) as parts:
            return [b"".join(parts)]

    return answer


@pytest.fixture(scope="module")
def address(house: House) -> Iterator[str]:
    """Its portal, on a free port."""
    server = make_server("127.0.0.1", 0, whole(house.apps["portal"]), threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    if not CHROMIUM.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{CHROMIUM} is missing")
        pytest.skip(f"{CHROMIUM} is missing")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


class Person:
    """Somebody with a browser of their own. What the browser complains of is kept."""

    def __init__(self, chromium: Any, address: str, *, javascript: bool = True, size: Any = WIDE) -> None:
        self.context = chromium.new_context(java_script_enabled=javascript, viewport=size, base_url=address)
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.complaints: list[str] = []
        self.page.on("console", lambda told: self.complaints.append(told.text) if told.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def sign_in(self, name: str = "Karen Lund") -> Person:
        self.page.goto("/sign-in")
        self.page.get_by_label(re.compile(name)).check()
        self.page.locator("main").get_by_role("button", name="Log på").click()
        return self

    def open_case(self, track: str = "Almindelig sag", number: str = CPR) -> str:
        """A new case; its path."""
        self.page.goto("/cases/new")
        self.page.get_by_label("Borgerens CPR-nummer").fill(number)
        self.page.get_by_label(track).check()
        self.page.get_by_role("button", name="Åbn sagen").click()
        self.page.wait_for_url(re.compile(r"/cases/[0-9a-f-]{36}$"))
        return str(self.page.url).removeprefix(str(self.page.evaluate("location.origin")))

    def choose(self, question: str, answer: str) -> None:
        """Answer one of the questions of the form."""
        group = self.page.get_by_role("group", name=re.compile(f"^{re.escape(question)}"))
        group.get_by_label(answer, exact=True).first.check()

    def press(self, name: str) -> None:
        """Press a button, and be on the next page."""
        button = self.page.get_by_role("button", name=name, exact=True)
        with self.page.expect_navigation():
            button.click()

    def barriers(self) -> list[str]:
        """What on this page keeps somebody out, by WCAG 2.1 A and AA."""
        self.page.evaluate(AXE.read_text("utf-8"))
        found = self.page.evaluate(
            "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']}).then(r => r.violations)"
        )
        return [f"{v['id']}: {node['target']} {node['html'][:160]}" for v in found for node in v["nodes"]]


@pytest.fixture
def people(chromium: Any, address: str) -> Iterator[Any]:
    made: list[Person] = []

    def make(**options: Any) -> Person:
        made.append(Person(chromium, address, **options))
        return made[-1]

    yield make
    for person in made:
        person.context.close()


def test_a_case_is_opened_filled_in_and_carried_on_without_javascript(people: Any) -> None:
    karen = people(javascript=False).sign_in()
    page, case = karen.page, karen.open_case()

    page.goto(f"{case}/intake/enquiry")
    page.get_by_label("Årsag til sagsåbning").fill("Vil bo selv\nog have ro")
    page.get_by_label("Dato for modtagelse af henvendelsen").fill("2.3.26")
    page.get_by_role("group", name="Orientering af borgeren").get_by_label("Ja").check()
    page.locator("summary", has_text="Tilføj").click()
    page.get_by_label("Lægestillet diagnose").fill("Blind")
    page.get_by_role("button", name="Gem", exact=True).click()

    assert "Gemt kl." in page.locator("main").inner_text()
    assert page.get_by_label("Årsag til sagsåbning").input_value() == "Vil bo selv\nog have ro"
    assert page.get_by_label("Dato for modtagelse af henvendelsen").input_value() == "02.03.2026"
    assert page.get_by_label("Lægestillet diagnose").first.input_value() == "Blind"

    page.goto(case)
    assert "Diagnosen mangler læge eller dato" in page.locator("main").inner_text()
    page.get_by_role("button", name="Gør sagsåbningen færdig").click()
    assert "Det kan ikke lade sig gøre endnu" in page.locator("#sg-errors").inner_text()
    page.get_by_role("link", name="Gå til feltet").click()
    assert "/intake/rights" in page.url


def test_what_is_typed_is_saved_by_itself_and_the_page_breaks_no_policy(people: Any) -> None:
    karen = people().sign_in()
    page, case = karen.page, karen.open_case()

    page.goto(f"{case}/intake/wishes_and_purpose")
    page.get_by_label("Borgerens ønsker for fremtiden").fill("At løbe to gange om ugen")
    page.locator("#sg-save", has_text="Gemt kl.").wait_for()
    with page.expect_response(lambda answer: "Kort+afklaring" in (answer.request.post_data or "")) as saved:
        page.get_by_label("Formålet med udredningen").fill("Kort afklaring")
    assert saved.value.ok
    page.reload()

    assert page.get_by_label("Borgerens ønsker for fremtiden").input_value() == "At løbe to gange om ugen"
    assert page.get_by_label("Formålet med udredningen").input_value() == "Kort afklaring"
    assert karen.complaints == []


def test_pressing_save_while_a_save_is_under_way_stands_in_nobodys_way(people: Any) -> None:
    karen = people().sign_in()
    page, case = karen.page, karen.open_case()

    page.goto(f"{case}/intake/wishes_and_purpose")
    wishes = page.get_by_label("Borgerens ønsker for fremtiden")
    wishes.fill("Først")
    page.locator("#sg-save", has_text="Gemt kl.").wait_for()
    wishes.fill("Først, og så mere")
    page.get_by_role("button", name="Gem og luk").click()  # leaving the field saves; pressing saves too
    page.wait_for_url(re.compile("/intake$"))
    page.goto(f"{case}/intake/wishes_and_purpose")

    assert page.get_by_label("Borgerens ønsker for fremtiden").input_value() == "Først, og så mere"


@pytest.mark.parametrize("javascript", [True, False])
def test_two_people_who_write_the_same_both_keep_their_text(people: Any, javascript: bool) -> None:
    karen, ulla = people(javascript=javascript).sign_in(), people(javascript=False).sign_in("Ulla Berg")
    case = karen.open_case()
    for one in (karen, ulla):
        one.page.goto(f"{case}/intake/wishes_and_purpose")

    ulla.page.get_by_label("Borgerens ønsker for fremtiden").fill("Ullas tekst")
    ulla.page.get_by_role("button", name="Gem", exact=True).click()
    karen.page.get_by_label("Borgerens ønsker for fremtiden").fill("Karens tekst")
    if javascript:
        karen.page.locator("#sg-save", has_text="Ulla Berg har rettet det samme").wait_for()
        karen.page.get_by_role("button", name="Se begge, og vælg").click()
    else:
        karen.page.get_by_role("button", name="Gem", exact=True).click()

    conflict = karen.page.locator("#sg-conflict")
    conflict.wait_for()
    told = conflict.inner_text()
    assert "Karens tekst" in told
    assert "Ullas tekst" in told
    assert "Ulla Berg rettede det" in told

    conflict.get_by_label("Behold min tekst").check()
    karen.page.get_by_role("button", name="Gem og luk").click()
    karen.page.wait_for_url(re.compile("/intake$"))
    ulla.page.goto(f"{case}/intake/wishes_and_purpose")
    assert ulla.page.get_by_label("Borgerens ønsker for fremtiden").input_value() == "Karens tekst"


def test_the_case_page_draws_the_process_and_marks_where_the_case_is(people: Any) -> None:
    karen = people().sign_in()
    karen.open_case()

    karen.page.locator(".djs-element.sg-here[data-element-id=intake_complete]").wait_for(state="attached")

    assert karen.page.locator(".sg-here-label").inner_text() == "Her er sagen"
    assert karen.page.locator("a.bjs-powered-by").is_visible()
    assert karen.complaints == []


def test_the_cpr_number_is_shown_on_demand_and_for_this_page_only(people: Any) -> None:
    karen = people().sign_in()
    page, case = karen.page, karen.open_case()
    page.goto(f"{case}/intake/citizen")
    page.get_by_label("Borgerens navn").fill("Bente Holm")
    page.get_by_label("Borgerens CPR-nummer").fill("250379-4431")
    page.get_by_role("button", name="Gem og luk").click()
    page.wait_for_url(re.compile("/intake$"))
    page.goto(case)
    assert CPR not in page.content()
    assert "250379-4431" not in page.content()

    page.get_by_role("button", name="Vis CPR-nummer").click()
    page.get_by_text("250379-4431").wait_for()
    page.goto(case)

    assert "250379-4431" not in page.content()
    assert CPR not in page.url


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_nothing_scrolls_sideways(people: Any, size: Any) -> None:
    karen = people(size=size).sign_in()
    page, case = karen.page, karen.open_case()

    for path in ("/day", "/preferences", "/cases", "/cases/new", "/notifications", "/menu", case, f"{case}/intake",
                 f"{case}/intake/consent", f"{case}/assessment/case_information"):  # fmt: skip
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        assert page.locator("h1").count() == 1, path


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_clear_case_goes_from_opening_to_recommendation_in_few_steps(people: Any, size: Any) -> None:
    karen = people(size=size).sign_in()
    page, case = karen.page, karen.open_case("Klar sag", "0107614432" if size is WIDE else "2307914522")

    page.get_by_role("link", name="Udfyld sagsåbning").click()
    page.locator("main table").get_by_role("link", name="Borger", exact=True).click()
    page.get_by_label("Borgerens navn").fill("Ali Sand")
    page.get_by_label("Borgerens adresse").fill("Havnegade 12, 9999 Prøveby")
    karen.press("Gem og gå til næste")
    page.get_by_label("Årsag til sagsåbning").fill("Ali ser dårligt og kan ikke læse sin post.")
    page.get_by_label("Henvendelse/opfølgning/egen drift").select_option("citizen")
    page.get_by_label("Dato for modtagelse af henvendelsen").fill("23.3.26")
    assert page.get_by_text("Borgerens eventuelle lægefaglige diagnoser").count() == 0  # a clear case is not asked
    karen.press("Gem og gå til næste")
    page.get_by_label("Formålet med udredningen").fill("Finde den rette hjælp til posten.")
    karen.press("Gem og gå til næste")
    karen.choose("Klar sag", "Ja")
    karen.press("Gem og gå til næste")
    for question in ("Værgemål", "Repræsentation"):
        karen.choose(question, "Nej")
    for question in ("Ret til repræsentation", "Elektronisk registrering"):
        karen.choose(question, "Ja")
    karen.press("Gem og gå til næste")
    karen.choose("Samtykke", "Nej")
    karen.press("Gem og gå til næste")
    karen.choose("Helhedssyn", "Ja")
    page.get_by_label("Helhedssyn – angiv hvilke").fill("§ 85 og hjælpemidler")
    karen.press("Gem og luk")
    karen.press("Gør sagsåbningen færdig")

    page.goto(f"{case}/assessment/case_information")
    page.locator("summary", has_text="Tilføj: funktionsevneniveau").click()
    page.get_by_label("Undertema", exact=True).select_option(label="Håndtere post")
    page.get_by_role("radio", name="3 – Svært nedsat funktionsevne").last.check()
    karen.choose("Partshøring", "Nej")
    karen.press("Gem og gå til næste")
    page.get_by_label("Vurdering af borgerens støttebehov og indsats").fill(
        "Ali er berettiget. Alternativ er overvejet."
    )
    page.locator("summary", has_text="Tilføj: indsatsmål").click()
    page.get_by_label("Borgerens målformulering").fill("Jeg læser min post hver mandag")
    karen.choose("Måltype", "Udvikle funktionsevne")
    page.get_by_label("Primært udredningstema").select_option(label="Håndtere post")
    karen.press("Gem og luk")
    page.get_by_role("link", name="Send indstilling", exact=True).click()
    karen.press("Send indstilling")

    seen = page.locator("main").inner_text()
    assert "Gjort: Send indstilling" in seen
    assert "Jeg læser min post hver mandag" in seen
    assert "nu 3" in seen
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert karen.complaints == []


def test_a_value_that_the_track_hides_waits_for_a_larger_track(people: Any) -> None:
    karen = people(javascript=False).sign_in()
    page, case = karen.page, karen.open_case("Klar sag")
    page.goto(f"{case}/intake/enquiry")

    page.get_by_label("Årsag til sagsåbning").fill("Vil bo selv")
    karen.press("Gem, og vis alle felter")
    page.get_by_label("Henvendelser forud for sagsåbningen").fill("To breve i 2025")
    karen.press("Gem, og vis kun sporets felter")
    assert page.get_by_label("Årsag til sagsåbning").input_value() == "Vil bo selv"
    assert page.get_by_label("Henvendelser forud for sagsåbningen").input_value() == "To breve i 2025"

    page.goto(case)
    page.get_by_text("Flyt til et større spor").click()
    page.get_by_label("Nyt spor").select_option(label="Almindelig sag")
    karen.press("Flyt sagen")
    assert "Sagen følger nu sporet Almindelig sag" in page.locator("main").inner_text()


def test_an_entry_is_taken_out_without_javascript_and_its_source_is_named(people: Any) -> None:
    karen = people(javascript=False).sign_in()
    page, case = karen.page, karen.open_case()
    page.goto(f"{case}/assessment/case_assessment")
    for goal in ("Jeg åbner min post", "Jeg laver mad"):
        new = page.locator("details.sg-entry-new", has=page.get_by_label("Borgerens målformulering"))
        new.locator("> summary").click()
        new.get_by_label("Borgerens målformulering").fill(goal)
        karen.press("Gem")

    cooking = page.locator("details.sg-entry", has=page.locator("summary", has_text="Jeg laver mad"))
    cooking.locator("> summary").click()
    cooking.get_by_label("Fjern, når jeg gemmer").check()
    mail = page.locator("details.sg-entry", has=page.locator("summary", has_text="Jeg åbner min post"))
    mail.locator("> summary").click()
    mail.get_by_text("Hvem ved du det fra?").first.click()
    mail.get_by_label("Hvem det kommer fra").first.select_option(label="Pårørende")
    karen.press("Gem")

    assert page.locator("summary", has_text="Jeg laver mad").count() == 0
    assert "ifølge pårørende" in page.locator("main").text_content()


def _order(house: House, case: UUID, version: int, wishes: str) -> None:
    """Delivery hears of a version of an order, as ordering would tell it."""
    goal = Goal(id="g1", goal_statement="Jeg åbner min post", goal_type="develop", primary_subtheme="handling-mail")
    order = OrderSent(
        provider_id="x-hus", order_number="2026-00002-1", version=version, sent_on=date(2026, 3, 18 + version),
        reason="Nyt ønske" if version > 1 else None, citizen_name="Jonas Holm", cpr_number="1405821237",
        citizen_wishes=wishes, goals=(goal,),
    )  # fmt: skip
    told = Envelope(
        id=uuid4(), type=order.contract.name, version=1, subject=str(case), numbers={"delivery": version},
        time=datetime(2026, 3, 24, 9, 42, tzinfo=UTC), producer="ordering", body=dump(order),
    )  # fmt: skip
    house.services["delivery"].inbox.receive([told.to_json()])
    house.settle()


@pytest.fixture(scope="module")
def worked(house: House) -> dict[str, str]:
    """A case with something on every page, and an earlier one of the same citizen: their paths."""
    phases, cases = house.phases(), {"earlier": UUID(int=0xE), "now": UUID(int=0xF)}

    def ask(method: str, phase: str, path: str, body: Any, who: Actor = KAREN) -> None:
        answer = phases.call(who, method, phase, path, json=body, headers={"If-Match": "*"})
        assert answer.ok, answer.text
        house.settle()

    theme = {"theme": "relations", "other_information": "Hun ringer aldrig", "caseworker_remarks": "Er mest alene"}
    score = {"subtheme": "handling-mail", "current_functioning_level": 3}
    known = {"theme_entries": [theme], "functioning_scores": [score], "citizen_wishes": "At være med"}
    goal = {"goal_statement": "Jeg åbner min post", "goal_type": "develop", "primary_subtheme": "handling-mail"}
    source = {"kind": "staff", "name": "Pædagog Lone", "document": {"title": "Hjemmebesøg"}}
    path = "case_information.theme_entries[relations].other_information"
    for case in cases.values():
        ask("POST", "intake", "/cases", {"id": str(case), "cpr_number": "1405821237", "track": "complex"})
        ask("PATCH", "intake", f"/cases/{case}", {"citizen": {"citizen_name": "Jonas Holm"}})
        ask("POST", "assessment", f"/cases/{case}/actions/start", {})
        given = {"case_information": known, "sources": {path: source}} if case == cases["earlier"] else {}
        judged = {"goals": [goal], "support_need_assessment": "Berettiget", "primary_target_group": "alcohol-misuse"}
        ask("PATCH", "assessment", f"/cases/{case}", {**given, "case_assessment": judged})
    now = cases["now"]
    ask("PATCH", "intake", f"/cases/{now}", {"consent": {"reused_information_consent": True}})
    items = ["case_information.theme_entries[relations]", "case_information.functioning_scores[handling-mail]"]
    ask("POST", "assessment", f"/cases/{now}/actions/reuse", {"from_case": str(cases["earlier"]), "items": items})
    ask("POST", "assessment", f"/cases/{now}/actions/recommend", {})
    ask("PUT", "ordering", "/providers/x-hus", {"name": "X-Hus"}, FINN)
    for version, wishes in ((1, "At være med"), (2, "At være med i koret")):
        _order(house, now, version, wishes)
        if version == 1:
            ask("POST", "delivery", f"/cases/{now}/actions/accept", {}, LONE)
    return {name: f"/cases/{case}" for name, case in cases.items()}


PAGES = (
    "", "/intake", "/intake/enquiry", "/intake/rights", "/intake/consent", "/assessment",
    "/assessment/case_information", "/assessment/case_assessment", "/assessment/question_sets",
    "/assessment/recommendation", "/assessment/changes", "/reuse",
    "/assessment/actions/assessment.approve", "/intake/actions/intake.request_information",
    "/decision", "/decision/letter", "/ordering", "/ordering/orders", "/delivery", "/access-log",
)  # fmt: skip
ELSEWHERE = (
    "/team", "/team/providers", "/preferences", "/cases/new", "/help/themes", "/providers", "/providers/new",
    "/providers/import", "/providers/x-hus", "/providers/x-hus/edit", "/letter-templates", "/letter-templates/result",
    "/notifications", "/menu",
)  # fmt: skip


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_no_page_of_a_case_keeps_anybody_out(people: Any, worked: dict[str, str], size: Any) -> None:
    ulla = people(size=size).sign_in("Ulla Berg")

    assert kept_out(ulla, (*ELSEWHERE, *(f"{worked['now']}{path}" for path in PAGES))) == {}


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("name, paths", [
    ("Karen Lund", ("/day", "/cases", "/preferences")),
    ("Finn Holst", ("/finance", "/finance/commitments", "/finance/actuals")),
    ("X-Hus", ("/provider", "/provider{now}", "/provider{now}/documentation", "/provider{now}/status_note",
               "/provider{now}/actions/delivery.accept?version=2", "/notifications")),
], ids=["caseworker", "finance", "provider"])  # fmt: skip
@pytest.mark.parametrize("language", ["da", "en"])
def test_no_page_of_a_role_keeps_anybody_out(
    people: Any, worked: dict[str, str], size: Any, name: str, paths: tuple[str, ...], language: str
) -> None:
    somebody = people(size=size).sign_in(name)
    somebody.page.wait_for_url(re.compile(r"/(day|finance|provider)$"))
    somebody.page.goto(f"/language/{language}")
    order = worked["now"].replace("/cases/", "/orders/")

    assert kept_out(somebody, [path.format(now=order) for path in paths]) == {}


def kept_out(somebody: Person, paths: Iterable[str]) -> dict[str, list[str]]:
    """What keeps people out, by page; that nothing scrolls sideways is seen to here."""
    found = {}
    for path in paths:
        answer = somebody.page.goto(path)
        assert answer.ok, path
        if barriers := in_the_way(somebody):
            found[path] = barriers
        if shots := os.environ.get("SCREENSHOTS"):
            width = somebody.page.viewport_size["width"]
            lang = somebody.page.locator("html").get_attribute("lang")
            name = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")
            somebody.page.screenshot(path=f"{shots}/{name}-{width}-{lang}.png", full_page=True)
    return found


def in_the_way(somebody: Person) -> list[str]:
    """What on this page keeps people out, with all folds open; it does not scroll sideways."""
    if not AXE.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{AXE} is missing: npm ci in tests/npm")
        pytest.skip("needs the packages of tests/npm")
    somebody.page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    assert somebody.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), somebody.page.url
    return somebody.barriers()


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("path, field, button", [
    ("/providers/x-hus/edit", "Telefon", "Gem"),
    ("/letter-templates/contact", "Skabelon", "Tag i brug"),
], ids=["provider", "template"])  # fmt: skip
def test_who_saves_second_sees_both_texts_and_nobody_is_kept_out(
    people: Any, worked: dict[str, str], size: Any, path: str, field: str, button: str
) -> None:
    first, second = people(javascript=False).sign_in("Ulla Berg"), people(size=size).sign_in("Ulla Berg")
    second.page.wait_for_url(re.compile("/team$"))
    texts = {first: f"70 00 00 {size['width']}", second: f"70 99 99 {size['width']}"}
    for one in (first, second):
        one.page.goto(path)
    for one, text in texts.items():
        one.page.get_by_label(field, exact=True).fill(text)
        one.press(button)

    assert second.page.get_by_label(field, exact=True).input_value() == texts[second]
    assert in_the_way(second) == []
    assert texts[first] in second.page.locator("main").inner_text()
    second.press(button)
    assert second.page.get_by_text("En anden har rettet").count() == 0


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_what_is_wrong_in_ones_preferences_keeps_nobody_out(people: Any, size: Any) -> None:
    karen = people(size=size).sign_in()
    karen.page.wait_for_url(re.compile("/day$"))
    karen.page.goto("/preferences")
    karen.page.get_by_label("Første dag væk").fill("i morgen")
    karen.press("Gem")

    assert "Skriv datoen som 24.03.2026" in karen.page.locator("#sg-errors").inner_text()
    assert in_the_way(karen) == []


def test_what_was_reused_is_confirmed_on_the_case_itself(people: Any, worked: dict[str, str]) -> None:
    karen = people(javascript=False).sign_in()
    page = karen.page
    page.goto(worked["now"])

    assert "Genbrugt, ikke bekræftet (2)" in page.locator("main").inner_text()
    page.get_by_role("button", name=re.compile("Det gælder stadig.*Relationer")).click()
    assert "Genbrugt, ikke bekræftet (1)" in page.locator("main").inner_text()
    page.get_by_role("link", name=re.compile("Ret det.*Håndtere post")).click()
    assert page.url.endswith("/assessment/case_information#f-functioning_scores")


def test_a_section_of_the_letter_is_mended_and_taken_back_without_javascript(
    people: Any, worked: dict[str, str]
) -> None:
    karen = people(javascript=False).sign_in()
    karen.page.goto(f"{worked['now']}/decision/letter")
    section = karen.page.locator("#s-contact")

    section.get_by_text("Ret afsnittet").click()
    section.get_by_label("Tekst").fill("Ring til mig\n\n- om mandagen")
    section.get_by_role("button", name="Gem afsnittet").click()
    assert "rettet i hånden\nRing til mig" in re.sub(r"\n+", "\n", section.inner_text())

    section.get_by_text("Ret afsnittet").click()
    section.get_by_role("button", name="Tilbage til den foreslåede tekst").click()
    assert "rettet i hånden" not in section.inner_text()
    assert "Ring til mig" not in section.inner_text()


def ring(house: House, person: str = "caseworker") -> None:
    """The portal hears that somebody has been told something."""
    now = datetime(2026, 3, 24, 9, 42, tzinfo=UTC)
    told = NotificationSent(kind="hearing-answer", to="x", channel="portal", sent_at=now)
    envelope = Envelope(
        id=uuid4(), type=told.contract.name, version=1, subject=f"person:{person}/{uuid4()}", numbers={"portal": 1},
        time=now, producer="scheduler", body=dump(told),
    )  # fmt: skip
    house.services["portal"].inbox.receive([envelope.to_json()])


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_bell_counts_on_by_itself_on_whatever_page_and_rests_while_nobody_looks(
    people: Any, house: House, size: Any
) -> None:
    karen = people(size=size).sign_in()
    page, asked = karen.page, []
    page.clock.install()
    page.goto("/menu")
    place = "#sg-bell" if size is WIDE else "#sg-bell-small"
    before = int("0" + "".join(re.findall(r"\d+", page.locator(place).text_content())))
    page.on("request", lambda request: asked.append(request.url) if "/notifications/bell" in request.url else None)

    ring(house)
    page.clock.fast_forward(61_000)
    page.locator(f"{place} .sg-count", has_text=str(before + 1)).wait_for()
    with page.expect_response(lambda answer: "/notifications/bell" in answer.url) as again:
        page.clock.fast_forward(61_000)
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    page.clock.fast_forward(301_000)

    assert again.value.status == 304
    assert len(asked) == 2
    with page.expect_response(lambda answer: "/notifications/bell" in answer.url):
        page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    assert karen.complaints == []


def test_without_javascript_the_bell_is_a_link_with_its_number(people: Any, house: House) -> None:
    karen = people(javascript=False).sign_in()
    ring(house)

    karen.page.goto("/cases")
    assert re.search(r"\d", karen.page.locator("#sg-bell").inner_text())
    karen.page.get_by_role("link", name=re.compile("Beskeder")).click()
    assert karen.page.url.endswith("/notifications")


def test_a_deputys_day_tells_by_itself_for_whom_and_asks_on_quietly(people: Any) -> None:
    ali, karen = people().sign_in("Ali Demir"), people(javascript=False).sign_in()
    ali.page.clock.install()
    ali.page.goto("/day")
    karen.page.goto("/preferences")
    karen.page.get_by_label("Første dag væk").fill("24.3.26")
    karen.page.get_by_label("Sidste dag væk").fill("2.4.26")
    karen.page.get_by_label("Hvem afløser?").select_option(label="Ali Demir")
    karen.press("Gem")

    ali.page.clock.fast_forward(31_000)
    ali.page.get_by_text("Du afløser Karen Lund til og med 2. april 2026").wait_for()
    with ali.page.expect_response(lambda answer: answer.url.endswith("/day")) as again:
        ali.page.clock.fast_forward(31_000)
    karen.press("Fjern afløseren")

    assert again.value.status == 304
    assert ali.page.get_by_text("Du afløser Karen Lund").count() == 1
    assert ali.complaints == []
