"""Engines and sessions, the same for SQLite and PostgreSQL: one commit per act, writers never lose others' work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

Row = Mapping[str, Any]
"""The values of a row by column."""

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


def insert_all(session: Session, table: type[Any], rows: Sequence[Row]) -> None:
    """Add these rows, in their order."""
    _insert(session, _inserting(session, table, rows), rows)


def insert_new(session: Session, table: type[Any], rows: Sequence[Row], unique: Sequence[str]) -> set[tuple[Any, ...]]:
    """Add those rows that are not there yet by their unique columns; these columns of those that were added."""
    columns = [table.__table__.c[name] for name in unique]
    adding = _inserting(session, table, rows).on_conflict_do_nothing(index_elements=columns)
    return {tuple(row) for row in _insert(session, adding.returning(*columns), rows)}


def count_up(session: Session, table: type[Any], rows: Sequence[Row], counter: str) -> dict[tuple[Any, ...], int]:
    """Add to the counter of each row, which begins at nothing; by primary key what each is then.

    The rows are locked in the order in which they are given.
    """
    key, counted = list(table.__table__.primary_key), table.__table__.c[counter]
    begin = _inserting(session, table, rows)
    adding = begin.on_conflict_do_update(index_elements=key, set_={counter: counted + begin.excluded[counter]})
    return {tuple(one): number for *one, number in _insert(session, adding.returning(*key, counted), rows)}


def values_of(row: Any) -> Row:
    """What a new row holds, by column; without what the table itself sets."""
    return {c.name: getattr(row, c.name) for c in row.__table__.c if c.default is None}


def _insert(session: Session, statement: Any, rows: Sequence[Row]) -> Iterable[Any]:
    if not rows:
        return ()
    together = None if _is_sqlite(session) else {name: [row[name] for row in rows] for name in rows[0]}
    found: Any = session.execute(statement, together or list(rows))
    return found.all() if found.returns_rows else ()


def _inserting(session: Session, table: type[Any], rows: Sequence[Row]) -> Any:
    return _insert_into(table.__table__, tuple(rows[0]) if rows else (), _is_sqlite(session))


@cache
def _insert_into(table: sa.Table, names: tuple[str, ...], is_sqlite: bool) -> Any:
    """PostgreSQL gets an array of each column, so that the same words, read and planned once, do for any number."""
    if is_sqlite or not names:
        return (sqlite if is_sqlite else postgresql).insert(table)
    types = {name: postgresql.ARRAY(table.c[name].type, dimensions=1) for name in names}
    arrays = (sa.cast(sa.bindparam(name, type_=type_), type_) for name, type_ in types.items())
    given = sa.func.unnest(*arrays).table_valued(*names).render_derived()
    return postgresql.insert(table).from_select(names, sa.select(given))


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"
