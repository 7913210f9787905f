"""What may happen at an opening, what follows, and what to warn about. Pure; rule ids are the catalogue's."""

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from casework import consents
from casework.confidential import is_kept_from
from casework.contracts import PHASES
from casework.contracts.assessment import AssessmentPaused, AssessmentResumed, AssessmentStarted, HelpProposed
from casework.contracts.common import (
    DeadlineCancelled,
    DeadlineMet,
    DeadlinePaused,
    DeadlineRequested,
    NotificationRequested,
)
from casework.contracts.deadlines import KINDS
from casework.contracts.decision import DecisionMade
from casework.contracts.followup import FollowupConcluded
from casework.contracts.intake import CaseChanged, CaseClosed, CaseOpened, CitizenIndexed, IntakeCompleted
from casework.contracts.scheduler import DeadlineApproaching, DeadlineMissed
from casework.contracts.values import Consent
from casework.cpr import age_on, born_on
from casework.errors import Invalid, Refused
from casework.offers import is_residence
from casework.phase.completeness import Condition
from casework.process import Actor, Becomes, Event, Records, Role, Situation, Warned
from casework.schema import dump
from casework.vocabularies import vocabulary
from intake.commands import (
    AnnounceNewDate,
    CloseCase,
    CompleteIntake,
    OpenCase,
    RecordInformation,
    RequestInformation,
    WithdrawConsent,
)
from intake.model import (
    CaseStep,
    Citizen,
    ClearCase,
    ConsentForms,
    Cooperation,
    Enquiry,
    Guidance,
    InformationRequest,
    Ledger,
    NewDate,
    Rights,
    State,
)

Case = Situation[State]
Events = Iterable[Event]

CLOCK = "case-processing"
NO_CPR_NUMBER = "Skriv CPR-nummeret som ti cifre, der begynder med en dato"
NOT_YOURS = "Kun sagens egen sagsbehandler eller lederen kan gøre sagen fortrolig. Skriv først, hvem der har sagen"
_CLOCK_KEY = "case"


# opening and closing
def open_case(s: Case, command: OpenCase, today: date) -> Events:
    """Register the case, whichever phase it begins in (GEN-01)."""
    if command.entry_phase and command.entry_phase not in PHASES:
        raise Invalid({"entry_phase": (f"En sag begynder i en af faserne {', '.join(PHASES)}", None)})
    if _would_lose(command, s.actor):
        raise Invalid({"is_confidential": (NOT_YOURS, None)})
    yield Becomes(
        case_number=command.case_number,
        citizen_id=command.citizen_id,
        entry_phase=command.entry_phase or "intake",
        track=command.track or "standard",
        team=command.team or s.actor.team,
        caseworker=command.caseworker,
        is_confidential=command.is_confidential,
        linked_from=command.linked_from,
        enquiry_source=command.enquiry_source,
    )
    yield Records(
        CaseStep,
        track=command.track or "standard",
        team=command.team or s.actor.team,
        caseworker=command.caseworker,
        is_confidential=command.is_confidential,
    )
    if command.enquiry_source:
        yield Records(Enquiry, enquiry_source=command.enquiry_source)


def open_linked_case(s: Case, concluded: FollowupConcluded, today: date) -> Events:
    """A follow-up wants a new assessment: a case of its own, linked back (FUP-24)."""
    yield Records(Enquiry, enquiry_source="follow-up-of-running-case")


def announce_case(s: Case, trigger: object, today: date) -> Events:
    yield opened(s)


def opened(s: Case) -> CaseOpened:
    """The case, as every service is told of it."""
    state, cooperation = s.state, s[Cooperation]
    assert state.case_number
    assert state.citizen_id
    return CaseOpened(
        case_number=state.case_number,
        citizen_id=state.citizen_id,
        entry_phase=state.entry_phase or "intake",
        track=state.track or "standard",
        team=state.team,
        caseworker=state.caseworker,
        acting_municipality=cooperation.acting_municipality,
        paying_municipality=cooperation.paying_municipality,
        linked_from=state.linked_from,
        is_confidential=state.is_confidential,
        enquiry_source=s[Enquiry].enquiry_source or state.enquiry_source,
    )


