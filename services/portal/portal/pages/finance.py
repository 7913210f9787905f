"""For the finance department: granted against billed, files of commitments out, files of actuals in."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for

from casework.process import Role
from portal import uploads, wording
from portal.identity import only, who
from portal.language import gettext
from portal.model import Provider
from portal.pages.here import call, problem, service, uploaded
from portal.uploads import MOST, Fault

blp = Blueprint("finance", __name__, url_prefix="/finance")

WAYS = ("case", "order", "provider", "account", "month")


@blp.get("")
@only(Role.FINANCE)
def overview() -> Any:
    """Granted against billed, a page at a time: by case first."""
    by = request.args.get("by", "case")
    by = by if by in WAYS else WAYS[0]
    query = {"by": by, **({"after": request.args["after"]} if request.args.get("after") else {})}
    told = call(who(), "GET", "ordering", "/finance/overview", params=query).json()
    names = _names([row[by] for row in told["rows"]]) if by == "provider" else {}
    return render_template("finance.html", by=by, rows=told["rows"], next=told["next"], names=names)


def _names(ids: Sequence[str]) -> dict[str, str]:
    """What providers are called."""
    query = sa.select(Provider.id, Provider.name).where(Provider.id.in_(ids))
    with service().database.reading() as session:
        return {row.id: row.name for row in session.execute(query)}


# files out
@blp.get("/commitments")
@only(Role.FINANCE)
def files() -> Any:
    """The files that have been made, the newest first, with their control totals."""
    told = call(who(), "GET", "ordering", "/finance/files", params=_before()).json()
    return render_template("finance_files.html", files=told["files"], next=told["next"])


@blp.post("/commitments")
@only(Role.FINANCE)
def make_file() -> Any:
    """Put all that is in no file yet into a new one."""
    answer = call(who(), "POST", "ordering", "/finance/files")
    if answer.ok:
        made = answer.json()
        flash(gettext("Fil %(nummer)d er dannet med %(antal)d posteringer.", nummer=made["number"],
                      antal=made["control"]["count"]))  # fmt: skip
    else:
        flash(wording.said(problem(answer).get("detail")), "warning")
    return redirect(url_for("finance.files"))


@blp.get("/commitments/<int(max=999999999):number>")
@only(Role.FINANCE)
def file(number: int) -> Response:
    """A file's bytes, the same as whenever it was fetched before, under the name that ordering gives it."""
    answer = call(who(), "GET", "ordering", f"/finance/files/{number}")
    named = answer.headers.get("Content-Disposition", "attachment")
    headers = {"Content-Disposition": named, "Cache-Control": "no-store"}
    return Response(answer.content, mimetype="application/octet-stream", headers=headers)


# files in
@blp.get("/actuals")
@only(Role.FINANCE)
def actuals() -> Any:
    return _actuals()


@blp.post("/actuals")
@only(Role.FINANCE)
def take_in() -> Any:
    """Book a file of actuals, all of it or (said again, with the same file) its good lines."""
    data = uploaded() or _given()
    if len(data) > MOST:
        return _actuals([Fault(gettext("Filen er for stor. Del den i flere."))]), 413
    if not data:
        return _actuals([Fault(gettext("Vælg en fil"))]), 422
    good = {"good_lines": "true"} if request.form.get("good_lines") else {}
    headers = {"Content-Type": "application/octet-stream"}
    answer = call(who(), "POST", "ordering", "/finance/actuals", params=good, data=data, headers=headers)
    if not answer.ok:
        return _actuals(uploads.faults(problem(answer)), data), answer.status_code
    done = answer.json()
    left_out = [Fault(f["message"], str(f["line"]), f["field"]) for f in done["left_out"]]
    return _actuals(left_out, done=done)


def _given() -> bytes:
    """The file of the page before, as it came; empty where there is none."""
    try:
        return base64.b64decode(request.form.get("given", ""), validate=True)
    except binascii.Error:
        return b""


def _actuals(faults: Sequence[Fault] = (), data: bytes = b"", *, done: Mapping[str, Any] | None = None) -> str:
    """The page, with the files that were taken in before."""
    told = call(who(), "GET", "ordering", "/finance/actuals", params=_before()).json()
    return render_template(
        "finance_actuals.html", faults=faults, done=done, given=base64.b64encode(data).decode(),
        has_lines=any(fault.line for fault in faults), files=told["files"], next=told["next"],
    )  # fmt: skip


def _before() -> dict[str, int]:
    before = request.args.get("before", type=int)
    return {} if before is None else {"before": before}
