"""What may happen in an assessment, what follows, and what to warn about. Pure; rule ids are the catalogue's."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from assessment.commands import (
    AnswerRecommendation,
    CompletePlan,
    OfferPlan,
    PauseAssessment,
    Recommend,
    RecordHearingAnswer,
    ResumeAssessment,
    SendCopy,
    SendHearing,
    StartAssessment,
)
from assessment.model import (
    ActionPlan,
    CaseAssessment,
    CaseInformation,
    CitizenPlans,
    Hearing,
    Ledger,
    PlanOnRecord,
    QuestionSets,
    Recommendation,
    State,
    proposed,
)
from assessment.reuse import confirmed_by_writing
from casework import legal_bases, representation, target_groups
from casework.contracts import Command
from casework.contracts.assessment import (
    ActionPlanCompleted,
    ActionPlanOffered,
    AssessmentPaused,
    AssessmentResumed,
    AssessmentStarted,
    CaseAssessmentRecorded,
    CaseInformationRecorded,
    HearingAnswered,
    HearingSent,
    HelpProposed,
    LevelRecorded,
    RecommendationApproved,
    RecommendationSubmitted,
)
from casework.contracts.common import DeadlineCancelled, DeadlineMet, DeadlineRequested, NotificationRequested
from casework.contracts.deadlines import KINDS
from casework.contracts.decision import AppealDecided, DecisionMade, DecisionReassessed
from casework.contracts.followup import FollowupConcluded
from casework.contracts.intake import CaseClosed, CitizenChanged, IntakeCompleted, RepresentationChanged
from casework.contracts.values import CategoryAnalysis, Goal, LevelEntry, Party, ThemeEntry
from casework.errors import NotHere, Refused
from casework.fields import fields_of
from casework.offers import is_residence
from casework.pricing import as_told, inherited, priced, total
from casework.process import Becomes, Event, Records, Situation
from casework.vocabularies import label, vocabulary

Case = Situation[State]
Events = Iterable[Event]


COMMITTEE = "assignment-committee"


# the backbone
def unless_begun(s: Case, trigger: object) -> Iterable[str]:
    """One assessment per case, however it was begun; each later recommendation is a number of its own."""
    return () if s.runs else ("",)


def begin(s: Case, completed: IntakeCompleted, today: date) -> Events:
    yield from _hear_of_the_change(s)


def start(s: Case, command: StartAssessment, today: date) -> Events:
    _the_case_is_open(s, command)
    yield AssessmentStarted(started_on=today)
    yield from _hear_of_the_change(s)


def _hear_of_the_change(s: Case) -> Events:
    """The follow-up that opened this case changes help of which the citizen is to be heard: that is done here."""
    followed_up = s.earlier.told(FollowupConcluded) if s.earlier else None
    if followed_up and followed_up.party_hearing_needed:
        yield hearing_is_needed()


def recommend(s: Case, command: Recommend, today: date) -> Events:
    """Freeze what is put forward (EVA-15), once what the law and the method demand is there."""
    _the_case_is_open(s, command)
    _no_other_is_waiting(s, command)
    assessment = s[CaseAssessment]
    _the_need_is_reasoned(assessment)
    _the_wish_is_answered(s)
    _every_goal_has_its_type(assessment)
    _every_intervention_is_specified(assessment)
    _the_plan_is_spoken_of(assessment)
    _there_is_a_primary_group(assessment)
    yield Becomes(recommended_on=today, recommended_by=s.actor.id, approved=None, is_changed=None, comment=None)
    yield put_forward(s)


def _the_case_is_open(s: Case, command: Command) -> None:
    if s.told(CaseClosed):
        raise NotHere("Sagen er lukket. Åbn en ny sag, der henviser til den", field=command.action)


def _no_other_is_waiting(s: Case, command: Command) -> None:
    """A leader answers one recommendation at a time: what is sent meanwhile would pass the one that waits."""
    waiting = next((run.number for run in s.runs if run.at == "answer"), None)
    if waiting:
        raise NotHere(f"Indstilling {waiting} venter på svar. Den skal besvares først", field=command.action)


def put_forward(s: Case) -> Becomes:
    """What stands now, frozen, and who may decide it by the municipality's delegation: track, price, paragraph."""
    assessment = s[CaseAssessment]
    help_ = proposed(assessment)
    track = s.case.track if s.case else None
    return Becomes(
        recommended_outcome=outcome(s),
        decision_body=s.municipality.decides(
            track, assessment.total_expected_price if help_ else Decimal(0), legal_bases.of_help(help_), s.today
        ),
        assessment_revision=s.said.get(CaseAssessmentRecorded.wire, 0),
        interventions=tuple(i.id for i in help_),
        alternatives=tuple(i.id for i in assessment.interventions if i.is_alternative),
    )


