"""What may happen at a follow-up, what follows, and what to warn about. Pure; rule ids are the catalogue's."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

from casework import legal_bases
from casework.contracts.assessment import HearingSent
from casework.contracts.common import NotificationRequested
from casework.contracts.decision import DecisionMade
from casework.contracts.delivery import ChangeReported, StatusNoteSubmitted
from casework.contracts.followup import FollowupConcluded, InspectionRecorded
from casework.contracts.intake import CaseClosed
from casework.contracts.ordering import ActualsImported, OrderAccepted
from casework.contracts.values import FollowedUpGoal, FollowedUpIntervention, GoalResult
from casework.errors import NotHere, Refused
from casework.process import Becomes, Event, Records, Situation, Warned
from casework.vocabularies import label, vocabulary
from followup.carried import concluded, number_now, open_run, running, running_orders
from followup.commands import ConcludeFollowup, OpenFollowup, RecordInspection
from followup.model import FollowUp, Inspection, NextSteps, Plan, Preparation, ReceivedNote, Report, State
from followup.plan import conclude_dates, day_after, planned_day, served_days, settle

Case = Situation[State]
Events = Iterable[Event]


# opening
def open_follow_up(s: Case, command: OpenFollowup, today: date) -> Events:
    """One at a time. It is extra where the next planned day is far off; what was reported is thereby answered."""
    here = open_run(s)
    if here:
        raise NotHere(f"Opfølgning {here.number} er åben. Afslut den, før du åbner en ny")
    yield Becomes(opened_on=today, reason=command.reason, is_extra=planned_day(s, today) is None)
    yield Records(Plan, reports=None)


# the inspection (personrettet tilsyn)
def record_inspection(s: Case, command: RecordInspection, today: date) -> Events:
    """Done only where the caseworker has seen the citizen, and all questions are answered (RSL § 16)."""
    yield from _inspect(s, today)


def _inspect(s: Case, today: date) -> Iterator[Event]:
    inspection = s[Inspection]
    check_inspection(inspection)
    held_on = s[FollowUp].follow_up_held_on or today
    yield Records(Inspection, inspection_done=True)
    yield Becomes(inspected_on=held_on)
    yield InspectionRecorded(
        number=s.number,
        inspected_on=held_on,
        citizen_met=inspection.citizen_met,
        citizen_thrives=inspection.citizen_thrives,
        use_of_force_in_period=inspection.use_of_force_in_period,
    )


def check_inspection(inspection: Inspection) -> None:
    """Raises Refused for what FUP-15, FUP-16 and FUP-17 demand. Thriving is judged apart from goals."""
    if not inspection.citizen_met or inspection.inspection_done is False:
        raise Refused("FUP-15", "inspection.citizen_met",
                      "Tilsynet er først udført, når du selv har mødt borgeren. Aftal et nyt møde")  # fmt: skip
    if inspection.citizen_thrives is None:
        raise Refused("FUP-16", "inspection.citizen_thrives", "Skriv, om borgeren trives")
    if inspection.use_of_force_in_period is None:
        raise Refused("FUP-16", "inspection.use_of_force_in_period", "Skriv, om der har været brugt magt i perioden")
    if not inspection.inspection_conclusion:
        raise Refused("FUP-16", "inspection.inspection_conclusion", "Skriv konklusionen på tilsynet")
    if inspection.use_of_force_in_period and not inspection.use_of_force_follow_up:
        raise Refused("FUP-17", "inspection.use_of_force_follow_up", "Skriv, hvordan der følges op på magtanvendelsen")
    if not inspection.citizen_thrives and not inspection.wellbeing_remarks:
        raise Refused("FUP-17", "inspection.wellbeing_remarks", "Skriv, hvad der gøres, når borgeren ikke trives")


# concluding
def conclude(s: Case, command: ConcludeFollowup, today: date) -> Events:
    """What was found and chosen stays as it is now; the days that the follow-up serves are met."""
    view = s[FollowUp]
    goals_are_judged(view.goals)
    the_support_need_is_set_anew(view)
    the_outcome_is_chosen_and_reasoned(s, view)
    if s[Inspection].inspection_done and not s.state.inspected_on:
        yield from _inspect(s, today)
    assert s.state.opened_on
    held_on = view.follow_up_held_on or today
    served = served_days(s, s.state.opened_on, held_on)
    frozen = replace(view, follow_up_held_on=held_on, next_follow_up_date=day_after(s, view, held_on, served))
    yield Records(FollowUp, **vars(frozen))
    yield from conclude_dates(s, view, served, held_on)
    yield Becomes(is_extra=not served, concluded_on=today, concluded_at=s.now)


def goals_are_judged(goals: Iterable[FollowedUpGoal]) -> None:
    """Each goal has a level, one per sub-theme, and one outcome. Raises Refused."""
    by_subtheme: dict[str, FollowedUpGoal] = {}
    for goal in goals:
        where = f"follow_up.goals[{goal.id}]"
        if goal.current_functioning_level is None:
            raise Refused("FUP-03", f"{where}.current_functioning_level",
                          "Sæt funktionsevneniveauet for hvert mål, også når det er uændret")  # fmt: skip
        if goal.primary_subtheme:
            other = by_subtheme.setdefault(goal.primary_subtheme, goal)
            if other.current_functioning_level != goal.current_functioning_level:
                raise Refused(
                    "FUP-05",
                    f"{where}.current_functioning_level",
                    f"To mål under {label('themes', goal.primary_subtheme)} skal have samme niveau",
                )
    for goal in goals:
        if not goal.goal_outcome:
            raise Refused("FUP-06", f"follow_up.goals[{goal.id}].goal_outcome",
                          "Vælg, om målet er uændret, skal revideres eller skal afsluttes")  # fmt: skip


def the_support_need_is_set_anew(view: FollowUp) -> None:
    if not view.current_support_need:
        raise Refused("FUP-19", "follow_up.current_support_need", "Vælg borgerens støttebehov efter opfølgningen")


def the_outcome_is_chosen_and_reasoned(s: Case, view: FollowUp) -> None:
    """Each outcome is a decision. An ending, or one that the citizen is against, has its reasons. Raises Refused."""
    if not view.follow_up_outcome:
        raise Refused("FUP-07", "follow_up.follow_up_outcome",
                      "Vælg, om indsatsen fortsætter, afsluttes, eller afsluttes til fordel for en ny")  # fmt: skip
    if (view.overall_conclusion or "").strip():
        return
    if view.follow_up_outcome in ("end", "end-and-reassign"):
        raise Refused("FUP-10", "follow_up.overall_conclusion", "Begrund, hvorfor indsatsen afsluttes")
    if view.citizen_agrees is False:
        raise Refused(
            "FUP-08", "follow_up.overall_conclusion", "Borgeren er uenig. Begrund, hvorfor indsatsen fortsætter"
        )
    if not s.all_told(DecisionMade):
        raise Refused("GEN-10", "follow_up.overall_conclusion",
                      "Uden en sagsvurdering skal konklusionen sige, hvad afgørelsen hviler på")  # fmt: skip


# a substantial change of help (SEL § 3)
def changes_the_help(s: Case) -> bool:
    """The help ends, or another offer or service takes its place."""
    option = s[NextSteps].action_option
    course = vocabulary("action-options")[option]["follow_up_outcome"] if option else None
    return not {s[FollowUp].follow_up_outcome, course} <= {None, "continue"}


def help_to_be_heard_of(s: Case) -> list[FollowedUpIntervention]:
    """The help of which a substantial change brings access, hearing, reasons and complaint along (FUP-12)."""
    return [
        i for i in s[FollowUp].interventions if s.municipality.takes_hearing(i.legal_bases or legal_bases.of_help([i]))
    ]


def hearing_is_owed(s: Case) -> bool:
    """Help is changed of which the citizen is to be heard, and has not been since the follow-up was opened."""
    since = s.state.opened_on
    heard = any(since is None or sent.party_hearing_sent_date >= since for sent in s.all_told(HearingSent))
    return not heard and changes_the_help(s) and bool(help_to_be_heard_of(s))


def announce_conclusion(s: Case, trigger: object, today: date) -> Events:
    """Everybody takes over their part; what is to be done by hand is somebody's task (FUP-12, FUP-21, FUP-23)."""
    view, steps = s[FollowUp], s[NextSteps]
    assert view.follow_up_held_on
    assert view.follow_up_outcome
    yield FollowupConcluded(
        number=s.number,
        follow_up_held_on=view.follow_up_held_on,
        follow_up_outcome=view.follow_up_outcome,
        goals=tuple(_result(goal) for goal in view.goals),
        providers=tuple(running_orders(s)),
        current_support_need=view.current_support_need,
        action_option=steps.action_option,
        new_assessment_needed=steps.new_assessment_needed,
        action_plan_to_update=steps.action_plan_to_update,
        order_to_resend=steps.order_to_resend,
        citizen_agrees=view.citizen_agrees,
        party_hearing_needed=hearing_is_owed(s) or None,
        concluded_by=s.actor.name,
        next_follow_up_date=view.next_follow_up_date,
    )
    if hearing_is_owed(s):
        yield _task(s, "followup.party_hearing")
    if any(goal.goal_outcome == "revise" for goal in view.goals):
        yield _task(s, "followup.goals_to_revise")
    if steps.action_option in ("change-service", "change-offer") and not steps.reporting_updated:
        yield _task(s, "followup.reporting_to_update")


