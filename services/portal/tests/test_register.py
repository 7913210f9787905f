"""The provider register: found by name, read with its tariffs, kept by those who may, and taken in from a file."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import event

from casework.contracts.ordering import ProviderChanged
from portal.app import PortalService
from portal.register import approval, tariffs

from .conftest import Browser, FakePhases
from .test_help_and_reuse import words
from .test_pages import hidden

X_HUS: dict[str, Any] = {
    "id": "x-hus", "name": "X-Hus", "cvr": "12345674", "offer": "mobile-offer", "channel": "webhook",
    "message_format": "json", "webhook_url": "https://x-hus.example/orders", "approved_until": "2026-04-30",
    "needs_approval": True, "changed_at": "2026-03-20T09:00:00+00:00",
    "tariffs": [
        {"unit": "hour", "price": "500.00", "valid_from": "2025-01-01", "valid_to": "2025-12-31"},
        {"unit": "hour", "price_from": "510.00", "price_to": "540.00", "valid_from": "2026-01-01"},
    ],
}  # fmt: skip
IMPORT = "/providers/import"
LINES = "id;name\nx-hus;X-Hus\n;Uden id\n"


@pytest.fixture
def register(phases: FakePhases, known: None) -> FakePhases:
    phases.answers["GET", "/providers/x-hus"] = (200, X_HUS)
    return phases


@pytest.fixture
def finance(browser: Browser) -> Browser:
    return browser.sign_in("finance")


def many(hear: Callable[..., None], number: int) -> None:
    for n in range(number):
        hear(ProviderChanged(provider_id=f"p-{n:03}", name=f"Hus {n % 7}"), "ordering", subject=f"p-{n:03}")


# reading
def test_providers_are_listed_by_name_a_page_at_a_time_with_one_statement(
    finance: Browser, service: PortalService, hear: Callable[..., None]
) -> None:
    many(hear, 60)
    statements: list[str] = []
    event.listen(service.database.engine, "after_cursor_execute", lambda *args: statements.append(args[2]))
    seen: list[str] = []
    address = "/providers"

    while address:
        statements.clear()
        page = finance.get(address).text
        seen += re.findall(r'href="/providers/(p-\d{3})"', page)
        more = re.search(r'href="(/providers\?[^"]*after=[^"]*)"', page)
        address = more[1].replace("&amp;", "&") if more else ""
        assert len([s for s in statements if "FROM provider" in s]) == 1

    assert len(seen) == len(set(seen)) == 60


@pytest.mark.parametrize("q, found", [("hus", True), ("12345674", True), ("%", False), ("Nordly", False)])
def test_a_provider_is_found_by_a_part_of_the_name_or_by_its_number(
    finance: Browser, register: FakePhases, q: str, found: bool
) -> None:
    page = finance.get("/providers", query_string={"q": q}).text

    assert ('href="/providers/x-hus"' in page) is found


def test_a_provider_stands_with_its_channel_and_its_tariffs_the_newest_first(
    caseworker: Browser, register: FakePhases
) -> None:
    page = words(caseworker.get("/providers/x-hus").text)

    assert "Kanal til bestillinger Webhook" in page
    assert page.index("510,00–540,00 kr. pr. time") < page.index("500,00 kr. pr. time")
    assert "1. januar 2025 – 31. december 2025" in page


@pytest.mark.rule("ORD-13")
@pytest.mark.parametrize("until, needed, told", [
    ("2026-05-23", True, "soon"), ("2026-05-24", True, "good"), ("2026-03-24", True, "soon"),
    ("2026-03-23", True, "over"), (None, True, "missing"), (None, False, ""),
])  # fmt: skip
def test_an_approval_that_runs_out_within_sixty_days_is_told(until: str | None, needed: bool, told: str) -> None:
    entry = {"needs_approval": needed, **({"approved_until": until} if until else {})}

    assert approval(entry, date(2026, 3, 24)) == told


def test_the_page_warns_of_an_approval_that_runs_out(caseworker: Browser, register: FakePhases) -> None:
    assert "Godkendelsen udløber 30. april 2026." in words(caseworker.get("/providers/x-hus").text)


def test_tariffs_stand_together_by_what_they_are_for() -> None:
    rows = [{"unit": "hour", "service": s, "valid_from": d} for s, d in (("b", "2025"), ("a", "2025"), ("b", "2026"))]

    assert [(t["service"], t["valid_from"]) for t in tariffs({"tariffs": rows})] == [
        ("a", "2025"), ("b", "2026"), ("b", "2025"),
    ]  # fmt: skip


# who may
@pytest.mark.parametrize("person, reads, keeps", [
    ("caseworker", 200, 404), ("leader", 200, 200), ("operator", 200, 200), ("provider-x-hus", 404, 404),
])  # fmt: skip
def test_those_who_order_read_the_register_and_others_keep_it(
    browser: Browser, register: FakePhases, person: str, reads: int, keeps: int
) -> None:
    browser.sign_in(person)

    assert [browser.get(p).status_code for p in ("/providers", "/providers/x-hus")] == [reads] * 2
    assert [browser.get(p).status_code for p in ("/providers/x-hus/edit", "/providers/new", IMPORT)] == [keeps] * 3
    if keeps == 404:
        posts = ("/providers/x-hus/edit", "/providers/new", IMPORT)
        assert [browser.post(p).status_code for p in posts] == [404] * 3


# keeping
def typed(page: str, **more: str) -> dict[str, str]:
    return {"version": hidden(page, "version"), "name": "X-Hus", "channel": "portal", **more}


def test_a_provider_is_kept_as_it_was_typed_with_its_tariffs(finance: Browser, register: FakePhases) -> None:
    register.answers["PUT", "/providers/x-hus"] = (200, X_HUS)
    page = finance.get("/providers/x-hus/edit").text
    tariff = {"tariffs[0].unit": "hour", "tariffs[0].price": "1.234,50", "tariffs[0].valid_from": "1.1.2026"}

    done = finance.post("/providers/x-hus/edit", typed(page, cvr="12345674", **tariff))

    assert 'name="tariffs[1].price_from" value="510,00"' in page
    assert register.sent("PUT")["json"] == {
        "name": "X-Hus", "cvr": "12345674", "channel": "portal",
        "tariffs": [{"unit": "hour", "price": "1234.50", "valid_from": "2026-01-01"}],
    }  # fmt: skip
    assert done.headers["Location"] == "/providers/x-hus"


def test_what_the_register_refuses_is_said_at_the_field_and_stays_typed(finance: Browser, register: FakePhases) -> None:
    page = finance.get("/providers/x-hus/edit").text
    wrong = [{"field": "cvr", "message": "Ikke et CVR-nummer"}, {"field": "tariffs[0].price", "message": "Negativ"}]
    register.answers["PUT", "/providers/x-hus"] = (422, {"errors": wrong})
    tariffs = {"tariffs[0].~gone": "1", "tariffs[1].unit": "hour", "tariffs[1].price": "-5"}

    refused = finance.post("/providers/x-hus/edit", typed(page, cvr="1", **tariffs))

    assert refused.status_code == 422
    assert 'href="#f-cvr">Ikke et CVR-nummer</a>' in refused.text
    assert re.search(r'name="tariffs\[0\]\.price" value="-5,00"[^>]*aria-invalid="true"', refused.text)


def test_what_cannot_be_read_is_not_sent(finance: Browser, register: FakePhases) -> None:
    page = finance.get("/providers/x-hus/edit").text

    refused = finance.post("/providers/x-hus/edit", typed(page, price_from="mange"))

    assert refused.status_code == 422
    assert 'name="price_from" value="mange"' in refused.text
    assert [method for _, method, *_ in register.calls if method == "PUT"] == []


def test_whoever_saves_after_a_colleague_sees_theirs_first_and_loses_nothing(
    finance: Browser, register: FakePhases
) -> None:
    page = finance.get("/providers/x-hus/edit").text
    register.answers["GET", "/providers/x-hus"] = (200, {**X_HUS, "phone": "70000011"})
    register.answers["PUT", "/providers/x-hus"] = (200, X_HUS)

    told = finance.post("/providers/x-hus/edit", typed(page, phone="70000099"))
    again = finance.post("/providers/x-hus/edit", typed(told.text, phone="70000099"))

    assert told.status_code == 412
    assert "En anden har rettet udføreren, mens du skrev." in words(told.text)
    assert 'name="phone" value="70000099"' in told.text
    assert "Telefon 70000099 70000011" in words(told.text)
    assert again.status_code == 302


def test_a_new_provider_gets_an_id_of_its_own(finance: Browser, register: FakePhases) -> None:
    register.answers["PUT", "/providers/nordly"] = (200, X_HUS)

    answers = [finance.post("/providers/new", {"name": "Nordly", "id": id}) for id in ("x-hus", "Æ/..", "nordly")]

    assert [answer.status_code for answer in answers] == [422, 422, 302]
    assert "Id&#39;et er i brug" in answers[0].text
    assert 'name="id" value="Æ/.."' in answers[1].text
    assert register.sent("PUT")["json"] == {"name": "Nordly"}


# a file
def test_a_file_is_taken_in_and_told(finance: Browser, register: FakePhases) -> None:
    register.answers["POST", IMPORT] = (200, {"changed": ["x-hus"], "unchanged": 3, "faults": []})

    page = finance.post(IMPORT, {"file": (BytesIO("\ufeff".encode() + b"id;name\n"), "udf.csv")})

    sent = register.sent("POST")
    assert sent["data"] == b"\xef\xbb\xbfid;name\n"  # as it came: the register reads a BOM
    assert (sent["params"], sent["headers"]) == ({}, {"Content-Type": "text/csv"})
    assert "1 udfører er ny eller rettet, 3 er, som de var." in words(page.text)


def test_every_bad_line_is_named_by_its_number_and_the_file_stays_on_the_page(
    finance: Browser, register: FakePhases
) -> None:
    wrong = [{"field": "lines[3].id", "message": "Skriv udførerens id"}]
    register.answers["POST", IMPORT] = (422, {"errors": wrong})

    page = finance.post(IMPORT, {"file": (BytesIO(LINES.encode()), "udf.csv")})

    assert page.status_code == 422
    assert "Intet er indlæst endnu" in words(page.text)
    assert "3 id Skriv udførerens id" in words(page.text)
    assert f'spellcheck="false">\n{LINES}</textarea>' in page.text


def test_the_good_lines_go_in_when_somebody_says_so_and_the_others_stay(finance: Browser, register: FakePhases) -> None:
    left = [{"line": 3, "field": "id", "reason": "Skriv udførerens id"}]
    register.answers["POST", IMPORT] = (200, {"changed": ["x-hus"], "unchanged": 0, "faults": left})

    page = finance.post(IMPORT, {"lines": LINES, "good_lines": "1"})

    assert register.sent("POST")["params"] == {"good_lines": "true"}
    assert "Disse linjer er ikke indlæst" in words(page.text)
    assert LINES in page.text


@pytest.mark.parametrize("lines, status", [("x" * (2 * 1024 * 1024 + 1), 413), ("", 422)])
def test_what_is_too_large_or_empty_is_not_sent_on(
    finance: Browser, register: FakePhases, lines: str, status: int
) -> None:
    page = finance.post(IMPORT, {"lines": lines})

    assert page.status_code == status
    assert [method for _, method, *_ in register.calls if method == "POST"] == []


def test_while_ordering_is_down_the_lines_are_kept(finance: Browser, register: FakePhases) -> None:
    register.down = {"ordering"}

    away = finance.post(IMPORT, {"lines": LINES})

    assert away.status_code == 503
    assert LINES in away.text


def test_the_register_is_fetched_as_it_can_be_taken_in_again(caseworker: Browser, register: FakePhases) -> None:
    register.answers["GET", "/providers.csv"] = (200, LINES)

    answer = caseworker.get("/providers/register.csv")

    assert (answer.mimetype, answer.text) == ("text/csv", LINES)
