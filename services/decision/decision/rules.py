"""What may happen to a decision, what follows, and what to warn about. Pure; rule ids are the catalogue's."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from casework import legal_bases, representation, target_groups
from casework.calendar import add_months
from casework.configuration import Municipality
from casework.configuration.periods import is_part
from casework.contracts.assessment import (
    CaseAssessmentRecorded,
    CaseInformationRecorded,
    HearingAnswered,
    HearingSent,
    ReasoningRecorded,
    RecommendationApproved,
)
from casework.contracts.common import DeadlineCancelled, DeadlineMet, DeadlineRequested
from casework.contracts.deadlines import KINDS
from casework.contracts.decision import (
    AppealDecided,
    ComplaintReceived,
    DecisionMade,
    DecisionNotified,
    DecisionReassessed,
)
from casework.contracts.followup import FollowupConcluded
from casework.contracts.intake import CaseClosed, ConsentChanged, EnquiryRecorded, RepresentationChanged
from casework.contracts.scheduler import DeadlineDue
from casework.contracts.values import Intervention, Party, ServiceLine
from casework.errors import Refused
from casework.fields import Step
from casework.pricing import total
from casework.process import Becomes, Event, Run, Situation, Warned
from casework.vocabularies import label, vocabulary
from decision.addressee import addressee
from decision.commands import (
    DemandWritten,
    MakeDecision,
    NotifyCitizen,
    Reassess,
    RecordAppealOutcome,
    RegisterComplaint,
)
from decision.model import AppliedFor, Complaint, Decision, DecisionLetter, State

Case = Situation[State]
Events = Iterable[Event]

GRANTS, REFUSES = ("granted", "partly-refused"), ("refused", "partly-refused")
WRITTEN, COMPLAINT, REASSESSMENT, NOTICE = "written-decision", "complaint", "reassessment", "notice-of-reduction"
_DEMAND_DAYS = 14  # in which an oral decision can be demanded in writing (FVL § 23)
_PLACE = (Decision.step, "")
CAR_SUPPORT = "sel-114"


# which numbers there are
def unless_undecided(s: Case, trigger: object) -> Iterable[str]:
    """A case has at most one undecided number; a newer recommendation becomes the ground of that one."""
    return () if any(run.at == "decide" for run in s.runs) else ("",)


def if_changed(s: Case, reassessed: DecisionReassessed) -> Iterable[str]:
    return unless_undecided(s, reassessed) if reassessed.outcome == "changed" else ()


def if_overruled(s: Case, appeal: AppealDecided) -> Iterable[str]:
    return unless_undecided(s, appeal) if appeal.overrules else ()


def by_follow_up(s: Case, concluded: FollowupConcluded) -> Iterable[str]:
    """What the citizen need not be told of is keyed by the follow-up and not counted; else it is the next number."""
    return ("",) if must_be_told(s, concluded) else (f"follow-up {concluded.number}",)


def must_be_told(s: Case, concluded: FollowupConcluded) -> bool:
    """Against the citizen's wish (FUP-08); or help ends that takes a notice (FUP-11), or a hearing (FUP-12).

    What takes a hearing alone and is agreed upon by the citizen needs no letter.
    """
    if concluded.citizen_agrees is False:
        return True
    run = in_force(s)
    if concluded.follow_up_outcome == "continue" or run is None or run.state.decision is None:
        return False
    decision, agrees = run.state.decision, concluded.citizen_agrees
    under_notice = _takes_notice(s, decision.legal_bases, decision.decision_date, concluded.follow_up_held_on)
    return under_notice or (not agrees and s.municipality.takes_hearing(decision.legal_bases))


def open_decision(s: Case, trigger: object, today: date) -> Events:
    return ()


def close(s: Case, closed: CaseClosed, today: date) -> Events:
    """Only what is not yet decided is stopped."""
    return ()


def counted(s: Case) -> list[Run[State]]:
    """The numbers in their order, without what follow-ups only noted."""
    return sorted((run for run in s.runs if not run.key), key=lambda run: run.number)


def in_force(s: Case) -> Run[State] | None:
    """The number that was decided last by decision.decide."""
    decided = [run for run in counted(s) if run.state.decision and run.state.follow_up is None]
    return decided[-1] if decided else None


def newest(s: Case) -> Run[State] | None:
    """The number acted upon, else the last one opened."""
    if s.run and not s.run.key:
        return s.run
    return next(reversed(counted(s)), None)


# what a decision rests on
def ground(s: Case) -> tuple[int | None, int]:
    """The recommendation to decide on, and the revision of the assessment behind it.

    After a reassessment that changes there may be no newer recommendation: then it is the assessment as it stands.
    """
    approved = s.told(RecommendationApproved)
    used = {run.state.recommendation for run in s.runs if run.state.decision and run.state.follow_up is None}
    if approved and approved.number not in used:
        return approved.number, approved.assessment_revision
    latest = s.told(CaseAssessmentRecorded)
    return approved.number if approved else None, latest.assessment_revision if latest else 0


def assessed(s: Case) -> dict[str, Intervention]:
    """The interventions of that revision, by id."""
    _, revision = ground(s)
    assessment = s.told(CaseAssessmentRecorded, assessment_revision=revision)
    return {i.id: i for i in assessment.interventions} if assessment else {}


def as_drafted(draft: Decision, s: Case) -> Decision:
    """The draft with whole interventions, and with full approval as it follows from the lines (DEC-04)."""
    whole = with_interventions(draft, s)
    if whole.fully_upheld is not None:
        return whole
    return replace(whole, fully_upheld=approves_fully(as_it_counts(whole, s), s))


def with_interventions(draft: Decision, s: Case) -> Decision:
    """Only ids are chosen here; the whole intervention is the assessment's."""
    basis, own = assessed(s), s.own.get(_PLACE, {})
    latest = s.told(CaseAssessmentRecorded)
    providers = {i.id: i.provider for i in latest.interventions} if latest else {}

    def one(id: str) -> Intervention:
        """As it was assessed; who delivers may have been chosen since."""
        known = basis.get(id, Intervention(id=id))
        return replace(known, provider=known.provider or providers.get(id))

    def chosen(name: str) -> tuple[Intervention, ...]:
        return tuple(one(line["id"]) for line in own.get(name) or ())

    return replace(
        draft,
        granted_interventions=chosen("granted_interventions"),
        refused_interventions=chosen("refused_interventions"),
    )