def _result(goal: FollowedUpGoal) -> GoalResult:
    return GoalResult(
        id=goal.id,
        primary_subtheme=goal.primary_subtheme,
        current_functioning_level=goal.current_functioning_level,
        goal_attainment=goal.goal_attainment,
        goal_outcome=goal.goal_outcome,
    )


def _task(s: Case, kind: str) -> NotificationRequested:
    return NotificationRequested(kind=kind, roles=("caseworker",), key=str(s.number))


def goes_on(s: Case) -> bool:
    return s[FollowUp].follow_up_outcome != "end"


# what others tell
def take_note(s: Case, submitted: StatusNoteSubmitted, today: date) -> Events:
    """A note belongs to the follow-up that is open, else to the next, and is waited for no more."""
    plan, number = s[Plan], number_now(s)
    note = ReceivedNote(**vars(submitted), number=number)
    requested = tuple(
        replace(r, number=number, waits=False) if r.waits and r.provider_id == note.provider_id else r
        for r in plan.requested
    )
    yield from settle(s, replace(plan, notes=(*plan.notes, note), requested=requested))


def weigh_extra_follow_up(s: Case, reported: ChangeReported, today: date) -> Events:
    """The caseworker decides whether to follow up outside the plan (DEL-07)."""
    report = Report(provider_id=reported.provider_id, reported_on=reported.reported_on, text=reported.text)
    yield Records(Plan, reports=(*s[Plan].reports, report))
    yield NotificationRequested(kind="followup.change_reported", roles=("caseworker",), key=reported.provider_id)


