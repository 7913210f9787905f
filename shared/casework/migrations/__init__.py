"""Database migrations: each service has its own, numbered; what all services have alike is made by `common`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import command, context
from alembic.config import Config

from casework.database import lock_connection

if TYPE_CHECKING:
    from casework.service.runtime import Service


def config_for(name: str) -> Config:
    """Alembic's configuration for one service: its scripts lie in its own package."""
    config = Config()
    config.set_main_option("script_location", f"{name}:migrations")
    return config


def upgrade(service: Service) -> None:
    """Bring a service's database up to date. Safe to run again, and by several copies at once."""
    config = config_for(service.name)
    with service.database.engine.begin() as connection:
        lock_connection(connection, "migrate")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def run() -> None:
    """What each service's `migrations/env.py` does: run within the connection that `upgrade` holds."""
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, render_as_batch=connection.dialect.name == "sqlite")
    with context.begin_transaction():
        context.run_migrations()
