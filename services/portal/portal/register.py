"""The provider register as its pages show it: the fields of an entry, and what to look at in one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from casework.vocabularies import vocabulary
from portal.forms import Described, Values

SOON = timedelta(days=60)
"""How long before an approval runs out people are told."""


def _field(name: str, label: str, type: str = "str", **more: Any) -> Described:
    return {"name": name, "label": label, "type": type, "many": False, "required": "never", **more}


def _code(name: str, label: str, of: str, **more: Any) -> Described:
    return _field(name, label, "code", vocabulary=of, codes=list(vocabulary(of).recordable({})), **more)


def fields() -> list[Described]:
    """An entry, as ordering's register takes it."""
    tariff = [
        _code("offer", "Tilbud", "offers", help="Tomt: alle udførerens tilbud"),
        _code("service", "Ydelse", "services", help="Tomt: alle ydelser i tilbuddet"),
        _code("unit", "Enhed", "billing-units", required="always"),
        _field("price", "Takst", "Amount"),
        _field("price_from", "Takst fra", "Amount"),
        _field("price_to", "Takst til", "Amount"),
        _field("valid_from", "Gælder fra", "date"),
        _field("valid_to", "Gælder til og med", "date"),
    ]
    return [
        _field("name", "Navn", required="always"),
        _field("cvr", "CVR-nummer"),
        _field("p_number", "P-nummer"),
        _field("ean", "EAN-nummer"),
        _code("offer", "Tilbud", "offers"),
        _field("approved_until", "Godkendt af socialtilsynet til og med", "date"),
        _code("channel", "Kanal til bestillinger", "provider-channels", help="Tomt: portalen"),
        _code("message_format", "Beskedformat", "message-formats", help="Tomt: JSON"),
        _field("webhook_url", "Webhook"),
        _field("contact", "Kontaktperson"),
        _field("email", "E-mail"),
        _field("phone", "Telefon"),
        _field("address", "Adresse"),
        _field("price_from", "Takst fra", "Amount"),
        _field("price_to", "Takst til", "Amount"),
        {**_field("tariffs", "Takster", "ProviderTariff"), "many": True, "key": None, "fields": tariff},
    ]


def approval(entry: Mapping[str, Any], today: date) -> str:
    """`missing`, `over`, `soon` or `good`; empty for an offer that needs none."""
    until = entry.get("approved_until")
    if not until:
        return "missing" if entry.get("needs_approval") else ""
    last = date.fromisoformat(until)
    return "over" if last < today else "soon" if last - today <= SOON else "good"


def tariffs(entry: Mapping[str, Any]) -> list[Values]:
    """The newest first within an offer and service."""
    newest = sorted(entry.get("tariffs", ()), key=lambda row: row.get("valid_from") or "", reverse=True)
    return sorted(newest, key=lambda row: (row.get("offer") or "", row.get("service") or "", row["unit"]))