def note_hearing(s: Case, sent: HearingSent, today: date) -> Events:
    """Kept: what is changed after it has been heard of (FUP-12)."""
    return ()


def ask_for_reporting(s: Case, made: DecisionMade, today: date) -> Events:
    """Service or target group is another after a follow-up: what is registered of them is to follow (FUP-23)."""
    if changed := changed_by_decision(s):
        yield _task(changed, "followup.reporting_to_update")


def changed_by_decision(s: Case) -> Case | None:
    """The last follow-up, where other services or another target group have been decided since than held before it."""
    last = next(iter(concluded(s.of(None))), None)
    if last is None or last.state.concluded_at is None:
        return None
    made = [(told.at > last.state.concluded_at, told.message) for told in s.kept(DecisionMade)]
    before, since = (
        [message for is_since, message in made if is_since is wanted and isinstance(message, DecisionMade)]
        for wanted in (False, True)
    )
    is_other = bool(before and since) and _registered(before[-1]) != _registered(since[-1])
    return s.of(last) if is_other else None


def _registered(made: DecisionMade) -> tuple[frozenset[str], str | None]:
    """What is reported of a decision: its services and the primary target group."""
    return frozenset(v for i in made.granted_interventions for v in i.services), made.primary_target_group


def note_price(s: Case, billed: ActualsImported, today: date) -> Events:
    """Kept, to be shown when the next follow-up is prepared (FUP-25)."""
    return ()


def close(s: Case, closed: CaseClosed, today: date) -> Events:
    """An open follow-up is left as it stands."""
    return ()


# warnings
def reports_are_answered(s: Case) -> Iterator[Warned]:
    for report in s[Plan].reports:
        reported = f"Nye forhold meldt {report.reported_on:%d.%m.%Y}: {report.text}"
        yield Warned("DEL-07", "followup.follow_up", f"{reported}. Er der brug for en ekstra opfølgning?")


