"""Who calls: a short token, signed by the portal (Ed25519), that says person, role, team and provider, and for whom the
person acts while they are away.

Each API checks it against its own key; no service asks another. A service's own token has the role `system`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import ParamSpec, TypeVar
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from flask import Flask, current_app, g, request
from sqlalchemy.orm import Session

from casework.confidential import Confidential
from casework.database import Database
from casework.errors import NOBODYS_BUSINESS, Forbidden, NotFound, Refusal
from casework.process import Actor, Covered, Role

P = ParamSpec("P")
R = TypeVar("R")

LIFETIME = timedelta(minutes=5)
AUDIENCE = "sagsgang"


class Unauthorised(Refusal):
    """No token, or one that does not hold."""

    status = 401
    title = "Log på igen"


def new_key() -> str:
    """A private key for a portal, PEM."""
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_key(private: str) -> str:
    """What services need to check tokens, PEM."""
    key = load_pem_private_key(private.encode(), None)
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def sign(actor: Actor, private: str, lifetime: timedelta = LIFETIME) -> str:
    """A token for one call (or a few): who acts, and as what."""
    now = datetime.now(UTC)
    claims = {
        "sub": actor.id, "name": actor.name, "role": str(actor.role), "team": actor.team,
        "provider": actor.provider_id, "aud": AUDIENCE, "iat": now, "exp": now + lifetime,
        "covers": [(one.id, one.name, one.team) for one in actor.covers],
    }  # fmt: skip
    return jwt.encode(claims, private, algorithm="EdDSA")


def read_token(token: str, public: str) -> Actor:
    """Who the token speaks for. Raises Unauthorised where it does not hold."""
    try:
        claims = jwt.decode(
            token, public, algorithms=["EdDSA"], audience=AUDIENCE, leeway=10, options={"require": ["exp"]}
        )
        covers = tuple(Covered(*one) for one in claims.get("covers", ()))
        return Actor(
            claims["sub"], claims["name"], Role(claims["role"]), claims.get("provider"), claims.get("team"), covers
        )
    except (jwt.PyJWTError, KeyError, TypeError, ValueError) as error:
        raise Unauthorised("Adgangsbeviset gælder ikke. Log på igen.") from error


Recognise = Callable[[str], Actor | None]
"""(token) -> whom it speaks for; None where it is none of its kind. Raises Unauthorised where it does not hold."""


def let_in_too(app: Flask, recognise: Recognise) -> None:
    """Let callers in by a bearer token of another kind than the portal's."""
    app.config["TOKEN_TOO"] = recognise


def actor() -> Actor:
    """Who this request acts for. Raises Unauthorised."""
    if "actor" not in g:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthorised("Der mangler et adgangsbevis")
        recognise: Recognise = current_app.config["TOKEN_TOO"]
        g.actor = recognise(token) or read_token(token, current_app.config["TOKEN_KEY"])
    who: Actor = g.actor
    return who


def only(*roles: Role) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Guard a route: these roles, and the house itself."""

    def guard(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            who = actor()
            if who.role not in (*roles, Role.SYSTEM):
                rule = "GEN-14" if who.role is Role.PROVIDER else None
                raise Forbidden("Det her må din rolle ikke", rule=rule)
            return view(*args, **kwargs)

        return guarded

    return guard


def keep_confidential(
    app: Flask,
    database: Database,
    find: Callable[[Session, UUID], Confidential | None],
    refused: Callable[[Actor, UUID], None],
) -> None:
    """Before each route of a case: to all but those whose it is, a confidential one is not there. `refused` notes the
    look. It is said as of a case that does not exist, so that nobody learns that there is one.

    Of other roles each route says itself what they may read.
    """

    @app.before_request
    def check() -> None:
        case_id = (request.view_args or {}).get("case_id")
        if case_id is None or (who := actor()).role not in (Role.CASEWORKER, Role.LEADER):
            return
        with database.reading() as session:
            confidential = find(session, case_id)
        if confidential is not None and not confidential.is_for(who):
            refused(who, case_id)
            raise NotFound(NOBODYS_BUSINESS)
