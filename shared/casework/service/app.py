"""The web side of every service: errors, logs, health, metrics, what flows and what is stuck, OpenAPI at /api/docs."""

from __future__ import annotations

import os
import time
from importlib.resources import files
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from flask import Flask, Response, g, jsonify, render_template_string, request
from flask_smorest import Api
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from casework.errors import Invalid, NotFound
from casework.messaging.missing import count_missing
from casework.messaging.tables import Incoming, Line, Outgoing
from casework.migrations import lacking
from casework.process import Role
from casework.schema import Money, Quantity
from casework.service import errors, lines_api, parcels_api
from casework.service.auth import only
from casework.service.runtime import Service
from casework.service.settings import COUNTED_TOGETHER
from casework.tracing import continue_trace

log = structlog.get_logger()

PAGE = 50

MEASURED = ("waiting", "failed", "oldest_waiting_seconds")
"""Of the parcels that leave the house."""


def create_app(service: Service) -> Flask:
    """An app with all that services share; the service adds its own routes."""
    app = Flask(service.name)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.config.update(
        API_TITLE=f"sagsgang {service.name}",
        API_VERSION="1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api",
        OPENAPI_JSON_PATH="openapi.json",
        OPENAPI_SWAGGER_UI_PATH=None,
        TOKEN_KEY=service.settings.token_key,
        TOKEN_TOO=lambda token: None,
        MAX_CONTENT_LENGTH=4 * 1024 * 1024,
    )
    app.extensions["service"] = service
    app.extensions["api"] = _api(app)
    errors.init_app(app)  # after flask-smorest, whose own errors are plain JSON and no problem documents
    _measure(app, service)
    _operate(app, service)
    lines_api.init_app(app, service)
    if service.post:
        parcels_api.init_app(app, service, service.post)
    _explain(app)
    return app


def _api(app: Flask) -> Api:
    """The OpenAPI document, which also knows the fields of our own; an answer that it does not name is not given."""
    api = Api(app, spec_kwargs={"security": [{"token": []}]})
    api.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    api.DEFAULT_ERROR_RESPONSE_NAME = None
    api.register_field(Money, "string", None)
    api.register_field(Quantity, "number", None)
    api.ma_plugin.converter.add_attribute_function(lambda _, field, **__: getattr(field, "openapi", {}))
    return api


def _explain(app: Flask) -> None:
    page = files("casework").joinpath("service/templates/api_docs.html")

    @app.get("/api/docs")
    def docs() -> Response:
        """The API, for people; for machines it is /api/openapi.json."""
        spec = app.extensions["api"].spec.to_dict()
        if request.accept_mimetypes.best == "application/json":
            return jsonify(spec)
        return Response(render_template_string(page.read_text("utf-8"), spec=spec), mimetype="text/html")


