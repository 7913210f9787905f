"""The queue `answers`: what providers' own systems lay in exchanges of their own, on the part of the broker they see.

`sagsgang providers queue` makes both. A provider's user may write to its own exchange and to no other, so the exchange
by which a message has come tells who speaks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
import structlog

from casework.messaging.amqp import Amqp, Taker, consume
from casework.service.phase_service import PhaseService
from casework.service.runtime import Listen
from delivery import answers
from delivery.handlers import DeliveryHandlers
from delivery.model import ProviderAnswerRow

log = structlog.get_logger()

QUEUE = "answers"

AT_ONCE = 1
"""So many are handed out before they are acknowledged: a large one is then no more than one."""

_EXCHANGE = f"{QUEUE}."


class Behind(Exception):
    """What others have told is heard first."""


def exchange_of(provider_id: str) -> str:
    """Where a provider lays its answers."""
    return _EXCHANGE + provider_id


def listener(service: PhaseService, broker: str) -> Listen:
    """Takes what providers answer, until it is told to stop."""

    def listen(stop: Callable[[], bool]) -> None:
        consume(
            broker, lambda link: Taker(link, QUEUE, AT_ONCE), lambda found: receive(service, found),
            stop, f"{service.name}.{QUEUE}",
        )  # fmt: skip

    return listen


def receive(service: PhaseService, messages: list[Any]) -> None:
    """Take each in a commit of its own; then all may be acknowledged. Raises where nothing can be taken now."""
    if not messages:
        _ready(service)
    for message in messages:
        exchange = message.delivery_info["exchange"]
        if not exchange.startswith(_EXCHANGE):  # no provider can do that
            log.error("answer_from_nobody", exchange=exchange, message_id=message.properties.get("message_id"))
            continue
        _take(service, exchange.removeprefix(_EXCHANGE), message)


def _ready(service: PhaseService) -> None:
    """Raises where the database is away; and, after an outage, while orders still wait that may be answered already."""
    with service.database.reading() as session:
        session.execute(sa.select(1))
    if isinstance(service.transport, Amqp) and (behind := service.transport.behind(service.name)):
        raise Behind(f"{behind} beskeder fra de andre faser kommer først")


def _take(service: PhaseService, provider_id: str, message: Any) -> None:
    assert isinstance(service.handlers, DeliveryHandlers)
    arrived = answers.read(message.body, message.properties.get("message_id"))
    try:
        row = _taken(service, service.handlers, provider_id, arrived)
    except Exception as error:
        if not answers.is_about_the_answer(error):
            raise
        row = _taken(service, service.handlers, provider_id, replace(arrived, answer=None, refused=error))
    if row and row.outcome == answers.Handled.TAKEN:
        service.changed(str(row.case_id))


def _taken(
    service: PhaseService, handlers: DeliveryHandlers, provider_id: str, arrived: answers.Arrived
) -> ProviderAnswerRow | None:
    with service.database.writing() as session:
        return answers.take(session, handlers, provider_id, arrived, service.clock())
