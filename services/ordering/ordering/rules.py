"""What may happen to an order, what follows, and what to warn about. Pure; rule ids are the catalogue's."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from casework import consents
from casework.calendar import add_months, local_date
from casework.contracts.assessment import (
    ActionPlanCompleted,
    ActionPlanRecorded,
    CaseAssessmentRecorded,
    EvaluationRecorded,
)
from casework.contracts.common import DeadlineCancelled, DeadlineMet, DeadlineRequested, NotificationRequested
from casework.contracts.deadlines import KINDS
from casework.contracts.decision import DecisionMade, DecisionNotified
from casework.contracts.delivery import OrderAnswered
from casework.contracts.followup import FollowupConcluded
from casework.contracts.intake import CaseClosed, ConsentChanged, DocumentsRecorded
from casework.contracts.ordering import (
    ActualsImported,
    CommitmentLine,
    CommitmentMade,
    CommitmentReleased,
    OrderAccepted,
    OrderCancelled,
    OrderEnded,
    OrderSent,
    ProviderChanged,
    ProviderChosen,
)
from casework.contracts.scheduler import DeadlineMissed
from casework.contracts.values import (
    Consent,
    Document,
    Goal,
    Intervention,
    OrderedIntervention,
    Party,
    ProviderTariff,
    ServiceLine,
)
from casework.errors import Invalid, NotYet, Refused
from casework.fields import fields_of
from casework.pricing import inherited, priced, total
from casework.process import Becomes, Event, Moves, Records, Run, Situation, Warned
from casework.process.engine import deadline_key
from casework.records import Json, overlay
from casework.schema import dump, read
from casework.vocabularies import vocabulary
from ordering import approvals
from ordering.commands import CancelOrder, ImportActuals, ReviseOrder, SendOrders
from ordering.model import AcuteUse, Choice, Ledger, Order, State

Case = Situation[State]
Events = Iterable[Event]

LIVE = ("send", "sent", "commit", "answer", "accepted", "begin", "running")
"""Where a version is still on its way, or in force."""


# whose help it is
def key_of(party: Party) -> str:
    """By what a provider is known in the case: its id in the register, else the number or name that it has."""
    return party.id or party.p_number or party.cvr or party.name


def is_same(one: Party | None, other: Party | None) -> bool:
    if one is None or other is None:
        return False
    return one.id == other.id if one.id and other.id else one.name.casefold() == other.name.casefold()


@dataclass(frozen=True)
class Granted:
    """A granted intervention, as it was decided, and the decision that granted it last."""

    intervention: Intervention
    by: DecisionMade


def granted(s: Case) -> Mapping[str, Granted]:
    """All help that holds by what was decided, and that a provider delivers (ORD-04). A later decision replaces."""
    return s.once("granted", lambda: _granted(s), s.heard)


def _granted(s: Case) -> dict[str, Granted]:
    found: dict[str, Granted] = {}
    for made in decisions(s):
        given = {i.id: i for i in made.granted_interventions}
        for gone in {*made.refused_interventions, *given}:
            found.pop(gone, None)
        found |= {id: Granted(i, made) for id, i in given.items() if _is_delivered(i)}
    return found


def decisions(s: Case) -> list[DecisionMade]:
    return sorted(s.all_told(DecisionMade), key=lambda made: made.number)


def _is_delivered(intervention: Intervention) -> bool:
    """Cash, §96 and counselling have no provider: no order is made (ORD-04)."""
    codes = vocabulary("services")
    services = intervention.services
    return not services or any(codes[service]["ordered"] != "false" for service in services)


def holder(s: Case, intervention: Intervention) -> Party | None:
    """The provider of an intervention: whom the caseworker chose last, else whom the decision names."""
    choice = next((c for c in s[Ledger].choices if c.id == intervention.id), None)
    decided = key_of(intervention.provider) if intervention.provider else None
    return choice.provider if choice and choice.decided == decided else intervention.provider


def held(s: Case) -> Mapping[str, list[Granted]]:
    """What each provider is to deliver: one order each, however many interventions (ORD-01, ORD-02)."""
    return s.once("held", lambda: _held(s))


def _held(s: Case) -> dict[str, list[Granted]]:
    by_provider: dict[str, list[Granted]] = {}
    for one in granted(s).values():
        party = holder(s, one.intervention)
        if party:
            by_provider.setdefault(key_of(party), []).append(one)
    return by_provider


def provider_of(s: Case, key: str) -> Party | None:
    """The provider with this key, as it stands in the case."""
    parties = [holder(s, one.intervention) for one in granted(s).values()]
    return next((p for p in parties if p and key_of(p) == key), None) or _proposed(s).get(key)


def _proposed(s: Case) -> dict[str, Party]:
    """The providers of the living record, for what is filled in before anything is decided."""
    parties = [holder(s, i) for i in _living(s) if not i.is_alternative]
    return {key_of(p): p for p in parties if p}


def _living(s: Case) -> tuple[Intervention, ...]:
    told = s.told(CaseAssessmentRecorded)
    return told.interventions if told else ()


# which order is meant
def order_meant(s: Case, given: Mapping[str, Any]) -> str:
    """The provider whose order a recording means that names none. Raises Invalid where there are several.

    Empty where no provider is known yet: what is recorded then holds for whichever order comes.
    """
    ids = {entry.get("id") for entry in given.get("interventions") or [] if isinstance(entry, Mapping)}
    known = [one.intervention for one in granted(s).values()] or list(_living(s))
    parties = [holder(s, i) for i in known if i.id in ids]
    for keys in ({key_of(p) for p in parties if p}, {*held(s)}, {run.key for run in s.runs}, {*_proposed(s)}):
        if len(keys) == 1:
            return keys.pop()
        if keys:
            break
    else:
        return ""
    raise Invalid({"key": ("Sagen har flere udførere. Skriv, hvilken bestilling det gælder", "ORD-01")})


# the order as it would be sent now
_FROZEN = (
    "goals",
    "interventions",
    "intervention_purpose",
    "citizen_wishes",
    "citizen_perspective",
    "diagnoses",
    "current_support_need",
    "primary_target_group",
    "other_target_groups",
)
_NOT_HANDED_ON = ("attachments", "provider_coordinator", "departments_notified", "finance_notified", "goals")
_OWN_TO_PROVIDER = (
    "provider",
    "provider_p_number",
    "provider_ean",
    "provider_account_number",
    "provider_agreements",
    "cost_object",
)


def ordered(s: Case, key: str) -> Order:
    """A provider's order as it stands: what was decided, what is carried, and what was filled in here (ORD-06).

    What was decided is frozen as of the revision that the decision rests on; later drafts do not show (GOL-16).
    """
    return s.once(("ordered", key), lambda: _ordered(s, key))


def _ordered(s: Case, key: str) -> Order:
    carried = dump(replace(s, own={}, _views={}, _memory={}).view(Order, key))
    own = _filled_in(s, key)
    if decisions(s):
        carried = {n: v for n, v in carried.items() if n not in _FROZEN} | dump(_decided(s, key))
        mine = {entry["id"] for entry in carried.get("interventions", ())}
        own["interventions"] = [entry for entry in own["interventions"] or () if entry["id"] in mine]
    laid = overlay(Order, carried, {n: v for n, v in own.items() if n != "goals" and v != []})
    order = read(Order, {n: v for n, v in laid.items() if v is not None})
    interventions = tuple(
        _with_account(s, _with_follow_up(s, inherited(priced(i)), order.goals)) for i in order.interventions
    )
    return replace(
        order, interventions=interventions, total_expected_price=total(i.expected_price for i in interventions)
    )


def _filled_in(s: Case, key: str) -> Json:
    """What was filled in for this order. A provider who takes help over from another takes over what was written of it.

    Documents are chosen for each order anew (ORD-07), and what is a provider's own stays behind.
    """
    filled: Json = {}
    for other in ("", *_predecessors(s, key)):
        theirs = s.own.get((Order.step, other), {})
        filled = overlay(Order, filled, {n: v for n, v in theirs.items() if n not in _NOT_HANDED_ON})
    for (step, other), theirs in s.own.items():  # of an intervention's own fields, wherever they were filled in
        if step == Order.step and other != key and theirs.get("interventions"):
            filled = overlay(Order, filled, {"interventions": [_handed_on(e) for e in theirs["interventions"]]})
    filled["interventions"] = [_handed_on(entry) for entry in filled.get("interventions") or ()]
    mine = dict(s.own.get((Order.step, key), {}))
    if mine.get("interventions"):
        mine["interventions"] = [{n: v for n, v in e.items() if n != "provider"} for e in mine["interventions"]]
    return overlay(Order, filled, mine)


def _handed_on(entry: Json) -> Json:
    return {name: value for name, value in entry.items() if name not in _OWN_TO_PROVIDER}


def _predecessors(s: Case, key: str) -> tuple[str, ...]:
    """Those from whom this provider has taken help over, in their order."""
    choices = [c for c in s[Ledger].choices if key_of(c.provider) == key]
    return tuple(dict.fromkeys(earlier for c in choices for earlier in c.earlier))


def _decided(s: Case, key: str) -> Order:
    """What the decision gives this order: goals, levels and help as of its revision."""
    made = decisions(s)[-1]
    assessed = _assessed(s, made)
    frozen = Order(
        goals=goals_of(s, key),
        interventions=tuple(_as_ordered(s, one) for one in held(s).get(key, ())),
        primary_target_group=made.primary_target_group,
        other_target_groups=made.other_target_groups,
    )
    if assessed is None:
        return frozen
    return replace(
        frozen,
        intervention_purpose=assessed.intervention_purpose,
        citizen_wishes=assessed.citizen_wishes,
        citizen_perspective=assessed.citizen_perspective,
        diagnoses=assessed.diagnoses,
        current_support_need=assessed.current_support_need,
    )


def _assessed(s: Case, made: DecisionMade) -> CaseAssessmentRecorded | None:
    return s.told(CaseAssessmentRecorded, assessment_revision=made.assessment_revision)


def _as_ordered(s: Case, one: Granted) -> OrderedIntervention:
    party = holder(s, one.intervention)
    decided = {name: getattr(one.intervention, name) for name in fields_of(Intervention)}
    letter = s.told(DecisionNotified, number=one.by.number)
    pays = letter.has_own_payment if letter else None
    return OrderedIntervention(
        **{**decided, "provider": party},
        provider_p_number=party.p_number if party else None,
        provider_ean=party.ean if party else None,
        legal_bases=bases_of(one.intervention, one.by.legal_bases),
        has_own_payment=pays and _has_stay(one.intervention),  # only the stay may carry it (PRI-10)
        own_payment_amount=letter.own_payment_amount if letter and pays and _has_stay(one.intervention) else None,
    )


def _with_account(s: Case, i: OrderedIntervention) -> OrderedIntervention:
    """The account that is booked on: as it is typed, else the municipality's for the paragraph and the start date."""
    bases = bases_of(i, i.legal_bases)
    row = s.municipality.account(bases, i.expected_start_date or s.today, i.services, i.offer, i.account_number)
    origin = "account_number" if i.account_number else row.origin if row else None
    if row is None:
        return replace(i, account_origin=origin)
    return replace(
        i,
        account_number=i.account_number or row.account_number,
        account_string=row.account_string,
        account_origin=origin,
        cost_object=i.cost_object or row.cost_object,
    )


