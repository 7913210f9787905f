"""Followup, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from casework.phase.phase import Phase
from casework.service.phase_service import PhaseService
from casework.service.settings import Settings
from followup import carried, commands, model, rules
from followup.document import document
from followup.handlers import FollowupHandlers
from followup.process import FOLLOWUP

if TYPE_CHECKING:
    from flask import Flask

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
    # What answers HTTP is imported by the role that does: the others begin sooner and are smaller without it.
    from casework.service.phase_api import create_phase_app

    return create_phase_app(service or create())
