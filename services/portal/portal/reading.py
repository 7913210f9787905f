"""What people type, read: dates, amounts, numbers and yes or no, as Danes write them. Pure."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

_DAY = re.compile(r"(\d{1,2})[.\s/-]+(\d{1,2})[.\s/-]+(\d{4}|\d{2})")
_BARE = re.compile(r"(\d{2})(\d{2})(\d{4}|\d{2})")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


class Unreadable(ValueError):
    """What was typed cannot be read; says how to write it."""


def read_date(text: str) -> str:
    """24.3.26, 240326, 24/3-2026 or 2026-03-24 as an ISO date. Raises Unreadable."""
    text = text.strip().rstrip(".")
    try:
        if found := _ISO.fullmatch(text):
            return date.fromisoformat(found[0]).isoformat()
        if found := _DAY.fullmatch(text) or _BARE.fullmatch(text):
            day, month, year = found.groups()
            return date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day)).isoformat()
    except ValueError:
        pass
    raise Unreadable("Skriv datoen som 24.03.2026")


def write_date(iso: str) -> str:
    """2026-03-24 as 24.03.2026; what is no date stays as it is."""
    return ".".join(reversed(iso.split("-"))) if _ISO.fullmatch(iso) else iso


def read_amount(text: str) -> str:
    """1.234,50 or 1234.50 as `1234.50`. Raises Unreadable."""
    bare = text.strip().removesuffix("kr.").removesuffix("kr").replace(" ", "").replace("\u00a0", "")
    if "," in bare:
        bare = bare.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"-?\d{1,3}(\.\d{3})+", bare):
        bare = bare.replace(".", "")
    if not re.fullmatch(r"-?\d{1,15}(\.\d{1,6})?", bare):
        raise Unreadable("Skriv beløbet som 1.234,50")
    amount = Decimal(bare)
    return f"{amount:.2f}" if amount == round(amount, 2) else str(amount)


def write_amount(wire: str) -> str:
    """`1234.50` as 1.234,50; what is no amount stays as it is."""
    try:
        return f"{Decimal(wire):,.2f}".translate(str.maketrans(",.", ".,"))
    except InvalidOperation:
        return wire


def read_quantity(text: str) -> int | float:
    """2 or 2,5 as a number. Raises Unreadable."""
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError as error:
        raise Unreadable("Skriv et helt eller halvt antal") from error
    if number != number or abs(number) > 10**9:
        raise Unreadable("Skriv et helt eller halvt antal")
    return int(number) if number == int(number) else number


def read_whole(text: str) -> int:
    """A whole number. Raises Unreadable."""
    if not re.fullmatch(r"-?\d{1,9}", text.strip()):
        raise Unreadable("Skriv et helt tal")
    return int(text)


def read_yes_no(text: str) -> bool:
    """`ja` or `nej`. Raises Unreadable."""
    if text not in ("ja", "nej"):
        raise Unreadable("Svar ja eller nej")
    return text == "ja"


def read_cpr(text: str) -> str:
    """Ten digits, with or without a hyphen; what is something else stays, for the service to refuse."""
    return re.sub(r"[\s-]", "", text)


def mask_cpr(number: Any) -> str:
    """The day of birth, and dots for the rest."""
    text = str(number or "")
    return f"{text[:6]}-••••" if re.fullmatch(r"\d{10}", text) else "••••••-••••" if text else ""


def whole_cpr(number: Any) -> str:
    text = str(number or "")
    return f"{text[:6]}-{text[6:]}" if re.fullmatch(r"\d{10}", text) else text
