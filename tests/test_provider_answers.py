"""A provider's own system answers by its queue, with the sample of docs/providers, and is told what came of it.

On a real RabbitMQ: ordering writes to the provider's queue, delivery reads its answers, each as a user of its own.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from kombu import Connection

from casework.contracts import Message
from casework.contracts.export import example
from casework.contracts.intake import CaseOpened
from casework.contracts.ordering import OrderSent
from casework.messaging import Direct, Envelope, Parcel
from casework.messaging.amqp import Amqp
from casework.messaging.tables import Outgoing
from casework.migrations import upgrade
from casework.process import Actor, Role
from casework.schema import dump, read
from casework.service.auth import new_key, public_key, sign
from casework.testing.servers import ManagedRabbitmq
from delivery import answer_queue
from delivery.answer_queue import Behind
from delivery.app import create as create_delivery
from delivery.model import ProviderAnswerRow
from delivery.settings import DeliverySettings
from onebox.broker import Broker, provide, provide_receiver, provide_sender
from ordering.app import create as create_ordering
from ordering.app import create_app as ordering_app
from ordering.settings import OrderingSettings

SAMPLE = Path(__file__).parents[1] / "docs/providers/answer.py"
CASE = "8d1f3c52-2a77-4c5e-9a3f-5f1f0e6b7a90"
ORDER = replace(read(OrderSent, example(OrderSent)), version=1)
FINANCE = Actor("fia", "Fia Lind", Role.FINANCE)
NOTE = {"documentation": {"other_notes": [{"id": "n1", "note_text": "Så", "note_subthemes": ["tobacco"]}]}}


class Answering:
    """Ordering and delivery in one process, a provider with a queue, and the broker between it and them."""

    def __init__(self, server: ManagedRabbitmq, folder: Path) -> None:
        self.at, self.id = f"127.0.0.1:{server.port}/providers", f"p{uuid4().hex}"
        broker = Broker(server.api, "guest", "guest", "providers")
        self.url = self._url(f"orders.{self.id}", provide(broker, self.id))
        self.broker_of_delivery = self._url("reading", provide_receiver(broker, "reading", rotate=True))
        self.database = f"sqlite:///{folder}/delivery.db"
        key, transport = new_key(), Direct()
        common: dict[str, Any] = {"token_key": public_key(key)}
        self.delivery = create_delivery(
            DeliverySettings(database=self.database, provider_broker=self.broker_of_delivery, **common),
            transport=transport,
        )
        self.ordering = create_ordering(
            OrderingSettings(
                database=f"sqlite:///{folder}/ordering.db",
                provider_broker=self._url("writing", provide_sender(broker, "writing", rotate=True)), **common,
            ),
            transport=transport,
        )  # fmt: skip
        for service in (self.delivery, self.ordering):
            upgrade(service)
        entered = ordering_app(self.ordering).test_client().put(
            f"/providers/{self.id}", json={"name": "X-Hus", "channel": "queue"},
            headers={"Authorization": f"Bearer {sign(FINANCE, key)}", "If-None-Match": "*"},
        )  # fmt: skip
        assert entered.status_code == 200, entered.text
        self.hear(read(CaseOpened, example(CaseOpened)), by="intake")
        self.hear(replace(ORDER, provider_id=self.id), by="ordering")

    def _url(self, user: str, password: str | None) -> str:
        return f"amqp://{user}:{password}@{self.at}"

    def hear(self, message: Message, by: str) -> None:
        envelope = Envelope(
            id=uuid4(), type=message.contract.name, version=1, subject=CASE, numbers={"delivery": 1},
            time=datetime.now(UTC), producer=by, body=dump(message),
        )  # fmt: skip
        self.delivery.inbox.receive([envelope.to_json()])

    def sample(self, kind: str, body: Any, *more: str, url: str | None = None) -> subprocess.CompletedProcess[str]:
        """The sample of docs/providers, as a provider runs it."""
        command = [sys.executable, str(SAMPLE), kind, CASE, json.dumps(body), *more]
        environment = {**os.environ, "ORDERS_URL": url or self.url}
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)

    def send(self, kind: str, body: Any, *more: str) -> str:
        """The id of the answer, which the broker has confirmed."""
        done = self.sample(kind, body, *more)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    @contextmanager
    def listening(self) -> Iterator[None]:
        stop = threading.Event()
        assert self.delivery.listen is not None
        thread = threading.Thread(target=self.delivery.listen, args=(stop.is_set,))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(20)
            assert not thread.is_alive()

    def taken(self) -> int:
        with self.delivery.database.reading() as session:
            return session.scalar(sa.select(sa.func.count()).select_from(ProviderAnswerRow)) or 0

    def said(self, name: str) -> list[dict[str, Any]]:
        with self.delivery.database.reading() as session:
            rows = session.scalars(sa.select(Outgoing).where(Outgoing.type == name).order_by(Outgoing.position))
            return [row.envelope["body"] for row in rows]

    def told(self) -> list[dict[str, Any]]:
        """What the provider then finds in its own queue, in the order in which it came."""
        while self.delivery.relay.run_once() + self.ordering.inbox.work_due() + self.ordering.send_parcels():
            pass
        with Connection(self.url) as connection:
            channel, found = connection.channel(), []
            while message := channel.basic_get(f"orders.{self.id}", no_ack=True):
                found.append(json.loads(message.body))
            return found

    def outcomes(self) -> list[tuple[int, str, str, int | None]]:
        return [
            (one["sequence"], one["answer_kind"], one["outcome"], one.get("problem", {}).get("status"))
            for one in self.told()
            if one["kind"] == "answer.handled"
        ]

    def close(self) -> None:
        self.delivery.close()
        self.ordering.close()


@pytest.fixture
def answering(managed_rabbitmq: ManagedRabbitmq, tmp_path: Path) -> Iterator[Answering]:
    made = Answering(managed_rabbitmq, tmp_path)
    yield made
    made.close()


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_the_sample_answers_documents_and_sends_its_note_and_is_told_that_they_are_taken(answering: Answering):
    sent = [
        answering.send("accept", {"version": 1}),
        answering.send("record", NOTE),
        answering.send("record", {"status_note": {"provider_remarks": "Det går fremad"}}, "--seen", "3"),
        answering.send("submit-status-note", {}),
        answering.send("report-change", {"text": "Indlagt"}),
    ]
    with answering.listening():
        wait_for(lambda: answering.taken() == len(sent))

    told = answering.told()
    assert [(one["sequence"], one["answer_id"], one["outcome"]) for one in told] == [
        (number, name, "taken") for number, name in enumerate(sent, 1)
    ]
    assert [(one["provider_id"], one["accepted"]) for one in answering.said("order.answered")] == [(answering.id, True)]
    assert [one["provider_remarks"] for one in answering.said("status_note.submitted")] == ["Det går fremad"]
    assert [one["text"] for one in answering.said("change.reported")] == ["Indlagt"]


def test_a_no_and_what_is_refused_are_told_in_the_same_line(answering: Answering):
    answering.send("reject", {"version": 2})
    answering.send("reject", {"version": 1, "reason": "Ingen plads"})
    answering.send("report-change", {"text": "Indlagt"})
    with answering.listening():
        wait_for(lambda: answering.taken() == 3)

    assert answering.outcomes() == [
        (1, "reject", "refused", 409),
        (2, "reject", "taken", None),
        (3, "report-change", "refused", 409),
    ]
    assert [one["reason"] for one in answering.said("order.answered")] == ["Ingen plads"]


def test_an_answer_that_is_sent_twice_is_carried_out_and_told_once(answering: Answering):
    with answering.listening():
        answering.send("accept", {"version": 1})
        first = answering.send("report-change", {"text": "Indlagt"})
        answering.send("report-change", {"text": "Indlagt"}, "--id", first)
        last = answering.send("record", NOTE)
        wait_for(lambda: answering.taken() == 3)

    assert [one["answer_id"] for one in answering.told()][1:] == [first, last]
    assert len(answering.said("change.reported")) == 1


def test_what_nobody_can_read_holds_nobody_up(answering: Answering):
    with Connection(answering.url) as connection:
        channel = connection.channel()
        for body in (b"{", b"\xff" * 100, b" " * 5_000_000):
            channel.basic_publish_confirm(channel.prepare_message(body), f"answers.{answering.id}", "")
    answering.send("accept", {"version": 1})
    with answering.listening():
        wait_for(lambda: answering.taken() == 4)

    told = answering.told()
    assert [one.get("problem", {}).get("status") for one in told] == [400, 400, 413, None]
    assert told[-1]["outcome"] == "taken"


def test_the_lines_in_the_readme_do_what_they_say(answering: Answering):
    blocks = re.findall("```python\n(.+?)```", (SAMPLE.parent / "README.md").read_text("utf-8"), re.DOTALL)
    (shown,) = (block for block in blocks if "confirm_delivery" in block)
    program = "store = lambda message: None\n" + shown.replace("answers.x-hus", f"answers.{answering.id}")
    environment = {**os.environ, "ORDERS_URL": answering.url}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, timeout=60)
    with answering.listening():
        wait_for(lambda: answering.taken() == 1)

    assert answering.outcomes() == [(1, "accept", "taken", None)]


def test_the_sample_says_when_the_broker_did_not_take_the_answer(answering: Answering):
    nobody = answering.sample("accept", {"version": 1}, url="amqp://orders.x:forkert@" + answering.at)

    assert nobody.returncode == 1
    assert UUID(nobody.stdout.strip())
    assert "not sent" in nobody.stderr


DIES = """
import os, signal
from delivery import answer_queue
from delivery.app import create

