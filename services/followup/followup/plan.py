"""The plan of dates: which follow-ups are due, and which status notes are asked for. Pure.

A rule says how the plan is afterwards; what is asked, met and cancelled follows from the difference (`settle`).
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from casework.calendar import add_months
from casework.configuration import YEARLY, Months
from casework.contracts.common import DeadlineCancelled, DeadlineMet, DeadlineRequested
from casework.contracts.deadlines import KINDS
from casework.contracts.decision import DecisionMade
from casework.contracts.followup import StatusNoteRequested
from casework.contracts.intake import CaseClosed
from casework.contracts.ordering import OrderAccepted, OrderCancelled, OrderEnded
from casework.contracts.scheduler import DeadlineApproaching
from casework.contracts.values import FollowedUpIntervention, Goal, Intervention, OrderedIntervention
from casework.process import Event, Records, Situation
from casework.vocabularies import vocabulary
from followup.carried import last_follow_up, notes_for, number_now, running, running_orders
from followup.model import FollowUp, Plan, PlannedDate, RequestedNote, Review, State

Case = Situation[State]
Events = Iterable[Event]

FOLLOW_UP, STATUS_NOTE, REVIEW = "follow-up", "status-note", "statutory-review"
_GRANTS = ("granted", "partly-refused")


# the days of an order
def plan_follow_up(s: Case, accepted: OrderAccepted, today: date) -> Events:
    """An order is in force: its days are planned. A new version moves only what it changes (GOL-11)."""
    others = [told for told in s.heard if told.kind is not OrderAccepted or told.message != accepted]
    former = running(others).get(accepted.provider_id)
    old = days_of(former.message) if former and isinstance(former.message, OrderAccepted) else ()
    new, plan = days_of(accepted), s[Plan]
    last = last_follow_up(s)
    passed = last.follow_up_held_on if last else None
    added = [day for day in new if day not in old and not (passed and day.on <= passed)]
    kept = [day for day in plan.dates if day not in old or day in new]
    yield from settle(s, replace(plan, dates=tuple(dict.fromkeys([*kept, *added]))))


def days_of(order: OrderAccepted) -> tuple[PlannedDate, ...]:
    """The common day of each intervention, as the order has it, and the day of each goal followed up for itself."""
    common = [
        PlannedDate(on=on, origin="order", provider_id=order.provider_id)
        for i in order.interventions
        if (on := i.follow_up_date)
    ]
    starts = [i.expected_start_date for i in order.interventions if i.expected_start_date]
    separate = [
        PlannedDate(on=on, origin="goal", provider_id=order.provider_id, goal=goal.id)
        for goal in order.goals
        if goal.goal_follow_up_mode == "separate" and (on := _day_of(goal, min(starts, default=None)))
    ]
    return tuple(dict.fromkeys([*common, *separate]))


def _day_of(goal: Goal, start: date | None) -> date | None:
    if goal.goal_follow_up_interval == "specific-date":
        return goal.goal_follow_up_date
    months = _months("follow-up-intervals", goal.goal_follow_up_interval)
    return add_months(start, months) if start and months else None


def _months(name: str, code: str | None) -> int | None:
    given = vocabulary(name)[code]["months"] if code else ""
    return int(given) if given else None


def drop_order(s: Case, over: OrderCancelled | OrderEnded, today: date) -> Events:
    """The order runs no more: its days fall away, and with the last order all of them."""
    if s.told(OrderAccepted, provider_id=over.provider_id) is None or over.provider_id in running_orders(s):
        return
    plan = s[Plan]
    kept = [day for day in plan.dates if day.provider_id != over.provider_id] if running_orders(s) else []
    requested = tuple(replace(r, waits=r.waits and r.provider_id != over.provider_id) for r in plan.requested)
    yield from settle(s, replace(plan, dates=tuple(kept), requested=requested))


def drop_all(s: Case, closed: CaseClosed, today: date) -> Events:
    """The case is closed, and nothing is awaited."""
    plan = s[Plan]
    requested = tuple(replace(r, waits=False) for r in plan.requested)
    yield from settle(s, replace(plan, dates=(), requested=requested, reviews=(), reports=()))


# the follow-up that serves them
def first_day(s: Case) -> date | None:
    return min((day.on for day in s[Plan].dates), default=None)


def planned_day(s: Case, opened_on: date) -> date | None:
    """The day that a follow-up opened then serves; None where it is an extra one."""
    first = first_day(s)
    return first if first and first <= opened_on + timedelta(days=s.municipality.extra_follow_up_days) else None


def served_days(s: Case, opened_on: date, held_on: date) -> set[date]:
    """The planned day, and every day no later than the follow-up was held."""
    first = planned_day(s, opened_on)
    return {day.on for day in s[Plan].dates if day.on == first or day.on <= held_on}


def day_after(s: Case, view: FollowUp, held_on: date, served: Collection[date]) -> date | None:
    """The next common day: as typed, else the interval after this follow-up where none is planned (FUP-14)."""
    if view.next_follow_up_date or any(d.origin != "goal" and d.on not in served for d in s[Plan].dates):
        return view.next_follow_up_date
    months = _interval(s, view, held_on) if view.follow_up_outcome == "continue" else None
    return add_months(held_on, months) if months else None


def _interval(s: Case, view: FollowUp, held_on: date) -> int | None:
    """The shortest of the goals' intervals, else of the help's own, else of the municipality's (FUP-13)."""
    goals = [goal for order in running_orders(s).values() for goal in order.goals]
    of_goals = [
        _months("follow-up-intervals", g.goal_follow_up_interval) for g in goals if g.goal_follow_up_mode != "separate"
    ]
    of_help = [_months("follow-up-frequencies", i.follow_up_frequency) for i in view.interventions]
    settings = [s.municipality.follow_up_months(i.legal_bases, i.offer, held_on) for i in view.interventions]
    for spans in (of_goals, of_help, [months.between for months in settings if months]):
        if any(spans):
            return min(span for span in spans if span)
    return None


