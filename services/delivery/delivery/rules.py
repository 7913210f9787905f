"""What a provider may do with its order, what follows, and what it sees. Pure; rule ids are the catalogue's."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import TypeVar

from casework.contracts import Command
from casework.contracts.common import NotificationRequested
from casework.contracts.delivery import ChangeReported, OrderAnswered, StatusNoteSubmitted
from casework.contracts.followup import StatusNoteRequested
from casework.contracts.intake import CaseClosed
from casework.contracts.ordering import OrderCancelled, OrderEnded, OrderSent
from casework.contracts.values import DeliveredGoal, Goal, Note, Party, ReportedGoal, Subgoal
from casework.errors import NOBODYS_BUSINESS, NotFound, NotHere, Refused
from casework.fields import Step
from casework.process import Actor, Becomes, Event, Records, Role, Situation
from casework.records import standing
from casework.schema import read
from delivery.commands import AnswerOrder, ReportChange, SubmitStatusNote
from delivery.model import Documentation, State, StatusNote

Case = Situation[State]
Events = Iterable[Event]
C = TypeVar("C", bound=Command)


# whose order it is
def of_its_own_order(command: C, actor: Actor) -> C:
    """A provider's people act on their own order, named or not; of another's they do not even learn (DEL-08)."""
    if actor.role is not Role.PROVIDER:
        return command
    if getattr(command, "order", None) not in (None, actor.provider_id):
        raise NotFound(NOBODYS_BUSINESS)
    return replace(command, order=actor.provider_id)  # type: ignore[call-arg]


def of_the_provider(s: Case, sent: OrderSent) -> Iterable[str]:
    """One delivery per provider of the case, whatever the version."""
    return (sent.provider_id,)


# the backbone
def receive(s: Case, sent: OrderSent, today: date) -> Events:
    """An order, or a new version of it; what was in force stays so until the answer."""
    yield Becomes(order_number=sent.order_number, version=sent.version, reason=None, stopped=None, stopped_on=None)


def answer(s: Case, command: AnswerOrder, today: date) -> Events:
    """Yes or no to the version that was read. A no to a new version leaves the former in force."""
    if command.version not in (None, s.state.version):
        raise NotHere("Der er kommet en nyere version af bestillingen. Læs den, før I svarer", field="version")
    accepted = command.action == "delivery.accept"
    assert s.state.version is not None
    yield Becomes(in_force=s.state.version if accepted else s.state.in_force, reason=command.reason)
    yield OrderAnswered(
        provider_id=s.key,
        version=s.state.version,
        accepted=accepted,
        reason=command.reason,
        answered_on=today,
    )


def is_running(s: Case) -> bool:
    return s.state.in_force is not None


def stop(s: Case, told: OrderCancelled | OrderEnded | CaseClosed, today: date) -> Events:
    """Cancelled, ended, or the case closed. What is documented stays, and a note asked for may still be sent."""
    if isinstance(told, OrderCancelled):
        yield Becomes(stopped="cancelled", stopped_on=told.effective_on)
    else:
        yield Becomes(stopped="ended", stopped_on=told.ended_on if isinstance(told, OrderEnded) else told.closed_on)


# status notes and reports
def ask_for_note(s: Case, asked: StatusNoteRequested, today: date) -> Events:
    """A follow-up comes near: the provider is told by when its note is wanted (FUP-01)."""
    if s.run is not None:
        yield Becomes(note_due=asked.note_due)
        yield NotificationRequested(
            kind="delivery.status_note", roles=("provider",), provider_id=s.key, key=f"{s.key}/{asked.planned_on}"
        )


def submit_note(s: Case, command: SubmitStatusNote, today: date) -> Events:
    """The draft is sent, stays as it was sent, and makes room for the next."""
    _in_force(s, "Et statusnotat kan først sendes, når bestillingen er taget imod")
    draft = s[StatusNote]
    note = StatusNoteSubmitted(
        provider_id=s.key,
        submitted_on=today,
        goals=draft.goals,
        significant_changes=draft.significant_changes,
        change_subthemes=draft.change_subthemes,
        provider_remarks=draft.provider_remarks,
    )
    yield note
    yield Becomes(notes=(*s.state.notes, note), note_due=None)
    yield Records(StatusNote, goals=None, significant_changes=None, change_subthemes=None, provider_remarks=None)


def report_change(s: Case, command: ReportChange, today: date) -> Events:
    """The caseworker decides whether an extra follow-up is needed (DEL-07)."""
    _in_force(s, "Nye forhold kan først meldes, når bestillingen er taget imod")
    yield ChangeReported(provider_id=s.key, text=command.text, reported_on=today)


def _in_force(s: Case, why_not: str) -> None:
    """Notes and reports hang on the order, wherever its newest version stands."""
    if s.run is None:
        raise NotFound(NOBODYS_BUSINESS)
    if s.state.in_force is None:
        raise NotHere(why_not)


# what the provider sees
def received(s: Case) -> OrderSent | None:
    """The version in force, or the one that waits for the first answer."""
    wanted = s.state.in_force or s.state.version
    return s.told(OrderSent, provider_id=s.key, version=wanted) or s.told(OrderSent, provider_id=s.key)


def waiting(s: Case) -> OrderSent | None:
    """The version that waits for an answer while a former one is in force: what the provider says yes or no to."""
    if s.at != "answer" or s.state.in_force is None:
        return None
    return s.told(OrderSent, provider_id=s.key, version=s.state.version)


def goals_known(s: Case) -> dict[str, Goal]:
    """Every goal that this provider was ever sent, as it was sent last."""
    return {goal.id: goal for sent in s.all_told(OrderSent, provider_id=s.key) for goal in sent.goals}


def documentation(own: Documentation, s: Case) -> Documentation:
    """What was received, with the provider's sub-goals under each goal; those of a goal taken off are not lost."""
    order = received(s)
    if order is None:
        return own
    written = {goal.id: goal.subgoals for goal in own.goals}
    subthemes = _subthemes(own, goals_known(s))
    former = [goal for goal in goals_known(s).values() if goal not in order.goals and written.get(goal.id)]
    current = {goal.id for goal in order.goals}
    goals = (*order.goals, *(goal for goal in former if goal.id not in current))
    return replace(
        own,
        citizen_name=order.citizen_name,
        cpr_number=order.cpr_number,
        diagnoses=order.diagnoses,
        interventions=order.interventions,
        citizen_wishes=order.citizen_wishes,
        intervention_purpose=order.intervention_purpose,
        goals=tuple(_delivered(goal, written.get(goal.id, ()), subthemes) for goal in goals),
    )


