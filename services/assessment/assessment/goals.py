"""What a goal lacks to be SMART (handbook 5.4.1.2; GOL-13). Hints for whoever writes it; never a wall. Pure."""

from __future__ import annotations

import re

from casework.contracts.values import Goal

_FIRST_PERSON = re.compile(r"\b(jeg|mig|min|mit|mine|vi|vores)\b", re.IGNORECASE)
_MEASURE = re.compile(
    r"\d|\b(en|én|to|tre|fire|fem|seks|syv|otte|ni|ti|hver|dagligt?|ugentligt?|månedligt?|gange?|altid|aldrig|"
    r"ikke længere)\b",
    re.IGNORECASE,
)
_FAR = 3
"""So many levels at once are seldom within reach."""


def gaps(goal: Goal, citizen: str = "") -> tuple[str, ...]:
    """Which of the five parts are missing, in words: specific, measurable, accepted, realistic, time-bound.

    A goal speaks of the citizen as `jeg`, or by the name, where somebody else has had to put it in words.
    """
    text = goal.goal_statement or ""
    first_name = citizen.partition(" ")[0]
    is_own = bool(_FIRST_PERSON.search(text)) or (first_name != "" and first_name.casefold() in text.casefold())
    now, expected = goal.current_functioning_level, goal.expected_functioning_level
    checks = {
        "specifikt (hvad gør borgeren?)": len(text.split()) >= 4 and is_own,
        "målbart (forventet niveau, eller hvor meget og hvor tit)": expected is not None or bool(_MEASURE.search(text)),
        "accepteret (borgerens egne ord)": is_own,
        "realistisk (niveauet springer)": now is None or expected is None or now - expected < _FAR,
        "tidsbestemt (hvornår følges der op?)": bool(goal.goal_follow_up_interval or goal.goal_follow_up_date),
    }
    return tuple(part for part, holds in checks.items() if not holds)
