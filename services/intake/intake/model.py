"""What intake has on record: the citizen, and the nine short forms of the opening (handbook 3.3)."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from casework.contracts.values import Consent, Diagnosis, Document, InterventionReference, Party
from casework.database import own_base
from casework.fields import ALWAYS, Step, entries, field, step
from casework.vocabularies.codes import (
    ConsentForm,
    EnquirySource,
    GuardianshipForm,
    LegalBasis,
    Offer,
    RepresentationForm,
    Service,
    Track,
)

Base: Any = own_base("intake")


@dataclass(frozen=True)
class State:
    """The case itself, which intake owns whichever phase it begins in."""

    case_number: str | None = None
    citizen_id: UUID | None = None
    entry_phase: str | None = None
    track: Track | None = None
    team: str | None = None
    caseworker: Party | None = None
    is_confidential: bool | None = None
    linked_from: UUID | None = None
    enquiry_source: EnquirySource | None = None
    clock_began: date | None = None  # the day of the enquiry, or of the start of the assessment
    clock_due: date | None = None  # the last day asked of the scheduler
    paused_on: date | None = None
    paused_days: int | None = None
    decided_on: date | None = None
    new_date_owed: bool | None = None


class CitizenNumber(Base):
    """Which citizen a CPR number stands for: one citizen, however many cases (DAT-04)."""

    __tablename__ = "citizen_number"
    cpr_number: Mapped[str] = mapped_column(primary_key=True)
    citizen_id: Mapped[UUID] = mapped_column(unique=True)


class CaseCounter(Base):
    """The last case number given in a year."""

    __tablename__ = "case_counter"
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int] = mapped_column(sa.Integer, default=0)


@step("case", "Sagen")
class CaseStep(Step):
    """Whose case it is here, and how large; what is not changed here stays as it was when the case was opened."""

    track: Track | None = field("Spor")
    team: str | None = field("Team")
    caseworker: Party | None = field("Sagsbehandler")
    is_confidential: bool | None = field("Fortrolig")


@step("citizen", "Borger", per="citizen")
class Citizen(Step):
    """Who the case is about. One record for all cases of the citizen."""

    citizen_name: str | None = field("Borgerens navn", required=ALWAYS)
    cpr_number: str | None = field("Borgerens CPR-nummer", required=ALWAYS)
    citizen_phone: str | None = field("Borgerens telefonnummer")
    citizen_email: str | None = field("Borgerens e-mailadresse")
    citizen_address: str | None = field("Borgerens adresse", required=ALWAYS)
    age: int | None = field("Borgerens alder", computed="cpr_number", rule="EVA-10")


@step("enquiry", "Henvendelse")
class Enquiry(Step):
    """Why the case is opened, and on whose word (3.3.1–3.3.4)."""

    opening_reason: str | None = field("Årsag til sagsåbning", required=ALWAYS)
    enquiry_source: EnquirySource | None = field("Henvendelse/opfølgning/egen drift", required=ALWAYS)
    enquiry_source_contact: Party | None = field(
        "Angiv kontaktoplysninger", required="the enquiry_source asks for contact details"
    )
    enquiry_received_date: date | None = field(
        "Dato for modtagelse af henvendelsen", required="origin of enquiry_source is enquiry"
    )
    citizen_agrees_to_opening: bool | None = field("Orientering af borgeren", required="enquiry_source is not citizen")
    earlier_enquiries: str | None = field("Henvendelser forud for sagsåbningen")
    diagnoses: tuple[Diagnosis, ...] = entries("Borgerens eventuelle lægefaglige diagnoser", key=None)


@step("existing_information", "Eksisterende oplysninger")
class ExistingInformation(Step):
    """What is known and tried already (3.3.5)."""

    existing_information: str | None = field("Eksisterende oplysninger")
    current_interventions: tuple[InterventionReference, ...] = entries("Aktuelle indsatser", key=None)
    earlier_interventions: tuple[InterventionReference, ...] = entries("Tidligere indsatser", key=None)
    assistive_devices: tuple[str, ...] = entries("Hjælpemidler", key=None)
    existing_documents: tuple[Document, ...] = entries("Eksisterende dokumentation", key=None)


@step("wishes_and_purpose", "Ønsker og formål")
class WishesAndPurpose(Step):
    """What the citizen wants, and what the assessment is for (3.3.6–3.3.7)."""

    citizen_wishes: str | None = field("Borgerens ønsker for fremtiden")
    assessment_purpose: str | None = field("Formålet med udredningen", required=ALWAYS)
    analysis_question: str | None = field("Analysespørgsmål")


@step("clear_case", "Klar sag")
class ClearCase(Step):
    """Is it clear at once what help is needed (3.3.9)? A clear case is still no grant."""

    is_clear_case: bool | None = field("Klar sag", required=ALWAYS)
    clear_case_services: tuple[Service, ...] = entries(
        "Valg af ydelse ved klar sag", key=None, required="is_clear_case"
    )
    clear_case_offer: Offer | None = field("Valg af tilbud ved klar sag", required="is_clear_case")
    clear_case_legal_bases: tuple[LegalBasis, ...] = entries("Paragraffer", key=None)


@step("agreements", "Aftaler om det videre forløb")
class Agreements(Step):
    """What is agreed of meetings and who takes part (3.3.10)."""

    next_step_agreements: str | None = field("Aftaler om det videre forløb")


@step("rights", "Værgemål og repræsentation")
class Rights(Step):
    """Who holds the citizen's rights, and what the citizen has been told of them (3.3.11)."""

    has_guardian: bool | None = field("Værgemål", required=ALWAYS)
    guardianship_form: GuardianshipForm | None = field("Værgemålsform", required="has_guardian")
    guardian_contact: Party | None = field("Værges kontaktoplysninger", required="has_guardian")
    guardianship_inquiry_needed: bool | None = field("Nærmere undersøgelse af værgemål", required="not has_guardian")
    informed_of_representation_right: bool | None = field("Ret til repræsentation", required=ALWAYS)
    is_represented: bool | None = field("Repræsentation", required=ALWAYS)
    representation_form: RepresentationForm | None = field("Repræsentationsform", required="is_represented")
    representative_contact: Party | None = field("Partsrepræsentant eller bisidder", required="is_represented")
    power_of_attorney: str | None = field("Fuldmagt", required="a power of attorney is given")
    informed_of_electronic_registration: bool | None = field("Elektronisk registrering", required=ALWAYS)


