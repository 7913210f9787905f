"""What assessment (udredning) tells: levels, goals and help as they stand, hearings, recommendation, action plan."""

from datetime import date

from casework.contracts import Message, contract
from casework.contracts.values import Diagnosis, Document, Goal, Intervention, LevelEntry, Party, PlannedGoal
from casework.fields import entries, field, needed
from casework.schema import Amount
from casework.vocabularies.codes import (
    ActionPlanStatus,
    DecisionBody,
    DecisionOutcome,
    LegalBasis,
    Level,
    ScoredSubtheme,
    Subtheme,
    SupportLevel,
    TargetGroup,
    Theme,
)


@contract("assessment.started", by="assessment", to="intake")
class AssessmentStarted(Message):
    """The assessment has begun without a finished opening."""

    started_on: date = needed("Begyndt den")


@contract("assessment.paused", by="assessment", to="intake")
class AssessmentPaused(Message):
    """The case-processing clock stands still from this day (waiting for a doctor, for instance)."""

    paused_on: date = needed("Sat i bero den")


@contract("assessment.resumed", by="assessment", to="intake")
class AssessmentResumed(Message):
    """The clock goes on; the paused days are added."""

    resumed_on: date = needed("Genoptaget den")


@contract("help.proposed", by="assessment", to="intake")
class HelpProposed(Message):
    """Under which rules help is proposed, as codes: the case-processing period follows the paragraph (INT-21)."""

    legal_bases: tuple[LegalBasis, ...] = entries("Paragraffer", key=None)


@contract(
    "case_information.recorded",
    by="assessment",
    to="decision reporting",
    tells={"assessment.case_information": "party_hearing_needed party_hearing_sent_date"},
)
class CaseInformationRecorded(Message):
    """Which themes are informed, as codes. No text of a theme leaves assessment."""

    themes: tuple[Theme, ...] = entries("Oplyste temaer", key=None)
    highlighted_subthemes: tuple[Subtheme, ...] = entries("Undertemaer", key=None)
    party_hearing_needed: bool | None = field("Partshøring")
    party_hearing_sent_date: date | None = field("Dato for partshøring")


@contract("level.recorded", by="assessment", to="reporting")
class LevelRecorded(Message):
    """One entry of the level history, set here or taken over from a follow-up."""

    subtheme: ScoredSubtheme = needed("Undertema")
    current_functioning_level: Level = needed("Aktuelt funktionsevneniveau")
    scored_on: date = needed("Dato for vurdering")
    origin: str = needed("Fra")

    @classmethod
    def of(cls, entry: LevelEntry) -> "LevelRecorded":
        return cls(
            subtheme=entry.subtheme, current_functioning_level=entry.level, scored_on=entry.on, origin=entry.origin
        )


@contract(
    "case_assessment.recorded",
    by="assessment",
    to="decision ordering",
    tells={
        "assessment.case_assessment": "goals interventions intervention_purpose primary_target_group "
        "other_target_groups current_support_need citizen_wishes citizen_perspective diagnoses"
    },
)
class CaseAssessmentRecorded(Message):
    """The living record of goals and help, whole. `assessment_revision` is its own running number in the case."""

    assessment_revision: int = needed("Løbenummer")
    goals: tuple[Goal, ...] = entries("Indsatsmål")
    interventions: tuple[Intervention, ...] = entries("Indsatser")
    intervention_purpose: str | None = field("Indsatsformål")
    primary_target_group: TargetGroup | None = field("Borgerens primære målgruppe")
    other_target_groups: tuple[TargetGroup, ...] = entries("Borgerens øvrige målgrupper", key=None)
    current_support_need: SupportLevel | None = field("Borgerens aktuelle støttebehov")
    citizen_wishes: str | None = field("Borgerens ønsker for fremtiden")
    citizen_perspective: str | None = field("Borgerens perspektiv på indsatsen")
    diagnoses: tuple[Diagnosis, ...] = entries("Borgerens eventuelle lægefaglige diagnoser", key=None)


@contract(
    "evaluation.recorded",
    by="assessment",
    to="ordering",
    tells={"assessment.case_assessment": "situation_assessment support_need_assessment citizen_resources"},
)
class EvaluationRecorded(Message):
    """The narrative that the provider is given."""

    situation_assessment: str | None = field("Vurdering af borgerens situation")
    support_need_assessment: str | None = field("Vurdering af borgerens støttebehov og indsats")
    citizen_resources: str | None = field("Borgerens ressourcer i forhold til indsatsen")


