"""The lines of messages, for operators: which numbers others have sent and never came; to send our own again."""

from __future__ import annotations

from dataclasses import asdict

import structlog
from flask import Flask, Response, jsonify, request

from casework.errors import Invalid
from casework.fields import needed, value
from casework.messaging.missing import missing, send_again
from casework.process import Role
from casework.schema import load
from casework.service.auth import only
from casework.service.runtime import Service
from casework.storable import parsed

log = structlog.get_logger()

PAGE = 50
AT_ONCE = 1000
"""So many numbers at most are sent again by one call."""


@value
class Resend:
    """Which numbers of which line are to be sent again."""

    consumer: str = needed("Modtager")
    subject: str = needed("Emne")
    first: int = needed("Første nummer")
    last: int = needed("Sidste nummer")


def init_app(app: Flask, service: Service) -> None:
    """Add the routes."""

    @app.get("/missing")
    @only(Role.OPERATOR)
    def what_is_missing() -> Response:
        """The 50 gaps that have stood longest, as they are given to the producer's `/outbox/resend`."""
        with service.database.reading() as session:
            gaps = missing(session, service.inbox.clock(), PAGE)
        return jsonify(
            missing=[asdict(gap) | {"since": gap.since.isoformat(), "consumer": service.name} for gap in gaps]
        )

    @app.post("/outbox/resend")
    @only(Role.OPERATOR)
    def resend() -> Response:
        """Send these numbers to a consumer again; those that are `gone` are no longer in the outbox."""
        asked = _asked(request.get_data())
        with service.database.writing() as session:
            again, gone = send_again(session, asked.consumer, asked.subject, asked.first, asked.last)
        log.info("sent_again", consumer=asked.consumer, subject=asked.subject, messages=len(again), gone=len(gone))
        return jsonify(again=again, gone=gone)


def _asked(data: bytes) -> Resend:
    """Raises Invalid."""
    try:
        given = parsed(data)
    except (ValueError, RecursionError) as error:
        raise Invalid({"body": ("Her ventes et JSON-objekt", None)}) from error
    asked = load(Resend, given)
    if not 1 <= asked.first <= asked.last < asked.first + AT_ONCE:
        raise Invalid({"last": (f"Her skal stå et nummer fra første nummer til højst {AT_ONCE - 1} efter", None)})
    return asked
