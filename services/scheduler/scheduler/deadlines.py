"""Days pass: what is due is raised, and reckoned anew where settings have changed.

The caller owns the transaction. Deadlines that stand alike (of one kind, asked for one day, told the same so far) are
reckoned once a batch: what is told of them differs by case and key alone.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache
from itertools import takewhile
from operator import attrgetter
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from casework.calendar import begins, local_date
from casework.contracts import Message
from casework.database import Row, insert_new, lock_free, update_all
from casework.messaging import Cause, Letter, put_all
from casework.process import HOUSE, End
from scheduler import life, rules, telling
from scheduler.model import CaseRow, Deadline, DeadlineRow, Reckoning
from scheduler.process import DEADLINE
from scheduler.rules import Addressee, House, Terms
from scheduler.telling import News, Notice, line

log = structlog.get_logger()

BATCH = 250
"""How many deadlines one commit raises at most: a larger batch is no quicker, and more is lost with a worker."""

RECKONED = 500
"""How many deadlines one commit reckons anew at most."""

_ALIKE = (
    DeadlineRow.kind, DeadlineRow.due, DeadlineRow.notify, DeadlineRow.status, DeadlineRow.resumes, DeadlineRow.near,
    DeadlineRow.heard,
)  # fmt: skip
"""Upon which it depends what is told of a deadline, and when."""

_DUE = (
    sa.select(
        *_ALIKE, DeadlineRow.id, DeadlineRow.case_id, DeadlineRow.key, DeadlineRow.provider_id, DeadlineRow.asked_at,
        DeadlineRow.next_at, CaseRow.caseworker_id, CaseRow.caseworker_name, CaseRow.caseworker_email,
    )
    .join(CaseRow, CaseRow.id == DeadlineRow.case_id)
    .where(DeadlineRow.next_at <= sa.bindparam("today"))
    .order_by(DeadlineRow.next_at, DeadlineRow.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
    .with_for_update(skip_locked=True, of=DeadlineRow)
)  # fmt: skip


def keep(row: DeadlineRow, deadline: Deadline, terms: Terms, today: date, *, in_force: bool) -> None:
    """Let the row be this deadline, and know when the next thing is told of it."""
    row.deadline, row.next_at = deadline, _next_at(deadline, terms, today, in_force=in_force)


def _next_at(deadline: Deadline, terms: Terms, today: date, *, in_force: bool) -> date | None:
    """By settings that are no longer in force nothing is reckoned: whoever has the newer looks the day after."""
    ended = isinstance(DEADLINE.rows[deadline.status], End)
    return life.next_day(deadline, terms) if ended or in_force else today + rules.DAY


# days
def tick(house: House, session: Session, now: datetime, limit: int = BATCH) -> int:
    """Raise what is due on the Danish day of `now`, in the order of their days, at most `limit`; how many have moved.

    Several may tick at once: what one has claimed, and the case it belongs to, the others pass by. A deadline waits
    until its case is known. The statements are the same few, however many have moved.
    """
    today = local_date(now)
    claimed, in_force = _claim(session, today, limit), is_in_force(session, house.terms)
    known = telling.acquaint(session, {r.caseworker_id for r in claimed}, {r.provider_id for r in claimed})
    passed = cache(lambda *alike: _pass(alike, house.terms, today, in_force))
    moved: list[Row] = []
    letters: list[Letter] = []
    told: list[Notice] = []
    for row in claimed:
        columns, steps = passed(*row[: len(_ALIKE)])
        moved.append({"id": row.id, **columns})
        for step, begun in steps:
            cause = Cause(max(begun, row.asked_at), HOUSE.id)
            for event in step.events:
                if isinstance(event, Message):
                    letters.append(_of(event, row, cause))
                elif isinstance(event, rules.Tell):
                    told += telling.notices(_news(row, event, cause), known, now, today, mails=house.mails)
            log.info("deadline_raised", case_id=str(row.case_id), kind=row.kind, row=step.row, due=row.due.isoformat())
    update_all(session, DeadlineRow, moved)
    put_all(session, "scheduler", letters + telling.put_out(session, told), alone=True)
    return len(claimed)


def _claim(session: Session, today: date, limit: int) -> list[Any]:
    """What is due, the longest first, of cases in which nobody else raises or tells until we commit."""
    found = session.connection().execute(_DUE, {"today": today, "limit": limit}).all()
    lines = {row.case_id: line(row.case_id) for row in found}
    ours = lock_free(session, sorted(lines.values()))
    claimed = [row for row in found if lines[row.case_id] in ours]
    return sorted(claimed, key=attrgetter("next_at", "due", "kind", "key", "id"))


def _pass(alike: Any, terms: Terms, today: date, in_force: bool) -> tuple[dict[str, Any], list[Any]]:
    """How deadlines that stand alike stand on this day, by column; and the steps, each with when its day began."""
    kind, due, notify, status, resumes, near, heard = alike
    before = Deadline(kind, "", due, notify, None, status, resumes, near, heard)
    after, steps = life.pass_days(before, today, terms)
    columns = {
        "status": after.status, "resumes": after.resumes, "near": after.near, "heard": after.heard,
        "next_at": _next_at(after, terms, today, in_force=in_force),
    }  # fmt: skip
    return columns, [(step, begins(step.day)) for step in steps]


def _of(event: Any, row: Any, cause: Cause) -> Letter:
    return str(row.case_id), type(event)(kind=event.kind, key=row.key, due=event.due), cause


def _news(row: Any, event: rules.Tell, cause: Cause) -> News:
    """A message takes effect when its day began, or when it was asked where that was later; people are told now."""
    caseworker = Addressee("caseworker", row.caseworker_id, None, row.caseworker_name, row.caseworker_email)
    key = (row.id, row.asked_at.isoformat(), event.stage)
    return News(
        row.case_id, caseworker, row.kind, key, event.roles, cause, row.provider_id, None, event.stage, row.due, row.id
    )


def next_moment(session: Session, now: datetime) -> datetime | None:
    """The first moment after `now` at which a tick finds something; None where nothing waits for a day.

    What is due already (asked since the last tick) is found a second from now, so that whoever goes from moment to
    moment always gets on.
    """
    day = session.scalar(sa.select(sa.func.min(DeadlineRow.next_at)).join(CaseRow, CaseRow.id == DeadlineRow.case_id))
    return max(begins(day), now + timedelta(seconds=1)) if day else None


# settings that change
def put_in_force(session: Session, terms: Terms) -> None:
    """From now on `next_at` is reckoned by these settings; of the deadlines that are stored, by `reckon`."""
    insert_new(session, Reckoning, [{"id": 1, "terms": terms.mark, "after": None, "done": False}], ("id",))
    row = session.get_one(Reckoning, 1, with_for_update=True)
    if row.terms != terms.mark:
        row.terms, row.after, row.done = terms.mark, None, False


def is_in_force(session: Session, terms: Terms) -> bool:
    """Whether nobody has begun with other settings since."""
    row = session.get(Reckoning, 1)
    return row is None or row.terms == terms.mark


def reckon(house: House, session: Session, limit: int = RECKONED) -> int:
    """Reckon `next_at` of the next few open deadlines anew, by id; how many. None where all are as the settings say.

    One does it at a time, and goes on where the last commit has come to. What somebody else is changing is looked at
    again: it stops before it.
    """
    mine = sa.select(Reckoning).where(Reckoning.terms == house.terms.mark, ~Reckoning.done)
    at = session.scalars(mine.with_for_update(skip_locked=True)).one_or_none()
    if at is None:
        return 0
    query = sa.select(DeadlineRow.id).where(DeadlineRow.ended_at.is_(None)).order_by(DeadlineRow.id).limit(limit)
    ids: list[UUID] = list(session.scalars(query.where(DeadlineRow.id > at.after) if at.after else query))
    chosen = sa.select(DeadlineRow).where(DeadlineRow.id.in_(ids)).with_for_update(skip_locked=True)
    rows = {row.id: row for row in session.scalars(chosen)}
    free = list(takewhile(rows.__contains__, ids))
    for row in map(rows.__getitem__, free):
        row.next_at = life.next_day(row.deadline, house.terms)
    at.after, at.done = free[-1] if free else at.after, len(free) == len(ids) < limit
    return len(free)
