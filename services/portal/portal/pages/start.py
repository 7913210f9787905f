"""Where people come in: the role's first page, sign-in, language, search."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, abort, redirect, render_template, request, session, url_for

from casework.process import CASEWORKER, LEADER, Role
from portal import identity, listing, people, reading
from portal.identity import only
from portal.listing import PAGE
from portal.pages.here import service, today
from portal.whose import Desk

blp = Blueprint("start", __name__)


@blp.get("/")
def home() -> Any:
    """The first page of whoever is signed in."""
    who = identity.who()
    if who.role is CASEWORKER:
        return redirect(url_for("day.page"))
    if who.role is LEADER:
        return redirect(url_for("team.page"))
    if who.role is Role.PROVIDER:
        return redirect(url_for("provider.orders"))
    if who.role is Role.FINANCE:
        return redirect(url_for("finance.overview"))
    return render_template("welcome.html")


@blp.get("/menu")
def menu() -> Any:
    """The menu as a page, for small screens and for those without JavaScript."""
    return render_template("menu.html")


@blp.get("/sign-in")
def sign_in() -> Any:
    """Demo: who do you want to be. Else the municipality's own sign-in."""
    if not service().demo:
        return render_template("sign_in.html", people=[]), 503
    with service().database.reading() as db:
        everybody = people.all_of_the_demo(db)
    return render_template("sign_in.html", people=everybody, then=_ours(request.args.get("then", "")))


@blp.post("/sign-in")
def signed_in() -> Any:
    if not service().demo:
        abort(404)
    with service().database.reading() as db:
        chosen = next((p for p in people.all_of_the_demo(db) if p.id == request.form.get("person")), None)
    if chosen is None:
        return redirect(url_for("start.sign_in"))
    identity.sign_in(chosen)
    return redirect(_ours(request.form.get("then", "")) or url_for("start.home"))


@blp.post("/sign-out")
def sign_out() -> Any:
    identity.sign_out()
    return redirect(url_for("start.sign_in"))


@blp.get("/language/<any(da, en):chosen>")
def language(chosen: str) -> Any:
    """Danish or English, from now on, and back to where one was."""
    session["language"] = chosen
    came_from = urlsplit(request.referrer or "")
    back = came_from.path if came_from.netloc == request.host else ""
    return redirect(_ours(back) or url_for("start.home"))


@blp.post("/search")
@only(CASEWORKER, LEADER)
def search() -> Any:
    """By name, case number or CPR number. What was searched for stands in no address; one hit leads straight there."""
    text = request.form.get("q", "").strip()
    with service().database.reading() as db:
        findable = Desk.of(db, identity.who(), today()).findable()
        found = db.execute(_matching(text).where(findable)).all() if text else []
    if len(found) == 1:
        return redirect(url_for("cases.one", case_id=found[0][0].id))
    is_cpr = re.fullmatch(r"\d{6}[- ]?\d{4}", text) is not None
    shown = reading.mask_cpr(reading.read_cpr(text)) if is_cpr else text
    return render_template(
        "search.html", found=found[:PAGE], more=len(found) > PAGE, text=shown, typed="" if is_cpr else text
    )


def _matching(text: str) -> listing.Listed:
    if re.fullmatch(r"\d{6}[- ]?\d{4}", text):
        return listing.hashed(cpr_hash(reading.read_cpr(text), service().municipality.search_key))
    return listing.numbered(text) if re.fullmatch(r"\d{4}-\d{1,6}", text) else listing.named(text)


def cpr_hash(number: str, key: str) -> str:
    """What stands for a CPR number in lists; intake makes the same (its message says so: a keyed hash)."""
    return hmac.new(key.encode(), number.encode(), hashlib.sha256).hexdigest()


def _ours(address: str) -> str:
    """A path on this site, or nothing."""
    parts = urlsplit(address)
    fine = address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return address if fine and not set(address) & {"\r", "\n"} else ""
