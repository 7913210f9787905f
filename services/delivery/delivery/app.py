"""Delivery, put together."""

from typing import Any

from flask import Flask

from casework.phase.phase import Phase
from casework.process import Role
from casework.service.phase_api import PhaseService, create_phase_app
from casework.service.settings import Settings
from delivery import commands, model, rules
from delivery.document import document
from delivery.handlers import DeliveryHandlers
from delivery.process import DELIVERY

PHASE = Phase(
    process=DELIVERY,
    state=model.State,
    steps=model.STEPS,
    commands=commands.COMMANDS,
    checks=rules.CHECKS,
    computes=rules.COMPUTES,
    derives=rules.date_and_sign_notes,
    document=document,
    readers=(Role.CASEWORKER, Role.LEADER, Role.SYSTEM, Role.PROVIDER),
    record_roles={"documentation": ("provider",), "status_note": ("provider",)},
)


def create(settings: Settings | None = None, **overrides: Any) -> PhaseService:
    return PhaseService(PHASE, settings or Settings.from_env("delivery"), DeliveryHandlers, **overrides)


def create_app(service: PhaseService | None = None) -> Flask:
    return create_phase_app(service or create())
