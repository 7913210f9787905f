"""Engines and sessions, the same for SQLite and PostgreSQL: one commit per act, writers never lose others' work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar

import orjson
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
        return sa.create_engine(
            url, pool_pre_ping=True, pool_size=5, max_overflow=10, hide_parameters=True,
            connect_args={"keepalives_idle": 60},  # who listens is silent for hours, and must learn that nobody answers
        )  # fmt: skip
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
    """One service's database: `writing()` is one transaction, `reading()` one look.

    `told` is called after each commit of this process in which something was `announce`d. Where nobody here wants to be
    told, those who `listen` in other processes are, as soon as it is committed.
    """

    def __init__(self, url: str, info: Row | None = None) -> None:
        """`info` goes with each session that writes."""
        self.url = url
        self.engine = make_engine(url)
        self.told: Callable[[], None] | None = None
        self._writing = sessionmaker(self.engine, expire_on_commit=False, info=dict(info or {}))
        self._reading = sessionmaker(self.engine.execution_options(reading=True), expire_on_commit=False)

    @property
    def can_be_heard(self) -> bool:
        """Whether one process can hear what another commits. SQLite has no such thing."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with self._writing.begin() as session:
            yield session
            announced = ANNOUNCED in session.info
            if announced and not self.told and self.can_be_heard:  # else not: it lets commits wait for each other
                session.execute(sa.text(f"NOTIFY {ANNOUNCED}"))
        if announced and self.told:
            self.told()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with self._reading() as session:
            yield session

    def listen(self, heard: Callable[[], None], stop: Callable[[], bool]) -> None:
        """Say when others have announced something, at once, and when it is not known whether they have; until `stop`.

        Raises where the connection, which is one of its own, is lost.
        """
        connection = self.engine.raw_connection()
        driver: Any = connection.driver_connection
        connection.detach()
        with closing(connection):
            driver.autocommit = True
            driver.execute(f"LISTEN {ANNOUNCED}")
            heard()
            while not stop():
                for _ in driver.notifies(timeout=LISTENING):
                    heard()

    def close(self) -> None:
        self.engine.dispose()


ANNOUNCED = "owed"
"""What is announced: that messages are owed to others."""

LISTENING = 1.0
"""How long it is listened, in seconds, before `stop` is asked again."""


def announce(session: Session) -> None:
    """When this is committed, whoever sends what is owed looks at once."""
    session.info[ANNOUNCED] = True


def lock(session: Session, *names: str) -> None:
    """Hold these names, one after the other, until the transaction ends. SQLite has but one writer, who holds all.

    Whoever holds several at once takes them in one order (sorted), or two wait for each other.
    """
    if names:
        lock_connection(session.connection(), *names)


def lock_connection(connection: sa.Connection, *names: str) -> None:
    """The same, on a bare connection."""
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK, {"names": list(names)})


_NAMES = sa.func.unnest(sa.bindparam("names", type_=postgresql.ARRAY(sa.Text))).column_valued("name")
_LOCK = sa.select(sa.func.count(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(_NAMES, 0))))


def lock_free(session: Session, names: Sequence[str]) -> set[str]:
    """Hold those of these names that nobody else holds, and say which. Never waits, so no two wait for each other."""
    if session.get_bind().dialect.name != "postgresql":
        return set(names)
    asked = sa.func.unnest(sa.cast(list(names), postgresql.ARRAY(sa.Text))).column_valued("name")
    free = sa.func.pg_try_advisory_xact_lock(sa.func.hashtextextended(asked, 0))
    return {name for name, ours in session.execute(sa.select(asked, free)) if ours}


def among(session: Session, column: Any, values: Iterable[Any]) -> Any:
    """Is the column one of these? PostgreSQL gets them as one array: the same words, planned once, for any number."""
    if session.get_bind().dialect.name == "sqlite":
        return column.in_(list(values))
    return column == sa.any_(sa.bindparam(None, list(values), type_=postgresql.ARRAY(column.type)))


def insert_all(session: Session, table: type[Any], rows: Sequence[Row]) -> None:
    """Add these rows, in their order."""
    _insert(session, table, rows, _plainly)


def upsert_all(session: Session, table: type[Any], rows: Sequence[Row]) -> None:
    """Add these rows, or put them in the place of those with the same primary key."""
    _insert(session, table, rows, _replacing)


def update_all(session: Session, table: type[Any], rows: Sequence[Row]) -> None:
    """Set the given columns of the rows with these primary keys (of one column, which is the first that is given)."""
    if not rows:
        return
    dialect, columns = session.get_bind().dialect, table.__table__
    statement, (key, *_) = _updating(columns, tuple(rows[0]), dialect.name == "sqlite"), rows[0]
    if dialect.name == "sqlite":
        session.connection().execute(statement, [{f"new_{name}": value for name, value in row.items()} for row in rows])
    else:
        session.execute(statement, {"rows": _as_json(columns, rows, dialect), "keys": [row[key] for row in rows]})