def bases_of(intervention: Intervention, bases: tuple[str, ...]) -> tuple[str, ...]:
    """Of a decision's provisions those on which this help can rest; all of them where none is its own."""
    codes, labels = vocabulary("services"), vocabulary("legal-bases")
    paragraphs = {p for service in intervention.services for p in codes[service]["paragraphs"].split("; ")}
    return tuple(base for base in bases if labels[base].da in paragraphs) or bases


def _has_stay(intervention: Intervention) -> bool:
    return any(s == "stay" or vocabulary("services").is_under(s, "stay") for s in intervention.services)


def goals_of(s: Case, key: str) -> tuple[Goal, ...]:
    """The goals that this provider helps with: with one provider all; else whom the plan names (PLN-07, ORD-03).

    Where that provider has none of the help left, the goal goes to whoever has taken it over. One whose help a
    follow-up has ended counts no more: another offer gets the goals that it had (FUP-22).
    """
    assessed = _assessed(s, decisions(s)[-1])
    goals = assessed.goals if assessed else ()
    if {k for k, ones in held(s).items() if not _has_been_ended(s, k, ones)} <= {key}:
        return goals
    plan = s.told(ActionPlanRecorded)
    named = {g.id: g.goal_provider for g in plan.goals} if plan else {}
    listed = {entry["id"] for entry in s.own.get((Order.step, key), {}).get("goals") or ()}
    return tuple(g for g in goals if g.id in listed or key in _helping(s, named.get(g.id)))


def _has_been_ended(s: Case, key: str, ones: Collection[Granted]) -> bool:
    """The last word on this provider's help is a follow-up that ends it, and no decision that grants it again."""
    grants, is_ended = [one.by for one in ones], False
    for told in s.heard:
        if told.kind not in (FollowupConcluded, DecisionMade):
            continue  # nothing else is read
        if isinstance(told.message, FollowupConcluded):
            if not told.message.providers or key in told.message.providers:
                is_ended = _ends(told.message)
        elif told.message in grants:
            is_ended = False
    return is_ended


def _helping(s: Case, named: Party | None) -> set[str]:
    """Who now does what was this provider's to do."""
    by_provider = held(s)
    here = {k for k, ones in by_provider.items() if any(is_same(holder(s, o.intervention), named) for o in ones)}
    if here or named is None:
        return here
    return {key_of(c.provider) for c in s[Ledger].choices if key_of(named) in c.earlier} & {*by_provider}


