"""What delivery (levering) tells: all that a provider says, by whatever channel."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from casework.contracts import Message, contract
from casework.contracts.values import ReportedGoal
from casework.fields import entries, field, needed, value
from casework.vocabularies.codes import Subtheme


@contract("order.answered", by="delivery", to="ordering")
class OrderAnswered(Message):
    """The provider's yes or no to a version of an order."""

    provider_id: str = needed("Udfører")
    version: int = needed("Version")
    accepted: bool = needed("Taget imod")
    reason: str | None = field("Begrundelse")
    answered_on: date = needed("Besvaret den")


@contract("status_note.submitted", by="delivery", to="followup")
class StatusNoteSubmitted(Message):
    """The provider's written status before a follow-up."""

    provider_id: str = needed("Udfører")
    submitted_on: date = needed("Sendt den")
    goals: tuple[ReportedGoal, ...] = entries("Indsatsmål")
    significant_changes: str | None = field("Væsentlige ændringer i borgerens situation")
    change_subthemes: tuple[Subtheme, ...] = entries("Relevante undertemaer", key=None)
    provider_remarks: str | None = field("Bemærkninger fra udfører")


@contract("change.reported", by="delivery", to="followup")
class ChangeReported(Message):
    """New circumstances: the caseworker decides on an extra follow-up (DEL-07)."""

    provider_id: str = needed("Udfører")
    text: str = needed("Nye forhold")
    reported_on: date = needed("Meldt den")


class Handled(StrEnum):
    """What came of an answer by message."""

    TAKEN = "taken"
    REFUSED = "refused"


@value
class WrongField:
    """One of several fields that are wrong."""

    message: str = needed("Hvad der er galt")
    rule: str | None = field("Regel")
    field: str = needed("Felt")


@value
class Problem:
    """Why an answer was refused, as the API says it (RFC 9457); in Danish, for people."""

    type: str = needed("Art")
    status: int = needed("HTTP-status")
    title: str = needed("Overskrift")
    detail: str = needed("Forklaring")
    rule: str | None = field("Regel")
    errors: tuple[WrongField, ...] = entries("Hvert felt", key=None)
    fields: tuple[str, ...] = entries("Det, som begge har rettet", key=None)
    yours: dict | None = field("Det, der blev sendt af det")  # type: ignore[type-arg]
    theirs: dict | None = field("Det, der står")  # type: ignore[type-arg]
    revision: int | None = field("Revision")
    field: str | None = field("Felt")


@contract("answer.handled", by="delivery", to="ordering", subject="provider")
class AnswerHandled(Message):
    """What came of a message from a provider's own system, to be told it by its channel."""

    provider_id: str = needed("Udfører")
    answer_id: UUID | None = field("Svarets id")  # none where it could not be read
    answer_kind: str | None = field("Svarets art")
    case_id: UUID | None = field("Sagens id")  # as the provider has written it
    outcome: Handled = needed("Udfald")
    revision: int | None = field("Revision")  # of the provider's own order, where it was taken
    problem: Problem | None = field("Afvisning")
