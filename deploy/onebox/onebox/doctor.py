"""What stands in the way of running here: each line a tick, or a fix."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from casework import configuration, vocabularies
from casework.contracts import SERVICES
from casework.service.settings import Settings
from onebox.settings import Fields, fields_of_phases


def examine(data: Path) -> Iterator[tuple[str, str | None]]:
    """(what was looked at, None or how to mend it)."""
    yield "Python 3.11 eller nyere", None if sys.version_info >= (3, 11) else f"her er {sys.version.split()[0]}"
    known = fields_of_phases()
    for service in SERVICES:
        yield from _settings(service, known)
    yield "mappen til data kan skrives", _writable(data)
    vendor = Path(__file__).resolve().parents[3] / "services/portal/portal/static/vendor"
    yield "portalens filer er bygget", None if vendor.is_dir() or _installed() else "kør: make install"


def _installed() -> bool:
    import portal

    return (Path(portal.__file__).parent / "static/vendor").is_dir()


def _settings(service: str, known: Fields) -> Iterator[tuple[str, str | None]]:
    try:
        settings = Settings.from_env(service)
        vocabularies.use(settings.municipality)
        municipality = configuration.load(settings.municipality)
        municipality.check_fields({step: names for step, names in known.items() if step.startswith(f"{service}.")})
    except Exception as error:  # whatever is wrong with a setting is what we are here to tell
        yield f"{service}: indstillinger", str(error)
        return
    yield f"{service}: indstillinger", None
    for name, url in (("database", settings.database), ("broker", settings.broker)):
        if not url.startswith(("sqlite", "direct")):
            yield f"{service}: {name}", _reachable(url, f"{service.upper()}_{name.upper()}")
    if settings.database.startswith("postgresql"):
        yield f"{service}: migreret", _migrated(settings.database, service)


def _reachable(url: str, variable: str) -> str | None:
    parts = urlsplit(url)
    port = parts.port or (5432 if parts.scheme.startswith("postgresql") else 5672)
    try:
        with socket.create_connection((parts.hostname or "127.0.0.1", port), timeout=3):
            return None
    except OSError as error:
        return f"{parts.hostname}:{port} svarer ikke ({error}). Start serveren, eller ret {variable}"


def _migrated(url: str, service: str) -> str | None:
    import sqlalchemy as sa

    try:
        with sa.create_engine(url).connect() as connection:
            there = sa.inspect(connection).has_table("outbox")
    except sa.exc.SQLAlchemyError as error:
        return f"databasen kan ikke åbnes: {str(error).splitlines()[0]}"
    return None if there else f"kør: sagsgang-{service} migrate"


def _writable(data: Path) -> str | None:
    folder = data if data.exists() else data.absolute().parent
    return None if os.access(folder, os.W_OK) else f"{folder} kan ikke skrives; vælg en anden med --data"
