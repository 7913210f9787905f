"""How a peer is run: it says `ready`, waits for a line, works on its part of the cases, and says `done`.

    python peers/<peer>.py DATABASE-URL AMQP-URL CASES NUMBER

Each case takes seven steps, and each step is what the bare loop does with a message: read a state, write it, store
1 kB, in a commit of its own.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

STEPS = 7
READ = "SELECT body FROM state WHERE subject = %s FOR UPDATE"
WRITE = "INSERT INTO state VALUES (%s, %s) ON CONFLICT (subject) DO UPDATE SET body = excluded.body"
STORE = "INSERT INTO message (subject, body) VALUES (%s, %s)"


@dataclass(frozen=True)
class Asked:
    """What the peer is to do; `number` tells the processes of it apart."""

    database: str
    rabbitmq: str
    cases: int
    number: int

    def subjects(self) -> list[str]:
        return [f"{self.number}-{case}" for case in range(self.cases)]


def asked() -> Asked:
    database, rabbitmq, cases, number = sys.argv[1:]
    return Asked(database, rabbitmq, int(cases), int(number))


def step(db: Any, subject: str, more: str = "x" * 1000) -> None:
    """One step's three statements; the caller commits."""
    found = db.execute(READ, (subject,)).fetchone()
    db.execute(WRITE, (subject, json.dumps({"heard": found[0]["heard"] + 1 if found else 1})))
    db.execute(STORE, (subject, more))


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def run(work: Callable[[], None]) -> None:
    say("ready")
    sys.stdin.readline()
    work()
    say("done")
