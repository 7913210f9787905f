"""Offers that socialtilsynet has not approved: used in acute need only, for a few weeks (SEL § 4, stk. 3-4). Pure."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from casework.contracts.ordering import ProviderChanged
from casework.contracts.values import OrderedIntervention
from casework.offers import may_need_approval, needs_approval

THREE_WEEKS = timedelta(weeks=3)


def unapproved(
    interventions: Iterable[OrderedIntervention], entry: ProviderChanged | None, today: date
) -> Iterator[OrderedIntervention]:
    """The help at an offer that must be approved and is not on the day it begins, as far as the register knows.

    A provider that is not in the register has no approval that anybody could see. Of an offer of which socialtilsynet
    itself says whether it must be approved, an approval in the register tells that it must.
    """
    known = entry.approved_until if entry else None
    for one in interventions:
        offer = one.offer or (entry.offer if entry else None)
        must = needs_approval(offer) or (may_need_approval(offer) and known is not None)
        if must and not (known and known >= (one.expected_start_date or today)):
            yield one


def until(intervention: OrderedIntervention, *, extended: bool) -> date | None:
    """The day on which acute use must be over: three weeks after the start, six where socialtilsynet agrees."""
    start = intervention.expected_start_date
    return start + THREE_WEEKS * (2 if extended else 1) if start else None
