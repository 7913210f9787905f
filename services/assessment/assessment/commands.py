"""What people may ask of assessment."""

from uuid import UUID

from casework.contracts import Command, command
from casework.contracts.values import Document
from casework.fields import entries, field, needed
from casework.vocabularies.codes import DecisionBody, Theme


@command("assessment.start")
class StartAssessment(Command):
    """Begin here, without a finished opening."""

    reason: str | None = field("Begrundelse")


@command("assessment.recommend")
class Recommend(Command):
    """Put the recommendation before the deciding body."""


@command("assessment.approve", "assessment.change", "assessment.return")
class AnswerRecommendation(Command):
    """The competent body agrees, agrees to it as it stands changed by now, or sends it back."""

    comment: str | None = field("Kommentar", help="Skal skrives, når indstillingen ændres")
    decision_body: DecisionBody | None = field("Beslutningskompetence", help="Udvalget, hvor det er det, der afgør")


@command("assessment.send_hearing")
class SendHearing(Command):
    """Hear the party on facts that are unknown to them, essential and unfavourable."""

    facts: str | None = field("Oplysninger, der høres over")
    documents: tuple[Document, ...] = entries("Sendt med", key=None)


@command("assessment.record_hearing_answer")
class RecordHearingAnswer(Command):
    """The party has answered."""

    party_hearing_response: str | None = field("Kommentarer til partshøring")


@command("assessment.pause")
class PauseAssessment(Command):
    """Stop the case-processing clock, for a reason: a doctor's statement is awaited, for instance."""

    reason: str | None = field("Begrundelse", help="Hvad venter sagen på? Borgeren kan se det i sin sag")


@command("assessment.resume")
class ResumeAssessment(Command):
    """Let the clock go on."""

    reason: str | None = field("Begrundelse")


@command("assessment.send_copy")
class SendCopy(Command):
    """The citizen has been sent a copy of investigation and assessment, before the decision (SEL § 100)."""


@command("assessment.reuse")
class Reuse(Command):
    """Take over what still holds from an earlier case of the citizen: whole themes, or single items by their path."""

    from_case: UUID = needed("Tidligere sag")
    themes: tuple[Theme, ...] = entries("Overtemaer", key=None)
    items: tuple[str, ...] = entries("Enkelte oplysninger", key=None)
    exception: str | None = field("Hjemmel uden samtykke", help="Kun hvor loven giver adgang uden samtykke")


@command("assessment.confirm_reused")
class ConfirmReused(Command):
    """These items from an earlier case are still current, and relevant to this decision."""

    items: tuple[str, ...] = entries("Oplysninger", key=None)


@command("assessment.reopen_themes")
class ReopenThemes(Command):
    """Look at these themes anew; all others stand as they are, with their own dates."""

    themes: tuple[Theme, ...] = entries("Overtemaer", key=None)


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
    SendCopy,
    Reuse,
    ConfirmReused,
    ReopenThemes,
    OfferPlan,
    CompletePlan,
)
