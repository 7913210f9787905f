"""A provider's user on the broker reads its own queue, and can do nothing else: tried on a real RabbitMQ."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from amqp.exceptions import AccessRefused, NotAllowed
from click.testing import CliRunner
from kombu import Connection

from casework.channels import NotSent, Parcel
from casework.errors import Invalid
from casework.testing.servers import ManagedRabbitmq
from onebox.broker import PASSWORD, Broker, Refused, provide, provide_sender
from onebox.cli import main
from ordering.provider_queue import ProviderQueue

VHOST = "providers"
A_PARCEL = Parcel(
    id=uuid4(), channel="queue", receiver="x-hus", kind="order.sent", body=b'{"kind": "order.sent"}',
    content_type="application/json", about="2026-00001-1/1", made_at=datetime(2026, 3, 2, tzinfo=UTC),
)  # fmt: skip


class Provided:
    """X-Hus and Bohaven have their queues, and ordering the user by whom it writes."""

    def __init__(self, server: ManagedRabbitmq) -> None:
        self.server, self.broker = server, Broker(server.api, "guest", "guest", VHOST)
        self.passwords = {name: provide(self.broker, name, rotate=True) for name in ("x-hus", "bohaven")}
        self.sender = f"sagsgang-ordering:{provide_sender(self.broker, 'sagsgang-ordering', rotate=True)}"
        self.queue = ProviderQueue(self.url(self.sender))

    def url(self, user: str, vhost: str = VHOST) -> str:
        return f"amqp://{user}@127.0.0.1:{self.server.port}/{'%2F' if vhost == '/' else vhost}"

    @contextmanager
    def as_provider(self, name: str, vhost: str = VHOST) -> Iterator[Any]:
        """A channel of the provider's own user."""
        with Connection(self.url(f"orders.{name}:{self.passwords[name]}", vhost)) as connection:
            yield connection.channel()


@pytest.fixture
def provided(managed_rabbitmq: ManagedRabbitmq) -> Iterator[Provided]:
    made = Provided(managed_rabbitmq)
    yield made
    for name in made.passwords:
        made.broker.call("DELETE", f"queues/{VHOST}/orders.{name}/contents")


# its own
def test_a_provider_reads_its_own_queue(provided: Provided):
    assert provided.queue(A_PARCEL) == "confirmed"

    with provided.as_provider("x-hus") as channel:
        message = channel.basic_get("orders.x-hus")
        assert json.loads(message.body) == {"kind": "order.sent"}
        assert message.properties["message_id"] == str(A_PARCEL.id)
        assert (message.properties["type"], message.properties["delivery_mode"]) == ("order.sent", 2)
        channel.basic_ack(message.delivery_tag)
        assert channel.basic_get("orders.x-hus") is None


def test_what_is_not_acknowledged_comes_again(provided: Provided):
    provided.queue(A_PARCEL)
    with provided.as_provider("x-hus") as channel:
        assert channel.basic_get("orders.x-hus") is not None

    with provided.as_provider("x-hus") as channel:
        assert channel.basic_get("orders.x-hus").delivery_info["redelivered"]


# and nothing else
FORBIDDEN: dict[str, Callable[[Any], Any]] = {
    "read another's": lambda c: c.basic_get("orders.bohaven"),
    "consume another's": lambda c: c.basic_consume("orders.bohaven"),
    "empty another's": lambda c: c.queue_purge("orders.bohaven"),
    "publish to its own": lambda c: _publish(c, "", "orders.x-hus"),
    "publish to another's": lambda c: _publish(c, "", "orders.bohaven"),
    "publish to an exchange": lambda c: _publish(c, "amq.topic", "x"),
    "declare a queue": lambda c: c.queue_declare("mine"),
    "declare a queue of any name": lambda c: c.queue_declare(""),
    "declare an exchange": lambda c: c.exchange_declare("mine", "topic"),
    "bind its own": lambda c: c.queue_bind("orders.x-hus", "amq.topic", "#"),
    "bind another's": lambda c: c.queue_bind("orders.bohaven", "amq.topic", "#"),
    "delete its own": lambda c: c.queue_delete("orders.x-hus"),
    "delete another's": lambda c: c.queue_delete("orders.bohaven"),
    "delete an exchange": lambda c: c.exchange_delete("amq.topic"),
}


