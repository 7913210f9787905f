"""Ordering's part of the case document: the orders as they were sent, and the money. Drafts are for the forms alone."""

from typing import Any

from casework.contracts.ordering import differences
from casework.contracts.values import Party
from casework.process import Run, Situation
from casework.schema import dump
from ordering.finance import overview
from ordering.model import Ledger, State
from ordering.payload import version_before
from ordering.rules import billed, committed, knows_what_was_shared, ordered, place_of, sharing_exception

_STATUS = {
    "running": "accepted",
    "rejected": "rejected",
    "cancelled": "cancelled",
    "ended": "ended",
    "replaced": "changed",
}
_NOT_SHOWN = ("provider_id", "order_number", "version")


def document(s: Situation[State]) -> dict[str, Any]:
    return {
        "orders": [shown for versions in _by_provider(s) if (shown := _order(s, versions))],
        "finance": _finance(s),
        "drafts": [_draft(s, run) for run in sorted(s.runs, key=place_of) if run.at == "send"],
    }


def _by_provider(s: Situation[State]) -> list[list[Run[State]]]:
    """The versions of each provider's order, the orders by their number."""
    runs = sorted(s.runs, key=place_of)
    return [[run for run in runs if run.key == key] for key in dict.fromkeys(run.key for run in runs)]


def _order(s: Situation[State], versions: list[Run[State]]) -> dict[str, Any] | None:
    """The newest version that was sent, and which one is in force."""
    sent = [run for run in versions if run.state.sent]
    if not sent:
        return None
    last, state = sent[-1], sent[-1].state
    in_force = next((run.number for run in reversed(sent) if run.at == "running"), None)
    shown = {
        "number": state.order_number,
        "version": last.number,
        "version_in_force": in_force,
        "status": _status(sent),
        "provider": dump(state.provider) if state.provider else None,
        "answer_reason": state.answer_reason,
        "finance_notified": True,
        "sharing": _sharing(s, last),
        "departments_notified": [dump(p) for p in state.departments_told] or None,
        "departments_not_told": [dump(p) for p in _not_told(s, last)] or None,
        "versions": [_version(s, run) for run in sent],
        **{name: value for name, value in dump(state.sent).items() if name not in _NOT_SHOWN},
    }
    return {name: value for name, value in shown.items() if value is not None}


def _version(s: Situation[State], run: Run[State]) -> dict[str, Any]:
    """What became of one version, and what is new in it: (path, before, after)."""
    state, former = run.state, version_before(s, run)
    assert state.sent is not None
    told = {
        "version": run.number,
        "status": _STATUS.get(run.at, "sent"),
        "sent_on": state.sent.sent_on.isoformat(),
        "reason": state.sent.reason,
        "answered_on": state.answered_on and state.answered_on.isoformat(),
        "answer_reason": state.answer_reason,
        "changes": [[c.path, c.before, c.after] for c in differences(former, state.sent)] if former else None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _sharing(s: Situation[State], last: Run[State]) -> dict[str, Any]:
    """On which ground the provider was told (ORD-08), and since when the citizen knows."""
    order, state = ordered(s, last.key), last.state
    ground = "consent" if state.consented else state.sharing_exception or sharing_exception(order)
    informed = order.citizen_informed_of_sharing if knows_what_was_shared(s, last) else None
    told = {
        "ground": ground,
        "reason": order.sharing_exception_reason if ground not in (None, "consent") else None,
        "citizen_informed": informed.isoformat() if informed else None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _not_told(s: Situation[State], last: Run[State]) -> list[Party]:
    """The departments that are to be told, and have not been (ORD-11)."""
    return [p for p in ordered(s, last.key).departments_notified if p not in last.state.departments_told]


def _status(sent: list[Run[State]]) -> str:
    """Of the newest version; where that was said no to, and the one before has since come to an end: of that one."""
    last = sent[-1]
    if last.at == "rejected":
        over = [run.at for run in sent if run.at in ("cancelled", "ended") and run.state.accepted]
        return _STATUS[over[-1]] if over else "rejected"
    return _STATUS.get(last.at, "sent")


def _finance(s: Situation[State]) -> dict[str, Any]:
    made = committed(s)
    commitments = [dump(one) for one in made]
    return {
        "commitments": [
            {"order": c["provider_id"], **{n: v for n, v in c.items() if n != "provider_id"}} for c in commitments
        ],
        "actuals": [dump(line) for line in s[Ledger].actuals],
        "total_expected_price": f"{sum(one.expected_price for one in made):.2f}",
        "total_billed": f"{billed(s):.2f}",
        "overview": overview(s),
    }


def _draft(s: Situation[State], run: Run[State]) -> dict[str, Any]:
    """An order as it would be sent now."""
    provider = dump(run.state.provider) if run.state.provider else {"id": run.key}
    return {"key": run.key, "version": run.number, "provider": provider, **dump(ordered(s, run.key))}