def outcome(s: Case) -> str:
    """What is recommended: as it is said, else by whether any help is proposed."""
    return s[Recommendation].recommended_outcome or ("granted" if proposed(s[CaseAssessment]) else "refused")


def _the_need_is_reasoned(assessment: CaseAssessment) -> None:
    if not (assessment.support_need_assessment or "").strip():
        raise Refused("EVA-02", "case_assessment.support_need_assessment",
                      "Skriv, hvorfor borgeren er berettiget til støtten, eller hvorfor ikke")  # fmt: skip


_HOME = re.compile(r"\b(botilbud\w*|bosted\w*)\b", re.IGNORECASE)
_NOT = re.compile(r"\b(ikke|aldrig|ingen)\b", re.IGNORECASE)
_ASKS = re.compile(r"\b(søg\w*|ønsk\w*|vil|beder|bedt|ansøg\w*)\b", re.IGNORECASE)


def _the_wish_is_answered(s: Case) -> None:
    """Asked for one intervention, proposed another: say why (EVA-04). Wished for, too, is a home that is named."""
    assessment = s[CaseAssessment]
    reasoned = (assessment.decision_reasoning or "").strip()
    help_ = proposed(assessment)
    declined = [i for i in assessment.interventions if i.is_requested and i.is_alternative]
    elsewhere = bool(help_) and not any(is_residence(i.offer) for i in help_)
    answered = reasoned or _HOME.search(assessment.support_need_assessment or "")
    if (declined and not reasoned) or (elsewhere and _wants_a_home(assessment) and not answered):
        raise Refused("EVA-04", "case_assessment.decision_reasoning",
                      "Borgeren har bedt om noget andet. Begrund, hvorfor det ikke er valgt")  # fmt: skip


def _wants_a_home(assessment: CaseAssessment) -> bool:
    """In the citizen's own words, or in what the case was opened for."""
    wishes = [one for one in sentences(assessment.citizen_wishes) if not _NOT.search(one)]
    reasons = [one for one in sentences(assessment.opening_reason) if _ASKS.search(one) and not _NOT.search(one)]
    return any(_HOME.search(one) for one in (*wishes, *reasons))


def sentences(text: str | None) -> list[str]:
    return re.split(r"[.!?\n]", text or "")


def _there_is_a_primary_group(assessment: CaseAssessment) -> None:
    if not assessment.primary_target_group and proposed(assessment):
        raise Refused("EVA-07", "case_assessment.primary_target_group", "Vælg borgerens primære målgruppe")


def _every_goal_has_its_type(assessment: CaseAssessment) -> None:
    for goal in assessment.goals:
        if not goal.goal_type:
            raise Refused("GOL-02", f"case_assessment.goals[{goal.id}].goal_type",
                          "Vælg, om målet er at udvikle, fastholde eller begrænse tab")  # fmt: skip


def _every_intervention_is_specified(assessment: CaseAssessment) -> None:
    for intervention in proposed(assessment):
        where = f"case_assessment.interventions[{intervention.id}]"
        if not intervention.services:
            raise Refused("PRI-07", f"{where}.services", "Vælg mindst én ydelse til indsatsen")
        if not intervention.offer and any(_comes_from_an_offer(service) for service in intervention.services):
            raise Refused("PRI-07", f"{where}.offer", "Vælg, hvilken type tilbud der giver indsatsen")


def _comes_from_an_offer(service: str) -> bool:
    """Cash, and what the authority does itself, is delivered by no offer."""
    return vocabulary("services")[service]["ordered"] != "false"


