"""Decision's part of the case document: the decision in force with letter and complaint, and every decision made."""

from typing import Any

from casework.process import Run, Situation
from casework.schema import dump
from decision.model import Complaint, Decision, DecisionLetter, State
from decision.rules import in_force, newest, status


def document(s: Situation[State]) -> dict[str, Any]:
    """Before the first decision its draft; the letter is the newest number's, as sent, or as it is being written."""
    last, latest = in_force(s), newest(s)
    made = last.state.decision if last else None
    sent = latest.state.letter if latest and latest.at != "notify" else None
    shown = {
        "decision": dump(made or s[Decision]),
        "decision_letter": dump(sent or s[DecisionLetter]),
        "complaint": dump(s[Complaint]),
    }
    return {
        "decision": {step: values for step, values in shown.items() if values},
        "decisions": [_entry(s, run) for run in _made(s)],
    }


def _made(s: Situation[State]) -> list[Run[State]]:
    """Every decision, what follow-ups decided included, oldest first."""
    made = [(run.state.decision.decision_date, bool(run.key), run.number, run) for run in s.runs if run.state.decision]
    return [run for *_, run in sorted(made, key=lambda entry: (str(entry[0]), *entry[1:3]))]


def _entry(s: Situation[State], run: Run[State]) -> dict[str, Any]:
    """One decision in the form of `decision`, with what a list shows of it at hand."""
    state = run.state
    parts = (state.decision, state.letter, state.complaint)
    decision, letter, complaint = (dump(part) if part else {} for part in parts)
    facts = {
        "number": None if run.key else run.number,
        "status": status(s, run),
        "decided_by": state.decided_by,
        "delegated_to": state.delegated_to,
        "follow_up": state.follow_up,
        "follow_up_outcome": state.follow_up_outcome,
        **{name: decision.get(name) for name in ("decision_date", "decision_outcome", "fully_upheld")},
        "channel": state.channel,
        "received_on": state.received_on and state.received_on.isoformat(),
        "effective_from": state.effective_from and state.effective_from.isoformat(),
        "decision": decision,
        "decision_letter": letter or None,
        "letter_sha256": state.letter_sha256,
        "complaint": complaint or None,
    }
    return {name: value for name, value in facts.items() if value is not None}
