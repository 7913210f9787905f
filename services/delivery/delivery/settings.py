"""Delivery's own settings, beside those that every service has."""

from __future__ import annotations

from dataclasses import dataclass, fields

from environs import Env

from casework.service.settings import Settings, provider_broker


@dataclass(frozen=True, kw_only=True)
class DeliverySettings(Settings):
    """Read from the environment: DELIVERY_PROVIDER_BROKER. Without it, no provider answers by message."""

    provider_broker: str = ""  # amqp://…: where providers lay their answers, as a user who may only read there

    @classmethod
    def from_env(cls, service: str = "delivery") -> DeliverySettings:
        """Raises EnvError or Misconfigured, naming the variable, where one is wrong."""
        return cls.beside(Settings.from_env(service))

    @classmethod
    def beside(cls, shared: Settings) -> DeliverySettings:
        """The shared settings as they are given, and our own from the environment."""
        given = {f.name: getattr(shared, f.name) for f in fields(Settings)}
        return cls(**given, provider_broker=provider_broker(Env(prefix="DELIVERY_")))
