"""A year of life under a controlled clock: what was told, to whom and when, beside what should have been.

What is expected is reckoned here by itself, from a list of milestones per deadline and a calendar written out; nothing
of the scheduler's own rules is asked. 60 cases; with SAGSGANG_FULL=1 it is 500. Prints a table of both.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from casework.contracts.common import DeadlineCancelled, DeadlineMet, DeadlinePaused, DeadlineRequested
from casework.contracts.ordering import ProviderChanged, ProviderNoticeHandled
from casework.contracts.portal import PersonChanged
from casework.contracts.values import Party
from casework.messaging.tables import Outgoing
from casework.vocabularies.codes import PartyRole
from scheduler.model import CaseRow, Notification

from .conftest import OPENED, Letterbox, World

CASES = 500 if os.environ.get("SAGSGANG_FULL") else 60
DAY = timedelta(days=1)
COPENHAGEN = ZoneInfo("Europe/Copenhagen")
FIRST, LAST = date(2026, 1, 2), date(2026, 12, 30)
OUTAGE = (date(2026, 5, 19), date(2026, 5, 20))  # a Tuesday and a Wednesday
CLOSED = {date(2027, 1, 1)} | {
    date(2026, month, day)
    for month, day in [(1, 1), (4, 2), (4, 3), (4, 6), (5, 14), (5, 15), (5, 25), (12, 24), (12, 25), (12, 31)]
}
"""The holidays that are no weekend, and the days on which the municipality is closed."""

SETTINGS = """\
mails_from: "07:00"
mails_until: "18:00"
notices:
  - {kind: follow-up, before: [30, 14, 0], after: [{role: leader, days: 5}], roles: [caseworker, provider]}
  - {kind: status-note, before: [5, 1], after: [{role: caseworker, days: 1}], roles: [provider]}
  - {kind: statutory-review, before: [20], after: [{role: leader, days: 1}], roles: [caseworker]}
  - {kind: case-processing, before: [15, 5], after: [{role: leader, days: 1}], roles: [caseworker]}
"""
PLAN = {
    "follow-up": ((30, 14), ("caseworker", "provider"), (("leader", 5),)),
    "status-note": ((5, 1), ("provider",), (("caseworker", 1),)),
    "statutory-review": ((20,), ("caseworker",), (("leader", 1),)),
    "case-processing": ((15, 5), ("caseworker",), (("leader", 1),)),
}
MONTHS = {"sel-85": 6, "sel-97": 4, "sel-107": 3, "sel-108": 8, "sel-100": 10}
"""The municipality's intervals by paragraph; SEL § 100 at least yearly, which is its own deadline besides."""

AWAY = ("w0", date(2026, 7, 6), date(2026, 7, 31), "w1")


SYSTEMS = {"p0": "HTTP 202", "p1": None}
"""The providers with a webhook, and what their systems answer; the one of p1 is never reached."""


@dataclass
class Life:
    """One deadline, from the moment it was asked until it was met, cancelled, paused or moved."""

    case: int
    kind: str
    key: str
    due: date
    begins: datetime
    ends: datetime | None = None


class Told(NamedTuple):
    case: int
    kind: str
    stage: str
    due: date
    to: str
    channel: str
    on: date


def works(day: date) -> bool:
    return day.weekday() < 5 and day not in CLOSED


def shift(day: date, count: int) -> date:
    step = DAY if count > 0 else -DAY
    while count:
        day += step
        count -= works(day) and (1 if count > 0 else -1)
    return day


def local(day: date, at: time) -> datetime:
    return datetime.combine(day, at, COPENHAGEN).astimezone(UTC)


def ten(day: date) -> datetime:
    return local(day, time(10))


# what happens: everything at ten o'clock
@dataclass(frozen=True)
class Happening:
    on: date
    case: int
    by: str
    message: Any


def months_later(day: date, months: int) -> date:
    year, month = divmod(day.month - 1 + months, 12)
    return date(day.year + year, month + 1, min(day.day, 28))


