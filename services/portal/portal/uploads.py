"""Files that people send in: how large they may be, and what is wrong with their lines. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MOST = 2 * 1024 * 1024  # bytes


@dataclass(frozen=True)
class Fault:
    """What is wrong with a line; without a number, with the file as a whole."""

    reason: str
    line: str = ""
    column: str = ""


def faults(told: Mapping[str, Any]) -> list[Fault]:
    """A service's problem document, line by line: it speaks of `lines[3].cvr`."""
    listed = told.get("errors") or [{"field": told.get("field"), "message": told.get("detail")}]
    return [_fault(str(e.get("field") or ""), str(e.get("message") or "")) for e in listed]


def _fault(path: str, reason: str) -> Fault:
    found = re.fullmatch(r"lines\[(\d+)\]\.?(.*)", path)
    if found:
        return Fault(reason, found[1], found[2])
    return Fault(reason, column="" if path in ("body", "file", "lines") else path)
