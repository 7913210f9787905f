"""The reader's language. Sentences are Danish in the code, and English by the catalogue that people edit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO
from typing import Any

from flask import g, has_request_context, session

DANISH, ENGLISH = "da", "en"


def language() -> str:
    """What this browser has chosen; Danish until it does, and outside a request."""
    if not has_request_context():
        return DANISH
    known: str | None = g.get("language")
    if known is None:
        known = g.language = ENGLISH if session.get("language") == ENGLISH else DANISH
    return known


def gettext(sentence: str, **filled_in: Any) -> str:
    """The sentence in the reader's language, with what is named in it filled in."""
    said = catalogue().gettext(sentence)
    return said % filled_in if filled_in else said


def ngettext(one: str, several: str, num: int, **filled_in: Any) -> str:
    """The sentence for so many, which is filled in as `num`."""
    return catalogue().ngettext(one, several, num) % {"num": num, **filled_in}


@dataclass(frozen=True)
class Sentence:
    """Said in the language of whoever reads it when it is shown."""

    danish: str

    def __str__(self) -> str:
        return gettext(self.danish)


lazy_gettext = Sentence


def catalogue() -> NullTranslations:
    """What the reader's sentences are taken from."""
    if not has_request_context():
        return _compiled(DANISH)
    known: NullTranslations | None = g.get("catalogue")
    if known is None:  # looked up once: a page asks several hundred times
        known = g.catalogue = _compiled(language())
    return known


@cache
def _compiled(chosen: str) -> NullTranslations:
    """Once per process, from the .po file; without the library for it where nobody reads English."""
    if chosen == DANISH:
        return NullTranslations()
    from babel.messages import mofile, pofile

    compiled = BytesIO()
    source = files("portal").joinpath(f"translations/{chosen}.po").read_bytes()
    mofile.write_mo(compiled, pofile.read_po(BytesIO(source), locale=chosen))
    compiled.seek(0)
    return GNUTranslations(compiled)
