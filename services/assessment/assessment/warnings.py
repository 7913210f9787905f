"""What an assessment lacks or mixes up, and what that costs. A warning never stops anybody. Pure."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from assessment import goals
from assessment.model import (
    ActionPlan,
    CaseAssessment,
    CaseInformation,
    CitizenPlans,
    Ledger,
    PlanOnRecord,
    Recommendation,
    State,
    proposed,
)
from assessment.rules import party_to_the_case, sentences
from casework import legal_bases, representation, target_groups
from casework.contracts.decision import DecisionMade
from casework.contracts.followup import FollowupConcluded
from casework.contracts.intake import CaseOpeningRecorded, CitizenChanged, EnquiryRecorded, RepresentationChanged
from casework.contracts.values import Goal, Intervention, ThemeEntry
from casework.cpr import born_on, has_pension_age
from casework.offers import is_residence
from casework.phase.completeness import Condition
from casework.process import Situation, Warned
from casework.vocabularies import label, vocabulary

Case = Situation[State]
Warnings = Iterator[Warned]

HERE = "assessment.case_information"
THERE = "assessment.case_assessment"


def _said(entry: ThemeEntry) -> str:
    return " ".join(filter(None, (entry.citizen_information, entry.other_information, entry.caseworker_remarks)))


# what was reused
def what_was_reused_is_confirmed(s: Case) -> Warnings:
    for item in s[Ledger].reused:
        if item.confirmed_on is None:
            yield Warned(
                "GEN-08",
                f"assessment.{item.id}",
                f"Genbrugt fra sag {item.case_number}, og ikke bekræftet som stadig aktuelt og relevant",
            )


def an_opposite_result_is_explained(s: Case) -> Warnings:
    """The same information, and the other way round: say what makes the difference (GEN-09)."""
    if s[CaseAssessment].earlier_result_explanation or s[CaseAssessment].is_entitled is None:
        return
    said = s[Recommendation].recommended_outcome
    refuses_now = said == "refused" if said else not s[CaseAssessment].is_entitled
    for item in s[Ledger].reused:
        if item.outcome and (item.outcome == "refused") != refuses_now:
            yield Warned(
                "GEN-09",
                f"{THERE}.earlier_result_explanation",
                f"De samme oplysninger førte til det modsatte i sag {item.case_number}. Forklar forskellen",
            )
            return


def a_new_decision_has_an_opening(s: Case) -> Warnings:
    """In a decided case, help of another kind: a decision of its own, with an opening of its own (GEN-03)."""
    granted = {
        service for made in s.all_told(DecisionMade) for i in made.granted_interventions for service in i.services
    }
    new = [service for i in proposed(s[CaseAssessment]) for service in i.services if service not in granted]
    if granted and new:
        yield Warned("GEN-03", f"{THERE}.interventions",
                     f"{label('services', new[0])} er ny hjælp i en afgjort sag. Skal den åbnes for sig?")  # fmt: skip


def reopened_themes_are_looked_at(s: Case) -> Warnings:
    for one in s[Ledger].reopened:
        yield Warned("ASM-19", f"{HERE}.theme_entries[{one.theme}]",
                     f"{label('themes', one.theme)} er genåbnet og endnu ikke set på")  # fmt: skip


def a_pause_has_its_reason(s: Case) -> Warnings:
    if s[Ledger].paused_on and not s[Ledger].pause_reason:
        yield Warned("INT-21", "assessment.ledger.pause_reason",
                     "Sagen er sat i bero, og fristen står stille. Skriv, hvad den venter på")  # fmt: skip


# Sagsoplysning
_SENSITIVE = {"traumatic-experiences", "crime", "prostitution"}
"""What is seldom of bearing on a small case; to point at it is not yet to say why."""


def only_what_is_necessary_is_written(s: Case) -> Warnings:
    """In a clear or small case: text on a theme that nothing in the case has to do with (ASM-02)."""
    enquiry, information = s.told(EnquiryRecorded), s[CaseInformation]
    is_small = s.case is not None and s.case.track in ("clear", "small")
    if not (is_small or (enquiry and enquiry.is_clear_case)):
        return
    themes = vocabulary("themes")
    used = {score.subtheme for score in information.functioning_scores}
    used |= {sub for goal in s[CaseAssessment].goals for sub in (goal.primary_subtheme, *goal.related_subthemes) if sub}
    for entry in information.theme_entries:
        pointed_at = {*entry.highlighted_subthemes} - _SENSITIVE
        bears_on_it = pointed_at or any(themes.is_under(sub, entry.theme) for sub in used)
        if _said(entry) and not bears_on_it:
            yield Warned(
                "ASM-02",
                f"{HERE}.theme_entries[{entry.theme}]",
                f"Er oplysningerne om {themes[entry.theme].label()} nødvendige? Kun det nødvendige må registreres",
            )


def levels_count_aids_in(s: Case) -> Warnings:
    """Where aids are known: with them counted, and without help from others, under Aktivitet og deltagelse (ASM-06)."""
    aids = _aids(s)
    if aids and any(score.current_functioning_level is not None for score in s[CaseInformation].functioning_scores):
        yield Warned("ASM-06", f"{HERE}.functioning_scores",
                     f"Niveauet sættes med hjælpemidler ({aids}) og uden hjælp fra andre")  # fmt: skip


def functions_are_told_without_aids(s: Case) -> Warnings:
    """The other way round under Funktioner og forhold: without aids, and without any support (ASM-07)."""
    aids = _aids(s)
    themes = vocabulary("themes")
    for entry in s[CaseInformation].theme_entries:
        if aids and themes.is_under(entry.theme, "functions-and-conditions") and _said(entry):
            yield Warned(
                "ASM-07",
                f"{HERE}.theme_entries[{entry.theme}]",
                f"{themes[entry.theme].label()} beskrives uden hjælpemidler ({aids}) og uden støtte",
            )


def _aids(s: Case) -> str:
    opening = s.told(CaseOpeningRecorded)
    return ", ".join(opening.assistive_devices) if opening else ""


def relevant_themes_are_informed(s: Case) -> Warnings:
    """A sub-theme that is spoken of and has no level is not sufficiently informed (ASM-08)."""
    information, themes = s[CaseInformation], vocabulary("themes")
    levels = {score.subtheme: score.current_functioning_level for score in information.functioning_scores}
    highlighted = [sub for entry in information.theme_entries for sub in entry.highlighted_subthemes]
    spoken_of = [*levels, *(sub for sub in highlighted if themes[sub].is_true("scored"))]
    for sub in dict.fromkeys(spoken_of):
        if levels.get(sub) is None:
            yield Warned("ASM-08", f"{HERE}.functioning_scores[{sub}]",
                         f"{themes[sub].label()} er ikke tilstrækkeligt oplyst: niveauet mangler")  # fmt: skip


def facts_and_handling_are_kept_apart(s: Case) -> Warnings:
    """A sub-theme under another theme than its own: the fact and the handling of it are two things (ASM-12)."""
    themes = vocabulary("themes")
    for entry in s[CaseInformation].theme_entries:
        for sub in entry.highlighted_subthemes:
            if not themes.is_under(sub, entry.theme):
                yield Warned("ASM-12", f"{HERE}.theme_entries[{entry.theme}].highlighted_subthemes",
                             f"{themes[sub].label()} hører under {themes[themes[sub].parent].label()}. "
                             "Forhold og håndtering af dem er to forskellige temaer")  # fmt: skip


_HELP = r"(\w*støtte\w*|timers?\b|§|botilbud|(mobilt )?tilbud\b|ledsag\w*|kontaktperson|mentor)"
_PROPOSAL = re.compile(
    rf"\b(bør|foresl\w*|indstill\w*)\b.*({_HELP}|\bhjælp\b)|\banbefal\w* (at|en|et)\b.*{_HELP}"
    rf"|\b((brug|behov) for|gavn af|skal (have|bevilges|tildeles|tilbydes))\b.*{_HELP}",
    re.IGNORECASE,
)
_HOURS_OF_LAW = re.compile(r"\btimer?\s*(?:efter\s*)?§", re.IGNORECASE)
_AS_IT_IS = re.compile(r"\b(har|får|fik|modtager|havde|tidligere)\b", re.IGNORECASE)


def _proposes_help(text: str) -> bool:
    """A proposal, as opposed to what the citizen has today or had before."""
    for one in sentences(text):
        if _PROPOSAL.search(one) or (_HOURS_OF_LAW.search(one) and not _AS_IT_IS.search(one)):
            return True
    return False


_MEANS = re.compile(
    r"(?<!vil )\b(får|modtager|bevilges|have|har)\s+((?!uden|ikke|selv|styr)\w+\s+){0,3}"
    r"\w*(støtte|hjælp|ledsagelse|vejledning)\w*|\bbliver (hjulpet|støttet)\b|\bstøttes\b",
    re.IGNORECASE,
)


_OF_A_SOURCE = {"source": "navn", "title": "titel", "date": "dato", "journal_number": "journalnummer"}


def sources_are_named(s: Case) -> Warnings:
    """Who said it, in which document, when, and where it is filed (ASM-10)."""
    for entry in s[CaseInformation].theme_entries:
        sources = entry.other_information_sources
        lacks = [word for name, word in _OF_A_SOURCE.items() if not any(getattr(one, name) for one in sources)]
        if entry.other_information and lacks:
            yield Warned("ASM-10", f"{HERE}.theme_entries[{entry.theme}].other_information_sources",
                         f"Kilden mangler {', '.join(lacks)} under {label('themes', entry.theme)}. "
                         "Teksten bruges, men kan ikke dokumenteres")  # fmt: skip


def remarks_propose_no_support(s: Case) -> Warnings:
    for entry in s[CaseInformation].theme_entries:
        if entry.caseworker_remarks and _proposes_help(entry.caseworker_remarks):
            yield Warned("ASM-11", f"{HERE}.theme_entries[{entry.theme}].caseworker_remarks",
                         "Forslag om støtte hører til i Sagsvurderingen")  # fmt: skip


def _open_goals(s: Case) -> list[Goal]:
    """Without those that a follow-up has closed."""
    outcomes = {g.id: g.goal_outcome for told in s.all_told(FollowupConcluded) for g in told.goals}
    return [goal for goal in s[CaseAssessment].goals if outcomes.get(goal.id) != "close"]


def goals_agree_with_their_type(s: Case) -> Warnings:
    """Develop: a lower number. Maintain: the same. Limit loss: any (GOL-08, GOL-09, GOL-10)."""
    for goal in _open_goals(s):
        now, expected = goal.current_functioning_level, goal.expected_functioning_level
        where = f"{THERE}.goals[{goal.id}].expected_functioning_level"
        if now is None or expected is None:
            continue
        if goal.goal_type == "develop" and expected >= now:
            yield Warned(
                "GOL-08", where, f"Målet er at udvikle, men det forventede niveau {expected} er ikke bedre end {now}"
            )
        if goal.goal_type == "maintain" and expected != now:
            yield Warned("GOL-09", where, f"Målet er at fastholde, men det forventede niveau {expected} er ikke {now}")


def goals_say_what_the_citizen_does(s: Case) -> Warnings:
    for goal in s[CaseAssessment].goals:
        if goal.goal_statement and _MEANS.search(goal.goal_statement):
            yield Warned("GOL-12", f"{THERE}.goals[{goal.id}].goal_statement",
                         "Hvad gør borgeren selv? Støtten er midlet, ikke målet")  # fmt: skip


def alternatives_are_weighed(s: Case) -> Warnings:
    assessment = s[CaseAssessment]
    chosen = any(i.services for i in assessment.interventions)
    weighed = any(i.is_alternative for i in assessment.interventions)
    spoken_of = "alternativ" in (assessment.support_need_assessment or "").lower()
    if chosen and assessment.is_entitled is not False and not weighed and not spoken_of:
        yield Warned("EVA-03", f"{THERE}.interventions",
                     "Der er ingen alternativ indsats. Skriv eventuelt, hvorfor der ikke er en relevant")  # fmt: skip


def hours_add_up(s: Case) -> Warnings:
    """Where the assessment names hours a week, they are those of one intervention, or of all together (EVA-16)."""
    named = _hours_named(s[CaseAssessment].support_need_assessment or "")
    given = {i.id: hours for i in proposed(s[CaseAssessment]) if (hours := _hours_given(i))}
    if not named or {*named} & {sum(given.values()), *given.values()}:
        return
    for id, hours in given.items():
        yield Warned("EVA-16", f"{THERE}.interventions[{id}].service_lines",
                     f"Timerne giver {hours:f}, men {named[-1]:f} er nævnt i vurderingen")  # fmt: skip


def _hours_given(i: Intervention) -> Decimal:
    weekly = [n for n in i.service_lines if n.unit == "hour" and n.service_frequency == "week"]
    return sum((n.units_per_period for n in weekly if n.units_per_period), Decimal(0))


_WORDS = "nul", "en", "to", "tre", "fire", "fem", "seks", "syv", "otte", "ni", "ti", "elleve", "tolv"
_NUMBERS = {word: number for number, word in enumerate(_WORDS)}


_A_WEEK = r"(om ugen|ugentligt?|pr\.? uge|hver uge)\b"
_HOURS = rf"(?<![\w,.])(\d+(?:,\d+)?|{'|'.join(_NUMBERS)})\s+tim(?:e|er|ers)\b[^.]{{0,20}}?\b{_A_WEEK}"


def _hours_named(text: str) -> list[Decimal]:
    """Every number of hours a week that is named, in the order of the text."""
    words = [found[0].lower() for found in re.findall(_HOURS, text, re.IGNORECASE)]
    return [Decimal(_NUMBERS[word]) if word in _NUMBERS else Decimal(word.replace(",", ".")) for word in words]


def the_plan_is_offered(s: Case) -> Warnings:
    """A duty towards those with severe social problems or severe impairments; not offered is flagged (PLN-01)."""
    assessment = s[CaseAssessment]
    if assessment.action_plan_offered is False and assessment.is_entitled is not False and _plan_is_a_duty(s):
        yield Warned("PLN-01", f"{THERE}.action_plan_offered",
                     "Borgeren har ret til at blive tilbudt en handleplan (SEL § 141, stk. 2)")  # fmt: skip


def _plan_is_a_duty(s: Case) -> bool:
    """Serious social problems, an ability that is reduced so far that much support is needed, or a place to live in."""
    assessment = s[CaseAssessment]
    if _is_anonymous(s):
        return False
    groups = [g for g in (assessment.primary_target_group, *assessment.other_target_groups) if g]
    social = any(target_groups.is_or_under(group, "social-problem") for group in groups)
    much = bool(groups) and assessment.current_support_need in ("high", "complete")
    return social or much or any(is_residence(i.offer) for i in proposed(s[CaseAssessment]))


def _is_anonymous(s: Case) -> bool:
    """Anonymous outpatient treatment (SEL § 101 a): the duties of § 141 do not apply (PLN-12)."""
    enquiry, made = s.told(EnquiryRecorded), s.told(DecisionMade)
    return "sel-101a" in (*(enquiry.clear_case_legal_bases if enquiry else ()), *(made.legal_bases if made else ()))


def the_use_of_a_plan_is_weighed(s: Case) -> Warnings:
    """Others under pension age who get help under part V of the act: is a plan of use (PLN-02)?"""
    asked = s[CaseAssessment].action_plan_offered is not None or _plan_is_a_duty(s) or _is_anonymous(s)
    if asked or not _under_part_five(s):
        return
    citizen = s.told(CitizenChanged)
    born = born_on(citizen.cpr_number or "") if citizen else None
    if born and not has_pension_age(born, s.today):
        yield Warned("PLN-02", f"{THERE}.action_plan_offered",
                     "Skriv, om en handleplan vil gavne, ud fra borgerens ønske og hjælpens art og omfang")  # fmt: skip


def _under_part_five(s: Case) -> bool:
    """Help under the fifth part of the act on social service, §§ 81 to 122."""
    for base in legal_bases.of_help(proposed(s[CaseAssessment])):
        number = re.match(r"sel-(\d+)", base)
        if number and 81 <= int(number[1]) <= 122:
            return True
    return False


def one_plan_is_better_than_two(s: Case) -> Warnings:
    elsewhere = [plan for plan in s[CitizenPlans].plans if plan.id != str(s.case_id)]
    begun = s[CaseAssessment].action_plan_wanted or any(
        step == ActionPlan.step and data for (step, _), data in s.own.items()
    )
    if elsewhere and begun:
        yield Warned(
            "PLN-06",
            "assessment.action_plan",
            f"Borgeren har en handleplan i sag {elsewhere[-1].case_number}. Saml målene i én plan",
        )


def the_plan_is_up_to_date(s: Case) -> Warnings:
    """Goals, help, its duration, or the home is another than when the plan was made (PLN-08)."""
    plan = _own_plan(s)
    if s[CaseAssessment].action_plan_wanted is False:
        return
    if s[Ledger].plan_to_update or (plan and _differs(plan, s)):
        yield Warned("PLN-08", "assessment.action_plan", "Mål eller indsats er ændret. Handleplanen skal opdateres")


def _own_plan(s: Case) -> PlanOnRecord | None:
    return next((plan for plan in s[CitizenPlans].plans if plan.id == str(s.case_id)), None)


def _differs(plan: PlanOnRecord, s: Case) -> bool:
    citizen = s.told(CitizenChanged)
    moved = bool(citizen and plan.citizen_address and citizen.citizen_address != plan.citizen_address)
    now = s[CaseAssessment]
    return (
        moved
        or plan.intervention_purpose != now.intervention_purpose
        or [_goal(g) for g in plan.goals] != [_goal(g) for g in now.goals]
        or [_help(i) for i in plan.interventions] != [_help(i) for i in proposed(s[CaseAssessment])]
    )


def _goal(goal: Goal) -> tuple[Any, ...]:
    return goal.id, goal.goal_statement, goal.goal_type, goal.primary_subtheme


def _help(i: Intervention) -> tuple[Any, ...]:
    return i.id, i.services, i.offer, i.expected_start_date, i.expected_end_date, i.without_end_date


def new_goals_are_held_against_the_plan(s: Case) -> Warnings:
    """A goal that no plan has, beside the purpose and goals that hold: do they agree (GOL-17)?"""
    plans = s[CitizenPlans].plans
    planned = {goal.id for plan in plans for goal in plan.goals}
    for goal in s[CaseAssessment].goals:
        if plans and goal.goal_statement and goal.id not in planned:
            held = "; ".join(f"»{g.goal_statement}«" for g in plans[-1].goals if g.goal_statement)
            yield Warned(
                "GOL-17",
                f"{THERE}.goals[{goal.id}].goal_statement",
                f"Hold målet op mod planens formål, »{plans[-1].intervention_purpose or '–'}«, og mål: {held}",
            )


def a_copy_goes_to_the_citizen(s: Case) -> Warnings:
    """Additional expenses (§ 100): the citizen gets investigation and assessment before the decision (INT-22)."""
    is_decided = s.told(DecisionMade) is not None
    if (
        "sel-100" in legal_bases.of_help(proposed(s[CaseAssessment]))
        and s[Ledger].copy_sent_on is None
        and not is_decided
    ):
        yield Warned("INT-22", "assessment.ledger.copy_sent_on",
                     f"Send {party_to_the_case(s).name} en kopi af udredning og vurdering før afgørelsen")  # fmt: skip


def a_home_is_not_chosen_without_a_guardian(s: Case) -> Warnings:
    rights = representation.as_of(s.told(RepresentationChanged), s.today)
    if rights.has_guardian is False and any(is_residence(i.offer) for i in s[CaseAssessment].interventions):
        yield Warned("INT-14", f"{THERE}.interventions",
                     "Kan borgeren ikke varetage egne interesser, skal der søges om værge før et botilbud")  # fmt: skip


# Sagsvurdering
def the_assessment_brings_no_new_facts(s: Case) -> Warnings:
    """It speaks of a sub-theme, or aims at one, that nothing is known of (EVA-01)."""
    assessment, information, themes = s[CaseAssessment], s[CaseInformation], vocabulary("themes")
    text = f"{assessment.situation_assessment or ''} {assessment.support_need_assessment or ''}"
    themed = {entry.theme for entry in information.theme_entries if _said(entry)}
    scored = {score.subtheme for score in information.functioning_scores}
    aimed_at = [goal.primary_subtheme for goal in assessment.goals if goal.primary_subtheme]
    named = [code for code, theme in themes.items() if theme["level"] == "subtheme" and _names(text, theme.label())]
    for sub in dict.fromkeys([*aimed_at, *named]):
        if sub not in scored and themes[sub].parent not in themed:
            yield Warned("EVA-01", f"{THERE}.situation_assessment",
                         f"Vurderingen taler om {themes[sub].label()}, som Sagsoplysningen intet siger om")  # fmt: skip


def _names(text: str, label: str) -> bool:
    """A label of several words in any case; one of a single word only as printed, and not as a sentence begins."""
    if " " in label:
        return label.casefold() in text.casefold()
    return re.search(rf"(?<=[a-zæøå,] ){re.escape(label)}\b", text) is not None


_FOR_IMPAIRMENTS = {"sel-95", "sel-96", "sel-97", "sel-98", "sel-100", "sel-112", "sel-113", "sel-114", "sel-118"}
_FOR_MISUSE = {"sel-101", "sel-101a", "sul-141", "sul-142"}


def the_target_group_is_what_help_is_about(s: Case) -> Warnings:
    """Help for those with an impairment, or with a misuse, under a group that is another matter (EVA-08)."""
    group = s[CaseAssessment].primary_target_group
    bases = legal_bases.of_help(proposed(s[CaseAssessment]))
    if group is None or not bases:
        return
    for paragraphs, heading in ((_FOR_IMPAIRMENTS, "functional-impairment"), (_FOR_MISUSE, "substance-misuse")):
        if bases <= paragraphs and not target_groups.is_or_under(group, heading):
            yield Warned(
                "EVA-08",
                f"{THERE}.primary_target_group",
                f"Hjælpen handler ikke om {label('target-groups', group)}. Skal den primære målgruppe ændres?",
            )


def goals_are_smart(s: Case) -> Warnings:
    citizen = s.told(CitizenChanged)
    for goal in _open_goals(s):
        if missing := goals.gaps(goal, (citizen.citizen_name if citizen else None) or ""):
            yield Warned("GOL-13", f"{THERE}.goals[{goal.id}].goal_statement",
                         f"Målet kan gøres skarpere. Det mangler at være {', '.join(missing)}")  # fmt: skip


def a_stay_goes_with_other_help(s: Case) -> Warnings:
    """Said while it is proposed; the decision itself is refused (PRI-08, PRI-09)."""
    help_, services = proposed(s[CaseAssessment]), vocabulary("services")
    given = [service for i in help_ for service in i.services]
    stays = [service for service in given if services.is_under(service, "stay")]
    offers = vocabulary("offers")
    if any(i.offer and offers.is_under(i.offer, "residential-offer") for i in help_) and not stays:
        yield Warned("PRI-08", f"{THERE}.interventions", "Et botilbud kræver, at et ophold også bevilges")
    if given and len(stays) == len(given):
        yield Warned("PRI-09", f"{THERE}.interventions", "Et ophold kan ikke bevilges alene")


def prices_are_within_the_tariffs(s: Case) -> Warnings:
    """Outside the municipality's interval for the service: an odd price, or a slip (PRI-11)."""
    for i in s[CaseAssessment].interventions:
        for line in i.service_lines:
            if line.unit_price is None or line.service is None or line.unit is None:
                continue
            cvr = i.provider.cvr if i.provider else None
            on = line.service_start_date or i.expected_start_date or s.today
            tariff = s.municipality.tariff(line.service, line.unit, on, offer=i.offer, provider=cvr)
            if tariff and not tariff.lowest <= line.unit_price <= tariff.highest:
                yield Warned("PRI-11", f"{THERE}.interventions[{i.id}].service_lines[{line.id}].unit_price",
                             f"Prisen {_kroner(line.unit_price)} ligger uden for kommunens takster, "
                             f"{_kroner(tariff.lowest)} til {_kroner(tariff.highest)}")  # fmt: skip


