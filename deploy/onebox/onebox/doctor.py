"""What stands in the way of running here: each line a tick, or a fix."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from casework import configuration, vocabularies
from casework.contracts import SERVICES
from casework.database import make_engine
from casework.migrations import lacking
from casework.service.settings import Settings
from onebox.settings import Fields, fields_of_phases


def examine(data: Path) -> Iterator[tuple[str, str | None]]:
    """(what was looked at, None or how to mend it)."""
    yield "Python 3.11 eller nyere", None if sys.version_info >= (3, 11) else f"her er {sys.version.split()[0]}"
    known = fields_of_phases()
    for service in SERVICES:
        yield from _settings(service, known)
        yield from _migrated(service, f"sqlite:///{data / service}.db", "start sagsgang: det gør det selv")
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
    yield from _migrated(service, settings.database, f"kør: sagsgang-{service} migrate")


def _reachable(url: str, variable: str) -> str | None:
    parts = urlsplit(url)
    port = parts.port or (5432 if parts.scheme.startswith("postgresql") else 5672)
    try:
        with socket.create_connection((parts.hostname or "127.0.0.1", port), timeout=3):
            return None
    except OSError as error:
        return f"{parts.hostname}:{port} svarer ikke ({error}). Start serveren, eller ret {variable}"


def _migrated(service: str, url: str, mend: str) -> Iterator[tuple[str, str | None]]:
    """Whether a database has the tables of this release. An SQLite file that is not there yet lacks nothing."""
    place = make_url(url)
    if place.get_backend_name() == "sqlite" and not Path(place.database or "").is_file():
        return
    name, engine = f"{service}: tabellerne i {place.database}", make_engine(url)
    try:
        with engine.connect() as connection:
            is_new = not sa.inspect(connection).has_table("alembic_version")
            lacks = "der er ingen" if is_new else lacking(service, connection)
        yield name, f"{lacks}: {mend}" if lacks else None
    except sa.exc.SQLAlchemyError as error:
        yield name, f"databasen kan ikke åbnes: {str(error).splitlines()[0]}"
    finally:
        engine.dispose()


def _writable(data: Path) -> str | None:
    folder = data if data.exists() else data.absolute().parent
    return None if os.access(folder, os.W_OK) else f"{folder} kan ikke skrives; vælg en anden med --data"
