"""The migrations make just the tables that the code maps, on SQLite and on PostgreSQL; and they may be run again."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import casework.messaging.tables
import casework.phase.tables
from casework.contracts import PHASES, SERVICES
from casework.database import Base
from casework.messaging import Direct
from casework.migrations import config_for, upgrade
from casework.service.settings import Settings

SERVICES_FOLDER = Path(__file__).parents[1] / "services"
MESSAGING = ("outbox", "line", "inbox")
OPTIONAL = ("citizen_name_trigram",)  # made where PostgreSQL has the extension for it
assert casework.messaging.tables
assert casework.phase.tables


def mapped(name: str, bases: tuple[type, ...]) -> sa.MetaData:
    """The tables that a service's code maps: those of all services, of all phases, and its own."""
    tables = sa.MetaData()
    for table in Base.metadata.sorted_tables:
        if name in PHASES or table.name in MESSAGING:
            table.to_metadata(tables)
    for base in bases:
        for table in base.metadata.sorted_tables:
            table.to_metadata(tables)
    return tables


def differences(name: str, url: str) -> list[object]:
    service = importlib.import_module(f"{name}.app").create(Settings(database=url), transport=Direct())
    upgrade(service)
    upgrade(service)
    with service.database.engine.connect() as connection:
        opts = {"compare_type": False, "include_name": lambda name, *_: name not in OPTIONAL}
        context = MigrationContext.configure(connection, opts=opts)
        found = compare_metadata(context, mapped(name, service.bases))
    service.close()
    return found


@pytest.mark.parametrize("name", SERVICES)
def test_the_migrations_make_what_the_code_maps(name, tmp_path):
    assert differences(name, f"sqlite:///{tmp_path / name}.db") == []


@pytest.mark.parametrize("name", ["intake", "delivery", "scheduler", "portal"])
def test_they_do_so_on_postgresql_too(name, postgres_url):
    assert differences(name, postgres_url) == []


@pytest.mark.parametrize("name", SERVICES)
def test_the_release_before_can_run_on_after_each_migration(name, tmp_path):
    """What it reads is still there, and it need not know of what is new to store its rows."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / name}.db")
    config = config_for(name)
    scripts = [*ScriptDirectory.from_config(config).walk_revisions()][::-1]
    before: dict[str, dict[str, Any]] = {}
    for script in scripts:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, script.revision)
            found = sa.inspect(connection)
            after = {table: {c["name"]: c for c in found.get_columns(table)} for table in found.get_table_names()}
        for table, columns in before.items():
            assert columns.keys() <= after[table].keys(), script.revision
            for column in after[table].keys() - columns.keys():
                told = after[table][column]
                assert told["nullable"] or told["default"] is not None, (script.revision, table, column)
        before = after
    engine.dispose()


@pytest.mark.parametrize("name", SERVICES)
def test_every_migration_has_its_number_and_follows_the_one_before(name):
    scripts = sorted((SERVICES_FOLDER / name / name / "migrations/versions").glob("*.py"))

    before = None
    for number, script in enumerate(scripts, 1):
        found = re.search(r'revision, down_revision = "([^"]+)", (?:"([^"]+)"|None)', script.read_text("utf-8"))
        assert found, script
        assert found[1] == script.stem
        assert script.stem.startswith(f"{number:04}_")
        assert found[2] == before
        before = script.stem
