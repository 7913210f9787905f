"""What pages ask of the app they run in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

import requests
import sqlalchemy as sa
from flask import Response, current_app, g, make_response, render_template, request

from casework.calendar import DENMARK, local_date
from casework.errors import Forbidden, NotFound
from casework.process import CASEWORKER, LEADER, Actor, Covered
from portal import identity
from portal.casefile import Phases
from portal.descriptions import Away, Descriptions
from portal.model import Access, Citizen, ListedCase
from portal.uploads import MOST
from portal.whose import Desk


def service() -> Any:
    """The PortalService that answers this request."""
    return current_app.extensions["service"]


def phases() -> Phases:
    found: Phases = service().phases
    return found


def descriptions() -> Descriptions:
    kept: Descriptions = current_app.extensions["descriptions"]
    return kept


def today() -> date:
    return local_date(service().clock())


def clock() -> str:
    """The time of day, as it is said."""
    return f"{service().clock().astimezone(DENMARK):%H.%M}"


def call(who: Actor, method: str, phase: str, path: str, **options: Any) -> requests.Response:
    """One call to a phase, for this person. Raises Away where it does not answer, NotFound, Forbidden."""
    try:
        answer = phases().call(acting(who), method, phase, path, **options)
    except (requests.RequestException, KeyError) as error:
        raise Away(phase) from error
    if answer.status_code >= 500:
        raise Away(phase)
    if answer.status_code == 404:
        raise NotFound("Siden findes ikke, eller du har ikke adgang til den")
    if answer.status_code == 403 and method == "GET":
        raise Forbidden("Det her må din rolle ikke")
    return answer


def acting(me: Actor) -> Actor:
    """The same person, with those for whom they act today: the phases hold confidential cases back from all others."""
    if me.role not in (CASEWORKER, LEADER):
        return me
    return replace(me, covers=tuple(Covered(one.id, one.name, one.team) for one in desk(me).covers))


def desk(me: Actor) -> Desk:
    """Who sits there, and whom they cover for today; asked once a page."""
    if g.get("desk") is None or g.desk.me != me:  # a token may speak for somebody else than who is signed in
        with service().database.reading() as session:
            g.desk = Desk.of(session, me, today())
    found: Desk = g.desk
    return found


def problem(answer: requests.Response) -> Mapping[str, Any]:
    """Why a phase says no."""
    try:
        told = answer.json()
    except ValueError:
        told = None
    return told if isinstance(told, dict) else {"detail": "Det gik ikke", "status": answer.status_code}


def uploaded() -> bytes:
    """The file that came with the form, and no more of it than tells that it is too large; empty without one."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return b""
    with file.stream as stream:
        return stream.read(MOST + 1)


def live(page: str, part: str, **context: Any) -> Response:
    """The page; or, where the page itself asks again, what stands in its live part now: 304 where that is the same."""
    inner = render_template(part, **context)
    etag = hashlib.sha256(inner.encode()).hexdigest()
    shown = {"inner": inner, "etag": etag}
    if not request.headers.get("HX-Request"):
        return make_response(render_template(page, **context, live=shown))
    answer = make_response(render_template("parts/live.html", live=shown))
    answer.set_etag(etag)
    answer.make_conditional(request)
    return answer


def bar_confidential() -> None:
    """Before each page of a case. Raises NotFound."""
    me, case_id = identity.signed_in(), (request.view_args or {}).get("case_id")
    if me is not None and case_id is not None:
        bar(me, case_id)


def bar(me: Actor, case_id: UUID) -> None:
    """To all but its own caseworker, the deputy and the leader a confidential case is not there. Raises NotFound.

    Other roles are answered by what they may read at all.
    """
    if me.role not in (CASEWORKER, LEADER):
        return
    this = sa.select(ListedCase.id).where(ListedCase.id == case_id)
    with service().database.reading() as session:
        is_confidential = session.scalar(this.where(ListedCase.is_confidential)) is not None
    if is_confidential and not _is_findable(me, this):
        note(case_id, me, "refused")
        raise NotFound("Sagen findes ikke, eller du har ikke adgang til den")


def _is_findable(me: Actor, this: sa.Select[Any]) -> bool:
    findable = desk(me).findable()
    with service().database.reading() as session:
        return session.scalar(this.where(findable)) is not None


def note(case_id: UUID, who: Actor, what: str) -> None:
    """Write down who looked at the case, before it is shown."""
    portal = service()
    mine = Access(case_id=case_id, person_id=who.id, name=who.name, role=str(who.role), what=what, at=portal.clock())
    with portal.database.writing() as session:
        session.add(mine)


@dataclass(frozen=True)
class Header:
    """By whom a case is known on every page of it; from the portal's own rows, so that it shows whoever is down."""

    case_id: UUID
    row: ListedCase | None
    citizen: Citizen | None

    @property
    def name(self) -> str:
        return (self.citizen and self.citizen.name) or ""

    @property
    def number(self) -> str:
        return (self.row and self.row.number) or ""

    @property
    def age(self) -> int | None:
        born, now = self.citizen and self.citizen.born_on, today()
        return now.year - born.year - ((now.month, now.day) < (born.month, born.day)) if born else None

    @property
    def masked(self) -> str:
        born = self.citizen and self.citizen.born_on
        return f"{born:%d%m%y}-••••" if born else ""


def track_of(head: Header) -> str | None:
    """The case's track, where the municipality has it; None hides nothing."""
    code = head.row.track if head.row else None
    return code if any(code == track.code for track in service().municipality.tracks) else None


def header(case_id: UUID) -> Header:
    known = sa.select(ListedCase, Citizen).outerjoin(Citizen, Citizen.id == ListedCase.citizen_id)
    with service().database.reading() as session:
        row, citizen = session.execute(known.where(ListedCase.id == case_id)).one_or_none() or (None, None)
    return Header(case_id, row, citizen)
