"""My deadlines as a calendar: read by another parser, mine alone, and void when I say so."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import ics
import pytest

from casework.contracts.common import DeadlineMet
from casework.contracts.intake import CaseChanged
from casework.contracts.ordering import ProviderChanged
from casework.contracts.portal import PersonChanged
from casework.contracts.values import Party

from .conftest import CASE, OPENED, World, asked


@pytest.fixture
def busy(make) -> World:
    world = make(portal="https://sag.kommune.example")
    world.hear(OPENED, by="intake", when="2026-01-05 08:00")
    world.hear(ProviderChanged(provider_id="x-hus", name="X-Hus"), by="ordering", subject="x-hus")
    world.hear(asked("follow-up", "2026-03-29", "f", provider_id="x-hus"), by="followup")
    world.hear(asked("statutory-review", "2026-06-01", "r"), by="followup")
    world.hear(asked("status-note", "2026-03-20", "s", provider_id="x-hus"), by="followup")
    world.hear(asked("order-end", "2026-06-30", "o"), by="ordering")
    world.hear(asked("complaint", "2026-02-02", "c"), by="decision")
    world.hear(DeadlineMet(kind="complaint", key="c", met_on=date(2026, 1, 20)), by="decision")
    return world


def made(world: World, **who: str) -> str:
    return world.get("/calendar", method="post", **who).json["path"]


def test_the_calendar_is_read_by_another_parser_with_danish_letters_and_whole_days(busy: World):
    answer = busy.app.test_client().get(made(busy))

    events = sorted(ics.Calendar(answer.get_data(as_text=True)).events, key=lambda event: event.begin)
    assert answer.mimetype == "text/calendar"
    assert [(event.name, event.begin.date(), event.all_day, event.duration.days) for event in events] == [
        ("Statusnotat, sag 2026-00417", date(2026, 3, 20), True, 1),
        ("Opfølgning, sag 2026-00417", date(2026, 3, 29), True, 1),  # the clock changes that night
        ("Årlig opfølgning, sag 2026-00417", date(2026, 6, 1), True, 1),
    ]
    assert {event.description for event in events} == {f"Åbn sagen: https://sag.kommune.example/cases/{CASE}"}


def test_its_lines_are_folded_and_end_as_the_standard_says(busy: World):
    body = busy.app.test_client().get(made(busy)).get_data()

    lines = body.split(b"\r\n")
    assert lines[-1] == b""
    assert all(len(line) <= 75 for line in lines)
    assert b"\n" not in b"".join(lines)


def test_it_says_nothing_of_the_citizen_or_the_caseworker(busy: World):
    path = made(busy)
    body = busy.app.test_client().get(path).get_data(as_text=True)

    assert not [word for word in ("Karen", "karen", str(OPENED.citizen_id)) if word in body + path]


def test_it_follows_a_case_that_moves_and_a_caseworker_who_is_away_for_as_long_as_that(busy: World):
    mine, theirs = made(busy), made(busy, person="otto")

    def cases(path: str) -> set[str]:
        read = busy.app.test_client().get(path).get_data(as_text=True)
        return {event.name.partition(", ")[2] for event in ics.Calendar(read).events}

    def seen(when: str, *told: Any) -> tuple[set[str], set[str]]:
        for message in told:
            by = "portal" if isinstance(message, PersonChanged) else "intake"
            busy.hear(message, by=by, when=when, subject="karen" if by == "portal" else str(CASE))
        busy.tick(when)
        return cases(mine), cases(theirs)

    days = {"deputy": "otto", "away_from": date(2026, 1, 7), "away_to": date(2026, 1, 8)}
    away = PersonChanged(person_id="karen", name="Karen Lund", **days)
    moved = CaseChanged(**{**vars(OPENED), "caseworker": Party(id="otto", name="Otto Holm", role="caseworker")})
    number = "sag 2026-00417"
    assert seen("2026-01-06 09:00", away) == ({number}, set())
    assert seen("2026-01-07 09:00") == ({number}, {f"{number}, som afløser"})
    assert seen("2026-01-09 09:00") == ({number}, set())
    assert seen("2026-01-12 09:00", moved) == (set(), {number})


def test_a_provider_gets_its_own_and_no_more(busy: World):
    def names(provider: str) -> list[str]:
        path = made(busy, role="provider", provider=provider)
        return [event.name for event in ics.Calendar(busy.app.test_client().get(path).get_data(as_text=True)).events]

    assert names("x-hus") == ["Statusnotat, sag 2026-00417"]
    assert names("y-hus") == []


def test_a_new_address_makes_the_one_before_void_and_so_does_giving_it_up(busy: World):
    first, second = made(busy), made(busy)
    found = [busy.app.test_client().get(path).status_code for path in (first, second)]
    busy.get("/calendar", method="delete")

    assert (found, busy.app.test_client().get(second).status_code) == ([404, 200], 404)


def test_an_address_that_was_never_made_is_not_found(busy: World):
    assert busy.app.test_client().get(f"/calendar/{uuid4()}.ics").status_code == 404


def test_whoever_has_no_deadlines_has_no_calendar(busy: World):
    assert busy.get("/calendar", method="post", role="finance").status_code == 403
