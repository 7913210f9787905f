"""The same message as a FHIR R4 message bundle, shaped after KL's draft order message (kl-ffb-messaging 0.1.0). Pure.

The draft (https://github.com/hl7dk/kl-ffb-messaging, last changed in August 2023) is unfinished, and so this is: every
bundle is tagged as a draft. Profiles, code systems and codes are the draft's; what it leaves open is said at each
place below, and in docs/providers. FFB codes are those of our code lists.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from uuid import uuid5

from casework.contracts.ordering import OrderSent
from casework.contracts.values import Goal, OrderedIntervention, Party
from casework.records import Json
from casework.vocabularies import level, vocabulary
from casework.vocabularies.concepts import Concept
from ordering.payload import Cancelled, Changed, Ended, Head, Sent

CONTENT_TYPE = "application/fhir+json"

BUNDLED = (Sent, Changed, Cancelled, Ended)
"""What is an order message; of anything else the draft knows nothing, and it goes as JSON."""

PROFILES = "http://ffb/messaging/kl.dk/1.0/StructureDefinition/kl-messaging-ffb-"
FFB = "http://kl.dk/fhir/common/caresocial/CodeSystem/FFB"
KL_COMMON = "http://kl.dk/fhir/common/caresocial/CodeSystem/KLCommonCareSocialCodes"
CODES = "http://ffb/messaging/kl.dk/1.0/CodeSystem/kl-messaging-ffb-"
CPR, CVR, EAN = "urn:oid:1.2.208.176.1.2", "urn:oid:2.16.840.1.113883.2.24.1.1", "urn:oid:1.3.88"

DRAFT = {
    "system": "urn:sagsgang:maturity",
    "code": "draft",
    "display": "Shaped after KL's draft kl-ffb-messaging 0.1.0; not validated against its profiles, and not for "
    "production without an agreement with the receiver",
}

_CARE_PLAN = {"coding": [{"system": KL_COMMON, "code": "e459386d-1474-4c31-89c5-c8bc7a25e3d4"}]}
_OBJECTIVE = {"coding": [{"system": KL_COMMON, "code": "416fe27d-3ccf-4390-8742-8b52a9d8dc78"}]}
_ACTIVE = {
    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}],
}
_EVALUATIONS = {
    "situation_assessment": ("053a301d-1bb8-4cc4-b781-87825ecf0ef8", "FFB vurdering af borgers situation"),
    "support_need_assessment": ("effe55c7-572c-4a99-8fb4-2a9dda2f6572", "FFB støttebehovsvurdering"),
    "citizen_resources": (
        "f52887de-023f-4193-b6b0-4b0a37b1cffc",
        "VUM Borgerens ressourcer i forhold til indsatsen",
    ),
    "citizen_perspective": ("3f7a8ca0-afca-4b0d-8773-a99b5f2f8aaf", "VUM Borgerens perspektiv på indsatsen"),
}
"""The assessments that the draft's InformationGathering holds, by the field of the order."""


def bundle(sent: Head) -> Json:
    """The message as a Bundle of type message: the header first, then what it points to."""
    made = _Bundle(sent)
    order: OrderSent | None = getattr(sent, "order", None)
    focus = _ordered(made, sent, order) if order else _over(made, sent)
    header = _header(made, sent, order, focus)
    return {
        "resourceType": "Bundle",
        "id": str(sent.id),
        "meta": {"profile": [f"{PROFILES}orderMessage"], "tag": [DRAFT]},
        "type": "message",
        "timestamp": sent.sent_at.isoformat(),
        "entry": [header, *made.entries],
    }


def to_bytes(sent: Head) -> bytes:
    return json.dumps(bundle(sent), ensure_ascii=False, separators=(",", ":")).encode()


class _Bundle:
    """The resources so far. The id of each follows from the message and its own name: sent again, it is the same."""

    def __init__(self, sent: Head) -> None:
        self.sent = sent
        self.entries: list[Json] = []

    def entry(self, name: str, kind: str, profile: str, /, **content: Any) -> Json:
        """A resource of this name; what is empty is left out."""
        mine = uuid5(self.sent.id, name)
        filled = {field: value for field, value in content.items() if value not in (None, [], {})}
        resource = {
            "resourceType": kind,
            "id": str(mine),
            "meta": {"profile": [PROFILES + profile]},
            **filled,
        }
        return {"fullUrl": f"urn:uuid:{mine}", "resource": resource}

    def add(self, name: str, kind: str, profile: str, /, **content: Any) -> Json:
        """Put a resource in; returns the reference to it."""
        made = self.entry(name, kind, profile, **content)
        self.entries.append(made)
        return {"reference": made["fullUrl"]}


