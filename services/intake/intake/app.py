"""Intake, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from casework.phase.phase import Phase
from casework.service.phase_service import PhaseService
from casework.service.settings import Settings
from intake import commands, model, rules
from intake.document import document
from intake.handlers import IntakeHandlers
from intake.process import INTAKE

if TYPE_CHECKING:
    from flask import Flask

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
    # What answers HTTP is imported by the role that does: the others begin sooner and are smaller without it.
    from casework.service.phase_api import create_phase_app
    from intake.api import blueprint

    service = service or create()
    app = create_phase_app(service)
    app.extensions["api"].register_blueprint(blueprint(service))
    return app
