"""Followup, put together."""

from typing import Any

from flask import Flask

from casework.phase.phase import Phase
from casework.service.phase_api import PhaseService, create_phase_app
from casework.service.settings import Settings
from followup import carried, commands, model, rules
from followup.document import document
from followup.handlers import FollowupHandlers
from followup.process import FOLLOWUP

PHASE = Phase(
    process=FOLLOWUP,
    state=model.State,
    steps=model.STEPS,
    commands=commands.COMMANDS,
    warnings=rules.WARNINGS,
    computes=carried.COMPUTES,
    document=document,
)


def create(settings: Settings | None = None, **overrides: Any) -> PhaseService:
    return PhaseService(PHASE, settings or Settings.from_env("followup"), FollowupHandlers, **overrides)


def create_app(service: PhaseService | None = None) -> Flask:
    return create_phase_app(service or create())
