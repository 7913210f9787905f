"""Help that belongs to no case: what belongs to which theme, and what each level means there."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template

from casework.vocabularies import level_guidance, vocabulary
from portal.identity import who
from portal.language import language

blp = Blueprint("help", __name__, url_prefix="/help")


@blp.get("/themes")
def themes() -> Any:
    """The 11 themes with their sub-themes, and the levels of those that have any."""
    who()
    listed = vocabulary("themes")
    levels = [c for c in vocabulary("functioning-levels").values() if c["value"]]
    return render_template(
        "help_themes.html",
        categories=[(category, [(t, listed.children(t.code)) for t in listed.children(category.code)])
                    for category in listed.children()],
        levels=[(c["value"], c.label(language())) for c in levels],
        means=lambda theme, value: level_guidance(theme, int(value), language()),
    )  # fmt: skip
