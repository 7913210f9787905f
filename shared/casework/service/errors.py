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


def http(error: HTTPException) -> Response:
    data = getattr(error, "data", None) or {}
    return problem(error.code or 500, error.name, data.get("message") or error.description or error.name)


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
