"""The register of providers: what is entered, what is refused, and who is told."""

from __future__ import annotations

from typing import Any

import pytest

from casework.testing.cases import wrong

from .conftest import ECONOMY, LONE, World

X_HUS = {"name": "X-Hus", "cvr": "12345674", "p_number": "1001234567", "ean": "5790000000005", "offer": "mobile-offer"}
BY_THE_HOUR = {"service": "support-daily-tasks-at-home", "unit": "hour", "price": "450.00"}


def put(world: World, id_: str = "x-hus", by: Any = ECONOMY, **entry: Any) -> Any:
    return world.register(id_, by, **{**X_HUS, **entry})


def test_a_provider_that_is_registered_is_told_of(world: World):
    assert put(world).status_code == 200

    assert world.said("provider.changed") == [{"provider_id": "x-hus", **X_HUS, "channel": "portal"}]
    assert world.call("get", "/providers/x-hus").json["name"] == "X-Hus"


def test_the_same_twice_is_told_once(world: World):
    put(world, price_from="425.00")
    put(world, price_from="425.00")

    assert len(world.said("provider.changed")) == 1


@pytest.mark.parametrize(
    "slip",
    [
        {"cvr": "12345675"},
        {"ean": "5790000000006"},
        {"p_number": "100"},
        {"price_from": "2.00", "price_to": "1.00"},
        {"name": " "},
        {"webhook_url": "http://x-hus.example/orders"},
        {"webhook_url": "https://kim:secret@x-hus.example/orders"},
        {"webhook_url": "https://"},
        {"channel": "webhook", "webhook_url": None},
    ],
    ids=str,
)
def test_a_wrong_number_is_refused_and_named(world: World, slip):
    assert wrong(put(world, **slip)) == (None, [*slip][-1])
    assert world.call("get", "/providers/x-hus").status_code == 404


def test_a_provider_writes_nothing_in_the_register(world: World):
    assert put(world, by=LONE).status_code == 403


def test_the_register_is_read_page_by_page(world: World):
    for number in range(52):
        put(world, f"p{number:02}")

    first = world.call("get", "/providers").json
    assert (len(first["providers"]), first["next"]) == (50, "p49")
    assert [p["id"] for p in world.call("get", "/providers?after=p49").json["providers"]] == ["p50", "p51"]


@pytest.mark.parametrize("url", ["https://x-hus.example/orders", "http://127.0.0.1:8099/orders", "http://[::1]/"])
def test_a_webhook_is_encrypted_or_on_this_machine(world: World, url: str):
    assert put(world, channel="webhook", webhook_url=url).json["webhook_url"] == url
    assert "webhook_url" not in world.said("provider.changed")[0]


def test_what_is_not_said_of_the_channel_is_the_portal_and_json(world: World):
    entry = put(world).json

    assert (entry["channel"], entry["message_format"]) == ("portal", "json")


# approval
@pytest.mark.rule("ORD-13")
@pytest.mark.parametrize(
    "offer, needs",
    [("ordinary-long-term-residential", True), ("outpatient-treatment-101", True), ("mobile-offer", False)],
)
def test_the_kind_of_offer_says_whether_socialtilsynet_must_approve_it(world: World, offer: str, needs: bool):
    entry = put(world, offer=offer, approved_until="2027-06-30").json

    assert (entry["needs_approval"], entry["approved_until"]) == (needs, "2027-06-30")


# tariffs
def test_tariffs_are_kept_by_date_to_the_last_oere(world: World):
    tariffs = [
        {**BY_THE_HOUR, "valid_to": "2026-12-31"},
        {**BY_THE_HOUR, "price": "460.05", "valid_from": "2027-01-01"},
        {"unit": "day", "price_from": "1200.00", "price_to": "1350.10", "offer": "mobile-offer"},
    ]
    put(world, tariffs=tariffs)

    assert world.call("get", "/providers/x-hus").json["tariffs"] == tariffs
    assert world.said("provider.changed")[0]["tariffs"] == tariffs


@pytest.mark.parametrize(
    "tariffs, field",
    [
        ([BY_THE_HOUR, {**BY_THE_HOUR, "valid_from": "2027-01-01"}], "tariffs[1]"),
        ([{**BY_THE_HOUR, "valid_from": "2027-01-01", "valid_to": "2026-12-31"}], "tariffs[0].valid_to"),
        ([{**BY_THE_HOUR, "price": None}], "tariffs[0].price"),
        ([{**BY_THE_HOUR, "price": None, "price_from": "1.00"}], "tariffs[0].price"),
        ([{**BY_THE_HOUR, "price": "-1.00"}], "tariffs[0].price"),
        ([{**BY_THE_HOUR, "price_from": "1.00"}], "tariffs[0].price"),
        ([{**BY_THE_HOUR, "price": None, "price_from": "2.00", "price_to": "1.00"}], "tariffs[0].price_to"),
        ([{**BY_THE_HOUR, "price": 450}], "tariffs[0].price"),
        ([{"price": "450.00"}], "tariffs[0].unit"),
    ],
    ids=lambda given: str(given) if isinstance(given, str) else "",
)
def test_a_tariff_that_cannot_hold_is_refused_and_named(world: World, tariffs: Any, field: str):
    assert wrong(put(world, tariffs=tariffs)) == (None, field)
    assert world.call("get", "/providers/x-hus").status_code == 404


def test_the_same_service_may_be_charged_by_another_unit_or_at_another_offer(world: World):
    tariffs = [BY_THE_HOUR, {**BY_THE_HOUR, "unit": "day"}, {**BY_THE_HOUR, "offer": "acute-offer"}]

    assert put(world, tariffs=tariffs).status_code == 200
