"""What intake (sagsåbning) tells: the case and the citizen, and what the opening has on record."""

from datetime import date
from uuid import UUID

from casework.contracts import Message, contract
from casework.contracts.values import Consent, Diagnosis, Document, InterventionReference, Party
from casework.fields import entries, field, needed
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

MUNICIPALITIES = {"intake.cooperation": "acting_municipality paying_municipality"}
EVERY_SERVICE = "assessment decision ordering delivery followup scheduler reporting portal"


@contract("case.opened", by="intake", to=EVERY_SERVICE, tells=MUNICIPALITIES, act=True)
class CaseOpened(Message):
    """A case exists. Every service knows every case, so that a refusal there names its rule and is no 404."""

    case_number: str = needed("Sagsnummer")
    citizen_id: UUID = needed("Borger")
    entry_phase: str = needed("Sagen begynder i")
    track: Track = needed("Spor")
    team: str | None = field("Team")
    caseworker: Party | None = field("Sagsbehandler")
    is_confidential: bool | None = field("Fortrolig")
    acting_municipality: Party | None = field("Handlekommune")
    paying_municipality: Party | None = field("Betalingskommune")
    linked_from: UUID | None = field("Udspringer af sag")
    enquiry_source: EnquirySource | None = field("Henvendelse/opfølgning/egen drift")


@contract("case.changed", by="intake", to=EVERY_SERVICE, tells=MUNICIPALITIES, act=True)
class CaseChanged(CaseOpened):
    """Track, team, caseworker, confidentiality or a municipality of the case has changed. Carries the whole anew."""


@contract("case.closed", by="intake", to=EVERY_SERVICE)
class CaseClosed(Message):
    """The case is closed; every phase stops what runs. The free text of the reason stays in intake."""

    closed_on: date = needed("Lukket den")


@contract(
    "citizen.changed",
    by="intake",
    to="assessment decision ordering followup reporting",
    subject="citizen",
    tells={"intake.citizen": "citizen_name cpr_number citizen_address citizen_phone citizen_email"},
)
class CitizenChanged(Message):
    """Name, number and address, for those who address or report the citizen."""

    citizen_name: str | None = field("Borgerens navn")
    cpr_number: str | None = field("Borgerens CPR-nummer")
    citizen_address: str | None = field("Borgerens adresse")
    citizen_phone: str | None = field("Borgerens telefonnummer")
    citizen_email: str | None = field("Borgerens e-mailadresse")


@contract("citizen.indexed", by="intake", to="portal", subject="citizen")
class CitizenIndexed(Message):
    """For lists and search, without the CPR number: a keyed hash stands for it."""

    cpr_hash: str | None = field("Nøglet spor af CPR-nummer")
    citizen_name: str | None = field("Borgerens navn")
    born_on: date | None = field("Født")


@contract(
    "enquiry.recorded",
    by="intake",
    to="assessment decision",
    tells={
        "intake.enquiry": "opening_reason enquiry_received_date enquiry_source",
        "intake.clear_case": "is_clear_case clear_case_services clear_case_offer clear_case_legal_bases",
    },
)
class EnquiryRecorded(Message):
    """Why the case was opened and when the enquiry came: straight into the letter. A clear case is no grant."""

    opening_reason: str | None = field("Årsag til sagsåbning")
    enquiry_received_date: date | None = field("Dato for modtagelse af henvendelsen")
    enquiry_source: EnquirySource | None = field("Henvendelse/opfølgning/egen drift")
    is_clear_case: bool | None = field("Klar sag")
    clear_case_services: tuple[Service, ...] = entries("Valg af ydelse ved klar sag", key=None)
    clear_case_offer: Offer | None = field("Valg af tilbud ved klar sag")
    clear_case_legal_bases: tuple[LegalBasis, ...] = entries("Paragraffer", key=None)


@contract(
    "case_opening.recorded",
    by="intake",
    to="assessment",
    tells={
        "intake.enquiry": "diagnoses",
        "intake.wishes_and_purpose": "citizen_wishes assessment_purpose analysis_question",
        "intake.existing_information": "current_interventions assistive_devices",
    },
)
class CaseOpeningRecorded(Message):
    """What the assessment builds on. What assessment has mended itself is not overwritten."""

    diagnoses: tuple[Diagnosis, ...] = entries("Borgerens eventuelle lægefaglige diagnoser", key=None)
    citizen_wishes: str | None = field("Borgerens ønsker for fremtiden")
    assessment_purpose: str | None = field("Formålet med udredningen")
    analysis_question: str | None = field("Analysespørgsmål")
    current_interventions: tuple[InterventionReference, ...] = entries("Aktuelle indsatser", key=None)
    assistive_devices: tuple[str, ...] = entries("Hjælpemidler", key=None)


@contract(
    "representation.changed",
    by="intake",
    to="assessment decision ordering",
    tells={
        "intake.rights": "has_guardian guardianship_form guardian_contact is_represented representation_form "
        "representative_contact power_of_attorney guardianship_valid_from guardianship_valid_to "
        "representation_valid_from representation_valid_to"
    },
)
class RepresentationChanged(Message):
    """Who holds the party rights: the addressee of hearing and letter."""

    has_guardian: bool | None = field("Værgemål")
    guardianship_form: GuardianshipForm | None = field("Værgemålsform")
    guardian_contact: Party | None = field("Værges kontaktoplysninger")
    is_represented: bool | None = field("Repræsentation")
    representation_form: RepresentationForm | None = field("Repræsentationsform")
    representative_contact: Party | None = field("Partsrepræsentant eller bisidder")
    power_of_attorney: str | None = field("Fuldmagt")
    guardianship_valid_from: date | None = field("Værgemålet gælder fra")
    guardianship_valid_to: date | None = field("Værgemålet gælder til og med")
    representation_valid_from: date | None = field("Repræsentationen gælder fra")
    representation_valid_to: date | None = field("Repræsentationen gælder til og med")


@contract(
    "consent.changed",
    by="intake",
    to="assessment decision ordering",
    tells={
        "intake.consent": "consents_to_obtain consents_to_share consent_form reused_information_consent "
        "consent_consequences_explained"
    },
)
class ConsentChanged(Message):
    """Two lists, never merged: from whom to obtain, with whom to share."""

    consents_to_obtain: tuple[Consent, ...] = entries("Indhentelse af oplysninger", key=None)
    consents_to_share: tuple[Consent, ...] = entries("Videregivelse af oplysninger", key=None)
    consent_form: ConsentForm | None = field("Samtykkeform")
    reused_information_consent: bool | None = field("Samtykke til genanvendelse af oplysninger")
    consent_consequences_explained: bool | None = field("Konsekvenser ved manglende samtykke")


@contract(
    "documents.recorded",
    by="intake",
    to="ordering",
    tells={"intake.existing_information": "existing_documents"},
)
class DocumentsRecorded(Message):
    """Which documents there are, so that one that must go along with an order is not forgotten (ORD-12)."""

    existing_documents: tuple[Document, ...] = entries("Eksisterende dokumentation", key=None)


@contract("intake.completed", by="intake", to="assessment")
class IntakeCompleted(Message):
    """The opening is done; the assessment may begin."""

    completed_on: date = needed("Færdig den")
