"""Followup's part of the case document: each follow-up that has been opened."""

from typing import Any

from casework.process import Run, Situation
from casework.schema import dump
from followup.carried import notes_for
from followup.model import FollowUp, Inspection, NextSteps, Preparation, State

_STATUS = {"done": "concluded", "stopped": "stopped"}


def document(s: Situation[State]) -> dict[str, Any]:
    return {"follow_ups": [_follow_up(s.of(run), run) for run in s.runs]}


def _follow_up(s: Situation[State], run: Run[State]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "number": run.number,
        "status": _STATUS.get(run.at, "open"),
        "opened_on": run.state.opened_on.isoformat() if run.state.opened_on else None,
        "is_extra": run.state.is_extra,
        "reason": run.state.reason,
        "status_note": status_note(s, run.number),
    } | {step.step: dump(s[step]) for step in (Preparation, FollowUp, Inspection, NextSteps)}
    return {name: value for name, value in shown.items() if value is not None and value != {}}


def status_note(s: Situation[State], number: int) -> dict[str, Any] | None:
    """What the providers have sent for this follow-up, laid together as one note."""
    notes = [dump(note) for note in notes_for(s, number)]
    if not notes:
        return None
    view = dump(s[FollowUp])
    texts = {
        name: "\n\n".join(note[name] for note in notes if name in note)
        for name in ("significant_changes", "provider_remarks")
    }
    merged = {
        "citizen_wishes": view.get("citizen_wishes"),
        "intervention_purpose": view.get("intervention_purpose"),
        "goals": [goal for note in notes for goal in note.get("goals", [])],
        "change_subthemes": list(dict.fromkeys(sub for note in notes for sub in note.get("change_subthemes", []))),
        "providers": [note["provider_id"] for note in notes],
        "submitted_on": max(note["submitted_on"] for note in notes),
        **texts,
    }
    return {name: value for name, value in merged.items() if value}
