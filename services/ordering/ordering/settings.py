"""Ordering's own settings, beside those that every service has."""

from __future__ import annotations

from dataclasses import dataclass, fields

from environs import Env

from casework.service.settings import Settings, provider_broker


@dataclass(frozen=True, kw_only=True)
class OrderingSettings(Settings):
    """Read from the environment: ORDERING_PROVIDER_BROKER, … Without any, no provider has a queue."""

    provider_broker: str = ""  # amqp://…: where providers fetch orders, as a user who may only write there

    @classmethod
    def from_env(cls, service: str = "ordering") -> OrderingSettings:
        """Raises EnvError or Misconfigured, naming the variable, where one is wrong."""
        return cls.beside(Settings.from_env(service))

    @classmethod
    def beside(cls, shared: Settings) -> OrderingSettings:
        """The shared settings as they are given, and our own from the environment."""
        env = Env(prefix="ORDERING_")
        given = {f.name: getattr(shared, f.name) for f in fields(Settings)}
        given["private_receivers"] = env.bool("PRIVATE_RECEIVERS", shared.private_receivers)
        return cls(**given, provider_broker=provider_broker(env))
