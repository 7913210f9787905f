"""Intake's part of the case document: the case, the citizen, the opening, the consents."""

from typing import Any

from casework.process import Situation
from casework.schema import dump
from intake.model import STEPS, CaseStep, Citizen, ConsentForms, Cooperation, Ledger, State

_ELSEWHERE = (CaseStep, Citizen, Ledger)


def document(s: Situation[State]) -> dict[str, Any]:
    """The case and the citizen are intake's to tell; phase and status follow from all positions (the portal knows)."""
    state = next((run.state for run in s.runs), State())
    cooperation, forms = dump(s[Cooperation]), s[ConsentForms]
    case = {
        "id": str(s.case_id),
        "number": state.case_number,
        "track": state.track,
        "team": state.team,
        "caseworker": dump(state.caseworker) if state.caseworker else None,
        "is_confidential": state.is_confidential,
        "acting_municipality": cooperation.get("acting_municipality"),
        "paying_municipality": cooperation.get("paying_municipality"),
        "linked_from": str(state.linked_from) if state.linked_from else None,
    }
    consents = [{"use": use, **dump(c)} for use in ("obtain", "share") for c in getattr(forms, f"consents_to_{use}")]
    return {
        "case": {name: value for name, value in case.items() if value is not None},
        "citizen": dump(s[Citizen]),
        "intake": {step.step: shown for step in STEPS if step not in _ELSEWHERE and (shown := dump(s[step]))}
        | dump(s[Ledger]),
        "consents": consents,
    }