def begins_here(s: Case) -> bool:
    return s.state.entry_phase == "intake"


def note_skipping(s: Case, started: AssessmentStarted, today: date) -> Events:
    """The assessment began without a finished opening; its fields stay open (GEN-02)."""
    return ()


def close(s: Case, command: CloseCase, today: date) -> Events:
    if s.state.clock_due and not s.state.decided_on:
        yield DeadlineCancelled(kind=CLOCK, key=_CLOCK_KEY)


def announce_closing(s: Case, command: CloseCase, today: date) -> Events:
    yield CaseClosed(closed_on=today)


def complete(s: Case, command: CompleteIntake, today: date) -> Events:
    """The opening is done, once the questions that the law asks are answered."""
    enquiry, rights, guidance = s[Enquiry], s[Rights], s[Guidance]
    if enquiry.enquiry_source and _asks_citizen(enquiry.enquiry_source) and enquiry.citizen_agrees_to_opening is None:
        raise Refused("INT-02", "enquiry.citizen_agrees_to_opening", "Skriv, om borgeren er enig i, at sagen åbnes")
    if rights.has_guardian and not rights.guardianship_form:
        raise Refused("INT-12", "rights.guardianship_form", "Vælg værgemålsformen")
    if _asks_for_guardian(rights) and is_residence(s[ClearCase].clear_case_offer):
        raise Refused("INT-13", "rights.guardianship_inquiry_needed",
                      "Der overvejes et botilbud. Svar på, om behovet for en værge skal undersøges")  # fmt: skip
    if not rights.informed_of_representation_right:
        raise Refused("INT-16", "rights.informed_of_representation_right",
                      "Borgeren skal være vejledt om retten til bisidder og partsrepræsentant")  # fmt: skip
    if not rights.informed_of_electronic_registration:
        raise Refused("INT-16", "rights.informed_of_electronic_registration",
                      "Borgeren skal vide, at oplysningerne registreres elektronisk")  # fmt: skip
    if guidance.guided_on_all_support and not (guidance.guidance_given or "").strip():
        raise Refused("INT-20", "guidance.guidance_given", "Skriv, hvad borgeren er vejledt om")
    if enquiry.enquiry_received_date is None and s.state.clock_began is None:
        yield from _ask(s, today)  # on the municipality's own initiative it runs from here
    yield IntakeCompleted(completed_on=today)


def _asks_for_guardian(rights: Rights) -> bool:
    return rights.has_guardian is False and rights.guardianship_inquiry_needed is None


def _asks_citizen(source: str) -> bool:
    return vocabulary("enquiry-sources")[source].is_true("check_citizen_agrees")


# consent
_CONSENTS = ("consents_to_obtain", "consents_to_share")


def withdraw_consent(s: Case, command: WithdrawConsent, today: date) -> Events:
    """From now on; what was sent stays sent (RSL §§ 11 a–c)."""
    forms = s[ConsentForms]
    lists = {"consents_to_obtain": forms.consents_to_obtain, "consents_to_share": forms.consents_to_share}

    def covers(consent: Consent) -> bool:
        return consents.covers(consent, command.consent_party, command.consent_party_name)

    if not any(covers(c) and c.withdrawn_on is None for consents in lists.values() for c in consents):
        raise Refused("INT-18", "consent_party", "Der er ikke et gældende samtykke til denne part")
    marked: dict[str, Any] = {
        name: tuple(replace(c, withdrawn_on=today) if covers(c) and not c.withdrawn_on else c for c in consents)
        for name, consents in lists.items()
    }
    yield Records(ConsentForms, **marked)


# information from others
def request_information(s: Case, command: RequestInformation, today: date) -> Events:
    """Ask only whom the citizen lets us ask, or whom the law lets us ask without (RSL §§ 11 a–c)."""
    given = consents.in_force(s[ConsentForms].consents_to_obtain, today)
    agreed = any(consents.covers(c, command.consent_party, command.consent_party_name) for c in given)
    if not agreed and not (command.exception or "").strip():
        raise Refused("INT-19", "consent_party",
                      "Der er ikke samtykke til at spørge denne part. Indhent det, eller skriv hjemlen")  # fmt: skip
    asked = s[Ledger].requests
    request = InformationRequest(
        id=str(len(asked) + 1),
        number=len(asked) + 1,
        consent_party=command.consent_party,
        consent_party_name=command.consent_party_name,
        about=command.about,
        exception=None if agreed else command.exception,
        asked_on=today,
    )
    yield Records(Ledger, requests=(*asked, request))


