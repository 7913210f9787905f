"""What is known from the citizen's earlier cases: taken over one by one, confirmed one by one; and themes reopened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for

from casework.process import CASEWORKER, LEADER, Actor
from casework.vocabularies import vocabulary
from portal import reuse
from portal.identity import only, who
from portal.language import gettext, ngettext
from portal.pages.here import call, descriptions, header, note, phases, problem
from portal.recording import Complaint

blp = Blueprint("reuse", __name__, url_prefix="/cases")

CONSENT = "reused_information_consent"


@blp.get("/<uuid:case_id>/reuse")
@only(CASEWORKER, LEADER)
def page(case_id: UUID) -> Any:
    return _page(case_id, who())


def _page(case_id: UUID, me: Actor, complaints: Sequence[Complaint] = ()) -> str:
    """What may be taken over, and whether the citizen lets us: three calls, however many cases there are."""
    told = call(me, "GET", "assessment", f"/cases/{case_id}/earlier").json()["earlier"]
    part = call(me, "GET", "assessment", f"/cases/{case_id}").json()["parts"].get("assessment", {})
    records = call(me, "GET", "intake", f"/cases/{case_id}/records", params={"step": "consent"}).json()["records"]
    note(case_id, me, "read")
    described = descriptions().of(phases(), me, "assessment")["steps"]
    steps = {f"assessment.{step['step']}": step for step in described}
    reopened = {one["theme"]: one["reopened_on"] for one in part.get("reopened", [])}
    return render_template(
        "reuse.html",
        head=header(case_id),
        tab="reuse",
        cases=[(one, reuse.offered(one, steps)) for one in reversed(told)],
        consent=next((r["values"].get(CONSENT) for r in records if r["step"] == "consent"), None),
        themes=[theme for theme in vocabulary("themes").values() if theme["level"] == "theme"],
        reopened=reopened,
        complaints=complaints,
        ticked=request.form.getlist("item"),
        exception=request.form.get("exception", ""),
        open_case=request.form.get("from_case", ""),
    )


@blp.post("/<uuid:case_id>/reuse")
@only(CASEWORKER, LEADER)
def take(case_id: UUID) -> Any:
    """Take over what is ticked. Where the citizen is not asked, say so and lead there (GEN-06)."""
    items = request.form.getlist("item")
    wanted = {"from_case": request.form.get("from_case", ""), "items": items}
    if exception := request.form.get("exception", "").strip():
        wanted["exception"] = exception
    done = ngettext("%(num)d oplysning er hentet", "%(num)d oplysninger er hentet", len(items))
    return _do(case_id, "reuse", wanted, gettext("%(hentet)s. Bekræft hver af dem på overblikket.", hentet=done))


@blp.post("/<uuid:case_id>/reuse/confirm")
@only(CASEWORKER, LEADER)
def confirm(case_id: UUID) -> Any:
    """Say that one item still holds, and matters here (GEN-08)."""
    wanted = {"items": request.form.getlist("item")}
    return _do(case_id, "confirm-reused", wanted, gettext("Oplysningen er bekræftet."))


@blp.post("/<uuid:case_id>/reuse/themes")
@only(CASEWORKER, LEADER)
def reopen(case_id: UUID) -> Any:
    """Look at these themes anew; all others stand with their own dates (ASM-19)."""
    wanted = {"themes": request.form.getlist("theme")}
    return _do(case_id, "reopen-themes", wanted, gettext("Temaerne er genåbnet. De andre står, som de var."))


def _do(case_id: UUID, action: str, wanted: Any, done: str) -> Any:
    me = who()
    answer = call(me, "POST", "assessment", f"/cases/{case_id}/actions/{action}", json=wanted)
    if answer.ok:
        note(case_id, me, "act")
        flash(done)
        return redirect(url_for("cases.one", case_id=case_id))
    told = problem(answer)
    complaint = Complaint(str(told.get("detail", "")), "", told.get("rule") or "", told.get("field") or "")
    return _page(case_id, me, [complaint]), answer.status_code
