"""What delivery (levering) tells: all that a provider says, by whatever channel."""

from datetime import date

from casework.contracts import Message, contract
from casework.contracts.values import ReportedGoal
from casework.fields import entries, field, needed
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
