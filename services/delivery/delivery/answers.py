"""Answers by message: what a provider's own system sends is carried out as by the API, once, and the outcome is told.

Who speaks is told by where the message came in, and never by what it says. docs/providers tells how it is written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from inspect import cleandoc
from typing import Any
from uuid import UUID, uuid5

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from casework.contracts import Command, as_of_now
from casework.contracts.delivery import AnswerHandled, Handled, Problem
from casework.contracts.export import DIALECT, Recorder, closed
from casework.contracts.ordering import OrderSent
from casework.contracts.values import Source
from casework.database import insert_new
from casework.errors import Invalid, Refusal
from casework.fields import field, fields_of, needed, value, without_default
from casework.messaging import Cause, put
from casework.phase.provenance import SOURCES
from casework.phase.tables import CaseRow, HeardRow
from casework.process import Actor, Role
from casework.records import Json
from casework.schema import load
from casework.schema import read as typed
from casework.service.errors import document_of
from casework.service.phase_api import Unreadable, asked
from delivery.commands import COMMANDS, AnswerOrder
from delivery.handlers import DeliveryHandlers
from delivery.model import STEPS, ProviderAnswerRow

log = structlog.get_logger()

SCHEMA_VERSION = 1
"""Under one number an answer may only gain fields that may be absent."""

LONGEST = 4 * 1024 * 1024
"""Bytes: as much as the API takes."""

RECORD = "record"
ACTS: Mapping[str, tuple[type[Command], str]] = {
    name.partition(".")[2].replace("_", "-"): (command, name) for command in COMMANDS for name in command.actions
}
KINDS = (*ACTS, RECORD)
"""What may be sent: each act under its name in the API, and what PATCH takes."""

_NAMELESS = UUID("b1f6d9a4-7f0e-4c1b-8a55-3d0c6f2e9b17")
_ABOUT_ONE = (Refusal, StaleDataError, sa.exc.DataError, sa.exc.IntegrityError)
"""What the database, or the house, has against one answer; any other error of the database is about the database."""


class TooMuch(Refusal):
    status = 413
    title = "Det er for meget på én gang"


class UsedBefore(Refusal):
    status = 409
    title = "Id'et er brugt før"


@value
class Answer:
    """An answer by message, with what surrounds its body."""

    id: UUID = needed("Svarets id")  # the same when it is sent again
    kind: str = needed("Art")
    schema_version: int = needed("Skemaversion")
    case_id: UUID = needed("Sagens id")
    sent_at: datetime = needed("Afsendt")
    seen: int | None = field("Den revision, der er læst")  # of a recording; absent: write over whatever is there
    body: dict = needed("Indhold")  # what the API takes


@dataclass(frozen=True)
class Arrived:
    """A message as it came: what can be told of it, and the answer that it is, or why it is none."""

    id: UUID | None
    kind: str | None
    case_id: UUID | None
    digest: str
    answer: Answer | None = None
    refused: Exception | None = None


# reading
def read(raw: bytes, message_id: str | None = None) -> Arrived:
    """What has come. `message_id` is the broker's property, by which one that cannot be read is named."""
    try:
        given, digest = _json(raw)
    except Refusal as refused:
        return Arrived(_uuid(message_id), None, None, sha256(raw).hexdigest(), refused=refused)
    kind = given.get("kind")
    arrived = Arrived(
        id=_uuid(given.get("id")) or _uuid(message_id),
        kind=kind if kind in KINDS else None,
        case_id=_uuid(given.get("case_id")),
        digest=digest,
    )
    try:
        return replace(arrived, answer=_checked(load(Answer, given)))
    except Refusal as refused:
        return replace(arrived, refused=refused)


def _json(raw: bytes) -> tuple[Json, str]:
    """What is said, and its digest, which is the same when it is sent again at another time. Raises Refusal."""
    if len(raw) > LONGEST:
        raise TooMuch("Der kan højst sendes 4 MB")
    try:
        given = json.loads(raw)
        if not isinstance(given, dict):
            raise Invalid({"body": ("Her ventes et JSON-objekt", None)})
        said = json.dumps({**given, "sent_at": None}, sort_keys=True)
    except (ValueError, RecursionError) as error:
        raise Unreadable("Her ventes JSON (application/json)", field="body") from error
    return given, sha256(said.encode()).hexdigest()


def _checked(answer: Answer) -> Answer:
    """Raises Invalid for what the form of the fields does not tell."""
    wrong: dict[str, tuple[str, str | None]] = {}
    if answer.kind not in KINDS:
        wrong["kind"] = (f"Arten kendes ikke. Kendte arter: {', '.join(KINDS)}", None)
    if answer.schema_version != SCHEMA_VERSION:
        wrong["schema_version"] = (f"Her kendes kun skemaversion {SCHEMA_VERSION}", None)
    if answer.seen is not None and answer.kind != RECORD:
        wrong["seen"] = (f"Feltet hører kun til {RECORD}", None)
    if _answers_a_version(answer.kind) and answer.body.get("version") is None:
        wrong["version"] = ("Skriv, hvilken version der svares på", None)
    if wrong:
        raise Invalid(wrong)
    return answer


def _answers_a_version(kind: str) -> bool:
    """A yes or no that is long under way may cross a new version, so it says what it is a yes or no to."""
    return kind in ACTS and ACTS[kind][0] is AnswerOrder


def _uuid(given: Any) -> UUID | None:
    try:
        return UUID(given) if isinstance(given, str) else None
    except ValueError:
        return None


