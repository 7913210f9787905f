"""What docs/providers holds of the code: schemas of what a provider's system is sent, or may send; and examples."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from casework.contracts.delivery import AnswerHandled
from casework.contracts.export import as_json, example
from casework.contracts.export import examples as examples_of
from casework.contracts.ordering import OrderSent
from casework.contracts.values import OrderedIntervention
from casework.pricing import total
from casework.records import Json
from casework.schema import Amount, dump, read
from delivery import answers
from ordering import fhir, payload
from ordering.payload import Answered, Cancelled, Changed, Ended, Head, Notice, Sent

_CASE = UUID("8d1f3c52-2a77-4c5e-9a3f-5f1f0e6b7a90")
_FIRST_ANSWER = 0x5D0C9E623A1F4F0E8B572C8A4F6D1B10


def schema_documents() -> dict[str, str]:
    """A JSON Schema for each kind of message, and of answer."""
    made = {f"{kind}.v{payload.SCHEMA_VERSION}": payload.schema(kind) for kind in payload.KINDS}
    made |= {f"answer.{kind}.v{answers.SCHEMA_VERSION}": answers.schema(kind) for kind in answers.KINDS}
    return {f"{name}.schema.json": as_json(schema) for name, schema in made.items()}


def example_documents() -> dict[str, str]:
    """Each kind of message as JSON, an order also as the FHIR bundle that is a draft; and each kind of answer."""
    made = {f"{sent.kind}.json": as_json(dump(sent)) for sent in (*examples(), outcome())}
    made |= {f"answer.{sent['kind']}.json": as_json(sent) for sent in answered()}
    bundles = {sent.kind: fhir.bundle(sent) for sent in examples() if isinstance(sent, fhir.BUNDLED)}
    return made | {f"{kind}.fhir.json": as_json(bundle) for kind, bundle in bundles.items()}


def answered() -> tuple[Json, ...]:
    """What Bente's provider answers: yes, what it has done, its status note, that she is ill; and no to a change."""
    note = {"id": "2026-03-31-1", "note_date": "2026-03-31", "note_text": "Bente fulgte sit ADL-skema hele ugen"}
    subgoal = {"id": "adl", "subgoal_statement": "Jeg følger mit ADL-skema", "goal_notes": [note]}
    goal = example(OrderSent)["goals"][0]["id"]
    bodies: list[tuple[str, Json, Json]] = [
        ("accept", {"version": 1}, {}),
        ("record", {"documentation": {"goals": [{"id": goal, "subgoals": [subgoal]}]}}, {"seen": 2}),
        ("submit-status-note", {}, {}),
        ("report-change", {"text": "Bente er indlagt siden i går. Vi holder kontakten til afdelingen."}, {}),
        ("reject", {"version": 2, "reason": "Vi har ikke timer nok til det nye mål"}, {}),
    ]
    return tuple(
        {
            "id": str(UUID(int=_FIRST_ANSWER + number)),
            "kind": kind,
            "schema_version": answers.SCHEMA_VERSION,
            "case_id": str(_CASE),
            "sent_at": f"2026-0{number + 3}-02T08:15:00+00:00",
            **more,
            "body": body,
        }
        for number, (kind, body, more) in enumerate(bodies)
    )


def outcome() -> Answered:
    """A yes that came too late: another version waited by then."""
    told = read(AnswerHandled, examples_of(AnswerHandled.contract.name, 1)["version-crossed"])
    return payload.outcome(told, UUID(int=_FIRST_ANSWER), "Prøveby Kommune", 5, datetime(2026, 7, 3, 7, 0, tzinfo=UTC))


def examples() -> tuple[Head, ...]:
    """Bente's order: sent, changed after a follow-up, and in the end called off; and another's that ran out."""
    now = read(OrderSent, example(OrderSent))
    before = _as_first_sent(now)
    return (
        Sent(**_head("order.sent", 1, before.version, datetime(2026, 2, 20, 9, 30, tzinfo=UTC)), order=before),
        Changed(
            **_head("order.changed", 4, now.version, datetime(2026, 7, 1, 12, 5, tzinfo=UTC)),
            order=now,
            changes=payload.changes(before, now),
        ),
        Cancelled(
            **_head("order.cancelled", 7, now.version, datetime(2026, 10, 12, 8, 0, tzinfo=UTC)),
            effective_on=date(2026, 11, 1),
        ),
        Ended(**_head("order.ended", 9, 1, datetime(2026, 12, 1, 5, 0, tzinfo=UTC)), ended_on=date(2026, 11, 30)),
        Notice(
            **_head("order.notice", 2, before.version, datetime(2026, 2, 24, 23, 0, tzinfo=UTC)),
            about="order-answer",
            stage="near",
            due=date(2026, 2, 27),
        ),
    )


def _head(kind: str, sequence: int, version: int, sent_at: datetime) -> dict[str, Any]:
    order = example(OrderSent)
    return {
        "id": UUID(int=0x7C0B5E0E27A54A3B9D3B7F1F6F1C0000 + sequence),
        "kind": kind,
        "schema_version": payload.SCHEMA_VERSION,
        "sequence": sequence,
        "sent_at": sent_at,
        "municipality": "Prøveby Kommune",
        "case_id": _CASE,
        "provider_id": order["provider_id"],
        "order_number": order["order_number"] if kind != "order.ended" else "2026-00019-1",
        "version": version,
    }


def _as_first_sent(now: OrderSent) -> OrderSent:
    """As it was before the follow-up: one goal in other words, one not there yet, and fewer hours."""
    first, *_ = now.goals
    goals = (replace(first, goal_statement="Jeg drikker kun i weekenden", expected_functioning_level=2),)
    interventions = tuple(map(_with_fewer_hours, now.interventions))
    return replace(
        now,
        version=1,
        sent_on=date(2026, 2, 20),
        reason=None,
        goals=goals,
        interventions=interventions,
        total_expected_price=total(i.expected_price for i in interventions),
    )


def _with_fewer_hours(intervention: OrderedIntervention) -> OrderedIntervention:
    line, *_ = intervention.service_lines
    line = replace(line, units_per_period=Decimal(6), base_price=Amount("140400.00"))
    return replace(intervention, service_lines=(line,), expected_price=Amount("140400.00"))