def record_information(s: Case, command: RecordInformation, today: date) -> Events:
    asked = s[Ledger].requests
    open_ones = [r for r in asked if r.answered_on is None and command.number in (None, r.number)]
    if not open_ones:
        raise Refused("INT-19", "number", "Der er ingen anmodning, som venter på svar")
    answered = replace(open_ones[0], answered_on=today, answer=command.answer)
    yield Records(Ledger, requests=tuple(answered if r is open_ones[0] else r for r in asked))


# the case-processing clock (RSL § 3, stk. 2)
def clock_due(s: Case, began: date, paused_days: int = 0) -> date:
    """The last day to decide: the period for paragraph and track, and the days the case stood still (INT-21).

    Never earlier than the day that the citizen has been told in writing.
    """
    proposed = s.told(HelpProposed)
    bases = {*s[ClearCase].clear_case_legal_bases, *(proposed.legal_bases if proposed else ())}
    days = s.municipality.case_processing_days_for(bases, began, s[CaseStep].track) + paused_days
    return max(s.calendar.on_or_after(began + timedelta(days=days)), s.state.expected_on or began)


def start_clock(s: Case, started: AssessmentStarted, today: date) -> Events:
    """Without an enquiry the clock runs from the start of the assessment (or from the end of the opening)."""
    if s.state.clock_due is None and s[Enquiry].enquiry_received_date is None:
        yield from _ask(s, started.started_on)


def reckon_anew(s: Case, proposed: HelpProposed, today: date) -> Events:
    """The paragraph is known now, and the period is that paragraph's."""
    if s.state.clock_began:
        yield from _ask(s, s.state.clock_began)


def _ask(s: Case, began: date) -> Iterator[Event]:
    due = clock_due(s, began, s.state.paused_days or 0)
    if due != s.state.clock_due and not s.state.decided_on:
        yield Becomes(clock_due=due, clock_began=began, is_near=None)
        if not s.state.paused_on:  # a clock that stands still is asked for anew when it goes on
            yield DeadlineRequested(kind=CLOCK, key=_CLOCK_KEY, due=due, notify=KINDS[CLOCK].notify)


def stop_clock(s: Case, paused: AssessmentPaused, today: date) -> Events:
    if s.state.clock_due and not s.state.decided_on:
        yield Becomes(paused_on=paused.paused_on)
        yield DeadlinePaused(kind=CLOCK, key=_CLOCK_KEY, paused_on=paused.paused_on)


def restart_clock(s: Case, resumed: AssessmentResumed, today: date) -> Events:
    """Ask anew, with the days that the case stood still."""
    state = s.state
    if state.clock_due and state.paused_on and not state.decided_on:
        stood_still = (resumed.resumed_on - state.paused_on).days
        paused_days = (state.paused_days or 0) + stood_still
        began = s[Enquiry].enquiry_received_date or state.clock_began
        due = clock_due(s, began, paused_days) if began else state.clock_due
        yield Becomes(paused_on=None, paused_days=paused_days, clock_due=due, is_near=None)
        yield DeadlineRequested(kind=CLOCK, key=_CLOCK_KEY, due=due, notify=KINDS[CLOCK].notify)


def meet_clock(s: Case, made: DecisionMade, today: date) -> Events:
    """The first decision stops the clock, for good."""
    if s.state.decided_on is None:
        yield Becomes(decided_on=made.decision_date, paused_on=None)
        if s.state.clock_due:
            yield DeadlineMet(kind=CLOCK, key=_CLOCK_KEY, met_on=made.decision_date)


def see_it_come(s: Case, near: DeadlineApproaching, today: date) -> Events:
    """The last day comes near: either the decision is made in time, or the citizen is told a new date in writing."""
    if near.kind == CLOCK and near.due == s.state.clock_due and not s.state.decided_on:
        yield Becomes(is_near=True)


