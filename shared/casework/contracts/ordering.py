"""What ordering (bestilling) tells: one order per provider, the money it commits, and the provider register.

Also what intake tells ordering alone: which documents the case has, by title and kind.
"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from casework import records
from casework.contracts import Message, contract
from casework.contracts.values import Diagnosis, Document, Goal, OrderedIntervention, Party, ProviderTariff
from casework.fields import entries, field, needed, value
from casework.records import Change
from casework.schema import Amount, dump
from casework.vocabularies.codes import (
    BillingUnit,
    GuardianshipForm,
    LegalBasis,
    Offer,
    ProviderChannel,
    RepresentationForm,
    Service,
    SupportLevel,
    TargetGroup,
)

BY_SYSTEM = ("webhook", "queue")
"""The channels by which a provider's own system is reached."""


@contract("order.sent", by="ordering", to="delivery")
class OrderSent(Message):
    """One provider's part of a decision, whole: what its goals need and no more. The provider-facing schema."""

    provider_id: str = needed("Udfører")
    order_number: str = needed("Bestillingsnummer")
    version: int = needed("Version")
    sent_on: date = needed("Sendt den")
    reason: str | None = field("Hvorfor en ny version")
    citizen_name: str | None = field("Borgerens navn")
    cpr_number: str | None = field("Borgerens CPR-nummer")
    citizen_phone: str | None = field("Borgerens telefonnummer")
    citizen_email: str | None = field("Borgerens e-mailadresse")
    citizen_address: str | None = field("Borgerens adresse")
    citizen_contacts: tuple[Party, ...] = entries("Borgerens kontakter", key=None)
    diagnoses: tuple[Diagnosis, ...] = entries("Borgerens eventuelle lægefaglige diagnoser", key=None)
    special_information: str | None = field("Særlige oplysninger om borgeren")
    has_guardian: bool | None = field("Værgemål")
    guardianship_form: GuardianshipForm | None = field("Værgemålsform")
    guardian_contact: Party | None = field("Værges kontaktoplysninger")
    is_represented: bool | None = field("Repræsentation")
    representation_form: RepresentationForm | None = field("Repræsentationsform")
    power_of_attorney: str | None = field("Fuldmagt")
    attachments: tuple[Document, ...] = entries("Vedhæftede dokumenter", key=None)
    authority_partners: tuple[Party, ...] = entries("Eventuelle samarbejdspartnere i myndighed", key=None)
    coordinator: Party | None = field("Ansvarlig for koordinering (myndighed)")
    other_interventions: str | None = field("Andre indsatser")
    coordination_needed: bool | None = field("Behov for koordinering")
    provider_coordinator: Party | None = field("Ansvarlig for koordinering (udfører)")
    relative_agreements: str | None = field("Eventuelle aftaler mellem borgeren og pårørende")
    situation_assessment: str | None = field("Vurdering af borgerens situation")
    support_need_assessment: str | None = field("Vurdering af borgerens støttebehov og indsats")
    citizen_perspective: str | None = field("Borgerens perspektiv på indsatsen")
    citizen_resources: str | None = field("Borgerens ressourcer i forhold til indsatsen")
    current_support_need: SupportLevel | None = field("Borgerens aktuelle støttebehov")
    primary_target_group: TargetGroup | None = field("Borgerens primære målgruppe")
    other_target_groups: tuple[TargetGroup, ...] = entries("Borgerens øvrige målgrupper", key=None)
    citizen_wishes: str | None = field("Borgerens ønsker for fremtiden")
    intervention_purpose: str | None = field("Indsatsformål")
    goals: tuple[Goal, ...] = entries("Indsatsmål")
    interventions: tuple[OrderedIntervention, ...] = entries("Bestilte indsatser")
    total_expected_price: Amount | None = field("Forventet pris for samlet indsats")


OF_EACH_VERSION = ("provider_id", "order_number", "version", "sent_on", "reason")
"""What a version says of itself; all else is what was ordered."""


def differences(before: OrderSent, after: OrderSent) -> list[Change]:
    """What is other in a later version of an order, value by value."""
    return [c for c in records.changes(OrderSent, dump(before), dump(after)) if c.path not in OF_EACH_VERSION]


@contract("provider.chosen", by="ordering", to="ordering")
class ProviderChosen(Message):
    """Granted help has been given to another provider, who is to have an order. Told to ordering itself, at once."""

    provider_id: str = needed("Udfører")
    provider: Party = needed("Udfører")


@contract("order.accepted", by="ordering", to="followup reporting")
class OrderAccepted(Message):
    """The provider has said yes: this version is in force."""

    provider_id: str = needed("Udfører")
    provider: Party = needed("Udfører")
    version: int = needed("Version")
    goals: tuple[Goal, ...] = entries("Indsatsmål")
    interventions: tuple[OrderedIntervention, ...] = entries("Bestilte indsatser")
    intervention_purpose: str | None = field("Indsatsformål")
    citizen_wishes: str | None = field("Borgerens ønsker for fremtiden")
    current_support_need: SupportLevel | None = field("Borgerens aktuelle støttebehov")
    total_expected_price: Amount | None = field("Forventet pris for samlet indsats")