def _measure(app: Flask, service: Service) -> None:
    registry = CollectorRegistry()
    requests = Counter("requests", "Answered requests", ["route", "method", "status"], registry=registry)
    seconds = Histogram("request_seconds", "Time to answer", ["route"], registry=registry)

    @app.before_request
    def _begin() -> None:
        g.began = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        trace = continue_trace(request.headers.get("traceparent"))
        structlog.contextvars.bind_contextvars(service=service.name, trace=trace.split("-")[1])

    @app.after_request
    def _end(answer: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "-"  # never the path: it holds ids
        requests.labels(route, request.method if request.url_rule else "-", answer.status_code).inc()
        seconds.labels(route).observe(time.perf_counter() - g.get("began", time.perf_counter()))
        return answer

    @app.get("/metrics")
    def metrics() -> Response:
        with service.database.reading() as session:
            counts = {f"messages_{name}": count for name, count in _stuck(service, session).items()}
            if service.post:
                parcels = service.post.status(session)
                counts |= {f"parcels_{name}": parcels[name] for name in MEASURED}
        lines = "".join(f"sagsgang_{name} {count}\n" for name, count in counts.items())
        return Response(generate_latest(_of_all_workers(registry)) + lines.encode(), mimetype=CONTENT_TYPE_LATEST)


def _of_all_workers(mine: CollectorRegistry) -> CollectorRegistry:
    """What this process has counted; where it is one of several that answer (`server.serve`), what they have."""
    if COUNTED_TOGETHER not in os.environ:
        return mine
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return together


def _stuck(service: Service, session: Any) -> dict[str, int]:
    unsent = session.scalar(sa.select(sa.func.count()).select_from(Outgoing).where(Outgoing.sent_at.is_(None)))
    rows = session.execute(
        sa.select(Incoming.status, sa.func.count()).where(Incoming.status != "done").group_by(Incoming.status)
    )
    counts = {str(status): int(count) for status, count in rows}
    return {
        "unsent": unsent,
        "new": counts.get("new", 0),
        "waiting": counts.get("waiting", 0),
        "unknown": counts.get("unknown", 0),
        "parked": counts.get("parked", 0),
        "missing": count_missing(session, service.inbox.clock()),
    }


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid({"after": ("Her skal stå det id, som siden før sluttede med", None)}) from error


def _operate(app: Flask, service: Service) -> None:
    @app.get("/health/live")
    def live() -> Response:
        """The process answers."""
        return jsonify(status="ok")

    @app.get("/health/ready")
    def ready() -> Response | tuple[Response, int]:
        """The database answers, and has the tables of this release, or a newer one's; a case can be served."""
        try:
            with service.database.reading() as session:
                session.execute(sa.text("SELECT 1 FROM outbox WHERE 1 = 0"))
                lacks = lacking(service.name, session.connection())
        except sa.exc.SQLAlchemyError as error:
            log.warning("not_ready", error=type(error).__name__)
            lacks = "svarer ikke, eller har ingen tabeller"
        if lacks is None:
            return jsonify(status="ok")
        return jsonify(status="unavailable", database=f"{lacks}: kør sagsgang-{service.name} migrate"), 503

    @app.get("/flow")
    @only(Role.OPERATOR)
    def flow() -> Response:
        """What is under way: given and taken per other service, and what has not settled."""
        with service.database.reading() as session:
            totals = session.execute(
                sa.select(Line.way, Line.other, sa.func.sum(Line.number)).group_by(Line.way, Line.other)
            ).all()
            stuck = _stuck(service, session)
        lines: dict[str, dict[str, int]] = {"out": {}, "in": {}}
        for way, other, total in totals:
            lines[way][other] = int(total)
        return jsonify(service=service.name, **lines, **stuck)

    @app.get("/parked")
    @only(Role.OPERATOR)
    def parked() -> Response:
        """Messages that are stuck: envelope and reason, no body. Keyset-paged by `after`."""
        stuck = Incoming.status.in_(("parked", "unknown", "waiting"))
        query = sa.select(Incoming).where(stuck).order_by(Incoming.id).limit(PAGE)
        if after := request.args.get("after"):
            query = query.where(Incoming.id > _uuid(after))
        with service.database.reading() as session:
            rows = session.scalars(query).all()
        listed = [
            {
                "id": str(r.id), "type": r.type, "producer": r.producer, "subject": r.subject, "status": r.status,
                "reason": r.reason, "attempts": r.attempts, "came_at": r.came_at.isoformat(),
            }
            for r in rows
        ]  # fmt: skip
        return jsonify(parked=listed, next=listed[-1]["id"] if len(listed) == PAGE else None)

    @app.post("/parked/<uuid:message_id>/replay")
    @only(Role.OPERATOR)
    def replay(message_id: UUID) -> Response:
        """Try a parked message again, after its cause has been mended."""
        with service.database.writing() as session:
            if session.get(Incoming, message_id) is None:
                raise NotFound("Beskeden findes ikke her")
            row = service.inbox.replay(session, message_id)
            now, subject = row.id, row.subject  # what could not be read has a name of its own, once it can be
        service.changed(subject)
        with service.database.reading() as session:
            again = session.get_one(Incoming, now)
            return jsonify(id=str(now), status=again.status, reason=again.reason)
