"""What a template of the letter may speak of: plain values only, each with its explanation in Danish. Pure.

Dates are ISO text (filter `day`), amounts are text with two decimals (filter `kroner`).
"""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from casework import representation
from casework.contracts.intake import RepresentationChanged
from casework.contracts.values import Document, Intervention, Party, ServiceLine
from casework.fields import fields_of
from casework.process import Situation
from casework.schema import dump
from casework.vocabularies import label, vocabulary
from decision import rules
from decision.addressee import addressee, citizen
from decision.kinds import NEEDED as KINDS
from decision.model import Decision, DecisionLetter, State
from decision.templates import Facts, day

Case = Situation[State]

_COPIED = (
    "authority_name", "department", "letter_date", "case_subject", "enquiry_received_date", "party_hearing_sent_date",
    "result", "consequences", "change_notification_duty", "specific_assessment", "weighted_facts", "citizen_views",
    "legal_requirements", "intervention_purpose", "expected_follow_up", "forward_plan", "has_own_payment",
    "own_payment_amount", "complaint_guidance", "complaint_deadline", "contact_for_questions",
)  # fmt: skip
VARIABLES: Mapping[str, str] = {
    **{name: fields_of(DecisionLetter)[name].info.label for name in _COPIED},
    "result": "Resultatet, som sagsbehandleren har skrevet det; tomt, hvor der kun er valgt bevilling eller afslag",
    "kind": f"Afgørelsens art: {', '.join(KINDS)}",
    "municipality": "Kommunens navn",
    "caseworker": "Sagsbehandleren: caseworker.name, caseworker.phone og caseworker.email",
    "citizen_name": "Borgerens navn",
    "recipient": "Den, brevet er til: recipient.name og recipient.role (guardian, party-representative …)",
    "is_to_citizen": "Er brevet til borgeren selv?",
    "decision_date": "Datoen for afgørelsen",
    "told_on": "Den dag, borgeren fik afgørelsen at vide mundtligt",
    "granted": "Det bevilgede, én post for hver indsats: name, offer, provider, starts, ends, price og lines. "
    "lines er ydelserne: service, extent (fx 4 timer om ugen), unit (fx time), unit_price, starts og ends",
    "refused": "Det afslåede, i samme form som granted",
    "effective_from": "Den dag, hjælpen ændres eller stopper, når der er varsel",
    "notice_weeks": "Varslets længde i uger",
    "is_appealable": "Kan afgørelsen påklages til Ankestyrelsen? Ikke, hvor den kun hviler på SEL §§ 82 a og 82 b",
    "complaint_weeks": "Klagefristens længde i uger",
    "reassessment_weeks": "Hvor mange uger kommunen har til at se på en klage",
    "legal_bases": "Paragrafferne, fx Serviceloven § 85",
    "precedents": "Principmeddelelser og vejledninger",
    "enclosures": "Bilagene: lovuddrag og handleplan",
    "has_action_plan": "Er en handleplan vedlagt?",
}


def facts(s: Case, kind: str, letter: DecisionLetter) -> Facts:
    """The facts of the letter on the number that the situation acts upon, whether it is decided or drafted."""
    decision = s.state.decision or s[Decision]
    person, to = citizen(s), letter.recipient or addressee(s)
    days = rules.notice_days(s)
    effective = s.state.effective_from
    if effective is None and days and s.state.received_on:
        effective = s.state.received_on + timedelta(days=days)
    copied = dump(letter)
    return {
        **{name: copied.get(name) for name in _COPIED},
        "result": None if letter.result == _outcome(decision) else letter.result,
        "authority_name": letter.authority_name or s.municipality.name,
        "kind": kind,
        "municipality": letter.authority_name or s.municipality.name,
        "caseworker": _person(letter.caseworker),
        "citizen_name": person.name if person else to.name if to and to.role == "citizen" else None,
        "recipient": _person(to),
        "is_to_citizen": to is None or to.role == "citizen",
        "decision_date": _iso(decision.decision_date),
        "told_on": _iso(s.state.received_on) if s.state.channel == "verbal" else None,
        "granted": [_help(i) for i in decision.granted_interventions],
        "refused": [_help(i) for i in decision.refused_interventions],
        "effective_from": _iso(effective),
        "notice_weeks": days // 7 if days else None,
        "is_appealable": rules.is_appealable(s),
        "complaint_weeks": s.municipality.complaint_weeks,
        "reassessment_weeks": s.municipality.reassessment_weeks,
        "legal_bases": [paragraph(s, code, decision.decision_date or s.today) for code in letter.rules_and_practice],
        "precedents": [label("precedents", code) for code in letter.precedents],
        "enclosures": enclosures(letter),
        "has_action_plan": letter.attached_action_plan is not None,
    }


