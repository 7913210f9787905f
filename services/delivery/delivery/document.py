"""Delivery's part of the case document: each order as its provider works on it."""

from typing import Any

from sqlalchemy.orm import Session

from casework.contracts.ordering import differences
from casework.process import Role, Situation
from casework.records import Json
from casework.schema import dump
from delivery import acknowledgements
from delivery.model import Documentation, State, StatusNote
from delivery.rules import received, waiting


def document(s: Situation[State]) -> dict[str, Any]:
    """One entry per order; a provider's people find their own, and nothing of the others (DEL-08)."""
    own = [run for run in s.runs if s.actor.role is not Role.PROVIDER or run.key == s.actor.provider_id]
    return {"deliveries": [_delivery(s.of(run)) for run in own]}


def _delivery(s: Situation[State]) -> dict[str, Any]:
    """The authority reads what is documented and sent; the order as it came, and the draft of a note, its provider."""
    state, order = s.state, received(s)
    parties = [i.provider for i in order.interventions if i.provider] if order else []
    new = waiting(s)
    named = next((party for party in parties if party.id == s.key), parties[0] if parties else None)
    shown: dict[str, Any] = {
        "order": s.key,
        "number": order.order_number if order else None,
        "version": state.in_force or state.version,
        "provider": dump(named) if named else None,
        "status": status(s.at, state),
        "received": dump(order) if order and s.actor.role is Role.PROVIDER else None,
        "waiting": dump(new) if new else None,
        "changes": [[c.path, c.before, c.after] for c in differences(order, new)] if order and new else None,
        "reason": state.reason,
        "note_due": state.note_due.isoformat() if state.note_due else None,
        "documentation": dump(s[Documentation]),
        "status_notes": [{n: v for n, v in dump(note).items() if n != "provider_id"} for note in state.notes],
        "status_note": dump(s[StatusNote]) if s.actor.role is Role.PROVIDER else None,
    }
    return {name: value for name, value in shown.items() if value not in (None, {})}


def with_acknowledgements(session: Session, s: Situation[State], parts: Json) -> Json:
    """When the newest version of each order was first seen at its provider, and by whom."""
    seen = acknowledgements.of_case(session, s.case_id)
    newest = {run.key: run.state.version or 0 for run in s.runs}
    shown = [
        {
            **one,
            "acknowledged_version": row.version,
            "acknowledged_at": row.at.isoformat(),
            "acknowledged_by": row.name,
        }
        if (row := seen.get((one["order"], newest[one["order"]])))
        else one
        for one in parts["deliveries"]
    ]
    return {**parts, "deliveries": shown}


def status(at: str, state: State) -> str:
    """Sent, accepted, rejected, changed (a new version waits while the former runs), cancelled or ended."""
    if at == "stopped":
        return state.stopped or "ended"
    if at == "answer":
        return "changed" if state.in_force else "sent"
    return "accepted" if at == "running" else "rejected"
