"""What may happen in an assessment, what follows, and what to warn about. Pure; rule ids are the catalogue's."""

import re
from collections.abc import Iterable, Iterator
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
    SendHearing,
    StartAssessment,
)
from assessment.model import ActionPlan, CaseAssessment, CaseInformation, Hearing, Ledger, Recommendation, State
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
    LevelRecorded,
    RecommendationApproved,
    RecommendationSubmitted,
)
from casework.contracts.common import DeadlineCancelled, DeadlineMet, DeadlineRequested, NotificationRequested
from casework.contracts.deadlines import KINDS
from casework.contracts.decision import DecisionMade, DecisionReassessed
from casework.contracts.followup import FollowupConcluded
from casework.contracts.intake import CaseClosed, CitizenChanged, IntakeCompleted, RepresentationChanged
from casework.contracts.values import Goal, LevelEntry, Party
from casework.errors import Refused
from casework.pricing import priced, total
from casework.process import Becomes, Event, Records, Situation, Warned
from casework.vocabularies import vocabulary

Case = Situation[State]
Events = Iterable[Event]


# the backbone
def unless_begun(s: Case, trigger: object) -> Iterable[str]:
    """One assessment per case, however it was begun; each later recommendation is a number of its own."""
    return () if s.runs else ("",)


def begin(s: Case, completed: IntakeCompleted, today: date) -> Events:
    return ()


def start(s: Case, command: StartAssessment, today: date) -> Events:
    yield AssessmentStarted(started_on=today)


def recommend(s: Case, command: Recommend, today: date) -> Events:
    """Freeze what is put forward (EVA-15), once what the law and the method demand is there."""
    assessment = s[CaseAssessment]
    _the_need_is_reasoned(assessment)
    _every_goal_has_its_type(assessment)
    _the_plan_is_spoken_of(assessment)
    proposed = [i for i in assessment.interventions if not i.is_alternative]
    yield Becomes(
        recommended_on=today,
        recommended_by=s.actor.id,
        recommended_outcome=s[Recommendation].recommended_outcome or ("granted" if proposed else "refused"),
        assessment_revision=s.said.get(CaseAssessmentRecorded.wire, 0),
        interventions=tuple(i.id for i in proposed),
        alternatives=tuple(i.id for i in assessment.interventions if i.is_alternative),
        approved=None,
        comment=None,
    )


def _the_need_is_reasoned(assessment: CaseAssessment) -> None:
    if not (assessment.support_need_assessment or "").strip():
        raise Refused("EVA-02", "case_assessment.support_need_assessment",
                      "Skriv, hvorfor borgeren er berettiget til støtten, eller hvorfor ikke")  # fmt: skip


def _every_goal_has_its_type(assessment: CaseAssessment) -> None:
    for goal in assessment.goals:
        if not goal.goal_type:
            raise Refused("GOL-02", f"case_assessment.goals[{goal.id}].goal_type",
                          "Vælg, om målet er at udvikle, fastholde eller begrænse tab")  # fmt: skip


def _the_plan_is_spoken_of(assessment: CaseAssessment) -> None:
    if assessment.action_plan_offered is False and not (assessment.action_plan_not_offered_reason or "").strip():
        raise Refused("PLN-03", "case_assessment.action_plan_not_offered_reason",
                      "Begrund, hvorfor der ikke er tilbudt en handleplan")  # fmt: skip
    if assessment.action_plan_offered and assessment.action_plan_wanted is None:
        raise Refused("PLN-03", "case_assessment.action_plan_wanted", "Skriv, om borgeren ønsker en handleplan")
    if assessment.action_plan_wanted and not assessment.action_plan_status:
        raise Refused("PLN-03", "case_assessment.action_plan_status", "Vælg handleplanens status")


def needs_no_approval(s: Case) -> bool:
    """On the small track the caseworker decides, and nobody approves."""
    return s.case is not None and s.case.track == "small"


def announce_submission(s: Case, trigger: object, today: date) -> Events:
    assessment = s[CaseAssessment]
    yield RecommendationSubmitted(
        number=s.number,
        recommended_outcome=s.state.recommended_outcome,
        total_expected_price=assessment.total_expected_price,
        primary_target_group=assessment.primary_target_group,
    )


def answer(s: Case, command: AnswerRecommendation, today: date) -> Events:
    """The leader's answer. Nobody approves a recommendation of their own."""
    if s.actor.id == s.state.recommended_by:
        raise Refused("EVA-15", "approve", "Man godkender ikke sin egen indstilling")
    approved = command.action == "assessment.approve"
    yield Becomes(approved=approved, comment=command.comment)
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
    hearing = Hearing(id=str(number), number=number, to=party, sent_on=today, answer_due=due)
    yield Records(Ledger, hearings=(*ledger.hearings, hearing))
    yield Records(CaseInformation, party_hearing_sent_date=today)
    yield HearingSent(number=number, party=party, party_hearing_sent_date=today, answer_due=due)
    kind = KINDS["hearing-answer"]
    yield DeadlineRequested(kind=kind.name, key=str(number), due=due, notify=kind.notify)


