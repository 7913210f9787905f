"""Logs: one event a line, JSON, with case and message ids. A CPR number never gets through, whoever printed it."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from casework.storable import told

HIDDEN = "••••••-••••"

_BETWEEN = r"(?:[\s\-–—./_]|%20|%2D)"
_DAY, _MONTH = r"(?:0[1-9]|[12]\d|3[01])", r"(?:0[1-9]|1[0-2])"
_DATE = rf"{_DAY}{_BETWEEN}?{_MONTH}{_BETWEEN}?(?:18|19|20)?\d\d"
_CPR = rf"(?<!\d)(?:{_DATE}{_BETWEEN}{{0,3}}\d{{4}}|(?<!\d[.,])[1-9]{_MONTH}\d{{6}})(?!\d)"
"""A date and four digits, or the same as a whole number, whose first zero is lost."""

_ID = r"(?<![0-9a-f])(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{32})(?![0-9a-f])"
_EITHER = re.compile(rf"(?P<id>{_ID})|{_CPR}", re.IGNORECASE)  # an id that happens to hold a date is still an id


def redact(value: Any) -> Any:
    """The value without anything that looks like a CPR number, however it is written."""
    match value:
        case bool() | None:
            return value
        case str():
            return _EITHER.sub(lambda found: found["id"] or HIDDEN, value)
        case int() | float():
            is_long = 10**8 <= abs(value) < 10**10 and value % 1 == 0
            return HIDDEN if is_long and redact(f"{abs(value):.0f}") == HIDDEN else value
        case dict():
            return {redact(k): redact(v) for k, v in value.items()}
        case list() | tuple() | set() | frozenset():
            return [redact(v) for v in value]
        case bytes():
            return redact(value.decode("utf-8", "replace"))
        case BaseException():
            return redact(told(value))
        case _:
            return redact(str(value))


def _redacted(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {name: redact(value) for name, value in event.items()}


def set_up(service: str, level: str = "INFO") -> None:
    """Send our own and the libraries' logs the same way: to standard error, as JSON, redacted last."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redacted,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),  # what is not shown is not redacted either
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _redacted,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    structlog.contextvars.bind_contextvars(service=service)
