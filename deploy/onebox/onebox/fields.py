"""Every field of the phases, as the code declares it: the rows of docs/fields.md, and of tests/test_fields.py."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from importlib import import_module
from itertools import pairwise
from uuid import UUID

from casework.contracts import PHASES
from casework.fields import ALWAYS, NEVER, Field, Step, fields_of, walk
from casework.phase.phase import Phase
from casework.schema import Amount
from casework.vocabularies.fields import CodeField, LevelField

TYPES: dict[object, str] = {
    str: "text",
    bool: "yes/no",
    date: "date",
    datetime: "time",
    int: "whole number",
    Decimal: "whole or half number",
    Amount: "money",
    UUID: "id",
}
HEADINGS = ("field", "label", "type", "required", "carried from", "computed from", "costs if empty")


@dataclass(frozen=True)
class Row:
    """One field of a step, or of the entries of its lists: `assessment.case_assessment.goals.goal_type`."""

    phase: str
    step: type[Step]
    path: str
    declared: Field
    above: tuple[Field, ...] = ()  # the lists it stands in, outermost first

    @property
    def name(self) -> str:
        return f"{self.phase}.{self.step.step}.{self.path}"

    @property
    def computed(self) -> Field | None:
        """The field that is reckoned: this one, or the list that it stands in."""
        return next((one for one in (*self.above, self.declared) if one.info.computed), None)

    @property
    def carried_from(self) -> str:
        return next((one.info.carried_from for one in (self.declared, *self.above) if one.info.carried_from), "")

    @property
    def closed(self) -> bool:
        """Is it mended only where it was written? So it is with all but a few fields of some carried lists."""
        branch = (*self.above, self.declared)
        return any(
            outer.info.writable is not None and inner.name not in (outer.info.key, *outer.info.writable)
            for outer, inner in pairwise(branch)
        )


def phase(name: str) -> Phase:
    """A phase, as its service puts it together."""
    found: Phase = import_module(f"{name}.app").PHASE
    return found


def rows(name: str) -> Iterator[Row]:
    """Every field of a phase, step by step, in the order of the forms."""
    for step in phase(name).steps:
        known = dict(walk(step))
        for path, declared in known.items():
            above = tuple(known[outer] for outer in known if path.startswith(f"{outer}."))
            yield Row(name, step, path, declared, above)


def type_of(declared: Field) -> str:
    """`list of Goal`, `code of goal-types`, `money`."""
    return f"list of {_single(declared)}" if declared.many else _single(declared)


def _single(declared: Field) -> str:
    for annotation in declared.annotations:
        if isinstance(annotation, CodeField):
            narrowed = ", ".join(f"{fact} {value}" for fact, value in annotation.where.items())
            return f"code of {annotation.vocabulary.name}" + (f" ({narrowed})" if narrowed else "")
        if isinstance(annotation, LevelField):
            return f"level {annotation.lowest}–{annotation.highest}"
    return TYPES.get(declared.type) or str(declared.type.__name__)


def document() -> str:
    """docs/fields.md."""
    listed = {name: [*rows(name)] for name in PHASES}
    total = sum(map(len, listed.values()))
    parts = [
        "# Fields",
        f"Made by `make exports` from the models (`services/*/*/model.py`): all {total} fields that can be recorded or "
        "read. `tests/test_fields.py` writes and reads those of intake and assessment one by one over the API.",
        "`always` and `when …` say what is missed while it is empty; nothing is refused for it unless a "
        "[rule](rules.md) says so. A carried field shows what stands at its origin until it is written here. "
        "A computed field cannot be written.",
    ]
    for name, found in listed.items():
        parts.append(f"## {name} · {phase(name).process.label}")
        for step in phase(name).steps:
            per = f", one per {step.per}" if step.per else ""
            parts.append(f"### {name}.{step.step} · {step.label}{per}")
            parts.append(_table(_cells(row) for row in found if row.step is step))
    parts.append("## Groups\n\nWhat is one value made of several fields, wherever such a value stands.")
    for cls in _groups(row.declared for found in listed.values() for row in found):
        parts.append(f"### {cls.__name__}")
        parts.append(_table(_part(cls, declared) for declared in fields_of(cls).values()))
    return "\n\n".join(parts) + "\n"


def _groups(declared: Iterable[Field]) -> list[type]:
    """The value types that stand singly in a field, so that no row above names their fields."""
    found = {one.entry.__name__: one.entry for one in declared if one.entry and not one.many}
    inner = {f.entry.__name__: f.entry for cls in found.values() for f in fields_of(cls).values() if f.entry}
    return [cls for _, cls in sorted((found | inner).items())]


def _table(lines: Iterable[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (HEADINGS, ("---",) * len(HEADINGS), *lines))


def _cells(row: Row) -> tuple[str, ...]:
    info = row.declared.info
    computed = row.computed.info.computed if row.computed else None
    return (
        f"`{row.name}`",
        info.label,
        type_of(row.declared),
        "" if computed or row.closed else _required(info.required),
        row.carried_from + (", closed here" if row.closed else ""),
        computed or "",
        info.costs or "",
    )


def _part(cls: type, declared: Field) -> tuple[str, ...]:
    info = declared.info
    name = f"`{cls.__name__}.{declared.name}`"
    return name, info.label, type_of(declared), _required(info.required), "", "", info.costs or ""


def _required(words: str) -> str:
    return {ALWAYS: "always", NEVER: "optional"}.get(words, f"when {words}")
