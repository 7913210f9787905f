"""The portal's own settings, beside those that every service has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from environs import Env

from casework.configuration import Misconfigured
from casework.contracts import SERVICES
from casework.service.settings import Settings


@dataclass(frozen=True, kw_only=True)
class PortalSettings(Settings):
    """Read from the environment: PORTAL_INTAKE_URL, PORTAL_PRIVATE_KEY … Embedded, the house gives what is missing."""

    private_key: str = field(default="", repr=False)  # signs the tokens of each call; a PEM, or the path of one
    session_secret: str = field(default="", repr=False)  # signs the session cookie; without it, made from private_key
    urls: Mapping[str, str] = field(default_factory=dict)  # where the other services answer
    demo: bool = False  # anybody may sign in as one of the people of the demo; refused in production
    secure_cookies: bool = False  # only over HTTPS; always on in production

    @classmethod
    def from_env(cls, service: str = "portal") -> PortalSettings:
        """Raises EnvError or Misconfigured, naming the variable, where one is wrong."""
        env, shared = Env(prefix="PORTAL_"), Settings.from_env(service)
        settings = cls(
            **{f.name: getattr(shared, f.name) for f in fields(Settings)},
            private_key=_pem(env.str("PRIVATE_KEY", "")),
            session_secret=env.str("SESSION_SECRET", ""),
            urls={name: url for name in SERVICES if (url := env.str(f"{name.upper()}_URL", "").rstrip("/"))},
            demo=env.bool("DEMO", False),
            secure_cookies=env.bool("SECURE_COOKIES", shared.production),
        )
        if settings.production and settings.demo:
            raise Misconfigured("PORTAL_DEMO: at logge på uden adgangskode hører ikke hjemme i produktion")
        return settings


def _pem(given: str) -> str:
    """The key itself. Raises Misconfigured where a path leads nowhere."""
    if not given or "-----BEGIN" in given:
        return given.replace("\\n", "\n")
    try:
        return Path(given).read_text("utf-8")
    except OSError as error:
        raise Misconfigured(f"PORTAL_PRIVATE_KEY: {given} kan ikke læses ({error.strerror})") from error