def _kroner(amount: Decimal) -> str:
    return f"{amount:.2f} kr.".replace(".", ",", 1)


# what `required` says in words
def _support_is_proposed(s: Case, view: Any) -> bool:
    return bool(s[CaseAssessment].is_entitled or proposed(s[CaseAssessment]))


CONDITIONS: dict[str, Condition] = {
    "the theme is relevant to the decision": lambda s, view: True,
    "an activity-and-participation sub-theme is relevant": lambda s, view: bool(s[CaseAssessment].goals),
    "information the citizen wanted included is left out": lambda s, view: False,  # what is empty left nothing out
    "support is proposed": _support_is_proposed,
    "help is refused with reference to other legislation": lambda s, view: False,  # GEN-12 warns where it is
    "a provider is chosen": lambda s, view: any(i.provider for i in proposed(s[CaseAssessment])),
    "a service line is priced": lambda s, view: view.unit_price is not None,
    "it is another municipality": lambda s, view: False,  # what is empty is the own municipality
    "there are any": lambda s, view: False,
    "the plan is handed to a provider": lambda s, view: False,  # PLN-10 and PLN-11 speak where it is
}

RELEVANT = {ActionPlan.step: lambda s: bool(s[CaseAssessment].action_plan_wanted)}
"""A plan that the citizen does not want is missed by nobody."""

WARNINGS = (
    what_was_reused_is_confirmed,
    an_opposite_result_is_explained,
    a_new_decision_has_an_opening,
    reopened_themes_are_looked_at,
    a_pause_has_its_reason,
    only_what_is_necessary_is_written,
    levels_count_aids_in,
    functions_are_told_without_aids,
    relevant_themes_are_informed,
    facts_and_handling_are_kept_apart,
    sources_are_named,
    remarks_propose_no_support,
    the_assessment_brings_no_new_facts,
    goals_agree_with_their_type,
    goals_say_what_the_citizen_does,
    goals_are_smart,
    new_goals_are_held_against_the_plan,
    alternatives_are_weighed,
    hours_add_up,
    a_stay_goes_with_other_help,
    prices_are_within_the_tariffs,
    the_target_group_is_what_help_is_about,
    a_home_is_not_chosen_without_a_guardian,
    a_copy_goes_to_the_citizen,
    the_plan_is_offered,
    the_use_of_a_plan_is_weighed,
    one_plan_is_better_than_two,
    the_plan_is_up_to_date,
)
