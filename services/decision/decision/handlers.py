"""What is particular to decision: the letter is frozen as it is sent, and its templates are the municipality's own."""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework.channels import put_out
from casework.database import lock
from casework.errors import Invalid, NotFound
from casework.phase.handlers import Handlers
from casework.process import Actor, Becomes, Effects, Situation
from decision import letter, rules, templates
from decision.commands import NotifyCitizen
from decision.delivery import parcels
from decision.examples import EXAMPLES
from decision.kinds import SECTIONS
from decision.model import LetterRow, State, TemplateRow
from decision.typeset import typeset


class DecisionHandlers(Handlers):
    """Freezes letters, and keeps templates."""

    def alongside(self, session: Session, effects: Effects, action: str) -> None:
        """A letter that is sent is printed and kept in the commit that sends it; a state knows its checksum."""
        if action not in NotifyCitizen.actions:
            return
        s = effects.situation
        number = effects.moves[-1].number
        case = s.of(next(run for run in s.runs if not run.key and run.number == number))
        if rules.is_written(case):
            frozen = _frozen(session, case)
            for parcel in parcels(case, frozen):
                put_out(session, parcel)
            effects.situation = case.after(Becomes(letter_sha256=frozen.sha256))

    def letter(self, session: Session, case_id: UUID, number: int) -> LetterRow:
        """The letter on a decision as it was last sent. Raises NotFound."""
        of_number = sa.select(LetterRow).where(LetterRow.case_id == case_id, LetterRow.number == number)
        row = session.scalars(of_number.order_by(LetterRow.sequence.desc()).limit(1)).first()
        if row is None:
            raise NotFound("Der er ikke sendt et brev om den afgørelse")
        return row

    def template(self, session: Session, section: str) -> list[TemplateRow]:
        """Every version of the municipality's own template for a section, newest first. Raises NotFound."""
        if section not in SECTIONS:
            raise NotFound("Brevet har ikke det afsnit")
        of_section = sa.select(TemplateRow).where(TemplateRow.section == section)
        return list(session.scalars(of_section.order_by(TemplateRow.version.desc())))

    def put_template(
        self, session: Session, section: str, text: str | None, actor: Actor, now: datetime, *,
        seen: Callable[[list[TemplateRow]], None] | None = None,
    ) -> bool:  # fmt: skip
        """Take a template into use, or (without a text) the shipped one again; letters that are sent stay as they are.

        False where nothing is other than it was. `seen` is asked whether the versions there are were read, while
        nobody else can add one. Raises Invalid, naming line and reason, for one that cannot be used; Stale.
        """
        lock(session, f"letter-template/{section}")
        versions = self.template(session, section)
        if seen:
            seen(versions)
        if (versions[0].text if versions else None) == text:
            return False
        if text is not None and (fault := templates.fault(text, EXAMPLES)):
            raise Invalid({"text": (str(fault), None)})
        version = versions[0].version + 1 if versions else 1
        session.add(TemplateRow(section=section, version=version, text=text, by=actor.name, actor=actor.id, at=now))
        session.flush()
        return True


def texts(session: Session) -> dict[str, str]:
    """The municipality's own templates that are in force, by section."""
    newest = sa.select(TemplateRow.section, sa.func.max(TemplateRow.version)).group_by(TemplateRow.section)
    rows = session.execute(
        sa.select(TemplateRow.section, TemplateRow.text).where(
            sa.tuple_(TemplateRow.section, TemplateRow.version).in_(newest), TemplateRow.text.is_not(None)
        )
    )
    return {section: text for section, text in rows if text is not None}


def _frozen(session: Session, case: Situation[State]) -> LetterRow:
    content: dict[str, Any] = letter.paper(case, case.state.letter)
    pdf = typeset(content)
    earlier = sa.select(sa.func.count()).select_from(LetterRow)
    before = session.scalar(earlier.where(LetterRow.case_id == case.case_id, LetterRow.number == case.number))
    row = LetterRow(
        case_id=case.case_id,
        number=case.number,
        sequence=(before or 0) + 1,
        sha256=sha256(pdf).hexdigest(),
        pdf=pdf,
        content=content,
        channel=case.state.channel,
        made_at=case.now,
    )
    session.add(row)
    return row
