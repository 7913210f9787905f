"""Keeping the books: postings in the commit of what they follow from, files out once, files in once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework.calendar import local_date
from casework.confidential import is_kept_from
from casework.configuration import Municipality
from casework.contracts import Command, Message
from casework.contracts.ordering import ActualsImported, CommitmentMade, CommitmentReleased
from casework.database import lock
from casework.errors import Invalid, NotFound, Refusal
from casework.phase.kept import state_of
from casework.phase.tables import CaseRow, RunRow
from casework.process import Actor, Role, Situation
from casework.schema import dump
from casework.schema import read as read_stored
from ordering.commands import ImportActuals
from ordering.finance import Actual, Booked, KnownOrder, Matched, Posting, Wrong, follow, match, month
from ordering.finance_files import Head, by_account, names_cpr, read, totals, write
from ordering.ledger import ActualRow, ActualsFileRow, FinanceFileRow, PostingRow
from ordering.model import State


class NothingToSend(Refusal):
    status = 409
    title = "Der er intet at sende"


class TakenBefore(Refusal):
    status = 409
    title = "Filen er indlæst før"


# in the commit of what happens in a case
def keep(session: Session, s: Situation[State], messages: Iterable[Message]) -> None:
    """Enter in the books what these messages of one case say of money. The case is locked, so its numbers run on."""
    told = list(messages)
    if any(isinstance(message, CommitmentMade | CommitmentReleased) for message in told):
        _post(session, s, told)
    if billed := [message for message in told if isinstance(message, ActualsImported)]:
        _bill(session, s, billed)


def _post(session: Session, s: Situation[State], messages: Sequence[Message]) -> None:
    assert s.case, "money is committed in a case that is open"
    stored = session.scalars(sa.select(PostingRow).where(PostingRow.case_id == s.case_id).order_by(PostingRow.number))
    book = [read_stored(Posting, row.body) for row in stored]
    for message in messages:
        for posting in follow(book, message, s.case, s.today):
            book.append(posting)
            session.add(_posting_row(s.case_id, posting, s.now))


def _posting_row(case_id: UUID, posting: Posting, now: datetime) -> PostingRow:
    return PostingRow(
        case_id=case_id,
        number=posting.number,
        posted_at=now,
        case_number=posting.case_number,
        order_number=posting.order_number or "",
        provider_id=posting.provider_id,
        account_number=posting.account_number or "",
        account_string=posting.account_string,
        month=month(posting.posted_on),
        cause=posting.cause,
        amount=posting.amount,
        body=dump(posting),
    )


def _bill(session: Session, s: Situation[State], billed: Sequence[ActualsImported]) -> None:
    orders = {run.key: run.state.order_number or "" for run in s.runs if run.state.sent}
    first = session.scalar(sa.select(sa.func.max(ActualRow.number)).where(ActualRow.case_id == s.case_id)) or 0
    session.add_all(
        ActualRow(
            case_id=s.case_id,
            number=number,
            case_number=s.case.case_number if s.case else "",
            order_number=orders[one.provider_id],
            provider_id=one.provider_id,
            account_number=one.account_number or "",
            month=month(one.booked_on),
            booked_on=one.booked_on,
            amount=one.amount,
            line=one.line,
            reverses=one.reverses,
            file=one.file,
        )
        for number, one in enumerate(billed, first + 1)
    )


# files out
def make_file(session: Session, municipality: Municipality, who: Actor, now: datetime) -> FinanceFileRow:
    """Put every posting that no file has taken into one, by the municipality's layout.

    Raises NothingToSend, or Invalid where a value has no room in the layout; the postings then wait.
    """
    lock(session, "finance/files")
    waiting = sa.select(PostingRow).where(PostingRow.file.is_(None))
    rows = session.scalars(waiting.order_by(PostingRow.posted_at, PostingRow.case_id, PostingRow.number)).all()
    if not rows:
        raise NothingToSend("Alle posteringer er allerede med i en fil")
    layout = municipality.commitment_file
    number = (session.scalar(sa.select(sa.func.max(FinanceFileRow.number))) or 0) + 1
    postings = [read_stored(Posting, row.body) for row in rows]
    cpr_numbers = _cpr_numbers(session) if names_cpr(layout) else {}
    content = write(layout, Head(number, local_date(now), municipality.name), postings, cpr_numbers)
    accounts = [{"account_number": name, **sums.shown()} for name, sums in by_account(postings).items()]
    made = FinanceFileRow(
        number=number,
        made_at=now,
        made_by=who.id,
        adapter=layout.adapter,
        encoding=layout.encoding,
        sha256=sha256(content).hexdigest(),
        control={**totals(postings).shown(), "accounts": accounts},
        content=content,
    )
    session.add(made)
    session.flush()
    for line, row in enumerate(rows, 1):
        row.file, row.file_line = number, line
    return made


def _cpr_numbers(session: Session) -> dict[str, str]:
    """By case number, the CPR number in the newest order of each case that has postings to send."""
    waiting = sa.select(PostingRow.case_id, PostingRow.case_number).where(PostingRow.file.is_(None)).distinct()
    cases = {row.case_id: row.case_number for row in session.execute(waiting)}
    query = sa.select(RunRow).where(RunRow.case_id.in_(waiting.with_only_columns(PostingRow.case_id)))
    found: dict[str, str] = {}
    for run in session.scalars(query.order_by(RunRow.number)):
        if (sent := state_of(State, run).sent) and sent.cpr_number:
            found[cases[run.case_id]] = sent.cpr_number
    return found


def the_file(session: Session, number: int) -> FinanceFileRow:
    """A file that has been made. Raises NotFound."""
    row = session.get(FinanceFileRow, number)
    if row is None:
        raise NotFound("Der er ingen fil med det nummer")
    return row


def cases_in(session: Session, number: int) -> list[UUID]:
    """Whose postings a file holds."""
    return list(session.scalars(sa.select(PostingRow.case_id).where(PostingRow.file == number).distinct()))


# files in
Act = Callable[[Session, UUID, Command, Actor, datetime], Any]


def take_in(
    session: Session, act: Act, municipality: Municipality, data: bytes, who: Actor, now: datetime, *,
    good_lines: bool = False,
) -> tuple[dict[str, Any], list[UUID]]:  # fmt: skip
    """Book a file of actuals, all or nothing; what is answered, and the cases that it changed.

    The same file again is answered as the first time, and books nothing. With `good_lines` the lines that are wrong are
    left out and listed. Raises NotWhole, TakenBefore, or Invalid with every line that is wrong.
    """
    lock(session, "finance/actuals")
    digest = sha256(data).hexdigest()
    if before := session.scalar(sa.select(ActualsFileRow).where(ActualsFileRow.sha256 == digest)):
        return before.result, []
    came = read(municipality.actuals_file, data)
    if session.scalar(sa.select(ActualsFileRow.number).where(ActualsFileRow.file == came.file)):
        raise TakenBefore(f"En anden fil med nummeret {came.file} er indlæst. Giv filen et nyt nummer", field="file")
    matched, odd = match(came.lines, _known_orders(session, came.lines), _booked(session, came.lines))
    wrong = sorted([*came.wrong, *odd], key=lambda one: one.line)
    if wrong and not (good_lines and matched):
        raise Invalid({f"lines[{one.line}].{one.field}": (one.message, None) for one in wrong})
    if not matched:
        raise Invalid({"lines": ("Der er ingen linjer at bogføre", None)})
    cases = sorted({one.case_id for one in matched})
    for case_id in cases:
        lines = tuple(one.billed for one in matched if one.case_id == case_id)
        command = ImportActuals(action=ImportActuals.wire, lines=lines, file=f"{came.file}@{digest[:12]}")
        act(session, case_id, command, who, now)
    number = (session.scalar(sa.select(sa.func.max(ActualsFileRow.number))) or 0) + 1
    result = _result(number, came.file, matched, wrong)
    session.add(
        ActualsFileRow(number=number, sha256=digest, file=came.file, came_at=now, came_by=who.id, result=result)
    )
    return result, cases


def _result(number: int, file: str, matched: Sequence[Matched], wrong: Sequence[Wrong]) -> dict[str, Any]:
    return {
        "number": number,
        "file": file,
        "booked": len(matched),
        "total": f"{sum(one.billed.amount for one in matched):.2f}",
        "left_out": [{"line": one.line, "field": one.field, "message": one.message} for one in wrong],
    }


def _known_orders(session: Session, lines: Iterable[tuple[int, Actual]]) -> list[KnownOrder]:
    """The orders that the lines name, and all orders of the cases that they name, with their accounts."""
    given = list(lines)
    columns = (
        PostingRow.case_id,
        PostingRow.case_number,
        PostingRow.order_number,
        PostingRow.provider_id,
        PostingRow.account_number,
        PostingRow.account_string,
    )
    named = sa.or_(
        PostingRow.case_number.in_({line.case_number for _, line in given if line.case_number}),
        PostingRow.order_number.in_({line.order for _, line in given if line.order}),
    )
    accounts: dict[tuple[UUID, str, str, str], dict[str, str]] = {}
    for case_id, case_number, number, provider, account, string in session.execute(
        sa.select(*columns).where(named).distinct()
    ):
        names = accounts.setdefault((case_id, case_number, number, provider), {})
        names |= {name: account for name in (account, string) if name}
    return [KnownOrder(*order, names) for order, names in accounts.items()]


def _booked(session: Session, lines: Iterable[tuple[int, Actual]]) -> dict[str, Booked]:
    """The lines of these ids, and those that they take back, as far as they are in the books."""
    ids = {name for _, line in lines for name in (line.line, line.reverses) if name}
    taken_back = sa.select(ActualRow.reverses, sa.func.sum(ActualRow.amount)).where(ActualRow.reverses.in_(ids))
    back = {row[0]: row[1] for row in session.execute(taken_back.group_by(ActualRow.reverses))}
    rows = session.scalars(sa.select(ActualRow).where(ActualRow.line.in_(ids)))
    return {
        row.line: Booked(row.order_number, row.account_number, row.amount + back.get(row.line, 0))
        for row in rows
        if row.line
    }


# granted against billed
WAYS = {
    "order": ("order_number", "order"),
    "case": ("case_number", "case"),
    "provider": ("provider_id", "provider"),
    "account": ("account_number", "account"),
    "month": ("month", "month"),
}
"""By what the overview can be divided: the column, and what it is called."""


def overview(session: Session, by: str, after: str, limit: int) -> list[dict[str, str]]:
    """Granted, committed and billed from the first key behind `after`: two statements, however many there are.

    Granted is what was committed and not taken back again while the help ran; what is freed when the help has ended was
    granted all the same. A month has what was posted, and what was billed, in it.
    """
    column, name = WAYS[by]
    tables = (PostingRow, ActualRow)
    keys = [
        sa.select(key).where(key > after).distinct().order_by(key).limit(limit).subquery()
        for key in (getattr(table, column) for table in tables)
    ]
    union = sa.union(*(sa.select(one.c[column].label("key")) for one in keys)).subquery()
    page = sa.select(union.c.key).order_by(union.c.key).limit(limit)
    wanted = session.scalars(page).all()
    zero = sa.literal(0)
    posted, paid = getattr(PostingRow, column), getattr(ActualRow, column)
    oere = sa.type_coerce(PostingRow.amount, sa.BigInteger), sa.type_coerce(ActualRow.amount, sa.BigInteger)
    sums = sa.union_all(
        sa.select(
            posted.label("key"),
            sa.func.sum(sa.case((PostingRow.cause != "ended", oere[0]), else_=0)).label("granted"),
            sa.func.sum(oere[0]).label("committed"),
            zero.label("billed"),
        ).where(posted.in_(wanted)).group_by(posted),
        sa.select(paid, zero, zero, sa.func.sum(oere[1])).where(paid.in_(wanted)).group_by(paid),
    ).subquery()  # fmt: skip
    totals_of = {
        key: [int(one) for one in amounts]
        for key, *amounts in session.execute(
            sa.select(
                sums.c.key, sa.func.sum(sums.c.granted), sa.func.sum(sums.c.committed), sa.func.sum(sums.c.billed)
            ).group_by(sums.c.key)
        )
    }
    return [{name: key, **_compared(*totals_of[key])} for key in wanted]


def _compared(granted: int, committed: int, billed: int) -> dict[str, str]:
    sums = {"granted": granted, "committed": committed, "billed": billed, "remaining": granted - billed}
    return {name: kroner(oere) for name, oere in sums.items()}


def kroner(oere: int) -> str:
    """Whole øre as kroner with two decimals."""
    sign, (whole, rest) = "-" if oere < 0 else "", divmod(abs(oere), 100)
    return f"{sign}{whole}.{rest:02}"


def held_back(session: Session, by: str, keys: Sequence[str], who: Actor) -> set[str]:
    """The lines that tell of one confidential case each, which is not there for this leader; sums count it."""
    if who.role is not Role.LEADER or by not in ("order", "case"):
        return set()
    key = getattr(PostingRow, WAYS[by][0])
    lines = sa.select(key.label("key"), PostingRow.case_id).where(key.in_(keys)).distinct().subquery()
    rows = session.execute(sa.select(lines.c.key, CaseRow.opened).join(CaseRow, CaseRow.id == lines.c.case_id))
    return {key for key, opened in rows if is_kept_from(opened, who)}


def cases_of(session: Session, by: str, keys: Sequence[str]) -> list[UUID]:
    """The cases that a page of the overview tells of one by one; none where it is summed over cases."""
    if by not in ("order", "case"):
        return []
    column = getattr(PostingRow, WAYS[by][0])
    return list(session.scalars(sa.select(PostingRow.case_id).where(column.in_(keys)).distinct()))
