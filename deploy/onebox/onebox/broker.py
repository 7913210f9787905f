"""`sagsgang providers queue`, `sender` and `receiver`: who may do what in the part of the broker that is for providers.

Orders go out by a queue for each provider. Answers come in by an exchange for each, to which its user alone may write:
so nobody answers in another's name. All exchanges lead to one queue, which delivery reads.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import quote

import click
import requests

from casework.errors import Invalid
from delivery.answer_queue import QUEUE as ANSWERS
from delivery.answer_queue import exchange_of
from ordering.provider_queue import queue_of

TIMEOUT = 15.0
PASSWORD = "SAGSGANG_RABBITMQ_PASSWORD"

QUEUE = {
    "x-queue-type": "quorum",
    "x-delivery-limit": 1_000_000,  # newer brokers drop what was handed out twenty times: it would be lost
    "x-max-length": 100_000,  # of a provider who never fetches; the rest waits with us, and is seen there
    "x-overflow": "reject-publish",
}
"""What every provider's queue is like. A queue cannot be changed: another value takes a new queue."""


ANSWER_QUEUE = QUEUE | {
    "x-max-length-bytes": 1_000_000_000,
    "x-single-active-consumer": True,  # of several that could read, one does: what a provider sends keeps its order
}
"""What the queue of all answers is like. When it is full nobody can answer, until delivery has caught up."""


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

    def put(self, path: str, body: dict[str, Any]) -> None:
        self._make("PUT", path, body)

    def post(self, path: str, body: dict[str, Any]) -> None:
        self._make("POST", path, body)

    def _make(self, method: str, path: str, body: dict[str, Any]) -> None:
        if self.call(method, path, body).status_code == 404:
            raise Refused(f"{method} {path}: HTTP 404")

    @property
    def part(self) -> str:
        return quote(self.vhost, safe="")


def provide(broker: Broker, provider_id: str, *, rotate: bool = False) -> str | None:
    """Virtual host, queue, exchange, user and permissions of one provider. The same twice is the same once.

    Returns the user's password where it was made anew: the user is new, or `rotate`. The broker keeps only its hash.
    Raises Invalid for an id that cannot be a name, and Refused.
    """
    queue = queue_of(provider_id)
    answers = exchange_of(provider_id)
    _open_part(broker)
    _queue(broker, queue, QUEUE)
    broker.put(f"exchanges/{broker.part}/{answers}", {"type": "fanout", "durable": True, "arguments": {}})
    broker.post(f"bindings/{broker.part}/e/{answers}/q/{ANSWERS}", {})
    may = _may(read=f"^{re.escape(queue)}$", write=f"^{re.escape(answers)}$")
    return _user(broker, queue, may, rotate=rotate)


def provide_sender(broker: Broker, user: str, *, rotate: bool = False) -> str | None:
    """The user as whom ordering lays orders in the queues, and can do nothing else. Otherwise as `provide`."""
    _open_part(broker)
    return _user(broker, user, _may(write=r"^amq\.default$"), rotate=rotate)


def provide_receiver(broker: Broker, user: str, *, rotate: bool = False) -> str | None:
    """The user as whom delivery reads what providers answer, and can do nothing else. Otherwise as `provide`."""
    _open_part(broker)
    return _user(broker, user, _may(read=f"^{ANSWERS}$"), rotate=rotate)


def _open_part(broker: Broker) -> None:
    broker.put(f"vhosts/{broker.part}", {"description": "sagsgang: what is sent to providers, and answered"})
    broker.put(f"permissions/{broker.part}/{quote(broker.user, safe='')}", _may(".*", ".*", ".*"))
    _queue(broker, ANSWERS, ANSWER_QUEUE)


def _queue(broker: Broker, name: str, arguments: dict[str, Any]) -> None:
    broker.put(f"queues/{broker.part}/{name}", {"durable": True, "arguments": arguments})


