"""The list of cases, a new case, and one case as a whole."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from casework.configuration import Track
from casework.contracts import PHASES
from casework.errors import NotFound
from casework.process import CASEWORKER, LEADER, Actor
from casework.service import auth
from portal import forms, identity, listing, overview, reading, reuse, wording
from portal.casefile import assemble
from portal.descriptions import Away
from portal.identity import only, who
from portal.language import gettext
from portal.listing import PAGE
from portal.model import Access, ListedCase
from portal.pages import notifications
from portal.pages.here import acting, bar, call, descriptions, desk, header, note, phases, problem, service, today
from portal.pages.record import is_closed, may, straight
from portal.whose import WAITS_FOR_A_LEADER, Desk

blp = Blueprint("cases", __name__, url_prefix="/cases")

NOBODYS = "Sagen findes ikke, eller du har ikke adgang til den"


# the list
@blp.get("")
@only(CASEWORKER, LEADER)
def listed() -> Any:
    """Cases, the nearest deadline first. A caseworker sees their own and nobody's, unless they ask for all."""
    me, asked = who(), request.args
    chosen = asked.get("mine") == "1" if asked.get("filtered") else me.role is CASEWORKER
    with service().database.reading() as session:
        desk = Desk.of(session, me, today())
        rows = _rows(session, desk, mine=chosen)
        if not rows and chosen and not asked.get("filtered"):
            chosen, rows = False, _rows(session, desk, mine=False)  # who has no cases is not met by an empty page
        notifications.count(session, me)
    more = None
    if len(rows) > PAGE:
        query: dict[str, Any] = {**asked.to_dict(), "filtered": "1", "mine": "1" if chosen else None}
        more = url_for("cases.listed", **query | {"after": listing.place_of(rows[PAGE - 1][0])})
    return render_template(
        "cases.html", rows=rows[:PAGE], more=more, mine=chosen, asked=asked, phases=PHASES, today=today(), desk=desk
    )  # fmt: skip


def _rows(session: Session, desk: Desk, *, mine: bool) -> list[Any]:
    """One page and one row more, by the filters of the address; one statement."""
    asked = request.args
    where = [ListedCase.number.is_not(None), desk.findable()]
    if not asked.get("closed"):
        where.append(ListedCase.closed_on.is_(None))
    if asked.get("phase") in PHASES:
        where.append(ListedCase.phase == asked["phase"])
    if asked.get("overdue"):
        where.append(ListedCase.next_due < today())
    if asked.get("waits") == "leader":
        where.append(WAITS_FOR_A_LEADER)
    query = listing.page(where, desk.mine() if mine else (), asked.get("after", ""))
    return list(session.execute(query).all())


# a new case
@blp.get("/new")
@only(CASEWORKER, LEADER)
def new() -> Any:
    return _new({}, {})


@blp.post("/new")
@only(CASEWORKER, LEADER)
def open_case() -> Any:
    """Open it in intake, under an id that the page brought along: pressed twice, it is one case."""
    form = request.form
    try:
        case_id = UUID(form.get("id", ""))
    except ValueError:
        case_id = uuid4()
    wanted: dict[str, Any] = {n: form[n] for n in ("track", "entry_phase") if form.get(n)}
    number = reading.read_cpr(form.get("cpr_number", ""))
    if not number:
        return _new(form, {"cpr_number": "Skriv borgerens CPR-nummer"}), 422
    me = who()
    if me.role is CASEWORKER:
        wanted["caseworker"] = {"id": me.id, "name": me.name, "role": "caseworker"}
    answer = call(me, "POST", "intake", "/cases", json={"id": str(case_id), "cpr_number": number, **wanted})
    if not answer.ok:
        told = problem(answer)
        return _new(form, {str(told.get("field", "")).split(".")[-1]: str(told.get("detail", ""))}), 422
    return redirect(url_for("cases.one", case_id=case_id))


def _new(form: Mapping[str, str], errors: Mapping[str, str]) -> str:
    return render_template(
        "new_case.html", form=form, errors=errors, id=form.get("id") or uuid4(), tracks=service().municipality.tracks
    )


# one case
@blp.get("/<uuid:case_id>")
@only(CASEWORKER, LEADER)
def one(case_id: UUID) -> Any:
    return show(case_id, who())


def show(case_id: UUID, me: Actor, *, with_cpr: bool = False) -> Any:
    """The case as a whole. What is missing because a service is down is named."""
    parts = phases().parts(acting(me), case_id)
    if parts.get("intake") == {"parts": {}}:
        raise NotFound(NOBODYS)
    note(case_id, me, "cpr" if with_cpr else "read")
    document, head = assemble(parts), header(case_id)
    seen = overview.of(document, parts, _labels(me), today(), _mine(me), wording.act_of)
    steps, track = _steps(me), _track(document)
    seen.filled = [one for one in seen.filled if one.step in steps]
    return render_template(
        "case.html", head=head, document=document, seen=seen, others=_others(head.row, me), with_cpr=with_cpr,
        straight=_straight(me, [*seen.acts, *seen.more]), tab="overview", steps=steps,
        mend=lambda path: _mend(case_id, steps, track.code if track else None, path),
        unconfirmed=[reuse.held(one, steps, document) for one in seen.unconfirmed],
        track=track, larger=_larger(track), etag=(parts.get("intake") or {}).get("revision", ""),
    )  # fmt: skip


def _track(document: Mapping[str, Any]) -> Track | None:
    """The case's track as intake tells it; None where it does not answer, or the municipality has no such track."""
    code = document.get("case", {}).get("track")
    return next((one for one in service().municipality.tracks if one.code == code), None)


def _larger(track: Track | None) -> list[Track]:
    return [one for one in service().municipality.tracks if track and one.rank > track.rank]


