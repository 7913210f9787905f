"""What the portal tells: the people who sign in, how they want to be told, and who covers for them while away."""

from datetime import date

from casework.contracts import Message, contract
from casework.fields import entries, field, needed


@contract("person.changed", by="portal", to="scheduler reporting", subject="person")
class PersonChanged(Message):
    """Sign-in data, roles, team, wish for notification or deputy of a person have changed. Carries the whole anew.

    The deputy covers from the first day away to the last, both included; the three are there together or not at all.
    """

    person_id: str = needed("Person")
    name: str = needed("Navn")
    roles: tuple[str, ...] = entries("Roller", key=None)
    team: str | None = field("Team")
    provider_id: str | None = field("Udfører")
    email: str | None = field("E-mail")
    channel: str | None = field("Besked via")
    deputy: str | None = field("Afløser")
    away_from: date | None = field("Væk fra")
    away_to: date | None = field("Væk til")