def announce_new_date(s: Case, command: AnnounceNewDate, today: date) -> Events:
    """The citizen is told in writing when to expect the decision; the deadline moves there (RSL § 3, stk. 2)."""
    state = s.state
    if state.decided_on or state.clock_due is None:
        raise Refused("INT-21", "expected_on", "Der er ingen sagsbehandlingsfrist, som løber")
    if command.expected_on <= max(today, state.clock_due):
        raise Refused("INT-21", "expected_on", f"Den nye dato skal ligge efter {_day(max(today, state.clock_due))}")
    text = (
        f"Vi kan ikke nå at afgøre din sag senest den {_day(state.clock_due)}. {command.reason.strip()} "
        f"Vi forventer at afgøre den senest den {_day(command.expected_on)}."
    )
    told = NewDate(expected_on=command.expected_on, told_on=today, text=text)
    yield Records(Ledger, new_dates=(*s[Ledger].new_dates, told))
    yield Becomes(expected_on=command.expected_on, clock_due=command.expected_on, new_date_owed=None, is_near=None)
    if not state.paused_on:
        yield DeadlineRequested(kind=CLOCK, key=_CLOCK_KEY, due=command.expected_on, notify=KINDS[CLOCK].notify)


def _day(day: date) -> str:
    return f"{day.day}.{day.month}.{day.year}"


def ask_for_new_date(s: Case, missed: DeadlineMissed, today: date) -> Events:
    """The day is over: the citizen is owed a new date, in writing."""
    if missed.kind == CLOCK and missed.due == s.state.clock_due and not s.state.decided_on:
        yield Becomes(new_date_owed=True)
        yield NotificationRequested(kind="intake.new_date_owed", roles=("caseworker",), key=_CLOCK_KEY)


# recording
def follow_the_record(before: Case, after: Case) -> Events:
    """What a recording brings about: the clock runs from the day the enquiry came; others learn of a changed case."""
    yield from _withdrawn_consents_stay(before, after)
    run = next(iter(after.runs), None)
    if run is None:
        return
    was, now = before.of(run), after.of(run)
    if now[CaseStep] != was[CaseStep]:
        becomes = Becomes(**vars(now[CaseStep]))
        yield becomes
        now = now.after(becomes)
    if vars(opened(now)) != vars(opened(was)):
        yield CaseChanged(**vars(opened(now)))
    received = now[Enquiry].enquiry_received_date
    began = received if received != was[Enquiry].enquiry_received_date else now.state.clock_began
    if began:  # the day, the track or the paragraph may be another
        for event in _ask(now, began):
            now = now.after(event)
            yield event


def a_case_has_a_track(before: Case, after: Case) -> None:
    """Null empties a field; a case without a track there is not."""
    own = after.own.get((CaseStep.step, ""), {})
    if "track" in own and own["track"] is None:
        raise Invalid({"case.track": ("En sag har altid et spor. Vælg et andet i stedet", None)})


def nobody_shuts_themself_out(before: Case, after: Case) -> None:
    """A confidential case is its own caseworker's, or the leader's: whoever else made it so would lose it."""
    if after[CaseStep] != before[CaseStep] and _would_lose(after[CaseStep], after.actor):
        raise Invalid({"case.is_confidential": (NOT_YOURS, None)})


def _would_lose(case: CaseStep | OpenCase, who: Actor) -> bool:
    return who.role is Role.CASEWORKER and is_kept_from(dump(case), who)


def offers_only_in_a_clear_case(before: Case, after: Case) -> None:
    """Services and offer are chosen here only where the case is clear (INT-09)."""
    clear = after[ClearCase]
    if clear == before[ClearCase] or clear.is_clear_case:
        return
    for name in ("clear_case_services", "clear_case_offer", "clear_case_legal_bases"):
        if getattr(clear, name):
            raise Refused("INT-09", f"clear_case.{name}", "Ydelse og tilbud vælges kun her, når sagen er klar")


def consents_are_withdrawn_by_an_act(before: Case, after: Case) -> None:
    """That a consent is withdrawn is not marked by hand (INT-18)."""
    for name in _CONSENTS:
        if any(consent not in _withdrawn(before, name) for consent in _withdrawn(after, name)):
            raise Refused("INT-18", f"consent.{name}", "Et samtykke trækkes tilbage for sig")


