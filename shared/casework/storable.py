"""What every database can keep: PostgreSQL has no NUL, half character or endless number, and depth costs stack."""

from __future__ import annotations

import json
import re
from math import isfinite
from typing import Any

DEEPEST = 50
"""So many levels of lists and groups at most: what is stored is read again by recursion, from anywhere."""

LARGEST = 2**63 - 1
"""The largest whole number in JSON."""

LONGEST_REASON = 2000
_UNKEPT = re.compile("[\0\ud800-\udfff]")
_ESCAPED = re.compile(rb"\\(?:\\|x([0-9a-f]{2}))")


def is_text(text: str) -> bool:
    """Whether every database can keep the text as it is."""
    return not _UNKEPT.search(text)


def parsed(raw: bytes) -> Any:
    """JSON as it stands in RFC 8259: UTF-8, and no number that is none. Raises ValueError, or RecursionError."""
    return _JSON.decode(raw.decode())


def check(given: Any) -> None:
    """Raises ValueError, saying in Danish why some database could not keep this JSON. Goes level by level."""
    level = [given]
    for _ in range(DEEPEST):
        below: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                below += one
                below += one.values()
            elif isinstance(one, list):
                below += one
            elif isinstance(one, str) and _UNKEPT.search(one):
                raise ValueError("der er tegn i teksten, som ikke kan gemmes")
            elif isinstance(one, float) and not isfinite(one):
                raise ValueError("der er et tal uden ende")
            elif isinstance(one, int) and not -LARGEST <= one <= LARGEST:
                raise ValueError(f"der er et helt tal, som er større end {LARGEST}")
        if not below:
            return
        level = below
    raise ValueError(f"der er mere end {DEEPEST} niveauer i hinanden")


def escaped(raw: bytes) -> str:
    """Any bytes as a text that people can read and every database can keep; `unescaped` gives them back."""
    return raw.replace(b"\\", rb"\\").decode("utf-8", "backslashreplace").replace("\0", r"\x00")


def unescaped(text: str) -> bytes:
    """The bytes that were escaped."""
    return _ESCAPED.sub(lambda found: bytes.fromhex(found[1].decode()) if found[1] else b"\\", text.encode())


def legible(text: str, longest: int) -> str:
    """The text as far as it can be kept, no longer than that."""
    return text[:longest] if is_text(text[:longest]) else escaped(text.encode("utf-8", "surrogatepass"))[:longest]


def told(error: BaseException) -> str:
    """Which error, and what it says, where it can say anything: to be kept as a reason."""
    kind = type(error).__name__
    try:
        said = str(error)
    except Exception as worse:  # the reason for this one is all that is left of it
        said = f"({type(worse).__name__}, da den skulle fortælle hvorfor)"
    return legible(f"{kind}: {said}", LONGEST_REASON)


def _finite(digits: str) -> float:
    if not isfinite(number := float(digits)):
        raise ValueError("der er et tal uden ende")
    return number


def _no_number(word: str) -> float:
    raise ValueError(f"{word} er ikke et tal")


_JSON = json.JSONDecoder(parse_float=_finite, parse_constant=_no_number)