def _user(broker: Broker, name: str, may: dict[str, str], *, rotate: bool) -> str | None:
    """A user of the broker, who is no administrator, and what it may in our part; in any other it may nothing."""
    user = quote(name, safe="")
    is_new = broker.call("GET", f"users/{user}").status_code == 404
    password = secrets.token_urlsafe(32) if is_new or rotate else None
    if password:
        broker.put(f"users/{user}", {"password": password, "tags": ""})
    broker.put(f"permissions/{broker.part}/{user}", may)
    return password


def _may(configure: str = "^$", write: str = "^$", read: str = "^$") -> dict[str, str]:
    return {"configure": configure, "write": write, "read": read}


# the command
def _of_the_broker(command: Callable[..., None]) -> Callable[..., None]:
    """Where the broker's management API is, and as whom; the password comes from the environment alone."""

    @click.option("--api", required=True, envvar="SAGSGANG_RABBITMQ_API", help="Address of the management API.")
    @click.option("--user", default="guest", show_default=True, envvar="SAGSGANG_RABBITMQ_USER")
    @click.option("--vhost", default="providers", show_default=True, help="The part of the broker for providers.")
    @wraps(command)
    def with_broker(api: str, user: str, vhost: str, **given: Any) -> None:
        password = os.environ.get(PASSWORD)
        if not password:
            raise click.ClickException(f"{PASSWORD} er ikke sat")
        command(broker=Broker(api, user, password, vhost), **given)

    return with_broker


@click.command("queue")
@click.argument("provider_id")
@click.option("--rotate", is_flag=True, help="Give the user a new password; the former one ends at once.")
@_of_the_broker
def make_queue(provider_id: str, rotate: bool, broker: Broker) -> None:
    """Make a provider's queue and where it answers, and the user of both, who may do nothing else.

    Shows the password this once. Given again, it adds what is missing, and the password stays.
    The administrator's password is read from SAGSGANG_RABBITMQ_PASSWORD.

    Example: sagsgang providers queue x-hus --api https://rabbitmq.example.dk:15671 --user admin
    """
    password = _done(lambda: provide(broker, provider_id, rotate=rotate))
    _tell(broker, f"orders.{provider_id}", password)


@click.command("sender")
@click.option("--name", default="sagsgang-ordering", show_default=True)
@click.option("--rotate", is_flag=True, help="Give the user a new password; the former one ends at once.")
@_of_the_broker
def make_sender(name: str, rotate: bool, broker: Broker) -> None:
    """Make the user as whom ordering writes to providers' queues (ORDERING_PROVIDER_BROKER). Shows the password once.

    Example: sagsgang providers sender --api https://rabbitmq.example.dk:15671 --user admin
    """
    password = _done(lambda: provide_sender(broker, name, rotate=rotate))
    _tell(broker, name, password)


@click.command("receiver")
@click.option("--name", default="sagsgang-delivery", show_default=True)
@click.option("--rotate", is_flag=True, help="Give the user a new password; the former one ends at once.")
@_of_the_broker
def make_receiver(name: str, rotate: bool, broker: Broker) -> None:
    """Make the user as whom delivery reads providers' answers (DELIVERY_PROVIDER_BROKER). Shows the password once.

    Example: sagsgang providers receiver --api https://rabbitmq.example.dk:15671 --user admin
    """
    password = _done(lambda: provide_receiver(broker, name, rotate=rotate))
    _tell(broker, name, password)


def _done(work: Callable[[], str | None]) -> str | None:
    try:
        return work()
    except Invalid as error:
        raise click.ClickException("; ".join(why for why, _ in error.errors.values())) from error
    except Refused as error:
        raise click.ClickException(str(error)) from error


def _tell(broker: Broker, user: str, password: str | None) -> None:
    click.echo(f"vhost     {broker.vhost}")
    click.echo(f"user      {user}")
    click.echo(f"password  {password or '(as before; --rotate makes a new one)'}")