# deciding
def make_decision(s: Case, command: MakeDecision, today: date) -> Events:
    """Freeze what is drafted, once the law lets it be decided."""
    draft = as_it_counts(s[Decision], s)
    _result_date_and_decider_are_there(draft)
    _the_party_is_heard(s, today)
    _the_case_is_informed(s)
    _a_refused_consent_is_explained(s)
    _the_target_group_is_confirmed(s)
    _full_approval_is_no_refusal(draft)
    _every_line_is_there(draft, s)
    _full_approval_gives_what_was_applied_for(draft, s)
    _a_stay_goes_with_other_help(draft)
    _the_choice_of_provider_is_made(draft, s)
    _the_notice_is_long_enough(draft, s)
    _the_rules_are_in_force(draft)
    recommendation, revision = ground(s)
    yield Becomes(
        decision=replace(draft, fully_upheld=bool(draft.fully_upheld)),
        recommendation=recommendation,
        assessment_revision=revision,
        decided_by=s.actor.name,
        delegated_to=delegated_to(s, draft),
    )


def as_it_counts(draft: Decision, s: Case) -> Decision:
    """The draft without lines that stand from the decision before and do not go with this result."""
    before = in_force(s)
    old = before.state.decision if before and before.state.decision else Decision()

    def fitting(name: str, outcomes: tuple[str, ...]) -> tuple[Intervention, ...]:
        lines: tuple[Intervention, ...] = getattr(draft, name)
        leftover = {i.id for i in getattr(old, name)}
        return lines if draft.decision_outcome in outcomes else tuple(i for i in lines if i.id not in leftover)

    return replace(
        draft,
        granted_interventions=fitting("granted_interventions", GRANTS),
        refused_interventions=fitting("refused_interventions", REFUSES),
    )


def _result_date_and_decider_are_there(draft: Decision) -> None:
    for name, message in {
        "decision_outcome": "Vælg resultatet",
        "decision_date": "Skriv datoen for afgørelsen",
        "decision_body": "Vælg, hvem der har truffet afgørelsen",
    }.items():
        if not getattr(draft, name):
            raise Refused("DEC-01", f"decision.{name}", message)


def _the_party_is_heard(s: Case, today: date) -> None:
    """No decision before the hearing is answered or its day is over, whole."""
    answered = {answer.number for answer in s.all_told(HearingAnswered)}
    hearings = s.all_told(HearingSent)
    information, since = s.told(CaseInformationRecorded), _to_be_heard_since(s)
    in_time = [hearing for hearing in hearings if since is None or hearing.party_hearing_sent_date >= since]
    if information and information.party_hearing_needed and not in_time:
        raise Refused("ASM-15", "case_information.party_hearing_sent_date", "Borgeren skal partshøres først")
    for hearing in hearings:
        if hearing.number not in answered and today <= hearing.answer_due:
            raise Refused("ASM-15", "case_information.party_hearing_response",
                          f"Partshøringen kan besvares til og med {_day(hearing.answer_due)}")  # fmt: skip


def _to_be_heard_since(s: Case) -> date | None:
    """A follow-up that changes help substantially takes a hearing of its own (FUP-12)."""
    changes = [told for told in s.all_told(FollowupConcluded) if told.party_hearing_needed]
    return changes[-1].follow_up_held_on if changes else None


def _the_case_is_informed(s: Case) -> None:
    """Some fact must be on record, unless the case is clear and says why (RSL § 10)."""
    information, enquiry = s.told(CaseInformationRecorded), s.told(EnquiryRecorded)
    assessment = s.told(CaseAssessmentRecorded)
    scored = assessment and any(goal.current_functioning_level is not None for goal in assessment.goals)
    clear = enquiry and enquiry.is_clear_case and enquiry.opening_reason
    if not (clear or scored or (information and information.themes)):
        raise Refused("ASM-18", "case_information.theme_entries",
                      "Sagen er ikke oplyst. Skriv, hvad afgørelsen bygger på")  # fmt: skip


def _a_refused_consent_is_explained(s: Case) -> None:
    consent = s.told(ConsentChanged)
    refused = consent and consent.reused_information_consent is False
    if consent and (
        consent.consent_consequences_explained is False or (refused and not consent.consent_consequences_explained)
    ):
        raise Refused("GEN-07", "consent.consent_consequences_explained",
                      "Borgeren skal vide, hvad det betyder, at der afgøres på det foreliggende grundlag")  # fmt: skip


