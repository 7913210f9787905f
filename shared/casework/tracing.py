"""W3C trace context, carried along with messages and calls so that one case can be followed through the house."""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar

_CURRENT: ContextVar[str | None] = ContextVar("traceparent", default=None)
_FORM = re.compile(r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")


def continue_trace(traceparent: str | None) -> str:
    """Go on with the caller's trace, in a span of our own, or begin a new one where there is none."""
    trace = traceparent.split("-")[1] if traceparent and _FORM.match(traceparent) else secrets.token_hex(16)
    mine = f"00-{trace}-{secrets.token_hex(8)}-01"
    _CURRENT.set(mine)
    return mine


def current_traceparent() -> str | None:
    return _CURRENT.get()
