"""A case's orders: status, answers, delivery, the ground on which they were shared, and what each version changed."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import CASE, PART, Browser, FakePhases
from .test_help_and_reuse import described, words

ORDERS = f"/cases/{CASE}/ordering/orders"
GOAL_FIELDS = [described("id", "Id"), described("goal_statement", "Målet")]
STEPS = {
    "phase": "ordering", "label": "Bestilling",
    "steps": [{"step": "order", "label": "Bestilling", "per": "provider", "by": ["caseworker"], "fields": [
        {"name": "goals", "label": "Indsatsmål", "type": "Goal", "many": True, "required": "never", "key": "id",
         "fields": GOAL_FIELDS},
        described("cpr_number", "CPR-nummer"),
    ]}],
    "actions": [{"action": "ordering.revise", "label": "Ny version", "by": ["caseworker", "leader"], "fields": []}],
}  # fmt: skip
ORDER: dict[str, Any] = {
    "number": "2026-00417-1", "version": 2, "version_in_force": 1, "status": "sent", "sent_on": "2026-03-20",
    "provider": {"id": "x-hus", "name": "X-Hus"}, "goals": [{"id": "g1", "goal_statement": "Jeg åbner min post"}],
    "sharing": {"ground": "consent", "citizen_informed": "2026-03-02"},
    "versions": [
        {"version": 1, "status": "accepted", "sent_on": "2026-03-02", "answered_on": "2026-03-04"},
        {"version": 2, "status": "sent", "sent_on": "2026-03-20", "reason": "Nyt mål",
         "changes": [["goals[g1].goal_statement", "Jeg betaler husleje", "Jeg åbner min post"]]},
    ],
}  # fmt: skip


@pytest.fixture
def ordered(phases: FakePhases, known: None) -> FakePhases:
    phases.answers["GET", "/cases/steps"] = (200, STEPS)
    tell(phases, ORDER)
    return phases


def tell(phases: FakePhases, *orders: dict[str, Any], drafts: Any = (), actions: Any = ("ordering.revise",)) -> None:
    part = {**PART, "phase": "ordering", "parts": {"orders": list(orders), "drafts": list(drafts)}, "warnings": []}
    phases.answers["GET", ""] = (200, {**part, "actions": list(actions)})


def test_an_order_stands_with_its_provider_status_and_the_version_in_force(
    caseworker: Browser, ordered: FakePhases
) -> None:
    page = words(caseworker.get(ORDERS).text)

    assert "X-Hus Venter på svar Bestilling 2026-00417-1 · version 2 sendt 20. marts 2026" in page
    assert "version 1 gælder, indtil udføreren har taget imod den nye" in page


def test_what_a_new_version_changes_stands_beside_it_in_words(caseworker: Browser, ordered: FakePhases) -> None:
    page = words(caseworker.get(ORDERS).text)

    assert "Version 2: Venter på svar · Nyt mål Se 1 ændring" in page
    assert "Indsatsmål · Målet Før: Jeg betaler husleje Nu: Jeg åbner min post" in page
    assert "Version 1: Taget imod (svar 4. marts 2026)" in page
    assert page.index("Version 2") < page.index("Version 1:")


SEEN = {
    "order": "x-hus", "number": "2026-00417-1", "version": 1, "status": "accepted", "acknowledged_version": 1,
    "acknowledged_at": "2026-03-04T09:00:00+00:00", "acknowledged_by": "Lone Holm",
}  # fmt: skip
WAITING: dict[str, Any] = {
    **SEEN, "status": "changed",
    "waiting": {"version": 2, "sent_on": "2026-03-20", "reason": "Nyt mål", "citizen_phone": "12345678"},
    "changes": [["goals[g1].goal_statement", "Jeg betaler husleje", "Jeg åbner min post"],
                ["citizen_phone", None, "12345678"], ["special_information", "Ring først", None]],
}  # fmt: skip


def deliver(phases: FakePhases, *deliveries: dict[str, Any], actions: Any = ()) -> None:
    part = {**PART, "phase": "delivery", "parts": {"deliveries": list(deliveries)}, "warnings": []}
    phases.answers["GET", "", "delivery"] = (200, {**part, "actions": list(actions)})


def test_it_is_said_when_the_provider_first_saw_the_order_and_who(caseworker: Browser, ordered: FakePhases) -> None:
    deliver(ordered, SEEN)

    told = "Version 1 er set hos udføreren første gang 4. marts 2026 kl. 10.00 af Lone Holm."
    assert told in words(caseworker.get(ORDERS).text)
    assert told in words(caseworker.get(f"/cases/{CASE}/delivery").text)


def test_an_order_that_is_answered_and_was_not_opened_is_not_marked(caseworker: Browser, ordered: FakePhases) -> None:
    deliver(ordered, {"order": "x-hus", "version": 1, "status": "accepted"})

    assert "Ikke set endnu" not in caseworker.get(ORDERS).text


def test_an_order_that_nobody_there_has_opened_is_marked(caseworker: Browser, ordered: FakePhases) -> None:
    deliver(ordered, {"order": "x-hus", "version": 1, "status": "sent"})

    assert "Ikke set endnu Ingen hos udføreren har åbnet version 1." in words(caseworker.get(ORDERS).text)


@pytest.mark.parametrize("page", [ORDERS, f"/cases/{CASE}/delivery"])
def test_a_version_that_waits_stands_beside_the_one_that_runs(
    caseworker: Browser, ordered: FakePhases, page: str
) -> None:
    deliver(ordered, WAITING)

    shown = words(caseworker.get(page).text)

    assert "Version 2 venter på udførerens svar. Version 1 gælder så længe." in shown
    assert "Borgerens telefonnummer Nu: 12345678" in shown
    assert "Særlige oplysninger om borgeren Før: Ring først (taget ud)" in shown


def test_orders_can_be_read_while_delivery_is_down(caseworker: Browser, ordered: FakePhases) -> None:
    ordered.down.add("delivery")

    page = words(caseworker.get(ORDERS).text)

    assert "X-Hus Venter på svar" in page
    assert "kan ikke se, om udføreren har åbnet bestillingen" in page


# where the provider answers
DELIVERY = {
    "phase": "delivery", "label": "Levering",
    "steps": [{"step": "documentation", "label": "Dokumentation", "per": "provider", "by": ["provider"], "fields": [
        described("citizen_wishes", "Borgerens ønsker for fremtiden")]}],
    "actions": [{"action": f"delivery.{name}", "label": name, "by": ["provider"], "fields": [
        described("order", "Bestilling"), described("version", "Version", type="int"),
        described("reason", "Begrundelse")]} for name in ("accept", "reject")],
}  # fmt: skip
OURS = f"/provider/orders/{CASE}"


@pytest.fixture
def provider(browser: Browser, phases: FakePhases, known: None) -> Browser:
    phases.answers["GET", "/cases/steps"] = (200, DELIVERY)
    phases.answers["POST", "/actions/accept"] = (200, {})
    deliver(phases, WAITING, actions=["delivery.accept", "delivery.reject"])
    return browser.sign_in("provider-x-hus")


def test_what_is_new_in_the_waiting_version_stands_by_its_own_yes_and_no(provider: Browser) -> None:
    text = provider.get(OURS).text
    page = words(text)

    assert "Ny version 2 venter på jeres svar Sendt 20. marts 2026 · »Nyt mål«." in page
    assert "Indsatsmål · Målformulering Før: Jeg betaler husleje Nu: Jeg åbner min post" in page.replace(
        "Borgerens målformulering", "Målformulering"
    )
    assert "Tag imod version 2 Sig nej til version 2" in page
    assert "Det, der gælder nu: version 1" in page
    assert f"{OURS}/actions/delivery.accept?version=2" in text


def test_a_provider_reads_all_that_it_was_sent(provider: Browser, phases: FakePhases) -> None:
    received = {"version": 1, "citizen_address": "Havnegade 12", "guardian_contact": {"name": "Søren Holm"}}
    deliver(phases, {**SEEN, "status": "sent", "received": received}, actions=["delivery.accept"])

    page = words(provider.get(OURS).text)

    assert "Borgerens adresse Havnegade 12" in page
    assert "Værges kontaktoplysninger Søren Holm" in page


def test_the_answer_is_to_the_version_that_was_read(provider: Browser, phases: FakePhases) -> None:
    page = provider.get(f"{OURS}/actions/delivery.accept?version=2").text
    assert "Version 2 gælder fra nu af" in page
    assert '<input type="hidden" name="version" value="2">' in page

    provider.post(f"{OURS}/actions/delivery.accept", {"version": "2"})

    assert phases.sent("POST")["json"] == {"version": 2, "order": "x-hus"}


def test_a_provider_that_says_no_is_told_what_still_holds(provider: Browser) -> None:
    assert "Version 1 gælder fortsat" in provider.get(f"{OURS}/actions/delivery.reject?version=2").text


def test_a_cpr_number_that_was_mended_stays_masked(caseworker: Browser, ordered: FakePhases) -> None:
    changed = {**ORDER["versions"][1], "changes": [["cpr_number", "2503794431", "0101701234"]]}
    tell(ordered, {**ORDER, "versions": [changed]})

    page = caseworker.get(ORDERS).text

    assert "250379-••••" in page
    assert "2503794431" not in page


def test_a_provider_that_says_no_is_shown_with_the_reason(caseworker: Browser, ordered: FakePhases) -> None:
    tell(ordered, {**ORDER, "status": "rejected", "answer_reason": "Ingen plads"})

    page = words(caseworker.get(ORDERS).text)

    assert "X-Hus Udføreren sagde nej" in page
    assert "Udførerens begrundelse: »Ingen plads«" in page


def test_each_message_says_how_it_went_and_why_it_failed(caseworker: Browser, ordered: FakePhases) -> None:
    failed = {"kind": "order.changed", "version": 2, "channel": "webhook", "status": "failed", "attempts": 6,
              "failure": "Modtageren svarede 504"}  # fmt: skip
    sent = {"kind": "order.sent", "version": 1, "channel": "webhook", "status": "sent", "attempts": 1,
            "sent_at": "2026-03-02T09:00:00+00:00"}  # fmt: skip
    tell(ordered, {**ORDER, "delivery": [sent, failed]})

    page = words(caseworker.get(ORDERS).text)

    assert "Ny bestilling, version 1 Webhook sendt 2. marts 2026 kl. 10.00" in page
    assert "Ændring, version 2 Webhook kunne ikke sendes Modtageren svarede 504 prøvet 6 gange" in page
    assert "læser bestillingen her i portalen" not in page


def test_a_provider_without_a_system_of_its_own_reads_it_in_the_portal(
    caseworker: Browser, ordered: FakePhases
) -> None:
    assert "Udføreren læser bestillingen her i portalen" in words(caseworker.get(ORDERS).text)


@pytest.mark.rule("ORD-08")
@pytest.mark.parametrize("sharing, told", [
    ({"ground": "consent"}, "Borgeren har givet samtykke."),
    ({"ground": "other-law", "reason": "Fare"}, "på dette grundlag: En anden lovbestemmelse – Fare"),
    ({}, "Hverken samtykke eller grundlag er skrevet Gå til feltet"),
])  # fmt: skip
def test_it_is_said_on_which_ground_the_provider_was_told(
    caseworker: Browser, ordered: FakePhases, sharing: dict[str, str], told: str
) -> None:
    tell(ordered, {**ORDER, "sharing": sharing})

    assert told in words(caseworker.get(ORDERS).text)


@pytest.mark.rule("ORD-11")
def test_departments_that_were_not_told_are_named(caseworker: Browser, ordered: FakePhases) -> None:
    tell(ordered, {**ORDER, "departments_notified": [{"name": "Job"}], "departments_not_told": [{"name": "Skole"}]})

    page = words(caseworker.get(ORDERS).text)

    assert "Også underrettet: Job" in page
    assert "Ikke underrettet, fordi samtykke mangler: Skole" in page


def test_what_was_handed_over_can_be_read(caseworker: Browser, ordered: FakePhases) -> None:
    page = words(caseworker.get(ORDERS).text)

    assert "Se, hvad udføreren har fået : X-Hus Indsatsmål Målet Jeg åbner min post" in page


def test_orders_that_are_not_sent_lead_to_their_forms(caseworker: Browser, ordered: FakePhases) -> None:
    tell(ordered, drafts=[{"key": "havnen", "provider": {"id": "havnen", "name": "Havnen"}}])

    page = caseworker.get(ORDERS).text

    assert "1 bestilling er ikke sendt endnu" in words(page)
    assert f'href="/cases/{CASE}/ordering/order?key=havnen">Havnen</a>' in page
    assert "Der er ikke sendt nogen bestilling endnu." in words(page)


@pytest.mark.parametrize("person", ["finance", "operator", "provider-x-hus"])
def test_nobody_else_has_the_page(browser: Browser, ordered: FakePhases, person: str) -> None:
    assert browser.sign_in(person).get(ORDERS).status_code == 404


def test_each_service_is_asked_once_however_many_orders_there_are(caseworker: Browser, ordered: FakePhases) -> None:
    caseworker.get(ORDERS)
    tell(ordered, *[ORDER] * 30)
    ordered.calls.clear()

    assert caseworker.get(ORDERS).status_code == 200
    assert [service for _, _, service, _, _ in ordered.calls] == ["ordering", "delivery"]
