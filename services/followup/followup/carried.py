"""What a follow-up is given: what orders, notes and the follow-ups before it say (FUP-04, FUP-18). Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from casework.contracts.decision import DecisionMade
from casework.contracts.ordering import OrderAccepted, OrderCancelled, OrderEnded
from casework.contracts.values import FollowedUpGoal, FollowedUpIntervention, Goal, Intervention
from casework.fields import Step
from casework.process import Run, Situation, Told
from casework.vocabularies import vocabulary
from followup.model import FollowUp, NextSteps, Plan, Preparation, ReceivedNote, State

Case = Situation[State]
V = TypeVar("V")


# the orders
def running(heard: Iterable[Told]) -> dict[str, Told]:
    """The version in force of each provider's order: the newest accepted, until it is cancelled or ends."""
    orders: dict[str, Told] = {}
    for told in heard:
        if not issubclass(told.kind, OrderAccepted | OrderCancelled | OrderEnded):
            continue  # nothing else is read
        message = told.message
        if isinstance(message, OrderAccepted):
            orders[message.provider_id] = told
        elif isinstance(message, OrderCancelled | OrderEnded):
            former = orders.get(message.provider_id)
            if former and message.version >= _order(former).version:
                del orders[message.provider_id]
    return orders


def running_orders(s: Case) -> dict[str, OrderAccepted]:
    return s.once("running orders", lambda: {key: _order(told) for key, told in running(s.heard).items()}, s.heard)


def _order(told: Told) -> OrderAccepted:
    assert isinstance(told.message, OrderAccepted)
    return told.message


# the follow-ups
def open_run(s: Case) -> Run[State] | None:
    return next((run for run in s.runs if run.at not in ("done", "stopped")), None)


def number_now(s: Case) -> int:
    """The follow-up that is open, else the next: what comes now belongs to it."""
    here = open_run(s)
    return here.number if here else max((run.number for run in s.runs), default=0) + 1


def concluded(s: Case) -> list[Run[State]]:
    """The follow-ups concluded before this one, newest first."""
    before = [run for run in s.runs if run.state.concluded_on and (not s.run or run.number < s.number)]
    return sorted(before, key=lambda run: run.number, reverse=True)


def last_follow_up(s: Case) -> FollowUp | None:
    return next((s.of(run)[FollowUp] for run in concluded(s)), None)


def notes_for(s: Case, number: int) -> list[ReceivedNote]:
    """The newest status note of each provider for this follow-up."""
    return list({note.provider_id: note for note in s[Plan].notes if note.number == number}.values())


# what is brought over
def follow_up(own: FollowUp, s: Case) -> FollowUp:
    """What is known shows until it is mended (FUP-18); what is concluded stays as it was then."""
    if s.state.concluded_on:
        return own
    last, orders = last_follow_up(s), [*running_orders(s).values()]
    newest = s.told(OrderAccepted)
    notes = notes_for(s, s.number)
    changes = [note.significant_changes for note in notes if note.significant_changes]
    known = {goal.id: brought_over(goal, s) for goal in _goals_ever(s)}
    goals = _laid_over(_goals(s, notes), own.goals, known)
    background = newest or last
    return replace(
        own,
        interventions=_laid_over(_interventions(s, orders, last), own.interventions),
        goals=tuple(with_attainment(goal) for goal in goals),
        citizen_wishes=own.citizen_wishes or (background.citizen_wishes if background else None),
        intervention_purpose=own.intervention_purpose or (background.intervention_purpose if background else None),
        significant_changes=own.significant_changes or "\n\n".join(changes) or None,
        previous_support_need=own.previous_support_need or _support_need_before(newest, last),
    )


def _support_need_before(newest: OrderAccepted | None, last: FollowUp | None) -> str | None:
    """The value before is shown, of the last follow-up or else of the order (FUP-19)."""
    return (last.current_support_need if last else None) or (newest.current_support_need if newest else None)


def _laid_over(base: Iterable[V], own: Iterable[V], known: Mapping[str, V] | None = None) -> tuple[V, ...]:
    """The caseworker's entries over those brought over; what is filled in wins, entries meet by their id."""
    mine = {_id(entry): entry for entry in own}
    laid = {_id(entry): _over(entry, mine.get(_id(entry))) for entry in base}
    for id_, entry in mine.items():
        laid.setdefault(id_, _over((known or {}).get(id_, entry), entry))
    return tuple(laid.values())


def _id(entry: object) -> str:
    return str(getattr(entry, "id"))  # noqa: B009 - entries of any kind are known by their id


def _over(base: V, own: V | None) -> V:
    filled = {} if own is None else {n: v for n, v in vars(own).items() if v is not None and v != ()}
    return replace(base, **filled)  # type: ignore[type-var]


def _interventions(s: Case, orders: Iterable[OrderAccepted], last: FollowUp | None) -> Iterator[FollowedUpIntervention]:
    """The help that runs; without any order, what was followed up last, or what is reviewed by law."""
    ordered = [
        FollowedUpIntervention(**vars(i), start_date=i.expected_start_date) for o in orders for i in o.interventions
    ]
    if ordered:
        yield from ordered
        return
    reviewed = {i for review in s[Plan].reviews for i in review.interventions}
    granted = [_granted(i) for made in s.all_told(DecisionMade) for i in made.granted_interventions if i.id in reviewed]
    former = last.interventions if last and s.told(OrderAccepted) is None else ()
    yield from {i.id: i for i in (*granted, *former)}.values()