def _publish(channel: Any, exchange: str, key: str) -> None:
    channel.basic_publish_confirm(channel.prepare_message(b"x"), exchange, key)


@pytest.mark.parametrize("what", FORBIDDEN)
def test_a_provider_cannot(provided: Provided, what):
    with pytest.raises(AccessRefused), provided.as_provider("x-hus") as channel:
        FORBIDDEN[what](channel)


def test_a_provider_does_not_see_the_part_of_the_broker_where_the_house_talks(provided: Provided):
    with pytest.raises(NotAllowed), provided.as_provider("x-hus", "/"):
        pass


def test_a_provider_cannot_look_into_the_management_api(provided: Provided):
    asking = Broker(provided.server.api, "orders.x-hus", provided.passwords["x-hus"] or "", VHOST)

    with pytest.raises(Refused, match="HTTP 401"):
        asking.call("GET", "queues")


def test_the_user_by_whom_is_written_reads_nothing(provided: Provided):
    with pytest.raises(AccessRefused), Connection(provided.url(provided.sender)) as connection:
        connection.channel().basic_get("orders.x-hus")


# writing to it
def test_a_provider_without_a_queue_is_waited_for(provided: Provided):
    with pytest.raises(NotSent, match="ingen kø") as caught:
        provided.queue(_to("zeta"))
    assert not caught.value.for_good


def test_without_a_broker_the_channel_says_that_it_needs_one():
    with pytest.raises(NotSent, match="kræver en broker"):
        ProviderQueue("")(A_PARCEL)


def test_a_broker_that_is_away_is_waited_for():
    with pytest.raises(NotSent, match="svarer ikke"):
        ProviderQueue("amqp://guest:guest@127.0.0.1:1//")(A_PARCEL)


def _to(receiver: str) -> Parcel:
    return Parcel(**{**vars(A_PARCEL), "receiver": receiver})


# the command
def test_the_command_shows_the_password_once(provided: Provided):
    first, again, rotated = (_run(provided, "queue", "nyhus", *more) for more in ((), (), ("--rotate",)))

    passwords = [shown.output.split("password  ")[1].strip() for shown in (first, again, rotated)]
    assert passwords[1] == "(as before; --rotate makes a new one)"
    assert len({*passwords}) == 3
    with Connection(provided.url(f"orders.nyhus:{passwords[2]}")) as connection:
        assert connection.channel().basic_get("orders.nyhus") is None
    with pytest.raises(AccessRefused), Connection(provided.url(f"orders.nyhus:{passwords[0]}")) as connection:
        connection.channel()


def test_the_command_says_where_the_password_of_the_administrator_must_be(provided: Provided):
    shown = CliRunner().invoke(
        main, ["providers", "queue", "nyhus", "--api", provided.server.api], env={PASSWORD: None}
    )

    assert (shown.exit_code, PASSWORD in shown.output) == (1, True)


def test_the_command_says_when_the_broker_is_not_there():
    command = ["providers", "queue", "nyhus", "--api", "http://127.0.0.1:1"]

    shown = CliRunner().invoke(main, command, env={PASSWORD: "hemmelig"})

    assert shown.exit_code == 1
    assert "svarer ikke" in shown.output
    assert "hemmelig" not in shown.output


@pytest.mark.parametrize("name", ["", "X-Hus", "x.hus", "x hus", ".*", "x\n", "-x", "æblehus", "x" * 101])
def test_an_id_that_cannot_be_a_name_is_refused(name):
    with pytest.raises(Invalid) as caught:
        provide(Broker("http://127.0.0.1:1", "guest", "guest", VHOST), name)
    assert [*caught.value.errors] == ["provider_id"]


def _run(provided: Provided, *arguments: str) -> Any:
    command = ["providers", *arguments, "--api", provided.server.api, "--vhost", VHOST]
    shown = CliRunner().invoke(main, command, env={PASSWORD: "guest"})
    assert shown.exit_code == 0, shown.output
    return shown