taking = answer_queue.receive

def receive(service, messages):
    taking(service, messages)
    if messages:
        os.kill(os.getpid(), signal.SIGKILL)

answer_queue.receive = receive
create().listen(lambda: False)
"""


def test_a_worker_that_is_killed_between_commit_and_acknowledgement_has_done_it_once(answering: Answering):
    settings = {"DELIVERY_DATABASE": answering.database, "DELIVERY_PROVIDER_BROKER": answering.broker_of_delivery}
    environment = {**os.environ, **settings}
    answering.send("accept", {"version": 1})
    answering.send("report-change", {"text": "Indlagt"})
    for _ in range(2):  # the first takes the yes; the second gets it again, and dies of that
        killed = subprocess.run([sys.executable, "-c", DIES], env=environment, capture_output=True, timeout=60)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert answering.taken() == 1

    work = subprocess.Popen([sys.executable, "-m", "delivery", "work", "--only", "consumer"], env=environment)
    try:
        wait_for(lambda: answering.taken() == 2)
    finally:
        work.terminate()
        work.wait(30)
    assert answering.outcomes() == [(1, "accept", "taken", None), (2, "report-change", "taken", None)]
    assert len(answering.said("order.answered")) == len(answering.said("change.reported")) == 1


def test_after_an_outage_the_orders_are_heard_before_their_answers(
    answering: Answering, managed_rabbitmq: ManagedRabbitmq
):
    broker = Amqp(managed_rabbitmq.url, f"test-{uuid4().hex}")
    broker.declare(["delivery"])
    parcel = Parcel(uuid4(), ("delivery",), {"type": "order.sent"})
    assert broker.publish([parcel]) == {}
    answering.delivery.transport = broker
    try:
        wait_for(lambda: broker.behind("delivery") == 1)
        with pytest.raises(Behind):
            answer_queue.receive(answering.delivery, [])

        broker.remove(["delivery"])
        broker.declare(["delivery"])
        answer_queue.receive(answering.delivery, [])
    finally:
        broker.remove(["delivery"])
