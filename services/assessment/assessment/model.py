"""What assessment has on record: Sagsoplysning, Sagsvurdering, Indstilling and Handleplan (handbook 4, 5)."""

from dataclasses import dataclass
from datetime import date, datetime

from casework.contracts.values import (
    CategoryAnalysis,
    Diagnosis,
    Document,
    FunctioningScore,
    Goal,
    Intervention,
    LevelEntry,
    Party,
    PlannedGoal,
    ThemeEntry,
)
from casework.fields import ALWAYS, Step, entries, field, needed, step, value
from casework.schema import Amount
from casework.vocabularies.codes import (
    ActionPlanStatus,
    DecisionBody,
    DecisionOutcome,
    GuardianshipForm,
    RepresentationForm,
    SupportLevel,
    TargetGroup,
    Theme,
)


@dataclass(frozen=True)
class State:
    """One recommendation: what was put forward, and what became of it."""

    recommended_on: date | None = None
    recommended_by: str | None = None
    recommended_outcome: DecisionOutcome | None = None
    decision_body: DecisionBody | None = None  # who may decide it, by the delegation scheme of that day
    assessment_revision: int | None = None
    interventions: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    approved: bool | None = None
    is_changed: bool | None = None  # approved otherwise than it was put forward
    comment: str | None = None


@value
class Hearing:
    """One party hearing (FVL § 19): to whom, by when, and the answer."""

    id: str = needed()
    number: int = needed("Partshøring")
    to: Party = needed("Til")
    sent_on: date = needed("Sendt den")
    answer_due: date = needed("Svar senest")
    facts: str | None = field("Oplysninger, der høres over")
    documents: tuple[Document, ...] = entries("Sendt med", key=None)
    answered_on: date | None = field("Besvaret den")
    response: str | None = field("Svar")


@value
class Reused:
    """One item that was taken over from an earlier case, and whether somebody has said that it still holds (GEN-08)."""

    id: str = needed()  # its path, as `case_information.theme_entries[relations]`
    case_number: str | None = field("Fra sag")
    outcome: DecisionOutcome | None = field("Resultatet dengang")
    recorded_at: datetime | None = field("Skrevet")
    taken_on: date = needed("Genbrugt den")
    confirmed_on: date | None = field("Bekræftet den")


@value
class Reopened:
    """A theme to be looked at anew in this round; all others stand with their own dates (ASM-19)."""

    theme: Theme = needed("Overtema")
    reopened_on: date = needed("Genåbnet den")


@step("ledger", "Det, der er sket")
class Ledger(Step):
    """What the house itself keeps beside the forms: level history, hearings, pauses, what was reused, plans."""

    levels: tuple[LevelEntry, ...] = entries("Niveauer", key=None, computed="functioning_scores and follow-ups")
    hearings: tuple[Hearing, ...] = entries("Partshøringer", computed="assessment.send_hearing")
    paused_on: date | None = field("Sat i bero", computed="assessment.pause")
    pause_reason: str | None = field("Venter på", computed="assessment.pause")
    copy_sent_on: date | None = field("Kopi sendt til borgeren", computed="assessment.send_copy")
    reused: tuple[Reused, ...] = entries("Genbrugt fra en tidligere sag", computed="assessment.reuse")
    reopened: tuple[Reopened, ...] = entries("Genåbnede temaer", key="theme", computed="assessment.reopen_themes")
    plan_offered_on: date | None = field("Handleplan tilbudt", computed="assessment.offer_plan")
    plans_completed: int | None = field("Færdige handleplaner", computed="assessment.complete_plan")
    plan_to_update: bool | None = field("Handleplan skal opdateres", computed="followup.concluded")


@value
class PlanOnRecord:
    """A final plan as it was made: new goals are held against it (GOL-17), and changes seen by it (PLN-08)."""

    id: str = needed()  # the case's
    case_number: str | None = field("Sag")
    number: int = needed("Handleplan")
    completed_on: date = needed("Færdig den")
    intervention_purpose: str | None = field("Indsatsformål")
    goals: tuple[Goal, ...] = entries("Indsatsmål")
    interventions: tuple[Intervention, ...] = entries("Indsatser")
    citizen_address: str | None = field("Borgerens adresse")


