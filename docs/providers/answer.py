#!/usr/bin/env python3
"""Answers to orders (bestillinger) by queue, to read and to begin from. Python 3.11 and pika (pip install pika).

    export ORDERS_URL="amqps://orders.x-hus:…@orders.example.dk/providers"
    python3 answer.py accept 8d1f3c52-2a77-4c5e-9a3f-5f1f0e6b7a90 '{"version": 1}'

It prints the answer's id, and ends with 0 only when the broker has the answer on its disk. Otherwise send it again, by
`--id` with the id that it printed: whatever has come of the first, the answer is carried out once. A system stores the
answer before it sends it, and forgets it when `answer.handled` with that id has come by the channel of its orders.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pika
from pika.exceptions import AMQPError

KINDS = ("accept", "reject", "record", "submit-status-note", "report-change")


def answer(kind: str, case_id: str, body: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An answer, as `schema/answer.<kind>.v1.schema.json` says. `more`: its `id`, and what a recording has `seen`."""
    return {
        "id": str(uuid4()),
        "kind": kind,
        "schema_version": 1,
        "case_id": case_id,
        "sent_at": datetime.now(UTC).isoformat(),
        "body": body,
        **more,
    }


def send(url: str, message: dict[str, Any]) -> None:
    """Lay the answer in the provider's own exchange. Raises AMQPError where the broker does not say that it has it."""
    parameters = pika.URLParameters(url)
    exchange = parameters.credentials.username.replace("orders.", "answers.", 1)
    connection = pika.BlockingConnection(parameters)
    try:
        channel = connection.channel()
        channel.confirm_delivery()  # basic_publish then waits for the broker's word
        properties = pika.BasicProperties(
            message_id=message["id"],
            type=message["kind"],
            content_type="application/json",
            delivery_mode=pika.DeliveryMode.Persistent,
        )
        channel.basic_publish(exchange, "", json.dumps(message).encode(), properties, mandatory=True)
    finally:
        if connection.is_open:
            connection.close()


def main() -> int:
    parser = argparse.ArgumentParser(description="Answer an order by queue.")
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("case_id")
    parser.add_argument("body", type=json.loads, help="JSON")
    parser.add_argument("--id", help="of an answer that is sent again")
    parser.add_argument("--seen", type=int, help="the revision that was read before a recording")
    given = parser.parse_args()
    more = {name: value for name, value in (("id", given.id), ("seen", given.seen)) if value is not None}
    message = answer(given.kind, given.case_id, given.body, **more)
    sys.stdout.write(f"{message['id']}\n")
    try:
        send(os.environ["ORDERS_URL"], message)
    except AMQPError as error:
        sys.stderr.write(f"not sent: {error!r}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