def _with_follow_up(s: Case, intervention: OrderedIntervention, goals: tuple[Goal, ...]) -> OrderedIntervention:
    """The day of follow-up that nobody has typed: the interval after the start (5.4.3.4, 7.2.5).

    The interval of the goals, else that of the help itself, else the municipality's (FUP-13).
    """
    if intervention.follow_up_date:
        return intervention
    together = [g for g in goals if g.goal_follow_up_mode != "separate"] or goals
    frequency = intervention.follow_up_frequency
    days = [g.goal_follow_up_date or _after(intervention, g.goal_follow_up_interval) for g in together]
    if not any(days) and frequency:
        days = [_later(intervention, vocabulary("follow-up-frequencies")[frequency]["months"])]
    if not any(days):
        days = [_by_the_municipality(s, intervention)]
    return replace(intervention, follow_up_date=min((day for day in days if day), default=None))


def _by_the_municipality(s: Case, i: OrderedIntervention) -> date | None:
    start = i.expected_start_date or s.today
    months = s.municipality.follow_up_months(bases_of(i, i.legal_bases), i.offer, start)
    return add_months(start, months.until_first) if months else None


def _after(intervention: OrderedIntervention, interval: str | None) -> date | None:
    return _later(intervention, vocabulary("follow-up-intervals")[interval]["months"]) if interval else None


def _later(intervention: OrderedIntervention, months: str) -> date | None:
    start = intervention.expected_start_date
    return add_months(start, int(months)) if start and months else None


# a decision is made, a provider is chosen
def freeze_what_was_decided(s: Case, made: DecisionMade, today: date) -> Events:
    """The order takes goals and levels as of the revision that the decision rests on: it must have been heard."""
    if made.assessment_revision and _assessed(s, made) is None:
        raise NotYet("Det, som afgørelsen hviler på, er ikke kommet endnu")
    yield from _drop_empty_drafts(s)


def providers_without_order(s: Case, made: DecisionMade) -> Iterable[str]:
    """One order per provider of what is granted (ORD-01, ORD-02); one who delivers already waits for a new version."""
    ids = {i.id for i in made.granted_interventions}
    live = {run.key for run in s.runs if run.at in LIVE}
    return [k for k, ones in held(s).items() if k not in live and any(o.intervention.id in ids for o in ones)]


def provider_without_draft(s: Case, chosen: ProviderChosen) -> Iterable[str]:
    return () if chosen.provider_id in _drafts(s) else (chosen.provider_id,)


def draft_order(s: Case, trigger: DecisionMade | ProviderChosen, today: date) -> Events:
    """An order to be filled in. Its number stays, whatever the version."""
    earlier = next((run.state.order_number for run in s.runs if run.key == s.key and run.state.order_number), None)
    count = len({run.key for run in s.runs if run.key != s.key}) + 1
    case_number = s.case.case_number if s.case else s.case_id
    yield Becomes(order_number=earlier or f"{case_number}-{count}", provider=provider_of(s, s.key))


def _drafts(s: Case) -> set[str]:
    return {run.key for run in s.runs if run.at == "send"}


def _drop_empty_drafts(s: Case) -> Iterator[Event]:
    """A draft whose help was given to another, or is granted no more, is not to be sent."""
    mine = held(s)
    for run in s.runs:
        if run.at == "send" and run.key not in mine:
            yield Moves(number=run.number, key=run.key, to="replaced")


# sending
def send(s: Case, command: SendOrders, today: date) -> Events:
    """Freeze the order, once what the law wants along with it is there."""
    order = ordered(s, s.key)
    _may_be_sent(s, order)
    yield _frozen(s, order, today, reason=None)


def revise(s: Case, command: ReviseOrder, today: date) -> Events:
    """A new version, of what was decided last. What is in force stays so until the provider says yes."""
    _names_its_order(s, command.order)
    order = ordered(s, s.key)
    _may_be_sent(s, order)
    version = _frozen(s, order, today, reason=command.reason)
    _does_not_wait_for_a_decision(s, order, version.values["sent"])
    yield version


_WORDS = ("goal_statement", "goal_type", "primary_subtheme", "expected_functioning_level", "related_subthemes")


def _does_not_wait_for_a_decision(s: Case, order: Order, new: OrderSent) -> None:
    """Where nothing new would be sent but a goal that is rewritten and not yet decided, the decision comes first."""
    if s.state.sent is None or not any(run.at in ("answer", "running") for run in _versions(s)):
        return
    former = replace(s.state.sent, version=new.version, sent_on=new.sent_on, reason=new.reason)
    if new != former:
        return
    told, decided = s.told(CaseAssessmentRecorded), {goal.id: goal for goal in order.goals}
    for goal in told.goals if told else ():
        as_decided = decided.get(goal.id)
        if as_decided and any(getattr(goal, word) != getattr(as_decided, word) for word in _WORDS):
            raise Refused("GOL-16", f"order.goals[{goal.id}]",
                          "Målet er skrevet om, men ikke afgjort. Send indstilling først")  # fmt: skip


def _names_its_order(s: Case, order: str | None) -> None:
    if order is None and len({run.key for run in s.runs if run.at in LIVE}) > 1:
        raise Invalid({"order": ("Sagen har flere bestillinger. Skriv, hvilken det gælder", "ORD-01")})


def _may_be_sent(s: Case, order: Order) -> None:
    if not order.interventions:
        raise Refused("ORD-05", "order.interventions",
                      "Der er ikke bevilget hjælp hos den udfører, så der er intet at bestille")  # fmt: skip
    kinds = {d.kind for d in order.attachments}
    for i in order.interventions:
        if i.expected_end_date and not i.follow_up_date and not is_time_limited(s, i):
            raise Refused("GOL-14", f"order.interventions[{i.id}].follow_up_date",
                          "Indsatsen stopper ikke af sig selv på slutdatoen. Sæt en opfølgningsdato")  # fmt: skip
        if _plan_must_follow(i) and s.told(ActionPlanCompleted) and "action-plan" not in kinds:
            raise Refused("PLN-11", "order.attachments",
                          "Ved ophold og stofmisbrugsbehandling skal relevante dele af handleplanen med")  # fmt: skip
        if _is_residential(i) and _has_violence_plan(s) and "violence-prevention-plan" not in kinds:
            raise Refused("ORD-12", "order.attachments", "Planen for forebyggelse af vold skal med bestillingen")


def _plan_must_follow(i: OrderedIntervention) -> bool:
    """A stay under §§ 107–110, or drug treatment under § 101 (SEL § 141, stk. 5); never the anonymous one (PLN-12)."""
    bases = bases_of(i, i.legal_bases)
    drugs = "social-drug-treatment" in i.services or "sel-101" in bases
    stays = {"sel-107", "sel-108", "sel-109", "sel-110"} & {*bases}
    return "sel-101a" not in i.legal_bases and bool(drugs or (stays and _has_stay(i)))


