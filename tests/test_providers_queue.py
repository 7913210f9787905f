"""A provider's user on the broker reads its own queue and writes to its own exchange, and can do nothing else.

Tried on a real RabbitMQ.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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
from onebox.broker import PASSWORD, Broker, Refused, provide, provide_receiver, provide_sender
from onebox.cli import main
from ordering.provider_queue import ProviderQueue

VHOST = "providers"
A_PARCEL = Parcel(
    id=uuid4(), channel="queue", receiver="x-hus", kind="order.sent", body=b'{"kind": "order.sent"}',
    content_type="application/json", about="2026-00001-1/1", made_at=datetime(2026, 3, 2, tzinfo=UTC),
)  # fmt: skip


class Provided:
    """X-Hus and Bohaven have their queues, and ordering and delivery the users by whom they write and read."""

    def __init__(self, server: ManagedRabbitmq) -> None:
        self.server, self.broker = server, Broker(server.api, "guest", "guest", VHOST)
        self.passwords = {name: provide(self.broker, name, rotate=True) for name in ("x-hus", "bohaven")}
        self.sender = f"sagsgang-ordering:{provide_sender(self.broker, 'sagsgang-ordering', rotate=True)}"
        self.receiver = f"sagsgang-delivery:{provide_receiver(self.broker, 'sagsgang-delivery', rotate=True)}"
        self.queue = ProviderQueue(self.url(self.sender))

    def url(self, user: str, vhost: str = VHOST) -> str:
        return f"amqp://{user}@127.0.0.1:{self.server.port}/{'%2F' if vhost == '/' else vhost}"

    @contextmanager
    def as_provider(self, name: str, vhost: str = VHOST) -> Iterator[Any]:
        """A channel of the provider's own user."""
        with Connection(self.url(f"orders.{name}:{self.passwords[name]}", vhost)) as connection:
            yield connection.channel()

    def answers(self, count: int) -> list[tuple[str, bytes]]:
        """What delivery's user finds: through which exchange it came, and what it says."""
        found: list[Any] = []
        with Connection(self.url(self.receiver)) as connection:
            connection.channel().basic_consume("answers", no_ack=True, callback=found.append)
            while len(found) < count:
                connection.drain_events(timeout=10)
        return [(message.delivery_info["exchange"], message.body) for message in found]


@pytest.fixture
def provided(managed_rabbitmq: ManagedRabbitmq) -> Iterator[Provided]:
    made = Provided(managed_rabbitmq)
    yield made
    for name in made.passwords:
        made.broker.call("DELETE", f"queues/{VHOST}/orders.{name}/contents")
    made.broker.call("DELETE", f"queues/{VHOST}/answers/contents")


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


def test_a_provider_answers_by_its_own_exchange_which_tells_delivery_who_speaks(provided: Provided):
    for name in ("x-hus", "bohaven"):
        with provided.as_provider(name) as channel:
            _publish(channel, f"answers.{name}", "answers.bohaven")

    assert provided.answers(2) == [("answers.x-hus", b"x"), ("answers.bohaven", b"x")]


def test_of_several_who_could_read_answers_one_does(provided: Provided):
    with Connection(provided.url(provided.receiver)) as one, Connection(provided.url(provided.receiver)) as other:
        taken: list[Any] = []
        for connection in (one, other):
            connection.channel().basic_consume("answers", callback=taken.append, consumer_tag=f"c{len(taken)}")
        with provided.as_provider("x-hus") as channel:
            for _ in range(4):
                _publish(channel, "answers.x-hus", "")

        with suppress(TimeoutError):
            other.drain_events(timeout=1)
        assert taken == []
        while len(taken) < 4:
            one.drain_events(timeout=5)


# and nothing else
FORBIDDEN: dict[str, Callable[[Any], Any]] = {
    "read another's": lambda c: c.basic_get("orders.bohaven"),
    "consume another's": lambda c: c.basic_consume("orders.bohaven"),
    "read the answers": lambda c: c.basic_get("answers"),
    "consume the answers": lambda c: c.basic_consume("answers"),
    "empty the answers": lambda c: c.queue_purge("answers"),
    "delete the answers": lambda c: c.queue_delete("answers"),
    "lay an answer in another's name": lambda c: _publish(c, "answers.bohaven", ""),
    "lay an answer in nobody's name": lambda c: _publish(c, "", "answers"),
    "let another's answers come to itself": lambda c: c.queue_bind("orders.x-hus", "answers.bohaven", ""),
    "let its own answers come to itself": lambda c: c.queue_bind("orders.x-hus", "answers.x-hus", ""),
    "lead another's answers into its own": lambda c: c.exchange_bind("answers.x-hus", "answers.bohaven", ""),
    "lead its own answers into another's": lambda c: c.exchange_bind("answers.bohaven", "answers.x-hus", ""),
    "take its own exchange from the answers": lambda c: c.queue_unbind("answers", "answers.x-hus", ""),
    "delete its own exchange": lambda c: c.exchange_delete("answers.x-hus"),
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
    for queue in ("orders.x-hus", "answers"):
        with pytest.raises(AccessRefused), Connection(provided.url(provided.sender)) as connection:
            connection.channel().basic_get(queue)


@pytest.mark.parametrize(
    "what",
    [
        lambda c: c.basic_get("orders.x-hus"),
        lambda c: _publish(c, "answers.x-hus", ""),
        lambda c: _publish(c, "", "orders.x-hus"),
        lambda c: c.queue_purge("answers") or c.queue_delete("answers"),
    ],
    ids=["read orders", "answer", "order", "delete the answers"],
)
def test_the_user_by_whom_answers_are_read_can_do_nothing_else(provided: Provided, what):
    with pytest.raises(AccessRefused), Connection(provided.url(provided.receiver)) as connection:
        what(connection.channel())


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


def test_a_provider_from_before_there_were_answers_gets_what_it_lacks_by_the_same_command(provided: Provided):
    user = "orders.gammelhus"
    provide(provided.broker, "gammelhus")
    provided.broker.call("DELETE", f"exchanges/{VHOST}/answers.gammelhus")
    former = {"configure": "^$", "write": "^$", "read": r"^orders\.gammelhus$"}
    provided.broker.put(f"permissions/{VHOST}/{user}", former)
    provided.broker.put(f"users/{user}", {"password": "som-foer", "tags": ""})

    for _ in range(2):
        assert "as before" in _run(provided, "queue", "gammelhus").output

    with Connection(provided.url(f"{user}:som-foer")) as connection:
        _publish(connection.channel(), "answers.gammelhus", "")
    assert provided.answers(1) == [("answers.gammelhus", b"x")]


def test_the_command_makes_the_user_by_whom_answers_are_read(provided: Provided):
    shown = _run(provided, "receiver", "--name", "sagsgang-delivery-2")

    password = shown.output.split("password  ")[1].strip()
    with Connection(provided.url(f"sagsgang-delivery-2:{password}")) as connection:
        assert connection.channel().basic_consume("answers")


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
