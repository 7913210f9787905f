"""The municipality's own settings: periods, closing days, limits. One dated YAML file, validated whole at start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from casework.calendar import Calendar


class Misconfigured(Exception):
    """A setting is missing or wrong: which, where, and what was expected."""


@dataclass(frozen=True)
class Municipality:
    """What one installation has decided for itself. Days are calendar days unless the name says working days."""

    name: str
    case_processing_days: int = 56
    hearing_days: int = 14
    written_decision_days: int = 14
    complaint_weeks: int = 4
    reassessment_weeks: int = 4
    letter_working_days: int = 6
    order_answer_working_days: int = 5
    status_note_working_days: int = 5
    extra_follow_up_days: int = 45
    notice_weeks: int = 14
    notice_paragraphs: tuple[str, ...] = ("sel-95", "sel-96", "sel-98")
    time_limited_paragraphs: tuple[str, ...] = ("sel-82a", "sel-82b", "sel-82d")
    free_choice_paragraphs: tuple[str, ...] = ("sel-83", "sel-108", "abl-105")
    search_key: str = "sagsgang"  # keys the hash by which lists find a CPR number; each installation has its own
    closing_days: tuple[str, ...] = ()
    closed: tuple[date, ...] = field(default=())

    @cached_property
    def calendar(self) -> Calendar:
        return Calendar.of(self.closing_days, self.closed)


def load(path: Path | None = None) -> Municipality:
    """Read the municipality's file (the shipped example where none is given).

    Raises Misconfigured, naming the file, the line and the setting.
    """
    where = str(path or "municipality.yaml")
    lines = _lines(where, _text(path, where))
    known = {f.name: str(f.type) for f in fields(Municipality)}
    values: dict[str, Any] = {}
    for name, (line, value) in lines.items():
        here = f"{where}, linje {line}: {name}"
        if name not in known:
            raise Misconfigured(f"{here} kendes ikke; kendte navne er {', '.join(known)}")
        wanted, is_right = _KINDS[known[name]]
        if not is_right(value) or (name == "closing_days" and not all(map(_is_day_of_the_year, value))):
            example = ", hver som 12-24" if name == "closing_days" else ""
            raise Misconfigured(f"{here} skal være {wanted}{example}, ikke {value!r}")
        values[name] = tuple(value) if isinstance(value, list) else value
    if "name" not in values:
        raise Misconfigured(f"{where}: name mangler (kommunens navn)")
    return Municipality(**values)


def _text(path: Path | None, where: str) -> str:
    try:
        return path.read_text("utf-8") if path else files("casework").joinpath("municipality.yaml").read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{where}: kan ikke læses som tekst i UTF-8 ({error})") from error


def _lines(where: str, text: str) -> dict[str, tuple[int, Any]]:
    """Every setting with the line on which it stands."""
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            raise Misconfigured(f"{where}: her ventes navne og værdier")
        lines: dict[str, tuple[int, Any]] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in lines:
                raise Misconfigured(f"{where}, linje {line}: {key.value} står der to gange")
            lines[str(key.value)] = line, loader.construct_object(value, deep=True)
        return lines
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise Misconfigured(f"{where}, linje {line}: {error.problem}") from error
    except yaml.YAMLError as error:
        raise Misconfigured(f"{where}: {error}") from error


def _all(kind: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(type(one) is kind for one in value)


_KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "str": ("tekst", lambda value: isinstance(value, str)),
    "int": ("et helt tal, 0 eller mere", lambda value: type(value) is int and value >= 0),
    "tuple[str, ...]": ("en liste af tekster", _all(str)),
    "tuple[date, ...]": ("en liste af datoer", _all(date)),
}
"""What a setting of each type must be: in words, and how it is seen."""


def _is_day_of_the_year(text: str) -> bool:
    try:
        datetime.strptime(f"2000-{text}", "%Y-%m-%d")  # noqa: DTZ007 - a day, no moment; 2000 has a 29 February
    except ValueError:
        return False
    return True
