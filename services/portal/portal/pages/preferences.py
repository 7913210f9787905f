"""Being away: from when to when, and who covers, everybody for themselves and the leader for the team; how one is told;
and the address at which one's own calendar program finds one's deadlines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from casework.errors import Invalid, NotFound
from casework.messaging import Cause
from casework.process import CASEWORKER, HOUSE, LEADER
from portal import people, reading
from portal.identity import only, who
from portal.language import gettext
from portal.model import Person
from portal.pages.here import call, service, today

blp = Blueprint("preferences", __name__)

NOBODYS = "Siden findes ikke, eller du har ikke adgang til den"


@blp.get("/preferences")
@only(CASEWORKER, LEADER)
def page() -> Any:
    return _page(who().id)


@blp.post("/preferences")
@only(CASEWORKER, LEADER)
def keep() -> Any:
    return _keep(who().id, url_for("preferences.page"))


@blp.post("/preferences/channel")
@only(CASEWORKER, LEADER)
def choose_channel() -> Any:
    """By mail and in the portal, or in the portal alone."""
    portal, form = service(), request.form
    try:
        with portal.database.writing() as session:
            person, cause = _person(session, who().id), Cause(portal.clock(), who().id)
            people.choose_channel(session, person, form.get("channel", ""), cause)
    except Invalid as refused:
        return _page(who().id, errors=_said(refused)), 422
    flash(gettext("Gemt. Sådan får du besked fra nu af."))
    return redirect(url_for("preferences.page"))


@blp.post("/preferences/calendar")
@only(CASEWORKER, LEADER)
def make_calendar() -> Any:
    """The address of my deadlines, shown this once; one that was made before is void."""
    path = call(who(), "POST", "scheduler", "/calendar").json()["path"]
    return _page(who().id, calendar=request.host_url.rstrip("/") + path)


@blp.post("/preferences/calendar/end")
@only(CASEWORKER, LEADER)
def end_calendar() -> Any:
    call(who(), "DELETE", "scheduler", "/calendar")
    flash(gettext("Adressen gælder ikke mere."))
    return redirect(url_for("preferences.page"))


@blp.get("/calendar/<string:secret>.ics")
def calendar(secret: str) -> Response:
    """The deadlines of whoever has this address. A calendar program does not sign in: the address alone lets it in."""
    answer = call(HOUSE, "GET", "scheduler", f"/calendar/{quote(secret, safe='')}.ics")
    return Response(answer.content, mimetype="text/calendar", headers={"Cache-Control": "private, max-age=900"})


@blp.get("/team/people/<string:person_id>/away")
@only(LEADER)
def of_team(person_id: str) -> Any:
    return _page(person_id)


@blp.post("/team/people/<string:person_id>/away")
@only(LEADER)
def keep_for_team(person_id: str) -> Any:
    return _keep(person_id, url_for("team.page"))


def _person(session: Session, person_id: str) -> Person:
    """Oneself, or a caseworker of the leader's own team. Raises NotFound."""
    me, person = who(), session.get(Person, person_id)
    is_mine = person is not None and person.role == CASEWORKER and me.role is LEADER and me.team in (None, person.team)
    if person is None or not (is_mine or person.id == me.id):
        raise NotFound(NOBODYS)
    return person


def _keep(person_id: str, then: str) -> Any:
    """Away or back. What is refused stays on the page, and nothing is changed."""
    portal, form = service(), request.form
    cause = Cause(portal.clock(), who().id)
    try:
        with portal.database.writing() as session:
            person = _person(session, person_id)
            if form.get("back"):
                people.come_back(session, person, cause)
            else:
                people.go_away(session, person, _typed(form), today(), cause)
    except Invalid as refused:
        return _page(person_id, form, _said(refused)), 422
    if form.get("back"):
        flash(gettext("Gemt. Der er ingen afløser mere."))
    else:
        flash(gettext("Gemt. Afløseren ser sagerne i de dage og får besked om fristerne."))
    return redirect(then)


def _said(refused: Invalid) -> dict[str, str]:
    return {name: words for name, (words, _) in refused.errors.items()}


def _typed(form: Mapping[str, str]) -> people.Leave:
    """Raises Invalid, naming each day that cannot be read."""
    days, wrong = {}, {}
    for name in ("away_from", "away_to"):
        try:
            days[name] = date.fromisoformat(reading.read_date(form.get(name, "")))
        except reading.Unreadable as unreadable:
            wrong[name] = (str(unreadable), None)
    if wrong:
        raise Invalid(wrong)
    return people.Leave(days["away_from"], days["away_to"], form.get("deputy", ""))


def _page(
    person_id: str,
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    *,
    calendar: str = "",
) -> str:
    with service().database.reading() as session:
        person = _person(session, person_id)
        colleagues = people.colleagues(session, person)
    errors = errors or {}
    is_planned = person.away_to is not None and person.away_to >= today()
    return render_template(
        "preferences.html", person=person, colleagues=colleagues, errors=errors, own=person.id == who().id,
        calendar=calendar, channels=people.CHANNELS, form=form or (_kept(person) if is_planned else {}),
        deputy=next((one for one in colleagues if is_planned and one.id == person.deputy_id), None),
        complaints=[{"anchor": name, "message": words, "rule": ""} for name, words in errors.items()],
    )  # fmt: skip


def _kept(person: Person) -> dict[str, str]:
    return {
        "away_from": reading.write_date(str(person.away_from)),
        "away_to": reading.write_date(str(person.away_to)),
        "deputy": person.deputy_id or "",
    }