@step("plans", "Borgerens handleplaner", per="citizen")
class CitizenPlans(Step):
    """The newest final plan of each of the citizen's cases: one plan across decisions is the aim (PLN-06)."""

    plans: tuple[PlanOnRecord, ...] = entries("Handleplaner", computed="assessment.complete_plan")


@step("case_information", "Sagsoplysning")
class CaseInformation(Step):
    """What is known, per theme, from three voices, with levels (handbook 4.3)."""

    opening_reason: str | None = field(
        "Årsag til sagsåbning", required=ALWAYS, carried_from="intake.enquiry.opening_reason"
    )
    diagnoses: tuple[Diagnosis, ...] = entries(
        "Borgerens eventuelle lægefaglige diagnoser", key=None, carried_from="intake.enquiry.diagnoses"
    )
    citizen_wishes: str | None = field(
        "Borgerens ønsker for fremtiden", carried_from="intake.wishes_and_purpose.citizen_wishes"
    )
    assessment_purpose: str | None = field(
        "Formålet med udredningen", required=ALWAYS, carried_from="intake.wishes_and_purpose.assessment_purpose"
    )
    analysis_question: str | None = field(
        "Analysespørgsmål", carried_from="intake.wishes_and_purpose.analysis_question"
    )
    theme_entries: tuple[ThemeEntry, ...] = entries(
        "Oplysning af relevante udredningstemaer",
        key="theme",
        required="the theme is relevant to the decision",
        costs="Sagen er ikke oplyst, og afgørelsen har intet at hvile på",
        help="Kun de temaer, der har betydning for afgørelsen. De andre kan stå tomme",
    )
    functioning_scores: tuple[FunctioningScore, ...] = entries(
        "Funktionsevneniveau for relevante undertemaer",
        key="subtheme",
        required="an activity-and-participation sub-theme is relevant",
        costs="Ingen mål kan måles, og udviklingen kan ikke ses ved opfølgningen",
        help="Med hjælpemidler, men uden hjælp fra familie, netværk og nuværende indsatser",
    )
    category_analyses: tuple[CategoryAnalysis, ...] = entries(
        "Delanalyse på kategorien",
        key="category",
        help="Højst én for hver kategori: sammenhænge og modsætninger på tværs af temaerne",
    )
    analysis_drafts: tuple[CategoryAnalysis, ...] = entries(
        "Bemærkninger samlet til delanalyse",
        key="category",
        computed="theme_entries.caseworker_remarks",
        rule="ASM-14",
    )
    supplementary_assessments: tuple[Document, ...] = entries("Målgruppespecifikke udredningsmetoder", key=None)
    omitted_information: str | None = field(
        "Oplysninger der ikke tillægges vægt",
        required="information the citizen wanted included is left out",
        help="Hvad ville borgeren have med, og hvorfor er det udeladt?",
    )
    party_hearing_needed: bool | None = field(
        "Partshøring",
        required=ALWAYS,
        costs="Ingen kan se, om partshøring er overvejet. Mangler den, kan afgørelsen være ugyldig",
        help="Er der oplysninger, som borgeren ikke kender, og som er væsentlige og til ugunst?",
    )
    party_hearing_sent_date: date | None = field("Dato for partshøring", required="party_hearing_needed")
    party_hearing_response: str | None = field("Kommentarer til partshøring")


@value
class SpecialistAnswer:
    """The answer to one question of a specialist question set, which the municipality has written."""

    question: str = needed("Spørgsmål")
    answer: str | None = field("Svar", required="an answer is added")


@step("question_sets", "Specialspørgsmål")
class QuestionSets(Step):
    """Answers to the questions that the track asks in this field (misuse, brain injury, …)."""

    answers: tuple[SpecialistAnswer, ...] = entries("Svar", key="question")


