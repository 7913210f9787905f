"""Decision, put together."""

from typing import Any

from flask import Flask

from casework.phase.phase import Phase
from casework.service.phase_api import PhaseService, create_phase_app
from casework.service.settings import Settings
from decision import commands, model, rules
from decision.document import document
from decision.process import DECISION

PHASE = Phase(
    process=DECISION,
    state=model.State,
    steps=model.STEPS,
    commands=commands.COMMANDS,
    checks=rules.CHECKS,
    warnings=rules.WARNINGS,
    computes=rules.COMPUTES,
    document=document,
)


def create(settings: Settings | None = None, **overrides: Any) -> PhaseService:
    return PhaseService(PHASE, settings or Settings.from_env("decision"), **overrides)


def create_app(service: PhaseService | None = None) -> Flask:
    return create_phase_app(service or create())
