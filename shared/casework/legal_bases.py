"""Under which rules help is given: by its services, and by the offer where a service alone does not tell. Pure."""

from collections.abc import Iterable
from functools import cache

from casework.contracts.values import Intervention
from casework.vocabularies import Vocabulary, vocabulary


def of_services(services: Iterable[str], offer: str | None = None) -> frozenset[str]:
    """Codes of legal bases. Where a service may be given under several, the offer's own decides if it is among them."""
    by_offer = _named(vocabulary("offers"), offer)
    found: set[str] = set()
    for service in services:
        possible = _named(vocabulary("services"), service)
        found |= (possible & by_offer) or possible
    return frozenset(found)


def of_help(interventions: Iterable[Intervention]) -> frozenset[str]:
    """What these interventions rest on, together."""
    return frozenset(base for i in interventions for base in of_services(i.services, i.offer))


def _named(codes: Vocabulary, code: str | None) -> frozenset[str]:
    """The legal bases that a service or offer names by their labels (`SEL § 107; SEL § 110`)."""
    if code is None or code not in codes:
        return frozenset()
    return frozenset(_by_label()[label] for label in codes[code]["paragraphs"].split("; ") if label in _by_label())


@cache
def _by_label() -> dict[str, str]:
    return {base.da: code for code, base in vocabulary("legal-bases").items()}
