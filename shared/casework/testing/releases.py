"""Several releases of the same messages in one process: what a test declares is known only while it says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from casework.contracts import CONTRACTS, Message, load_all
from casework.contracts.common import (
    DeadlineCancelled,
    DeadlineMet,
    DeadlineRequested,
    NotificationRequested,
    OverviewChanged,
    PositionChanged,
)

SAID_BY_ALL = (
    PositionChanged,
    OverviewChanged,
    NotificationRequested,
    DeadlineRequested,
    DeadlineMet,
    DeadlineCancelled,
)
"""What every phase says."""


@contextmanager
def apart() -> Iterator[None]:
    """What is declared within is known to nobody until a `release` names it, and may have any name and version."""
    kept = dict(load_all())
    CONTRACTS.clear()
    try:
        yield
    finally:
        CONTRACTS.clear()
        CONTRACTS.update(kept)


@contextmanager
def release(*messages: type[Message]) -> Iterator[None]:
    """A release at work that knows these messages, beside those that it would know otherwise."""
    kept = dict(load_all())
    CONTRACTS.update({message.contract.name: message.contract for message in messages})
    try:
        yield
    finally:
        CONTRACTS.clear()
        CONTRACTS.update(kept)


@contextmanager
def a_phase(name: str) -> Iterator[None]:
    """A phase that only a test has may say what every phase says."""
    terms = {message: message.contract for message in SAID_BY_ALL}
    for message, of_all in terms.items():
        message.contract = replace(of_all, producers=(*of_all.producers, name))
    try:
        with release(*SAID_BY_ALL):
            yield
    finally:
        for message, of_all in terms.items():
            message.contract = of_all
