"""Who changed what in a phase of a case, from what, to what: also what was taken out stands here."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request

from casework.process import CASEWORKER, LEADER
from portal.changes import in_words
from portal.identity import only, who
from portal.pages.here import call, descriptions, header, note, phases
from portal.pages.record import PHASE

blp = Blueprint("changes", __name__, url_prefix="/cases")


@blp.get(f"/<uuid:case_id>/{PHASE}/changes")
@only(CASEWORKER, LEADER)
def page(case_id: UUID, phase: str) -> Any:
    """The newest first, a page at a time."""
    me, before = who(), request.args.get("before", type=int)
    query = {"before": before} if before is not None else {}
    told = call(me, "GET", phase, f"/cases/{case_id}/changes", params=query).json()
    note(case_id, me, "read")
    steps = {step["step"]: step for step in descriptions().of(phases(), me, phase)["steps"]}
    return render_template(
        "changes.html",
        head=header(case_id),
        phase=phase,
        tab=phase,
        changes=list(in_words(told["changes"], steps)),
        older=told["next"],
    )
