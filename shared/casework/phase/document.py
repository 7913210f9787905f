"""A phase's part of the case document: what it has on record, what it warns of, and how it came to be so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework.errors import NOBODYS_BUSINESS, NotFound
from casework.phase.completeness import completeness
from casework.phase.handlers import warnings
from casework.phase.phase import Phase
from casework.phase.tables import JournalRow
from casework.process import Actor, Role, Situation
from casework.process.engine import allowed, is_over
from casework.schema import dump


def part(session: Session, phase: Phase, s: Situation[Any], revision: int) -> dict[str, Any]:
    """Keys of the document that this phase owns, under `parts`; warnings, history and origins to be laid end to end."""
    s = as_seen(s)
    moved = _journal(s.case_id, s.actor, sa.select(*_SHOWN)).where(JournalRow.row.is_not(None))
    parts = phase.document(s) if phase.document else {phase.name: steps(phase, s)}
    return {
        "case_id": str(s.case_id),
        "revision": revision,
        "phase": phase.name,
        "parts": phase.completes(session, s, parts) if phase.completes else parts,
        "positions": [
            {
                "number": r.number,
                "key": r.key,
                "at": r.at,
                "label": phase.process.row_of(r).label,
                "over": is_over(phase.process, r),
            }
            for r in s.runs
        ],
        "actions": sorted({name for row, _ in allowed(phase.process, s) for name in row.on.actions}),  # type: ignore[union-attr]
        "warnings": [{"rule": w.rule, "field": w.field, "message": w.message} for w in warnings(phase, s)],
        "completeness": picture(phase, s),
        "origins": origins(phase, s),
        "history": [_event(phase, row) for row in session.execute(moved.order_by(JournalRow.id))],
    }


def picture(phase: Phase, s: Situation[Any]) -> list[dict[str, Any]]:
    """Step by step: how much is asked of this case, and what is empty; with what that costs where it costs anything."""
    return [
        {
            "step": one.step,
            "asked": one.asked,
            "missing": [{n: v for n, v in vars(lack).items() if v} for lack in one.missing],
        }
        for one in completeness(phase.name, phase.steps, phase.conditions, s, phase.relevant)
        if one.asked and s.runs  # before its time nothing is missed
    ]


def as_seen(s: Situation[Any]) -> Situation[Any]:
    """A provider's people see the numbers of their own order. Raises NotFound where they have none (DEL-08)."""
    if s.actor.role is not Role.PROVIDER:
        return s
    own = tuple(run for run in s.runs if run.key and run.key == s.actor.provider_id)
    if not own:
        raise NotFound(NOBODYS_BUSINESS)
    return replace(s, runs=own, _views={})


def journal_seen(case_id: UUID, who: Actor) -> sa.Select[Any]:
    """What has been done in the case, as far as whoever asks may know of it, oldest first.

    Each entry with its place among these: 1, 2, 3 … The id would tell how much has been done elsewhere (DEL-08).
    """
    place = sa.func.row_number().over(order_by=JournalRow.id).label("place")
    return _journal(case_id, who, sa.select(JournalRow, place)).order_by(JournalRow.id)


def _journal(case_id: UUID, who: Actor, what: sa.Select[Any]) -> sa.Select[Any]:
    done = what.where(JournalRow.case_id == case_id)
    return done if who.role is not Role.PROVIDER else done.where(JournalRow.key == who.provider_id)


_SHOWN = [column for column in JournalRow.__table__.columns if column.name != "changes"]
"""Of an entry all but what was other before: that is long, and asked for by itself."""


def steps(phase: Phase, s: Situation[Any]) -> dict[str, Any]:
    """Every step of which there is one record per case, as it reads now; what is empty is absent."""
    return {step.step: shown for step in phase.steps if step.per in (None, "citizen") and (shown := dump(s[step]))}


def origins(phase: Phase, s: Situation[Any]) -> dict[str, str]:
    """Where each carried value that shows was first recorded."""
    return {
        f"{phase.name}.{step.step}.{name}": origin for step in phase.steps for name, origin in s.origins(step).items()
    }


def _event(phase: Phase, row: Any) -> dict[str, Any]:
    event = {
        "at": row.at.isoformat(), "by": row.by, "phase": phase.name, "action": row.action, "number": row.number,
        "key": row.key, "from": row.begins, "to": row.arrives, "reason": row.reason,
    }  # fmt: skip
    return {name: value for name, value in event.items() if value not in (None, "")}
