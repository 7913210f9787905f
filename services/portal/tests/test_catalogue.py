"""Every sentence of the portal can be read in English."""

from __future__ import annotations

import re
from importlib.resources import files
from io import BytesIO
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

PORTAL = Path(str(files("portal")))
METHODS = [("**/*.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}


def sentences() -> set[str]:
    found = extract_from_dir(PORTAL, METHODS, {"templates/**.html": {"trim_blocks": "1"}}, KEYWORDS)
    return {text[0] if isinstance(text, tuple) else text for _, _, text, _, _ in found}


def test_the_catalogue_has_every_sentence() -> None:
    catalogue = read_po(BytesIO((PORTAL / "translations/en.po").read_bytes()), locale="en")
    known = {m.id[0] if isinstance(m.id, tuple) else m.id: m.string for m in catalogue if m.id}

    assert sorted(sentences() - set(known)) == []
    assert [
        text for text, english in known.items() if not all([english] if isinstance(english, str) else english)
    ] == []


def test_what_is_filled_in_has_the_same_names_in_both_languages() -> None:
    catalogue = read_po(BytesIO((PORTAL / "translations/en.po").read_bytes()), locale="en")

    def names(text: str | tuple[str, ...] | list[str]) -> set[str]:
        return set(re.findall(r"%\((\w+)\)", text if isinstance(text, str) else " ".join(text)))

    assert [m.id for m in catalogue if m.id and names(m.id) != names(m.string)] == []
