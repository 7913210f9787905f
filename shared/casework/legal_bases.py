"""Under which rules help is given, by its services and offers: codes of legal bases. Pure."""

from collections.abc import Iterable
from functools import cache

from casework.contracts.values import Intervention
from casework.vocabularies import Vocabulary, vocabulary


def of_help(interventions: Iterable[Intervention]) -> frozenset[str]:
    """What these interventions rest on, together: the rules of their services."""
    services = vocabulary("services")
    return frozenset(base for i in interventions for service in i.services for base in _named(services, service))


def of_offer(offer: str | None) -> frozenset[str]:
    """Under which rules an offer stands."""
    return _named(vocabulary("offers"), offer)


def _named(codes: Vocabulary, code: str | None) -> frozenset[str]:
    """The legal bases that a service or offer names by their labels (`SEL § 107; SEL § 110`)."""
    if code is None or code not in codes:
        return frozenset()
    return frozenset(_by_label()[label] for label in codes[code]["paragraphs"].split("; ") if label in _by_label())


@cache
def _by_label() -> dict[str, str]:
    return {base.da: code for code, base in vocabulary("legal-bases").items()}
