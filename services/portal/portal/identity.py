"""Who sits at the screen: a signed cookie that lasts a working day, and a mark against forged posts."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import Flask, Response, current_app, g, redirect, request, session, url_for
from itsdangerous import BadSignature, Signer

from casework.errors import Forbidden, NotFound, Refusal
from casework.process import Actor, Role

P = ParamSpec("P")
R = TypeVar("R")

CSRF_COOKIE = "sg-form"


class SignedOut(Refusal):
    """The session is over, or there never was one."""

    status = 401
    title = "Log på igen"


class Forged(Refusal):
    """A post that did not come from a page of ours in this browser."""

    status = 400
    title = "Siden er for gammel"


def sign_in(who: Actor) -> None:
    """From now on this browser acts as this person."""
    language = session.get("language")
    session.clear()
    session.permanent = True
    session["who"] = {"id": who.id, "name": who.name, "role": str(who.role), "team": who.team,
                      "provider": who.provider_id}  # fmt: skip
    if language:
        session["language"] = language


def sign_out() -> None:
    session.pop("who", None)


def signed_in() -> Actor | None:
    """Who acts, or None."""
    told = session.get("who")
    if not told:
        return None
    return Actor(told["id"], told["name"], Role(told["role"]), told.get("provider"), told.get("team"))


def who() -> Actor:
    """Who acts. Raises SignedOut."""
    actor = signed_in()
    if actor is None:
        raise SignedOut("Log på for at se siden")
    return actor


def only(*roles: Role) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Guard a page. To all other roles it is not there."""

    def guard(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if who().role not in roles:
                raise NotFound("Siden findes ikke, eller du har ikke adgang til den")
            return view(*args, **kwargs)

        return guarded

    return guard


# forged posts
def form_mark() -> str:
    """Goes into each form, and is the same in this browser's cookie; it outlives a session, so that no text is lost."""
    if "form_mark" not in g:
        g.form_mark = _kept() or _signer().sign(secrets.token_urlsafe(18)).decode()
    mark: str = g.form_mark
    return mark


def _kept() -> str | None:
    given = request.cookies.get(CSRF_COOKIE, "")
    try:
        _signer().unsign(given)
    except BadSignature:
        return None
    return given


def _signer() -> Signer:
    return Signer(str(current_app.secret_key), salt="form")


def _check() -> None:
    """A browser's post needs the mark of its own cookie; a service that bears a token has no cookie to be misused."""
    if request.method in ("GET", "HEAD", "OPTIONS") or request.headers.get("Authorization"):
        return
    kept = _kept()
    if kept is None or not hmac.compare_digest(kept.encode(), request.form.get("form_mark", "").encode()):
        raise Forged("Gå tilbage, hent siden igen, og prøv en gang til. Det, du skrev, står der stadig.")


def _keep(answer: Response) -> Response:
    if "form_mark" in g and request.cookies.get(CSRF_COOKIE) != g.form_mark:
        answer.set_cookie(
            CSRF_COOKIE,
            g.form_mark,
            httponly=True,
            samesite="Lax",
            secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
        )
    return answer


def to_sign_in() -> Any:
    """Where somebody goes who is not signed in, to come back here."""
    return redirect(url_for("start.sign_in", then=request.path if request.method == "GET" else None))


def init_app(app: Flask) -> None:
    app.before_request(_check)
    app.after_request(_keep)
    app.jinja_env.globals.update(form_mark=form_mark, signed_in=signed_in)


__all__ = ["Forbidden", "Forged", "SignedOut", "form_mark", "only", "sign_in", "sign_out", "signed_in", "who"]
