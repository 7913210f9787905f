"""What phases say of themselves: their steps, actions and process. Asked once and kept, so that a form can be drawn
(and what somebody typed be shown) also while the phase is down."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import requests

from casework.contracts import PHASES
from casework.process import Actor
from portal.casefile import Phases

FRESH = 300.0  # seconds; a new release of a phase shows after that

_NODES = ("userTask", "serviceTask", "startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent",
          "exclusiveGateway", "eventBasedGateway", "receiveTask", "sendTask", "task", "subProcess")  # fmt: skip


class Away(Exception):
    """A phase does not answer. Its name is the argument."""


@dataclass
class Descriptions:
    """Kept per process; thread-safe, as a value is replaced whole."""

    kept: dict[tuple[str, str], tuple[float, Any]] = field(default_factory=dict)

    def of(self, phases: Phases, who: Actor, phase: str) -> dict[str, Any]:
        """Steps and actions of a phase. Raises Away where it does not answer and never has."""
        described: dict[str, Any] = self._get(phases, who, phase, "/cases/steps", lambda answer: answer.json())
        return described

    def process(self, phases: Phases, who: Actor, phase: str) -> bytes:
        """The phase's process, BPMN 2.0. Raises Away."""
        text: bytes = self._get(phases, who, phase, "/process", lambda answer: answer.content)
        return text

    def labels(self, phases: Phases, who: Actor, phase: str) -> Mapping[str, str]:
        """What the rows of the process are called."""
        return _labels(phase, self.process(phases, who, phase))

    def _get(self, phases: Phases, who: Actor, phase: str, path: str, read: Any) -> Any:
        at, value = self.kept.get((phase, path), (0.0, None))
        if value is not None and time.monotonic() - at < FRESH:
            return value
        try:
            answer = phases.call(who, "GET", phase, path)
        except (requests.RequestException, KeyError) as error:
            if value is None:
                raise Away(phase) from error
            return value
        if not answer.ok:
            if value is None:
                raise Away(phase)
            return value
        value = read(answer)
        self.kept[phase, path] = (time.monotonic(), value)
        return value


@lru_cache(2 * len(PHASES))
def _labels(phase: str, text: bytes) -> Mapping[str, str]:
    root = ET.fromstring(text)  # our own services' text, not a person's
    lead = f"{phase}_"
    return {
        node.get("id", "").removeprefix(lead): node.get("name", "")
        for node in root.iter()
        if node.tag.rpartition("}")[2] in _NODES and node.get("id", "").startswith(lead)
    }
