"""A case in small, for the tests of any phase: as a situation that rules are asked about, or as a service at work."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from casework.configuration import Municipality
from casework.contracts import Command, Message, load_all
from casework.contracts.intake import CaseOpened
from casework.database import Base
from casework.errors import Refusal
from casework.fields import Step
from casework.messaging import Direct, Envelope
from casework.messaging.tables import Incoming, Outgoing
from casework.phase.phase import Phase
from casework.process import Actor, Effects, Role, Run, Situation, Told, decide
from casework.schema import dump
from casework.service.auth import new_key, public_key, sign
from casework.service.settings import Settings

load_all()

A_CASEWORKER = Actor("kim", "Kim Dam", Role.CASEWORKER)
ANOTHER_CASEWORKER = Actor("bo", "Bo Friis", Role.CASEWORKER)
A_LEADER = Actor("ulla", "Ulla Berg", Role.LEADER)
A_PROVIDER = Actor("pia", "Pia Holm", Role.PROVIDER, provider_id="x-hus")
AN_OPERATOR = Actor("ole", "Ole Dahl", Role.OPERATOR)

A_CASE = UUID("0b2f5d0e-27a5-4a3b-9d3b-7f1f6f1c0001")
A_CITIZEN = UUID("0b2f5d0e-27a5-4a3b-9d3b-7f1f6f1c0002")
TODAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 11, tzinfo=UTC)

OPENED = CaseOpened(case_number="2026-00001", citizen_id=A_CITIZEN, entry_phase="intake", track="standard")


def situation(
    phase: Phase, *records: Step, at: str | None = None, state: Any = None, number: int = 1, key: str = "",
    told: Iterable[Message | Told] = (), runs: Iterable[Run[Any]] = (), actor: Actor = A_CASEWORKER,
    today: date = TODAY, case: CaseOpened | None = OPENED, said: dict[str, int] | None = None,
    municipality: Municipality | None = None, marks: dict[tuple[str, str], Any] | None = None,
) -> Situation[Any]:  # fmt: skip
    """What a rule of this phase is given: these records, one number standing `at` a row, these messages heard.

    Every record is the case's own, or that of `key`. Other numbers of the case are given as `runs`.
    """
    now = datetime(today.year, today.month, today.day, 11, tzinfo=UTC)
    run = Run(number, key, at, state or phase.state(), phase.process.version) if at else None
    return Situation(
        phase=phase.name,
        case_id=A_CASE,
        case=case,
        own={(r.step, key if r.per not in (None, "citizen") else ""): dump(r) for r in records},
        marks=marks or {},
        heard=tuple(m if isinstance(m, Told) else Told(m, now, m.contract.producers[0]) for m in told),
        said=said or {},
        runs=(*runs, *([run] if run else [])),
        steps=phase.by_step,
        municipality=municipality or Municipality(name="Prøveby"),
        actor=actor,
        now=now,
        blank=phase.state(),
        run=run,
        computes=phase.computes,
    )


def doing(phase: Phase, s: Situation[Any], *triggers: Command | Message) -> Effects:
    """What these acts and messages lead to, one after the other. Raises what the first of them is refused with."""
    effects = Effects(replace(s, run=None, _views={}))
    for trigger in triggers:
        named = replace(trigger, action=trigger.action or trigger.wire) if isinstance(trigger, Command) else trigger
        more = decide(phase.process, effects.situation, named)
        effects = Effects(more.situation, effects.messages + more.messages, effects.moves + more.moves)
    return effects


def warned(phase: Phase, s: Situation[Any]) -> list[str]:
    """The rules that warn now."""
    return [w.rule for warn in phase.warnings for w in warn(s)]


# what is refused
@contextmanager
def refused(rule: str | None, field: str) -> Iterator[None]:
    """What is done here is refused by this rule, naming this field, and saying why in words a caseworker reads.

    Without a rule where the shape of the data refuses it: there is no such field, or no such entry.
    """
    with pytest.raises(Refusal) as caught:
        yield
    error = caught.value
    assert (error.rule, error.field) == (rule, field), str(error)
    assert _says_why(error.message), str(error)


def wrong(answer: TestResponse, status: int = 422) -> tuple[str | None, str | None]:
    """The rule and the field that an answer refuses by; that it says why is seen to here."""
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.text
    problem = answer.get_json()
    assert _says_why(problem["detail"]), answer.text
    return problem.get("rule"), problem.get("field")


_ENGLISH = re.compile(r"\b(the|not|must|cannot|please|should|valid|invalid|required|missing|unknown)\b", re.IGNORECASE)
_RULE = re.compile(r"\b[A-Z]{3}-\d\d\b")


def _says_why(message: str) -> bool:
    """A sentence in Danish, which no rule's id stands in for."""
    return len(re.findall(r"[^\W\d_]{2,}", message)) > 1 and not _ENGLISH.search(message) and not _RULE.search(message)