# the header
def _header(made: _Bundle, sent: Head, order: OrderSent | None, focus: list[Json]) -> Json:
    """The draft knows the event `ffb-order` only; which kind of order message it is stands in `reason`."""
    provider = next((i.provider for i in order.interventions if i.provider), None) if order else None
    receiver = made.add(
        "receiver",
        "Organization",
        "messagingOrganization",
        identifier=_identifiers(provider),
        name=provider.name if provider else sent.provider_id,
    )
    sender = made.add("sender", "Organization", "messagingOrganization", name=sent.municipality)
    return made.entry(
        "header",
        "MessageHeader",
        "orderMessageHeader",
        eventCoding={"system": f"{CODES}messageEventSystem", "code": "ffb-order"},
        reason={"coding": [{"system": "urn:sagsgang:provider-message", "code": sent.kind}]},
        # The draft requires endpoints and leaves open how providers are addressed.
        destination=[{"endpoint": f"urn:sagsgang:provider:{sent.provider_id}", "receiver": receiver}],
        sender=sender,
        source={"name": sent.municipality, "endpoint": "urn:sagsgang:ordering"},
        focus=focus,
    )


# an order, or a later version of it
def _ordered(made: _Bundle, sent: Head, order: OrderSent) -> list[Json]:
    """The care plan that is ordered, with all that belongs to it. Returns what the header points to."""
    citizen = _citizen(made, order)
    plan = made.add(
        "order",
        "CarePlan",
        "orderCarePlan",
        identifier=_order_number(sent),
        status="active",
        intent="order",
        category=[_CARE_PLAN],
        subject=citizen,
        created=sent.sent_at.isoformat(),
        period=_period(order.interventions),
        author=_organisation(made, "coordinator", order.coordinator),
        addresses=_target_groups(made, citizen, order),
        goal=_goals(made, citizen, order),
        careTeam=_care_team(made, citizen, order),
    )
    for intervention in order.interventions:
        _intervention(made, sent, citizen, plan, intervention)
    return [plan, _information(made, sent, citizen, order), *_accounts(made, order), *_documents(made, order)]


def _order_number(sent: Head) -> list[Json]:
    return [{"system": "urn:sagsgang:order", "value": f"{sent.order_number}/{sent.version}"}]


def _citizen(made: _Bundle, order: OrderSent) -> Json:
    """The draft wants name and address in parts; the case has them as they are written."""
    return made.add(
        "citizen",
        "Patient",
        "citizen",
        identifier=[{"use": "official", "system": CPR, "value": order.cpr_number}] if order.cpr_number else None,
        name=[{"use": "official", "text": order.citizen_name}] if order.citizen_name else None,
        address=[{"text": order.citizen_address}] if order.citizen_address else None,
        telecom=_telecom(order.citizen_phone, order.citizen_email),
        contact=[
            {"relationship": [{"text": _label("party-roles", c.role)}], "name": {"text": c.name}, **_reach(c)}
            for c in order.citizen_contacts
        ],
    )


def _target_groups(made: _Bundle, citizen: Json, order: OrderSent) -> list[Json]:
    """The primary one first. The draft ranks them by an extension whose address we have not been able to look up."""
    groups = [g for g in (order.primary_target_group, *order.other_target_groups) if g]
    return [
        made.add(
            f"target-group/{g}", "Condition", "targetGroup", code=_ffb(vocabulary("target-groups")[g]), subject=citizen
        )
        for g in groups
    ]


def _goals(made: _Bundle, citizen: Json, order: OrderSent) -> list[Json]:
    purpose, wishes = order.intervention_purpose, order.citizen_wishes
    given: list[Json] = []
    if purpose:
        given.append(_goal(made, "purpose", "interventionPurpose", citizen, purpose))
    if wishes:
        given.append(_goal(made, "wishes", "citizenObjective", citizen, wishes, category=[_OBJECTIVE]))
    return [*given, *(_intervention_goal(made, citizen, goal) for goal in order.goals)]


def _goal(made: _Bundle, name: str, profile: str, citizen: Json, text: str, **more: Any) -> Json:
    described = {"lifecycleStatus": "accepted", "description": {"text": text}, "subject": citizen}
    return made.add(name, "Goal", profile, **described, **more)


