"""Offers that socialtilsynet has not approved, and what the register says a provider charges."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from casework.contracts.common import DeadlineCancelled, DeadlineRequested
from casework.contracts.ordering import ProviderChanged
from casework.contracts.scheduler import DeadlineMissed
from casework.contracts.values import ProviderTariff
from casework.messaging.tables import Outgoing
from casework.schema import Amount

from .conftest import Played, World, assessed, goal, help_from, made

STAY = {
    "services": ("long-term-stay", "support-daily-tasks-at-home"),
    "offer": "ordinary-long-term-residential",
    "expected_start_date": date(2026, 5, 1),
}
FIELD = "ordering.order.interventions[i1].offer"


def x_hus(approved_until: str | None = None, **more: Any) -> ProviderChanged:
    day = date.fromisoformat(approved_until) if approved_until else None
    return ProviderChanged(provider_id="x-hus", name="X-Hus", approved_until=day, **more)


@pytest.fixture
def stay(case: Played) -> Played:
    """A home at X-Hus from 1 May is granted; X-Hus is in the register, and not approved."""
    return case.hear(x_hus(), assessed(1, goal("g1")), made(help_from("x-hus", **STAY), legal_bases=("sel-108",)))


def watched(case: Played) -> list[date]:
    """The days that the scheduler watches."""
    cancelled = {d.key for d in case.sent(DeadlineCancelled) if d.kind == "unapproved-offer"}
    asked = [d for d in case.sent(DeadlineRequested) if d.kind == "unapproved-offer"]
    return [d.due for d in asked if d.key not in cancelled]


# the warning
@pytest.mark.rule("ORD-13")
def test_an_offer_that_is_not_approved_serves_for_three_weeks(stay: Played):
    assert stay.warned_of("ORD-13") == {
        (
            FIELD,
            "X-Hus er ikke godkendt af socialtilsynet. Uden godkendelse kan tilbuddet kun bruges ved akut behov, "
            "indtil den 22.05.2026. Orientér socialtilsynet",
        )
    }
    stay.send()
    assert stay.at() == ["answer"]


@pytest.mark.rule("ORD-13")
def test_socialtilsynet_may_give_three_weeks_more(stay: Played):
    stay.fill(acute_extension_agreed=True)

    ((_, message),) = stay.warned_of("ORD-13")
    assert "12.06.2026" in message


@pytest.mark.rule("ORD-13")
@pytest.mark.parametrize("until, warns", [("2026-05-01", False), ("2026-04-30", True), (None, True)])
def test_the_day_the_help_begins_is_the_day_to_be_approved_on(stay: Played, until: str | None, warns: bool):
    stay.hear(x_hus(until))

    assert bool(stay.warned_of("ORD-13")) is warns


@pytest.mark.rule("ORD-13")
def test_of_a_provider_that_is_not_in_the_register_nothing_is_known(case: Played):
    case.hear(assessed(1), made(help_from("x-hus", **STAY), legal_bases=("sel-108",)))

    ((_, message),) = case.warned_of("ORD-13")
    assert message.startswith("X-Hus står ikke i registret.")


@pytest.mark.rule("ORD-13")
def test_a_mobile_offer_needs_no_approval(granted: Played):
    granted.hear(x_hus()).send()

    assert "ORD-13" not in granted.warned()
    assert watched(granted) == []


@pytest.mark.rule("ORD-13")
@pytest.mark.parametrize("until, warns", [(None, False), ("2026-02-28", True), ("2027-02-28", False)])
def test_where_socialtilsynet_decides_singly_an_approval_tells_that_it_must_be_approved(
    case: Played, until: str | None, warns: bool
):
    case.hear(x_hus(until), assessed(1), made(help_from("x-hus", offer="shared-housing-3")))

    assert bool(case.warned_of("ORD-13")) is warns


# the day is watched
@pytest.mark.rule("ORD-13")
def test_the_end_of_the_three_weeks_is_not_forgotten(stay: Played):
    assert watched(stay) == []

    stay.send()
    (asked,) = [d for d in stay.sent(DeadlineRequested) if d.kind == "unapproved-offer"]
    assert (asked.due, asked.provider_id, asked.notify) == (date(2026, 5, 22), "x-hus", ("caseworker",))


@pytest.mark.rule("ORD-13")
def test_three_weeks_more_move_the_day(stay: Played):
    stay.send().fill(acute_extension_agreed=True)

    assert watched(stay) == [date(2026, 6, 12)]


@pytest.mark.rule("ORD-13")
def test_an_approval_that_comes_ends_the_watch(stay: Played):
    stay.send().answer("x-hus").hear(x_hus("2027-06-30"), when="2026-05-10")

    assert watched(stay) == []
    assert "ORD-13" not in stay.warned()


@pytest.mark.rule("ORD-13")
@pytest.mark.parametrize("end", ["no", "cancel"])
def test_an_order_that_is_over_is_watched_no_more(stay: Played, end: str):
    stay.send()
    if end == "no":
        stay.answer("x-hus", accepted=False)
    else:
        stay.cancel("x-hus")

    assert watched(stay) == []


@pytest.mark.rule("ORD-13")
def test_a_new_version_is_watched_as_it_begins(stay: Played):
    stay.send().answer("x-hus")
    later = help_from("x-hus", **{**STAY, "expected_start_date": date(2026, 7, 1)})
    stay.hear(assessed(2, goal("g1")), made(later, number=2, revision=2, legal_bases=("sel-108",)))
    stay.revise("x-hus")

    assert watched(stay) == [date(2026, 7, 22)]


def test_the_day_itself_moves_no_order(stay: Played):
    stay.send().answer("x-hus")
    missed = DeadlineMissed(kind="unapproved-offer", key="x-hus@2026-05-22", due=date(2026, 5, 22))
    stay.hear(missed, when="2026-05-23")

    assert stay.at() == ["running"]


# in the service
@pytest.mark.rule("ORD-13")
def test_the_register_is_asked_and_a_case_hears_when_it_changes(world: World):
    entry = {"name": "X-Hus", "offer": "ordinary-long-term-residential"}
    world.register("x-hus", **entry)
    world.hear(assessed(1, goal("g1")), by="assessment")
    world.hear(made(help_from("x-hus", **STAY), legal_bases=("sel-108",)), by="decision")
    world.do("send")
    assert "ORD-13" in [warned["rule"] for warned in world.part()["warnings"]]
    before = world.part()["revision"]

    world.register("x-hus", **entry, approved_until="2027-06-30")
    assert "ORD-13" not in [warned["rule"] for warned in world.part()["warnings"]]
    assert [d["key"] for d in world.said("deadline.cancelled")] == ["x-hus@2026-05-22"]
    after = world.part()["revision"]
    world.register("x-hus", **entry, approved_until="2027-06-30", phone="86123456")
    assert (after, world.part()["revision"]) == (before + 1, before + 1)


def test_the_register_is_told_to_others_only(world: World):
    world.register("x-hus", name="X-Hus")

    with world.service.database.reading() as session:
        (consumers,) = session.scalars(sa.select(Outgoing.consumers).where(Outgoing.type == "provider.changed"))
    assert consumers == ["scheduler", "reporting", "portal"]


# what it charges
def a_tariff(price: str, **more: Any) -> ProviderTariff:
    return ProviderTariff(**{"unit": "hour", "price": Amount(price), **more})


SERVICE = "support-daily-tasks-at-home"


def priced(case: Played, *tariffs: ProviderTariff) -> set[tuple[str, str]]:
    case.hear(x_hus(tariffs=tariffs))
    case.fill(interventions=[{"id": "i1", "service_lines": [{"id": "l-i1", "service": SERVICE}]}])
    return case.warned_of("PRI-11")


@pytest.mark.rule("PRI-11")
def test_a_price_that_is_not_the_providers_is_pointed_out_before_it_is_ordered(granted: Played):
    field = "ordering.order.interventions[i1].service_lines[l-i1].unit_price"

    assert priced(granted, a_tariff("450.00")) == {(field, "Udførerens takst er 450,00 kr.")}
    granted.send()
    assert granted.warned_of("PRI-11") == set()


@pytest.mark.rule("PRI-11")
def test_where_no_price_is_typed_the_tariff_is_shown(granted: Played):
    granted.fill(interventions=[{"id": "i1", "service_lines": [{"id": "l-i1", "unit_price": None}]}])

    interval = ProviderTariff(unit="hour", price_from=Amount("425.00"), price_to=Amount("475.50"))
    ((_, message),) = priced(granted, interval)
    assert message == "Udførerens takst er 425,00 kr. til 475,50 kr."


@pytest.mark.rule("PRI-11")
@pytest.mark.parametrize(
    "tariffs",
    [
        (a_tariff("500.00"),),
        (a_tariff("450.00", unit="day"),),
        (a_tariff("450.00", offer="acute-offer"),),
        (a_tariff("450.00", valid_to=date(2026, 3, 1)), a_tariff("500.00", valid_from=date(2026, 3, 2))),
        (a_tariff("450.00"), a_tariff("500.00", service=SERVICE)),
        (),
    ],
    ids=["the price", "another unit", "another offer", "by date", "the service before all", "none"],
)
def test_a_price_that_is_the_providers_on_the_day_is_right(granted: Played, tariffs: tuple[ProviderTariff, ...]):
    assert priced(granted, *tariffs) == set()
