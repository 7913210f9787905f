"""Mails: in the hours that are set, one for each, at least once, true when they leave; and nothing personal in them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller

from casework.channels import NotSent
from casework.channels.post import GIVE_UP, LEASE, PAUSES
from casework.configuration import Misconfigured
from casework.contracts.common import DeadlineMet, NotificationRequested
from casework.contracts.ordering import ProviderChanged
from casework.contracts.portal import PersonChanged
from casework.contracts.values import Party
from casework.testing.servers import free_port
from casework.vocabularies.codes import PartyRole
from scheduler.mail import Mail, Smtp
from scheduler.model import Notification
from scheduler.settings import SchedulerSettings

from .conftest import CASE, OPENED, Letterbox, World, asked, at

NOW = at("2026-03-16 08:00")
X_HUS = ProviderChanged(provider_id="x-hus", name="X-Hus", email="post@x-hus.example")


@pytest.fixture
def mailing(make, letterbox: Letterbox) -> World:
    """A scheduler with a mail server, a case, and one deadline that has just come to its day."""
    world = make(mailer=letterbox, portal="https://sag.kommune.example")
    world.hear(OPENED, by="intake", when="2026-01-05 08:00")
    world.hear(asked("complaint", "2026-03-16"), by="decision")
    world.tick("2026-03-16 08:00")
    rest_until(world, NOW)
    return world


def mails(world: World) -> list[Notification]:
    with world.service.database.reading() as session:
        return list(session.scalars(sa.select(Notification).where(Notification.channel == "mail")))


def rest_until(world: World, now: datetime) -> None:
    """The clock by which pauses run; pauses of their plain length."""
    world.service.post.resting, world.service.post.jitter = (lambda: now), (lambda: 0.5)


def test_a_mail_says_what_it_is_about_and_where_to_look_and_nothing_else(mailing: World, letterbox: Letterbox):
    assert mailing.service.send_notifications() == 1

    (mail,) = letterbox.mails
    assert mail["To"] == "karen@kommune.example"
    assert mail["Subject"] == "Frist i dag: Klagefrist, sag 2026-00417"
    assert mail.get_content().splitlines() == [
        "Frist i dag: Klagefrist (16.03.2026).",
        "Sag 2026-00417.",
        f"Åbn sagen: https://sag.kommune.example/cases/{CASE}",
        "",
        "A deadline falls today (16.03.2026).",
        "Case 2026-00417.",
        f"Open the case: https://sag.kommune.example/cases/{CASE}",
    ]


def test_a_mail_is_sent_once_with_its_receipt_and_the_portal_hears_of_it(mailing: World, letterbox: Letterbox):
    mailing.service.send_notifications()
    mailing.service.send_notifications()

    assert len(letterbox.mails) == 1
    assert [(row.status, row.receipt, row.sent_at) for row in mails(mailing)] == [("sent", "SMTP 250", NOW)]
    assert [body["channel"] for _, body in mailing.said("notification.sent")] == ["portal", "mail"]


def test_a_person_who_is_told_much_at_once_gets_one_mail(mailing: World, letterbox: Letterbox):
    mailing.hear(asked("hearing-answer", "2026-03-16"), by="assessment")
    mailing.hear(asked("case-processing", "2026-03-17"), by="intake")
    mailing.hear(X_HUS, by="ordering", subject="x-hus")
    mailing.hear(asked("status-note", "2026-03-16", provider_id="x-hus"), by="followup")
    mailing.tick("2026-03-16 08:01")

    assert mailing.service.send_notifications() == 2

    karens, providers = sorted(letterbox.mails, key=lambda mail: mail["To"])
    assert (karens["Subject"], providers["Subject"]) == ("3 beskeder", "Frist i dag: Statusnotat, sag 2026-00417")
    assert [line for line in karens.get_content().splitlines() if line.startswith("Frist")] == [
        "Frist i dag: Klagefrist (16.03.2026).",
        "Frist i dag: Svar på partshøring (16.03.2026).",
        "Frist nærmer sig: Sagsbehandlingsfrist (17.03.2026).",
    ]
    assert Counter(body["channel"] for _, body in mailing.said("notification.sent")) == {"portal": 4, "mail": 4}


@pytest.mark.parametrize("night", ["2026-03-13 18:00", "2026-03-14 12:00", "2026-03-16 06:59"])
def test_outside_of_hours_mails_wait_and_the_portal_tells_at_once(make, letterbox: Letterbox, night: str):
    world = make(mailer=letterbox)
    world.hear(OPENED, by="intake")
    world.hear(asked("complaint", "2026-03-13"), by="decision")
    world.tick(night)

    assert (world.service.send_notifications(), len(world.said("notification.sent"))) == (0, 1)
    world.service.clock.set(at("2026-03-16 07:00"))
    assert (world.service.send_notifications(), len(letterbox.mails)) == (1, 1)


def test_what_is_no_longer_so_when_the_hours_begin_is_not_mailed(make, letterbox: Letterbox):
    world = make(mailer=letterbox)
    world.hear(OPENED, by="intake")
    for key in ("met", "moved", "open"):
        world.hear(asked("hearing-answer", "2026-03-16", key), by="assessment")
    world.tick("2026-03-15 00:10")
    world.hear(DeadlineMet(kind="hearing-answer", key="met", met_on=date(2026, 3, 15)), by="assessment")
    world.hear(asked("hearing-answer", "2026-04-20", "moved"), by="assessment", when="2026-03-15 09:00")
    world.service.clock.set(at("2026-03-16 07:00"))

    world.service.send_notifications()

    (mail,) = letterbox.mails
    assert mail["Subject"] == "Frist nærmer sig: Svar på partshøring, sag 2026-00417"
    assert Counter(row.status for row in mails(world)) == {"dropped": 2, "sent": 1}


def test_a_mail_of_which_nothing_is_so_any_more_is_not_sent(mailing: World, letterbox: Letterbox):
    letterbox.failures = [NotSent("SMTP 451")]
    mailing.service.send_notifications()
    mailing.hear(DeadlineMet(kind="complaint", key="1", met_on=date(2026, 3, 16)), by="decision")

    rest_until(mailing, NOW + PAUSES[0])
    mailing.service.send_notifications()

    assert letterbox.mails == []
    assert [row.status for row in mails(mailing)] == ["dropped"]
    assert [body["channel"] for _, body in mailing.said("notification.sent")] == ["portal"]


def test_a_failed_mail_rests_longer_and_longer(mailing: World, letterbox: Letterbox):
    letterbox.failures = [NotSent("SMTP 451")] * 2
    now = NOW
    for pause in PAUSES[:2]:
        rest_until(mailing, now)
        assert mailing.service.send_notifications() == 1
        rest_until(mailing, now + pause - timedelta(seconds=1))
        assert mailing.service.send_notifications() == 0
        now += pause

    rest_until(mailing, now)
    assert mailing.service.send_notifications() == 1
    assert len(letterbox.mails) == 1
    assert mails(mailing)[0].status == "sent"


def test_a_mail_is_given_up_after_24_hours_in_which_mails_leave_and_the_portal_says_so(
    mailing: World, letterbox: Letterbox
):
    letterbox.failures = [NotSent("SMTP 451")] * 3
    mailing.service.send_notifications()
    for later in ("2026-03-18 09:59", "2026-03-18 16:00"):  # 10 hours on Monday, 11 on Tuesday
        rest_until(mailing, at(later))
        assert mailing.service.send_notifications() == 1

    rest_until(mailing, NOW + 5 * GIVE_UP)
    assert mailing.service.send_notifications() == 0
    (mail,) = mails(mailing)
    assert (mail.status, mail.failure, mail.sent_at) == ("failed", "SMTP 451", None)
    assert mailing.said("notification.sent")[-1][1]["failure"] == "SMTP 451"


def test_a_mail_server_that_is_away_over_a_weekend_costs_no_mail(mailing: World, letterbox: Letterbox):
    letterbox.failures = [NotSent("SMTP 451")] * 2
    for moment in ("2026-03-20 15:00", "2026-03-23 07:00"):
        mailing.service.clock.set(at(moment))
        rest_until(mailing, at(moment))
        assert mailing.service.send_notifications() == 1
    assert [row.status for row in mails(mailing)] == ["queued"]

    rest_until(mailing, at("2026-03-23 07:30"))
    mailing.service.send_notifications()

    assert [row.status for row in mails(mailing)] == ["sent"]


def test_an_operator_sends_again_what_was_given_up(mailing: World, letterbox: Letterbox):
    letterbox.failures = [NotSent("SMTP 550", for_good=True)]
    mailing.service.send_notifications()
    (parcel,) = mailing.get("/parcels", role="operator").json["parcels"]

    mailing.get(f"/parcels/{parcel['id']}/retry", role="operator", method="post")
    mailing.service.send_notifications()

    assert parcel["receiver"] == "person:karen"
    assert [(row.status, row.failure) for row in mails(mailing)] == [("sent", None)]


def test_the_status_tells_whose_breaker_is_open_and_what_was_given_up(mailing: World, letterbox: Letterbox):
    letterbox.failures = [NotSent("SMTP 451")]
    mailing.service.send_notifications()

    status = mailing.get("/status", role="operator").json

    (line,) = status["mails"]["failing"]
    assert (line["receiver"], line["breaker"], line["failures"]) == ("person:karen", "open", 1)
    assert (status["given_up"], status["mails"]["waiting"]) == (0, 1)


def test_a_mailbox_that_does_not_exist_is_given_up_at_once(mailing: World, letterbox: Letterbox):
    letterbox.failures = [NotSent("SMTP 550", for_good=True)]

    mailing.service.send_notifications()

    assert mails(mailing)[0].status == "failed"


def test_a_killed_sender_leaves_its_mail_to_the_next_under_the_same_message_id(mailing: World, letterbox: Letterbox):
    taken: list[Any] = []

    class Killed(BaseException):
        """The process ends between handing over and noting."""

    def take_and_die(mail: Any) -> str:
        taken.append(mail)
        raise Killed

    channel = mailing.service.post.channels["mail"]
    mailing.service.post.channels["mail"] = replace(channel, mailer=take_and_die)
    with pytest.raises(Killed):
        mailing.service.send_notifications()
    mailing.service.post.channels["mail"] = channel

    assert mailing.service.send_notifications() == 0  # it is still the other's
    rest_until(mailing, NOW + LEASE)
    assert mailing.service.send_notifications() == 1
    assert [mail["Message-ID"] for mail in letterbox.mails] == [mail["Message-ID"] for mail in taken]


def test_nobody_is_mailed_what_they_did_themself(make, letterbox: Letterbox):
    world = make(mailer=letterbox)
    world.hear(OPENED, by="intake")

    world.hear(NotificationRequested(kind="intake.complete", roles=("caseworker",)), by="decision", actor="karen")
    world.service.send_notifications()

    assert (len(letterbox.mails), len(world.told())) == (0, 1)


def test_a_person_for_whom_the_portal_is_enough_is_not_mailed(make, letterbox: Letterbox):
    world = make(mailer=letterbox)
    world.hear(OPENED, by="intake")
    wish = PersonChanged(person_id="karen", name="Karen Lund", email="karen@kommune.example", channel="portal")
    world.hear(wish, by="portal", subject="karen")

    world.hear(NotificationRequested(kind="decision.decide", roles=("caseworker",)), by="decision")

    assert world.told() == [("", "Karen Lund", "portal")]


@pytest.mark.parametrize(
    "day, told",
    [
        ("2026-03-12", ["Karen Lund"]),
        ("2026-03-13", ["Karen Lund", "Otto Holm"]),
        ("2026-03-20", ["Karen Lund", "Otto Holm"]),
        ("2026-03-21", ["Karen Lund"]),
    ],
)
def test_whoever_stands_in_for_one_who_is_away_is_told_besides(world: World, day: str, told: list[str]):
    away = PersonChanged(
        person_id="karen", name="Karen Lund", deputy="otto", away_from=date(2026, 3, 13), away_to=date(2026, 3, 20)
    )
    world.hear(away, by="portal", subject="karen")
    world.hear(PersonChanged(person_id="otto", name="Otto Holm"), by="portal", subject="otto")
    world.hear(asked("complaint", day), by="decision")

    world.tick(f"{day} 08:00")

    assert [name for _, name, _ in world.told()] == told


# a real server
@dataclass
class Moody:
    """A mail server. `moods` says how it meets a mailbox, try by try; then it takes what comes."""

    moods: dict[str, list[str]] = field(default_factory=dict)
    mails: list[Any] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        envelope.rcpt_tos.append(address)
        mood = self.moods.get(address, [])
        if mood and mood[0].isdecimal():
            return f"{mood.pop(0)} no, {address}"
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        mood = self.moods.get(envelope.rcpt_tos[0], [])
        now = mood.pop(0) if mood else ""
        if now == "slow":
            await asyncio.sleep(1)
        if now == "dies before":
            server.transport.abort()
            return "451 gone"
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        if now == "dies after":
            server.transport.abort()
        return "250 OK"

    def arrived(self) -> dict[str, set[str]]:
        """Of each mailbox, the mails that it tells apart."""
        return {to: {mail["Message-ID"] for mail in self.mails if mail["To"] == to} for to in self._boxes()}

    def _boxes(self) -> set[str]:
        return {mail["To"] for mail in self.mails}


Start = Callable[[Moody], None]


@pytest.fixture
def smtp() -> Iterator[tuple[str, Start]]:
    """The address of a mail server, and how it is started."""
    running: list[Controller] = []
    port = free_port()

    def start(server: Moody) -> None:
        running.append(Controller(server, hostname="127.0.0.1", port=port))
        running[-1].start()

    yield f"127.0.0.1:{port}", start
    for controller in running:
        controller.stop()


@pytest.mark.rule("FUP-01")
def test_a_provider_is_mailed_through_a_real_server(make, smtp):
    (address, start), server = smtp, Moody()
    start(server)
    world = make(smtp=address, sender="sagsgang@kommune.example")
    world.hear(OPENED, by="intake")
    world.hear(X_HUS, by="ordering", subject="x-hus")
    world.hear(asked("status-note", date(2026, 3, 16), provider_id="x-hus"), by="followup")

    world.tick("2026-03-09 08:00")
    assert world.service.send_notifications() == 1

    (mail,) = server.mails
    assert (mail["From"], mail["To"]) == ("sagsgang@kommune.example", "post@x-hus.example")
    assert "Frist nærmer sig: Statusnotat (16.03.2026)." in mail.get_content()


MOODS = {
    "quick": [],
    "refuses": ["550"],
    "not now": ["451", "421"],
    "slow": ["slow"],
    "dies before": ["dies before", "dies before"],
    "dies after": ["dies after"],
}


def test_every_mail_arrives_once_or_falls_back_to_the_portal_and_says_so(make, smtp):
    """Eighteen people, a server that refuses, delays, dies in the middle, and is away for half an hour."""
    names = [f"{mood}-{n}".replace(" ", "-") for mood in MOODS for n in range(3)]
    boxes = {name: f"{name}@kommune.example" for name in names}
    server = Moody(
        {boxes[f"{mood}-{n}".replace(" ", "-")]: [*moods] for mood, moods in MOODS.items() for n in range(3)}
    )
    address, start = smtp
    world = make(smtp=address)
    world.service.mailer = replace(world.service.mailer, timeout=0.3)
    channel = world.service.post.channels["mail"]
    world.service.post.channels["mail"] = replace(channel, mailer=world.service.mailer)
    for n, name in enumerate(names, 1):
        subject, who = str(UUID(int=n)), Party(id=name, name=name, role=PartyRole("caseworker"), email=boxes[name])
        world.hear(replace(OPENED, caseworker=who), by="intake", subject=subject)
        world.hear(asked("complaint", "2026-03-16"), by="decision", subject=subject)
    world.tick("2026-03-16 08:00")

    for minutes in range(0, 420, 10):
        if minutes == 30:
            start(server)
        rest_until(world, NOW + timedelta(minutes=minutes))
        world.service.send_notifications()

    refused = {boxes[name] for name in names if name.startswith("refuses")}
    assert {to: len(ids) for to, ids in server.arrived().items()} == {
        to: 1 for to in boxes.values() if to not in refused
    }
    assert {(row.email in refused, row.status, row.failure) for row in mails(world)} == {
        (False, "sent", None),
        (True, "failed", "SMTP 550"),  # its words, which quote the address, are not kept
    }
    said = [body for _, body in world.said("notification.sent")]
    assert Counter((body["channel"], "failure" in body) for body in said) == {
        ("portal", False): 18,
        ("mail", False): 15,
        ("mail", True): 3,
    }


def test_a_server_that_is_away_is_tried_again(mailing: World):
    channel = mailing.service.post.channels["mail"]
    assert isinstance(channel, Mail)
    mailing.service.post.channels["mail"] = replace(channel, mailer=Smtp("127.0.0.1", free_port(), timeout=1))

    mailing.service.send_notifications()

    (parcel,) = mailing.get("/parcels", role="operator").json["parcels"]
    assert (parcel["status"], parcel["failure"]) == ("waiting", "ConnectionRefusedError")
    assert [mail.status for mail in mails(mailing)] == ["queued"]


def test_a_wrong_mail_server_is_told_at_start(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SCHEDULER_SMTP", "mail.kommune.example")

    with pytest.raises(Misconfigured, match="host:port"):
        SchedulerSettings.from_env()
