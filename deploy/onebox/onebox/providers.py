"""`sagsgang providers`: a queue on the broker for a provider's system, and the schemas of what lies in it."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
import requests

from ordering.provider_queue import queue_of, slug_of

TIMEOUT = 15.0


class Refused(Exception):
    """The broker would not do it, or is not there; with what to look at."""


@dataclass(frozen=True)
class Broker:
    """RabbitMQ's management API, as its administrator. `vhost` is the part of the broker that providers see."""

    url: str
    user: str
    password: str
    vhost: str

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> requests.Response:
        """One call. Raises Refused; the administrator's password stands in no message of it."""
        try:
            answer = requests.request(
                method, f"{self.url.rstrip('/')}/api/{path}", json=body, auth=(self.user, self.password),
                timeout=TIMEOUT, allow_redirects=False,
            )  # fmt: skip
        except requests.RequestException as error:
            raise Refused(f"{self.url} svarer ikke ({type(error).__name__})") from None
        if not answer.ok and answer.status_code != 404:
            raise Refused(f"{method} {path}: HTTP {answer.status_code} {answer.text[:200]}")
        return answer

    def put(self, path: str, body: dict[str, Any] | None = None) -> None:
        answer = self.call("PUT", path, body or {})
        if answer.status_code == 404:
            raise Refused(f"PUT {path}: HTTP 404")

    @property
    def part(self) -> str:
        return quote(self.vhost, safe="")


def provide(broker: Broker, provider_id: str, *, rotate: bool = False) -> str | None:
    """Virtual host, queue, user and permissions of one provider. The same twice is the same once.

    Returns the user's password where it was made anew: the user is new, or `rotate`. The broker keeps only its hash.
    Raises Invalid for an id that cannot be a name, and Refused.
    """
    queue = queue_of(provider_id)
    user = quote(queue, safe="")
    broker.put(f"vhosts/{broker.part}", {"description": "sagsgang: what is sent to providers"})
    broker.put(f"permissions/{broker.part}/{quote(broker.user, safe='')}", _may(".*", ".*", ".*"))
    broker.put(f"queues/{broker.part}/{user}", {"durable": True, "arguments": {"x-queue-type": "quorum"}})
    password = secrets.token_urlsafe(32) if rotate or broker.call("GET", f"users/{user}").status_code == 404 else None
    if password:
        broker.put(f"users/{user}", {"password": password, "tags": ""})
    own = f"^{queue.replace('.', chr(92) + '.')}$"
    broker.put(f"permissions/{broker.part}/{user}", _may("^$", "^$", own))
    return password


def provide_sender(broker: Broker, user: str, *, rotate: bool = False) -> str | None:
    """The user as which ordering publishes: to the default exchange, and nothing else. As `provide`."""
    name = quote(user, safe="")
    broker.put(f"vhosts/{broker.part}", {"description": "sagsgang: what is sent to providers"})
    password = secrets.token_urlsafe(32) if rotate or broker.call("GET", f"users/{name}").status_code == 404 else None
    if password:
        broker.put(f"users/{name}", {"password": password, "tags": ""})
    broker.put(f"permissions/{broker.part}/{name}", _may("^$", "^amq\\.default$", "^$"))
    return password


def _may(configure: str, write: str, read: str) -> dict[str, str]:
    return {"configure": configure, "write": write, "read": read}
