"""Where a case stands, by the positions of all its phases. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_ACTIVE = (
    ("followup", ("conclude",)),
    ("assessment", ("answer",)),
    ("decision", ("decide", "notify", "reassess")),
    ("ordering", ("send", "answer")),
    ("delivery", ("answer", "running")),
    ("assessment", ("recommend",)),
    ("intake", ("complete",)),
    ("decision", ("complaint", "board", "final", "recorded")),
    ("assessment", ("approved",)),
)


def standing(positions: Mapping[str, list[dict[str, Any]]]) -> dict[str, str]:
    """The phase in which something is awaited, and whether the case is open: both follow from the positions."""
    phase = next((name for name, rows in _ACTIVE if any(p["at"] in rows for p in positions.get(name, []))), "intake")
    closed = any(p["at"] in ("closed", "erased") for p in positions.get("intake", []))
    return {"phase": phase, "status": "closed" if closed else "open"}
