"""What intake has on record: the citizen, and the nine short forms of the opening (handbook 3.3)."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from casework.contracts.values import Consent, Diagnosis, Document, InterventionReference, Party
from casework.database import own_base
from casework.fields import ALWAYS, Step, entries, field, needed, step, value
from casework.vocabularies.codes import (
    ConsentForm,
    ConsentParty,
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
    is_near: bool | None = None  # the scheduler has said that the last day comes near
    expected_on: date | None = None  # the day that the citizen has been told in writing
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

    citizen_name: str | None = field(
        "Borgerens navn", required=ALWAYS, costs="Brevet og bestillingen kan ikke stiles til nogen"
    )
    cpr_number: str | None = field(
        "Borgerens CPR-nummer",
        required=ALWAYS,
        costs="Borgeren kan ikke findes igen, og sagen kommer hverken med i FFB eller i statistikken",
    )
    citizen_phone: str | None = field("Borgerens telefonnummer")
    citizen_email: str | None = field("Borgerens e-mailadresse")
    citizen_address: str | None = field(
        "Borgerens adresse", required=ALWAYS, costs="Afgørelsen kan ikke sendes med post"
    )
    age: int | None = field("Borgerens alder", computed="cpr_number", rule="EVA-10")


@step("enquiry", "Henvendelse")
class Enquiry(Step):
    """Why the case is opened, and on whose word (3.3.1–3.3.4)."""

    opening_reason: str | None = field(
        "Årsag til sagsåbning",
        required=ALWAYS,
        costs="Årsagen mangler i sagsvurdering, indstilling og afgørelsesbrev",
        help="Hvad handler sagen om, set med borgerens øjne? Problemet og det behov, der følger af det",
    )
    enquiry_source: EnquirySource | None = field(
        "Henvendelse/opfølgning/egen drift",
        required=ALWAYS,
        costs="Ingen kan se, hvordan sager begynder",
        help="Sagen kan også begynde uden ansøgning: kommunen kan selv have set behovet",
    )
    enquiry_source_contact: Party | None = field(
        "Angiv kontaktoplysninger", required="the enquiry_source asks for contact details"
    )
    enquiry_received_date: date | None = field(
        "Dato for modtagelse af henvendelsen",
        required="origin of enquiry_source is enquiry",
        costs="Sagsbehandlingsfristen løber ikke, og datoen mangler i brevet",
        help="Den dag, henvendelsen kom. Sagsbehandlingsfristen regnes herfra",
    )
    citizen_agrees_to_opening: bool | None = field(
        "Orientering af borgeren",
        required="enquiry_source is not citizen",
        help="Når andre end borgeren henvender sig, skal borgeren spørges først",
    )
    earlier_enquiries: str | None = field(
        "Henvendelser forud for sagsåbningen",
        help="Hvem har henvendt sig før, og om hvad? Kun det, der har betydning for denne sag",
    )
    diagnoses: tuple[Diagnosis, ...] = entries(
        "Borgerens eventuelle lægefaglige diagnoser",
        key=None,
        help="Kun diagnoser, som en læge har stillet, og som har betydning for sagen",
    )


@step("existing_information", "Eksisterende oplysninger")
class ExistingInformation(Step):
    """What is known and tried already (3.3.5)."""

    existing_information: str | None = field(
        "Eksisterende oplysninger", help="Det, kommunen ved i forvejen, og som stadig har betydning for sagen"
    )
    current_interventions: tuple[InterventionReference, ...] = entries("Aktuelle indsatser", key=None)
    earlier_interventions: tuple[InterventionReference, ...] = entries("Tidligere indsatser", key=None)
    assistive_devices: tuple[str, ...] = entries(
        "Hjælpemidler",
        key=None,
        help="Ét hjælpemiddel på hver linje. De tælles med, når niveauet sættes under Aktivitet og deltagelse",
    )
    existing_documents: tuple[Document, ...] = entries("Eksisterende dokumentation", key=None)


@step("wishes_and_purpose", "Ønsker og formål")
class WishesAndPurpose(Step):
    """What the citizen wants, and what the assessment is for (3.3.6–3.3.7)."""

    citizen_wishes: str | None = field(
        "Borgerens ønsker for fremtiden",
        help="Helst med borgerens egne ord. Er det andre, der fortæller det, så skriv hvem som kilde",
    )
    assessment_purpose: str | None = field(
        "Formålet med udredningen",
        required=ALWAYS,
        costs="Udredningen har ingen retning, og formålet mangler i indstillingen",
        help="Hvad skal udredningen give svar på, og hvorfor?",
    )
    analysis_question: str | None = field(
        "Analysespørgsmål", help="Det spørgsmål, som vurderingen til sidst skal besvare. Det kan ændres undervejs"
    )


@step("clear_case", "Klar sag")
class ClearCase(Step):
    """Is it clear at once what help is needed (3.3.9)? A clear case is still no grant."""

    is_clear_case: bool | None = field(
        "Klar sag",
        required=ALWAYS,
        help="Kun når det er helt klart, hvilken støtte der skal til. En klar sag er ikke en bevilling",
    )
    clear_case_services: tuple[Service, ...] = entries(
        "Valg af ydelse ved klar sag", key=None, required="is_clear_case", help="Kan kun vælges, når sagen er klar"
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
    guardian_contact: Party | None = field(
        "Værges kontaktoplysninger",
        required="has_guardian",
        costs="Høring og afgørelse kan blive sendt til den forkerte",
    )
    guardianship_inquiry_needed: bool | None = field(
        "Nærmere undersøgelse af værgemål",
        required="not has_guardian",
        help="Kan borgeren ikke selv varetage sine interesser, skal behovet for værge undersøges",
    )
    informed_of_representation_right: bool | None = field(
        "Ret til repræsentation",
        required=ALWAYS,
        help="Borgeren kan have en bisidder med og lade sig repræsentere. Det skal være sagt",
    )
    is_represented: bool | None = field("Repræsentation", required=ALWAYS)
    representation_form: RepresentationForm | None = field(
        "Repræsentationsform",
        required="is_represented",
        help="En bisidder støtter borgeren. En partsrepræsentant handler på borgerens vegne og får brevene",
    )
    representative_contact: Party | None = field(
        "Partsrepræsentant eller bisidder",
        required="is_represented",
        costs="Høring og afgørelse kan blive sendt til den forkerte",
    )
    power_of_attorney: str | None = field(
        "Fuldmagt",
        required="a power of attorney is given",
        help="Hvad fuldmagten dækker, fx indsigt i alt eller kopi af breve",
    )
    guardianship_valid_from: date | None = field("Værgemålet gælder fra")
    guardianship_valid_to: date | None = field("Værgemålet gælder til og med")
    representation_valid_from: date | None = field("Repræsentationen gælder fra")
    representation_valid_to: date | None = field("Repræsentationen gælder til og med")
    informed_of_electronic_registration: bool | None = field("Elektronisk registrering", required=ALWAYS)


@step("consent", "Samtykke")
class ConsentForms(Step):
    """From whom to obtain and with whom to share, two separate lists (3.3.12)."""

    consent_relevant: bool | None = field("Samtykke", required=ALWAYS)
    consent_form: ConsentForm | None = field("Samtykkeform", required="consent_relevant")
    consents_to_obtain: tuple[Consent, ...] = entries(
        "Indhentelse af oplysninger",
        key=None,
        required="consent_relevant",
        costs="Der kan ikke hentes oplysninger",
        help="Fra hvem må der hentes oplysninger? Kun dem på listen må spørges",
    )
    consents_to_share: tuple[Consent, ...] = entries(
        "Videregivelse af oplysninger", key=None, help="Til hvem må der gives oplysninger? Det er en liste for sig"
    )
    consent_consequences_explained: bool | None = field(
        "Konsekvenser ved manglende samtykke",
        required="the citizen refuses consent",
        help="Siger borgeren nej, skal det forklares, hvad det betyder for afgørelsen",
    )
    reused_information_consent: bool | None = field(
        "Samtykke til genanvendelse af oplysninger",
        required="information from an earlier case is reused",
        costs="Oplysninger fra en tidligere sag kan ikke genbruges",
    )


@step("guidance", "Helhedssyn")
class Guidance(Step):
    """What the citizen has been guided about, across the social legislation (3.3.13)."""

    guided_on_all_support: bool | None = field("Helhedssyn", required=ALWAYS)
    guidance_given: str | None = field(
        "Helhedssyn – angiv hvilke",
        required="guided_on_all_support",
        help="Nævn de bestemmelser og den anden hjælp, borgeren er vejledt om",
    )


@step("cooperation", "Borgersamarbejde")
class Cooperation(Step):
    """What it takes for the citizen to take part, and which municipality acts and pays (3.3.14)."""

    cooperation_conditions: str | None = field(
        "Forhold vedrørende borgersamarbejde",
        help="Hvad skal der til, for at borgeren kan være med? Tolk, sted, tidspunkt, ledsager",
    )
    acting_municipality: Party | None = field("Anden handlekommune", required="it is another municipality")
    paying_municipality: Party | None = field("Anden betalingskommune", required="it is another municipality")


@value
class InformationRequest:
    """What has been asked of a source outside, and on what ground: the citizen's consent, or a rule (INT-19)."""

    id: str = needed()
    number: int = needed("Anmodning")
    consent_party: ConsentParty = needed("Hvem der spørges")
    consent_party_name: Party | None = field("Angiv hvilken/hvem")
    about: str = needed("Hvad der spørges om")
    exception: str | None = field("Hjemmel uden samtykke")
    asked_on: date = needed("Spurgt den")
    answered_on: date | None = field("Besvaret den")
    answer: Document | None = field("Svar")


@value
class NewDate:
    """When the citizen was told in writing to expect the decision, and with which words (RSL § 3, stk. 2)."""

    expected_on: date = needed("Forventet afgørelse")
    told_on: date = needed("Besked den")
    text: str = needed("Besked")


@step("ledger", "Det, der er sket")
class Ledger(Step):
    """What the house itself keeps beside the forms: requests for information, and new dates told."""

    requests: tuple[InformationRequest, ...] = entries("Anmodninger", computed="intake.request_information")
    new_dates: tuple[NewDate, ...] = entries("Nye datoer", key=None, computed="intake.announce_new_date")


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
    Ledger,
)
