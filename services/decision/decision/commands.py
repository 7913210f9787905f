"""What people may ask of decision."""

from datetime import date

from casework.contracts import Command, command
from casework.fields import field, needed
from casework.vocabularies.codes import AppealOutcome, NoticeChannel, ReassessmentOutcome


@command("decision.decide")
class MakeDecision(Command):
    """Make the decision that is drafted."""


@command("decision.notify")
class NotifyCitizen(Command):
    """Tell the citizen: by word of mouth, by Digital Post or by letter."""

    channel: NoticeChannel = needed("Hvordan")
    received_on: date | None = field("Modtaget den")


@command("decision.demand_written")
class DemandWritten(Command):
    """The citizen wants an oral decision in writing."""

    received_on: date | None = field("Modtaget den")


@command("decision.register_complaint")
class RegisterComplaint(Command):
    """The citizen complains, orally or in writing."""

    received_on: date | None = field("Modtaget den")
    text: str | None = field("Klagen")


@command("decision.reassess")
class Reassess(Command):
    """The municipality has looked again: upheld, or changed."""

    outcome: ReassessmentOutcome = needed("Genvurdering")


@command("decision.record_appeal_outcome")
class RecordAppealOutcome(Command):
    """The appeals board (Ankestyrelsen) has ruled on a decision that was upheld and sent there."""

    outcome: AppealOutcome = needed("Ankestyrelsens afgørelse")
    decided_on: date | None = field("Afgjort den")
    reason: str | None = field("Ankestyrelsens begrundelse")


COMMANDS = (MakeDecision, NotifyCitizen, DemandWritten, RegisterComplaint, Reassess, RecordAppealOutcome)
