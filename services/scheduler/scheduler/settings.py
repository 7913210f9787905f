"""The scheduler's own settings, beside those that every service has."""

from __future__ import annotations

from dataclasses import dataclass, fields

from environs import Env

from casework.configuration import Misconfigured
from casework.service.settings import Settings


@dataclass(frozen=True, kw_only=True)
class SchedulerSettings(Settings):
    """Read from the environment: SCHEDULER_SMTP, SCHEDULER_SENDER, … Without any, nobody is mailed."""

    smtp: str = ""  # host:port of the mail server; empty: the portal alone tells
    sender: str = "sagsgang@localhost"
    portal: str = "http://127.0.0.1:8000"  # where links in mails lead

    @classmethod
    def from_env(cls, service: str = "scheduler") -> SchedulerSettings:
        """Raises EnvError or Misconfigured, naming the variable, where one is wrong."""
        return cls.beside(Settings.from_env(service))

    @classmethod
    def beside(cls, shared: Settings) -> SchedulerSettings:
        """The shared settings as they are given, and our own from the environment."""
        env = Env(prefix="SCHEDULER_")
        settings = cls(
            **{f.name: getattr(shared, f.name) for f in fields(Settings)},
            smtp=env.str("SMTP", cls.smtp),
            sender=env.str("SENDER", cls.sender),
            portal=env.str("PORTAL", cls.portal).rstrip("/"),
        )
        _ = settings.smtp_server  # a wrong address is told at start, not at the first mail
        return settings

    @property
    def smtp_server(self) -> tuple[str, int] | None:
        """Host and port, or None where nobody is mailed. Raises Misconfigured for anything but `host:port`."""
        if not self.smtp:
            return None
        host, _, port = self.smtp.rpartition(":")
        if not host or not port.isdecimal():
            raise Misconfigured(f"SMTP: {self.smtp!r} er ikke host:port")
        return host, int(port)
