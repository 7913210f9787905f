"""What decision (afgørelse) tells. No reasons travel: they stay in the decision and its letter."""

from datetime import date

from casework.contracts import Message, contract
from casework.contracts.values import Intervention
from casework.fields import entries, field, needed
from casework.schema import Amount
from casework.vocabularies import vocabulary
from casework.vocabularies.codes import (
    AppealOutcome,
    DecisionBody,
    DecisionChannel,
    DecisionOutcome,
    LegalBasis,
    ReassessmentOutcome,
    TargetGroup,
)


@contract("decision.made", by="decision", to="intake assessment ordering followup reporting")
class DecisionMade(Message):
    """The authority has decided. The ids point into the assessment revision that the decision rests on."""

    number: int = needed("Afgørelse")
    decision_date: date = needed("Dato for afgørelse")
    decision_outcome: DecisionOutcome = needed("Resultat")
    fully_upheld: bool | None = field("Fuldt medhold")
    decision_body: DecisionBody | None = field("Beslutningskompetence")
    legal_bases: tuple[LegalBasis, ...] = entries("Retsregler", key=None)
    granted_interventions: tuple[Intervention, ...] = entries("Tildelt indsats")
    refused_interventions: tuple[str, ...] = entries("Afslået indsats", key=None)
    primary_target_group: TargetGroup | None = field("Borgerens primære målgruppe")
    other_target_groups: tuple[TargetGroup, ...] = entries("Borgerens øvrige målgrupper", key=None)
    notice_days: int | None = field("Varsel")
    assessment_revision: int = needed("Hviler på")


@contract("decision.notified", by="decision", to="ordering reporting")
class DecisionNotified(Message):
    """The citizen has been told; the clocks run from `received_on`."""

    number: int = needed("Afgørelse")
    channel: DecisionChannel = needed("Skriftlig eller mundtlig")
    received_on: date = needed("Modtaget den")
    has_own_payment: bool | None = field("Egenbetaling")
    own_payment_amount: Amount | None = field("Beløb for egenbetaling")
    effective_from: date | None = field("Virkning fra")


@contract("complaint.received", by="decision", to="reporting")
class ComplaintReceived(Message):
    """The citizen complains. The text stays in decision."""

    number: int = needed("Afgørelse")
    received_on: date = needed("Modtaget den")
    is_late: bool = needed("For sent")


@contract("decision.reassessed", by="decision", to="decision assessment reporting")
class DecisionReassessed(Message):
    """The municipality has looked again: upheld and forwarded, or changed and opened anew."""

    number: int = needed("Afgørelse")
    outcome: ReassessmentOutcome = needed("Genvurdering")
    forwarded_on: date | None = field("Sendt til Ankestyrelsen")


@contract("appeal.decided", by="decision", to="decision assessment reporting")
class AppealDecided(Message):
    """The appeals board (Ankestyrelsen) has ruled on a decision. Changed or returned, it is decided anew."""

    number: int = needed("Afgørelse")
    outcome: AppealOutcome = needed("Ankestyrelsens afgørelse")
    decided_on: date = needed("Afgjort den")

    @property
    def overrules(self) -> bool:
        """Is the case to be decided anew?"""
        return vocabulary("appeal-outcomes")[self.outcome].is_true("overrules")
