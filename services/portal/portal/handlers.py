"""What each message says of a row is kept where nothing later has been heard of it.

Whatever comes twice, or before what others tell, ends in the same rows. The rows that the messages of a transaction
speak of are read together, changed in memory, and written together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework.contracts import Message
from casework.contracts.assessment import RecommendationSubmitted
from casework.contracts.common import (
    DeadlineCancelled,
    DeadlineMet,
    DeadlinePaused,
    DeadlineRequested,
    OverviewChanged,
    PositionChanged,
)
from casework.contracts.deadlines import KINDS
from casework.contracts.intake import CaseChanged, CaseClosed, CaseOpened, CitizenIndexed
from casework.contracts.ordering import ProviderChanged
from casework.contracts.scheduler import DeadlineApproaching, DeadlineDue, DeadlineMissed, NotificationSent
from casework.database import upsert_all
from casework.messaging import Envelope, UnknownMessage
from casework.schema import dump
from portal.agenda import PASSING
from portal.model import NEVER, Citizen, Deadline, ListedCase, Notification, Overview, Position, Provider
from portal.standing import standing

Values = dict[str, Any]
"""A row by its columns."""
Key = tuple[Any, ...]


class Work:
    """What some messages say, in one transaction: a statement per table to read, and one to write what has changed."""

    def __init__(self, session: Session, arrivals: Sequence[tuple[Envelope, Message]]) -> None:
        self._session = session
        self._owners: dict[Any, set[Any]] = defaultdict(set)  # per table those of whom all rows are read
        self._cases: dict[UUID, None] = {}  # of which something has been said, in that order
        for envelope, message in arrivals:
            if answer := ANSWERS.get(type(message)):
                self._owners[answer.table].add(answer.owner(envelope, message))
                if message.contract.subject == "case":
                    self._owners[ListedCase].add(_subject(envelope, message))
        self._rows = {table: dict(_read(session, table, owners)) for table, owners in self._owners.items()}
        self._as_read = {table: {key: dict(row) for key, row in rows.items()} for table, rows in self._rows.items()}

    def row(self, table: Any, *key: Any) -> Values:
        """The row with this key; a new one where there is none."""
        rows = self._rows[table]
        if key not in rows:
            rows[key] = _blank(table) | dict(zip(_key(table), key, strict=True))
        return rows[key]

    def case(self, envelope: Envelope) -> Values:
        """The row of the case that the message is about."""
        return self.row(ListedCase, UUID(envelope.subject))

    def take(self, envelope: Envelope, message: Message) -> None:
        """Answer one message. Raises UnknownMessage for one that is not meant for the portal."""
        answer = ANSWERS.get(type(message))
        if answer is None:
            raise UnknownMessage(f"{envelope.type} er ikke til portalen")
        answer.take(self, envelope, message)
        if message.contract.subject == "case":
            case = self.case(envelope)
            case["updated_at"] = max(case["updated_at"] or envelope.time, envelope.time)
            self._cases[case["id"]] = None

    def finish(self) -> None:
        """Sum up each case of which something was said, and write what is other than it was read."""
        for case_id in self._cases:
            self._sum_up(self.row(ListedCase, case_id))
        for table, rows in self._rows.items():
            before = self._as_read[table]
            upsert_all(self._session, table, [row for key, row in rows.items() if row != before.get(key)])

    def _sum_up(self, case: Values) -> None:
        """Reckon anew what the list shows of the rows that may have changed; it depends on no order of messages."""
        if (positions := self._all_of(case, Position)) is not None:
            at: dict[str, list[Values]] = {}
            for row in positions:
                at.setdefault(row["process"], []).append(row)
            case["phase"] = standing(at)["phase"]
        if (overviews := self._all_of(case, Overview)) is not None:
            overviews.sort(key=lambda row: str(row["process"]))
            case["warnings"] = sum(row["warnings"] for row in overviews)
            case["tasks"] = [task for row in overviews for task in row["tasks"]]
        if (deadlines := self._all_of(case, Deadline)) is not None:
            awaited = [(row["due"], row["kind"]) for row in deadlines if _is_awaited(row)]
            none = (None, None)
            case["next_due"], case["next_kind"] = none if case["closed_on"] else min(awaited, default=none)
            case["due_sort"] = case["next_due"] or NEVER

    def _all_of(self, case: Values, table: Any) -> list[Values] | None:
        """All rows of the case, where they were read."""
        if case["id"] not in self._owners[table]:
            return None
        return [row for key, row in self._rows[table].items() if key[0] == case["id"]]


def _read(session: Session, table: Any, owners: set[Any]) -> list[tuple[Key, Values]]:
    found = session.execute(_all_rows(table), {"owners": list(owners)}).mappings()
    return [(tuple(row[name] for name in _key(table)), dict(row)) for row in found]


@cache
def _all_rows(table: Any) -> sa.Select[Any]:
    columns, owner = table.__table__.columns, _key(table)[0]
    return sa.select(*columns).where(columns[owner].in_(sa.bindparam("owners", expanding=True)))


@cache
def _key(table: Any) -> tuple[str, ...]:
    return tuple(column.name for column in table.__table__.primary_key)


def _blank(table: Any) -> Values:
    """A row of which nothing has been heard."""
    defaults = ((column.name, column.default) for column in table.__table__.columns)
    return {name: None if d is None else d.arg(None) if d.is_callable else d.arg for name, d in defaults}


def stamp(envelope: Envelope) -> str:
    """Sorts messages by when it happened; at the same moment by producer and its count."""
    number = int(envelope.numbers.get("portal", 0))
    return f"{envelope.time:%Y%m%d%H%M%S%f} {envelope.producer} {number:09d}"


def _hear(row: Values, stamped: str, envelope: Envelope, **values: Any) -> None:
    """Keep these values, unless something later has been heard of them; `stamped` is the column that knows."""
    mine = stamp(envelope)
    if mine > row[stamped]:
        row.update(values, **{stamped: mine})


# the case
def know_case(work: Work, envelope: Envelope, message: CaseOpened) -> None:
    who = message.caseworker
    _hear(
        work.case(envelope), "known", envelope,
        number=message.case_number, citizen_id=message.citizen_id, track=message.track, team=message.team,
        linked_from=message.linked_from, is_confidential=bool(message.is_confidential),
        caseworker_id=who.id if who else None, caseworker_name=who.name if who else None,
    )  # fmt: skip


def note_closing(work: Work, envelope: Envelope, message: CaseClosed) -> None:
    case = work.case(envelope)
    case["closed_on"] = max(case["closed_on"] or message.closed_on, message.closed_on)


def note_submission(work: Work, envelope: Envelope, message: RecommendationSubmitted) -> None:
    case = work.case(envelope)
    case["submitted_at"] = max(case["submitted_at"] or envelope.time, envelope.time)


def note_position(work: Work, envelope: Envelope, message: PositionChanged) -> None:
    row = work.row(Position, UUID(envelope.subject), message.process, message.key or "", message.number)
    _hear(row, "stamp", envelope, at=message.arrives, since=envelope.time)


def note_overview(work: Work, envelope: Envelope, message: OverviewChanged) -> None:
    row = work.row(Overview, UUID(envelope.subject), envelope.producer)
    tasks = [dump(task) for task in message.tasks]
    _hear(row, "stamp", envelope, warnings=len(message.warnings), tasks=tasks)


# deadlines
def request_deadline(work: Work, envelope: Envelope, message: DeadlineRequested) -> None:
    row = _deadline(work, envelope, message)
    _hear(row, "due_stamp", envelope, due=message.due, provider_id=message.provider_id)
    _hear(row, "state_stamp", envelope, state="open")


def end_deadline(work: Work, envelope: Envelope, message: DeadlineMet | DeadlineCancelled | DeadlinePaused) -> None:
    state = {DeadlineMet: "met", DeadlineCancelled: "cancelled", DeadlinePaused: "paused"}[type(message)]
    _hear(_deadline(work, envelope, message), "state_stamp", envelope, state=state)


def raise_deadline(work: Work, envelope: Envelope, message: Any) -> None:
    raised = message.contract.name.split(".")[1]
    _hear(_deadline(work, envelope, message), "raised_stamp", envelope, raised=raised, raised_due=message.due)


def _deadline(work: Work, envelope: Envelope, message: Any) -> Values:
    return work.row(Deadline, UUID(envelope.subject), message.kind, message.key)


def _is_awaited(row: Values) -> bool:
    """Not those for the house alone; nor a day that has passed, after which nobody is to do anything."""
    silent = row["kind"] in KINDS and KINDS[row["kind"]].silent
    passed = row["kind"] in PASSING and row["raised"] == "missed" and row["raised_due"] == row["due"]
    return bool(row["due"]) and row["state"] == "open" and not silent and not passed


# people
def index_citizen(work: Work, envelope: Envelope, message: CitizenIndexed) -> None:
    row = work.row(Citizen, UUID(envelope.subject))
    _hear(row, "stamp", envelope, name=message.citizen_name, born_on=message.born_on, cpr_hash=message.cpr_hash)


def know_provider(work: Work, envelope: Envelope, message: ProviderChanged) -> None:
    _hear(
        work.row(Provider, message.provider_id), "stamp", envelope,
        name=message.name, cvr=message.cvr, p_number=message.p_number, ean=message.ean, offer=message.offer,
        email=message.email,
    )  # fmt: skip


def note_notification(work: Work, envelope: Envelope, message: NotificationSent) -> None:
    """The subject says whose bell rings, and about which case: `person:karen/0b2f…`. Another
    channel rings no bell, unless it was given up.
    """
    if message.channel != "portal" and not message.failure:
        return
    work.row(Notification, envelope.id).update(
        address=envelope.subject.rpartition("/")[0] or envelope.subject,
        kind=message.kind,
        case_id=UUID(message.case_id) if message.case_id else None,
        sent_at=message.sent_at,
        failure=message.failure,
        channel=message.channel,
        fallback=message.fallback,
    )


# which message is answered how
def _subject(envelope: Envelope, message: Any) -> UUID:
    return UUID(envelope.subject)


def _provider(envelope: Envelope, message: Any) -> str:
    return str(message.provider_id)


def _itself(envelope: Envelope, message: Any) -> UUID:
    return envelope.id


@dataclass(frozen=True)
class Answer:
    """How a message is answered: `table` holds the rows of which it speaks, all those of its `owner`."""

    take: Callable[[Work, Envelope, Any], None]
    table: Any
    owner: Callable[[Envelope, Any], Any] = _subject


ANSWERS: dict[type, Answer] = {
    CaseOpened: Answer(know_case, ListedCase),
    CaseChanged: Answer(know_case, ListedCase),
    CaseClosed: Answer(note_closing, Deadline),  # none of which is then awaited
    RecommendationSubmitted: Answer(note_submission, ListedCase),
    PositionChanged: Answer(note_position, Position),
    OverviewChanged: Answer(note_overview, Overview),
    DeadlineRequested: Answer(request_deadline, Deadline),
    DeadlineMet: Answer(end_deadline, Deadline),
    DeadlineCancelled: Answer(end_deadline, Deadline),
    DeadlinePaused: Answer(end_deadline, Deadline),
    DeadlineApproaching: Answer(raise_deadline, Deadline),
    DeadlineDue: Answer(raise_deadline, Deadline),
    DeadlineMissed: Answer(raise_deadline, Deadline),
    CitizenIndexed: Answer(index_citizen, Citizen),
    ProviderChanged: Answer(know_provider, Provider, _provider),
    NotificationSent: Answer(note_notification, Notification, _itself),
}
