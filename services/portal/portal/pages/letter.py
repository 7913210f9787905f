"""The letter on a decision: read as it will stand, mended section by section; what was sent, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for

from casework.errors import NotFound
from casework.process import CASEWORKER, LEADER, Actor
from portal import forms, letter
from portal.descriptions import Away
from portal.identity import only, who
from portal.language import gettext
from portal.overview import NEXT
from portal.pages.here import call, clock, descriptions, header, note, phases, problem
from portal.pages.record import lost, may, straight
from portal.recording import Complaint

blp = Blueprint("letter", __name__, url_prefix="/cases/<uuid:case_id>/decision")

ACTS = ("decision.decide", "decision.notify", "decision.demand_written", "decision.register_complaint",
        "decision.reassess", "decision.record_appeal_outcome")  # fmt: skip


@dataclass(frozen=True)
class Typed:
    """What somebody has written in one section that is not kept yet, and what a colleague has written there since."""

    section: str
    text: str
    theirs: str | None = None


@blp.get("/letter")
@only(CASEWORKER, LEADER)
def page(case_id: UUID) -> Any:
    return _page(case_id, who())


def _page(case_id: UUID, me: Actor, typed: Typed | None = None, complaint: Complaint | None = None) -> str:
    """The letter as it would go out now. The version is read before the text, so that no save goes over unread text."""
    part = call(me, "GET", "decision", f"/cases/{case_id}").json()
    answer = call(me, "GET", "decision", f"/cases/{case_id}/letter")
    note(case_id, me, "read")
    told: Mapping[str, Any] = answer.json() if answer.ok else {}
    sections = told.get("sections", [])
    broken = None if answer.ok else _complaint(problem(answer))
    described = descriptions().of(phases(), me, "decision")
    decisions = part["parts"].get("decisions", [])
    return render_template(
        "letter.html",
        head=header(case_id),
        tab="decision",
        number=told.get("number"),
        sections=sections,
        shown={s["id"]: forms.mark_of(s["text"]) for s in sections},
        lacks=letter.lacks(sections, part),
        is_missing=letter.is_missing,
        etag=part["revision"],
        typed=typed,
        complaints=[complaint] if complaint else [replace(broken, input="")] if broken else [],
        broken_section=letter.section_of(broken.field) if broken else "",
        is_readable=answer.ok,
        sent=letter.sent(decisions),
        stories=[(d, letter.story(d)) for d in reversed(decisions)],
        actions=[(a, straight(a, described)) for a in ACTS if a in part["actions"] and may(me, a, described)],
        carries_on=NEXT,
    )


@blp.post("/letter/sections/<string:section>")
@only(CASEWORKER, LEADER)
def keep(case_id: UUID, section: str) -> Any:
    """Record the section in the caseworker's words, or let it say what the case says again."""
    form, me = request.form, who()
    is_back = form.get("then") == "composed"
    text = "" if is_back else form.get("text", "").replace("\r\n", "\n").strip()
    if form.get("conflict") and not is_back:
        if form.get("choose") == "theirs":
            return _kept(case_id, section)
        if form.get("choose") != "mine":
            unchosen = gettext("Vælg, hvad der skal stå, hvor I har rettet det samme")
            typed = Typed(section, text, form.get("theirs", ""))
            return _page(case_id, me, typed, Complaint(unchosen, _input(section))), 422
    elif not is_back and forms.mark_of(text) == form.get("shown"):
        return _kept(case_id, section)
    try:
        answer = _send(me, case_id, letter.patch(section, text), form.get("etag", ""))
    except Away as away:
        return lost(request.form, away, url_for("letter.keep", case_id=case_id, section=section))
    if answer.status_code == 412:
        return _in_the_way(case_id, me, section, text)
    if not answer.ok:
        return _page(case_id, me, Typed(section, text), _complaint(problem(answer), section)), answer.status_code
    note(case_id, me, "record")
    return _kept(case_id, section)


def _send(me: Actor, case_id: UUID, patch: Mapping[str, Any], revision: str) -> Any:
    """Record it, on top of what the person has read. Raises Away."""
    return call(me, "PATCH", "decision", f"/cases/{case_id}", json=patch, headers={"If-Match": f'"{revision}"'})


def _kept(case_id: UUID, section: str) -> Any:
    flash(gettext("Gemt kl. %(tid)s", tid=clock()))
    return redirect(url_for("letter.page", case_id=case_id, _anchor=f"s-{section}"))


def _in_the_way(case_id: UUID, me: Actor, section: str, text: str) -> Any:
    """Somebody else has written in the same section: both texts, and the person chooses. Nothing is preselected."""
    now = call(me, "GET", "decision", f"/cases/{case_id}/letter").json().get("sections", [])
    theirs = next((s["text"] for s in now if s["id"] == section), "")
    if theirs == text:
        return _kept(case_id, section)
    return _page(case_id, me, Typed(section, text, theirs)), 412


def _complaint(told: Mapping[str, Any], section: str = "") -> Complaint:
    errors = told.get("errors") or [told]
    first = errors[0]
    field = str(first.get("field") or "")
    section = section or letter.section_of(field)
    message = str(first.get("message") or first.get("detail") or "")
    return Complaint(message, _input(section) if section else "", first.get("rule") or "", field)


def _input(section: str) -> str:
    return f"text-{section}"


# as PDF
@blp.get("/letter/preview.pdf")
@only(CASEWORKER, LEADER)
def preview(case_id: UUID) -> Response:
    """The letter as it would be printed now, marked as a draft."""
    return _pdf(case_id, "letter/preview.pdf", gettext("udkast"))


@blp.get("/letters/<int:number>.pdf")
@only(CASEWORKER, LEADER)
def sent(case_id: UUID, number: int) -> Response:
    """The letter on a decision, as it was sent."""
    return _pdf(case_id, f"letters/{number}.pdf", gettext("brev %(nummer)d", nummer=number))


def _pdf(case_id: UUID, path: str, what: str) -> Response:
    """Handed on, named by the case's number. Raises NotFound where there is none."""
    me = who()
    answer = call(me, "GET", "decision", f"/cases/{case_id}/{path}")
    if not answer.ok:
        raise NotFound(str(problem(answer).get("detail", "")))
    note(case_id, me, "read")
    shown = Response(answer.content, mimetype="application/pdf", headers={"Cache-Control": "no-store"})
    shown.headers.set("Content-Disposition", "inline", filename=f"{header(case_id).number} {what}.pdf")
    return shown
