"""The provider register: what an entry must be like, and what it says on a day. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_address
from urllib.parse import urlsplit

from stdnum import ean
from stdnum.dk import cvr

from casework.contracts.ordering import ProviderChanged
from casework.contracts.values import ProviderTariff
from casework.dated import backward, overlapping
from casework.errors import Invalid
from casework.fields import fields_of
from casework.schema import dump, read
from ordering.model import ProviderEntry, ProviderRow

LONGEST = 100  # what an id may be

Wrong = Iterator[tuple[str, str]]
"""Fields, and why each cannot stand."""


def entry_of(row: ProviderRow) -> ProviderEntry:
    """What the register has of a provider."""
    values = {name: getattr(row, name) for name in fields_of(ProviderEntry)}
    return ProviderEntry(**{**values, "tariffs": tuple(read(ProviderTariff, tariff) for tariff in row.tariffs)})


def enter(row: ProviderRow, entry: ProviderEntry) -> None:
    """Let the register have this of the provider, and nothing else."""
    for name in fields_of(ProviderEntry):
        setattr(row, name, getattr(entry, name))
    row.tariffs = [dump(tariff) for tariff in entry.tariffs]


def told(provider_id: str, entry: ProviderEntry) -> ProviderChanged:
    """What others are told of it: where its webhook lies is ordering's own."""
    both = fields_of(ProviderChanged).keys() & fields_of(ProviderEntry).keys()
    return ProviderChanged(provider_id=provider_id, **{name: getattr(entry, name) for name in both})


def checked(entry: ProviderEntry) -> ProviderEntry:
    """The entry as it is kept. Raises Invalid, naming every field that cannot stand."""
    if wrong := dict(_wrong(entry)):
        raise Invalid({field: (why, None) for field, why in wrong.items()})
    return replace(entry, channel=entry.channel or "portal", message_format=entry.message_format or "json")


def _wrong(entry: ProviderEntry) -> Wrong:
    """The numbers carry check digits, so that a slip of the pen is found before an invoice is."""
    if not entry.name.strip():
        yield "name", "Skriv udførerens navn"
    if entry.cvr and not cvr.is_valid(entry.cvr):
        yield "cvr", "Det er ikke et CVR-nummer: otte cifre, hvoraf det sidste er kontrolciffer"
    if entry.p_number and not (entry.p_number.isdecimal() and len(entry.p_number) == 10):
        yield "p_number", "Skriv P-nummeret som ti cifre"
    if entry.ean and not (len(entry.ean) == 13 and ean.is_valid(entry.ean)):
        yield "ean", "Det er ikke et EAN-nummer: tretten cifre, hvoraf det sidste er kontrolciffer"
    if entry.webhook_url and not _is_safe(entry.webhook_url):
        yield "webhook_url", "Skriv en adresse, der begynder med https, uden brugernavn og adgangskode"
    if entry.channel == "webhook" and not entry.webhook_url:
        yield "webhook_url", "Skriv den adresse, som bestillinger sendes til"
    if entry.price_from and entry.price_to and entry.price_from > entry.price_to:
        yield "price_to", "Taksten til skal mindst være taksten fra"
    for n, tariff in enumerate(entry.tariffs):
        yield from ((f"tariffs[{n}].{field}", why) for field, why in _wrong_tariff(tariff))
    yield from backward(entry.tariffs, "tariffs")
    yield from overlapping(entry.tariffs, "tariffs", lambda row: (row.offer, row.service, row.unit))


def _wrong_tariff(tariff: ProviderTariff) -> Wrong:
    lowest, highest = tariff.lowest, tariff.highest
    if lowest is None or highest is None:
        yield "price", "Skriv en takst, eller både taksten fra og taksten til"
    elif lowest < 0:
        yield "price", "En takst er 0 eller mere"
    elif lowest > highest:
        yield "price_to", "Taksten til skal mindst være taksten fra"
    elif tariff.price is not None and (tariff.price_from, tariff.price_to) != (None, None):
        yield "price", "Skriv enten en takst eller taksten fra og til"


def _is_safe(url: str) -> bool:
    """Encrypted on its way, unless it stays on this machine; and no secret stands in it."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or not url.isprintable() or " " in url or parts.username is not None or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_here(host))


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
