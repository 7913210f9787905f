"""What a provider may say of its order. `order` is the provider's id; a provider's own may be left out."""

from casework.contracts import Command, command
from casework.fields import field, needed


@command("delivery.accept", "delivery.reject")
class AnswerOrder(Command):
    """Yes or no to the version that waits for an answer."""

    order: str | None = field("Bestilling")
    version: int | None = field("Version")  # the one that was read; without it, the newest is meant
    reason: str | None = field("Begrundelse")


@command("delivery.submit_status_note")
class SubmitStatusNote(Command):
    """The draft is sent to the caseworker."""

    order: str | None = field("Bestilling")


@command("delivery.report_change")
class ReportChange(Command):
    """New circumstances that the caseworker should know of."""

    order: str | None = field("Bestilling")
    text: str = needed("Nye forhold")


COMMANDS = (AnswerOrder, SubmitStatusNote, ReportChange)
