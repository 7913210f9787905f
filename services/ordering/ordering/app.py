"""Ordering, put together."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from casework import channels
from casework.channels.webhook import Webhook
from casework.messaging import Cause, put
from casework.phase.phase import Phase
from casework.process import HOUSE
from casework.service.clock import system
from casework.service.phase_service import PhaseService
from casework.service.settings import Settings
from ordering import commands, handover, ledger, model, rules, webhook_secrets
from ordering.document import document
from ordering.handlers import OrderingHandlers
from ordering.process import ORDERING
from ordering.provider_queue import ProviderQueue
from ordering.settings import OrderingSettings

if TYPE_CHECKING:
    from flask import Flask

PHASE = Phase(
    process=ORDERING,
    state=model.State,
    steps=model.STEPS,
    commands=commands.COMMANDS,
    checks=rules.CHECKS,
    warnings=rules.WARNINGS,
    derives=rules.follow_the_record,
    document=document,
    completes=handover.with_delivery,
    bases=(ledger.Base, channels.Base),
)


def channels_of(service: PhaseService) -> Mapping[str, channels.Channel]:
    """By which providers' own systems are reached."""
    settings = service.settings
    assert isinstance(settings, OrderingSettings)
    find = webhook_secrets.lookup(service.database)
    return {
        "webhook": Webhook(find, system, allow_private=settings.private_receivers),
        "queue": ProviderQueue(settings.provider_broker),
    }


def tell_scheduler(service: PhaseService, session: Session, parcel: channels.ParcelRow) -> None:
    """A parcel is settled, and with it what the scheduler wanted told."""
    for handled in handover.settled(session, parcel):
        put(session, "ordering", str(parcel.case_id), handled, Cause(service.clock(), HOUSE.id))


def create(settings: Settings | None = None, **overrides: Any) -> PhaseService:
    mine = OrderingSettings.beside(settings) if settings else OrderingSettings.from_env()
    handlers = partial(OrderingHandlers, has_broker=bool(mine.provider_broker))
    settled = {"on_sent": tell_scheduler, "on_given_up": tell_scheduler}
    return PhaseService(PHASE, mine, handlers, channels=channels_of, **settled, **overrides)


def create_app(service: PhaseService | None = None) -> Flask:
    # What answers HTTP is imported by the role that does: the others begin sooner and are smaller without it.
    from casework.service.phase_api import create_phase_app
    from ordering import api, finance_api, systems_api

    service = service or create()
    app = create_phase_app(service)
    for made in (api.blueprint(service), systems_api.blueprint(service), finance_api.blueprint(service)):
        app.extensions["api"].register_blueprint(made)
    return app