def _subthemes(own: Documentation, goals: Mapping[str, Goal]) -> dict[str, tuple[str, ...]]:
    """The sub-themes of each sub-goal: those of the goals under which it stands, primary and related (DEL-04)."""
    found: dict[str, dict[str, None]] = {}
    for written in own.goals:
        goal = goals.get(written.id, written)
        for sub in written.subgoals:
            themes = (goal.primary_subtheme, *goal.related_subthemes)
            found.setdefault(sub.id, {}).update(dict.fromkeys(theme for theme in themes if theme))
    return {name: tuple(themes) for name, themes in found.items()}


def _delivered(goal: Goal, subgoals: tuple[Subgoal, ...], subthemes: Mapping[str, tuple[str, ...]]) -> DeliveredGoal:
    """A note under a goal carries the goal's sub-themes (DEL-04)."""

    def tagged(sub: Subgoal) -> Subgoal:
        notes = (replace(note, note_subthemes=note.note_subthemes or subthemes[sub.id]) for note in sub.goal_notes)
        return replace(sub, goal_notes=tuple(notes))

    return DeliveredGoal(**vars(goal), subgoals=tuple(map(tagged, subgoals)))


def status_note(own: StatusNote, s: Case) -> StatusNote:
    """The draft, with a place for each goal that the provider works on."""
    order = received(s)
    if order is None:
        return own
    written = {goal.id: goal.provider_evaluation for goal in own.goals}
    return replace(
        own,
        citizen_wishes=order.citizen_wishes,
        intervention_purpose=order.intervention_purpose,
        goals=tuple(ReportedGoal(**vars(goal), provider_evaluation=written.get(goal.id)) for goal in order.goals),
    )


# recording
def provider_writes_under_its_goals(before: Case, after: Case) -> None:
    """A sub-goal and an evaluation belong to a goal that was ordered; goals are the authority's (DEL-01, DEL-02)."""
    for run in after.runs:
        known = goals_known(after.of(run))
        for step in (Documentation, StatusNote):
            own = after.own.get((step.step, run.key), {})
            for goal in own.get("goals") or ():
                if goal["id"] not in known:
                    raise Refused("DEL-01", f"{step.step}.goals[{goal['id']}]",
                                  "Skriv under et af de mål, der er bestilt. Nye mål sætter kommunen")  # fmt: skip


def date_and_sign_notes(before: Case, after: Case) -> Events:
    """A note says when it was written and by whom: today and whoever writes, unless told otherwise (DEL-04)."""
    for run in after.runs:
        place = (Documentation.step, run.key)
        own = read(Documentation, standing(Documentation, after.own.get(place, {})))
        signed = replace(
            own,
            goals=tuple(
                replace(
                    goal,
                    subgoals=tuple(
                        replace(sub, goal_notes=tuple(_signed(note, after) for note in sub.goal_notes))
                        for sub in goal.subgoals
                    ),
                )
                for goal in own.goals
            ),
            other_notes=tuple(_signed(note, after) for note in own.other_notes),
        )
        if before.own.get(place) != after.own.get(place) and signed != own:
            yield Records(Documentation, key=run.key, goals=signed.goals, other_notes=signed.other_notes)


def _signed(note: Note, s: Case) -> Note:
    author = Party(name=s.actor.name, role="provider")
    return replace(note, note_date=note.note_date or s.today, note_author=note.note_author or author)


CHECKS = (provider_writes_under_its_goals,)
COMPUTES: Mapping[type[Step], Callable[..., Step]] = {Documentation: documentation, StatusNote: status_note}