def _the_target_group_is_confirmed(s: Case) -> None:
    """The assessment's group shows here, but only one recorded with the decision counts."""
    group = s.own.get(_PLACE, {}).get("primary_target_group")
    if not group:
        raise Refused("DEC-16", "decision.primary_target_group", "Bekræft eller ret borgerens primære målgruppe")
    known = s.told(CaseAssessmentRecorded)
    is_new = group != (known and known.primary_target_group)
    if is_new and target_groups.needs_diagnosis(group) and not (known and known.diagnoses):
        other = vocabulary("target-groups")[target_groups.without_diagnosis(group)].label()
        raise Refused("EVA-09", "decision.primary_target_group",
                      f"Målgruppen kræver en lægelig diagnose. Vælg »{other}«")  # fmt: skip


_NOT_FULL = "Det er kun fuldt medhold, når alt, der er søgt om, er givet"


def _full_approval_is_no_refusal(draft: Decision) -> None:
    if draft.fully_upheld and draft.decision_outcome != "granted":
        raise Refused("DEC-04", "decision.fully_upheld", _NOT_FULL)


def _full_approval_gives_what_was_applied_for(draft: Decision, s: Case) -> None:
    if draft.fully_upheld and (lacking := not_granted(draft, s)):
        raise Refused("DEC-04", "decision.fully_upheld", f"{_NOT_FULL}. Ikke givet: {', '.join(lacking)}")


def approves_fully(draft: Decision, s: Case) -> bool | None:
    """Content and extent are what was applied for (handbook 6.3.3). None before there is a result.

    What was asked for by word of mouth alone is on no line: then the caseworker says that approval is not full.
    """
    if draft.decision_outcome is None:
        return None
    return draft.decision_outcome == "granted" and not draft.refused_interventions and not not_granted(draft, s)


def not_granted(draft: Decision, s: Case) -> list[str]:
    """The services that were applied for and are not granted, or not in that extent."""
    granted = draft.granted_interventions
    ids = {i.id for i in granted}
    asked = [i for i in assessed(s).values() if i.is_requested and i.id not in ids]
    short = [one.service for one in draft.applied_for if not any(_gives(i, one) for i in granted)]
    return [label("services", code) for code in dict.fromkeys((*_services(tuple(asked)), *short))]


def _gives(i: Intervention, asked: AppliedFor) -> bool:
    """Is it that service, in at least that extent? Other units or periods cannot be compared: then it is not."""
    if asked.units_per_period is None:
        return asked.service in i.services or any(line.service == asked.service for line in i.service_lines)
    return any(_is_enough(line, asked, asked.units_per_period) for line in i.service_lines)


def _is_enough(line: ServiceLine, asked: AppliedFor, units: Decimal) -> bool:
    same = (line.service, line.unit, line.service_frequency) == (asked.service, asked.unit, asked.service_frequency)
    return same and line.units_per_period is not None and line.units_per_period >= units


def delegated_to(s: Case, draft: Decision) -> str:
    """The body that may decide this, by the delegation scheme in force on the day of the decision."""
    price = total(i.expected_price for i in draft.granted_interventions)
    return s.municipality.decides(
        s.case.track if s.case else None, price, draft.legal_bases, draft.decision_date or s.today
    )


def _the_rules_are_in_force(draft: Decision) -> None:
    """A provision is cited only on a day on which it is law; legal bases are versioned by date."""
    codes, on = vocabulary("legal-bases"), draft.decision_date
    assert on is not None
    for base in draft.legal_bases:
        if not codes[base].is_valid(on):
            raise Refused("DEC-07", "decision.legal_bases", f"{codes[base].label()} gælder ikke den {_day(on)}")


def _every_line_is_there(draft: Decision, s: Case) -> None:
    """Grants and refusals line by line, in one decision, and each line assessed."""
    known = assessed(s)
    for name, outcomes, happens in (
        ("granted_interventions", GRANTS, "tildeles"),
        ("refused_interventions", REFUSES, "afslås"),
    ):
        lines: tuple[Intervention, ...] = getattr(draft, name)
        wanted = draft.decision_outcome in outcomes
        if wanted and known and not lines:
            raise Refused("DEC-18", f"decision.{name}", f"Vælg, hvad der {happens}")
        if lines and not wanted:
            raise Refused("DEC-18", f"decision.{name}", f"Resultatet siger ikke, at noget {happens}. Ret det ene")
        if any(line.id not in known for line in lines):
            raise Refused("GEN-10", f"decision.{name}", "Indsatsen står ikke i den vurdering, der afgøres på")


def _a_stay_goes_with_other_help(draft: Decision) -> None:
    granted = draft.granted_interventions
    services = [service for i in granted for service in i.services]
    at_home = [i for i in granted if i.offer and vocabulary("offers").is_under(i.offer, "residential-offer")]
    if at_home and not any(_is_stay(service) for service in services):
        raise Refused("PRI-08", "decision.granted_interventions", "Et botilbud kræver, at et ophold også bevilges")
    if services and all(_is_stay(service) for service in services):
        raise Refused("PRI-09", "decision.granted_interventions", "Et ophold kan ikke bevilges alene")


def _is_stay(service: str) -> bool:
    return vocabulary("services").is_under(service, "stay")