def party_to_the_case(s: Case) -> Party:
    """The citizen, or the one who has taken over the rights: a guardian, or a party representative (FVL § 8)."""
    rights = s.told(RepresentationChanged)
    citizen = s.told(CitizenChanged)
    if rights and rights.has_guardian and rights.guardian_contact:
        return rights.guardian_contact
    if rights and rights.representation_form == "party-representative" and rights.representative_contact:
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
    yield Records(Ledger, paused_on=today)
    yield AssessmentPaused(paused_on=today)


def resume(s: Case, command: ResumeAssessment, today: date) -> Events:
    if not s[Ledger].paused_on:
        raise Refused("INT-21", "resume", "Sagen er ikke sat i bero")
    yield Records(Ledger, paused_on=None)
    yield AssessmentResumed(resumed_on=today)


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
    yield ActionPlanCompleted(number=number, completed_on=today)


# what others tell
def note_decision(s: Case, made: DecisionMade, today: date) -> Events:
    return ()


def note_reassessment(s: Case, reassessed: DecisionReassessed, today: date) -> Events:
    if reassessed.outcome == "changed":
        yield NotificationRequested(kind="assessment.new_recommendation", roles=("caseworker",), key=str(s.number))


def take_over_follow_up(s: Case, concluded: FollowupConcluded, today: date) -> Events:
    """One level per sub-theme, dated the follow-up, becomes the new baseline (FUP-04, ASM-20)."""
    levels = {g.primary_subtheme: g.current_functioning_level for g in concluded.goals if g.primary_subtheme}
    entries = [
        LevelEntry(subtheme=sub, level=level, on=concluded.follow_up_held_on, origin=f"follow-up {concluded.number}")
        for sub, level in levels.items()
        if level is not None
    ]
    ledger = s[Ledger]
    yield Records(
        Ledger,
        levels=(*ledger.levels, *entries),
        plan_to_update=True if concluded.action_plan_to_update else ledger.plan_to_update,
    )
    yield from (LevelRecorded.of(entry) for entry in entries)


# recording
def follow_the_record(before: Case, after: Case) -> Events:
    """Each level that is set enters the history, with its date, author and origin (ASM-20)."""
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


# computed
def level_now(s: Case, subtheme: str | None) -> int | None:
    """The newest level of a sub-theme: the level belongs to the sub-theme, not to a goal (GOL-04, GOL-05)."""
    entries = [e for e in s[Ledger].levels if e.subtheme == subtheme]
    return max(enumerate(entries), key=lambda pair: (pair[1].on, pair[0]))[1].level if entries else None


def with_levels_and_prices(assessment: CaseAssessment, s: Case) -> CaseAssessment:
    """Levels come from the sub-theme, prices from the lines: neither is typed (GOL-04, PRI-01–03)."""
    interventions = tuple(priced(i) for i in assessment.interventions)
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
    proposed = tuple(priced(i) for i in view.interventions if not i.is_alternative)
    return replace(
        view,
        interventions=proposed,
        total_expected_price=total(i.expected_price for i in proposed),
        alternative_recommendations=tuple(i for i in s[CaseAssessment].interventions if i.is_alternative),
    )


