"""Reads and writes declared types as JSON where the values are known to be right: stored rows, checked messages.

Made from the same declarations as the schemas of `casework.schema`, which check what comes from outside, and many times
quicker. Both write the same JSON, and each reads what the other has written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar, get_args, get_origin
from uuid import UUID

from cattrs import Converter

from casework.fields import Field, fields_of

T = TypeVar("T")


class Amount(Decimal):
    """Marks a field as money; a plain Decimal is a quantity. Raises TypeError for a float."""

    def __new__(cls, value: Decimal | int | str = 0) -> Amount:
        if isinstance(value, float):
            raise TypeError("an amount is never a float")
        return super().__new__(cls, value)


def read(cls: type[T], data: Mapping[str, Any]) -> T:
    """Read what is already known to be right (stored, or sent by a newer service): what is new to us is left out."""
    return _CONVERTER.structure(data, cls)


def dump(value: Any) -> dict[str, Any]:
    """As JSON: dates ISO, money a string with two decimals, empty fields absent."""
    cls: Any = type(value)
    data: dict[str, Any] = _writer(cls)(value)
    return data


def write_amount(value: Decimal) -> str:
    """Kroner and øre, exact: two decimals."""
    return f"{value:.2f}"


def write_quantity(value: Decimal) -> int | float:
    """A JSON number, whole where it is whole."""
    return int(value) if value == int(value) else float(value)


Write = Callable[[Any], Any]


@cache
def _writer(cls: type) -> Write:
    """Writes the fields in their declared order (cattrs would put those that must be there first)."""
    fields = [(name, _writer_of(declared)) for name, declared in fields_of(cls).items()]

    def write(value: Any) -> dict[str, Any]:
        data = {}
        for name, write_one in fields:
            held = getattr(value, name)
            if held is not None and held != () and held != []:
                data[name] = write_one(held) if write_one else held
        return data

    return write


def _writer_of(declared: Field) -> Write | None:
    """None where the value is JSON as it is; so is a member of a StrEnum."""
    write = _writer(declared.entry) if declared.entry else _WRITES.get(declared.type)
    if not declared.many:
        return write
    return (lambda values: [write(value) for value in values]) if write else list


_WRITES: dict[Any, Write] = {
    date: date.isoformat,
    datetime: datetime.isoformat,
    UUID: str,
    Decimal: write_quantity,
    Amount: write_amount,
}


def _make_converter() -> Converter:
    converter = Converter(detailed_validation=False, prefer_attrib_converters=False)
    for kind, read_one in {
        **dict.fromkeys((str, bool, int, dict), _as_it_is),
        date: lambda value, _: date.fromisoformat(value),
        datetime: _read_instant,
        UUID: lambda value, _: UUID(value),
        Decimal: lambda value, _: Decimal(str(value)),
        Amount: lambda value, _: round(Decimal(value), 2),
    }.items():
        converter.register_structure_hook(kind, read_one)
    converter.register_structure_hook_factory(_is_optional, _reads_optional)
    converter.register_structure_hook_factory(_is_many, _reads_many)
    return converter


def _is_optional(kind: Any) -> bool:
    return type(None) in get_args(kind) and len(get_args(kind)) == 2


def _reads_optional(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    inner = next(arg for arg in get_args(kind) if arg is not type(None))
    read_one = converter.get_structure_hook(inner)
    if read_one is _as_it_is:
        return _as_it_is
    return lambda value, _: None if value is None else read_one(value, inner)


def _is_many(kind: Any) -> bool:
    return get_origin(kind) is tuple


def _as_it_is(value: Any, _: Any) -> Any:
    return value


def _read_instant(value: str, _: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _reads_many(many: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    entry = get_args(many)[0]
    read_one = converter.get_structure_hook(entry)
    if read_one is _as_it_is:
        return lambda values, _: tuple(values or ())
    return lambda values, _: tuple([read_one(value, entry) for value in values or ()])


_CONVERTER = _make_converter()