class Office:
    """One service at work on SQLite: called through its API, told things by others; what it owes can be read.

    `module` is the service's `app` (with `create` and `create_app`). Without a `folder` of its own, or the `url` of a
    database, it is the office that the test before has used, emptied: making one takes far longer than most tests.
    """

    private_key = new_key()
    _used: ClassVar[dict[str, tuple[Any, Flask]]] = {}
    _attic: ClassVar[TemporaryDirectory[str]] = TemporaryDirectory()

    def __init__(
        self, module: Any, folder: Path | None = None, now: datetime = NOON, *, url: str | None = None
    ) -> None:
        self.now = now
        url = self._in(folder) if folder else url
        self.service, self.app = self._make(module, url) if url else self._again(module)
        self.service.clock = lambda: self.now
        self.database = self.service.database
        self._numbers: dict[tuple[str, str], int] = {}

    @staticmethod
    def _in(folder: Path) -> str:
        return f"sqlite:///{folder}/{uuid4()}.db"

    def _make(self, module: Any, url: str) -> tuple[Any, Flask]:
        service = module.create(Settings(database=url, token_key=public_key(self.private_key)), transport=Direct())
        for base in (Base, *service.bases):
            base.metadata.create_all(service.database.engine)
        return service, module.create_app(service)

    def _again(self, module: Any) -> tuple[Any, Flask]:
        if module.__name__ not in self._used:
            self._used[module.__name__] = self._make(module, self._in(Path(self._attic.name)))
        service, app = self._used[module.__name__]
        with service.database.writing() as session:
            for table in [t for base in (Base, *service.bases) for t in reversed(base.metadata.sorted_tables)]:
                session.execute(table.delete())
        return service, app

    def close(self) -> None:
        if (self.service, self.app) not in self._used.values():
            self.service.close()

    # calling it
    def call(self, actor: Actor | None, method: str, path: str, **options: Any) -> TestResponse:
        """One call on behalf of somebody; `seen` is the ETag they have read."""
        headers = dict(options.pop("headers", {}))
        if actor:
            headers.setdefault("Authorization", f"Bearer {sign(actor, self.private_key)}")
        if (seen := options.pop("seen", None)) is not None:
            headers["If-Match"] = str(seen)
        answer: TestResponse = self.app.test_client().open(path, method=method, headers=headers, **options)
        return answer

    def read(self, case: UUID = A_CASE, actor: Actor = A_CASEWORKER) -> dict[str, Any]:
        """The case, as this service has it."""
        answer = self.call(actor, "GET", f"/cases/{case}")
        assert answer.status_code == 200, answer.text
        return dict(answer.get_json())

    def record(
        self, patch: dict[str, Any], case: UUID = A_CASE, actor: Actor = A_CASEWORKER, seen: Any = "*", key: str = ""
    ) -> TestResponse:
        """Fill in fields, as seen at this revision (`*`: whatever is there)."""
        return self.call(actor, "PATCH", f"/cases/{case}" + (f"?key={key}" if key else ""), json=patch, seen=seen)

    def act(self, action: str, case: UUID = A_CASE, actor: Actor = A_CASEWORKER, /, **given: Any) -> TestResponse:
        name = action.split(".")[-1].replace("_", "-")
        return self.call(actor, "POST", f"/cases/{case}/actions/{name}", json=given)

    # what others tell
    def envelope(self, message: Message, subject: UUID = A_CASE, producer: str | None = None) -> dict[str, Any]:
        """The message in its envelope, next in its producer's line."""
        producer = producer or message.contract.producers[0]
        line = (producer, str(subject))
        self._numbers[line] = self._numbers.get(line, 0) + 1
        return Envelope(
            id=uuid4(), type=message.contract.name, version=message.contract.version, subject=str(subject),
            numbers={self.service.name: self._numbers[line]}, time=self.now + timedelta(seconds=self._numbers[line]),
            producer=producer, body=dump(message),
        ).to_json()  # fmt: skip

    def hear(self, *messages: Message, subject: UUID = A_CASE, producer: str | None = None) -> None:
        """These messages come, in order."""
        self.service.inbox.receive([self.envelope(m, subject, producer) for m in messages])

    def came(self) -> list[Incoming]:
        with self.database.reading() as session:
            return list(session.scalars(sa.select(Incoming).order_by(Incoming.came_at, Incoming.number)))

    # what it tells others
    def owed(self, *types: str) -> list[tuple[str, dict[str, Any]]]:
        """Every message it has told since it began (of these types), oldest first: name and body."""
        with self.database.reading() as session:
            rows = session.scalars(sa.select(Outgoing).order_by(Outgoing.position)).all()
        return [(row.type, row.envelope["body"]) for row in rows if not types or row.type in types]