def live(case: int, chance: random.Random) -> Iterator[Happening]:
    """A case's year: its rounds of follow-up, the status note before each, pauses, and what is called off."""
    paragraph = chance.choice(sorted(MONTHS))
    provider = f"p{case % 5}"
    begins = FIRST + chance.randrange(60) * DAY

    def ask(on: date, by: str, kind: str, key: str, due: date) -> Happening:
        told = provider if kind in ("follow-up", "status-note") else None
        return Happening(on, case, by, DeadlineRequested(kind=kind, key=key, due=due, provider_id=told))

    due = shift(begins, 40)
    yield ask(begins, "intake", "case-processing", "1", due)
    if chance.random() < 0.5:
        stops, goes = shift(begins, 20), shift(begins, 32)
        yield Happening(stops, case, "intake", DeadlinePaused(kind="case-processing", key="1", paused_on=stops))
        due = shift(due, 12)
        yield ask(goes, "intake", "case-processing", "1", due)
    done = shift(due, chance.choice([-3, -1, 0, 2, 4]))
    yield Happening(done, case, "intake", DeadlineMet(kind="case-processing", key="1", met_on=done))
    if paragraph == "sel-100":
        review = shift(begins, 230)
        yield ask(begins, "followup", "statutory-review", "year", review)
    held = begins
    while (due := months_later(held, MONTHS[paragraph])) < LAST:
        key, note = due.isoformat(), shift(due, -5)
        yield ask(held, "followup", "follow-up", key, due)
        yield ask(shift(note, -12), "followup", "status-note", key, note)
        if (answers := chance.choice([-2, 0, 3, None])) is not None:
            on = shift(note, answers)
            yield Happening(on, case, "followup", DeadlineMet(kind="status-note", key=key, met_on=on))
        if chance.random() < 0.1:
            off = shift(due, -8)
            yield Happening(off, case, "followup", DeadlineCancelled(kind="follow-up", key=key))
            return
        held = shift(due, chance.choice([-10, -1, 0, 2, 8]))
        yield Happening(held, case, "followup", DeadlineMet(kind="follow-up", key=key, met_on=held))


def lives(happenings: list[Happening]) -> list[Life]:
    running: dict[tuple[int, str, str], Life] = {}
    found: list[Life] = []
    for one in happenings:
        key = (one.case, one.message.kind, one.message.key)
        if before := running.pop(key, None):
            before.ends = ten(one.on)
        if isinstance(one.message, DeadlineRequested):
            running[key] = Life(*key, one.message.due, ten(one.on))
            found.append(running[key])
    return found


# what should be told
def looks() -> list[datetime]:
    """One minute after each Danish midnight, and one before the next; none in the outage."""
    days = [FIRST + n * DAY for n in range((LAST - FIRST).days + 1)]
    return [local(day, at) for day in days if day not in OUTAGE for at in (time(0, 1), time(23, 59))]


def milestones(life: Life) -> list[tuple[date, str, tuple[str, ...]]]:
    before, roles, after = PLAN[life.kind]
    later = {role for role, _ in after}
    near = [(shift(life.due, -days), f"near-{days}", roles) for days in before]
    escalations = [(shift(life.due, days), f"escalation-{days}", (role,)) for role, days in after]
    missed = (life.due + DAY, "missed", tuple(role for role in roles if role not in later))
    return [*near, (life.due, "due", roles), missed, *escalations]


def stands_in(person: str, day: date) -> list[str]:
    who, since, until, deputy = AWAY
    return [person, deputy] if person == who and since <= day <= until else [person]


def named(life: Life, role: str, day: date) -> list[tuple[str, bool]]:
    """To whom a role leads in a case, and whether they have a mailbox."""
    people = {
        "caseworker": stands_in(f"w{life.case % 8}", day),
        "provider": [f"p{life.case % 5}"],
        "leader": ["leader"],
    }
    return [(who, role != "leader") for who in people[role]]


