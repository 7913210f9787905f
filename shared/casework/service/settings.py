"""Every setting of a service, with its default. Without any variable the service runs embedded."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from environs import Env

from casework.errors import Misconfigured

if TYPE_CHECKING:
    from casework.messaging.spoken import Speaks

COUNTED_TOGETHER = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder in which the library of Prometheus adds up what several processes count. Set before it is loaded."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Read from the environment, prefixed by the service's name: DECISION_DATABASE, DECISION_BROKER …"""

    database: str  # sqlite:///decision.db, or postgresql+psycopg://…
    broker: str = "direct:"  # hands messages over in this process; production: amqp://…
    broker_prefix: str = "sagsgang"  # exchange and queues begin with it, so that installations can share a broker
    clock: str = "system"
    production: bool = False
    municipality: Path | None = None  # the municipality's own settings; the shipped example where none is given
    token_key: str = ""  # the portal's public key (PEM, Ed25519), by which tokens are checked
    log_level: str = "INFO"
    listen: str = "127.0.0.1:8000"
    tick_seconds: float = 10.0  # how often it is looked whether something is due, or to leave the house
    tasks_broker: str = ""  # Celery's broker where it is another than the messages'
    private_receivers: bool = False  # webhooks may call addresses in the house's own network
    speaks: Speaks = field(default_factory=dict)  # messages that are sent in an older version: order.accepted:1,…

    @classmethod
    def address(cls, service: str) -> str:
        """Where its `api` answers, without all the rest."""
        return Env(prefix=f"{service.upper()}_").str("LISTEN", cls.listen)

    @classmethod
    def from_env(cls, service: str) -> Settings:
        """Raises environs' EnvError or Misconfigured, naming the variable, where one is wrong."""
        from casework.messaging.spoken import speaks  # brings all messages with it, which `address` does without

        env = Env(prefix=f"{service.upper()}_")
        return cls(
            database=env.str("DATABASE", f"sqlite:///{service}.db"),
            broker=env.str("BROKER", cls.broker),
            broker_prefix=env.str("BROKER_PREFIX", cls.broker_prefix),
            clock=env.str("CLOCK", cls.clock),
            production=env.bool("PRODUCTION", cls.production),
            municipality=Path(path) if (path := env.str("MUNICIPALITY", "")) else None,
            token_key=env.str("TOKEN_KEY", cls.token_key),
            log_level=env.str("LOG_LEVEL", cls.log_level),
            listen=cls.address(service),
            tick_seconds=env.float("TICK_SECONDS", cls.tick_seconds),
            tasks_broker=env.str("TASKS_BROKER", cls.tasks_broker),
            private_receivers=env.bool("PRIVATE_RECEIVERS", cls.private_receivers),
            speaks=speaks(service, env.str("SPEAKS", "")),
        )


@dataclass(frozen=True, kw_only=True)
class OwnSettings(Settings):
    """Those of one service, beside those that every service has. `own` reads them, under the same prefix."""

    service: ClassVar[str]

    @classmethod
    def from_env(cls, service: str = "") -> Self:
        """Raises EnvError or Misconfigured, naming the variable, where one is wrong."""
        return cls.beside(Settings.from_env(cls.service))

    @classmethod
    def beside(cls, shared: Settings) -> Self:
        """The shared settings as they are given, and our own from the environment; ours, given whole, as they are."""
        if isinstance(shared, cls):
            return shared
        given = {f.name: getattr(shared, f.name) for f in fields(Settings)}
        return cls(**given | cls.own(Env(prefix=f"{cls.service.upper()}_"), shared))

    @classmethod
    def own(cls, env: Env, shared: Settings) -> dict[str, Any]:
        raise NotImplementedError


def provider_broker(env: Env) -> str:
    """PROVIDER_BROKER: the part of the broker that providers see; empty where there is none. Raises Misconfigured."""
    url: str = env.str("PROVIDER_BROKER", "")
    if url and not url.startswith(("amqp://", "amqps://")):
        raise Misconfigured("PROVIDER_BROKER: her skal stå amqp://… eller amqps://…")
    return url