@contract(
    "reasoning.recorded",
    by="assessment",
    to="decision",
    tells={
        "assessment.case_assessment": "decision_reasoning is_entitled quality_standard_deviation "
        "other_legislation_checked civil_society_support support_need_assessment"
    },
)
class ReasoningRecorded(Message):
    """What the decision's reasons rest on."""

    decision_reasoning: str | None = field("Begrundelse for afgørelse")
    is_entitled: bool | None = field("Berettigelse til støtte")
    quality_standard_deviation: str | None = field("Fravigelse af kvalitetsstandard/serviceniveau")
    other_legislation_checked: str | None = field("Undersøgt hjælp efter anden lovgivning")
    civil_society_support: str | None = field("Indsatser i civilsamfundet – skriv hvilke")
    support_need_assessment: str | None = field("Vurdering af borgerens støttebehov og indsats")


@contract("recommendation.submitted", by="assessment", to="portal")
class RecommendationSubmitted(Message):
    """A recommendation awaits the leader's answer."""

    number: int = needed("Indstilling")
    recommended_outcome: DecisionOutcome | None = field("Indstilling til indsats eller afslag")
    total_expected_price: Amount | None = field("Forventet pris for samlet indsats")
    primary_target_group: TargetGroup | None = field("Borgerens primære målgruppe")
    decision_body: DecisionBody | None = field("Beslutningskompetence")


@contract("recommendation.approved", by="assessment", to="decision reporting")
class RecommendationApproved(Message):
    """The competent body agrees (or none is asked, on the small track); a decision may be made."""

    number: int = needed("Indstilling")
    recommended_outcome: DecisionOutcome | None = field("Indstilling til indsats eller afslag")
    interventions: tuple[str, ...] = entries("Indstillede indsatser", key=None)
    alternatives: tuple[str, ...] = entries("Alternativer", key=None)
    approved_on: date = needed("Godkendt den")
    assessment_revision: int = needed("Hviler på")


@contract("hearing.sent", by="assessment", to="decision followup")
class HearingSent(Message):
    """A party hearing is under way; until it is answered or its day is over, no decision is made (ASM-15)."""

    number: int = needed("Partshøring")
    party: Party = needed("Til")
    party_hearing_sent_date: date = needed("Dato for partshøring")
    answer_due: date = needed("Svar senest")


@contract("hearing.answered", by="assessment", to="decision")
class HearingAnswered(Message):
    """The hearing has its answer, which the letter must meet."""

    number: int = needed("Partshøring")
    answered_on: date = needed("Besvaret den")
    party_hearing_response: str | None = field("Kommentarer til partshøring")


@contract("action_plan.offered", by="assessment", to="reporting")
class ActionPlanOffered(Message):
    """The citizen has been offered an action plan (PLN-01, PLN-02)."""

    action_plan_wanted: bool | None = field("Borgerens ønsker til handleplan")
    action_plan_status: ActionPlanStatus | None = field("Status på handleplan")
    holistic_plan_wanted: bool | None = field("Borgerens ønsker til helhedsorienteret handleplan")


@contract(
    "action_plan.recorded",
    by="assessment",
    to="ordering",
    tells={
        "assessment.action_plan": "goals relatives authority_partners coordinator other_interventions "
        "plan_sharing_agreed"
    },
)
class ActionPlanRecorded(Message):
    """What an order takes from the plan, also from a draft: who helps with which goal, and whom to reach."""

    goals: tuple[PlannedGoal, ...] = entries("Indsatsmål")
    relatives: tuple[Party, ...] = entries("Kontaktoplysninger på borgerens pårørende", key=None)
    authority_partners: tuple[Party, ...] = entries("Eventuelle samarbejdspartnere i myndighed", key=None)
    coordinator: Party | None = field("Ansvarlig for koordinering")
    other_interventions: str | None = field("Andre indsatser")
    plan_sharing_agreed: bool | None = field("Udlevering af handleplan til udfører")


@contract("action_plan.completed", by="assessment", to="ordering reporting")
class ActionPlanCompleted(Message):
    """The action plan is final, as of a decision (PLN-05)."""

    number: int = needed("Handleplan")
    completed_on: date = needed("Færdig den")
    document: Document | None = field("Handleplan")
