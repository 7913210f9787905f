"""A phase, wired as a service; without its API, which only one of its roles answers (`phase_api`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from casework.configuration import Municipality
from casework.fields import fields_of
from casework.phase.handlers import Handlers
from casework.phase.phase import Phase
from casework.service.runtime import Service
from casework.service.settings import Settings

MakeHandlers = Callable[[Phase, Municipality], Handlers]


class PhaseService(Service):
    """A phase at work."""

    def __init__(self, phase: Phase, settings: Settings, handlers: MakeHandlers = Handlers, **overrides: Any) -> None:
        self.phase = phase
        super().__init__(phase.name, settings, lambda *given: self.handlers.begin(*given), **overrides)
        self.municipality.check_fields({f"{phase.name}.{s.step}": fields_of(s).keys() for s in phase.steps})
        self.handlers = handlers(phase, self.municipality)
        self.bases = phase.bases
