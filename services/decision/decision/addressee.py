"""To whom the letter is written where nobody has been chosen. Pure."""

from dataclasses import replace
from typing import Any

from casework import representation
from casework.contracts.intake import CitizenChanged, RepresentationChanged
from casework.contracts.values import Party
from casework.process import Situation
from casework.vocabularies import vocabulary


def citizen(s: Situation[Any]) -> Party | None:
    """The citizen, as intake has told of them; None while the name is not known here."""
    told = s.told(CitizenChanged)
    if told is None or not told.citizen_name:
        return None
    return Party(name=told.citizen_name, role="citizen", address=told.citizen_address)


def addressee(s: Situation[Any]) -> Party | None:
    """Who is written to: the citizen, unless a guardian or party representative has taken over the rights (DEC-09)."""
    rights = representation.as_of(s.told(RepresentationChanged), s.today)
    if rights.has_guardian and rights.guardianship_form == "guardianship-without-capacity" and rights.guardian_contact:
        return replace(rights.guardian_contact, role="guardian")
    form = rights.representation_form if rights.is_represented else None
    if form and vocabulary("representation-forms")[form].is_true("receives_letters") and rights.representative_contact:
        return replace(rights.representative_contact, role="party-representative")
    return citizen(s)


def post_number(s: Situation[Any], to: Party) -> str | None:
    """By which Digital Post knows them: the citizen's CPR number, or an organisation's CVR number."""
    told = s.told(CitizenChanged)
    number = told.cpr_number if told and to.role == "citizen" else to.cvr
    return number.replace("-", "") if number else None
