#!/usr/bin/env python3
"""A receiver of orders (bestillinger) by webhook, to read and to begin from. Python 3.11, nothing to install.

    WEBHOOK_SECRETS="whsec_…" python3 receiver.py --port 8090 --store received.sqlite

It answers a POST only when the message is stored, and stores each message once:

    202  taken, or had before (the sender was not told, and sends it again: with the same id and a new timestamp)
    400  no webhook: a header or the JSON is missing or malformed
    401  the signature is not ours, or the timestamp is more than five minutes off
    409  a replay: just this request has been here before; or the id is known, with another content
    422  a kind or schema version that this receiver does not know

Put it behind a web server that has a certificate; it listens on this machine only. With `jsonschema` installed, and the
schemas in `schema/` beside this file, what differs from them is logged (its place, never its content).
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import hmac
import json
import logging
import os
import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

WINDOW = 5 * 60
"""So many seconds a timestamp may be off, either way; keep this machine's clock right (NTP)."""

LONGEST = 2_000_000
"""Bytes. A longer body is not read."""

KINDS = ("order.sent", "order.changed", "order.cancelled", "order.ended", "order.notice", "answer.handled")
SCHEMA_VERSION = 1

log = logging.getLogger("receiver")


class Refused(Exception):
    """Not taken; `status` is what the sender is answered."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


# is it genuine?
def verified(headers: Message, body: bytes, secrets: Iterable[bytes], now: float) -> tuple[str, str]:
    """The message's id, and the signature that holds. Raises Refused.

    The signature is HMAC-SHA256 over `id.timestamp.body`, in base64 after `v1,`; several stand with spaces between
    while the secret is changed. Compare in constant time, and the bytes as they came: JSON written anew is other bytes.
    """
    message_id, timestamp = headers.get("Webhook-Id", ""), headers.get("Webhook-Timestamp", "")
    if not message_id or not timestamp.isascii() or not timestamp.isdecimal() or len(timestamp) > 12:
        raise Refused(400, "no webhook")
    if abs(now - int(timestamp)) > WINDOW:
        raise Refused(401, "too old, or from the future")
    signed = f"{message_id}.{timestamp}.".encode() + body
    expected = [hmac.digest(secret, signed, hashlib.sha256) for secret in secrets]
    for version, _, signature in (one.partition(",") for one in headers.get("Webhook-Signature", "").split()):
        if version == "v1" and any(hmac.compare_digest(_bytes(signature), right) for right in expected):
            return message_id, signature
    raise Refused(401, "no signature of ours")


def secret_of(text: str) -> bytes:
    """`whsec_` and base64, as the municipality has shown it once."""
    return base64.b64decode(text.removeprefix("whsec_"), validate=True)


def _bytes(signature: str) -> bytes:
    try:
        return base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return b""


# what it says
def understood(body: bytes, message_id: str) -> dict[str, Any]:
    """The message. Raises Refused where it is none that we know."""
    try:
        message = json.loads(body)
        kind, version, own_id = message["kind"], message["schema_version"], message["id"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Refused(400, "no message") from None
    if own_id != message_id:
        raise Refused(400, "the id in the message is another")
    if kind not in KINDS or version != SCHEMA_VERSION:
        raise Refused(422, "a kind or version that is not known here")
    for place in differs(kind, message):
        log.warning("%s differs from its schema at %s", message_id, place)
    return dict(message)


def differs(kind: str, message: Any) -> list[str]:
    """Where it is not as the schema says. Nothing where jsonschema or the schema is not here."""
    path = Path(__file__).with_name("schema") / f"{kind}.v{SCHEMA_VERSION}.schema.json"
    try:
        from jsonschema import Draft202012Validator
    except ImportError:
        return []
    if not path.exists():
        return []
    return [error.json_path for error in Draft202012Validator(json.loads(path.read_text("utf-8"))).iter_errors(message)]


# what is kept
class Store:
    """Every message once, in a file. What is to be done with it is done afterwards, from here, by `sequence`."""

    def __init__(self, path: str) -> None:
        self.path = path
        with closing(self._open()) as db:
            db.executescript(
                """
                CREATE TABLE IF NOT EXISTS message (
                    id TEXT PRIMARY KEY, sequence INTEGER, kind TEXT, order_number TEXT, version INTEGER, body BLOB
                );
                CREATE TABLE IF NOT EXISTS seen (signature TEXT PRIMARY KEY, at REAL);
                """
            )

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=10, isolation_level=None)

    def take(self, message: dict[str, Any], body: bytes, signature: str, now: float) -> bool:
        """Keep it; False where we have it. Raises Refused for a replay, and for another message with the same id."""
        with closing(self._open()) as db:
            db.execute("BEGIN IMMEDIATE")
            db.execute("DELETE FROM seen WHERE at < ?", [now - 2 * WINDOW])
            if db.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", [signature, now]).rowcount == 0:
                raise Refused(409, "a replay: just this request has been here before")
            known = db.execute("SELECT body FROM message WHERE id = ?", [message["id"]]).fetchone()
            if known and known[0] != body:
                raise Refused(409, "the id is known, with another content")
            if not known:
                head = [message.get(name) for name in ("id", "sequence", "kind", "order_number", "version")]
                db.execute("INSERT INTO message VALUES (?, ?, ?, ?, ?, ?)", [*head, body])
            db.execute("COMMIT")
            return known is None

    def missing(self) -> list[int]:
        """The numbers that have not come, up to the highest that has: they are on their way, or were given up."""
        with closing(self._open()) as db:
            have = {number for (number,) in db.execute("SELECT sequence FROM message")}
        return [number for number in range(1, max(have, default=0)) if number not in have]


# the server
class Receiver(ThreadingHTTPServer):
    """Takes webhooks on this machine."""

    daemon_threads = True

    def __init__(self, port: int, store: Store, secrets: tuple[bytes, ...]) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.store, self.secrets = store, secrets

    def take(self, headers: Message, body: bytes) -> None:
        """Verify, understand, store. Raises Refused."""
        now = time.time()
        message_id, signature = verified(headers, body, self.secrets, now)
        message = understood(body, message_id)
        is_new = self.store.take(message, body, signature, now)
        log.info("%s %s number %s", message["kind"], "taken," if is_new else "had before,", message["sequence"])
        if missing := self.store.missing():
            log.warning("not here yet: %s", missing)


class Handler(BaseHTTPRequestHandler):
    server: Receiver
    timeout = 10

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdecimal() or int(length) > LONGEST:
            return self._answer(400)
        try:
            self.server.take(self.headers, self.rfile.read(int(length)))
        except Refused as refused:
            log.warning("refused with %s: %s", refused.status, refused)
            return self._answer(refused.status)
        return self._answer(202)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """What is worth telling has been told."""


def main() -> None:
    parser = argparse.ArgumentParser(description="A receiver of orders by webhook")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--store", default="received.sqlite")
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    secrets = tuple(map(secret_of, os.environ["WEBHOOK_SECRETS"].split()))
    with Receiver(asked.port, Store(asked.store), secrets) as server:
        log.info("listening on http://127.0.0.1:%s/", server.server_port)
        server.serve_forever()


if __name__ == "__main__":
    main()
