"""What ordering has on record: one order per provider (handbook 7.2), what became of it, and the provider register."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from casework.contracts.ordering import OrderSent
from casework.contracts.values import Diagnosis, Document, Goal, OrderedIntervention, Party, ProviderTariff
from casework.credentials import Credential
from casework.database import own_base
from casework.fields import ALWAYS, Step, entries, field, needed, step, value
from casework.schema import Amount
from casework.vocabularies.codes import (
    GuardianshipForm,
    MessageFormat,
    Offer,
    ProviderChannel,
    RepresentationForm,
    SharingGround,
    SupportLevel,
    TargetGroup,
)
from ordering.commands import Billed

Base: Any = own_base("ordering")


@dataclass(frozen=True)
class State:
    """One version of a provider's order: what was sent, and what became of it."""

    order_number: str | None = None  # of the provider's order, whatever the version
    provider: Party | None = None
    decision: int | None = None  # the decision and the assessment revision that were frozen
    assessment_revision: int | None = None
    sent: OrderSent | None = None
    consented: bool | None = None  # was the citizen's consent to share there when it was sent?
    sharing_exception: str | None = None  # the ground on which it was shared without
    departments_told: tuple[Party, ...] = ()  # those for which consent was there when it was sent (ORD-11)
    accepted: bool | None = None
    answered_on: date | None = None
    answer_reason: str | None = None
    effective_on: date | None = None  # of a cancellation
    cancel_reason: str | None = None


@value
class Choice:
    """A granted intervention has been given to another provider than was decided."""

    id: str = needed("Indsats")
    provider: Party = needed("Udfører")
    decided: str | None = field("Udfører efter afgørelsen")  # the choice lapses where a later decision names another
    earlier: tuple[str, ...] = entries("Tidligere udførere", key=None)


@value
class AcuteUse:
    """An offer that is not approved is used, until a last day that the scheduler watches (ORD-13)."""

    provider_id: str = needed("Udfører")
    until: date = needed("Til og med")


@step("ledger", "Det, der er sket")
class Ledger(Step):
    """What the house itself keeps beside the orders: providers chosen anew, and what has been billed."""

    choices: tuple[Choice, ...] = entries("Valg af udfører", computed="order.interventions.provider")
    actuals: tuple[Billed, ...] = entries("Afregnet", key=None, computed="finance.import_actuals")
    files: tuple[str, ...] = entries("Indlæste filer", key=None, computed="finance.import_actuals")
    acute: tuple[AcuteUse, ...] = entries("Ikke godkendte tilbud i brug", key=None, computed="provider.changed")


