"""Database migrations: each service has its own, numbered; what all services have alike is made by `common`.

A database whose last migration this release does not know is newer, and is left alone: what an older release needs is
still there.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import sqlalchemy as sa
import structlog

from casework.database import lock_connection

if TYPE_CHECKING:
    from alembic.config import Config

    from casework.service.runtime import Service

log = structlog.get_logger()

_AT = sa.text("SELECT version_num FROM alembic_version")


def config_for(name: str) -> Config:
    """Alembic's configuration for one service: its scripts lie in its own package."""
    from alembic.config import Config  # as all of Alembic: only those who migrate need it

    config = Config()
    config.set_main_option("script_location", f"{name}:migrations")
    return config


@cache
def revisions(name: str) -> tuple[str, ...]:
    """The migrations of this release, oldest first, by the names of their files; of what is no service, none."""
    try:
        scripts = files(f"{name}.migrations") / "versions"
    except ModuleNotFoundError:
        return ()
    return tuple(sorted(s.name.removesuffix(".py") for s in scripts.iterdir() if s.name[:4].isdecimal()))


def lacking(name: str, connection: sa.Connection) -> str | None:
    """What the database lacks of the tables of this release, in Danish; None where it has them, or more.

    Raises SQLAlchemyError where the database does not answer, or has no tables at all.
    """
    ours = revisions(name)
    at = connection.scalar(_AT) if ours else None
    if not ours or at == ours[-1] or _is_newer(at, ours):
        return None
    return f"tabellerne er som efter {at or 'ingenting'}, og denne udgave skal bruge {ours[-1]}"


def upgrade(service: Service) -> None:
    """Bring a service's database up to date; one that is newer is left alone. Safe to run again, and by several."""
    from alembic import command

    ours, config = revisions(service.name), config_for(service.name)
    with service.database.engine.begin() as connection:
        lock_connection(connection, "migrate")
        at = connection.scalar(_AT) if sa.inspect(connection).has_table("alembic_version") else None
        if _is_newer(at, ours):
            said = f"Databasen er fra en nyere udgave ({at}) og røres ikke; denne kender til og med {ours[-1]}"
            log.warning("database_is_newer", service=service.name, reason=said)
        elif at != ours[-1]:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def _is_newer(at: str | None, ours: tuple[str, ...]) -> bool:
    return at is not None and at not in ours


def run() -> None:
    """What each service's `migrations/env.py` does: run within the connection that `upgrade` holds."""
    from alembic import context

    connection = context.config.attributes["connection"]
    context.configure(connection=connection, render_as_batch=connection.dialect.name == "sqlite")
    with context.begin_transaction():
        context.run_migrations()