def _is_residential(i: OrderedIntervention) -> bool:
    return i.offer is not None and vocabulary("offers").is_under(i.offer, "residential-offer")


def _has_violence_plan(s: Case) -> bool:
    told = s.told(DocumentsRecorded)
    return told is not None and any(d.kind == "violence-prevention-plan" for d in told.existing_documents)


def attachments(s: Case, order: Order) -> tuple[Document, ...]:
    """The documents that were chosen (ORD-07), without a plan that the citizen has not agreed to share (PLN-10)."""
    return tuple(d for d in order.attachments if d.kind != "action-plan" or _plan_may_follow(s, order))


def _plan_may_follow(s: Case, order: Order) -> bool:
    plan = s.told(ActionPlanRecorded)
    if any("sel-101a" in i.legal_bases for i in order.interventions):
        return False
    return bool(plan and plan.plan_sharing_agreed) or any(_plan_must_follow(i) for i in order.interventions)


def _frozen(s: Case, order: Order, today: date, reason: str | None) -> Becomes:
    made, party = decisions(s)[-1], provider_of(s, s.key) or s.state.provider
    both = fields_of(OrderSent).keys() & fields_of(Order).keys()
    sent = OrderSent(
        provider_id=s.key,
        order_number=s.state.order_number or "",
        version=s.number,
        sent_on=today,
        reason=reason,
        **{**{name: getattr(order, name) for name in both}, "attachments": attachments(s, order)},
    )
    return Becomes(
        provider=party,
        decision=made.number,
        assessment_revision=made.assessment_revision,
        sent=sent,
        consented=has_consent(s, party),
        sharing_exception=sharing_exception(order),
        departments_told=tuple(p for p in order.departments_notified if may_be_told(s, p)),
        accepted=None,
        answered_on=None,
        answer_reason=None,
        effective_on=None,
        cancel_reason=None,
    )


def announce_order(s: Case, trigger: object, today: date) -> Events:
    """Sent, and to be answered within the municipality's working days. An unanswered earlier version lapses."""
    assert s.state.sent
    yield s.state.sent
    yield _news("sent", s)
    if former := [run.state.sent for run in _versions(s) if run.at in LIVE and run.state.sent]:
        yield from _released(former[-1], today, "replaced")
    for run in _versions(s):
        if run.at == "answer":
            yield DeadlineCancelled(kind="order-answer", key=deadline_key(run))
        if run.at in ("answer", "send") and run.number != s.number:
            yield Moves(number=run.number, key=run.key, to="replaced")
    due = s.calendar.add_working_days(today, s.municipality.order_answer_working_days)
    key, notify = f"{s.key}/{s.number}", KINDS["order-answer"].notify
    yield DeadlineRequested(kind="order-answer", key=key, due=due, notify=notify, provider_id=s.key)
    yield from _tell_departments(s)
    yield from _watch_use(s, s.key, today)


def _tell_departments(s: Case) -> Iterator[Event]:
    """Those that the citizen lets be told, once: the others hear nothing (ORD-11)."""
    before = {key_of(p) for run in _versions(s) for p in run.state.departments_told}
    for party in s.state.departments_told:
        if party.id and key_of(party) not in before:
            yield NotificationRequested(kind="ordering.department", person_id=party.id, key=f"{s.key}/{s.number}")


def _news(what: str, s: Case) -> NotificationRequested:
    """The provider's people are told that there is news, by the portal and a mail; the news itself is not in it."""
    return NotificationRequested(
        kind=f"ordering.{what}", roles=("provider",), provider_id=s.key, key=f"{s.key}/{s.number}"
    )


def _versions(s: Case) -> list[Run[State]]:
    """The other versions of the provider's order, oldest first."""
    return [run for run in s.runs if run.key == s.key and run.number != s.number]


# money
def commitments(sent: OrderSent) -> tuple[CommitmentMade, ...]:
    """What an order commits: one per account."""
    accounts: dict[str | None, list[OrderedIntervention]] = {}
    for i in sent.interventions:
        accounts.setdefault(i.account_number, []).append(i)
    return tuple(
        CommitmentMade(
            provider_id=sent.provider_id,
            version=sent.version,
            account_number=account,
            expected_price=price,
            provider_ean=next((i.provider_ean for i in ones if i.provider_ean), None),
            cost_object=next((i.cost_object for i in ones if i.cost_object), None),
            personal_reference=next((i.personal_reference for i in ones if i.personal_reference), None),
            begins_on=min((i.expected_start_date for i in ones if i.expected_start_date), default=None),
            ends_on=_end(ones),
            services=tuple(dict.fromkeys(service for i in ones for service in i.services)),
            order_number=sent.order_number,
            provider_name=next((i.provider.name for i in ones if i.provider), None),
            provider_cvr=next((i.provider.cvr for i in ones if i.provider), None),
            provider_p_number=next((i.provider_p_number for i in ones if i.provider_p_number), None),
            lines=tuple(line for i in ones for line in _lines(i)),
        )
        for account, ones in accounts.items()
        if (price := total(i.expected_price for i in ones)) is not None
    )


def _lines(i: OrderedIntervention) -> Iterator[CommitmentLine]:
    """What each priced service line commits; their sum is the intervention's expected price (PRI-02)."""
    for line in i.service_lines:
        if line.base_price is not None:
            yield CommitmentLine(
                id=line.id,
                intervention=i.id,
                amount=line.base_price,
                legal_bases=i.legal_bases,
                services=(line.service,) if line.service else i.services,
                offer=i.offer,
                unit=line.unit,
                units_per_period=line.units_per_period,
                repetitions=line.repetitions,
                unit_price=line.unit_price,
                begins_on=line.service_start_date,
                ends_on=line.service_end_date,
                account_string=i.account_string,
                account_origin=i.account_origin,
                cost_object=i.cost_object,
                personal_reference=i.personal_reference,
                has_own_payment=i.has_own_payment,
                own_payment_rate=i.own_payment_rate,
                own_payment_amount=i.own_payment_amount,
            )


def _end(ones: list[OrderedIntervention]) -> date | None:
    """The last day, where all of them have one."""
    days = [i.expected_end_date for i in ones]
    return max((d for d in days if d), default=None) if all(days) else None


def commit(s: Case, trigger: object, today: date) -> Events:
    """Finance is told of the coming cost, per account, with the provider's EAN and the person's reference (ORD-10)."""
    assert s.state.sent
    yield from commitments(s.state.sent)
    yield Records(Order, finance_notified=True)
    yield NotificationRequested(kind="ordering.committed", roles=("finance",), key=f"{s.key}/{s.number}")


def release(s: Case, trigger: object, today: date) -> Events:
    """The money is free again; a version that is still in force has its own committed anew."""
    yield from _watch_use(s, s.key, today)
    if s.state.sent is None or any(r.number > s.number and r.at in LIVE and r.state.sent for r in _versions(s)):
        return  # nothing was committed, or a newer version has replaced it
    yield from _released(s.state.sent, today, "cancelled" if s.at == "free" else "rejected")
    for run in _versions(s):
        if run.at == "running" and run.state.sent:
            yield from commitments(run.state.sent)