@contract("order.cancelled", by="ordering", to="delivery followup reporting")
class OrderCancelled(Message):
    """The order is called off."""

    provider_id: str = needed("Udfører")
    version: int = needed("Version")
    effective_on: date = needed("Virkning fra")


@contract("order.ended", by="ordering", to="delivery followup reporting")
class OrderEnded(Message):
    """The last day of the help is over."""

    provider_id: str = needed("Udfører")
    version: int = needed("Version")
    ended_on: date = needed("Sluttet den")


@value
class CommitmentLine:
    """One priced service line of a commitment; what an order commits is the sum of its lines, exactly."""

    id: str = needed()
    intervention: str = needed("Indsats")
    amount: Amount = needed("Beløb")
    legal_bases: tuple[LegalBasis, ...] = entries("Paragraffer", key=None)
    services: tuple[Service, ...] = entries("Ydelser", key=None)
    offer: Offer | None = field("Tilbud")
    unit: BillingUnit | None = field("Enhed")
    units_per_period: Decimal | None = field("Antal i hver periode")
    repetitions: int | None = field("Antal gentagelser")
    unit_price: Amount | None = field("Enhedspris")
    begins_on: date | None = field("Fra")
    ends_on: date | None = field("Til")
    account_string: str | None = field("Kontostreng")
    account_origin: str | None = field("Hvor kontonummeret kommer fra")
    cost_object: str | None = field("Kostbærer")
    personal_reference: str | None = field("Personreference")
    has_own_payment: bool | None = field("Egenbetaling")
    own_payment_rate: str | None = field("Takst for egenbetaling")
    own_payment_amount: Amount | None = field("Beløb for egenbetaling")


@contract("commitment.made", by="ordering", to="reporting")
class CommitmentMade(Message):
    """Money is set aside for an order and account.

    What a former version has set aside is released by itself, so that made less released is what is set aside now.
    """

    provider_id: str = needed("Udfører")
    version: int = needed("Version")
    account_number: str | None = field("Kontonummer")
    expected_price: Amount = needed("Forventet pris")
    provider_ean: str | None = field("Udførers EAN nr.")
    cost_object: str | None = field("Kostbærer")
    personal_reference: str | None = field("Personreference")
    begins_on: date | None = field("Fra")
    ends_on: date | None = field("Til")
    services: tuple[Service, ...] = entries("Ydelser", key=None)
    order_number: str | None = field("Bestillingsnummer")
    provider_name: str | None = field("Udførers navn")
    provider_cvr: str | None = field("Udførers CVR-nummer")
    provider_p_number: str | None = field("Udførers P-nummer")
    lines: tuple[CommitmentLine, ...] = entries("Linjer")


@contract("commitment.released", by="ordering", to="reporting")
class CommitmentReleased(Message):
    """Money set aside is free again."""

    provider_id: str = needed("Udfører")
    account_number: str | None = field("Kontonummer")
    amount: Amount = needed("Beløb")
    released_on: date = needed("Fra")
    version: int | None = field("Version")
    cause: str | None = field("Årsag", help="replaced, rejected, cancelled eller ended")


@contract("actuals.imported", by="ordering", to="followup reporting")
class ActualsImported(Message):
    """What has been billed on an order, per line."""

    provider_id: str = needed("Udfører")
    account_number: str | None = field("Kontonummer")
    amount: Amount = needed("Beløb")
    booked_on: date = needed("Bogført den")
    line: str | None = field("Økonomisystemets linje")
    reverses: str | None = field("Tilbagefører linje")
    file: str | None = field("Fil")


@contract("provider.changed", by="ordering", to="ordering scheduler reporting portal", subject="provider")
class ProviderChanged(Message):
    """A provider as the register has it. Secrets of a channel stay in ordering."""

    provider_id: str = needed("Udfører")
    name: str = needed("Navn")
    cvr: str | None = field("CVR-nummer")
    p_number: str | None = field("P-nummer")
    ean: str | None = field("EAN-nummer")
    offer: Offer | None = field("Tilbud")
    email: str | None = field("E-mail")
    phone: str | None = field("Telefon")
    address: str | None = field("Adresse")
    contact: str | None = field("Kontaktperson")
    approved_until: date | None = field("Godkendt af socialtilsynet til og med")
    channel: ProviderChannel | None = field("Kanal til bestillinger")
    price_from: Amount | None = field("Takst fra")
    price_to: Amount | None = field("Takst til")
    tariffs: tuple[ProviderTariff, ...] = entries("Takster", key=None)


@contract("provider_notice.handled", by="ordering", to="scheduler")
class ProviderNoticeHandled(Message):
    """A notice has been handed over to a provider's system; or it was given up, and there is a failure.

    What was given up may be sent again by an operator: then a second one says that it has been handed over.
    """

    notification_id: UUID = needed("Besked")
    provider_id: str = needed("Udfører")
    channel: ProviderChannel | None = field("Kanal", help="tom, hvor udføreren ikke har et system")
    handed_over_at: datetime | None = field("Afleveret")
    receipt: str | None = field("Kvittering")
    failure: str | None = field("Fejl")
