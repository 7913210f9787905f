"""What is other than it was, in words: what people have mended, and what is new in a version of an order. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from casework.contracts.ordering import OF_EACH_VERSION, OrderSent
from casework.service.phase_api import described
from portal import wording
from portal.forms import Described


@dataclass(frozen=True)
class Change:
    """One value that is other than it was, in words."""

    at: str
    by: str
    labels: list[str]  # step, field, and the field within the entry
    before: str
    after: str
    is_source: bool


def in_words(told: Iterable[Mapping[str, Any]], steps: Mapping[str, Mapping[str, Any]]) -> Iterator[Change]:
    """In words, as far as the phase says what its fields are."""
    for entry in told:
        for path, before, after in entry["changes"] or ():
            found = list(_fields(path.partition("~")[0], steps))
            if not found or found[-1]["name"] == "id":  # an id is no one's news
                continue
            is_source = path.endswith("~source")
            was, now = (_words(found[-1], value, is_source=is_source) for value in (before, after))
            if was != now:
                step = steps[path.partition(".")[0]]
                labels = [step["label"], *(f["label"] for f in found)]
                yield Change(entry["at"], entry["by"], labels, was, now, is_source)


def _words(f: Described, value: Any, *, is_source: bool) -> str:
    if is_source:
        return wording.source(value) if value else ""
    return wording.show(f, value)


def _fields(path: str, steps: Mapping[str, Mapping[str, Any]]) -> Iterator[Described]:
    """The fields that a path leads through: `case_assessment.goals[g1].goal_type`."""
    step, _, rest = path.partition(".")
    fields = steps.get(step, {}).get("fields", ())
    for name in re.sub(r"\[[^\]]*\]", "", rest).split("."):
        f = next((f for f in fields if f["name"] == name), None)
        if f is None:
            return
        yield f
        fields = f.get("fields") or ()


def as_sent() -> list[dict[str, Any]]:
    """The fields of an order as it goes to its provider."""
    return described(OrderSent, skip=OF_EACH_VERSION)


def new_in(delivery: Mapping[str, Any]) -> list[Change]:
    """What is new in the version that waits beside the one that runs, in words."""
    changes = [(f"order.{path}", before, after) for path, before, after in delivery.get("changes", ())]
    steps = {"order": {"label": "", "fields": as_sent()}}
    return list(in_words([{"at": "", "by": "", "changes": changes}], steps))
