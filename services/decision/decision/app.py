"""Decision, put together."""

from typing import Any

from flask import Flask

from casework.phase.phase import Phase
from casework.service.phase_api import PhaseService, create_phase_app
from casework.service.settings import Settings
from decision import commands, letter, model, rules
from decision.api import blueprints
from decision.document import document
from decision.handlers import DecisionHandlers, texts
from decision.process import DECISION

PHASE = Phase(
    process=DECISION,
    state=model.State,
    steps=model.STEPS,
    commands=commands.COMMANDS,
    checks=rules.CHECKS,
    warnings=(*rules.WARNINGS, *letter.WARNINGS),
    computes=rules.COMPUTES,
    derives=letter.remember_what_was_edited,
    document=document,
    bases=(model.Base,),
    texts=texts,
)


def create(settings: Settings | None = None, **overrides: Any) -> PhaseService:
    return PhaseService(PHASE, settings or Settings.from_env("decision"), DecisionHandlers, **overrides)


def create_app(service: PhaseService | None = None) -> Flask:
    service = service or create()
    app = create_phase_app(service)
    for blueprint in blueprints(service):
        app.extensions["api"].register_blueprint(blueprint)
    return app
