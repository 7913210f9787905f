"""What kind of place an offer is, by where it stands among the offers. Pure."""

from casework.vocabularies import vocabulary

_HOMES = ("long-term-residential", "temporary-residential", "rehabilitation-residential", "residential-like-offer")


def is_residence(offer: str | None) -> bool:
    """A home that one moves into (botilbud), not a shelter, a crisis centre or treatment (SEL § 82, stk. 2)."""
    offers = vocabulary("offers")
    return bool(offer and offer in offers and any(h == offer or offers.is_under(offer, h) for h in _HOMES))
