"""Several releases of the same messages in one process: what a test declares is known only while it says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from casework.contracts import CONTRACTS, Message, load_all


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
