"""Ordering, put together."""

from typing import Any

from flask import Flask

from casework.phase.phase import Phase
from casework.service.phase_api import PhaseService, create_phase_app
from casework.service.settings import Settings
from ordering import commands, finance_api, ledger, model, rules
from ordering.api import blueprint
from ordering.document import document
from ordering.handlers import OrderingHandlers
from ordering.process import ORDERING

PHASE = Phase(
    process=ORDERING,
    state=model.State,
    steps=model.STEPS,
    commands=commands.COMMANDS,
    checks=rules.CHECKS,
    warnings=rules.WARNINGS,
    derives=rules.follow_the_record,
    document=document,
    bases=(ledger.Base,),
)


def create(settings: Settings | None = None, **overrides: Any) -> PhaseService:
    return PhaseService(PHASE, settings or Settings.from_env("ordering"), OrderingHandlers, **overrides)


def create_app(service: PhaseService | None = None) -> Flask:
    service = service or create()
    app = create_phase_app(service)
    app.extensions["api"].register_blueprint(blueprint(service))
    app.extensions["api"].register_blueprint(finance_api.blueprint(service))
    return app
