"""What can be said no to, and how. The API answers each as a problem document (RFC 9457); nothing is then changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NOBODYS_BUSINESS = "Sagen findes ikke, eller du har ikke adgang til den"
"""Said where there is no such case, and to those whose business it is not."""


class Refusal(Exception):
    """The house says no to a person or a system, for a reason that they can understand."""

    status = 422
    title = "Det kan ikke lade sig gøre"

    def __init__(self, message: str, *, rule: str | None = None, field: str | None = None, **more: Any) -> None:
        super().__init__(message)
        self.message, self.rule, self.field, self.more = message, rule, field, more

    def __str__(self) -> str:
        return " · ".join(part for part in (self.rule, self.field, self.message) if part)


class Refused(Refusal):
    """A rule of the catalogue says no: its id, the field it speaks of, and why, in words."""

    title = "Det kan ikke lade sig gøre endnu"

    def __init__(self, rule: str, field: str, message: str) -> None:
        super().__init__(message, rule=rule, field=field)


class Invalid(Refusal):
    """Values of the wrong shape. `errors` maps each field to what is wrong with it, and to the rule that says so."""

    title = "Nogle af felterne kan ikke gemmes"

    def __init__(self, errors: Mapping[str, tuple[str, str | None]]) -> None:
        self.errors = errors
        field, (message, rule) = next(iter(errors.items()))
        listed = [{"field": f, "message": m, "rule": r} for f, (m, r) in errors.items()]
        super().__init__(message, rule=rule, field=field, errors=listed)


class NotHere(Refusal):
    """The process does not expect this act or message where the case now stands."""

    status = 409
    title = "Sagen venter ikke på det her"


class NotYet(Refusal):
    """What this rests on is still under way; it is kept with the case and tried again after the next change."""

    status = 409
    title = "Noget er stadig på vej"


class Forbidden(Refusal):
    """The person is known and may not."""

    status = 403
    title = "Det må du ikke"


class NotFound(Refusal):
    """There is no such thing, or it is none of this person's business: the answer does not tell which."""

    status = 404
    title = "Siden findes ikke, eller du har ikke adgang til den"


class Stale(Refusal):
    """Somebody else saved the same field in the meantime: both versions come back, nothing is saved."""

    status = 412
    title = "En anden har rettet det samme, mens du skrev"


class TooNew(Refusal):
    """What is stored, or has come, was written by a newer release than this one, which leaves it as it is."""

    status = 503
    title = "Det her er skrevet af en nyere udgave"


class Misconfigured(Exception):
    """Settings are missing or wrong: which, where, and what was expected; one line for each."""
