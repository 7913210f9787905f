"""The municipality's own settings: periods, closing days, limits. One dated YAML file, validated whole at start."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date
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
    """Read the municipality's file (the shipped example where none is given). Raises Misconfigured, naming the line."""
    text = path.read_text("utf-8") if path else files("casework").joinpath("municipality.yaml").read_text("utf-8")
    where = path or "municipality.yaml"
    try:
        given: Any = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise Misconfigured(f"{where}, linje {line}: {error.problem}") from error
    if not isinstance(given, dict):
        raise Misconfigured(f"{where}: her ventes navne og værdier")
    known = {f.name: f.type for f in fields(Municipality)}
    for name, value in given.items():
        if name not in known:
            raise Misconfigured(f"{where}: {name} kendes ikke; kendte navne er {', '.join(known)}")
        expected = int if known[name] == "int" else list if "tuple" in str(known[name]) else str
        if not isinstance(value, expected) or isinstance(value, bool):
            raise Misconfigured(f"{where}: {name} skal være {expected.__name__}, ikke {value!r}")
    values: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in given.items()}
    return Municipality(**values)
