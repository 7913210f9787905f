"""The provider register: read by those who order, kept by leaders, finance and operators; also from a CSV file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import requests
import sqlalchemy as sa
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from casework.process import CASEWORKER, LEADER, Actor, Role
from portal import forms, recording, register, uploads, wording
from portal.descriptions import Away
from portal.drawing import Drawing
from portal.identity import only, who
from portal.language import gettext
from portal.model import Provider
from portal.pages.here import call, problem, service, today, uploaded
from portal.pages.record import lost, options
from portal.recording import Complaint
from portal.uploads import MOST, Fault

blp = Blueprint("register", __name__, url_prefix="/providers")

KEEPERS = (LEADER, Role.FINANCE, Role.OPERATOR)
READERS = (CASEWORKER, *KEEPERS)
PAGE = 25
CSV = "text/csv"


# reading
@blp.get("")
@only(*READERS)
def listed() -> Any:
    """By name; one statement, whatever the register holds."""
    rows = _rows(request.args.get("q", "").strip(), request.args.get("after", ""))
    more = None
    if len(rows) > PAGE:
        query: dict[str, Any] = {**request.args.to_dict(), "after": rows[PAGE - 1].id}
        more = url_for("register.listed", **query)
    return render_template(
        "providers.html", rows=rows[:PAGE], more=more, q=request.args.get("q", ""), keeps=who().role in KEEPERS
    )


def _rows(text: str, after: str) -> Sequence[Provider]:
    """One page and one row more."""
    query = sa.select(Provider)
    if text:
        query = query.where(Provider.name.icontains(text, autoescape=True) | (Provider.cvr == text))
    if after:
        last = sa.select(Provider.name).where(Provider.id == after).scalar_subquery()
        query = query.where(sa.tuple_(Provider.name, Provider.id) > sa.tuple_(last, sa.literal(after)))
    with service().database.reading() as session:
        return session.scalars(query.order_by(Provider.name, Provider.id).limit(PAGE + 1)).all()


@blp.get("/<string:provider_id>")
@only(*READERS)
def one(provider_id: str) -> Any:
    me = who()
    entry = _entry(me, provider_id)
    return render_template(
        "provider_entry.html",
        entry=entry,
        fields={f["name"]: f for f in register.fields()},
        approval=register.approval(entry, today()),
        tariffs=register.tariffs(entry),
        keeps=me.role in KEEPERS,
    )


def _entry(me: Actor, provider_id: str) -> Mapping[str, Any]:
    """As the register has it. Raises Away, NotFound."""
    found: Mapping[str, Any] = call(me, "GET", "ordering", _path(provider_id)).json()
    return found


def _path(provider_id: str) -> str:
    return f"/providers/{quote(provider_id, safe='')}"


# keeping
@blp.get("/new")
@only(*KEEPERS)
def new() -> Any:
    return _form("", MultiDict())


@blp.post("/new")
@only(*KEEPERS)
def enter() -> Any:
    """A provider that is not there yet; one that is, is not written over."""
    provider_id = request.form.get("id", "").strip()
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,99}", provider_id):
        wrong = gettext("Skriv et kort id med små bogstaver, tal og bindestreger, fx bostedet-birken")
        return _form("", MultiDict(request.form), [Complaint(wrong, "id")]), 422
    if _is_known(provider_id):
        return _form("", MultiDict(request.form), [Complaint(gettext("Id'et er i brug"), "id")]), 422
    return _keep(provider_id, is_new=True)


def _is_known(provider_id: str) -> bool:
    with service().database.reading() as session:
        return session.get(Provider, provider_id) is not None


@blp.get("/<string:provider_id>/edit")
@only(*KEEPERS)
def edit(provider_id: str) -> Any:
    answer = call(who(), "GET", "ordering", _path(provider_id))
    return _form(provider_id, forms.to_inputs(register.fields(), answer.json()), version=_tag(answer))


@blp.post("/<string:provider_id>/edit")
@only(*KEEPERS)
def mend(provider_id: str) -> Any:
    """The whole entry; where somebody else has mended it since it was read, the person looks at theirs first."""
    return _keep(provider_id)


def _keep(provider_id: str, *, is_new: bool = False) -> Any:
    """Record what was typed. What is refused stays on the page."""
    form, version = MultiDict(request.form), request.form.get("version", "")
    shown, fields = "" if is_new else provider_id, register.fields()
    parsed = forms.parse(fields, form)
    if parsed.problems:
        return _form(shown, form, [Complaint(m, name) for name, m in parsed.problems.items()], version=version), 422
    headers = {"If-None-Match": "*"} if is_new else {"If-Match": f'"{version}"'}
    try:
        answer = call(who(), "PUT", "ordering", _path(provider_id), json=parsed.values, headers=headers)
    except Away as away:
        return lost(request.form, away, request.path)
    if answer.status_code == 412 and is_new:
        return _form("", form, [Complaint(gettext("Id'et er i brug"), "id")]), 422
    if answer.status_code == 412:
        return _conflict(provider_id, form, problem(answer)), 412
    if not answer.ok:
        typed = forms.to_inputs(fields, parsed.values)  # numbered as it was sent, so that each line finds its field
        typed["id"] = provider_id
        return _form(shown, typed, _complaints(problem(answer)), version=version), answer.status_code
    flash(gettext("Udføreren er gemt."))
    return redirect(url_for("register.one", provider_id=provider_id))


def _tag(answer: requests.Response) -> str:
    return str(answer.headers["ETag"]).strip('"')


def _conflict(provider_id: str, form: MultiDict[str, str], told: Mapping[str, Any]) -> str:
    """Somebody else was first: what was typed stays in the form, and beside it stands theirs, field by field."""
    words = gettext("En anden har rettet udføreren, mens du skrev. Se det, der står nu, og gem så igen.")
    both = [
        (f["label"], *(wording.show(f, told.get(whose, {}).get(f["name"])) for whose in ("yours", "theirs")))
        for f in register.fields()
        if f["name"] in told.get("fields", ())
    ]
    return _form(provider_id, form, [Complaint(words)], str(told.get("etag") or ""), both)


def _complaints(told: Mapping[str, Any]) -> list[Complaint]:
    listed = told.get("errors") or [{"field": told.get("field"), "message": told.get("detail")}]
    return [Complaint(str(e.get("message") or ""), str(e.get("field") or "")) for e in listed]


def _form(
    provider_id: str, form: MultiDict[str, str], found: Sequence[Complaint] = (), version: str = "",
    both: Sequence[tuple[str, str, str]] = (),
) -> str:  # fmt: skip
    fields = register.fields()
    drawing = Drawing(fields=fields, form=form, values=forms.parse(fields, form).values, codes=options)
    wrong_id = next((c for c in found if c.input == "id"), None)
    placed = [wrong_id] if wrong_id else recording.settle_on(drawing.widgets(), found)
    drawing = replace(drawing, errors={c.input: (c.message, "") for c in placed if c.input})
    return render_template(
        "provider_form.html", provider_id=provider_id, id=form.get("id", ""), version=version,
        wrong_id=wrong_id and wrong_id.message, both=both,
        widgets=drawing.widgets(), complaints=placed,
    )  # fmt: skip


# as CSV
@blp.get("/register.csv")
@only(*READERS)
def download() -> Response:
    """The whole register, as it can be imported again."""
    answer = call(who(), "GET", "ordering", "/providers.csv")
    shown = Response(answer.content, mimetype=CSV)
    shown.headers.set("Content-Disposition", "attachment", filename="udfoerere.csv")
    return shown


@blp.get("/import")
@only(*KEEPERS)
def ask_for_file() -> Any:
    return _import_page()


@blp.post("/import")
@only(*KEEPERS)
def take_in() -> Any:
    """A file, or its lines as they have been mended on the page. Nothing that was given is lost."""
    data = uploaded() or request.form.get("lines", "").encode()
    if len(data) > MOST:
        return _import_page(faults=[Fault(gettext("Filen er for stor. Del den i flere."))]), 413
    if not data.strip():
        return _import_page(faults=[Fault(gettext("Vælg en fil, eller indsæt linjerne"))]), 422
    lines = data.decode("utf-8-sig", "replace")
    good = {"good_lines": "true"} if request.form.get("good_lines") else {}
    path, headers = "/providers/import", {"Content-Type": CSV}
    try:
        answer = call(who(), "POST", "ordering", path, params=good, data=data, headers=headers)
    except Away as away:
        return lost(MultiDict({"lines": lines}), away, url_for("register.take_in"))
    if not answer.ok:
        return _import_page(lines, faults=uploads.faults(problem(answer))), answer.status_code
    done = answer.json()
    left_out = [Fault(f["reason"], str(f["line"]), f["field"]) for f in done["faults"]]
    return _import_page(lines if left_out else "", done=done, faults=left_out)


def _import_page(lines: str = "", *, done: Mapping[str, Any] | None = None, faults: Sequence[Fault] = ()) -> str:
    return render_template("provider_import.html", lines=lines, done=done, faults=faults)
