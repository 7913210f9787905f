"""A field is declared once: name, type, label, vocabulary, required when, origin. All else is derived from that.

    @step("enquiry", "Henvendelse")
    class Enquiry(Step):
        opening_reason: Text = field("Årsag til sagsåbning", required=ALWAYS)

A step is what one form records of a case; a value type is what a list of it holds, and what travels in messages.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, ClassVar, TypeVar, dataclass_transform, get_args, get_origin, get_type_hints

from casework.versions import Cast, Versions

NEVER, ALWAYS = "never", "always"
CONDITION = re.compile(
    r"(?P<entry>an? [\w -]+ is added)|(?P<not>not )?(?P<name>\w+)(?: is (?P<isnt>not )?(?P<codes>[\w -]+))?"
)
"""When a field is needed: `has_guardian`, `not fully_upheld`, `enquiry_source is not citizen`, `a goal is added`."""


@dataclass(frozen=True)
class Info:
    """What is known of a field beside its name and type."""

    label: str  # Danish, as the handbook prints it
    en: str | None = None
    help: str | None = None  # what to write here, in words a caseworker uses
    required: str = NEVER  # never, always, or the condition in words: a reading that feeds the completeness picture
    costs: str | None = (
        None  # what it costs later where it stays empty; without a cost it is listed and warns of nothing
    )
    carried_from: str | None = None  # phase.step.field whose value shows here until it is mended here
    computed: str | None = None  # what it is reckoned from; such a field cannot be written
    rule: str | None = None  # the rule a refused value breaks, where it is another than the vocabulary's own
    writable: tuple[str, ...] | None = None  # of a carried list: the fields of its entries that are open here
    key: str | None = None  # of a list: the field by which its entries are known; None where the list is one value


def field(label: str, **info: Any) -> Any:
    """One value, empty until it is recorded."""
    return dataclasses.field(default=None, metadata={"info": Info(label, **info)})


def entries(label: str, *, key: str | None = "id", **info: Any) -> Any:
    """A list, empty until something is recorded. With `key` its entries are merged one by one."""
    return dataclasses.field(default=(), metadata={"info": Info(label, key=key, **info)})


def needed(label: str = "Id") -> Any:
    """A field that may not be empty: an entry is known by it, or a message says nothing without it."""
    return dataclasses.field(metadata={"info": Info(label, required=ALWAYS)})


T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(needed,))
def value(cls: type[T]) -> type[T]:
    """A value type: frozen, by keyword, compared by content."""
    return dataclass(frozen=True, kw_only=True)(cls)


class Step:
    """What one form of a phase records of a case."""

    step: ClassVar[str]
    label: ClassVar[str]
    per: ClassVar[str | None]  # what there is one record of: the case (None), or each provider, follow-up, …
    versions: ClassVar[Versions]


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(needed,))
def step(
    name: str, label: str, *, per: str | None = None, version: int = 1, upcasts: Mapping[int, Cast] | None = None
) -> Callable[[type[T]], type[T]]:
    """Declare a step: `name` stands in paths (`phase.step.field`), `per` says of what there is one record each.

    From version 2 on, `upcasts` bring up what is stored of each older one. Raises ValueError where one is missing.
    """

    def declare(cls: type[T]) -> type[T]:
        cls.step, cls.label, cls.per = name, label, per  # type: ignore[attr-defined]
        cls.versions = Versions(name, version, upcasts or {})  # type: ignore[attr-defined]
        return value(cls)

    return declare


@dataclass(frozen=True)
class Field:
    """A declared field, with its type taken apart."""

    name: str
    info: Info
    type: Any  # the bare type: str, bool, date, Decimal, a value type …
    many: bool
    annotations: tuple[Any, ...] = ()  # e.g. the vocabulary's field

    @property
    def entry(self) -> type | None:
        """The value type, where it is one."""
        return self.type if dataclasses.is_dataclass(self.type) else None


def _bare(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    if get_origin(hint) is Annotated:
        inner, *annotations = get_args(hint)
        bare, more = _bare(inner)
        return bare, (*annotations, *more)
    optional = [arg for arg in get_args(hint) if arg is not type(None)]
    if type(None) in get_args(hint) and len(optional) == 1:
        return _bare(optional[0])
    return hint, ()


_CACHE: dict[type, dict[str, Field]] = {}


def fields_of(cls: type) -> dict[str, Field]:
    """The declared fields of a step, value type or message, in their order."""
    if cls not in _CACHE:
        hints = get_type_hints(cls, include_extras=True)
        _CACHE[cls] = {f.name: _field(f, hints[f.name]) for f in dataclasses.fields(cls)}
    return _CACHE[cls]


def _field(declared: Any, hint: Any) -> Field:
    bare, annotations = _bare(hint)
    info = declared.metadata.get("info") or Info(declared.name.replace("_", " "))
    if get_origin(bare) is tuple:
        bare, annotations = _bare(get_args(bare)[0])
        return Field(declared.name, info, bare, True, annotations)
    return Field(declared.name, info, bare, False, annotations)


@cache
def carried_fields(cls: Any) -> tuple[tuple[str, str], ...]:
    """The fields that show another field's value until they are mended: (name, `phase.step.field`)."""
    declared = fields_of(cls).items()
    return tuple((name, one.info.carried_from) for name, one in declared if one.info.carried_from)


def without_default(cls: type) -> set[str]:
    """The fields that must be there whenever the type is."""
    missing = dataclasses.MISSING
    return {f.name for f in dataclasses.fields(cls) if f.default is f.default_factory is missing}


def walk(cls: type, path: str = "") -> Iterator[tuple[str, Field]]:
    """Every field of a step and of the entries of its lists: (`goals.goal_type`, Field)."""
    for name, declared in fields_of(cls).items():
        yield f"{path}{name}", declared
        if declared.entry and declared.many:
            yield from walk(declared.entry, f"{path}{name}.")