def _the_choice_of_provider_is_made(draft: Decision, s: Case) -> None:
    """Where the citizen may choose, the intervention's provider is that choice (SEL §§ 91, 108(2); ABL § 58 a)."""
    free = s.municipality.free_choice_paragraphs
    if not _under(free, draft.legal_bases):
        return
    concerned = [
        i for i in draft.granted_interventions if _under(free, legal_bases.of_help([i]) | legal_bases.of_offer(i.offer))
    ]
    concerned = concerned or list(draft.granted_interventions)
    if any(i.provider is None for i in concerned):
        raise Refused("DEC-17", "decision.granted_interventions",
                      "Borgeren har frit valg. Skriv i vurderingen, hvilken udfører borgeren har valgt")  # fmt: skip


def _under(paragraphs: Iterable[str], bases: Iterable[str]) -> bool:
    """Is any of these rules one of the paragraphs, or a part of one (`sel-95-1` of `sel-95`)?"""
    return any(is_part(base, p) for base in bases for p in paragraphs)


def _the_notice_is_long_enough(draft: Decision, s: Case) -> None:
    least = 7 * s.municipality.notice_weeks
    if draft.notice_days is not None and draft.notice_days < least:
        raise Refused("FUP-11", "decision.notice_days", f"Varslet er mindst {least} dage")


def announce(s: Case, trigger: object, today: date) -> Events:
    decision = s.state.decision
    assert decision is not None
    assert decision.decision_date is not None
    assert decision.decision_outcome is not None
    yield DecisionMade(
        number=s.number,
        decision_date=decision.decision_date,
        decision_outcome=decision.decision_outcome,
        fully_upheld=decision.fully_upheld,
        decision_body=decision.decision_body,
        legal_bases=decision.legal_bases,
        granted_interventions=decision.granted_interventions,
        refused_interventions=tuple(i.id for i in decision.refused_interventions),
        primary_target_group=decision.primary_target_group,
        other_target_groups=decision.other_target_groups,
        notice_days=decision.notice_days,
        assessment_revision=s.state.assessment_revision or 0,
    )


def record_follow_up_decision(s: Case, concluded: FollowupConcluded, today: date) -> Events:
    """Going on, ending: each is a decision (FUP-07), with the help and the rules of the one in force."""
    running = in_force(s)
    former = running.state.decision if running and running.state.decision else Decision()
    goes_on = concluded.follow_up_outcome == "continue"
    help_given = former.granted_interventions
    decision = replace(
        former,
        decision_date=concluded.follow_up_held_on,
        decision_outcome="granted" if goes_on else "refused",
        fully_upheld=False if concluded.citizen_agrees is False else None,
        decision_channel="written",
        granted_interventions=help_given if goes_on else (),
        refused_interventions=() if goes_on else help_given,
        decision_reasoning=None,
        written_grant_notice=None,
        notice_days=None,
    )
    yield Becomes(
        decision=decision,
        follow_up=concluded.number,
        follow_up_outcome=concluded.follow_up_outcome,
        recommendation=running.state.recommendation if running else None,
        assessment_revision=running.state.assessment_revision if running else None,
    )


def is_to_be_told(s: Case) -> bool:
    """Counted, as by_follow_up has it."""
    return not s.key


# the letter
def with_the_decision(letter: DecisionLetter, s: Case) -> DecisionLetter:
    """The letter tells of the newest number: result, services, reasons and rules are that one's (DEC-10)."""
    run = newest(s)
    decision = run.state.decision if run and run.state.decision else s[Decision]
    outcome = decision.decision_outcome
    told = {
        "recipient": addressee(s),
        "result": vocabulary("decision-outcomes")[outcome].label() if outcome else None,
        "granted_services": _services(decision.granted_interventions),
        "refused_services": _services(decision.refused_interventions),
        "specific_assessment": decision.decision_reasoning,
        "rules_and_practice": decision.legal_bases,
        "complaint_deadline": run.state.complaint_due if run else None,
    }
    own = s.own.get((DecisionLetter.step, ""), {})
    values: dict[str, Any] = {name: value for name, value in told.items() if name not in own}
    return replace(letter, **values)