def _the_plan_is_spoken_of(assessment: CaseAssessment) -> None:
    if assessment.action_plan_offered is False and not (assessment.action_plan_not_offered_reason or "").strip():
        raise Refused("PLN-03", "case_assessment.action_plan_not_offered_reason",
                      "Begrund, hvorfor der ikke er tilbudt en handleplan")  # fmt: skip
    if assessment.action_plan_offered and assessment.action_plan_wanted is None:
        raise Refused("PLN-03", "case_assessment.action_plan_wanted", "Skriv, om borgeren ønsker en handleplan")
    if assessment.action_plan_wanted and not assessment.action_plan_status:
        raise Refused("PLN-03", "case_assessment.action_plan_status", "Vælg handleplanens status")


def needs_no_approval(s: Case) -> bool:
    """Where the caseworker may decide alone (on the small track, as delivered), nobody approves."""
    return s.state.decision_body == "caseworker"


def announce_submission(s: Case, trigger: object, today: date) -> Events:
    assessment = s[CaseAssessment]
    yield RecommendationSubmitted(
        number=s.number,
        recommended_outcome=s.state.recommended_outcome,
        total_expected_price=assessment.total_expected_price,
        primary_target_group=assessment.primary_target_group,
        decision_body=s.state.decision_body,
    )


def answer(s: Case, command: AnswerRecommendation, today: date) -> Events:
    """The leader's answer. Nobody approves a recommendation of their own."""
    if s.actor.id == s.state.recommended_by:
        raise Refused("EVA-15", "approve", "Man godkender ikke sin egen indstilling")
    if s.state.decision_body == COMMITTEE and command.decision_body != COMMITTEE:
        raise Refused("EVA-15", "decision_body", "Indstillingen skal for udvalget. Skriv udvalgets svar")
    approved = command.action != "assessment.return"
    if command.action == "assessment.change":
        if not (command.comment or "").strip():
            raise Refused("EVA-15", "comment", "Skriv, hvad der er ændret, og hvorfor")
        yield put_forward(s)
    yield Becomes(approved=approved, is_changed=command.action == "assessment.change" or None, comment=command.comment)
    if not approved:
        yield NotificationRequested(kind="assessment.returned", roles=("caseworker",), key=str(s.number))


def is_approved(s: Case) -> bool:
    return bool(s.state.approved)


def announce_approval(s: Case, trigger: object, today: date) -> Events:
    state = s.state
    yield Becomes(approved=True)
    yield RecommendationApproved(
        number=s.number,
        recommended_outcome=state.recommended_outcome,
        interventions=state.interventions,
        alternatives=state.alternatives,
        approved_on=today,
        assessment_revision=state.assessment_revision or 0,
    )


def close(s: Case, closed: CaseClosed, today: date) -> Events:
    """Nobody waits for an answer any more."""
    for hearing in s[Ledger].hearings:
        if hearing.answered_on is None:
            yield DeadlineCancelled(kind="hearing-answer", key=str(hearing.number))


# hearings and pauses
def send_hearing(s: Case, command: SendHearing, today: date) -> Events:
    """To whoever holds the party rights (ASM-17); the answer is awaited for the municipality's period."""
    ledger = s[Ledger]
    number = len(ledger.hearings) + 1
    due = s.calendar.on_or_after(today + timedelta(days=s.municipality.hearing_days))
    party = party_to_the_case(s)
    hearing = Hearing(
        id=str(number), number=number, to=party, sent_on=today, answer_due=due, facts=command.facts,
        documents=command.documents,
    )  # fmt: skip
    yield Records(Ledger, hearings=(*ledger.hearings, hearing))
    yield Records(CaseInformation, party_hearing_sent_date=today)
    yield HearingSent(number=number, party=party, party_hearing_sent_date=today, answer_due=due)
    kind = KINDS["hearing-answer"]
    yield DeadlineRequested(kind=kind.name, key=str(number), due=due, notify=kind.notify)


def party_to_the_case(s: Case) -> Party:
    """The citizen, or the one who has taken over the rights: a guardian, or a party representative (FVL § 8)."""
    rights = representation.as_of(s.told(RepresentationChanged), s.today)
    citizen = s.told(CitizenChanged)
    if rights.has_guardian and rights.guardian_contact:
        return rights.guardian_contact
    if rights.representation_form == "party-representative" and rights.representative_contact:
        return rights.representative_contact
    return Party(name=(citizen and citizen.citizen_name) or "Borgeren", role="citizen")


