"""The scheduler's own settings, beside those that every service has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from environs import Env

from casework.configuration import Misconfigured
from casework.service.settings import OwnSettings, Settings


@dataclass(frozen=True, kw_only=True)
class SchedulerSettings(OwnSettings):
    """Read from the environment: SCHEDULER_SMTP, SCHEDULER_SENDER, … Without any, nobody is mailed."""

    service = "scheduler"
    smtp: str = ""  # host:port of the mail server; empty: the portal alone tells
    sender: str = "sagsgang@localhost"
    portal: str = "http://127.0.0.1:8000"  # where links in mails lead

    @classmethod
    def own(cls, env: Env, shared: Settings) -> dict[str, Any]:
        smtp, portal = env.str("SMTP", cls.smtp), env.str("PORTAL", cls.portal).rstrip("/")
        _server(smtp)  # a wrong address is told at start, not at the first mail
        return {"smtp": smtp, "sender": env.str("SENDER", cls.sender), "portal": portal}

    @property
    def smtp_server(self) -> tuple[str, int] | None:
        """Host and port, or None where nobody is mailed. Raises Misconfigured for anything but `host:port`."""
        return _server(self.smtp)


def _server(smtp: str) -> tuple[str, int] | None:
    if not smtp:
        return None
    host, _, port = smtp.rpartition(":")
    if not host or not port.isdecimal():
        raise Misconfigured(f"SMTP: {smtp!r} er ikke host:port")
    return host, int(port)
