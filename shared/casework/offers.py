"""What kind of place an offer is, by where it stands among the offers. Pure."""

from casework.vocabularies import vocabulary

_HOMES = ("long-term-residential", "temporary-residential", "rehabilitation-residential", "residential-like-offer")


def is_residence(offer: str | None) -> bool:
    """A home that one moves into (botilbud), not a shelter, a crisis centre or treatment (SEL § 82, stk. 2)."""
    offers = vocabulary("offers")
    return bool(offer and offer in offers and any(h == offer or offers.is_under(offer, h) for h in _HOMES))


def needs_approval(offer: str | None) -> bool:
    """Must socialtilsynet have approved it (lov om socialtilsyn § 4, stk. 1, nr. 2 and 4; SEL § 4, stk. 3)?

    Of help in ordinary housing (nr. 3) socialtilsynet itself says whether it must (stk. 2): see `may_need_approval`.
    """
    return _approval(offer) == "true"


def may_need_approval(offer: str | None) -> bool:
    """Does socialtilsynet say of each such offer whether it must be approved (lov om socialtilsyn § 4, stk. 2)?"""
    return _approval(offer) == "unclear"


def _approval(offer: str | None) -> str:
    offers = vocabulary("offers")
    return offers[offer]["approval"] if offer and offer in offers else "false"
