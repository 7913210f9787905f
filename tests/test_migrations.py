"""The migrations make just the tables that the code maps, on SQLite and on PostgreSQL; and they may be run again."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import casework.messaging.tables
import casework.phase.tables
from casework.contracts import PHASES, SERVICES
from casework.database import Base
from casework.messaging import Direct
from casework.migrations import config_for, revisions, upgrade
from casework.service.settings import Settings
from onebox.doctor import examine
from onebox.house import House

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


@pytest.mark.parametrize("name", SERVICES)
def test_the_newest_migration_is_known_by_its_file(name):
    scripts = ScriptDirectory.from_config(config_for(name))

    assert [revisions(name)[-1]] == scripts.get_heads()
    assert {script.revision for script in scripts.walk_revisions()} == set(revisions(name))


# an older or newer database than the code
@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request, tmp_path):
    is_sqlite = request.param == "sqlite"
    return f"sqlite:///{tmp_path / 'ordering.db'}" if is_sqlite else request.getfixturevalue("postgres_url")


@pytest.fixture
def ordering(url):
    """The service on an empty database."""
    service = importlib.import_module("ordering.app").create(Settings(database=url), transport=Direct())
    yield service
    service.close()


def ready(service: Any) -> tuple[int, str]:
    app = importlib.import_module("ordering.app").create_app(service)
    answer = app.test_client().get("/health/ready")
    return answer.status_code, answer.get_json().get("database", "")


def is_now(service: Any, revision: str) -> None:
    """A release that we do not know has been at work here."""
    with service.database.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :now"), {"now": revision})


def upgraded(service: Any) -> list[str]:
    """What is said while the database is brought up to date."""
    with structlog.testing.capture_logs() as said:
        upgrade(service)
    return [str(line["reason"]) for line in said if line["event"] == "database_is_newer"]


def test_a_service_whose_database_is_behind_is_not_ready_and_says_what_it_lacks(ordering):
    before, last = revisions("ordering")[-2:]
    config = config_for("ordering")
    empty = ready(ordering)
    with ordering.database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, before)

    behind = ready(ordering)
    upgrade(ordering)

    mend = "kør sagsgang-ordering migrate"
    assert empty == (503, f"svarer ikke, eller har ingen tabeller: {mend}")
    assert behind == (503, f"tabellerne er som efter {before}, og denne udgave skal bruge {last}: {mend}")
    assert ready(ordering) == (200, "")


def test_an_older_release_runs_on_a_newer_database_and_leaves_it_as_it_is(ordering):
    upgrade(ordering)
    is_now(ordering, "9999_later")

    (said,) = upgraded(ordering)

    assert said.startswith("Databasen er fra en nyere udgave (9999_later) og røres ikke")
    assert revisions("ordering")[-1] in said
    assert ready(ordering) == (200, "")
    with ordering.database.reading() as session:
        assert session.scalar(sa.text("SELECT version_num FROM alembic_version")) == "9999_later"


def test_what_is_up_to_date_is_brought_no_further_and_nothing_is_said(ordering):
    upgrade(ordering)

    assert upgraded(ordering) == []


def test_the_doctor_says_which_database_is_behind(url, monkeypatch, ordering, tmp_path):
    upgrade(ordering)
    monkeypatch.setenv("ORDERING_DATABASE", url)
    well, newer, behind = [], [], []
    for found, revision in ((well, revisions("ordering")[-1]), (newer, "9999_later"), (behind, "0001_begin")):
        is_now(ordering, revision)
        found += [problem for name, problem in examine(tmp_path / "none") if name.startswith("ordering: tabellerne")]

    assert (well, newer) == ([None], [None])
    assert [problem.partition(":")[2] for problem in behind] == [" kør: sagsgang-ordering migrate"]


def test_all_in_one_process_starts_on_databases_that_are_newer_or_behind(tmp_path):
    House(tmp_path, names=["ordering"]).close()
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'ordering.db'}")
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999_later'"))
    engine.dispose()

    House(tmp_path, names=["ordering"]).close()

    assert not [found for found in examine(tmp_path) if found[0].startswith("ordering: tabellerne") and found[1]]