def record_hearing_answer(s: Case, command: RecordHearingAnswer, today: date) -> Events:
    hearings = s[Ledger].hearings
    waiting = next((h for h in hearings if h.answered_on is None), None)
    if waiting is None:
        raise Refused("ASM-17", "party_hearing_response", "Der er ingen partshøring, som venter på svar")
    answered = replace(waiting, answered_on=today, response=command.party_hearing_response)
    yield Records(Ledger, hearings=tuple(answered if h is waiting else h for h in hearings))
    yield Records(CaseInformation, party_hearing_response=command.party_hearing_response)
    yield HearingAnswered(
        number=waiting.number, answered_on=today, party_hearing_response=command.party_hearing_response
    )
    yield DeadlineMet(kind="hearing-answer", key=str(waiting.number), met_on=today)


def pause(s: Case, command: PauseAssessment, today: date) -> Events:
    if s[Ledger].paused_on:
        raise Refused("INT-21", "pause", "Sagen er allerede sat i bero")
    yield Records(Ledger, paused_on=today, pause_reason=command.reason)
    yield AssessmentPaused(paused_on=today)


def resume(s: Case, command: ResumeAssessment, today: date) -> Events:
    if not s[Ledger].paused_on:
        raise Refused("INT-21", "resume", "Sagen er ikke sat i bero")
    yield Records(Ledger, paused_on=None, pause_reason=None)
    yield AssessmentResumed(resumed_on=today)


def send_copy(s: Case, command: SendCopy, today: date) -> Events:
    """The citizen can read and comment on the investigation before the decision is made (INT-22)."""
    yield Records(Ledger, copy_sent_on=today)


# the action plan
def offer_plan(s: Case, command: OfferPlan, today: date) -> Events:
    assessment = s[CaseAssessment]
    if assessment.action_plan_offered is None:
        yield Records(CaseAssessment, action_plan_offered=True)
    yield Records(Ledger, plan_offered_on=today)
    yield ActionPlanOffered(
        action_plan_wanted=assessment.action_plan_wanted,
        action_plan_status=assessment.action_plan_status,
        holistic_plan_wanted=assessment.holistic_plan_wanted,
    )


def complete_plan(s: Case, command: CompletePlan, today: date) -> Events:
    """Final only on a decision (PLN-05), and only with what SEL § 141(3) demands (PLN-04)."""
    plan = s[ActionPlan]
    if not s.all_told(DecisionMade):
        raise Refused("PLN-05", "action_plan", "Der er ingen afgørelse endnu, så handleplanen kan ikke gøres færdig")
    if not plan.intervention_purpose:
        raise Refused("PLN-04", "action_plan.intervention_purpose", "Handleplanen skal have et formål")
    if not plan.interventions:
        raise Refused("PLN-04", "action_plan.interventions", "Handleplanen skal sige, hvilken indsats der er behov for")
    for intervention in plan.interventions:
        if not (intervention.expected_end_date or intervention.without_end_date):
            raise Refused("PLN-04", f"action_plan.interventions[{intervention.id}].expected_end_date",
                          "Skriv, hvor længe indsatsen ventes at vare, eller at den er uden slutdato")  # fmt: skip
    number = (s[Ledger].plans_completed or 0) + 1
    yield Records(Ledger, plans_completed=number, plan_to_update=None)
    yield Records(CitizenPlans, plans=_with_this_plan(s, number, today))
    yield ActionPlanCompleted(number=number, completed_on=today)


def _with_this_plan(s: Case, number: int, today: date) -> tuple[PlanOnRecord, ...]:
    plan, citizen = s[ActionPlan], s.told(CitizenChanged)
    here = PlanOnRecord(
        id=str(s.case_id),
        case_number=s.case.case_number if s.case else None,
        number=number,
        completed_on=today,
        intervention_purpose=plan.intervention_purpose,
        goals=tuple(Goal(**{name: getattr(goal, name) for name in fields_of(Goal)}) for goal in plan.goals),
        interventions=plan.interventions,
        citizen_address=citizen.citizen_address if citizen else None,
    )
    return (*(p for p in s[CitizenPlans].plans if p.id != here.id), here)


