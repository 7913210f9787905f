"""What may be asked by HTTP, by whom; and time that is let pass."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
import sqlalchemy as sa
from openapi_spec_validator import validate

from casework.contracts.common import DeadlineMet, DeadlinePaused
from casework.contracts.ordering import ProviderChanged

from .conftest import CASE, World, asked, at


@pytest.fixture
def played(world: World) -> World:
    """A case with deadlines in several states; an order's answer is overdue."""
    world.hear(ProviderChanged(provider_id="x-hus", name="X-Hus"), by="ordering", subject="x-hus")
    world.hear(asked("case-processing", "2026-03-02"), by="intake")
    world.hear(DeadlinePaused(kind="case-processing", key="1", paused_on=date(2026, 1, 6)), by="intake")
    world.hear(asked("order-answer", "2026-01-09", "x-hus/1", provider_id="x-hus"), by="ordering")
    world.hear(asked("order-end", "2026-06-30", "x-hus/1"), by="ordering")
    world.hear(asked("complaint", "2026-02-02"), by="decision")
    world.hear(DeadlineMet(kind="complaint", key="1", met_on=date(2026, 1, 8)), by="decision")
    world.tick("2026-01-12 08:00")
    return world


def test_a_case_shows_its_deadlines_and_what_was_told(played: World):
    answer = played.get(f"/cases/{CASE}")

    assert answer.json == {
        "case_id": str(CASE),
        "phase": "scheduler",
        "parts": {
            "deadlines": [
                {"kind": "order-answer", "due": "2026-01-09", "status": "missed", "notify": ["provider", "caseworker"]},
                {"kind": "complaint", "due": "2026-02-02", "status": "met", "notify": ["caseworker"]},
                {
                    "kind": "case-processing",
                    "due": "2026-03-02",
                    "status": "waiting",
                    "notify": ["caseworker"],
                    "stands_still": True,
                },
            ],
            "notifications": [
                {
                    "kind": "order-answer",
                    "to": "Karen Lund",
                    "channel": "portal",
                    "sent_at": "2026-01-12T07:00:00+00:00",
                },
                {"kind": "order-answer", "to": "X-Hus", "channel": "portal", "sent_at": "2026-01-12T07:00:00+00:00"},
            ],
        },
        "warnings": [],
        "origins": {},
        "history": [],
    }


def test_a_provider_sees_its_own_and_no_more(played: World):
    answer = played.get(f"/cases/{CASE}", role="provider", provider="x-hus")

    parts = answer.json["parts"]
    assert [deadline["kind"] for deadline in parts["deadlines"]] == ["order-answer"]
    assert [told["to"] for told in parts["notifications"]] == ["X-Hus"]
    assert played.get(f"/cases/{CASE}", role="provider", provider="y-hus").status_code == 404


def test_finance_sees_no_deadlines(played: World):
    assert played.get(f"/cases/{CASE}", role="finance").json["parts"] == {"deadlines": [], "notifications": []}


def test_a_case_that_is_not_known_is_not_found(world: World):
    answer = world.get(f"/cases/{uuid4()}")

    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


def test_a_case_is_read_with_the_same_few_statements_however_much_it_holds(played: World):
    def statements() -> int:
        seen: list[str] = []
        engine = played.service.database.engine

        def note(*args: object) -> None:
            seen.append(str(args[2]))

        sa.event.listen(engine, "before_cursor_execute", note)
        played.get(f"/cases/{CASE}")
        sa.event.remove(engine, "before_cursor_execute", note)
        return len(seen)

    few = statements()
    for n in range(30):
        played.hear(asked("follow-up", "2026-01-13", str(n), provider_id="x-hus"), by="followup")
    played.tick("2026-01-14 08:00")

    assert statements() == few


def test_an_operator_leafs_through_all_deadlines(world: World):
    for n in range(70):
        world.hear(asked("follow-up", date(2026, 3, 1 + n % 30), str(n)), by="followup")

    first = world.get("/deadlines", role="operator").json
    second = world.get(f"/deadlines?after={first['next']}", role="operator").json

    listed = [*first["deadlines"], *second["deadlines"]]
    assert (len(first["deadlines"]), len(second["deadlines"]), second["next"]) == (50, 20, None)
    assert [row["due"] for row in listed] == sorted(row["due"] for row in listed)
    assert len({row["id"] for row in listed}) == 70
    assert world.get("/deadlines?status=met", role="operator").json["deadlines"] == []


def test_only_an_operator_sees_all_deadlines(world: World):
    assert world.get("/deadlines").status_code == 403
    assert world.get("/deadlines?after=yesterday", role="operator").status_code == 422


def test_the_status_tells_of_the_backlog_and_how_much_is_told(world: World):
    for key in ("1", "2"):
        world.hear(asked("complaint", "2026-01-06", key), by="decision")
    world.hear(asked("complaint", "2026-01-06"), by="decision", subject=str(uuid4()))
    world.service.clock.set(at("2026-01-08 08:00"))
    before = world.get("/status", role="operator").json
    world.service.tick()

    after = world.get("/status", role="operator").json

    assert (before["backlog"], before["oldest_due"], before["without_case"]) == (2, "2026-01-06", 1)
    assert (after["backlog"], after["oldest_due"], after["told_per_minute"]) == (0, None, 0.03)
    assert world.get("/status").status_code == 403


def test_a_walk_goes_from_due_to_due(world: World):
    world.hear(asked("case-processing", "2026-03-16"), by="intake")
    moments = []
    while moment := world.get("/next?until=2026-03-20T00:00:00Z", role="system").json["next"]:
        moments.append(moment)
        assert world.get("/clock", role="system", method="put", json={"now": moment}).status_code == 200
        assert world.get("/tick", role="system", method="post").json["raised"] == 1

    midnight = "T23:00:00+00:00"
    assert moments == [f"2026-{day}{midnight}" for day in ("02-22", "03-08", "03-12", "03-15", "03-16")]
    assert world.raised() == ["approaching", "due", "missed"]


def test_what_is_due_already_is_next_at_once(world: World):
    world.service.clock.set(at("2026-03-18 10:00"))
    world.hear(asked("complaint", "2026-03-16"), by="decision")

    assert world.get("/next", role="system").json == {"next": "2026-03-18T09:00:01+00:00"}


def test_nothing_comes_next_where_nothing_waits(world: World):
    assert world.get("/next", role="system").json == {"next": None}


@pytest.mark.parametrize("now", [None, 7, "tomorrow", "2026-03-02T08:00:00"])
def test_a_time_without_its_zone_is_refused(world: World, now):
    answer = world.get("/clock", role="system", method="put", json={"now": now})

    assert (answer.status_code, answer.json["field"]) == (422, "now")


@pytest.mark.parametrize("method, path", [("put", "/clock"), ("post", "/tick")])
def test_a_clock_that_runs_by_itself_cannot_be_set(make, method, path):
    world = make(clock="system")

    answer = world.get(path, role="system", method=method, json={"now": "2026-03-02T08:00:00Z"})

    assert (answer.status_code, answer.json["title"]) == (409, "Uret kan ikke stilles")


@pytest.mark.parametrize("method, path", [("put", "/clock"), ("post", "/tick"), ("get", "/next")])
def test_only_the_house_lets_time_pass(world: World, method, path):
    assert world.get(path, role="operator", method=method).status_code == 403


def test_the_api_describes_itself(world: World):
    description = world.app.test_client().get("/api/openapi.json").json

    validate(description)
    assert {"/cases/{case_id}", "/deadlines", "/tick", "/clock", "/next", "/status"} <= set(description["paths"])
