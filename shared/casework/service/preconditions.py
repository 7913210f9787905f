"""Two people who save the same: the second sends the ETag that they read, and is told (If-Match, If-None-Match)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from flask import request

from casework.errors import Refusal, Stale


class PreconditionRequired(Refusal):
    """Nothing says what was read before it was changed."""

    status = 428
    title = "Hent det først"


MATCH = {
    "in": "header",
    "name": "If-Match",
    "description": "The ETag that was read, or * for whatever stands there",
    "schema": {"type": "string"},
}
NONE_MATCH = {
    "in": "header",
    "name": "If-None-Match",
    "description": "* where there is to be none yet",
    "schema": {"type": "string", "enum": ["*"]},
}


def if_match() -> str | None:
    """The tag in If-Match; None for `*`. Raises PreconditionRequired where it is missing."""
    given = request.headers.get("If-Match", "").strip()
    if not given:
        raise PreconditionRequired("Send If-Match med det, du har læst, eller * ", field="If-Match")
    return None if given == "*" else given.removeprefix("W/").strip('"')


def tag_of(shown: Mapping[str, Any]) -> str:
    """The ETag of what has no number of its own: the same for the same content."""
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:32]


def unchanged(tag: str | None, yours: Mapping[str, Any], theirs: Mapping[str, Any]) -> None:
    """What stands there is what was read; `tag` is None where there is nothing yet. Ask with its row locked.

    Raises PreconditionRequired, and Stale with both versions.
    """
    if request.headers.get("If-None-Match", "").strip() == "*":
        if tag is None:
            return
        raise Stale("Den er der allerede. Hent den, og ret i den.", field="If-None-Match", etag=tag, theirs=theirs)
    if if_match() in (None, tag):
        return
    fields = sorted(name for name in {*yours, *theirs} if yours.get(name) != theirs.get(name))
    raise Stale(
        "En anden har rettet det samme, mens du skrev. Det, du skrev, er ikke gemt.",
        field="If-Match", etag=tag, fields=fields, yours=yours, theirs=theirs,
    )  # fmt: skip
