"""Mails: sent outside the transaction, at least once, given up in the end; and nothing personal in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller

from casework.configuration import Misconfigured
from casework.contracts.common import NotificationRequested
from casework.contracts.ordering import ProviderChanged
from casework.contracts.portal import PersonChanged
from casework.testing.servers import free_port
from scheduler.mail import DELAYS, LEASE, NotSent, Smtp
from scheduler.model import Notification
from scheduler.settings import SchedulerSettings

from .conftest import CASE, OPENED, Letterbox, World, asked, at

NOW = at("2026-03-16 08:00")


@pytest.fixture
def mailing(make, letterbox: Letterbox) -> World:
    """A scheduler with a mail server, a case, and one deadline that has just come near its caseworker."""
    world = make(mailer=letterbox, portal="https://sag.kommune.example")
    world.hear(OPENED, by="intake", when="2026-01-05 08:00")
    world.hear(asked("complaint", "2026-03-16"), by="decision")
    world.tick("2026-03-16 08:00")
    return world


def mails(world: World) -> list[Notification]:
    with world.service.database.reading() as session:
        return list(session.scalars(sa.select(Notification).where(Notification.channel == "mail")))


def resting_until(world: World, now: datetime) -> None:
    """The clock by which delays run."""
    world.service.mail_post = replace(world.service.mail_post, resting=lambda: now)


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


def test_a_mail_is_sent_once_and_the_portal_hears_of_it(mailing: World, letterbox: Letterbox):
    mailing.service.send_notifications()
    mailing.service.send_notifications()

    assert len(letterbox.mails) == 1
    assert [body["channel"] for _, body in mailing.said("notification.sent")] == ["portal", "mail"]


def test_a_failed_mail_rests_longer_and_longer(mailing: World, letterbox: Letterbox):
    letterbox.failures = [NotSent("SMTP 451")] * 2
    now = NOW
    for delay in DELAYS[:2]:
        resting_until(mailing, now)
        assert mailing.service.mail_post.send() == 1
        resting_until(mailing, now + delay - timedelta(seconds=1))
        assert mailing.service.mail_post.send() == 0
        now += delay

    resting_until(mailing, now)
    assert mailing.service.mail_post.send() == 1
    assert len(letterbox.mails) == 1
    assert mails(mailing)[0].status == "sent"


def test_a_mail_is_given_up_in_the_end_and_the_portal_says_so(mailing: World, letterbox: Letterbox):
    letterbox.failures = [NotSent("SMTP 451")] * 99
    now = NOW
    for delay in (*DELAYS, timedelta(days=1)):
        resting_until(mailing, now)
        assert mailing.service.mail_post.send() == 1
        now += delay

    resting_until(mailing, now)
    assert mailing.service.mail_post.send() == 0
    (mail,) = mails(mailing)
    assert (mail.status, mail.failure, mail.sent_at) == ("failed", "SMTP 451", None)
    assert mailing.said("notification.sent")[-1][1]["failure"] == "SMTP 451"


def test_a_mailbox_that_does_not_exist_is_given_up_at_once(mailing: World, letterbox: Letterbox):
    letterbox.failures = [NotSent("SMTP 550", for_good=True)]

    mailing.service.send_notifications()

    assert mails(mailing)[0].status == "failed"


def test_a_killed_sender_leaves_its_mail_to_the_next(mailing: World, letterbox: Letterbox):
    letterbox.failures = [KeyboardInterrupt()]
    resting_until(mailing, NOW)
    with pytest.raises(KeyboardInterrupt):
        mailing.service.mail_post.send()

    assert mailing.service.mail_post.send() == 0  # it is still the other's
    resting_until(mailing, NOW + LEASE)
    assert mailing.service.mail_post.send() == 1
    assert len(letterbox.mails) == 1


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


# a real server
class Received:
    def __init__(self) -> None:
        self.mails: list[Any] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address.startswith("nobody"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def smtp() -> Iterator[tuple[Received, str]]:
    received = Received()
    controller = Controller(received, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield received, f"127.0.0.1:{controller.port}"
    controller.stop()


@pytest.mark.rule("FUP-01")
def test_a_provider_is_mailed_through_a_real_server(make, smtp):
    received, server = smtp
    world = make(smtp=server, sender="sagsgang@kommune.example")
    world.hear(OPENED, by="intake")
    world.hear(
        ProviderChanged(provider_id="x-hus", name="X-Hus", email="post@x-hus.example"), by="ordering", subject="x-hus"
    )
    world.hear(asked("status-note", date(2026, 3, 16), provider_id="x-hus"), by="followup")

    world.tick("2026-03-09 08:00")
    assert world.service.send_notifications() == 1

    (mail,) = received.mails
    assert (mail["From"], mail["To"]) == ("sagsgang@kommune.example", "post@x-hus.example")
    assert "Frist nærmer sig: Statusnotat (16.03.2026)." in mail.get_content()


def test_a_real_server_that_refuses_is_believed_and_its_words_are_not_kept(make, smtp):
    _, server = smtp
    world = make(smtp=server)
    world.hear(OPENED, by="intake")
    world.hear(
        ProviderChanged(provider_id="x-hus", name="X-Hus", email="nobody@x-hus.example"), by="ordering", subject="x-hus"
    )
    world.hear(asked("status-note", date(2026, 3, 16), provider_id="x-hus"), by="followup")

    world.tick("2026-03-09 08:00")
    world.service.send_notifications()

    assert [(mail.status, mail.failure) for mail in mails(world)] == [("failed", "SMTP 550")]


def test_a_server_that_is_away_is_tried_again(mailing: World):
    mailing.service.mail_post = replace(mailing.service.mail_post, mailer=Smtp("127.0.0.1", 9, timeout=1))

    mailing.service.send_notifications()

    assert [(mail.status, mail.failure) for mail in mails(mailing)] == [("queued", "ConnectionRefusedError")]


def test_a_wrong_mail_server_is_told_at_start(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SCHEDULER_SMTP", "mail.kommune.example")

    with pytest.raises(Misconfigured, match="host:port"):
        SchedulerSettings.from_env()