# what others tell
def note_decision(s: Case, made: DecisionMade, today: date) -> Events:
    return ()


def note_reassessment(s: Case, reassessed: DecisionReassessed, today: date) -> Events:
    if reassessed.outcome == "changed":
        yield NotificationRequested(kind="assessment.new_recommendation", roles=("caseworker",), key=str(s.number))


def note_appeal(s: Case, appeal: AppealDecided, today: date) -> Events:
    if appeal.overrules:
        yield NotificationRequested(kind="assessment.new_recommendation", roles=("caseworker",), key=str(s.number))


def take_over_follow_up(s: Case, concluded: FollowupConcluded, today: date) -> Events:
    """One level per sub-theme, dated the follow-up, becomes the new baseline (FUP-04, ASM-20)."""
    levels = {g.primary_subtheme: g.current_functioning_level for g in concluded.goals if g.primary_subtheme}
    entries = [
        LevelEntry(
            subtheme=sub,
            level=level,
            on=concluded.follow_up_held_on,
            by=concluded.concluded_by,
            origin=f"follow-up {concluded.number}",
        )
        for sub, level in levels.items()
        if level is not None
    ]
    ledger = s[Ledger]
    yield Records(
        Ledger,
        levels=(*ledger.levels, *entries),
        plan_to_update=_plan_is_out_of_date(s, concluded) or ledger.plan_to_update,
    )
    yield from (LevelRecorded.of(entry) for entry in entries)
    if concluded.party_hearing_needed:
        yield hearing_is_needed()


def hearing_is_needed() -> Records:
    """A substantial change is heard of anew; earlier hearings stay in the ledger (FUP-12)."""
    return Records(
        CaseInformation, party_hearing_needed=True, party_hearing_sent_date=None, party_hearing_response=None
    )


def _plan_is_out_of_date(s: Case, concluded: FollowupConcluded) -> bool:
    """Somebody says so, or a goal of the finished plan is over or to be rewritten (PLN-08)."""
    if s[CaseAssessment].action_plan_wanted is False:
        return False
    changed = any(goal.goal_outcome in ("close", "revise") for goal in concluded.goals)
    return bool(concluded.action_plan_to_update or (changed and s[Ledger].plans_completed))


# recording
def follow_the_record(before: Case, after: Case) -> Events:
    """What a recording brings about: levels enter the history (ASM-20); what is written anew is no longer reused."""
    old = {score.subtheme: score for score in before[CaseInformation].functioning_scores}
    new = [
        LevelEntry(
            subtheme=score.subtheme,
            level=score.current_functioning_level,
            on=score.scored_on or after.today,
            by=after.actor.name,
            origin="assessment",
        )
        for score in after[CaseInformation].functioning_scores
        if score.current_functioning_level is not None and score != old.get(score.subtheme)
    ]
    if new:
        yield Records(Ledger, levels=(*after[Ledger].levels, *new))
        yield from (LevelRecorded.of(entry) for entry in new)
    yield from _themes_looked_at(before, after)
    yield from confirmed_by_writing(before, after)


def _themes_looked_at(before: Case, after: Case) -> Events:
    """A reopened theme is done with once something is written on it."""
    reopened = after[Ledger].reopened
    touched = themes_of(before[CaseInformation]) ^ themes_of(after[CaseInformation])
    left = tuple(r for r in reopened if r.theme not in {theme for theme, _ in touched})
    if left != reopened:
        yield Records(Ledger, reopened=left)


def themes_of(information: CaseInformation) -> set[tuple[str, Any]]:
    """What is said of each theme: its entry, and the levels of its sub-themes."""
    themes = vocabulary("themes")
    said: set[tuple[str, Any]] = {(entry.theme, entry) for entry in information.theme_entries}
    return said | {(themes[score.subtheme].parent, score) for score in information.functioning_scores}


def what_is_recorded_can_be_reckoned(before: Case, after: Case) -> None:
    """A price that no amount can hold is refused where it is typed, in whichever form (PRI-01)."""
    for step in (CaseAssessment, Recommendation, ActionPlan):
        after.view(step)


