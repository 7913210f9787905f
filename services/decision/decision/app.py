"""Decision, put together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from casework import channels
from casework.phase.phase import Phase
from casework.service.phase_service import PhaseService
from casework.service.settings import Settings
from decision import commands, delivery, letter, model, rules
from decision.document import document
from decision.handlers import DecisionHandlers, texts
from decision.process import DECISION
from decision.settings import DecisionSettings

if TYPE_CHECKING:
    from flask import Flask

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
    bases=(model.Base, channels.Base),
    texts=texts,
)


SETTINGS = DecisionSettings


def _ways(service: PhaseService) -> Mapping[str, channels.Channel]:
    """How letters are handed over; without a folder, or a number to send by, they wait."""
    settings = service.settings
    assert isinstance(settings, DecisionSettings)
    folder = settings.letters
    ways: dict[str, channels.Channel] = {delivery.PRINT: delivery.Print(folder.joinpath("print"))} if folder else {}
    if folder and settings.sender_cvr:
        ways[delivery.DIGITAL_POST] = delivery.DigitalPost(folder.joinpath("digital-post"), settings.sender_cvr)
    return ways


def create(settings: Settings | None = None, **overrides: Any) -> PhaseService:
    mine = DecisionSettings.beside(settings) if settings else DecisionSettings.from_env()
    return PhaseService(PHASE, mine, DecisionHandlers, channels=_ways, **overrides)


def create_app(service: PhaseService | None = None) -> Flask:
    # What answers HTTP is imported by the role that does: the others begin sooner and are smaller without it.
    from casework.service.phase_api import create_phase_app
    from decision.api import blueprints

    service = service or create()
    app = create_phase_app(service)
    for blueprint in blueprints(service):
        app.extensions["api"].register_blueprint(blueprint)
    return app
