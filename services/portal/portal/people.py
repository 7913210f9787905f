"""Who signs in. In a demo these few people, and one at each provider; else those that the directory tells of."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework.contracts.portal import PersonChanged
from casework.messaging import Cause, put
from casework.process import HOUSE, Actor, Role
from portal.model import Person, Provider

DEMO = (
    Actor("caseworker", "Karen Lund", Role.CASEWORKER),
    Actor("leader", "Ulla Berg", Role.LEADER),
    Actor("finance", "Finn Holst", Role.FINANCE),
    Actor("operator", "Drift", Role.OPERATOR),
)


def introduce(session: Session, now: datetime) -> None:
    """Write the people of the demo down and tell others of them, once."""
    for who in DEMO:
        if session.get(Person, who.id) is None:
            session.add(Person(id=who.id, name=who.name, role=str(who.role), team=who.team))
            message = PersonChanged(person_id=who.id, name=who.name, roles=(str(who.role),), team=who.team)
            put(session, "portal", who.id, message, Cause(now, HOUSE.id))


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
