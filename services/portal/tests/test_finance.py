"""For finance: granted against billed, files of commitments, and files of actuals with their bad lines."""

from __future__ import annotations

import base64
import re
from io import BytesIO
from typing import Any

import pytest

from .conftest import Browser, FakePhases
from .test_help_and_reuse import words
from .test_pages import hidden

ACTUALS = "/finance/actuals"
FILE = b"linje;bel\xf8b\n1;100,00\n2;x\n"  # as it came, in whatever encoding
TOTALS = {"count": 2, "debit": "1500.00", "credit": "500.00", "total": "1000.00"}
MADE = {
    "number": 7, "made_at": "2026-03-20T09:00:00+00:00", "made_by": "Finn Holst", "sha256": "a1b2c3",
    "control": {**TOTALS, "accounts": [{"account_number": "5.38.38", **TOTALS}]},
}  # fmt: skip
BOOKED: dict[str, Any] = {"number": 1, "file": "A-17", "booked": 1, "total": "100.00", "left_out": []}


@pytest.fixture
def books(phases: FakePhases, known: None) -> FakePhases:
    row = {"granted": "1000.00", "committed": "800.00", "billed": "1234.50", "remaining": "-234.50"}
    phases.answers |= {
        ("GET", "/finance/overview"): (200, {"rows": [{"case": "2026-00417", **row}], "next": None}),
        ("GET", "/finance/files"): (200, {"files": [MADE], "next": 7}),
        ("GET", ACTUALS): (200, {"files": [BOOKED], "next": None}),
    }
    return phases


@pytest.fixture
def finance(browser: Browser) -> Browser:
    return browser.sign_in("finance")


@pytest.mark.parametrize("person", ["caseworker", "leader", "operator", "provider-x-hus"])
def test_the_books_are_for_finance_alone(browser: Browser, books: FakePhases, person: str) -> None:
    browser.sign_in(person)
    paths = ("/finance", "/finance/commitments", "/finance/commitments/7", ACTUALS)

    assert [browser.get(path).status_code for path in paths] == [404] * 4
    assert [browser.post(path).status_code for path in ("/finance/commitments", ACTUALS)] == [404] * 2


def test_finance_begins_with_what_is_granted_against_what_is_billed(finance: Browser, books: FakePhases) -> None:
    assert finance.get("/").headers["Location"] == "/finance"

    page = words(finance.get("/finance").text)

    assert "2026-00417 1.000,00 800,00 1.234,50 -234,50 over det bevilgede" in page


def test_a_provider_is_named_and_the_next_page_stays_with_providers(finance: Browser, books: FakePhases) -> None:
    row = {"provider": "x-hus", "granted": "1.00", "committed": "1.00", "billed": "0.00", "remaining": "1.00"}
    books.answers["GET", "/finance/overview"] = (200, {"rows": [row], "next": "x-hus"})

    page = finance.get("/finance?by=provider").text

    assert books.sent("GET")["params"] == {"by": "provider"}
    assert "X-Hus 1,00" in words(page)
    assert 'href="/finance?by=provider&amp;after=x-hus"' in page


def test_a_way_that_there_is_not_is_by_case(finance: Browser, books: FakePhases) -> None:
    finance.get("/finance?by=citizen")

    assert books.sent("GET")["params"] == {"by": "case"}


# files out
def test_earlier_files_stand_with_their_control_totals(finance: Browser, books: FakePhases) -> None:
    page = finance.get("/finance/commitments").text

    told = words(page)
    assert "Fil 7 20. marts 2026 kl. 10.00 · Finn Holst" in told
    assert "2 posteringer · debet 1.500,00 kr. · kredit 500,00 kr. · i alt 1.000,00 kr." in told
    assert "5.38.38 2 1.500,00 500,00 1.000,00" in told
    assert 'href="/finance/commitments?before=7"' in page


def test_a_file_is_made_and_told(finance: Browser, books: FakePhases) -> None:
    books.answers["POST", "/finance/files"] = (201, MADE)

    done = finance.post("/finance/commitments")

    assert done.headers["Location"] == "/finance/commitments"
    assert "Fil 7 er dannet med 2 posteringer." in words(finance.get("/finance/commitments").text)


