"""Layouts of the finance system's files, one of each kind."""

from __future__ import annotations

from typing import Any

from casework.configuration import FileLayout
from casework.configuration.finance_layout import Record, Slot


def record(*slots: tuple[str, int] | tuple[str, int, dict[str, Any]]) -> Record:
    """Slots one after the other; a name in quotation marks is a fixed text."""
    at, made = 1, []
    for name, width, *more in slots:
        what = {"constant": name.strip('"')} if name.startswith('"') else {"name": name}
        made.append(Slot(at=at, width=width, **what, **(more[0] if more else {})))
        at += width
    return Record(width=at - 1, slots=tuple(made))


NUMBER = {"align": "right", "pad": "0"}
CSV = FileLayout(adapter="csv", encoding="utf-8-sig")
JSON = FileLayout(adapter="json", encoding="utf-8")
FIXED = FileLayout(
    adapter="fixed",
    encoding="iso-8859-1",
    header=record(('"H"', 1), ("file", 9, NUMBER), ("made_on", 8), ("municipality", 30)),
    line=record(
        ('"D"', 1), ("reference", 16), ("order_number", 14), ("account_number", 12), ("debit_credit", 1),
        ("amount_unsigned", 14), ("provider_ean", 13), ("begins_on", 8, {"format": "ddmmyyyy"}), ("provider_name", 20),
    ),
    trailer=record(('"S"', 1), ("count", 9, NUMBER), ("debit", 16), ("credit", 16)),
)  # fmt: skip
ACTUALS = FileLayout(
    adapter="fixed",
    encoding="iso-8859-1",
    line_end="lf",
    header=record(('"H"', 1), ("file", 10)),
    line=record(
        ('"F"', 1), ("line", 8, NUMBER), ("order", 14), ("account_number", 10), ("amount", 12), ("booked_on", 8),
        ("reverses", 8, NUMBER),
    ),
    trailer=record(('"S"', 1), ("count", 6, NUMBER), ("total", 14)),
)  # fmt: skip
