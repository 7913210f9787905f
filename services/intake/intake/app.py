"""Intake, put together."""

from typing import Any

from flask import Flask

from casework.phase.phase import Phase
from casework.service.phase_api import PhaseService, create_phase_app
from casework.service.settings import Settings
from intake import commands, model, rules
from intake.api import blueprint
from intake.document import document
from intake.handlers import IntakeHandlers
from intake.process import INTAKE

PHASE = Phase(
    process=INTAKE,
    state=model.State,
    steps=model.STEPS,
    commands=commands.COMMANDS,
    checks=rules.CHECKS,
    warnings=rules.WARNINGS,
    conditions=rules.CONDITIONS,
    computes=rules.COMPUTES,
    tells=rules.TELLS,
    derives=rules.follow_the_record,
    document=document,
    bases=(model.Base,),
)


def create(settings: Settings | None = None, **overrides: Any) -> PhaseService:
    return PhaseService(PHASE, settings or Settings.from_env("intake"), IntakeHandlers, **overrides)


def create_app(service: PhaseService | None = None) -> Flask:
    service = service or create()
    app = create_phase_app(service)
    app.extensions["api"].register_blueprint(blueprint(service))
    return app
