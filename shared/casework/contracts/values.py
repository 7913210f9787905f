"""What travels: the value types that the owner's record, the messages and every receiver's copy share."""

from datetime import date as Day
from decimal import Decimal

from casework.dated import Dated
from casework.fields import ALWAYS, entries, field, needed, value
from casework.schema import Amount
from casework.vocabularies.codes import (
    BillingUnit,
    Category,
    ConsentParty,
    DocumentKind,
    FollowUpFrequency,
    FollowUpInterval,
    FollowUpMode,
    GoalAttainment,
    GoalOutcome,
    GoalType,
    LegalBasis,
    Level,
    Offer,
    PartyRole,
    PriceBasis,
    PrimarySubtheme,
    RelatedSubtheme,
    ScoredSubtheme,
    Service,
    ServiceFrequency,
    SourceKind,
    Subtheme,
    Theme,
)


@value
class Party:
    """A person or an organisation, as they stood when they were named. A copy, not a reference."""

    id: str | None = field("Id")
    name: str = needed("Navn")
    role: PartyRole = needed("Rolle")
    phone: str | None = field("Telefon")
    email: str | None = field("E-mail")
    address: str | None = field("Adresse")
    cvr: str | None = field("CVR-nummer")
    p_number: str | None = field("P-nummer")
    ean: str | None = field("EAN-nummer")
    offer: Offer | None = field("Tilbud")


@value
class ProviderTariff(Dated):
    """What a provider charges for one unit (takst): one price, or from one to another."""

    offer: Offer | None = field("Tilbud", help="Tomt: alle udførerens tilbud")
    service: Service | None = field("Ydelse", help="Tomt: alle ydelser i tilbuddet")
    unit: BillingUnit = needed("Enhed")
    price: Amount | None = field("Takst")
    price_from: Amount | None = field("Takst fra")
    price_to: Amount | None = field("Takst til")

    @property
    def lowest(self) -> Amount | None:
        return self.price_from if self.price is None else self.price

    @property
    def highest(self) -> Amount | None:
        return self.price_to if self.price is None else self.price


@value
class Document:
    """A reference to a document; its bytes lie with its owner."""

    title: str = needed("Titel")
    kind: DocumentKind | None = field("Art")
    date: Day | None = field("Dato")
    journal_number: str | None = field("Journalnummer")
    source: str | None = field("Kilde")


@value
class Source:
    """From whom something is known, where it is not the citizen's own word (INT-05, ASM-10)."""

    kind: SourceKind = needed("Hvem det kommer fra")
    name: str | None = field("Navn")
    document: Document | None = field("Dokument")


@value
class Diagnosis:
    """A diagnosis made by a doctor (handbook 3.3.4)."""

    diagnosis: str = needed("Lægestillet diagnose")
    diagnosed_by: str | None = field("Hvem har stillet diagnosen")
    diagnosed_on: Day | None = field("Hvornår diagnosen er stillet")
    diagnosed_about: str | None = field("Omtrent hvornår", help="Når kun året eller måneden kendes, fx »april 2019«")
    diagnosis_document: Document | None = field("Reference til dokumenter")


@value
class InterventionReference:
    """Help that runs or has been tried, here or elsewhere, in words."""

    text: str = needed("Indsats")
    provider: Party | None = field("Udfører")


@value
class Consent:
    """Whom a consent covers (handbook 3.3.12)."""

    consent_party: ConsentParty = needed("Hvem samtykket gælder")
    consent_party_name: Party | None = field("Angiv hvilken/hvem")
    valid_from: Day | None = field("Gælder fra", help="Tomt: fra den dag, det er skrevet")
    valid_to: Day | None = field("Gælder til og med", help="Tomt: til det trækkes tilbage")
    withdrawn_on: Day | None = field("Trukket tilbage", computed="intake.withdraw_consent")


@value
class ThemeEntry:
    """What is known of one of the 11 themes, from three separate voices (ASM-09)."""

    theme: Theme = needed("Overtema")
    citizen_information: str | None = field(
        "Oplysninger fra borgeren",
        help="Borgerens egne ord, både om det, der går godt, og om det, der er svært. Skriv kun det nødvendige",
    )
    other_information: str | None = field(
        "Oplysninger fra andre", help="Hvad andre har sagt. Skriv hvem, og hvor det står, under kilder"
    )
    other_information_sources: tuple[Document, ...] = entries("Kilder til oplysninger fra andre", key=None)
    caseworker_remarks: str | None = field(
        "Sagsbehandlers bemærkninger",
        required="a theme entry is added",
        help="Iagttagelser og faglig begrundelse for niveauet. Forslag om støtte hører til i Sagsvurderingen",
    )
    highlighted_subthemes: tuple[Subtheme, ...] = entries(
        "Undertemaer", key=None, help="Forhold hører til ét tema, håndteringen af dem til et andet"
    )


