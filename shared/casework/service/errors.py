"""Every error as a problem document (RFC 9457), naming the field and the rule."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, Response, jsonify
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from casework.errors import Refusal

log = structlog.get_logger()


def document(status: int, title: str, detail: str, **more: Any) -> dict[str, Any]:
    """A problem document; what is None is left out."""
    body = {"type": "about:blank", "status": status, "title": title, "detail": detail}
    return body | {name: value for name, value in more.items() if value is not None}


def document_of(error: Exception) -> dict[str, Any]:
    """What is said of an error, by whatever way. What we did not foresee is logged whole, and shown as a 500."""
    match error:
        case Refusal():
            return document(error.status, error.title, error.message, rule=error.rule, field=error.field, **error.more)
        case StaleDataError():
            return document(409, "To handlede på samme tid", "En anden nåede det først. Hent sagen igen.")
    log.error("unforeseen", error=type(error).__name__, exc_info=error)
    return document(500, "Noget gik galt hos os", "Det, du skrev, er ikke gemt. Fejlen er noteret.")


def problem(status: int, title: str, detail: str, **more: Any) -> Response:
    return _answer(document(status, title, detail, **more))


def refusal(error: Exception) -> Response:
    return _answer(document_of(error))


def _answer(body: dict[str, Any]) -> Response:
    answer = jsonify(body)
    answer.status_code = body["status"]
    answer.mimetype = "application/problem+json"
    return answer


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
    """Answer all errors alike."""
    app.register_error_handler(HTTPException, http)
    app.register_error_handler(Exception, refusal)
