"""What people may ask of assessment."""

from casework.contracts import Command, command
from casework.fields import field


@command("assessment.start")
class StartAssessment(Command):
    """Begin here, without a finished opening."""

    reason: str | None = field("Begrundelse")


@command("assessment.recommend")
class Recommend(Command):
    """Put the recommendation before the deciding body."""


@command("assessment.approve", "assessment.return")
class AnswerRecommendation(Command):
    """The competent body agrees, or sends it back."""

    comment: str | None = field("Kommentar")


@command("assessment.send_hearing")
class SendHearing(Command):
    """Hear the party on facts that are unknown to them, essential and unfavourable."""


@command("assessment.record_hearing_answer")
class RecordHearingAnswer(Command):
    """The party has answered."""

    party_hearing_response: str | None = field("Kommentarer til partshøring")


@command("assessment.pause")
class PauseAssessment(Command):
    """Stop the case-processing clock, for a reason."""

    reason: str | None = field("Begrundelse")


@command("assessment.resume")
class ResumeAssessment(Command):
    """Let the clock go on."""

    reason: str | None = field("Begrundelse")


@command("assessment.offer_plan")
class OfferPlan(Command):
    """The citizen has been offered an action plan."""


@command("assessment.complete_plan")
class CompletePlan(Command):
    """The action plan is final."""


COMMANDS = (
    StartAssessment,
    Recommend,
    AnswerRecommendation,
    SendHearing,
    RecordHearingAnswer,
    PauseAssessment,
    ResumeAssessment,
    OfferPlan,
    CompletePlan,
)
