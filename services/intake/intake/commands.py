"""What people and systems may ask of intake."""

from uuid import UUID

from casework.contracts import Command, command
from casework.contracts.values import Party
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