def conclude_dates(s: Case, view: FollowUp, served: Collection[date], held_on: date) -> Events:
    """What the follow-up serves is met; a note that has not come is waited for no more."""
    plan = s[Plan]
    reviews, reviewed = [], []
    next_review = add_months(held_on, _review_months(s, held_on).between)
    for review in plan.reviews:
        if takes_up(s, view, review):
            reviewed.append(review.key)
            if view.follow_up_outcome != "end":
                reviews.append(replace(review, year=review.year + 1, due=next_review))
        else:
            reviews.append(review)
    is_over = view.follow_up_outcome == "end" and not running_orders(s)
    after = replace(
        plan,
        dates=() if is_over else tuple(day for day in plan.dates if day.on not in served),
        requested=tuple(replace(r, waits=r.waits and r.number != s.number) for r in plan.requested),
        reviews=tuple(reviews),
    )
    yield from settle(s, after, met=[*reviewed, *(day.isoformat() for day in served)])


def plan_next(s: Case, trigger: object, today: date) -> Events:
    """The next common day. An extra follow-up moves the one that was next (FUP-14)."""
    on, plan = s[FollowUp].next_follow_up_date, s[Plan]
    if on is None:
        return
    common = [day.on for day in plan.dates if day.origin != "goal"]
    moved = min(common, default=None) if s.state.is_extra else None
    kept = [day for day in plan.dates if day.origin == "goal" or day.on != moved]
    yield from settle(s, replace(plan, dates=tuple(dict.fromkeys([*kept, PlannedDate(on=on, origin="next")]))))


# help that the law wants looked at every year (SEL § 100; FUP-13)
def plan_statutory_review(s: Case, made: DecisionMade, today: date) -> Events:
    """A grant by § 100 is followed up within a year; a later decision by § 100 takes its place."""
    if YEARLY not in made.legal_bases:
        return
    granted = tuple(i.id for i in made.granted_interventions if is_extra_expense(i))
    due = add_months(made.decision_date, _review_months(s, made.decision_date).until_first)
    review = Review(decision=made.number, year=1, interventions=granted, due=due)
    yield from settle(s, replace(s[Plan], reviews=(review,) if made.decision_outcome in _GRANTS else ()))


def _review_months(s: Case, on: date) -> Months:
    """A year at the most by law; the municipality may look more often."""
    months = s.municipality.follow_up_months((YEARLY,), None, on)
    assert months
    return months


def is_extra_expense(i: Intervention | FollowedUpIntervention) -> bool:
    """Cover of extra expenses by SEL § 100."""
    by_law = isinstance(i, OrderedIntervention) and YEARLY in i.legal_bases
    return by_law or any("§ 100" in vocabulary("services")[service]["paragraphs"] for service in i.services)


