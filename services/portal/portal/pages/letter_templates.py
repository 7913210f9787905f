"""The municipality's own templates for the letter: read, written with the variables beside, and taken back again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from flask import Blueprint, flash, redirect, render_template, request, url_for

from casework.errors import NotFound
from casework.process import LEADER, Actor, Role
from portal.descriptions import Away
from portal.identity import only, who
from portal.language import gettext
from portal.pages.here import call, problem
from portal.pages.record import lost
from portal.recording import Complaint

blp = Blueprint("letter_templates", __name__, url_prefix="/letter-templates")

KEEPERS = (LEADER, Role.OPERATOR)
INPUT = "text"


@blp.get("")
@only(*KEEPERS)
def listed() -> Any:
    told = call(who(), "GET", "decision", "/letter-templates").json()
    return render_template("letter_templates.html", templates=told["templates"])


@blp.get("/<string:section>")
@only(*KEEPERS)
def one(section: str) -> Any:
    return _form(who(), section)


@blp.post("/<string:section>")
@only(*KEEPERS)
def keep(section: str) -> Any:
    """Take it into use, or go back to the shipped one. What is wrong is said with its line; what was typed stays."""
    me, form = who(), request.form
    text = form.get(INPUT, "").replace("\r\n", "\n")
    is_back, seen = form.get("then") == "shipped", {"If-Match": f'"{form.get("version", "")}"'}
    try:
        if is_back:
            answer = call(me, "DELETE", "decision", _path(section), headers=seen)
        else:
            answer = call(me, "PUT", "decision", _path(section), json={"text": text}, headers=seen)
    except Away as away:
        return lost(form, away, url_for("letter_templates.keep", section=section))
    if answer.status_code == 412:
        words = gettext("En anden har rettet skabelonen, mens du skrev. Se det, der står nu, og gem så igen.")
        return _form(me, section, text, Complaint(words)), 412
    if not answer.ok:
        return _form(me, section, text, _complaint(problem(answer))), answer.status_code
    flash(gettext("Den medfølgende skabelon er i brug igen.") if is_back else gettext("Skabelonen er i brug."))
    return redirect(url_for("letter_templates.one", section=section))


def _path(section: str) -> str:
    return f"/letter-templates/{quote(section, safe='')}"


def _template(me: Actor, section: str) -> Mapping[str, Any]:
    """The template in force, with every version. Raises Away, NotFound."""
    found: Mapping[str, Any] = call(me, "GET", "decision", _path(section)).json()
    return found


def _complaint(told: Mapping[str, Any]) -> Complaint:
    first = (told.get("errors") or [told])[0]
    return Complaint(str(first.get("message") or first.get("detail") or ""), INPUT)


def _form(me: Actor, section: str, text: str | None = None, complaint: Complaint | None = None) -> str:
    """`text` is what somebody has typed; without it, what is in force."""
    told = call(me, "GET", "decision", "/letter-templates").json()
    if section not in {template["section"] for template in told["templates"]}:
        raise NotFound("Siden findes ikke, eller du har ikke adgang til den")
    template = _template(me, section)
    return render_template(
        "letter_template.html",
        template=template,
        text=template["text"] if text is None else text,
        complaint=complaint,
        wrong=_wrong_line(text or "", complaint),
        variables=told["variables"],
        filters=told["filters"],
        tags=told["tags"],
    )


def _wrong_line(text: str, complaint: Complaint | None) -> tuple[int, str] | None:
    """The line of which the complaint speaks, by its number."""
    found = re.match(r"Linje (\d+)\b", complaint.message) if complaint else None
    lines = text.split("\n")
    number = int(found[1]) if found else 0
    return (number, lines[number - 1]) if 0 < number <= len(lines) else None
