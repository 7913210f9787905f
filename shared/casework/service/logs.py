"""Logs: one event a line, JSON, with case and message ids. A CPR number never gets through, whoever printed it."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_CPR = re.compile(r"(?<![\w-])(?:[0-2]\d|3[01])(?:0\d|1[0-2])\d{2}[- ]?\d{4}(?![\w-])")


def redact(value: Any) -> Any:
    """The value without anything that looks like a CPR number."""
    if isinstance(value, str):
        return _CPR.sub("••••••-••••", value)
    if isinstance(value, dict):
        return {redact(k): redact(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set):
        return [redact(v) for v in value]
    return (
        value
        if isinstance(value, bool | float | type(None))
        else redact(str(value))
        if not isinstance(value, int)
        else _number(value)
    )


def _number(value: int) -> Any:
    return "••••••-••••" if _CPR.fullmatch(str(value)) else value


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
