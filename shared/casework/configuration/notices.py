"""Who hears of a deadline, how early, and who hears when it has passed; and when mails may leave the house. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from casework.calendar import DENMARK, Calendar
from casework.configuration.kinds import Count, TimeOfDay, WordField
from casework.configuration.reading import Part, Problems
from casework.contracts.deadlines import KINDS, DeadlineKind
from casework.dated import Dated, backward, overlapping
from casework.fields import field, needed, value

FURTHEST = 250
"""A year of working days: nobody is told of a day that lies further off."""


class KindField(WordField):
    """A kind of deadline of which people are told."""

    words = tuple(kind.name for kind in KINDS.values() if not kind.silent)


class ToldField(WordField):
    """Whoever can be told of a deadline: they have that role in the case."""

    words = ("caseworker", "leader", "provider")


Told = Annotated[str, ToldField()]


@value
class Escalation:
    """One who hears of it when the day has passed and nothing has come."""

    role: Told = needed("Rolle")
    days: Count = needed("Arbejdsdage efter fristen")


@value
class Notice(Dated):
    """What is decided for one kind of deadline. What is left out is as the kind has it."""

    kind: Annotated[str, KindField()] = needed("Frist")
    before: tuple[Count, ...] | None = field("Arbejdsdage før fristen")
    after: tuple[Escalation, ...] | None = field("Hvem der hører, at fristen er overskredet")
    roles: tuple[Told, ...] | None = field("Hvem der får besked")

    def problems(self) -> Iterator[tuple[str, str]]:
        before, after = self.before or (), self.after or ()
        if len(set(before)) < len(before) or any(days > FURTHEST for days in before):
            yield "before", f"Skriv hvert antal arbejdsdage én gang, højst {FURTHEST}"
        for n, step in enumerate(after):
            if not 1 <= step.days <= FURTHEST:
                yield f"after[{n}].days", f"Skriv 1 til {FURTHEST} arbejdsdage efter fristen"
        if len({step.role for step in after}) < len(after):
            yield "after", "Hver rolle kan stå her én gang"
        if self.roles == ():
            yield "roles", "Mindst én skal have besked"
        named = {*(self.roles or ()), *(step.role for step in after)}
        if "provider" in named and "provider" not in KINDS[self.kind].notify:
            yield "kind", "Udføreren hører ikke om denne frist"


@dataclass(frozen=True)
class NoticesFile(Part):
    """notices.yaml"""

    mails_from: TimeOfDay = time(7)
    mails_until: TimeOfDay = time(18)
    notices: tuple[Notice, ...] = ()

    def problems(self) -> Problems:
        if self.mails_from >= self.mails_until:
            yield "mails_until", "Der skal være tid at sende i: mails_until ligger efter mails_from"
        for n, row in enumerate(self.notices):
            yield from ((f"notices[{n}].{path}", message) for path, message in row.problems())
        yield from backward(self.notices, "notices")
        yield from overlapping(self.notices, "notices", lambda row: row.kind)


def terms_of(notices: Sequence[Notice], kind: DeadlineKind, due: date) -> DeadlineKind:
    """The kind as it holds for a deadline on that day: the municipality's row before what the kind says itself.

    The day itself (0 before) is always told, so it is no threshold.
    """
    row = next((row for row in notices if row.kind == kind.name and row.holds_on(due)), None)
    if row is None:
        return kind
    return replace(
        kind,
        notify=kind.notify if row.roles is None else row.roles,
        thresholds=kind.thresholds if row.before is None else tuple(days for days in row.before if days),
        escalation=kind.escalation if row.after is None else tuple((step.role, step.days) for step in row.after),
    )


def mailing_time(since: datetime, until: datetime, calendar: Calendar, begins: time, ends: time) -> timedelta:
    """For how long of this time mails might leave the house."""
    first, last = (moment.astimezone(DENMARK).date() for moment in (since, until))
    total = timedelta()
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        if calendar.is_working_day(day):
            opens, closes = (datetime.combine(day, at, DENMARK).astimezone(UTC) for at in (begins, ends))
            total += max(min(until, closes) - max(since, opens), timedelta())
    return total


def may_mail(now: datetime, calendar: Calendar, begins: time, ends: time) -> bool:
    """Whether mails leave the house now: on working days, between these times by the Danish clock."""
    local = now.astimezone(DENMARK)
    return calendar.is_working_day(local.date()) and begins <= local.time() < ends
