"""The portal's pages, put together: session, language, headers, errors; and what every template may use."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from itertools import groupby
from typing import Any

import structlog
from flask import Flask, Response, redirect, render_template, request, url_for
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from werkzeug.exceptions import HTTPException

from casework import rulebook
from casework.calendar import local_date
from casework.errors import Refusal
from casework.service import errors
from portal import drawing, identity, reading, wording
from portal.descriptions import Away, Descriptions
from portal.identity import SignedOut
from portal.language import catalogue, gettext, language
from portal.pages import PAGES, here, notifications

log = structlog.get_logger()

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class _Working(SecureCookieSessionInterface):
    """A session lasts while somebody works. A page that is left open and asks again by itself does not prolong it."""

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        asks_again = request.method == "GET" and "HX-Request" in request.headers
        return session.modified or (not asks_again and super().should_set_cookie(app, session))


def init_app(app: Flask, service: Any) -> None:
    """Add the pages to the app that all services have. `service` is the PortalService."""
    app.secret_key = service.session_secret
    app.session_interface = _Working()
    app.config.update(
        SESSION_COOKIE_NAME="sagsgang",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=bool(service.settings.secure_cookies),
        PERMANENT_SESSION_LIFETIME=timedelta(hours=10),
        MAX_FORM_MEMORY_SIZE=4 * 1024 * 1024,
    )
    app.extensions["descriptions"] = Descriptions()
    identity.init_app(app)
    _words(app, service)
    _errors(app)
    for page in PAGES:
        app.register_blueprint(page)
    app.before_request(here.bar_confidential)

    @app.after_request
    def _protect(answer: Response) -> Response:
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)
        if answer.mimetype == "text/html":
            answer.headers["Cache-Control"] = "no-store"  # what is on the page concerns a person
        return answer


def _words(app: Flask, service: Any) -> None:
    def today() -> Any:
        return local_date(service.clock())

    def due(value: Any) -> str:
        return wording.due(value, today(), service.municipality.calendar)

    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: catalogue().gettext(text), lambda *forms: catalogue().ngettext(*forms), newstyle=True
    )
    app.jinja_env.filters.update(
        day=wording.day,
        short_day=wording.short_day,
        moment=wording.moment,
        due=due,
        said=wording.said,
        code=lambda value, name: wording.code(name, value),
        mask_cpr=reading.mask_cpr,
        whole_cpr=reading.whole_cpr,
        level=wording.level,
        whose=wording.mark,
        track=lambda code: wording.track(service.municipality.track(code)),
        amount=reading.write_amount,
        groupby_kept=_grouped,
        idlike=lambda text: re.sub(r"[^\w-]+", "-", text),
        shorten=wording.shorten,
        phase=wording.phase,
        action=wording.action,
        offer=wording.offer,
        order_status=lambda code: str(wording.ORDER_STATUS.get(code, code)),
        order_message=lambda kind: str(wording.ORDER_MESSAGES.get(kind, kind)),
        deadline=wording.deadline,
        news=wording.news,
    )
    app.jinja_env.globals.update(
        show=wording.show,
        title_of=wording.title,
        title_found=drawing.title_of,
        one_of=lambda f: {**f, "many": False},
        today=today,
        language=language,
        ROLES=wording.ROLES,
        rule_of=rulebook.rule,
        bell=lambda: notifications.unread(service),
        bell_tag=notifications.tag,
        municipality=service.municipality.name,
        in_demo=lambda: service.demo,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def _grouped(items: Iterable[Any], name: str) -> list[tuple[str, list[Any]]]:
    """Neighbours with the same heading, in their order."""
    return [(heading, list(some)) for heading, some in groupby(items, key=lambda item: str(getattr(item, name)))]


# errors
def _errors(app: Flask) -> None:
    @app.errorhandler(Refusal)
    def refused(error: Refusal) -> Any:
        if not _wants_page():
            return errors.refusal(error)
        if isinstance(error, SignedOut):
            return _signed_out(error)
        return _page(error.status, error.title, error.message)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Any:
        if not _wants_page():
            return errors.http(error)
        if error.code == 404:
            return _page(404, gettext("Siden findes ikke, eller du har ikke adgang til den"), "")
        return _page(error.code or 500, gettext("Det gik ikke"), error.description or "")

    @app.errorhandler(Away)
    def away(error: Away) -> Any:
        name = wording.phase(str(error))
        words = gettext("Vi kan ikke få fat i %(phase)s lige nu. Prøv igen om lidt. Intet er gået tabt.", phase=name)
        if not _wants_page():
            return errors.problem(503, name, words)
        return _page(503, gettext("%(phase)s svarer ikke lige nu", phase=name), words)

    @app.errorhandler(Exception)
    def unforeseen(error: Exception) -> Any:
        log.exception("unforeseen", error=type(error).__name__)
        if not _wants_page():
            return errors.problem(500, "Noget gik galt hos os", "Fejlen er noteret.")
        return _page(500, gettext("Noget gik galt hos os"), gettext("Det, du skrev, er ikke gemt. Fejlen er noteret."))


def _wants_page() -> bool:
    if request.path.endswith("/document") or request.headers.get("Authorization"):
        return False
    return request.accept_mimetypes.best_match(("application/json", "text/html")) == "text/html" or request.form != {}


def _page(status: int, title: str, words: str) -> tuple[str, int]:
    if request.headers.get("HX-Request"):
        return render_template("parts/not_saved.html", words=wording.said(words) or wording.said(title)), status
    return render_template("error.html", title=wording.said(title), words=wording.said(words)), status


def _signed_out(error: SignedOut) -> Any:
    """A page leads to the sign-in and back. What was typed is kept on the page, to be sent again."""
    if request.headers.get("HX-Request"):
        return render_template("parts/signed_out.html", typed=request.method != "GET"), 401
    if request.method == "GET":
        return redirect(url_for("start.sign_in", then=request.full_path.rstrip("?")))
    typed = [(name, value) for name, value in request.form.items(multi=True) if name != "form_mark"]
    return render_template("signed_out.html", typed=typed, address=request.full_path.rstrip("?")), 401
