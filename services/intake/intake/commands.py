"""What people and systems may ask of intake."""

from datetime import date
from uuid import UUID

from casework.contracts import Command, command
from casework.contracts.values import Document, Party
from casework.fields import field, needed
from casework.vocabularies.codes import ConsentParty, EnquirySource, Track


@command("intake.open")
class OpenCase(Command):
    """Open a case, in whichever phase it begins."""

    citizen_id: UUID = needed("Borger")
    case_number: str | None = field("Sagsnummer", computed="the year and a counter")
    track: Track | None = field("Spor")
    entry_phase: str | None = field("Sagen begynder i")
    team: str | None = field("Team")
    caseworker: Party | None = field("Sagsbehandler")
    is_confidential: bool | None = field("Fortrolig")
    linked_from: UUID | None = field("Udspringer af sag")
    enquiry_source: EnquirySource | None = field("Henvendelse/opfølgning/egen drift")


@command("intake.complete")
class CompleteIntake(Command):
    """The opening is done; the assessment may begin."""


@command("intake.close")
class CloseCase(Command):
    """End the case."""

    reason: str = needed("Begrundelse")


@command("intake.withdraw_consent")
class WithdrawConsent(Command):
    """The citizen withdraws a consent, from now on."""

    consent_party: ConsentParty = needed("Hvem samtykket gælder")
    consent_party_name: Party | None = field("Angiv hvilken/hvem")


@command("intake.request_information")
class RequestInformation(Command):
    """Ask a source outside for information about the citizen, with consent or on a rule that needs none."""

    consent_party: ConsentParty = needed("Hvem der spørges")
    consent_party_name: Party | None = field("Angiv hvilken/hvem")
    about: str = needed("Hvad der spørges om")
    exception: str | None = field("Hjemmel uden samtykke", help="Kun hvor loven giver adgang uden samtykke")


@command("intake.record_information")
class RecordInformation(Command):
    """The source has answered."""

    number: int | None = field("Anmodning", help="Tomt: den ældste, som venter på svar")
    answer: Document | None = field("Svar")


@command("intake.announce_new_date")
class AnnounceNewDate(Command):
    """Tell the citizen in writing when to expect the decision, as the deadline will not be kept."""

    expected_on: date = needed("Forventet afgørelse")
    reason: str = needed("Begrundelse")


COMMANDS = (CompleteIntake, CloseCase, WithdrawConsent, RequestInformation, RecordInformation, AnnounceNewDate)
