"""The code lists: what may be chosen, what it is called, and by which UUID the FFB report knows it.

A list is one CSV file in `data/`: code, parent, labels, UUID in FFB's code system (urn:oid:1.2.208.176.2.22), the days
from and to which it is in force, and the list's own facts. `data/vocabularies.csv` names the lists; `help/` holds what
helps to choose. A code that a case may hold is never taken out or made unselectable, or that case could not be read: it
gets a `valid_to`. docs/vocabularies.md tells all.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from casework.vocabularies import imported, lists
from casework.vocabularies.concepts import Concept, Vocabulary
from casework.vocabularies.imported import Malformed

__all__ = ["Concept", "Malformed", "Vocabulary", "label", "level", "level_guidance", "use", "vocabulary"]

_in_force = lists.Lists()
_guidance = cache(lists.level_guidance)


def use(folder: Path | None) -> None:
    """Let the lists be as shipped, with what the municipality has taken in from FFB. Holds for the whole process.

    Raises Malformed, naming the lines, where its `ffb.csv` cannot be read; the lists then stay as they were.
    """
    global _in_force
    taken_in = imported.read(folder)
    if taken_in != _in_force.imported:
        _in_force = lists.Lists(taken_in)


def vocabulary(name: str) -> Vocabulary:
    """The code list of that name, as it is in force. Raises LookupError for a name that is none."""
    return _in_force[name]


def label(name: str, code: str) -> str:
    """The Danish words for a code of the vocabulary. Raises KeyError for a code that it does not have."""
    return vocabulary(name)[code].label()


def level(value: int) -> Concept:
    """The functioning level (funktionsevneniveau) that a number 0–4 stands for."""
    return next(concept for concept in vocabulary("functioning-levels").values() if concept["value"] == str(value))


def level_guidance(theme_or_subtheme: str, level: int, language: str = "da") -> str:
    """What a level looks like there, in everyday words; empty where a theme has no levels."""
    themes = vocabulary("themes")
    for code in (theme_or_subtheme, *(above.code for above in themes.ancestors(theme_or_subtheme))):
        if told := _guidance().get((code, level)):
            return told["da" if language == "da" else "en"]
    return ""
