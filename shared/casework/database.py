"""Engines and sessions, the same for SQLite and PostgreSQL: one commit per act, writers never lose others' work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

Json = sa.JSON().with_variant(JSONB(), "postgresql")


class Utc(TypeDecorator[datetime]):
    """An instant, UTC, aware on both sides; SQLite alone would forget the zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


class Base(DeclarativeBase):
    """The tables that every service has. A service's own tables stand on a base of its own (`own_base`)."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: Utc, dict[str, Any]: Json, list[Any]: Json}


def own_base(name: str) -> Any:
    """A base for the tables of one service, with the same types."""
    body = {"metadata": sa.MetaData(), "type_annotation_map": Base.type_annotation_map, "__module__": name}
    return type(f"{name.capitalize()}Base", (DeclarativeBase,), body)


def make_engine(url: str) -> sa.Engine:
    """An engine for a database URL; SQLite is set up so that concurrent writers wait instead of overwriting."""
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_pre_ping=True, pool_size=5, max_overflow=10, hide_parameters=True)
    engine = sa.create_engine(url, connect_args={"timeout": 30}, hide_parameters=True)  # an error quotes no citizen

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # we begin ourselves: the driver would begin at the first write, too late
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        reading = connection.get_execution_options().get("reading")
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


class Database:
    """One service's database: `writing()` is one transaction, `reading()` one look."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = make_engine(url)
        self._writing = sessionmaker(self.engine, expire_on_commit=False)
        self._reading = sessionmaker(self.engine.execution_options(reading=True), expire_on_commit=False)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with self._writing.begin() as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with self._reading() as session:
            yield session

    def close(self) -> None:
        self.engine.dispose()


def lock(session: Session, name: str) -> None:
    """Hold this name until the transaction ends. SQLite has but one writer, who holds all names."""
    lock_connection(session.connection(), name)


def lock_connection(connection: sa.Connection, name: str) -> None:
    """The same, on a bare connection."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(name, 0))))


def lock_free(session: Session, names: Sequence[str]) -> set[str]:
    """Hold those of these names that nobody else holds, and say which. Never waits, so no two wait for each other."""
    if session.get_bind().dialect.name != "postgresql":
        return set(names)
    asked = sa.func.unnest(sa.cast(list(names), postgresql.ARRAY(sa.Text))).column_valued("name")
    free = sa.func.pg_try_advisory_xact_lock(sa.func.hashtextextended(asked, 0))
    return {name for name, ours in session.execute(sa.select(asked, free)) if ours}


def insert_new(session: Session, table: type[Any], rows: Sequence[Mapping[str, Any]], unique: Sequence[str]) -> int:
    """Add those rows that are not there yet by their unique columns; how many there were."""
    insert = (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert
    statement = insert(table.__table__).values(list(rows)).on_conflict_do_nothing(index_elements=list(unique))
    added = statement.returning(*(table.__table__.c[name] for name in unique))  # psycopg counts none
    return len(session.connection().execute(added).all())