def expected(life: Life, every: list[datetime]) -> Iterator[Told]:
    """At each look: of the days that have come since the last, the latest state; and each escalation."""
    coming = milestones(life)
    told: list[tuple[datetime, str, tuple[str, ...]]] = []
    for look in every:
        if look < life.begins or (life.ends and look >= life.ends):
            continue
        reached = [one for one in coming if one[0] <= look.astimezone(COPENHAGEN).date()]
        coming = coming[len(reached) :]
        states = [one for one in reached if not one[1].startswith("escalation")]
        told += [(look, *one[1:]) for one in reached if one in states[-1:] or one not in states]
    for n, (look, stage, roles) in enumerate(told):
        day = look.astimezone(COPENHAGEN).date()
        post = next(d for d in (day + k * DAY for k in range(20)) if works(d) and d not in OUTAGE)
        follows = [at for at, later, _ in told[n + 1 :] if rank(later) > rank(stage)]
        over = min([*follows, *([life.ends] if life.ends else [])], default=None)
        mailed = post <= LAST and (over is None or local(post, time(8)) < over)
        for who, has_mailbox in dict.fromkeys(one for role in roles for one in named(life, role, day)):
            yield Told(life.case, life.kind, stage, life.due, who, "portal", day)
            if SYSTEMS.get(who):
                yield Told(life.case, life.kind, stage, life.due, who, "webhook", day)
            elif has_mailbox and mailed:
                yield Told(life.case, life.kind, stage, life.due, who, "mail", post)


def rank(stage: str) -> int:
    """How far a deadline has come when this is told; escalations are told of one that is missed."""
    return {"near": 0, "due": 1, "missed": 2, "escalation": 2}[stage.partition("-")[0]]


# what was told
def play(world: World, happenings: list[Happening]) -> None:
    by_day = defaultdict(list)
    for one in happenings:
        by_day[one.on].append(one)
    waiting: list[Happening] = []
    for n in range((LAST - FIRST).days + 1):
        day = FIRST + n * DAY
        waiting += by_day[day]
        if day in OUTAGE:
            continue
        if day - DAY in OUTAGE:  # what was sent meanwhile comes first, as it does from a queue
            hear(world, [one for one in waiting if one.on < day])
            waiting = [one for one in waiting if one.on == day]
        look(world, local(day, time(0, 1)))
        world.service.clock.set(local(day, time(8)))
        world.service.send_notifications()
        hear(world, waiting)
        waiting = []
        look(world, local(day, time(23, 59)))


def look(world: World, now: datetime) -> None:
    world.service.clock.set(now)
    world.service.tick()
    reach_systems(world, now)
    world.service.send_notifications()  # at night no mail leaves


def reach_systems(world: World, now: datetime) -> None:
    """Ordering answers at once what came of each notice to a provider's system."""
    waits = sa.select(Notification).where(Notification.status == "queued", Notification.channel == "webhook")
    with world.service.database.reading() as session:
        rows = session.scalars(waits).all()
    answers = []
    for row in rows:
        receipt = SYSTEMS[row.provider_id or ""]
        outcome: Any = {"handed_over_at": now, "receipt": receipt} if receipt else {"failure": "HTTP 503"}
        handled = ProviderNoticeHandled(
            notification_id=row.id, provider_id=row.provider_id or "", channel="webhook", **outcome
        )
        answers.append(world.envelope(handled, "ordering", now, str(row.case_id)).to_json())
    world.service.inbox.receive(answers)


def hear(world: World, happenings: list[Happening]) -> None:
    world.service.inbox.receive(
        [world.envelope(one.message, one.by, ten(one.on), str(UUID(int=one.case))).to_json() for one in happenings]
    )


def meet(world: World) -> None:
    """The people, providers and cases."""
    for n in range(5):
        channel = "webhook" if f"p{n}" in SYSTEMS else "portal"
        known = ProviderChanged(provider_id=f"p{n}", name=f"p{n}", email=f"p{n}@udfoerer.example", channel=channel)
        world.hear(known, by="ordering", subject=f"p{n}")
    for n in range(8):
        person = PersonChanged(person_id=f"w{n}", name=f"w{n}", email=f"w{n}@kommune.example")
        if f"w{n}" == AWAY[0]:
            person = replace(person, away_from=AWAY[1], away_to=AWAY[2], deputy=AWAY[3])
        world.hear(person, by="portal", subject=f"w{n}")
    opened = []
    for case in range(1, CASES + 1):
        who = Party(id=f"w{case % 8}", name=f"w{case % 8}", role=PartyRole("caseworker"))
        message = replace(OPENED, case_number=f"2026-{case:05}", caseworker=who)
        opened.append(world.envelope(message, "intake", local(FIRST, time(0)), str(UUID(int=case))).to_json())
    world.service.inbox.receive(opened)