def plan_adds_to_known_goals(before: Case, after: Case) -> None:
    """The plan says who helps with a goal; a goal of its own it has not (GOL-18)."""
    known = {goal.id for goal in after[CaseAssessment].goals}
    for goal in after.own.get((ActionPlan.step, ""), {}).get("goals") or ():
        if goal["id"] not in known and before.own.get((ActionPlan.step, "")) != after.own.get((ActionPlan.step, "")):
            raise Refused("GOL-18", f"action_plan.goals[{goal['id']}]", "Målet findes ikke i Sagsvurderingen")


def a_whole_plan_has_consent(before: Case, after: Case) -> None:
    """A whole-person plan takes the place of the § 141 plan only where the citizen agrees (PLN-09)."""
    assessment = after[CaseAssessment]
    status = after.own.get((CaseAssessment.step, ""), {}).get("holistic_plan_status")
    changed = status != before.own.get((CaseAssessment.step, ""), {}).get("holistic_plan_status")
    if changed and status in ("prepared", "in-preparation") and not assessment.holistic_plan_wanted:
        raise Refused("PLN-09", "case_assessment.holistic_plan_status",
                      "Borgeren skal sige ja til den helhedsorienterede plan, før den træder i stedet")  # fmt: skip


def a_diagnosis_stands_behind_the_group(before: Case, after: Case) -> None:
    """A group that is a diagnosis takes a medical one; without, it is the matching other group (EVA-09)."""
    for name in ("primary_target_group", "other_target_groups"):
        now, was = (_groups(s[CaseAssessment], name) for s in (after, before))
        for group in [g for g in now if g not in was]:
            if target_groups.needs_diagnosis(group) and not after[CaseAssessment].diagnoses:
                other = target_groups.without_diagnosis(group)
                raise Refused("EVA-09", f"case_assessment.{name}",
                              f"{label('target-groups', group)} kræver en lægelig diagnose. "
                              f"Vælg »{label('target-groups', other)}«")  # fmt: skip


def _groups(assessment: CaseAssessment, name: str) -> tuple[str, ...]:
    value = getattr(assessment, name)
    return value if isinstance(value, tuple) else (value,) if value else ()


def questions_are_known(before: Case, after: Case) -> None:
    """An answer belongs to a question that the municipality asks; what was answered once stays readable."""
    known = {a.question for a in before[QuestionSets].answers}
    for number, answer in enumerate(after[QuestionSets].answers):
        if answer.question not in known and after.municipality.question(answer.question) is None:
            raise Refused("ASM-02", f"question_sets.answers[{number}].question",
                          "Spørgsmålet findes ikke i kommunens spørgsmål")  # fmt: skip


# computed
def with_drafts(information: CaseInformation, s: Case) -> CaseInformation:
    """The remarks of each category's themes, gathered: what an analysis of the category begins with (ASM-14)."""
    themes = vocabulary("themes")
    gathered: dict[str, list[str]] = {}
    for entry in information.theme_entries:
        if entry.caseworker_remarks:
            gathered.setdefault(themes[entry.theme].parent, []).append(entry.caseworker_remarks)
    drafts = tuple(CategoryAnalysis(category=c, category_analysis="\n".join(texts)) for c, texts in gathered.items())
    return replace(information, analysis_drafts=drafts)


def level_now(s: Case, subtheme: str | None) -> int | None:
    """The newest level of a sub-theme: the level belongs to the sub-theme, not to a goal (GOL-04, GOL-05)."""
    entries = [e for e in s[Ledger].levels if e.subtheme == subtheme]
    return max(enumerate(entries), key=lambda pair: (pair[1].on, pair[0]))[1].level if entries else None


def with_levels_and_prices(assessment: CaseAssessment, s: Case) -> CaseAssessment:
    """Levels come from the sub-theme, prices from the lines: neither is typed (GOL-04, PRI-01–03)."""
    interventions = tuple(inherited(priced(i)) for i in assessment.interventions)
    remarks = () if assessment.category_analyses else _remarks(s)
    return replace(
        assessment,
        goals=tuple(_with_level(goal, s) for goal in assessment.goals),
        interventions=interventions,
        total_expected_price=total(i.expected_price for i in interventions if not i.is_alternative),
        theme_remarks=remarks,
        holistic_plan_status=assessment.holistic_plan_status if assessment.holistic_plan_wanted else None,
    )


