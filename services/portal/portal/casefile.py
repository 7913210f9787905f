"""The case document: every phase's own part, asked for at once, laid together. A part that is missing is named."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import requests
import structlog

from casework.contracts import PHASES
from casework.process import Actor
from casework.service.auth import sign
from casework.tracing import current_traceparent
from portal.standing import standing

log = structlog.get_logger()

PARTS = (*PHASES, "scheduler")
KEYS = (
    "case", "citizen", "intake", "assessment", "decision", "decisions", "orders", "deliveries", "follow_ups", "levels",
    "deadlines", "notifications", "finance", "warnings", "completeness", "hearings", "history", "consents",
    "documents", "origins",
)  # fmt: skip


class Phases:
    """The other services' APIs, asked on behalf of whoever sits at the screen."""

    def __init__(
        self, urls: Mapping[str, str], private_key: str, session: requests.Session | None = None, timeout: float = 10
    ) -> None:
        self.urls, self.private_key, self.timeout = urls, private_key, timeout
        self.session = session or requests.Session()
        self._asking = ThreadPoolExecutor(8 * len(PARTS))  # of several pages at once; each thread begins when needed

    def call(self, actor: Actor, method: str, service: str, path: str, **options: Any) -> requests.Response:
        """One call, signed for this person. Raises requests.RequestException where the service does not answer."""
        headers = self._signed(actor) | options.pop("headers", {})
        return self._send(method, service, path, headers=headers, **options)

    def _signed(self, actor: Actor) -> dict[str, str]:
        """What says for whom a call is made, and to which trace it belongs."""
        trace = current_traceparent()
        signed = {"Authorization": f"Bearer {sign(actor, self.private_key)}"}
        return signed | ({"traceparent": trace} if trace else {})

    def _send(self, method: str, service: str, path: str, **options: Any) -> requests.Response:
        return self.session.request(method, f"{self.urls[service]}{path}", timeout=self.timeout, **options)

    def parts(self, actor: Actor, case_id: UUID) -> dict[str, dict[str, Any] | None]:
        """Each service's part of the case; None where the service does not answer or does not know the case."""
        signed = self._signed(actor)

        def ask(service: str) -> dict[str, Any] | None:
            try:
                answer = self._send("GET", service, f"/cases/{case_id}", headers=signed)
            except requests.RequestException as error:
                log.warning("part_missing", part=service, error=type(error).__name__)
                return None
            if answer.status_code == 404:
                return {"parts": {}}
            return answer.json() if answer.ok else None

        return dict(zip(PARTS, self._asking.map(ask, PARTS), strict=True))


def assemble(parts: Mapping[str, dict[str, Any] | None]) -> dict[str, Any]:
    """Lay the parts together. A key has one owner; warnings, history and origins are laid end to end."""
    document: dict[str, Any] = {}
    present = {name: part for name, part in parts.items() if part}
    for part in present.values():
        document |= part["parts"]
    document["warnings"] = [w for part in present.values() for w in part.get("warnings", [])]
    document["completeness"] = [
        {**step, "step": f"{name}.{step['step']}"}
        for name, part in present.items()
        for step in part.get("completeness", [])
    ]
    document["origins"] = {k: v for part in present.values() for k, v in part.get("origins", {}).items()}
    history = [(e["at"], n, e) for part in present.values() for n, e in enumerate(part.get("history", []))]
    order = {phase: number for number, phase in enumerate(PHASES)}
    document["history"] = [e for _, _, e in sorted(history, key=lambda h: (h[0], order[h[2]["phase"]], h[1]))]
    if missing := [name for name, part in parts.items() if part is None]:
        document["missing"] = missing
    if "case" in document:
        document["case"] |= standing({name: part.get("positions", []) for name, part in present.items()})
    return {key: document[key] for key in (*KEYS, "missing") if key in document}