@value
class FunctioningScore:
    """The level of one sub-theme of Aktivitet og deltagelse. Without a level: not sufficiently informed (ASM-08)."""

    subtheme: ScoredSubtheme = needed("Undertema")
    current_functioning_level: Level | None = field(
        "Aktuelt funktionsevneniveau",
        rule="ASM-05",
        help="0 er ingen nedsat funktionsevne, 4 fuldstændig. Kan niveauet ikke sættes endnu, så lad det stå tomt",
    )
    scored_on: Day | None = field("Dato for vurdering", help="Tomt: i dag")


@value
class CategoryAnalysis:
    """One analysis across the themes of a category (ASM-13)."""

    category: Category = needed("Udredningskategori")
    category_analysis: str | None = field("Delanalyse", required="a category analysis is added")


@value
class LevelEntry:
    """One dated level of a sub-theme, and whose judgement it is (ASM-20)."""

    subtheme: ScoredSubtheme = needed("Undertema")
    level: Level = needed("Funktionsevneniveau")
    on: Day = needed("Dato")
    by: str | None = field("Vurderet af")
    origin: str = needed("Fra")  # assessment, or the follow-up by number


NO_FFB_GOAL = "Målet tælles ikke med i resultater og kommer ikke med i FFB"


@value
class Goal:
    """A goal in the citizen's own words (indsatsmål). With type, sub-theme, levels and follow-up it is structured."""

    id: str = needed()
    goal_statement: str | None = field(
        "Borgerens målformulering",
        required="a goal is added",
        help="Borgerens egne ord: hvad gør jeg, hvor meget, hvor tit, og hvornår? Fx »Jeg laver mad to gange om ugen«",
    )
    goal_type: GoalType | None = field(
        "Måltype",
        required="a goal is added",
        costs=NO_FFB_GOAL,
        help="Udvikle: niveauet falder. Fastholde: det er det samme. Begrænse tab: det må stige, men mindre end ellers",
    )
    primary_subtheme: PrimarySubtheme | None = field(
        "Primært udredningstema",
        required="a goal is added",
        costs=NO_FFB_GOAL,
        help="Ét undertema under Aktivitet og deltagelse. Flere mål kan have det samme",
    )
    current_functioning_level: Level | None = field(
        "Aktuelt funktionsevneniveau", computed="assessment.case_information.functioning_scores", rule="GOL-04"
    )
    expected_functioning_level: Level | None = field(
        "Forventet funktionsevneniveau", required="primary_subtheme", costs=NO_FFB_GOAL
    )
    goal_follow_up_mode: FollowUpMode | None = field("Opfølgning på indsatsmål", required="a goal is added")
    goal_follow_up_interval: FollowUpInterval | None = field(
        "Opfølgningstidspunkt", required="a goal is added", costs=NO_FFB_GOAL
    )
    goal_follow_up_date: Day | None = field("Konkret dato", required="goal_follow_up_interval is specific-date")
    goal_follow_up_unit: Party | None = field("Ansvarlig for opfølgning", required="a goal is added")
    related_subthemes: tuple[RelatedSubtheme, ...] = entries("Andre relaterede udredningstemaer", key=None)

    @property
    def is_structured(self) -> bool:
        """Does it count in result data: type, primary sub-theme, both levels and a follow-up (GOL-15)?"""
        levels = (self.current_functioning_level, self.expected_functioning_level)
        followed_up = self.goal_follow_up_interval or self.goal_follow_up_date
        return bool(self.goal_type and self.primary_subtheme and followed_up) and None not in levels


@value
class PlannedGoal(Goal):
    """A goal as the action plan shows it: with the provider who helps with it (PLN-07)."""

    goal_provider: Party | None = field("Udfører – hvem støtter borgeren?", required="a provider is chosen")


@value
class Note:
    """A dated professional observation (handbook 8.2.4)."""

    id: str = needed()
    note_date: Day | None = field("Dato for notat", required="a note is added")
    note_text: str | None = field("Faglige observationer og notater", required="a note is added")
    note_author: Party | None = field("Medarbejder", required="a note is added")
    note_subthemes: tuple[Subtheme, ...] = entries("Relevante undertemaer", key=None)


@value
class Subgoal:
    """A step towards a goal, made by the provider with the citizen; it may stand under several goals (DEL-03)."""

    id: str = needed()
    subgoal_statement: str | None = field("Delmål – formulering", required="a subgoal is added")
    goal_notes: tuple[Note, ...] = entries("Dokumentation på delmål")


@value
class DeliveredGoal(Goal):
    """A goal at the provider: read-only, with the provider's own sub-goals under it (DEL-01, DEL-02)."""

    subgoals: tuple[Subgoal, ...] = entries("Delmål")


@value
class ReportedGoal(Goal):
    """A goal in a status note: what the provider says of it."""

    provider_evaluation: str | None = field("Udførers vurdering", required=ALWAYS)


