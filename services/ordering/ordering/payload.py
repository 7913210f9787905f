"""What a provider's own system is sent: of an order, of its deadlines, and what came of its answers.

Pure; docs/providers tells.

An order as it is sent holds this provider's goals and the documents that were chosen, and no more (ORD-03, ORD-07);
what is added here is what a receiver needs to take each message once and in its order.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from casework.contracts.delivery import AnswerHandled, Handled, Problem
from casework.contracts.export import DIALECT, schema_of_type
from casework.contracts.ordering import OrderCancelled, OrderEnded, OrderSent, differences
from casework.contracts.scheduler import ProviderNoticeRequested
from casework.fields import entries, field, needed, value
from casework.process import Run, Situation
from casework.records import Change, Json
from casework.schema import dump, read
from ordering.model import State

SCHEMA_VERSION = 1
"""Under one number a message may only gain fields, and these may be absent."""

CONTENT_TYPE = "application/json"

OrderEvent = OrderSent | OrderCancelled | OrderEnded
"""What a provider is told of its order."""

_OURS = UUID("5b8f6a3e-3c3e-4d0c-9b4b-9d6a0f6a2c11")


@value
class Opening:
    """What every message to a provider begins with."""

    id: UUID = needed("Beskedens id")  # the same when it is sent again
    kind: str = needed("Art")
    schema_version: int = needed("Skemaversion")
    sequence: int = needed("Løbenummer hos udføreren")  # 1, 2, 3 … over all that this provider is sent
    sent_at: datetime = needed("Afsendt")
    municipality: str = needed("Kommune")
    provider_id: str = needed("Udfører")


@value
class Head(Opening):
    """What every message about an order begins with."""

    case_id: UUID = needed("Sagens id")
    order_number: str = needed("Bestillingsnummer")
    version: int = needed("Version")


@value
class ChangedValue:
    """One value that is other than in the version before; absent where there was, or is, none."""

    path: str = needed("Felt")
    before: Any = field("Før")
    after: Any = field("Nu")


@value
class Changes:
    """What is new since a version that was sent before. A goal or intervention stands as `goals[g1]`, by its id."""

    since: int = needed("Siden version")
    added: tuple[str, ...] = entries("Tilføjet", key=None)
    removed: tuple[str, ...] = entries("Taget ud", key=None)
    changed: tuple[ChangedValue, ...] = entries("Ændret", key=None)


@value
class Sent(Head):
    """A new order. It waits for the provider's yes or no."""

    order: OrderSent = needed("Bestilling")


@value
class Changed(Head):
    """A later version of an order, whole, and what is new in it. The former stays in force until the provider's yes."""

    order: OrderSent = needed("Bestilling")
    changes: Changes = needed("Ændringer")


@value
class Cancelled(Head):
    """The order is called off (afbestilt)."""

    effective_on: date = needed("Virkning fra")


@value
class Ended(Head):
    """The last day of the help is over."""

    ended_on: date = needed("Sluttet den")


@value
class Notice(Head):
    """A deadline of the provider's comes near, has come or has passed, or something is asked of it."""

    about: str = needed("Besked om")  # the kind of deadline, or delivery.status_note
    stage: str | None = field("Hvor langt fristen er")  # near, due, missed or escalation
    due: date | None = field("Frist")


@value
class Answered(Opening):
    """What came of an answer by message. Where it is refused, nothing has changed: `problem` (RFC 9457) says why."""

    answer_id: UUID | None = field("Svarets id")  # absent where it could not be read
    answer_kind: str | None = field("Svarets art")
    case_id: UUID | None = field("Sagens id")
    outcome: Handled = needed("Udfald")
    revision: int | None = field("Revision")  # of the order, as the answer has left it
    problem: Problem | None = field("Afvisning")


KINDS: dict[str, type[Opening]] = {
    "order.sent": Sent,
    "order.changed": Changed,
    "order.cancelled": Cancelled,
    "order.ended": Ended,
    "order.notice": Notice,
    "answer.handled": Answered,
}
"""The messages by their kind."""

_KIND_OF = {cls: kind for kind, cls in KINDS.items()}


def message(s: Situation[State], told: OrderEvent, sequence: int) -> Head:
    """What the provider is sent of this event, next in its line. `s` is the case as the event leaves it."""
    run = next(run for run in s.runs if (run.key, run.number) == (told.provider_id, told.version))
    cls, more = _says(s, run, told)
    mine = uuid5(_OURS, f"{s.case_id}/{told.provider_id}/{told.version}/{_KIND_OF[cls]}")
    return cls(**_head(s, run, cls, mine, sequence), **more)


