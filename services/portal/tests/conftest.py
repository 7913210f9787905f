"""A portal on a SQLite file, and phases that answer what a test says: an object with the same calls."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import requests
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from casework.contracts import Message, load_all
from casework.contracts.common import DeadlineRequested, OverviewChanged, PositionChanged, Task
from casework.contracts.intake import CaseOpened, CitizenIndexed
from casework.contracts.ordering import ProviderChanged
from casework.contracts.values import Party
from casework.messaging import Envelope
from casework.migrations import upgrade
from casework.process import Actor
from casework.schema import dump
from casework.service import auth
from portal.app import PortalService, create, create_app
from portal.casefile import PARTS
from portal.handlers import Work
from portal.settings import PortalSettings

load_all()

CASE = UUID("0b2f5d0e-27a5-4a3b-9d3b-7f1f6f1c0001")
CITIZEN = UUID("0b2f5d0e-27a5-4a3b-9d3b-7f1f6f1c0002")
CPR = "2503794431"
NOW = datetime(2026, 3, 24, 9, 42, tzinfo=UTC)
KEY = auth.new_key()

ENQUIRY = {
    "step": "enquiry",
    "label": "Henvendelse",
    "per": None,
    "by": ["caseworker", "leader"],
    "fields": [
        {"name": "opening_reason", "label": "Årsag til sagsåbning", "type": "str", "many": False, "required": "always"},
        {"name": "received_on", "label": "Modtaget", "type": "date", "many": False, "required": "never"},
        {"name": "agrees", "label": "Orientering", "type": "bool", "many": False, "required": "never"},
        {
            "name": "source", "label": "Kilde", "type": "code", "many": False, "required": "never",
            "vocabulary": "enquiry-sources", "codes": ["citizen", "relatives"],
        },
        {
            "name": "goals", "label": "Mål", "type": "Goal", "many": True, "required": "never", "key": "id",
            "fields": [
                {"name": "id", "label": "Id", "type": "str", "many": False, "required": "always"},
                {"name": "goal_statement", "label": "Målet", "type": "str", "many": False, "required": "never"},
                {"name": "price", "label": "Pris", "type": "Amount", "many": False, "required": "never"},
            ],
        },
    ],
}  # fmt: skip
STEPS = {
    "phase": "intake",
    "label": "Sagsåbning",
    "steps": [ENQUIRY],
    "actions": [
        {"action": "intake.complete", "label": "Gør færdig", "by": ["caseworker", "leader"], "fields": []},
        {
            "action": "intake.close", "label": "Luk", "by": ["caseworker", "leader"],
            "fields": [{"name": "reason", "label": "Begrundelse", "type": "str", "many": False, "required": "always"}],
        },
    ],
}  # fmt: skip
PART = {
    "case_id": str(CASE),
    "revision": 4,
    "phase": "intake",
    "parts": {
        "case": {"id": str(CASE), "number": "2026-00417", "track": "standard"},
        "citizen": {"citizen_name": "Bente Holm", "cpr_number": CPR, "age": 47},
        "intake": {"enquiry": {"source_contact": {"name": "Søren", "role": "relative"}}},
    },
    "positions": [{"number": 1, "key": "", "at": "complete", "label": "Gør sagsåbningen færdig"}],
    "actions": ["intake.close", "intake.complete"],
    "warnings": [{"rule": "INT-03", "field": "intake.enquiry.diagnoses[0]", "message": "Diagnosen mangler læge"}],
    "origins": {},
    "history": [
        {"at": "2026-03-02T08:00:00+00:00", "by": "Karen Lund", "phase": "intake", "action": "intake.open", "number": 1,
         "to": "complete"},
    ],
}  # fmt: skip
XML = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="intake">
<userTask id="intake_complete" name="Gør sagsåbningen færdig"/></process></definitions>"""

Answer = tuple[int, Any]


def _tag(shown: Mapping[str, Any]) -> str:
    return str(shown.get("version") if "version" in shown else hash(json.dumps(shown, sort_keys=True)))