def _intervention_goal(made: _Bundle, citizen: Json, goal: Goal) -> Json:
    """FHIR wants a measure beside each target (gol-1); the draft names none, and so none is given."""
    targets = [
        _ffb(vocabulary("goal-types")[goal.goal_type]) if goal.goal_type else None,
        _level(goal.expected_functioning_level),
    ]
    subthemes = [s for s in (goal.primary_subtheme, *goal.related_subthemes) if s]
    return _goal(
        made,
        f"goal/{goal.id}",
        "interventionGoal",
        citizen,
        goal.goal_statement or goal.id,
        target=[{"detailCodeableConcept": target} for target in targets if target],
        addresses=[_condition(made, citizen, goal, subtheme) for subtheme in subthemes],
    )


def _condition(made: _Bundle, citizen: Json, goal: Goal, subtheme: str) -> Json:
    """What a goal is about, with the level as it is now where that is the goal's own sub-theme."""
    severity = _level(goal.current_functioning_level) if subtheme == goal.primary_subtheme else None
    code = _ffb(vocabulary("themes")[subtheme])
    described = {"clinicalStatus": _ACTIVE, "severity": severity, "code": code, "subject": citizen}
    return made.add(f"condition/{goal.id}/{subtheme}", "Condition", "condition", **described)


def _intervention(made: _Bundle, sent: Head, citizen: Json, plan: Json, intervention: OrderedIntervention) -> None:
    """One care plan with an activity per service. Prices have no place in the draft: they are in the JSON message."""
    made.add(
        f"intervention/{intervention.id}",
        "CarePlan",
        "intervention",
        basedOn=[plan],
        status="active",
        intent="order",
        subject=citizen,
        created=sent.sent_at.isoformat(),
        period=_period([intervention]),
        activity=[
            {"detail": {"code": _ffb(vocabulary("services")[service]), "status": "not-started"}}
            for service in intervention.services
        ],
    )


def _care_team(made: _Bundle, citizen: Json, order: OrderSent) -> list[Json]:
    """Who works together, by the draft's roles; and the guardian."""
    roles = [
        ("koordinerende-myndighed", [order.coordinator] if order.coordinator else []),
        ("samarbejdende-myndighed", order.authority_partners),
        ("koordinerende-udfører", [order.provider_coordinator] if order.provider_coordinator else []),
    ]
    members = [
        {"role": [{"coding": [{"system": f"{CODES}participantRoleCodes", "code": role}]}], "member": member}
        for role, parties in roles
        for n, party in enumerate(parties)
        if (member := _organisation(made, f"{role}/{n}", party))
    ]
    if order.guardian_contact:
        members.append({"member": _guardian(made, citizen, order, order.guardian_contact)})
    offers = dict.fromkeys(i.offer for i in order.interventions if i.offer)
    category = [_ffb(vocabulary("offers")[offer]) for offer in offers]
    if not members:
        return []
    return [
        made.add("team", "CareTeam", "servicePerformer", category=category, subject=citizen, participant=members),
    ]


def _organisation(made: _Bundle, name: str, party: Party | None) -> Json | None:
    """The draft has the unit as the organisation and the person as its contact; the case names one party."""
    if party is None:
        return None
    contact = [{"name": {"text": party.name}, **_reach(party)}]
    return made.add(name, "Organization", "participatingOrganization", name=party.name, contact=contact)