@step("case_assessment", "Sagsvurdering")
class CaseAssessment(Step):
    """Situation, goals, need and help, judged together (handbook 5.3–5.10)."""

    opening_reason: str | None = field(
        "Årsag til sagsåbning", required=ALWAYS, carried_from="assessment.case_information.opening_reason"
    )
    diagnoses: tuple[Diagnosis, ...] = entries(
        "Borgerens eventuelle lægefaglige diagnoser", key=None, carried_from="assessment.case_information.diagnoses"
    )
    citizen_wishes: str | None = field(
        "Borgerens ønsker for fremtiden", carried_from="assessment.case_information.citizen_wishes"
    )
    assessment_purpose: str | None = field(
        "Formålet med udredningen", required=ALWAYS, carried_from="assessment.case_information.assessment_purpose"
    )
    analysis_question: str | None = field(
        "Analysespørgsmål", carried_from="assessment.case_information.analysis_question"
    )
    theme_remarks: tuple[str, ...] = entries(
        "Sagsbehandlers bemærkninger", key=None, computed="case_information.theme_entries", rule="ASM-14"
    )
    category_analyses: tuple[CategoryAnalysis, ...] = entries(
        "Delanalyse på kategorien", key="category", carried_from="assessment.case_information.category_analyses"
    )
    situation_assessment: str | None = field(
        "Vurdering af borgerens situation",
        required=ALWAYS,
        costs="Indstilling og bestilling mangler vurderingen af borgerens situation",
        help="Sammenfat og analysér på tværs. Nye oplysninger hører til i Sagsoplysningen",
    )
    intervention_purpose: str | None = field(
        "Indsatsformål",
        required="support is proposed",
        costs="Handleplan, brev og bestilling mangler formålet",
        help="Det overordnede formål med al indsatsen, uden frist og uden niveau",
    )
    goals: tuple[Goal, ...] = entries(
        "Indsatsmål",
        required="support is proposed",
        costs="Der er intet at følge op på, og ingen mål i FFB",
        help="Hvad borgeren selv gør, når målet er nået. Støtten er midlet, ikke målet",
    )
    support_need_assessment: str | None = field(
        "Vurdering af borgerens støttebehov og indsats",
        required=ALWAYS,
        help="Svar på analysespørgsmålet: hvilken støtte skal til, og hvorfor er borgeren berettiget eller ikke?",
    )
    is_entitled: bool | None = field(
        "Berettigelse til støtte", required=ALWAYS, costs="Ingen kan se, om borgeren er berettiget til støtten"
    )
    quality_standard_deviation: str | None = field(
        "Fravigelse af kvalitetsstandard/serviceniveau",
        help="Er det overvejet at fravige serviceniveauet i netop denne sag?",
    )
    other_legislation_checked: str | None = field(
        "Undersøgt hjælp efter anden lovgivning",
        required="help is refused with reference to other legislation",
        help="Hvad er undersøgt, og hos hvem? Kan hjælpen faktisk gives?",
    )
    decision_reasoning: str | None = field(
        "Begrundelse for afgørelse", help="Til borgeren: hvorfor bliver afgørelsen, som den gør? Skriv til et du"
    )
    earlier_result_explanation: str | None = field(
        "Forklaring på forskel fra tidligere afgørelse",
        help="Når de samme oplysninger førte til det modsatte resultat i en tidligere sag (GEN-09)",
    )
    has_civil_society_support: bool | None = field("Indsatser i civilsamfundet")
    civil_society_support: str | None = field(
        "Indsatser i civilsamfundet – skriv hvilke",
        required="has_civil_society_support",
        help="Foreninger, frivillige, netværk. Pårørende kan ikke pålægges at hjælpe",
    )
    citizen_perspective: str | None = field("Borgerens perspektiv på indsatsen")
    citizen_resources: str | None = field(
        "Borgerens ressourcer i forhold til indsatsen",
        help="Det, borgeren kan og er god til, og som indsatsen kan bygge på",
    )
    primary_target_group: TargetGroup | None = field(
        "Borgerens primære målgruppe",
        required=ALWAYS,
        costs="Sagen får ingen række i statistikken og mangler målgruppe i FFB",
        help="Én gruppe: den, som indsatsen handler om. Vælg en anden, når sagen handler om noget andet",
    )
    other_target_groups: tuple[TargetGroup, ...] = entries("Borgerens øvrige målgrupper", key=None)
    interventions: tuple[Intervention, ...] = entries(
        "Indsatser", required="is_entitled", costs="Der er intet at bevilge, bestille eller disponere"
    )
    total_expected_price: Amount | None = field(
        "Forventet pris for samlet indsats", computed="interventions.expected_price", rule="PRI-03"
    )
    action_plan_offered: bool | None = field(
        "Borgerens § 141-handleplan",
        required=ALWAYS,
        costs="Ingen kan se, om pligten til at tilbyde en handleplan er opfyldt",
        help="Over for nogle borgere er det en pligt at tilbyde en plan",
    )
    action_plan_not_offered_reason: str | None = field("Begrund hvorfor ikke", required="not action_plan_offered")
    action_plan_wanted: bool | None = field("Borgerens ønsker til handleplan", required="action_plan_offered")
    action_plan_status: ActionPlanStatus | None = field("Status på handleplan", required="action_plan_wanted")
    holistic_plan_offered: bool | None = field("Helhedsorienteret handleplan")
    holistic_plan_wanted: bool | None = field(
        "Borgerens ønsker til helhedsorienteret handleplan", required="holistic_plan_offered"
    )
    holistic_plan_status: ActionPlanStatus | None = field(
        "Status for helhedsorienteret handleplan", required="holistic_plan_wanted"
    )
    current_support_need: SupportLevel | None = field(
        "Borgerens aktuelle støttebehov",
        required=ALWAYS,
        costs="Støttebehovet mangler i FFB, og en ændring kan ikke ses ved opfølgningen",
        help="Behovet i denne sag, også når andre hjælper, eller borgeren siger nej. Følger ikke af niveauerne",
    )