def price_and_force_are_looked_at(s: Case) -> Iterator[Warned]:
    """While a follow-up is prepared: how the price has developed, and what force was used (handbook 9.2)."""
    run = open_run(s)
    if run is None:
        return
    here = s.of(run)
    if here[Preparation].price_development_checked is None:
        yield Warned("FUP-25", "followup.preparation.price_development_checked",
                     f"Se på prisudvikling og tillæg i perioden. {' '.join(_prices(here))}")  # fmt: skip
    if here[Preparation].use_of_force_checked is None:
        yield Warned("FUP-25", "followup.preparation.use_of_force_checked",
                     f"Spørg, om der har været brugt magt i perioden{_force_before(here)}")  # fmt: skip


def _prices(s: Case) -> Iterator[str]:
    """What was billed since the last follow-up, and what is ordered now against what was ordered then."""
    since = next((run.state.concluded_on for run in concluded(s)), None)
    billed = [a.amount for a in s.all_told(ActualsImported) if since is None or a.booked_on > since]
    before, now = orders_before(s).values(), running_orders(s).values()
    was, is_ = ([o.total_expected_price for o in orders if o.total_expected_price] for orders in (before, now))
    yield f"Bogført {_kroner(billed)} kr., forventet {_kroner(is_)} kr. i alt."
    if sum(was) != sum(is_):
        yield f"Prisen er gået fra {_kroner(was)} kr. til {_kroner(is_)} kr. Hvorfor?"
    known, ordered = ({label("services", v) for v in _services(orders)} for orders in (before, now))
    if added := sorted(ordered - known):
        yield f"Nyt i perioden: {', '.join(added)}."


def orders_before(s: Case) -> dict[str, OrderAccepted]:
    """Each provider's order as it stood when the last follow-up was concluded; before the first, as first accepted."""
    last = next((run.state.concluded_at for run in concluded(s)), None)
    if last:
        then = running(told for told in s.heard if told.at <= last)
        return {key: told.message for key, told in then.items() if isinstance(told.message, OrderAccepted)}
    first: dict[str, OrderAccepted] = {}
    for accepted in s.all_told(OrderAccepted):
        first.setdefault(accepted.provider_id, accepted)
    return {key: order for key, order in first.items() if key in running_orders(s)}


def _services(orders: Iterable[OrderAccepted]) -> set[str]:
    """Of the help, and of its priced lines: a charge beside it is a line."""
    help_ = [i for order in orders for i in order.interventions]
    lines = {line.service for i in help_ for line in i.service_lines if line.service}
    return lines | {service for i in help_ for service in i.services}


def _kroner(amounts: Iterable[Decimal]) -> str:
    return f"{sum(amounts, Decimal(0)):,.2f}".translate(str.maketrans(",.", ".,"))


def _force_before(s: Case) -> str:
    used = any(s.of(run)[Inspection].use_of_force_in_period for run in concluded(s)[:1])
    return ". Ved den forrige opfølgning var der brugt magt" if used else ""


def a_substantial_change_is_heard(s: Case) -> Iterator[Warned]:
    """While it can still be done before anything is decided."""
    run = open_run(s)
    if run and hearing_is_owed(here := s.of(run)):
        services = dict.fromkeys(service for i in help_to_be_heard_of(here) for service in i.services)
        names = ", ".join(label("services", service) for service in services)
        yield Warned("FUP-12", "followup.follow_up.follow_up_outcome",
                     f"Det er en væsentlig ændring af hjælpen ({names}). Borgeren har ret til aktindsigt, partshøring, "
                     "begrundelse og klagevejledning. Send partshøringen, før der afgøres")  # fmt: skip


def reporting_follows_the_decision(s: Case) -> Iterator[Warned]:
    changed = changed_by_decision(s)
    if changed and not changed[NextSteps].reporting_updated:
        yield Warned("FUP-23", "followup.next_steps.reporting_updated",
                     "Ydelse eller målgruppe er en anden end før opfølgningen. Ret indberetningen")  # fmt: skip


def the_next_day_is_set(s: Case) -> Iterator[Warned]:
    newest = max(s.runs, key=lambda run: run.number, default=None)
    view = s.of(newest)[FollowUp] if newest else None
    if view and view.follow_up_outcome == "continue" and not view.next_follow_up_date and not s[Plan].dates:
        yield Warned("FUP-14", "followup.follow_up.next_follow_up_date",
                     "Indsatsen fortsætter. Sæt datoen for den næste opfølgning")  # fmt: skip


WARNINGS = (
    reports_are_answered,
    price_and_force_are_looked_at,
    a_substantial_change_is_heard,
    reporting_follows_the_decision,
    the_next_day_is_set,
)
