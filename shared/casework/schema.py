"""From a declared type to its marshmallow schema: what is read from the wire, a form or the database, and written.

One derivation for messages, API bodies, stored records and the OpenAPI text, so that they cannot drift apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import marshmallow as ma
from marshmallow import fields as mf

from casework.codec import Amount as Amount
from casework.codec import dump as dump
from casework.codec import read as read
from casework.codec import write_amount, write_quantity
from casework.errors import Invalid
from casework.fields import ALWAYS, Field, fields_of, without_default
from casework.problems import Problem
from casework.storable import is_text
from casework.wording import described

T = TypeVar("T")

_SAYS = {
    "required": "Feltet skal udfyldes",
    "null": "Feltet må ikke være tomt",
    "invalid": "Værdien har ikke den rigtige form",
    "type": "Her skal stå en gruppe af felter",
    "unknown": "Feltet findes ikke",
}
_DANISH_DAY = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
_KRONER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,2})?")
_WRONG: dict[str, str | list[Any] | dict[Any, Any]] = {**_SAYS}


class Text(mf.String):
    """Any text that every database can keep: Danish, emoji, long; no NUL and no half characters."""

    default_error_messages = _WRONG | {"invalid": "Her skal stå tekst"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if not is_text(text):
            raise self.make_error("invalid", input=value)
        return text


class Flag(mf.Boolean):
    """true or false, and nothing that merely looks like it."""

    default_error_messages = _WRONG | {"invalid": "Svar ja eller nej"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Day(mf.Date):
    """A Danish local date that deadlines can be reckoned from: ISO on the wire, and understood as Danes write it."""

    default_error_messages = _WRONG | {"invalid": "Skriv datoen som 24.03.2026"}
    first, last = date(1800, 1, 1), date(2200, 12, 31)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        if isinstance(value, str) and (danish := _DANISH_DAY.fullmatch(value)):
            value = "{2}-{1:0>2}-{0:0>2}".format(*danish.groups())
        day: date = super()._deserialize(value, attr, data, **kwargs)
        if not self.first <= day <= self.last:
            raise self.make_error("invalid", input=value)
        return day


class Instant(mf.AwareDateTime):
    """A point in time, UTC on the wire, that can be reckoned with in any time zone."""

    default_error_messages = _WRONG | {"invalid": "Her skal stå et tidspunkt"}
    first, last = datetime(1800, 1, 1, tzinfo=UTC), datetime(2201, 1, 1, tzinfo=UTC)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        moment: datetime = super()._deserialize(value, attr, data, **kwargs)
        if not self.first <= moment < self.last:
            raise self.make_error("invalid", input=value)
        return moment


class Whole(mf.Integer):
    """A whole number that every database can keep. `openapi` is what its OpenAPI text says beyond the type."""

    default_error_messages = _WRONG | {"invalid": "Skriv et helt tal"}
    openapi: ClassVar = {"minimum": 1 - 2**31, "maximum": 2**31 - 1}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strict=True, **kwargs)

    def _validated(self, value: Any) -> int:
        number: int = super()._validated(value)
        if abs(number) >= 2**31:
            raise self.make_error("invalid", input=value)
        return number


class Money(mf.Field[Decimal]):
    """Kroner and øre, exact: a string with two decimals on the wire, never a float."""

    default_error_messages = _WRONG | {"invalid": "Skriv beløbet som 1234.50"}
    openapi: ClassVar = {"pattern": f"^{_KRONER.pattern}$"}

    def _serialize(self, value: Decimal | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else write_amount(value)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        if not isinstance(value, str) or not _KRONER.fullmatch(value):
            raise self.make_error("invalid")
        return round(Decimal(value), 2)


class Quantity(mf.Field[Decimal]):
    """How many in a period: whole or half, a JSON number on the wire."""

    default_error_messages = _WRONG | {"invalid": "Skriv et helt eller halvt antal"}
    openapi: ClassVar = {"minimum": 0, "exclusiveMaximum": 10**6, "multipleOf": 0.5}

    def _serialize(self, value: Decimal | None, attr: str | None, obj: Any, **kwargs: Any) -> int | float | None:
        return None if value is None else write_quantity(value)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10**6 or value * 2 % 1:
            raise self.make_error("invalid")
        return Decimal(str(value))


class Id(mf.UUID):
    default_error_messages = _WRONG | {"invalid_uuid": "Her skal stå et id (UUID)"}


class Listed(mf.List[Any]):
    default_error_messages = _WRONG | {"invalid": "Her skal stå en liste"}


_FIELDS: dict[Any, type[mf.Field[Any]]] = {
    str: Text,
    bool: Flag,
    int: Whole,
    date: Day,
    datetime: Instant,
    Decimal: Quantity,
    Amount: Money,
    UUID: Id,
    dict: mf.Dict,
    Any: mf.Raw,
}


class Base(ma.Schema):
    """Loads into the declared type; leaves out what is empty."""

    error_messages = _SAYS

    @ma.post_dump
    def _leave_out_what_is_empty(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if value is not None and value != []}


def _single(declared: Field, options: dict[str, Any], unknown: str) -> mf.Field[Any]:
    for annotation in declared.annotations:
        if isinstance(annotation, mf.Field):
            return annotation.with_options(**options) if hasattr(annotation, "with_options") else annotation
    if declared.entry:
        return mf.Nested(schema_class(declared.entry, unknown), **options)
    if declared.type not in _FIELDS and isinstance(declared.type, type) and issubclass(declared.type, str):
        return mf.Enum(declared.type, by_value=True, **options)
    return _FIELDS[declared.type](**options)


def marshmallow_field(declared: Field, cls: type, unknown: str = ma.RAISE, **options: Any) -> mf.Field[Any]:
    """The marshmallow field of one field of a type; the OpenAPI text says of it what people are told."""
    options["metadata"] = {"title": declared.info.label, "description": described(declared, cls)}
    if declared.info.computed:
        options["metadata"]["readOnly"] = True
    if not declared.many:
        return _single(declared, options, unknown)
    inner = _single(declared, {}, unknown)
    return Listed(inner, **options)


_SCHEMAS: dict[tuple[type, str], type[ma.Schema]] = {}


def schema_class(cls: type, unknown: str = ma.RAISE) -> type[ma.Schema]:
    """The schema of a declared type. A field without a default is required; all others may be absent or null.

    `unknown` says what becomes of fields that the type does not have, also in nested values.
    """
    if (cls, unknown) not in _SCHEMAS:
        _SCHEMAS[cls, unknown] = _make_schema(cls, unknown)
    return _SCHEMAS[cls, unknown]


def _make_schema(cls: type, unknown: str) -> type[ma.Schema]:
    body: dict[str, Any] = {"__doc__": cls.__doc__}
    for name, declared in fields_of(cls).items():
        required = name in without_default(cls)
        body[name] = marshmallow_field(declared, cls, unknown, required=required, allow_none=not required)

    def make(self: ma.Schema, data: dict[str, Any], **_: Any) -> Any:
        names = fields_of(cls)
        return cls(**{n: tuple(v or ()) if names[n].many else v for n, v in data.items()})

    body["make"] = ma.post_load(make)
    body["Meta"] = type("Meta", (), {"unknown": unknown})
    return type(cls.__name__, (Base,), body)


_READY: dict[tuple[type, str], ma.Schema] = {}


def _schema(cls: type, unknown: str = ma.RAISE) -> ma.Schema:
    """One instance for all: loading and dumping keep nothing in it, and making one costs more than using it."""
    if (cls, unknown) not in _READY:
        _READY[cls, unknown] = schema_class(cls, unknown)()
    return _READY[cls, unknown]


def problems(messages: Any, path: str = "") -> Iterator[tuple[str, tuple[str, str | None]]]:
    """Marshmallow's nested messages, flat: (`goals[0].goal_type`, (message, rule))."""
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            step = f"[{name}]" if isinstance(name, int) else ("" if name == "_schema" else f".{name}")
            yield from problems(inner, f"{path}{step}".lstrip("."))
    else:
        for message in messages if isinstance(messages, list) else [messages]:
            yield path, (str(message), message.rule if isinstance(message, Problem) else None)


def load(cls: type[T], data: Any, *, unknown: str = ma.RAISE, at: str = "") -> T:
    """Read a declared type. Raises Invalid, naming every field that is wrong, under the path `at`."""
    try:
        return _schema(cls, unknown).load(data)  # type: ignore[no-any-return]
    except ma.ValidationError as error:
        raise Invalid(dict(problems(error.messages, at))) from error


def is_required(declared: Field) -> bool:
    return declared.info.required == ALWAYS
