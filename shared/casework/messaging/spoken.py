"""In which version a service speaks: an older one, while those who hear it have not been upgraded."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from casework.configuration import Misconfigured
from casework.contracts import Contract, load_all

Speaks = Mapping[str, int]
"""Message -> the older version in which it is spoken."""

IN_SESSION = "speaks"
"""Where a session says how its service speaks."""


def speaks(service: str, text: str) -> Speaks:
    """`order.accepted:1,order.sent:2` as it is set for a service.

    Raises Misconfigured, naming the variable, for what is none of its messages, and for what it cannot speak.
    """
    return dict(_one(service, part) for part in filter(None, (part.strip() for part in text.split(","))))


def _one(service: str, part: str) -> tuple[str, int]:
    variable, (name, _, version) = f"{service.upper()}_SPEAKS", part.partition(":")
    if not version.isdecimal():
        raise Misconfigured(f"{variable}: her skal stå besked:version, som order.accepted:1, og ikke {part}")
    terms = load_all().get(name)
    if terms is None or service not in terms.producers:
        raise Misconfigured(f"{variable}: {name} er ingen besked, som {service} sender")
    if not 1 <= int(version) <= terms.version:
        raise Misconfigured(f"{variable}: {name} findes i version 1 til {terms.version}, og ikke i {version}")
    if not terms.versions.goes_down_to(int(version)):
        raise Misconfigured(f"{variable}: {name} kan ikke sendes i version {version}; den nyere siger for meget andet")
    return name, int(version)


def version_spoken(session: Session, terms: Contract) -> int:
    """The version in which the service of this session speaks a message."""
    asked: Speaks = session.info.get(IN_SESSION, {})
    return asked.get(terms.name, terms.version)
