"""What follows for a deadline from a message, or from a day that passes; and who is told how. Pure.

Dates are Danish local dates, whole days. Thresholds and escalations count working days before and after the day; the
municipality's `notices.yaml` may set both, and who is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from hashlib import sha256

from casework.calendar import Calendar
from casework.configuration import Notice
from casework.configuration.notices import terms_of
from casework.contracts import Message
from casework.contracts.common import DeadlineRequested
from casework.contracts.deadlines import KINDS, DeadlineKind
from casework.contracts.ordering import BY_SYSTEM
from casework.contracts.scheduler import DeadlineApproaching, DeadlineDue, DeadlineMissed
from casework.errors import Invalid
from casework.process import Becomes
from scheduler.model import Deadline

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Tell:
    """These roles are told; `stage` says of what: near-5, due, missed, escalation-1."""

    roles: tuple[str, ...]
    stage: str


Event = Message | Becomes | Tell


@dataclass(frozen=True)
class Terms:
    """What the municipality has decided about telling: its calendar, and its notices by kind of deadline."""

    calendar: Calendar
    notices: Sequence[Notice] = ()

    def of(self, deadline: Deadline) -> DeadlineKind:
        """What holds for a deadline on its day. Who asked may have said who is told; a notice says it for all."""
        kind = KINDS[deadline.kind]
        return terms_of(self.notices, replace(kind, notify=deadline.notify or kind.notify), deadline.due)

    def thresholds(self, deadline: Deadline) -> list[int]:
        """Working days before the day, the first to come first."""
        return sorted(self.of(deadline).thresholds, reverse=True)

    def escalation(self, deadline: Deadline) -> list[tuple[str, int]]:
        """(role, working days after the day) of those who have not heard of it, the first to come first."""
        coming = (step for step in self.of(deadline).escalation if step[0] not in deadline.heard)
        return sorted(coming, key=lambda step: step[1])

    @cached_property
    def mark(self) -> str:
        """The same for the same settings: what they say, and what the kinds say where they are silent."""
        closed = sorted(self.calendar.closing), sorted(self.calendar.closed)
        return sha256(repr((closed, list(self.notices), KINDS)).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class House:
    """What is settled for the installation: how people are told, and whether there is a mail server."""

    terms: Terms
    mails: bool = False


# what others ask
def store(deadline: Deadline, asked: DeadlineRequested, today: date, terms: Terms) -> list[Event]:
    """A new deadline. Raises Invalid for a kind that nobody owns."""
    if asked.kind not in KINDS:
        raise Invalid({"kind": (f"Fristen {asked.kind!r} kendes ikke", None)})
    return [Becomes(due=asked.due, notify=asked.notify or KINDS[asked.kind].notify, provider_id=asked.provider_id)]


def move(deadline: Deadline, asked: DeadlineRequested, today: date, terms: Terms) -> list[Event]:
    """Another day: everything about it is told anew."""
    return [*store(deadline, asked, today, terms), Becomes(near=None, heard=(), resumes=None)]


def pause(deadline: Deadline, trigger: object, today: date, terms: Terms) -> list[Event]:
    return [] if deadline.status == "paused" else [Becomes(resumes=deadline.status)]


def end(deadline: Deadline, trigger: object, today: date, terms: Terms) -> list[Event]:
    """Met or cancelled: nothing more is told."""
    return [Becomes(resumes=None)]


# which days count
def thresholds(deadline: Deadline, terms: Terms) -> list[int]:
    """Those that are still to come: nearer to the day than what was told last. First to last."""
    return [days for days in terms.thresholds(deadline) if deadline.near is None or days < deadline.near]


def threshold_days(deadline: Deadline, terms: Terms) -> tuple[date, ...]:
    """The days on which it is told that the day comes near, first to last; the day itself where there are none."""
    days = thresholds(deadline, terms)
    return tuple(terms.calendar.add_working_days(deadline.due, -n) for n in days) or (deadline.due,)


def day_before(deadline: Deadline, terms: Terms) -> date:
    """The last day before the next threshold, or before the day itself."""
    return threshold_days(deadline, terms)[0] - DAY


def is_the_day(deadline: Deadline, terms: Terms) -> bool:
    """Are all thresholds behind it, so that the next to come is the day itself?"""
    return not thresholds(deadline, terms)


def due_day(deadline: Deadline, terms: Terms) -> date:
    """The whole day counts."""
    return deadline.due


def escalation_day(deadline: Deadline, terms: Terms) -> date | None:
    """The last day before the next one hears of it; None when all have."""
    coming = terms.escalation(deadline)
    return terms.calendar.add_working_days(deadline.due, coming[0][1]) - DAY if coming else None


# what is told when a day has come
def tell_near(deadline: Deadline, trigger: None, today: date, terms: Terms) -> list[Event]:
    """The first threshold: others hear of it, once."""
    message = DeadlineApproaching(kind=deadline.kind, key=deadline.key, due=deadline.due)
    return [message, *remind(deadline, trigger, today, terms)]


def remind(deadline: Deadline, trigger: None, today: date, terms: Terms) -> list[Event]:
    """A threshold: people hear of it."""
    near = next(iter(thresholds(deadline, terms)), 0)
    return [*_tell(terms.of(deadline), f"near-{near}"), Becomes(near=near)]


def tell_due(deadline: Deadline, trigger: None, today: date, terms: Terms) -> list[Event]:
    message = DeadlineDue(kind=deadline.kind, key=deadline.key, due=deadline.due)
    return [message, *_tell(terms.of(deadline), "due")]


def tell_missed(deadline: Deadline, trigger: None, today: date, terms: Terms) -> list[Event]:
    """The day is over. Those whom the escalation names are told on their own day, and not twice."""
    message = DeadlineMissed(kind=deadline.kind, key=deadline.key, due=deadline.due)
    kind = terms.of(deadline)
    later = {role for role, _ in kind.escalation}
    now = tuple(role for role in kind.notify if role not in later)
    return [message, *_tell(replace(kind, notify=now), "missed"), Becomes(heard=now)]


def escalate(deadline: Deadline, trigger: None, today: date, terms: Terms) -> list[Event]:
    role, days = terms.escalation(deadline)[0]
    told = _tell(replace(terms.of(deadline), notify=(role,)), f"escalation-{days}")
    return [*told, Becomes(heard=(*deadline.heard, role))]


def _tell(kind: DeadlineKind, stage: str) -> list[Event]:
    return [Tell(kind.notify, stage)] if kind.notify and not kind.silent else []


# who is told, and how
@dataclass(frozen=True)
class Addressee:
    """A person, a provider, or whoever has the role in the case. `email` is known where a mail is wanted.

    `system` is the channel (webhook, queue) by which ordering reaches a provider's own system.
    """

    role: str
    person_id: str | None = None
    provider_id: str | None = None
    name: str | None = None
    email: str | None = None
    system: str | None = None

    @property
    def address(self) -> str:
        """By which the portal knows whose bell rings."""
        if self.provider_id:
            return f"provider:{self.provider_id}"
        return f"person:{self.person_id}" if self.person_id else f"role:{self.role}"

    @property
    def to(self) -> str:
        """What people read."""
        return self.name or self.provider_id or self.person_id or self.role


def whom(
    roles: Iterable[str], *, caseworker: Addressee, provider: Addressee | None = None, person: Addressee | None = None
) -> list[Addressee]:
    """Each once. A role means those who have it in the case; a provider only where the roles say so, and which one."""
    known = {"caseworker": caseworker, "provider": provider}
    found = [one for role in roles if (one := known.get(role, Addressee(role)))]
    found += [person] if person else []
    return _each_once(found)


def _each_once(found: Sequence[Addressee]) -> list[Addressee]:
    once: dict[str, Addressee] = {}
    for one in found:
        once.setdefault(one.address, one)
    return list(once.values())


def with_deputies(told: Sequence[Addressee], deputy: Callable[[Addressee], Addressee | None]) -> list[Addressee]:
    """And besides each who is away, whoever stands in for them; each once."""
    return _each_once([*told, *(other for one in told if (other := deputy(one)))])


def is_away(since: date | None, until: date | None, today: date) -> bool:
    """Whether somebody is away on a day. Without a first day nobody is; without a last one, until further notice."""
    return since is not None and since <= today <= (until or date.max)


def still_holds(stage: str, due: date, deadline: Deadline) -> bool:
    """Whether what was told of a deadline is so: it has not been moved, met, paused, or come further since."""
    states = {"near": "approaching", "due": "due", "missed": "missed", "escalation": "missed"}
    return deadline.due == due and deadline.status == states[stage.partition("-")[0]]


def channels(addressee: Addressee, *, mails: bool) -> tuple[str, ...]:
    """The portal always; besides it a provider's own system, else a mail where there is a mailbox and a server."""
    if addressee.system:
        return ("portal", addressee.system)
    return ("portal", "mail") if mails and addressee.email else ("portal",)


def system(channel: str | None) -> str | None:
    """The channel of a provider's own system; None where its people read the portal."""
    return channel if channel in BY_SYSTEM else None


def mailbox(email: str | None, wish: str | None) -> str | None:
    """Where to mail somebody, or None where they have said that the portal is enough."""
    return None if wish == "portal" else email