def _granted(intervention: Intervention) -> FollowedUpIntervention:
    return FollowedUpIntervention(**vars(intervention), start_date=intervention.expected_start_date)


def _goals(s: Case, notes: Iterable[ReceivedNote]) -> Iterator[FollowedUpGoal]:
    """Each goal of the running orders, with its levels now and what the provider says of it (FUP-02)."""
    closed = {g.id for run in concluded(s) for g in s.of(run)[FollowUp].goals if g.goal_outcome == "close"}
    said = {goal.id: goal.provider_evaluation for note in notes for goal in note.goals if goal.provider_evaluation}
    ordered = [goal for order in running_orders(s).values() for goal in order.goals]
    if s.told(OrderAccepted) is None and (last := last_follow_up(s)):
        brought = [_from_last(goal) for goal in last.goals]
    else:
        brought = [brought_over(goal, s) for goal in ordered]
    for goal in brought:
        if goal.id not in closed:
            yield replace(goal, provider_evaluation=said.get(goal.id))


def _goals_ever(s: Case) -> Iterable[Goal]:
    """Each goal that was ever ordered, as it was ordered last."""
    return {goal.id: goal for order in s.all_told(OrderAccepted) for goal in order.goals}.values()


def _from_last(goal: FollowedUpGoal) -> FollowedUpGoal:
    return FollowedUpGoal(
        id=goal.id,
        goal_statement=goal.goal_statement,
        goal_type=goal.goal_type,
        primary_subtheme=goal.primary_subtheme,
        related_subthemes=goal.related_subthemes,
        transferred_current_functioning_level=goal.current_functioning_level,
        transferred_expected_functioning_level=goal.transferred_expected_functioning_level,
    )


def brought_over(goal: Goal, s: Case) -> FollowedUpGoal:
    return FollowedUpGoal(
        id=goal.id,
        goal_statement=goal.goal_statement,
        goal_type=goal.goal_type,
        primary_subtheme=goal.primary_subtheme,
        related_subthemes=goal.related_subthemes,
        transferred_current_functioning_level=level_before(goal, s),
        transferred_expected_functioning_level=goal.expected_functioning_level,
    )


def level_before(goal: Goal, s: Case) -> int | None:
    """The level that the last follow-up set for the sub-theme, unless a later order brought a newer one (FUP-04)."""
    ordered_at = next((told.at for told in reversed(s.kept(OrderAccepted)) if goal in _order(told).goals), None)
    for run in concluded(s):
        levels = {g.primary_subtheme: g.current_functioning_level for g in s.of(run)[FollowUp].goals}
        level = levels.get(goal.primary_subtheme)
        if level is not None:
            ended = run.state.concluded_at
            is_older = ended and ordered_at and ended <= ordered_at and goal.current_functioning_level is not None
            return goal.current_functioning_level if is_older else level
    return goal.current_functioning_level


def with_attainment(goal: FollowedUpGoal) -> FollowedUpGoal:
    """How far the goal is met, proposed from its type and levels; the caseworker may correct it (DAT-01)."""
    return replace(goal, goal_attainment=goal.goal_attainment or attainment(goal))


def attainment(goal: FollowedUpGoal) -> str | None:
    """Develop: a fall in number. Maintain: no rise. Limit loss: no rise beyond what was expected."""
    before, now = goal.transferred_current_functioning_level, goal.current_functioning_level
    expected = goal.transferred_expected_functioning_level
    if now is None or before is None or goal.goal_type is None:
        return None
    if goal.goal_type == "develop":
        if expected is not None and now <= expected and now < before:
            return "fully"
        return "partly" if now < before else "not"
    limit = before if goal.goal_type == "maintain" else max(before, expected if expected is not None else before)
    return "fully" if now <= limit else "not"


# the other steps
def preparation(own: Preparation, s: Case) -> Preparation:
    """That a status note was asked for need not be typed."""
    asked = any(note.number == s.number for note in s[Plan].requested)
    return own if own.status_note_requested is not None or not asked else replace(own, status_note_requested=True)


def next_steps(own: NextSteps, s: Case) -> NextSteps:
    """What the chosen course, or a goal to be revised, leads to, until it is answered otherwise (FUP-21)."""
    revised = any(goal.goal_outcome == "revise" for goal in s[FollowUp].goals)
    course = vocabulary("action-options")[own.action_option] if own.action_option else None
    plan, order = (bool(course and course.is_true(fact)) for fact in ("action_plan_update", "new_order"))
    return replace(
        own,
        action_plan_to_update=_else(own.action_plan_to_update, plan or revised),
        order_to_resend=_else(own.order_to_resend, order or revised),
    )


def _else(own: bool | None, proposed: bool) -> bool | None:
    return own if own is not None else proposed or None


COMPUTES: Mapping[type[Step], Callable[..., Step]] = {
    FollowUp: follow_up,
    Preparation: preparation,
    NextSteps: next_steps,
}
