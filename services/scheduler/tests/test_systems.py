"""Providers with a system of their own: told by it, at once; by mail and portal where it cannot be reached."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from casework.contracts.common import DeadlineMet, NotificationRequested
from casework.contracts.ordering import ProviderChanged, ProviderNoticeHandled
from casework.migrations import upgrade
from scheduler.model import Notification, ProviderRow

from .conftest import OPENED, Letterbox, World, asked, at

X_HUS = ProviderChanged(provider_id="x-hus", name="X-Hus", email="post@x-hus.example", channel="webhook")
A_NIGHT = "2026-03-15 00:10"  # a Sunday


@pytest.fixture
def told(make, letterbox: Letterbox) -> World:
    """X-Hus, which has a webhook, is told at night that its status note is wanted tomorrow."""
    world = make(mailer=letterbox)
    world.hear(OPENED, by="intake")
    world.hear(X_HUS, by="ordering", subject="x-hus")
    world.hear(asked("status-note", "2026-03-16", provider_id="x-hus"), by="followup")
    world.tick(A_NIGHT)
    return world


def wanted(world: World) -> list[dict[str, Any]]:
    return [body for _, body in world.said("provider_notice.requested")]


def handle(world: World, when: str = "2026-03-15 00:11", **outcome: Any) -> None:
    """Ordering says what came of the notice asked for last."""
    given = {"channel": "webhook", **outcome}
    notification_id = UUID(wanted(world)[-1]["notification_id"])
    answer = ProviderNoticeHandled(notification_id=notification_id, provider_id="x-hus", **given)
    world.hear(answer, by="ordering", when=when)


def hand_over(world: World) -> None:
    handle(world, handed_over_at=at("2026-03-15 00:11"), receipt="HTTP 202")


def rows(world: World, channel: str) -> list[Notification]:
    with world.service.database.reading() as session:
        return list(session.scalars(sa.select(Notification).where(Notification.channel == channel)))


def by_mail(world: World, letterbox: Letterbox, when: str = "2026-03-16 07:00") -> list[str]:
    """Who is mailed when the hours begin."""
    world.service.clock.set(at(when))
    world.service.send_notifications()
    return [mail["To"] for mail in letterbox.mails]


@pytest.mark.rule("FUP-01")
def test_a_providers_system_is_told_at_once_whatever_the_hour_and_nobody_is_mailed_the_same(
    told: World, letterbox: Letterbox
):
    assert told.told() == [("near-1", "x-hus", "portal"), ("near-1", "x-hus", "webhook")]
    (notice,) = wanted(told)
    assert notice | {"notification_id": "?"} == {
        "notification_id": "?", "provider_id": "x-hus", "kind": "status-note", "stage": "near", "due": "2026-03-16",
    }  # fmt: skip
    hand_over(told)
    assert by_mail(told, letterbox) == []


def test_what_was_handed_over_is_recorded_with_channel_time_and_receipt_and_the_portal_hears_of_it(told: World):
    handle(told, channel="queue", handed_over_at=at("2026-03-15 00:11"), receipt="confirmed")

    (row,) = rows(told, "queue")  # the channel by which it went, if the register has just been changed
    assert (row.status, row.sent_at, row.receipt) == ("sent", at("2026-03-15 00:11"), "confirmed")
    assert [(body["channel"], body["to"]) for _, body in told.said("notification.sent")] == [
        ("portal", "X-Hus"), ("queue", "X-Hus"),
    ]  # fmt: skip


def test_what_a_system_did_not_take_goes_by_mail_and_the_portal_says_so(told: World, letterbox: Letterbox):
    handle(told, failure="HTTP 410")

    said = told.said("notification.sent")[-1][1]
    assert (said["channel"], said["failure"], said["fallback"]) == ("webhook", "HTTP 410", "mail")
    assert by_mail(told, letterbox) == ["post@x-hus.example"]
    assert letterbox.mails[0]["Subject"] == "Frist nærmer sig: Statusnotat, sag 2026-00417"
    assert [(row.status, row.failure) for row in rows(told, "webhook")] == [("failed", "HTTP 410")]


def test_what_is_no_longer_so_when_the_mail_leaves_is_not_mailed(told: World, letterbox: Letterbox):
    handle(told, failure="HTTP 503")
    told.hear(DeadlineMet(kind="status-note", key="1", met_on=date(2026, 3, 15)), by="followup")

    assert by_mail(told, letterbox) == []
    assert [row.status for row in rows(told, "mail")] == ["dropped"]


@pytest.mark.parametrize("has_server, email", [(False, X_HUS.email), (True, None)])
def test_without_a_mailbox_or_a_mail_server_the_portal_is_what_is_left(
    make, letterbox: Letterbox, has_server: bool, email: str | None
):
    world = make(mailer=letterbox) if has_server else make()
    world.hear(OPENED, by="intake")
    world.hear(replace(X_HUS, email=email), by="ordering", subject="x-hus")
    world.hear(asked("status-note", "2026-03-16", provider_id="x-hus"), by="followup")
    world.tick(A_NIGHT)

    handle(world, failure="HTTP 503")

    assert rows(world, "mail") == []
    assert world.said("notification.sent")[-1][1]["fallback"] == "portal"


def test_what_an_operator_sends_again_counts_as_told_and_makes_no_second_mail(told: World, letterbox: Letterbox):
    for failure in ("HTTP 503", "HTTP 503"):
        handle(told, failure=failure)
    hand_over(told)

    assert [(row.status, row.failure, row.receipt) for row in rows(told, "webhook")] == [("sent", None, "HTTP 202")]
    assert by_mail(told, letterbox) == ["post@x-hus.example"]


def test_whatever_else_a_provider_is_told_goes_the_same_way(told: World):
    news = NotificationRequested(kind="delivery.status_note", roles=("provider",), provider_id="x-hus")

    told.hear(news, by="delivery")

    notice = wanted(told)[-1]
    assert (notice["kind"], notice.get("stage"), notice.get("due")) == ("delivery.status_note", None, None)


def test_a_provider_that_has_no_system_any_more_is_mailed_again(told: World, letterbox: Letterbox):
    told.hear(replace(X_HUS, channel="portal"), by="ordering", subject="x-hus")

    told.tick("2026-03-16 08:00")

    assert len(wanted(told)) == 1
    assert by_mail(told, letterbox, "2026-03-16 08:00") == ["post@x-hus.example"]


def test_operators_see_how_many_wait_for_systems_and_what_was_given_up(told: World):
    def figures() -> tuple[int, int, int]:
        status = told.get("/status", role="operator").json
        return status["with_providers_systems"], status["mails_not_gathered"], status["given_up"]

    assert figures() == (1, 0, 0)
    handle(told, failure="HTTP 410")
    assert figures() == (0, 1, 1)


def test_providers_known_to_a_former_release_have_the_channel_that_was_told_last(make):
    world = make()
    for channel in ("portal", "queue"):
        world.hear(replace(X_HUS, channel=channel), by="ordering", subject="x-hus", when="2026-01-05 09:00")
    with world.service.database.engine.begin() as db:  # as the former release left it
        db.execute(sa.text("ALTER TABLE provider DROP COLUMN channel"))
        db.execute(sa.text("UPDATE alembic_version SET version_num = '0003_feeds'"))

    upgrade(world.service)

    with world.service.database.reading() as session:
        assert session.get_one(ProviderRow, "x-hus").channel == "queue"
