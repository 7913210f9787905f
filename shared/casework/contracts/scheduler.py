"""What the scheduler tells: that a day comes near, has come, is over; and that somebody has been told."""

from datetime import date, datetime

from casework.contracts import Message, contract
from casework.fields import field, needed


@contract("deadline.approaching", by="scheduler", to="intake followup portal")
class DeadlineApproaching(Message):
    """The first threshold before a deadline is reached."""

    kind: str = needed("Frist")
    key: str = needed("Nøgle")
    due: date = needed("Dato")


@contract("deadline.due", by="scheduler", to="decision portal")
class DeadlineDue(Message):
    """The day has come."""

    kind: str = needed("Frist")
    key: str = needed("Nøgle")
    due: date = needed("Dato")


@contract("deadline.missed", by="scheduler", to="intake decision ordering reporting portal")
class DeadlineMissed(Message):
    """The day is over, whole, and nothing has come."""

    kind: str = needed("Frist")
    key: str = needed("Nøgle")
    due: date = needed("Dato")


@contract("notification.sent", by="scheduler", to="portal", subject="person")
class NotificationSent(Message):
    """Somebody has been told, or it was given up after the fallback."""

    kind: str = needed("Besked om")
    to: str = needed("Til")
    channel: str = needed("Kanal")
    sent_at: datetime = needed("Sendt")
    case_id: str | None = field("Sag")
    failure: str | None = field("Fejl")