@value
class FollowedUpGoal:
    """A goal at a follow-up: three voices, the level after, and what happens to it (FUP-02, FUP-03, FUP-06)."""

    id: str = needed()
    goal_statement: str | None = field("Borgerens målformulering")
    goal_type: GoalType | None = field("Måltype")
    primary_subtheme: PrimarySubtheme | None = field("Primært udredningstema")
    related_subthemes: tuple[RelatedSubtheme, ...] = entries("Andre relaterede udredningstemaer", key=None)
    transferred_current_functioning_level: Level | None = field("Overført aktuelt funktionsevneniveau")
    transferred_expected_functioning_level: Level | None = field("Overført forventet funktionsevneniveau")
    citizen_evaluation: str | None = field("Borgerens vurdering", required=ALWAYS)
    provider_evaluation: str | None = field("Udførers vurdering", required="a provider delivers")
    caseworker_evaluation: str | None = field("Sagsbehandlers vurdering", required=ALWAYS)
    current_functioning_level: Level | None = field("Aktuelt funktionsevneniveau", required=ALWAYS)
    goal_attainment: GoalAttainment | None = field("Målopfyldelse", required="the goal is due")
    goal_outcome: GoalOutcome | None = field("Fremadrettet", required=ALWAYS)


@value
class GoalResult:
    """What a concluded follow-up says of a goal, as codes (no text travels)."""

    id: str = needed()
    primary_subtheme: PrimarySubtheme | None = field("Primært udredningstema")
    current_functioning_level: Level | None = field("Aktuelt funktionsevneniveau")
    goal_attainment: GoalAttainment | None = field("Målopfyldelse")
    goal_outcome: GoalOutcome | None = field("Fremadrettet")


@value
class ServiceLine:
    """One priced service of an intervention (ydelseslinje): units × repetitions × unit price (PRI-01, PRI-04)."""

    id: str = needed()
    service: Service | None = field("Ydelse", required="a service line is added")
    service_start_date: Day | None = field("Forventet startdato for ydelser")
    service_end_date: Day | None = field("Forventet slutdato for ydelser")
    unit: BillingUnit | None = field("Enhed", required="a service line is priced")
    units_per_period: Decimal | None = field("Antal i hver periode", required="a service line is priced")
    service_frequency: ServiceFrequency | None = field("Ydelsesfrekvens", required="a service line is priced")
    repetitions: int | None = field(
        "Antal gentagelser",
        required="a service line is priced",
        help="Hvor mange perioder der regnes med, også når indsatsen ingen slutdato har",
    )
    unit_price: Amount | None = field("Enhedspris", required="a service line is priced")
    base_price: Amount | None = field(
        "Basisindsatspris", computed="units_per_period, repetitions, unit_price", rule="PRI-01"
    )


@value
class Intervention:
    """One or more services from one offer (indsats)."""

    id: str = needed()
    is_alternative: bool | None = field("Alternativ indsats")
    is_requested: bool | None = field("Borgeren har bedt om netop denne indsats")
    services: tuple[Service, ...] = entries(
        "Ydelser", key=None, required="an intervention is added", costs="Indsatsen kommer ikke med i statistik og FFB"
    )
    offer: Offer | None = field(
        "Tilbud", required="an intervention is added", costs="Indsatsen kan ikke bestilles og mangler tilbudstype i FFB"
    )
    account_number: str | None = field("Kontonummer")
    provider: Party | None = field("Udfører")
    expected_start_date: Day | None = field("Forventet startdato for indsats", required="an intervention is added")
    expected_end_date: Day | None = field("Forventet slutdato for indsats")
    without_end_date: bool | None = field("Uden slutdato", required="not expected_end_date")
    service_lines: tuple[ServiceLine, ...] = entries("Ydelseslinjer")
    expected_price: Amount | None = field(
        "Forventet pris for enkeltindsats", computed="service_lines.base_price", rule="PRI-02"
    )
    price_basis: PriceBasis | None = field(
        "Grundlag for forventet pris", help="Hvor den forventede pris kommer fra. Den aftalte pris står i bestillingen"
    )


@value
class OrderedIntervention(Intervention):
    """A granted intervention as it is ordered of one provider (handbook 7.2.5)."""

    provider_p_number: str | None = field("Udfører P-nummer")
    legal_bases: tuple[LegalBasis, ...] = entries("Paragraffer", key=None)
    provider_agreements: str | None = field("Aftaler mellem myndighed og udfører om indsatsen")
    follow_up_date: Day | None = field("Opfølgningsdato", required=ALWAYS)
    follow_up_frequency: FollowUpFrequency | None = field("Forventet hyppighed for opfølgning på indsats")
    follow_up_unit: Party | None = field("Ansvarlig for opfølgning")
    follow_up_remarks: str | None = field("Bemærkninger til opfølgningen")
    provider_ean: str | None = field("Udførers EAN nr.")
    personal_reference: str | None = field("Personreference")
    provider_account_number: str | None = field("Udførers kontonummer")
    cost_object: str | None = field("Eventuelt kostbærer")
    has_own_payment: bool | None = field("Egenbetaling")
    own_payment_rate: str | None = field("Takst for egenbetaling", required="has_own_payment")


@value
class FollowedUpIntervention(OrderedIntervention):
    """An intervention at a follow-up: brought over, with the day it really began (FUP-18)."""

    start_date: Day | None = field("Startdato for indsats")