def _withdrawn_consents_stay(before: Case, after: Case) -> Iterator[Event]:
    """The lists are mended whole, so a consent may be given again; what was withdrawn is not forgotten (INT-18)."""
    lists: dict[str, Any] = {}
    for name in _CONSENTS:
        listed = getattr(after[ConsentForms], name)
        if gone := tuple(consent for consent in _withdrawn(before, name) if consent not in listed):
            lists[name] = (*gone, *listed)
    if lists:
        yield Records(ConsentForms, **lists)


def _withdrawn(s: Case, name: str) -> list[Consent]:
    return [consent for consent in getattr(s[ConsentForms], name) if consent.withdrawn_on]


_RELATIVE = (
    r"(borgeren( selv)?|pårørende|mor|far|moren|faren|forældre(ne)?|søster|bror|datter|søn|ægtefælle|samlever|kæreste|"
    r"nabo|ven|veninde)"
)
_NO_DOCTOR = re.compile(rf"(.*(,|\bifølge)\s*)?{_RELATIVE}", re.IGNORECASE)


def diagnoses_are_made_by_doctors(before: Case, after: Case) -> None:
    """What a relative calls it is information from others; only a doctor's diagnosis is a diagnosis (INT-03)."""
    known = before[Enquiry].diagnoses
    for number, diagnosis in enumerate(after[Enquiry].diagnoses):
        if diagnosis not in known and _NO_DOCTOR.fullmatch((diagnosis.diagnosed_by or "").strip()):
            raise Refused("INT-03", f"enquiry.diagnoses[{number}].diagnosed_by",
                          "En diagnose stilles af en læge. Skriv det i stedet som oplysning fra andre")  # fmt: skip


def validity_ends_after_it_begins(before: Case, after: Case) -> None:
    """Consent, guardianship and representation: the last day is not before the first (INT-17, INT-18)."""
    rights = after[Rights]
    for name, rule in (("guardianship", "INT-12"), ("representation", "INT-17")):
        first, last = getattr(rights, f"{name}_valid_from"), getattr(rights, f"{name}_valid_to")
        if first and last and last < first:
            raise Refused(rule, f"rights.{name}_valid_to", "Den sidste dag ligger før den første")
    for name in ("consents_to_obtain", "consents_to_share"):
        for number, consent in enumerate(getattr(after[ConsentForms], name)):
            if consent.valid_from and consent.valid_to and consent.valid_to < consent.valid_from:
                raise Refused("INT-18", f"consent.{name}[{number}].valid_to", "Den sidste dag ligger før den første")


def the_cpr_number_is_one(before: Case, after: Case) -> None:
    """Ten digits that begin with a day in the past; the old check digit does not hold since 2007."""
    number = after[Citizen].cpr_number
    if number is None or number == before[Citizen].cpr_number:
        return
    born = born_on(number)
    if born is None or born > after.today:
        raise Invalid({"citizen.cpr_number": (NO_CPR_NUMBER, None)})


def with_age(citizen: Citizen, s: Case) -> Citizen:
    """Age is reckoned from the CPR number, never typed (EVA-10)."""
    born = born_on(citizen.cpr_number or "")
    if born is None:
        return citizen
    return replace(citizen, age=age_on(born, s.today))


def as_opened(view: CaseStep, s: Case) -> CaseStep:
    """What has not been written here, nor emptied, is as it was when the case was opened."""
    state, own = next((run.state for run in s.runs), None), s.own.get((CaseStep.step, ""), {})
    known = {name: getattr(state, name) for name in vars(view) if name not in own} if state else {}
    return replace(view, **{name: value for name, value in known.items() if value is not None})


def index_citizen(s: Case) -> CitizenIndexed | None:
    """What lists and search may know of the citizen."""
    number, name = s[Citizen].cpr_number, s[Citizen].citizen_name
    if not (number or name or CitizenIndexed.wire in s.said):
        return None
    return CitizenIndexed(
        cpr_hash=cpr_hash(number, s.municipality.search_key) if number else None,
        citizen_name=name,
        born_on=born_on(number) if number else None,
    )


def cpr_hash(cpr_number: str, key: str) -> str:
    """What stands for a CPR number in lists: the same for the same number, and nothing to be read from it."""
    return hmac.new(key.encode(), cpr_number.encode(), hashlib.sha256).hexdigest()


