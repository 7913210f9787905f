"""The bare loop for messages: take one from RabbitMQ; read a state, write it, store 1 kB, in one commit; acknowledge.

    python bench/bare_consumer.py AMQP-URL QUEUE DATABASE-URL

No batch, no validation, no rule, psycopg and py-amqp alone.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import psycopg
from kombu import Connection

TABLES = """
CREATE TABLE state (subject text PRIMARY KEY, body jsonb NOT NULL);
CREATE TABLE message (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, subject text NOT NULL, body text NOT NULL)
"""
HANDLED = "SELECT count(*) FROM message"


def main(rabbitmq: str, queue: str, database: str) -> None:
    with psycopg.connect(database) as db, Connection(rabbitmq) as link:
        channel = link.default_channel

        def take(message: Any) -> None:
            subject = json.loads(message.body)["subject"]
            with db.transaction():
                found = db.execute("SELECT body FROM state WHERE subject = %s FOR UPDATE", (subject,)).fetchone()
                state = json.dumps({"heard": found[0]["heard"] + 1 if found else 1})
                db.execute(
                    "INSERT INTO state VALUES (%s, %s) ON CONFLICT (subject) DO UPDATE SET body = excluded.body",
                    (subject, state),
                )
                db.execute("INSERT INTO message (subject, body) VALUES (%s, %s)", (subject, "x" * 1000))
            channel.basic_ack(message.delivery_tag)

        channel.basic_qos(0, 100, False)
        channel.basic_consume(queue, callback=take)
        while True:
            link.drain_events()


if __name__ == "__main__":
    main(*sys.argv[1:])
