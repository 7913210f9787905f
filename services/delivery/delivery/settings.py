"""Delivery's own settings, beside those that every service has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from environs import Env

from casework.service.settings import OwnSettings, Settings, provider_broker


@dataclass(frozen=True, kw_only=True)
class DeliverySettings(OwnSettings):
    """Read from the environment: DELIVERY_PROVIDER_BROKER. Without it, no provider answers by message."""

    service = "delivery"
    provider_broker: str = ""  # amqp://…: where providers lay their answers, as a user who may only read there

    @classmethod
    def own(cls, env: Env, shared: Settings) -> dict[str, Any]:
        return {"provider_broker": provider_broker(env)}
