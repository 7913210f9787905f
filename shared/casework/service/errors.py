"""Every error as a problem document (RFC 9457), naming the field and the rule."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, Response, jsonify
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from casework.errors import Refusal

log = structlog.get_logger()


def problem(status: int, title: str, detail: str, **more: Any) -> Response:
    body = {"type": "about:blank", "status": status, "title": title, "detail": detail}
    answer = jsonify(body | {name: value for name, value in more.items() if value is not None})
    answer.status_code = status
    answer.mimetype = "application/problem+json"
    return answer


def refusal(error: Refusal) -> Response:
    return problem(error.status, error.title, error.message, rule=error.rule, field=error.field, **error.more)


def http(error: HTTPException) -> Any:
    if error.code is None or error.response is not None:  # a redirect, or an answer that was made elsewhere
        return error.get_response()
    title, detail = _DANISH.get(error.code, (error.name, error.description or error.name))
    if error.description and error.description != type(error).description:  # whoever raised it has said why
        detail = error.description
    answer = problem(error.code, title, detail)
    if methods := getattr(error, "valid_methods", None):
        answer.headers["Allow"] = ", ".join(sorted(methods))
    return answer


_DANISH = {
    400: ("Det kan ikke læses", "Forespørgslen er ikke skrevet, som den skal være"),
    404: ("Siden findes ikke", "Der er ikke noget på denne adresse"),
    405: ("Det kan man ikke her", "Adressen kan ikke bruges på den måde"),
    413: ("Det er for meget på én gang", "Der kan højst sendes 4 MB"),
    415: ("Det kan ikke læses", "Her ventes JSON (application/json)"),
}


def init_app(app: Flask) -> None:
    """Answer all errors alike; what we did not foresee is logged whole and shown as no more than a 500."""
    app.register_error_handler(Refusal, refusal)
    app.register_error_handler(HTTPException, http)

    @app.errorhandler(StaleDataError)
    def _both_acted(error: StaleDataError) -> Response:
        return problem(409, "To handlede på samme tid", "En anden nåede det først. Hent sagen igen.")

    @app.errorhandler(Exception)
    def _unforeseen(error: Exception) -> Response:
        log.exception("unforeseen", error=type(error).__name__)
        return problem(500, "Noget gik galt hos os", "Det, du skrev, er ikke gemt. Fejlen er noteret.")
