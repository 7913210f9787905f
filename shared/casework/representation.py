"""Who holds the citizen's rights on a day: guardianship and representation begin and end (FVL § 8, VML). Pure."""

from dataclasses import replace
from datetime import date

from casework.contracts.intake import RepresentationChanged


def as_of(rights: RepresentationChanged | None, on: date) -> RepresentationChanged:
    """The rights as they are that day: a guardian or representative whose time has not come, or is over, is none."""
    rights = rights or RepresentationChanged()
    if rights.has_guardian and not _within(rights.guardianship_valid_from, rights.guardianship_valid_to, on):
        rights = replace(rights, has_guardian=False, guardianship_form=None, guardian_contact=None)
    if rights.is_represented and not _within(rights.representation_valid_from, rights.representation_valid_to, on):
        rights = replace(
            rights, is_represented=False, representation_form=None, representative_contact=None, power_of_attorney=None
        )
    return rights


def _within(first: date | None, last: date | None, on: date) -> bool:
    return (first or on) <= on <= (last or on)
