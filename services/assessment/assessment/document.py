"""Assessment's part of the case document: its forms, what has been done, the level history, the hearings."""

from typing import Any

from assessment.model import STEPS, CitizenPlans, Ledger, State
from casework.contracts.values import LevelEntry
from casework.process import Situation
from casework.schema import dump

_FORMS = tuple(step for step in STEPS if step not in (Ledger, CitizenPlans))


def document(s: Situation[State]) -> dict[str, Any]:
    ledger = s[Ledger]
    done = {name: value for name, value in dump(ledger).items() if name not in ("levels", "hearings")}
    return {
        "assessment": {step.step: shown for step in _FORMS if (shown := dump(s[step]))} | done | dump(s[CitizenPlans]),
        "levels": _by_subtheme(ledger.levels),
        "hearings": [{n: v for n, v in dump(h).items() if n != "id"} for h in ledger.hearings],
    }


def _by_subtheme(levels: tuple[LevelEntry, ...]) -> dict[str, list[dict[str, Any]]]:
    """The whole history, oldest first (ASM-20)."""
    history: dict[str, list[dict[str, Any]]] = {}
    for entry in sorted(levels, key=lambda e: e.on):
        shown = dump(entry)
        history.setdefault(shown.pop("subtheme"), []).append(shown)
    return history