def notice(s: Situation[State], asked: ProviderNoticeRequested, sequence: int) -> Notice | None:
    """What the provider is sent of it, about the order sent last; None where it has none. The id is the scheduler's."""
    runs = [run for run in s.runs if run.key == asked.provider_id and run.state.sent]
    if not runs:
        return None
    newest = max(runs, key=lambda run: run.number)
    head = _head(s, newest, Notice, asked.notification_id, sequence)
    return Notice(**head, about=asked.kind, stage=asked.stage, due=asked.due)


def _head(s: Situation[State], run: Run[State], cls: type[Head], mine: UUID, sequence: int) -> Json:
    return {
        "id": mine,
        "kind": _KIND_OF[cls],
        "schema_version": SCHEMA_VERSION,
        "sequence": sequence,
        "sent_at": s.now,
        "municipality": s.municipality.name,
        "case_id": s.case_id,
        "provider_id": run.key,
        "order_number": run.state.order_number or "",
        "version": run.number,
    }


def outcome(told: AnswerHandled, message_id: UUID, municipality: str, sequence: int, at: datetime) -> Answered:
    """What the provider is sent of this, next in its line; once for each message by which it is told here."""
    kind = _KIND_OF[Answered]
    return Answered(
        id=uuid5(_OURS, f"{kind}/{message_id}"),
        kind=kind,
        schema_version=SCHEMA_VERSION,
        sequence=sequence,
        sent_at=at,
        municipality=municipality,
        provider_id=told.provider_id,
        answer_id=told.answer_id,
        answer_kind=told.answer_kind,
        case_id=told.case_id,
        outcome=told.outcome,
        revision=told.revision,
        problem=told.problem,
    )


def _says(s: Situation[State], run: Run[State], told: OrderEvent) -> tuple[type[Head], Json]:
    """The message, and what it has beside the head."""
    match told:
        case OrderCancelled():
            return Cancelled, {"effective_on": told.effective_on}
        case OrderEnded():
            return Ended, {"ended_on": told.ended_on}
    former = version_before(s, run)
    return (Changed, {"order": told, "changes": changes(former, told)}) if former else (Sent, {"order": told})


def version_before(s: Situation[State], run: Run[State]) -> OrderSent | None:
    """The version sent last before this one; none where the order was over in between, for then it is a new one."""
    earlier = [one for one in s.runs if one.key == run.key and one.number < run.number and one.state.sent]
    standing = [one.at for one in earlier if one.at not in ("replaced", "rejected")]
    is_over = bool(standing) and standing[-1] in ("cancelled", "ended")
    return None if is_over or not earlier else earlier[-1].state.sent


def changes(before: OrderSent, after: OrderSent) -> Changes:
    """What is other in a later version: entries that came or went, and single values."""
    found = differences(before, after)
    added, removed = [*_entries(found, "before")], [*_entries(found, "after")]
    single = [c for c in found if not any(c.path.startswith(f"{entry}.") for entry in (*added, *removed))]
    return Changes(
        since=before.version,
        added=tuple(added),
        removed=tuple(removed),
        changed=tuple(ChangedValue(path=c.path, before=c.before, after=c.after) for c in single),
    )


def _entries(found: Iterable[Change], where_absent: str) -> Iterator[str]:
    """The entries of lists that are not there before, or after; of one within another only the outer."""
    told: list[str] = []
    for change in found:
        entry, _, field_name = change.path.rpartition(".")
        is_entry = entry.endswith("]") and field_name == "id" and getattr(change, where_absent) is None
        if is_entry and not any(entry.startswith(f"{outer}.") for outer in told):
            told.append(entry)
            yield entry


# on the wire
def to_bytes(sent: Opening) -> bytes:
    """The message as it lies in a queue, or is posted: JSON, UTF-8. Always the same for the same message."""
    return json.dumps(dump(sent), ensure_ascii=False, separators=(",", ":")).encode()


def from_bytes(body: bytes) -> Opening:
    """The message again. Raises KeyError for a kind that is none of ours."""
    given = json.loads(body)
    return read(KINDS[given["kind"]], given)


def schema(kind: str) -> Json:
    """The JSON Schema (2020-12) of one kind of message, as it is published."""
    head = {"$schema": DIALECT, "$id": f"urn:sagsgang:provider:{kind}:{SCHEMA_VERSION}"}
    made = {**head, **schema_of_type(KINDS[kind], kind)}
    made["properties"]["kind"]["const"] = kind
    made["properties"]["schema_version"]["const"] = SCHEMA_VERSION
    return made
