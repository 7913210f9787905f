"""The sample receiver of docs/providers: it takes what is genuine, once, and refuses what is not, or comes again."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from casework.channels.webhook import sign
from onebox.orders import examples
from ordering import payload
from ordering.webhook_secrets import PREFIX, written

from .receivers import Receiver

OURS, NEXT, ANOTHERS = b"o" * 32, b"n" * 32, b"x" * 32
SENT = examples()[0]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    made = Receiver(tmp_path_factory.mktemp("receiver"), OURS, NEXT)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def receiver(running: Receiver) -> Receiver:
    """At work, and empty."""
    with closing(sqlite3.connect(running.store)) as db:
        db.executescript("DELETE FROM message; DELETE FROM seen")
    os.truncate(running.log, 0)
    return running


def a_message(**more: Any) -> bytes:
    given = {**json.loads(payload.to_bytes(SENT)), "id": str(uuid4()), "sequence": 1, **more}
    return json.dumps(given).encode()


def signed(body: bytes, *secrets: bytes, late: float = 0, webhook_id: str | None = None) -> dict[str, str]:
    """As the house signs it; `late` seconds ago."""
    webhook_id = webhook_id or json.loads(body)["id"]
    return sign(webhook_id, body, secrets or (OURS,), datetime.now(UTC) - timedelta(seconds=late))


def test_what_is_signed_is_taken(receiver: Receiver):
    body = a_message()

    assert receiver.post(signed(body), body) == 202
    assert receiver.taken() == [(1, "order.sent", 1)]


def test_what_comes_again_with_a_new_timestamp_is_acknowledged_and_kept_once(receiver: Receiver):
    body = a_message()

    assert [receiver.post(signed(body, late=late), body) for late in (60, 30, 0)] == [202, 202, 202]
    assert receiver.taken() == [(1, "order.sent", 1)]


def test_a_replay_is_refused(receiver: Receiver):
    body = a_message()
    headers = signed(body)

    assert [receiver.post(headers, body) for _ in range(3)] == [202, 409, 409]
    assert receiver.taken() == [(1, "order.sent", 1)]


@pytest.mark.parametrize("late", [301, 3600, -301])
def test_a_replay_after_the_window_is_refused(receiver: Receiver, late):
    body = a_message()

    assert receiver.post(signed(body, late=late + (2 if late > 0 else -2)), body) == 401
    assert receiver.taken() == []


def test_another_content_under_a_known_id_is_refused(receiver: Receiver):
    first = a_message()
    other = json.dumps({**json.loads(first), "version": 9}).encode()

    assert receiver.post(signed(first), first) == 202
    assert receiver.post(signed(other), other) == 409


SPOILED = {
    "without a signature": lambda h, b: ({n: v for n, v in h.items() if n != "Webhook-Signature"}, b),
    "by another's secret": lambda h, b: (signed(b, ANOTHERS), b),
    "with another body": lambda h, b: (h, b.replace(b'"sequence": 1', b'"sequence": 2')),
    "with another id": lambda h, b: ({**h, "Webhook-Id": str(uuid4())}, b),
    "with another timestamp": lambda h, b: ({**h, "Webhook-Timestamp": str(int(h["Webhook-Timestamp"]) + 1)}, b),
    "with another version of signatures": lambda h, b: (
        {**h, "Webhook-Signature": h["Webhook-Signature"].replace("v1,", "v2,")}, b,
    ),
    "with a signature that is no base64": lambda h, b: ({**h, "Webhook-Signature": "v1,æøå"}, b),
}  # fmt: skip


@pytest.mark.parametrize("how", SPOILED)
def test_what_is_not_genuine_is_refused(receiver: Receiver, how):
    body = a_message()
    headers, sent = SPOILED[how](signed(body), body)

    assert receiver.post({n: v.encode() for n, v in headers.items()}, sent) == 401  # type: ignore[arg-type]
    assert receiver.taken() == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"{", b"null", b"\xff", b"[" * 100_000])
def test_what_is_no_message_is_refused(receiver: Receiver, body):
    assert receiver.post(signed(body, webhook_id="x"), body) == 400


@pytest.mark.parametrize("given", [{"kind": "order.forgotten"}, {"schema_version": 2}])
def test_what_it_does_not_know_is_said_so(receiver: Receiver, given):
    body = a_message(**given)

    assert receiver.post(signed(body), body) == 422


def test_while_the_secret_is_changed_either_holds(receiver: Receiver):
    first, second, third = (a_message(sequence=n) for n in (1, 2, 3))

    answers = [
        receiver.post(signed(first, OURS), first),
        receiver.post(signed(second, ANOTHERS, NEXT), second),  # the house signs by both; this one knows the second
        receiver.post(signed(third, NEXT), third),
    ]
    assert answers == [202, 202, 202]


def test_it_says_which_numbers_it_lacks_and_nothing_of_people(receiver: Receiver):
    body = a_message(sequence=3)
    receiver.post(signed(body), body)

    log = receiver.log.read_text()
    assert "not here yet: [1, 2]" in log
    assert SENT.order.citizen_name not in log  # type: ignore[attr-defined]


def test_every_published_example_is_taken(receiver: Receiver):
    bodies = [payload.to_bytes(one) for one in examples()]

    assert {receiver.post(signed(body), body) for body in bodies} == {202}
    assert "differs from its schema" not in receiver.log.read_text()


def test_a_secret_is_written_as_standard_webhooks_writes_it():
    assert written(OURS).startswith(PREFIX)