def _steps(me: Actor) -> dict[str, Mapping[str, Any]]:
    """What each step is (phase.step -> its description), of those phases that answer or have answered."""
    found: dict[str, Mapping[str, Any]] = {}
    for name in PHASES:
        try:
            described = descriptions().of(phases(), me, name)
        except Away:
            continue
        found |= {f"{name}.{step['step']}": step for step in described["steps"]}
    return found


def _mend(case_id: UUID, steps: Mapping[str, Mapping[str, Any]], track: str | None, path: str) -> str:
    """The form on which a field is filled in, at the field; empty where it is on no page of its own."""
    phase, _, rest = path.partition(".")
    name, _, within = rest.partition(".")
    step = steps.get(f"{phase}.{name}")
    if step is None or step["per"] not in (None, "citizen") or is_closed(step):
        return ""
    f = next((f for f in step["fields"] if f["name"] == re.split(r"[.\[]", within)[0]), None)
    hidden = f is not None and not forms.is_in_track(f, track) and forms.is_in_track(step, track)
    query: dict[str, Any] = {"all": "1"} if hidden else {}
    query |= {"_anchor": f"f-{f['name']}"} if f else {}
    return url_for("record.form", case_id=case_id, phase=phase, step=name, **query)


@blp.post("/<uuid:case_id>/track")
@only(CASEWORKER, LEADER)
def move(case_id: UUID) -> Any:
    """Let the case follow a larger track: more of its forms show, and nothing that is written is lost."""
    me, wanted = who(), request.form.get("track", "")
    revision = request.form.get("etag", "")
    answer = call(
        me, "PATCH", "intake", f"/cases/{case_id}", json={"case": {"track": wanted}},
        headers={"If-Match": f'"{revision}"'},
    )  # fmt: skip
    if answer.ok:
        note(case_id, me, "record")
        name = wording.track(service().municipality.track(wanted))
        flash(gettext("Sagen følger nu sporet %(spor)s. Alt, hvad der er skrevet, står her stadig.", spor=name))
    else:
        flash(wording.said(problem(answer).get("detail")), "warning")
    return redirect(url_for("cases.one", case_id=case_id))


def _mine(me: Actor) -> set[str]:
    """The acts that are offered to this role, of those phases that answer."""
    found = set()
    for name in PHASES:
        try:
            described = descriptions().of(phases(), me, name)
        except Away:
            continue
        found |= {a["action"] for a in described["actions"] if may(me, a["action"], described)}
    return set(wording.offered(found))


def _straight(me: Actor, actions: list[str]) -> set[str]:
    """Those that a button does at once."""
    found = set()
    for action in actions:
        try:
            described = descriptions().of(phases(), me, action.split(".")[0])
        except (Away, KeyError):
            continue
        if straight(action, described):
            found.add(action)
    return found


def _labels(me: Actor) -> dict[str, Mapping[str, str]]:
    labels: dict[str, Mapping[str, str]] = {}
    for name in PHASES:
        try:
            labels[name] = descriptions().labels(phases(), me, name)
        except Away:
            labels[name] = {}  # the case is shown without the names of its rows
    return labels


def _others(row: ListedCase | None, me: Actor) -> list[ListedCase]:
    """The citizen's other cases that this person may find."""
    if row is None or row.citizen_id is None:
        return []
    query = sa.select(ListedCase).where(
        ListedCase.citizen_id == row.citizen_id, ListedCase.id != row.id, desk(me).findable()
    )
    with service().database.reading() as session:
        return list(session.scalars(query.order_by(ListedCase.number).limit(PAGE)))


@blp.post("/<uuid:case_id>/cpr")
@only(CASEWORKER, LEADER)
def reveal(case_id: UUID) -> Any:
    """The same page with the CPR number, this once; that it was shown is written down."""
    return show(case_id, who(), with_cpr=True)


@blp.get("/<uuid:case_id>/access-log")
@only(LEADER)
def access_log(case_id: UUID) -> Any:
    """Who has looked at the case here, the newest first."""
    query = sa.select(Access).where(Access.case_id == case_id).order_by(Access.id.desc())
    before = request.args.get("before", type=int)
    if before is not None:
        query = query.where(Access.id < before)
    with service().database.reading() as session:
        rows = session.scalars(query.limit(PAGE)).all()
    return render_template("access_log.html", head=header(case_id), rows=rows, page=PAGE, tab="access")


# for programs
@blp.get("/<uuid:case_id>/document")
def document(case_id: UUID) -> Response:
    """The case document. With a token of the house, or signed in."""
    me = identity.signed_in() if not request.headers.get("Authorization") else None
    return jsonify(_document(me, case_id) if me else _by_token(case_id))


def _document(me: Actor, case_id: UUID) -> dict[str, Any]:
    if me.role not in (CASEWORKER, LEADER):
        raise NotFound(NOBODYS)
    return _assembled(me, case_id)


@auth.only(CASEWORKER, LEADER)
def _by_token(case_id: UUID) -> dict[str, Any]:
    bar(auth.actor(), case_id)
    return _assembled(auth.actor(), case_id)


def _assembled(me: Actor, case_id: UUID) -> dict[str, Any]:
    parts = phases().parts(acting(me), case_id)
    if parts.get("intake") == {"parts": {}}:
        raise NotFound(NOBODYS)
    note(case_id, me, "read")
    return assemble(parts)


@blp.get("/processes/<string:phase>.bpmn")
def process(phase: str) -> Response:
    """A phase's process, for the diagram and for whoever wants it in a tool of their own."""
    me = who()
    if phase not in PHASES:
        raise NotFound("Siden findes ikke")
    text = descriptions().process(phases(), me, phase)
    answer = Response(text, mimetype="application/xml")
    answer.headers["Cache-Control"] = "private, max-age=300"
    return answer