def _with_level(goal: Goal, s: Case) -> Goal:
    return replace(goal, current_functioning_level=level_now(s, goal.primary_subtheme))


def _remarks(s: Case) -> tuple[str, ...]:
    """Without analyses per category, the remarks of each theme are carried on (ASM-14)."""
    return tuple(e.caseworker_remarks for e in s[CaseInformation].theme_entries if e.caseworker_remarks)


def recommendation(view: Recommendation, s: Case) -> Recommendation:
    """What is proposed, and the alternatives, apart; what was mended here is priced anew (EVA-15, PRI-03)."""
    help_ = tuple(inherited(priced(i)) for i in proposed(view))
    return replace(
        view,
        interventions=help_,
        total_expected_price=total(i.expected_price for i in help_),
        alternative_recommendations=tuple(i for i in s[CaseAssessment].interventions if i.is_alternative),
    )


def action_plan(view: ActionPlan, s: Case) -> ActionPlan:
    """What is to happen: no alternatives, and no goal that the assessment does not have (any more)."""
    known = {goal.id for goal in s[CaseAssessment].goals}
    return replace(
        view,
        goals=tuple(goal for goal in view.goals if goal.id in known),
        interventions=tuple(inherited(priced(i)) for i in proposed(view)),
    )


def case_assessment(s: Case) -> CaseAssessmentRecorded | None:
    """The living record, as decision and ordering are told of it."""
    a = s[CaseAssessment]
    anything = a.goals or a.interventions or a.intervention_purpose or a.primary_target_group or a.current_support_need
    if not anything and CaseAssessmentRecorded.wire not in s.said:
        return None
    return CaseAssessmentRecorded(
        assessment_revision=0,  # its running number is given where it is told
        goals=a.goals,
        interventions=tuple(as_told(i) for i in a.interventions),
        intervention_purpose=a.intervention_purpose,
        primary_target_group=a.primary_target_group,
        other_target_groups=a.other_target_groups,
        current_support_need=a.current_support_need,
        citizen_wishes=a.citizen_wishes,
        citizen_perspective=a.citizen_perspective,
        diagnoses=a.diagnoses,
    )


def case_information(s: Case) -> CaseInformationRecorded | None:
    """Which themes are informed, as codes."""
    info = s[CaseInformation]
    if info == CaseInformation() and CaseInformationRecorded.wire not in s.said:
        return None
    informed = [e for e in info.theme_entries if e.citizen_information or e.other_information or e.caseworker_remarks]
    return CaseInformationRecorded(
        themes=tuple(e.theme for e in informed),
        highlighted_subthemes=tuple(dict.fromkeys(sub for e in informed for sub in e.highlighted_subthemes)),
        party_hearing_needed=info.party_hearing_needed,
        party_hearing_sent_date=info.party_hearing_sent_date,
    )


def help_proposed(s: Case) -> HelpProposed | None:
    """The rules under which help is proposed: the case-processing period follows them."""
    bases = legal_bases.of_help(proposed(s[CaseAssessment]))
    return HelpProposed(legal_bases=tuple(sorted(bases))) if bases or HelpProposed.wire in s.said else None


def an_entry_says_something(before: Case, after: Case) -> None:
    """A theme is there for what the citizen, others or the caseworker say of it; a bare name says nothing (ASM-09)."""
    known = before[CaseInformation].theme_entries
    for number, entry in enumerate(after[CaseInformation].theme_entries):
        if entry not in known and entry == ThemeEntry(theme=entry.theme):
            raise Refused("ASM-09", f"case_information.theme_entries[{number}].caseworker_remarks",
                          "Skriv, hvad borgeren, andre eller du selv siger om temaet")  # fmt: skip


CHECKS = (
    an_entry_says_something,
    what_is_recorded_can_be_reckoned,
    plan_adds_to_known_goals,
    a_whole_plan_has_consent,
    a_diagnosis_stands_behind_the_group,
    questions_are_known,
)
COMPUTES: dict[Any, Any] = {
    CaseInformation: with_drafts,
    CaseAssessment: with_levels_and_prices,
    Recommendation: recommendation,
    ActionPlan: action_plan,
}
TELLS = {
    CaseAssessmentRecorded: case_assessment,
    CaseInformationRecorded: case_information,
    HelpProposed: help_proposed,
}