def _released(sent: OrderSent, today: date, cause: str) -> Iterator[CommitmentReleased]:
    """All that this version has set aside, account by account."""
    for made in commitments(sent):
        yield CommitmentReleased(
            provider_id=made.provider_id,
            account_number=made.account_number,
            amount=made.expected_price,
            released_on=today,
            version=made.version,
            cause=cause,
        )


def committed(s: Case) -> list[CommitmentMade]:
    """What is committed now: of each provider the newest version that is under way or in force."""
    return [made for sent in newest(s, LIVE).values() for made in commitments(sent)]


def newest(s: Case, places: Collection[str]) -> dict[str, OrderSent]:
    """Of each provider the newest version that was sent and stands at one of these places, the orders by number."""
    ran = [run for run in sorted(s.runs, key=place_of) if run.at in places]
    return {run.key: run.state.sent for run in ran if run.state.sent}


def place_of(run: Run[State]) -> tuple[int, int]:
    """Where it stands in a list: the orders by their number, and each by its version."""
    return int((run.state.order_number or "-0").rpartition("-")[2]), run.number


def import_actuals(s: Case, command: ImportActuals, today: date) -> Events:
    """Book what was billed; all lines or none, and a named file once."""
    ledger = s[Ledger]
    if command.file and command.file in ledger.files:
        return
    known = {run.key for run in s.runs if run.state.sent}
    lines = [(f"lines[{n}].order", line) for n, line in enumerate(command.lines) if line.order not in known]
    if lines or not command.lines:
        unknown = {at: (f"Sagen har ingen sendt bestilling {line.order}", None) for at, line in lines}
        raise Invalid(unknown or {"lines": ("Der er ingen linjer at indlæse", None)})
    files = (*ledger.files, command.file) if command.file else ledger.files
    yield Records(Ledger, actuals=(*ledger.actuals, *command.lines), files=files)
    for line in command.lines:
        yield ActualsImported(
            provider_id=line.order,
            account_number=line.account_number,
            amount=line.amount,
            booked_on=line.booked_on,
            line=line.line,
            reverses=line.reverses,
            file=command.file,
        )


def billed(s: Case) -> Decimal:
    return sum((line.amount for line in s[Ledger].actuals), Decimal(0))


# the provider answers
def note_answer(s: Case, answered: OrderAnswered, today: date) -> Events:
    yield Becomes(accepted=answered.accepted, answered_on=answered.answered_on, answer_reason=answered.reason)
    yield DeadlineMet(kind="order-answer", key=f"{s.key}/{s.number}", met_on=answered.answered_on)
    if not answered.accepted:
        yield NotificationRequested(kind="ordering.rejected", roles=("caseworker",), key=f"{s.key}/{s.number}")


def note_late_answer(s: Case, answered: OrderAnswered, today: date) -> Events:
    """Nobody waits for it any more: it is kept, and changes nothing."""
    yield Becomes(answered_on=answered.answered_on, answer_reason=answered.reason)


def is_accepted(s: Case) -> bool:
    return bool(s.state.accepted)


def announce_acceptance(s: Case, trigger: object, today: date) -> Events:
    """This version is in force, and replaces the one before."""
    sent, party = s.state.sent, s.state.provider
    assert sent
    assert party
    yield OrderAccepted(
        provider_id=s.key,
        provider=party,
        version=s.number,
        goals=sent.goals,
        interventions=sent.interventions,
        intervention_purpose=sent.intervention_purpose,
        citizen_wishes=sent.citizen_wishes,
        current_support_need=sent.current_support_need,
        total_expected_price=sent.total_expected_price,
    )
    yield from _stop_running(s, "replaced")


def _stop_running(s: Case, to: str) -> Iterator[Event]:
    """What is in force of the provider's order is so no longer."""
    for run in _versions(s):
        if run.at == "running":
            if day := last_day(s.of(run)):
                yield DeadlineCancelled(kind="order-end", key=deadline_key(run, day))
            yield Moves(number=run.number, key=run.key, to=to)


# the help ends
def is_time_limited(s: Case, i: OrderedIntervention) -> bool:
    """Limited in time by law (SEL §§ 82 a, 82 b, 82 d): it ends by itself, without a new decision (FUP-09)."""
    bases = bases_of(i, i.legal_bases)
    return bool(bases) and all(base in s.municipality.time_limited_paragraphs for base in bases)


def last_day(s: Case) -> date | None:
    """By law, or as a follow-up has decided; an end date alone stops nothing (GOL-14)."""
    days = [day for day in (_last_day_by_law(s), _last_day_by_follow_up(s)) if day]
    return min(days, default=None)


def _last_day_by_law(s: Case) -> date | None:
    ones = s.state.sent.interventions if s.state.sent else ()
    return _end([*ones]) if ones and all(is_time_limited(s, i) for i in ones) else None


def _last_day_by_follow_up(s: Case) -> date | None:
    """The day on which the ending takes effect, at the earliest after the notice that the citizen has been given.

    Help that is to be replaced goes on until the citizen has been told of other help, or of none.
    """
    concluded = [
        (told.at, told.message)
        for told in s.kept(FollowupConcluded)
        if isinstance(told.message, FollowupConcluded) and _is_about(s, told.message)
    ]
    if not concluded or not _ends(concluded[-1][1]):
        return None
    at, last = concluded[-1]
    since = [told for told in s.heard if told.at >= at and told.kind in (DecisionMade, DecisionNotified)]
    notices = [(told.at, told.message) for told in since if isinstance(told.message, DecisionNotified)]
    served = [notice.effective_from for _, notice in notices if notice.effective_from]
    ends_on = last.effective_on or last.follow_up_held_on
    if last.follow_up_outcome == "end-and-reassign" and not last.effective_on:
        made = [told.message for told in since if isinstance(told.message, DecisionMade)]
        if not (made and notices) or s.key in _providers_of(s, made[-1]):
            return None
        ends_on = local_date(notices[-1][0])
    return max([ends_on, *_earliest_after_notice(s, local_date(at)), *served])


def _providers_of(s: Case, made: DecisionMade) -> set[str]:
    """Who delivers what this decision grants."""
    return {key_of(party) for i in made.granted_interventions if (party := holder(s, i))}


def _earliest_after_notice(s: Case, concluded_on: date) -> Iterator[date]:
    """Nobody can have been told before it was concluded, and help under notice goes on for so long (FUP-11)."""
    ones = s.state.sent.interventions if s.state.sent else ()
    if any(s.municipality.takes_notice(i.legal_bases) for i in ones):
        yield concluded_on + timedelta(weeks=s.municipality.notice_weeks)


def _is_about(s: Case, concluded: FollowupConcluded) -> bool:
    sent = s.state.sent
    named = not concluded.providers or s.key in concluded.providers
    return named and sent is not None and concluded.follow_up_held_on >= sent.sent_on