@dataclass
class FakePhases:
    """The other services, as far as a test needs them. `answers` by (method, path after the case), and by service."""

    answers: dict[tuple[str, ...], Answer] = field(default_factory=dict)
    part: dict[str, Any] = field(default_factory=lambda: json.loads(json.dumps(PART)))
    record: dict[str, Any] = field(default_factory=lambda: {"opening_reason": "Vil bo selv", "agrees": True})
    origins: dict[str, str] = field(default_factory=dict)
    revision: int = 4
    down: set[str] = field(default_factory=set)
    calls: list[tuple[Actor, str, str, str, dict[str, Any]]] = field(default_factory=list)
    private_key: str = KEY

    def call(self, actor: Actor, method: str, service: str, path: str, **options: Any) -> requests.Response:
        self.calls.append((actor, method, service, path, options))
        if service in self.down:
            raise requests.ConnectionError(service)
        tail = path.removeprefix(f"/cases/{CASE}")
        status, body = (
            self.answers.get((method, tail, service))
            or self.answers.get((method, tail))
            or self._usual(method, service, tail)
        )
        now = self.answers.get(("GET", tail), (404, None))[1]
        if method in ("PUT", "DELETE") and isinstance(now, dict):
            seen = options.get("headers", {}).get("If-Match")
            if seen != f'"{_tag(now)}"':
                status, body = 412, {"etag": _tag(now), "fields": [*now], "yours": options.get("json"), "theirs": now}
        answer = requests.Response()
        answer.status_code = status
        if isinstance(body, dict):
            answer.headers["ETag"] = f'"{_tag(body)}"'
        answer._content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        return answer

    def _usual(self, method: str, service: str, tail: str) -> Answer:
        empty = {"phase": service, "label": service, "steps": [], "actions": []}
        if tail == "/cases/steps":
            return 200, STEPS if service == "intake" else empty
        if tail == "/process":
            return 200, XML
        if tail == "/changes":
            return 200, {"changes": [], "next": None}
        if tail == "/records":
            found = {"step": "enquiry", "key": "", "values": self.record, "origins": self.origins}
            return 200, {"revision": self.revision, "records": [found] if service == "intake" else []}
        if method == "PATCH":
            return 200, {"revision": self.revision + 1}
        nothing = {"parts": {}, "positions": [], "warnings": [], "history": [], "actions": []}
        return 200, self.part if service == "intake" else {**PART, "phase": service, **nothing}

    def parts(self, actor: Actor, case_id: UUID) -> dict[str, dict[str, Any] | None]:
        told: dict[str, dict[str, Any] | None] = {name: {"parts": {}} for name in PARTS}
        told["intake"] = self.part if case_id == CASE else {"parts": {}}
        return told | dict.fromkeys(self.down)

    def sent(self, method: str) -> dict[str, Any]:
        """What the newest call of this kind carried."""
        return next(options for _, m, _, _, options in reversed(self.calls) if m == method)


@pytest.fixture
def phases() -> FakePhases:
    return FakePhases()


@pytest.fixture
def service(tmp_path: Path, phases: FakePhases) -> Iterator[PortalService]:
    settings = PortalSettings(database=f"sqlite:///{tmp_path / 'portal.db'}", token_key=auth.public_key(KEY))
    made = create(settings)
    made.clock = lambda: NOW
    upgrade(made)
    made.enter(phases, demo=True)  # type: ignore[arg-type]
    yield made
    made.close()


@dataclass
class Browser:
    """Flask's client with the form mark of its pages, as a browser would send it."""

    client: FlaskClient

    def get(self, path: str, **options: Any) -> Any:
        return self.client.get(path, headers={"Accept": "text/html"}, **options)

    def post(self, path: str, data: Mapping[str, Any] | None = None, **headers: str) -> Any:
        marked = {"form_mark": self.mark(), **(data or {})}
        return self.client.post(path, data=marked, headers={"Accept": "text/html", **headers})

    def mark(self) -> str:
        found = re.search(r'name="form_mark" value="([^"]+)"', self.get("/sign-in").text)
        assert found
        return found[1]

    def sign_in(self, person: str) -> Browser:
        assert self.post("/sign-in", {"person": person}).status_code == 302
        return self


@pytest.fixture
def browser(service: PortalService) -> Browser:
    return Browser(create_app(service).test_client())


@pytest.fixture
def caseworker(browser: Browser) -> Browser:
    return browser.sign_in("caseworker")


def envelope(
    message: Message, producer: str, number: int = 1, *, subject: object = CASE, at: datetime = NOW
) -> Envelope:
    terms = message.contract
    return Envelope(
        id=uuid4(), type=terms.name, version=terms.version, subject=str(subject), numbers={"portal": number}, time=at,
        producer=producer, body=dump(message),
    )  # fmt: skip


def take(session: Session, *arrivals: tuple[Envelope, Message]) -> None:
    """What comes together, answered together."""
    work = Work(session, arrivals)
    for one in arrivals:
        work.take(*one)
    work.finish()


@pytest.fixture
def hear(service: PortalService) -> Callable[..., None]:
    """Let the portal hear of something."""

    def told(message: Message, producer: str, number: int = 1, **more: Any) -> None:
        with service.database.writing() as session:
            take(session, (envelope(message, producer, number, **more), message))

    return told


def opened(number: str = "2026-00417", who: str = "caseworker") -> CaseOpened:
    return CaseOpened(
        case_number=number, citizen_id=CITIZEN, entry_phase="intake", track="standard",
        caseworker=Party(id=who, name="Karen Lund", role="caseworker"),
    )  # fmt: skip


@pytest.fixture
def known(hear: Callable[..., None]) -> None:
    """The case is known to the portal's own lists."""
    hear(opened(), "intake")
    hear(CitizenIndexed(cpr_hash="h", citizen_name="Bente Holm", born_on=date(1979, 3, 25)), "intake", subject=CITIZEN)
    hear(PositionChanged(process="intake", number=1, arrives="complete"), "intake", 2)
    hear(DeadlineRequested(kind="case-processing", key="1", due=date(2026, 3, 27)), "intake", 3)
    task = Task(name="intake.complete", label="Gør sagsåbningen færdig", roles=("caseworker",))
    hear(OverviewChanged(warnings=("INT-03",), tasks=(task,)), "intake", 4)
    hear(ProviderChanged(provider_id="x-hus", name="X-Hus", cvr="12345674"), "ordering", subject="x-hus")