def holder_of_rights(s: Case, letter: DecisionLetter) -> str | None:
    """What the one who is written to is to the citizen: »Værge« or »Partsrepræsentant«; None for the citizen."""
    to = letter.recipient
    if to is None or to.role == "citizen":
        return None
    rights = representation.as_of(s.told(RepresentationChanged), s.today)
    is_guardian = to.role == "guardian" or (rights.guardian_contact and rights.guardian_contact.name == to.name)
    return "Værge" if is_guardian else "Partsrepræsentant"


def paragraph(s: Case, code: str, on: date) -> str:
    """`sel-85` as a letter says it: Serviceloven § 85 (lovbekendtgørelse nr. 170 af 24. januar 2022) (DEC-13)."""
    concept = vocabulary("legal-bases")[code]
    law = vocabulary("laws").get(concept.facts.get("law") or "")
    if law is None or not concept.facts.get("paragraph"):
        return concept.label()
    promulgated = s.municipality.promulgation(law.code, on)
    cited = f" ({promulgated.cite(day(promulgated.issued_on))})" if promulgated else ""
    return f"{law.label()} {concept['paragraph']}{cited}"


def enclosures(letter: DecisionLetter) -> list[str]:
    papers: list[Document] = [*letter.law_extracts]
    if letter.attached_action_plan:
        papers.append(letter.attached_action_plan)
    return [paper.title for paper in papers]


def _outcome(decision: Decision) -> str | None:
    return label("decision-outcomes", decision.decision_outcome) if decision.decision_outcome else None


def _iso(day: Any) -> str | None:
    return day.isoformat() if day else None


PERSON = ("name", "role", "phone", "email")


def _person(party: Party | None) -> dict[str, Any]:
    return {name: getattr(party, name, None) for name in PERSON}


def _help(i: Intervention) -> dict[str, Any]:
    services = [label("services", service) for service in i.services]
    return {
        "name": ", ".join(services) or (label("offers", i.offer) if i.offer else i.id),
        "offer": label("offers", i.offer) if i.offer else None,
        "provider": i.provider.name if i.provider else None,
        "starts": _iso(i.expected_start_date),
        "ends": _iso(i.expected_end_date),
        "price": _money(i.expected_price),
        "lines": [_line(line) for line in i.service_lines if line.service],
    }


def _line(line: ServiceLine) -> dict[str, Any]:
    return {
        "service": label("services", line.service) if line.service else None,
        "extent": _extent(line),
        "unit": label("billing-units", line.unit).lower() if line.unit else None,
        "unit_price": _money(line.unit_price),
        "starts": _iso(line.service_start_date),
        "ends": _iso(line.service_end_date),
    }


_PLURAL = {"hour": "timer", "day": "dage", "month": "måneder"}  # the others are the same for one and for many
_EVERY = {"day": "om dagen", "week": "om ugen", "month": "om måneden", "year": "om året"}


def _extent(line: ServiceLine) -> str | None:
    """`4 timer om ugen`; None where count, unit or frequency is not known."""
    count, unit, every = line.units_per_period, line.unit, line.service_frequency
    if count is None or unit is None or every is None:
        return None
    named = (
        label("billing-units", unit).lower() if count == 1 else _PLURAL.get(unit, label("billing-units", unit).lower())
    )
    return f"{_number(count)} {named} {_EVERY[every]}"


def _number(count: Decimal) -> str:
    return str(int(count)) if count == int(count) else str(count.normalize()).replace(".", ",")


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"