def _ends(concluded: FollowupConcluded) -> bool:
    return concluded.follow_up_outcome in ("end", "end-and-reassign")


def move_last_days(s: Case, told: FollowupConcluded | DecisionNotified, today: date) -> Events:
    """A follow-up ends the help, or the notice is longer: ask for the last day, for another, or for none any more."""
    before = replace(s, heard=tuple(h for h in s.heard if h.message != told), _views={})
    for run in s.runs:
        was, now = last_day(before.of(run)), last_day(s.of(run))
        if run.at != "running" or was == now:
            continue
        if was:
            yield DeadlineCancelled(kind="order-end", key=deadline_key(run, was))
        if now:
            key = deadline_key(run, now)
            yield DeadlineRequested(kind="order-end", key=key, due=max(now, today), provider_id=run.key)


def announce_end(s: Case, trigger: object, today: date) -> Events:
    """The help is over, and the money free: what it has cost are its bills. A newer version keeps its own."""
    yield OrderEnded(provider_id=s.key, version=s.number, ended_on=last_day(s) or today)
    yield _news("ended", s)
    yield from _watch_use(s, s.key, today)
    if s.state.sent and not any(r.number > s.number and r.at in LIVE and r.state.sent for r in _versions(s)):
        yield from _released(s.state.sent, today, "ended")


def cancel(s: Case, command: CancelOrder, today: date) -> Events:
    """The whole order is called off, at the earliest from the day of which the citizen has been told."""
    _names_its_order(s, command.order)
    notices = [n.effective_from for n in s.all_told(DecisionNotified) if n.effective_from]
    effective = max([today, *notices])
    yield Becomes(effective_on=effective, cancel_reason=command.reason)
    yield from _call_off(s, effective)
    yield from _call_off_others(s, effective, today)


def _call_off_others(s: Case, effective: date, today: date) -> Iterator[Event]:
    """Whatever else of the order is on its way or in force goes with it, also where only a draft was pointed at."""
    others = [run for run in _versions(s) if run.at in LIVE]
    sent = [run.state.sent for run in others if run.state.sent]
    if sent and s.state.sent is None:
        yield OrderCancelled(provider_id=s.key, version=sent[-1].version, effective_on=effective)
        yield from _released(sent[-1], today, "cancelled")
    for run in others:
        if run.at == "answer":
            yield DeadlineCancelled(kind="order-answer", key=deadline_key(run))
            yield Moves(number=run.number, key=run.key, to="cancelled")
    yield from _stop_running(s, "cancelled")


def close(s: Case, closed: CaseClosed, today: date) -> Events:
    """The case is closed, and what runs with it."""
    yield Becomes(effective_on=closed.closed_on)
    yield from _call_off(s, closed.closed_on)


def _call_off(s: Case, effective: date) -> Iterator[Event]:
    if s.at == "answer":
        yield DeadlineCancelled(kind="order-answer", key=f"{s.key}/{s.number}")
    if s.state.sent:
        yield OrderCancelled(provider_id=s.key, version=s.number, effective_on=effective)
        yield _news("cancelled", s)


# offers that are not approved
def registered(s: Case, key: str) -> ProviderChanged | None:
    """What the register has of a provider with an order in this case."""
    return s.told(ProviderChanged, provider_id=key)


def acute_use(s: Case, key: str) -> date | None:
    """The day on which a provider that is not approved must no longer be used; None where nothing says so (ORD-13)."""
    entry = registered(s, key)
    sent = [run.state.sent for run in sorted(s.runs, key=place_of) if run.key == key and run.at in LIVE]
    help_ = sent[-1].interventions if sent and sent[-1] else ()
    if entry is None or not help_:
        return None
    extended = bool(ordered(s, key).acute_extension_agreed)
    days = [approvals.until(i, extended=extended) for i in approvals.unapproved(help_, entry, s.today)]
    return min((day for day in days if day), default=None)


def _watch_use(s: Case, key: str, today: date) -> Iterator[Event]:
    """Let the scheduler watch that day: another, or none any more."""
    watched = {use.provider_id: use.until for use in s[Ledger].acute}
    was, now = watched.pop(key, None), acute_use(s, key)
    if was == now:
        return
    if was:
        yield DeadlineCancelled(kind="unapproved-offer", key=f"{key}@{was}")
    if now:
        watched[key] = now
        yield DeadlineRequested(
            kind="unapproved-offer", key=f"{key}@{now}", due=max(now, today),
            notify=KINDS["unapproved-offer"].notify, provider_id=key,
        )  # fmt: skip
    yield Records(Ledger, acute=tuple(AcuteUse(provider_id=k, until=day) for k, day in watched.items()))


def watch_use_anew(s: Case, changed: ProviderChanged, today: date) -> Events:
    """The register says otherwise of the provider than before."""
    yield from _watch_use(s, changed.provider_id, today)


# recording
def follow_the_record(before: Case, after: Case) -> Events:
    """An intervention that is given to another provider: it is noted, and that one is to have an order."""
    yield from _hand_over(after, [(e["id"], read(Party, e["provider"])) for e in _providers_filled_in(before, after)])


def follow_the_assessment(s: Case, told: CaseAssessmentRecorded, today: date) -> Events:
    """The same where the provider is filled in there, after the decision and while nobody has the order."""
    asked = {run.key for run in s.runs if run.at in LIVE and run.at != "send"}
    decided = {id: one.intervention.provider for id, one in granted(s).items()}
    former = decided | {i.id: i.provider for i in _assessed_before(s, told)}
    given = [
        (i.id, i.provider)
        for i in told.interventions
        if i.provider and i.id in decided and not is_same(i.provider, former[i.id])
    ]
    free = [(id, party) for id, party in given if not asked & _holding(s, id)]
    if free:
        yield from _hand_over(s, free)


def _assessed_before(s: Case, told: CaseAssessmentRecorded) -> tuple[Intervention, ...]:
    """The help as it was told just before this; as it is now where something newer is known."""
    known = {t.assessment_revision: t.interventions for t in s.all_told(CaseAssessmentRecorded)}
    if any(revision > told.assessment_revision for revision in known):
        return told.interventions
    return known.get(max((r for r in known if r < told.assessment_revision), default=0), ())


def _holding(s: Case, intervention: str) -> set[str]:
    party = holder(s, granted(s)[intervention].intervention)
    return {key_of(party)} if party else set()


def _hand_over(s: Case, given: Iterable[tuple[str, Party]]) -> Iterator[Event]:
    chosen = dict[str, Party]()
    for id, party in given:
        for event in _choose(s, id, party):
            chosen[key_of(party)] = party
            s = s.after(event)
            yield event
    if chosen:
        yield from _drop_empty_drafts(s)
    for key, party in chosen.items():
        if key in held(s):
            yield ProviderChosen(provider_id=key, provider=party)
    for key in dict.fromkeys(run.key for run in s.runs):
        for event in _watch_use(s, key, s.today):
            s = s.after(event)
            yield event


