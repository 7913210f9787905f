"""What to know before writing: the baseline of a level or a text, and that no more is written than is needed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from casework.configuration import Question
from casework.schema import dump
from casework.vocabularies import vocabulary
from portal.drawing import Asked, Guide, kind_of
from portal.forms import Described
from portal.language import gettext
from portal.wording import code, language, said


def beside(f: Described, about: str) -> str:
    """What stands under a field's label."""
    told = [said(f.get("help"))]
    if kind_of(f) == "level" and not f["name"].startswith("expected"):
        told.append(gettext("Sæt det med hjælpemidler og uden hjælp fra andre"))
    return ". ".join(filter(None, told))


def before(kind: str, about: str) -> Guide:
    """What stands above the fields of an entry: of a theme, what its texts leave out and count in (ASM-02, 06, 07)."""
    themes = vocabulary("themes")
    if kind != "ThemeEntry":
        return Guide()
    only = gettext("Skriv kun det, der er nødvendigt for afgørelsen.")
    hint = f"{_baseline(about)} {only}".strip()
    if about not in themes:
        return Guide(hint)
    theme = themes[about].label(language())
    told = [themes[about], *themes.children(about)]
    rows = [(one.label(language()), one.help(language())) for one in told]
    return Guide(hint, gettext("Hvad hører under %(tema)s?", tema=theme), rows)


def _baseline(theme: str) -> str:
    functions = gettext("Beskriv funktioner og forhold, som de er uden hjælpemidler og uden støtte.")
    activities = gettext("Beskriv aktivitet og deltagelse, som de er med hjælpemidler og uden hjælp fra andre.")
    themes = vocabulary("themes")
    if theme not in themes:
        return f"{functions} {activities}"
    by_category = {"functions-and-conditions": functions, "activity-and-participation": activities}
    return by_category.get(themes[theme]["category"], "")


def questions(sets: Iterable[Mapping[str, Any]], answered: Iterable[Question]) -> list[Asked]:
    """What is asked beside the themes, in the reader's language; and what is not asked any more, but was answered."""
    asked = [_asked(dump(question)) for question in answered]
    now = [_asked(question, one) for one in sets for question in one["questions"]]
    return [*now, *(one for one in asked if one.id not in {question.id for question in now})]


def _asked(question: Mapping[str, Any], within: Mapping[str, Any] | None = None) -> Asked:
    def said(told: Mapping[str, Any], name: str) -> str:
        return str(told.get(name if language() == "da" else f"{name}_en", ""))

    belongs = gettext("Hører til %(tema)s", tema=code("themes", question["theme"]))
    help = ". ".join(filter(None, (belongs, question.get("help"))))
    return Asked(question["id"], said(question, "text"), help, said(within or {}, "label"))