def action_plan(view: ActionPlan, s: Case) -> ActionPlan:
    """What is to happen: no alternatives, and no goal that the assessment does not have (any more)."""
    known = {goal.id for goal in s[CaseAssessment].goals}
    return replace(
        view,
        goals=tuple(goal for goal in view.goals if goal.id in known),
        interventions=tuple(priced(i) for i in view.interventions if not i.is_alternative),
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
        interventions=a.interventions,
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


# warnings
_SUPPORT = re.compile(r"\b(bør|skal|anbefales|foreslås)\b.*(\btimer?\b|§)|\btimer?\s*(?:efter\s*)?§", re.IGNORECASE)
_MEANS = re.compile(r"\b(får|modtager|bevilges|have|har)\s+(støtte|hjælp|ledsagelse|vejledning)\b", re.IGNORECASE)


def sources_are_named(s: Case) -> Iterator[Warned]:
    for entry in s[CaseInformation].theme_entries:
        if entry.other_information and not any(d.title and d.date for d in entry.other_information_sources):
            where = f"assessment.case_information.theme_entries[{entry.theme}].other_information_sources"
            theme = _label("themes", entry.theme)
            yield Warned("ASM-10", where, f"Kilden mangler under {theme}. Teksten bruges, men kan ikke dokumenteres")


def remarks_propose_no_support(s: Case) -> Iterator[Warned]:
    for entry in s[CaseInformation].theme_entries:
        if entry.caseworker_remarks and _SUPPORT.search(entry.caseworker_remarks):
            yield Warned("ASM-11", f"assessment.case_information.theme_entries[{entry.theme}].caseworker_remarks",
                         "Forslag om støtte hører til i Sagsvurderingen")  # fmt: skip


def goals_agree_with_their_type(s: Case) -> Iterator[Warned]:
    """Develop: a lower number. Maintain: the same. Limit loss: any (GOL-08, GOL-09, GOL-10)."""
    for goal in s[CaseAssessment].goals:
        now, expected = goal.current_functioning_level, goal.expected_functioning_level
        where = f"assessment.case_assessment.goals[{goal.id}].expected_functioning_level"
        if now is None or expected is None:
            continue
        if goal.goal_type == "develop" and expected >= now:
            yield Warned(
                "GOL-08", where, f"Målet er at udvikle, men det forventede niveau {expected} er ikke bedre end {now}"
            )
        if goal.goal_type == "maintain" and expected != now:
            yield Warned("GOL-09", where, f"Målet er at fastholde, men det forventede niveau {expected} er ikke {now}")


def goals_say_what_the_citizen_does(s: Case) -> Iterator[Warned]:
    for goal in s[CaseAssessment].goals:
        if goal.goal_statement and _MEANS.search(goal.goal_statement):
            yield Warned("GOL-12", f"assessment.case_assessment.goals[{goal.id}].goal_statement",
                         "Hvad gør borgeren selv? Støtten er midlet, ikke målet")  # fmt: skip


def alternatives_are_weighed(s: Case) -> Iterator[Warned]:
    assessment = s[CaseAssessment]
    chosen = any(i.services for i in assessment.interventions)
    weighed = any(i.is_alternative for i in assessment.interventions)
    spoken_of = "alternativ" in (assessment.support_need_assessment or "").lower()
    if chosen and not weighed and not spoken_of:
        yield Warned("EVA-03", "assessment.case_assessment.interventions",
                     "Der er ingen alternativ indsats. Skriv eventuelt, hvorfor der ikke er en relevant")  # fmt: skip


def hours_add_up(s: Case) -> Iterator[Warned]:
    """Where the assessment names hours a week, the lines must come to the same (EVA-16)."""
    assessment = s[CaseAssessment]
    named = _hours_named(assessment.support_need_assessment or "")
    for i in assessment.interventions:
        lines = [
            n for n in i.service_lines if n.unit == "hour" and n.service_frequency == "week" and n.units_per_period
        ]
        if named and lines and not i.is_alternative:
            given = sum((n.units_per_period for n in lines if n.units_per_period), Decimal(0))
            if given != named:
                yield Warned("EVA-16", f"assessment.case_assessment.interventions[{i.id}].service_lines",
                             f"Timerne giver {given:f}, men {named:f} er nævnt i vurderingen")  # fmt: skip


_WORDS = "nul", "en", "to", "tre", "fire", "fem", "seks", "syv", "otte", "ni", "ti", "elleve", "tolv"
_NUMBERS = {word: number for number, word in enumerate(_WORDS)}


_HOURS = rf"(?<![\w,.])(\d+(?:,\d+)?|{'|'.join(_NUMBERS)})\s+tim(?:e|er|ers)\b[^.]{{0,20}}\bom ugen"


def _hours_named(text: str) -> Decimal | None:
    found = re.search(_HOURS, text, re.IGNORECASE)
    if not found:
        return None
    word = found[1].lower()
    return Decimal(_NUMBERS[word]) if word in _NUMBERS else Decimal(word.replace(",", "."))


def the_plan_is_offered(s: Case) -> Iterator[Warned]:
    """A duty towards those with severe social problems or severe impairments; not offered is flagged (PLN-01)."""
    assessment = s[CaseAssessment]
    if assessment.action_plan_offered is False and _plan_is_a_duty(s):
        yield Warned("PLN-01", "assessment.case_assessment.action_plan_offered",
                     "Borgeren har ret til at blive tilbudt en handleplan (SEL § 141, stk. 2)")  # fmt: skip


def _plan_is_a_duty(s: Case) -> bool:
    groups = vocabulary("target-groups")
    mine = [g for g in (s[CaseAssessment].primary_target_group, *s[CaseAssessment].other_target_groups) if g]
    return any(root == "social-problem" for g in mine for root in (g, *(a.code for a in groups.ancestors(g))))


def the_plan_is_up_to_date(s: Case) -> Iterator[Warned]:
    if s[Ledger].plan_to_update:
        yield Warned("PLN-08", "assessment.action_plan", "Mål eller indsats er ændret. Handleplanen skal opdateres")


def _label(name: str, code: str) -> str:
    return vocabulary(name)[code].label()


WARNINGS = (
    sources_are_named,
    remarks_propose_no_support,
    goals_agree_with_their_type,
    goals_say_what_the_citizen_does,
    alternatives_are_weighed,
    hours_add_up,
    the_plan_is_offered,
    the_plan_is_up_to_date,
)
CHECKS = (what_is_recorded_can_be_reckoned, plan_adds_to_known_goals)
COMPUTES: dict[Any, Any] = {
    CaseAssessment: with_levels_and_prices,
    Recommendation: recommendation,
    ActionPlan: action_plan,
}
TELLS = {CaseAssessmentRecorded: case_assessment, CaseInformationRecorded: case_information}