@step("order", "Bestilling", per="provider")
class Order(Step):
    """The living order of one provider: carried over, and with ordering's own fields open until it is sent."""

    citizen_name: str | None = field("Borgerens navn", required=ALWAYS, carried_from="intake.citizen.citizen_name")
    cpr_number: str | None = field("Borgerens CPR-nummer", required=ALWAYS, carried_from="intake.citizen.cpr_number")
    citizen_phone: str | None = field("Borgerens telefonnummer", carried_from="intake.citizen.citizen_phone")
    citizen_email: str | None = field("Borgerens e-mailadresse", carried_from="intake.citizen.citizen_email")
    citizen_address: str | None = field(
        "Borgerens adresse", required=ALWAYS, carried_from="intake.citizen.citizen_address"
    )
    citizen_contacts: tuple[Party, ...] = entries(
        "Borgerens kontakter", key=None, carried_from="assessment.action_plan.relatives"
    )
    diagnoses: tuple[Diagnosis, ...] = entries(
        "Borgerens eventuelle lægefaglige diagnoser", key=None, carried_from="assessment.case_assessment.diagnoses"
    )
    special_information: str | None = field("Særlige oplysninger om borgeren")
    has_guardian: bool | None = field("Værgemål", required=ALWAYS, carried_from="intake.rights.has_guardian")
    guardianship_form: GuardianshipForm | None = field(
        "Værgemålsform", required="has_guardian", carried_from="intake.rights.guardianship_form"
    )
    guardian_contact: Party | None = field(
        "Værges kontaktoplysninger", required="has_guardian", carried_from="intake.rights.guardian_contact"
    )
    is_represented: bool | None = field("Repræsentation", required=ALWAYS, carried_from="intake.rights.is_represented")
    representation_form: RepresentationForm | None = field(
        "Repræsentationsform", required="is_represented", carried_from="intake.rights.representation_form"
    )
    power_of_attorney: str | None = field("Fuldmagt", carried_from="intake.rights.power_of_attorney")
    attachments: tuple[Document, ...] = entries("Vedhæftede dokumenter", key=None)
    authority_partners: tuple[Party, ...] = entries(
        "Eventuelle samarbejdspartnere i myndighed", key=None, carried_from="assessment.action_plan.authority_partners"
    )
    coordinator: Party | None = field(
        "Ansvarlig for koordinering (myndighed)", required=ALWAYS, carried_from="assessment.action_plan.coordinator"
    )
    other_interventions: str | None = field(
        "Andre indsatser", carried_from="assessment.action_plan.other_interventions"
    )
    coordination_needed: bool | None = field("Behov for koordinering", required=ALWAYS)
    provider_coordinator: Party | None = field("Ansvarlig for koordinering (udfører)", required="coordination_needed")
    relative_agreements: str | None = field(
        "Eventuelle aftaler indgået mellem borgeren og pårørende, med relevans for indsatsen"
    )
    situation_assessment: str | None = field(
        "Vurdering af borgerens situation",
        required=ALWAYS,
        carried_from="assessment.case_assessment.situation_assessment",
    )
    support_need_assessment: str | None = field(
        "Vurdering af borgerens støttebehov og indsats",
        required=ALWAYS,
        carried_from="assessment.case_assessment.support_need_assessment",
    )
    citizen_perspective: str | None = field(
        "Borgerens perspektiv på indsatsen", carried_from="assessment.case_assessment.citizen_perspective"
    )
    citizen_resources: str | None = field(
        "Borgerens ressourcer i forhold til indsatsen", carried_from="assessment.case_assessment.citizen_resources"
    )
    current_support_need: SupportLevel | None = field(
        "Borgerens aktuelle støttebehov",
        required=ALWAYS,
        carried_from="assessment.case_assessment.current_support_need",
    )
    primary_target_group: TargetGroup | None = field(
        "Borgerens primære målgruppe", required=ALWAYS, carried_from="decision.decision.primary_target_group"
    )
    other_target_groups: tuple[TargetGroup, ...] = entries(
        "Borgerens øvrige målgrupper", key=None, carried_from="decision.decision.other_target_groups"
    )
    citizen_wishes: str | None = field(
        "Borgerens ønsker for fremtiden",
        required=ALWAYS,
        carried_from="assessment.case_assessment.citizen_wishes",
    )
    intervention_purpose: str | None = field(
        "Indsatsformål", required=ALWAYS, carried_from="assessment.case_assessment.intervention_purpose"
    )
    goals: tuple[Goal, ...] = entries("Indsatsmål", required=ALWAYS, carried_from="assessment.case_assessment.goals")
    interventions: tuple[OrderedIntervention, ...] = entries(
        "Bestilte indsatser", required=ALWAYS, carried_from="decision.decision.granted_interventions"
    )
    total_expected_price: Amount | None = field(
        "Forventet pris for samlet indsats", computed="interventions.expected_price", rule="PRI-03"
    )
    finance_notified: bool | None = field("Underretning af økonomifunktion", required=ALWAYS)
    departments_notified: tuple[Party, ...] = entries(
        "Underretning af andre afdelinger og forvaltninger",
        key=None,
        required="other departments deliver interventions to coordinate",
        help="De får først besked, når borgeren har givet samtykke",
    )
    sharing_exception: SharingGround | None = field(
        "Grundlag for at videregive uden samtykke", help="Vurdér det fra sag til sag. Samtykke er hovedreglen"
    )
    sharing_exception_reason: str | None = field("Hvorfor grundlaget gælder her", required="sharing_exception")
    citizen_informed_of_sharing: date | None = field("Hvornår borgeren har fået at vide, hvad der er videregivet")
    acute_extension_agreed: bool | None = field(
        "Socialtilsynet har sagt ja til yderligere tre uger", help="Kun for et tilbud, der ikke er godkendt"
    )


STEPS = (Order, Ledger)


class ProviderRow(Base):
    """The provider register. Orders copy from it and do not refer to it."""

    __tablename__ = "provider"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    cvr: Mapped[str | None]
    p_number: Mapped[str | None]
    ean: Mapped[str | None]
    offer: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    address: Mapped[str | None]
    contact: Mapped[str | None]
    approved_until: Mapped[date | None]
    channel: Mapped[str] = mapped_column(server_default="portal")
    message_format: Mapped[str] = mapped_column(server_default="json")
    webhook_url: Mapped[str | None]
    price_from: Mapped[Decimal | None] = mapped_column(sa.Numeric(14, 2))
    price_to: Mapped[Decimal | None] = mapped_column(sa.Numeric(14, 2))
    tariffs: Mapped[list[Any]] = mapped_column(server_default="[]")
    changed_at: Mapped[datetime]


class ProviderSecretRow(Credential, Base):
    """A key by which what is sent to a provider's webhook is signed. Kept as it is: to sign takes the key itself."""

    __tablename__ = "provider_secret"
    secret: Mapped[bytes]


class ProviderLineRow(Base):
    """How many messages a provider has been sent, so that it sees what it lacks."""

    __tablename__ = "provider_line"
    provider_id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]


class NoticeRow(Base):
    """Something of which the scheduler wants a provider's system told, and the parcel by which it is."""

    __tablename__ = "provider_notice"
    notification_id: Mapped[UUID] = mapped_column(primary_key=True)
    parcel_id: Mapped[UUID] = mapped_column(index=True)


@value
class ProviderEntry:
    """What is told of a provider when it enters the register."""

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
    channel: ProviderChannel | None = field("Kanal til bestillinger", help="Tomt: portalen")
    message_format: MessageFormat | None = field("Beskedformat", help="Tomt: JSON")
    webhook_url: str | None = field("Webhook", required="channel is webhook")
    price_from: Amount | None = field("Takst fra")
    price_to: Amount | None = field("Takst til")
    tariffs: tuple[ProviderTariff, ...] = entries("Takster", key=None)
