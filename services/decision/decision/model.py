"""What decision has on record: the decision, its letter, and the complaint (handbook 6)."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from casework.contracts.values import Document, Intervention, Party
from casework.database import own_base
from casework.fields import ALWAYS, Step, entries, field, needed, step, value
from casework.schema import Amount
from casework.vocabularies.codes import (
    AppealOutcome,
    BillingUnit,
    DecisionBody,
    DecisionChannel,
    DecisionOutcome,
    FollowUpOutcome,
    LegalBasis,
    LetterSectionId,
    NoticeChannel,
    Precedent,
    ReassessmentOutcome,
    Service,
    ServiceFrequency,
    TargetGroup,
)

Base: Any = own_base("decision")


@value
class AppliedFor:
    """One thing that the citizen has applied for, in content and extent (handbook 6.3.3)."""

    id: str = needed()
    service: Service = needed("Ydelse")
    units_per_period: Decimal | None = field("Antal i hver periode", help="Tomt: borgeren har ikke søgt om et omfang")
    unit: BillingUnit | None = field("Enhed", required="units_per_period")
    service_frequency: ServiceFrequency | None = field("Ydelsesfrekvens", required="units_per_period")


@step("decision", "Afgørelse")
class Decision(Step):
    """What is decided, by whom, on which rules (handbook 6.1–6.2). Of interventions only the choice is made here."""

    decision_body: DecisionBody | None = field("Beslutningskompetence", required=ALWAYS)
    decision_date: date | None = field("Dato for afgørelse", required=ALWAYS)
    decision_outcome: DecisionOutcome | None = field("Resultat", required=ALWAYS)
    applied_for: tuple[AppliedFor, ...] = entries(
        "Det, der er søgt om", help="Så kan det regnes ud, om afgørelsen giver fuldt medhold"
    )
    fully_upheld: bool | None = field(
        "Fuldt medhold",
        required=ALWAYS,
        help="Regnes ud af det, der er søgt om og bevilget. Svar nej, hvis borgeren har søgt om andet eller mere",
    )
    decision_channel: DecisionChannel | None = field("Skriftlig eller mundtlig afgørelse", required=ALWAYS)
    written_grant_notice: Document | None = field(
        "Skriftlig oplysning om bevilget hjælp",
        required="a grant under SEL § 83 or § 85 is communicated verbally",
    )
    granted_interventions: tuple[Intervention, ...] = entries(
        "Tildelt indsats",
        writable=(),
        required="decision_outcome is granted or partly-refused",
        carried_from="assessment.case_assessment.interventions",
    )
    refused_interventions: tuple[Intervention, ...] = entries(
        "Afslået indsats",
        writable=(),
        required="decision_outcome is refused or partly-refused",
        carried_from="assessment.case_assessment.interventions",
    )
    legal_bases: tuple[LegalBasis, ...] = entries("Retsregler", key=None, required=ALWAYS)
    notice_days: int | None = field(
        "Varsel", required="help under SEL §§ 95, 96, 98 (or § 114 before renewal) is withdrawn or reduced"
    )
    primary_target_group: TargetGroup | None = field(
        "Borgerens primære målgruppe",
        required=ALWAYS,
        carried_from="assessment.case_assessment.primary_target_group",
    )
    other_target_groups: tuple[TargetGroup, ...] = entries(
        "Borgerens øvrige målgrupper", key=None, carried_from="assessment.case_assessment.other_target_groups"
    )
    decision_reasoning: str | None = field(
        "Begrundelse for afgørelse",
        required="not fully_upheld",
        carried_from="assessment.case_assessment.decision_reasoning",
    )


@value
class LetterSection:
    """A section of the letter in the caseworker's own words: plain text, blank lines between paragraphs, »- « for a
    list. It stands instead of the composed text, in the letter of the decision for which it was written.
    """

    id: LetterSectionId = needed("Afsnit")
    text: str | None = field("Tekst", required=ALWAYS)
    number: int | None = field("Afgørelse", computed="the composed text")
    replaces: str | None = field("Fingeraftryk af den tekst, der er rettet", computed="the composed text")


@step("decision_letter", "Afgørelsesbrev")
class DecisionLetter(Step):
    """The letter to the citizen (handbook 6.3), filled from the case; the caseworker adjusts the language (DEC-10)."""

    authority_name: str | None = field("Kommune", required=ALWAYS)
    department: str | None = field("Afdeling", required=ALWAYS)
    caseworker: Party | None = field("Sagsbehandler", required=ALWAYS)
    letter_date: date | None = field("Dato", required=ALWAYS)
    recipient: Party | None = field("Modtager", required=ALWAYS)
    letter_heading: str | None = field("Overskrift", required=ALWAYS)
    case_subject: str | None = field(
        "Hvad sagen drejer sig om", required=ALWAYS, carried_from="intake.enquiry.opening_reason"
    )
    enquiry_received_date: date | None = field(
        "Dato for modtagelse af henvendelsen",
        required="the case began with an enquiry",
        carried_from="intake.enquiry.enquiry_received_date",
    )
    party_hearing_sent_date: date | None = field(
        "Dato for partshøring",
        required="party_hearing_needed",
        carried_from="assessment.case_information.party_hearing_sent_date",
    )
    result: str | None = field("Resultat", required=ALWAYS, carried_from="decision.decision.decision_outcome")
    # codes here, whole interventions there: rules.with_the_decision carries them over
    granted_services: tuple[Service, ...] = entries("Tildelt indsats", key=None, required="something is granted")
    refused_services: tuple[Service, ...] = entries("Afslået indsats", key=None, required="something is refused")
    consequences: str | None = field("Betydning for borgeren")
    change_notification_duty: str | None = field("Oplysningspligt om ændringer")
    specific_assessment: str | None = field(
        "Den konkrete vurdering", required="not fully_upheld", carried_from="decision.decision.decision_reasoning"
    )
    weighted_facts: str | None = field("Oplysninger der er lagt vægt på", required="not fully_upheld")
    citizen_views: str | None = field(
        "Særligt om dine synspunkter", required="the citizen's views go against the decision"
    )
    legal_requirements: str | None = field("De juridiske krav", required="not fully_upheld")
    intervention_purpose: str | None = field(
        "Indsatsformål",
        required="something is granted",
        carried_from="assessment.case_assessment.intervention_purpose",
    )
    expected_follow_up: str | None = field("Opfølgning", required="something is granted")
    forward_plan: str | None = field("Plan for fremadrettet indsats")
    has_own_payment: bool | None = field("Egenbetaling", required=ALWAYS)
    own_payment_amount: Amount | None = field("Beløb for egenbetaling", required="has_own_payment")
    rules_and_practice: tuple[LegalBasis, ...] = entries(
        "Retsregler og praksis", key=None, required=ALWAYS, carried_from="decision.decision.legal_bases"
    )
    precedents: tuple[Precedent, ...] = entries("Principmeddelelser og vejledninger", key=None)
    law_extracts: tuple[Document, ...] = entries("Lovuddrag", key=None, required=ALWAYS)
    complaint_guidance: str | None = field("Klagevejledning", required="not fully_upheld")
    complaint_deadline: date | None = field("Klagefrist", required="not fully_upheld")
    attached_action_plan: Document | None = field("Handleplan vedlagt")
    contact_for_questions: str | None = field("Tvivlsspørgsmål", required=ALWAYS)
    signature: str | None = field("Med venlig hilsen", required=ALWAYS)
    sections: tuple[LetterSection, ...] = entries("Afsnit rettet i hånden")


@step("complaint", "Klage")
class Complaint(Step):
    """The complaint on the decision in force, and what came of it. Told by acts, never filled in."""

    received_on: date | None = field("Modtaget den", computed="decision.register_complaint")
    text: str | None = field("Klagen", computed="decision.register_complaint")
    outcome: ReassessmentOutcome | None = field("Genvurdering", computed="decision.reassess")
    forwarded_on: date | None = field("Sendt til Ankestyrelsen", computed="decision.reassess")
    appeal_outcome: AppealOutcome | None = field("Ankestyrelsens afgørelse", computed="decision.record_appeal_outcome")
    appeal_decided_on: date | None = field("Afgjort af Ankestyrelsen", computed="decision.record_appeal_outcome")


@dataclass(frozen=True)
class State:
    """One decision: what was decided, what the citizen was told and when, and what came of a complaint."""

    decision: Decision | None = None  # as it was made; what is recorded later is the next one's draft
    recommendation: int | None = None  # the approved recommendation that it rests on
    assessment_revision: int | None = None  # and the assessment behind that
    decided_by: str | None = None  # who made it, by name
    delegated_to: DecisionBody | None = None  # who may decide it, by the delegation scheme of its day
    follow_up: int | None = None  # the follow-up that decided it, where one did
    follow_up_outcome: FollowUpOutcome | None = None
    channel: NoticeChannel | None = None
    received_on: date | None = None
    letter: DecisionLetter | None = None  # as it was sent
    letter_sha256: str | None = None  # of the PDF that was sent
    complaint_due: date | None = None  # none while no guidance was given
    effective_from: date | None = None  # the day after a notice of reduction
    demanded_on: date | None = None
    complaint: Complaint | None = None
    complaints: int | None = None  # how many there have been
    is_late: bool | None = None


STEPS = (Decision, DecisionLetter, Complaint)


class LetterRow(Base):
    """A letter as it was sent: the PDF, what it was made of, and its checksum. Never changed, never cut."""

    __tablename__ = "letter"
    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)  # 1, 2, … where the same decision is told again
    sha256: Mapped[str]
    pdf: Mapped[bytes]
    content: Mapped[dict[str, Any]]
    channel: Mapped[str]
    made_at: Mapped[datetime]


class TemplateRow(Base):
    """One version of the municipality's own template for a section; without a text the shipped one is used again."""

    __tablename__ = "letter_template"
    section: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str | None]
    by: Mapped[str]
    actor: Mapped[str]
    at: Mapped[datetime]