def _providers_filled_in(before: Case, after: Case) -> Iterator[Json]:
    for place, data in after.own.items():
        if place[0] == Order.step:
            old = {e["id"]: e.get("provider") for e in before.own.get(place, {}).get("interventions") or ()}
            now = data.get("interventions") or ()
            yield from (e for e in now if e.get("provider") and e["provider"] != old.get(e["id"]))


def _choose(s: Case, intervention: str, party: Party) -> Iterator[Event]:
    known = granted(s)[intervention].intervention if intervention in granted(s) else None
    one = known or next((i for i in _living(s) if i.id == intervention), Intervention(id=intervention))
    now, choices = holder(s, one), s[Ledger].choices
    if now and key_of(now) == key_of(party):
        return
    last = next((c for c in choices if c.id == intervention), None)
    earlier = (*(last.earlier if last else ()), *([key_of(now)] if now else ()))
    choice = Choice(
        id=intervention,
        provider=party,
        decided=key_of(one.provider) if one.provider else None,
        earlier=tuple(k for k in dict.fromkeys(earlier) if k != key_of(party)),
    )
    yield Records(Ledger, choices=(*(c for c in choices if c.id != intervention), choice))


def goals_are_as_decided(before: Case, after: Case) -> None:
    """In an order goals can be picked, not written: another goal takes another decision (GOL-16)."""
    for place, data in after.own.items():
        if place[0] == Order.step and data != before.own.get(place):
            for goal in data.get("goals") or ():
                if {*goal} - {"id"}:
                    raise Refused("GOL-16", f"order.goals[{goal['id']}]",
                                  "Målene er dem, der er afgjort. Et andet mål kræver en ny afgørelse")  # fmt: skip


def only_what_is_delivered_has_a_provider(before: Case, after: Case) -> None:
    """Cash, §96 and counselling are delivered by nobody, so nobody can be chosen to (ORD-04)."""
    known = {i.id: i for i in _living(after)} | {
        i.id: i for made in decisions(after) for i in made.granted_interventions
    }
    for entry in _providers_filled_in(before, after):
        if entry["id"] in known and not _is_delivered(known[entry["id"]]):
            raise Refused("ORD-04", f"order.interventions[{entry['id']}].provider",
                          "Hjælpen leveres ikke af nogen udfører, så den kan ikke bestilles")  # fmt: skip


def only_a_stay_is_paid_for(before: Case, after: Case) -> None:
    """Own payment is for the stay, never for the service part (PRI-10)."""
    known = {i.id: i for i in _living(after)} | {id: one.intervention for id, one in granted(after).items()}
    for place, data in after.own.items():
        if place[0] == Order.step and data != before.own.get(place):
            for entry in data.get("interventions") or ():
                if entry.get("has_own_payment") and entry["id"] in known and not _has_stay(known[entry["id"]]):
                    raise Refused("PRI-10", f"order.interventions[{entry['id']}].has_own_payment",
                                  "Der kan kun tages egenbetaling for ophold")  # fmt: skip


# consent
def has_consent(s: Case, party: Party | None) -> bool:
    """Has the citizen agreed, and not withdrawn it, that information is shared with this provider (ORD-08)?"""
    return any(is_same(c.consent_party_name, party) or _is_for_any_offer(c) for c in _shared(s))


def sharing_exception(order: Order) -> str | None:
    """The ground on which it is shared without consent, once it is written down why it holds here (ORD-08)."""
    return order.sharing_exception if order.sharing_exception_reason else None


def may_be_told(s: Case, department: Party) -> bool:
    """Has the citizen agreed that this department hears of the help (ORD-11)?"""
    return any(is_same(consent.consent_party_name, department) for consent in _shared(s))


def knows_what_was_shared(s: Case, run: Run[State]) -> bool:
    """Has the citizen been told what this version handed over, and not only what an earlier one did (ORD-08)?"""
    informed, sent = ordered(s, run.key).citizen_informed_of_sharing, run.state.sent
    if informed is None or sent is None:
        return False
    earlier = [r.state.sent.sent_on for r in s.runs if r.key == run.key and r.number < run.number and r.state.sent]
    return informed >= sent.sent_on or all(informed > day for day in earlier)


def _is_for_any_offer(consent: Consent) -> bool:
    return consent.consent_party == "offer" and consent.consent_party_name is None


def _shared(s: Case) -> list[Consent]:
    """The consents to share that hold now."""
    told = s.told(ConsentChanged)
    return consents.in_force(told.consents_to_share, s.today) if told else []


# warnings
def shared_with_consent(s: Case) -> Iterator[Warned]:
    for run in s.runs:
        if run.at not in LIVE:
            continue
        shared = has_consent(s, provider_of(s, run.key)) if run.at == "send" else run.state.consented
        if not (shared or run.state.sharing_exception or sharing_exception(ordered(s, run.key))):
            yield Warned("ORD-08", "ordering.order.sharing_exception",
                         f"{_name(run)} får oplysninger uden samtykke. Skriv, på hvilket grundlag, og hvorfor det "
                         "gælder her")  # fmt: skip


def the_citizen_knows_what_was_shared(s: Case) -> Iterator[Warned]:
    for run in s.runs:
        if run.at in LIVE and run.state.sent and not knows_what_was_shared(s, run):
            yield Warned("ORD-08", "ordering.order.citizen_informed_of_sharing",
                         f"Borgeren skal vide, hvad {_name(run)} har fået at vide. Skriv, hvornår "
                         "det er sagt")  # fmt: skip


def _name(run: Run[State]) -> str:
    return run.state.provider.name if run.state.provider else "udføreren"


def resources_are_shared_with_consent(s: Case) -> Iterator[Warned]:
    """What the citizen is good at is theirs to tell: asked for before the order goes (EVA-06)."""
    told = s.told(EvaluationRecorded)
    for run in s.runs:
        if run.at == "send" and told and told.citizen_resources and not has_consent(s, provider_of(s, run.key)):
            yield Warned("EVA-06", "ordering.order.citizen_resources",
                         "Spørg borgeren, før ressourcerne sendes til udføreren")  # fmt: skip


def plans_are_shared_with_consent(s: Case) -> Iterator[Warned]:
    for order in _orders_now(s):
        if len(attachments(s, order)) < len(order.attachments):
            yield Warned("PLN-10", "ordering.order.attachments",
                         "Borgeren har ikke sagt ja til, at handleplanen udleveres. Den sendes ikke med")  # fmt: skip


def departments_are_told_with_consent(s: Case) -> Iterator[Warned]:
    for order in _orders_now(s):
        for party in order.departments_notified:
            if not may_be_told(s, party):
                yield Warned("ORD-11", "ordering.order.departments_notified",
                             f"{party.name} får ikke besked, før borgeren har givet samtykke")  # fmt: skip