@pytest.fixture
def quick() -> Iterator[Path]:
    """A folder in memory where there is one: thousands of commits, of which none is to outlive the test."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


@pytest.mark.slow
@pytest.mark.rule("FUP-01")
def test_a_year_is_told_at_the_right_times_to_the_right_people_exactly_once(
    make: Callable[..., World], letterbox: Letterbox, quick: Path, capsys: pytest.CaptureFixture[str]
):
    folder = quick / "town"
    folder.mkdir()
    (folder / "notices.yaml").write_text(SETTINGS, "utf-8")
    (folder / "municipality.yaml").write_text(
        'name: Prøveby\nclosing_days: ["12-24", "12-31"]\nclosed: [2026-05-15]\n', "utf-8"
    )
    world, chance = (
        make(mailer=letterbox, municipality=folder, database=f"sqlite:///{quick}/year.db"),
        random.Random(2026),
    )
    world.service.post.patience = 60.0  # the clock does not go on while a mail is under way, however slow the machine
    happenings = sorted(
        (one for case in range(1, CASES + 1) for one in live(case, chance) if one.on <= LAST), key=lambda one: one.on
    )
    meet(world)

    play(world, happenings)

    should = Counter(told for life in lives(happenings) for told in expected(life, looks()))
    with world.service.database.reading() as session:
        rows = session.execute(
            sa.select(Notification, CaseRow.number).join(CaseRow, CaseRow.id == Notification.case_id)
        ).all()
    was = Counter(as_told(row, number) for row, number in rows if row.status == "sent")
    with capsys.disabled():
        print(table(should, was, len(letterbox.mails)))  # noqa: T201 - the figures are the point
    assert was == should
    assert set(was.values()) == {1}
    assert {row.status for row, _ in rows} == {"sent", "dropped", "failed"}
    failed = {(row.provider_id, row.channel, row.failure) for row, _ in rows if row.status == "failed"}
    assert failed == {("p1", "webhook", "HTTP 503")}  # and each of these went by mail instead
    rounds = Counter((told.to, told.on) for told in was if told.channel == "mail")
    assert len(letterbox.mails) == len(rounds)  # one mail a day for each, whatever it tells
    assert_in_due_order(world, lives(happenings))


def as_told(row: Notification, number: str) -> Told:
    assert row.stage
    assert row.due
    assert row.sent_at
    to = row.provider_id or row.person_id or row.role
    on = row.sent_at.astimezone(COPENHAGEN).date()
    return Told(int(number[-5:]), row.kind, row.stage, row.due, to, row.channel, on)


def assert_in_due_order(world: World, known: list[Life]) -> None:
    """What fell in the outage was raised at its end in the order of its days."""
    ended = local(OUTAGE[-1] + DAY, time(0, 1))
    with world.service.database.reading() as session:
        sent = session.scalars(sa.select(Outgoing).where(Outgoing.type == "notification.sent")).all()
        first = min(row.position for row in sent if row.envelope["body"]["sent_at"] == ended.isoformat())
        last_before = max((row.position for row in sent if row.position < first), default=0)
        raised = session.scalars(
            sa.select(Outgoing)
            .where(Outgoing.position > last_before, Outgoing.position < first, Outgoing.type.like("deadline.%"))
            .order_by(Outgoing.position)
        ).all()
    begun = {(UUID(int=life.case), life.kind, life.key, life.due): milestones(life) for life in known}
    days = []
    for row in raised:
        body = row.envelope["body"]
        coming = begun[UUID(row.subject), body["kind"], body["key"], date.fromisoformat(body["due"])]
        days.append(min(day for day, *_ in coming if day >= OUTAGE[0]))
    assert len(days) > 1
    assert days == sorted(days)


def table(should: Counter[Told], was: Counter[Told], mails: int) -> str:
    def count(told: Counter[Told]) -> Counter[tuple[str, str, str]]:
        return Counter((one.kind, one.stage, one.channel) for one in told.elements())

    expected_, sent = count(should), count(was)
    lines = [f"{'kind':<18}{'stage':<14}{'channel':<9}{'expected':>9}{'sent':>7}"]
    lines += [
        f"{kind:<18}{stage:<14}{channel:<9}{expected_[kind, stage, channel]:>9}{sent[kind, stage, channel]:>7}"
        for kind, stage, channel in sorted(expected_.keys() | sent.keys())
    ]
    return "\n".join(["", *lines, f"{CASES} cases, {sent.total()} notices, {mails} mails"])
