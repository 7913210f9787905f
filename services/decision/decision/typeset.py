"""A letter as PDF/A-2a and PDF/UA-1: kept for good, and read aloud by a screen reader.

What a letter says goes to Typst as JSON, so no text of a case can be markup, read a file or run anything. The only
fonts are those that come with Typst; it reads no file and asks no network.
"""

import json
import re
import unicodedata
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import Any

import typst

_TEMPLATE = files("decision").joinpath("letter.typ").read_bytes()
_SHOWN = re.compile(
    "[^\n\u0020-\u007e\u00a0-\u036f\u0370-\u04ff\u1e00-\u1eff\u2010-\u2027\u2030-\u2040\u2044-\u2052\u2070-\u209c"
    "\u20a0-\u20bf\u2190-\u22ff\u2500-\u25ff]"
)
"""What the fonts have no sign for: emoji, and scripts other than Latin, Greek and Cyrillic."""
INSTEAD = "□"


def typeset(letter: dict[str, Any], *, draft: bool = False) -> bytes:
    """The letter (`casework` JSON of decision.letter.paper) as PDF; the same letter gives the same bytes.

    A character that cannot be printed is a □; `unprintable` tells which there are. A draft is marked on every page.
    """
    day = date.fromisoformat(letter["date"])
    pdf = typst.compile(
        _TEMPLATE,
        sys_inputs={"letter": json.dumps(_printable({**letter, "draft": draft}))},
        format="pdf",
        pdf_standards=["a-2a", "ua-1"],
        ignore_system_fonts=True,
        timestamp=datetime(day.year, day.month, day.day, 12, tzinfo=UTC),
    )
    assert isinstance(pdf, bytes)
    return pdf


def unprintable(text: str) -> list[str]:
    """The characters that would be a □ in the letter, each once."""
    return sorted(set(_SHOWN.findall(plain(text))))


def plain(text: str) -> str:
    """Composed letters, and nothing that only steers (line marks, directions, joiners)."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(c for c in composed if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf"))


def _printable(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _printable(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_printable(inner) for inner in value]
    return _SHOWN.sub(INSTEAD, plain(value)) if isinstance(value, str) else value