def insert_new(session: Session, table: type[Any], rows: Sequence[Row], unique: Sequence[str]) -> set[tuple[Any, ...]]:
    """Add those rows that are not there yet by their unique columns; these columns of those that were added."""
    return {tuple(row) for row in _insert(session, table, rows, _unless_there(tuple(unique)))}


def count_up(session: Session, table: type[Any], rows: Sequence[Row], counter: str) -> dict[tuple[Any, ...], int]:
    """Add to the counter of each row, which begins at nothing; by primary key what each is then.

    The rows are locked in the order in which they are given.
    """
    return {tuple(one): number for *one, number in _insert(session, table, rows, _counting(counter))}


def values_of(row: Any) -> Row:
    """What a new row holds, by column; without what the table itself sets."""
    return {c.name: getattr(row, c.name) for c in row.__table__.c if c.default is None}


Finish = Callable[[sa.Table, Any], Any]
"""(table, its insert) -> the statement, with what is done about rows that are there already."""


def _plainly(table: sa.Table, adding: Any) -> Any:
    return adding


def _replacing(table: sa.Table, adding: Any) -> Any:
    others = {c.name: adding.excluded[c.name] for c in table.c if not c.primary_key}
    return adding.on_conflict_do_update(index_elements=list(table.primary_key), set_=others)


@cache
def _unless_there(unique: tuple[str, ...]) -> Finish:
    def finish(table: sa.Table, adding: Any) -> Any:
        columns = [table.c[name] for name in unique]
        return adding.on_conflict_do_nothing(index_elements=columns).returning(*columns)

    return finish


@cache
def _counting(counter: str) -> Finish:
    def finish(table: sa.Table, adding: Any) -> Any:
        key, counted = list(table.primary_key), table.c[counter]
        more = {counter: counted + adding.excluded[counter]}
        return adding.on_conflict_do_update(index_elements=key, set_=more).returning(*key, counted)

    return finish


def _insert(session: Session, table: type[Any], rows: Sequence[Row], finish: Finish) -> Sequence[Any]:
    if not rows:
        return ()
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    columns: sa.Table = table.__table__
    statement = _statement(columns, tuple(rows[0]), finish, is_sqlite)
    found: Any = session.execute(
        statement, list(rows) if is_sqlite else {"rows": _as_json(columns, rows, session.get_bind().dialect)}
    )
    return found.all() if found.returns_rows else ()


@cache
def _statement(table: sa.Table, names: tuple[str, ...], finish: Finish, is_sqlite: bool) -> Any:
    """PostgreSQL gets all rows as one JSON text, so that the same words, read and planned once, do for any number."""
    if is_sqlite:
        return finish(table, sqlite.insert(table))
    return finish(table, postgresql.insert(table).from_select(names, sa.select(_recordset(table, names))))


@cache
def _updating(table: sa.Table, names: tuple[str, ...], is_sqlite: bool) -> Any:
    key, *others = names
    new: Any = {name: sa.bindparam(f"new_{name}", type_=table.c[name].type) for name in names}
    found = [table.c[key] == new[key]]
    if not is_sqlite:
        new = _recordset(table, names).c
        keys = sa.bindparam("keys", type_=postgresql.ARRAY(table.c[key].type))
        # by the keys alone PostgreSQL looks each up: of JSON it expects so many rows that it would read all the table
        found = [table.c[key] == new[key], table.c[key] == sa.any_(keys)]
    return sa.update(table).where(*found).values({name: new[name] for name in others})


def _recordset(table: sa.Table, names: tuple[str, ...]) -> Any:
    given = sa.func.jsonb_to_recordset(sa.cast(sa.bindparam("rows", type_=sa.Text), JSONB))
    return given.table_valued(*(sa.column(name, table.c[name].type) for name in names)).render_derived(with_types=True)


def _as_json(table: sa.Table, rows: Sequence[Row], dialect: sa.Dialect) -> str:
    own = {c.name: c.type for c in table.c if isinstance(c.type, TypeDecorator) and not isinstance(c.type, Utc)}
    if own:  # what is kept in another form than it has in Python
        rows = [{n: own[n].process_bind_param(v, dialect) if n in own else v for n, v in row.items()} for row in rows]
    try:
        return orjson.dumps(rows, _text, orjson.OPT_NON_STR_KEYS).decode()
    except orjson.JSONEncodeError as error:  # half a character, say
        raise ValueError("a value that PostgreSQL cannot keep") from error


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"  # as PostgreSQL writes them
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} does not travel as JSON")