# carrying out
def take(
    session: Session, handlers: DeliveryHandlers, provider_id: str, arrived: Arrived, now: datetime
) -> ProviderAnswerRow | None:
    """Carry the answer out, record it and tell what came of it, in the caller's commit; None where it is a repeat.

    What is the matter with the answer is its outcome. Raises what is the matter with the database.
    """
    row = _begun(session, provider_id, arrived, now)
    if row is None:
        return None
    revision = None
    who = Actor(f"system:{provider_id}", _name(session, provider_id, arrived.case_id), Role.PROVIDER, provider_id)
    try:
        with session.begin_nested():
            revision = _carry_out(session, handlers, arrived, row, who, now)
    except Exception as error:
        if not is_about_the_answer(error):
            raise
        row.outcome, row.refusal = Handled.REFUSED, _storable(document_of(error))
    told = AnswerHandled(
        provider_id=provider_id, answer_id=arrived.id, answer_kind=arrived.kind, case_id=arrived.case_id,
        outcome=Handled(row.outcome), revision=revision, problem=typed(Problem, row.refusal) if row.refusal else None,
    )  # fmt: skip
    put(session, handlers.phase.name, provider_id, told, Cause(now, who.id))
    log.info("answer_handled", provider_id=provider_id, kind=arrived.kind, outcome=row.outcome)
    return row


def is_about_the_answer(error: Exception) -> bool:
    """Whether another answer would fare better."""
    return isinstance(error, _ABOUT_ONE) or not isinstance(error, sa.exc.SQLAlchemyError)


def _storable(problem: Json) -> Json:
    """A problem may name fields as they were sent; PostgreSQL keeps no NUL and no half characters."""
    text = json.dumps(problem, ensure_ascii=False).encode("utf-8", "replace").decode()
    kept: Json = json.loads(text.replace("\\u0000", "\\ufffd"))
    return kept


def _begun(session: Session, provider_id: str, arrived: Arrived, now: datetime) -> ProviderAnswerRow | None:
    """Its row, new; None for a repeat. What comes under the id of another message has a row of its own."""
    nameless = uuid5(_NAMELESS, f"{arrived.id}/{arrived.digest}")
    for message_id in (arrived.id or nameless, nameless):
        given = {
            "provider_id": provider_id, "message_id": message_id, "digest": arrived.digest, "kind": arrived.kind,
            "case_id": arrived.case_id, "received_at": now, "outcome": Handled.TAKEN, "refusal": None,
        }  # fmt: skip
        is_new = insert_new(session, ProviderAnswerRow, [given], ("provider_id", "message_id"))
        row = session.get_one(ProviderAnswerRow, (provider_id, message_id))
        if is_new:
            return row
        if row.digest == arrived.digest:
            return None
    raise AssertionError("a digest is another than itself")


def _carry_out(
    session: Session, handlers: DeliveryHandlers, arrived: Arrived, row: ProviderAnswerRow, who: Actor, now: datetime
) -> int:
    """As the API would. Returns the revision to which it led; raises Refusal."""
    if arrived.id not in (None, row.message_id):
        raise UsedBefore("Id'et er brugt til en anden besked. Send den med et nyt", field="id")
    if arrived.answer is None:
        assert arrived.refused is not None
        raise arrived.refused
    answer, case_id = arrived.answer, arrived.answer.case_id
    if answer.kind == RECORD:
        handlers.record(session, case_id, answer.body, who, now, key=who.provider_id or "", seen=answer.seen)
    else:
        handlers.act(session, case_id, asked(*ACTS[answer.kind], answer.body), who, now)
    return handlers.revision(session, session.get_one(CaseRow, case_id), who)


def _name(session: Session, provider_id: str, case_id: UUID | None) -> str:
    """What the provider is called in its newest order, by which it signs what it sends; its id where it has none."""
    query = sa.select(HeardRow).where(HeardRow.subject == str(case_id), HeardRow.type == OrderSent.contract.name)
    rows = session.scalars(query.order_by(HeardRow.at.desc()))
    heard = [as_of_now(row.type, row.version, row.body)[1] for row in rows]
    orders = [body for body in heard if body["provider_id"] == provider_id]
    parties = [i.get("provider") or {} for body in orders for i in body.get("interventions", ())]
    return next((str(party["name"]) for party in parties if party.get("id") == provider_id), provider_id)


# as it is published
def schema(kind: str) -> Json:
    """The JSON Schema (2020-12) of one kind of answer."""
    made = Recorder()
    head = {"$schema": DIALECT, "$id": f"urn:sagsgang:answer:{kind}:{SCHEMA_VERSION}", "title": kind}
    frame = made.group(Answer, only=[n for n in fields_of(Answer) if n != "seen" or kind == RECORD], needs=_FRAME)
    fixed = {"kind": {"const": kind}, "schema_version": {"const": SCHEMA_VERSION}, "body": _body(made, kind)}
    for name, form in fixed.items():
        frame["properties"][name] |= form
    return {**head, **frame, **({"$defs": dict(sorted(made.types.items()))} if made.types else {})}


_FRAME = without_default(Answer)


def _body(made: Recorder, kind: str) -> Json:
    if kind == RECORD:
        steps = {step.step: {"title": step.label, **made.group(step)} for step in STEPS}
        return closed({**steps, SOURCES: {"type": "object", "additionalProperties": made.declared(Source)}}, ())
    command, _ = ACTS[kind]
    needs = without_default(command) | ({"version"} if _answers_a_version(kind) else set())
    body = made.group(command, only=[name for name in fields_of(command) if name != "action"], needs=needs)
    return {"description": cleandoc(command.__doc__ or ""), **body}
