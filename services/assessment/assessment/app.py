"""Assessment, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assessment import commands, model, rules, warnings
from assessment.document import document
from assessment.handlers import AssessmentHandlers
from assessment.process import ASSESSMENT
from casework.phase.phase import Phase
from casework.service.phase_service import PhaseService
from casework.service.settings import Settings

if TYPE_CHECKING:
    from flask import Flask

PHASE = Phase(
    process=ASSESSMENT,
    state=model.State,
    steps=model.STEPS,
    commands=commands.COMMANDS,
    checks=rules.CHECKS,
    warnings=warnings.WARNINGS,
    conditions=warnings.CONDITIONS,
    relevant=warnings.RELEVANT,
    computes=rules.COMPUTES,
    tells=rules.TELLS,
    derives=rules.follow_the_record,
    document=document,
)


def create(settings: Settings | None = None, **overrides: Any) -> PhaseService:
    return PhaseService(PHASE, settings or Settings.from_env("assessment"), AssessmentHandlers, **overrides)


def create_app(service: PhaseService | None = None) -> Flask:
    # What answers HTTP is imported by the role that does: the others begin sooner and are smaller without it.
    from assessment.api import blueprint
    from casework.service.phase_api import create_phase_app

    service = service or create()
    app = create_phase_app(service)
    app.extensions["api"].register_blueprint(blueprint(service))
    return app
