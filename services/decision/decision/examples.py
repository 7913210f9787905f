"""Facts of a made-up letter of every kind, on which a template is tried before it is taken into use. Nobody is real."""

from collections.abc import Mapping
from typing import Any

from decision.facts import PERSON, VARIABLES
from decision.kinds import NEEDED
from decision.templates import Facts

_HELP: Mapping[str, Any] = {
    "name": "Støtte til udvikling og vedligeholdelse af færdigheder",
    "offer": "Udekørende tilbud",
    "provider": "Bostøtten Birken",
    "starts": "2026-04-01",
    "ends": None,
    "price": "85696.00",
    "lines": [
        {
            "service": "Støtte til udvikling og vedligeholdelse af færdigheder",
            "extent": "4 timer om ugen",
            "unit": "time",
            "unit_price": "412.00",
            "starts": "2026-04-01",
            "ends": None,
        }
    ],
}
_EMPTY = dict.fromkeys(("offer", "provider", "starts", "ends", "price"))
_OTHER: Mapping[str, Any] = {"name": "Ledsagelse", **_EMPTY, "lines": []}
_FULL: Facts = {
    "authority_name": "Prøveby Kommune",
    "municipality": "Prøveby Kommune",
    "department": "Voksenenheden",
    "letter_date": "2026-03-02",
    "case_subject": "Du vil have støtte i dit hjem.",
    "enquiry_received_date": "2026-01-12",
    "party_hearing_sent_date": "2026-02-09",
    "result": "Du får støtte i dit hjem.",
    "consequences": "Støtten begynder den 1. april.",
    "change_notification_duty": "Ring til os, hvis du flytter.",
    "specific_assessment": "Du kan ikke klare posten alene.",
    "weighted_facts": "Du har selv fortalt om din hverdag.",
    "citizen_views": "Du ville have ti timer.",
    "legal_requirements": "Hjælpen skal passe til dit behov.",
    "intervention_purpose": "Du har styr på din post.",
    "expected_follow_up": "Juni 2026",
    "forward_plan": "Vi mødes i marts.",
    "has_own_payment": True,
    "own_payment_amount": "1234.50",
    "complaint_guidance": "Du kan klage over afgørelsen.",
    "complaint_deadline": "2026-03-30",
    "contact_for_questions": "Ring til Kim Dam.",
    "caseworker": {"name": "Kim Dam", "role": "caseworker", "phone": "12 34 56 78", "email": "kim@example.dk"},
    "citizen_name": "Bente Hansen",
    "recipient": {"name": "Eva Riis", "role": "guardian", "phone": None, "email": None},
    "is_to_citizen": False,
    "decision_date": "2026-03-02",
    "told_on": "2026-03-02",
    "granted": [_HELP, _OTHER],
    "refused": [_OTHER],
    "effective_from": "2026-06-09",
    "notice_weeks": 14,
    "complaint_weeks": 4,
    "reassessment_weeks": 4,
    "legal_bases": ["Serviceloven § 85"],
    "precedents": ["Ankestyrelsens principmeddelelse 76-17"],
    "enclosures": ["Serviceloven § 85"],
    "has_action_plan": True,
    "is_appealable": True,
}
_LISTS = ("granted", "refused", "legal_bases", "precedents", "enclosures")
_BARE: Facts = {
    **dict.fromkeys(VARIABLES),
    **{name: [] for name in _LISTS},
    **{name: dict.fromkeys(PERSON) for name in ("caseworker", "recipient")},
    **{name: _FULL[name] for name in ("municipality", "authority_name", "complaint_weeks", "reassessment_weeks")},
    "is_to_citizen": True,
    "has_action_plan": False,
    "is_appealable": False,
}
EXAMPLES: Mapping[str, Facts] = {
    **{kind: {**_FULL, "kind": kind} for kind in NEEDED},
    **{f"{kind}, uden oplysninger": {**_BARE, "kind": kind} for kind in NEEDED},
}
"""Of each kind a letter in which everything is told, and one in which nothing is yet."""
