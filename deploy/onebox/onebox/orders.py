"""What docs/providers holds of the code: the schemas of what a provider's system is sent, and an example of each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from casework.contracts.export import as_json, example
from casework.contracts.ordering import OrderSent
from casework.contracts.values import OrderedIntervention
from casework.pricing import total
from casework.schema import Amount, dump, read
from ordering import fhir, payload
from ordering.payload import Cancelled, Changed, Ended, Head, Notice, Sent


def schema_documents() -> dict[str, str]:
    """A JSON Schema for each kind of message."""
    return {f"{kind}.v{payload.SCHEMA_VERSION}.schema.json": as_json(payload.schema(kind)) for kind in payload.KINDS}


def example_documents() -> dict[str, str]:
    """Each kind of message as JSON, and what is about the order itself as the FHIR bundle that is a draft."""
    made = {f"{sent.kind}.json": as_json(dump(sent)) for sent in examples()}
    bundles = {sent.kind: fhir.bundle(sent) for sent in examples() if isinstance(sent, fhir.BUNDLED)}
    return made | {f"{kind}.fhir.json": as_json(bundle) for kind, bundle in bundles.items()}


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
        "case_id": UUID("8d1f3c52-2a77-4c5e-9a3f-5f1f0e6b7a90"),
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
