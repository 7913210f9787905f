"""Values that are true to type: for each declared field some that it takes, down to the entries of its lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from casework.configuration import Municipality
from casework.fields import Field, Step, fields_of, without_default
from casework.schema import Amount
from casework.vocabularies.fields import CodeField, LevelField

LONG = "Blåbærgrød på Ærø, 👩‍🦽🇩🇰 og »rødgrød med fløde«.\r\n\t<b>&amp;'\"</b> ∑ " * 320
"""More than 20,000 characters, with all that gets lost where somebody is careless."""

_VALUES: Mapping[Any, list[Any]] = {
    str: ["Æblegrød", LONG],
    bool: [True, False],
    date: ["2028-02-29", "1931-12-01"],
    datetime: ["2026-03-02T11:00:00+00:00"],
    int: [12, 0],
    Decimal: [0.5, 7],
    Amount: ["1234.50", "0.05"],
}

_ONLY: Mapping[str, list[Any]] = {
    "cpr_number": ["1405821237", "0101010001"],
    "question": [question.id for question in Municipality(name="Prøveby").question_sets[0].questions[:2]],
    "id": ["a", "b"],
    "is_alternative": [False, True],
    "is_confidential": [False, True],  # a case that is, is no longer there for whoever fills it in
}
"""Where not any value of the type will do."""


def values_of(declared: Field) -> list[Any]:
    """Some values of the field, as JSON, each another; of a list with keys one, for its entries add up."""
    singles = _singles(declared)
    if not declared.many:
        return singles
    keyed = declared.entry and declared.info.key
    return [singles[:1]] if keyed else [singles, singles[-1:]]


def _singles(declared: Field) -> list[Any]:
    for annotation in declared.annotations:
        if isinstance(annotation, CodeField):
            return [annotation.codes[0], annotation.codes[-1]]
        if isinstance(annotation, LevelField):
            return [*range(annotation.lowest, annotation.highest + 1)]
    if declared.entry:
        return [filled(declared.entry), filled(declared.entry, *without_default(declared.entry))]
    return _ONLY.get(declared.name) or _VALUES[declared.type]


def filled(cls: type, *only: str) -> dict[str, Any]:
    """A step or value with all that can be written in it; or `only` these fields, and what it cannot be without."""
    chosen = {*only, *without_default(cls)} if only else {*fields_of(cls)}
    return {
        name: values_of(declared)[0]
        for name, declared in fields_of(cls).items()
        if name in chosen and not declared.info.computed
    }


def form(step: type[Step]) -> dict[str, Any]:
    """A step, filled in as far as it can be: of a carried list only what is open in it."""
    written = filled(step)
    for name, declared in fields_of(step).items():
        if declared.info.writable and declared.entry:
            written[name] = [filled(declared.entry, *declared.info.writable)]
    return written


def forms(steps: Iterable[type[Step]]) -> dict[str, Any]:
    """All that can be written in these steps: a recording of a whole phase."""
    return {step.step: written for step in steps if (written := form(step))}