def every_goal_has_its_provider(s: Case) -> Iterator[Warned]:
    """With several providers each goal is somebody's; else nobody is told of it."""
    if len(held(s)) < 2:
        return
    assessed = _assessed(s, decisions(s)[-1])
    known = {goal.id for key in held(s) for goal in goals_of(s, key)}
    for goal in assessed.goals if assessed else ():
        if goal.id not in known:
            yield Warned("ORD-03", f"ordering.order.goals[{goal.id}]",
                         "Ingen udfører får målet. Vælg udfører i handleplanen")  # fmt: skip


def coordination_is_stated(s: Case) -> Iterator[Warned]:
    """With several providers, or several parts of the authority, somebody holds it together; and it is one."""
    orders, several = _orders_now(s), len(held(s)) > 1
    for order in orders:
        together = several or order.authority_partners or order.departments_notified
        if together and (order.coordination_needed is None or order.coordinator is None):
            who = "udførere" if several else "afdelinger"
            yield Warned("ORD-09", "ordering.order.coordination_needed",
                         f"Der er flere {who}. Skriv, om de skal koordinere, og hvem der har ansvaret")  # fmt: skip
    if len({key_of(order.coordinator) for order in orders if order.coordinator}) > 1:
        yield Warned("ORD-09", "ordering.order.coordinator",
                     "Bestillingerne nævner hver sin ansvarlige for koordineringen. Der skal være én")  # fmt: skip


def offers_are_approved(s: Case) -> Iterator[Warned]:
    """Without approval an offer serves an acute need for three weeks, and three more if socialtilsynet agrees."""
    for key in _live(s):
        order, entry = ordered(s, key), registered(s, key)
        party = provider_of(s, key)
        for i in approvals.unapproved(order.interventions, entry, s.today):
            day = approvals.until(i, extended=bool(order.acute_extension_agreed))
            name = party.name if party else "Udføreren"
            lacks = f"{name} er ikke godkendt af socialtilsynet" if entry else f"{name} står ikke i registret"
            last = f"indtil den {day:%d.%m.%Y}" if day else "i tre uger"
            yield Warned("ORD-13", f"ordering.order.interventions[{i.id}].offer",
                         f"{lacks}. Uden godkendelse kan tilbuddet kun bruges ved akut behov, {last}. "
                         "Orientér socialtilsynet")  # fmt: skip


def prices_are_the_providers(s: Case) -> Iterator[Warned]:
    """What the provider charges is shown while the price can still be agreed upon (PRI-11)."""
    for key in _drafts(s):
        entry = registered(s, key)
        for i in ordered(s, key).interventions if entry else ():
            for line in i.service_lines:
                tariff = _tariff(entry.tariffs, i, line, s.today) if entry else None
                if tariff and not _is_within(line.unit_price, tariff):
                    yield Warned("PRI-11", f"ordering.order.interventions[{i.id}].service_lines[{line.id}].unit_price",
                                 f"Udførerens takst er {_charged(tariff)}")  # fmt: skip


def _tariff(
    tariffs: Iterable[ProviderTariff], intervention: OrderedIntervention, line: ServiceLine, today: date
) -> ProviderTariff | None:
    """The most particular one on the day the service begins: the service's before the offer's before that of all."""
    on = line.service_start_date or intervention.expected_start_date or today
    known = [
        tariff
        for tariff in tariffs
        if tariff.unit == line.unit
        and tariff.service in (None, line.service)
        and tariff.offer in (None, intervention.offer)
        and tariff.holds_on(on)
    ]
    return max(known, key=lambda tariff: (tariff.service is not None, tariff.offer is not None), default=None)


def _is_within(price: Decimal | None, tariff: ProviderTariff) -> bool:
    assert tariff.lowest is not None
    assert tariff.highest is not None
    return price is not None and tariff.lowest <= price <= tariff.highest


def _charged(tariff: ProviderTariff) -> str:
    lowest, highest = (f"{amount:.2f} kr.".replace(".", ",", 1) for amount in (tariff.lowest, tariff.highest))
    return lowest if lowest == highest else f"{lowest} til {highest}"


def orders_are_as_decided(s: Case) -> Iterator[Warned]:
    """Goals or help are revised, or help is taken away: the providers concerned must hear, and no others (FUP-21)."""
    for key in _live(s):
        run = max((run for run in s.runs if run.key == key and run.at in LIVE), key=lambda run: run.number)
        if run.state.sent is None or last_day(s.of(run)):
            continue  # a draft takes what is newest when it is sent, and what ends has its day
        now, name = ordered(s, key), _name(run)
        if not now.interventions:
            yield Warned("FUP-21", "ordering.order.interventions",
                         f"Der er ikke længere bevilget hjælp hos {name}. Afbestil den")  # fmt: skip
        elif _essence(now) != _essence(run.state.sent):
            yield Warned("FUP-21", "ordering.order",
                         f"{name} har ikke fået de mål og den hjælp, som gælder nu. Send en ny version")  # fmt: skip


def _essence(order: Order | OrderSent) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a provider works by: the goals, and the help with its days and prices."""
    return {goal.id: goal for goal in order.goals}, {
        i.id: (i.services, i.offer, i.expected_start_date, i.expected_end_date, i.service_lines)
        for i in order.interventions
    }


def orders_are_answered(s: Case) -> Iterator[Warned]:
    """The day to answer is over: what happens now is the caseworker's to weigh (DEL-07)."""
    over = {missed.key: missed for missed in s.all_told(DeadlineMissed) if missed.kind == "order-answer"}
    for run in s.runs:
        if run.at == "answer" and (missed := over.get(deadline_key(run))):
            yield Warned("DEL-07", "ordering.order",
                         f"{_name(run)} skulle have svaret på bestillingen senest den {missed.due:%d.%m.%Y}. "
                         "Spørg, eller vælg en anden udfører")  # fmt: skip


def every_grant_has_its_provider(s: Case) -> Iterator[Warned]:
    for one in granted(s).values():
        if holder(s, one.intervention) is None:
            yield Warned("PRI-07", f"ordering.order.interventions[{one.intervention.id}].provider",
                         "Indsatsen har ingen udfører endnu, og kan ikke bestilles")  # fmt: skip


def _orders_now(s: Case) -> list[Order]:
    """The orders still to be sent, and those under way, as they stand in the record."""
    return [ordered(s, key) for key in _live(s)]


def _live(s: Case) -> list[str]:
    return [*dict.fromkeys(run.key for run in s.runs if run.at in LIVE)]


CHECKS = (goals_are_as_decided, only_what_is_delivered_has_a_provider, only_a_stay_is_paid_for)
WARNINGS = (
    shared_with_consent,
    the_citizen_knows_what_was_shared,
    resources_are_shared_with_consent,
    plans_are_shared_with_consent,
    departments_are_told_with_consent,
    every_goal_has_its_provider,
    coordination_is_stated,
    every_grant_has_its_provider,
    orders_are_as_decided,
    orders_are_answered,
    offers_are_approved,
    prices_are_the_providers,
)
