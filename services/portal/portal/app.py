"""The portal, put together."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Any

from casework.service.runtime import Service
from casework.service.settings import Settings
from portal import handlers, people
from portal.model import Base
from portal.settings import PortalSettings

if TYPE_CHECKING:
    from flask import Flask

    from portal.casefile import Phases

SETTINGS = PortalSettings


class PortalService(Service):
    """The portal at work. `phases` are the other services; in one process the house hands them in by `enter`."""

    bases = (Base,)

    def __init__(self, settings: PortalSettings, *, phases: Phases | None = None, **overrides: Any) -> None:
        super().__init__("portal", settings, handlers.Work, **overrides)
        self._phases, self.demo = phases, settings.demo
        self._random = secrets.token_hex(32)

    @property
    def phases(self) -> Phases:
        """The other services' APIs. Raises LookupError where the portal was given neither key nor phases."""
        settings = self.settings
        assert isinstance(settings, PortalSettings)
        if self._phases is None and settings.private_key:
            from portal.casefile import Phases  # which only `api` asks

            self._phases = Phases(settings.urls, settings.private_key)
        if self._phases is None:
            raise LookupError(
                "Portalen kender ikke de andre tjenester: sæt PORTAL_PRIVATE_KEY og PORTAL_<TJENESTE>_URL"
            )
        return self._phases

    @phases.setter
    def phases(self, phases: Phases) -> None:
        self._phases = phases

    @property
    def session_secret(self) -> str:
        """The same for all copies of the portal, as long as they share a key."""
        settings = self.settings
        assert isinstance(settings, PortalSettings)
        if settings.session_secret:
            return settings.session_secret
        key = self._phases.private_key if self._phases else settings.private_key
        return hashlib.sha256(f"session:{key}".encode()).hexdigest() if key else self._random

    def enter(self, phases: Phases, *, demo: bool = False) -> None:
        """Become part of a house: these are the others, and in a demo these people sign in."""
        self.phases, self.demo = phases, demo or self.demo
        if self.demo:
            with self.database.writing() as session:
                people.introduce(session, self.clock())


def create(settings: Settings | None = None, **overrides: Any) -> PortalService:
    """The portal, put together. Overrides are `transport` and `phases`; nothing is patched."""
    if settings is None:
        settings = PortalSettings.from_env()
    elif not isinstance(settings, PortalSettings):
        settings = PortalSettings(**vars(settings))
    return PortalService(settings, **overrides)


def create_app(service: PortalService | None = None) -> Flask:
    # What answers HTTP is imported by the role that does: the others begin sooner and are smaller without it.
    from casework.service.app import create_app as create_base
    from portal import web

    service = service or create()
    app = create_base(service)
    web.init_app(app, service)
    return app