def test_where_there_is_nothing_to_put_into_a_file_that_is_said(finance: Browser, books: FakePhases) -> None:
    books.answers["POST", "/finance/files"] = (409, {"detail": "Alle posteringer er i en fil"})

    finance.post("/finance/commitments")

    assert "Alle posteringer er i en fil" in words(finance.get("/finance/commitments").text)


def test_a_file_is_handed_on_byte_for_byte(finance: Browser, books: FakePhases) -> None:
    books.answers["GET", "/finance/files/7"] = (200, "1;1000,00\r\n")

    answer = finance.get("/finance/commitments/7")

    assert answer.data == b"1;1000,00\r\n"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"


# files in
def upload(browser: Browser, data: bytes = FILE, **more: str) -> Any:
    return browser.post(ACTUALS, {"file": (BytesIO(data), "afregning.csv"), **more})


def test_a_file_is_booked_as_it_came(finance: Browser, books: FakePhases) -> None:
    books.answers["POST", ACTUALS] = (200, BOOKED)

    page = upload(finance)

    assert (books.sent("POST")["data"], books.sent("POST")["params"]) == (FILE, {})
    assert "1 linje af filen A-17 er bogført, i alt 100,00 kr." in words(page.text)


def test_bad_lines_are_named_and_then_nothing_is_booked(finance: Browser, books: FakePhases) -> None:
    wrong = [{"field": "lines[2].amount", "message": "Beløbet kan ikke læses"}]
    books.answers["POST", ACTUALS] = (422, {"errors": wrong})

    page = upload(finance)

    assert page.status_code == 422
    assert "Intet er indlæst endnu" in words(page.text)
    assert "2 amount Beløbet kan ikke læses" in words(page.text)


def test_the_good_lines_of_the_same_bytes_are_booked_when_somebody_says_so(finance: Browser, books: FakePhases) -> None:
    wrong = {"field": "amount", "message": "Beløbet kan ikke læses"}
    books.answers["POST", ACTUALS] = (422, {"errors": [{**wrong, "field": "lines[2].amount"}]})
    page = upload(finance).text
    books.answers["POST", ACTUALS] = (200, {**BOOKED, "left_out": [{"line": 2, **wrong}]})

    done = finance.post(ACTUALS, {"given": hidden(page, "given"), "good_lines": "1"})

    assert (books.sent("POST")["data"], books.sent("POST")["params"]) == (FILE, {"good_lines": "true"})
    assert "Disse linjer er ikke indlæst" in words(done.text)
    assert "2 amount Beløbet kan ikke læses" in words(done.text)


def test_of_a_file_that_is_wrong_as_a_whole_no_lines_can_be_booked(finance: Browser, books: FakePhases) -> None:
    books.answers["POST", ACTUALS] = (422, {"field": "file", "detail": "Kontroltallet passer ikke"})

    page = upload(finance)

    assert "Hele filen – Kontroltallet passer ikke" in words(page.text)
    assert 'name="good_lines"' not in page.text


@pytest.mark.parametrize("given", ["", "ingen base64"])
def test_without_a_file_nothing_is_sent_on(finance: Browser, books: FakePhases, given: str) -> None:
    page = finance.post(ACTUALS, {"given": given})

    assert page.status_code == 422
    assert not re.search("POST", " ".join(method for _, method, *_ in books.calls))


def test_a_file_that_is_too_large_is_not_sent_on(finance: Browser, books: FakePhases) -> None:
    page = finance.post(ACTUALS, {"given": base64.b64encode(b"x" * (2 * 1024 * 1024 + 1)).decode()})

    assert page.status_code == 413
    assert "Filen er for stor." in words(page.text)


def test_files_that_were_taken_in_before_stand_with_what_was_left_out(finance: Browser, books: FakePhases) -> None:
    left = [{"line": 4, "field": "order", "message": "Bestillingen kendes ikke"}]
    books.answers["GET", ACTUALS] = (200, {"files": [{**BOOKED, "left_out": left}], "next": None})

    page = words(finance.get(ACTUALS).text)

    assert "A-17 1 100,00 1 Udeladte linjer: A-17 Linje 4, order: Bestillingen kendes ikke" in page