@step("consent", "Samtykke")
class ConsentForms(Step):
    """From whom to obtain and with whom to share, two separate lists (3.3.12)."""

    consent_relevant: bool | None = field("Samtykke", required=ALWAYS)
    consent_form: ConsentForm | None = field("Samtykkeform", required="consent_relevant")
    consents_to_obtain: tuple[Consent, ...] = entries(
        "Indhentelse af oplysninger", key=None, required="consent_relevant"
    )
    consents_to_share: tuple[Consent, ...] = entries("Videregivelse af oplysninger", key=None)
    consent_consequences_explained: bool | None = field(
        "Konsekvenser ved manglende samtykke", required="the citizen refuses consent"
    )
    reused_information_consent: bool | None = field(
        "Samtykke til genanvendelse af oplysninger", required="information from an earlier case is reused"
    )


@step("guidance", "Helhedssyn")
class Guidance(Step):
    """What the citizen has been guided about, across the social legislation (3.3.13)."""

    guided_on_all_support: bool | None = field("Helhedssyn", required=ALWAYS)
    guidance_given: str | None = field("Helhedssyn – angiv hvilke", required="guided_on_all_support")


@step("cooperation", "Borgersamarbejde")
class Cooperation(Step):
    """What it takes for the citizen to take part, and which municipality acts and pays (3.3.14)."""

    cooperation_conditions: str | None = field("Forhold vedrørende borgersamarbejde")
    acting_municipality: Party | None = field("Anden handlekommune", required="it is another municipality")
    paying_municipality: Party | None = field("Anden betalingskommune", required="it is another municipality")


STEPS = (
    CaseStep,
    Citizen,
    Enquiry,
    ExistingInformation,
    WishesAndPurpose,
    ClearCase,
    Agreements,
    Rights,
    ConsentForms,
    Guidance,
    Cooperation,
)
