"""The letter on a decision, as its page shows it: what it lacks, what has been sent, and what became of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Told = Mapping[str, Any]

STEP = "decision_letter"
_PATH = re.compile(rf"decision\.{STEP}(?:\.|$)")
_SECTION = re.compile(rf"(?:decision\.)?{STEP}\.sections\[([\w-]+)\]")


@dataclass(frozen=True)
class Lack:
    """One thing to look at before the letter is sent, and where it is mended: in a section, or in a field."""

    message: str = ""  # empty: the section or the field is missing
    rule: str = ""
    section: str = ""
    field: str = ""  # decision.decision_letter.recipient
    label: str = ""


def lacks(sections: Iterable[Told], part: Told) -> list[Lack]:
    """What the phase warns of, then the sections without text that must have one, then the fields that are empty."""
    warned = [_warned(w) for w in part["warnings"] if _PATH.match(w["field"])]
    told = {lack.field for lack in warned}
    empty = [
        Lack(field=m["field"], label=m["label"])
        for step in part.get("completeness", ())
        if step["step"] == STEP
        for m in step["missing"]
        if m["field"] not in told
    ]
    return [*warned, *(Lack(section=s["id"], label=s["heading"]) for s in sections if is_missing(s)), *empty]


def _warned(warning: Told) -> Lack:
    section = section_of(warning["field"])
    field = "" if section else warning["field"]
    return Lack(warning["message"], warning.get("rule") or "", section, field)


def is_missing(section: Told) -> bool:
    """Whether the letter must have the section, and there is nothing in it."""
    return bool(section["is_needed"] and not section["text"])


def section_of(path: str) -> str:
    """The section that a path speaks of; empty where it speaks of none."""
    found = _SECTION.match(path)
    return found[1] if found else ""


def patch(section: str, text: str) -> dict[str, Any]:
    """What is recorded where this is to stand in the section; without a text, what the case itself says."""
    entry = {"id": section, "text": text} if text else {"id": section, "removed": True}
    return {STEP: {"sections": [entry]}}


def sent(decisions: Sequence[Told]) -> list[Told]:
    """The decisions of which a letter has been sent, the newest first."""
    written = [d for d in decisions if d.get("decision_letter") and d.get("number") and d.get("channel")]
    return [d for d in reversed(written) if d["channel"] != "verbal"]


@dataclass(frozen=True)
class Happening:
    """One thing that happened to a decision."""

    kind: str  # decided, told, effective, complaint, reassessed, forwarded or appeal
    on: str | None = None
    code: str | None = None  # the outcome, or the channel
    words: str = ""


def story(decision: Told) -> list[Happening]:
    """What happened to it, in the order in which it can."""
    return list(_story(decision, decision.get("complaint") or {}))


def _story(decision: Told, complaint: Told) -> Iterator[Happening]:
    by = decision.get("decided_by") or ""
    yield Happening("decided", decision.get("decision_date"), decision.get("decision_outcome"), by)
    if decision.get("channel"):
        yield Happening("told", decision.get("received_on"), decision["channel"])
    if decision.get("effective_from"):
        yield Happening("effective", decision["effective_from"])
    if complaint.get("received_on"):
        yield Happening("complaint", complaint["received_on"], words=complaint.get("text") or "")
    if complaint.get("outcome"):
        yield Happening("reassessed", code=complaint["outcome"])
    if complaint.get("forwarded_on"):
        yield Happening("forwarded", complaint["forwarded_on"])
    if complaint.get("appeal_outcome"):
        yield Happening("appeal", complaint.get("appeal_decided_on"), complaint["appeal_outcome"])
