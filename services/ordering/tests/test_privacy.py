"""On which ground a provider is told, whether the citizen knows, and which departments hear of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from casework.contracts.common import NotificationRequested
from casework.contracts.intake import ConsentChanged
from casework.contracts.ordering import OrderSent
from casework.contracts.values import Consent, Party
from casework.schema import dump

from .conftest import Played, assessed, consents, goal, help_from, made

GROUND, INFORMED = "ordering.order.sharing_exception", "ordering.order.citizen_informed_of_sharing"
EXCEPTION = {
    "sharing_exception": "data-protection-act-7",
    "sharing_exception_reason": "Uden oplysningerne kan hjælpen ikke begynde",
}


def asked(case: Played) -> set[str]:
    """What ORD-08 asks for."""
    return {field for field, _ in case.warned_of("ORD-08")}


@pytest.fixture
def unasked(case: Played) -> Played:
    """Help at X-Hus is granted, and nobody has asked the citizen."""
    return case.hear(assessed(1, goal("g1")), made(help_from("x-hus")))


# the ground
@pytest.mark.rule("ORD-08")
def test_an_order_without_consent_is_flagged_and_sent(unasked: Played):
    assert asked(unasked) == {GROUND}

    unasked.send()
    assert GROUND in asked(unasked)
    assert unasked.at() == ["answer"]
    assert "ground" not in unasked.order()["sharing"]


@pytest.mark.rule("ORD-08")
def test_an_exception_that_is_written_down_takes_the_place_of_consent(unasked: Played):
    unasked.fill(**EXCEPTION)

    assert asked(unasked) == set()
    unasked.send()
    assert GROUND not in asked(unasked)
    assert unasked.order()["sharing"] == {
        "ground": "data-protection-act-7",
        "reason": "Uden oplysningerne kan hjælpen ikke begynde",
    }


@pytest.mark.rule("ORD-08")
def test_an_exception_without_its_reason_is_none(unasked: Played):
    unasked.fill(sharing_exception="data-protection-act-7")

    assert asked(unasked) == {GROUND}


@pytest.mark.rule("ORD-08")
def test_an_exception_may_be_written_down_after_the_order_has_gone(unasked: Played):
    unasked.send().fill(**EXCEPTION)

    assert GROUND not in asked(unasked)
    assert unasked.order()["sharing"]["ground"] == "data-protection-act-7"


@pytest.mark.rule("ORD-08")
def test_the_ground_of_an_order_is_not_for_the_provider(unasked: Played):
    unasked.fill(**EXCEPTION).send()

    assert not {*EXCEPTION} & {*dump(unasked.sent(OrderSent)[0])}


@pytest.mark.rule("ORD-08")
def test_with_consent_that_is_the_ground(granted: Played):
    granted.fill(**EXCEPTION).send()

    assert granted.order()["sharing"] == {"ground": "consent"}


@pytest.mark.rule("ORD-08")
def test_a_consent_that_is_withdrawn_later_flags_no_order_that_is_sent(granted: Played):
    granted.send().hear(consents())

    assert GROUND not in asked(granted)


@pytest.mark.rule("ORD-08")
def test_a_withdrawn_consent_flags_the_next_version(running: Played):
    consent = replace(consents("x-hus").consents_to_share[0], withdrawn_on=date(2026, 3, 1))
    running.hear(ConsentChanged(consents_to_share=(consent,))).revise()

    assert GROUND in asked(running)


# what the citizen knows
@pytest.mark.rule("ORD-08")
def test_the_citizen_is_to_know_what_was_handed_over(granted: Played):
    assert INFORMED not in asked(granted)

    granted.send()
    assert INFORMED in asked(granted)
    granted.fill(citizen_informed_of_sharing="2026-02-09")
    assert INFORMED not in asked(granted)
    assert granted.order()["sharing"]["citizen_informed"] == "2026-02-09"


@pytest.mark.rule("ORD-08")
def test_the_citizen_may_know_before_the_order_goes(granted: Played):
    granted.fill(citizen_informed_of_sharing="2026-02-03").send()

    assert INFORMED not in asked(granted)


@pytest.mark.rule("ORD-08")
def test_of_a_new_version_the_citizen_is_told_anew(running: Played):
    running.fill(citizen_informed_of_sharing="2026-02-09").revise(when="2026-06-11")

    assert INFORMED in asked(running)
    running.answer("x-hus", 2).fill(citizen_informed_of_sharing="2026-06-10")
    assert INFORMED not in asked(running)


# other departments
JOB_CENTRE = {"id": "job", "name": "Jobcenter", "role": "unit"}
HOME_CARE = {"id": "home", "name": "Hjemmeplejen", "role": "unit"}


def with_consent_for(name: str) -> ConsentChanged:
    department = Consent(consent_party="others", consent_party_name=Party(name=name, role="unit"))
    return ConsentChanged(consents_to_share=(*consents("x-hus").consents_to_share, department))


def told(case: Played) -> list[str | None]:
    asked_for = case.sent(NotificationRequested)
    return [one.person_id for one in asked_for if one.kind == "ordering.department"]


@pytest.mark.rule("ORD-11")
def test_a_department_hears_nothing_without_consent(granted: Played):
    granted.fill(departments_notified=[JOB_CENTRE])

    assert "ORD-11" in granted.warned()
    granted.send()
    assert told(granted) == []
    assert "departments_notified" not in granted.order()
    assert granted.order()["departments_not_told"] == [JOB_CENTRE]


@pytest.mark.rule("ORD-11")
def test_only_the_department_that_the_citizen_names_is_told(granted: Played):
    granted.fill(departments_notified=[JOB_CENTRE, HOME_CARE]).hear(with_consent_for("Jobcenter")).send()

    assert told(granted) == ["job"]
    assert granted.order()["departments_notified"] == [JOB_CENTRE]
    assert granted.order()["departments_not_told"] == [HOME_CARE]


@pytest.mark.rule("ORD-11")
def test_with_consent_nothing_is_flagged(granted: Played):
    granted.fill(departments_notified=[JOB_CENTRE]).hear(with_consent_for("Jobcenter"))

    assert "ORD-11" not in granted.warned()


@pytest.mark.rule("ORD-11")
def test_a_department_is_told_once(granted: Played):
    granted.fill(departments_notified=[JOB_CENTRE]).hear(with_consent_for("Jobcenter")).send().answer("x-hus").revise()

    assert told(granted) == ["job"]
    assert granted.order()["departments_notified"] == [JOB_CENTRE]


# who holds it together
KIM_DAM, BO_FRIIS = ({"name": name, "role": "caseworker"} for name in ("Kim Dam", "Bo Friis"))


@pytest.mark.rule("ORD-09")
def test_several_providers_need_a_coordinator(shared: Played):
    assert "ORD-09" in shared.warned()

    shared.fill("x-hus", coordination_needed=True, coordinator=KIM_DAM)
    shared.fill("bohaven", coordination_needed=True, coordinator=KIM_DAM)
    assert "ORD-09" not in shared.warned()


@pytest.mark.rule("ORD-09")
def test_two_who_are_responsible_are_one_too_many(shared: Played):
    shared.fill("x-hus", coordination_needed=True, coordinator=KIM_DAM)
    shared.fill("bohaven", coordination_needed=True, coordinator=BO_FRIIS)

    assert [field for field, _ in shared.warned_of("ORD-09")] == ["ordering.order.coordinator"]


@pytest.mark.rule("ORD-09")
@pytest.mark.parametrize("where", ["authority_partners", "departments_notified"])
def test_several_parts_of_the_authority_need_a_coordinator_too(granted: Played, where: str):
    assert "ORD-09" not in granted.warned()

    granted.fill(**{where: [JOB_CENTRE]})
    assert "ORD-09" in granted.warned()
    granted.fill(coordination_needed=True, coordinator=KIM_DAM)
    assert "ORD-09" not in granted.warned()
