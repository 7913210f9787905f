"""Whose a confidential case is: its own caseworker's, the deputy's, and the leader's of its team. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from casework.process import Actor, Role


@dataclass(frozen=True)
class Confidential:
    """What tells of a confidential case for whom it is there."""

    team: str | None = None
    caseworker_id: str | None = None
    caseworker_name: str | None = None

    def is_for(self, who: Actor) -> bool:
        """A leader answers for the own team and cases of no team, one without a team for all; a deputy acts for both.

        By the caseworker's id; by name only where the case knows no id.
        """
        if who.role is Role.LEADER:
            teams = {who.team, *(one.team for one in who.covers)}
            return self.team is None or None in teams or self.team in teams
        if who.role is not Role.CASEWORKER:
            return False
        if self.caseworker_id is not None:
            return self.caseworker_id in (who.id, *(one.id for one in who.covers))
        return self.caseworker_name in (who.name, *(one.name for one in who.covers))


def of_opened(opened: Mapping[str, Any] | None) -> Confidential | None:
    """From `case.opened`, as last changed; None where the case is not confidential, or nobody has told of it yet."""
    if not opened or not opened.get("is_confidential"):
        return None
    caseworker = opened.get("caseworker") or {}
    return Confidential(opened.get("team"), caseworker.get("id"), caseworker.get("name"))


def is_kept_from(opened: Mapping[str, Any] | None, who: Actor) -> bool:
    """Whether the case is confidential, and not theirs."""
    confidential = of_opened(opened)
    return confidential is not None and not confidential.is_for(who)
