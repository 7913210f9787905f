"""Two services of the house at work together: whatever becomes of the messages under way, the case ends the same."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework.messaging import Parcel
from casework.process import Actor, Role
from onebox.house import House
from onebox.wsgi import session

KIM = Actor("kim", "Kim Dam", Role.CASEWORKER)
ULLA = Actor("ulla", "Ulla Berg", Role.LEADER)
CASE = UUID(int=1)
NOON = datetime(2026, 3, 2, 11, tzinfo=UTC)
BOTH = ("intake", "assessment")


@dataclass
class Post:
    """Carries messages between the two, as badly as a broker may: shuffled, late, and some of them twice."""

    house: House
    dice: random.Random | None = None  # None: in order, at once, once
    under_way: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def publish(self, parcels: Sequence[Parcel]) -> dict[UUID, str]:
        self.under_way += [(name, p.envelope) for p in parcels for name in p.consumers if name in BOTH]
        return {}

    def carry(self, *, all_of_it: bool = False) -> None:
        """Some of what is under way arrives."""
        for service in self.house.services.values():
            service.relay.run_once()
        now, self.under_way = self.under_way, []
        if self.dice:
            self.dice.shuffle(now)
            late = 0 if all_of_it else self.dice.randint(0, len(now))
            self.under_way, now = now[:late], now[late:]
            now = [one for one in now for _ in range(self.dice.choice((1, 1, 2, 3)))]
        for name, envelope in now:
            self.house.transport.receivers[name]([envelope])

    def settle(self) -> None:
        """Until all has arrived and nothing more follows."""
        self.carry(all_of_it=True)
        while self.house.pump() or self.under_way:
            self.carry(all_of_it=True)


@dataclass
class Play:
    house: House
    post: Post

    def __post_init__(self) -> None:
        self.house.transport.publish = self.post.publish  # type: ignore[method-assign]
        self.session = session(self.house.apps)
        for service in self.house.services.values():
            service.clock = lambda: NOON

    def call(self, who: Actor, method: str, service: str, path: str, **options: Any) -> Any:
        headers = self.house.headers(who) | {"If-Match": "*"}
        answer = self.session.request(method, f"http://{service}{path}", headers=headers, **options)
        assert answer.ok, answer.text
        return answer.json()

    def record(self, service: str, patch: dict[str, Any]) -> None:
        self.call(KIM, "PATCH", service, f"/cases/{CASE}", json=patch)
        self.post.carry()

    def act(self, service: str, action: str, who: Actor = KIM, **given: Any) -> None:
        self.call(who, "POST", service, f"/cases/{CASE}/actions/{action}", json=given)
        self.post.carry()


def played(folder: Path, seed: int | None) -> dict[str, Any]:
    """A case is opened, investigated and recommended, and mended meanwhile: what both know in the end."""
    house = House(folder, names=BOTH)
    play = Play(house, Post(house, None if seed is None else random.Random(seed)))
    play.call(KIM, "POST", "intake", "/cases", json={"id": str(CASE), "cpr_number": "1405821237"})
    play.record("intake", {"citizen": {"citizen_name": "Jonas Holm"}, "enquiry": {"opening_reason": "Post"}})
    rights = {"informed_of_representation_right": True, "informed_of_electronic_registration": True}
    play.record("intake", {"rights": rights, "wishes_and_purpose": {"citizen_wishes": "Ro"}})
    play.record("intake", {"enquiry": {"enquiry_source": "citizen", "enquiry_received_date": "2026-02-20"}})
    play.act("intake", "complete")
    play.record("intake", {"enquiry": {"opening_reason": "Post og regninger"}})
    play.post.settle()

    level = [{"subtheme": "handling-mail", "current_functioning_level": 3}]
    play.record("assessment", {"case_information": {"functioning_scores": level}})
    goal = {"id": "g1", "goal_type": "develop", "primary_subtheme": "handling-mail", "expected_functioning_level": 1}
    play.record("assessment", {"case_assessment": {"goals": [goal], "support_need_assessment": "Ja"}})
    play.act("assessment", "pause")
    play.record("intake", {"wishes_and_purpose": {"citizen_wishes": "Ro og selskab"}})
    play.act("assessment", "resume")
    play.act("assessment", "recommend")
    play.record("intake", {"rights": {"has_guardian": True, "guardianship_form": "guardianship"}})
    play.act("assessment", "approve", ULLA)
    play.act("intake", "close", reason="Flyttet")
    play.post.settle()

    known = {name: play.call(KIM, "GET", name, f"/cases/{CASE}") for name in BOTH}
    stuck = house.stuck()
    house.close()
    assert stuck == []
    return {name: without_chance(part) for name, part in known.items()}


def without_chance(part: dict[str, Any]) -> dict[str, Any]:
    """Without what differs from play to play: how many messages were taken one by one, and when."""
    history = [{n: v for n, v in event.items() if n != "at"} for event in part["history"]]
    return {n: v for n, v in part.items() if n != "revision"} | {"history": sorted(history, key=repr)}


@pytest.fixture(scope="module")
def in_order(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return played(tmp_path_factory.mktemp("in-order"), None)


def test_a_case_goes_from_its_opening_to_an_approved_recommendation(in_order):
    intake, assessment = in_order["intake"], in_order["assessment"]

    assert [p["at"] for p in intake["positions"]] == ["closed"]
    assert [p["at"] for p in assessment["positions"]] == ["approved"]
    recommended = assessment["parts"]["assessment"]["recommendation"]
    assert (recommended["opening_reason"], recommended["citizen_wishes"]) == ("Post og regninger", "Ro og selskab")
    assert recommended["guardianship_form"] == "guardianship"
    assert assessment["origins"]["assessment.recommendation.opening_reason"] == "intake.enquiry.opening_reason"


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32))
def test_messages_in_any_order_late_and_repeated_end_in_the_same_case(seed, in_order, tmp_path_factory):
    assert played(tmp_path_factory.mktemp("shuffled"), seed) == in_order
