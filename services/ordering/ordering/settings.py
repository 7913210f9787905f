"""Ordering's own settings, beside those that every service has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from environs import Env

from casework.service.settings import OwnSettings, Settings, provider_broker


@dataclass(frozen=True, kw_only=True)
class OrderingSettings(OwnSettings):
    """Read from the environment: ORDERING_PROVIDER_BROKER, … Without any, no provider has a queue."""

    service = "ordering"
    provider_broker: str = ""  # amqp://…: where providers fetch orders, as a user who may only write there

    @classmethod
    def own(cls, env: Env, shared: Settings) -> dict[str, Any]:
        receivers = env.bool("PRIVATE_RECEIVERS", shared.private_receivers)
        return {"provider_broker": provider_broker(env), "private_receivers": receivers}