def _services(interventions: tuple[Intervention, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(service for i in interventions for service in i.services))


def letter_lacks(s: Case, decision: Decision, letter: DecisionLetter) -> Iterator[Refused]:
    """What the letter must hold and does not; the gravest first."""
    yield from _addressee(s, letter)
    if not decision.fully_upheld:
        yield from _reasons(letter, guided=is_appealable(s))
    yield from _parts(decision, letter)
    if letter.has_own_payment and letter.own_payment_amount is None:
        yield Refused("DEC-12", "decision_letter.own_payment_amount",
                      "Skriv beløbet, eller hvad det højst kan blive")  # fmt: skip
    if not letter.law_extracts:
        yield Refused("DEC-13", "decision_letter.law_extracts", "Vedlæg uddrag af lovene")
    if letter.has_own_payment and not any(_is_stay(v) for v in _services(decision.granted_interventions)):
        yield Refused("PRI-10", "decision_letter.has_own_payment", "Kun et ophold kan have egenbetaling")


def _addressee(s: Case, letter: DecisionLetter) -> Iterator[Refused]:
    if letter.recipient is None:
        yield Refused("DEC-08", "decision_letter.recipient", "Vælg, hvem brevet er til")
    elif not may_receive(s, letter.recipient):
        yield Refused("DEC-09", "decision_letter.recipient",
                      "Brevet er til borgeren, medmindre en anden har overtaget rettighederne")  # fmt: skip


def may_receive(s: Case, recipient: Party) -> bool:
    """The citizen, also with a companion; a guardian or party representative only where they hold the rights (§ 7
    guardians act together with the citizen). Where legal capacity is taken away, it is the guardian (DEC-09).
    """
    rights = representation.as_of(s.told(RepresentationChanged), s.today)
    if recipient.role == "citizen":
        return not (rights.has_guardian and rights.guardianship_form == "guardianship-without-capacity")
    guarded = rights.has_guardian and rights.guardianship_form != "co-guardianship"
    if guarded and _is(recipient, rights.guardian_contact, "guardian"):
        return True
    form = rights.representation_form if rights.is_represented is not False else None
    takes_over = form is not None and vocabulary("representation-forms")[form].is_true("receives_letters")
    return takes_over and _is(recipient, rights.representative_contact, "party-representative")


def _is(recipient: Party, known: Party | None, role: str) -> bool:
    return recipient.name == known.name if known else recipient.role == role


def _reasons(letter: DecisionLetter, *, guided: bool) -> Iterator[Refused]:
    """Short of full approval: reasons, and guidance where there is a board to complain to (FVL §§ 22, 24, 25)."""
    for rule, name, message in (
        *((("DEC-05", "complaint_guidance", "Klagevejledningen mangler"),) if guided else ()),
        ("DEC-05", "specific_assessment", "Begrundelsen mangler"),
        ("DEC-07", "legal_requirements", "Skriv, hvad reglerne kræver, og hvad der er lagt vægt på"),
        ("DEC-07", "weighted_facts", "Skriv de oplysninger, der er lagt vægt på"),
        ("DEC-07", "rules_and_practice", "Skriv, hvilke paragraffer afgørelsen bygger på"),
    ):
        if not getattr(letter, name):
            yield Refused(rule, f"decision_letter.{name}", message)


_PARTS = {
    "letter_heading": "Overskriften mangler",
    "result": "Resultatet mangler",
    "rules_and_practice": "Retsreglerne mangler",
    "authority_name": "Skriv, hvilken kommune brevet er fra",
    "department": "Skriv, hvilken afdeling brevet er fra",
    "caseworker": "Skriv, hvem der er sagsbehandler",
    "letter_date": "Skriv brevets dato",
    "contact_for_questions": "Skriv, hvem borgeren kan spørge",
    "signature": "Underskriften mangler",
}


def _parts(decision: Decision, letter: DecisionLetter) -> Iterator[Refused]:
    for name, message in _PARTS.items():
        if not getattr(letter, name):
            yield Refused("DEC-08", f"decision_letter.{name}", message)
    if letter.has_own_payment is None:
        yield Refused("DEC-08", "decision_letter.has_own_payment", "Svar på, om der er egenbetaling")
    if decision.granted_interventions:
        if not letter.intervention_purpose:
            yield Refused("DEC-08", "decision_letter.intervention_purpose", "Formålet med indsatsen mangler")
        if not letter.expected_follow_up:
            yield Refused("DEC-08", "decision_letter.expected_follow_up", "Skriv, hvornår der følges op")


# telling the citizen
def notify(s: Case, command: NotifyCitizen, today: date) -> Events:
    """Told by word of mouth, or in a letter that holds what the law demands. Full approval may be oral (DEC-03)."""
    state, decision = s.state, s.state.decision
    assert decision is not None
    if command.channel == "verbal" and state.demanded_on:
        raise Refused("DEC-06", "channel", "Borgeren har bedt om at få afgørelsen på skrift")
    if asks_for_letter(state, decision, command.channel):
        for lack in letter_lacks(s, decision, s[DecisionLetter]):
            raise lack
    yield Becomes(channel=command.channel, received_on=command.received_on or reckoned(s, command.channel, today))
    if state.demanded_on:
        yield Becomes(demanded_on=None)
        yield DeadlineMet(kind=WRITTEN, key=str(s.number), met_on=today)


def asks_for_letter(state: State, decision: Decision, channel: str) -> bool:
    """A written decision does, and an oral one that is put in writing; a note on a full oral approval does not."""
    oral = decision.decision_channel == "verbal" and not state.demanded_on
    return channel != "verbal" and not (oral and decision.fully_upheld)


def reckoned(s: Case, channel: str, today: date) -> date:
    """The day the citizen has it: Digital Post and the spoken word at once, a letter after six working days."""
    return s.calendar.add_working_days(today, s.municipality.letter_working_days) if channel == "letter" else today


def is_written(s: Case) -> bool:
    return s.state.channel != "verbal"


def send_letter(s: Case, trigger: object, today: date) -> Events:
    """The letter as it is sent; what is written later is the next one's. Complaint guidance starts the clock."""
    letter, state = s[DecisionLetter], s.state
    assert state.decision is not None
    assert state.received_on is not None
    guided = is_open_to_complaint(s) and letter.complaint_guidance
    due = last_day_to_complain(s.municipality, state.received_on) if guided else None
    yield Becomes(letter=replace(letter, complaint_deadline=due or letter.complaint_deadline), complaint_due=due)


def last_day_to_complain(town: Municipality, received_on: date) -> date:
    """Whole: four weeks from receipt, moved off closing days (RSL ch. 10, DEC-14)."""
    return town.calendar.on_or_after(received_on + timedelta(weeks=town.complaint_weeks))


def announce_notice(s: Case, command: NotifyCitizen, today: date) -> Events:
    """The clocks start; help that is taken away under notice goes on until the notice is over (SEL § 3 a, FUP-11)."""
    state, letter = s.state, s.state.letter or s[DecisionLetter]
    assert state.received_on is not None
    days = notice_days(s)
    effective = state.received_on + timedelta(days=days) if days else None
    yield Becomes(effective_from=effective)
    yield DecisionNotified(
        number=s.number,
        channel="verbal" if state.channel == "verbal" else "written",
        received_on=state.received_on,
        has_own_payment=letter.has_own_payment,
        own_payment_amount=letter.own_payment_amount,
        effective_from=effective,
    )
    if effective:
        yield _asked(NOTICE, str(s.number), effective)


def notice_days(s: Case) -> int | None:
    """The days of notice: those recorded, else the least where help that was granted under notice is taken or less."""
    decision = s.state.decision or Decision()
    if decision.notice_days:
        return decision.notice_days
    told_on = s.state.received_on or s.today
    taken = any(_takes_notice(s, decision.legal_bases, on, told_on) for on in _grants_taken_away(s, decision))
    return 7 * s.municipality.notice_weeks if taken else None


def _takes_notice(s: Case, bases: Iterable[str], granted_on: date | None, told_on: date) -> bool:
    """Help under SEL §§ 95, 96, 98; car support only until the car can be replaced (SEL § 3 a; FUP-11)."""
    town = s.municipality
    if town.takes_notice(bases):
        return True
    replaceable_on = granted_on and add_months(granted_on, 12 * town.car_replacement_years)
    return _under((CAR_SUPPORT,), bases) and bool(replaceable_on and told_on < replaceable_on)


def _grants_taken_away(s: Case, decision: Decision) -> list[date | None]:
    """When what this decision refuses or makes less was granted last."""
    earlier = [run.state.decision for run in counted(s) if run.number < s.number and run.state.decision]
    last = {i.id: (i, made.decision_date) for made in earlier for i in made.granted_interventions}
    refused = {i.id for i in decision.refused_interventions}
    less = {i.id for i in decision.granted_interventions if i.id in last and is_less(i, last[i.id][0])}
    return [on for id_, (_, on) in last.items() if id_ in refused | less]


def is_less(now: Intervention, before: Intervention) -> bool:
    """A service is gone, or has fewer units in the same period. Other units or periods cannot be compared."""
    was, is_ = _units(before), _units(now)
    return not {*before.services} <= {*now.services} or any(is_[line] < was[line] for line in was.keys() & is_.keys())


def _units(i: Intervention) -> dict[tuple[str | None, ...], Decimal]:
    units: dict[tuple[str | None, ...], Decimal] = {}
    for line in i.service_lines:
        unit = (line.service, line.unit, line.service_frequency)
        units[unit] = units.get(unit, Decimal(0)) + (line.units_per_period or 0)
    return units


def _asked(kind: str, key: str, due: date) -> DeadlineRequested:
    return DeadlineRequested(kind=kind, key=key, due=due, notify=KINDS[kind].notify)


def serve_notice(s: Case, due: DeadlineDue, today: date) -> Events:
    """The notice is over: the decision works from today."""
    if due.kind == NOTICE:
        yield DeadlineMet(kind=NOTICE, key=due.key, met_on=today)


def is_open_to_complaint(s: Case) -> bool:
    """Short of full approval, and under rules that the appeals board hears cases on."""
    return not (s.state.decision and s.state.decision.fully_upheld) and is_appealable(s)


def is_appealable(s: Case) -> bool:
    """Help under SEL §§ 82 a and 82 b alone is decided by the municipality for good."""
    bases = (s.state.decision or s[Decision]).legal_bases
    return not bases or any(not _under(s.municipality.not_appealable_paragraphs, (base,)) for base in bases)


def complaint_due(s: Case) -> date | None:
    """None while no guidance was given: the clock does not start (FVL § 25)."""
    return s.state.complaint_due


def demand_written(s: Case, command: DemandWritten, today: date) -> Events:
    """An oral decision is owed in writing where that is asked within 14 days (FVL § 23)."""
    received = command.received_on or today
    told = s.state.received_on
    assert told is not None
    if s.state.channel != "verbal":
        raise Refused("DEC-06", "received_on", "Borgeren har allerede fået afgørelsen på skrift")
    if received > s.calendar.on_or_after(told + timedelta(days=_DEMAND_DAYS)):
        raise Refused("DEC-06", "received_on", f"Der er gået mere end {_DEMAND_DAYS} dage, siden afgørelsen blev givet")
    yield Becomes(demanded_on=received)
    due = s.calendar.on_or_after(received + timedelta(days=s.municipality.written_decision_days))
    yield _asked(WRITTEN, str(s.number), due)


# complaints
def note_complaint(s: Case, command: RegisterComplaint, today: date) -> Events:
    """In time it is reassessed within four weeks (DEC-15); late it is marked, and has no deadline."""
    received, last = command.received_on or today, s.state.complaint_due
    is_late = last is not None and received > last
    yield Becomes(
        complaint=Complaint(received_on=received, text=command.text),
        complaints=(s.state.complaints or 0) + 1,
        is_late=is_late,
    )
    yield ComplaintReceived(number=s.number, received_on=received, is_late=is_late)
    if not is_late:
        due = s.calendar.on_or_after(received + timedelta(weeks=s.municipality.reassessment_weeks))
        yield _asked(REASSESSMENT, f"{s.number}/{(s.state.complaints or 0) + 1}", due)


def reassess(s: Case, command: Reassess, today: date) -> Events:
    state, upheld = s.state, command.outcome == "upheld"
    assert state.complaint is not None
    yield Becomes(complaint=replace(state.complaint, outcome=command.outcome))
    yield DecisionReassessed(number=s.number, outcome=command.outcome, forwarded_on=today if upheld else None)
    if not state.is_late:
        yield DeadlineMet(kind=REASSESSMENT, key=f"{s.number}/{state.complaints}", met_on=today)
    if not upheld and state.effective_from and state.effective_from > today:
        yield DeadlineCancelled(kind=NOTICE, key=str(s.number))


def is_upheld(s: Case) -> bool:
    return bool(s.state.complaint and s.state.complaint.outcome == "upheld")


def forward(s: Case, trigger: object, today: date) -> Events:
    """The file goes to the appeals board (Ankestyrelsen), with the municipality's reasons."""
    assert s.state.complaint is not None
    yield Becomes(complaint=replace(s.state.complaint, forwarded_on=today))


def note_appeal_outcome(s: Case, command: RecordAppealOutcome, today: date) -> Events:
    """The board has ruled; it cannot have done so before it had the case."""
    sent, decided = s.state.complaint, command.decided_on or today
    assert sent is not None
    if sent.forwarded_on and decided < sent.forwarded_on:
        raise Refused("DEC-15", "decided_on", f"Sagen blev sendt til Ankestyrelsen den {_day(sent.forwarded_on)}")
    yield Becomes(complaint=replace(sent, appeal_outcome=command.outcome, appeal_decided_on=decided))
    ruling = AppealDecided(number=s.number, outcome=command.outcome, decided_on=decided)
    yield ruling
    if ruling.overrules and s.state.effective_from and s.state.effective_from > today:
        yield DeadlineCancelled(kind=NOTICE, key=str(s.number))


def stands(s: Case) -> bool:
    ruling = s.state.complaint and s.state.complaint.appeal_outcome
    return not (ruling and vocabulary("appeal-outcomes")[ruling].is_true("overrules"))


def drop_reassessments(s: Case, closed: CaseClosed, today: date) -> Events:
    for run in s.runs:
        if run.at == "reassess" and not run.state.is_late:
            yield DeadlineCancelled(kind=REASSESSMENT, key=f"{run.number}/{run.state.complaints}")


# how it stands
def status(s: Case, run: Run[State]) -> str:
    """The state of one decision, a code of decision-statuses; its history is the journal's."""
    named = {
        "decide": "pending",
        "notify": "decided",
        "reassess": "appealed",
        "board": "forwarded",
        "changed": "changed",
    }
    if run.at in named:
        return named[run.at]
    if any(other.number > run.number and other.state.decision for other in counted(s)):
        return "ended"
    begins = run.state.effective_from
    return "notified" if begins and begins > s.today else "in-force"


def complaint(view: Complaint, s: Case) -> Complaint:
    """The last one on the decision in force, or on what a follow-up has decided since."""
    last = in_force(s)
    since = [run.state.complaint for run in counted(s) if last is None or run.number >= last.number]
    return next((said for said in reversed(since) if said), view)


# warnings
def _text(*texts: str | None) -> str:
    return " ".join(text for text in texts if text)


def _refused_because(s: Case) -> str:
    """The words in which a refusal is reasoned, proposed or drafted; empty where nothing is refused."""
    draft, reasons = s[Decision], s.told(ReasoningRecorded) or ReasoningRecorded()
    if draft.decision_outcome not in REFUSES and reasons.is_entitled is not False:
        return ""
    return _text(draft.decision_reasoning, s[DecisionLetter].specific_assessment, reasons.support_need_assessment,
                 reasons.civil_society_support)  # fmt: skip


_STANDARD = re.compile(r"kvalitetsstandard|serviceniveau", re.IGNORECASE)
_OTHER_LAW = re.compile(
    r"anden lov|andre love|andre regler|jobcenter|mentor|beskæftigelse\w*lov|sundhedslov|aktivlov|pensionslov|ældrelov",
    re.IGNORECASE,
)
_RELATIVES = re.compile(
    r"\b(pårørende|familien?|mor|far|moren|faren|mødre|forældre\w*|søster\w*|bror\w*|brødre\w*|søskende|datter\w*|"
    r"søn|sønnen|ægtefælle\w*|samlever\w*|kæreste\w*|hustru\w*|kone[n]?|mand|manden|bedste(?:mor|far|forældre)\w*)\b",
    re.IGNORECASE,
)


def a_standard_alone_is_no_reason(s: Case) -> Iterator[Warned]:
    reasons = s.told(ReasoningRecorded)
    if _STANDARD.search(_refused_because(s)) and not (reasons and reasons.quality_standard_deviation):
        yield Warned("GEN-11", "decision.decision.decision_reasoning",
                     "Afslaget nævner kun serviceniveauet. Vurdér, om det skal fraviges i denne sag")  # fmt: skip


def help_under_other_law_is_checked(s: Case) -> Iterator[Warned]:
    reasons = s.told(ReasoningRecorded)
    if _OTHER_LAW.search(_refused_because(s)) and not (reasons and reasons.other_legislation_checked):
        yield Warned("GEN-12", "assessment.case_assessment.other_legislation_checked",
                     "Afslaget henviser til anden hjælp. Skriv, om den faktisk kan gives")  # fmt: skip


def relatives_owe_no_support(s: Case) -> Iterator[Warned]:
    if _RELATIVES.search(_refused_because(s)):
        yield Warned("ASM-22", "decision.decision.decision_reasoning",
                     "Pårørende kan ikke pålægges at give støtte ud over fælles husarbejde")  # fmt: skip


def an_oral_grant_is_confirmed_in_writing(s: Case) -> Iterator[Warned]:
    """Help under §§ 83 and 85, also where all is granted (SEL § 89)."""
    draft, run = s[Decision], in_force(s)
    told = run is not None and run.state.channel in ("digital-post", "letter")
    oral = draft.decision_channel == "verbal" and draft.decision_outcome in GRANTS
    if oral and not told and not draft.written_grant_notice and _under(("sel-83", "sel-85"), draft.legal_bases):
        yield Warned("DEC-02", "decision.decision.written_grant_notice",
                     "Borgeren skal have skriftligt, hvilken hjælp der er bevilget")  # fmt: skip


def the_citizens_view_is_answered(s: Case) -> Iterator[Warned]:
    draft, answer = s[Decision], s.told(HearingAnswered)
    known = s.told(CaseAssessmentRecorded)
    view = (answer and answer.party_hearing_response) or (known and (known.citizen_wishes or known.citizen_perspective))
    against = draft.decision_outcome in REFUSES and draft.decision_channel != "verbal"
    if against and view and not s[DecisionLetter].citizen_views:
        yield Warned("DEC-11", "decision.decision_letter.citizen_views",
                     "Borgerens synspunkt er ikke besvaret i brevet")  # fmt: skip


def the_letter_is_whole(s: Case) -> Iterator[Warned]:
    """While the citizen waits for a letter: what it does not hold yet, and laws without a paragraph."""
    run = newest(s)
    if run is None or run.at != "notify" or run.state.decision is None:
        return
    letter = s[DecisionLetter]
    if run.state.decision.decision_channel != "verbal" or run.state.demanded_on:
        for lack in _parts(run.state.decision, letter):
            yield Warned("DEC-08", f"decision.{lack.field}", lack.message)
    for number, extract in enumerate(letter.law_extracts):
        if "§" not in extract.title:
            yield Warned("DEC-13", f"decision.decision_letter.law_extracts[{number}]", "Loven mangler nummer")


def acts_are_named_with_number_and_date(s: Case) -> Iterator[Warned]:
    """Where the municipality keeps them, and the letter of this decision is still to be sent (DEC-13)."""
    run, draft = newest(s), s[Decision]
    if run is None or run.at not in ("decide", "notify") or not s.municipality.laws:
        return
    codes, on = vocabulary("legal-bases"), draft.decision_date or s.today
    for law in dict.fromkeys(codes[base]["law"] for base in draft.legal_bases):
        if s.municipality.promulgation(law, on) is None:
            message = f"{label('laws', law)}: nummer og dato mangler i kommunens indstillinger"
            yield Warned("DEC-13", "decision.decision.legal_bases", message)


def whoever_may_decides(s: Case) -> Iterator[Warned]:
    """A caseworker decides alone only what the delegation scheme leaves to caseworkers."""
    draft, run = s[Decision], newest(s)
    if run is None or run.at != "decide" or draft.decision_body != "caseworker" or not draft.decision_outcome:
        return
    if (body := delegated_to(s, draft)) != "caseworker":
        name = label("decision-bodies", body)
        yield Warned("DEC-01", "decision.decision.decision_body", f"Efter kommunens kompetenceregler afgør: {name}")


def a_late_complaint_is_marked(s: Case) -> Iterator[Warned]:
    for run in counted(s):
        if run.state.is_late and run.at == "reassess":
            yield Warned("DEC-14", "decision.complaint.received_on", "Klagen er kommet efter klagefristen")


def _day(day: date) -> str:
    return f"{day.day}.{day.month}.{day.year}"


def own_payment_is_for_a_stay(before: Case, after: Case) -> None:
    """Where it is decided what is granted, own payment for anything but a stay is refused as it is written (PRI-10)."""
    run, letter = newest(after), after[DecisionLetter]
    decision = run.state.decision if run else None
    is_new = letter.has_own_payment and not before[DecisionLetter].has_own_payment
    if decision and is_new and not any(map(_is_stay, _services(decision.granted_interventions))):
        raise Refused("PRI-10", "decision_letter.has_own_payment", "Kun et ophold kan have egenbetaling")


CHECKS = (own_payment_is_for_a_stay,)
WARNINGS = (
    a_standard_alone_is_no_reason,
    help_under_other_law_is_checked,
    relatives_owe_no_support,
    an_oral_grant_is_confirmed_in_writing,
    the_citizens_view_is_answered,
    the_letter_is_whole,
    acts_are_named_with_number_and_date,
    whoever_may_decides,
    a_late_complaint_is_marked,
)
COMPUTES: dict[type[Step], Any] = {
    Decision: as_drafted,
    DecisionLetter: with_the_decision,
    Complaint: complaint,
}
