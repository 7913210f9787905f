"""The templates of the letter, in Liquid, which users may write: no template reads a file or runs code. Pure.

A template sees the facts of `decision.facts` and nothing else, with a few tags and filters, and little room.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from babel.dates import format_date
from babel.numbers import format_decimal
from liquid import BoundTemplate, Environment, StrictUndefined
from liquid.exceptions import LiquidError

Facts = Mapping[str, Any]
"""What a template may speak of, by name: plain values only."""

LONGEST = 8_000  # characters of a template
TAGS = ("if", "unless", "case", "for", "assign", "comment")
FILTERS: Mapping[str, str] = {
    "day": "En dato: 2. marts 2026",
    "kroner": "Et beløb: 1.234,50 kr.",
    "join": "En liste i én linje: legal_bases | join: », «",
    "size": "Hvor mange der er i en liste",
    "default": "Noget andet, hvor der ikke står noget",
    "capitalize": "Stort begyndelsesbogstav",
    "downcase": "Små bogstaver",
}


class Fault(NamedTuple):
    """What is wrong with a template, and where."""

    line: int | None
    reason: str

    def __str__(self) -> str:
        return f"Linje {self.line}: {self.reason}" if self.line else self.reason


def day(value: Any) -> str:
    """`2026-03-02` as `2. marts 2026`; nothing for nothing."""
    return format_date(date.fromisoformat(str(value)), "long", locale="da") if value else ""


def kroner(value: Any) -> str:
    """`1234.50` as `1.234,50 kr.`; nothing for nothing."""
    return f"{format_decimal(Decimal(str(value)), '#,##0.00', locale='da')} kr." if value else ""


def join(value: Any, between: str = ", ") -> str:
    """A list in one line; nothing for anything else, for a range could be endless."""
    return str(between).join(map(str, value)) if isinstance(value, list) else ""


class _Letters(Environment):
    """Little room: a section of a letter is a page, not a program."""

    loop_iteration_limit = 500
    output_stream_limit = 60_000
    local_namespace_limit = 100_000
    context_depth_limit = 12


def _environment() -> _Letters:
    environment = _Letters(undefined=StrictUndefined)
    for tag in [*environment.tags]:
        if tag not in (*TAGS, "content", "output", "illegal"):
            del environment.tags[tag]
    own: dict[str, Any] = {"day": day, "kroner": kroner, "join": join}
    environment.filters = {name: own.get(name) or environment.filters[name] for name in FILTERS}
    return environment


_LETTERS = _environment()


@lru_cache(256)
def _parsed(text: str) -> BoundTemplate:
    return _LETTERS.from_string(text)


def render(text: str, facts: Facts) -> str:
    """What the template says of these facts. Raises LiquidError where it cannot be read or says too much."""
    return _parsed(text).render(**facts)


@cache
def shipped(section: str) -> str:
    """The template that comes with the house."""
    return files("decision").joinpath(f"letter_templates/{section}.liquid").read_text("utf-8")


# what is wrong with a template
def fault(text: str, examples: Mapping[str, Facts]) -> Fault | None:
    """Why the template cannot be used, tried on an example of every kind of letter; None for a good one."""
    if len(text) > LONGEST:
        return Fault(None, f"Skabelonen er for lang. Den må højst have {LONGEST} tegn")
    try:
        unknown = _unknown(text, next(iter(examples.values())))
    except LiquidError as error:
        return explained(error, text)
    if unknown:
        return unknown
    for kind, facts in examples.items():
        try:
            render(text, facts)
        except (LiquidError, ArithmeticError, ValueError) as error:
            line, reason = explained(error, text)
            return Fault(line, f"{reason} (prøvet på et brev af arten {kind})")
    return None


def _unknown(text: str, example: Facts) -> Fault | None:
    """The first name that no letter has, with the nearest one there is; also where the examples never come."""
    for name, uses in _parsed(text).analyze().globals.items():
        for use in uses:
            line = text.count("\n", 0, use.span.index) + 1
            if name not in example:
                return Fault(line, f"Variablen »{name}« findes ikke. {_nearest(name, example)}")
            rest, inner = use.segments[1:], example[name]
            if rest and isinstance(inner, Mapping) and rest[0] not in inner:
                return Fault(line, f"Variablen »{name}.{rest[0]}« findes ikke. {_nearest(str(rest[0]), inner)}")
    return None


def _nearest(name: str, known: Iterable[str]) -> str:
    found = get_close_matches(name, list(known), 1)
    return f"Mente du »{found[0]}«?" if found else "Se listen over variabler"


def explained(error: Exception, text: str) -> Fault:
    """The error in words for those who write templates."""
    place = error.context() if isinstance(error, LiquidError) else None
    line = place[0] if place else text.count("\n") + 1
    message = str(error.message if isinstance(error, LiquidError) else error)
    for pattern, reason in _REASONS.items():
        if found := re.search(pattern, message):
            return Fault(line, reason.format(*found.groups()))
    return Fault(line, "Det er ikke skrevet, så det kan læses")


_REASONS: Mapping[str, str] = {
    r"unexpected tag '(.+)'": "»{0}« kan ikke bruges her. Der er " + ", ".join(TAGS),
    r"missing expression": "Der mangler et udtryk",
    r"expected tag (\w+)": "Der mangler »{0}« til sidst",
    r"'?(.+?)'? is undefined": "Variablen »{0}« findes ikke",
    r"unknown filter '(.+)'": "Filteret »{0}« findes ikke. Der er " + ", ".join(FILTERS),
    r"expected '(.+)', found end of file": "Der mangler »{0}«",
    r"limit reached": "Skabelonen gentager eller skriver for meget",
    r"isoformat|ConversionSyntax|fromisoformat": "Filteret passer ikke til værdien",
}
