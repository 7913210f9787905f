"""Which kinds of decision there are letters about, and which sections each must have. Pure; the order is the list's."""

from collections.abc import Mapping
from typing import Any

from casework.process import Situation
from casework.vocabularies import vocabulary
from decision import rules
from decision.model import Decision, State

SECTIONS: tuple[str, ...] = vocabulary("letter-sections").recordable({})
"""In the order in which they stand: what matters most comes first (handbook 6.3)."""

_FRAME = ("opening", "result", "rules", "contact")
_REASONS = ("specific-assessment", "weighted-facts", "legal-requirements", "complaint")
_GIVEN = ("purpose", "own-payment")
NEEDED: Mapping[str, tuple[str, ...]] = {
    "granted": (*_FRAME, *_GIVEN),  # full approval owes no reasons and no guidance (FVL §§ 22, 25)
    "adjusted": (*_FRAME, *_REASONS, *_GIVEN),  # granted, and not as it was applied for
    "partly-refused": (*_FRAME, *_REASONS, *_GIVEN),
    "refused": (*_FRAME, *_REASONS),
    "reduced": (*_FRAME, *_REASONS),  # help is taken away under notice (SEL § 3 a)
    "ended": (*_FRAME, *_REASONS),  # by a follow-up
    "continued": (*_FRAME, *_REASONS, *_GIVEN),  # by a follow-up, against the citizen's wish
    "repayment": (*_FRAME, *_REASONS),
    "confirmed": ("opening", "result", "contact"),  # an oral grant in writing (SEL § 89)
}
"""The other sections of a letter stand where there is something to say in them."""
NEVER: Mapping[str, tuple[str, ...]] = {"confirmed": (*_REASONS, "citizen-views")}


def kind_of(s: Situation[State]) -> str:
    """What the number that the situation acts upon decides; of what is only drafted, what it would."""
    decision, state = s.state.decision or s[Decision], s.state
    if state.follow_up_outcome:
        return "continued" if state.follow_up_outcome == "continue" else "ended"
    if decision.refused_interventions and rules.notice_days(s):
        return "reduced"
    if decision.decision_outcome in (None, "granted"):
        if decision.fully_upheld is False:
            return "adjusted"
        return "confirmed" if decision.decision_channel == "verbal" else "granted"
    return decision.decision_outcome


def sections_of(kind: str) -> tuple[str, ...]:
    """The sections that a letter of this kind may have, in order."""
    return tuple(section for section in SECTIONS if section not in NEVER.get(kind, ()))


def heading(section: str) -> str:
    return vocabulary("letter-sections")[section].label()


def group(section: str) -> str | None:
    """What the section stands under, as »Begrundelse«."""
    parent: Any = vocabulary("letter-sections")[section].parent
    return heading(parent) if parent else None
