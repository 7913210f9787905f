"""Which fields that are needed are still empty, and what that costs later. A picture, never a wall. Pure.

What is needed is said where the field is declared: always, or on a condition in words. A field that the case's track
does not show is not missed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from casework.fields import ALWAYS, CONDITION, NEVER, Field, Step, fields_of
from casework.process import Situation

Condition = Callable[[Situation[Any], Any], bool]
"""(situation, the step or entry the field stands in) -> is the field needed here?"""


@dataclass(frozen=True)
class Missing:
    """One empty field. `costs` says what goes wrong later; without it the field is listed and nobody is warned."""

    field: str  # phase.step.field, with the entry it stands in
    label: str
    costs: str | None = None


@dataclass(frozen=True)
class Completeness:
    """How much of a step is there, of what is needed in this case."""

    step: str
    asked: int
    missing: tuple[Missing, ...]


def completeness(
    phase: str,
    steps: tuple[type[Step], ...],
    conditions: Mapping[str, Condition],
    s: Situation[Any],
    relevant: Mapping[str, Callable[[Situation[Any]], bool]],
) -> Iterator[Completeness]:
    """Each step of which there is one record in the case, and that is `relevant` to it (by default, every one)."""
    track = s.municipality.track(s.case.track if s.case else None)
    for step in steps:
        relevant_here = relevant[step.step](s) if step.step in relevant else True
        if step.per in (None, "citizen") and track.shows(phase, step.step) and relevant_here:
            shows = partial(track.shows, phase, step.step)
            asked = list(_asked(step, s[step], f"{phase}.{step.step}", conditions, s, shows))
            missing = tuple(Missing(path, f.info.label, f.info.costs) for path, f, is_filled in asked if not is_filled)
            yield Completeness(step.step, len(asked), missing)


def _asked(
    cls: type, view: Any, at: str, conditions: Mapping[str, Condition], s: Situation[Any],
    shows: Callable[[str], bool] = lambda name: True,
) -> Iterator[tuple[str, Field, bool]]:  # fmt: skip
    """What is needed in a step or entry: its path, the field, whether it is filled."""
    for name, declared in fields_of(cls).items():
        if declared.info.computed or declared.info.carried_from or not shows(name):
            continue  # reckoned, or missed where it comes from
        value, path = getattr(view, name), f"{at}.{name}"
        if is_needed(declared.info.required, view, conditions, s):
            yield path, declared, value not in (None, (), "")
        if declared.entry and declared.many and declared.info.key:
            for entry in value:
                key = getattr(entry, declared.info.key)
                yield from _asked(declared.entry, entry, f"{path}[{key}]", conditions, s)


def is_needed(words: str, view: Any, conditions: Mapping[str, Condition], s: Situation[Any]) -> bool:
    """Whether a field required under these words is needed in this step or entry."""
    if words in (ALWAYS, NEVER):
        return words == ALWAYS
    known = conditions.get(words) or _reading(words, type(view))
    return known(s, view) if known else False


def is_understood(words: str, cls: type, conditions: Mapping[str, Condition]) -> bool:
    """Whether these words say something that can be seen in a step or entry of this type."""
    return words in (ALWAYS, NEVER) or words in conditions or _reading(words, cls) is not None


def _reading(words: str, cls: type) -> Condition | None:
    found = CONDITION.fullmatch(words)
    if found is None:
        return None
    if found["entry"]:
        return lambda s, view: True
    name = found["name"]
    if name not in fields_of(cls):
        return None
    if found["codes"]:
        codes = found["codes"].split(" or ")
        if found["isnt"]:
            return lambda s, view: getattr(view, name) not in (None, *codes)
        return lambda s, view: getattr(view, name) in codes
    if found["not"]:
        is_flag = fields_of(cls)[name].type is bool
        return lambda s, view: getattr(view, name) is False if is_flag else not getattr(view, name)
    return lambda s, view: bool(getattr(view, name))