@step("recommendation", "Indstilling")
class Recommendation(Step):
    """What is put before the deciding body, filled from what is there (handbook 5.11)."""

    diagnoses: tuple[Diagnosis, ...] = entries(
        "Borgerens eventuelle lægefaglige diagnoser", key=None, carried_from="assessment.case_assessment.diagnoses"
    )
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
    acting_municipality: Party | None = field(
        "Anden handlekommune",
        required="it is another municipality",
        carried_from="intake.cooperation.acting_municipality",
    )
    paying_municipality: Party | None = field(
        "Anden betalingskommune",
        required="it is another municipality",
        carried_from="intake.cooperation.paying_municipality",
    )
    attachments: tuple[Document, ...] = entries("Vedhæftede dokumenter", key=None)
    income_basis: str | None = field(
        "Forsørgelsesgrundlag", help="Hvad borgeren lever af for tiden, fx løn, sygedagpenge eller pension"
    )
    opening_reason: str | None = field(
        "Årsag til sagsåbning", required=ALWAYS, carried_from="assessment.case_assessment.opening_reason"
    )
    citizen_wishes: str | None = field(
        "Borgerens ønsker for fremtiden", carried_from="assessment.case_assessment.citizen_wishes"
    )
    assessment_purpose: str | None = field(
        "Formålet med udredningen", required=ALWAYS, carried_from="assessment.case_assessment.assessment_purpose"
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
    has_civil_society_support: bool | None = field(
        "Indsatser i civilsamfundet", carried_from="assessment.case_assessment.has_civil_society_support"
    )
    civil_society_support: str | None = field(
        "Indsatser i civilsamfundet – skriv hvilke", carried_from="assessment.case_assessment.civil_society_support"
    )
    citizen_perspective: str | None = field(
        "Borgerens perspektiv på indsatsen", carried_from="assessment.case_assessment.citizen_perspective"
    )
    citizen_resources: str | None = field(
        "Borgerens ressourcer i forhold til indsatsen", carried_from="assessment.case_assessment.citizen_resources"
    )
    intervention_purpose: str | None = field(
        "Indsatsformål", required="support is proposed", carried_from="assessment.case_assessment.intervention_purpose"
    )
    goals: tuple[Goal, ...] = entries(
        "Indsatsmål", required="support is proposed", carried_from="assessment.case_assessment.goals"
    )
    interventions: tuple[Intervention, ...] = entries(
        "Indstilling til indsats",
        required="support is proposed",
        carried_from="assessment.case_assessment.interventions",
    )
    total_expected_price: Amount | None = field(
        "Forventet pris for samlet indsats", computed="interventions.expected_price", rule="PRI-03"
    )
    recommended_outcome: DecisionOutcome | None = field("Indstilling til indsats eller afslag", required=ALWAYS)
    alternative_recommendations: tuple[Intervention, ...] = entries(
        "Eventuelle alternative indstillinger", computed="case_assessment.interventions", rule="EVA-15"
    )
    action_plan_offered: bool | None = field(
        "Borgerens § 141-handleplan", required=ALWAYS, carried_from="assessment.case_assessment.action_plan_offered"
    )
    action_plan_wanted: bool | None = field(
        "Borgerens ønsker til handleplan",
        required="action_plan_offered",
        carried_from="assessment.case_assessment.action_plan_wanted",
    )
    action_plan_status: ActionPlanStatus | None = field(
        "Status på handleplan",
        required="action_plan_wanted",
        carried_from="assessment.case_assessment.action_plan_status",
    )
    holistic_plan_offered: bool | None = field(
        "Helhedsorienteret handleplan", carried_from="assessment.case_assessment.holistic_plan_offered"
    )
    holistic_plan_wanted: bool | None = field(
        "Borgerens ønsker til helhedsorienteret handleplan",
        carried_from="assessment.case_assessment.holistic_plan_wanted",
    )
    holistic_plan_status: ActionPlanStatus | None = field(
        "Status for helhedsorienteret handleplan", carried_from="assessment.case_assessment.holistic_plan_status"
    )
    current_support_need: SupportLevel | None = field(
        "Borgerens aktuelle støttebehov",
        required=ALWAYS,
        carried_from="assessment.case_assessment.current_support_need",
    )
    primary_target_group: TargetGroup | None = field(
        "Borgerens primære målgruppe", required=ALWAYS, carried_from="assessment.case_assessment.primary_target_group"
    )
    other_target_groups: tuple[TargetGroup, ...] = entries(
        "Borgerens øvrige målgrupper", key=None, carried_from="assessment.case_assessment.other_target_groups"
    )


@step("action_plan", "Handleplan")
class ActionPlan(Step):
    """The joint plan of citizen and authority (SEL § 141; handbook 5.13)."""

    citizen_name: str | None = field("Borgerens navn", required=ALWAYS, carried_from="intake.citizen.citizen_name")
    cpr_number: str | None = field("Borgerens CPR-nummer", required=ALWAYS, carried_from="intake.citizen.cpr_number")
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
    relatives: tuple[Party, ...] = entries("Kontaktoplysninger på borgerens pårørende", key=None)
    citizen_wishes: str | None = field(
        "Borgerens ønsker for fremtiden", required=ALWAYS, carried_from="assessment.case_assessment.citizen_wishes"
    )
    intervention_purpose: str | None = field(
        "Indsatsformål", required=ALWAYS, carried_from="assessment.case_assessment.intervention_purpose"
    )
    goals: tuple[PlannedGoal, ...] = entries(
        "Indsatsmål",
        required=ALWAYS,
        carried_from="assessment.case_assessment.goals",
        writable=("goal_provider",),
        rule="GOL-18",
    )
    interventions: tuple[Intervention, ...] = entries(
        "Indsatser", required=ALWAYS, carried_from="assessment.case_assessment.interventions"
    )
    special_circumstances: str | None = field(
        "Særlige forhold", required="there are any", help="Bolig, arbejde, personlig hjælp, behandling, hjælpemidler"
    )
    citizen_agreements: str | None = field("Eventuelle aftaler med borgeren")
    other_interventions: str | None = field("Andre indsatser")
    authority_partners: tuple[Party, ...] = entries("Eventuelle samarbejdspartnere i myndighed", key=None)
    coordinator: Party | None = field(
        "Ansvarlig for koordinering", required=ALWAYS, costs="Ingen har ansvaret for at holde indsatserne sammen"
    )
    plan_sharing_agreed: bool | None = field(
        "Udlevering af handleplan til udfører",
        required="the plan is handed to a provider",
        help="Må planen gives til udføreren? Ved ophold og behandling skal de relevante dele med alligevel",
    )


def proposed(step: CaseAssessment | Recommendation | ActionPlan) -> list[Intervention]:
    """The interventions put forward, without the alternatives."""
    return [i for i in step.interventions if not i.is_alternative]


STEPS = (CaseInformation, QuestionSets, CaseAssessment, Recommendation, ActionPlan, Ledger, CitizenPlans)
