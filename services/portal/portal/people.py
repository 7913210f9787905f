"""Who signs in, and who covers for them. In a demo these few people, and one at each provider; else the directory's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework.contracts.portal import PersonChanged
from casework.errors import Invalid
from casework.messaging import Cause, put
from casework.process import HOUSE, Actor, Role
from portal.model import Person, Provider

DEMO = (
    Actor("caseworker", "Karen Lund", Role.CASEWORKER),
    Actor("ali", "Ali Demir", Role.CASEWORKER),
    Actor("leader", "Ulla Berg", Role.LEADER),
    Actor("finance", "Finn Holst", Role.FINANCE),
    Actor("operator", "Drift", Role.OPERATOR),
)


def introduce(session: Session, now: datetime) -> None:
    """Write the people of the demo down and tell others of them, once."""
    for who in DEMO:
        if session.get(Person, who.id) is None:
            person = Person(id=who.id, name=who.name, role=str(who.role), team=who.team)
            session.add(person)
            _tell(session, person, Cause(now, HOUSE.id))


def _tell(session: Session, person: Person, cause: Cause) -> None:
    """What others need to know of a person, whole."""
    message = PersonChanged(
        person_id=person.id, name=person.name, roles=(person.role,), team=person.team, provider_id=person.provider_id,
        email=person.email, channel=person.channel, deputy=person.deputy_id, away_from=person.away_from,
        away_to=person.away_to,
    )  # fmt: skip
    put(session, "portal", person.id, message, cause)


def all_of_the_demo(session: Session) -> list[Actor]:
    """Those who may be chosen at the demo's sign-in: the house's own, and one person per provider."""
    providers = session.scalars(sa.select(Provider).order_by(Provider.name)).all()
    return [*DEMO, *(at_provider(p.id, p.name) for p in providers)]


def at_provider(provider_id: str, name: str) -> Actor:
    return Actor(f"provider-{provider_id}", name, Role.PROVIDER, provider_id=provider_id)


def addresses(who: Actor) -> tuple[str, ...]:
    """Whose bells this person hears."""
    mine = replace(who)
    if mine.role is Role.PROVIDER:
        return (f"provider:{mine.provider_id}",)
    return (f"person:{mine.id}", f"role:{mine.role}")


# how they are told
CHANNELS = ("both", "portal")


def choose_channel(session: Session, person: Person, channel: str, cause: Cause) -> None:
    """By mail and here, or here alone; the same said twice is told once. Raises Invalid."""
    if channel not in CHANNELS:
        raise Invalid({"channel": ("Vælg, hvordan du vil have besked", None)})
    if channel != (person.channel or "both"):
        person.channel = channel
        _tell(session, person, cause)


# away
@dataclass(frozen=True)
class Leave:
    """From when to when somebody is away, both days included, and who covers."""

    away_from: date
    away_to: date
    deputy_id: str

    def check(self, person: Person, deputy: Person | None, today: date) -> None:
        """Raises Invalid, naming each field. Who covers is a colleague in the same role: nobody gets a right by it."""
        wrong: dict[str, tuple[str, str | None]] = {}
        if self.away_to < self.away_from:
            wrong["away_to"] = ("Den sidste dag ligger før den første", None)
        elif self.away_to < today:
            wrong["away_to"] = ("Dagen er forbi. Skriv en dag fra i dag og frem", None)
        if deputy is None or deputy.role != person.role:
            wrong["deputy"] = ("Vælg en kollega på listen", None)
        elif deputy.id == person.id:
            wrong["deputy"] = ("Vælg en anden end den, der er væk", None)
        if wrong:
            raise Invalid(wrong)


def go_away(session: Session, person: Person, leave: Leave, today: date, cause: Cause) -> None:
    """From now on it is known who covers, here and to those who tell people of things. Raises Invalid."""
    leave.check(person, session.get(Person, leave.deputy_id), today)
    person.away_from, person.away_to, person.deputy_id = leave.away_from, leave.away_to, leave.deputy_id
    _tell(session, person, cause)


def come_back(session: Session, person: Person, cause: Cause) -> None:
    """Nobody covers any more; said twice, it is told once."""
    if person.deputy_id is None:
        return
    person.away_from = person.away_to = person.deputy_id = None
    _tell(session, person, cause)


def is_away(person: Person, today: date) -> bool:
    return bool(person.away_from and person.away_to and person.away_from <= today <= person.away_to)


def covered_by(session: Session, person_id: str, today: date) -> list[Person]:
    """Those who are away today and have said that this person covers."""
    away = sa.select(Person).where(
        Person.deputy_id == person_id, Person.away_from <= today, Person.away_to >= today, Person.id != person_id
    )
    return list(session.scalars(away.order_by(Person.name, Person.id)))


def colleagues(session: Session, person: Person) -> list[Person]:
    """Those who may cover: the same role, the own team first."""
    query = sa.select(Person).where(Person.role == person.role, Person.id != person.id)
    return sorted(session.scalars(query), key=lambda one: (one.team != person.team, one.name, one.id))
