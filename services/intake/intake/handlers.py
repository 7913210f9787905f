"""What is particular to intake: it gives a case its number and its citizen, and lets a follow-up open a linked case."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework.calendar import local_date
from casework.contracts import Command, Message
from casework.contracts.followup import FollowupConcluded
from casework.contracts.values import Party
from casework.cpr import born_on
from casework.database import lock
from casework.errors import Invalid, NotYet
from casework.messaging import Envelope
from casework.phase.handlers import Handlers
from casework.phase.store import lock_case
from casework.phase.tables import CaseRow
from casework.phase.unit_of_work import LoadedCase, UnitOfWork
from casework.process import HOUSE, Actor, Situation
from casework.schema import load
from intake.commands import OpenCase
from intake.model import CaseCounter, Citizen, CitizenNumber
from intake.rules import NO_CPR_NUMBER


class IntakeHandlers(Handlers):
    """Registers cases and citizens."""

    def open(
        self, session: Session, case_id: UUID, command: OpenCase, actor: Actor, now: datetime
    ) -> Situation[Any] | None:
        """Open a case under the id that the caller chose. Asked again, it is open already: None; nothing changes."""
        case = lock_case(session, case_id, create=True)
        if case.opened is not None:
            return None
        case.citizen_id = command.citizen_id
        others = sa.select(sa.func.max(CaseRow.revision)).where(CaseRow.citizen_id == command.citizen_id)
        case.revision = session.scalar(others) or 0  # what cases of one citizen share has one revision
        numbered = replace(command, action="intake.open", case_number=self._number(session, now))
        return self.act(session, case_id, numbered, actor, now)

    def record(
        self, session: Session, case_id: UUID, patch: Mapping[str, Any], actor: Actor, now: datetime, *,
        key: str = "", seen: int | None = None,
    ) -> Situation[Any]:  # fmt: skip
        """As in every phase; and a CPR number that is written down here is the citizen's from now on."""
        after = super().record(session, case_id, patch, actor, now, key=key, seen=seen)
        if Citizen.step in patch:
            self._register(session, case_id, after[Citizen].cpr_number)
        return after

    def _register(self, session: Session, case_id: UUID, cpr_number: str | None) -> None:
        """One citizen per number, one number per citizen: a case opened by the number later is the same citizen's."""
        citizen = session.get_one(CaseRow, case_id).citizen_id
        if cpr_number is None or citizen is None:
            return
        known = session.get(CitizenNumber, cpr_number)
        if known is None:
            session.execute(sa.delete(CitizenNumber).where(CitizenNumber.citizen_id == citizen))
            session.add(CitizenNumber(cpr_number=cpr_number, citizen_id=citizen))
        elif known.citizen_id != citizen:
            raise Invalid({"citizen.cpr_number": ("Nummeret hører til en anden borger, der allerede er kendt", None)})

    def citizen(self, session: Session, cpr_number: str | None) -> UUID:
        """The citizen with this CPR number, known or new."""
        if cpr_number is None:
            return uuid4()
        if born_on(cpr_number) is None:
            raise Invalid({"cpr_number": (NO_CPR_NUMBER, None)})
        known = session.get(CitizenNumber, cpr_number)
        if known is None:
            known = CitizenNumber(cpr_number=cpr_number, citizen_id=uuid4())
            session.add(known)
        return known.citizen_id

    def _number(self, session: Session, now: datetime) -> str:
        year = local_date(now).year
        lock(session, f"case numbers of {year}")
        counter = session.get(CaseCounter, year)
        if counter is None:
            counter = CaseCounter(year=year, last=0)
            session.add(counter)
        counter.last += 1
        return f"{year}-{counter.last:05d}"

    def answer(self, unit: UnitOfWork, case: LoadedCase, message: Message, envelope: Envelope) -> None:
        if isinstance(message, FollowupConcluded):
            if message.new_assessment_needed:
                self._open_linked(unit, case, message, envelope)
            return
        super().answer(unit, case, message, envelope)

    def _open_linked(self, unit: UnitOfWork, old: LoadedCase, message: FollowupConcluded, envelope: Envelope) -> None:
        """The new case's id comes from the old one and the follow-up, so that a second copy opens nothing (FUP-24)."""
        opened = old.row.opened
        if opened is None or old.row.citizen_id is None:
            raise NotYet("Sagen er ikke åbnet endnu")
        command: Command = OpenCase(
            citizen_id=old.row.citizen_id,
            track=opened.get("track"),
            team=opened.get("team"),
            caseworker=load(Party, opened["caseworker"]) if opened.get("caseworker") else None,
            is_confidential=opened.get("is_confidential"),
            linked_from=old.id,
            enquiry_source="follow-up-of-running-case",
        )
        assert isinstance(command, OpenCase)
        unit.write()  # what is told of the citizen before comes before what the new case tells
        self.open(unit.session, uuid5(old.id, f"follow-up {message.number}"), command, HOUSE, envelope.time)
