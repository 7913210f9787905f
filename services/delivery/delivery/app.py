"""Delivery, put together."""

from typing import Any

from flask import Flask

from casework.phase.phase import Phase
from casework.process import Role
from casework.service.auth import let_in_too
from casework.service.phase_api import PhaseService, create_phase_app
from casework.service.settings import Settings
from delivery import answer_queue, commands, keys, model, rules, systems_api
from delivery.document import document, with_acknowledgements
from delivery.handlers import DeliveryHandlers
from delivery.process import DELIVERY
from delivery.settings import DeliverySettings

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


def create(settings: Settings | None = None, **overrides: Any) -> PhaseService:
    mine = DeliverySettings.beside(settings) if settings else DeliverySettings.from_env()
    return PhaseService(PHASE, mine, DeliveryHandlers, listens=answer_queue.listener, **overrides)


def create_app(service: PhaseService | None = None) -> Flask:
    service = service or create()
    app = create_phase_app(service)
    let_in_too(app, keys.recogniser(service.database))
    app.extensions["api"].register_blueprint(systems_api.blueprint(service))
    return app
