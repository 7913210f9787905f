"""What people may ask of followup."""

from casework.contracts import Command, command
from casework.fields import field


@command("followup.open")
class OpenFollowup(Command):
    """Open a follow-up, planned or extra."""

    reason: str | None = field("Begrundelse")


@command("followup.conclude")
class ConcludeFollowup(Command):
    """The follow-up is done; what follows depends on its outcome."""


@command("followup.record_inspection")
class RecordInspection(Command):
    """The person-centred inspection is done (personrettet tilsyn)."""


COMMANDS = (OpenFollowup, ConcludeFollowup, RecordInspection)