# warnings
def diagnoses_name_doctor_and_date(s: Case) -> Iterator[Warned]:
    for number, diagnosis in enumerate(s[Enquiry].diagnoses):
        if not (diagnosis.diagnosed_by and (diagnosis.diagnosed_on or diagnosis.diagnosed_about)):
            yield Warned("INT-03", f"intake.enquiry.diagnoses[{number}]",
                         "Diagnosen mangler læge eller dato, og kan ikke bruges som lægefaglig diagnose")  # fmt: skip


def a_new_decision_has_an_opening(s: Case) -> Iterator[Warned]:
    """A case that begins elsewhere is warned until it is said why it was opened (GEN-03)."""
    began_elsewhere = any(run.state.entry_phase not in (None, "intake") for run in s.runs)
    if began_elsewhere and not s[Enquiry].opening_reason:
        yield Warned("GEN-03", "intake.enquiry.opening_reason",
                     "Sagen er begyndt uden sagsåbning. Skriv årsagen, så afgørelsen får sin egen åbning")  # fmt: skip


def the_need_for_a_guardian_is_asked(s: Case) -> Iterator[Warned]:
    if _asks_for_guardian(s[Rights]):
        yield Warned("INT-13", "intake.rights.guardianship_inquiry_needed",
                     "Der er ingen værge. Skal det undersøges nærmere, om borgeren har brug for en?")  # fmt: skip


def a_home_is_not_chosen_without_a_guardian(s: Case) -> Iterator[Warned]:
    """A residential offer for one who cannot protect their own interests takes a guardian (SEL § 82, stk. 2)."""
    if s[Rights].has_guardian is False and is_residence(s[ClearCase].clear_case_offer):
        yield Warned("INT-14", "intake.rights.has_guardian",
                     "Kan borgeren ikke varetage egne interesser, skal der søges om værge før et botilbud")  # fmt: skip


def the_citizen_is_owed_a_new_date(s: Case) -> Iterator[Warned]:
    for state in (run.state for run in s.runs if not run.state.decided_on):
        if state.new_date_owed:
            yield Warned("INT-21", "intake.enquiry.enquiry_received_date",
                         "Sagsbehandlingsfristen er overskredet. Borgeren skal have en ny dato skriftligt")  # fmt: skip
        elif state.is_near and state.clock_due:
            yield Warned("INT-21", "intake.enquiry.enquiry_received_date",
                         f"Fristen er den {_day(state.clock_due)}. Kan den ikke holdes, "
                         "skal borgeren have en ny dato skriftligt")  # fmt: skip


# what `required` says in words
def _source_asks(fact: str, wanted: str) -> Condition:
    def asks(s: Case, view: Any) -> bool:
        return bool(view.enquiry_source) and vocabulary("enquiry-sources")[view.enquiry_source][fact] == wanted

    return asks


CONDITIONS: dict[str, Condition] = {
    "the enquiry_source asks for contact details": _source_asks("contact_details_required", "true"),
    "origin of enquiry_source is enquiry": _source_asks("origin", "enquiry"),
    "it is another municipality": lambda s, view: False,  # what is empty is the own municipality
    "a power of attorney is given": lambda s, view: False,  # what is empty was not given
    "the citizen refuses consent": lambda s, view: view.reused_information_consent is False,
    "information from an earlier case is reused": lambda s, view: s.case is not None and s.case.linked_from is not None,
}

CHECKS = (
    a_case_has_a_track,
    nobody_shuts_themself_out,
    offers_only_in_a_clear_case,
    consents_are_withdrawn_by_an_act,
    the_cpr_number_is_one,
    diagnoses_are_made_by_doctors,
    validity_ends_after_it_begins,
)
WARNINGS = (
    diagnoses_name_doctor_and_date,
    a_new_decision_has_an_opening,
    the_need_for_a_guardian_is_asked,
    a_home_is_not_chosen_without_a_guardian,
    the_citizen_is_owed_a_new_date,
)
COMPUTES: dict[type[Any], Any] = {CaseStep: as_opened, Citizen: with_age}
TELLS = {CitizenIndexed: index_citizen}