def takes_up(s: Case, view: FollowUp, review: Review) -> bool:
    """A follow-up of ordered help does not; one of the grant itself does."""
    orders = running_orders(s).values()
    ordered = {i.id for order in orders for i in order.interventions}
    own = [i for i in view.interventions if i.id not in ordered]
    return not orders or any(i.id in review.interventions or is_extra_expense(i) for i in own)


# status notes (FUP-01)
def ask_status_notes(s: Case, trigger: object, today: date) -> Events:
    """Once per order and planned day, when it is near or a follow-up is opened; not where a note has come since."""
    if isinstance(trigger, DeadlineApproaching):
        planned = [day for day in s[Plan].dates if trigger.kind == FOLLOW_UP and day.on == trigger.due]
        on, providers = trigger.due, _providers(s, planned)
    else:
        on, providers = planned_day(s, today) or today, tuple(running_orders(s))
    number, plan = number_now(s), s[Plan]
    known = {(r.provider_id, r.planned_on) for r in plan.requested}
    known |= {(note.provider_id, on) for note in notes_for(s, number)}
    asked = [
        RequestedNote(provider_id=p, planned_on=on, number=number, note_due=note_due(s, on, today), waits=True)
        for p in providers
        if (p, on) not in known
    ]
    yield from settle(s, replace(plan, requested=(*plan.requested, *asked)))


def note_due(s: Case, planned_on: date, today: date) -> date:
    """Some working days before the follow-up, and never fewer than as many from today."""
    days = s.municipality.status_note_working_days
    return max(s.calendar.add_working_days(planned_on, -days), s.calendar.add_working_days(today, days))


def _providers(s: Case, days: Iterable[PlannedDate]) -> tuple[str, ...]:
    """Those whose orders the days are about; a day typed at a follow-up is about all that run."""
    running_now = tuple(running_orders(s))
    named = {day.provider_id for day in days}
    return running_now if None in named else tuple(p for p in running_now if p in named)


# what follows from a changed plan
def settle(s: Case, after: Plan, met: Collection[str] = ()) -> Iterator[Event]:
    """Record the plan; ask, meet and cancel what is other than before. What is gone and not in `met` (keys) is off."""
    before = s[Plan]
    old, new = ({day.on for day in plan.dates} for plan in (before, after))
    off = {day for day in old - new if day.isoformat() not in met}
    after = replace(
        after, requested=tuple(replace(r, waits=r.waits and r.planned_on not in off) for r in after.requested)
    )
    if after != before:
        changed: dict[str, Any] = {n: v or None for n, v in vars(after).items() if v != getattr(before, n)}
        yield Records(Plan, **changed)
    for day in sorted(old - new):
        yield _over(s, FOLLOW_UP, day.isoformat(), day not in off)
    for day in sorted(new - old):
        about = _providers(s, [planned for planned in after.dates if planned.on == day])
        yield _asked(FOLLOW_UP, day.isoformat(), day, about[0] if len(about) == 1 else None)
    yield from _settle_notes(s, before, after)
    yield from _settle_reviews(s, before, after, met)


def _settle_notes(s: Case, before: Plan, after: Plan) -> Iterator[Event]:
    waited = {r.key for r in before.requested if r.waits}
    for request in after.requested:
        if request.waits and request.key not in waited:
            yield StatusNoteRequested(
                provider_id=request.provider_id, planned_on=request.planned_on, note_due=request.note_due
            )
            yield _asked(STATUS_NOTE, request.key, request.note_due, request.provider_id)
        if not request.waits and request.key in waited:
            came = any(n.provider_id == request.provider_id and n.number == request.number for n in after.notes)
            yield _over(s, STATUS_NOTE, request.key, came)


def _settle_reviews(s: Case, before: Plan, after: Plan, met: Collection[str]) -> Iterator[Event]:
    kept = {review.key for review in after.reviews}
    known = {review.key for review in before.reviews}
    yield from (_over(s, REVIEW, r.key, r.key in met) for r in before.reviews if r.key not in kept)
    yield from (_asked(REVIEW, r.key, r.due, None) for r in after.reviews if r.key not in known)


def _asked(kind: str, key: str, due: date, provider_id: str | None) -> DeadlineRequested:
    return DeadlineRequested(kind=kind, key=key, due=due, notify=KINDS[kind].notify, provider_id=provider_id)


def _over(s: Case, kind: str, key: str, is_met: bool) -> Event:
    return DeadlineMet(kind=kind, key=key, met_on=s.today) if is_met else DeadlineCancelled(kind=kind, key=key)
