"""One case in decision, in memory: what is recorded, heard and done, and what follows. No clock, no database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import Any, TypeVar
from uuid import UUID

import pytest

from casework.configuration import Municipality
from casework.contracts import Command, Message, load_all
from casework.contracts.assessment import (
    CaseAssessmentRecorded,
    CaseInformationRecorded,
    ReasoningRecorded,
    RecommendationApproved,
)
from casework.contracts.common import DeadlineRequested
from casework.contracts.scheduler import DeadlineMissed
from casework.contracts.values import Goal, Intervention, Party
from casework.process import HOUSE, Actor, Role, Situation, Told, Warned, decide
from casework.records import merge
from decision import document, model, rules
from decision.commands import MakeDecision, NotifyCitizen
from decision.process import DECISION

load_all()

M = TypeVar("M", bound=Message)
CASE = UUID("0b2f5d0e-27a5-4a3b-9d3b-7f1f6f1c0001")
WORKER = Actor("karen", "Karen Lund", Role.CASEWORKER)
PROVIDER = Party(id="x-hus", name="X-Hus", role="provider")
SUPPORT = Intervention(id="i1", services=("support-education",), offer="mobile-offer", provider=PROVIDER)
STAY = Intervention(id="i2", services=("long-term-stay",), offer="ordinary-long-term-residential")

DRAFT: dict[str, Any] = {
    "decision_body": "manager",
    "decision_date": "2026-03-02",
    "decision_outcome": "granted",
    "fully_upheld": True,
    "decision_channel": "written",
    "legal_bases": ["sel-85"],
    "granted_interventions": [{"id": "i1"}],
    "primary_target_group": "alcohol-misuse",
}
PARTLY = {"decision_outcome": "partly-refused", "fully_upheld": False, "refused_interventions": [{"id": "i1"}]}
LETTER: dict[str, Any] = {
    "authority_name": "Prøveby Kommune",
    "department": "Voksenenheden",
    "caseworker": {"name": "Kim Dam", "role": "caseworker"},
    "letter_date": "2026-03-02",
    "recipient": {"name": "Bente", "role": "citizen"},
    "letter_heading": "Du får støtte otte timer om ugen",
    "specific_assessment": "Otte timer dækker dit behov.",
    "weighted_facts": "Samtale med dig den 2. februar 2026.",
    "citizen_views": "Du ville have ti timer.",
    "legal_requirements": "Hjælpen skal passe til dit behov.",
    "expected_follow_up": "Juni 2026",
    "has_own_payment": False,
    "law_extracts": [{"title": "Serviceloven § 85"}],
    "complaint_guidance": "Du kan klage til kommunen senest fire uger efter, at du har fået brevet.",
    "contact_for_questions": "Ring til Kim Dam.",
    "signature": "Kim Dam",
}


@dataclass
class Desk:
    """Somebody at work on the case; the newest answer of the process is in `messages`."""

    situation: Situation[model.State]
    messages: list[Message] = field(default_factory=list)

    def on(self, day: date | str) -> Desk:
        day = date.fromisoformat(day) if isinstance(day, str) else day
        self.situation = replace(self.situation, now=datetime.combine(day, time(9), UTC), _views={})
        return self

    def fill(self, step: str = "decision", **values: Any) -> Desk:
        own = dict(self.situation.own)
        declared = self.situation.steps[step]
        own[step, ""] = merge(declared, own.get((step, ""), {}), values, step)
        self.situation = replace(self.situation, own=own, _views={})
        return self

    def hear(self, *messages: Message) -> Desk:
        for message in messages:
            told = Told(message, self.situation.now, "another")
            self.situation = replace(self.situation, heard=(*self.situation.heard, told), _views={})
            self._let(message, HOUSE)
        return self

    def do(self, command: Command, actor: Actor = WORKER) -> Desk:
        self._let(command, actor)
        return self

    def let_pass(self, *asked: DeadlineRequested) -> Desk:
        """These days are over, and nothing has come."""
        for one in asked:
            self.hear(DeadlineMissed(kind=one.kind, key=one.key, due=one.due))
        return self

    def _let(self, trigger: Command | Message, actor: Actor) -> None:
        effects = decide(DECISION, replace(self.situation, actor=actor, _views={}), trigger)
        self.situation, self.messages = effects.situation, list(effects.messages)
        for own in [m for m in effects.messages if "decision" in m.contract.consumers]:
            more = decide(DECISION, self.situation, own)
            self.situation = more.situation
            self.messages += more.messages

    # what is to be seen
    def said(self, kind: type[M]) -> list[M]:
        return [m for m in self.messages if type(m) is kind]

    def asked(self, kind: str, of: str = "deadline.requested") -> list[Any]:
        """Of a kind of deadline: what was just asked, met or cancelled."""
        return [m for m in self.messages if m.wire == of and getattr(m, "kind", "") == kind]

    @property
    def at(self) -> dict[str, str]:
        """Where each number stands."""
        return {f"{run.key} {run.number}".strip(): run.at for run in self.situation.runs}

    @property
    def state(self) -> model.State:
        run = rules.newest(self.situation)
        assert run is not None
        return run.state

    @property
    def letter(self) -> model.DecisionLetter:
        return self.situation[model.DecisionLetter]

    @property
    def document(self) -> dict[str, Any]:
        return document.document(self.situation)

    @property
    def warnings(self) -> dict[str, Warned]:
        return {w.rule: w for warn in rules.WARNINGS for w in warn(self.situation)}


def assessment(revision: int = 1, *interventions: Intervention, **values: Any) -> CaseAssessmentRecorded:
    goal = Goal(id="g1", goal_statement="Jeg har et hjem", current_functioning_level=3)
    values = {"intervention_purpose": "Et hjem", "goals": (goal,), **values}
    return CaseAssessmentRecorded(assessment_revision=revision, interventions=interventions or (SUPPORT,), **values)


def approved(number: int = 1, revision: int = 1) -> RecommendationApproved:
    return RecommendationApproved(number=number, approved_on=date(2026, 3, 2), assessment_revision=revision)


@pytest.fixture
def situation() -> Callable[..., Situation[model.State]]:
    """What decision knows of a case on a day."""

    def build(*heard: Message, own: Any = None, day: str = "2026-03-02") -> Situation[model.State]:
        now = datetime.combine(date.fromisoformat(day), time(9), UTC)
        return Situation(
            phase="decision",
            case_id=CASE,
            case=None,
            own=own or {},
            heard=tuple(Told(message, now, "another") for message in heard),
            said={},
            runs=(),
            steps={step.step: step for step in model.STEPS},
            municipality=Municipality(name="Prøveby Kommune"),
            actor=WORKER,
            now=now,
            blank=model.State(),
            computes=rules.COMPUTES,
        )

    return build


@pytest.fixture
def empty(situation: Callable[..., Situation[model.State]]) -> Desk:
    """A case of which decision has heard nothing."""
    return Desk(situation())


@pytest.fixture
def drafted(empty: Desk) -> Desk:
    """A case with an assessment, an approved recommendation, and a whole draft: a full grant of i1 in writing."""
    info = CaseInformationRecorded(themes=("mental-functions",), party_hearing_needed=False)
    reasons = ReasoningRecorded(decision_reasoning="Du kan miste din bolig.", is_entitled=True)
    empty.hear(info, assessment(1, SUPPORT, STAY), reasons, approved())
    return empty.fill(**DRAFT).fill("decision_letter", **LETTER)


@pytest.fixture
def granted(drafted: Desk) -> Desk:
    """Decided in full, the citizen not yet told."""
    return drafted.do(MakeDecision())


@pytest.fixture
def partly(drafted: Desk) -> Desk:
    """Decided in part, the citizen not yet told."""
    return drafted.fill(**PARTLY).do(MakeDecision())


@pytest.fixture
def told(partly: Desk) -> Desk:
    """Refused in part by Digital Post on 2 March 2026: the complaint period runs to 30 March."""
    return partly.do(NotifyCitizen(channel="digital-post"))


@pytest.fixture
def oral(drafted: Desk) -> Desk:
    """Refused in part by word of mouth on 1 June 2026."""
    drafted.on("2026-06-01").fill(**PARTLY, decision_channel="verbal").do(MakeDecision())
    return drafted.do(NotifyCitizen(channel="verbal"))


@pytest.fixture
def assessed() -> Callable[..., CaseAssessmentRecorded]:
    return assessment


@pytest.fixture
def approve() -> Callable[..., RecommendationApproved]:
    return approved
