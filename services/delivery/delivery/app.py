"""Delivery, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from casework.phase.phase import Phase
from casework.process import Role
from casework.service.phase_service import PhaseService
from casework.service.runtime import Listen
from casework.service.settings import Settings
from delivery import commands, model, rules
from delivery.document import document, with_acknowledgements
from delivery.handlers import DeliveryHandlers
from delivery.process import DELIVERY
from delivery.settings import DeliverySettings

if TYPE_CHECKING:
    from flask import Flask

PHASE = Phase(
    process=DELIVERY,
    state=model.State,
    steps=model.STEPS,
    commands=commands.COMMANDS,
    checks=rules.CHECKS,
    computes=rules.COMPUTES,
    derives=rules.date_and_sign_notes,
    document=document,
    completes=with_acknowledgements,
    bases=(model.Base,),
    readers=(Role.CASEWORKER, Role.LEADER, Role.SYSTEM, Role.PROVIDER),
    record_roles={"documentation": ("provider",), "status_note": ("provider",)},
)


def _listens(service: PhaseService) -> Listen | None:
    """Takes what providers answer by queue, where they can."""
    settings = service.settings
    assert isinstance(settings, DeliverySettings)
    if not settings.provider_broker:
        return None
    from delivery import answer_queue  # brings much with it, for the few that have such a queue

    return answer_queue.listener(service, settings.provider_broker)


def create(settings: Settings | None = None, **overrides: Any) -> PhaseService:
    mine = DeliverySettings.beside(settings) if settings else DeliverySettings.from_env()
    return PhaseService(PHASE, mine, DeliveryHandlers, listens=_listens, **overrides)


def create_app(service: PhaseService | None = None) -> Flask:
    # What answers HTTP is imported by the role that does: the others begin sooner and are smaller without it.
    from casework.service.auth import let_in_too
    from casework.service.phase_api import create_phase_app
    from delivery import keys, systems_api

    service = service or create()
    app = create_phase_app(service)
    let_in_too(app, keys.recogniser(service.database))
    app.extensions["api"].register_blueprint(systems_api.blueprint(service))
    return app
