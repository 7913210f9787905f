"""The portal in a real browser, in front of the whole house in one process: with JavaScript, and without."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import waitress

from casework.service.clock import FileClock
from onebox.house import House

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
CPR = "2503794431"
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 375, "height": 750}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A house with an empty demo, on a free port."""
    data = tmp_path_factory.mktemp("house")
    FileClock(data / "clock").set(datetime(2026, 3, 24, 9, 42, tzinfo=UTC))
    house = House(data, clock=f"file:{data / 'clock'}", demo=True)
    house.start()
    server = waitress.create_server(house.apps["portal"], host="127.0.0.1", port=0, threads=6)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    thread.join(5)
    house.close()


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

    def open_case(self) -> str:
        """A new case; its path."""
        self.page.goto("/cases/new")
        self.page.get_by_label("Borgerens CPR-nummer").fill(CPR)
        self.page.get_by_role("button", name="Åbn sagen").click()
        self.page.wait_for_url(re.compile(r"/cases/[0-9a-f-]{36}$"))
        return str(self.page.url).removeprefix(str(self.page.evaluate("location.origin")))


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

    for path in ("/cases", "/cases/new", "/notifications", "/menu", case, f"{case}/intake", f"{case}/intake/consent",
                 f"{case}/assessment/case_information"):  # fmt: skip
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        assert page.locator("h1").count() == 1, path
