"""Whether a consent holds: for whom, and on which day (RSL §§ 11 a–c; handbook 3.3.12). Pure."""

from collections.abc import Iterable
from datetime import date

from casework.contracts.values import Consent, Party


def holds(consent: Consent, on: date) -> bool:
    """Is it in force that day? Withdrawn, it no longer holds from the day of withdrawal itself."""
    begun = consent.valid_from is None or consent.valid_from <= on
    lasting = consent.valid_to is None or on <= consent.valid_to
    return begun and lasting and (consent.withdrawn_on is None or on < consent.withdrawn_on)


def in_force(consents: Iterable[Consent], on: date) -> list[Consent]:
    return [consent for consent in consents if holds(consent, on)]


def covers(consent: Consent, kind: str, party: Party | None) -> bool:
    """Is it given for this party? One without a name covers all of its kind; a question without a name, any of them."""
    named = consent.consent_party_name
    return consent.consent_party == kind and (named is None or party is None or named.name == party.name)
