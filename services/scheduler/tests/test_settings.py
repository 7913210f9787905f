"""Settings that change act on the deadlines that are stored: what has come by the new ones is told once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from casework.contracts.common import DeadlineCancelled
from casework.service.runtime import Service
from scheduler import deadlines
from scheduler.model import DeadlineRow, Reckoning

from .conftest import OPENED, World, asked

Begin = Callable[..., World]


@pytest.fixture
def begin(make: Callable[..., World], tmp_path: Path) -> Begin:
    """A scheduler that begins anew with these settings; it finds what the one before has stored."""

    def start(notices: str = "", more: str = "", **overrides: object) -> World:
        folder = tmp_path / f"town-{len(list(tmp_path.glob('town-*')))}"
        folder.mkdir()
        (folder / "municipality.yaml").write_text(f"name: Prøveby\n{more}", "utf-8")
        (folder / "notices.yaml").write_text(f"notices: [{notices}]", "utf-8")
        return make(municipality=folder, **overrides)

    return start


@pytest.fixture
def before(begin: Begin) -> World:
    """A follow-up on Monday 16 March, of which the caseworker hears ten working days before, and the day after."""
    world = begin("{kind: follow-up, before: [10], roles: [caseworker], after: [{role: leader, days: 1}]}")
    world.hear(OPENED, by="intake")
    world.hear(asked("follow-up", "2026-03-16"), by="followup")
    return world


def stages(world: World) -> list[str]:
    return [stage for stage, *_ in world.told()]


def test_a_threshold_whose_day_has_come_by_the_new_settings_is_told_once(before: World, begin: Begin):
    before.tick("2026-02-20 08:00")

    after = begin("{kind: follow-up, before: [20, 1], roles: [caseworker]}")
    after.tick("2026-02-20 09:00")
    after.tick("2026-02-20 10:00")

    assert stages(after) == ["near-20"]
    assert after.raised() == ["approaching"]
    assert str(after.deadline().next_at) == "2026-03-13"


def test_a_threshold_that_has_been_told_is_not_told_again_nor_one_before_it(before: World, begin: Begin):
    before.tick("2026-03-02 08:00")

    after = begin("{kind: follow-up, before: [20, 12, 10, 3], roles: [caseworker]}")
    after.tick("2026-03-02 09:00")
    assert stages(after) == ["near-10"]
    after.tick("2026-03-11 08:00")

    assert stages(after) == ["near-10", "near-3"]
    assert after.raised() == ["approaching"]


def test_a_threshold_that_has_moved_away_is_not_told_before_its_day(before: World, begin: Begin):
    before.tick("2026-02-27 08:00")

    after = begin("{kind: follow-up, before: [5], roles: [caseworker]}")
    after.tick("2026-03-02 08:00")

    assert stages(after) == []
    assert str(after.deadline().next_at) == "2026-03-09"


def test_a_closing_day_that_is_added_moves_what_is_to_be_told(before: World, begin: Begin):
    before.tick("2026-02-27 08:00")

    after = begin("{kind: follow-up, before: [10], roles: [caseworker]}", "closed: [2026-03-10]\n")
    after.tick("2026-02-27 09:00")

    assert stages(after) == ["near-10"]


def test_whoever_has_heard_that_it_has_passed_does_not_hear_it_again(before: World, begin: Begin):
    for day in ("2026-03-02", "2026-03-16", "2026-03-17"):
        before.tick(f"{day} 08:00")
    assert stages(before) == ["due", "escalation-1", "missed", "near-10"]

    after = begin(
        "{kind: follow-up, before: [10], roles: [caseworker], "
        "after: [{role: caseworker, days: 2}, {role: leader, days: 5}]}"
    )
    for day in ("2026-03-18", "2026-03-23", "2026-03-30"):
        after.tick(f"{day} 08:00")

    assert stages(after) == ["due", "escalation-1", "missed", "near-10"]


def test_one_who_is_named_by_the_new_settings_hears_of_it_once(begin: Begin):
    old = begin("{kind: follow-up, before: [], roles: [caseworker], after: []}")
    old.hear(OPENED, by="intake")
    old.hear(asked("follow-up", "2026-03-16"), by="followup")
    old.tick("2026-03-16 08:00")
    old.tick("2026-03-20 08:00")
    assert stages(old) == ["due", "missed"]

    after = begin("{kind: follow-up, before: [], roles: [caseworker], after: [{role: leader, days: 2}]}")
    after.tick("2026-03-20 09:00")
    after.tick("2026-03-23 09:00")

    assert stages(after) == ["due", "escalation-2", "missed"]


def test_one_that_was_cancelled_and_asked_for_again_is_reckoned_by_the_new_settings(before: World, begin: Begin):
    before.hear(DeadlineCancelled(kind="follow-up", key="1"), by="followup")
    before.hear(asked("follow-up", "2026-03-16"), by="followup")
    before.tick("2026-02-20 08:00")

    after = begin("{kind: follow-up, before: [5], roles: [caseworker]}")
    after.tick("2026-02-20 09:00")

    assert next_days(after) == ["2026-03-09"]


def test_settings_that_stay_cost_nothing_more(before: World, begin: Begin):
    before.tick("2026-02-20 08:00")

    with before.service.database.writing() as session:
        assert deadlines.reckon(before.service.house, session) == 0
        assert session.get_one(Reckoning, 1).done


def many(world: World) -> list[UUID]:
    cases = [UUID(int=n) for n in range(1, 31)]
    for case in cases:
        world.hear(OPENED, by="intake", subject=str(case))
        world.hear(asked("follow-up", "2026-03-16"), by="followup", subject=str(case))
    return cases


def next_days(world: World) -> list[str]:
    with world.service.database.reading() as session:
        return [str(day) for day in session.scalars(sa.select(DeadlineRow.next_at).order_by(DeadlineRow.id))]


def reckon(service: Service, limit: int) -> int:
    with service.database.writing() as session:
        return deadlines.reckon(service.house, session, limit)


def test_one_that_is_killed_half_way_is_followed_by_another(begin: Begin):
    old = begin("{kind: follow-up, before: [10], roles: [caseworker]}")
    many(old)
    old.tick("2026-01-06 08:00")

    new = "{kind: follow-up, before: [5], roles: [caseworker]}"
    killed = begin(new).service
    with killed.database.writing() as session:
        deadlines.put_in_force(session, killed.house.terms)
    assert reckon(killed, 20) == 20
    assert sorted(set(next_days(old))) == ["2026-03-02", "2026-03-09"]
    after = begin(new)
    after.tick("2026-01-06 09:00")

    assert next_days(after) == ["2026-03-09"] * 30
    assert reckon(killed, 20) == 0


def test_who_began_with_older_settings_leaves_what_it_stores_to_those_with_the_newer(before: World, begin: Begin):
    before.tick("2026-02-20 08:00")
    after = begin("{kind: follow-up, before: [5], roles: [caseworker]}")
    after.tick("2026-02-20 09:00")

    before.tick("2026-02-20 10:00")
    before.hear(asked("follow-up", "2026-03-16", "2"), by="followup", when="2026-02-20 11:00")
    assert str(after.deadline("2").next_at) == "2026-02-21"
    after.tick("2026-02-21 08:00")

    assert next_days(after) == ["2026-03-09"] * 2
    assert stages(after) == []


def test_several_reckon_at_once_and_each_deadline_is_reckoned_once(begin: Begin, postgres_url: str):
    old = begin("{kind: follow-up, before: [10], roles: [caseworker]}", database=postgres_url)
    many(old)
    old.tick("2026-01-06 08:00")
    new = begin("{kind: follow-up, before: [5], roles: [caseworker]}", database=postgres_url).service
    with new.database.writing() as session:
        deadlines.put_in_force(session, new.house.terms)
    reckoned: list[int] = []

    def work() -> None:
        reckoned.extend(reckon(new, 4) for _ in range(20))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sum(reckoned) == 30
    assert next_days(old) == ["2026-03-09"] * 30


def test_a_deadline_that_somebody_is_changing_is_reckoned_when_they_are_done(begin: Begin, postgres_url: str):
    old = begin("{kind: follow-up, before: [10], roles: [caseworker]}", database=postgres_url)
    many(old)
    old.tick("2026-01-06 08:00")
    new = begin("{kind: follow-up, before: [5], roles: [caseworker]}", database=postgres_url).service
    with new.database.writing() as session:
        deadlines.put_in_force(session, new.house.terms)

    with old.service.database.writing() as changing:
        ids = list(changing.scalars(sa.select(DeadlineRow.id).order_by(DeadlineRow.id)))
        changing.get_one(DeadlineRow, ids[7], with_for_update=True)
        assert (reckon(new, 500), reckon(new, 500)) == (7, 0)

    assert reckon(new, 500) == 23
    assert next_days(old) == ["2026-03-09"] * 30