def _guardian(made: _Bundle, citizen: Json, order: OrderSent, party: Party) -> Json:
    """The form of guardianship is the draft's code: the paragraph of værgemålsloven."""
    role = {"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "GUARD"}
    form = order.guardianship_form and vocabulary("guardianship-forms")[order.guardianship_form]["paragraphs"]
    coding = {"system": f"{CODES}guardianshipFormCodes", "code": form.rpartition(" ")[2]} if form else None
    return made.add(
        "guardian",
        "RelatedPerson",
        "guardian",
        extension=[{"url": f"{PROFILES}guardianshipForm", "valueCoding": coding}] if coding else None,
        patient=citizen,
        relationship=[{"coding": [role]}],
        name=[{"text": party.name}],
        **_reach(party),
        address=[{"text": party.address}] if party.address else None,
    )


def _information(made: _Bundle, sent: Head, citizen: Json, order: OrderSent) -> Json:
    """What was assessed (InformationGathering): the texts, the support need, and the diagnoses."""
    items = [
        {"code": code, "item": [_evaluation(made, sent, citizen, order, name, code)]}
        for name, code in ((name, _kl(*of)) for name, of in _EVALUATIONS.items())
        if getattr(order, name)
    ]
    findings = [
        made.add(
            f"diagnosis/{n}",
            "Condition",
            "disgnosis",  # so the draft spells its id
            clinicalStatus=_ACTIVE,
            code={"text": one.diagnosis},
            subject=citizen,
        )
        for n, one in enumerate(order.diagnoses)
    ]
    return made.add(
        "information",
        "ClinicalImpression",
        "informationGathering",
        status="completed",
        subject=citizen,
        investigation=items,
        finding=[{"itemReference": one} for one in findings],
    )


def _evaluation(made: _Bundle, sent: Head, citizen: Json, order: OrderSent, name: str, code: Json) -> Json:
    said: Json = {"text": getattr(order, name)}
    if name == "support_need_assessment" and order.current_support_need:
        said = {**_ffb(vocabulary("support-levels")[order.current_support_need]), **said}
    return made.add(
        f"evaluation/{name}",
        "Observation",
        "evaluation",
        status="final",
        code=code,
        subject=citizen,
        effectiveDateTime=sent.sent_at.isoformat(),
        valueCodeableConcept=said,
    )


def _accounts(made: _Bundle, order: OrderSent) -> list[Json]:
    """Where invoices are booked. Its owner, the finance unit, is not part of an order."""
    numbers = dict.fromkeys(i.account_number for i in order.interventions if i.account_number)
    return [
        made.add(
            f"account/{n}", "Account", "account", status="active", identifier=[{"system": "urn:accountno", "value": n}]
        )
        for n in numbers
    ]


def _documents(made: _Bundle, order: OrderSent) -> list[Json]:
    """The documents by name; their bytes are fetched or sent otherwise."""
    return [
        made.add(
            f"document/{n}",
            "DocumentReference",
            "documentReference",
            status="current",
            description=one.title,
            content=[{"attachment": {"title": one.title}}],
        )
        for n, one in enumerate(order.attachments)
    ]


# a cancellation, or the end
def _over(made: _Bundle, sent: Head) -> list[Json]:
    """The draft has no message for it: the care plan alone, revoked or completed, with its last day. Of whom is known
    by the order's number; no name or CPR number goes along."""
    last = sent.effective_on if isinstance(sent, Cancelled) else sent.ended_on if isinstance(sent, Ended) else None
    plan = made.add(
        "order",
        "CarePlan",
        "orderCarePlan",
        identifier=_order_number(sent),
        status="revoked" if isinstance(sent, Cancelled) else "completed",
        intent="order",
        category=[_CARE_PLAN],
        subject={"display": "The citizen of the order with this number"},
        period={"end": last.isoformat()} if last else None,
    )
    return [plan]


# small parts
def _ffb(concept: Concept) -> Json:
    """A concept by its UUID in FFB; by its words alone where FFB has none."""
    coding = [{"system": FFB, "code": concept.ffb, "display": concept.da}] if concept.ffb else []
    return {"coding": coding} if coding else {"text": concept.da}


def _level(value: int | None) -> Json | None:
    return None if value is None else _ffb(level(value))


def _kl(code: str, display: str) -> Json:
    return {"coding": [{"system": KL_COMMON, "code": code, "display": display}]}


def _label(name: str, code: str) -> str:
    return vocabulary(name)[code].da


def _identifiers(party: Party | None) -> list[Json]:
    """How to address an organisation is open in the draft; these are what dk-core uses for CVR number and EAN."""
    known = [(CVR, party.cvr), (EAN, party.ean)] if party else []
    return [{"system": system, "value": value} for system, value in known if value]


def _telecom(phone: str | None, email: str | None) -> list[Json]:
    return [{"system": system, "value": value} for system, value in (("phone", phone), ("email", email)) if value]


def _reach(party: Party) -> Json:
    telecom = _telecom(party.phone, party.email)
    return {"telecom": telecom} if telecom else {}


def _period(interventions: Iterable[OrderedIntervention]) -> Json:
    """From the first start; to the last end, unless one of them has none."""
    given = list(interventions)
    starts = [i.expected_start_date for i in given if i.expected_start_date]
    ends = [i.expected_end_date for i in given]
    period = {"start": min(starts).isoformat()} if starts else {}
    known = [end for end in ends if end]
    return {**period, "end": max(known).isoformat()} if known and len(known) == len(ends) else period
